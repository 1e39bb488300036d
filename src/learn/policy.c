/* SPDX-License-Identifier: Apache-2.0
 * policy.c: the table of modes, and the record. */
#include "learn/policy.h"

#include "base/assert.h"

#include <math.h>
#include <string.h>

#define RECORD_FIXED 24u /* head, id, throw */

/* What a mode is given. */
struct odds {
	const struct policy_conf *c;
	const double *value, *hopeful, *variance;
	size_t n;
	double seen;
	uint64_t key;
};

static void first(const struct odds *o, double *pdf)
{
	explore_one(0, o->n, pdf);
}

static void epsilon(const struct odds *o, double *pdf)
{
	explore_epsilon(explore_best(o->value, o->n), o->c->epsilon, o->n, pdf);
}

static void softmax(const struct odds *o, double *pdf)
{
	explore_softmax(o->value, o->c->gain, o->n, pdf);
}

static void igw(const struct odds *o, double *pdf)
{
	explore_igw(o->hopeful, o->c->gain * sqrt(1 + o->seen), o->n, pdf);
}

static void thompson(const struct odds *o, double *pdf)
{
	explore_thompson(o->value, o->variance, o->n, o->c->samples, o->key, pdf);
}

static const struct mode {
	const char *name;
	void (*odds)(const struct odds *o, double *pdf);
	bool floored; /* limits and a floor make sense */
} modes[POLICY_MODES] = {
	[POLICY_FIRST] = {"first", first, false},
	[POLICY_EPSILON] = {"epsilon", epsilon, true},
	[POLICY_SOFTMAX] = {"softmax", softmax, true},
	[POLICY_IGW] = {"igw", igw, true},
	[POLICY_THOMPSON] = {"thompson", thompson, true},
};

const char *policy_mode_name(enum policy_mode m)
{
	return modes[m].name;
}

enum policy_mode policy_mode_of(struct str name)
{
	int m = 0;
	while (m < POLICY_MODES && !str_is(name, modes[m].name))
		m++;
	return (enum policy_mode)m;
}

struct policy_conf policy_conf_default(enum policy_mode mode)
{
	return (struct policy_conf){
		.mode = mode,
		.epsilon = 0.05,
		.gain = mode == POLICY_SOFTMAX ? 20 : 150,
		.budget = 1,
		.floor = 0.01,
		.samples = 256,
	};
}

/* ---- factor by factor ---- */

struct branch {
	const struct mode *m;
	const struct odds *o;
	const struct policy_path *path;
	double *pdf;
};

/* The groups of options that are alike in this factor, in the order of their first ones; group[i]:
 * that of at[i]. */
static size_t groups_of(const struct branch *b, const uint16_t *at, size_t n, size_t factor,
			uint16_t *group)
{
	uint16_t first[EXPLORE_MAX];
	size_t groups = 0;
	for (size_t i = 0; i < n; i++) {
		size_t g = 0;
		while (g < groups && b->path[first[g]].at[factor] != b->path[at[i]].at[factor])
			g++;
		if (g == groups)
			first[groups++] = at[i];
		group[i] = (uint16_t)g;
	}
	return groups;
}

/* The best of each group stands for it. */
static void stand_for(const struct branch *b, const uint16_t *at, const uint16_t *group, size_t n,
		      struct odds *out, double *pdf)
{
	double value[EXPLORE_MAX], hopeful[EXPLORE_MAX], variance[EXPLORE_MAX];
	bool seen[EXPLORE_MAX] = {false};
	for (size_t i = 0; i < n; i++) {
		size_t g = group[i], a = at[i];
		if (!seen[g] || b->o->hopeful[a] > hopeful[g])
			hopeful[g] = b->o->hopeful[a];
		if (!seen[g] || b->o->value[a] > value[g]) {
			value[g] = b->o->value[a];
			variance[g] = b->o->variance[a];
		}
		seen[g] = true;
	}
	out->value = value;
	out->hopeful = hopeful;
	out->variance = variance;
	b->m->odds(out, pdf);
}

static void share_out(const struct branch *b, const uint16_t *at, size_t n, size_t factor, double p)
{
	double pdf[EXPLORE_MAX];
	uint16_t group[EXPLORE_MAX], own[EXPLORE_MAX];
	ASSERT(n > 0);
	for (size_t i = 0; i < n && (n == 1 || factor == POLICY_FACTORS); i++)
		b->pdf[at[i]] = p / (double)n;
	if (n == 1 || factor == POLICY_FACTORS)
		return;
	size_t groups = groups_of(b, at, n, factor, group);
	struct odds o = *b->o;
	o.n = groups;
	o.key += (factor * EXPLORE_MAX + at[0] + 1) * UINT64_C(0x9e3779b97f4a7c15);
	stand_for(b, at, group, n, &o, pdf);
	for (size_t g = 0; g < groups; g++) {
		size_t own_n = 0;
		for (size_t i = 0; i < n; i++)
			if (group[i] == g)
				own[own_n++] = at[i];
		share_out(b, own, own_n, factor + 1, p * pdf[g]);
	}
}

static void by_factor(const struct mode *m, const struct odds *o, const struct policy_path *path,
		      double *pdf)
{
	const struct branch b = {m, o, path, pdf};
	uint16_t all[EXPLORE_MAX];
	for (size_t i = 0; i < o->n; i++)
		all[i] = (uint16_t)i;
	share_out(&b, all, o->n, 0, 1);
}

