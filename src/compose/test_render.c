/* SPDX-License-Identifier: Apache-2.0
 * test_render.c: the way of a message: slots, hostile values, links, checks, headers, threads. */
#include "compose/test_compose.h"

#define HEAD "---\nsubject: S\ncta:\n  label: Go\n  url: https://x.example/a?b=1&c=2\n---\n"

static void render(struct fixture *f, const char *content, enum status want)
{
	f->in.content = str_of(content);
	f->e = (struct err){.status = ST_OK};
	enum status st = compose_render(&f->in, &f->out, &f->a, &f->e);
	if (st != want)
		fail_msg("%s: %s: %s", content, status_name(st), f->e.text);
}

static bool has(struct str s, const char *part)
{
	return str_find(s, str_of(part)) < s.n;
}

static void check_has(const char *row, struct str s, const char *part)
{
	if (!has(s, part))
		fail_msg("%s: no \"%s\" in:\n" STR_FMT, row, part, STR_ARG(s));
}

static void bodies_become_html_and_text(void **state)
{
	static const struct {
		const char *body, *html, *text;
	} rows[] = {
		{"Hi {{ lead.first_name }},", "<p>Hi Ana,</p>", "Hi Ana,\n"},
		{"**{{ lead.first_name }}**", "<strong>Ana</strong>", "Ana"},
		{"{{ lead.nope | default: \"you | *me*\" }}", "<p>you | *me*</p>", "you | *me*"},
		{"{% if lead.first_name %}\n\nA\n\n{% endif %}", "\n\n<p>A</p>\n\n", "A"},
		{"{% if lead.nope %}\n\nA\n\n{% endif %}\nB", "B", "B"},
		{"[x](https://y.example/{{ lead.first_name | url_encode }})", "c/0\">x</a>",
		 "x [1]"},
		{"{{ message.id }} {{ sender.email }} {{ sender.name }}",
		 "<p>7 maren@mail.larkspur.example Maren", "7 maren@"},
		{"A\n\n{{ cta }}\n\nB",
		 "<p><a class=\"cta\" href=\"https://t.example/c/0p\">Go</a></p>\n<p>B", "Go [1]"},
		{"Zq00 {{ lead.first_name }}", "<p>Zq00 Ana", "Zq00 Ana"},
		{"{% comment %}**x**{% endcomment %}B", "<p>B</p>", "B"},
		{"{% raw %}<i>{% endraw %}", "<i>", ""},
	};
	struct fixture f;
	(void)state;
	set_up(&f);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		render(&f, arena_printf(&f.a, HEAD "%s", rows[i].body).p, ST_OK);
		check_has(rows[i].body, f.out.mail.html, rows[i].html);
		check_has(rows[i].body, f.out.mail.text, rows[i].text);
	}
	tear_down(&f);
}

/* Read and compiled once, for leads who are not alike. */
static void kept_content_says_the_same(void **state)
{
	static const char content[] = HEAD "{% if lead.first_name == \"Ana\" %}\n\nA\n\n{% endif "
					   "%}\n**{{ lead.first_name }}**";
	static const char *const people[] = {"Ana", "Bo", "Ana"};
	struct fixture f, g;
	(void)state;
	set_up(&f);
	set_up(&g);
	f.in.content = str_of(content);
	assert_int_equal(compose_keep(&f.in, &f.a, &f.in.kept, &f.e), ST_OK);
	for (size_t i = 0; i < COUNT_OF(people); i++) {
		const char *profile =
			arena_printf(&f.a, "{\"traits\":{\"firstName\":\"%s\"}}", people[i]).p;
		test_rows(&f, profile, NULL);
		test_rows(&g, profile, NULL);
		render(&f, content, ST_OK);
		render(&g, content, ST_OK);
		assert_true(str_eq(f.out.mail.html, g.out.mail.html));
		assert_true(str_eq(f.out.mail.text, g.out.mail.text));
		assert_true(str_eq(f.out.mail.subject, g.out.mail.subject));
	}
	test_rows(&f, "{}", NULL);
	f.in.content_name = STR("m/b.md");
	render(&f, content, ST_INVALID);
	check_has("the name it goes by", str_of(f.e.text), "m/b.md:");
	f.in.content = STR("no front matter");
	assert_int_equal(compose_keep(&f.in, &f.a, &f.in.kept, NULL), ST_INVALID);
	tear_down(&g);
	tear_down(&f);
}

