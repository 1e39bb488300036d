/* SPDX-License-Identifier: Apache-2.0
 * reply.h: what a server says: replies of one line or many (RFC 5321 section 4.2), enhanced codes
 * (RFC 2034), the capabilities in the reply to EHLO (section 4.1.1.1).
 *
 * Pure; borrows. A reply is bounded in bytes and lines, so a server that never ends one is found
 * out after a constant amount of memory.
 */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include "base/buf.h"
#include "smtp/smtp.h"

#define SMTP_REPLY_BYTES_MAX 8192
#define SMTP_REPLY_LINES_MAX 100

enum smtp_read { SMTP_READ_MORE, SMTP_READ_DONE, SMTP_READ_BAD };

struct smtp_reply {
	int code;       /* 200-599 */
	struct str raw; /* all its lines with their ends */
	struct smtp_enhanced enhanced;
};

/* One reply at the start of `in`; DONE: *used_r bytes of it. BAD: no SMTP reply, or too long. */
enum smtp_read smtp_reply_read(struct str in, struct smtp_reply *out, size_t *used_r);

/* The words of the reply on one line, without codes, safe to store and to show; in `room`. */
struct str smtp_reply_text(const struct smtp_reply *r, char room[SMTP_TEXT_MAX]);
/* The same for any bytes. */
struct str smtp_text_safe(struct str s, char room[SMTP_TEXT_MAX]);

enum smtp_cap {
	SMTP_CAP_PIPELINING = 1 << 0,
	SMTP_CAP_SIZE = 1 << 1,
	SMTP_CAP_8BITMIME = 1 << 2,
	SMTP_CAP_SMTPUTF8 = 1 << 3,
	SMTP_CAP_STARTTLS = 1 << 4,
	SMTP_CAP_ENHANCED = 1 << 5,
	SMTP_CAP_AUTH_PLAIN = 1 << 6,
	SMTP_CAP_AUTH_LOGIN = 1 << 7,
};
struct smtp_caps {
	unsigned flags;
	uint64_t size_max; /* 0: not said */
};
struct smtp_caps smtp_caps_read(const struct smtp_reply *ehlo);

#endif
