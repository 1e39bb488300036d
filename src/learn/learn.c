/* SPDX-License-Identifier: Apache-2.0
 * learn.c: arms under one roof: which there are, what an action is worth, what an outcome teaches.
 *
 * An outcome is one look at the sum of the parts of an action. For one part, the rest is a guess
 * with a variance of its own; that variance is added to the noise of the look. So a sure part
 * leaves the surprise to the unsure ones, and no surprise is told twice. */
#include "learn/arm.h"

#include "base/assert.h"
#include "base/hash.h"

#include <math.h>
#include <string.h>

#define KEY_POOL 1
#define CURVE_LEAST 1e-4f /* of the logistic curve: far out, one outcome still weighs something */

struct learn_conf learn_conf_default(uint32_t dims)
{
	return (struct learn_conf){.dims = dims,
				   .start = 0,
				   .pool_level = 0.4f,
				   .pool_spread = 0.1f,
				   .level = 0.5f,
				   .spread = 0.5f,
				   .offset = 0.25f,
				   .bonus = 0.5f,
				   .forget = 5e-5f};
}

enum status learn_conf_check(const struct learn_conf *c, struct err *e)
{
	const float positive[] = {c->pool_level, c->pool_spread, c->level, c->spread, c->offset};
	if (c->dims < 1 || c->dims > LEARN_DIMS_MAX)
		return err_set(e, ST_INVALID, "a context has 1 to %d numbers, not %u",
			       LEARN_DIMS_MAX, c->dims);
	for (size_t i = 0; i < sizeof positive / sizeof *positive; i++)
		if (!(positive[i] > 1e-6f && positive[i] < 1e6f))
			return err_set(e, ST_INVALID, "a learner's spread is out of range");
	if (!(fabsf(c->start) <= 50) || !(c->bonus >= 0 && c->bonus <= 10) ||
	    !(c->forget >= 0 && c->forget <= 0.1f))
		return err_set(e, ST_INVALID,
			       "a learner's start, bonus or forgetting is out of range");
	return ST_OK;
}

/* ---- the roof ---- */

struct learner *learner_new(const struct learn_conf *conf)
{
	struct err e;
	ASSERT(learn_conf_check(conf, &e) == ST_OK);
	struct learner *l = mem_alloc(sizeof *l);
	l->conf = *conf;
	l->stride = (conf->dims + LANES - 1) / LANES * LANES;
	l->changed = true;
	l->prior = mem_array(l->stride, sizeof *l->prior);
	l->apart = mem_array(l->stride, sizeof *l->apart);
	l->nothing = mem_array(l->stride, sizeof *l->nothing);
	l->prior[0] = l->apart[0] = conf->start;
	l->slots_n = 16;
	l->slots = mem_array(l->slots_n, sizeof *l->slots);
	arm_init(l, &l->pool, KEY_POOL, LEARN_POOLED);
	return l;
}

struct learner *learner_open(const struct learn_conf *conf)
{
	return learner_new(conf);
}

void learner_close(struct learner **lp)
{
	struct learner *l = *lp;
	if (l == NULL)
		return;
	for (uint32_t i = 0; i < l->arms_n; i++)
		arm_finish(&l->arms[i]);
	arm_finish(&l->pool);
	mem_free(l->arms);
	mem_free(l->slots);
	mem_free(l->prior);
	mem_free(l->apart);
	mem_free(l->nothing);
	mem_free(l);
	*lp = NULL;
}

static float *copy(const float *from, size_t n)
{
	float *to = mem_array(n, sizeof *to);
	memcpy(to, from, n * sizeof *to);
	return to;
}

static struct arm copy_arm(const struct learner *l, const struct arm *a)
{
	struct arm to = *a;
	to.w = copy(a->w, l->stride);
	to.m = copy(a->m, l->stride);
	to.p = copy(a->p, (size_t)l->conf.dims * l->stride);
	return to;
}

struct learner *learner_clone(const struct learner *l)
{
	struct learner *to = mem_alloc(sizeof *to);
	*to = *l;
	to->prior = copy(l->prior, l->stride);
	to->apart = copy(l->apart, l->stride);
	to->nothing = copy(l->nothing, l->stride);
	to->pool = copy_arm(l, &l->pool);
	to->arms = l->arms_cap > 0 ? mem_array(l->arms_cap, sizeof *to->arms) : NULL;
	ASSERT(to->arms != NULL || l->arms_n == 0);
	for (uint32_t i = 0; i < l->arms_n; i++)
		to->arms[i] = copy_arm(l, &l->arms[i]);
	to->slots = mem_array(l->slots_n, sizeof *to->slots);
	memcpy(to->slots, l->slots, l->slots_n * sizeof *to->slots);
	return to;
}

