/* SPDX-License-Identifier: Apache-2.0
 * test_model.c: one optimum, parts add up, bytes come back, the rules are where it starts. */
#include "predict/test_predict.h"

static const enum predict_family families[] = {PREDICT_PLATT, PREDICT_LOGISTIC, PREDICT_TREES};

/* At the optimum the gradient is zero: checked from outside, over the sparse rows. */
static void test_logistic_is_the_optimum(void **state)
{
	(void)state;
	struct market m;
	struct predict_sparse x;
	double gradient[16] = {0};
	market_init(&m, 3000, 3, false);
	struct predict_conf conf = predict_conf_default(PREDICT_LOGISTIC);
	struct predict_model model = market_train(&m, conf);
	assert_int_equal(model.dims_n, 2 + 3 + 1);
	assert_int_equal(predict_read_rows(&model, &m.t, m.rows, &m.a, &x, NULL), ST_OK);
	for (size_t i = 0; i < x.rows_n; i++) {
		double z = model.bias;
		for (size_t k = x.start[i]; k < x.start[i + 1]; k++)
			z += model.weights[x.dim[k]] * x.value[k];
		double off = predict_probability(z) - m.t.outcome[i];
		for (size_t k = x.start[i]; k < x.start[i + 1]; k++)
			gradient[x.dim[k]] += off * x.value[k];
		gradient[model.dims_n] += off;
	}
	for (size_t j = 0; j < model.dims_n; j++)
		assert_true(fabs(gradient[j] + conf.l2 * model.weights[j]) < 1e-4);
	assert_true(fabs(gradient[model.dims_n]) < 1e-4);
	market_finish(&m);
}

static void test_law_is_found(void **state)
{
	(void)state;
	struct market m;
	market_init(&m, 20000, 4, false);
	struct predict_model model = market_train(&m, predict_conf_default(PREDICT_LOGISTIC));
	const struct predict_feature *visits = &model.features[MARKET_VISITS];
	const struct predict_feature *job = &model.features[MARKET_JOB];
	double slope = model.weights[visits->dim] / visits->dev;
	double sd = model.devs[visits->dim] / visits->dev;
	assert_true(visits->missing && fabs(slope - 0.4) < 4 * sd && sd < 0.02);
	double boss = model.weights[job->dim + (size_t)predict_code(job, STR("boss"))];
	double clerk = model.weights[job->dim + (size_t)predict_code(job, STR("clerk"))];
	assert_true(fabs(boss - clerk - 2.5) < 0.2);
	assert_true(fabs(model.weights[model.features[MARKET_NOISE].dim]) < 0.1);
	struct predict_metrics metrics = market_judge(&m, &model);
	assert_true(metrics.ece10 < 0.015);
	market_finish(&m);
}

static void test_parts_add_up(void **state)
{
	(void)state;
	struct market m;
	market_init(&m, 1500, 5, true);
	for (size_t k = 0; k < COUNT_OF(families); k++) {
		struct predict_model model = market_train(&m, predict_conf_default(families[k]));
		struct predict_binding bind;
		model.out_slope = 1.25;
		model.out_bias = -0.5;
		double sums[MARKET_COLUMNS] = {0};
		assert_int_equal(predict_bind(&model, &m.t, &m.a, &bind, NULL), ST_OK);
		for (size_t i = 0; i < m.rows.n; i++) {
			double cells[MARKET_COLUMNS], parts[MARKET_COLUMNS];
			int64_t cents[MARKET_COLUMNS], base;
			predict_cells(&model, &m.t, &bind, i, cells);
			double sum = predict_parts(&model, cells, parts);
			for (size_t f = 0; f < MARKET_COLUMNS; f++) {
				sum += parts[f];
				sums[f] += parts[f];
			}
			double logit = predict_logit(&model, cells);
			assert_true(fabs(sum - logit) < 1e-9);
			int64_t total = predict_points(&model, cells, cents, &base);
			assert_int_equal(total, llround(10000 * predict_probability(logit)));
			for (size_t f = 0; f < MARKET_COLUMNS; f++)
				base += cents[f];
			assert_int_equal(base, total);
		}
		for (size_t f = 0; f < MARKET_COLUMNS;
		     f++) /* against the mean of those trained on */
			assert_true(fabs(sums[f] / (double)m.rows.n) < 1e-9);
	}
	market_finish(&m);
}

