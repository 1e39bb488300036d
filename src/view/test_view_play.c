/* SPDX-License-Identifier: Apache-2.0
 * test_view_play.c: what people see of tracks, messages and hand-offs is what the engine has done;
 * what they order is what it does. */
#include "engine/journeys.h"
#include "view/view_late.h"
#include "view/view_next.h"
#include "view/view_numbers.h"
#include "view/view_order.h"
#include "view/test_seat.h"
#include "view/view_play.h"

#include <math.h>

static void ordered(struct seat *s, const struct view_order *o)
{
	orders(&s->w, o->type, arena_strz(&s->w.arena, o->properties), EVENT_SYSTEM);
}

/* ---- tracks ---- */

static uint32_t tracks(struct seat *s)
{
	struct err e;
	assert_int_equal(view_tracks(&s->v, paper(s), &e), ST_OK);
	const struct json *d = read(s);
	return json_first(d, json_get(d, 0, "tracks"));
}

/* The gauge says what the journeys say. */
static void check_gauge(struct seat *s, uint64_t leads)
{
	uint32_t k = tracks(s), list = json_get(&s->doc, 0, "tracks");
	for (; k != JSON_NONE; k = json_next(&s->doc, list, k)) {
		struct str name = json_str(&s->doc, json_get(&s->doc, k, "name"), &s->w.arena);
		int people = 0, watching = 0;
		for (uint64_t i = 1; i <= leads; i++) {
			struct journey j = journey_of(&s->w, i);
			bool on = str_eq(j.track, name);
			people += on;
			watching += on && str_is(str_of(journeys_phase(&j)), "watching");
		}
		assert_int_equal(number(&s->doc, k, "people"), people);
		assert_int_equal(number(&s->doc, k, "watching"), watching);
	}
}

static void test_people_on_tracks(void **state)
{
	struct seat s;
	(void)state;
	sit(&s);
	uint32_t early = tracks(&s);
	assert_int_equal(number(&s.doc, early, "people"), 0);
	comes(&s.w);
	does(&s.w, "form.ebook", "bea@acme.example", NULL, "{}");
	early = tracks(&s);
	assert_int_equal(number(&s.doc, early, "people"), 2);
	assert_int_equal(number(&s.doc, early, "ready"), 2); /* handed over, nothing heard yet */
	told(&s.w, "message.sent", handed[0]);
	early = tracks(&s);
	assert_int_equal(number(&s.doc, early, "watching"), 1);
	passes(&s.w, US_PER_H);
	seen(&s.w, "email.click", handed[0], 0);
	early = tracks(&s);
	uint32_t late = json_next(&s.doc, json_get(&s.doc, 0, "tracks"), early);
	assert_int_equal(number(&s.doc, early, "people"), 1);
	assert_int_equal(number(&s.doc, late, "people"), 1);
	told(&s.w, "message.failed", handed[1]);
	for (int i = 0; i < 12; i++) { /* to the end of their tracks, and in again */
		passes(&s.w, 4 * US_PER_D);
		told(&s.w, "message.sent", handed[handed_n - 1]);
		check_gauge(&s, 2);
	}
	rise(&s);
}

static void test_one_track(void **state)
{
	struct seat s;
	struct err e;
	(void)state;
	sit(&s);
	comes(&s.w);
	assert_int_equal(view_track(&s.v, STR("early"), paper(&s), &e), ST_OK);
	const struct json *d = read(&s);
	uint32_t step = json_first(d, json_get(d, 0, "steps"));
	assert_true(text_is(&s, step, "step", "guide"));
	assert_int_equal(number(d, step, "people"), 1);
	uint32_t react = json_get(d, step, "reactions");
	assert_true(text_is(&s, react, "clicked", "move to late"));
	assert_true(text_is(&s, react, "replied", "hand over to sdr"));
	assert_int_equal(view_track(&s.v, STR("none"), paper(&s), &e), ST_NOT_FOUND);
	rise(&s);
}

/* ---- messages ---- */

