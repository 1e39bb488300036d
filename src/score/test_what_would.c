/* SPDX-License-Identifier: Apache-2.0
 * test_what_would.c: what would make this lead hot: the words, and for random leads that each way
 * given is enough and none of its parts is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "score/test_score.h"

static struct world w;

static int setup(void **state)
{
	(void)state;
	world_init(&w);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_finish(&w);
	return 0;
}

static void ask(const struct lead *l, enum tier target, struct score_what_would *out)
{
	struct facts f = {.program = &w.p, .lead = l, .now_us = T0, .arena = &w.arena};
	score_what_would(&f, target, out);
}

static void assert_text(const struct score_what_would *x, const char *want)
{
	struct buf b;
	buf_init(&b, 4096);
	score_what_would_text(&w.p, x, &b);
	buf_byte(&b, '\0');
	assert_string_equal(b.p, want);
	buf_finish(&b);
}

/* Engagement counts half, fit counts half; hot from 60. */
static void plain(void)
{
	w.p.points_n = 2;
	w.p.fit_n = 2;
	w.points[0].points = 25;
	w.points[1].points = 10;
	w.fit[0].points = 35;
	w.fit[1].points = 80;
}

static void test_words(void **state)
{
	struct lead l;
	struct score_what_would x;
	(void)state;
	plain();
	lead_init(&l, 1, T0);
	(void)act(&w, &l, 0, T0, 0);
	(void)act(&w, &l, 0, T0, 0); /* 50 engagement */
	l.fit_mask = 1;              /* 35 fit: 42.5 in all, 17.5 missing */
	ask(&l, TIER_HOT, &x);
	assert_false(x.already);
	assert_int_equal(x.missing_cents, 1750);
	assert_text(&x,
		    "fit rule 'right_title' (+80) or 2 x a (+50) or 1 x a (+25) and 1 x b (+10) or "
		    "4 x b (+40)");
	ask(&l, TIER_WARM, &x);
	assert_true(x.already);
	assert_text(&x, "it is there already");
}

static void test_out_of_reach(void **state)
{
	struct lead l;
	struct score_what_would x;
	(void)state;
	plain();
	w.p.points_n = 1;
	w.points[0].points = 1;
	w.p.fit_n = 0;
	lead_init(&l, 1, T0);
	ask(&l, TIER_HOT, &x);
	assert_int_equal(x.n, 0);
	assert_text(&x, "no three rules are enough for the points that are missing");
}

static void test_ceiling_of_a_rule(void **state)
{
	struct lead l;
	struct score_what_would x;
	(void)state;
	plain();
	w.p.fit_n = 0;
	w.p.points_n = 1;
	w.p.fit_weight = 0;
	w.p.engagement_weight = 1;
	w.points[0].points_max = 29; /* 25, then 4 more, then nothing: 30 are out of reach */
	lead_init(&l, 1, T0);
	ask(&l, TIER_WARM, &x);
	assert_int_equal(x.n, 0);
	w.points[0].points_max = 30;
	ask(&l, TIER_WARM, &x);
	assert_int_equal(x.n, 1);
	assert_int_equal(x.ways[0].items[0].times, 2);
	(void)act(&w, &l, 0, T0 - 14 * US_PER_D, 0); /* what it has already counts against it */
	w.points[0].points_max = 31;
	ask(&l, TIER_WARM, &x);
	for (size_t i = 0; i < x.n; i++)
		assert_true(x.ways[i].total_cents <= 3100);
	lead_init(&l, 1, T0);
	w.points[0].points_max = 60;
	ask(&l, TIER_WARM, &x);
	assert_text(&x, "2 x a (+50)");
}

static void play(const struct score_way_item *x, struct lead *l)
{
	if (x->fit)
		l->fit_mask |= UINT64_C(1) << x->index;
	for (uint32_t i = 0; i < x->times && !x->fit; i++)
		(void)act(&w, l, x->index, T0, 0);
}

/* Plays the items out on a copy of the lead, leaving item `skip` away. */
static bool enough(const struct score_way *way, const struct lead *l, size_t skip, double up)
{
	struct lead now = *l;
	struct cell *cells = ARENA_ARRAY(&w.arena, struct cell, LEAD_CELLS_MAX);
	if (l->cells_n)
		memcpy(cells, l->cells, l->cells_n * sizeof cells[0]);
	now.cells = cells;
	now.cells_cap = LEAD_CELLS_MAX;
	for (size_t i = 0; i < way->n; i++) {
		if (i != skip)
			play(&way->items[i], &now);
	}
	return evaluate(&w, &now, T0).score >= up;
}

static void test_ways_are_true(void **state)
{
	struct rng r;
	unsigned ways = 0;
	(void)state;
	rng_seed(&r, 41);
	for (int round = 0; round < 400; round++) {
		struct lead l;
		struct score_what_would x;
		arena_reset(&w.arena);
		random_rules(&w, &r, true);
		random_lead(&w, &r, &l);
		ask(&l, TIER_HOT, &x);
		if (x.already)
			continue;
		for (size_t i = 0; i < x.n; i++, ways++) {
			double up = w.p.tiers[TIER_HOT].up;
			assert_true(enough(&x.ways[i], &l, SIZE_MAX, up - 0.011));
			for (size_t k = 0; k < x.ways[i].n && x.ways[i].n > 1; k++)
				assert_false(enough(&x.ways[i], &l, k, up + 0.011));
		}
	}
	assert_true(ways > 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_words, setup, teardown),
		cmocka_unit_test_setup_teardown(test_out_of_reach, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ceiling_of_a_rule, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ways_are_true, setup, teardown),
	};
	return cmocka_run_group_tests_name("what_would", tests, NULL, NULL);
}
