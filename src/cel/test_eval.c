/* SPDX-License-Identifier: Apache-2.0
 * test_eval.c: what expressions are worth: numbers, logic with errors in it, fields, macros. */
#include "cel/test_help.h"

static void counts(void **state)
{
	(void)state;
	static const struct help_row rows[] = {
		{"7 / 2", "3"},
		{"-7 / 2", "-3"},
		{"-7 % 3", "-1"},
		{"7u - 3u", "4u"},
		{"1.0 / 0.0", "Infinity"},
		{"0.0 / 0.0 == 0.0 / 0.0", "false"},
		{"9223372036854775807 + 1",
		 "error: 9223372036854775807 + 1: the result is out of..."},
		{"0u - 1u", "error: 0u - 1u: the result..."},
		{"-9223372036854775808 / -1", "error: -9223372036854775808 / -1: the result..."},
		{"-9223372036854775808 % -1", "error: ..."},
		{"-(-9223372036854775808)", "error: ..."},
		{"1 / 0", "error: 1 / 0: division by zero"},
		{"1u % 0u", "error: 1u % 0u: division by zero"},
		{"4611686018427387904 * 2", "error: ..."},
		{"'a' + 'b' + 'c'", "\"abc\""},
		{"b'a' + b'b'", "b\"ab\""},
		{"[1] + [2, 3]", "[1, 2, 3]"},
		{"dyn(1) + dyn('a')", "error: dyn(1) + dyn('a'): no such overload..."},
		{"any * 2.0", "5.0"},
	};
	help_rows(rows, COUNT_OF(rows), false);
}

static void compares(void **state)
{
	(void)state;
	static const struct help_row rows[] = {
		{"1 < 1.5 && 1u < 2 && 2.5 > 2u", "true"},
		{"-1 < 0u", "true"},
		{"18446744073709551615u > 9223372036854775807", "true"},
		{"dyn(1) == 1.0 && dyn(1u) == 1 && dyn(1) != 1.5", "true"},
		{"dyn(1) == '1'", "false"},
		{"dyn(null) == 0", "false"},
		{"dyn([1, 2.0]) == [1u, 2]", "true"},
		{"[1, 2] == [2, 1]", "false"},
		{"{'a': 1, 'b': 2} == {'b': 2, 'a': 1}", "true"},
		{"{'a': 1} == {'a': 2}", "false"},
		{"{'a': 1} == {'b': 1}", "false"},
		{"'a' < 'b' && 'a' < 'aa' && b'\\x00' < b'\\x01'", "true"},
		{"false < true", "true"},
		{"0.0 / 0.0 < 1.0 || 0.0 / 0.0 >= 1.0", "false"},
		{"dyn([1]) < dyn([2])", "error: ..."},
		{"type(1) == int && type(1u) != int && type(int) == type", "true"},
		{"2 in [1, 2] && !('x' in {'a': 1}) && 'a' in {'a': 1}", "true"},
		{"dyn(1.0) in [3, 2, 1]", "true"},
	};
	help_rows(rows, COUNT_OF(rows), false);
}

static void absorbs_errors(void **state)
{
	(void)state;
	static const struct help_row rows[] = {
		{"1 / 0 > 0 && false", "false"},
		{"false && 1 / 0 > 0", "false"},
		{"1 / 0 > 0 || true", "true"},
		{"true || 1 / 0 > 0", "true"},
		{"1 / 0 > 0 || false", "error: 1 / 0: division by zero"},
		{"1 / 0 > 0 && true", "error: 1 / 0: division by zero"},
		{"true && true && 1 / 0 > 0 && false", "false"},
		{"1 / 0 > 0 ? 1 : 2", "error: ..."},
		{"true ? 1 : 1 / 0", "1"},
		{"false ? 1 / 0 : 2", "2"},
		{"[1, 0].exists(x, 4 / x == 4)", "true"},
		{"[0, 1].exists(x, 4 / x == 4)", "true"},
		{"[0, 1].exists(x, 4 / x == 5)", "error: ..."},
		{"[0, 1].all(x, 4 / x == 5)", "false"},
		{"[0, 1].exists_one(x, 4 / x == 4)", "error: ..."},
	};
	help_rows(rows, COUNT_OF(rows), false);
}

static void forgives_until_run_time(void **state)
{
	(void)state;
	static const struct help_row rows[] = {
		{"nobody || true", "true"},
		{"nobody", "error: nobody: nothing here has this name"},
		{"f(1) || true", "true"},
		{"f(1)", "error: f(1): there is no such function"},
		{"'a' || true", "true"},
		{"'a' || false", "error: 'a': no such overload..."},
		{"true ? 'a' : 1", "\"a\""},
		{"1 + 'a'", "error: 1 + 'a': no such overload..."},
		{"'a'.contains(1)", "error: ..."},
		{"'a'.replace(1, 2, 3, 4)", "error: ..."},
		{"lead", "error: ..."},
		{"lead.nothing", "error: lead.nothing: no such field"},
		{"[1].first", "error: [1].first: no such field"},
		{"'a'.matches('(')", "error: ..."},
		{"!1", "error: ..."},
		{"-'a'", "error: ..."},
	};
	help_rows(rows, COUNT_OF(rows), true);
}

