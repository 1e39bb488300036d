/* SPDX-License-Identifier: Apache-2.0
 * handoff.h: a lead in the hands of a person: who, why, until when, and what they said.
 *
 *     OPEN --accept--> ACCEPTED --outcome--> CLOSED
 *      | ^ --remind, re-assign (stays OPEN, other rep), overdue (stays OPEN, is shown)
 *      +--return (date) / not a fit / bad data--> RETURNED | REFUSED
 *
 * An ACCEPTED one may still be RETURNED or REFUSED (they talked, and it is not now), and an outcome
 * may find it OPEN (the meeting came before anybody pressed accept): else it would never end.
 */
#ifndef MODEL_HANDOFF_H
#define MODEL_HANDOFF_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "base/time.h"

#define HANDOFF_VERDICT_MAX 512
#define HANDOFF_WORDS_MAX 4000

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
	struct str words;           /* what the lead wrote, when that asked for it */
	struct str said;            /* with the verdict, in the rep's own words */
	struct str passed;          /* who was passed over, being away; for people */
	uint64_t message;           /* the one replied to; 0: none */
	uint32_t assigned_n;        /* how often somebody was given it */
	uint32_t within_s;          /* working seconds each of them has; 0: no clock */
	bool reminded;
	bool overdue; /* nobody took it in time, and there is nobody left to ask */
	int64_t opened_us, due_us, remind_us; /* due: accept by; TIME_NONE: no clock */
	int64_t accepted_us, closed_us, again_us;
};

/* Binary, versioned: about 40 bytes and its texts. No text may be longer than 64 KiB. */
void handoff_encode(const struct handoff *h, struct buf *out);
/* Strings live in the arena. ST_CORRUPT when it is not handoff_encode's work. */
MUST_USE enum status handoff_decode(uint64_t id, struct str text, struct arena *a,
				    struct handoff *out, struct err *e);
const char *handoff_state_name(enum handoff_state s);
bool handoff_state_of(struct str wire, enum handoff_state *out);
/* When its clock must be looked at: to remind, then to give it to the next; TIME_NONE: never. */
int64_t handoff_look_us(const struct handoff *h);
/* Whoever is returned comes back ahead of now, and within two years. */
#define HANDOFF_AGAIN_MAX_US (731 * US_PER_D)
bool handoff_again_ok(int64_t now_us, int64_t again_us);
/* The only way from one state to another; ST_CONFLICT names both, and it is as it was. Sets the
 * verdict (borrowed, cut to its ceiling) and accepted_us or closed_us. The clock (due_us,
 * remind_us) stays as it was: it is part of a row's key. */
MUST_USE enum status handoff_move(struct handoff *h, enum handoff_state to, int64_t now_us,
				  struct str verdict, struct err *e);

#endif
