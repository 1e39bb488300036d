/* SPDX-License-Identifier: Apache-2.0
 * test_check.c: names and types: what an expression is before it is evaluated, and the words a
 * person reads when it is refused. */
#include "cel/test_help.h"

static void finds_types(void **state)
{
	(void)state;
	static const struct {
		const char *source, *type;
	} rows[] = {
		{"lead.employees", "int"},
		{"lead.employees > 50", "bool"},
		{"lead.seen_at - lead.seen_at", "duration"},
		{"lead.seen_at + duration('1h')", "timestamp"},
		{"[1, 2]", "list(int)"},
		{"[1, 'a']", "list(dyn)"},
		{"[]", "list(dyn)"},
		{"[[], [1]]", "list(list(int))"},
		{"{'a': 1}", "map(string,int)"},
		{"{'a': 1}.a", "int"},
		{"props.plan", "dyn"},
		{"props", "map(string,dyn)"},
		{"[1].map(x, string(x))", "list(string)"},
		{"[1].filter(x, x > 0)", "list(int)"},
		{"{'a': 1}.map(k, k)", "list(string)"},
		{"[1.5].transformMap(i, v, v)", "map(int,double)"},
		{"optional.of(1)", "optional_type(int)"},
		{"optional.none()", "optional_type(dyn)"},
		{"{'a': 1}.?a", "optional_type(int)"},
		{"{'a': 1}.?a.orValue(2)", "int"},
		{"[optional.of(1), optional.none()]", "list(optional_type(int))"},
		{"true ? 1 : 2", "int"},
		{"dyn(1) + 1", "int"},
		{"any + any", "dyn"},
		{"type(1)", "type"},
		{"null", "null"},
		{"cel.bind(x, 'a', x + x)", "string"},
		{"math.greatest(1, 2)", "int"},
		{"math.greatest(1, 2.0)", "dyn"},
		{"'a,b'.split(',')", "list(string)"},
		{"fit + 1 > 3 ? 'hot' : 'cold'", "string"},
	};
	struct help h;
	help_init(&h);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf b;
		CHECK_ROW(rows[i].source, help_compile(&h, rows[i].source, false) == ST_OK);
		buf_init_arena(&b, &h.arena, 256);
		cel_type_text(cel_prog_type(h.prog), &b);
		check_str(rows[i].source, buf_view(&b), rows[i].type);
	}
	help_finish(&h);
}

static void refuses_with_words(void **state)
{
	(void)state;
	static const struct {
		const char *source;
		enum cel_problem_code code;
		uint32_t at;
		const char *why, *suggestion;
	} rows[] = {
		{"lead.titel == 'x'", CEL_PROBLEM_UNKNOWN_NAME, 5, "no field 'titel'", "title"},
		{"title == 'x'", CEL_PROBLEM_UNKNOWN_NAME, 0, "'title'", "lead.title"},
		{"laed.title == 'x'", CEL_PROBLEM_UNKNOWN_NAME, 0, "'laed'", "lead"},
		{"has(lead.contry)", CEL_PROBLEM_UNKNOWN_NAME, 9, "'contry'", "country"},
		{"lead.title.startWith('V')", CEL_PROBLEM_UNKNOWN_NAME, 11, "no function",
		 "startsWith"},
		{"lowerAscii('a')", CEL_PROBLEM_UNKNOWN_NAME, 0, "behind a value", ""},
		{"[1].exist(x, x > 0)", CEL_PROBLEM_UNKNOWN_NAME, 4, "no function", "exists"},
		{"lead == lead", CEL_PROBLEM_TYPE, 0, "is a record", ""},
		{"lead.employees > '50'", CEL_PROBLEM_TYPE, 0, "without quotes", ""},
		{"lead.employees == 1.5", CEL_PROBLEM_TYPE, 0, "double()", ""},
		{"lead.title == null", CEL_PROBLEM_TYPE, 0, "has(", ""},
		{"lead.seen_at > '2026-01-01'", CEL_PROBLEM_TYPE, 0, "timestamp(", ""},
		{"1 + 'a'", CEL_PROBLEM_TYPE, 0, "int and string", ""},
		{"lead.title && true", CEL_PROBLEM_TYPE, 0, "type string", ""},
		{"true ? 1 : 'a'", CEL_PROBLEM_TYPE, 0, "a choice", ""},
		{"'abc'.contains(1)", CEL_PROBLEM_TYPE, 0, "does not take", ""},
		{"size(1)", CEL_PROBLEM_TYPE, 0, "does not take", ""},
		{"lead.title.nick", CEL_PROBLEM_TYPE, 0, "no fields", ""},
		{"1.all(x, true)", CEL_PROBLEM_TYPE, 0, "lists and maps", ""},
		{"[1].all(x, x)", CEL_PROBLEM_TYPE, 11, "true or false", ""},
		{"[?1]", CEL_PROBLEM_TYPE, 2, "optional", ""},
		{"lead.title.matches('(')", CEL_PROBLEM_REGEXP, 19, "parentheses", ""},
		{"lead.title.matches('a(?=b)')", CEL_PROBLEM_REGEXP, 19, "look-ahead", ""},
	};
	struct help h;
	help_init(&h);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CHECK_ROW(rows[i].source, help_compile(&h, rows[i].source, false) == ST_INVALID);
		CHECK_ROW(rows[i].source, h.problem.code == rows[i].code);
		if (h.problem.offset != rows[i].at)
			fail_msg("%s: at %u", rows[i].source, h.problem.offset);
		check_str(rows[i].source, str_of(h.problem.suggestion), rows[i].suggestion);
		if (strstr(h.problem.text, rows[i].why) == NULL)
			fail_msg("%s: \"%s\" does not say \"%s\"", rows[i].source, h.problem.text,
				 rows[i].why);
	}
	help_finish(&h);
}

