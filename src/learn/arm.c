/* SPDX-License-Identifier: Apache-2.0
 * arm.c: the arithmetic of one arm. The variance x'Px is the dear part of a decision: contexts have
 * many zeros, and their rows are left out.
 *
 * The mean moves by steps, P x times the surprise: it rests where there is none left, whatever
 * rounding did to P. Forgetting splits 1/P into the prior, which stays, and what outcomes added,
 * which is divided; that takes two inversions, so it is done for many outcomes at once. */
#include "learn/arm.h"

#include "base/assert.h"

#include <math.h>
#include <string.h>

#define LEAST_SHARE 1e-8f /* of the prior's variance */
#define HELD 1e-6f        /* of a variance: what floats hold of it, with room */
#define FADE_AT 0.025f    /* forgetting is made up for when it has come to this share */

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
	a->m = mem_array(l->stride, sizeof *a->m);
	a->p = mem_array((size_t)c->dims * l->stride, sizeof *a->p);
	for (uint32_t i = 0; i < c->dims; i++)
		a->p[(size_t)i * l->stride + i] = i == 0 ? a->bias : a->spread;
	memcpy(a->w, arm_prior(l, a), l->stride * sizeof *a->w);
	memcpy(a->m, a->w, l->stride * sizeof *a->m);
}

void arm_finish(struct arm *a)
{
	mem_free(a->w);
	mem_free(a->m);
	mem_free(a->p);
}

/* w += P (v / variances of the prior): the mean after the prior's mean moved by v. */
static void shift(const struct learner *l, struct arm *a, float *v)
{
	float step[LEARN_DIMS_MAX + LANES];
	for (uint32_t i = 0; i < l->stride; i++)
		v[i] /= i == 0 ? a->bias : a->spread;
	times(l, a, v, step);
	add_scaled(a->w, 1, step, l->stride);
}

/* The prior has moved: so does the arm, as far as its own outcomes leave room. */
static void follow(const struct learner *l, struct arm *a)
{
	float v[LEARN_DIMS_MAX + LANES];
	const float *m = arm_prior(l, a);
	if (memcmp(a->m, m, l->stride * sizeof *m) == 0)
		return;
	for (uint32_t i = 0; i < l->stride; i++)
		v[i] = m[i] - a->m[i];
	memcpy(a->m, m, l->stride * sizeof *m);
	shift(l, a, v);
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
	for (size_t i = 0; i < d; i++)
		m[i * d + i] *= 1 + (double)HELD;
	if (!invert(m, d))
		return false;
	for (size_t i = 0; i < d * d; i++)
		m[i] /= (double)by;
	for (size_t i = 0; i < d; i++)
		m[i * d + i] += (1 - 1 / (double)by) / (double)(i == 0 ? a->bias : a->spread);
	return invert(m, d);
}

/* P as doubles; where rounding took all meaning from it, each number by itself. */
static void wide_p(const struct learner *l, const struct arm *a, bool apart, double *m)
{
	size_t d = l->conf.dims;
	for (size_t i = 0; i < d; i++)
		for (size_t j = 0; j < d; j++)
			m[i * d + j] = i == j || !apart ? (double)a->p[i * l->stride + j] : 0;
}

/* What is less sure is drawn to the prior by as much as the prior's share of 1/P has grown. */
void arm_widen(const struct learner *l, struct arm *a, float by)
{
	float v[LEARN_DIMS_MAX + LANES];
	size_t d = l->conf.dims;
	double *m = mem_array(d * d, sizeof *m);
	wide_p(l, a, false, m);
	if (!split(l, a, by, m)) {
		wide_p(l, a, true, m);
		(void)split(l, a, by, m);
	}
	for (size_t i = 0; i < d; i++)
		for (size_t j = 0; j < d; j++) /* both halves the same to the last bit */
			a->p[i * l->stride + j] = (float)((m[i * d + j] + m[j * d + i]) / 2);
	mem_free(m);
	keep_positive(l, a); /* both for what rounding did */
	bound(l, a);
	for (uint32_t i = 0; i < l->stride; i++)
		v[i] = (1 - 1 / by) * (a->m[i] - a->w[i]);
	shift(l, a, v);
	a->seen /= (double)by;
	a->changed = true;
}

/* x'Px, and P x. Where floats hold nothing of a variance any more, its numbers get back what they
 * cannot tell from nothing. */
static float look_along(const struct learner *l, struct arm *a, const float *x, float *px)
{
	float apart = 0;
	times(l, a, x, px);
	for (uint32_t i = 0; i < l->conf.dims; i++)
		apart += x[i] * x[i] * a->p[(size_t)i * l->stride + i];
	float q = dot(px, x, l->stride);
	if (q >= HELD * apart)
		return q;
	for (uint32_t i = 0; i < l->conf.dims; i++) {
		float *own = &a->p[(size_t)i * l->stride + i], more = x[i] != 0 ? HELD * *own : 0;
		*own += more;
		px[i] += more * x[i];
	}
	return dot(px, x, l->stride);
}

/* Some at a time: see the top of the file. */
static void forget(const struct learner *l, struct arm *a)
{
	float by = 1 + l->conf.forget * (float)++a->since;
	if (by <= 1 + FADE_AT)
		return;
	a->since = 0;
	arm_widen(l, a, by);
}

void arm_learn(const struct learner *l, struct arm *a, const float *x, struct lesson lesson)
{
	float px[LEARN_DIMS_MAX + LANES];
	float q = look_along(l, a, x, px);
	if (q > 0) {
		float root = sqrtf(lesson.h / (1 + lesson.h * q));
		add_scaled(a->w, lesson.pull / (1 + lesson.h * q), px, l->stride);
		for (uint32_t i = 0; i < l->stride; i++) /* one factor for both sides: P */
			px[i] *= root;                   /* stays symmetric to the last bit */
		for (uint32_t i = 0; i < l->conf.dims; i++)
			add_scaled(a->p + (size_t)i * l->stride, -px[i], px, l->stride);
		keep_positive(l, a);
	}
	a->seen += (double)lesson.weight;
	a->changed = true;
	follow(l, a);
	if (l->conf.forget > 0)
		forget(l, a);
}
