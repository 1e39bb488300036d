/* SPDX-License-Identifier: Apache-2.0
 * engagement.c: the arithmetic of scores. Rules are summed as doubles and rounded once, because
 * rounding each would make a score of many small parts drift; the ledger shares the rounded sum out
 * again. From the rounding on everything is a whole number of cents, so nothing can fail to add
 * up. */
#include "score/engagement.h"

#include "base/assert.h"

#include <math.h>

#define CENTS_FAR 1e15
#define TERM_MAX 1e13

/* Nearest whole number; what is no number counts for nothing, what is out of range is cut. */
static int64_t rounded(double cents)
{
	if (!(cents > -CENTS_FAR))
		return cents < 0 ? -(int64_t)CENTS_FAR : 0;
	return cents < CENTS_FAR ? (int64_t)floor(cents + 0.5) : (int64_t)CENTS_FAR;
}

int64_t cents_of(double points)
{
	return rounded(points * SCORE_CENTS);
}

/* -size to size; what is not a number is nothing. */
static double within(double x, double size)
{
	if (!(x > -size))
		return isnan(x) ? 0 : -size;
	return x < size ? x : size;
}

/* No rule is worth more than TERM_MAX, so that no sum of rules can leave the whole numbers. */
static double cap_of(const struct program_points *r)
{
	double cap = r->points_max * SCORE_CENTS;
	return cap > 0 && cap < TERM_MAX ? cap : TERM_MAX;
}

void terms_of(const struct program *p, const struct lead *l, struct terms *out)
{
	out->program = p;
	out->active_us = l->active_us;
	out->n = 0;
	ASSERT(p->points_n <= PROGRAM_POINTS_MAX);
	for (size_t i = 0; i < p->points_n && l->cells_n; i++) {
		const struct program_points *r = &p->points[i];
		const struct cell *c = lead_cell_get(l, r->key);
		if (c == NULL || c->at_us == TIME_NONE)
			continue;
		out->term[out->n++] = (struct term){
			.rule = i,
			.amount = within(r->points * SCORE_CENTS * c->value, TERM_MAX),
			.cap = cap_of(r),
			.at_us = c->at_us,
			.half_life_us = r->half_life_us,
			.cell = c,
		};
	}
}

double term_cents(const struct term *t, int64_t at_us)
{
	int64_t age_us = time_between(t->at_us, at_us);
	return within(t->amount * decay_exact(age_us, t->half_life_us), t->cap);
}

double terms_sum(const struct terms *t, int64_t at_us)
{
	double sum = 0;
	for (size_t i = 0; i < t->n; i++)
		sum += term_cents(&t->term[i], at_us);
	return sum;
}

int64_t rules_cents(const struct terms *t, int64_t at_us)
{
	return rounded(terms_sum(t, at_us));
}

/* ---- inactivity ---- */

static bool inactivity_on(const struct terms *t)
{
	const struct program_inactivity *x = &t->program->inactivity;
	return x->after_us > 0 && x->points > 0 && t->active_us != TIME_NONE;
}

int64_t inactivity_steps(const struct terms *t)
{
	const struct program_inactivity *x = &t->program->inactivity;
	int64_t bite = cents_of(x->points), most = cents_of(x->points_max);
	if (!inactivity_on(t) || bite <= 0)
		return 0;
	if (x->every_us <= 0)
		return 1;
	if (most <= 0)
		most = 2 * SCORE_MAX_CENTS; /* more than there ever is to take */
	return (most + bite - 1) / bite;
}

int64_t inactivity_step_us(const struct terms *t, int64_t step)
{
	const struct program_inactivity *x = &t->program->inactivity;
	int64_t at;
	if (__builtin_mul_overflow(step, x->every_us > 0 ? x->every_us : 0, &at) ||
	    __builtin_add_overflow(at, x->after_us, &at) ||
	    __builtin_add_overflow(at, t->active_us, &at))
		return INT64_MAX;
	return at;
}

int64_t inactivity_cents(const struct terms *t, int64_t at_us)
{
	const struct program_inactivity *x = &t->program->inactivity;
	if (!inactivity_on(t))
		return 0;
	int64_t idle = time_between(t->active_us, at_us), steps = inactivity_steps(t);
	int64_t bite = cents_of(x->points), most = cents_of(x->points_max);
	if (idle < x->after_us)
		return 0;
	int64_t taken = x->every_us > 0 ? (idle - x->after_us) / x->every_us : 1;
	int64_t cents = (taken < steps ? taken : steps) * bite;
	return most > 0 && cents > most ? most : cents;
}

/* ---- sums ---- */

int64_t fit_sum_cents(const struct program *p, const struct lead *l)
{
	int64_t sum = l->entry ? cents_of(l->entry_points) : 0;
	for (size_t i = 0; i < p->fit_n; i++)
		if (l->fit_mask >> i & 1)
			sum += cents_of(p->fit[i].points);
	return sum;
}

int64_t clamp_cents(int64_t cents)
{
	if (cents < 0)
		return 0;
	return cents < SCORE_MAX_CENTS ? cents : SCORE_MAX_CENTS;
}

int64_t weighted_cents(double weight, int64_t cents)
{
	return rounded(weight * (double)cents);
}

int64_t score_of_sum(const struct program *p, int64_t sum_cents)
{
	double points = (double)clamp_cents(sum_cents) / SCORE_CENTS;
	if (!(p->probability.slope > 0))
		return clamp_cents(sum_cents);
	double log_odds = p->probability.slope * points + p->probability.bias;
	/* log2(e): by our own exp2, so that replay and every machine see the same bits */
	return rounded(SCORE_MAX_CENTS / (1 + exp2_exact(-log_odds * 1.44269504088896340736)));
}

int64_t total_cents(const struct program *p, int64_t fit_cents, int64_t engagement_cents)
{
	return score_of_sum(p, weighted_cents(p->fit_weight, fit_cents) +
				       weighted_cents(p->engagement_weight, engagement_cents));
}

int64_t threshold_cents(double points)
{
	int64_t k = cents_of(points);
	while ((double)k / SCORE_CENTS < points && k < SCORE_MAX_CENTS + 2)
		k++;
	while ((double)(k - 1) / SCORE_CENTS >= points)
		k--;
	return k;
}
