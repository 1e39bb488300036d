/* SPDX-License-Identifier: Apache-2.0
 * test_parse.c: literals, precedence, and what is said about text that is no expression. */
#include "cel/test_help.h"

static void reads_literals(void **state)
{
	(void)state;
	static const struct help_row rows[] = {
		{"42", "42"},
		{"0x2A", "42"},
		{"0xFFu", "255u"},
		{"007", "7"},
		{"-9223372036854775808", "-9223372036854775808"},
		{"9223372036854775807", "9223372036854775807"},
		{"18446744073709551615u", "18446744073709551615u"},
		{"1.5", "1.5"},
		{".25", "0.25"},
		{"1e3", "1000.0"},
		{"-2.5e-3", "-0.0025"},
		{"-.5", "-0.5"},
		{"true", "true"},
		{"null", "null"},
		{"'a\"b'", "\"a\\\"b\""},
		{"\"\"\"a\"b\"\"\"", "\"a\\\"b\""},
		{"r'\\d+'", "\"\\\\d+\""},
		{"'\\x41\\u0042\\U00000043\\104'", "\"ABCD\""},
		{"b'\\xff' == b'\\377'", "true"},
		{"b'\xc3\xbf' == b'\\xc3\\xbf'", "true"},
		{"'\\xff' == '\xc3\xbf'", "true"},
		{"br'\\n' == b'\\\\n'", "true"},
		{"'''a\nb'''", "\"a\\nb\""},
		{"[1, 2,]", "[1, 2]"},
		{"{'a': 1,}", "{\"a\": 1}"},
		{"1 // one\n + 1", "2"},
	};
	help_rows(rows, COUNT_OF(rows), false);
}

static void binds_operators(void **state)
{
	(void)state;
	static const struct help_row rows[] = {
		{"1 + 2 * 3", "7"},
		{"(1 + 2) * 3", "9"},
		{"10 - 4 - 3", "3"},
		{"20 / 2 / 5", "2"},
		{"-2 * -3", "6"},
		{"--2", "2"},
		{"---2", "-2"},
		{"- 2", "-2"},
		{"3 -1", "2"},
		{"!true || true", "true"},
		{"!!true", "true"},
		{"true || false && false", "true"},
		{"1 < 2 == true", "true"},
		{"true ? 1 : false ? 2 : 3", "1"},
		{"false ? 1 : false ? 2 : 3", "3"},
		{"1 in [1] && 2 in [2]", "true"},
		{"[[1]][0][0]", "1"},
		{"{'a': {'b': 7}}.a.b", "7"},
		{"{'a-b': 7}.`a-b`", "7"},
		{"{'if': 7}.if", "7"},
	};
	help_rows(rows, COUNT_OF(rows), false);
}

static void refuses_with_a_place(void **state)
{
	(void)state;
	static const struct {
		const char *source;
		uint32_t at;
		const char *why;
	} rows[] = {
		{"", 0, "empty"},
		{"1 +", 3, "ends too early"},
		{"1 + * 2", 4, "unexpected '*'"},
		{"(1", 2, "')' is missing"},
		{"fit = 1", 4, "'=='"},
		{"fit & 1", 4, "'&&'"},
		{"'abc", 0, "no closing quote"},
		{"'a\nb'", 0, "no closing quote"},
		{"'a\\qb'", 2, "unknown escape"},
		{"'\\ud800'", 1, "code point"},
		{"b'\\u0041'", 2, "\\x"},
		{"9223372036854775808", 0, "64 bits"},
		{"18446744073709551616u", 0, "64 bits"},
		{"1e999", 0, "too large"},
		{"1fit", 0, "follow a number"},
		{"let", 0, "reserved"},
		{"{}.null", 3, "field names"},
		{"true ? true ? 1 : 2 : 3", 12, "unexpected '?'"},
		{"[1, 2", 5, "ends too early"},
		{"[,]", 1, "a value"},
		{"size(1,)", 7, "argument"},
		{"{1}", 2, "key: value"},
		{"Msg{a: 1}", 0, "messages"},
		{"has(1)", 0, "takes one field"},
		{"[1].all(1, true)", 0, "simple names"},
		{"[1].all(x, x, x > 0)", 0, "different names"},
		{"1 2", 2, "operator is missing"},
		{"\xff", 0, "UTF-8"},
		{"@", 0, "no meaning"},
	};
	struct help h;
	help_init(&h);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CHECK_ROW(rows[i].source, help_compile(&h, rows[i].source, false) == ST_INVALID);
		CHECK_ROW(rows[i].source, h.problem.offset == rows[i].at);
		if (strstr(h.problem.text, rows[i].why) == NULL)
			fail_msg("%s: \"%s\" does not say \"%s\"", rows[i].source, h.problem.text,
				 rows[i].why);
	}
	help_finish(&h);
}

static void bounds_depth_and_size(void **state)
{
	(void)state;
	static const struct {
		const char *open, *middle, *close;
		size_t ok, too_deep;
	} rows[] = {
		{"(", "1", ")", 200, 300},          {"[", "1", "]", 200, 300},
		{"size([", "", "])", 100, 300},     {"-(", "1", ")", 100, 300},
		{"", "1", " + 1", 200, 300},        {"", "{}", ".a", 200, 300},
		{"true ? 1 : ", "1", "", 200, 300},
	};
	struct help h;
	help_init(&h);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		for (size_t n = rows[i].ok; n <= rows[i].too_deep;
		     n += rows[i].too_deep - rows[i].ok) {
			struct buf b;
			buf_init(&b, 1u << 20);
			for (size_t k = 0; k < n; k++)
				buf_z(&b, rows[i].open);
			buf_z(&b, rows[i].middle);
			for (size_t k = 0; k < n; k++)
				buf_z(&b, rows[i].close);
			buf_byte(&b, '\0');
			enum status st = help_compile(&h, b.p, true);
			CHECK_ROW(rows[i].open, st == (n == rows[i].ok ? ST_OK : ST_LIMIT));
			buf_finish(&b);
		}
	}
	help_finish(&h);
}

static void long_conditions_are_wide(void **state)
{
	(void)state;
	struct help h;
	struct buf b;
	help_init(&h);
	buf_init(&b, 1u << 20);
	buf_z(&b, "fit == 0");
	for (int i = 1; i < 2000; i++)
		buf_printf(&b, " || fit == %d", i);
	buf_byte(&b, '\0');
	check_str("2000 clauses", help_text(&h, b.p, false), "true");
	for (int i = 0; i < 8000; i++)
		buf_z(&b, " ");
	buf_finish(&b);
	help_finish(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_literals),           cmocka_unit_test(binds_operators),
		cmocka_unit_test(refuses_with_a_place),     cmocka_unit_test(bounds_depth_and_size),
		cmocka_unit_test(long_conditions_are_wide),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