static void test_messages(void **state)
{
	struct seat s;
	struct err e;
	struct view_order o;
	(void)state;
	sit(&s);
	comes(&s.w);
	told(&s.w, "message.uncertain", 1);
	const struct view_messages uncertain = {.state = MESSAGE_UNCERTAIN, .limit = 10};
	assert_int_equal(view_messages(&s.v, &uncertain, paper(&s), &e), ST_OK);
	const struct json *d = read(&s);
	assert_int_equal(json_count(d, json_get(d, 0, "messages")), 1);
	assert_int_equal(view_message(&s.v, 1, paper(&s), &e), ST_OK);
	d = read(&s);
	assert_true(text_is(&s, 0, "state", "uncertain") && text_is(&s, 0, "step", "guide"));
	assert_int_equal(json_count(d, json_get(d, 0, "may_become")), 2);
	assert_true(json_is(d, json_get(d, 0, "decision"), JSON_OBJECT));
	assert_int_equal(view_order_cancel(&s.v, 1, STR_NULL, &o, &e), ST_CONFLICT);
	assert_int_equal(view_order_settle(&s.v, 1, STR("lost"), &o, &e), ST_INVALID);
	assert_int_equal(view_order_settle(&s.v, 1, STR("sent"), &o, &e), ST_OK);
	ordered(&s, &o);
	assert_int_equal(message_of(&s.w, 1).state, MESSAGE_SENT);
	assert_int_equal(view_order_settle(&s.v, 1, STR("sent"), &o, &e), ST_CONFLICT);
	assert_int_equal(view_messages(&s.v, &uncertain, paper(&s), &e), ST_OK);
	d = read(&s);
	assert_int_equal(json_count(d, json_get(d, 0, "messages")), 0);
	assert_int_equal(view_message(&s.v, 77, paper(&s), &e), ST_NOT_FOUND);
	rise(&s);
}

/* However much was made behind it: what ended is found by its state, and by pages. */
static void test_what_ended_is_found_at_once(void **state)
{
	struct store *store = NULL;
	struct seat s = {.program = NULL};
	struct err e;
	struct view_messages sent = {.state = MESSAGE_SENT, .limit = 2};
	const struct outbox_place ready = {MESSAGE_READY, 1};
	struct message m = {.lead = 1, .due_us = 1, .state = MESSAGE_READY};
	size_t n = 0, pages = 0;
	(void)state;
	arena_init(&s.w.arena, (size_t)64 << 20);
	assert_int_equal(store_open_memory(&STORE_CONF_DEFAULT, &store, &e), ST_OK);
	s.v = (struct view){.store = store, .arena = &s.w.arena};
	assert_int_equal(store_begin(store, &e), ST_OK);
	for (m.id = 1; m.id <= VIEW_LOOK_BACK + 100; m.id++)
		assert_int_equal(outbox_add(store, &m, &s.w.arena, &e), ST_OK);
	for (m.id = 1; m.id <= 6; m.id++) {
		m.state = m.id == 4 ? MESSAGE_FAILED : MESSAGE_SENT;
		assert_int_equal(outbox_put(store, &m, ready, &s.w.arena, &e), ST_OK);
	}
	m = (struct message){.id = 2, .lead = 1, .due_us = 1, .state = MESSAGE_CANCELLED};
	assert_int_equal(
		outbox_put(store, &m, (struct outbox_place){MESSAGE_SENT, 1}, &s.w.arena, &e),
		ST_OK);
	assert_int_equal(store_commit(store, &e), ST_OK);
	do {
		assert_int_equal(view_messages(&s.v, &sent, paper(&s), &e), ST_OK);
		const struct json *d = read(&s);
		uint32_t list = json_get(d, 0, "messages");
		for (uint32_t x = json_first(d, list); x != JSON_NONE; x = json_next(d, list, x))
			n = 10 * n + (size_t)number(d, x, "id");
		double next = number(d, 0, "next");
		sent.after = next > 0 ? (uint64_t)next : 0;
		pages++;
	} while (sent.after && pages < 9);
	assert_int_equal(n, 6531); /* the newest first */
	assert_int_equal(pages, 2);
	store_close(&store);
	arena_finish(&s.w.arena);
}

/* Pages of any list show every message once, and a cancelled one never leaves. */
static void test_message_pages_and_cancel(void **state)
{
	struct seat s;
	struct err e;
	struct view_order o;
	char mail[64];
	(void)state;
	sit(&s);
	orders(&s.w, "sending.pause", "{\"reason\":\"test\"}", EVENT_SYSTEM);
	for (int i = 0; i < 5; i++) {
		(void)snprintf(mail, sizeof mail, "p%d@acme.example", i);
		does(&s.w, "form.ebook", mail, NULL, "{}");
	}
	orders(&s.w, "sending.resume", "{}", EVENT_SYSTEM);
	passes(&s.w, US_PER_D);
	told(&s.w, "message.deferred", handed[0]);
	struct view_messages all = {.state = -1, .limit = 2};
	size_t n = 0;
	do {
		assert_int_equal(view_messages(&s.v, &all, paper(&s), &e), ST_OK);
		const struct json *d = read(&s);
		n += json_count(d, json_get(d, 0, "messages"));
		double next = number(d, 0, "next");
		all.after = next > 0 ? (uint64_t)next : 0;
	} while (all.after);
	assert_int_equal(n, 5);
	assert_int_equal(view_order_cancel(&s.v, handed[0], STR("wrong"), &o, &e), ST_OK);
	ordered(&s, &o);
	assert_int_equal(message_of(&s.w, handed[0]).state, MESSAGE_CANCELLED);
	const struct view_messages mine = {
		.state = MESSAGE_CANCELLED, .lead = message_of(&s.w, handed[0]).lead, .limit = 5};
	assert_int_equal(view_messages(&s.v, &mine, paper(&s), &e), ST_OK);
	const struct json *d = read(&s);
	assert_int_equal(json_count(d, json_get(d, 0, "messages")), 1);
	rise(&s);
}

