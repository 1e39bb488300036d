/* SPDX-License-Identifier: Apache-2.0
 * next.c: when must somebody look at this lead again, though nothing happens?
 *
 * Due times, `for:` clocks and the longest stay on a track are known instants. A condition turns
 * by itself only if something in it moves by itself (a score that fades, days since), and of each
 * such number it is known between what it moves over any span. A span over which the condition
 * cannot turn is passed over, one over which it may is cut in half, the earliest first: what is
 * left is the instant until which nothing turns. From an event it is found to a fraction of its
 * distance, which is cheap, and nearer from there; so a condition that turns once in a month costs
 * a few looks, one that never does costs none.
 *
 * Where that does not lead anywhere (a number goes through a function; a curve runs along its
 * threshold) it is looked at again after a fraction of the lead's silence, so that the looks grow
 * rarer and a lead costs some seventy of them in a year. So it is with what colleagues change about
 * the company, which may be any time: a change sets no alarm for all its people, they look for it,
 * but only from when the condition could turn by it. */
#include "decide/internal.h"

#define LOOK_FRACTION 16
#define LOOK_LEAST_US (6 * US_PER_H)
#define LOOK_MOST_US (7 * US_PER_D)

#define FAR_US (400 * US_PER_D) /* further ahead it is looked at then */
#define NEAR_US US_PER_S        /* a turn is noticed so soon behind it */
#define NEAR_FRACTION 64        /* ... or looked at so much of its distance before it */
#define CUTS_MAX 96             /* spans looked at for one condition */
#define SPANS_MAX 64            /* halving adds one per level, and there are less than 60 */

#define MOVES_BY_TIME (READS_CLOCK | READS_SCORES | READS_FEATURES)
#define OF_THE_EVENT (READS_EVENT | READS_PROPERTIES)

static void sooner(int64_t *at_us, int64_t other_us)
{
	if (other_us != TIME_NONE && (*at_us == TIME_NONE || other_us < *at_us))
		*at_us = other_us;
}

static const struct journey_fired *held(const struct journey *j, uint32_t key)
{
	for (size_t i = 0; i < j->fired_n; i++)
		if (j->fired[i].key == key)
			return &j->fired[i];
	return NULL;
}

static int64_t look_again_us(const struct decide *d)
{
	int64_t now = d->env->now_us, active = d->lead->active_us;
	int64_t idle = active == TIME_NONE ? 0 : time_between(active, now);
	int64_t after = idle / LOOK_FRACTION;
	after = after < LOOK_LEAST_US ? LOOK_LEAST_US : after;
	return now + (after > LOOK_MOST_US ? LOOK_MOST_US : after);
}

/* ---- when a condition turns ---- */

struct turning {
	const struct facts *f;
	const struct program_cond *cond;
	bool holds;         /* now */
	bool account_moves; /* by others, any time */
	bool blind;         /* it may turn, and cutting does not help */
};

static bool may_turn(struct turning *t, int64_t from_us, int64_t to_us)
{
	const struct facts_span span = {from_us, to_us, t->account_moves};
	struct facts_over o = facts_over(t->f, t->cond, &span);
	t->blind = o.blind;
	return t->holds ? o.may_fail : o.may_hold;
}

static bool has_turned(struct turning *t, int64_t at_us)
{
	const struct facts_span span = {at_us, at_us, t->account_moves};
	struct facts_over o = facts_over(t->f, t->cond, &span);
	return t->holds ? !o.may_hold : !o.may_fail;
}

/* An instant before which it does not turn, and at or soon behind which it does or may; TIME_NONE:
 * it never turns. */
static int64_t turns_us(const struct decide *d, struct turning *t)
{
	struct {
		int64_t a, b;
	} open[SPANS_MAX]; /* the earliest on top */
	size_t n = 0;
	int64_t now = d->env->now_us, again = look_again_us(d), end = now + FAR_US;
	open[n].a = now + 1;
	open[n++].b = end;
	for (int cuts = 0; n > 0; cuts++) {
		int64_t a = open[--n].a, b = open[n].b, near = (a - now) / NEAR_FRACTION;
		if (!may_turn(t, a, b))
			continue;
		bool blind = t->blind && (b <= again || b - a <= LOOK_LEAST_US);
		if (blind || cuts >= CUTS_MAX || n + 2 > SPANS_MAX)
			return a > again ? a : again;
		if (near > NEAR_US && b - a <= near)
			return a;
		if (b - a <= NEAR_US) {
			if (has_turned(t, b))
				return b;
			continue;
		}
		int64_t mid = a + (b - a) / 2;
		open[n].a = mid;
		open[n++].b = b;
		open[n].a = a;
		open[n++].b = mid;
	}
	return may_turn(t, end, INT64_MAX / 2) ? end : TIME_NONE;
}

