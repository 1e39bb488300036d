/* SPDX-License-Identifier: Apache-2.0
 * test_content.c: front matter read or refused, each fault with its place; the index. */
#include "base/test.h"

#include "compose/content.h"

#define TOP "---\nsubject: S\n"
#define BODY "---\nText\n"

static void files_are_read(void **state)
{
	static const char file[] = "---\r\n"
				   "# a comment\r\n"
				   "subject:\r\n"
				   "  - What does it cost?\r\n"
				   "  - \"{{ account.name }}: \\\"3\\\" figures\"\r\n"
				   "\r\n"
				   "preheader: 'Read: this'\r\n"
				   "cta:\r\n"
				   "  label: See\r\n"
				   "  url: https://x.example/{{ lead.id }}#top\r\n"
				   "from_name: {{ sender.name }}, for you\r\n"
				   "format: html\r\n"
				   "---\r\n"
				   "\r\n<p>Hello</p>\r\n";
	struct compose_content c;
	struct arena a;
	struct err e;
	(void)state;
	arena_init(&a, 1u << 20);
	if (compose_content_parse(STR("f.md"), str_of(file), &a, &c, &e) != ST_OK)
		fail_msg("%s", e.text);
	assert_int_equal(c.subjects_n, 2);
	check_str("first", c.subjects[0].text, "What does it cost?");
	check_str("second", c.subjects[1].text, "{{ account.name }}: \"3\" figures");
	assert_int_equal(c.subjects[1].line, 5);
	assert_int_equal(c.subjects[1].col, 5);
	check_str("preheader", c.preheader.text, "Read: this");
	check_str("label", c.cta_label.text, "See");
	check_str("url", c.cta_url.text, "https://x.example/{{ lead.id }}#top");
	check_str("from", c.from_name.text, "{{ sender.name }}, for you");
	assert_true(c.html);
	assert_int_equal(c.cta_type.line, 0);
	assert_int_equal(c.body_line, 14);
	check_str("body", c.body, "\n<p>Hello</p>\n");
	arena_finish(&a);
}

