/* SPDX-License-Identifier: Apache-2.0
 * world.h: what guards ask of the world outside the lead, read from the working set.
 */
#ifndef ENGINE_WORLD_H
#define ENGINE_WORLD_H

#include "engine/pass.h"
#include "engine/play.h"

/* Fills *out for the lead in hand; arrays live in the pass's arena. The profile is opened. */
MUST_USE enum status world_fill(struct pass *p, struct decide_world *out, struct err *e);
/* The lead's address on a channel as its profile lists it; empty: none. */
struct str world_address(struct pass *p, struct str channel);

#endif
