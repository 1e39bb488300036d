/* SPDX-License-Identifier: Apache-2.0
 * verdict.c: see verdict.h. */
#include "evaluate/verdict.h"

#include "base/assert.h"
#include "evaluate/experiment.h"
#include "evaluate/sequential.h"

#include <math.h>

/* 1 / variance at which intervals are tightest; fixed before any lead is seen, else they would not
 * be valid at every look. Two arms of 720 leads with a rate of 10 % have it. */
#define V_OPT 4000.0

struct span {
	double at, lo, hi;
};

static double variance(double hits, double n)
{
	double p = (hits + .5) / (n + 1); /* never 0: nothing seen yet is not certainty */
	return p * (1 - p) / n;
}

double verdict_half(double variance, double alpha)
{
	const struct sequential_mix mix = {
		.kind = SEQUENTIAL_NORMAL_2, .v_opt = V_OPT, .alpha_opt = VERDICT_ALPHA};
	return variance * sequential_bound(&mix, 1 / variance, alpha);
}

static struct span difference(double hits, double n, double hits_0, double n_0, double alpha)
{
	struct span s = {0, -1, 1};
	if (n < 1 || n_0 < 1)
		return s;
	double v = variance(hits, n) + variance(hits_0, n_0);
	double half = verdict_half(v, alpha);
	s.at = hits / n - hits_0 / n_0;
	s.lo = fmax(-1, s.at - half);
	s.hi = fmin(1, s.at + half);
	return s;
}

static bool enough(const struct verdict_arm *a, const struct verdict_arm *first)
{
	return a->n >= VERDICT_LEADS_MIN && first->n >= VERDICT_LEADS_MIN;
}

static void compare(const struct verdict_arm *arms, size_t n, struct verdict *out)
{
	double alpha = VERDICT_ALPHA / (double)(n - 1);
	for (size_t i = 1; i < n; i++) {
		struct span d = difference(arms[i].hits, arms[i].n, arms[0].hits, arms[0].n, alpha);
		struct span h =
			difference(arms[i].harms, arms[i].n, arms[0].harms, arms[0].n, alpha);
		out->pairs[i] = (struct verdict_pair){d.at, d.lo, d.hi, h.at, h.lo, h.hi};
	}
}

static double srm(const struct verdict_arm *arms, size_t n)
{
	uint64_t got[VERDICT_ARMS_MAX];
	double shares[VERDICT_ARMS_MAX], sum = 0;
	for (size_t i = 0; i < n; i++) {
		got[i] = (uint64_t)arms[i].n;
		shares[i] = arms[i].share;
		sum += arms[i].n;
	}
	return sum < VERDICT_LEADS_MIN ? 1 : experiment_srm(got, shares, n);
}

/* The interval shrinks with the root of the number: so many more until it is as wide as what is to
 * be told apart. */
static double still_needed(const struct verdict_arm *arms, size_t n, double lift,
			   const struct verdict *v)
{
	double leads = 0, worst = 0;
	for (size_t i = 0; i < n; i++)
		leads += arms[i].n;
	for (size_t i = 1; i < n; i++) {
		double target = fmax(fabs(v->pairs[i].diff), lift);
		double half = (v->pairs[i].hi - v->pairs[i].lo) / 2;
		if (target > 0 && half < 1)
			worst = fmax(worst, leads * (half / target * (half / target) - 1));
	}
	return worst;
}

static enum verdict_kind judged(const struct verdict_arm *arms, size_t n, double lift,
				struct verdict *v)
{
	bool behind = true, even = lift > 0;
	double best = 0;
	for (size_t i = 1; i < n; i++) {
		const struct verdict_pair *p = &v->pairs[i];
		bool told = enough(&arms[i], &arms[0]);
		bool hits = told && arms[i].hits + arms[0].hits >= VERDICT_HITS_MIN;
		if (told && arms[i].harms + arms[0].harms >= VERDICT_HITS_MIN && p->harm_lo > 0) {
			v->arm = i;
			return VERDICT_HARM;
		}
		if (hits && p->lo > best) {
			best = p->lo;
			v->arm = i;
		}
		behind = behind && hits && p->hi < 0;
		even = even && hits && p->lo > -lift && p->hi < lift;
	}
	if (best > 0)
		return VERDICT_WINNER;
	return behind ? VERDICT_LOSER : even ? VERDICT_EVEN : VERDICT_EARLY;
}

void verdict_arms(const struct verdict_arm *arms, size_t n, double min_lift, struct verdict *out)
{
	*out = (struct verdict){.kind = VERDICT_EARLY};
	ASSERT(n >= 1 && n <= VERDICT_ARMS_MAX);
	out->srm_p = srm(arms, n);
	if (n == 1)
		return;
	compare(arms, n, out);
	double lift = arms[0].n > 0 ? min_lift * arms[0].hits / arms[0].n : 0;
	out->kind = out->srm_p < EXPERIMENT_SRM_P ? VERDICT_BROKEN : judged(arms, n, lift, out);
	if (out->kind == VERDICT_EARLY && enough(&arms[1], &arms[0]))
		out->more = still_needed(arms, n, lift, out);
}

const char *verdict_kind_name(enum verdict_kind k)
{
	static const char *const names[] = {"early", "broken", "harm", "winner", "loser", "even"};
	return names[k];
}

struct str verdict_words(const struct verdict *x, const struct verdict_names *t, struct arena *a)
{
	const struct verdict_pair *p = &x->pairs[x->arm];
	struct str arm = t->arms[x->arm], first = t->arms[0];
	switch (x->kind) {
	case VERDICT_BROKEN:
		return arena_printf(a,
				    "Believe nothing here yet: the arms did not get the shares "
				    "they were given (p = %.2g).",
				    x->srm_p);
	case VERDICT_HARM:
		return arena_printf(a,
				    STR_FMT " makes more people leave than " STR_FMT
					    ": %+.1f points (%+.1f to %+.1f). Stop it.",
				    STR_ARG(arm), STR_ARG(first), 100 * p->harm, 100 * p->harm_lo,
				    100 * p->harm_hi);
	case VERDICT_WINNER:
		return arena_printf(
			a, STR_FMT " beats " STR_FMT ": %+.1f points of %s (%+.1f to %+.1f).",
			STR_ARG(arm), STR_ARG(first), 100 * p->diff, t->metric, 100 * p->lo,
			100 * p->hi);
	case VERDICT_LOSER:
		return arena_printf(a, "No arm beats " STR_FMT ": the others are behind it.",
				    STR_ARG(first));
	case VERDICT_EVEN:
		return arena_printf(
			a,
			"No difference worth having: less than %.0f %% of the rate of " STR_FMT
			", either way.",
			100 * t->min_lift, STR_ARG(first));
	case VERDICT_EARLY: break;
	}
	if (x->more > 0)
		return arena_printf(a, "Too early to tell; about %.0f more leads at these rates.",
				    x->more);
	return STR("Too early to tell.");
}
