/* SPDX-License-Identifier: Apache-2.0
 * view_experiment.h: experiments of the program in force and what they say so far.
 *
 * Numbers come from the roll-ups "experiment.*" (engine/tally.c) of the last EXPERIMENTS_DAYS days:
 * a lead is counted under the day it entered the track. Who is in which arm follows from its number
 * (decide_arm) and is nowhere stored.
 */
#ifndef VIEW_VIEW_EXPERIMENT_H
#define VIEW_VIEW_EXPERIMENT_H

#include "engine/experiments.h"
#include "view/view_order.h"

/* Each with its verdict in one sentence. ST_CONFLICT: no program. */
MUST_USE enum status view_experiments(struct view *v, struct json_w *w, struct err *e);
/* One: the verdict, then arm by arm rates with intervals of Wilson, and each arm against the first
 * with an interval that is valid at every look. ST_NOT_FOUND. */
MUST_USE enum status view_experiment(struct view *v, struct str name, struct json_w *w,
				     struct err *e);
/* What a rule has found (one->no > 0), as member "decided" of an open object. */
void view_experiment_found(const struct experiments_one *one, struct json_w *w);
/* Two versions of the program side by side (engine/beside.h). version 0: there are none now. */
struct view_beside {
	uint64_t version, base;
	unsigned percent; /* of leads, on `version` */
	int64_t since_us;
	struct str name, verdict; /* as an experiment: its name, and what it says so far */
};
MUST_USE enum status view_beside(struct view *v, struct view_beside *out, struct err *e);
/* As member "beside" of an open object; nothing where there are none. */
void view_beside_put(const struct view_beside *x, struct json_w *w);
/* Promotes or withdraws it. ST_CONFLICT: there are none. */
MUST_USE enum status view_order_beside(struct view *v, bool promote, struct view_order *out,
				       struct err *e);
/* Everybody is in `arm` from now on; empty: in the one that won, else the first. */
MUST_USE enum status view_order_experiment(struct view *v, struct str name, struct str arm,
					   struct view_order *out, struct err *e);

#endif
