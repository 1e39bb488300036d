/* SPDX-License-Identifier: Apache-2.0
 * smtp.h: mail out, over SMTP: hundreds of conversations in flight on one thread of their own.
 *
 *   S1  A mail that was taken gets exactly one result for each recipient, also when the pool
 *       stops in the middle. Until the one marked `last` its bytes belong to the pool.
 *   S2  SENT only after the server's 2xx to the final dot. UNCERTAIN only when the last byte of
 *       the final dot was handed to the kernel and no answer came. Everything before that is
 *       DEFERRED: no copy can have been delivered.
 *   S3  FAILED only on a server's 5xx to MAIL, RCPT, DATA or the dot, or when the server says it
 *       cannot take such a mail (size, 8 bit, international address). What goes wrong before is
 *       about the relay and not about the mail: DEFERRED, whatever the code.
 *   S4  No conversation waits for another: nothing on the loop blocks, names are looked up on a
 *       thread of their own.
 *   S5  A password leaves only inside TLS, and TLS that is required is verified, host name
 *       included, unless the settings say otherwise in so many words.
 *
 * RFC 5321 (SMTP), 2920 (PIPELINING), 3207 (STARTTLS), 4954 (AUTH), 1870 (SIZE), 6152 (8BITMIME),
 * 6531 (SMTPUTF8), 2034 and 3463 (enhanced codes). How often to try again is retry.h, how
 * fast to go is pace.h: both pure, neither used here.
 */
#ifndef SMTP_SMTP_H
#define SMTP_SMTP_H

#include "base/status.h"
#include "base/str.h"

#define SMTP_RELAYS_MAX 64
#define SMTP_RCPTS_MAX 64
#define SMTP_TEXT_MAX 400

enum smtp_security {
	SMTP_SECURITY_NONE,
	SMTP_SECURITY_STARTTLS_IF_OFFERED, /* not verified: keeps listeners out, not impostors */
	SMTP_SECURITY_STARTTLS,            /* required and verified */
	SMTP_SECURITY_TLS,                 /* from the first byte (port 465), verified */
};

/* One server that takes mail from us. Everything is copied. */
struct smtp_relay {
	const char *host; /* name, or address without brackets */
	uint16_t port;
	enum smtp_security security;
	const char *ca_path;         /* PEM to verify with; NULL: the system's */
	const char *tls_name;        /* the name its certificate must bear; NULL: host */
	const char *user, *password; /* NULL: no AUTH */
	bool auth_in_clear;          /* lets the password go without TLS */
	unsigned connections_max;    /* 0: 10 */
	unsigned messages_max;       /* on one connection; 0: 100 */
};

/* How long to wait for what; the defaults are RFC 5321 section 4.5.3.2 where it names one. */
struct smtp_timeouts {
	int64_t connect_us, tls_us, greeting_us, hello_us, auth_us, mail_us, rcpt_us, data_us,
		body_us /* without progress */, dot_us, quit_us;
};

enum smtp_outcome {
	SMTP_SENT,      /* the server has it and is responsible for it */
	SMTP_DEFERRED,  /* not delivered; may be tried again */
	SMTP_FAILED,    /* not delivered; trying again does not help */
	SMTP_UNCERTAIN, /* nobody knows; trying again may deliver it twice */
	SMTP_OUTCOME_COUNT
};

enum smtp_phase {
#define SMTP_PHASE(name, wire) SMTP_PHASE_##name,
#include "smtp/phase.def"
#undef SMTP_PHASE
	SMTP_PHASE_COUNT
};

struct smtp_enhanced {
	uint16_t class, subject, detail; /* RFC 3463; class 0: none was given */
};

struct smtp_result {
	uint64_t id; /* of the mail */
	size_t rcpt; /* index into its recipients */
	bool last;   /* no more results for this mail: its bytes are the caller's again */
	enum smtp_outcome outcome;
	enum smtp_phase phase; /* what the outcome was decided in */
	int code;              /* of the reply; 0: no reply, the words are ours */
	struct smtp_enhanced enhanced;
	struct str text;   /* the reply's, one line of valid UTF-8 without control characters */
	struct str server; /* "host:port" */
};

