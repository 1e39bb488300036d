/* SPDX-License-Identifier: Apache-2.0
 * mime.h: one e-mail as a struct in, the bytes that travel out.
 *
 * RFC 5322 (message), 2045-2047 and 2231 (MIME), 2369 and 8058 (unsubscribe), 2919 (list id), 3834
 * (automatic mail), 6532 (addresses beyond ASCII). Signing is dkim.h; making HTML and text is
 * markdown.h and html.h.
 *
 *   M1  What is put in is what a reader gets out, byte for byte; only the spelling of line ends is
 *       ours: LF or CRLF in, CRLF out.
 *   M2  Nothing a value holds can become a header, a part or an address of its own: a line break,
 *       a NUL or another control character in a header value is ST_INVALID, never passed on.
 *   M3  A line has 76 bytes where the format lets it be folded, and 998 at most anywhere.
 *   M4  The same struct gives the same bytes: no clock, no dice, no host name of our own.
 * Thread: any. Memory: `out` only.
 */
#ifndef MIME_MIME_H
#define MIME_MIME_H

#include "base/buf.h"
#include "base/status.h"

#define MIME_TO_MAX 50
#define MIME_REFERENCES_MAX 50
#define MIME_EXTRA_MAX 32
#define MIME_FILES_MAX 16
#define MIME_NAME_MAX 1024        /* bytes of a display or file name */
#define MIME_TEXT_MAX 8192        /* bytes of a header's text */
#define MIME_WORD_MAX 900         /* bytes of what cannot be folded: an address, an id, a link */
#define MIME_EMAIL_MAX 254        /* bytes of an address */
#define MIME_LOCAL_MAX 64         /* bytes before its @ */
#define MIME_TOKEN_MAX 47         /* bytes of a token in an address or message id */
#define MIME_BODY_MAX (16u << 20) /* bytes of text, of HTML, of a file */

/* `email` is already in its normal form: the domain in ASCII (identity_email does that). A local
 * part beyond ASCII is written as it is; the transport must then speak SMTPUTF8. */
struct mime_addr {
	struct str name; /* UTF-8, may be empty */
	struct str email;
};

/* A header of the caller's own. The name is checked, and must not be one that is written anyway. */
struct mime_header {
	struct str name, value; /* value: UTF-8 text */
};

struct mime_file {
	struct str name; /* as shown to the reader, UTF-8 */
	struct str type; /* "application/pdf" */
	struct str data;
};

/* RFC 3834: who made this mail? */
enum mime_auto {
	MIME_AUTO_NO,        /* mail of the person it is from: no header */
	MIME_AUTO_GENERATED, /* a system wrote it by itself: hand-off notes, reports */
	MIME_AUTO_REPLIED    /* a system's answer to a mail */
};

struct mime_mail {
	struct mime_addr from;
	struct mime_addr reply_to;  /* empty e-mail: none */
	const struct mime_addr *to; /* at least one */
	size_t to_n;
	struct str subject; /* not empty */
	int64_t date_us;    /* UTC; years 1970-9999 */
	int64_t zone_us;    /* how far local time is ahead of UTC (tz_offset_us); in minutes */
	/* Ids without their <>. */
	struct str message_id;        /* "token@domain" */
	struct str in_reply_to;       /* empty: starts a thread */
	const struct str *references; /* oldest first, in_reply_to last */
	size_t references_n;
	/* Where to unsubscribe. With a link the one-click header is written beside it. */
	struct str unsubscribe_url;   /* https; empty: none */
	struct str unsubscribe_email; /* empty: none */
	struct str list_id;           /* "news.example.com"; empty: none */
	struct str list_name;         /* what people call it; may be empty */
	struct str feedback_id;       /* "campaign:customer:type:sender"; empty: none */
	enum mime_auto automatic;
	const struct mime_header *extra;
	size_t extra_n;
	struct str text; /* UTF-8; never empty: every mail can be read as plain text */
	struct str html; /* UTF-8; empty: text alone */
	const struct mime_file *files;
	size_t files_n;
	/* The caller's dice: makes boundaries nobody can guess. They cannot meet the content in any
	 * case: "=_" occurs neither in quoted-printable nor in base64. */
	uint64_t dice;
};

/* Appends the message. ST_INVALID says which field and why, without repeating its value; ST_LIMIT
 * when a field is over its ceiling or `out` is full. On failure `out` is as it was. */
MUST_USE enum status mime_write(const struct mime_mail *mail, struct buf *out, struct err *e);

/* ---- addresses ---- */

/* Dot-atom of RFC 5322 or beyond ASCII, "@", letters, digits and hyphens. */
bool mime_email_ok(struct str email);
bool mime_email_utf8(struct str email); /* must the transport speak SMTPUTF8 for it? */
/* `Ana Lima <ana@firm.example>`, `"Lima, Ana" <ana@...>` or the address alone, as people write
 * them in settings. ST_INVALID says what is wrong. The name lives in the arena. */
MUST_USE enum status mime_addr_parse(struct str text, struct arena *a, struct mime_addr *out,
				     struct err *e);

/* ---- tokens in addresses and ids ---- */

/* A token is 1 to MIME_TOKEN_MAX of a-z, 0-9 and '-': it survives servers that change case, and
 * those that rewrite return paths (SRS), which give '=' and '+' a meaning. */
bool mime_token_ok(struct str token);
/* "bounce", "tok", "mail.example" -> "bounce+tok@mail.example": return paths (VERP), addresses to
 * unsubscribe at. ST_INVALID: a part is not allowed, or more than 64 bytes stand before the @. */
MUST_USE enum status mime_tagged_write(struct str prefix, struct str token, struct str domain,
				       struct buf *out, struct err *e);
/* Its inverse over what a mail server hands back (<>, any case); false: another address. */
bool mime_tagged_read(struct str address, struct str prefix, struct str domain,
		      char token_r[MIME_TOKEN_MAX + 1]);
/* "tok", "mail.example" -> "tok@mail.example", as struct mime_mail wants it. */
MUST_USE enum status mime_id_write(struct str token, struct str domain, struct buf *out,
				   struct err *e);
bool mime_id_read(struct str id, struct str domain, char token_r[MIME_TOKEN_MAX + 1]);
/* The next id of a Message-ID, In-Reply-To or References value, without its <>; p == NULL at the
 * end. Moves *rest; what is no id is passed over. */
struct str mime_id_next(struct str *rest);

#endif
