/* SPDX-License-Identifier: Apache-2.0
 * journeys.c: see journeys.h. The index row names track, step and tier, so that a list by track
 * and tier is one range of keys per step; it moves only when one of them does. */
#include "engine/journeys.h"

#include "base/assert.h"
#include "base/time.h"
#include "engine/account.h"
#include "engine/outbox.h"
#include "identity/identity.h"
#include "model/notice.h"

struct str journeys_key(const struct journeys_at *at, struct arena *a)
{
	struct buf key;
	buf_init_arena(&key, a, STORE_KEY_MAX);
	buf_str(&key, at->track);
	buf_byte(&key, '\0');
	if (at->step.p != NULL) {
		buf_str(&key, at->step);
		buf_byte(&key, '\0');
	}
	if (at->tier >= 0) {
		struct key lead = key_u8_u64((uint8_t)at->tier, at->lead);
		buf_str(&key, key_view(&lead));
	}
	return buf_ok(&key) ? buf_view(&key) : STR_NULL;
}

static struct str track_key(struct batch *b, const struct journey *j, int tier)
{
	const struct journeys_at at = {j->track, j->step, tier, j->lead};
	if (j->track.n == 0 || tier < 0)
		return STR_NULL;
	struct str key = journeys_key(&at, &b->keep);
	ASSERT(key.n > 0);
	return key;
}

/* ---- how many are where ---- */

static bool walked_out(const struct journey *j)
{
	return j->track.n == 0 && j->past_n > 0 && journey_automated(j) &&
	       str_is(j->past[j->past_n - 1].reason, "exhausted");
}

const char *journeys_phase(const struct journey *j)
{
	if (walked_out(j))
		return "exhausted";
	bool unsent = j->phase == JOURNEY_WATCHING && j->due_us == TIME_NONE;
	return unsent ? "ready" : journey_phase_name(j->phase);
}

static void inside_of(const struct journey *j, int tier, struct str out[3])
{
	struct str none = STR("-");
	out[0] = out[1] = out[2] = STR_NULL;
	if (tier < 0)
		return;
	out[0] = j->track.n ? j->track : walked_out(j) ? j->past[j->past_n - 1].track : none;
	out[1] = j->track.n ? j->step : none;
	out[2] = str_of(journeys_phase(j));
}

static void count_inside(struct batch *b, struct work *w, int tier)
{
	struct str now[3];
	bool same = true;
	inside_of(w->journey, tier, now);
	for (size_t i = 0; i < 3; i++)
		same = same && str_eq(now[i], w->inside[i]);
	if (same)
		return;
	if (w->inside[0].n)
		batch_count(b, COUNT_NOW_US, "inside", w->inside, 3, -1);
	if (now[0].n)
		batch_count(b, COUNT_NOW_US, "inside", now, 3, 1);
	memcpy(w->inside, now, sizeof now);
}

/* ---- in the working set ---- */

