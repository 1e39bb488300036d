/* SPDX-License-Identifier: Apache-2.0
 * test_adjust.c: what was known before is taken out of a difference, no more; where it says nothing
 * nothing is gained; and two equal arms are still hardly ever told apart at any look. */
#include "base/random.h"
#include "base/test.h"
#include "evaluate/adjust.h"

#include <math.h>

static void add(struct adjust_arm *a, double x, bool hit)
{
	a->n++;
	a->hits += hit;
	a->x += x;
	a->xx += x * x;
	a->xy += hit ? x : 0;
}

/* A lead whose number is x reaches it with .02 + .06 x, and `more` of an arm that works. */
static void comes(struct rng *d, struct adjust_arm *a, double more, bool says)
{
	double x = (double)rng_below(d, 15);
	double p = (says ? .02 + .06 * x : .44) + more;
	add(a, x, (double)rng_below(d, 1000000) < 1e6 * p);
}

/* By hand: two arms of 200, x is 0 or 1, hits 10 % of zeros and 50 % of ones; the second arm has
 * more ones. The raw difference is all x. */
static void what_was_to_be_expected_is_taken_out(void **state)
{
	static const struct adjust_arm arms[] = {{200, 60, 100, 100, 50}, {200, 68, 120, 120, 60}};
	struct adjust a;
	(void)state;
	adjust_arms(arms, 2, &a);
	assert_true(a.known && fabs(a.theta - .4) < 1e-12);
	assert_true(fabs(a.pairs[1].diff) < 1e-12); /* .34 - .30 - .4 (.6 - .5) */
	assert_true(a.pairs[1].lo < -.01 && a.pairs[1].hi > .01);
	/* var_y of both .21 and .2244; of what is left .17 and .1860 (1 - r^2): the root of .82 */
	if (!(a.width > .85 && a.width < .93 && a.helps))
		fail_msg("width %.4f", a.width);
}

static void where_it_says_nothing_nothing_is_gained(void **state)
{
	struct rng d;
	struct adjust a;
	struct adjust_arm arms[2] = {{0}};
	(void)state;
	rng_seed(&d, 5);
	for (int i = 0; i < 4000; i++)
		comes(&d, &arms[rng_below(&d, 2)], 0, false);
	adjust_arms(arms, 2, &a);
	assert_true(a.known && !a.helps && a.width > .99 && a.width < 1.01);
	for (int i = 0; i < 2; i++)
		arms[i].x = arms[i].xx = arms[i].xy = 0; /* nobody was known */
	adjust_arms(arms, 2, &a);
	assert_false(a.known || a.helps);
	const struct adjust_arm few[] = {{99, 9, 50, 90, 9}, {500, 90, 250, 450, 50}};
	adjust_arms(few, 2, &a);
	assert_false(a.known);
}

/* 300 experiments of 4,000 leads, looked at every 100: equal arms, then a difference of .04 that
 * the raw interval often does not see. */
static void it_holds_at_every_look(void **state)
{
	struct rng d;
	int false_alarms = 0, found = 0, found_raw = 0;
	(void)state;
	rng_seed(&d, 78);
	for (int x = 0; x < 600; x++) {
		struct adjust a = {0};
		struct verdict v = {0};
		struct adjust_arm arms[2] = {{0}};
		bool alarm = false, raw = false, equal = x < 300;
		for (int i = 1; i <= 4000; i++) {
			size_t k = (size_t)rng_below(&d, 2);
			comes(&d, &arms[k], k == 1 && !equal ? .04 : 0, true);
			if (i % 100 != 0)
				continue;
			const struct verdict_arm plain[] = {{arms[0].n, arms[0].hits, 0, .5},
							    {arms[1].n, arms[1].hits, 0, .5}};
			adjust_arms(arms, 2, &a);
			verdict_arms(plain, 2, .1, &v);
			alarm = alarm || (a.known && (a.pairs[1].lo > 0 || a.pairs[1].hi < 0));
			raw = raw || v.kind == VERDICT_WINNER;
		}
		false_alarms += equal && alarm;
		found += !equal && alarm;
		found_raw += !equal && raw;
	}
	if (false_alarms > 15)
		fail_msg("%d of 300 equal arms were told apart", false_alarms);
	if (found < found_raw + 30)
		fail_msg("%d found with what was known before, %d without", found, found_raw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_to_be_expected_is_taken_out),
		cmocka_unit_test(where_it_says_nothing_nothing_is_gained),
		cmocka_unit_test(it_holds_at_every_look),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
