/* SPDX-License-Identifier: Apache-2.0
 * view_late.h: what is late or waits for a person: hand-offs nobody took, mail that should have
 * left, messages whose end nobody knows. For status lines, doctor and metrics; costs O(late), up to
 * a ceiling.
 */
#ifndef VIEW_VIEW_LATE_H
#define VIEW_VIEW_LATE_H

#include "store/store.h"

#define VIEW_LATE_MOST 10000         /* counted of each; more are "so many or more" */
#define VIEW_LATE_US (15 * US_PER_M) /* mail is late so long after its time: pace takes a while */

struct view_late {
	uint64_t handoffs, messages;    /* past their time */
	int64_t handoff_us, message_us; /* since when, the oldest; TIME_NONE: none */
	uint64_t held;                  /* leads and notices the kill switch holds */
	uint64_t uncertain;             /* messages for a person to settle */
};
MUST_USE enum status view_late(struct store *s, int64_t now_us, struct view_late *out,
			       struct err *e);

#endif
