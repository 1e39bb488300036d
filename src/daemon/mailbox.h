/* SPDX-License-Identifier: Apache-2.0
 * mailbox.h: mail that came in, taken in: from the mailbox of the settings, on the fetcher's own
 * thread, and over HTTP.
 *
 * A mail is marked in its mailbox when its events are durable (F1), and the place in the mailbox is
 * kept in DIR/mailbox.json. What a crash makes it fetch again is known by its name (M2).
 */
#ifndef DAEMON_MAILBOX_H
#define DAEMON_MAILBOX_H

#include "inbound/imap.h"
#include "log/log.h"
#include "mailroom/mailroom.h"

struct daemon;
struct mailbox;

/* Starts fetching. *out stays NULL when the settings name no mailbox, or the
 * daemon reads none. ST_INVALID, ST_NOT_FOUND:
 * what is wrong with them, or with the password's file. */
MUST_USE enum status mailbox_open(struct daemon *d, struct mailbox **out, struct err *e);
void mailbox_close(struct mailbox **m); /* accepts NULL inside; leaves NULL */
void mailbox_look(const struct mailbox *m, struct inbound_imap_state *out);

struct mail_taken {
	struct mailroom *mail;
	struct log_entry *entries; /* one an event */
};
/* What the mailroom is told of this daemon, as of now. */
void mail_conf(const struct daemon *d, struct mailroom_conf *out);
/* The events of t->mail as t->entries. */
MUST_USE enum status mail_entries(struct mail_taken *t, struct arena *a, struct err *e);
/* Durable on return. The arena has MAILROOM_ARENA_BYTES to give. */
MUST_USE enum status mail_take(struct daemon *d, struct str bytes, struct arena *a,
			       struct mail_taken *out, struct err *e);

#endif
