/* SPDX-License-Identifier: Apache-2.0
 * arm.c: the arithmetic of one arm. The variance x'Px is the dear part of a decision: contexts have
 * many zeros, and their rows are left out.
 *
 * Forgetting multiplies P. A number nobody has shown for long would grow without end that way, so
 * no variance passes that of the prior: its row and column are scaled back (which keeps P a
 * covariance, as D P D is one). */
#include "learn/arm.h"

#include "base/assert.h"

#include <math.h>
#include <string.h>

#define LEAST_SHARE 1e-8f /* of the prior's variance */

/* Four at a time, at any address: the compiler makes whatever the machine has of it. */
typedef float lane __attribute__((vector_size(16), aligned(4), may_alias));

static lane lane_of(const float *p)
{
	return *(const lane *)p;
}

static void lane_to(float *p, lane v)
{
	*(lane *)p = v;
}

static float lane_sum(lane v)
{
	return (v[0] + v[1]) + (v[2] + v[3]);
}

static float dot(const float *a, const float *b, uint32_t n)
{
	lane sum = {0};
	for (uint32_t i = 0; i < n; i += LANES)
		sum += lane_of(a + i) * lane_of(b + i);
	return lane_sum(sum);
}

/* to += by * from */
static void add_scaled(float *to, float by, const float *from, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += LANES)
		lane_to(to + i, lane_of(to + i) + by * lane_of(from + i));
}

/* out = P x, by rows, which are columns too. */
static void times(const struct learner *l, const struct arm *a, const float *x, float *out)
{
	memset(out, 0, l->stride * sizeof *out);
	for (uint32_t i = 0; i < l->conf.dims; i++)
		if (x[i] != 0)
			add_scaled(out, x[i], a->p + (size_t)i * l->stride, l->stride);
}

const float *arm_prior(const struct learner *l, const struct arm *a)
{
	if (a == &l->pool)
		return l->prior;
	const float *const of[LEARN_KINDS] = {
		[LEARN_POOLED] = l->pool.w, [LEARN_APART] = l->apart, [LEARN_OFFSET] = l->nothing};
	return of[a->kind];
}

void arm_init(struct learner *l, struct arm *a, uint64_t key, enum learn_kind kind)
{
	const struct learn_conf *c = &l->conf;
	*a = (struct arm){.key = key,
			  .kind = kind,
			  .changed = true,
			  .spread = kind == LEARN_OFFSET ? c->offset : c->spread,
			  .bias = kind == LEARN_OFFSET ? c->offset : c->level};
	if (a == &l->pool) {
		a->spread = c->pool_spread;
		a->bias = c->pool_level;
	}
	a->w = mem_array(l->stride, sizeof *a->w);
	a->b = mem_array(l->stride, sizeof *a->b);
	a->p = mem_array((size_t)c->dims * l->stride, sizeof *a->p);
	for (uint32_t i = 0; i < c->dims; i++)
		a->p[(size_t)i * l->stride + i] = i == 0 ? a->bias : a->spread;
	arm_mean(l, a);
}

void arm_finish(struct arm *a)
{
	mem_free(a->w);
	mem_free(a->b);
	mem_free(a->p);
}

void arm_mean(const struct learner *l, struct arm *a)
{
	float v[LEARN_DIMS_MAX + LANES] = {0};
	const float *m = arm_prior(l, a);
	memcpy(v, a->b, l->stride * sizeof *v);
	add_scaled(v, 1 / a->spread, m, l->stride);
	v[0] = a->b[0] + m[0] / a->bias;
	times(l, a, v, a->w);
}

float arm_z(const struct learner *l, const struct arm *a, const float *x)
{
	return dot(a->w, x, l->stride);
}

/* Of x'Px: what stands left of the diagonal, which counts twice, and on it. */
struct halves {
	lane twice, once;
};

static void add_row(const float *row, const float *x, uint32_t i, uint32_t k, struct halves *h)
{
	lane sum = {0};
	for (uint32_t j = 0; j < i; j += LANES)
		sum += lane_of(row + j) * lane_of(x + j);
	h->twice += x[k] * sum;
	h->once += x[k] * (lane_of(row + i) * lane_of(x + i));
}

/* Four rows in one go, to the last bit as one by one. */
static void add_rows(const float *row, uint32_t stride, const float *x, uint32_t i,
		     struct halves *h)
{
	const float *r1 = row + stride, *r2 = r1 + stride, *r3 = r2 + stride;
	lane s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, own = lane_of(x + i);
	for (uint32_t j = 0; j < i; j += LANES) {
		lane v = lane_of(x + j);
		s0 += lane_of(row + j) * v;
		s1 += lane_of(r1 + j) * v;
		s2 += lane_of(r2 + j) * v;
		s3 += lane_of(r3 + j) * v;
	}
	h->twice = (((h->twice + x[i] * s0) + x[i + 1] * s1) + x[i + 2] * s2) + x[i + 3] * s3;
	h->once += x[i] * (lane_of(row + i) * own);
	h->once += x[i + 1] * (lane_of(r1 + i) * own);
	h->once += x[i + 2] * (lane_of(r2 + i) * own);
	h->once += x[i + 3] * (lane_of(r3 + i) * own);
}

/* By the lower half, which is the upper one too. Kept in lanes until the end, so that nothing but P
 * is read from memory. */
