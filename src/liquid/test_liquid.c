/* SPDX-License-Identifier: Apache-2.0
 * test_liquid.c: what is ours on top of the reference: escaping, missing values, limits, places of
 * problems, suggestions, the caller's hooks, the lead's clock. The language itself is measured by
 * `conformance liquid`. */
#include "liquid/liquid.h"

#include "base/test.h"
#include "base/time.h"

struct fixture {
	struct arena arena;
	struct liquid_conf conf;
	struct liquid_problem problem;
	struct buf out;
};

static void set_up(struct fixture *f)
{
	*f = (struct fixture){.conf = {.now_us = INT64_C(1800000000000000)}};
	arena_init(&f->arena, 16u << 20);
	buf_init(&f->out, 4u << 20);
}

static void tear_down(struct fixture *f)
{
	buf_finish(&f->out);
	arena_finish(&f->arena);
}

/* The output, or the problem in words. */
static const char *render(struct fixture *f, const char *text, const char *data)
{
	const struct liquid_template *t;
	struct json doc;
	struct err e;
	buf_reset(&f->out);
	assert_int_equal(json_parse(str_of(data), JSON_LIMITS_EVENT, &f->arena, &doc, &e), ST_OK);
	enum status st = liquid_compile(str_of(text), (struct liquid_options){.name = STR("t")},
					&f->arena, &t, &f->problem);
	if (st == ST_OK)
		st = liquid_render(t, &doc, &f->conf, &f->arena, &f->out, &f->problem);
	assert_int_equal(st, f->problem.status);
	if (st != ST_OK) {
		(void)liquid_problem_err(&f->problem, &e);
		return arena_strz(&f->arena, str_of(e.text));
	}
	return arena_strz(&f->arena, buf_view(&f->out));
}

struct row {
	const char *text, *data, *want;
};

static void check_rows(struct fixture *f, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_str(rows[i].text, str_of(render(f, rows[i].text, rows[i].data)),
			  rows[i].want);
}

static void test_escapes_html(void **state)
{
	static const struct row rows[] = {
		{"{{ x }}", "{\"x\":\"<b>&'\\\"\"}", "&lt;b&gt;&amp;&#39;&quot;"},
		{"{{ x | raw }}", "{\"x\":\"<b>\"}", "<b>"},
		{"{{ x | escape }}", "{\"x\":\"<b>\"}", "&lt;b&gt;"},
		{"{{ x | escape_once }}", "{\"x\":\"&lt;b>\"}", "&lt;b&gt;"},
		{"{{ x | newline_to_br }}", "{\"x\":\"<\\n\"}", "&lt;<br />\n"},
		{"{% capture y %}<i>{{ x }}</i>{% endcapture %}{{ y }}", "{\"x\":\"<b>\"}",
		 "<i>&lt;b&gt;</i>"},
		{"{% capture y %}<i>{% endcapture %}{{ y | append: x }}", "{\"x\":\"<b>\"}",
		 "<i>&lt;b&gt;"},
		{"{{ x | upcase }}", "{\"x\":\"<b>\"}", "&lt;B&gt;"},
		{"{{ x }}", "{\"x\":[\"<\",{\"a\":\">\"}]}",
		 "&lt;{&quot;a&quot;=&gt;&quot;&gt;&quot;}"},
		{"{% cycle x %}", "{\"x\":\"<\"}", "&lt;"},
		{"{% echo x | default: '<' %}", "{}", "&lt;"},
	};
	struct fixture f;
	(void)state;
	set_up(&f);
	f.conf.html = true;
	check_rows(&f, rows, COUNT_OF(rows));
	f.conf.html = false;
	check_str("plain", str_of(render(&f, "{{ x }}", "{\"x\":\"<b>\"}")), "<b>");
	tear_down(&f);
}

#define HINT(v) \
	v " is empty: nothing is sent with a hole in it; give a fallback with {{ " v \
	  " | default: \"...\" }}"

