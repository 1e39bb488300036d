/* SPDX-License-Identifier: Apache-2.0
 * test_play.c: a lead is nurtured: placed, written to, watched, moved, handed to a person; and what
 * must never leave does not. The far side is the test: it says what became of each message. */
#include "engine/test_nurture.h"

static const char *const long_program =
	"nurture: 1\nprogram: t\ngoal: meeting.booked\n"
	"send_as: {name: T, from: t@mail.larkspur.example, postal_address: X 1}\n"
	"scoring:\n"
	"  fit: [{name: any, if: lead.known, points: 40}]\n"
	"  engagement:\n    half_life: 10d\n    points: {form.ebook: 10}\n"
	"consent: {default: opt_out, unknown: opt_out, purposes: [news], channels: [email]}\n"
	"tracks:\n"
	"  long:\n    stage: early\n    enter: lead.known\n    cadence: 3d..5d\n"
	"    sequence:\n"
	"      - {send: guide, name: g1, angles: [story], wait: 4d}\n"
	"      - {send: guide, name: g2, angles: [numbers], wait: 4d}\n"
	"      - {send: offer, name: o1, angles: [plain], wait: 4d}\n"
	"      - {send: offer, name: o2, angles: [bold], wait: 4d}\n"
	"guardrails:\n  max_emails: {per_day: 2, per_week: 7}\n";

static void test_first_touch(void **state)
{
	struct world w;
	(void)state;
	start(&w);
	comes(&w);
	assert_int_equal(handed_n, 1); /* in the very pass of the event */
	struct message m = message_of(&w, handed[0]);
	assert_int_equal(m.state, MESSAGE_SENDING);
	assert_true(str_is(m.track, "early") && str_is(m.message, "guide"));
	assert_true(str_is(m.angle, "story") && str_is(m.address, "ada@acme.example"));
	told(&w, "message.sent", m.id);
	struct journey j = journey_of(&w, 1);
	assert_int_equal(j.phase, JOURNEY_WATCHING);
	assert_int_equal(j.due_us, w.now_us + 4 * US_PER_D);
	assert_int_equal(j.touches_n, 1);
	assert_int_equal(message_of(&w, m.id).state, MESSAGE_SENT);
	teardown(&w);
}

static bool stands_suppressed(struct world *w, const char *address, const char *reason)
{
	struct err e;
	struct str row, key = suppression_key(STR("email"), str_of(address), &w->arena);
	struct suppression s;
	enum status st =
		store_get(w->store, TABLE_SUPPRESSION, KEY_BYTES(key), &w->arena, &row, &e);
	return st == ST_OK && suppression_decode(key, row, &w->arena, &s, &e) == ST_OK &&
	       str_is(str_of(suppress_reason_name(s.reason)), reason);
}

/* An event of our own doors, with words of its own beside the message. */
static void observed(struct world *w, const char *type, const char *properties)
{
	w->source = "observe";
	orders(w, type, properties, 0);
	w->source = NULL;
}

static void test_hard_bounce(void **state)
{
	struct world w;
	(void)state;
	start(&w);
	comes(&w);
	does(&w, "identify", "ada@acme.example", NULL, "{}");
	told(&w, "message.sent", handed[0]);
	observed(&w, "email.bounce", "{\"message\":1,\"bounce\":\"hard\"}");
	assert_true(stands_suppressed(&w, "ada@acme.example", "hard_bounce"));
	assert_true(message_of(&w, 1).flags & MESSAGE_BOUNCED);
	passes(&w, 40 * US_PER_D);
	assert_int_equal(handed_n, 1);
	teardown(&w);
}

/* Three messages in a row come back for a time: the address rests. One that is read in between
 * begins the count anew. */