/* The same for a condition that is believed to hold, or not to: now, if it is not so. */
static int64_t cond_next_us(const struct decide *d, const struct facts *f,
			    const struct program_cond *cond, bool believed)
{
	if (cond->reads & OF_THE_EVENT)
		return TIME_NONE; /* only another event can say */
	struct turning t = {.f = f, .cond = cond, .holds = facts_hold(f, cond, NULL)};
	if (t.holds != believed)
		return d->env->now_us;
	int64_t at = cond->reads & MOVES_BY_TIME ? turns_us(d, &t) : TIME_NONE;
	t.account_moves = (cond->reads & READS_ACCOUNT) && d->lead->account != 0;
	if (t.account_moves)
		sooner(&at, turns_us(d, &t));
	return at;
}

/* ---- triggers, the way out, the way in ---- */

static int64_t triggers_next_us(const struct decide *d)
{
	const struct program_play *play = d->now.program->play;
	const struct journey *j = d->journey;
	int64_t at = TIME_NONE;
	for (size_t i = 0; i < play->triggers_n; i++) {
		const struct program_trigger *g = &play->triggers[i];
		const struct journey_fired *x = held(j, g->key);
		if (x != NULL && !x->fired)
			sooner(&at, x->since_us + g->for_us);
		if (x != NULL || j->fired_n < JOURNEY_FIRED_MAX)
			sooner(&at, cond_next_us(d, d->facts, &g->when, x != NULL));
	}
	return at;
}

/* The condition is that of the version the lead is pinned to. */
static int64_t way_out_us(const struct decide *d, const struct program_cond *exit)
{
	struct facts here;
	struct err e;
	struct arena_mark mark = arena_mark(d->arena);
	int64_t at = look_again_us(d);
	if (decide_facts_of(d, d->pinned.program, &here, &e) == ST_OK)
		at = cond_next_us(d, &here, exit, false);
	arena_rewind(d->arena, mark);
	return at;
}

/* A lead on a track: when it has been there too long, or its way out opens. */
static int64_t exit_next_us(const struct decide *d)
{
	const struct journey *j = d->journey;
	const struct program *p = d->pinned.program;
	size_t track = p != NULL && j->track.n > 0 ? program_track_of(p, j->track) : NO_INDEX;
	int64_t at = TIME_NONE;
	if (track == NO_INDEX)
		return TIME_NONE;
	const struct program_track *k = &p->play->tracks[track];
	if (k->age_max_us > 0)
		at = j->entered_us + k->age_max_us;
	if (k->exit.prog != NULL)
		sooner(&at, way_out_us(d, &k->exit));
	return at;
}

/* A lead on no track: when one that refuses it now may let it in. */
static int64_t entry_next_us(const struct decide *d)
{
	const struct program_play *play = d->now.program->play;
	int64_t now = d->env->now_us, at = TIME_NONE, from;
	for (size_t i = 0; i < play->tracks_n; i++) {
		const struct program_track *k = &play->tracks[i];
		bool open = trigger_may_reenter(d->journey, k, now, &from);
		if (k->enter.prog == NULL || k->steps_n == 0 || (k->enter.reads & OF_THE_EVENT) ||
		    !trigger_persona_fits(k, d->lead))
			continue;
		sooner(&at, open ? cond_next_us(d, d->facts, &k->enter, false) : from);
	}
	return at;
}

int64_t decide_next_us(const struct decide *d)
{
	const struct journey *j = d->journey;
	int64_t at = j->due_us;
	if (!journey_automated(j) || !trigger_reachable(d->lead))
		return at;
	sooner(&at, triggers_next_us(d));
	sooner(&at, j->phase == JOURNEY_OUT ? entry_next_us(d) : exit_next_us(d));
	return at;
}