enum status batch_journey(struct batch *b, struct work *w, struct err *e)
{
	if (w->journey_loaded || w->journey_text.n == 0)
		return ST_OK;
	struct journey *j = ARENA_NEW(&b->keep, struct journey);
	if (j == NULL)
		return err_set(e, ST_NO_MEMORY, "a journey does not fit the batch");
	enum status st = journey_decode(w->lead.id, w->journey_text, &b->keep, j, e);
	if (st != ST_OK)
		return st;
	w->journey = j;
	w->journey_loaded = true;
	/* A row in a list of leads is there exactly while one of the track index may be. */
	w->track_row = track_key(b, j, lead_list_tier(w->list_row));
	inside_of(j, lead_list_tier(w->list_row), w->inside);
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

static enum status put_index(struct batch *b, struct work *w, int tier, struct err *e)
{
	enum status st = ST_OK;
	struct str key = track_key(b, w->journey, tier);
	if (str_eq(key, w->track_row))
		return ST_OK;
	if (w->track_row.n)
		st = store_del(b->store, TABLE_TRACK_LEAD, KEY_BYTES(w->track_row), e);
	if (st == ST_OK && key.n)
		st = store_put(b->store, TABLE_TRACK_LEAD, KEY_BYTES(key), STR(""), e);
	w->track_row = key;
	return st;
}

enum status journeys_place(struct batch *b, struct work *w, struct err *e)
{
	enum status st = ST_OK;
	int tier = lead_list_tier(lead_list(&w->lead));
	if (w->list_row >= 0 && tier != lead_list_tier(w->list_row))
		st = batch_journey(b, w, e);
	if (st != ST_OK || w->journey == NULL)
		return st;
	count_inside(b, w, tier);
	return put_index(b, w, tier, e);
}

void journeys_encode(const struct work *w, struct buf *row)
{
	if (w->journey != NULL)
		journey_encode(w->journey, row);
	else
		buf_str(row, w->journey_text);
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
static enum status cancel_waiting(struct pass *p, struct work *w, uint64_t message, struct err *e)
{
	struct message m;
	if (message == 0)
		return ST_OK;
	enum status st = outbox_get(p->batch->store, message, p->arena, &m, e);
	return st == ST_OK ? account_not_leave(p, w, &m, STR("the lead was merged"), e) : st;
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
		st = other != NULL ? cancel_waiting(p, into, other->message, e) : ST_OK;
		batch_journey_set(p->batch, into, copy);
	} else {
		merge_touches(new, old);
		st = cancel_waiting(p, from, old->message, e);
		batch_journey_set(p->batch, into, new);
	}
	/* The row of the one who is no more keeps the past, and nothing is due any more. */
	old->due_us = TIME_NONE;
	old->message = old->handoff = 0;
	old->phase = JOURNEY_OUT;
	batch_journey_set(p->batch, from, old);
	return st;
}

/* ---- splits ---- */

static bool addressed_to(const struct identity_split *split, const struct message *m)
{
	enum id_kind kind = str_is(m->channel, CHANNEL_EMAIL) ? ID_EMAIL : ID_PHONE;
	for (size_t i = 0; i < split->keys_n; i++)
		if (split->keys[i].kind == kind && str_eq(split->keys[i].value, m->address))
			return true;
	return false;
}

/* What one of them has heard weighs on that one, as if it had been said to them alone. */
static void weigh(const struct pass *p, struct journey *j, const struct touch *t, double weight)
{
	const struct program_guardrails *g = &p->program->play->guardrails;
	int64_t now = p->env.now_us, half = g->fatigue_half_life_us;
	if (t->flags & TOUCH_FAILED)
		return;
	double had = j->fatigue > 0 && j->fatigue_us < now
			     ? j->fatigue * decay_exact(time_between(j->fatigue_us, now), half)
			     : j->fatigue;
	double left = had + weight * decay_exact(time_between(t->at_us, now), half);
	j->fatigue = left > 0 ? left : 0;
	j->fatigue_us = now;
}

static enum status give_back(struct pass *p, struct journey *from, struct journey *to,
			     struct message *m, const struct touch *t, struct err *e)
{
	enum status st = outbox_give(p->batch->store, m, to->lead, p->arena, e);
	if (st != ST_OK)
		return st;
	journey_touch(to, t);
	weigh(p, from, t, -1);
	weigh(p, to, t, 1);
	return ST_OK;
}

static void touched_last(struct journey *j)
{
	j->last_touch_us = TIME_NONE;
	for (size_t i = 0; i < j->touches_n; i++)
		if (!(j->touches[i].flags & TOUCH_FAILED))
			j->last_touch_us = j->touches[i].at_us;
}

/* Parts the touches of `from`: what was sent to the other before the merge is in its own row. */
static enum status part(struct pass *p, struct journey *from, struct journey *to,
			const struct identity_split *split, struct err *e)
{
	size_t kept = 0, n = from->touches_n;
	enum status st = ST_OK;
	for (size_t i = 0; i < n && st == ST_OK; i++) {
		struct message m = {.lead = from->lead};
		const struct touch t = from->touches[i];
		st = t.message ? outbox_get(p->batch->store, t.message, p->arena, &m, e) : ST_OK;
		bool theirs = st == ST_OK && t.message && m.lead == to->lead;
		bool since = st == ST_OK && t.message && !theirs && addressed_to(split, &m);
		if (since)
			st = give_back(p, from, to, &m, &t, e);
		if (!theirs && !since)
			from->touches[kept++] = t;
	}
	from->touches_n = kept;
	touched_last(from);
	touched_last(to);
	return st;
}

enum status journeys_part(struct pass *p, const struct identity_split *split, struct err *e)
{
	struct work *from, *to;
	struct batch *b = p->batch;
	enum status st = batch_lead(b, split->survivor.lead.id, &from, e);
	if (st == ST_OK)
		st = batch_lead(b, split->loser.lead.id, &to, e);
	if (st == ST_OK)
		st = batch_journey(b, from, e);
	if (st == ST_OK)
		st = batch_journey(b, to, e);
	if (st != ST_OK || from->journey == NULL || p->program == NULL)
		return st;
	struct journey *other = to->journey;
	if (other == NULL) {
		other = ARENA_NEW(&b->keep, struct journey);
		if (other == NULL)
			return err_set(e, ST_NO_MEMORY, "a journey does not fit the batch");
		journey_init(other, to->lead.id);
	}
	st = part(p, from->journey, other, split, e);
	batch_journey_set(b, from, from->journey);
	batch_journey_set(b, to, other);
	return st;
}
