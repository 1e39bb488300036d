/* SPDX-License-Identifier: Apache-2.0
 * adjust.c: see adjust.h. */
#include "evaluate/adjust.h"

#include "base/assert.h"
#include "evaluate/experiment.h"

#include <math.h>

/* Sums of squares and products about the arm's own means. */
static struct experiment_cuped within(const struct adjust_arm *a)
{
	double n = a->n;
	return (struct experiment_cuped){
		.n = n,
		.mean_x = a->x / n,
		.mean_y = a->hits / n,
		.var_x = fmax(0, a->xx - a->x * a->x / n),
		.var_y = fmax(0, a->hits - a->hits * a->hits / n),
		.cov = a->xy - a->x * a->hits / n,
	};
}

/* Of an arm's mean: raw with theta 0. Never 0: nothing seen yet is not certainty. */
static double variance(const struct experiment_cuped *c, double theta)
{
	double left = c->var_y - 2 * theta * c->cov + theta * theta * c->var_x;
	return (fmax(0, left) + .5) / c->n / c->n;
}

void adjust_arms(const struct adjust_arm *arms, size_t n, struct adjust *out)
{
	struct experiment_cuped each[VERDICT_ARMS_MAX], all = {0};
	double alpha = VERDICT_ALPHA / (double)(n - 1);
	ASSERT(n >= 2 && n <= VERDICT_ARMS_MAX);
	*out = (struct adjust){.known = true};
	for (size_t i = 0; i < n; i++) {
		out->known = out->known && arms[i].n >= VERDICT_LEADS_MIN;
		each[i] = arms[i].n > 0 ? within(&arms[i]) : (struct experiment_cuped){.n = 1};
		all.var_x += each[i].var_x;
		all.var_y += each[i].var_y;
		all.cov += each[i].cov;
	}
	out->known = out->known && all.var_x > 0 && all.var_y > 0;
	if (!out->known)
		return;
	out->theta = experiment_cuped_theta(&all);
	for (size_t i = 1; i < n; i++) {
		const struct experiment_cuped *a = &each[i], *b = &each[0];
		double at = a->mean_y - b->mean_y - out->theta * (a->mean_x - b->mean_x);
		double half =
			verdict_half(variance(a, out->theta) + variance(b, out->theta), alpha);
		double raw = verdict_half(variance(a, 0) + variance(b, 0), alpha);
		out->pairs[i] = (struct adjust_pair){at, fmax(-1, at - half), fmin(1, at + half)};
		out->width = fmax(out->width, half / raw);
	}
	out->helps = out->width <= ADJUST_HELPS;
}