static void soft(struct world *w, int n, bool reads)
{
	char text[96];
	for (int i = 0; i < n; i++) {
		uint64_t id = handed[handed_n - 1];
		told(w, "message.sent", id);
		(void)snprintf(text, sizeof text, "{\"message\":%llu,\"bounce\":\"soft\"}",
			       (unsigned long long)id);
		if (reads && i == 1)
			seen(w, "email.open", id, 0);
		observed(w, "email.bounce", text);
		passes(w, 6 * US_PER_D);
	}
}

static void test_soft_bounces(void **state)
{
	struct world w;
	for (int reads = 0; reads < 2; reads++) {
		(void)state;
		start_with(&w, long_program);
		comes(&w);
		soft(&w, 2, reads);
		assert_false(stands_suppressed(&w, "ada@acme.example", "soft_bounce"));
		assert_int_equal(handed_n, 3);
		soft(&w, 1, false);
		assert_int_equal(stands_suppressed(&w, "ada@acme.example", "soft_bounce"), !reads);
		passes(&w, 6 * US_PER_D);
		assert_int_equal(handed_n, reads ? 4 : 3);
		teardown(&w);
	}
}

static void test_away(void **state)
{
	struct world w;
	char text[96], at[TIME_TEXT_MAX];
	(void)state;
	start_with(&w, long_program);
	comes(&w);
	told(&w, "message.sent", handed[0]);
	int64_t back = w.now_us + 20 * US_PER_D;
	(void)snprintf(text, sizeof text, "{\"message\":1,\"until\":\"%s\"}",
		       time_format(back, at));
	observed(&w, "email.auto_reply", text);
	assert_int_equal(journey_of(&w, 1).phase, JOURNEY_PAUSED);
	passes(&w, 19 * US_PER_D);
	assert_int_equal(handed_n, 1);
	passes(&w, 3 * US_PER_D);
	assert_int_equal(handed_n, 2);
	teardown(&w);
}

static bool count_row(void *ctx, struct store_key key, struct str value)
{
	(void)key, (void)value;
	++*(size_t *)ctx;
	return true;
}

/* Mail from an address we know is that lead's; from a stranger it is for a person to look at. */
static void test_reply_by_address(void **state)
{
	struct world w;
	struct engine_meta meta;
	struct err e;
	size_t dead = 0;
	(void)state;
	start(&w);
	comes(&w);
	told(&w, "message.sent", handed[0]);
	w.source = "observe";
	does(&w, "email.reply", "eve@elsewhere.example", NULL, "{\"text\":\"hello\"}");
	assert_int_equal(store_scan(w.store, TABLE_DEAD_LETTER, SCAN_ALL, count_row, &dead, &e),
			 ST_OK);
	assert_int_equal(dead, 1);
	assert_int_equal(engine_meta_read(w.store, &meta, &e), ST_OK);
	assert_int_equal(meta.leads, 1);
	does(&w, "email.reply", "ada@acme.example", NULL, "{\"text\":\"hello\"}");
	w.source = NULL;
	assert_int_equal(journey_of(&w, 1).phase, JOURNEY_HANDED);
	teardown(&w);
}

static void test_reply_by_message(void **state)
{
	struct world w;
	(void)state;
	start(&w);
	comes(&w);
	told(&w, "message.sent", handed[0]);
	observed(&w, "email.reply", "{\"message\":1,\"text\":\"call me\"}");
	assert_int_equal(journey_of(&w, 1).phase, JOURNEY_HANDED);
	assert_true(message_of(&w, 1).flags & MESSAGE_REPLIED);
	assert_true(message_of(&w, 1).replied_us == w.now_us);
	teardown(&w);
}

static void test_click_moves(void **state)
{
	struct world w;
	(void)state;
	start(&w);
	comes(&w);
	told(&w, "message.sent", handed[0]);
	passes(&w, US_PER_H);
	seen(&w, "email.click", handed[0], EVENT_MACHINE); /* a scanner follows every link */
	assert_true(str_is(journey_of(&w, 1).track, "early"));
	seen(&w, "email.click", handed[0], 0);
	assert_true(str_is(journey_of(&w, 1).track, "late"));
	struct message m = message_of(&w, handed[0]);
	assert_true(m.flags & MESSAGE_CLICKED && m.flags & MESSAGE_CLICKED_MACHINE);
	passes(&w, 5 * US_PER_D);
	assert_int_equal(handed_n, 2);
	assert_true(str_is(message_of(&w, handed[1]).message, "offer"));
	teardown(&w);
}

