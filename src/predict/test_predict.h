/* SPDX-License-Identifier: Apache-2.0
 * test_predict.h: a made-up market whose law is known, for the tests of this room. */
#ifndef PREDICT_TEST_PREDICT_H
#define PREDICT_TEST_PREDICT_H

#include "base/test.h"

#include "base/random.h"
#include "predict/internal.h"
#include "predict/metric.h"

enum { MARKET_VISITS, MARKET_JOB, MARKET_NOISE, MARKET_RULES, MARKET_COLUMNS };

struct market {
	struct arena a;
	struct predict_table t;
	struct predict_column columns[MARKET_COLUMNS];
	uint32_t *all;
	struct predict_rows rows;
};

static const struct str market_jobs[] = {STR("boss"), STR("clerk"), STR("")};

static inline double market_logit(double visits, double job)
{
	static const double of_job[] = {1.5, -1, -0.5};
	return -1.5 + (isnan(visits) ? 0 : 0.4 * visits) + of_job[(size_t)job];
}

/* Rules that know of visits only, and count them too dear. */
static inline void market_init(struct market *m, size_t rows, uint64_t seed, bool with_rules)
{
	static const char *const names[] = {"visits", "job", "noise", "rules"};
	struct rng r;
	rng_seed(&r, seed);
	memset(m, 0, sizeof *m);
	arena_init(&m->a, (size_t)256 << 20);
	for (size_t c = 0; c < MARKET_COLUMNS; c++)
		m->columns[c] = (struct predict_column){.name = str_of(names[c]),
							.cells = ARENA_ARRAY(&m->a, double, rows)};
	m->columns[MARKET_JOB].kind = PREDICT_CATEGORY;
	m->columns[MARKET_JOB].levels = market_jobs;
	m->columns[MARKET_JOB].levels_n = COUNT_OF(market_jobs);
	m->t = (struct predict_table){m->columns, with_rules ? MARKET_COLUMNS : MARKET_RULES, rows,
				      ARENA_ARRAY(&m->a, uint8_t, rows),
				      with_rules ? MARKET_RULES : PREDICT_NONE};
	m->all = ARENA_ARRAY(&m->a, uint32_t, rows);
	m->rows = (struct predict_rows){m->all, rows};
	for (size_t i = 0; i < rows; i++) {
		double visits = (double)rng_below(&r, 8), job = (double)rng_below(&r, 3);
		if (rng_below(&r, 10) == 0)
			visits = (double)NAN;
		m->all[i] = (uint32_t)i;
		m->columns[MARKET_VISITS].cells[i] = visits;
		m->columns[MARKET_JOB].cells[i] = job;
		m->columns[MARKET_NOISE].cells[i] = rng_unit(&r);
		m->columns[MARKET_RULES].cells[i] = isnan(visits) ? 0 : 10 * visits;
		m->t.outcome[i] = rng_unit(&r) < predict_probability(market_logit(visits, job));
	}
}

static inline void market_finish(struct market *m)
{
	arena_finish(&m->a);
}

static inline struct predict_model market_train(struct market *m, struct predict_conf conf)
{
	struct predict_model model;
	struct err e;
	if (predict_train(&m->t, m->rows, &conf, &m->a, &model, &e) != ST_OK)
		fail_msg("%s", e.text);
	return model;
}

static inline struct predict_metrics market_judge(struct market *m,
						  const struct predict_model *model)
{
	struct predict_metrics out;
	double *p = ARENA_ARRAY(&m->a, double, m->rows.n);
	assert_int_equal(predict_table_probabilities(model, &m->t, m->rows, p, NULL), ST_OK);
	assert_int_equal(predict_measure(p, m->t.outcome, m->rows.n, &out, NULL), ST_OK);
	return out;
}

#endif
