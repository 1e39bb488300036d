/* SPDX-License-Identifier: Apache-2.0
 * test_handing.c: a lead in the hands of people: who is told and when, who is next, what the clock
 * of working hours does, what becomes of the lead; and the messages of the system's own, which no
 * policy chose. The far side is the test. */
#include "engine/leave.h"
#include "engine/notice.h"
#include "engine/outcome.h"
#include "engine/test_play.h"

#define HEAD \
	"nurture: 1\nprogram: t\ngoal: meeting.booked\noutcomes: [deal.won]\n" \
	"send_as: {name: T, from: t@mail.larkspur.example, postal_address: X 1}\n" \
	"scoring:\n  engagement: {half_life: 10d, points: {form.ebook: 10}}\n" \
	"tracks:\n  early:\n    stage: early\n    enter: lead.known\n    cadence: 3d..5d\n" \
	"    sequence:\n      - {send: guide, angles: [story], wait: 4d}\n"
#define CONSENT \
	"consent: {default: opt_out, unknown: opt_out, regions: {eea: double_opt_in}, " \
	"purposes: [news, tips], channels: [email], opt_in_ttl: 7d}\n"
#define TEAM(more) \
	"teams:\n  sdr:\n    reps:\n" \
	"      - {name: Jo, email: jo@larkspur.example}\n" \
	"      - {name: Al, email: al@larkspur.example}\n" \
	"      - {name: Bo, email: bo@larkspur.example}\n" \
	"    accept_within: 4h\n" more

static const char hours[] =
	HEAD CONSENT TEAM("    hours: {from: '09:00', to: '17:00'}\n    zone: Europe/Berlin\n"
			  "    webhook: https://crm.larkspur.example/in\n");
static const char plain[] = HEAD CONSENT TEAM("");
/* 2026-03-01 is where the world begins; Berlin is an hour ahead. */
#define AWAY(jo, al, bo) \
	HEAD CONSENT "teams:\n  sdr:\n    zone: Europe/Berlin\n    reps:\n" \
		     "      - {name: Jo, email: jo@larkspur.example" jo "}\n" \
		     "      - {name: Al, email: al@larkspur.example" al "}\n" \
		     "      - {name: Bo, email: bo@larkspur.example" bo "}\n" \
		     "    accept_within: 4h\n"
#define FEBRUARY \
	", away: [{from: 2026-01-01, until: 2026-01-05}, {from: 2026-02-20, until: 2026-03-05}]"
static const char one_away[] = AWAY("", FEBRUARY, "");
static const char all_away[] = AWAY(FEBRUARY, FEBRUARY, FEBRUARY);
static const char owner_away[] = AWAY("", "", FEBRUARY) "    routing: owner\n";
static const char owned[] = HEAD CONSENT TEAM("    routing: owner\n");

static const struct content_file files[] = {{STR("guide"), STR("story"), STR(""), 1, STR("h1")}};
static const struct content_index content = {.files = files, .n = 1};

/* ---- looking ---- */

static size_t count_of(struct world *w, const char *kind, struct message *last)
{
	size_t n = 0;
	for (uint64_t id = 1; id < 100; id++) {
		struct message m;
		struct err e;
		if (outbox_get(w->store, id, &w->arena, &m, &e) != ST_OK)
			break;
		if (!str_is(m.message, kind))
			continue;
		n++;
		if (last != NULL)
			*last = m;
	}
	return n;
}

static bool was_handed(uint64_t id)
{
	for (size_t i = 0; i < handed_n; i++)
		if (handed[i] == id)
			return true;
	return false;
}

static struct handoff hand_of(struct world *w, uint64_t id)
{
	struct handoff h;
	struct err e;
	assert_int_equal(handoff_get(w->store, id, &w->arena, &h, &e), ST_OK);
	return h;
}

static struct leave leaving(struct world *w, uint64_t id)
{
	struct leave out;
	struct err e;
	const struct leave_question q = {w->store, engine_program(w->engine), id, w->now_us};
	assert_int_equal(leave_ask(&q, &w->arena, &out, &e), ST_OK);
	return out;
}

