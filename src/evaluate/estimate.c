/* SPDX-License-Identifier: Apache-2.0
 * estimate.c: one term a row and its mean; the kinds differ in the term alone. Ratios are two such
 * means, and their interval is that of the linearised ratio. */
#include "evaluate/evaluate.h"

#include "base/assert.h"
#include "evaluate/terms.h"

#include <math.h>

#define Z95 1.959963984540054 /* special_normal_quantile(.975) */

static const struct {
	const char *name;
	bool models, ratio;
} kinds[EVALUATE_KINDS] = {
	[EVALUATE_IPS] = {"ips", false, false},
	[EVALUATE_IPS_CLIP] = {"ips_clip", false, false},
	[EVALUATE_SNIPS] = {"snips", false, true},
	[EVALUATE_DM] = {"dm", true, false},
	[EVALUATE_DR] = {"dr", true, false},
	[EVALUATE_SNDR] = {"sndr", true, true},
	[EVALUATE_SWITCH_DR] = {"switch_dr", true, false},
	[EVALUATE_DROS] = {"dros", true, false},
};

const char *evaluate_kind_name(enum evaluate_kind k)
{
	return kinds[k].name;
}

bool evaluate_kind_models(enum evaluate_kind k)
{
	return kinds[k].models;
}

double evaluate_weight(const struct evaluate_row *r)
{
	return r->p_new / r->p_log;
}

/* What of the weight a kind lets through. */
static double shrunk(double w, enum evaluate_kind k, double param)
{
	switch (k) {
	case EVALUATE_IPS_CLIP: return fmin(w, param);
	case EVALUATE_SWITCH_DR: return w <= param ? w : 0;
	case EVALUATE_DROS: return param * w / (w * w + param);
	case EVALUATE_DM: return 0;
	default: return w;
	}
}

/* A ratio's constant part (v_dm of SNDR) is no part of its numerator. */
struct evaluate_term evaluate_term(const struct evaluate_row *r, enum evaluate_kind k, double param)
{
	double w = shrunk(evaluate_weight(r), k, param);
	if (!kinds[k].models)
		return (struct evaluate_term){w * r->reward, kinds[k].ratio ? w : 1, 0};
	double rest = w * (r->reward - r->q);
	if (kinds[k].ratio)
		return (struct evaluate_term){rest, w, r->v_dm};
	return (struct evaluate_term){r->v_dm + rest, 1, 0};
}

struct evaluate_sums evaluate_sums(const struct evaluate_row *rows, size_t n, enum evaluate_kind k,
				   double param)
{
	struct evaluate_sums s = {0};
	ASSERT(n >= 1);
	for (size_t i = 0; i < n; i++) {
		struct evaluate_term t = evaluate_term(&rows[i], k, param);
		s.num += t.num;
		s.den += t.den;
		s.plus += t.plus;
	}
	s.ratio = s.den > 0 ? s.num / s.den : 0;
	s.plus /= (double)n;
	s.den /= (double)n;
	return s;
}

/* How far one row pulls the estimate: its term less the mean, over the mean denominator. */
double evaluate_pull(const struct evaluate_sums *s, const struct evaluate_term *t)
{
	double pull = t->plus - s->plus;
	return s->den > 0 ? pull + (t->num - s->ratio * t->den) / s->den : pull;
}

struct evaluate_value evaluate_estimate(const struct evaluate_row *rows, size_t n,
					enum evaluate_kind k, double param)
{
	struct evaluate_sums s = evaluate_sums(rows, n, k, param);
	double squares = 0, of = (double)n;
	for (size_t i = 0; i < n; i++) {
		struct evaluate_term t = evaluate_term(&rows[i], k, param);
		double pull = evaluate_pull(&s, &t);
		squares += pull * pull;
	}
	/* Means are unbiased with n - 1; the delta method is stated with n. */
	double free = kinds[k].ratio || n == 1 ? of : of - 1;
	double half = Z95 * sqrt(squares / free / of), v = s.plus + s.ratio;
	return (struct evaluate_value){v, v - half, v + half};
}

struct evaluate_weights evaluate_weights(const struct evaluate_row *rows, size_t n)
{
	struct evaluate_weights out = {.n = n};
	double sum = 0, squares = 0, rewards = 0;
	size_t within = 0;
	ASSERT(n >= 1);
	for (size_t i = 0; i < n; i++) {
		double w = evaluate_weight(&rows[i]);
		sum += w;
		squares += w * w;
		out.w_max = fmax(out.w_max, w);
		rewards += rows[i].reward;
		within += w > 0;
	}
	out.ess = squares > 0 ? sum * sum / squares : 0;
	out.w_mean = sum / (double)n;
	out.share_max = sum > 0 ? out.w_max / sum : 1;
	out.support = (double)within / (double)n;
	out.r_mean = rewards / (double)n;
	return out;
}
