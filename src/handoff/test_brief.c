/* SPDX-License-Identifier: Apache-2.0
 * test_brief.c: what a rep is told is what the state says, behind merges too. The rows are the
 * engine's own work: events in, a brief out. */
#include "engine/test_play.h"
#include "handoff/brief.h"

static const char *const program =
	"nurture: 1\nprogram: t\ngoal: meeting.booked\n"
	"send_as: {name: T, from: t@mail.larkspur.example, postal_address: X 1}\n"
	"scoring:\n  weights: {fit: 0, engagement: 1}\n"
	"  engagement: {half_life: 10d, points: {form.ebook: 40, page.pricing: 5}}\n"
	"consent: {default: opt_out, unknown: opt_out, purposes: [news], channels: [email]}\n"
	"tracks:\n  early:\n    stage: early\n    enter: lead.known\n    cadence: 3d..5d\n"
	"    sequence:\n      - {send: guide, angles: [story], wait: 4d}\n"
	"teams:\n  sdr:\n    reps: [{name: Jo, email: jo@larkspur.example}]\n";
static const struct content_file files[] = {{STR("guide"), STR("story"), STR(""), 1, STR("h1")}};
static const struct content_index content = {.files = files, .n = 1};

static struct brief brief_of(struct world *w, uint64_t handoff)
{
	struct brief b;
	struct err e;
	enum status st = brief_read(w->store, handoff, &w->arena, &b, &e);
	if (st != ST_OK)
		fail_msg("%s", e.text);
	return b;
}

static void hand_over(struct world *w)
{
	play_start(w, program, &content);
	does(w, "form.ebook", "ada@acme.example", "dev-1",
	     "{\"firstName\":\"Ada\",\"lastName\":\"Lovelace\",\"jobTitle\":\"CTO\"}");
	told(w, "message.sent", handed[0]);
	seen(w, "email.open", handed[0], 0);
	does(w, "page.pricing", NULL, "dev-1", "{}");
	does(w, "page.pricing", NULL, "dev-1", "{}");
	w->source = "observe";
	orders(w, "email.reply", "{\"message\":1,\"text\":\"Call me\"}", 0);
	w->source = NULL;
}

static void test_all_that_is_known(void **state)
{
	struct world w;
	(void)state;
	hand_over(&w);
	struct brief b = brief_of(&w, 1);
	assert_true(str_is(b.name, "Ada Lovelace") && str_is(b.title, "CTO"));
	assert_true(str_is(b.email, "ada@acme.example") && str_is(b.company, "acme.example"));
	assert_true(str_is(b.handoff.words, "Call me"));
	assert_int_equal(b.messages_n, 1); /* the notice to the rep is none of them */
	assert_true(str_is(b.messages[0].message, "guide"));
	assert_true(b.messages[0].flags & MESSAGE_OPENED && b.messages[0].flags & MESSAGE_REPLIED);
	bool pricing = false;
	for (size_t i = 0; i < b.acts_n; i++)
		pricing |= str_is(b.acts[i].type, "page.pricing") && b.acts[i].n == 2;
	assert_true(pricing);
	assert_true(b.engagement > 0);
	assert_true(str_starts(b.story[0], STR("Ada Lovelace, CTO at acme.example")));
	assert_true(str_is(b.story[2], "Why now: they replied (email.reply)"));
	teardown(&w);
}

/* A trigger's name is the reason and what set it off: it is said once. */
static void test_why_is_said_once(void **state)
{
	struct world w;
	char text[2048];
	(void)state;
	(void)snprintf(text, sizeof text,
		       "%striggers:\n  - {name: keen, when: event.type == \"form.demo\", "
		       "handoff: {team: sdr, within: 4h}}\n",
		       program);
	play_start(&w, text, &content);
	does(&w, "form.demo", "ada@acme.example", NULL, "{}");
	struct brief b = brief_of(&w, 1);
	assert_true(str_is(b.story[2], "Why now: keen"));
	teardown(&w);
}

static void test_behind_a_merge(void **state)
{
	struct world w;
	(void)state;
	hand_over(&w);
	does(&w, "form.ebook", "ada@home.example", NULL, "{}");
	orders(&w, "lead.merge", "{\"into\":2,\"lead\":1}", EVENT_SYSTEM);
	struct brief b = brief_of(&w, 1);
	assert_int_equal(b.lead, 2);
	assert_true(b.email.n > 0);
	teardown(&w);
}

static void test_no_such(void **state)
{
	struct world w;
	struct brief b;
	struct err e;
	(void)state;
	play_start(&w, program, &content);
	assert_int_equal(brief_read(w.store, 9, &w.arena, &b, &e), ST_NOT_FOUND);
	teardown(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_that_is_known),
		cmocka_unit_test(test_why_is_said_once),
		cmocka_unit_test(test_behind_a_merge),
		cmocka_unit_test(test_no_such),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
