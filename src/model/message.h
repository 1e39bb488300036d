/* SPDX-License-Identifier: Apache-2.0
 * message.h: one message to one lead, from the decision to what came of it.
 *
 *            choose                 hand over                   answer
 *     (none) ------> READY --------------------> SENDING -----------------> SENT
 *                     | ^                        | |  |
 *              cancel | | later    come back     | |  +-- 5xx, expired, refused --> FAILED
 *                     v +------- DEFERRED <------+ +----- no answer, crash -------> UNCERTAIN
 *                 CANCELLED <--------+
 *
 * message_move is the only way from one state to another. SENT, FAILED, UNCERTAIN and CANCELLED
 * are final, with one exception: an operator, or a late proof, settles UNCERTAIN as SENT or FAILED.
 */
#ifndef MODEL_MESSAGE_H
#define MODEL_MESSAGE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "base/time.h"

#define MESSAGE_REASON_MAX 512

enum message_state {
	MESSAGE_READY,
	MESSAGE_SENDING,
	MESSAGE_SENT,
	MESSAGE_DEFERRED,
	MESSAGE_FAILED,
	MESSAGE_UNCERTAIN,
	MESSAGE_CANCELLED,
	MESSAGE_STATE_COUNT
};

enum message_flag {
	MESSAGE_OPENED = 1,         /* by a person */
	MESSAGE_OPENED_MACHINE = 2, /* by a prefetcher or scanner */
	MESSAGE_CLICKED = 4,
	MESSAGE_CLICKED_MACHINE = 8,
	MESSAGE_REPLIED = 16,
	MESSAGE_BOUNCED = 32,
	MESSAGE_COMPLAINED = 64,
	MESSAGE_UNSUBSCRIBED = 128,
	MESSAGE_TRIAL = 256,        /* test mode: it went to the simulated inbox */
	MESSAGE_CLICKED_CTA = 1024, /* by a person, and it was the call to action */
	MESSAGE_NEXT = 2048,        /* the lead went on from here to the next step of the track */
	MESSAGE_MOVED = 4096,       /* ... to another track, by what it did */
	MESSAGE_ACCEPTED = 8192,    /* sales took the lead that answered it, or got it last */
	MESSAGE_GOAL = 16384,       /* the program's goal came, and this was said last */
	MESSAGE_SYSTEM = 512, /* not automated nurture: its `message` names a kind of notice.def */
};

struct message {
	uint64_t id, lead, decision; /* decision 0: system mail */
	uint64_t version;            /* of the program */
	struct str track, step, message, angle, persona;
	struct str channel, purpose, address, zone; /* zone: the lead's, for dates in the text */
	uint32_t subject_n;                         /* which subject line of the content */
	uint64_t content;                           /* hash, as in struct touch */
	uint64_t reply_to; /* message it continues (same thread), or says again; 0: none */
	uint64_t handoff;  /* a notice is about this one; 0: none */
	enum message_state state;
	uint32_t attempts;
	uint32_t flags; /* enum message_flag */
	int64_t created_us, due_us, changed_us, expires_us;
	int64_t sent_us, opened_us, clicked_us, replied_us; /* first; TIME_NONE: never */
	uint32_t code;     /* SMTP, of the latest answer; 0: none */
	struct str reason; /* of the latest change, for people; at most MESSAGE_REASON_MAX */
	struct str source; /* the lead's first source, and its tier when chosen: for the counters */
	uint32_t tier;
	uint32_t links_n; /* tracked ones in the text that left; 0: not known */
	struct str
		audience; /* the lead's persona then, whatever persona the text was written for */
};

/* Binary, versioned: about 60 bytes and its texts. No text may be longer than 64 KiB. */
void message_encode(const struct message *m, struct buf *out);
/* Strings live in the arena. ST_CORRUPT when it is not message_encode's work. */
MUST_USE enum status message_decode(uint64_t id, struct str text, struct arena *a,
				    struct message *out, struct err *e);
const char *message_state_name(enum message_state s);
bool message_state_of(struct str wire, enum message_state *out);
bool message_final(enum message_state s); /* UNCERTAIN is: nothing but a proof moves it */
/* The one function that moves a message. ST_CONFLICT names both states when the drawing above has
 * no such arrow; the message is then as it was. Sets changed_us and reason (borrowed, cut to its
 * ceiling), counts an attempt when it becomes SENDING, sets sent_us unless it is set when SENT. */
MUST_USE enum status message_move(struct message *m, enum message_state to, int64_t now_us,
				  struct str reason, struct err *e);

#endif