struct smtp_mail {
	uint64_t id;             /* the caller's */
	size_t relay;            /* index into conf.relays */
	struct str from;         /* return path without brackets; empty: the null sender */
	const struct str *rcpts; /* addresses without brackets */
	size_t rcpt_count;
	struct str bytes; /* header and body, lines ended by CRLF, not dot-stuffed; not copied */
	bool more;        /* others follow at once: the loop looks behind smtp_pool_wake */
	size_t place;     /* the caller's, for on_last_byte */
};

/* Called on the loop's thread: must not block. Strings are borrowed for the call. */
struct smtp_listener {
	void *ctx;
	void (*on_result)(void *ctx, const struct smtp_result *r);
	/* Optional: after a turn of the loop that had results, for waking somebody once. */
	void (*on_turn)(void *ctx);
	/* Optional: the byte that ends the message goes out behind this call. Before it nobody has
	 * the mail, whatever becomes of this process. */
	void (*on_last_byte)(void *ctx, size_t place);
};

struct smtp_pool_conf {
	const struct smtp_relay *relays;
	size_t relay_count;
	const char *helo_name;
	size_t mails_max;      /* taken and without their last result */
	int64_t queue_wait_us; /* for a free connection; then DEFERRED */
	int64_t idle_us;       /* a connection without work is kept so long */
	int64_t stop_grace_us; /* for conversations in hand when the pool stops */
	/* Behind a message that was answered within this, the envelope of the next mail goes out
	 * with the message before it; 0: never. A mail waits four times as long for that one. */
	int64_t quick_us;
	struct smtp_timeouts timeouts;
	struct smtp_listener listener;
};
#define SMTP_SECONDS(n) ((n)*INT64_C(1000000))
#define SMTP_POOL_CONF_DEFAULT \
	((struct smtp_pool_conf){ \
		.mails_max = 4096, \
		.queue_wait_us = SMTP_SECONDS(60), \
		.idle_us = SMTP_SECONDS(15), \
		.stop_grace_us = SMTP_SECONDS(10), \
		.quick_us = 50000, \
		.timeouts = {.connect_us = SMTP_SECONDS(30), \
			     .tls_us = SMTP_SECONDS(60), \
			     .greeting_us = SMTP_SECONDS(300), \
			     .hello_us = SMTP_SECONDS(300), \
			     .auth_us = SMTP_SECONDS(120), \
			     .mail_us = SMTP_SECONDS(300), \
			     .rcpt_us = SMTP_SECONDS(300), \
			     .data_us = SMTP_SECONDS(120), \
			     .body_us = SMTP_SECONDS(180), \
			     .dot_us = SMTP_SECONDS(600), \
			     .quit_us = SMTP_SECONDS(5)}, \
	})

struct smtp_pool;

/* Starts the loop. ST_INVALID: settings that contradict themselves; ST_IO: no thread, or a CA file
 * that cannot be read. No relay is spoken to before there is mail for it. */
MUST_USE enum status smtp_pool_create(const struct smtp_pool_conf *conf, struct smtp_pool **out,
				      struct err *e);
/* Stops: mail that waits is DEFERRED, conversations in hand may end within the grace, the rest is
 * DEFERRED or UNCERTAIN by S2. All results are out when it returns. It waits for a name lookup
 * under way. Not from the listener, and nobody submits any more. Accepts NULL; leaves *p NULL. */
void smtp_pool_destroy(struct smtp_pool **p);

/* Takes one mail. From any thread, the listener's calls included.
 * ST_BUSY: as many as mails_max are in hand; results make room. ST_INVALID: an address or a byte
 * of the message that must not go on the wire (control characters, bare CR or LF, a line of more
 * than 998 bytes). ST_LIMIT: too many recipients. ST_UNAVAILABLE: the pool is stopping. */
MUST_USE enum status smtp_submit(struct smtp_pool *p, const struct smtp_mail *mail, struct err *e);
void smtp_pool_wake(struct smtp_pool *p);      /* from any thread */
size_t smtp_pool_in_hand(struct smtp_pool *p); /* taken and without their last result */

const char *smtp_outcome_name(enum smtp_outcome o); /* "deferred" */
const char *smtp_phase_name(enum smtp_phase ph);    /* "greeting" */

#endif
