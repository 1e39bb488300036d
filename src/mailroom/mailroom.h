/* SPDX-License-Identifier: Apache-2.0
 * mailroom.h: what does a mail that came in mean for us? Bytes in, events out.
 *
 *   bounce         email.bounce {bounce: hard|soft}, or email.delayed     consent, suppression
 *   complaint      email.complaint; an opt-out: email.unsubscribe         consent, suppression
 *   auto-reply     email.auto_reply {until}                               the lead's track waits
 *   unsubscribe    email.unsubscribe                                      consent, suppression
 *   reply          email.reply {text}                                     all stops; a hand-off
 *   list, machine  mail.noted {kind}                                      counted
 *   none of these  ingest.refused {reason}                                the dead letters
 *
 * Whose it is: by the token in an address of ours, then by a Message-ID of ours, then by address;
 * the first two are signed and name the message. What an address alone names is believed when we
 * know it (the engine looks), and is a dead letter else.
 *
 *   M1  Pure and total: any bytes give at least one event; the same bytes the same events.
 *   M2  Event ids come from the mail's own Message-ID: fetched twice, or piped and fetched, it
 *       counts once.
 *
 * Thread: any. Memory: the caller's arena, of INBOUND_ARENA_BYTES_MAX and some.
 */
#ifndef MAILROOM_MAILROOM_H
#define MAILROOM_MAILROOM_H

#include "inbound/inbound.h"
#include "model/event.h"
#include "observe/link.h"

#define MAILROOM_EVENTS_MAX INBOUND_RECIPIENTS_MAX
#define MAILROOM_SOURCE "observe"
#define MAILROOM_UNSUBSCRIBE "unsubscribe"   /* before the + of the address for it */
#define MAILROOM_MAIL_MAX ((size_t)32 << 20) /* bytes of a mail */
#define MAILROOM_ARENA_BYTES (INBOUND_ARENA_BYTES_MAX + ((size_t)8 << 20))
#define MAILROOM_TEXT_MAX (16u << 10) /* of a reply's new words that is kept */

struct mailroom_conf {
	const struct link_keys *links;
	struct str return_prefix;      /* "bounce": what stands before the + of a return path */
	struct str unsubscribe_prefix; /* "unsubscribe" */
	int64_t now_us;
};

struct mailroom {
	struct event events[MAILROOM_EVENTS_MAX]; /* source and message id are set */
	size_t n;                                 /* at least 1 */
	enum inbound_kind kind;
	const char *why;  /* the rule behind the kind, for people */
	uint64_t message; /* it is about; 0: known by an address, or not at all */
	const char *by;   /* "token", "message-id", "address", "nothing" */
};

/* ST_NO_MEMORY alone: the arena is too small. */
MUST_USE enum status mailroom_read(struct str bytes, const struct mailroom_conf *conf,
				   struct arena *a, struct mailroom *out, struct err *e);

#endif