static void empty_slots_stop(void **state)
{
	static const struct {
		const char *content, *want;
	} rows[] = {
		{HEAD "Hello\n\nHi {{ lead.last_name }},",
		 "m/a.md: lead.last_name is empty (line 9): "},
		{HEAD "{% if lead.first_name %}\n\n- {{ lead.first_name }}\n- {{ lead.city }}\n"
		      "{% endif %}",
		 "m/a.md: lead.city is empty (line 10): "},
		{HEAD "{{ lead.first_name }} {{ account.name | upcase }}",
		 "m/a.md: account.name is empty (line 7): "},
		{"---\nsubject: S\nformat: html\n---\n<p>\n<b>{{ lead.city }}</b>",
		 "lead.city is empty (line 6): "},
		{"---\npreheader: P\nsubject: About {{ lead.city }}\n---\nT",
		 "lead.city is empty (line 3): "},
		{"---\nsubject: S\npreheader: About {{ lead.city }}\n---\nT",
		 "lead.city is empty (line 3): "},
		{"---\nsubject: S\ncta:\n  label: G\n  url: https://x/{{ lead.city }}\n---\nT",
		 "lead.city is empty (line 5): "},
		{HEAD "A\n\nB {{ lead.first_name | nope }}", "m/a.md:9:"},
		{HEAD "A\n\nB {% if x %}", "m/a.md:9:"},
		{HEAD "A\n\nB {{ x", "m/a.md:9:"},
		{HEAD "[a](javascript:alert)", "m/a.md: markdown: a link"},
	};
	struct fixture f;
	(void)state;
	set_up(&f);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		render(&f, rows[i].content, ST_INVALID);
		check_has(rows[i].content, str_of(f.e.text), rows[i].want);
	}
	/* A caller who does not want the words. */
	assert_int_equal(compose_render(&f.in, &f.out, &f.a, NULL), ST_INVALID);
	f.program.sender.postal_address = STR_NULL;
	render(&f, HEAD "A", ST_INVALID);
	check_has("address", str_of(f.e.text), "layout: sender.postal_address is empty (line ");
	tear_down(&f);
}

static void names_mean_what_they_mean_in_conditions(void **state)
{
	static const struct program_field fields[] = {
		{STR("warehouses"), FIELD_INT, STR("warehouse_count")},
		{STR("deep"), FIELD_STRING, STR("a.b")},
	};
	static const struct {
		const char *slot, *want;
	} rows[] = {
		{"lead.first_name", "Ana"},
		{"lead.email", "a@f.example"},
		{"lead.company", "Firm"},
		{"lead.warehouses", "3"},
		{"lead.deep", "c"},
		{"lead.campaign.name", "spring"},
		{"lead.shoe_size", "38"},
		{"lead.country", "DE"},
		{"account.name", "Firm GmbH"},
		{"account.industry", "Retail"},
		{"lead.domain", "f.example"},
		{"lead.user_id", "u1"},
		{"lead.phone", "+49"},
		{"lead.traits.shoe_size", "38"},
		{"account.employees", "12"},
		{"account.leads", "4"},
	};
	struct fixture f;
	(void)state;
	set_up(&f);
	f.program.fields.lead = fields;
	f.program.fields.lead_n = COUNT_OF(fields);
	test_rows(
		&f,
		"{\"traits\":{\"firstname\":\"Ana\",\"company\":\"Firm\",\"warehouse_count\":3,"
		"\"a\":{\"b\":\"c\"},\"shoe_size\":38,\"industry\":\"Retail\"},\"country\":\"DE\","
		"\"ids\":[[\"userId\",\"u1\"],[\"phone\",\"+49\"],[\"email\",\"a@f.example\"]],"
		"\"campaign\":{\"name\":\"spring\"}}",
		"{\"key\":\"f.example\",\"leads\":4,\"traits\":{\"name\":\"Firm GmbH\","
		"\"employee_count\":12}}");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		render(&f, arena_printf(&f.a, HEAD "({{ %s }})", rows[i].slot).p, ST_OK);
		check_has(rows[i].slot, f.out.mail.text,
			  arena_printf(&f.a, "(%s)", rows[i].want).p);
	}
	tear_down(&f);
}

