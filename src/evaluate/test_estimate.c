/* SPDX-License-Identifier: Apache-2.0
 * test_estimate.c: estimates worked out by hand, intervals where their answer is known, and a gate
 * that says why. */
#include "base/random.h"
#include "base/test.h"
#include "evaluate/evaluate.h"
#include "evaluate/experiment.h"

#include <math.h>

static void near(const char *row, double got, double want, double slack)
{
	if (!(fabs(got - want) <= slack))
		fail_msg("%s: got %.17g, want %.17g", row, got, want);
}

/* Weights 2, .5, 0; rewards 1, 0, 1. */
static const struct evaluate_row three[] = {
	{1, .25, .5, .5, .4, 1},
	{0, .5, .25, .2, .3, 1},
	{1, .5, 0, .5, .2, 2},
};

static void point_estimates(void **state)
{
	(void)state;
	static const struct {
		enum evaluate_kind kind;
		double param, want;
	} cases[] = {
		{EVALUATE_IPS, 0, 2. / 3},
		{EVALUATE_IPS_CLIP, 1.5, 1.5 / 3},
		{EVALUATE_SNIPS, 0, 2 / 2.5},
		{EVALUATE_DM, 0, .3},
		{EVALUATE_DR, 0, .3 + (2 * .5 - .5 * .2) / 3},
		{EVALUATE_SNDR, 0, .3 + (2 * .5 - .5 * .2) / 2.5},
		{EVALUATE_SWITCH_DR, 1, .3 - .5 * .2 / 3},
		{EVALUATE_DROS, 4, .3 + (4 * 2 / 8. * .5 - 4 * .5 / 4.25 * .2) / 3},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct evaluate_value v =
			evaluate_estimate(three, 3, cases[i].kind, cases[i].param);
		near(evaluate_kind_name(cases[i].kind), v.v, cases[i].want, 1e-15);
		CHECK_ROW(evaluate_kind_name(cases[i].kind), v.lo < v.v && v.v < v.hi);
	}
}

/* p_log .3, reward 1, p_new .6: the one example of the VW estimators. */
static void single_example(void **state)
{
	(void)state;
	const struct evaluate_row one = {1, .3, .6, 0, 0, 0};
	near("ips", evaluate_estimate(&one, 1, EVALUATE_IPS, 0).v, 2, 1e-15);
	near("snips", evaluate_estimate(&one, 1, EVALUATE_SNIPS, 0).v, 1, 1e-15);
	near("cressie-read", evaluate_cressie_read(&one, 1, .05).v, 1, 1e-12);
}

static void weights(void **state)
{
	(void)state;
	struct evaluate_weights w = evaluate_weights(three, 3);
	near("ess", w.ess, 2.5 * 2.5 / 4.25, 1e-15);
	near("w_max", w.w_max, 2, 0);
	near("w_mean", w.w_mean, 2.5 / 3, 1e-15);
	near("share", w.share_max, .8, 1e-15);
	near("support", w.support, 2. / 3, 1e-15);
	near("r_mean", w.r_mean, 2. / 3, 1e-15);
}

#define ROWS 10000u
static struct evaluate_row rows[ROWS], other[ROWS];

/* A logging policy of three actions, evaluated on the first; rewards of .1. */
static void make_rows(uint64_t seed)
{
	struct rng r;
	rng_seed(&r, seed);
	for (size_t i = 0; i < ROWS; i++) {
		bool first = rng_unit(&r) < 1. / 3;
		rows[i] = (struct evaluate_row){rng_unit(&r) < .1,
						first ? 1. / 3 : 1. / 3,
						first ? .8 : .1,
						.1,
						.1,
						i / 10};
	}
}

static void intervals_contain_and_nest(void **state)
{
	(void)state;
	make_rows(1);
	struct evaluate_value n = evaluate_estimate(rows, ROWS, EVALUATE_IPS, 0);
	struct evaluate_value b = evaluate_bernstein(rows, ROWS, .05);
	struct evaluate_value c = evaluate_clopper_pearson(rows, ROWS, .05);
	assert_true(n.lo < .1 && .1 < n.hi);
	assert_true(b.lo < n.lo && n.hi < b.hi);
	assert_true(c.lo < n.lo && n.hi < c.hi);
}

