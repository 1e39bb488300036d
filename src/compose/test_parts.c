/* SPDX-License-Identifier: Apache-2.0
 * test_parts.c: partials and layouts: what they see, what comes of them, and what is wrong with
 * them, with its place. */
#include "compose/test_compose.h"

#define HEAD "---\nsubject: S\ncta:\n  label: Go\n  url: https://x.example/a\n---\n"
#define FOOT "{{ cta }}<a href=\"{{ unsubscribe_url }}\">No</a> {{ sender.postal_address }}"

static enum status render(struct fixture *f, const char *content)
{
	f->in.content = str_of(content);
	f->e = (struct err){.status = ST_OK};
	return compose_render(&f->in, &f->out, &f->a, &f->e);
}

static void check_has(const char *row, struct str s, const char *part)
{
	if (str_find(s, str_of(part)) == s.n)
		fail_msg("%s: no \"%s\" in:\n" STR_FMT, row, part, STR_ARG(s));
}

static void partials_are_rendered(void **state)
{
	static const struct test_part parts[] = {
		{CONTENT_PARTIAL, "who", "<b>{{ lead.first_name }}</b> of {{ town }}"},
		{CONTENT_PARTIAL, "own", "{% assign x = 2 %}{{ x }}{% if y %}leaks{% endif %}"},
		{CONTENT_PARTIAL, "item",
		 "<i>{{ item }}{% unless forloop.last %},{% endunless %}</i>"},
		{CONTENT_PARTIAL, "outer", "[{% render 'inner', v: v %}]"},
		{CONTENT_PARTIAL, "inner", "({{ v }})"},
		{CONTENT_PARTIAL, "button", "<p>{{ cta }}</p>"},
		{.name = NULL},
	};
	static const struct {
		const char *body, *html;
	} rows[] = {
		{"{% render 'who', town: 'Ulm' %}", "<b>Ana</b> of Ulm"},
		{"{% render 'who', town: '<Ulm>' %}", "<b>Ana</b> of &lt;Ulm&gt;"},
		{"Dear {% render 'who', town: \"Ulm\" %}!", "<p>Dear <b>Ana</b> of Ulm!</p>"},
		{"{% assign x = 1 %}{% assign y = 1 %}{% render 'own' %}{{ x }}", "21"},
		{"{% assign l = 'a b' | split: ' ' %}{% render 'item' for l %}",
		 "<i>a,</i><i>b</i>"},
		{"{% assign l = 'a b' | split: ' ' %}{% render 'inner' for l as v %}", "(a)(b)"},
		{"{% render 'inner' with 'q' as v %}", "(q)"},
		{"{% render 'item' with 'q' %}", "<i>q,</i>"},
		{"{% render 'outer', v: 3 %}", "[(3)]"},
		{"{% render 'button' %}",
		 "<p><a class=\"cta\" href=\"https://t.example/c/0p\">Go</a></p>"},
	};
	struct fixture f;
	(void)state;
	set_up(&f);
	f.parts = parts;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *content = arena_printf(&f.a, HEAD "%s", rows[i].body).p;
		if (render(&f, content) != ST_OK)
			fail_msg("%s: %s", rows[i].body, f.e.text);
		check_has(rows[i].body, f.out.mail.html, rows[i].html);
	}
	tear_down(&f);
}

static void problems_in_partials_have_a_place(void **state)
{
	static const struct test_part parts[] = {
		{CONTENT_PARTIAL, "hole", "\n  {{ who }}"},
		{CONTENT_PARTIAL, "bad", "\n{% nope %}"},
		{CONTENT_PARTIAL, "self", "{% render 'self' %}"},
		{CONTENT_PARTIAL, "twice",
		 "{% for i in (1..200) %}{% render 'deep' %}{% endfor %}"},
		{CONTENT_PARTIAL, "deep", "{% for i in (1..200) %}{{ i }}{% endfor %}"},
		{CONTENT_LAYOUT, "l", "<p>\n{{ content }}{{ lead.city }}"},
		{.name = NULL},
	};
	static const struct {
		const char *content, *want;
		enum status st;
	} rows[] = {
		{HEAD "{% render 'hole' %}", "partials/hole.liquid: who is empty (line 2)",
		 ST_INVALID},
		{HEAD "{% render 'bad' %}", "partials/bad.liquid:2:4: Unknown tag 'nope'",
		 ST_INVALID},
		{HEAD "\n\nA {% render 'gone' %}", "m/a.md:9:13: Could not find asset gone",
		 ST_INVALID},
		{HEAD "{% render 'self' %}", "partials/self.liquid:1:", ST_LIMIT},
		{HEAD "{% render 'twice' %}", "partials/deep.liquid:1:", ST_LIMIT},
		{"---\nsubject: S\nlayout: l\n---\nT",
		 "layouts/l.liquid: lead.city is empty (line 2)", ST_INVALID},
		{"---\nsubject: S\nlayout: m\n---\nT", "m/a.md: no layout called m", ST_INVALID},
		{"---\nsubject: \"{% render 'hole' %}\"\n---\nT", "m/a.md:2:", ST_INVALID},
	};
	struct fixture f;
	(void)state;
	set_up(&f);
	f.parts = parts;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum status st = render(&f, rows[i].content);
		if (st != rows[i].st || strstr(f.e.text, rows[i].want) == NULL)
			fail_msg("%s: %s: %s", rows[i].content, status_name(st), f.e.text);
	}
	tear_down(&f);
}

