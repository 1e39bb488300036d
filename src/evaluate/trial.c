/* SPDX-License-Identifier: Apache-2.0
 * trial.c: see trial.h. */
#include "evaluate/trial.h"

#include "base/assert.h"
#include "evaluate/sequential.h"

#include <math.h>
#include <stdio.h>

/* 1 / variance at which intervals are tightest; fixed before anything is seen. Two sides of 500
 * leads that bring one outcome in forty have about that. */
#define V_OPT 10000.0
#define UNSEEN 0.25 /* a square of half an outcome: what was not seen yet is not certain */

static const struct stage {
	unsigned percent, next;
	double leads, margin;
} stages[] = {
	{0, 5, 200, .5},
	{5, 25, 100, .5},
	{25, 50, 200, .25},
	{50, 100, 400, .1},
};

static const struct stage *stage_of(unsigned percent)
{
	size_t i = sizeof stages / sizeof *stages - 1;
	while (i > 0 && stages[i].percent > percent)
		i--;
	return &stages[i];
}

double trial_leads_min(unsigned percent)
{
	return stage_of(percent)->leads;
}

double trial_margin(unsigned percent)
{
	return stage_of(percent)->margin;
}

unsigned trial_next(unsigned percent)
{
	return stage_of(percent)->next;
}

/* ---- spans ---- */

/* Variance of a mean over leads. */
static double variance(double n, double sum, double squares)
{
	double spread = squares - sum * sum / n;
	return ((spread > 0 ? spread : 0) + UNSEEN) / n / n;
}

static struct trial_span span(double at, double v)
{
	const struct sequential_mix mix = {
		.kind = SEQUENTIAL_NORMAL_2, .v_opt = V_OPT, .alpha_opt = TRIAL_ALPHA};
	double half = v * sequential_bound(&mix, 1 / v, TRIAL_ALPHA);
	return (struct trial_span){at, at - half, at + half};
}

static void look(const struct trial_case *c, struct trial_verdict *out)
{
	const struct trial_side *a = &c->champion, *b = &c->candidate;
	double v = variance(b->n, b->reward, b->reward_squares);
	double h = variance(b->n, b->harm, b->harm_squares);
	if (c->percent == 0) {
		out->reward = span(b->reward / b->n, v);
		out->harm = span(b->harm / b->n, h);
		return;
	}
	v += variance(a->n, a->reward, a->reward_squares);
	h += variance(a->n, a->harm, a->harm_squares);
	out->reward = span(b->reward / b->n - a->reward / a->n, v);
	out->harm = span(b->harm / b->n - a->harm / a->n, h);
}

/* ---- the verdict ---- */

#define SAY(out, ...) (void)snprintf((out)->words, sizeof(out)->words, __VA_ARGS__)

/* In the shadow: can what was done speak of what the candidate would do? */
static bool can_speak(const struct trial_case *c, struct trial_verdict *out)
{
	if (c->percent > 0)
		return true;
	double mean = c->decisions > 0 ? c->weight / c->decisions : 0;
	double ess = c->weight_squares > 0 ? c->weight * c->weight / c->weight_squares : 0;
	if (mean < .8 || mean > 1.25) {
		SAY(out,
		    "what is done leaves too much of what the candidate would do untried (mean "
		    "weight "
		    "%.2f): it stays in the shadow until somebody promotes it",
		    mean);
		return false;
	}
	if (ess < TRIAL_ESS_MIN) {
		SAY(out, "effective sample %.0f, %.0f are needed", ess, TRIAL_ESS_MIN);
		return false;
	}
	return true;
}

static bool must_go(const struct trial_case *c, struct trial_verdict *out)
{
	const struct trial_span *r = &out->reward, *h = &out->harm;
	double harms = c->champion.harm + (c->percent > 0 ? c->candidate.harm : 0);
	if (harms >= TRIAL_HARMS_MIN && h->lo > 0) {
		SAY(out, "it drives more people away: %+.4f a lead (%+.4f to %+.4f)", h->at, h->lo,
		    h->hi);
		return true;
	}
	if (r->hi < 0) {
		SAY(out, "it brings less: %+.4f a lead (%+.4f to %+.4f)", r->at, r->lo, r->hi);
		return true;
	}
	return false;
}

void trial_judge(const struct trial_case *c, struct trial_verdict *out)
{
	const struct stage *s = stage_of(c->percent);
	const struct trial_side *a = &c->champion, *b = &c->candidate;
	*out = (struct trial_verdict){.what = TRIAL_WAIT, .reward = {0, -1, 1}, .harm = {0, -1, 1}};
	double least = a->n < b->n ? a->n : b->n;
	if (least < s->leads) {
		SAY(out, "%.0f of %.0f leads", least, s->leads);
		return;
	}
	look(c, out);
	if (!can_speak(c, out))
		return;
	if (must_go(c, out)) {
		out->what = TRIAL_DOWN;
		return;
	}
	const struct trial_span *r = &out->reward;
	double slack = s->margin * (a->reward > 0 ? a->reward / a->n : 0);
	if (r->lo > -slack || r->lo > 0) {
		out->what = TRIAL_UP;
		SAY(out, "not worse by more than %.0f %%: %+.4f a lead (%+.4f to %+.4f)",
		    100 * s->margin, r->at, r->lo, r->hi);
		return;
	}
	SAY(out, "it may still be worse by more than %.0f %%: %+.4f a lead (%+.4f to %+.4f)",
	    100 * s->margin, r->at, r->lo, r->hi);
}
