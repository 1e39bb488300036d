/* SPDX-License-Identifier: Apache-2.0
 * test_explore.c: distributions by hand, and draws that follow them. */
#include "base/test.h"
#include "learn/explore.h"

#include <math.h>

static void check_pdf(const char *row, const double *got, const double *want, size_t n, double tol)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		CHECK_ROW(row, got[i] >= 0);
		CHECK_ROW(row, fabs(got[i] - want[i]) <= tol);
		sum += got[i];
	}
	CHECK_ROW(row, fabs(sum - 1) < 1e-9);
}

static void inverse_gaps(void **state)
{
	static const struct {
		const char *row;
		double q[4], gamma, want[4];
	} rows[] = {
		{"alike", {0.2, 0.2, 0.2, 0.2}, 50, {0.25, 0.25, 0.25, 0.25}},
		{"gamma 0", {0.9, 0.1, 0.2, 0.3}, 0, {0.25, 0.25, 0.25, 0.25}},
		/* 1/(4 + 10 * 0.6) = 0.1, 1/(4 + 10 * 0.1) = 0.2, 1/(4 + 10 * 1.6) = 0.05 */
		{"by hand", {0.1, 0.6, 0.7, -0.9}, 10, {0.1, 0.2, 0.65, 0.05}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		double pdf[4];
		explore_igw(rows[i].q, rows[i].gamma, 4, pdf);
		check_pdf(rows[i].row, pdf, rows[i].want, 4, 1e-12);
	}
}

static void floors(void **state)
{
	static const struct {
		const char *row;
		double amount;
		bool zeros;
		double in[3], want[3];
	} rows[] = {
		{"nothing to do", 0.3, true, {0.5, 0.3, 0.2}, {0.5, 0.3, 0.2}},
		{"one lifted", 0.3, true, {0.6, 0.4, 0}, {0.54, 0.36, 0.1}},
		{"one pressed below", 0.6, true, {0.79, 0.21, 0}, {0.6, 0.2, 0.2}},
		{"zeros stay", 0.6, false, {0.9, 0.1, 0}, {0.7, 0.3, 0}},
		{"one alone", 0.5, false, {0, 1, 0}, {0, 1, 0}},
		{"everything", 1, true, {1, 0, 0}, {1. / 3, 1. / 3, 1. / 3}},
		{"off", 0, true, {1, 0, 0}, {1, 0, 0}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		double pdf[3] = {rows[i].in[0], rows[i].in[1], rows[i].in[2]};
		explore_floor(rows[i].amount, rows[i].zeros, 3, pdf);
		check_pdf(rows[i].row, pdf, rows[i].want, 3, 1e-12);
	}
}

static void budgets(void **state)
{
	double within[] = {0.1, 0.8, 0.1}, over[] = {0.3, 0.4, 0.3};
	(void)state;
	explore_budget(1, 0.25, 3, within);
	check_pdf("within", within, (double[]){0.1, 0.8, 0.1}, 3, 1e-12);
	explore_budget(1, 0.3, 3, over);
	check_pdf("over", over, (double[]){0.15, 0.7, 0.15}, 3, 1e-12);
}

static void simple_ones(void **state)
{
	double pdf[4];
	(void)state;
	explore_epsilon(2, 0.4, 4, pdf);
	check_pdf("epsilon", pdf, (double[]){0.1, 0.1, 0.7, 0.1}, 4, 1e-12);
	explore_one(3, 4, pdf);
	check_pdf("one", pdf, (double[]){0, 0, 0, 1}, 4, 0);
	explore_votes((uint32_t[]){0, 0, 1, 1}, 4, pdf);
	check_pdf("votes", pdf, (double[]){0, 0, 0.5, 0.5}, 4, 1e-12);
	explore_votes((uint32_t[]){0, 0, 0, 0}, 4, pdf);
	check_pdf("no votes", pdf, (double[]){0.25, 0.25, 0.25, 0.25}, 4, 1e-12);
	explore_softmax((double[]){1000, 1000, -1000, 1000}, 5, 4, pdf);
	check_pdf("softmax", pdf, (double[]){1. / 3, 1. / 3, 0, 1. / 3}, 4, 1e-12);
}

/* Two normals: the odds of the first being the best are known in closed form. */
static void thompson(void **state)
{
	double pdf[2], mean[] = {0.5, 0}, variance[] = {0.64, 0.36};
	double want = 0.5 * erfc(-0.5 / sqrt(2)); /* of a difference with variance 1 */
	(void)state;
	explore_thompson(mean, variance, 2, 4096, 11, pdf);
	assert_true(fabs(pdf[0] - want) < 0.03); /* four standard errors */
	assert_true(fabs(pdf[0] + pdf[1] - 1) < 1e-12);
	double again[2];
	explore_thompson(mean, variance, 2, 4096, 11, again);
	assert_true(again[0] == pdf[0]);
}

static void dice(void **state)
{
	double sum = 0, both = 0;
	unsigned n = 20000;
	(void)state;
	for (unsigned i = 0; i < n; i++) {
		double u = explore_unit(7, i, 0), v = explore_unit(7, i, 1);
		assert_true(u >= 0 && u < 1);
		assert_true(u == explore_unit(7, i, 0));
		sum += u;
		both += u * v;
	}
	assert_true(fabs(sum / n - 0.5) < 0.01);
	assert_true(fabs(both / n - 0.25) < 0.01); /* counters are independent */
	assert_true(explore_unit(7, 1, 0) != explore_unit(8, 1, 0));
}

/* Shares of draws are the distribution's; what has probability 0 is never drawn. */
static void draws(void **state)
{
	static const double pdf[] = {0, 0.2, 0, 0.5, 0.3, 0};
	double got[6] = {0};
	unsigned n = 40000;
	(void)state;
	for (unsigned i = 0; i < n; i++)
		got[explore_draw(pdf, 6, explore_unit(3, i, 0))] += 1.0 / n;
	check_pdf("shares", got, pdf, 6, 0.01);
	assert_int_equal(explore_draw(pdf, 6, 0), 1);
	assert_int_equal(explore_draw(pdf, 6, 0.99999999999999989), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inverse_gaps), cmocka_unit_test(floors),
		cmocka_unit_test(budgets),      cmocka_unit_test(simple_ones),
		cmocka_unit_test(thompson),     cmocka_unit_test(dice),
		cmocka_unit_test(draws),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