static void comes(struct world *w)
{
	does(w, "form.ebook", "ada@acme.example", NULL, "{}");
	told(w, "message.sent", handed[0]);
}

static void replies(struct world *w)
{
	char text[96];
	comes(w);
	(void)snprintf(text, sizeof text, "{\"message\":%llu,\"text\":\"Can we talk?\"}",
		       (unsigned long long)handed[0]);
	w->source = "observe";
	orders(w, "email.reply", arena_strz(&w->arena, str_of(text)), 0);
	w->source = NULL;
}

static bool any_row(void *ctx, struct store_key key, struct str value)
{
	(void)key, (void)value;
	++*(size_t *)ctx;
	return true;
}

/* ---- a hand-off ---- */

static void test_rep_and_tools_are_told(void **state)
{
	struct world w;
	struct message m;
	(void)state;
	play_start(&w, hours, &content);
	replies(&w);
	struct handoff h = hand_of(&w, 1);
	assert_true(str_is(h.words, "Can we talk?"));
	assert_int_equal(count_of(&w, "handoff", &m), 1);
	assert_true(str_eq(m.address, h.rep_email) && str_is(m.channel, "email"));
	assert_true(m.flags & MESSAGE_SYSTEM && m.decision == 0 && m.handoff == 1);
	assert_true(was_handed(m.id) && leaving(&w, m.id).may);
	assert_int_equal(count_of(&w, "handoff.opened", &m), 1);
	assert_true(str_is(m.channel, "webhook"));
	assert_true(str_is(m.address, "https://crm.larkspur.example/in"));
	assert_true(leaving(&w, m.id).may);
	/* Their answer is no touch of the lead's. */
	told(&w, "message.sent", m.id);
	assert_int_equal(journey_of(&w, 1).touches_n, 1);
	teardown(&w);
}

/* Sunday: the clock starts on Monday at nine, in the team's zone. */
static void test_clock_runs_in_working_hours(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, hours, &content); /* 2026-03-01 00:00 UTC is a Sunday */
	replies(&w);
	struct handoff h = hand_of(&w, 1);
	int64_t monday = time_days_from_civil(2026, 3, 2) * US_PER_D;
	assert_int_equal(h.remind_us, monday + 10 * US_PER_H); /* 11:00 in Berlin */
	assert_int_equal(h.due_us, monday + 12 * US_PER_H);
	teardown(&w);
}

static void test_reminded_then_given_on(void **state)
{
	struct world w;
	struct message m;
	(void)state;
	play_start(&w, plain, &content);
	replies(&w);
	struct handoff first = hand_of(&w, 1);
	passes(&w, 2 * US_PER_H - US_PER_M);
	assert_int_equal(count_of(&w, "handoff_reminder", NULL), 0);
	passes(&w, US_PER_M);
	assert_int_equal(count_of(&w, "handoff_reminder", &m), 1);
	assert_true(str_eq(m.address, first.rep_email));
	passes(&w, 2 * US_PER_H);
	struct handoff second = hand_of(&w, 1);
	assert_int_equal(second.assigned_n, 2);
	assert_false(str_eq(first.rep_email, second.rep_email));
	assert_int_equal(count_of(&w, "handoff_lost", &m), 1);
	assert_true(str_eq(m.address, first.rep_email) && leaving(&w, m.id).may);
	assert_int_equal(count_of(&w, "handoff", &m), 2);
	assert_true(str_eq(m.address, second.rep_email));
	assert_int_equal(second.due_us, w.now_us + 4 * US_PER_H);
	teardown(&w);
}