static void test_bytes(void **state)
{
	(void)state;
	struct market m;
	market_init(&m, 800, 6, true);
	for (size_t k = 0; k < COUNT_OF(families); k++) {
		struct predict_model model = market_train(&m, predict_conf_default(families[k]));
		struct predict_model same = market_train(&m, predict_conf_default(families[k]));
		struct predict_model back;
		struct buf one, two, three;
		struct err e;
		buf_init_arena(&one, &m.a, PREDICT_BYTES_MAX);
		buf_init_arena(&two, &m.a, PREDICT_BYTES_MAX);
		buf_init_arena(&three, &m.a, PREDICT_BYTES_MAX);
		predict_encode(&model, &one);
		predict_encode(&same, &two);
		assert_true(buf_ok(&one) && str_eq(buf_view(&one), buf_view(&two)));
		if (predict_decode(buf_view(&one), &m.a, &back, &e) != ST_OK)
			fail_msg("%s: %s", predict_family_name(families[k]), e.text);
		predict_encode(&back, &three);
		assert_true(str_eq(buf_view(&one), buf_view(&three)));
		struct predict_metrics was = market_judge(&m, &model), is = market_judge(&m, &back);
		assert_memory_equal(&was, &is, sizeof was);
		for (size_t cut = 0; cut < one.n; cut += 7)
			assert_int_equal(predict_decode(str_n(one.p, cut), &m.a, &back, NULL),
					 ST_CORRUPT);
		one.p[3] = 2; /* of a later program */
		assert_int_equal(predict_decode(buf_view(&one), &m.a, &back, NULL), ST_INVALID);
	}
	market_finish(&m);
}

/* Columns in another order, one missing, a level nobody had seen. */
static void test_columns_by_name(void **state)
{
	(void)state;
	struct market m;
	market_init(&m, 500, 7, false);
	struct predict_model model = market_train(&m, predict_conf_default(PREDICT_LOGISTIC));
	const struct str levels[] = {STR("clown"), STR("boss")};
	double jobs[] = {1, 0}, visits[] = {3, 3}, want[3], got[3];
	struct predict_column columns[] = {
		{STR("job"), PREDICT_CATEGORY, levels, 2, jobs},
		{STR("visits"), PREDICT_NUMBER, NULL, 0, visits},
	};
	struct predict_table t = {columns, 2, 2, NULL, PREDICT_NONE};
	struct predict_binding bind;
	assert_int_equal(predict_bind(&model, &t, &m.a, &bind, NULL), ST_OK);
	predict_cells(&model, &t, &bind, 0, got);
	want[MARKET_VISITS] = 3;
	want[MARKET_JOB] = predict_code(&model.features[MARKET_JOB], STR("boss"));
	assert_true(got[0] == want[0] && got[1] == want[1] && isnan(got[2]));
	predict_cells(&model, &t, &bind, 1, got);
	assert_true(got[MARKET_JOB] == PREDICT_UNSEEN && isfinite(predict_logit(&model, got)));
	market_finish(&m);
}