/* ---- hand-offs ---- */

static void test_handoffs(void **state)
{
	struct seat s;
	struct err e;
	struct view_order o;
	(void)state;
	sit(&s);
	comes(&s.w);
	told(&s.w, "message.sent", 1);
	seen(&s.w, "reply", 1, 0);
	const struct view_handoffs open = {.open = true, .limit = 10};
	assert_int_equal(view_handoffs(&s.v, &open, paper(&s), &e), ST_OK);
	const struct json *d = read(&s);
	uint32_t row = json_first(d, json_get(d, 0, "handoffs"));
	assert_true(text_is(&s, row, "rep", "Jo") && text_is(&s, row, "team", "sdr"));
	assert_int_equal(view_handoff(&s.v, 1, paper(&s), &e), ST_OK);
	d = read(&s);
	assert_int_equal(json_count(d, json_get(d, 0, "messages")), 1);
	assert_true(json_count(d, json_get(d, json_get(d, 0, "timeline"), "events")) > 1);
	struct view_verdict x = {STR("accept"), TIME_NONE, STR_NULL};
	assert_int_equal(view_order_handoff(&s.v, 1, &x, &o, &e), ST_OK);
	ordered(&s, &o);
	assert_int_equal(view_handoffs(&s.v, &open, paper(&s), &e), ST_OK);
	d = read(&s);
	assert_int_equal(json_count(d, json_get(d, 0, "handoffs")), 0);
	assert_int_equal(view_order_handoff(&s.v, 1, &x, &o, &e), ST_CONFLICT);
	x = (struct view_verdict){STR("return"), s.w.now_us - 1, STR("later")};
	assert_int_equal(view_order_handoff(&s.v, 1, &x, &o, &e), ST_INVALID);
	x.on_us = s.w.now_us + 20 * US_PER_D;
	assert_int_equal(view_order_handoff(&s.v, 1, &x, &o, &e), ST_OK);
	ordered(&s, &o);
	struct journey j = journey_of(&s.w, 1);
	assert_int_equal(j.phase, JOURNEY_PAUSED);
	assert_in_range(j.due_us, x.on_us, x.on_us + US_PER_M);
	rise(&s);
}

/* ---- leads ---- */

static int lead_of_handoff(struct seat *s, uint64_t id)
{
	struct err e;
	assert_int_equal(view_handoff(&s->v, id, paper(s), &e), ST_OK);
	return (int)number(read(s), 0, "lead");
}

/* Both were with somebody when they turned out to be one: the hand-offs show who they are now, and
 * the one that came along names the other. */
static void test_handoffs_behind_a_merge(void **state)
{
	struct seat s;
	struct err e;
	struct view_merged m;
	struct view_order o;
	(void)state;
	sit(&s);
	comes(&s.w);
	does(&s.w, "form.ebook", "bea@acme.example", NULL, "{}");
	for (size_t i = 0; i < 2; i++) {
		told(&s.w, "message.sent", handed[i]);
		seen(&s.w, "reply", handed[i], 0);
	}
	assert_true(lead_of_handoff(&s, 1) == 1 && lead_of_handoff(&s, 2) == 2);
	orders(&s.w, "lead.merge", "{\"into\":1,\"lead\":2,\"reason\":\"one\"}", EVENT_SYSTEM);
	assert_int_equal(lead_of_handoff(&s, 1), 1);
	assert_true(json_get(&s.doc, 0, "merged_from") == JSON_NONE);
	assert_int_equal(lead_of_handoff(&s, 2), 1);
	assert_true(text_is(&s, 0, "name", "ada@acme.example"));
	assert_int_equal(number(&s.doc, 0, "merged_from"), 2);
	assert_int_equal(number(&s.doc, 0, "beside"), 1);
	assert_int_equal(view_merged(&s.v, 1, &m, &e), ST_OK);
	assert_true(m.into == 1 && m.lead == 2 && str_is(m.lead_name, "bea@acme.example"));
	assert_int_equal(view_merge_of_event(&s.v, m.seq), 1);
	assert_int_equal(view_merge_of_event(&s.v, m.seq - 1), 0);
	assert_int_equal(view_order_split(&s.v, &m, &o, &e), ST_OK);
	ordered(&s, &o);
	assert_int_equal(lead_of_handoff(&s, 2), 2);
	assert_true(text_is(&s, 0, "name", "bea@acme.example"));
	assert_true(json_get(&s.doc, 0, "beside") == JSON_NONE);
	assert_int_equal(view_merged(&s.v, 1, &m, &e), ST_OK);
	assert_int_equal(view_order_split(&s.v, &m, &o, &e), ST_CONFLICT);
	rise(&s);
}

