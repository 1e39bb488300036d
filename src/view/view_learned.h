/* SPDX-License-Identifier: Apache-2.0
 * view_learned.h: what the live learner knows, by decision point (message) and arm (angle), and how
 * it chooses. Values are in the rewards of the program in force.
 */
#ifndef VIEW_VIEW_LEARNED_H
#define VIEW_VIEW_LEARNED_H

#include "view/view.h"

#define VIEW_LEARNED_LATEST 1000u /* decisions that are looked back on */
#define VIEW_LEARNED_WEIGHTS 5u   /* the heaviest of an arm */

/* What is expected is said for the average lead of the latest decisions, with 95 % intervals.
 * `decision`: one message, "nothing", "channel", "time" or "gap", or one of the program's
 * `decisions:` (view_advised.h), which stand there in short where it is empty: all. ST_CONFLICT: no
 * program; ST_NOT_FOUND: no such decision. */
MUST_USE enum status view_learned(struct view *v, struct str decision, struct json_w *w,
				  struct err *e);

#endif