static void hostile_values_stay_text(void **state)
{
	static const char content[] =
		"---\nsubject: For {{ lead.first_name }}\ncta:\n  label: Go {{ lead.first_name }}\n"
		"  url: https://x.example\n---\nHi {{ lead.first_name }}, [x {{ lead.first_name }}]"
		"(https://y.example/?q={{ lead.first_name }})";
	static const struct {
		const char *name, *not_in_html, *subject;
	} rows[] = {
		{"<script>x</script>", "<script>", "For <script>x</script>"},
		{"\\\"><img src=x>", "<img src=x", "For \"><img src=x>"},
		{"</title></style>**A**", "<strong>", "For </title></style>**A**"},
		{"[a](https://evil.example)", "<a href=\"https://evil.example", NULL},
		{"A\\r\\nBcc: b@c.example\\n\\nX", NULL, "For A Bcc: b@c.example X"},
		{"A\\u0007\\u001b\\u007fB", NULL, "For A B"},
	};
	struct fixture f;
	(void)state;
	set_up(&f);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct buf mail;
		test_rows(
			&f,
			arena_printf(&f.a, "{\"traits\":{\"first_name\":\"%s\"}}", rows[i].name).p,
			NULL);
		render(&f, content, ST_OK);
		CHECK_ROW(rows[i].name, rows[i].not_in_html == NULL ||
						!has(f.out.mail.html, rows[i].not_in_html));
		if (rows[i].subject != NULL)
			check_str(rows[i].name, f.out.mail.subject, rows[i].subject);
		CHECK_ROW(rows[i].name, f.out.tracked_n == 2 && f.out.links_n == 4);
		buf_init(&mail, 1u << 20);
		if (mime_write(&f.out.mail, &mail, &f.e) != ST_OK)
			fail_msg("%s: %s", rows[i].name, f.e.text);
		struct str head =
			str_slice(buf_view(&mail), 0, str_find(buf_view(&mail), STR("\r\n\r\n")));
		CHECK_ROW(rows[i].name, !has(head, "\nBcc:"));
		buf_finish(&mail);
	}
	tear_down(&f);
}

static void long_and_templated_names_are_refused(void **state)
{
	struct fixture f;
	struct buf b;
	(void)state;
	set_up(&f);
	buf_init_arena(&b, &f.a, 1u << 16);
	buf_z(&b, "{\"traits\":{\"first_name\":\"");
	for (int i = 0; i < 10240; i++)
		buf_byte(&b, 'a');
	buf_z(&b, "\"}}");
	buf_byte(&b, '\0');
	test_rows(&f, b.p, NULL);
	render(&f, "---\nsubject: For {{ lead.first_name }}\n---\nT", ST_INVALID);
	check_has("long", str_of(f.e.text), "check subject: ");
	render(&f, HEAD "Hi {{ lead.first_name }}", ST_OK);
	test_rows(&f, "{\"traits\":{\"first_name\":\"{{ lead.email }}\"}}", NULL);
	render(&f, HEAD "Hi {{ lead.first_name }}", ST_INVALID);
	check_has("braces", str_of(f.e.text), "check braces: ");
	tear_down(&f);
}