static void test_lead_orders(void **state)
{
	struct seat s;
	struct err e;
	struct view_order o;
	(void)state;
	sit(&s);
	comes(&s.w);
	told(&s.w, "message.sent", 1);
	s.v.now_us = s.w.now_us;
	assert_int_equal(view_order_pause(&s.v, 1, 0, STR_NULL, &o, &e), ST_INVALID);
	assert_int_equal(view_order_pause(&s.v, 1, 14 * US_PER_D, STR("fair"), &o, &e), ST_OK);
	ordered(&s, &o);
	assert_int_equal(journey_of(&s.w, 1).phase, JOURNEY_PAUSED);
	assert_int_equal(view_order_resume(&s.v, 1, &o, &e), ST_OK);
	ordered(&s, &o);
	assert_int_not_equal(journey_of(&s.w, 1).phase, JOURNEY_PAUSED);
	assert_int_equal(view_order_move(&s.v, 1, STR("nowhere"), STR_NULL, &o, &e), ST_NOT_FOUND);
	assert_int_equal(view_order_move(&s.v, 1, STR("late"), STR_NULL, &o, &e), ST_OK);
	ordered(&s, &o);
	assert_true(str_is(journey_of(&s.w, 1).track, "late"));
	assert_int_equal(view_order_move(&s.v, 1, STR("-"), STR_NULL, &o, &e), ST_OK);
	ordered(&s, &o);
	assert_int_equal(journey_of(&s.w, 1).track.n, 0);
	seen(&s.w, "email.unsubscribe", 1, 0);
	assert_int_equal(view_order_pause(&s.v, 1, US_PER_D, STR_NULL, &o, &e), ST_CONFLICT);
	assert_int_equal(view_order_sending(&s.v, true, STR_NULL, &o, &e), ST_OK);
	rise(&s);
}

/* ---- what next, and why not ---- */

static uint32_t next(struct seat *s, uint64_t lead)
{
	struct err e;
	if (view_next(&s->v, lead, paper(s), &e) != ST_OK)
		fail_msg("%s", e.text);
	return json_get(read(s), 0, "next");
}

/* What is foretold is what comes, when nothing else does. */
static void test_foretold(void **state)
{
	struct seat s;
	(void)state;
	sit(&s);
	comes(&s.w);
	told(&s.w, "message.sent", handed[0]);
	for (int i = 0; i < 6; i++) {
		uint32_t x = next(&s, 1), m = json_get(&s.doc, x, "message");
		if (m == JSON_NONE)
			break;
		int64_t at_us;
		size_t before = handed_n;
		struct str angle = json_str(&s.doc, json_get(&s.doc, m, "angle"), &s.w.arena);
		struct str at = json_str(&s.doc, json_get(&s.doc, m, "at"), &s.w.arena);
		assert_true(time_parse(at, &at_us) && at_us > s.w.now_us);
		passes(&s.w, at_us - s.w.now_us - US_PER_S);
		assert_int_equal(handed_n, before);
		passes(&s.w, 2 * US_PER_S);
		assert_int_equal(handed_n, before + 1);
		struct message really = message_of(&s.w, handed[before]);
		assert_true(str_eq(really.angle, angle));
		told(&s.w, "message.sent", really.id);
		if (i > 0)
			continue;
		assert_true(str_is(angle, "numbers")); /* silent: said differently */
	}
	rise(&s);
}

/* Looking changes nothing. */
static void test_looking_is_free(void **state)
{
	struct seat s;
	struct err e;
	uint64_t before, after;
	(void)state;
	sit(&s);
	comes(&s.w);
	told(&s.w, "message.sent", handed[0]);
	assert_int_equal(store_hash(s.w.store, &before, &e), ST_OK);
	(void)next(&s, 1);
	assert_int_equal(view_explain(&s.v, 1, paper(&s), &e), ST_OK);
	const struct json *d = read(&s);
	assert_true(json_is(d, json_get(d, 0, "last_decision"), JSON_OBJECT));
	assert_true(text_is(&s, json_get(d, 0, "where"), "step", "guide"));
	assert_int_equal(store_hash(s.w.store, &after, &e), ST_OK);
	assert_true(before == after);
	rise(&s);
}