static void layouts_stand_around(void **state)
{
	static const struct test_part parts[] = {
		{CONTENT_LAYOUT, "a",
		 "<p>A {{ subject }}|{{ preheader | default: '-' }}|{{ sender.logo | default: '-' "
		 "}}</p>{{ content }}{% render 'foot' %}"},
		{CONTENT_LAYOUT, "b", "<p>B</p>{{ content }}" FOOT},
		{CONTENT_PARTIAL, "foot", FOOT},
		{.name = NULL},
	};
	static const struct {
		const char *sender, *front, *want;
	} rows[] = {
		{"", "layout: a\npreheader: <P>\n", "<p>A S|&lt;P&gt;|https://x.example/l.png</p>"},
		{"", "layout: b\n", "<p>B</p>"},
		{"a", "", "<p>A S|-|"},
		{"a", "layout: b\n", "<p>B</p>"},
		{"a", "layout: built-in\n", "<img src=\"https://x.example/l.png\" alt=\"Maren"},
		{"", "", "<!DOCTYPE html>"},
	};
	struct fixture f;
	(void)state;
	set_up(&f);
	f.parts = parts;
	f.program.sender.logo = STR("https://x.example/l.png");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		f.program.sender.layout = str_of(rows[i].sender);
		const char *content =
			arena_printf(&f.a, "---\n%s%s\n%s", rows[i].front, &HEAD[4], "**T**").p;
		if (render(&f, content) != ST_OK)
			fail_msg("row %zu: %s", i, f.e.text);
		check_has(rows[i].want, f.out.mail.html, rows[i].want);
		check_has(rows[i].want, f.out.mail.html, "<strong>T</strong>");
		check_has(rows[i].want, f.out.mail.text, "T");
		check_has(rows[i].want, f.out.mail.text, TEST_UNSUBSCRIBE);
	}
	tear_down(&f);
}

/* ---- a folder ---- */

#define GOOD "---\nsubject: S\n---\nT\n"
#define LAYOUT \
	"<body>{{ content }}<a href=\"{{ unsubscribe_url }}\">x</a>{{ sender.postal_address }}"

static const struct {
	const char *paths[3], *texts[3];
	const char *code, *want;
	int line, col;
} folders[] = {
	{{"m/a.md", "layouts/l.liquid"}, {GOOD, LAYOUT}, NULL, NULL, 0, 0},
	{{"m/a.md", "layouts/l.liquid", "partials/f.liquid"},
	 {"---\nsubject: S\nlayout: l\n---\nT {% render 'f' %}\n", "{{ content }}{% render 'f' %}",
	  LAYOUT},
	 NULL,
	 NULL,
	 0,
	 0},
	{{"m/a.md", "partials/p.md"}, {GOOD, "x"}, "N241", "is <name>.liquid", 1, 1},
	{{"m/a.md", "partials/.liquid"}, {GOOD, "x"}, "N241", "is <name>.liquid", 1, 1},
	{{"m/a.md", "layouts/built-in.liquid"}, {GOOD, LAYOUT}, "N241", "needs no file", 1, 1},
	{{"m/a.md", "partials/p.liquid"}, {GOOD, "\n {{ x | nope }}"}, "N241", "nope", 2, 9},
	{{"m/a.md", "partials/p.liquid"},
	 {"---\nsubject: S\n---\n\n*x* {% render 'q' %}\n", "x"},
	 "N241",
	 "no partial called \"q\"",
	 5,
	 15},
	{{"m/a.md", "partials/signature.liquid"},
	 {GOOD "{% render 'signatur' %}\n", "x"},
	 "N241",
	 "no partial called \"signatur\"",
	 5,
	 11},
	{{"m/a.md", "partials/p.liquid"},
	 {GOOD, "x\n{% render 'q' %}"},
	 "N241",
	 "no partial called \"q\"",
	 2,
	 11},
	{{"m/a.md", "partials/p.liquid"},
	 {"---\nsubject: Hi {% render 'p' %}\n---\nT\n", "x"},
	 "N241",
	 "a partial is HTML",
	 2,
	 23},
	{{"m/a.md", "partials/p.liquid"},
	 {GOOD "{% include 'p' %}\n", "x"},
	 "N241",
	 "include would share",
	 5,
	 4},
	{{"m/a.md", "partials/p.liquid"},
	 {GOOD, "x\n {% render 'p' %}"},
	 "N241",
	 "leads back to this one",
	 2,
	 12},
	{{"m/a.md", "layouts/l.liquid"},
	 {GOOD, "<body>\n{{ content }}\n</body>"},
	 "N243",
	 "without <a href=\"{{ unsubscribe_url }}\"> and {{ sender.postal_address }}",
	 3,
	 1},
	{{"m/a.md", "layouts/l.liquid"},
	 {GOOD, "{{ unsubscribe_url }} {{ sender.postal_address }}\n"},
	 "N243",
	 "without {{ content }}",
	 1,
	 50},
	{{"m/a.md", "layouts/l.liquid"},
	 {GOOD, "{{ content | default: '' }}{{ unsubscribe_url }}{{ sender.postal_address }}"},
	 "N243",
	 "without {{ content }}",
	 1,
	 76},
	{{"m/a.md", "layouts/l.liquid"},
	 {"---\nsubject: S\nlayout: ll\n---\nT\n", LAYOUT},
	 "N241",
	 "no layout called \"ll\"",
	 3,
	 9},
	{{"m/a.md", "partials/p.liquid", "partials/p.liquid"},
	 {GOOD, "x", "x"},
	 "N241",
	 "there twice",
	 1,
	 1},
};