/* Each rep is asked once; then it is overdue, and stays with the last one. */
static void test_nobody_takes_it(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, plain, &content);
	replies(&w);
	passes(&w, 11 * US_PER_H);
	assert_false(hand_of(&w, 1).overdue);
	passes(&w, US_PER_H);
	struct handoff h = hand_of(&w, 1);
	assert_true(h.overdue && h.state == HANDOFF_OPEN);
	assert_int_equal(h.assigned_n, 3);
	assert_int_equal(count_of(&w, "handoff", NULL), 3);
	assert_int_equal(count_of(&w, "handoff_reminder", NULL), 3);
	passes(&w, 30 * US_PER_D);
	assert_int_equal(count_of(&w, "handoff", NULL), 3);
	orders(&w, "handoff.accept", "{\"handoff\":1}",
	       EVENT_SYSTEM); /* late is better than never */
	assert_int_equal(hand_of(&w, 1).state, HANDOFF_ACCEPTED);
	teardown(&w);
}

static void test_accepted_is_left_alone(void **state)
{
	struct world w;
	struct message m;
	(void)state;
	play_start(&w, hours, &content);
	replies(&w);
	assert_int_equal(count_of(&w, "handoff", &m), 1);
	orders(&w, "handoff.accept", "{\"handoff\":1}", EVENT_SYSTEM);
	assert_int_equal(count_of(&w, "handoff.accepted", NULL), 1);
	passes(&w, 30 * US_PER_D);
	assert_int_equal(count_of(&w, "handoff_reminder", NULL), 0);
	assert_int_equal(hand_of(&w, 1).assigned_n, 1);
	teardown(&w);
}

static void test_returned_comes_back(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, hours, &content);
	replies(&w);
	orders(&w, "handoff.return",
	       "{\"handoff\":1,\"again_seconds\":864000,\"reason\":\"budget in May\"}",
	       EVENT_SYSTEM);
	struct handoff h = hand_of(&w, 1);
	assert_true(str_is(h.said, "budget in May") && str_is(h.verdict, "not_now"));
	assert_int_equal(h.again_us, w.now_us + 10 * US_PER_D);
	assert_int_equal(count_of(&w, "handoff.returned", NULL), 1);
	assert_int_equal(journey_of(&w, 1).phase, JOURNEY_PAUSED);
	passes(&w, 9 * US_PER_D);
	assert_int_equal(journey_of(&w, 1).phase, JOURNEY_PAUSED);
	passes(&w, US_PER_D + US_PER_M);
	assert_int_not_equal(journey_of(&w, 1).phase, JOURNEY_PAUSED);
	teardown(&w);
}

static void test_refused_never_again(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, plain, &content);
	replies(&w);
	orders(&w, "handoff.bad_data", "{\"handoff\":1}", EVENT_SYSTEM);
	assert_int_equal(journey_of(&w, 1).phase, JOURNEY_STOPPED);
	passes(&w, 90 * US_PER_D);
	does(&w, "form.ebook", "ada@acme.example", NULL, "{}");
	assert_int_equal(journey_of(&w, 1).phase, JOURNEY_STOPPED);
	teardown(&w);
}

static void test_outcome_closes(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, hours, &content);
	replies(&w);
	does(&w, "deal.won", "ada@acme.example", NULL, "{}");
	struct handoff h = hand_of(&w, 1);
	assert_true(h.state == HANDOFF_CLOSED && str_is(h.verdict, "deal.won"));
	assert_int_equal(count_of(&w, "handoff.closed", NULL), 1);
	assert_int_equal(journey_of(&w, 1).phase, JOURNEY_STOPPED);
	passes(&w, 30 * US_PER_D);
	assert_int_equal(count_of(&w, "handoff_reminder", NULL), 0);
	teardown(&w);
}

static void test_rep_says_the_outcome(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, plain, &content);
	replies(&w);
	orders(&w, "handoff.close", "{\"handoff\":1,\"verdict\":\"dunno\"}", EVENT_SYSTEM);
	assert_int_equal(hand_of(&w, 1).state, HANDOFF_OPEN); /* a dead letter */
	orders(&w, "handoff.close", "{\"handoff\":1,\"verdict\":\"meeting\"}", EVENT_SYSTEM);
	assert_true(str_is(hand_of(&w, 1).verdict, "meeting"));
	teardown(&w);
}