static void test_silence_says_it_differently(void **state)
{
	struct world w;
	(void)state;
	start(&w);
	comes(&w);
	told(&w, "message.sent", handed[0]);
	passes(&w, 4 * US_PER_D + US_PER_M);
	passes(&w, 5 * US_PER_D);
	assert_int_equal(handed_n, 2);
	struct message m = message_of(&w, handed[1]);
	assert_true(str_is(m.message, "guide") && str_is(m.angle, "numbers"));
	teardown(&w);
}

/* G6: behind a reply nothing automated leaves, and a person has it in the same transaction. */
static void test_reply_hands_off(void **state)
{
	struct world w;
	struct err e;
	struct handoff h;
	(void)state;
	start(&w);
	comes(&w);
	told(&w, "message.sent", handed[0]);
	seen(&w, "reply", handed[0], 0);
	struct journey j = journey_of(&w, 1);
	assert_int_equal(j.phase, JOURNEY_HANDED);
	assert_int_equal(handoff_get(w.store, j.handoff, &w.arena, &h, &e), ST_OK);
	assert_true(h.state == HANDOFF_OPEN && str_is(h.rep_email, "jo@larkspur.example"));
	passes(&w, 60 * US_PER_D);
	for (size_t i = 1; i < handed_n; i++) /* to the rep, not to the lead */
		assert_true(message_of(&w, handed[i]).flags & MESSAGE_SYSTEM);
	orders(&w, "handoff.return", "{\"handoff\":1,\"again_seconds\":86400}", EVENT_SYSTEM);
	assert_int_equal(handoff_get(w.store, 1, &w.arena, &h, &e), ST_OK);
	assert_int_equal(h.state, HANDOFF_RETURNED);
	assert_int_not_equal(journey_of(&w, 1).phase, JOURNEY_HANDED);
	teardown(&w);
}

static void test_unsubscribed_never_again(void **state)
{
	struct world w;
	(void)state;
	start(&w);
	comes(&w);
	told(&w, "message.sent", handed[0]);
	seen(&w, "email.unsubscribe", handed[0], 0);
	passes(&w, 60 * US_PER_D);
	comes(&w);
	assert_int_equal(handed_n, 1);
	teardown(&w);
}

/* The kill switch holds everything, and what was held leaves when it is lifted. */
static void test_all_sending_stops(void **state)
{
	struct world w;
	(void)state;
	start(&w);
	orders(&w, "sending.pause", "{\"reason\":\"wrong price in the mail\"}", EVENT_SYSTEM);
	comes(&w);
	passes(&w, US_PER_D);
	assert_int_equal(handed_n, 0);
	orders(&w, "sending.resume", "", EVENT_SYSTEM);
	passes(&w, US_PER_D);
	assert_int_equal(handed_n, 1);
	teardown(&w);
}

/* The order to stop comes twice: what stands is since when it first did, and the first why. */
static void test_stopped_twice(void **state)
{
	struct world w;
	struct play y;
	struct err e;
	(void)state;
	static const struct {
		const char *type, *body, *reason;
	} rows[] = {{"sending.pause", "{}", PLAY_NO_REASON},
		    {"sending.pause", "{\"reason\":\"wrong price\"}", "wrong price"},
		    {"sending.pause", "{\"reason\":\"a look\"}", "wrong price"},
		    {"sending.pause", "{}", "wrong price"},
		    {"sending.resume", "", ""}};
	start(&w);
	int64_t first = TIME_NONE;
	play_init(&y, w.store);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		orders(&w, rows[i].type, rows[i].body, EVENT_SYSTEM);
		assert_int_equal(play_load(&y, &e), ST_OK);
		first = i == 0 ? y.paused_us : first;
		check_str(rows[i].body, str_of(y.pause_reason), rows[i].reason);
		assert_int_equal(y.paused_us, y.paused ? first : TIME_NONE);
		passes(&w, US_PER_H);
	}
	assert_false(y.paused);
	assert_int_not_equal(first, TIME_NONE);
	play_finish(&y);
	teardown(&w);
}