float arm_variance(const struct learner *l, const struct arm *a, const float *x)
{
	struct halves h = {{0}, {0}};
	for (uint32_t i = 0; i < l->conf.dims; i += LANES) {
		const float *row = a->p + (size_t)i * l->stride;
		if (x[i] != 0 && x[i + 1] != 0 && x[i + 2] != 0 && x[i + 3] != 0) {
			add_rows(row, l->stride, x, i, &h);
			continue;
		}
		for (uint32_t k = i; k < i + LANES && k < l->conf.dims; k++, row += l->stride)
			if (x[k] != 0)
				add_row(row, x, i, k, &h);
	}
	float q = lane_sum(h.twice + h.twice + h.once);
	return q > 0 ? q : 0;
}

/* Rounding may take a variance below nothing where much is known. */
static void keep_positive(const struct learner *l, struct arm *a)
{
	for (uint32_t i = 0; i < l->conf.dims; i++) {
		float *own = &a->p[(size_t)i * l->stride + i], least = LEAST_SHARE * a->spread;
		*own = *own > least ? *own : least;
	}
}

/* No variance above the prior's: see the top of the file. */
static void bound(const struct learner *l, struct arm *a)
{
	for (uint32_t i = 0; i < l->conf.dims; i++) {
		float most = i == 0 ? a->bias : a->spread, is = a->p[(size_t)i * l->stride + i];
		if (is <= most)
			continue;
		float by = sqrtf(most / is);
		for (uint32_t j = 0; j < l->conf.dims; j++) {
			a->p[(size_t)i * l->stride + j] *= by;
			a->p[(size_t)j * l->stride + i] *= by;
		}
	}
}

/* What was learned counts a little less: scaled and held to the prior, which is near enough in
 * small steps that new outcomes outweigh. */
static void fade(const struct learner *l, struct arm *a, float by)
{
	for (size_t i = 0; i < (size_t)l->conf.dims * l->stride; i++)
		a->p[i] *= by;
	for (uint32_t i = 0; i < l->conf.dims; i++)
		a->b[i] /= by;
	a->seen /= (double)by;
	bound(l, a);
}

/* In place, Gauss and Jordan; what is positive definite needs no pivots. False: it was not. */
static bool invert(double *m, size_t d)
{
	for (size_t k = 0; k < d; k++) {
		double pivot = m[k * d + k];
		if (!(pivot > 0))
			return false;
		m[k * d + k] = 1;
		for (size_t j = 0; j < d; j++)
			m[k * d + j] /= pivot;
		for (size_t i = 0; i < d; i++) {
			double by = m[i * d + k];
			if (i == k || by == 0)
				continue;
			m[i * d + k] = 0;
			for (size_t j = 0; j < d; j++)
				m[i * d + j] -= by * m[k * d + j];
		}
	}
	return true;
}

/* P in m, made wider: of 1/P the prior's part stays whole, that of the outcomes is divided. */
static bool split(const struct learner *l, const struct arm *a, float by, double *m)
{
	size_t d = l->conf.dims;
	if (!invert(m, d))
		return false;
	for (size_t i = 0; i < d * d; i++)
		m[i] /= (double)by;
	for (size_t i = 0; i < d; i++)
		m[i * d + i] += (1 - 1 / (double)by) / (double)(i == 0 ? a->bias : a->spread);
	return invert(m, d);
}

/* Scaling P and cutting it back to the prior, as fade() does, would leave P nearly as it was where
 * numbers are known only together, and halve what was learned of them: the guess would move. */
void arm_widen(const struct learner *l, struct arm *a, float by)
{
	size_t d = l->conf.dims;
	double *m = mem_array(d * d, sizeof *m);
	a->changed = true;
	for (size_t i = 0; i < d; i++)
		for (size_t j = 0; j < d; j++)
			m[i * d + j] = (double)a->p[i * l->stride + j];
	if (!split(l, a, by, m)) { /* rounding took all meaning from P */
		mem_free(m);
		fade(l, a, by);
		return;
	}
	for (size_t i = 0; i < d; i++) {
		for (size_t j = 0; j < d; j++) /* both halves the same to the last bit */
			a->p[i * l->stride + j] = (float)((m[i * d + j] + m[j * d + i]) / 2);
		a->b[i] /= by;
	}
	mem_free(m);
	a->seen /= (double)by;
	keep_positive(l, a); /* both for what rounding did */
	bound(l, a);
}

void arm_learn(const struct learner *l, struct arm *a, const float *x, struct lesson lesson)
{
	float px[LEARN_DIMS_MAX + LANES];
	times(l, a, x, px);
	float q = dot(px, x, l->stride), k = lesson.h / (1 + lesson.h * (q > 0 ? q : 0));
	float root = sqrtf(k); /* one factor for both sides: P stays symmetric to the last bit */
	for (uint32_t i = 0; i < l->stride; i++)
		px[i] *= root;
	for (uint32_t i = 0; i < l->conf.dims && q > 0; i++)
		add_scaled(a->p + (size_t)i * l->stride, -px[i], px, l->stride);
	keep_positive(l, a);
	add_scaled(a->b, lesson.y, x, l->stride);
	a->seen += (double)lesson.weight;
	a->changed = true;
	if (l->conf.forget > 0)
		fade(l, a, 1 + l->conf.forget);
	arm_mean(l, a);
}