static void checks_stop_or_warn(void **state)
{
	static const struct {
		const char *content;
		enum compose_check check;
	} rows[] = {
		{"---\nsubject: \"{{ lead.nope | default: '' }}\"\ncta:\n  label: G\n  url: "
		 "https://x\n"
		 "---\nT",
		 COMPOSE_SUBJECT},
		{"---\nsubject: S\n---\nT", COMPOSE_ONE_CTA},
		{HEAD "{{ cta }} {{ cta }}", COMPOSE_ONE_CTA},
		{HEAD "[x](tel:+49123)", COMPOSE_LINKS},
		{HEAD "[x](/pricing)", COMPOSE_LINKS},
		{HEAD "[x](#)", COMPOSE_EMPTY_LINKS},
		{HEAD "[](https://x.example)", COMPOSE_EMPTY_LINKS},
		{HEAD "<img src=\"https://x.example/a.png\">", COMPOSE_IMAGES},
		{HEAD "<iframe src=\"https://x.example\"></iframe>", COMPOSE_SCRIPTS},
		{HEAD "{% raw %}{{ x }}{% endraw %}", COMPOSE_BRACES},
		{HEAD "{% for i in (1..3000) %}<p>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</p>"
		      "{% endfor %}",
		 COMPOSE_SIZE},
		{"---\nsubject: BUY THIS NOW\ncta:\n  label: G\n  url: https://x\n---\nT",
		 COMPOSE_SHOUTING},
		{"---\nsubject: New! And more!\ncta:\n  label: G\n  url: https://x\n---\nT",
		 COMPOSE_EXCLAMATION},
		{HEAD "Well!!", COMPOSE_EXCLAMATION},
		{"---\nsubject: \"Re: our call\"\ncta:\n  label: G\n  url: https://x\n---\nT",
		 COMPOSE_FALSE_REPLY},
		{HEAD "Only for a Limited Time", COMPOSE_PHRASES},
		{HEAD "{% for i in (1..12) %}[x](https://x.example) {% endfor %}",
		 COMPOSE_MANY_LINKS},
		{HEAD "![a](https://x.example/a.png)", COMPOSE_PICTURE_ONLY},
	};
	static const struct test_part incomplete[] = {
		{CONTENT_LAYOUT, "no-way-out",
		 "<p>{{ content }}{{ cta }} {{ sender.postal_address }}"},
		{CONTENT_LAYOUT, "nobody",
		 "<p>{{ content }}{{ cta }} <a href=\"{{ unsubscribe_url }}\">No</a>"},
		{.name = NULL},
	};
	struct fixture f;
	uint32_t seen = 0;
	(void)state;
	set_up(&f);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool warns = compose_check_warns(rows[i].check);
		render(&f, rows[i].content, warns ? ST_OK : ST_INVALID);
		CHECK_ROW(rows[i].content, f.out.failed == (warns ? 0 : 1u << rows[i].check));
		CHECK_ROW(rows[i].content, !warns || (f.out.warned & 1u << rows[i].check) != 0);
		CHECK_ROW(rows[i].content,
			  warns || has(str_of(f.e.text), compose_check_wire(rows[i].check)));
		seen |= 1u << rows[i].check;
	}
	f.parts = incomplete;
	f.program.sender.layout = STR("no-way-out");
	render(&f, HEAD "T", ST_INVALID);
	seen |= f.out.failed;
	f.program.sender.layout = STR("nobody");
	render(&f, HEAD "T", ST_INVALID);
	seen |= f.out.failed;
	/* Every row of check.def has a case above. */
	assert_int_equal(seen, (1u << COMPOSE_CHECK_COUNT) - 1);
	tear_down(&f);
}

static struct str no_link(void *ctx, struct str url, size_t n, bool primary)
{
	(void)ctx;
	(void)url;
	(void)n;
	(void)primary;
	return STR_NULL;
}