static uint64_t alarms(const struct world *w)
{
	struct engine_stats s;
	engine_stats(w->engine, &s);
	return s.alarms;
}

/* However long the switch holds them, nobody is woken; when it is lifted they leave in that very
 * transaction, whether a touch was to be decided or a message was waiting for its time. */
static void test_held_ones_sleep(void **state)
{
	struct world w;
	(void)state;
	start(&w);
	comes(&w);
	told(&w, "message.deferred", handed[0]); /* 1: a message that waits */
	orders(&w, "sending.pause", "{\"reason\":\"a typo\"}", EVENT_SYSTEM);
	does(&w, "form.ebook", "eve@acme.example", NULL, "{}"); /* 2: a touch to be decided */
	assert_true(journey_held(&(struct journey[]){journey_of(&w, 2)}[0]));
	passes(&w, US_PER_H);
	assert_int_equal(message_of(&w, handed[0]).due_us, TIME_NONE);
	uint64_t before = alarms(&w);
	for (int i = 0; i < 40; i++)
		passes(&w, 30 * US_PER_M);
	assert_int_equal(alarms(&w), before);
	assert_int_equal(handed_n, 1);
	orders(&w, "sending.resume", "", EVENT_SYSTEM);
	assert_int_equal(handed_n, 3);
	assert_int_equal(handed[1], handed[0]);
	assert_int_equal(message_of(&w, handed[2]).lead, 2);
	assert_int_equal(message_of(&w, handed[0]).state, MESSAGE_SENDING);
	teardown(&w);
}

/* The lead stops while a server has the message, which then puts it off: it is not left waiting. */
static void test_stopped_while_sending(void **state)
{
	struct world w;
	(void)state;
	start(&w);
	comes(&w);
	does(&w, "email.unsubscribe", "ada@acme.example", NULL, "{}");
	assert_int_equal(message_of(&w, handed[0]).state, MESSAGE_SENDING);
	told(&w, "message.deferred", handed[0]);
	assert_int_equal(message_of(&w, handed[0]).state, MESSAGE_CANCELLED);
	passes(&w, 30 * US_PER_D);
	assert_int_equal(handed_n, 1);
	teardown(&w);
}

/* What has become too old meanwhile does not leave: the track goes on behind it. */
static void test_held_until_too_old(void **state)
{
	struct world w;
	(void)state;
	start(&w);
	comes(&w);
	told(&w, "message.deferred", handed[0]);
	orders(&w, "sending.pause", "{\"reason\":\"a typo\"}", EVENT_SYSTEM);
	passes(&w, 30 * US_PER_D);
	assert_int_equal(message_of(&w, handed[0]).state, MESSAGE_DEFERRED);
	orders(&w, "sending.resume", "", EVENT_SYSTEM);
	assert_int_equal(message_of(&w, handed[0]).state, MESSAGE_CANCELLED);
	teardown(&w);
}

/* Who was merged into another while held is the other; who has stopped meanwhile hears nothing. */
static void test_held_and_moved_on(void **state)
{
	struct world w;
	(void)state;
	start(&w);
	comes(&w);
	orders(&w, "sending.pause", "{\"reason\":\"a typo\"}", EVENT_SYSTEM);
	told(&w, "message.deferred", handed[0]);
	does(&w, "form.ebook", "eve@acme.example", NULL, "{}");
	does(&w, "form.ebook", "bob@acme.example", NULL, "{}");
	passes(&w, US_PER_H);
	orders(&w, "lead.merge", "{\"into\":1,\"lead\":2}", EVENT_SYSTEM);
	does(&w, "email.unsubscribe", "bob@acme.example", NULL, "{}");
	orders(&w, "sending.resume", "", EVENT_SYSTEM);
	passes(&w, US_PER_M);
	assert_int_equal(handed_n, 2);
	assert_int_equal(handed[1], handed[0]); /* one message, of the one that is left */
	teardown(&w);
}

