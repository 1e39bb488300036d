/* SPDX-License-Identifier: Apache-2.0
 * next.c: when will the tier change by itself? One alarm per lead is set from the answer, so it is
 * computed after every event and must be exact: too late breaks the promise, too early costs a
 * wake-up for nothing.
 *
 * Between two bites of inactivity a sum of decaying points is a falling curve, and its logarithm is
 * nearly a line (exactly one when all half-lives are equal). So Newton's method in the logarithm
 * lands beside the crossing in two or three steps, and a bracket of whole microseconds, judged by
 * the very function that evaluates, makes the answer exact. Rules with negative points fade too and
 * then the curve may rise: for such leads bounds over intervals are cut in half until one is left
 * (branch and bound, earliest first). */
#include "score/engagement.h"

#include "base/assert.h"

#include <math.h>

#define CUTS_MAX 4000            /* bounds looked at for a curve that rises and falls */
#define GRAZE_US (60 * US_PER_S) /* then: look again after a minute */
#define SLACK 1e-9 /* cents: what adding the signs apart may differ in the last bits */
#define NEWTON_MAX 24
#define FAR_US ((int64_t)1 << 60)

/* The tier changes when rules - inactivity, in cents, falls below `low` or reaches `high`. */
struct search {
	struct terms terms;
	int64_t now_us;
	int64_t low, high; /* INT64_MIN, INT64_MAX: no such threshold */
};

static int64_t raw_cents(const struct search *s, int64_t at_us)
{
	return rules_cents(&s->terms, at_us) - inactivity_cents(&s->terms, at_us);
}

static bool fell(const struct search *s, int64_t at_us)
{
	return raw_cents(s, at_us) < s->low;
}

static int64_t later_by(int64_t at_us, int64_t by_us)
{
	int64_t out;
	return __builtin_add_overflow(at_us, by_us, &out) ? INT64_MAX : out;
}

/* ---- which engagement makes which score ---- */

