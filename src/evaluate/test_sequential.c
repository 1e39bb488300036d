/* SPDX-License-Identifier: Apache-2.0
 * test_sequential.c: special functions against closed forms; bounds against what defines them;
 * streams against the promise they make: the mean stays inside at every look, nearly always. */
#include "base/random.h"
#include "base/test.h"
#include "evaluate/sequential.h"
#include "evaluate/special.h"

#include <math.h>

static void near(const char *row, double got, double want, double relative)
{
	if (!(fabs(got - want) <= relative * fmax(fabs(want), 1e-300)))
		fail_msg("%s: got %.17g, want %.17g", row, got, want);
}

static void special(void **state)
{
	(void)state;
	near("I_x(1, b)", special_beta(1, 3, .2), 1 - .8 * .8 * .8, 1e-14);
	near("I_x(a, 1)", special_beta(4, 1, .3), pow(.3, 4), 1e-13);
	near("I_x(1/2, 1/2)", special_beta(.5, .5, .25), 2 / M_PI * asin(.5), 1e-14);
	near("inverse", special_beta_inverse(2.5, 3.5, special_beta(2.5, 3.5, .3)), .3, 1e-13);
	near("inverse, tiny", special_beta_inverse(.1, 1, 1e-5), 1e-50, 1e-12);
	near("inverse, ends", special_beta_inverse(2, 2, 1), 1, 0);
	near("P(1, x)", special_gamma_p(1, .7), 1 - exp(-.7), 1e-14);
	near("Q(1, x)", special_gamma_q(1, 9), exp(-9), 1e-13);
	near("P(1/2, x)", special_gamma_p(.5, 4), erf(2), 1e-14);
	near("P inverse", special_gamma_p(3.3, special_gamma_p_inverse(3.3, .9)), .9, 1e-13);
	near("zeta(2)", special_zeta(2), M_PI * M_PI / 6, 1e-14);
	near("zeta(4)", special_zeta(4), pow(M_PI, 4) / 90, 1e-14);
	near("z", special_normal_quantile(.975), 1.959963984540054, 1e-15);
	near("z, far", special_normal_quantile(1e-300), -37.0471, 1e-6);
	near("z, back", special_normal(special_normal_quantile(.3)), .3, 1e-14);
	near("t of 1 df", special_student_2(1, 1), .5, 1e-14);
	near("chi2 of 2 df", special_chi2_upper(3, 2), exp(-1.5), 1e-14);
	near("F is t squared", special_student_2(sqrt(special_f_upper(.05, 12)), 12), .05, 1e-12);
	near("KS, far", special_kolmogorov(.5, 10), .0064, .6); /* published .0131 for both sides */
	near("KS, near", special_kolmogorov(.0, 1000), 1, 0);
}

/* The bound is where the supermartingale is 1 / alpha. */
static void bounds(void **state)
{
	(void)state;
	for (int k = SEQUENTIAL_NORMAL_2; k <= SEQUENTIAL_BETA_BIN_1; k++) {
		struct sequential_mix m = {(enum sequential_mixture)k, 50, .05, .5, .3, .7};
		double tight = sequential_bound(&m, 100, .05),
		       loose = sequential_bound(&m, 100, .01);
		char row[16];
		snprintf(row, sizeof row, "mixture %d", k);
		CHECK_ROW(row, tight > 0 && tight < loose);
		near(row, sequential_log_mixture(&m, tight, 100), log(20), 1e-9);
	}
	assert_true(sequential_poly_stitching(100, .05, 10, 0) <
		    sequential_poly_stitching(200, .05, 10, 0));
	assert_true(isinf(sequential_empirical_lil(99, .05, 100, .85)));
}

static void shares(void **state)
{
	(void)state;
	struct sequential_interval none = sequential_bernoulli(0, 100, .05, 100);
	struct sequential_interval all = sequential_bernoulli(100, 100, .05, 100);
	assert_true(none.lo <= 0 && none.hi < .15);
	assert_true(all.hi >= 1 && all.lo > .85);
	near("mirrored", none.hi, 1 - all.lo, 1e-9);
}

/* ---- what a stream promises ---- */

enum { RUNS = 300, STEPS = 2000 };
struct coverage {
	unsigned missed[4]; /* runs in which the mean was outside at some look */
	double width[4];    /* at the end, summed */
};

static void look(struct coverage *c, int which, struct sequential_interval v, double mean,
		 bool *missed)
{
	if (v.lo > mean || v.hi < mean)
		*missed = true;
	c->width[which] = v.hi - v.lo;
}

static void one_run(struct coverage *c, uint64_t seed, double p)
{
	static struct sequential_betting b;
	struct sequential_predmix eb, h;
	struct rng r;
	bool missed[3] = {false};
	rng_seed(&r, seed);
	sequential_betting_init(&b, .05);
	sequential_predmix_init(&eb, .05, false);
	sequential_predmix_init(&h, .05, true);
	for (int i = 0; i < STEPS / (p < .5 ? 1 : 4); i++) {
		double x = rng_unit(&r) < p;
		look(c, 0, sequential_predmix_add(&eb, x), p, &missed[0]);
		look(c, 1, sequential_predmix_add(&h, x), p, &missed[1]);
		if (seed % 10 == 0) /* dear: a thousand bets for every number */
			look(c, 2, sequential_betting_add(&b, x), p, &missed[2]);
	}
	for (int k = 0; k < 3; k++)
		c->missed[k] += missed[k];
}

static void streams_hold_at_every_look(void **state)
{
	(void)state;
	struct coverage c = {{0}, {0}};
	for (uint64_t i = 0; i < RUNS; i++)
		one_run(&c, i, i % 2 ? .1 : .6);
	assert_true(c.missed[0] <= RUNS / 20);
	assert_true(c.missed[1] <= RUNS / 20);
	assert_true(c.missed[2] <= RUNS / 10 / 10);
}

static void betting_is_the_tightest(void **state)
{
	(void)state;
	struct coverage c = {{0}, {0}};
	one_run(&c, 10, .1);
	assert_true(c.width[2] < c.width[0]);
	assert_true(c.width[0] < c.width[1]);
}

static void msprt_sees_a_difference(void **state)
{
	(void)state;
	struct sequential_msprt m;
	struct rng r;
	int at = 0;
	rng_seed(&r, 5);
	sequential_msprt_init(&m, .0025);
	while (at < 20000 && sequential_msprt_add(&m, rng_unit(&r) < .18, rng_unit(&r) < .11) > .05)
		at++;
	assert_true(at > 50 && at < 3000);
	double p = m.p; /* always valid: it never rises again */
	for (int i = 0; i < 1000; i++)
		(void)sequential_msprt_add(&m, 0, 1);
	assert_true(m.p <= p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(special),
		cmocka_unit_test(bounds),
		cmocka_unit_test(shares),
		cmocka_unit_test(streams_hold_at_every_look),
		cmocka_unit_test(betting_is_the_tightest),
		cmocka_unit_test(msprt_sees_a_difference),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
