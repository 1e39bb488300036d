/* SPDX-License-Identifier: Apache-2.0
 * imap_talk.h: one IMAP conversation: commands out, responses in.
 */
#ifndef INBOUND_IMAP_TALK_H
#define INBOUND_IMAP_TALK_H

#include "base/buf.h"
#include "base/status.h"

#define IMAP_LINE_BYTES_MAX ((size_t)256 << 10)
#define IMAP_UIDS_MAX 100000

/* Where bytes come from: a stream, or a fuzzer's. */
struct imap_source {
	enum status (*read)(void *ctx, char *p, size_t bytes_max, size_t *got_r, struct err *e);
	enum status (*write)(void *ctx, struct str bytes, struct err *e);
	void *ctx;
};

struct imap_talk {
	struct imap_source source;
	char in[16384];
	size_t in_at, in_n;
	unsigned tag;
	struct buf line;    /* the response; a literal in it reads {} */
	struct buf literal; /* its last literal */
	bool literal_cut;

	/* What untagged responses said. */
	bool can_idle, can_move, can_uidplus, can_starttls, can_sasl_ir, no_login, bye;
	uint32_t uid_validity, exists;
	uint32_t *uids; /* of a search, as they came */
	size_t uid_count;
	bool fetched; /* a message body came */
	uint32_t fetch_uid, fetch_size;
};

void imap_talk_init(struct imap_talk *t, struct imap_source source, size_t literal_bytes_max);
void imap_talk_finish(struct imap_talk *t);
/* One whole response, noted if untagged. ST_LIMIT: a line too long; ST_CORRUPT: no IMAP. */
MUST_USE enum status imap_talk_response(struct imap_talk *t, struct err *e);
/* The greeting. */
MUST_USE enum status imap_talk_greet(struct imap_talk *t, struct err *e);
/* Sends a command and reads up to its end. ST_DENIED: NO; ST_INVALID: BAD; ST_UNAVAILABLE: BYE.
 * `what` names it in errors: a command may hold a password. */
MUST_USE enum status imap_talk_command(struct imap_talk *t, const char *what, struct str command,
				       struct err *e);
/* The same, up to the "+" that asks for more. */
MUST_USE enum status imap_talk_begin(struct imap_talk *t, const char *what, struct str command,
				     struct err *e);
/* Reads up to the end of a command begun. */
MUST_USE enum status imap_talk_end(struct imap_talk *t, const char *what, struct err *e);
MUST_USE enum status imap_talk_send(struct imap_talk *t, struct str bytes, struct err *e);
/* Drops bytes read ahead: what came before TLS is not to be believed. */
void imap_talk_forget(struct imap_talk *t);
/* "Name \"x\"" -> "\"Name \\\"x\\\"\"". */
void imap_talk_quote(struct buf *b, const char *z);

#endif