static void bootstrap_agrees_with_the_normal_interval(void **state)
{
	(void)state;
	struct arena a;
	const struct evaluate_rows all = {rows, ROWS};
	struct evaluate_clusters c;
	struct evaluate_value boot, again, normal;
	arena_init(&a, (size_t)16 << 20);
	make_rows(2);
	for (size_t i = 0; i < ROWS; i++)
		rows[i].cluster =
			i; /* as many leads as rows: what the normal one takes for granted */
	normal = evaluate_estimate(rows, ROWS, EVALUATE_SNIPS, 0);
	assert_int_equal(evaluate_clusters(&all, EVALUATE_SNIPS, 0, &a, &c, NULL), ST_OK);
	assert_int_equal(c.n, ROWS);
	assert_int_equal(evaluate_bootstrap(&c, 2000, 7, &a, &boot, NULL), ST_OK);
	assert_int_equal(evaluate_bootstrap(&c, 2000, 7, &a, &again, NULL), ST_OK);
	assert_memory_equal(&boot, &again, sizeof boot);
	near("value", boot.v, normal.v, 1e-15);
	near("lo", boot.lo, normal.lo, .1 * (normal.hi - normal.lo));
	near("hi", boot.hi, normal.hi, .1 * (normal.hi - normal.lo));
	assert_int_equal(evaluate_bootstrap(&c, EVALUATE_RESAMPLES_MAX + 1, 7, &a, &boot, NULL),
			 ST_LIMIT);
	arena_finish(&a);
}

/* Ten copies of every row under one lead are no more than the row. */
static void clusters_are_not_rows(void **state)
{
	(void)state;
	struct arena a;
	struct evaluate_value once, tenfold;
	const struct evaluate_rows many = {rows, ROWS}, base = {other, ROWS};
	const struct evaluate_rows few = {rows, ROWS / 10}, few_base = {other, ROWS / 10};
	arena_init(&a, (size_t)16 << 20);
	make_rows(3);
	for (size_t i = 0; i < ROWS; i++) {
		rows[i] = rows[i / 10 * 10];
		rows[i].cluster = i / 10;
		other[i] = rows[i];
		other[i].p_new = 1. / 3;
	}
	assert_int_equal(evaluate_difference(&many, &base, EVALUATE_SNIPS, &a, &tenfold, NULL),
			 ST_OK);
	for (size_t i = 0; i < ROWS / 10; i++) {
		rows[i] = rows[10 * i];
		other[i] = other[10 * i];
	}
	assert_int_equal(evaluate_difference(&few, &few_base, EVALUATE_SNIPS, &a, &once, NULL),
			 ST_OK);
	near("lo", tenfold.lo, once.lo, 1e-12);
	near("hi", tenfold.hi, once.hi, 1e-12);
	assert_int_equal(evaluate_difference(&many, &many, EVALUATE_SNIPS, &a, &once, NULL), ST_OK);
	near("of itself", once.v, 0, 0);
	near("of itself", once.hi, 0, 0);
	arena_finish(&a);
}

/* ---- the gate ---- */

