/* SPDX-License-Identifier: Apache-2.0
 * test_mail.c: what a rep and a person read: it is all there, escaped, and nothing is tracked. */
#include "base/test.h"
#include "base/time.h"
#include "handoff/mail.h"

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, (size_t)16 << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_finish(&arena);
	return 0;
}

static const struct tz *berlin(void)
{
	const struct tz *tz;
	struct err e;
	if (tz_load(STR("Europe/Berlin"), &arena, &tz, &e) != ST_OK)
		assert_int_equal(tz_load(STR("+01:00"), &arena, &tz, &e), ST_OK);
	return tz;
}

static bool says(struct str text, const char *what)
{
	return str_find(text, str_of(what)) < text.n;
}

static struct brief ada(void)
{
	struct brief b = {
		.handoff = {.id = 3,
			    .state = HANDOFF_OPEN,
			    .team = STR("sdr"),
			    .rep_name = STR("Jo"),
			    .rep_email = STR("jo@larkspur.example"),
			    .reason = STR("they replied"),
			    .words = STR("Can we talk?\n<script>alert(1)</script>"),
			    .due_us = 12 * US_PER_H},
		.name = STR("Ada <b>Lovelace</b>"),
		.email = STR("ada@acme.example"),
		.company = STR("Acme & Sons"),
		.messages = {{12, STR("guide"), STR("story"), 0, MESSAGE_OPENED | MESSAGE_CLICKED}},
		.messages_n = 1,
		.acts = {{1, STR("page.pricing"), 3, 0}, {2, STR("form.ebook"), 1, 0}},
		.acts_n = 2,
		.story = {STR("Ada, CTO"), STR("hot: score 80"), STR("Why now: they replied")},
	};
	return b;
}

static struct mime_mail mail_of(enum notice_kind kind, const struct brief *b)
{
	struct mime_mail out = {.to_n = 0};
	struct err e;
	const struct handoff_mail in = {
		.kind = kind,
		.brief = b,
		.to = STR("jo@larkspur.example"),
		.zone = berlin(),
		.zone_name = STR("Europe/Berlin"),
		.answers = {[LINK_REP_ACCEPT] = STR("https://n.example/h/AAA"),
			    [LINK_REP_NOT_NOW] = STR("https://n.example/h/BBB")},
	};
	assert_int_equal(handoff_mail(&in, &arena, &out, &e), ST_OK);
	return out;
}

/* It can be written as it is, once the caller has named itself. */
static void assert_writes(struct mime_mail *m)
{
	struct buf out;
	struct err e;
	m->from = (struct mime_addr){STR("Larkspur"), STR("t@mail.larkspur.example")};
	m->message_id = STR("m.abc@mail.larkspur.example");
	buf_init_arena(&out, &arena, 1u << 20);
	enum status st = mime_write(m, &out, &e);
	if (st != ST_OK)
		fail_msg("%s", e.text);
	assert_true(says(buf_view(&out), "Auto-Submitted: auto-generated"));
}

static void test_rep_knows_all(void **state)
{
	(void)state;
	const struct brief b = ada();
	struct mime_mail m = mail_of(NOTICE_HANDOFF, &b);
	static const char *const both[] = {"They wrote",
					   "Automated messages to this lead have stopped",
					   "page.pricing, 3 times",
					   "form.ebook, once, on",
					   "clicked",
					   "hot: score 80",
					   "Thu 1 January 1970, 13:00 (Europe/Berlin)",
					   "https://n.example/h/AAA"};
	for (size_t i = 0; i < sizeof both / sizeof both[0]; i++) {
		if (!says(m.html, both[i]))
			fail_msg("html lacks: %s", both[i]);
	}
	assert_true(says(m.text, "Can we talk?") && says(m.text, "https://n.example/h/BBB"));
	assert_true(str_is(m.to[0].email, "jo@larkspur.example"));
	assert_true(str_is(m.reply_to.email, "ada@acme.example"));
	assert_true(str_starts(m.subject, STR("New lead for you: Ada")));
	assert_writes(&m);
}

static void test_nothing_they_wrote_is_markup(void **state)
{
	(void)state;
	const struct brief b = ada();
	struct mime_mail m = mail_of(NOTICE_HANDOFF, &b);
	assert_false(says(m.html, "<script"));
	assert_false(says(m.html, "<b>Love"));
	assert_true(says(m.html, "&lt;script&gt;") && says(m.html, "Acme &amp; Sons"));
	assert_false(says(m.html, "<img"));
}

static void test_who_has_it_no_more(void **state)
{
	(void)state;
	const struct brief b = ada();
	struct mime_mail m = mail_of(NOTICE_LOST, &b);
	assert_true(says(m.text, "Jo has this lead now"));
	assert_false(says(m.html, "n.example/h/"));
	assert_false(says(m.text, "Can we talk?")); /* no longer theirs to read */
	assert_int_equal(m.reply_to.email.n, 0);
	assert_writes(&m);
}

static void test_hardly_anything_known(void **state)
{
	(void)state;
	const struct brief b = {.handoff = {.id = 1, .due_us = TIME_NONE, .team = STR("sdr")},
				.email = STR("x@y.example"),
				.story = {STR("x"), STR("y"), STR("z")}};
	struct mime_mail m = mail_of(NOTICE_REMINDER, &b);
	assert_true(str_is(m.subject, "Still waiting for you: x@y.example"));
	assert_writes(&m);
}

static void test_confirm(void **state)
{
	struct mime_mail m = {.to_n = 0};
	struct err e;
	(void)state;
	const struct confirm_mail in = {.to = STR("ada@acme.example"),
					.sender = STR("Larkspur"),
					.postal_address = STR("1 Mill Lane, Bath"),
					.purpose = STR("news"),
					.url = STR("https://n.example/c/TOK"),
					.asked_us = 0,
					.zone = berlin(),
					.zone_name = STR("Europe/Berlin")};
	assert_int_equal(confirm_mail(&in, &arena, &m, &e), ST_OK);
	static const char *const both[] = {
		"Larkspur",       "1 Mill Lane, Bath",       "news",
		"1 January 1970", "https://n.example/c/TOK", "If it was not you"};
	for (size_t i = 0; i < sizeof both / sizeof both[0]; i++)
		assert_true(says(m.html, both[i]) && says(m.text, both[i]));
	size_t first = str_find(m.html, STR("<a "));
	struct str rest = str_slice(m.html, first + 1, m.html.n);
	assert_int_equal(str_find(rest, STR("<a ")), rest.n); /* one button, and no other link */
	assert_writes(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rep_knows_all, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_they_wrote_is_markup, setup, teardown),
		cmocka_unit_test_setup_teardown(test_who_has_it_no_more, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hardly_anything_known, setup, teardown),
		cmocka_unit_test_setup_teardown(test_confirm, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
