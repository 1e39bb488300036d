/* SPDX-License-Identifier: Apache-2.0
 * test_score.h: what the tests of this room share: random programs and random leads.
 */
#ifndef SCORE_TEST_SCORE_H
#define SCORE_TEST_SCORE_H

#include "base/random.h"
#include "score/score.h"

#define T0 INT64_C(1795000000000000)

/* A program whose arrays can be written. */
struct world {
	struct program p;
	struct program_points points[8];
	struct program_fit fit[4];
	struct program_entry entries[2];
	struct arena arena;
};

static inline void world_init(struct world *w)
{
	static const char *const types[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
	static const char *const fits[] = {"big", "right_title", "right_country", "competitor"};
	*w = (struct world){.p = {.fit_weight = 0.5, .engagement_weight = 0.5}};
	for (size_t i = 0; i < 8; i++)
		w->points[i] = (struct program_points){
			.name = str_of(types[i]),
			.key = (uint32_t)(i * 7919 + 5),
			.on = {.type = str_of(types[i])},
			.points = 10,
			.half_life_us = 14 * US_PER_D,
		};
	for (size_t i = 0; i < 4; i++)
		w->fit[i] =
			(struct program_fit){.name = str_of(fits[i]), .points = i == 3 ? -50 : 30};
	w->entries[0] = (struct program_entry){.name = STR("partner"), .fit_points = 15};
	w->p.points = w->points;
	w->p.points_n = 8;
	w->p.fit = w->fit;
	w->p.fit_n = 4;
	w->p.entries = w->entries;
	w->p.entries_n = 1;
	w->p.consent.honour_dnt = true;
	w->p.tiers[TIER_WARM] = (struct program_tier){.up = 30, .down = 25};
	w->p.tiers[TIER_HOT] = (struct program_tier){.up = 60, .down = 50};
	arena_init(&w->arena, 16u << 20);
}

static inline void world_finish(struct world *w)
{
	arena_finish(&w->arena);
}

static inline int64_t random_span(struct rng *r)
{
	static const int64_t spans[] = {US_PER_H,      US_PER_D,      7 * US_PER_D,
					14 * US_PER_D, 30 * US_PER_D, 365 * US_PER_D};
	return spans[rng_below(r, 6)] + (int64_t)rng_below(r, 1000);
}

/* Rules of all kinds; `falling`: none that rises while it fades. */
static inline void random_rules(struct world *w, struct rng *r, bool falling)
{
	int64_t common = random_span(r);
	bool one = rng_below(r, 2);
	for (size_t i = 0; i < 8; i++) {
		struct program_points *x = &w->points[i];
		x->points = (double)rng_below(r, 3000) / 100.0;
		if (!falling && rng_below(r, 3) == 0)
			x->points = -x->points;
		x->half_life_us = one ? common : random_span(r);
		if (rng_below(r, 10) == 0)
			x->half_life_us = 0;
		x->points_max = rng_below(r, 4) ? 0 : (double)rng_below(r, 40);
	}
	w->p.inactivity = (struct program_inactivity){0};
	if (rng_below(r, 2))
		w->p.inactivity = (struct program_inactivity){
			.after_us = random_span(r),
			.every_us = rng_below(r, 8) ? random_span(r) : 0,
			.points = (double)rng_below(r, 1000) / 100.0,
			.points_max = (double)rng_below(r, 60),
		};
	w->p.fit_weight = rng_below(r, 3) ? 0.5 : (double)rng_below(r, 100) / 100.0;
	w->p.engagement_weight = rng_below(r, 3) ? 0.5 : (double)rng_below(r, 150) / 100.0;
	w->p.tiers[TIER_WARM].down = (double)rng_below(r, 30);
	w->p.tiers[TIER_WARM].up = w->p.tiers[TIER_WARM].down + (double)rng_below(r, 10);
	w->p.tiers[TIER_HOT].down = w->p.tiers[TIER_WARM].up + (double)rng_below(r, 20);
	w->p.tiers[TIER_HOT].up = w->p.tiers[TIER_HOT].down + (double)rng_below(r, 20);
}

static inline double act(struct world *w, struct lead *l, size_t rule, int64_t at_us,
			 uint32_t flags)
{
	double points = 0;
	struct event ev = {.type = w->points[rule].on.type,
			   .occurred_us = at_us,
			   .received_us = at_us,
			   .flags = flags};
	struct facts f = {
		.program = &w->p, .lead = l, .event = &ev, .now_us = at_us, .arena = &w->arena};
	enum status st = score_event(l, &f, &w->arena, &points, NULL);
	return st == ST_OK ? points : -1e9;
}

static inline struct score evaluate(struct world *w, const struct lead *l, int64_t now_us)
{
	struct score s;
	struct facts f = {.program = &w->p, .lead = l, .now_us = now_us, .arena = &w->arena};
	score_evaluate(&f, &s);
	return s;
}

/* A lead with a random past up to T0, evaluated there. */
static inline void random_lead(struct world *w, struct rng *r, struct lead *l)
{
	size_t n = rng_below(r, 25);
	lead_init(l, 1, T0 - 200 * US_PER_D);
	for (size_t i = 0; i < n; i++)
		(void)act(w, l, rng_below(r, 8),
			  T0 - (int64_t)rng_below(r, (uint64_t)(60 * US_PER_D)), 0);
	l->fit_mask = rng_below(r, 16);
	l->entry = (uint32_t)rng_below(r, 2);
	l->entry_points = l->entry ? w->entries[0].fit_points : 0;
	struct score s = evaluate(w, l, T0);
	score_keep(l, &s);
}

#endif
