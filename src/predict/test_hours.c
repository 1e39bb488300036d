/* SPDX-License-Identifier: Apache-2.0
 * test_hours.c: curves around the clock. */
#include "base/test.h"

#include <math.h>

#include "predict/hours.h"

static double sum(const double c[PREDICT_HOURS])
{
	double s = 0;
	for (unsigned h = 0; h < PREDICT_HOURS; h++)
		s += c[h];
	return s;
}

static void near(double got, double want)
{
	if (!(fabs(got - want) < 1e-12))
		fail_msg("got %.15f, want %.15f", got, want);
}

static void test_smooth_goes_around(void **state)
{
	(void)state;
	double counts[PREDICT_HOURS] = {[23] = 2.7}, out[PREDICT_HOURS];
	predict_hours_smooth(counts, out);
	near(out[23], 1);
	near(out[22], .6);
	near(out[0], .6);
	near(out[21], .25);
	near(out[1], .25);
	near(out[2], 0);
	near(sum(out), 2.7);
}

static void test_shrinks_to_all(void **state)
{
	(void)state;
	double all[PREDICT_HOURS] = {[9] = 500, [20] = 500}, none[PREDICT_HOURS] = {0};
	double global[PREDICT_HOURS], out[PREDICT_HOURS], few[PREDICT_HOURS] = {[14] = 3};
	predict_hours_global(all, global);
	near(sum(global), 1);
	for (unsigned h = 0; h < PREDICT_HOURS; h++)
		assert_true(global[h] > 0);
	predict_hours_lead(none, global, PREDICT_HOURS_SHRINK, out);
	for (unsigned h = 0; h < PREDICT_HOURS; h++)
		near(out[h], global[h]);
	predict_hours_lead(few, global, PREDICT_HOURS_SHRINK, out);
	near(sum(out), 1);
	near(out[14], (3 / 2.7 + 20 * global[14]) / 23);
	assert_true(out[9] > out[14]); /* three events do not yet outweigh everybody */
	few[14] = 100;
	predict_hours_lead(few, global, PREDICT_HOURS_SHRINK, out);
	assert_true(out[14] > out[9]);
	predict_hours_global(none, global);
	for (unsigned h = 0; h < PREDICT_HOURS; h++)
		near(global[h], 1. / PREDICT_HOURS);
}

static void test_soon(void **state)
{
	(void)state;
	double flat[PREDICT_HOURS], noon[PREDICT_HOURS] = {[12] = 1}, day[PREDICT_HOURS] = {0};
	for (unsigned h = 0; h < PREDICT_HOURS; h++)
		flat[h] = 1. / PREDICT_HOURS;
	for (unsigned h = 0; h < PREDICT_HOURS; h++)
		near(predict_hours_soon(flat, h, 8), 1);
	double at = predict_hours_soon(noon, 12, 8); /* 1, of the mean of 2^(-h / 8) over a day */
	near(at, 24 * (1 - exp2(-1. / 8)) / (1 - exp2(-3)));
	near(predict_hours_soon(noon, 4, 8), at / 2);
	near(predict_hours_soon(noon, 13, 8), at * exp2(-23. / 8));
	for (unsigned h = 9; h < 18; h++) /* at it at any hour of a working day: best before it */
		day[h] = 1. / 9;
	for (unsigned h = 9; h < 17; h++)
		assert_true(predict_hours_soon(day, h, 8) > predict_hours_soon(day, h + 1, 8));
	assert_true(predict_hours_soon(day, 9, 8) > predict_hours_soon(day, 8, 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_smooth_goes_around),
		cmocka_unit_test(test_shrinks_to_all),
		cmocka_unit_test(test_soon),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
