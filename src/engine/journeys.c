/* SPDX-License-Identifier: Apache-2.0
 * journeys.c: see journeys.h. The index row names track and step, so that a list by track is one
 * range of keys; it moves only when the place does. */
#include "engine/journeys.h"

#include "base/assert.h"
#include "base/time.h"
#include "engine/outbox.h"

static struct str track_key(struct batch *b, const struct journey *j)
{
	struct buf key;
	struct key id = key_u64(j->lead);
	if (j->track.n == 0)
		return STR_NULL;
	buf_init_arena(&key, &b->keep, STORE_KEY_MAX);
	buf_str(&key, j->track);
	buf_byte(&key, '\0');
	buf_str(&key, j->step);
	buf_byte(&key, '\0');
	buf_str(&key, key_view(&id));
	ASSERT(buf_ok(&key));
	return buf_view(&key);
}

enum status batch_journey(struct batch *b, struct work *w, struct err *e)
{
	struct str row;
	if (w->journey_loaded)
		return ST_OK;
	enum status st = store_get(b->store, TABLE_JOURNEY, KEY_NUM(w->lead.id), &b->keep, &row, e);
	w->journey_loaded = st == ST_OK || st == ST_NOT_FOUND;
	if (st == ST_NOT_FOUND)
		return ST_OK;
	struct journey *j = st == ST_OK ? ARENA_NEW(&b->keep, struct journey) : NULL;
	if (st == ST_OK && j == NULL)
		return err_set(e, ST_NO_MEMORY, "a journey does not fit the batch");
	if (st == ST_OK)
		st = journey_decode(w->lead.id, row, &b->keep, j, e);
	if (st != ST_OK)
		return st;
	w->journey = j;
	w->track_row = track_key(b, j);
	return ST_OK;
}

/* Names that point into the pass, the profile or a version are gone before the batch is. */
static void keep_names(struct batch *b, struct journey *j)
{
	j->track = arena_str(&b->keep, j->track);
	j->step = arena_str(&b->keep, j->step);
	j->reason = arena_str(&b->keep, j->reason);
	for (size_t i = 0; i < j->past_n; i++) {
		j->past[i].track = arena_str(&b->keep, j->past[i].track);
		j->past[i].reason = arena_str(&b->keep, j->past[i].reason);
	}
}

void batch_journey_set(struct batch *b, struct work *w, struct journey *j)
{
	keep_names(b, j);
	w->journey = j;
	w->journey_loaded = w->journey_dirty = true;
}

enum status journeys_put(struct batch *b, struct work *w, struct buf *row, struct err *e)
{
	enum status st = ST_OK;
	if (!w->journey_dirty)
		return ST_OK;
	struct str key = w->lead.flags & LEAD_MERGED ? STR_NULL : track_key(b, w->journey);
	if (!str_eq(key, w->track_row)) {
		if (w->track_row.n)
			st = store_del(b->store, TABLE_TRACK_LEAD, KEY_BYTES(w->track_row), e);
		if (st == ST_OK && key.n)
			st = store_put(b->store, TABLE_TRACK_LEAD, KEY_BYTES(key), STR(""), e);
		w->track_row = key;
	}
	if (st != ST_OK)
		return st;
	buf_reset(row);
	journey_encode(w->journey, row);
	ASSERT(buf_ok(row));
	w->journey_dirty = false;
	return store_put(b->store, TABLE_JOURNEY, KEY_NUM(w->lead.id), buf_view(row), e);
}

/* ---- merges ---- */

static void merge_touches(struct journey *into, const struct journey *from)
{
	struct journey all = *into;
	size_t i = 0, k = 0;
	into->touches_n = 0;
	while (i < all.touches_n || k < from->touches_n) {
		bool mine = k == from->touches_n ||
			    (i < all.touches_n && all.touches[i].at_us <= from->touches[k].at_us);
		journey_touch(into, mine ? &all.touches[i++] : &from->touches[k++]);
	}
	if (from->last_touch_us != TIME_NONE &&
	    (into->last_touch_us == TIME_NONE || into->last_touch_us < from->last_touch_us))
		into->last_touch_us = from->last_touch_us;
}

/* What was about to leave to the one who is no more is not sent: the survivor's track goes on. */
static enum status cancel_waiting(struct pass *p, const struct journey *from, struct err *e)
{
	struct message m;
	if (from->message == 0)
		return ST_OK;
	enum status st = outbox_get(p->batch->store, from->message, p->arena, &m, e);
	if (st != ST_OK || (m.state != MESSAGE_READY && m.state != MESSAGE_DEFERRED))
		return st;
	struct outbox_place was = {m.state, m.due_us};
	st = message_move(&m, MESSAGE_CANCELLED, p->env.now_us, STR("the lead was merged"), e);
	return st == ST_OK ? outbox_put(p->batch->store, &m, was, p->arena, e) : st;
}

static bool stricter(const struct journey *a, const struct journey *b)
{
	return !journey_automated(a) && journey_automated(b);
}

enum status journeys_merge(struct pass *p, struct work *into, struct work *from, struct err *e)
{
	enum status st = batch_journey(p->batch, into, e);
	if (st == ST_OK)
		st = batch_journey(p->batch, from, e);
	if (st != ST_OK || from->journey == NULL)
		return st;
	struct journey *old = from->journey, *new = into->journey;
	bool take = new == NULL || stricter(old, new);
	if (take) {
		struct journey *copy = ARENA_NEW(&p->batch->keep, struct journey);
		if (copy == NULL)
			return err_set(e, ST_NO_MEMORY, "a journey does not fit the batch");
		*copy = *old;
		copy->lead = into->lead.id;
		struct journey *other = new;
		if (other != NULL)
			merge_touches(copy, other);
		st = other != NULL ? cancel_waiting(p, other, e) : ST_OK;
		batch_journey_set(p->batch, into, copy);
	} else {
		merge_touches(new, old);
		st = cancel_waiting(p, old, e);
		batch_journey_set(p->batch, into, new);
	}
	/* The row of the one who is no more keeps the past, and nothing is due any more. */
	old->due_us = TIME_NONE;
	old->message = old->handoff = 0;
	old->phase = JOURNEY_OUT;
	batch_journey_set(p->batch, from, old);
	return st;
}