static void test_missing_stops(void **state)
{
	static const struct row rows[] = {
		{"Hi {{ lead.first_name }},", "{\"lead\":{\"first_name\":\"Ada\"}}", "Hi Ada,"},
		{"Hi {{ lead.first_name }},", "{\"lead\":{}}", "t:1:7: " HINT("lead.first_name")},
		{"Hi\n {{ lead.first_name }},", "{\"lead\":{\"first_name\":\"  \"}}",
		 "t:2:5: " HINT("lead.first_name")},
		{"{{ x | upcase }}", "{}", "t:1:4: " HINT("x")},
		{"{{ 'Hi ' | append: x }}", "{}", "t:1:20: " HINT("x")},
		{"{% assign y = x %}{{ y }}", "{}", "t:1:22: " HINT("y")},
		{"{{ x | prepend: 'a' | default: 'b' }}", "{}", "a"},
		{"{{ x | default: 'there' }}", "{}", "there"},
		{"{{ x | default: 'there' }}", "{\"x\":\" \"}", "there"},
		{"{{ x | default: '' }}", "{}", ""},
		{"{{ x | default: y }}", "{}", "t:1:4: " HINT("x")},
		{"{{ x }}", "{\"x\":[]}", "t:1:4: " HINT("x")},
		{"{{ x }}", "{\"x\":0}", "0"},
		{"{{ x }}", "{\"x\":false}", "false"},
		{"{% if x %}{{ x }}{% else %}none{% endif %}", "{}", "none"},
		{"{% for i in x %}{{ i }}{% else %}none{% endfor %}", "{}", "none"},
		{"{% assign y = x %}{% if y == nil %}nil{% endif %}", "{}", "nil"},
		{"{{ '' }}", "{}", ""},
	};
	struct fixture f;
	(void)state;
	set_up(&f);
	f.conf.missing = LIQUID_MISSING_STOPS;
	check_rows(&f, rows, COUNT_OF(rows));
	(void)render(&f, "{{ lead['a b'].c }}", "{}");
	assert_int_equal(f.problem.status, ST_NOT_FOUND);
	assert_string_equal(f.problem.variable, "lead['a b'].c");
	f.conf.inline_errors = true; /* does not weaken it */
	(void)render(&f, "{{ x }}", "{}");
	assert_int_equal(f.problem.status, ST_NOT_FOUND);
	tear_down(&f);
}

static void test_problems(void **state)
{
	static const struct row rows[] = {
		{"a\nb {% esle %}", "{}", "t:2:6: Unknown tag 'esle'; did you mean 'else'?"},
		{"{% if x %}{% esle %}{% endif %}", "{}",
		 "t:1:14: Unknown tag 'esle'; did you mean 'else'?"},
		{"{% fro i in x %}", "{}", "t:1:4: Unknown tag 'fro'; did you mean 'for'?"},
		{"{{ 'ä' | upcas }}", "{}",
		 "t:1:10: Unknown filter 'upcas'; did you mean 'upcase'?"},
		{"{{ x | append }}", "{}", "t:1:8: Filter 'append' wants 1 argument: append: text"},
		{"{{ x | upcase: 1 }}", "{}",
		 "t:1:8: Filter 'upcase' has too many arguments: upcase"},
		{"{% if x %}", "{}", "t:1:4: 'if' tag was never closed; end it with {% endif %}"},
		{"{{ 1 | divided_by: x }}", "{\"x\":0}", "t:1:8: divided by 0"},
		{"{% render 'gone' %}", "{}", "t:1:11: Could not find asset gone"},
		{"{{ x.y[ }}", "{}", "t:1:9: end_of_string is not a valid expression"},
		{"{{ 'abc }}", "{}", "t:1:4: Unexpected character ': this text is never closed"},
		{"{% for i of x %}{% endfor %}", "{}",
		 "t:1:10: For loops require an 'in' clause: for item in items"},
		{"{% if x %}{% endfor %}{% endif %}", "{}",
		 "t:1:14: 'endfor' is not a valid delimiter for if tags. use endif"},
		{"\xff", "{}", "t: Invalid template encoding: it is not UTF-8 text"},
	};
	struct fixture f;
	(void)state;
	set_up(&f);
	check_rows(&f, rows, COUNT_OF(rows));
	tear_down(&f);
}

