/* SPDX-License-Identifier: Apache-2.0
 * context.c: a lead and a moment, as the row of numbers that models are fed. Everything in it is
 * known at the instant of the choice; nothing in it says who somebody is. */
#include "decide/internal.h"
#include "decide/mind.h"

#include "base/hash.h"
#include "base/time.h"

#include <math.h>
#include <stdio.h>

/* Not the version of the context: who shares a place with whom does not change with every new
 * number. */
#define PLACES_SALT 2

static const struct {
	const char *name;
	size_t at, places;
} rows[] = {
#define CONTEXT(name, text) {#name, CONTEXT_##name, 1},
#define SPREAD(name, places, text) {#name, CONTEXT_##name, places},
#include "decide/context.def"
#undef CONTEXT
#undef SPREAD
};

void context_name(size_t i, char out[32])
{
	size_t r = sizeof rows / sizeof *rows - 1;
	while (rows[r].at > i)
		r--;
	if (rows[r].places == 1)
		(void)snprintf(out, 32, "%s", rows[r].name);
	else
		(void)snprintf(out, 32, "%s.%zu", rows[r].name, i - rows[r].at);
}

static float of(double v, double most)
{
	return (float)(v > most ? 1 : v / most);
}

static float squeezed(double v)
{
	return (float)(v / (1 + fabs(v)));
}

static void spread(float *x, size_t at, size_t places, struct str text)
{
	if (text.n > 0)
		x[at + hash_str(text, PLACES_SALT) % places] = 1;
}

/* ---- what was said, and heard ---- */

static double faded(const struct journey *j, uint32_t flag, int64_t now_us, int64_t half_us)
{
	double sum = 0;
	for (size_t i = 0; i < j->touches_n; i++)
		if (j->touches[i].flags & flag)
			sum += decay_exact(time_between(j->touches[i].at_us, now_us), half_us);
	return sum;
}

static void touches(const struct turn *t, float *x)
{
	const struct journey *j = t->j;
	int64_t now = t->now_us;
	static const struct {
		size_t at;
		uint32_t flag;
		int64_t half_us;
	} fades[] = {
		{CONTEXT_opened_14d, TOUCH_OPENED, 14 * US_PER_D},
		{CONTEXT_clicked_3d, TOUCH_CLICKED, 3 * US_PER_D},
		{CONTEXT_clicked_14d, TOUCH_CLICKED, 14 * US_PER_D},
		{CONTEXT_clicked_60d, TOUCH_CLICKED, 60 * US_PER_D},
		{CONTEXT_replied_60d, TOUCH_REPLIED, 60 * US_PER_D},
	};
	double clicked = 0;
	for (size_t i = 0; i < sizeof fades / sizeof *fades; i++)
		x[fades[i].at] = squeezed(faded(j, fades[i].flag, now, fades[i].half_us));
	for (size_t i = 0; i < j->touches_n; i++)
		clicked += (j->touches[i].flags & TOUCH_CLICKED) != 0;
	x[CONTEXT_click_share] = (float)((clicked + 0.5) / ((double)j->touches_n + 5));
	x[CONTEXT_sent_1d] = of(journey_touches_in(j, 0, now - US_PER_D, now), 2);
	x[CONTEXT_sent_7d] = of(journey_touches_in(j, 0, now - 7 * US_PER_D, now), 5);
	x[CONTEXT_sent_30d] = of(journey_touches_in(j, 0, now - 30 * US_PER_D, now), 10);
	x[CONTEXT_silent] = of(j->silent_n, 4);
	if (j->touches_n > 0)
		x[CONTEXT_touch_recent] = (float)decay_exact(
			time_between(j->touches[j->touches_n - 1].at_us, now), 15 * US_PER_D);
}

/* ---- who ---- */

static void who(const struct turn *t, float *x)
{
	const struct program *p = t->d->now.program;
	const struct facts *f = t->d->facts;
	const struct json *profile = facts_profile(f);
	uint32_t persona = t->d->lead->persona;
	if (persona > 0 && persona <= p->personas_n)
		spread(x, CONTEXT_persona, 8, p->personas[persona - 1].name);
	if (profile != NULL && profile->count > 0) {
		struct arena *a = t->d->arena;
		spread(x, CONTEXT_source, 8, json_str(profile, json_get(profile, 0, "source"), a));
		spread(x, CONTEXT_country, 4,
		       json_str(profile, json_get(profile, 0, "country"), a));
	}
	const double *v = facts_features(f);
	for (size_t i = 0; v != NULL && i < p->features_n; i++) {
		uint64_t h = hash_str(p->features[i].name, PLACES_SALT);
		float *place = &x[CONTEXT_feature + h % 8];
		float sum = *place + (isfinite(v[i]) ? squeezed(v[i]) : 0);
		*place = sum > 2 ? 2 : sum;
	}
}

/* ---- where it is ---- */

void context_of(const struct turn *t, float *x)
{
	const struct facts *f = t->d->facts;
	const struct journey *j = t->j;
	double fatigue = guards_fatigue(j, &t->d->now.program->play->guardrails, t->now_us);
	for (size_t i = 0; i < CONTEXT_COUNT; i++)
		x[i] = 0;
	x[CONTEXT_one] = 1;
	x[CONTEXT_fit] = of(f->fit, 100);
	x[CONTEXT_engagement] = of(f->engagement, 100);
	x[CONTEXT_warm] = f->tier == TIER_WARM;
	x[CONTEXT_hot] = f->tier == TIER_HOT;
	x[CONTEXT_fatigue] = squeezed(fatigue);
	x[CONTEXT_on_track] =
		(float)(log1p((double)time_between(j->entered_us, t->now_us) / (double)US_PER_D) /
			5);
	x[CONTEXT_again] = of(j->again_n, 3);
	x[CONTEXT_step] = of(j->step_n, 10);
	touches(t, x);
	who(t, x);
}

void context_gap(const struct turn *t, const struct candidate *c, float *since_r, float *tired_r)
{
	const struct program_guardrails *g = &t->d->now.program->play->guardrails;
	*since_r = *tired_r = 0;
	if (c->nothing || c->gap == 0)
		return;
	*since_r = (float)(log1p((double)c->since_us / (double)US_PER_D) / 5);
	*tired_r = squeezed(guards_fatigue(t->j, g, c->at_us));
}

void context_slot(const struct turn *t, const struct candidate *c, float *x)
{
	mind_slot(t->d->world->zone, c->at_us, c->nothing, x);
	x[CONTEXT_slot_read] = c->nothing ? 0 : reading_around(t, c->at_us);
	context_gap(t, c, &x[CONTEXT_slot_since], &x[CONTEXT_slot_tired]);
}
