/* SPDX-License-Identifier: Apache-2.0
 * detect.c: numbers one after the other. Both detectors do what River's do, value for value, so
 * that its published cases hold here too. */
#include "base/assert.h"
#include "evaluate/drift.h"

#include <math.h>
#include <string.h>

struct drift_page_hinkley drift_page_hinkley_default(void)
{
	return (struct drift_page_hinkley){
		.min_n = 30, .delta = .005, .lambda = 50, .alpha = 1 - .0001, .n = 1};
}

bool drift_page_hinkley_add(struct drift_page_hinkley *p, double x)
{
	if (p->alarm) {
		p->n = 1;
		p->mean = p->sum = 0;
	}
	p->mean += (x - p->mean) / p->n;
	p->sum = fmax(0, p->alpha * p->sum + (x - p->mean - p->delta));
	p->n += p->n < UINT32_MAX;
	p->alarm = p->n >= p->min_n && p->sum >= p->lambda;
	return p->alarm;
}

/* ---- ADWIN ----
 * The window is kept as buckets of 1, 2, 4, ... values, five of a size at most, so that n values
 * cost log n. A row is a size; within a row the oldest bucket is first, and the longest row is the
 * oldest. */

#define BUCKETS (DRIFT_ADWIN_BUCKETS - 1)
#define CLOCK 32u
#define GRACE 10
#define SIDE_MIN 5.0 /* values on each side of a cut */

void drift_adwin_init(struct drift_adwin *a, double delta)
{
	ASSERT(delta > 0 && delta < 1);
	memset(a, 0, sizeof *a);
	a->delta = delta;
	a->rows = 1;
}

/* What joining two parts adds to the sum of squares: n1, n2 values with these means. */
static double between(double n1, double mean1, double n2, double mean2)
{
	return n1 * n2 * (mean1 - mean2) * (mean1 - mean2) / (n1 + n2);
}

static void drop_first(struct drift_adwin *a, unsigned row, unsigned n)
{
	struct drift_bucket *b = a->row[row].buckets;
	a->row[row].n -= n;
	memmove(b, b + n, a->row[row].n * sizeof *b);
}

static void push(struct drift_adwin *a, unsigned row, double total, double variance)
{
	a->row[row].buckets[a->row[row].n++] = (struct drift_bucket){total, variance};
}

/* Two of a size that has too many become one of the next. */
static void compress(struct drift_adwin *a)
{
	for (unsigned row = 0; row < a->rows && a->row[row].n == BUCKETS + 1; row++) {
		const struct drift_bucket *b = a->row[row].buckets;
		double n = ldexp(1, (int)row);
		ASSERT(row + 1 < DRIFT_ADWIN_ROWS);
		if (row + 1 == a->rows)
			a->rows++;
		push(a, row + 1, b[0].total + b[1].total,
		     b[0].variance + b[1].variance + between(n, b[0].total / n, n, b[1].total / n));
		drop_first(a, row, 2);
	}
}

static void insert(struct drift_adwin *a, double x)
{
	push(a, 0, x, 0);
	if (a->width > 0)
		a->variance += between(a->width, a->total / a->width, 1, x);
	a->width++;
	a->total += x;
	compress(a);
}

static void drop_oldest(struct drift_adwin *a)
{
	unsigned row = a->rows - 1;
	double n = ldexp(1, (int)row);
	struct drift_bucket old = a->row[row].buckets[0];
	a->width -= n;
	a->total -= old.total;
	a->variance -= old.variance + between(n, old.total / n, a->width, a->total / a->width);
	drop_first(a, row, 1);
	if (a->row[row].n == 0)
		a->rows--;
}

static bool apart(const struct drift_adwin *a, double n0, double n1, double distance)
{
	double ln = log(2 * log(a->width) / a->delta);
	double m = 1 / (n0 - SIDE_MIN + 1) + 1 / (n1 - SIDE_MIN + 1);
	double epsilon = sqrt(2 * m * (a->variance / a->width) * ln) + 2. / 3 * ln * m;
	return fabs(distance) > epsilon;
}

/* Is there a cut whose sides disagree? From the oldest on; the last bucket of a row is no cut. */
static bool has_cut(const struct drift_adwin *a)
{
	double n0 = 0, u0 = 0;
	for (unsigned row = a->rows; row-- > 0;)
		for (unsigned k = 0; k + 1 < a->row[row].n; k++) {
			n0 += ldexp(1, (int)row);
			u0 += a->row[row].buckets[k].total;
			double n1 = a->width - n0, u1 = a->total - u0;
			if (n0 >= SIDE_MIN && n1 >= SIDE_MIN && apart(a, n0, n1, u0 / n0 - u1 / n1))
				return true;
		}
	return false;
}

bool drift_adwin_add(struct drift_adwin *a, double x)
{
	if (a->alarm)
		drift_adwin_init(a, a->delta);
	insert(a, x);
	if (++a->tick % CLOCK != 0 || a->width <= GRACE)
		return false;
	while (has_cut(a)) {
		drop_oldest(a);
		a->alarm = true;
	}
	return a->alarm;
}