static void wants_a_type(void **state)
{
	(void)state;
	struct help h;
	help_init(&h);
	struct cel_options o = {.want = &cel_bool};
	assert_int_equal(
		cel_compile(&help_env, STR("lead.title"), o, &h.arena, &h.prog, &h.problem),
		ST_INVALID);
	assert_non_null(strstr(h.problem.text, "bool"));
	assert_int_equal(cel_compile(&help_env, STR("any"), o, &h.arena, &h.prog, &h.problem),
			 ST_OK);
	assert_int_equal(cel_compile(&help_env, STR("fit > 1"), o, &h.arena, &h.prog, &h.problem),
			 ST_OK);
	help_finish(&h);
}

static void resolves_in_containers(void **state)
{
	(void)state;
	static const struct cel_decl decls[] = {
		{STR("a.b.x"), &cel_int, 0}, {STR("a.x"), &cel_int, 1}, {STR("x"), &cel_int, 2},
		{STR("y"), &cel_int, 3},     {STR("x.z"), &cel_int, 4},
	};
	static const struct cel_value values[] = {
		{.kind = CEL_INT, .i = 1}, {.kind = CEL_INT, .i = 2}, {.kind = CEL_INT, .i = 3},
		{.kind = CEL_INT, .i = 4}, {.kind = CEL_INT, .i = 5},
	};
	const struct cel_value *slots[] = {&values[0], &values[1], &values[2], &values[3],
					   &values[4]};
	struct cel_activation act = {.slots = slots, .slot_count = 5};
	static const struct {
		const char *container, *source;
		int64_t want;
	} rows[] = {
		{"a.b", "x", 1},
		{"a.c", "x", 2},
		{"b", "x", 3},
		{"a.b", ".x", 3},
		{"a.b.c", "y", 4},
		{"", "x.z", 5},
		{"", "a.x", 2},
		{"a", "b.x", 1},
		{"a.b", "[7].map(x, x)[0]", 7},
		{"a.b", "[7].map(x, .x)[0]", 3},
		{"", "[{'z': 9}].map(x, x.z)[0]", 9},
	};
	struct help h;
	help_init(&h);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cel_env env = {decls, 5, NULL, 0, str_of(rows[i].container)};
		struct cel_value v = cel_of_null();
		struct err e;
		assert_int_equal(cel_compile(&env, str_of(rows[i].source), (struct cel_options){0},
					     &h.arena, &h.prog, &h.problem),
				 ST_OK);
		assert_int_equal(cel_eval(h.prog, &act, &h.arena, &v, &e), ST_OK);
		CHECK_ROW(rows[i].source, v.kind == CEL_INT && v.i == rows[i].want);
	}
	help_finish(&h);
}