/* What was only tried when its lead was merged is no touch of the company: a colleague is written
 * to in its place. */
static void test_merged_while_deferred(void **state)
{
	struct world w;
	char program[4096];
	(void)state;
	(void)snprintf(program, sizeof program, "%s  max_per_account: {per_week: 2}\n",
		       long_program);
	start_with(&w, program);
	comes(&w);
	told(&w, "message.sent", handed[0]);
	does(&w, "form.ebook", "eve@acme.example", NULL, "{}");
	told(&w, "message.deferred", handed[1]);
	orders(&w, "lead.merge", "{\"into\":1,\"lead\":2}", EVENT_SYSTEM);
	assert_int_equal(message_of(&w, handed[1]).state, MESSAGE_CANCELLED);
	does(&w, "form.ebook", "bob@acme.example", NULL, "{}");
	assert_int_equal(handed_n, 3);
	assert_int_equal(message_of(&w, handed[2]).lead, 3);
	teardown(&w);
}

/* What the third of a company makes true for all three is found by each of them, though nothing
 * happens to the first two any more; and whom it cannot concern does not look for it. */
static void test_colleagues(void **state)
{
	static const char trigger[] =
		"triggers:\n"
		"  - {name: busy, when: 'account.leads >= 3 && lead.idle_days > 2.0', "
		"handoff: {team: sdr, within: 1h}}\n"
		"  - {name: top, when: 'tier == \"hot\" && account.leads >= 9', "
		"handoff: {team: sdr, within: 1h}}\n";
	struct world w;
	char program[4096];
	(void)state;
	(void)snprintf(program, sizeof program, "%s%s", nurture_program, trigger);
	start_with(&w, program);
	orders(&w, "sending.pause", "{\"reason\":\"none of this\"}", EVENT_SYSTEM);
	comes(&w);
	passes(&w, US_PER_D);
	uint64_t before = alarms(&w);
	passes(&w, 12 * US_PER_H);
	assert_int_equal(alarms(&w), before); /* idle for less than two days */
	passes(&w, 4 * US_PER_D);
	does(&w, "form.ebook", "eve@acme.example", NULL, "{}");
	does(&w, "form.ebook", "bob@acme.example", NULL, "{}");
	passes(&w, 6 * US_PER_H);
	assert_int_equal(journey_of(&w, 1).phase, JOURNEY_HANDED);
	assert_int_not_equal(journey_of(&w, 2).phase, JOURNEY_HANDED);
	passes(&w, 2 * US_PER_D);
	assert_int_equal(journey_of(&w, 2).phase, JOURNEY_HANDED);
	assert_int_equal(journey_of(&w, 3).phase, JOURNEY_HANDED);
	teardown(&w);
}

/* The text that left has so many links: scanners are known by following all of them. */
static void test_links_are_kept(void **state)
{
	struct world w;
	char text[96];
	(void)state;
	start(&w);
	comes(&w);
	(void)snprintf(text, sizeof text, "{\"message\":%llu,\"links\":2}",
		       (unsigned long long)handed[0]);
	orders(&w, "message.sent", arena_strz(&w.arena, str_of(text)), EVENT_SYSTEM);
	assert_int_equal(message_of(&w, handed[0]).links_n, 2);
	teardown(&w);
}

/* One tick over many alarms fires them as if there had been one for each: numbers of messages are
 * in the order of their times, though the first lead sets an alarm of its own on the way. */
