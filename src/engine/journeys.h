/* SPDX-License-Identifier: Apache-2.0
 * journeys.h: journeys in the working set, written with their index by track and step.
 */
#ifndef ENGINE_JOURNEYS_H
#define ENGINE_JOURNEYS_H

#include "engine/pass.h"

/* Moves w's row in TABLE_TRACK_LEAD and the place it is counted under (gauge "inside") when its
 * track, step or tier changed. */
MUST_USE enum status journeys_place(struct batch *b, struct work *w, struct err *e);
/* Appends w's journey, changed or as it was stored, to the row of its lead. */
void journeys_encode(const struct work *w, struct buf *row);
/* Key of TABLE_TRACK_LEAD: track, 0, step, 0, tier, lead. A shorter `at` gives the beginning of all
 * keys that share it: step NULL, then tier < 0. STR_NULL: the arena is full. */
struct journeys_at {
	struct str track, step;
	int tier;
	uint64_t lead;
};
struct str journeys_key(const struct journeys_at *at, struct arena *a);
/* What JOURNEY_PHASE leaves open: "ready" while its message is not yet out, "exhausted" behind the
 * last step of a track. */
const char *journeys_phase(const struct journey *j);
/* Two leads are one: their touches count together, the stricter phase stays. */
MUST_USE enum status journeys_merge(struct pass *p, struct work *into, struct work *from,
				    struct err *e);
/* They are two again: each has the touches that were sent to it, those of the time between among
 * them, by the address they went to; messages go with their touches. */
struct identity_split;
MUST_USE enum status journeys_part(struct pass *p, const struct identity_split *split,
				   struct err *e);

#endif