/* What should have happened by now, and what waits for a person. */
static void test_late(void **state)
{
	struct seat s;
	struct err e;
	struct view_late l;
	(void)state;
	sit(&s);
	comes(&s.w);
	told(&s.w, "message.sent", handed[0]);
	seen(&s.w, "reply", handed[0], 0);
	does(&s.w, "form.ebook", "bea@acme.example", NULL, "{}");
	does(&s.w, "form.ebook", "cid@acme.example", NULL, "{}");
	told(&s.w, "message.deferred", handed[handed_n - 2]);
	told(&s.w, "message.uncertain", handed[handed_n - 1]);
	int64_t now = s.w.now_us;
	assert_int_equal(view_late(s.w.store, now, &l, &e), ST_OK);
	assert_true(l.handoffs == 0 && l.messages == 0 && l.uncertain == 1 && l.held == 0);
	assert_int_equal(view_late(s.w.store, now + 30 * US_PER_M, &l, &e), ST_OK);
	assert_true(l.handoffs == 0 && l.messages > 0 && l.message_us <= now + 5 * US_PER_M);
	assert_int_equal(view_late(s.w.store, now + 5 * US_PER_H, &l, &e), ST_OK);
	assert_true(l.handoffs == 1 && l.handoff_us > now);
	orders(&s.w, "sending.pause", "{\"reason\":\"test\"}", EVENT_SYSTEM);
	passes(&s.w, US_PER_H);
	does(&s.w, "form.ebook", "dan@acme.example", NULL, "{}");
	assert_int_equal(view_late(s.w.store, s.w.now_us, &l, &e), ST_OK);
	assert_int_equal(l.held, 2); /* who is new, and the message that was to be tried again */
	uint32_t x = next(&s, 4);
	assert_true(text_is(&s, x, "words", "held until sending is resumed: test"));
	rise(&s);
}

static void test_why_not(void **state)
{
	struct seat s;
	struct err e;
	(void)state;
	sit(&s);
	comes(&s.w);
	told(&s.w, "message.sent", handed[0]);
	assert_int_equal(view_why_not(&s.v, 1, STR("late"), paper(&s), &e), ST_OK);
	const struct json *d = read(&s);
	assert_true(json_is(d, json_get(d, 0, "in_the_way"), JSON_OBJECT));
	orders(&s.w, "sending.pause", "{\"reason\":\"wrong price\"}", EVENT_SYSTEM);
	orders(&s.w, "track.move", "{\"lead\":1,\"track\":\"late\"}", EVENT_SYSTEM);
	assert_int_equal(view_why_not(&s.v, 1, STR("offer"), paper(&s), &e), ST_OK);
	d = read(&s);
	uint32_t way = json_get(d, 0, "in_the_way");
	struct str what = json_str(d, json_get(d, way, "what"), &s.w.arena);
	if (str_find(what, STR("paused")) == what.n)
		fail_msg(STR_FMT, STR_ARG(buf_view(&s.text)));
	assert_int_equal(view_why_not(&s.v, 1, STR("nothing"), paper(&s), &e), ST_NOT_FOUND);
	rise(&s);
}

/* A lead in the hands of a person, one that has stopped, and a stranger: each has its answer. */
static void test_next_of_those_who_rest(void **state)
{
	struct seat s;
	(void)state;
	sit(&s);
	comes(&s.w);
	told(&s.w, "message.sent", handed[0]);
	seen(&s.w, "reply", handed[0], 0);
	uint32_t x = next(&s, 1);
	assert_true(text_is(&s, x, "words", "nothing: a person has this lead"));
	does(&s.w, "form.ebook", "bea@acme.example", NULL, "{}");
	told(&s.w, "message.sent", handed[handed_n - 1]);
	seen(&s.w, "email.unsubscribe", handed[handed_n - 1], 0);
	x = next(&s, 2);
	struct str words = json_str(&s.doc, json_get(&s.doc, x, "words"), &s.w.arena);
	assert_true(str_starts(words, STR("nothing: automated messages have ended")));
	does(&s.w, "page.home", NULL, "device-1", "{}");
	(void)next(&s, 3);
	rise(&s);
}

/* ---- numbers ---- */

static int64_t rate_n(struct seat *s, uint32_t row, const char *key, const char *part)
{
	return (int64_t)number(&s->doc, json_get(&s->doc, row, key), part);
}

