/* SPDX-License-Identifier: Apache-2.0
 * test_report.c: the text a person sees, to the letter; the JSON a tool sees; the patch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/json.h"
#include "program/program.h"

static const char text[] = "nurture: 1\n"
			   "program: p   # a comment that stays\n"
			   "goal: won\n"
			   "send_as: {name: I, from: i@x.example}\n"
			   "personas: {ops: lead.title == \"x\"}\n"
			   "scoring:\n"
			   "  fit:\n"
			   "    - {if: persona == \"opps\", points: 100}\n"
			   "  engagement: {half_life: 14 days}\n";

static const char expected[] = "error[N207]: no persona called \"opps\"\n"
			       "  --> program.yaml:8:24\n"
			       "   |     - {if: persona == \"opps\", points: 100}\n"
			       "   |                        ^^^^ not listed under `personas:`\n"
			       "   why: the condition would never hold for anybody\n"
			       "   fix: did you mean \"ops\"?      apply with: nurtured validate "
			       "--fix      more: nurtured help N207\n"
			       "error[N113]: \"14 days\" is not a duration\n"
			       "  --> program.yaml:9:27\n"
			       "   |   engagement: {half_life: 14 days}\n"
			       "   |                           ^^^^^^^\n"
			       "   why: a number without its unit could mean hours or weeks\n"
			       "   fix: write 14d (units s m h d w)      apply with: nurtured "
			       "validate --fix      more: nurtured help N113\n"
			       "2 problems. Nothing was changed.\n";

struct loaded {
	struct arena arena;
	struct program *program;
	struct program_report report;
	struct buf out;
};

static enum status load(struct loaded *l, const char *source)
{
	struct err e;
	arena_init(&l->arena, 64 << 20);
	buf_init(&l->out, 1 << 20);
	return program_load(str_of(source), &l->arena, &l->program, &l->report, &e);
}

static void unload(struct loaded *l)
{
	program_destroy(&l->program);
	buf_finish(&l->out);
	arena_finish(&l->arena);
}

static void check_text(struct str got, const char *want)
{
	if (!str_is(got, want))
		fail_msg("got:\n" STR_FMT "wanted:\n%s", STR_ARG(got), want);
}

static void test_text(void **state)
{
	struct loaded l;
	(void)state;
	assert_int_equal(load(&l, text), ST_INVALID);
	program_report_text(&l.report, "program.yaml", str_of(text), false, &l.out);
	check_text(buf_view(&l.out), expected);
	buf_reset(&l.out);
	program_report_text(&l.report, "program.yaml", str_of(text), true, &l.out);
	assert_true(str_find(buf_view(&l.out), STR("\033[1;31merror[N207]\033[0m")) < l.out.n);
	unload(&l);
}

static void test_json(void **state)
{
	struct loaded l;
	struct json d;
	struct err e;
	int64_t at;
	(void)state;
	assert_int_equal(load(&l, text), ST_INVALID);
	program_report_json(&l.report, "program.yaml", &l.out);
	struct str rest = buf_view(&l.out), line = str_cut(&rest, '\n');
	assert_int_equal(json_parse(line, JSON_LIMITS_EVENT, &l.arena, &d, &e), ST_OK);
	assert_true(str_is(json_str(&d, json_get(&d, 0, "code"), &l.arena), "N207"));
	assert_true(str_is(json_str(&d, json_get(&d, 0, "level"), &l.arena), "error"));
	uint32_t edit = json_get(&d, 0, "edit");
	assert_true(json_i64(&d, json_get(&d, edit, "at"), &at));
	assert_memory_equal(text + at, "opps", 4);
	assert_true(str_is(json_str(&d, json_get(&d, edit, "text"), &l.arena), "ops"));
	unload(&l);
}

static void test_fix(void **state)
{
	struct loaded l, again;
	(void)state;
	assert_int_equal(load(&l, text), ST_INVALID);
	assert_int_equal(program_fix(str_of(text), &l.report, &l.out), 2);
	buf_byte(&l.out, '\0');
	assert_int_equal(load(&again, l.out.p), ST_OK);
	assert_non_null(strstr(l.out.p, "# a comment that stays"));
	assert_non_null(strstr(l.out.p, "persona == \"ops\""));
	assert_non_null(strstr(l.out.p, "half_life: 14d}"));
	unload(&again);
	unload(&l);
}

/* The underline stands below what it means: behind tabs, wide letters and in very long lines. */
static void test_long_line(void **state)
{
	struct loaded l;
	char source[2048] = "nurture: 1\nprogram: p\ngoal: won\nsend_as: {name: I, from: "
			    "i@x.example}\nscoring: {fit: "
			    "[{name: '\xc3\xa9";
	(void)state;
	size_t n = strlen(source);
	memset(source + n, 'x', 80);
	snprintf(source + n + 80, sizeof source - n - 80,
		 "', if: lead.known, points: 100}, {name: b, if: lead.titel == \"\", points: 5}, "
		 "{name: c, if: "
		 "lead.title == \"a long text to make the line longer than is shown\", points: "
		 "5}]}\n");
	assert_int_equal(load(&l, source), ST_INVALID);
	program_report_text(&l.report, "f", str_of(source), false, &l.out);
	buf_byte(&l.out, '\0');
	char *line = strstr(l.out.p, "lead.titel"), *under = strchr(l.out.p, '^');
	assert_non_null(line);
	assert_non_null(under);
	char *line_start = line, *under_start = under;
	while (line_start[-1] != '\n')
		line_start--;
	while (under_start[-1] != '\n')
		under_start--;
	/* "lead." is five letters before what is underlined; the cut line holds no wide letters */
	assert_int_equal(under - under_start, line - line_start + 5);
	assert_int_equal(strspn(under, "^"), 5);
	unload(&l);
}

