/* SPDX-License-Identifier: Apache-2.0
 * test_content.c: finding a text for a persona, the index as it is kept, and what is said about
 * angles without a text. */
#include "program/content.h"
#include "program/test_help.h"

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct content_file files[] = {
	{STR("cost"), STR("benchmark"), STR(""), 2, STR(HASH)},
	{STR("cost"), STR("story"), STR(""), 1, STR(HASH)},
	{STR("cost"), STR("story"), STR("fin"), 1, STR(HASH)},
	{STR("cost"), STR("story"), STR("ops"), 1, STR(HASH)},
	{STR("cost-of-delay"), STR("plain"), STR("ops"), 1, STR(HASH)},
};
static const struct content_part parts[] = {
	{CONTENT_PARTIAL, STR("foot"), STR(HASH)},
	{CONTENT_PARTIAL, STR("head"), STR(HASH)},
	{CONTENT_LAYOUT, STR("brand"), STR(HASH)},
};
static const struct content_index ix = {files, sizeof files / sizeof *files, parts,
					sizeof parts / sizeof *parts};

static void test_find(void **state)
{
	static const struct {
		const char *message, *angle, *persona;
		int found; /* -1: none */
	} cases[] = {
		{"cost", "benchmark", "", 0},
		{"cost", "benchmark", "ops", 0},
		{"cost", "story", "", 1},
		{"cost", "story", "fin", 2},
		{"cost", "story", "ops", 3},
		{"cost", "story", "it", 1},
		{"cost-of-delay", "plain", "ops", 4},
		{"cost-of-delay", "plain", "", -1},
		{"cost-of-delay", "plain", "fin", -1},
		{"cos", "story", "", -1},
		{"cost", "plain", "", -1},
		{"zzz", "story", "", -1},
		{"", "", "", -1},
	};
	static const struct content_index empty;
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct content_file *f =
			content_find(&ix, str_of(cases[i].message), str_of(cases[i].angle),
				     str_of(cases[i].persona));
		if (f != (cases[i].found < 0 ? NULL : &files[cases[i].found]))
			fail_msg("%s/%s.%s", cases[i].message, cases[i].angle, cases[i].persona);
	}
	assert_null(content_find(&empty, STR("cost"), STR("story"), STR("")));
}

/* The key is on disk with every touch: it must never change. */
static void test_key(void **state)
{
	(void)state;
	uint64_t key = content_key(STR("cost"), STR("story"), 0);
	assert_true(key == content_key(STR("cost"), STR("story"), 0));
	assert_true(key != content_key(STR("cost"), STR("story"), 1));
	assert_true(key != content_key(STR("cost"), STR("benchmark"), 0));
	assert_true(key != content_key(STR("costs"), STR("tory"), 0));
	assert_true(key == UINT64_C(0xc781616db2eafcc6));
}

static enum status decode(const char *text, struct arena *a, struct content_index *out)
{
	struct json d;
	struct err e;
	assert_int_equal(json_parse(str_of(text), JSON_LIMITS_EVENT, a, &d, &e), ST_OK);
	return content_index_decode(&d, 0, a, out, &e);
}

static void test_round_trip(void **state)
{
	struct arena a;
	struct buf b, again;
	struct content_index back;
	(void)state;
	arena_init(&a, 1 << 20);
	buf_init(&b, 1 << 16);
	buf_init(&again, 1 << 16);
	content_index_encode(&ix, &b);
	assert_int_equal(decode(arena_strz(&a, buf_view(&b)), &a, &back), ST_OK);
	assert_int_equal(back.n, ix.n);
	assert_int_equal(back.parts_n, ix.parts_n);
	assert_true(str_is(content_find_part(&back, CONTENT_LAYOUT, STR("brand"))->hash, HASH));
	content_index_encode(&back, &again);
	assert_true(str_eq(buf_view(&b), buf_view(&again)));
	assert_true(str_starts(buf_view(&b), STR("[{\"m\":\"cost\",\"a\":\"benchmark\",\"p\":"
						 "\"\",\"s\":2,\"h\":\"0123")));
	buf_finish(&b);
	buf_finish(&again);
	arena_finish(&a);
}

#define ROW(m, a, p, s, h) \
	"{\"m\":\"" m "\",\"a\":\"" a "\",\"p\":\"" p "\",\"s\":" s ",\"h\":\"" h "\"}"
