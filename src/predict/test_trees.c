/* SPDX-License-Identifier: Apache-2.0
 * test_trees.c: trees find what no sum of columns can, use what is not known, and stop in time. */
#include "predict/test_predict.h"

/* visits above 3 xor a boss: no column says anything alone. */
static void twist(struct market *m)
{
	for (size_t i = 0; i < m->rows.n; i++) {
		double visits = m->columns[MARKET_VISITS].cells[i];
		bool many = !isnan(visits) && visits > 3;
		m->t.outcome[i] = many != (m->columns[MARKET_JOB].cells[i] == 0);
	}
}

static void test_xor(void **state)
{
	(void)state;
	struct market m, other;
	market_init(&m, 2000, 1, false);
	market_init(&other, 2000, 2, false);
	twist(&m);
	twist(&other);
	struct predict_model line = market_train(&m, predict_conf_default(PREDICT_LOGISTIC));
	struct predict_model trees = market_train(&m, predict_conf_default(PREDICT_TREES));
	assert_true(market_judge(&other, &line).auc < 0.8);
	assert_true(market_judge(&other, &trees).auc > 0.999);
	market_finish(&m);
	market_finish(&other);
}

static void test_not_known_is_a_side(void **state)
{
	(void)state;
	struct market m;
	market_init(&m, 2000, 3, false);
	for (size_t i = 0; i < m.rows.n; i++)
		m.t.outcome[i] = (uint8_t)(isnan(m.columns[MARKET_VISITS].cells[i]) != 0);
	struct predict_model trees = market_train(&m, predict_conf_default(PREDICT_TREES));
	assert_true(market_judge(&m, &trees).auc == 1);
	market_finish(&m);
}

static void test_shape(void **state)
{
	(void)state;
	struct market m;
	market_init(&m, 3000, 4, false);
	struct predict_conf conf = predict_conf_default(PREDICT_TREES);
	conf.rounds = 7;
	conf.leaves = 5;
	struct predict_model trees = market_train(&m, conf);
	assert_int_equal(trees.trees_n, 7);
	assert_true(trees.nodes_n <= 7 * 9);
	for (size_t i = 0; i < trees.nodes_n; i++) {
		const struct predict_node *n = &trees.nodes[i];
		assert_true(n->feature == PREDICT_LEAF || n->left > i);
	}
	conf.depth = 1;
	trees = market_train(&m, conf);
	assert_true(trees.nodes_n <= 7 * 3);
	conf.leaf_rows_min = 1501;
	trees = market_train(&m, conf);
	assert_int_equal(trees.nodes_n, 7); /* nothing can be cut: roots only */
	conf.leaves = PREDICT_LEAVES_MAX + 1;
	assert_int_equal(predict_train(&m.t, m.rows, &conf, &m.a, &trees, NULL), ST_LIMIT);
	market_finish(&m);
}

/* Noise is learnt by heart when nobody watches; the later rows notice. */
static void test_stops_in_time(void **state)
{
	(void)state;
	struct market m, other;
	market_init(&m, 600, 5, false);
	market_init(&other, 5000, 6, false);
	struct predict_conf conf = predict_conf_default(PREDICT_TREES);
	conf.leaf_rows_min = 2;
	struct predict_model all = market_train(&m, conf);
	conf.held_out = 0.25;
	struct predict_model watched = market_train(&m, conf);
	assert_int_equal(all.trees_n, conf.rounds);
	assert_in_range(watched.trees_n, 1, conf.rounds / 2);
	assert_true(market_judge(&other, &watched).log_loss <
		    market_judge(&other, &all).log_loss - 0.02);
	market_finish(&m);
	market_finish(&other);
}

/* More values than bins: cuts stay near the quantiles. */
static void test_many_values(void **state)
{
	(void)state;
	struct market m;
	market_init(&m, 4000, 7, false);
	for (size_t i = 0; i < m.rows.n; i++)
		m.t.outcome[i] = m.columns[MARKET_NOISE].cells[i] > 0.7;
	struct predict_model trees = market_train(&m, predict_conf_default(PREDICT_TREES));
	assert_true(market_judge(&m, &trees).auc > 0.999);
	market_finish(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xor),         cmocka_unit_test(test_not_known_is_a_side),
		cmocka_unit_test(test_shape),       cmocka_unit_test(test_stops_in_time),
		cmocka_unit_test(test_many_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