static void test_limits(void **state)
{
	static const char *const rows[] = {
		"{% for i in (1..10001) %}{% endfor %}",
		"{% for i in (1..200) %}{% for j in (1..200) %}{% endfor %}{% endfor %}",
		"{% for i in (1..9999) "
		"%}0123456789012345678901234567890123456789012345678901234567890"
		"123456789012345678901234567890123456789012345678901234567890123456789{% endfor %}",
		"{% assign x = 'ab' %}{% for i in (1..40) %}{% assign x = x | append: x %}{% "
		"endfor %}",
		"{{ (1..9999999999) | join }}",
		"{{ (1..9999999999) }}{% assign x = (1..9999999) | sort %}",
		"{% for i in (1..9000) %}{% assign x = (1..9000) | reverse %}{% endfor %}",
	};
	struct fixture f;
	(void)state;
	set_up(&f);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		arena_reset(&f.arena);
		(void)render(&f, rows[i], "{}");
		CHECK_ROW(rows[i], f.problem.status == ST_LIMIT);
		CHECK_ROW(rows[i], f.out.n == 0);
	}
	arena_reset(&f.arena);
	f.conf.iterations_max = 3;
	check_str("3", str_of(render(&f, "{% for i in (1..3) %}{{ i }}{% endfor %}", "{}")), "123");
	(void)render(&f, "{% for i in (1..4) %}{{ i }}{% endfor %}", "{}");
	assert_int_equal(f.problem.status, ST_LIMIT);
	f.conf.output_bytes_max = 5;
	check_str("5", str_of(render(&f, "12345", "{}")), "12345");
	(void)render(&f, "123456", "{}");
	assert_int_equal(f.problem.status, ST_LIMIT);
	tear_down(&f);
}

static void nest(struct buf *b, const char *open, const char *close, int n)
{
	buf_reset(b);
	for (int i = 0; i < n; i++)
		buf_z(b, open);
	for (int i = 0; i < n; i++)
		buf_z(b, close);
	buf_byte(b, '\0');
}

static void test_nesting(void **state)
{
	struct fixture f;
	struct buf b;
	(void)state;
	set_up(&f);
	buf_init(&b, 1u << 20);
	nest(&b, "{% if true %}", "{% endif %}", 99);
	check_str("99", str_of(render(&f, b.p, "{}")), "");
	nest(&b, "{% if true %}", "{% endif %}", 101);
	(void)render(&f, b.p, "{}");
	assert_int_equal(f.problem.status, ST_LIMIT);
	nest(&b, "(1..", ")", 5000);
	struct str text = arena_printf(&f.arena, "{{ %s }}", b.p);
	(void)render(&f, text.p, "{}");
	assert_true(f.problem.status != ST_OK);
	nest(&b, "liquid ", "", 5000);
	text = arena_printf(&f.arena, "{%% %s %%}", b.p);
	(void)render(&f, text.p, "{}");
	assert_true(f.problem.status != ST_OK);
	buf_finish(&b);
	tear_down(&f);
}

/* ---- hooks ---- */

static bool lead_get(const void *ctx, struct str key, struct arena *a, struct liquid_value *out_r)
{
	int *asked = *(int *const *)ctx;
	++*asked;
	if (!str_is(key, "city"))
		return false;
	*out_r = liquid_str(arena_str(a, STR("Ulm")));
	return true;
}

struct hooks {
	int asked, resolved;
	int *counter;
	struct liquid_object lead;
	const struct liquid_template *partial;
};

static bool resolve(void *ctx, struct str name, struct arena *a, struct liquid_value *out_r)
{
	struct hooks *h = ctx;
	(void)a;
	if (!str_is(name, "lead"))
		return false;
	h->resolved++;
	*out_r = liquid_object(&h->lead);
	return true;
}

static enum status partial(void *ctx, struct str name, const struct liquid_template **out_r,
			   struct liquid_problem *p)
{
	struct hooks *h = ctx;
	(void)p;
	if (!str_is(name, "sign"))
		return ST_NOT_FOUND;
	*out_r = h->partial;
	return ST_OK;
}