static void test_owner_first(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, owned, &content);
	does(&w, "form.ebook", "ada@acme.example", NULL, "{\"owner\":\"bo@larkspur.example\"}");
	told(&w, "message.sent", handed[0]);
	seen(&w, "reply", handed[0], 0);
	assert_true(str_is(hand_of(&w, 1).rep_name, "Bo"));
	passes(&w, 4 * US_PER_H);
	assert_false(str_is(hand_of(&w, 1).rep_name, "Bo"));
	teardown(&w);
}

/* The next hand-off goes to the next one. */
static void test_in_turn(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, plain, &content);
	replies(&w);
	does(&w, "form.ebook", "eve@acme.example", NULL, "{}");
	orders(&w, "handoff.open", "{\"lead\":2,\"team\":\"sdr\"}", EVENT_SYSTEM);
	assert_false(str_eq(hand_of(&w, 1).rep_email, hand_of(&w, 2).rep_email));
	teardown(&w);
}

/* ---- who is away ---- */

static void test_who_is_away_is_passed_over(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, one_away, &content);
	replies(&w); /* the first hand-off would be Al's */
	struct handoff h = hand_of(&w, 1);
	assert_true(str_is(h.rep_name, "Bo") && str_is(h.passed, "Al is away until 2026-03-05"));
	passes(&w, 4 * US_PER_H);
	assert_true(str_is(hand_of(&w, 1).rep_name, "Jo"));
	passes(&w, 4 * US_PER_H); /* two were there, and both were asked */
	h = hand_of(&w, 1);
	assert_true(h.overdue && h.assigned_n == 2 && str_is(h.rep_name, "Jo"));
	teardown(&w);
}

/* The day ends where the team is. */
static void test_back_by_the_teams_clock(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, one_away, &content);
	comes(&w);
	passes(&w, 4 * US_PER_D + 22 * US_PER_H + 59 * US_PER_M); /* 23:59 on the 5th, in Berlin */
	orders(&w, "handoff.open", "{\"lead\":1,\"team\":\"sdr\"}", EVENT_SYSTEM);
	assert_false(str_is(hand_of(&w, 1).rep_name, "Al"));
	orders(&w, "handoff.close", "{\"handoff\":1}", EVENT_SYSTEM);
	passes(&w, US_PER_M);
	does(&w, "form.ebook", "eve@acme.example", NULL, "{}");
	for (int i = 2; i < 5; i++) { /* the fourth is Al's again */
		char text[64];
		(void)snprintf(text, sizeof text, "{\"handoff\":%d}", i);
		orders(&w, "handoff.open", "{\"lead\":2,\"team\":\"sdr\"}", EVENT_SYSTEM);
		assert_true(str_is(hand_of(&w, (uint64_t)i).rep_name, "Al") == (i == 4));
		orders(&w, "handoff.close", arena_strz(&w.arena, str_of(text)), EVENT_SYSTEM);
		orders(&w, "track.move", "{\"lead\":2,\"track\":\"early\"}", EVENT_SYSTEM);
	}
	teardown(&w);
}

static void test_all_are_away(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, all_away, &content);
	replies(&w);
	struct handoff h = hand_of(&w, 1);
	assert_true(str_is(h.rep_name, "Al")); /* as if nobody were: somebody must have it */
	assert_true(str_find(h.passed, STR("Jo is away until 2026-03-05")) < h.passed.n);
	passes(&w, 4 * US_PER_H);
	h = hand_of(&w, 1);
	assert_true(h.overdue && h.assigned_n == 1);
	teardown(&w);
}

static void test_owner_is_away(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, owner_away, &content);
	does(&w, "form.ebook", "ada@acme.example", NULL, "{\"owner\":\"bo@larkspur.example\"}");
	told(&w, "message.sent", handed[0]);
	seen(&w, "reply", handed[0], 0);
	struct handoff h = hand_of(&w, 1);
	assert_true(str_is(h.rep_name, "Al") && str_is(h.passed, "Bo is away until 2026-03-05"));
	teardown(&w);
}

/* ---- what came of it ---- */

static size_t records(struct world *w)
{
	struct err e;
	size_t n = 0;
	assert_int_equal(store_scan(w->store, TABLE_RECORD, SCAN_ALL, any_row, &n, &e), ST_OK);
	return n;
}

