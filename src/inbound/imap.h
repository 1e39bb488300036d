/* SPDX-License-Identifier: Apache-2.0
 * imap.h: fetches a mailbox, message by message, and never the same twice.
 *
 * One thread logs in, takes what is new, waits (IDLE, or asks again after a while), and comes back
 * with growing pauses when the server is away. Each message goes to `take`, which answers when it
 * is durable; then it is marked \Seen or moved, and the cursor moves behind it.
 *
 *   F1  A message is marked or moved only after `take` said ST_OK.
 *   F2  No message at or below the cursor is given again while the folder keeps its numbering.
 *       When it does not (UIDVALIDITY changed), only what nobody has marked \Seen is given, with
 *       `renumbered` set: the taker may know some by their Message-ID.
 *   F3  Passwords travel over verified TLS only, unless the settings allow plain text.
 *   F4  No more than message_bytes_max of a message is ever asked for: larger ones come cut.
 *
 * Sources: RFC 3501, 2177 (IDLE), 6851 (MOVE), 4315 (UIDPLUS), 8314 (TLS). Thread: any for start,
 * look and stop; `take` is called on the fetcher's own.
 */
#ifndef INBOUND_IMAP_H
#define INBOUND_IMAP_H

#include "base/status.h"
#include "base/str.h"

/* Where the fetcher is: keep it with what `take` made durable. {0, 0}: nowhere yet. */
struct inbound_imap_cursor {
	uint32_t uid_validity, uid; /* the last one taken */
};

struct inbound_imap_message {
	struct str bytes;
	bool cut; /* larger than message_bytes_max */
	bool renumbered;
	struct inbound_imap_cursor cursor; /* to go on from once this one is durable */
};

/* What it did so far; for health pages. Holds nothing personal. */
struct inbound_imap_state {
	bool connected;
	uint64_t taken, failures; /* messages; rounds that ended in an error */
	struct inbound_imap_cursor cursor;
	struct err last; /* of the last failure */
};

enum inbound_imap_security { INBOUND_IMAP_TLS, INBOUND_IMAP_STARTTLS, INBOUND_IMAP_PLAIN };

struct inbound_imap_conf {
	const char *host;
	unsigned port;
	enum inbound_imap_security security;
	const char *ca_path;         /* PEM; NULL: the system's */
	const char *user, *password; /* no control characters */
	bool bearer;                 /* the password is an OAuth 2 access token (XOAUTH2) */
	const char *folder;          /* as the server spells it */
	const char *move_to;         /* NULL: mark \Seen */
	size_t message_bytes_max;
	int64_t poll_us, idle_us, timeout_us; /* between questions; one IDLE; one wait */
	int64_t pause_first_us, pause_max_us; /* after a failure: doubled up to the second */
	struct inbound_imap_cursor cursor;
	/* Anything but ST_OK: the same message is given again, after a pause. */
	enum status (*take)(void *ctx, const struct inbound_imap_message *m, struct err *e);
	/* It is connected now, or no more; may be NULL. On the fetcher's thread. */
	void (*changed)(void *ctx, const struct inbound_imap_state *s);
	void *ctx;
};
#define INBOUND_IMAP_CONF_DEFAULT \
	((struct inbound_imap_conf){ \
		.port = 993, \
		.folder = "INBOX", \
		.message_bytes_max = 32u << 20, \
		.poll_us = 60 * INT64_C(1000000), \
		.idle_us = 1500 * INT64_C(1000000), \
		.timeout_us = 60 * INT64_C(1000000), \
		.pause_first_us = INT64_C(1000000), \
		.pause_max_us = 300 * INT64_C(1000000), \
	})

struct inbound_imap;

/* Strings of the settings must outlive the fetcher. ST_INVALID says what is wrong with them. */
MUST_USE enum status inbound_imap_start(const struct inbound_imap_conf *conf,
					struct inbound_imap **out, struct err *e);
void inbound_imap_look(struct inbound_imap *f, struct inbound_imap_state *out);
/* Ends the thread: at once while it waits, else when `take` returns. Accepts NULL. */
void inbound_imap_stop(struct inbound_imap **f);

#endif
