/* SPDX-License-Identifier: Apache-2.0
 * hands.c: leads in the hands of people, and the messages of the system's own, looked at from
 * outside the engine: every assignment has exactly one notice, nobody is asked to confirm who did
 * not agree, and what waits for a time is in the queue once. */
#include "base/arena.h"
#include "decide/learned.h"
#include "engine/due.h"
#include "engine/outbox.h"
#include "model/key.h"
#include "model/lead.h"
#include "model/notice.h"
#include "sim.h"

struct hands {
	struct sim *s;
	struct arena arena;
	int64_t clock_us;
	struct u64map notices; /* hand-off -> notices to whom it was given */
	uint64_t waits, looks; /* rows that should be in the queue */
	uint64_t due_messages, due_handoffs;
	uint64_t due_kept;              /* sweeps of old decisions that are due */
	int64_t oldest_us;              /* the first decision */
	uint64_t pending, due_outcomes; /* decisions whose outcome is awaited */
	uint64_t asked;
	uint64_t held; /* leads, messages and rows that wait for the switch alone */
};

static bool walk_message(void *ctx, struct store_key key, struct str value)
{
	struct hands *h = ctx;
	struct message m;
	struct err e;
	enum notice_kind k;
	uint64_t n = 0;
	arena_reset(&h->arena);
	if (message_decode(key.num, value, &h->arena, &m, &e) != ST_OK) {
		fail(h->s, "%s", e.text);
		return false;
	}
	bool waits = m.state == MESSAGE_READY || m.state == MESSAGE_DEFERRED;
	h->held += waits && m.due_us == TIME_NONE;
	if (!notice_kind_of(&m, &k)) {
		if (m.decision == 0)
			fail(h->s, "G7: message %llu has no decision", (unsigned long long)m.id);
		return true;
	}
	h->waits += waits && m.due_us != TIME_NONE;
	h->asked += k == NOTICE_CONFIRM;
	if (k == NOTICE_HANDOFF && m.reply_to == 0) {
		(void)u64map_get(&h->notices, m.handoff, &n);
		(void)u64map_put(&h->notices, m.handoff, n + 1);
	}
	return true;
}

static bool walk_handoff(void *ctx, struct store_key key, struct str value)
{
	struct hands *x = ctx;
	struct handoff h;
	struct err e;
	uint64_t n = 0;
	arena_reset(&x->arena);
	if (handoff_decode(key.num, value, &x->arena, &h, &e) != ST_OK) {
		fail(x->s, "%s", e.text);
		return false;
	}
	(void)u64map_get(&x->notices, h.id, &n);
	if (n != h.assigned_n)
		fail(x->s, "hand-off %llu was given away %u times, with %llu notices",
		     (unsigned long long)h.id, h.assigned_n, (unsigned long long)n);
	if (h.state == HANDOFF_OPEN && !h.overdue && handoff_look_us(&h) == TIME_NONE)
		fail(x->s, "hand-off %llu is open, and no clock runs", (unsigned long long)h.id);
	x->looks += handoff_look_us(&h) != TIME_NONE;
	return true;
}

static bool due_handoff(struct hands *x, uint64_t id, int64_t at_us)
{
	struct handoff h;
	struct err e;
	x->due_handoffs++;
	return handoff_get(x->s->inner, id, &x->arena, &h, &e) == ST_OK &&
	       handoff_look_us(&h) == at_us;
}

static bool due_message(struct hands *x, uint64_t id, int64_t at_us)
{
	struct message m;
	struct err e;
	x->due_messages++;
	return outbox_get(x->s->inner, id, &x->arena, &m, &e) == ST_OK && m.due_us == at_us &&
	       (m.state == MESSAGE_READY || m.state == MESSAGE_DEFERRED);
}

/* Its decision is there, and waits for what came of it. */
static bool due_outcome(struct hands *x, uint64_t id)
{
	struct str row;
	struct pending p;
	struct err e;
	x->due_outcomes++;
	return store_get(x->s->inner, TABLE_PENDING, KEY_NUM(id), &x->arena, &row, &e) == ST_OK &&
	       pending_decode(row, &p, &e) == ST_OK && p.decision == id &&
	       store_get(x->s->inner, TABLE_DECISION, KEY_NUM(id), &x->arena, &row, &e) == ST_OK;
}