static void gate_says_why(void **state)
{
	(void)state;
	static const struct evaluate_weights fine = {
		.n = 10000, .ess = 2400, .share_max = .001, .w_max = 10};
	static const struct evaluate_value up = {.02, .01, .03}, even = {.02, -.01, .05};
	const struct {
		const char *name, *says;
		struct evaluate_case c;
		bool may;
	} cases[] = {
		{"fine",
		 "better than the champion by 0.02",
		 {fine, up, up, STR("mens"), 0, 0},
		 true},
		{"few of many",
		 "effective sample 2.08 of 10000 rows, at least 200 are needed",
		 {{.n = 10000, .ess = 2.08}, up, up, STR(""), 0, 0},
		 false},
		{"one percent",
		 "effective sample 600 of 100000 rows, at least 1000 are needed",
		 {{.n = 100000, .ess = 600}, up, up, STR(""), 0, 0},
		 false},
		{"one row",
		 "one row of 10000 holds 5 % of all weight",
		 {{.n = 10000, .ess = 300, .share_max = .05}, up, up, STR(""), 0, 0},
		 false},
		{"no better",
		 "not shown to be better than the champion",
		 {fine, even, up, STR(""), 0, 0},
		 false},
		{"a fixed action does it",
		 "always taking \"mens\"",
		 {fine, up, even, STR("mens"), 0, 0},
		 false},
		{"no fixed action is known", "better than", {fine, up, even, STR(""), 0, 0}, true},
		{"harm",
		 "harm may be as high as 0.5 %, the budget is 0.3 %",
		 {fine, up, up, STR(""), .005, .003},
		 false},
	};
	struct evaluate_rules rules = evaluate_rules_default();
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct buf b;
		buf_init(&b, 1024);
		CHECK_ROW(cases[i].name, evaluate_gate(&rules, &cases[i].c, &b) == cases[i].may);
		if (str_find(buf_view(&b), str_of(cases[i].says)) == b.n)
			fail_msg("%s: said " STR_FMT, cases[i].name, STR_ARG(buf_view(&b)));
		buf_finish(&b);
	}
}

/* 10,000 rows, and one that holds all: the normal interval looks sane, the gate is not fooled. */
static void one_heavy_row(void **state)
{
	(void)state;
	struct buf b;
	struct evaluate_rules rules = evaluate_rules_default();
	make_rows(4);
	for (size_t i = 0; i < ROWS; i++)
		rows[i].p_new = .03;
	rows[17].p_log = 1e-5;
	rows[17].p_new = .2;
	struct evaluate_case c = {.weights = evaluate_weights(rows, ROWS),
				  .over_champion = {.1, .05, .15}};
	assert_true(c.weights.ess > 1 && c.weights.ess < 3);
	buf_init(&b, 1024);
	assert_false(evaluate_gate(&rules, &c, &b));
	assert_true(str_starts(buf_view(&b), STR("effective sample 1.")));
	struct evaluate_value cp = evaluate_clopper_pearson(rows, ROWS, .05);
	assert_true(cp.lo < .01 && cp.hi > .9);
	buf_finish(&b);
}

/* ---- experiments ---- */

static void experiments(void **state)
{
	(void)state;
	struct experiment_result r = experiment_shares(200, 1000, 150, 1000);
	near("z", r.stat, .05 / sqrt(.175 * .825 * .002), 1e-12);
	near("p", r.p, .00325627, 1e-8);
	assert_true(r.lo > 0 && r.lo < r.diff && r.diff < r.hi);
	const struct experiment_arm x = {10, 5, 4}, y = {20, 3, 9};
	struct experiment_result t = experiment_means(&x, &y);
	near("t", t.stat, 2 / sqrt(.85), 1e-12);
	near("p of t", t.p, .03961077803, 1e-9); /* df 25.41 */
	assert_true(t.lo > 0);
	const uint64_t even[] = {5000, 5000}, skewed[] = {5000, 5400};
	const double half[] = {1, 1};
	near("srm even", experiment_srm(even, half, 2), 1, 1e-12);
	assert_true(experiment_srm(skewed, half, 2) < EXPERIMENT_SRM_P);
	struct experiment_cuped c = {0};
	struct experiment_arm arm = {0};
	double m2 = 0;
	for (int i = 0; i < 100; i++) {
		experiment_cuped_add(&c, i, 2 * i + (i % 2));
		experiment_add(&arm, &m2, 2 * i + (i % 2));
	}
	near("theta", experiment_cuped_theta(&c), 2, 1e-2);
	assert_true(experiment_cuped_ratio(&c) < 1e-3);
	near("mean", arm.mean, 99.5, 1e-9);
	near("variance", arm.var, c.var_y / 99, 1e-6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(point_estimates),
		cmocka_unit_test(single_example),
		cmocka_unit_test(weights),
		cmocka_unit_test(intervals_contain_and_nest),
		cmocka_unit_test(bootstrap_agrees_with_the_normal_interval),
		cmocka_unit_test(clusters_are_not_rows),
		cmocka_unit_test(gate_says_why),
		cmocka_unit_test(one_heavy_row),
		cmocka_unit_test(experiments),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