/* Whoever says it, a link or a verb: it is the program's own outcome, as if its event had come. */
static void test_verdicts_are_outcomes(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, plain, &content);
	replies(&w);
	orders(&w, "handoff.accept", "{\"handoff\":1}", EVENT_SYSTEM);
	assert_int_equal(records(&w), 0);
	assert_false(message_of(&w, handed[0]).flags & MESSAGE_GOAL);
	orders(&w, "handoff.close", "{\"handoff\":1,\"verdict\":\"meeting\"}", EVENT_SYSTEM);
	assert_true(message_of(&w, handed[0]).flags &
		    MESSAGE_GOAL); /* meeting.booked is the goal */
	assert_true(journey_of(&w, 1).cohort & COHORT_GOAL);
	assert_int_equal(journey_of(&w, 1).phase, JOURNEY_STOPPED);
	assert_int_equal(records(&w), 1);
	orders(&w, "handoff.close", "{\"handoff\":1,\"verdict\":\"won\"}", EVENT_SYSTEM);
	assert_int_equal(records(&w), 2); /* deal.won, weeks behind the meeting */
	assert_true(str_is(hand_of(&w, 1).verdict, "won"));
	orders(&w, "handoff.close", "{\"handoff\":1,\"verdict\":\"won\"}", EVENT_SYSTEM);
	assert_int_equal(records(&w), 2); /* once is once */
	orders(&w, "handoff.close", "{\"handoff\":1}", EVENT_SYSTEM);
	assert_true(str_is(hand_of(&w, 1).verdict, "won"));
	teardown(&w);
}

static void test_names_of_outcomes(void **state)
{
	static const struct str names[] = {STR("signup"), STR("crm.lost"), STR("deal_won"),
					   STR("wonder.deal")};
	struct program p = {.goal = STR("demo.meeting.held"), .outcomes = names, .outcomes_n = 4};
	static const char *const cases[][2] = {{"meeting", "demo.meeting.held"},
					       {"opportunity", "opportunity.created"},
					       {"won", "deal_won"},
					       {"lost", "crm.lost"},
					       {"accepted", ""},
					       {"closed", ""}};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		check_str(cases[i][0], outcome_type(&p, str_of(cases[i][0])), cases[i][1]);
}

/* A notice that waits for its next try does not leave when it is not wanted any more. */
static void test_late_notice(void **state)
{
	struct world w;
	struct message m;
	(void)state;
	play_start(&w, plain, &content);
	replies(&w);
	assert_int_equal(count_of(&w, "handoff", &m), 1);
	told(&w, "message.deferred", m.id);
	seen(&w, "email.unsubscribe", handed[0], 0);
	size_t before = handed_n;
	passes(&w, US_PER_H);
	assert_int_equal(handed_n, before + 1);
	assert_true(leaving(&w, m.id).may); /* the lead unsubscribed: the rep must know still */
	orders(&w, "handoff.refuse", "{\"handoff\":1}", EVENT_SYSTEM);
	assert_false(leaving(&w, m.id).may);
	teardown(&w);
}

static void test_suppressed_rep(void **state)
{
	struct world w;
	struct message m;
	(void)state;
	play_start(&w, plain, &content);
	replies(&w);
	assert_int_equal(count_of(&w, "handoff", &m), 1);
	const char *props = arena_strz(
		&w.arena,
		arena_printf(&w.arena, "{\"channel\":\"email\",\"address\":\"" STR_FMT "\"}",
			     STR_ARG(m.address)));
	orders(&w, "suppression.add", props, EVENT_SYSTEM);
	assert_false(leaving(&w, m.id).may);
	teardown(&w);
}