static void faults_have_a_place(void **state)
{
	static const struct {
		const char *file, *want;
	} rows[] = {
		{"", "f.md:1:1: a content file begins with a line ---"},
		{"Hello", "f.md:1:1: a content file begins with a line ---"},
		{"---\nsubject: S\n", "is not closed"},
		{"---\n" BODY, "f.md:1:1: no subject"},
		{TOP "---\n \n", "f.md:4:1: no text"},
		{TOP "subjekt: S\n" BODY,
		 "f.md:3:1: no key \"subjekt\"; did you mean \"subject\"?"},
		{TOP "zzzzzz: S\n" BODY, "f.md:3:1: no such key here; there are subject, "},
		{TOP "cta:\n  lable: x\n" BODY,
		 "f.md:4:3: no key \"lable\"; did you mean \"label\"?"},
		{TOP "cta:\n  zzzzzz: x\n" BODY, "no such key in cta; there are label, url, type"},
		{TOP "cta: {label: x}\n" BODY, "f.md:3:6: write label:, url: and type:"},
		{TOP "cta:\n  label: x\n" BODY, "f.md:4:1: cta has both"},
		{TOP "cta:\n  type: x\n" BODY, "f.md:4:1: cta has both"},
		{TOP "subject: T\n" BODY, "f.md:3:1: this key is there twice"},
		{TOP "stage:\n" BODY, "f.md:3:7: a value is missing"},
		{TOP "stage: [a]\n" BODY, "f.md:3:8: a value that begins so is put in quotes"},
		{TOP "stage: a # b\n" BODY, "f.md:3:10: is this a comment?"},
		{TOP "stage: \"a\n" BODY, "f.md:3:8: the quote is not closed"},
		{TOP "stage: \"a\" b\n" BODY, "f.md:3:11: nothing may follow"},
		{TOP "stage: \"a\\n\"\n" BODY, "f.md:3:10: only"},
		{TOP "stage: a\001b\n" BODY, "f.md:3:9: a control character"},
		{TOP "  stage: a\n" BODY, "f.md:3:3: nothing above it"},
		{TOP "\tstage: a\n" BODY, "f.md:3:1: a tab"},
		{TOP "words\n" BODY, "f.md:3:1: neither `key: value`"},
		{TOP "format: text\n" BODY, "f.md:3:9: format is markdown or html"},
		{"---\nsubject:\n  words: a\n" BODY, "f.md:3:3: subject lines below"},
		{"---\nsubject:\n- 1\n- 2\n- 3\n- 4\n- 5\n- 6\n- 7\n- 8\n- 9\n" BODY,
		 "f.md:11:2: more than 8"},
		{"---\nsubject: \xff\n" BODY, "not UTF-8"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct compose_content c;
		struct arena a;
		struct err e = {.status = ST_OK};
		arena_init(&a, 1u << 20);
		assert_int_equal(
			compose_content_parse(STR("f.md"), str_of(rows[i].file), &a, &c, &e),
			ST_INVALID);
		if (strstr(e.text, rows[i].want) == NULL)
			fail_msg("row %zu: got \"%s\", want \"%s\"", i, e.text, rows[i].want);
		arena_finish(&a);
	}
}

#define FILE_OF(text) \
	{ \
		text, sizeof(text) - 1 \
	}

static void folders_become_an_index(void **state)
{
	static const struct compose_file files[] = {
		{FILE_OF("m/story.ops.md"), FILE_OF("---\nsubject:\n- a\n- b\n---\nT\n")},
		{FILE_OF("m/story.md"), FILE_OF(TOP "angle: story\n" BODY)},
		{FILE_OF("a/plain.md"), FILE_OF(TOP BODY)},
	};
	struct content_index ix;
	struct arena a;
	struct err e;
	(void)state;
	arena_init(&a, 1u << 20);
	struct program_report report;
	if (compose_content_scan(files, COUNT_OF(files), &a, &ix, &report, &e) != ST_OK)
		fail_msg("%s", e.text);
	assert_int_equal(report.n, 0);
	assert_int_equal(ix.n, 3);
	check_str("sorted", ix.files[0].message, "a");
	const struct content_file *f = content_find(&ix, STR("m"), STR("story"), STR("ops"));
	assert_true(f == &ix.files[2]);
	assert_int_equal(f->subjects_n, 2);
	/* echo -en '---\nsubject: S\n---\nText\n' | sha256sum */
	check_str("hash", ix.files[0].hash,
		  "0b0cdc73c3a0fe2403e2a038b3e724666ecb6868c88ccaf19356c8dfe6ccf4bd");
	arena_finish(&a);
}

static void folders_are_refused(void **state)
{
	static const struct {
		struct compose_file files[2];
		const char *want;
		int line, col;
	} rows[] = {
		{{{FILE_OF("story.md"), FILE_OF(TOP BODY)}}, "content is <message>/", 1, 1},
		{{{FILE_OF("m/.md"), FILE_OF(TOP BODY)}}, "content is <message>/", 1, 1},
		{{{FILE_OF("m/a.b.c.md"), FILE_OF(TOP BODY)}}, "content is <message>/", 1, 1},
		{{{FILE_OF("m/a..md"), FILE_OF(TOP BODY)}}, "content is <message>/", 1, 1},
		{{{FILE_OF("../m/a.md"), FILE_OF(TOP BODY)}}, "content is <message>/", 1, 1},
		{{{FILE_OF("m/a.txt"), FILE_OF(TOP BODY)}}, "content is <message>/", 1, 1},
		{{{FILE_OF("m/"
			   "a2345678901234567890123456789012345678901234567890123456789012345.md"),
		   FILE_OF(TOP BODY)}},
		 "1 to 64 letters",
		 1,
		 1},
		{{{FILE_OF("m/a.md"), FILE_OF("x")}}, "---", 1, 1},
		{{{FILE_OF("m/a.md"), FILE_OF(TOP BODY "[a](data:x)")}}, "markdown: a link", 1, 1},
		{{{FILE_OF("m/a.md"), FILE_OF(TOP BODY "\n{{ x | nope }}")}}, "nope", 6, 8},
		{{{FILE_OF("m/a.md"), FILE_OF(TOP "preheader: {{ x\n" BODY)}},
		 "properly terminated",
		 3,
		 12},
		{{{FILE_OF("m/a.md"), FILE_OF("---\nsubject:\n- a\n- \"{% b %}\"\n" BODY)}},
		 "Unknown tag",
		 4,
		 6},
		{{{FILE_OF("m/a.md"), FILE_OF(TOP "angle: b\n" BODY)}}, "the angle", 3, 8},
		{{{FILE_OF("m/a.md"), FILE_OF(TOP BODY)}, {FILE_OF("m/a.md"), FILE_OF(TOP BODY)}},
		 "there twice",
		 1,
		 1},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct content_index ix;
		struct program_report r;
		struct arena a;
		struct err e = {.status = ST_OK};
		size_t n = rows[i].files[1].path.n > 0 ? 2 : 1;
		arena_init(&a, 1u << 20);
		assert_int_equal(compose_content_scan(rows[i].files, n, &a, &ix, &r, &e), ST_OK);
		assert_int_equal(r.n, 1);
		assert_int_equal(r.errors_n, 1);
		const struct program_problem *p = r.problems;
		check_str("code", str_of(p->code), "N241");
		if (str_find(p->message, str_of(rows[i].want)) == p->message.n ||
		    p->line != rows[i].line || p->col != rows[i].col || p->fix.n == 0)
			fail_msg("row %zu: got %d:%d \"" STR_FMT "\"", i, p->line, p->col,
				 STR_ARG(p->message));
		arena_finish(&a);
	}
}

static void has_text(const char *what, struct str s, const char *want)
{
	if (str_find(s, str_of(want)) == s.n)
		fail_msg("%s: no \"%s\" in " STR_FMT, what, want, STR_ARG(s));
}

static void all_problems_at_once(void **state)
{
	static const struct compose_file files[] = {
		{FILE_OF("m/b.md"), FILE_OF(TOP BODY "\n{{ x | nope }}")},
		{FILE_OF("m/a.md"), FILE_OF("x")},
		{FILE_OF("m/good.md"), FILE_OF(TOP BODY)},
	};
	struct content_index ix;
	struct program_report r, none = {0};
	struct arena a;
	struct err e;
	struct buf text;
	(void)state;
	arena_init(&a, 1u << 20);
	buf_init(&text, 1u << 16);
	assert_int_equal(compose_content_scan(files, COUNT_OF(files), &a, &ix, &r, &e), ST_OK);
	assert_int_equal(ix.n, 3); /* a wrong file is there all the same */
	assert_int_equal(program_report_join(&none, &r, &a, &e), ST_OK);
	assert_int_equal(none.errors_n, 2);
	check_str("sorted", none.problems[0].file, "content/m/a.md");
	check_str("sorted", none.problems[1].file, "content/m/b.md");
	program_report_text(&none, "program.yaml", STR(""), false, &text);
	has_text("place", buf_view(&text), "--> content/m/b.md:6:8\n");
	has_text("line", buf_view(&text), "| {{ x | nope }}\n");
	has_text("sum", buf_view(&text), "2 problems. Nothing was changed.");
	buf_finish(&text);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read),          cmocka_unit_test(faults_have_a_place),
		cmocka_unit_test(folders_become_an_index), cmocka_unit_test(folders_are_refused),
		cmocka_unit_test(all_problems_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