static struct cel_value twice(struct cel_run *run, const struct cel_value *args, size_t n)
{
	(void)n;
	return cel_charge(run, 1) ? cel_of_int(args[0].i * 2) : cel_fail_budget();
}

static void calls_the_host(void **state)
{
	(void)state;
	static const struct cel_func funcs[] = {{"twice", "(int) int", twice},
						{"twice", "int.() int", twice}};
	struct cel_env env = {.funcs = funcs, .func_count = 2};
	struct cel_activation act = {.steps_max = 100};
	struct help h;
	struct err e;
	struct cel_value v = cel_of_null();
	help_init(&h);
	assert_int_equal(cel_compile(&env, STR("twice(3) + 4.twice()"), (struct cel_options){0},
				     &h.arena, &h.prog, &h.problem),
			 ST_OK);
	assert_int_equal(cel_eval(h.prog, &act, &h.arena, &v, &e), ST_OK);
	assert_int_equal(v.i, 14);
	assert_int_equal(cel_compile(&env, STR("twice('a')"), (struct cel_options){0}, &h.arena,
				     &h.prog, &h.problem),
			 ST_INVALID);
	help_finish(&h);
}

static void bounds_the_size_of_types(void **state)
{
	(void)state;
	/* Each turn doubles the type: 2^40 parts, were it not shared and bounded. */
	struct help h;
	struct buf b;
	help_init(&h);
	buf_init(&b, 1u << 16);
	buf_z(&b, "cel.bind(x0, 1, ");
	for (int i = 1; i < 20; i++)
		buf_printf(&b, "cel.bind(x%d, {x%d: x%d}, ", i, i - 1, i - 1);
	buf_z(&b, "x19 == x19");
	for (int i = 0; i < 20; i++)
		buf_z(&b, ")");
	buf_byte(&b, '\0');
	enum status st = help_compile(&h, b.p, false);
	if (st != ST_LIMIT && st != ST_OK)
		fail_msg("%s", h.problem.text);
	buf_finish(&b);
	help_finish(&h);
}

/* All that is wrong with names and types is told at once, from left to right; what follows from
 * one of them is not told again. */
static void tells_every_problem(void **state)
{
	(void)state;
	static const struct {
		const char *source, *offsets, *suggestions;
	} rows[] = {
		{"lead.titel == 'x' && lead.emploees > 5 && fitt > 3 && lead.title > 5",
		 "5 26 42 54", "title employees fit -"},
		{"lead.titel", "5", "title"},
		{"lead.titel.size() > lead.titel + 1", "5 25", "title title"},
		{"[fitt, fitt].exists(x, x > scor) || nofunction(fit)", "1 7 27 36",
		 "fit fit score -"},
		{"has(lead.titel) && lead.employees + 'a' == 1 && 1 == 'b'", "9 19 48",
		 "title - -"},
		{"fitt + scor && (", "16", "-"}, /* cannot be read: no names yet */
		{"a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7 + a8 + a9", "0 5 10 15 20 25 30 35",
		 "- - - - - - - -"},
	};
	struct help h;
	help_init(&h);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct cel_problems ps;
		struct buf at, meant;
		CHECK_ROW(rows[i].source, cel_compile_all(&help_env, str_of(rows[i].source),
							  (struct cel_options){0}, &h.arena,
							  &h.prog, &ps) == ST_INVALID);
		buf_init_arena(&at, &h.arena, 256);
		buf_init_arena(&meant, &h.arena, 256);
		for (size_t k = 0; k < ps.n; k++) {
			const struct cel_problem *p = &ps.list[k];
			buf_printf(&at, "%s%u", k ? " " : "", p->offset);
			buf_printf(&meant, "%s%s", k ? " " : "",
				   p->suggestion[0] ? p->suggestion : "-");
		}
		check_str(rows[i].source, buf_view(&at), rows[i].offsets);
		check_str(rows[i].source, buf_view(&meant), rows[i].suggestions);
	}
	help_finish(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_types),         cmocka_unit_test(refuses_with_words),
		cmocka_unit_test(wants_a_type),        cmocka_unit_test(resolves_in_containers),
		cmocka_unit_test(calls_the_host),      cmocka_unit_test(bounds_the_size_of_types),
		cmocka_unit_test(tells_every_problem),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
