/* SPDX-License-Identifier: Apache-2.0
 * metric.c: the definitions of metric.h, over rows sorted once. */
#include "predict/metric.h"

#include "predict/internal.h"

#define LEAST 1e-15 /* a probability of 0 costs this much, not infinity */

static unsigned bin_of(double p)
{
	double b = p * PREDICT_BINS;
	return b >= PREDICT_BINS ? PREDICT_BINS - 1 : b > 0 ? (unsigned)b : 0;
}

static void wilson(struct predict_bin *b)
{
	const double z = 1.959963984540054;
	double n = (double)b->rows, middle = (b->rate + z * z / (2 * n)) / (1 + z * z / n);
	double half = z / (1 + z * z / n) * sqrt(b->rate * (1 - b->rate) / n + z * z / (4 * n * n));
	b->low = fmax(middle - half, 0);
	b->high = fmin(middle + half, 1);
}

void predict_reliability(const double *p, const uint8_t *y, size_t n,
			 struct predict_bin out[PREDICT_BINS])
{
	memset(out, 0, PREDICT_BINS * sizeof *out);
	for (size_t i = 0; i < n; i++) {
		struct predict_bin *b = &out[bin_of(p[i])];
		b->rows++;
		b->positives += y[i];
		b->mean += p[i];
	}
	for (unsigned k = 0; k < PREDICT_BINS; k++) {
		struct predict_bin *b = &out[k];
		if (b->rows == 0)
			continue;
		b->mean /= (double)b->rows;
		b->rate = (double)b->positives / (double)b->rows;
		wilson(b);
	}
}

static double ece(const double *p, const uint8_t *y, size_t n)
{
	struct predict_bin bins[PREDICT_BINS];
	double sum = 0;
	predict_reliability(p, y, n, bins);
	for (unsigned k = 0; k < PREDICT_BINS; k++)
		sum += fabs(bins[k].mean - bins[k].rate) * (double)bins[k].rows;
	return sum / (double)n;
}

/* Walks runs of equal p from the lowest: pairs in the right order, and the positives of the best
 * tenth, of a run that it cuts in proportion. */
static void rank(const double *p, const uint8_t *y, const uint32_t *order,
		 struct predict_metrics *out)
{
	double pairs = 0, below = 0, top = 0, n = (double)out->rows;
	double tenth = fmax(floor(n / 10), 1), positives = (double)out->positives;
	for (size_t i = 0, end; i < out->rows; i = end) {
		double hits = 0, misses;
		for (end = i; end < out->rows && p[order[end]] == p[order[i]]; end++)
			hits += y[order[end]];
		misses = (double)(end - i) - hits;
		pairs += hits * (below + misses / 2);
		below += misses;
		double within = (double)end - fmax(n - tenth, (double)i);
		if (within > 0)
			top += hits * within / (double)(end - i);
	}
	bool both = out->positives > 0 && out->positives < out->rows;
	out->auc = both ? pairs / (positives * (n - positives)) : (double)NAN;
	out->lift10 = out->positives > 0 ? top / tenth / (positives / n) : (double)NAN;
}

enum status predict_measure(const double *p, const uint8_t *y, size_t n,
			    struct predict_metrics *out, struct err *e)
{
	struct predict_metrics m = {.rows = n};
	struct arena s;
	if (n == 0 || n > PREDICT_ROWS_MAX)
		return err_set(e, ST_INVALID, "%zu rows to judge on", n);
	arena_init(&s, PREDICT_SCRATCH_BYTES_MAX);
	uint32_t *order = predict_order(p, n, &s);
	for (size_t i = 0; i < n; i++) {
		double q = fmin(fmax(p[i], LEAST), 1 - LEAST), off = p[i] - y[i];
		m.positives += y[i];
		m.log_loss -= log(y[i] ? q : 1 - q) / (double)n;
		m.brier += off * off / (double)n;
	}
	m.ece10 = ece(p, y, n);
	if (order != NULL)
		rank(p, y, order, &m);
	arena_finish(&s);
	if (order == NULL)
		return err_set(e, ST_LIMIT, "%zu rows do not fit", n);
	*out = m;
	return ST_OK;
}

/* ---- isotonic ---- */

struct pool {
	double sum, n;
};

static bool violates(const struct pool *low, const struct pool *high)
{
	return low->sum * high->n >= high->sum * low->n;
}

static void pool_all(const double *x, const uint8_t *y, const uint32_t *order, size_t n,
		     struct pool *pools, double *out)
{
	size_t pools_n = 0;
	for (size_t i = 0; i < n; i++) {
		bool tie = i > 0 && x[order[i]] == x[order[i - 1]];
		if (!tie)
			pools[pools_n++] = (struct pool){0, 0};
		pools[pools_n - 1].sum += y[order[i]];
		pools[pools_n - 1].n += 1;
		bool run_ends = i + 1 == n || x[order[i + 1]] != x[order[i]];
		while (run_ends && pools_n > 1 &&
		       violates(&pools[pools_n - 2], &pools[pools_n - 1])) {
			pools[pools_n - 2].sum += pools[pools_n - 1].sum;
			pools[pools_n - 2].n += pools[pools_n - 1].n;
			pools_n--;
		}
	}
	size_t at = 0;
	for (size_t k = 0; k < pools_n; k++)
		for (size_t i = 0; i < (size_t)pools[k].n; i++)
			out[order[at++]] = pools[k].sum / pools[k].n;
}

enum status predict_isotonic(const double *x, const uint8_t *y, size_t n, double *out,
			     struct err *e)
{
	struct arena s;
	arena_init(&s, PREDICT_SCRATCH_BYTES_MAX);
	uint32_t *order = predict_order(x, n, &s);
	struct pool *pools = ARENA_ARRAY(&s, struct pool, n + 1);
	bool ok = order != NULL && pools != NULL;
	if (ok)
		pool_all(x, y, order, n, pools, out);
	arena_finish(&s);
	return ok ? ST_OK : err_set(e, ST_LIMIT, "%zu rows do not fit", n);
}
