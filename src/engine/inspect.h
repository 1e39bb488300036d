/* SPDX-License-Identifier: Apache-2.0
 * inspect.h: a lead as deciding would see it, opened from committed state, so that "what next" and
 * "why not" are answered by the code that decides. Nothing is written.
 */
#ifndef ENGINE_INSPECT_H
#define ENGINE_INSPECT_H

#include "engine/play.h"

struct inspect_ask {
	struct store *store;           /* a reader, or the writer between transactions */
	const struct program *program; /* in force */
	const struct lead *lead;
	const struct json *profile; /* parsed; count 0: none */
	struct facts *facts;        /* over the lead, features and all; its journey is set */
	int64_t now_us;
	struct arena *arena;
};

struct inspect {
	struct play play;
	struct env env;
	struct decide d;
	struct decide_world world;
	struct journey journey;
	bool placed; /* false: the journey is an empty one */
};

/* inspect_close must follow, also behind a failure. */
MUST_USE enum status inspect_open(const struct inspect_ask *q, struct inspect *out, struct err *e);
void inspect_close(struct inspect *x);

#define INSPECT_STEPS_MAX 8
/* What happens by itself from here on, up to the next message or to where it rests. */
struct inspect_next {
	struct inspect_step {
		int64_t at_us;
		char words[240];
	} steps[INSPECT_STEPS_MAX];
	size_t n;
	bool sends;
	struct message message; /* when it sends; id 0: not made yet. Strings live in the arena. */
};
/* As far as the facts of now say: scores are not faded ahead, other leads do nothing. */
MUST_USE enum status inspect_next(struct inspect *x, struct inspect_next *out, struct err *e);

#endif