struct tally {
	int64_t sent, opened, clicked, cta, replied, unsubscribed, bounced, next, moved, accepted;
};

/* The slow way: every message is looked at. */
static struct tally count_all(struct seat *s, const char *step, enum tier tier, const char *angle)
{
	struct tally t = {0};
	struct str row;
	struct err e;
	for (uint64_t id = 1;
	     store_get(s->w.store, TABLE_MESSAGE, KEY_NUM(id), &s->w.arena, &row, &e) == ST_OK;
	     id++) {
		struct message m = message_of(&s->w, id);
		if (!str_is(m.step, step) || (tier < TIER_COUNT && m.tier != (uint32_t)tier) ||
		    (angle && !str_is(m.angle, angle)))
			continue;
		t.sent += m.state == MESSAGE_SENT || m.state == MESSAGE_UNCERTAIN;
		t.opened += (m.flags & MESSAGE_OPENED) != 0;
		t.clicked += (m.flags & MESSAGE_CLICKED) != 0;
		t.cta += (m.flags & MESSAGE_CLICKED_CTA) != 0;
		t.replied += (m.flags & MESSAGE_REPLIED) != 0;
		t.unsubscribed += (m.flags & MESSAGE_UNSUBSCRIBED) != 0;
		t.bounced += (m.flags & MESSAGE_BOUNCED) != 0;
		t.next += (m.flags & MESSAGE_NEXT) != 0;
		t.moved += (m.flags & MESSAGE_MOVED) != 0;
		t.accepted += (m.flags & MESSAGE_ACCEPTED) != 0;
	}
	return t;
}

static void check_row(struct seat *s, uint32_t row, const struct tally *t)
{
	assert_int_equal(number(&s->doc, row, "sent"), t->sent);
	assert_int_equal(rate_n(s, row, "delivered", "n"), t->sent - t->bounced);
	assert_int_equal(rate_n(s, row, "opened", "n"), t->opened);
	assert_int_equal(rate_n(s, row, "clicked", "n"), t->clicked);
	assert_int_equal(rate_n(s, row, "clicked", "of"), t->sent - t->bounced);
	assert_int_equal(rate_n(s, row, "replied", "n"), t->replied);
	assert_int_equal(rate_n(s, row, "unsubscribed", "n"), t->unsubscribed);
	assert_int_equal(rate_n(s, row, "bounced", "n"), t->bounced);
	assert_int_equal(rate_n(s, row, "next_step", "n"), t->next);
	assert_int_equal(rate_n(s, row, "other_track", "n"), t->moved);
	assert_int_equal(rate_n(s, row, "sales_accepted", "n"), t->accepted);
	int64_t cta = 0;
	uint32_t list = json_get(&s->doc, row, "clicks_by_cta");
	for (uint32_t x = json_first(&s->doc, list); x != JSON_NONE;
	     x = json_next(&s->doc, list, x))
		cta += rate_n(s, x, "clicked", "n");
	assert_int_equal(rate_n(s, row, "clicked_cta", "n"), t->cta);
	if (json_get(&s->doc, row, "slice") == JSON_NONE)
		assert_int_equal(cta, t->cta);
}

static void report(struct seat *s, enum view_by by)
{
	struct err e;
	const struct view_numbers q = {s->w.now_us - 200 * US_PER_D, s->w.now_us, by};
	if (view_report_tracks(&s->v, &q, paper(s), &e) != ST_OK)
		fail_msg("%s", e.text);
	(void)read(s);
}

static void one_reaction(struct seat *s, uint64_t id, uint64_t dice)
{
	char text[64];
	(void)snprintf(text, sizeof text, "{\"message\":%llu,\"cta\":true}",
		       (unsigned long long)id);
	switch (dice % 9) {
	case 0: seen(&s->w, "email.open", id, 0); return;
	case 1: seen(&s->w, "email.open", id, EVENT_MACHINE); return;
	case 2: seen(&s->w, "email.click", id, 0); return;
	case 3:
		s->w.source = "observe";
		orders(&s->w, "email.click", arena_strz(&s->w.arena, str_of(text)), 0);
		s->w.source = NULL;
		return;
	case 4: seen(&s->w, "reply", id, 0); return;
	case 5: seen(&s->w, "email.bounce", id, 0); return;
	case 6: seen(&s->w, "email.unsubscribe", id, 0); return;
	default: return;
	}
}