static void test_hooks(void **state)
{
	struct hooks h = {.asked = 0};
	struct fixture f;
	(void)state;
	set_up(&f);
	h.counter = &h.asked;
	h.lead = (struct liquid_object){lead_get, &h.counter};
	assert_int_equal(liquid_compile(STR("{{ who }} of {{ lead.city }}{{ 1 | divided_by: z }}"),
					(struct liquid_options){.name = STR("sign")}, &f.arena,
					&h.partial, &f.problem),
			 ST_OK);
	f.conf.resolve = resolve;
	f.conf.partial = partial;
	f.conf.ctx = &h;
	check_str("object",
		  str_of(render(&f, "{{ lead.city }} {{ lead.city }}{{ lead.x }}{{ x }}",
				"{\"lead\":{\"city\":\"no\"},\"x\":1}")),
		  "Ulm Ulm1");
	assert_int_equal(h.asked, 3);
	assert_int_equal(h.resolved, 1);
	check_str("partial", str_of(render(&f, "{% render 'sign', who: 'Ada' %}", "{\"z\":1}")),
		  "Ada of Ulm1");
	check_str("problem in partial",
		  str_of(render(&f, "{% render 'sign', who: 'Ada' %}", "{\"z\":0}")),
		  "sign:1:36: divided by 0");
	tear_down(&f);
}

static void test_dates_in_zone(void **state)
{
	static const struct row rows[] = {
		{"{{ '2026-03-29T00:59:00Z' | date: '%F %R %z' }}", "{}", "2026-03-29 01:59 +0100"},
		{"{{ '2026-03-29T01:00:00Z' | date: '%F %R %z' }}", "{}", "2026-03-29 03:00 +0200"},
		{"{{ '2026-07-01' | date: '%F %R' }}", "{}", "2026-07-01 00:00"},
		{"{{ '2026-07-01 10:00' | date: '%R %z' }}", "{}", "10:00 +0200"},
		{"{{ '2026-07-01T10:00:00-07:00' | date: '%F %R' }}", "{}", "2026-07-01 19:00"},
		{"{{ 1782900000 | date: '%F %R' }}", "{}", "2026-07-01 12:00"},
		{"{{ 'now' | date: '%F %R' }}", "{}", "2027-01-15 09:00"},
	};
	struct fixture f;
	struct err e;
	(void)state;
	set_up(&f);
	if (tz_load(STR("Europe/Berlin"), &f.arena, &f.conf.tz, &e) != ST_OK)
		skip();
	check_rows(&f, rows, COUNT_OF(rows));
	tear_down(&f);
}

/* ---- uses ---- */

static void tell(void *ctx, const struct liquid_use *use)
{
	static const char *const kinds[] = {"var", "filter", "tag", "partial"};
	buf_printf(ctx, "%s %s" STR_FMT " %u:%u\n", kinds[use->kind], use->required ? "!" : "",
		   STR_ARG(use->name), use->line, use->column);
}

static void test_uses(void **state)
{
	struct fixture f;
	const struct liquid_template *t;
	(void)state;
	set_up(&f);
	assert_int_equal(liquid_compile(STR("{{ lead.name | upcase }}\n{% assign x = a[i] %}{{ x }}"
					    "{{ y | default: z }}{% render 'foot', q: w %}"),
					(struct liquid_options){.name = STR("t")}, &f.arena, &t,
					&f.problem),
			 ST_OK);
	liquid_uses(t, tell, &f.out);
	check_str(
		"uses", buf_view(&f.out),
		"var !lead.name 1:4\nfilter upcase 1:16\ntag assign 2:4\nvar i 2:17\nvar a[i] "
		"2:15\n"
		"var y 2:32\nvar z 2:45\nfilter default 2:36\ntag render 2:52\npartial foot 2:59\n"
		"var w 2:70\n");
	tear_down(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes_html),  cmocka_unit_test(test_missing_stops),
		cmocka_unit_test(test_problems),      cmocka_unit_test(test_limits),
		cmocka_unit_test(test_nesting),       cmocka_unit_test(test_hooks),
		cmocka_unit_test(test_dates_in_zone), cmocka_unit_test(test_uses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