/* Least engagement, in cents, whose total reaches `want`; one above the maximum when none does. */
static int64_t engagement_for(const struct program *p, int64_t fit_cents, int64_t want)
{
	int64_t lo = 0, hi = SCORE_MAX_CENTS + 1;
	while (lo < hi) {
		int64_t mid = (lo + hi) / 2;
		if (total_cents(p, fit_cents, mid) >= want)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static void set_thresholds(struct search *s, const struct program *p, const struct lead *l)
{
	int64_t fit = clamp_cents(fit_sum_cents(p, l)), raw = raw_cents(s, s->now_us);
	s->low = INT64_MIN;
	s->high = INT64_MAX;
	if (!(p->engagement_weight > 0))
		return; /* nothing that time changes counts */
	if (l->tier > TIER_COLD) {
		int64_t need = engagement_for(p, fit, threshold_cents(p->tiers[l->tier].down));
		s->low = need > 0 ? need : INT64_MIN; /* below 0 there is no engagement to lose */
	}
	for (unsigned t = l->tier + 1u; t < TIER_COUNT; t++) {
		int64_t need = engagement_for(p, fit, threshold_cents(p->tiers[t].up));
		/* Reached already, so a condition holds it back: no alarm changes that. */
		if (need <= SCORE_MAX_CENTS && need > raw && need < s->high)
			s->high = need;
	}
}

/* ---- a curve that only falls ---- */

/* What Newton needs at an instant: the part that decays, its slope, and the part that stays. */
struct slope {
	double falling, per_us, still;
};

static struct slope slope_at(const struct terms *t, int64_t at_us)
{
	struct slope s = {0, 0, 0};
	for (size_t i = 0; i < t->n; i++) {
		const struct term *x = &t->term[i];
		double cents = term_cents(x, at_us);
		if (x->half_life_us <= 0 || fabs(cents) >= x->cap) {
			s.still += cents;
			continue;
		}
		s.falling += cents;
		s.per_us += cents / (double)x->half_life_us;
	}
	return s;
}

/* Microseconds from lo to where the curve meets `target`, by its tangent in the logarithm. */
static double newton(const struct terms *t, int64_t lo, double target)
{
	struct slope s = slope_at(t, lo);
	double goal = target - s.still;
	if (!(goal > 0) || !(s.falling > goal) || !(s.per_us > 0))
		return 0;
	return log2_exact(s.falling / goal) * (s.falling / s.per_us);
}

/* lo has not fallen, hi has (or is so far that nothing is left): the first microsecond that has. */
static int64_t first_fall(const struct search *s, int64_t lo, int64_t hi)
{
	double target = (double)(s->low + inactivity_cents(&s->terms, lo)) - 0.5;
	for (int i = 0; hi - lo > 1; i++) {
		double step = i < NEWTON_MAX ? newton(&s->terms, lo, target) : 0;
		int64_t mid = lo + (hi - lo) / 2;
		if (step > 0 && step < (double)(hi - lo))
			mid = lo + (step > 1 ? (int64_t)step : 1);
		if (fell(s, mid))
			hi = mid;
		else
			lo = mid;
	}
	return hi;
}

/* An instant by which everything that decays has lost itself in the last bits. */
static int64_t settled_us(const struct search *s)
{
	int64_t half_life = 0, at = s->now_us;
	double all = 1;
	for (size_t i = 0; i < s->terms.n; i++) {
		const struct term *x = &s->terms.term[i];
		if (x->half_life_us <= 0)
			continue;
		all += fabs(x->amount);
		half_life = x->half_life_us > half_life ? x->half_life_us : half_life;
		at = x->at_us > at ? x->at_us : at;
	}
	double span = (double)half_life * (log2_exact(all) + 40);
	return later_by(at, span < (double)FAR_US ? (int64_t)span : FAR_US);
}

/* The first bite of inactivity that, taken with the decay until then, makes it fall: steps + 1
 * when none does. All bites up to `from` are behind us. */
static int64_t falling_bite(const struct search *s, int64_t from, int64_t steps)
{
	int64_t lo = from, hi = steps + 1;
	while (lo < hi) {
		int64_t mid = lo + (hi - lo) / 2;
		if (fell(s, inactivity_step_us(&s->terms, mid)))
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static int64_t next_fall(const struct search *s)
{
	int64_t lo = s->now_us, steps = inactivity_steps(&s->terms), from = 0;
	if (s->low == INT64_MIN)
		return TIME_NONE;
	if (fell(s, lo + 1))
		return lo + 1;
	while (from <= steps && inactivity_step_us(&s->terms, from) <= lo + 1)
		from = from < 16 ? from + 1 : from * 2; /* few bites are behind us as a rule */
	while (from > 0 && inactivity_step_us(&s->terms, from - 1) > lo + 1)
		from--;
	int64_t bite = falling_bite(s, from < steps + 1 ? from : steps + 1, steps);
	if (bite > from)
		lo = inactivity_step_us(&s->terms, bite - 1) > lo
			     ? inactivity_step_us(&s->terms, bite - 1)
			     : lo;
	if (bite <= steps && steps > 0) {
		int64_t at = inactivity_step_us(&s->terms, bite);
		return fell(s, at - 1) ? first_fall(s, lo, at - 1) : at;
	}
	int64_t end = settled_us(s);
	if (lo == INT64_MAX)
		return TIME_NONE; /* the end of time */
	end = end > lo ? end : lo + 1;
	return fell(s, end) ? first_fall(s, lo, end) : TIME_NONE;
}

/* ---- a curve that falls and rises ---- */

static bool rises(const struct terms *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->term[i].amount < 0 && t->term[i].half_life_us > 0)
			return true;
	return false;
}

static void both_signs(const struct terms *t, int64_t at_us, double *plus_r, double *minus_r)
{
	*plus_r = *minus_r = 0;
	for (size_t i = 0; i < t->n; i++) {
		double cents = term_cents(&t->term[i], at_us);
		*(cents < 0 ? minus_r : plus_r) += fabs(cents);
	}
}

static bool changed(const struct search *s, int64_t at_us)
{
	int64_t raw = raw_cents(s, at_us);
	return raw < s->low || raw >= s->high;
}

/* Between what rules - inactivity stays in [a, b], in cents before they are rounded: each sign by
 * itself only fades, so its ends bound it. */
static void raw_over(const struct terms *t, int64_t a, int64_t b, double *least_r, double *most_r)
{
	double plus_a, minus_a, plus_b, minus_b;
	both_signs(t, a, &plus_a, &minus_a);
	both_signs(t, b, &plus_b, &minus_b);
	*most_r = plus_a - minus_b - (double)inactivity_cents(t, a) + 0.5 + SLACK;
	*least_r = plus_b - minus_a - (double)inactivity_cents(t, b) + 0.5 - SLACK;
}

static bool may_change(const struct search *s, int64_t a, int64_t b)
{
	double least, most;
	raw_over(&s->terms, a, b, &least, &most);
	return least < (double)s->low || most >= (double)s->high;
}

static int64_t next_change(const struct search *s)
{
	struct {
		int64_t a, b;
	} open[64]; /* a stack of intervals, the earliest on top; halving adds one per level */
	size_t n = 0;
	int64_t steps = inactivity_steps(&s->terms), end = settled_us(s);
	int64_t last_bite = steps ? inactivity_step_us(&s->terms, steps) : end;
	end = last_bite > end && last_bite < later_by(s->now_us, FAR_US) ? last_bite : end;
	open[n].a = s->now_us + 1;
	open[n++].b = end > s->now_us + 1 ? end : s->now_us + 1;
	for (int cuts = 0; n > 0; cuts++) {
		int64_t a = open[--n].a, b = open[n].b;
		if (!may_change(s, a, b))
			continue;
		if (changed(s, a))
			return a;
		if (a == b)
			continue;
		if (cuts >= CUTS_MAX || n + 2 > sizeof open / sizeof open[0])
			return later_by(a > s->now_us + GRAZE_US ? a : s->now_us, GRAZE_US);
		int64_t mid = a + (b - a) / 2;
		open[n].a = mid + 1;
		open[n++].b = b;
		open[n].a = a;
		open[n++].b = mid;
	}
	return TIME_NONE;
}

int64_t score_next_change(const struct program *p, const struct lead *l, int64_t now_us)
{
	struct search s = {.now_us = now_us};
	terms_of(p, l, &s.terms);
	bool may_rise = rises(&s.terms);
	if (l->tier == TIER_COLD && !may_rise)
		return TIME_NONE; /* the many: nothing to lose, nothing to gain */
	set_thresholds(&s, p, l);
	return may_rise ? next_change(&s) : next_fall(&s);
}

void score_over(const struct program *p, const struct lead *l, int64_t from_us, int64_t to_us,
		struct cel_bounds *engagement_r, struct cel_bounds *score_r)
{
	struct search s = {.now_us = from_us};
	terms_of(p, l, &s.terms);
	int64_t lo = raw_cents(&s, from_us), hi = lo, fit = clamp_cents(fit_sum_cents(p, l));
	if (from_us != to_us) {
		double least, most;
		raw_over(&s.terms, from_us, to_us, &least, &most);
		lo = (int64_t)floor(least);
		hi = (int64_t)floor(most);
	}
	lo = clamp_cents(lo);
	hi = clamp_cents(hi);
	*engagement_r = (struct cel_bounds){(double)lo / SCORE_CENTS, (double)hi / SCORE_CENTS};
	*score_r = (struct cel_bounds){(double)total_cents(p, fit, lo) / SCORE_CENTS,
				       (double)total_cents(p, fit, hi) / SCORE_CENTS};
}
