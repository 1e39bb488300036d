/* SPDX-License-Identifier: Apache-2.0
 * bootstrap.c: the Poisson bootstrap. Ten thousand times a hundred thousand clusters are 1e9 draws,
 * so all is done eight at a time in vectors that every compiler and processor of ours has: dice are
 * four xoshiro128++ side by side (Blackman and Vigna 2019), a draw is 16 bits, and its multiplicity
 * is the number of thresholds below it. Sums are floats within a block and doubles across: the
 * interval is good to three digits, which is more than the resampling is. */
#include "base/assert.h"
#include "base/random.h"
#include "evaluate/evaluate.h"

#include <math.h>
#include <stdlib.h>

#define LANES 8u
#define BLOCK 1024u /* clusters between two additions to the doubles; a multiple of LANES */
#define RANK_LO 0.025
#define RANK_HI 0.975

typedef uint32_t v4u __attribute__((vector_size(16)));
typedef int16_t v8s __attribute__((vector_size(16)));
typedef int32_t v4i __attribute__((vector_size(16)));
typedef float v4f __attribute__((vector_size(16)));

struct dice {
	v4u s[4];
};

static void dice_seed(struct dice *d, uint64_t seed)
{
	struct rng r;
	rng_seed(&r, seed);
	for (int i = 0; i < 4; i++)
		for (int lane = 0; lane < 4; lane++)
			d->s[i][lane] = (uint32_t)(rng_u64(&r) >> 32);
}

static inline v4u rotate(v4u x, int k)
{
	return (x << k) | (x >> (32 - k));
}

static inline v4u dice_next(struct dice *d)
{
	v4u *s = d->s, out = rotate(s[0] + s[3], 7) + s[0], t = s[1] << 9;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 11);
	return out;
}

/* P(X <= k) of Poisson(1) in 1/65536, shifted to signed numbers, since those compare in one step:
 * e^-1 times 1, 2, 5/2, 8/3, ... */
#define LEVEL(p) ((int16_t)((p)*65536 - 32768))
#define OVER(p) -(draw >= (v8s){} + LEVEL(p))
static inline v8s multiplicity(v4u bits)
{
	v8s draw = (v8s)bits;
	return OVER(0.36787944117) + OVER(0.73575888234) + OVER(0.91969860293) +
	       OVER(0.98101184312) + OVER(0.99634015317) + OVER(0.99940581518) +
	       OVER(0.99991675885) + OVER(0.99998980346);
}

/* Signed 16 to 32 bits, lower or upper half, without an instruction of its own. */
static inline v4f low_of(v8s k)
{
	v4i wide = (v4i)k;
	return __builtin_convertvector((wide << 16) >> 16, v4f);
}
static inline v4f high_of(v8s k)
{
	return __builtin_convertvector((v4i)k >> 16, v4f);
}

/* Clusters in vectors; the last is filled up with nothing. */
struct columns {
	v4f *num, *den; /* two each for LANES clusters */
	size_t steps;
};

static inline double across(v4f x)
{
	return (double)x[0] + (double)x[1] + (double)x[2] + (double)x[3];
}

static double one_resample(const struct columns *c, struct dice *d)
{
	double num = 0, den = 0;
	for (size_t at = 0; at < c->steps;) {
		size_t end = at + BLOCK / LANES < c->steps ? at + BLOCK / LANES : c->steps;
		v4f n0 = {0}, n1 = {0}, d0 = {0}, d1 = {0};
		for (; at < end; at++) {
			v8s k = multiplicity(dice_next(d));
			v4f low = low_of(k), high = high_of(k);
			n0 += low * c->num[2 * at];
			n1 += high * c->num[2 * at + 1];
			d0 += low * c->den[2 * at];
			d1 += high * c->den[2 * at + 1];
		}
		num += across(n0 + n1);
		den += across(d0 + d1);
	}
	return den > 0 ? num / den : 0;
}

static bool columns_of(const struct evaluate_cluster *c, size_t n, struct arena *a,
		       struct columns *out)
{
	out->steps = (n + LANES - 1) / LANES;
	out->num = ARENA_ARRAY(a, v4f, 2 * out->steps);
	out->den = ARENA_ARRAY(a, v4f, 2 * out->steps);
	if (out->num == NULL || out->den == NULL)
		return false;
	for (size_t i = 0; i < n; i++) {
		out->num[i / 4][i % 4] = (float)c[i].num;
		out->den[i / 4][i % 4] = (float)c[i].den;
	}
	return true;
}

static int ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* Linear between the ranks, as numpy's percentile. */
static double rank(const double *sorted, size_t n, double p)
{
	double at = p * (double)(n - 1);
	size_t below = (size_t)at;
	double next = sorted[below + 1 < n ? below + 1 : below];
	return sorted[below] + (at - (double)below) * (next - sorted[below]);
}

enum status evaluate_bootstrap(const struct evaluate_clusters *clusters, unsigned resamples,
			       uint64_t seed, struct arena *a, struct evaluate_value *out,
			       struct err *e)
{
	const struct evaluate_cluster *c = clusters->list;
	size_t n = clusters->n;
	struct dice d;
	struct columns columns;
	double num = 0, den = 0;
	ASSERT(n >= 1 && resamples >= 1);
	struct arena_mark mark = arena_mark(a);
	if (resamples > EVALUATE_RESAMPLES_MAX)
		return err_set(e, ST_LIMIT, "at most %u resamples", EVALUATE_RESAMPLES_MAX);
	double *values = ARENA_ARRAY(a, double, resamples);
	if (values == NULL || !columns_of(c, n, a, &columns))
		return err_set(e, ST_LIMIT, "%zu clusters are more than memory is set aside for",
			       n);
	for (size_t i = 0; i < n; i++) {
		num += c[i].num;
		den += c[i].den;
	}
	dice_seed(&d, seed);
	for (unsigned i = 0; i < resamples; i++)
		values[i] = one_resample(&columns, &d);
	qsort(values, resamples, sizeof *values, ascending);
	*out = (struct evaluate_value){den > 0 ? num / den : 0, rank(values, resamples, RANK_LO),
				       rank(values, resamples, RANK_HI)};
	arena_rewind(a, mark);
	return ST_OK;
}
