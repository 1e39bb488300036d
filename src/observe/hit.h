/* SPDX-License-Identifier: Apache-2.0
 * hit.h: one request for a link or a picture of a message: as the log keeps it, and the event its
 * verdict makes.
 *
 *   request --> link.hit (system event, kept as it came, nobody's yet)
 *                  |  machine_judge, when nothing can change it any more (O4)
 *                  '--> email.click or email.open, named after the hit's place in the log
 *
 *   O7  hit_read(hit_event(h)) == h, but for what is cut to its ceiling.
 *   O8  A hit's verdict has one name: told twice it is a duplicate, and counts once.
 *
 * Thread: any. Memory: the caller's arena; strings of what is read are borrowed from the event.
 */
#ifndef OBSERVE_HIT_H
#define OBSERVE_HIT_H

#include "model/event.h"
#include "observe/link.h"
#include "observe/machine.h"

#define HIT_TYPE "link.hit"
#define HIT_SOURCE "observe"   /* of the hit and of its verdict */
#define HIT_USER_AGENT_MAX 256 /* bytes that are kept */
#define HIT_LANGUAGE_MAX 64
#define HIT_BYTES_MAX (LINK_TARGET_MAX * 6 + 4096) /* a hit as an event, escapes and all */

struct hit {
	uint64_t seq; /* its place in the log; 0: not there yet */
	uint64_t message;
	struct machine_hit was;
	struct str target; /* of a link; empty: an opening */
};

/* ST_LIMIT: it does not fit. */
MUST_USE enum status hit_event(const struct hit *h, struct arena *a, struct event *out,
			       struct err *e);
/* ST_INVALID: not what hit_event wrote. The event's seq becomes the hit's. */
MUST_USE enum status hit_read(const struct event *ev, struct arena *a, struct hit *out,
			      struct err *e);
/* What came of it. h->seq is set. A machine's, and what one is unsure of, is flagged. */
MUST_USE enum status hit_verdict(const struct hit *h, const struct machine_answer *answer,
				 struct arena *a, struct event *out, struct err *e);
/* The hit a message id of hit_verdict speaks of; 0: it is none. */
uint64_t hit_of_verdict(struct str message_id);

#endif
