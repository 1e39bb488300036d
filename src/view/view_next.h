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

struct view_lead;
/* For explain: where, last decision, guards as of now, next, messages, hand-off, as keys of an open
 * object. Without a program, or of somebody who is gone: nothing. */
MUST_USE enum status view_play_put(struct view *v, struct view_lead *l, struct json_w *w,
				   struct err *e);

#endif
