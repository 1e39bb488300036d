/* SPDX-License-Identifier: Apache-2.0
 * psi.c: two samples side by side. A share that moved between bins counts by how much and by how
 * surprising that is. */
#include "base/assert.h"
#include "evaluate/drift.h"
#include "evaluate/special.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static bool is_sentinel(const double *sentinels, size_t n, double x)
{
	for (size_t i = 0; i < n; i++)
		if (!(sentinels[i] < x) && !(sentinels[i] > x)) /* x is a number */
			return true;
	return false;
}

/* Sorted, without what has a bin of its own. */
static double *ordinary(struct drift_sample s, const struct drift_bins *b, struct arena *a,
			size_t *out_n)
{
	double *sorted = ARENA_ARRAY(a, double, s.n + 1);
	const double *x = s.x;
	size_t kept = 0;
	for (size_t i = 0; i < s.n && sorted != NULL; i++)
		if (!isnan(x[i]) && !is_sentinel(b->sentinels, b->sentinels_n, x[i]))
			sorted[kept++] = x[i];
	if (kept)
		qsort(sorted, kept, sizeof *sorted, ascending);
	*out_n = kept;
	return sorted;
}

/* numpy's linear quantile: from the nearer of the two ranks, so that equal ones stay equal. */
static double quantile(const double *sorted, size_t n, double p)
{
	double at = p * (double)(n - 1), low = floor(at), t = at - low;
	size_t i = (size_t)low, next = i + 1 < n ? i + 1 : i;
	double step = sorted[next] - sorted[i];
	return t < .5 ? sorted[i] + step * t : sorted[next] - step * (1 - t);
}

enum status drift_bins_make(struct drift_sample ref, struct drift_sample sentinels, struct arena *a,
			    struct drift_bins *out, struct err *e)
{
	struct drift_bins b = {.sentinels_n = sentinels.n};
	struct arena_mark mark = arena_mark(a);
	size_t kept;
	ASSERT(sentinels.n <= DRIFT_SENTINELS_MAX);
	if (sentinels.n)
		memcpy(b.sentinels, sentinels.x, sentinels.n * sizeof *sentinels.x);
	double *sorted = ordinary(ref, &b, a, &kept);
	if (sorted == NULL)
		return err_set(e, ST_LIMIT, "%zu values are more than memory is set aside for",
			       ref.n);
	for (unsigned i = 1; i <= DRIFT_EDGES_MAX && kept; i++) {
		double edge = quantile(sorted, kept, (double)i / (DRIFT_EDGES_MAX + 1));
		if (b.edges_n == 0 || edge > b.edges[b.edges_n - 1])
			b.edges[b.edges_n++] = edge;
	}
	arena_rewind(a, mark);
	*out = b;
	return ST_OK;
}

size_t drift_sentinels(struct drift_sample ref, struct arena *a, double *out)
{
	struct drift_bins none = {.edges_n = 0};
	struct arena_mark mark = arena_mark(a);
	size_t kept, run = 0, found = 0;
	double *sorted = ordinary(ref, &none, a, &kept);
	for (size_t i = 0; sorted != NULL && i < kept; i++) {
		run = i && !(sorted[i] > sorted[i - 1]) ? run + 1 : 1;
		if ((double)run > DRIFT_SENTINEL_SHARE * (double)ref.n) {
			*out = sorted[i];
			found = 1;
		}
	}
	arena_rewind(a, mark);
	return found;
}

size_t drift_bins_n(const struct drift_bins *b)
{
	return b->edges_n + 1 + b->sentinels_n + 1;
}

size_t drift_bin(const struct drift_bins *b, double x)
{
	size_t at = 0;
	if (isnan(x))
		return b->edges_n + 1 + b->sentinels_n;
	for (size_t i = 0; i < b->sentinels_n; i++)
		if (is_sentinel(&b->sentinels[i], 1, x))
			return b->edges_n + 1 + i;
	while (at < b->edges_n && b->edges[at] < x)
		at++;
	return at;
}

double drift_psi(const uint64_t *ref, const uint64_t *now, size_t bins)
{
	double all_ref = 0, all_now = 0, psi = 0;
	for (size_t i = 0; i < bins; i++) {
		all_ref += (double)ref[i];
		all_now += (double)now[i];
	}
	for (size_t i = 0; i < bins && all_ref > 0 && all_now > 0; i++) {
		double p = fmax((double)ref[i] / all_ref, DRIFT_PSI_FLOOR);
		double q = fmax((double)now[i] / all_now, DRIFT_PSI_FLOOR);
		psi += (q - p) * log(q / p);
	}
	return psi;
}

double drift_psi_of(const struct drift_bins *b, struct drift_sample ref, struct drift_sample now)
{
	uint64_t was[DRIFT_BINS_MAX] = {0}, is[DRIFT_BINS_MAX] = {0};
	for (size_t i = 0; i < ref.n; i++)
		was[drift_bin(b, ref.x[i])]++;
	for (size_t i = 0; i < now.n; i++)
		is[drift_bin(b, now.x[i])]++;
	return drift_psi(was, is, drift_bins_n(b));
}

enum status drift_ks(struct drift_sample x, struct drift_sample y, struct arena *a,
		     struct drift_ks *out, struct err *e)
{
	struct drift_bins none = {.edges_n = 0};
	struct arena_mark mark = arena_mark(a);
	size_t i = 0, j = 0, nx, ny;
	double d = 0;
	double *sx = ordinary(x, &none, a, &nx), *sy = ordinary(y, &none, a, &ny);
	if (sx == NULL || sy == NULL)
		return err_set(e, ST_LIMIT, "%zu values are more than memory is set aside for",
			       x.n + y.n);
	ASSERT(nx == x.n && ny == y.n && nx >= 1 && ny >= 1);
	while (i < nx && j < ny) {
		double at = fmin(sx[i], sy[j]);
		while (i < nx && sx[i] <= at)
			i++;
		while (j < ny && sy[j] <= at)
			j++;
		d = fmax(d, fabs((double)i / (double)nx - (double)j / (double)ny));
	}
	arena_rewind(a, mark);
	double n = round((double)nx * (double)ny / (double)(nx + ny));
	*out = (struct drift_ks){d, special_kolmogorov(d, fmax(n, 1))};
	return ST_OK;
}