static void live(struct seat *s, struct rng *dice)
{
	char mail[64];
	size_t at = 0;
	for (int i = 0; i < 40; i++) {
		(void)snprintf(mail, sizeof mail, "p%d@acme%d.example", i, i);
		does(&s->w, "form.ebook", mail, NULL, "{}");
		for (int k = 0; k < 4; k++, at += at < handed_n) {
			if (at == handed_n || handed_n > 56)
				break;
			bool lost = rng_below(dice, 6) == 0;
			told(&s->w, lost ? "message.uncertain" : "message.sent", handed[at]);
			one_reaction(s, handed[at], rng_u64(dice));
			if (lost && rng_below(dice, 2))
				told(&s->w, "message.failed", handed[at]);
		}
		passes(&s->w, (int64_t)rng_below(dice, 30) * US_PER_H);
		if (handed_n > 50)
			break;
	}
	for (int i = 1; i <= 3; i++) {
		(void)snprintf(mail, sizeof mail, "{\"handoff\":%d}", i);
		orders(&s->w, "handoff.accept", arena_strz(&s->w.arena, str_of(mail)),
		       EVENT_SYSTEM);
	}
}

/* The report is what looking at every message gives, in whole and in slices. */
static void test_report_is_brute_force(void **state)
{
	struct seat s;
	struct rng dice;
	(void)state;
	rng_seed(&dice, 11);
	sit(&s);
	live(&s, &dice);
	static const enum view_by ways[] = {VIEW_BY_NONE, VIEW_BY_TIER, VIEW_BY_VARIANT};
	for (size_t i = 0; i < 3; i++) {
		size_t rows = 0;
		int64_t sent = 0;
		report(&s, ways[i]);
		uint32_t list = json_get(&s.doc, 0, "positions");
		for (uint32_t r = json_first(&s.doc, list); r != JSON_NONE;
		     r = json_next(&s.doc, list, r), rows++) {
			enum tier tier = TIER_COUNT;
			struct str slice =
				json_str(&s.doc, json_get(&s.doc, r, "slice"), &s.w.arena);
			struct str step = json_str(&s.doc, json_get(&s.doc, r, "step"), &s.w.arena);
			if (ways[i] == VIEW_BY_TIER)
				assert_true(tier_of(slice, &tier));
			const struct tally t = count_all(
				&s, arena_strz(&s.w.arena, step), tier,
				ways[i] == VIEW_BY_VARIANT ? arena_strz(&s.w.arena, slice) : NULL);
			check_row(&s, r, &t);
			sent += t.sent;
		}
		assert_in_range(rows, 1, 12);
		assert_true(sent >= 20);
	}
	rise(&s);
}

/* Who entered, who was reached and how fast, who was handed on: one cohort. */
static void test_cohort(void **state)
{
	struct seat s;
	(void)state;
	sit(&s);
	comes(&s.w);
	does(&s.w, "form.ebook", "bea@bolt.example", NULL, "{}");
	passes(&s.w, 40 * US_PER_S);
	told(&s.w, "message.sent", handed[0]);
	seen(&s.w, "reply", handed[0], 0);
	orders(&s.w, "handoff.accept", "{\"handoff\":1}", EVENT_SYSTEM);
	does(&s.w, "meeting.booked", "ada@acme.example", NULL, "{}");
	does(&s.w, "meeting.booked", "ada@acme.example", NULL, "{}"); /* counted once */
	report(&s, VIEW_BY_NONE);
	uint32_t early = json_first(&s.doc, json_get(&s.doc, 0, "tracks"));
	assert_int_equal(number(&s.doc, early, "entered"), 2);
	assert_int_equal(rate_n(&s, early, "contacted", "n"), 1);
	assert_int_equal(rate_n(&s, early, "contacted", "of"), 2);
	assert_int_equal(rate_n(&s, early, "handed_off", "n"), 1);
	assert_int_equal(rate_n(&s, early, "handed_off", "of"), 2);
	assert_int_equal(rate_n(&s, early, "completed", "of"), 2);
	assert_int_equal(rate_n(&s, early, "sales_accepted", "n"), 1);
	assert_int_equal(rate_n(&s, early, "meeting", "n"), 1);
	assert_int_equal(rate_n(&s, early, "first_contact", "median_within_s"), 60);
	assert_int_equal(number(&s.doc, early, "meeting_time_decay"), 1);
	struct err e;
	const struct view_numbers q = {TIME_NONE, TIME_NONE, VIEW_BY_SOURCE};
	assert_int_equal(view_report_funnel(&s.v, &q, paper(&s), &e), ST_OK);
	const struct json *d = read(&s);
	uint32_t row = json_first(d, json_get(d, 0, "funnel"));
	assert_int_equal(rate_n(&s, row, "handed_off", "of"), 2); /* also who was not written to */
	assert_int_equal(rate_n(&s, row, "meeting", "n"), 1);
	const struct view_numbers wrong = {s.w.now_us, s.w.now_us - US_PER_D, VIEW_BY_NONE};
	assert_int_equal(view_report_tracks(&s.v, &wrong, paper(&s), &e), ST_INVALID);
	/* A message has them, who it was sent to has not. */
	const enum view_by none[] = {VIEW_BY_VARIANT, VIEW_BY_CHANNEL};
	for (size_t i = 0; i < COUNT_OF(none); i++) {
		const struct view_numbers by = {TIME_NONE, TIME_NONE, none[i]};
		assert_int_equal(view_report_funnel(&s.v, &by, paper(&s), &e), ST_INVALID);
	}
	rise(&s);
}