/* A rep who complains, or answers the note, speaks for nobody but themselves. */
static void test_a_rep_is_not_the_lead(void **state)
{
	struct world w;
	struct message m;
	struct err e;
	size_t said = 0;
	(void)state;
	play_start(&w, plain, &content);
	replies(&w);
	assert_int_equal(count_of(&w, "handoff", &m), 1);
	told(&w, "message.sent", m.id);
	orders(&w, "handoff.return", "{\"handoff\":1,\"again_seconds\":60}", EVENT_SYSTEM);
	seen(&w, "email.complaint", m.id, 0);
	seen(&w, "email.reply", m.id, 0);
	assert_int_equal(store_scan(w.store, TABLE_CONSENT, SCAN_ALL, any_row, &said, &e), ST_OK);
	assert_int_equal(said, 0);
	assert_int_equal(count_of(&w, "handoff", NULL), 1);
	teardown(&w);
}

/* ---- webhooks ---- */

static void test_webhook_again_until_a_day_is_over(void **state)
{
	struct world w;
	struct message m;
	(void)state;
	play_start(&w, hours, &content);
	replies(&w);
	assert_int_equal(count_of(&w, "handoff.opened", &m), 1);
	told(&w, "message.deferred", m.id);
	m = message_of(&w, m.id);
	assert_int_equal(m.due_us, w.now_us + 5 * US_PER_S);
	size_t before = handed_n;
	passes(&w, 5 * US_PER_S);
	assert_int_equal(handed_n, before + 1);
	told(&w, "message.uncertain", m.id); /* nobody knows: once more, under the same number */
	assert_int_equal(message_of(&w, m.id).state, MESSAGE_DEFERRED);
	for (int i = 0; i < 30 && message_of(&w, m.id).state != MESSAGE_FAILED; i++) {
		passes(&w, 2 * US_PER_H);
		if (message_of(&w, m.id).state == MESSAGE_SENDING)
			told(&w, "message.deferred", m.id);
	}
	m = message_of(&w, m.id);
	assert_int_equal(m.state, MESSAGE_FAILED);
	assert_true(str_starts(m.reason, STR("expired")));
	assert_true(m.attempts >= 6 && m.changed_us - m.created_us <= US_PER_D);
	teardown(&w);
}

static void test_said_again(void **state)
{
	struct world w;
	struct message m, again;
	(void)state;
	play_start(&w, hours, &content);
	replies(&w);
	assert_int_equal(count_of(&w, "handoff.opened", &m), 1);
	const char *props = arena_strz(
		&w.arena, arena_printf(&w.arena, "{\"message\":%llu}", (unsigned long long)m.id));
	orders(&w, "notice.again", props, EVENT_SYSTEM); /* still on its way: a dead letter */
	assert_int_equal(count_of(&w, "handoff.opened", NULL), 1);
	told(&w, "message.failed", m.id);
	orders(&w, "notice.again", props, EVENT_SYSTEM);
	assert_int_equal(count_of(&w, "handoff.opened", &again), 2);
	assert_int_equal(again.reply_to, m.id);
	assert_true(str_eq(again.address, m.address) && was_handed(again.id));
	teardown(&w);
}

/* ---- double opt-in ---- */

static void agrees(struct world *w, const char *email, const char *consent)
{
	struct event ev = {.type = STR("form.news"),
			   .context.country = STR("DE"),
			   .properties = arena_printf(&w->arena, "{\"consent\":%s}", consent)};
	assert_true(event_add_id(&ev, ID_EMAIL, STR_NULL, str_of(email)));
	append(w, &ev);
	fold(w);
}

static void test_asked_once(void **state)
{
	struct world w;
	struct message m;
	(void)state;
	play_start(&w, plain, &content);
	agrees(&w, "ada@acme.example", "true");
	assert_int_equal(count_of(&w, "confirm", &m), 1);
	assert_true(str_is(m.address, "ada@acme.example") && str_is(m.purpose, "news"));
	assert_int_equal(m.expires_us, w.now_us + 7 * US_PER_D);
	assert_true(was_handed(m.id) && leaving(&w, m.id).may);
	passes(&w, US_PER_H);
	agrees(&w, "ada@acme.example", "true"); /* clicked twice, or somebody else's joke */
	assert_int_equal(count_of(&w, "confirm", NULL), 1);
	passes(&w, 8 * US_PER_D); /* lapsed */
	assert_false(leaving(&w, m.id).may);
	agrees(&w, "ada@acme.example", "true");
	assert_int_equal(count_of(&w, "confirm", NULL), 2);
	teardown(&w);
}