static void reads_fields(void **state)
{
	(void)state;
	static const struct help_row rows[] = {
		{"lead.employees > 50 && event.type == \"pricing_view\"", "true"},
		{"lead.employees >= 120 && lead.employees <= 120 && lead.employees != 1", "true"},
		{"lead.employees < 120", "false"},
		{"lead.employees > 119.5", "true"},
		{"event.type != 'x'", "true"},
		{"score > 2 && score >= 2 && !(score < 2) && !(score <= 2)", "true"},
		{"score > 2.5 || score < 2.5", "false"},
		{"score >= 2.5 && score <= 2.5 && score == 2.5", "true"},
		{"event.type == 'pricing_vie'", "false"},
		{"lead.page.url.endsWith('/pricing')", "true"},
		{"lead.`page.url`.size()", "25"},
		{"has(lead.title)", "true"},
		{"has(lead.country)", "false"},
		{"has(lead.country) && lead.country == 'DE'", "false"},
		{"lead.country == 'DE'", "error: lead.country: not known: ask with has() first"},
		{"lead.country == 'DE' || fit > 70", "true"},
		{"props.plan == 'pro' && props['seats'] == 7", "true"},
		{"has(props.plan) && !has(props.owner)", "true"},
		{"props.owner", "error: props.owner: no such key"},
		{"props[?'owner'].orValue('none')", "\"none\""},
		{"{1: 'a', 'k': 2}[1]", "\"a\""},
		{"{true: 1, 2u: 3}[dyn(2.0)]", "3"},
		{"{'a': 1, 'a': 2}", "error: 'a': a key of this map is written twice"},
		{"{1: 1, 1u: 2}", "error: ..."},
		{"{1.5: 1}", "error: 1.5: a key of a map..."},
		{"[1, 2][2]", "error: [1, 2][2]: index out of range..."},
		{"[1, 2][-1]", "error: ..."},
		{"[1, 2][dyn(1.0)]", "2"},
		{"[1, 2][dyn(0.5)]", "error: ..."},
	};
	help_rows(rows, COUNT_OF(rows), false);
}

static void goes_through_lists(void **state)
{
	(void)state;
	static const struct help_row rows[] = {
		{"[1, 2, 3].all(x, x > 0)", "true"},
		{"[].all(x, x > 0)", "true"},
		{"[].exists(x, x > 0)", "false"},
		{"{'a': 1}.exists(k, k == 'a')", "true"},
		{"{'a': 1}.exists(k, v, k == 'a' && v == 1)", "true"},
		{"[5, 6].exists(i, v, i == 1 && v == 6)", "true"},
		{"[1, 2, 3].exists_one(x, x > 2)", "true"},
		{"[1, 2, 3].existsOne(i, v, v > 1)", "false"},
		{"[1, 2, 3].map(x, x * x)", "[1, 4, 9]"},
		{"[1, 2, 3].map(x, x > 1, x * x)", "[4, 9]"},
		{"{'a': 1}.map(k, k + '!')", "[\"a!\"]"},
		{"[1, 2, 3].filter(x, x % 2 == 1)", "[1, 3]"},
		{"[[1], [2, 3]].map(x, x.map(y, y + x.size()))", "[[2], [4, 5]]"},
		{"[1, 2].transformList(i, v, i + v)", "[1, 3]"},
		{"[1, 2].transformList(i, v, i == 1, v)", "[2]"},
		{"{'a': 1}.transformMap(k, v, v + 1)", "{\"a\": 2}"},
		{"['x'].transformMapEntry(i, v, {v: i})", "{\"x\": 0}"},
		{"['x', 'x'].transformMapEntry(i, v, {v: i})", "error: ..."},
		{"cel.bind(x, 2, x * x)", "4"},
		{"cel.bind(x, 1, [x].map(x, x + 1))", "[2]"},
		{"[1].map(x, [2].map(y, x + y)[0])", "[3]"},
	};
	help_rows(rows, COUNT_OF(rows), false);
}