/* What YAML itself did to a condition is said where it can be seen. */
static void test_cut_conditions(void **state)
{
	static const struct {
		const char *rule, *fix;
	} cases[] = {
		{"- if: lead.title == \"a #1\"\n      points: 1\n", "` #` begins a comment"},
		{"- {if: lead.title.replace(lead.city, lead.name) != lead.city, points: 1}\n",
		 "a comma ends a value"},
		{"- {if: lead.known > 3, points: 1}\n", "lead.known is bool; compare"},
		{"- {if: lead.title == account.leads, points: 1}\n",
		 "lead.title is string, account.leads is int; compare"},
		{"- {if: lead.title in [\"a\", \"b\"], points: 1}\n", "goes in single quotes"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct loaded l;
		char source[512];
		snprintf(
			source, sizeof source,
			"nurture: 1\nprogram: p\ngoal: won\nsend_as: {name: I, from: i@x.example}\n"
			"scoring:\n  fit:\n    %s",
			cases[i].rule);
		assert_int_equal(load(&l, source), ST_INVALID);
		program_report_text(&l.report, "f", str_of(source), false, &l.out);
		if (str_find(buf_view(&l.out), str_of(cases[i].fix)) == l.out.n)
			fail_msg(STR_FMT, STR_ARG(buf_view(&l.out)));
		unload(&l);
	}
}

/* Escapes in a name do not reach the terminal. */
static void test_no_escapes(void **state)
{
	static const char source[] = "nurture: 1\nprogram: \"a\\e[2Jb\"\ngoal: won\n"
				     "send_as: {name: I, from: i@x.example}\nscoring: {}\n";
	struct loaded l;
	(void)state;
	assert_int_equal(load(&l, source), ST_INVALID);
	program_report_text(&l.report, "f", str_of(source), false, &l.out);
	assert_true(str_find_byte(buf_view(&l.out), '\033') == l.out.n);
	unload(&l);
}

static void test_help(void **state)
{
	struct program_code_help h;
	(void)state;
	assert_true(program_code_help(STR("n207"), &h));
	assert_string_equal(h.code, "N207");
	assert_false(h.warning);
	assert_true(program_code_help(STR("N122"), &h) && h.warning);
	assert_false(program_code_help(STR("N999"), &h));
	assert_false(program_code_help(STR(""), &h));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),       cmocka_unit_test(test_json),
		cmocka_unit_test(test_fix),        cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_help),       cmocka_unit_test(test_cut_conditions),
		cmocka_unit_test(test_no_escapes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
