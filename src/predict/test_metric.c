/* SPDX-License-Identifier: Apache-2.0
 * test_metric.c: figures that can be worked out by hand. */
#include "predict/test_predict.h"

static void near(double got, double want)
{
	if (!(fabs(got - want) < 1e-12))
		fail_msg("got %.15f, want %.15f", got, want);
}

static void test_auc_and_lift(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		double p[6];
		uint8_t y[6];
		double auc, lift;
	} cases[] = {
		{"right order", {.1, .2, .3, .4, .5, .6}, {0, 0, 0, 1, 1, 1}, 1, 2},
		{"wrong order", {.6, .5, .4, .3, .2, .1}, {0, 0, 0, 1, 1, 1}, 0, 0},
		{"all alike", {.5, .5, .5, .5, .5, .5}, {0, 1, 0, 1, 0, 1}, .5, 1},
		{"a tie across", {.1, .2, .3, .3, .5, .6}, {0, 0, 0, 1, 1, 1}, 8.5 / 9, 2},
		{"best two tie", {.1, .2, .3, .4, .9, .9}, {0, 0, 0, 0, 1, 0}, 4.5 / 5, 3},
	};
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct predict_metrics m;
		assert_int_equal(predict_measure(cases[i].p, cases[i].y, 6, &m, NULL), ST_OK);
		CHECK_ROW(cases[i].name, fabs(m.auc - cases[i].auc) < 1e-12);
		CHECK_ROW(cases[i].name, fabs(m.lift10 - cases[i].lift) < 1e-12);
	}
}

static void test_loss(void **state)
{
	(void)state;
	const double p[] = {.25, .25, .75, 1, 0};
	const uint8_t y[] = {0, 1, 1, 1, 0};
	struct predict_metrics m;
	assert_int_equal(predict_measure(p, y, 5, &m, NULL), ST_OK);
	near(m.log_loss, (-log(.75) - log(.25) - log(.75)) / 5);
	near(m.brier, (.0625 + .5625 + .0625) / 5);
	near(m.ece10,
	     (.25 * 2 + .25) / 5); /* bins of .2 to .3: mean .25, half came; .7: .75, all */
	assert_int_equal(predict_measure(p, y, 0, &m, NULL), ST_INVALID);
	const uint8_t one_sided[] = {0, 0, 0, 0, 0};
	assert_int_equal(predict_measure(p, one_sided, 5, &m, NULL), ST_OK);
	assert_true(isnan(m.auc) && isnan(m.lift10) && isfinite(m.log_loss));
}

static void test_reliability(void **state)
{
	(void)state;
	struct predict_bin bins[PREDICT_BINS];
	const double p[] = {.05, .05, .95, .95, .95, .95, .95, .95, .95, 1};
	const uint8_t y[] = {0, 1, 1, 1, 1, 1, 1, 1, 0, 1};
	predict_reliability(p, y, COUNT_OF(p), bins);
	assert_int_equal(bins[0].rows, 2);
	near(bins[0].rate, .5);
	assert_int_equal(bins[9].rows, 8);
	assert_int_equal(bins[9].positives, 7);
	near(bins[9].mean, (7 * .95 + 1) / 8);
	/* Wilson's interval of 7 of 8, worked out elsewhere */
	assert_true(fabs(bins[9].low - .529112) < 1e-6 && fabs(bins[9].high - .977583) < 1e-6);
	for (size_t k = 1; k < 9; k++)
		assert_int_equal(bins[k].rows, 0);
}

static void test_isotonic(void **state)
{
	(void)state;
	const double x[] = {3, 1, 2, 4, 4, 5, 6};
	const uint8_t y[] = {0, 0, 1, 1, 0, 0, 1};
	/* in order of x: 0 | 1 0 (1 0) 0 | 1 */
	static const double want[] = {.4, 0, .4, .4, .4, .4, 1};
	double out[7];
	assert_int_equal(predict_isotonic(x, y, 7, out, NULL), ST_OK);
	for (size_t i = 0; i < 7; i++)
		near(out[i], want[i]);
}

static void test_splits(void **state)
{
	(void)state;
	struct market m;
	struct predict_rows train, test;
	uint8_t fold[1000], again[1000];
	unsigned rows[5] = {0}, positives[5] = {0};
	market_init(&m, 1000, 1, false);
	predict_split_time(m.rows, 0.2, &train, &test);
	assert_int_equal(train.n, 800);
	assert_int_equal(test.n, 200);
	assert_int_equal(test.at[0], 800);
	assert_int_equal(predict_folds(m.t.outcome, 1000, 5, 42, fold, NULL), ST_OK);
	assert_int_equal(predict_folds(m.t.outcome, 1000, 5, 42, again, NULL), ST_OK);
	assert_memory_equal(fold, again, 1000);
	for (size_t i = 0; i < 1000; i++) {
		rows[fold[i]]++;
		positives[fold[i]] += m.t.outcome[i];
	}
	double each = (double)predict_positives(&m.t, m.rows) / 5;
	for (unsigned k = 0; k < 5; k++) {
		assert_in_range(rows[k], 199, 201);
		assert_true(fabs(positives[k] - each) < 1);
	}
	market_finish(&m);
}

/* A world that turns over: what folds say is not what time says. */
static void test_fall_in_time(void **state)
{
	(void)state;
	struct market m;
	struct predict_metrics folds, later;
	uint8_t fold[2000];
	double p[2000];
	const struct predict_conf conf = predict_conf_default(PREDICT_LOGISTIC);
	market_init(&m, 2000, 2, false);
	for (size_t i = 1600; i < 2000; i++)
		m.t.outcome[i] = !m.t.outcome[i];
	assert_int_equal(predict_folds(m.t.outcome, 2000, 5, 1, fold, NULL), ST_OK);
	assert_int_equal(predict_out_of_fold(&m.t, fold, 5, &conf, p, NULL), ST_OK);
	assert_int_equal(predict_measure(p, m.t.outcome, 2000, &folds, NULL), ST_OK);
	assert_int_equal(predict_in_time(&m.t, 0.2, &conf, &later, NULL), ST_OK);
	assert_int_equal(later.rows, 400);
	assert_true(folds.auc > 0.6 && later.auc < 0.3);
	market_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_auc_and_lift), cmocka_unit_test(test_loss),
		cmocka_unit_test(test_reliability),  cmocka_unit_test(test_isotonic),
		cmocka_unit_test(test_splits),       cmocka_unit_test(test_fall_in_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
