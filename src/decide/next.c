/* SPDX-License-Identifier: Apache-2.0
 * next.c: when must somebody look at this lead again, though nothing happens?
 *
 * Due times and `for:` clocks are known instants. A condition over things that time alone moves (a
 * fading score, days since) has no closed form here: it is looked at again after a fraction of the
 * lead's silence, so that the looks grow rarer and a lead costs some seventy of them in a year. */
#include "decide/internal.h"

#define LOOK_FRACTION 16
#define LOOK_LEAST_US (6 * US_PER_H)
#define LOOK_MOST_US (7 * US_PER_D)
#define MOVES_BY_TIME (READS_CLOCK | READS_SCORES | READS_FEATURES)

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

static int64_t triggers_next_us(const struct decide *d)
{
	const struct program_play *play = d->now.program->play;
	int64_t at = TIME_NONE;
	for (size_t i = 0; i < play->triggers_n; i++) {
		const struct program_trigger *g = &play->triggers[i];
		const struct journey_fired *x = held(d->journey, g->key);
		if (x != NULL && !x->fired)
			sooner(&at, x->since_us + g->for_us);
		else if (x == NULL && (g->when.reads & MOVES_BY_TIME) &&
			 !(g->when.reads & (READS_EVENT | READS_PROPERTIES)))
			sooner(&at, look_again_us(d));
	}
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
		if (k->enter.prog == NULL || !trigger_persona_fits(k, d->lead) ||
		    (k->enter.reads & (READS_EVENT | READS_PROPERTIES)))
			continue;
		if (!open)
			sooner(&at, from);
		else if (k->enter.reads & MOVES_BY_TIME)
			sooner(&at, look_again_us(d));
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
	if (j->phase == JOURNEY_OUT)
		sooner(&at, entry_next_us(d));
	return at;
}