static void links_are_tracked_or_ours(void **state)
{
	struct fixture f;
	(void)state;
	set_up(&f);
	render(&f,
	       HEAD "[a](https://x.example/1) [m](mailto:a@b.example) "
		    "<a href=\"https://x.example/2\" data-no-track>n</a>",
	       ST_OK);
	assert_int_equal(f.out.tracked_n, 2);
	check_has("first", f.out.mail.html, "href=\"https://t.example/c/0\"");
	check_has("cta", f.out.mail.html, "href=\"https://t.example/c/1p\"");
	check_has("mailto", f.out.mail.html, "href=\"mailto:a@b.example\"");
	check_has("untracked", f.out.mail.html, "href=\"https://x.example/2\"");
	check_has("unsubscribe", f.out.mail.html, "href=\"https://t.example/u/1?a=1&amp;b=2\"");
	check_has("in text", f.out.mail.text, TEST_UNSUBSCRIBE);
	check_has("pixel", f.out.mail.html, "<img src=\"https://t.example/o/1\"");
	assert_false(has(f.out.mail.text, "/o/1"));
	f.in.pixel_url = STR_NULL;
	render(&f, HEAD "T", ST_OK);
	assert_false(has(f.out.mail.html, "<img"));
	f.in.link = no_link;
	render(&f, HEAD "T", ST_INVALID);
	assert_int_equal(f.out.failed, 1u << COMPOSE_LINKS);
	tear_down(&f);
}

static void headers_are_filled(void **state)
{
	static const struct str references[] = {STR("one@l.example")};
	struct fixture f;
	struct buf mail;
	(void)state;
	set_up(&f);
	f.in.thread = (struct compose_thread){STR("Planning"), STR("two@l.example"), references, 1};
	f.in.list_id = STR("product-news.larkspur.example");
	render(&f,
	       "---\nsubject: S\nfrom_name: Maren for {{ lead.first_name }}\ncta:\n  label: G\n"
	       "  url: https://x\n---\nT",
	       ST_OK);
	buf_init(&mail, 1u << 20);
	if (mime_write(&f.out.mail, &mail, &f.e) != ST_OK)
		fail_msg("%s", f.e.text);
	check_has("from", buf_view(&mail), "From: Maren for Ana <maren@mail.larkspur.example>\r\n");
	check_has("reply", buf_view(&mail), "Reply-To: maren@larkspur.example\r\n");
	check_has("to", buf_view(&mail), "To: ana@f.example\r\n");
	check_has("subject", buf_view(&mail), "Subject: Re: Planning\r\n");
	check_has("in reply to", buf_view(&mail), "In-Reply-To: <two@l.example>\r\n");
	check_has("references", buf_view(&mail), "<one@l.example> <two@l.example>\r\n");
	check_has("unsubscribe", buf_view(&mail), "List-Unsubscribe: <" TEST_UNSUBSCRIBE ">\r\n");
	check_has("one click", buf_view(&mail), "List-Unsubscribe-Post: ");
	check_has("list", buf_view(&mail), "List-Id: ");
	buf_finish(&mail);
	f.in.thread.subject = STR("RE: Planning");
	render(&f, HEAD "T", ST_OK);
	check_str("once", f.out.mail.subject, "RE: Planning");
	f.message.subject_n = 1;
	render(&f, HEAD "T", ST_INVALID);
	check_has("no such", str_of(f.e.text), "no subject line 2, there are 1");
	tear_down(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies_become_html_and_text),
		cmocka_unit_test(kept_content_says_the_same),
		cmocka_unit_test(empty_slots_stop),
		cmocka_unit_test(names_mean_what_they_mean_in_conditions),
		cmocka_unit_test(hostile_values_stay_text),
		cmocka_unit_test(long_and_templated_names_are_refused),
		cmocka_unit_test(checks_stop_or_warn),
		cmocka_unit_test(links_are_tracked_or_ours),
		cmocka_unit_test(headers_are_filled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
