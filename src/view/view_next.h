/* SPDX-License-Identifier: Apache-2.0
 * view_next.h: where a lead is on its tracks, what happens next, and what stands in the way: asked
 * of the code that decides (engine/inspect.h), over committed state.
 */
#ifndef VIEW_VIEW_NEXT_H
#define VIEW_VIEW_NEXT_H

#include "view/view.h"

/* What happens by itself, and what would change it. */
MUST_USE enum status view_next(struct view *v, uint64_t lead, struct json_w *w, struct err *e);
/* What stands between the lead and the track or message called `what`: every question in order,
 * down to the first that does not hold. ST_NOT_FOUND: nothing has that name. */
MUST_USE enum status view_why_not(struct view *v, uint64_t lead, struct str what, struct json_w *w,
				  struct err *e);

/* The first guard that holds every touch of a lead back now, as another sender would make it: on
 * the channel and for the purpose of a decision of the program. */
struct view_held {
	const char *guard; /* NULL: it may be touched */
	char why[160];     /* the guard's words, with the lead's values where it has any */
	int64_t free_us;   /* TIME_NONE: not by itself */
};
MUST_USE enum status view_held(struct view *v, uint64_t lead, struct str decision,
			       struct view_held *out, struct err *e);

struct view_lead;
/* For explain: where, last decision, guards as of now, next, messages, hand-off, as keys of an open
 * object. Without a program, or of somebody who is gone: nothing. */
MUST_USE enum status view_play_put(struct view *v, struct view_lead *l, struct json_w *w,
				   struct err *e);

#endif