/* There is one sweep of old decisions, or none. */
static bool due_kept(struct hands *x, uint64_t id)
{
	return id == 1 && ++x->due_kept == 1;
}

static bool walk_pending(void *ctx, struct store_key key, struct str value)
{
	struct hands *x = ctx;
	(void)key;
	(void)value;
	x->pending++;
	return true;
}

static bool walk_due(void *ctx, struct store_key key, struct str value)
{
	struct hands *x = ctx;
	(void)value;
	arena_reset(&x->arena);
	int64_t at = key_read_time(key.bytes, 0);
	uint64_t row = key_read_u64(key.bytes, 8), id = row & ((UINT64_C(1) << 56) - 1);
	bool ok = row >> 56 == DUE_HANDOFF   ? due_handoff(x, id, at)
		  : row >> 56 == DUE_OUTCOME ? due_outcome(x, id)
		  : row >> 56 == DUE_KEPT    ? due_kept(x, id)
					     : due_message(x, id, at);
	if (!ok)
		fail(x->s, "the queue has number %llu at a time that is not its own",
		     (unsigned long long)id);
	if (at <= x->clock_us)
		fail(x->s, "N3: number %llu of the queue should have been looked at",
		     (unsigned long long)id);
	return true;
}

static bool walk_held(void *ctx, struct store_key key, struct str value)
{
	struct hands *x = ctx;
	(void)key, (void)value;
	x->held++;
	return true;
}

static bool walk_leads(void *ctx, struct store_key key, struct str value)
{
	struct hands *x = ctx;
	struct lead l;
	struct str text;
	struct err e;
	arena_reset(&x->arena);
	struct journey *j = ARENA_NEW(&x->arena, struct journey);
	bool placed = lead_row_decode(key.num, value, &x->arena, &l, &text, &e) == ST_OK &&
		      text.n > 0 && journey_decode(key.num, text, &x->arena, j, &e) == ST_OK;
	x->held += placed && journey_held(j);
	return true;
}

/* Nobody is forgotten when the switch is lifted. */
static void check_held(struct hands *h)
{
	struct engine_sent sent;
	struct err e;
	arena_reset(&h->arena);
	if (engine_sent_read(h->s->inner, &h->arena, &sent, &e) != ST_OK)
		fail(h->s, "meta: %s", e.text);
	else if (!sent.paused && h->held > 0)
		fail(h->s, "%llu wait for a switch that is not on", (unsigned long long)h->held);
}

void check_hands(struct sim *s, int64_t clock_us)
{
	struct hands h = {.s = s, .clock_us = clock_us};
	struct err e;
	static const struct {
		enum table table;
		store_row_fn *fn;
	} walks[] = {{TABLE_MESSAGE, walk_message}, {TABLE_HANDOFF, walk_handoff},
		     {TABLE_PENDING, walk_pending}, {TABLE_DUE, walk_due},
		     {TABLE_HELD, walk_held},       {TABLE_LEAD, walk_leads}};
	arena_init(&h.arena, 4u << 20);
	u64map_init(&h.notices, 1u << 16);
	for (size_t i = 0; i < sizeof walks / sizeof walks[0] && s->failure[0] == '\0'; i++)
		if (store_scan(s->inner, walks[i].table, SCAN_ALL, walks[i].fn, &h, &e) != ST_OK)
			fail(s, "scan: %s", e.text);
	if (h.waits != h.due_messages || h.looks != h.due_handoffs)
		fail(s, "%llu notices and %llu hand-offs wait, the queue has %llu and %llu",
		     (unsigned long long)h.waits, (unsigned long long)h.looks,
		     (unsigned long long)h.due_messages, (unsigned long long)h.due_handoffs);
	if (h.pending != h.due_outcomes)
		fail(s, "%llu decisions await their outcome, the queue has %llu",
		     (unsigned long long)h.pending, (unsigned long long)h.due_outcomes);
	if (h.asked > s->agreed)
		fail(s, "G3: %llu confirmations for %llu times that somebody agreed",
		     (unsigned long long)h.asked, (unsigned long long)s->agreed);
	check_held(&h);
	u64map_finish(&h.notices);
	arena_finish(&h.arena);
}