/* With few labels the rules lead; with a strong penalty nothing but the rules is left. */
static void test_centred_on_rules(void **state)
{
	(void)state;
	struct market m, world;
	market_init(&m, 60, 8, true);
	market_init(&world, 5000, 9, true);
	struct predict_conf conf = predict_conf_default(PREDICT_LOGISTIC);
	conf.l2 = 1e9;
	struct predict_model rules = market_train(&m, conf);
	struct predict_model platt = market_train(&m, predict_conf_default(PREDICT_PLATT));
	assert_true(fabs(rules.rule_slope - platt.rule_slope) < 1e-12 && platt.rule_slope > 0);
	for (size_t j = 0; j < rules.dims_n; j++)
		assert_true(fabs(rules.weights[j]) < 1e-6);
	assert_true(fabs(market_judge(&world, &rules).log_loss -
			 market_judge(&world, &platt).log_loss) < 0.01);
	conf.l2 = 5;
	struct predict_model centred = market_train(&m, conf);
	assert_true(market_judge(&world, &centred).auc > market_judge(&world, &platt).auc + 0.02);
	market_finish(&m);
	market_finish(&world);
}

static void test_platt(void **state)
{
	(void)state;
	/* outcomes that points tell apart: the slope stays finite, and the order is kept */
	const double x[] = {-10, 0, 10, 20};
	const uint8_t y[] = {0, 0, 1, 1}, none[] = {0, 0, 0, 0};
	double slope, bias;
	assert_int_equal(predict_platt(x, y, 4, &slope, &bias, NULL), ST_OK);
	assert_true(slope > 0 && slope < 1);
	assert_true(fabs(slope * 5 + bias) < 1e-6); /* symmetric about 5 */
	/* the mean of what it says is the mean of its targets: (2 * 1/4 + 2 * 3/4) / 4 */
	double sum = 0;
	for (size_t i = 0; i < 4; i++)
		sum += predict_probability(slope * x[i] + bias);
	assert_true(fabs(sum - 2) < 1e-6);
	assert_int_equal(predict_platt(x, none, 4, &slope, &bias, NULL), ST_INVALID);
	const double flat[] = {7, 7, 7, 7};
	const uint8_t some[] = {1, 0, 0, 0};
	assert_int_equal(predict_platt(flat, some, 4, &slope, &bias, NULL), ST_OK);
	assert_true(fabs(predict_probability(slope * 7 + bias) - (2. / 3 + 3 * .2) / 4) < 1e-6);
}

static void test_refusals(void **state)
{
	(void)state;
	struct market m;
	struct predict_model model;
	market_init(&m, 50, 10, false);
	struct predict_conf conf = predict_conf_default(PREDICT_PLATT);
	assert_int_equal(predict_train(&m.t, m.rows, &conf, &m.a, &model, NULL), ST_INVALID);
	memset(m.t.outcome, 0, 50);
	conf = predict_conf_default(PREDICT_LOGISTIC);
	assert_int_equal(predict_train(&m.t, m.rows, &conf, &m.a, &model, NULL), ST_INVALID);
	market_finish(&m);
}

/* What comes after the rows that train does not move the reading of a column. */
static void test_reads_training_rows_only(void **state)
{
	(void)state;
	struct market m;
	struct predict_model model, again;
	struct buf one, two;
	const struct predict_conf conf = predict_conf_default(PREDICT_LOGISTIC);
	market_init(&m, 400, 11, false);
	struct predict_rows early = {m.all, 300};
	assert_int_equal(predict_train(&m.t, early, &conf, &m.a, &model, NULL), ST_OK);
	for (size_t i = 300; i < 400; i++)
		m.columns[MARKET_VISITS].cells[i] = 1e6;
	assert_int_equal(predict_train(&m.t, early, &conf, &m.a, &again, NULL), ST_OK);
	buf_init_arena(&one, &m.a, PREDICT_BYTES_MAX);
	buf_init_arena(&two, &m.a, PREDICT_BYTES_MAX);
	predict_encode(&model, &one);
	predict_encode(&again, &two);
	assert_true(str_eq(buf_view(&one), buf_view(&two)));
	market_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_logistic_is_the_optimum),
		cmocka_unit_test(test_law_is_found),
		cmocka_unit_test(test_parts_add_up),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_columns_by_name),
		cmocka_unit_test(test_centred_on_rules),
		cmocka_unit_test(test_platt),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_reads_training_rows_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
