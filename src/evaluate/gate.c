/* SPDX-License-Identifier: Apache-2.0
 * gate.c: may it be promoted? The questions are asked in the order in which a no makes the rest
 * worthless: can these rows speak of it at all, is it better, does it harm. */
#include "evaluate/evaluate.h"

#include <math.h>

struct evaluate_rules evaluate_rules_default(void)
{
	return (struct evaluate_rules){200, .01, .05, 0};
}

static bool may_speak(const struct evaluate_rules *r, const struct evaluate_weights *w,
		      struct buf *reason)
{
	double need = fmax(r->ess_min, r->ess_share_min * (double)w->n);
	if (w->ess < need) {
		buf_printf(reason,
			   "effective sample %.4g of %zu rows, at least %.4g are needed: the log "
			   "says too little about what this policy does",
			   w->ess, w->n, need);
		return false;
	}
	if (w->share_max >= r->row_share_max) {
		buf_printf(
			reason,
			"one row of %zu holds %.3g %% of all weight, less than %.3g %% is allowed: "
			"the estimate would hang on it",
			w->n, 100 * w->share_max, 100 * r->row_share_max);
		return false;
	}
	return true;
}

static bool is_better(const struct evaluate_rules *r, const struct evaluate_case *c,
		      struct buf *reason)
{
	if (c->over_champion.lo == 0 && c->over_champion.hi == 0) {
		buf_z(reason, "not shown to be better than the champion: it does the same");
		return false;
	}
	if (!(c->over_champion.lo > 0)) {
		buf_printf(reason,
			   "not shown to be better than the champion: the difference is %+.4g, and "
			   "may "
			   "be as low as %+.4g",
			   c->over_champion.v, c->over_champion.lo);
		return false;
	}
	if (c->fixed.n && !(c->over_fixed.lo >= -r->slack)) {
		buf_printf(reason,
			   "not shown to be as good as always taking \"" STR_FMT
			   "\": the difference is %+.4g, and may be as low as %+.4g",
			   STR_ARG(c->fixed), c->over_fixed.v, c->over_fixed.lo);
		return false;
	}
	return true;
}

bool evaluate_gate(const struct evaluate_rules *rules, const struct evaluate_case *c,
		   struct buf *reason)
{
	if (!may_speak(rules, &c->weights, reason) || !is_better(rules, c, reason))
		return false;
	if (c->harm_budget > 0 && !(c->harm_hi <= c->harm_budget)) {
		buf_printf(reason, "harm may be as high as %.3g %%, the budget is %.3g %%",
			   100 * c->harm_hi, 100 * c->harm_budget);
		return false;
	}
	buf_printf(reason,
		   "better than the champion by %.4g (95 %%: %.4g to %.4g), effective sample %.4g",
		   c->over_champion.v, c->over_champion.lo, c->over_champion.hi, c->weights.ess);
	return true;
}
