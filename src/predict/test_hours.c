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

static void test_share(void **state)
{
	(void)state;
	double flat[PREDICT_HOURS];
	for (unsigned h = 0; h < PREDICT_HOURS; h++)
		flat[h] = 1. / PREDICT_HOURS;
	near(predict_hours_share(flat, 9, 12), 3. / 24);
	near(predict_hours_share(flat, 22, 4), 6. / 24);
	near(predict_hours_share(flat, 5, 5), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_smooth_goes_around),
		cmocka_unit_test(test_shrinks_to_all),
		cmocka_unit_test(test_share),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