#define NEAR(a, b) assert_float_equal((float)(a), (float)(b), 2e-6F)
/* Two mails before one goal: the last has it, by decay both have a share; and what they cost. */
static void test_time_decay(void **state)
{
	struct seat s;
	char program[8192];
	(void)state;
	(void)snprintf(program, sizeof program, "%sdecide: {mode: off, costs: {email: 0.25}}\n",
		       nurture_program);
	sit_with(&s, program);
	comes(&s.w);
	told(&s.w, "message.sent", handed[0]);
	passes(&s.w, 10 * US_PER_D);
	told(&s.w, "message.sent", handed[1]);
	does(&s.w, "meeting.booked", "ada@acme.example", NULL, "{}");
	struct journey j = journey_of(&s.w, 1);
	double weeks = (double)(j.touches[1].at_us - j.touches[0].at_us) / (7.0 * US_PER_D);
	double first = exp2_exact(-weeks) / (1 + exp2_exact(-weeks));
	assert_true(weeks > .3 && weeks < 1.5);
	report(&s, VIEW_BY_VARIANT);
	uint32_t list = json_get(&s.doc, 0, "positions");
	double sum = 0;
	for (uint32_t r = json_first(&s.doc, list); r != JSON_NONE;
	     r = json_next(&s.doc, list, r)) {
		struct str slice = json_str(&s.doc, json_get(&s.doc, r, "slice"), &s.w.arena);
		bool last = str_eq(slice, message_of(&s.w, handed[1]).angle);
		double share = number(&s.doc, r, "meeting_time_decay");
		assert_int_equal(rate_n(&s, r, "meeting", "n"), last ? 1 : 0);
		NEAR(share, last ? 1 - first : first);
		sum += share;
	}
	NEAR(sum, 1);
	uint32_t c = json_first(&s.doc, json_get(&s.doc, 0, "channels"));
	assert_int_equal(number(&s.doc, c, "sent"), 2);
	assert_int_equal(number(&s.doc, c, "meeting"), 1);
	NEAR(number(&s.doc, c, "meeting_time_decay"), 1);
	assert_true(number(&s.doc, c, "cost") == 0.5);
	NEAR(number(&s.doc, c, "cost_per_meeting"), 0.5);
	rise(&s);
}

/* Wilson's interval against values from a table: 7 of 18, none of 10, all of 10. */
static void test_rate(void **state)
{
	struct seat s;
	static const struct {
		int64_t n, of;
		double low, high;
	} rows[] = {{7, 18, 0.2031, 0.6138},
		    {0, 10, 0, 0.2775},
		    {10, 10, 0.7225, 1},
		    {0, 14, 0, 0.2153}};
	(void)state;
	sit(&s);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct json_w *w = paper(&s);
		json_w_object(w);
		view_rate_put(w, "r", rows[i].n, rows[i].of);
		json_w_end(w);
		const struct json *d = read(&s);
		uint32_t r = json_get(d, 0, "r");
		assert_true(fabs(number(d, r, "low") - rows[i].low) < 5e-4);
		assert_true((number(d, r, "low") == 0) == (rows[i].n == 0)); /* not 1e-17 */
		assert_true(fabs(number(d, r, "high") - rows[i].high) < 5e-4);
	}
	rise(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_people_on_tracks),
		cmocka_unit_test(test_one_track),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_what_ended_is_found_at_once),
		cmocka_unit_test(test_message_pages_and_cancel),
		cmocka_unit_test(test_handoffs),
		cmocka_unit_test(test_handoffs_behind_a_merge),
		cmocka_unit_test(test_lead_orders),
		cmocka_unit_test(test_foretold),
		cmocka_unit_test(test_looking_is_free),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_why_not),
		cmocka_unit_test(test_next_of_those_who_rest),
		cmocka_unit_test(test_report_is_brute_force),
		cmocka_unit_test(test_cohort),
		cmocka_unit_test(test_time_decay),
		cmocka_unit_test(test_rate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