size_t learner_bytes(const struct learner *l)
{
	size_t arm = ((size_t)l->conf.dims + 2) * l->stride * sizeof(float);
	return sizeof *l + (l->arms_n + (size_t)1) * (arm + sizeof(struct arm));
}

const struct learn_conf *learn_conf_of(const struct learner *l)
{
	return &l->conf;
}

void learn_prior(struct learner *l, const float *weights)
{
	ASSERT(l->arms_n == 0 && l->pool.seen == 0);
	memcpy(l->prior, weights, l->conf.dims * sizeof *weights);
	memcpy(l->pool.w, weights, l->conf.dims * sizeof *weights);
	memcpy(l->pool.m, weights, l->conf.dims * sizeof *weights);
	l->changed = true;
}

/* ---- arms by key ---- */

static uint32_t *slot(const struct learner *l, uint64_t key)
{
	uint32_t mask = l->slots_n - 1, at = (uint32_t)hash_u64(key) & mask;
	while (l->slots[at] != 0 && l->arms[l->slots[at] - 1].key != key)
		at = (at + 1) & mask;
	return &l->slots[at];
}

uint32_t learn_find(const struct learner *l, uint64_t key)
{
	uint32_t s = *slot(l, key);
	return s == 0 ? LEARN_NONE : s - 1;
}

static void grow(struct learner *l)
{
	uint32_t cap = l->arms_cap == 0 ? 8 : 2 * l->arms_cap;
	l->arms = mem_grow(l->arms, l->arms_cap * sizeof *l->arms, cap * sizeof *l->arms);
	l->arms_cap = cap;
	mem_free(l->slots);
	l->slots_n = 2 * cap;
	l->slots = mem_array(l->slots_n, sizeof *l->slots);
	for (uint32_t i = 0; i < l->arms_n; i++)
		*slot(l, l->arms[i].key) = i + 1;
}

struct arm *learner_add(struct learner *l, uint64_t key, enum learn_kind kind)
{
	if (l->arms_n >= LEARN_ARMS_MAX)
		return NULL;
	if (l->arms_n == l->arms_cap)
		grow(l);
	struct arm *a = &l->arms[l->arms_n++];
	arm_init(l, a, key, kind);
	*slot(l, key) = l->arms_n;
	return a;
}

uint32_t learn_arm(struct learner *l, uint64_t key, enum learn_kind kind)
{
	uint32_t i = learn_find(l, key);
	if (i != LEARN_NONE)
		return i;
	return learner_add(l, key, kind) != NULL ? l->arms_n - 1 : LEARN_NONE;
}

uint32_t learn_arms(const struct learner *l)
{
	return l->arms_n;
}

uint64_t learn_key(const struct learner *l, uint32_t arm)
{
	ASSERT(arm < l->arms_n);
	return l->arms[arm].key;
}

enum learn_kind learn_kind_of(const struct learner *l, uint32_t arm)
{
	ASSERT(arm < l->arms_n);
	return l->arms[arm].kind;
}

double learn_seen(const struct learner *l, uint32_t arm)
{
	ASSERT(arm < l->arms_n);
	return l->arms[arm].seen;
}

double learn_seen_all(const struct learner *l)
{
	return l->seen;
}

const float *learn_weights(const struct learner *l, uint32_t arm)
{
	ASSERT(arm < l->arms_n);
	return l->arms[arm].w;
}

/* ---- scoring and learning ---- */

typedef float lane __attribute__((vector_size(16), aligned(4), may_alias));
typedef int32_t lane_int __attribute__((vector_size(16), aligned(4), may_alias));

#define ROUNDS 12582912.0f /* 1.5 * 2^23: added and taken away, a float is whole */

static lane either(lane_int which, lane yes, lane no)
{
	return (lane)(((lane_int)yes & which) | ((lane_int)no & ~which));
}

/* 1 / (1 + e^-z) of four, to 1e-6: 2^k times a polynomial on [-1/2, 1/2]. The same on every
 * machine, and a decision asks for it twice an arm. */
static lane logistic4(lane z)
{
	const lane one = {1, 1, 1, 1}, most = 40 * one;
	z = either(z > most, most, either(z < -most, -most, z));
	lane t = z * -1.44269504f;
	lane whole = (t + ROUNDS) - ROUNDS, f = t - whole;
	lane_int k = __builtin_convertvector(whole, lane_int);
	lane p = 0.00961813f + f * 0.00133336f;
	p = 1 + f * (0.69314718f + f * (0.24022651f + f * (0.05550411f + f * p)));
	union {
		lane_int bits;
		lane v;
	} scale = {.bits = (k + 127) << 23};
	return one / (one + p * scale.v);
}

