/* SPDX-License-Identifier: Apache-2.0
 * world.h: what guards ask of the world outside the lead: the same whether a decision is made (from
 * the working set) or asked about (from committed state, inspect.h).
 */
#ifndef ENGINE_WORLD_H
#define ENGINE_WORLD_H

#include "engine/pass.h"
#include "engine/play.h"

struct world_ask {
	struct store *store;
	const struct program *program;
	const struct lead *lead;
	const struct json *profile;        /* parsed; count 0: none */
	const struct account_row *account; /* NULL: none */
	uint64_t message; /* about to leave, perhaps not for the first time: it does not count
			   * against itself; 0: none is */
	struct play *play;
	int64_t now_us;
	struct arena *arena;
};
/* Arrays of *out live in the arena. */
MUST_USE enum status world_fill(const struct world_ask *q, struct decide_world *out, struct err *e);
/* The same for the lead in hand; its profile is opened. */
MUST_USE enum status world_of_pass(struct pass *p, uint64_t message, struct decide_world *out,
				   struct err *e);
/* The lead's address on a channel as its profile lists it; empty: none. */
struct str world_address(const struct json *profile, struct str channel, struct arena *a);
/* The same of the lead in hand; empty too when its profile has not been opened. */
struct str world_address_in_hand(const struct pass *p, struct str channel);

#endif
