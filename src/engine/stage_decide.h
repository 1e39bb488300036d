/* SPDX-License-Identifier: Apache-2.0
 * stage_decide.h: the doors to deciding for our own events (system_play.c). Each carries out what
 * room decide asks for and sends what is due; the alarm stage must follow.
 */
#ifndef ENGINE_STAGE_DECIDE_H
#define ENGINE_STAGE_DECIDE_H

#include "engine/pass.h"
#include "model/handoff.h"
#include "model/message.h"

/* A message of the lead in hand has reached a final state, or is free to be tried again. */
MUST_USE enum status decide_told(struct pass *p, const struct message *m, struct err *e);

/* From here on the pass is about the version in force for the lead in hand. */
MUST_USE enum status decide_own(struct pass *p, struct err *e);

struct decide_ask {
	enum { ASK_MOVE, ASK_PAUSE, ASK_HANDOFF, ASK_RETURNED } what;
	size_t index;   /* track or team in the version in force; NO_INDEX: off all tracks */
	int64_t for_us; /* pause; 0: on again */
	struct str reason;
	const struct handoff *handoff; /* returned */
};
MUST_USE enum status decide_asked(struct pass *p, const struct decide_ask *ask, struct err *e);
/* The kill switch is lifted: what it held of the lead in hand is due. */
MUST_USE enum status decide_freed(struct pass *p, struct err *e);

#endif
