/* SPDX-License-Identifier: Apache-2.0
 * held.h: what waits for the kill switch and for nothing else: leads whose next touch, or whose
 * message, it holds, and notices. Nobody of them is looked at while it is on; when it is lifted,
 * they are due, and work is O(held).
 *
 * A row is a hint: who moved on meanwhile is found to wait for nothing, and that is all.
 */
#ifndef ENGINE_HELD_H
#define ENGINE_HELD_H

#include "engine/batch.h"

struct engine;

enum held_kind { HELD_LEAD = 1, HELD_NOTICE = 2 }; /* in keys: never reuse one */

MUST_USE enum status held_add(struct batch *b, enum held_kind kind, uint64_t id, struct err *e);
/* The switch is lifted at `now_us`. Uses the engine's pass arena: the pass in hand is over. */
MUST_USE enum status held_free(struct engine *en, int64_t now_us, struct err *e);

#endif