static void folders_are_looked_through(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(folders); i++) {
		struct compose_file files[3];
		struct content_index ix;
		struct program_report r;
		struct arena a;
		struct err e = {.status = ST_OK};
		size_t n = 0;
		arena_init(&a, 4u << 20);
		for (; n < 3 && folders[i].paths[n] != NULL; n++)
			files[n] = (struct compose_file){str_of(folders[i].paths[n]),
							 str_of(folders[i].texts[n])};
		assert_int_equal(compose_content_scan(files, n, &a, &ix, &r, &e), ST_OK);
		assert_int_equal(r.n, folders[i].want != NULL);
		const struct program_problem *p = r.problems;
		if (r.n > 0 &&
		    (!str_is(str_of(p->code), folders[i].code) || p->line != folders[i].line ||
		     p->col != folders[i].col || p->fix.n == 0 || p->why.n == 0 ||
		     str_find(p->message, str_of(folders[i].want)) == p->message.n))
			fail_msg("row %zu: %s %d:%d \"" STR_FMT "\"", i, p->code, p->line, p->col,
				 STR_ARG(p->message));
		arena_finish(&a);
	}
}

static void parts_are_in_the_index(void **state)
{
	static const struct compose_file files[] = {
		{STR("partials/b.liquid"), STR("b")},
		{STR("layouts/l.liquid"), STR(LAYOUT)},
		{STR("m/a.md"), STR(GOOD)},
		{STR("partials/a.liquid"), STR("{% render 'b' %}{% render 'c' %}")},
		{STR("partials/c.liquid"), STR("{% render 'b' %}")},
	};
	struct content_index ix;
	struct program_report r;
	struct arena a;
	struct err e;
	(void)state;
	arena_init(&a, 4u << 20);
	assert_int_equal(compose_content_scan(files, COUNT_OF(files), &a, &ix, &r, &e), ST_OK);
	assert_int_equal(r.n, 0); /* two ways to one partial are no circle */
	assert_int_equal(ix.n, 1);
	assert_int_equal(ix.parts_n, 4);
	check_str("first", ix.parts[0].name, "a");
	check_str("last", ix.parts[3].name, "l");
	const struct content_part *p = content_find_part(&ix, CONTENT_PARTIAL, STR("b"));
	assert_non_null(p);
	/* echo -n b | sha256sum */
	check_str("hash", p->hash,
		  "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d");
	assert_null(content_find_part(&ix, CONTENT_LAYOUT, STR("b")));
	arena_finish(&a);
}

/* As many partials as there may be, each rendering the next: found in time, and never a crash. */
static void the_longest_circle(void **state)
{
	struct arena a;
	struct compose_file files[CONTENT_PARTS_MAX + 1];
	struct content_index ix;
	struct program_report r;
	struct err e;
	(void)state;
	arena_init(&a, 4u << 20);
	for (int i = 0; i <= CONTENT_PARTS_MAX; i++)
		files[i] = (struct compose_file){
			arena_printf(&a, "partials/p%d.liquid", i),
			arena_printf(&a, "{%% render 'p%d' %%}", (i + 1) % CONTENT_PARTS_MAX)};
	assert_int_equal(compose_content_scan(files, CONTENT_PARTS_MAX, &a, &ix, &r, &e), ST_OK);
	assert_int_equal(r.errors_n, CONTENT_PARTS_MAX);
	assert_int_equal(compose_content_scan(files, CONTENT_PARTS_MAX + 1, &a, &ix, &r, &e),
			 ST_LIMIT);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(partials_are_rendered),
		cmocka_unit_test(problems_in_partials_have_a_place),
		cmocka_unit_test(layouts_stand_around),
		cmocka_unit_test(folders_are_looked_through),
		cmocka_unit_test(parts_are_in_the_index),
		cmocka_unit_test(the_longest_circle),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
