/* SPDX-License-Identifier: Apache-2.0
 * journeys.h: journeys in the working set, written with their index by track and step.
 */
#ifndef ENGINE_JOURNEYS_H
#define ENGINE_JOURNEYS_H

#include "engine/pass.h"

/* Writes w's journey and its row in TABLE_TRACK_LEAD when it changed; `row` is scratch. */
MUST_USE enum status journeys_put(struct batch *b, struct work *w, struct buf *row, struct err *e);
/* Two leads are one: their touches count together, the stricter phase stays. */
MUST_USE enum status journeys_merge(struct pass *p, struct work *into, struct work *from,
				    struct err *e);

#endif