void policy_factors(const struct policy_path *path, const struct policy_choice *c,
		    double out[POLICY_FACTORS])
{
	bool with[EXPLORE_MAX];
	double all = 1;
	for (size_t i = 0; i < c->n; i++)
		with[i] = true;
	for (size_t f = 0; f < POLICY_FACTORS; f++) {
		double own = 0;
		for (size_t i = 0; i < c->n; i++) {
			with[i] = with[i] && path[i].at[f] == path[c->drawn].at[f];
			own += with[i] ? c->p[i] : 0;
		}
		out[f] = own / all;
		all = own;
	}
}

/* ---- one decision ---- */

/* What all but the best may have of the turns that are not drawn evenly, so that with those they
 * have no more than the budget. */
static double budget_beside(const struct policy_conf *c, size_t n)
{
	if (c->uniform <= 0 || c->uniform >= 1)
		return c->budget;
	double even = c->uniform * (double)(n - 1) / (double)n;
	double left = (c->budget - even) / (1 - c->uniform);
	return left < 0 ? 0 : left < 1 ? left : 1;
}

void policy_decide(const struct policy_conf *c, const struct policy_option *o, size_t n,
		   struct policy_turn turn, struct policy_choice *out)
{
	double value[EXPLORE_MAX], hopeful[EXPLORE_MAX], variance[EXPLORE_MAX];
	const struct mode *m = &modes[c->mode];
	ASSERT(n > 0 && n <= EXPLORE_MAX && c->mode < POLICY_MODES);
	for (size_t i = 0; i < n; i++) {
		value[i] = o[i].value;
		hopeful[i] = o[i].hopeful;
		variance[i] = o[i].variance;
	}
	const struct odds in = {c, value, hopeful, variance, n, turn.seen, turn.seed ^ turn.id};
	ASSERT(n <= POLICY_JOINT_MAX || turn.path != NULL);
	if (n <= POLICY_JOINT_MAX)
		m->odds(&in, out->p);
	else
		by_factor(m, &in, turn.path, out->p);
	for (size_t i = 0; i < n && turn.prior_share > 0; i++)
		out->p[i] = (1 - turn.prior_share) * out->p[i] +
			    (i == turn.prior ? turn.prior_share : 0);
	out->n = n;
	out->best = explore_best(out->p, n);
	if (m->floored) {
		explore_budget(out->best, budget_beside(c, n), n, out->p);
		explore_floor(c->floor, true, n, out->p);
	}
	explore_even(c->uniform, n, out->p);
	out->unit = explore_unit(turn.seed, turn.id, 0);
	out->drawn = explore_draw(out->p, n, out->unit);
	out->even = explore_was_even(c->uniform, out->p[out->drawn], n,
				     explore_unit(turn.seed, turn.id, 1));
}

/* ---- the record ---- */

static char *put(char *at, const void *from, size_t n)
{
	memcpy(at, from, n);
	return at + n;
}

/* Numbers as this machine has them: little-endian everywhere we build. */
void policy_record(uint64_t id, const float *x, uint32_t dims, const struct policy_option *o,
		   const struct policy_choice *c, struct buf *out)
{
	const uint16_t head[4] = {1, (uint16_t)dims, (uint16_t)c->n, (uint16_t)c->drawn};
	size_t bytes = RECORD_FIXED + dims * sizeof *x + c->n * (sizeof(float) + sizeof *c->p);
	if (!buf_reserve(out, bytes))
		return;
	char *at = out->p + out->n;
	at = put(at, head, sizeof head);
	at = put(at, &id, sizeof id);
	at = put(at, &c->unit, sizeof c->unit);
	at = put(at, x, dims * sizeof *x);
	for (size_t i = 0; i < c->n; i++) {
		float v = (float)o[i].value;
		at = put(at, &v, sizeof v);
	}
	at = put(at, c->p, c->n * sizeof *c->p);
	out->n = (size_t)(at - out->p);
}

static bool take(struct str *from, void *out, size_t n)
{
	if (from->n < n)
		return false;
	memcpy(out, from->p, n);
	*from = str_n(from->p + n, from->n - n);
	return true;
}

static bool odds_hold(const struct policy_choice *c)
{
	double sum = 0;
	for (size_t i = 0; i < c->n; i++) {
		if (!(c->p[i] >= 0 && c->p[i] <= 1))
			return false;
		sum += c->p[i];
	}
	return sum > 1 - 1e-9 && sum < 1 + 1e-9 && c->p[c->drawn] > 0;
}

bool policy_record_read(struct str bytes, struct policy_recorded *out)
{
	uint16_t head[4];
	if (!take(&bytes, head, sizeof head) || head[0] != 1 || head[1] > 256 || head[2] < 1 ||
	    head[2] > EXPLORE_MAX || head[3] >= head[2])
		return false;
	out->dims = head[1];
	out->choice.n = head[2];
	out->choice.drawn = out->choice.best = head[3];
	return take(&bytes, &out->id, sizeof out->id) &&
	       take(&bytes, &out->choice.unit, sizeof out->choice.unit) &&
	       take(&bytes, out->x, out->dims * sizeof *out->x) &&
	       take(&bytes, out->value, out->choice.n * sizeof *out->value) &&
	       take(&bytes, out->choice.p, out->choice.n * sizeof *out->choice.p) && bytes.n == 0 &&
	       odds_hold(&out->choice);
}