static void test_alarms_fire_by_time(void **state)
{
	static const char program[] =
		"nurture: 1\nprogram: t\ngoal: meeting.booked\n"
		"send_as: {name: T, from: t@mail.larkspur.example, postal_address: X 1}\n"
		"scoring: {}\nconsent: {default: opt_out, unknown: opt_out, purposes: [news], "
		"channels: [email]}\n"
		"tracks:\n  early:\n    enter: lead.known\n    cadence: 6d\n    sequence:\n"
		"      - {send: guide, angles: [story, numbers], wait: 4d}\n"
		"      - {send: offer, angles: [plain], wait: 4d}\n";
	struct world w;
	(void)state;
	start_with(&w, program);
	comes(&w);
	does(&w, "form.ebook", "eve@acme.example", NULL, "{}");
	told(&w, "message.sent", handed[0]);
	told(&w, "message.sent", handed[1]);
	orders(&w, "track.pause", "{\"lead\":2,\"seconds\":561600}", EVENT_SYSTEM); /* 6.5 days */
	passes(&w, 20 * US_PER_D);
	assert_int_equal(handed_n, 4);
	assert_int_equal(message_of(&w, 3).lead,
			 1); /* four days of silence, the sixth for the next */
	assert_int_equal(message_of(&w, 4).lead, 2);
	assert_true(message_of(&w, 3).created_us < message_of(&w, 4).created_us);
	teardown(&w);
}

/* A person by another key than an address. */
static void logs_in(struct world *w, const char *user)
{
	struct event ev = {.type = STR("form.ebook"), .traits = STR("{}")};
	assert_true(event_add_id(&ev, ID_USER_ID, STR_NULL, str_of(user)));
	append(w, &ev);
	fold(w);
}

/* Parted, each has what was sent to them, also while they were taken for one. */
static void test_split_gives_touches_back(void **state)
{
	struct world w;
	(void)state;
	start(&w);
	does(&w, "form.ebook", "eve@acme.example", NULL, "{}");
	logs_in(&w, "u-1"); /* 2, without an address */
	told(&w, "message.sent", handed[0]);
	orders(&w, "lead.merge", "{\"into\":2,\"lead\":1}", EVENT_SYSTEM);
	for (int i = 0; i < 8 && handed_n < 2; i++)
		passes(&w, 2 * US_PER_D);
	struct message m = message_of(&w, handed[1]);
	assert_true(m.lead == 2 && str_is(m.address, "eve@acme.example"));
	told(&w, "message.sent", handed[1]);
	assert_int_equal(journey_of(&w, 2).touches_n, 2);
	double fatigue = journey_of(&w, 1).fatigue;
	orders(&w, "lead.split", "{\"merge\":1}", EVENT_SYSTEM);
	struct journey eve = journey_of(&w, 1), other = journey_of(&w, 2);
	assert_int_equal(other.touches_n, 0);
	assert_int_equal(other.last_touch_us, TIME_NONE);
	assert_int_equal(eve.touches_n, 2);
	assert_int_equal(eve.touches[1].message, handed[1]);
	assert_int_equal(eve.last_touch_us, eve.touches[1].at_us);
	assert_true(eve.fatigue > fatigue && other.fatigue < 0.01);
	assert_int_equal(message_of(&w, handed[1]).lead, 1); /* what comes of it is hers */
	seen(&w, "email.unsubscribe", handed[1], 0);
	assert_int_equal(journey_of(&w, 1).phase, JOURNEY_STOPPED);
	assert_int_not_equal(journey_of(&w, 2).phase, JOURNEY_STOPPED);
	teardown(&w);
}

static void test_try_again_then_give_up(void **state)
{
	struct world w;
	(void)state;
	start(&w);
	comes(&w);
	told(&w, "message.deferred", handed[0]);
	struct message m = message_of(&w, handed[0]);
	assert_int_equal(m.state, MESSAGE_DEFERRED);
	assert_true(m.due_us > w.now_us);
	passes(&w, m.due_us - w.now_us);
	assert_int_equal(handed_n, 2);
	assert_int_equal(handed[1], handed[0]);
	told(&w, "message.uncertain", handed[0]);
	passes(&w, 2 * US_PER_D);
	assert_int_equal(message_of(&w, handed[0]).state, MESSAGE_UNCERTAIN); /* G4 */
	told(&w, "message.deferred", handed[0]); /* too late: a dead letter, and no change */
	assert_int_equal(message_of(&w, handed[0]).state, MESSAGE_UNCERTAIN);
	teardown(&w);
}

