/* SPDX-License-Identifier: Apache-2.0
 * test_next.c: the next change of tier, for random leads: nothing changes before it, at it the tier
 * moves, and "never" is never. */
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

static bool moved(const struct lead *l, int64_t at_us)
{
	return evaluate(&w, l, at_us).tier_moved;
}

static void assert_still(const struct lead *l, int64_t from, int64_t to, struct rng *r)
{
	if (to <= from)
		return;
	for (int i = 0; i < 30; i++) {
		int64_t at = from + (int64_t)rng_below(r, (uint64_t)(to - from));
		if (moved(l, at))
			fail_msg("tier moves at T0%+lld, before the instant given, T0%+lld",
				 (long long)(at - T0), (long long)(to - T0));
	}
	assert_false(moved(l, to - 1));
}

/* Follows one lead from change to change, as the engine's alarms do. */
static unsigned follow(struct lead *l, struct rng *r)
{
	int64_t now = T0;
	unsigned changes = 0;
	for (; changes < 12; changes++) {
		int64_t next = score_next_change(&w.p, l, now);
		if (next == TIME_NONE) {
			assert_still(l, now, now + 20000 * US_PER_D, r);
			break;
		}
		assert_true(next > now);
		assert_still(l, now + 1, next, r);
		struct score s = evaluate(&w, l, next);
		if (!s.tier_moved)
			fail_msg("nothing changes at T0%+lld", (long long)(next - T0));
		score_keep(l, &s);
		now = next;
	}
	return changes;
}

static void run(uint64_t seed, int rounds, bool falling, bool probable)
{
	struct rng r;
	unsigned changes = 0;
	rng_seed(&r, seed);
	for (int i = 0; i < rounds; i++) {
		struct lead l;
		arena_reset(&w.arena);
		random_rules(&w, &r, falling);
		if (probable) {
			w.p.probability.slope = 0.001 * (double)(30 + rng_below(&r, 100));
			w.p.probability.bias = -w.p.probability.slope * (double)rng_below(&r, 50);
		}
		random_lead(&w, &r, &l);
		changes += follow(&l, &r);
	}
	if (changes < (unsigned)rounds / 8) /* else the test shows nothing */
		fail_msg("%u changes in %d rounds", changes, rounds);
}

static void test_falling(void **state)
{
	(void)state;
	run(31, 1500, true, false);
}

/* A score that is a probability crosses its thresholds at instants just as exact. */
static void test_probable(void **state)
{
	(void)state;
	run(33, 1500, true, true);
}

static void test_rising_and_falling(void **state)
{
	(void)state;
	run(32, 500, false, false);
}

static void check_over(struct lead *l, struct rng *r)
{
	int64_t from = T0 + (int64_t)rng_below(r, (uint64_t)(100 * US_PER_D));
	int64_t span =
		(int64_t)rng_below(r, (uint64_t)(rng_below(r, 2) ? 90 * US_PER_D : US_PER_H));
	struct cel_bounds e, t, x, y;
	score_over(&w.p, l, from, from + span, &e, &t);
	for (int64_t k = 0; k <= 20; k++) {
		int64_t at = from + span / 20 * k;
		struct score s = evaluate(&w, l, at);
		if (s.engagement < e.lo || s.engagement > e.hi || s.score < t.lo || s.score > t.hi)
			fail_msg("%g, %g are not in [%g, %g], [%g, %g]", s.engagement, s.score,
				 e.lo, e.hi, t.lo, t.hi);
		score_over(&w.p, l, at, at, &x, &y);
		assert_true(x.lo >= s.engagement && x.hi <= s.engagement);
		assert_true(y.lo >= s.score && y.hi <= s.score);
	}
}

/* What is said of a span holds at every instant of it, and is the score where it is one. */
static void test_over(void **state)
{
	struct rng r;
	(void)state;
	rng_seed(&r, 34);
	for (unsigned i = 0; i < 600; i++) {
		struct lead l;
		arena_reset(&w.arena);
		random_rules(&w, &r, false);
		random_lead(&w, &r, &l);
		for (unsigned k = 0; k < 10; k++)
			check_over(&l, &r);
	}
}

static void test_closed_form(void **state)
{
	struct lead l;
	(void)state;
	lead_init(&l, 1, T0);
	w.p.fit_weight = 0;
	w.p.engagement_weight = 1;
	w.points[0].points = 100;
	(void)act(&w, &l, 0, T0, 0);
	struct score s = evaluate(&w, &l, T0);
	score_keep(&l, &s);
	assert_int_equal(l.tier, TIER_HOT);
	int64_t next = score_next_change(&w.p, &l, T0);
	/* 100 * 2^-(t/14d) falls to 49.995, which is the last that rounds to 50. */
	double want = 14.0 * (double)US_PER_D * log2_exact(100 / 49.995);
	assert_true((double)(next - T0) - want < 2 && (double)(next - T0) - want > -2);
}

static void test_inactivity_alone(void **state)
{
	struct lead l;
	(void)state;
	lead_init(&l, 1, T0);
	w.p.fit_weight = 0;
	w.p.engagement_weight = 1;
	w.points[0].points = 70;
	w.points[0].half_life_us = 0;
	w.p.inactivity = (struct program_inactivity){30 * US_PER_D, 7 * US_PER_D, 5, 100};
	(void)act(&w, &l, 0, T0, 0);
	struct score s = evaluate(&w, &l, T0);
	score_keep(&l, &s);
	/* 70 - 5n < 50 from the fifth bite on. */
	assert_int_equal(score_next_change(&w.p, &l, T0), T0 + (30 + 5 * 7) * US_PER_D);
	l.tier = TIER_WARM; /* 70 - 5n < 25 from the tenth */
	assert_int_equal(score_next_change(&w.p, &l, T0), T0 + (30 + 10 * 7) * US_PER_D);
	w.p.inactivity.points_max = 40;
	assert_int_equal(score_next_change(&w.p, &l, T0), TIME_NONE);
}

static void test_held_back_sets_no_alarm(void **state)
{
	struct lead l;
	(void)state;
	lead_init(&l, 1, T0);
	w.p.fit_weight = 0;
	w.p.engagement_weight = 1;
	w.points[0].points = 80;
	w.points[1].points = -1;
	(void)act(&w, &l, 0, T0, 0);
	(void)act(&w, &l, 1, T0, 0);
	/* Above `up` of hot, and still warm: a condition said no. Only the fall is waited for. */
	l.tier = TIER_WARM;
	int64_t next = score_next_change(&w.p, &l, T0);
	assert_true(next > T0 + US_PER_D);
	struct score s = evaluate(&w, &l, next);
	assert_true(s.score < 25);
}

static void test_stale_tier_is_due_at_once(void **state)
{
	struct lead l;
	(void)state;
	lead_init(&l, 1, T0);
	(void)act(&w, &l, 0, T0, 0);
	l.tier = TIER_HOT;
	assert_int_equal(score_next_change(&w.p, &l, T0), T0 + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_falling, setup, teardown),
		cmocka_unit_test_setup_teardown(test_probable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rising_and_falling, setup, teardown),
		cmocka_unit_test_setup_teardown(test_over, setup, teardown),
		cmocka_unit_test_setup_teardown(test_closed_form, setup, teardown),
		cmocka_unit_test_setup_teardown(test_inactivity_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_held_back_sets_no_alarm, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stale_tier_is_due_at_once, setup, teardown),
	};
	return cmocka_run_group_tests_name("next", tests, NULL, NULL);
}
