/* SPDX-License-Identifier: Apache-2.0
 * due.h: what waits for a time and is no lead's alarm: hand-offs that must be looked at, notices
 * that are tried again, experiments that may end. One queue in order of time (TABLE_DUE), looked at
 * when its first row is due: work is O(due).
 */
#ifndef ENGINE_DUE_H
#define ENGINE_DUE_H

#include "engine/batch.h"

enum due_kind {
	DUE_HANDOFF = 1,
	DUE_MESSAGE = 2,
	DUE_OUTCOME = 3,
	DUE_ADVICE = 4,
	DUE_EXPERIMENTS = 5,
	DUE_KEPT = 6
}; /* in keys: never reuse one */
struct due {
	int64_t at_us; /* TIME_NONE: it waits for nothing */
	enum due_kind kind;
	uint64_t id; /* below 2^56 */
};

/* It is to be looked at at d->at_us; `was_us`: where it stood, TIME_NONE: nowhere. */
MUST_USE enum status due_set(struct batch *b, const struct due *d, int64_t was_us, struct err *e);
/* The first of the queue, none of which is before b->due; at_us TIME_NONE: there is none.
 * Makes b->due exact. */
MUST_USE enum status due_first(struct batch *b, struct due *out, struct err *e);

#endif