static void test_merged_leads_count_together(void **state)
{
	struct world w;
	(void)state;
	start(&w);
	comes(&w);
	told(&w, "message.sent", handed[0]);
	does(&w, "form.ebook", "ada.private@post.example", NULL, "{}");
	told(&w, "message.sent", handed[1]);
	seen(&w, "email.unsubscribe", handed[1], 0);
	orders(&w, "lead.merge", "{\"into\":1,\"lead\":2}", EVENT_SYSTEM);
	struct journey j = journey_of(&w, 1);
	assert_int_equal(j.touches_n, 2);
	assert_int_equal(j.phase, JOURNEY_STOPPED); /* the stricter side */
	passes(&w, 30 * US_PER_D);
	assert_int_equal(handed_n, 2);
	teardown(&w);
}

/* More waits behind a full batch: what it holds leaves when readers see it, by the next commit. */
static void test_full_batches_are_shown_late(void **state)
{
	struct world w;
	struct engine_stats stats;
	struct err e;
	size_t done;
	(void)state;
	handed_n = 0;
	world_start(&w, &(struct engine_conf){.hand_over = take, .batch_events_max = 2});
	world_apply(&w, nurture_program, &content);
	engine_stats(w.engine, &stats);
	uint64_t before = stats.cursor;
	for (int i = 0; i < 4; i++) {
		char email[32];
		struct event ev = {.type = STR("form.ebook"), .traits = STR("{}")};
		(void)snprintf(email, sizeof email, "p%d@acme.example", i);
		assert_true(event_add_id(&ev, ID_EMAIL, STR_NULL, str_of(email)));
		append(&w, &ev);
	}
	for (size_t run = 0; run < 3; run++) {
		assert_int_equal(engine_run(w.engine, &done, &e), ST_OK);
		engine_stats(w.engine, &stats);
		assert_int_equal(done, run < 2 ? 2 : 0);
		assert_int_equal(stats.cursor, before + 2 * run);
		assert_int_equal(handed_n, 2 * run);
		assert_int_equal(stats.leaving, run < 2 ? 2 : 0);
	}
	for (uint64_t i = 0; i < 4; i++)
		assert_int_equal(handed[i], i + 1);
	teardown(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_touch),
		cmocka_unit_test(test_click_moves),
		cmocka_unit_test(test_hard_bounce),
		cmocka_unit_test(test_soft_bounces),
		cmocka_unit_test(test_away),
		cmocka_unit_test(test_reply_by_address),
		cmocka_unit_test(test_reply_by_message),
		cmocka_unit_test(test_silence_says_it_differently),
		cmocka_unit_test(test_reply_hands_off),
		cmocka_unit_test(test_unsubscribed_never_again),
		cmocka_unit_test(test_all_sending_stops),
		cmocka_unit_test(test_stopped_twice),
		cmocka_unit_test(test_held_ones_sleep),
		cmocka_unit_test(test_stopped_while_sending),
		cmocka_unit_test(test_held_until_too_old),
		cmocka_unit_test(test_held_and_moved_on),
		cmocka_unit_test(test_merged_while_deferred),
		cmocka_unit_test(test_colleagues),
		cmocka_unit_test(test_links_are_kept),
		cmocka_unit_test(test_alarms_fire_by_time),
		cmocka_unit_test(test_split_gives_touches_back),
		cmocka_unit_test(test_try_again_then_give_up),
		cmocka_unit_test(test_merged_leads_count_together),
		cmocka_unit_test(test_full_batches_are_shown_late),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