static void test_asked_for_each_purpose(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, plain, &content);
	agrees(&w, "ada@acme.example", "{\"news\":true,\"tips\":true}");
	assert_int_equal(count_of(&w, "confirm", NULL), 2);
	teardown(&w);
}

static void test_confirmed_is_not_asked(void **state)
{
	struct world w;
	struct message m;
	(void)state;
	play_start(&w, plain, &content);
	agrees(&w, "ada@acme.example", "true");
	assert_int_equal(count_of(&w, "confirm", &m), 1);
	told(&w, "message.sent", m.id);
	passes(&w, US_PER_H);
	struct event ev = {.type = STR("consent.confirm"), .flags = EVENT_SYSTEM};
	assert_true(event_add_id(&ev, ID_EMAIL, STR_NULL, STR("ada@acme.example")));
	append(&w, &ev);
	fold(&w);
	passes(&w, 3 * US_PER_D);
	agrees(&w, "ada@acme.example", "true");
	assert_int_equal(count_of(&w, "confirm", NULL), 1);
	teardown(&w);
}

static void test_suppressed_is_not_asked(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, plain, &content);
	orders(&w, "suppression.add", "{\"channel\":\"email\",\"address\":\"ada@acme.example\"}",
	       EVENT_SYSTEM);
	agrees(&w, "ada@acme.example", "true");
	assert_int_equal(count_of(&w, "confirm", NULL), 0);
	teardown(&w);
}

/* The kill switch holds what goes to people, not what reps must know. */
static void test_all_sending_stops(void **state)
{
	struct world w;
	struct message m;
	(void)state;
	play_start(&w, plain, &content);
	comes(&w);
	orders(&w, "sending.pause", "{}", EVENT_SYSTEM);
	seen(&w, "reply", handed[0], 0);
	assert_int_equal(count_of(&w, "handoff", &m), 1);
	assert_true(was_handed(m.id));
	agrees(&w, "eve@acme.example", "true");
	assert_int_equal(count_of(&w, "confirm", &m), 1);
	assert_int_equal(message_of(&w, m.id).due_us, TIME_NONE); /* looked at by nobody */
	passes(&w, US_PER_D);
	assert_false(was_handed(m.id));
	orders(&w, "sending.resume", "{}", EVENT_SYSTEM);
	assert_true(was_handed(m.id));
	teardown(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rep_and_tools_are_told),
		cmocka_unit_test(test_clock_runs_in_working_hours),
		cmocka_unit_test(test_reminded_then_given_on),
		cmocka_unit_test(test_nobody_takes_it),
		cmocka_unit_test(test_accepted_is_left_alone),
		cmocka_unit_test(test_returned_comes_back),
		cmocka_unit_test(test_refused_never_again),
		cmocka_unit_test(test_outcome_closes),
		cmocka_unit_test(test_rep_says_the_outcome),
		cmocka_unit_test(test_owner_first),
		cmocka_unit_test(test_in_turn),
		cmocka_unit_test(test_who_is_away_is_passed_over),
		cmocka_unit_test(test_back_by_the_teams_clock),
		cmocka_unit_test(test_all_are_away),
		cmocka_unit_test(test_owner_is_away),
		cmocka_unit_test(test_verdicts_are_outcomes),
		cmocka_unit_test(test_names_of_outcomes),
		cmocka_unit_test(test_late_notice),
		cmocka_unit_test(test_suppressed_rep),
		cmocka_unit_test(test_a_rep_is_not_the_lead),
		cmocka_unit_test(test_webhook_again_until_a_day_is_over),
		cmocka_unit_test(test_said_again),
		cmocka_unit_test(test_asked_once),
		cmocka_unit_test(test_asked_for_each_purpose),
		cmocka_unit_test(test_confirmed_is_not_asked),
		cmocka_unit_test(test_suppressed_is_not_asked),
		cmocka_unit_test(test_all_sending_stops),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