static float logistic(float z)
{
	return logistic4((lane){z})[0];
}

/* The context in whole lanes. */
static void pad(const struct learner *l, const float *x, float *out)
{
	memcpy(out, x, l->conf.dims * sizeof *out);
	for (uint32_t i = l->conf.dims; i < l->stride; i++)
		out[i] = 0;
}

static const struct arm *part(const struct learner *l, const struct learn_action *a, uint32_t i)
{
	ASSERT(a->n >= 1 && a->n <= LEARN_PARTS_MAX && a->arm[i] < l->arms_n);
	return &l->arms[a->arm[i]];
}

/* What an arm is believed to be before its first outcome (arm_init). */
static void look_new(const struct learner *l, const float *row, bool apart, struct learn_guess *out)
{
	const float *mean = apart ? l->apart : l->pool.w;
	float z = 0, square = 0;
	for (uint32_t i = 0; i < l->conf.dims; i++) {
		z += mean[i] * row[i];
		square += i == 0 ? 0 : row[i] * row[i];
	}
	out->z += z;
	out->var += l->conf.level * row[0] * row[0] + l->conf.spread * square;
}

static void look(const struct learner *l, const float *row, const struct learn_action *a,
		 struct learn_guess *out)
{
	*out = (struct learn_guess){0};
	for (uint32_t i = 0; i < a->n; i++) {
		if (a->arm[i] == LEARN_NEW || a->arm[i] == LEARN_NEW_APART) {
			look_new(l, row, a->arm[i] == LEARN_NEW_APART, out);
			continue;
		}
		const struct arm *arm = part(l, a, i);
		out->z += arm_z(l, arm, row);
		out->var += arm_variance(l, arm, row);
	}
}

void learn_score(const struct learner *l, const float *x, const struct learn_action *a, size_t n,
		 struct learn_guess *out)
{
	float row[LEARN_DIMS_MAX + LANES];
	pad(l, x, row);
	for (size_t from = 0; from < n; from += LANES) {
		lane z = {0}, hope = {0};
		size_t some = n - from < LANES ? n - from : LANES;
		struct learn_guess *g = out + from;
		for (size_t i = 0; i < some; i++) {
			look(l, row, &a[from + i], &g[i]);
			z[i] = g[i].z;
			hope[i] = g[i].z + l->conf.bonus * sqrtf(g[i].var);
		}
		z = logistic4(z);
		hope = logistic4(hope);
		for (size_t i = 0; i < some; i++) {
			g[i].p = z[i];
			g[i].q = hope[i];
		}
	}
}

/* The part by itself, and the whole. */
static struct lesson lesson_of(float outcome, float weight, struct learn_guess own,
			       struct learn_guess all)
{
	float p = logistic(all.z), h = p * (1 - p);
	h = weight * (h < CURVE_LEAST ? CURVE_LEAST : h);
	float share = 1 / (1 + h * (all.var - own.var));
	return (struct lesson){h * share, share * weight * (outcome - p), weight};
}

static struct learn_guess guess_of(const struct learner *l, const struct arm *a, const float *x)
{
	return (struct learn_guess){.z = arm_z(l, a, x), .var = arm_variance(l, a, x)};
}

void learn_update(struct learner *l, const float *x, const struct learn_action *a, float outcome,
		  float weight)
{
	float row[LEARN_DIMS_MAX + LANES];
	struct learn_guess own[LEARN_PARTS_MAX], all = {0}, pool;
	ASSERT(outcome >= 0 && outcome <= 1 && weight > 0 && weight <= 1);
	pad(l, x, row);
	for (uint32_t i = 0; i < a->n; i++) {
		own[i] = guess_of(l, part(l, a, i), row);
		all.z += own[i].z;
		all.var += own[i].var;
	}
	if (part(l, a, 0)->kind == LEARN_POOLED) { /* the average variant, in this one's company */
		pool = guess_of(l, &l->pool, row);
		struct learn_guess with = {.z = all.z - own[0].z + pool.z,
					   .var = all.var - own[0].var + pool.var};
		arm_learn(l, &l->pool, row, lesson_of(outcome, weight, pool, with));
	}
	for (uint32_t i = 0; i < a->n; i++)
		arm_learn(l, &l->arms[a->arm[i]], row, lesson_of(outcome, weight, own[i], all));
	l->seen = l->seen / (1 + (double)l->conf.forget / (double)l->arms_n) + (double)weight;
	l->changed = true;
}

void learn_widen(struct learner *l, float times)
{
	ASSERT(times > 1);
	arm_widen(l, &l->pool, times);
	for (uint32_t i = 0; i < l->arms_n; i++)
		arm_widen(l, &l->arms[i], times);
	l->seen /= (double)times;
	l->changed = true;
}
