/* SPDX-License-Identifier: Apache-2.0
 * split.c: which rows train and which judge. Time is the honest order: random folds let a model see
 * what came later, and hide how it falls when the world moves. */
#include "base/assert.h"
#include "base/random.h"
#include "predict/internal.h"
#include "predict/metric.h"

#define FOLDS_MAX 255u

void predict_split_time(struct predict_rows all, double share, struct predict_rows *train_r,
			struct predict_rows *test_r)
{
	size_t late = (size_t)((double)all.n * share);
	*train_r = (struct predict_rows){all.at, all.n - late};
	*test_r = (struct predict_rows){all.at + train_r->n, late};
}

enum status predict_folds(const uint8_t *y, size_t n, unsigned folds, uint64_t seed, uint8_t *fold,
			  struct err *e)
{
	struct rng r;
	struct arena s;
	ASSERT(folds > 1 && folds <= FOLDS_MAX);
	rng_seed(&r, seed);
	arena_init(&s, PREDICT_SCRATCH_BYTES_MAX);
	uint32_t *order = ARENA_ARRAY(&s, uint32_t, n + 1);
	for (size_t i = 0; i < n && order != NULL; i++) {
		size_t j = rng_below(&r, i + 1);
		order[i] = order[j];
		order[j] = (uint32_t)i;
	}
	unsigned next[2] = {0, folds / 2};
	for (size_t i = 0; i < n && order != NULL; i++)
		fold[order[i]] = (uint8_t)(next[y[order[i]]]++ % folds);
	bool ok = order != NULL;
	arena_finish(&s);
	return ok ? ST_OK : err_set(e, ST_LIMIT, "%zu rows do not fit", n);
}

static struct predict_rows rows_of(const uint8_t *fold, size_t n, unsigned which, bool in,
				   uint32_t *room)
{
	size_t got = 0;
	for (size_t i = 0; i < n; i++)
		if ((fold[i] == which) == in)
			room[got++] = (uint32_t)i;
	return (struct predict_rows){room, got};
}

enum status predict_out_of_fold(const struct predict_table *t, const uint8_t *fold, unsigned folds,
				const struct predict_conf *conf, double *out, struct err *e)
{
	enum status st = ST_OK;
	for (unsigned k = 0; k < folds && st == ST_OK; k++) {
		struct arena s;
		struct predict_model m;
		arena_init(&s, PREDICT_SCRATCH_BYTES_MAX);
		uint32_t *in = ARENA_ARRAY(&s, uint32_t, t->rows_n + 1);
		uint32_t *off = ARENA_ARRAY(&s, uint32_t, t->rows_n + 1);
		double *p = ARENA_ARRAY(&s, double, t->rows_n + 1);
		if (in == NULL || off == NULL || p == NULL) {
			arena_finish(&s);
			return err_set(e, ST_LIMIT, "%zu rows do not fit", t->rows_n);
		}
		struct predict_rows train = rows_of(fold, t->rows_n, k, false, in);
		struct predict_rows test = rows_of(fold, t->rows_n, k, true, off);
		st = predict_train(t, train, conf, &s, &m, e);
		if (st == ST_OK)
			st = predict_table_probabilities(&m, t, test, p, e);
		for (size_t i = 0; i < test.n && st == ST_OK; i++)
			out[test.at[i]] = p[i];
		arena_finish(&s);
	}
	return st;
}

enum status predict_in_time(const struct predict_table *t, double share,
			    const struct predict_conf *conf, struct predict_metrics *out,
			    struct err *e)
{
	struct arena s;
	struct predict_model m;
	struct predict_rows train, test;
	arena_init(&s, PREDICT_SCRATCH_BYTES_MAX);
	uint32_t *all = ARENA_ARRAY(&s, uint32_t, t->rows_n + 1);
	double *p = ARENA_ARRAY(&s, double, t->rows_n + 1);
	uint8_t *y = ARENA_ARRAY(&s, uint8_t, t->rows_n + 1);
	enum status st = all != NULL && p != NULL && y != NULL
				 ? ST_OK
				 : err_set(e, ST_LIMIT, "%zu rows do not fit", t->rows_n);
	if (st == ST_OK) {
		for (size_t i = 0; i < t->rows_n; i++)
			all[i] = (uint32_t)i;
		predict_split_time((struct predict_rows){all, t->rows_n}, share, &train, &test);
		st = predict_train(t, train, conf, &s, &m, e);
	}
	if (st == ST_OK)
		st = predict_table_probabilities(&m, t, test, p, e);
	if (st == ST_OK) {
		for (size_t i = 0; i < test.n; i++)
			y[i] = t->outcome[test.at[i]];
		st = predict_measure(p, y, test.n, out, e);
	}
	arena_finish(&s);
	return st;
}