static void handles_optionals(void **state)
{
	(void)state;
	static const struct help_row rows[] = {
		{"optional.of(1)", "optional.of(1)"},
		{"optional.none().hasValue()", "false"},
		{"optional.ofNonZeroValue('')", "optional.none()"},
		{"optional.none().value()", "error: ..."},
		{"optional.of(1).or(optional.of(1 / 0))", "optional.of(1)"},
		{"optional.of(1).orValue(1 / 0)", "1"},
		{"{'a': {'b': 2}}.?a.b", "optional.of(2)"},
		{"{'a': {'b': 2}}.?x.b.orValue(3)", "3"},
		{"[1][?0]", "optional.of(1)"},
		{"[1][?7]", "optional.none()"},
		{"[?optional.of(1), ?optional.none(), 2]", "[1, 2]"},
		{"{?'a': optional.none(), ?'b': optional.of(1)}", "{\"b\": 1}"},
		{"optional.of(2).optMap(x, x * 2)", "optional.of(4)"},
		{"optional.none().optMap(x, x * 2)", "optional.none()"},
		{"optional.of({'a': 1}).optFlatMap(m, m.?a)", "optional.of(1)"},
		{"optional.of(1) == optional.of(1)", "true"},
		{"has({'a': 1}.?a)", "true"},
		{"type(optional.none()) == optional_type", "true"},
		{"[optional.of(1), optional.none()].unwrapOpt()", "[1]"},
		{"[1, 2].first() == optional.of(1) && [1, 2].last().value() == 2", "true"},
	};
	help_rows(rows, COUNT_OF(rows), false);
}

/* A map that lives elsewhere is asked through its functions. */
static bool far_get(const void *ctx, struct cel_value key, struct arena *scratch,
		    struct cel_value *out_r)
{
	(void)ctx;
	(void)scratch;
	if (key.kind != CEL_STRING || !str_is(cel_str(key), "utm"))
		return false;
	*out_r = cel_of_str(STR("mail"));
	return true;
}

static void far_at(const void *ctx, uint32_t i, struct arena *scratch, struct cel_value *key_r,
		   struct cel_value *value_r)
{
	(void)ctx;
	(void)i;
	(void)scratch;
	*key_r = cel_of_str(STR("utm"));
	*value_r = cel_of_str(STR("mail"));
}

static struct cel_value load_far(void *ctx, uint32_t slot, uint32_t field, struct arena *scratch)
{
	(void)field;
	(void)scratch;
	return slot == 2 ? cel_of_map(ctx, 1) : cel_of_absent();
}

static void asks_the_host(void **state)
{
	(void)state;
	struct cel_map far = {.get = far_get, .at = far_at};
	struct cel_activation act = {.load = load_far, .ctx = &far};
	static const char *const truths[] = {
		"props.utm == 'mail'",      "!has(props.other)", "props == {'utm': 'mail'}",
		"props.all(k, k == 'utm')", "size(props) == 1",  "!has(lead.title)",
	};
	struct help h;
	help_init(&h);
	for (size_t i = 0; i < COUNT_OF(truths); i++) {
		struct err e;
		bool yes = false;
		assert_int_equal(help_compile(&h, truths[i], false), ST_OK);
		assert_int_equal(
			cel_eval_bool(h.prog, &act, &h.arena, CEL_ABSENT_IS_ERROR, &yes, &e),
			ST_OK);
		CHECK_ROW(truths[i], yes);
	}
	help_finish(&h);
}

static void takes_absence_for_false(void **state)
{
	(void)state;
	struct help h;
	struct err e;
	bool yes = true;
	help_init(&h);
	assert_int_equal(help_compile(&h, "lead.country == 'DE'", false), ST_OK);
	assert_int_equal(cel_eval_bool(h.prog, &help_act, &h.arena, CEL_ABSENT_IS_ERROR, &yes, &e),
			 ST_NOT_FOUND);
	assert_true(yes); /* untouched */
	assert_int_equal(cel_eval_bool(h.prog, &help_act, &h.arena, CEL_ABSENT_IS_FALSE, &yes, &e),
			 ST_OK);
	assert_false(yes);
	assert_int_equal(e.status, ST_NOT_FOUND);
	assert_non_null(strstr(e.text, "lead.country"));
	assert_int_equal(help_compile(&h, "fit > 70", false), ST_OK);
	assert_int_equal(cel_eval_bool(h.prog, &help_act, &h.arena, CEL_ABSENT_IS_FALSE, &yes, &e),
			 ST_OK);
	assert_true(yes);
	assert_int_equal(e.status, ST_OK);
	assert_int_equal(help_compile(&h, "fit", false), ST_OK);
	assert_int_equal(cel_eval_bool(h.prog, &help_act, &h.arena, CEL_ABSENT_IS_FALSE, &yes, &e),
			 ST_INVALID);
	help_finish(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
		cmocka_unit_test(compares),
		cmocka_unit_test(absorbs_errors),
		cmocka_unit_test(forgives_until_run_time),
		cmocka_unit_test(reads_fields),
		cmocka_unit_test(goes_through_lists),
		cmocka_unit_test(handles_optionals),
		cmocka_unit_test(asks_the_host),
		cmocka_unit_test(takes_absence_for_false),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
