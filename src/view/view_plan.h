/* SPDX-License-Identifier: Apache-2.0
 * view_plan.h: a new program against the people who are there.
 */
#ifndef VIEW_VIEW_PLAN_H
#define VIEW_VIEW_PLAN_H

#include "program/diff.h"
#include "view/view.h"

struct view_plan {
	struct program_diff diff; /* in the arena of the view */
	uint64_t leads, moved[TIER_COUNT][TIER_COUNT], persona, fit_up, fit_down;
};

/* Every lead is evaluated under the view's program and under `next`; nothing is written. go_on
 * (may be NULL) is asked every few thousand leads; false ends it with ST_UNAVAILABLE. */
MUST_USE enum status view_plan(struct view *v, const struct program *next,
			       bool (*go_on)(void *ctx, uint64_t leads), void *ctx,
			       struct view_plan *out, struct err *e);
void view_plan_json(const struct view_plan *p, struct json_w *w);

#endif
