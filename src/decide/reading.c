/* SPDX-License-Identifier: Apache-2.0
 * reading.c: at which hours is somebody at it? Counted from what they did lately (the tail of their
 * timeline, machines left out), by the hours of their own zone, and drawn towards the curve of
 * everybody (predict/hours.h), which the learner keeps. */
#include "decide/internal.h"

#include "base/time.h"
#include "predict/hours.h"

#include <math.h>

/* What has lain for a working day counts half when it is read. A window that ends after a few hours
 * would call the middle of somebody's day the best time: by then half of their day is over, and who
 * was at it before is missed until tomorrow. */
#define HALF_LIFE_H 8.0
#define HALVE_AT 50000.0 /* acts: then all counts are halved, so that habits may change */
#define LEAST 1e-3

_Static_assert(LEARNED_HOURS == PREDICT_HOURS, "one count an hour");

static unsigned local_hour(const struct tz *zone, int64_t at_us)
{
	int64_t local = at_us + tz_offset_us(zone, at_us);
	return (unsigned)((local - time_day(local) * US_PER_D) / US_PER_H) % PREDICT_HOURS;
}

static bool by_person(uint32_t flags)
{
	return !(flags & (EVENT_BOT | EVENT_MACHINE | EVENT_SYSTEM | EVENT_DNT));
}

void learned_hour(struct decide_learned *l, const struct tz *zone, int64_t at_us)
{
	double sum = 0;
	l->hours[local_hour(zone, at_us)] += 1;
	for (unsigned h = 0; h < PREDICT_HOURS; h++)
		sum += l->hours[h];
	for (unsigned h = 0; h < PREDICT_HOURS && sum >= HALVE_AT; h++)
		l->hours[h] /= 2;
}

void reading_curve(const struct turn *t, double out[PREDICT_HOURS])
{
	const struct lead *l = t->d->lead;
	double counts[PREDICT_HOURS] = {0}, all[PREDICT_HOURS];
	predict_hours_global(t->d->learned->hours, all);
	for (size_t i = 0; i < l->tail_n; i++)
		if (by_person(l->tail[i].flags) && l->tail[i].occurred_us <= t->now_us)
			counts[local_hour(t->d->world->zone, l->tail[i].occurred_us)] += 1;
	predict_hours_lead(counts, all, PREDICT_HOURS_SHRINK, out);
}

float reading_around(const struct turn *t, int64_t at_us)
{
	double curve[PREDICT_HOURS];
	if (t->d->learned == NULL)
		return 0;
	reading_curve(t, curve);
	unsigned from = local_hour(t->d->world->zone, at_us);
	double times = predict_hours_soon(curve, from, HALF_LIFE_H);
	double x = log2_exact(times > LEAST ? times : LEAST) / 3;
	return (float)(x > 1 ? 1 : x < -1 ? -1 : x);
}