static void test_damaged(void **state)
{
	static const char *const bad[] = {
		"{}",
		"[1]",
		"[{}]",
		"[" ROW("", "a", "", "1", HASH) "]",
		"[" ROW("m", "", "", "1", HASH) "]",
		"[" ROW("m", "a", "", "9", HASH) "]",
		"[" ROW("m", "a", "", "-1", HASH) "]",
		"[" ROW("m", "a", "", "1", "") "]",
		"[" ROW("m", "a", "", "1", HASH) "," ROW("m", "a", "", "1", HASH) "]",
		"[" ROW("m", "b", "", "1", HASH) "," ROW("m", "a", "", "1", HASH) "]",
		"[{\"partials\":\"\",\"h\":\"" HASH "\"}]",
		"[{\"partials\":\"a\",\"h\":\"\"}]",
		"[{\"shelves\":\"a\",\"h\":\"" HASH "\"}]",
		"[{\"partials\":\"a\",\"h\":\"" HASH "\"}," ROW("m", "a", "", "1", HASH) "]",
		"[{\"layouts\":\"a\",\"h\":\"h\"},{\"partials\":\"a\",\"h\":\"h\"}]",
		"[{\"layouts\":\"a\",\"h\":\"h\"},{\"layouts\":\"a\",\"h\":\"h\"}]",
		"[" ROW("m2345678901234567890123456789012345678901234567890123456789012345", "a",
			"", "1", HASH) "]",
	};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct arena a;
		struct content_index out = {.files = NULL, .n = 77};
		arena_init(&a, 1 << 20);
		if (decode(bad[i], &a, &out) != ST_CORRUPT || out.n != 77)
			fail_msg("%s", bad[i]);
		arena_finish(&a);
	}
}

/* ---- is there a text for everything? ---- */

#define PROGRAM(personas, steps) \
	HEAD "scoring: {}\npersonas: {ops: lead.title == \"x\", fin: lead.title == \"z\"}\n" \
	     "tracks:\n  a:\n    enter: lead.known\n    " personas "\n    sequence:\n" steps

#define SENT_AS(key) \
	"nurture: 1\nprogram: p\ngoal: won\nsend_as: {name: I, from: i@x.example, " key \
	"}\nscoring: {}\n"

static const struct {
	const char *text, *code; /* NULL: nothing to say */
	int line, col;
	const char *message, *fix;
} checks[] = {
	{PROGRAM("", "      - {send: cost, angles: [benchmark, story]}\n"), NULL, 0, 0, NULL, NULL},
	{SENT_AS("layout: brand"), NULL, 0, 0, NULL, NULL},
	{SENT_AS("layout: built-in"), NULL, 0, 0, NULL, NULL},
	{SENT_AS("layout: brnad"), "N242", 4, 47, "no layout called \"brnad\"", "\"brand\"?"},
	{SENT_AS("layout: other"), "N242", 4, 47, "no layout called \"other\"",
	 "content/layouts/other.liquid"},
	{PROGRAM("", "      - {send: cost, angles: [benchmark, stroy]}\n"), "N238", 12, 16,
	 "no text for \"cost\" from the angle \"stroy\"", "\"story\"?"},
	{PROGRAM("", "      - {send: case-study, angles: [peer]}\n"), "N238", 12, 16,
	 "\"case-study\"", "content/case-study/peer.md"},
	{PROGRAM("", "      - {send: cost-of-delay}\n"), "N238", 12, 16, "\"plain\"", NULL},
	{PROGRAM("personas: [ops]", "      - {send: cost-of-delay}\n"), NULL, 0, 0, NULL, NULL},
	{PROGRAM("personas: [ops, fin]", "      - {send: cost-of-delay}\n"), "N238", 12, 16, NULL,
	 NULL},
	{PROGRAM("", "      - {send: cost, angles: [story], capped: {substitute: guide}}\n"),
	 "N238", 12, 16, "\"guide\"", NULL},
	{PROGRAM("", "      - {send: cost, angles: [story], capped: {substitute: "
		     "cost-of-delay}}\n"),
	 NULL, 0, 0, NULL, NULL},
	{PROGRAM("personas: [ops]", "      - send: cost-of-delay\n        react: {silent: {send: "
				    "again, with: new_subject}}\n"),
	 "N239", 12, 15, "one subject line", "content/cost-of-delay"},
	{PROGRAM("", "      - send: cost\n        angles: [story]\n        react: {silent: {send: "
		     "again, with: new_subject}}\n"),
	 NULL, 0, 0, NULL, NULL},
};

static void test_check(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		struct loaded l;
		load_text(&l, str_of(checks[i].text));
		assert_non_null(l.program);
		program_check_content(l.program, &ix, &l.arena, &l.report);
		const struct program_problem *p = l.report.problems;
		size_t wanted = checks[i].code != NULL;
		bool good = l.report.n == wanted;
		if (good && wanted)
			good = str_is(str_of(p->code), checks[i].code) &&
			       p->line == checks[i].line && p->col == checks[i].col &&
			       has(p->message, checks[i].message) && has(p->fix, checks[i].fix);
		if (!good) {
			show(&l, checks[i].text);
			fail_msg("case %zu", i);
		}
		unload(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),       cmocka_unit_test(test_key),
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_check),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
