/* SPDX-License-Identifier: Apache-2.0
 * past.h: messages sent before us, imported as events `send.past`, wait here until an operator has
 * them believed (`policy.warm`, with the weight that live outcomes chose).
 *
 * TABLE_PAST: 0 -> how many wait; the number of the event -> what was known, done and came of it,
 * as in TABLE_PENDING. Believed, or declined (weight 0), they are gone.
 */
#ifndef ENGINE_PAST_H
#define ENGINE_PAST_H

#include "decide/past.h"
#include "engine/pass.h"

#define PAST_EVENT "send.past"
#define PAST_MAX 200000u

/* Properties: message; angle, channel; outcomes: the types of events that came of it, in one text
 * with commas or semicolons between, or a list. It was sent when it occurred. ST_INVALID: no
 * message. ST_LIMIT: PAST_MAX wait. */
MUST_USE enum status past_seen(struct pass *p, struct decide *d, struct err *e);
/* The handler of policy.warm: {"weight": 0 to 1}. ST_CONFLICT: none wait. */
enum status past_warm(struct engine *en, struct pass *p, struct err *e);

/* For who looks on: all that wait, and the live outcomes there still are rows of, both in order of
 * time; mem_alloc, the caller's. */
struct past_rows {
	struct pending *past, *live;
	size_t past_n, live_n;
};
MUST_USE enum status past_read(struct store *s, struct past_rows *out, struct err *e);
void past_finish(struct past_rows *x);

#endif
