/* SPDX-License-Identifier: Apache-2.0
 * handoff.h: a lead in the hands of a person: who, why, until when, and what they said.
 *
 *     OPEN --accept--> ACCEPTED --outcome--> CLOSED
 *      | ^ --remind, re-assign (stays OPEN, other rep)
 *      +--return (date) / not a fit / bad data--> RETURNED | REFUSED
 */
#ifndef MODEL_HANDOFF_H
#define MODEL_HANDOFF_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "base/time.h"

enum handoff_state {
	HANDOFF_OPEN,
	HANDOFF_ACCEPTED,
	HANDOFF_RETURNED, /* not now: nurtured again from `again_us` on */
	HANDOFF_REFUSED,  /* not a fit, or bad data: not nurtured again */
	HANDOFF_CLOSED,   /* an outcome (meeting, won, lost) ended it */
	HANDOFF_STATE_COUNT
};

struct handoff {
	uint64_t id, lead;
	enum handoff_state state;
	uint64_t version; /* of the program; the team's name is looked up in it */
	struct str team, rep_name, rep_email;
	struct str trigger, reason; /* what asked for it; why, for people */
	struct str verdict;         /* "accepted", "not_now", "not_a_fit", "bad_data", outcome */
	uint64_t message;           /* the one replied to; 0: none */
	uint32_t assigned_n;        /* how often somebody was given it */
	bool reminded;
	int64_t opened_us, due_us, remind_us; /* due: accept by; TIME_NONE: no clock */
	int64_t accepted_us, closed_us, again_us;
};

void handoff_encode(const struct handoff *h, struct buf *out);
MUST_USE enum status handoff_decode(uint64_t id, struct str text, struct arena *a,
				    struct handoff *out, struct err *e);
const char *handoff_state_name(enum handoff_state s);
bool handoff_state_of(struct str wire, enum handoff_state *out);
/* The only way from one state to another; ST_CONFLICT names both. */
MUST_USE enum status handoff_move(struct handoff *h, enum handoff_state to, int64_t now_us,
				  struct str verdict, struct err *e);

#endif
