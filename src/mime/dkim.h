/* SPDX-License-Identifier: Apache-2.0
 * dkim.h: signing mail: DKIM (RFC 6376) with rsa-sha256, and ed25519-sha256 (RFC 8463) beside it.
 *
 *   D1  The signature covers the bytes given: sign last, change nothing after.
 *   D2  What a reader is shown is covered, and listed once more than it occurs, so that a second
 *       From, Subject or Content-Type cannot be slipped in.
 *   D3  Both unsubscribe headers are covered (RFC 8058 4).
 * Thread: any; a key may be used by many threads at once. Memory: the caller's arena and buffer.
 */
#ifndef MIME_DKIM_H
#define MIME_DKIM_H

#include "base/sign.h"

#define DKIM_KEYS_MAX 4
#define DKIM_RSA_BITS_MIN 1024 /* RFC 8301 3.2 and every large mailbox provider */
#define DKIM_RSA_BITS_ADVISED 2048

struct dkim_key {
	struct str domain;          /* d=: of the From address, or a domain above it */
	struct str selector;        /* s= */
	const struct sign_key *key; /* loaded once (base/sign.h) */
};

/* May mail be signed with it? ST_INVALID: the domain or selector is no name, or the RSA key has
 * fewer than 1024 bits. Asked once, when settings are read. */
MUST_USE enum status dkim_key_check(const struct dkim_key *key, struct err *e);

/* Appends one DKIM-Signature field for each key: they go before the message. `message` is what
 * mime_write made, or any with CRLF line ends. The arena holds copies of body and headers until the
 * caller resets it; `out` may live on it. ST_INVALID: not a message; ST_LIMIT: too many headers, or
 * no room. On failure `out` is as it was. */
struct dkim_job {
	const struct dkim_key *keys;
	size_t keys_n;
	struct str message;
	int64_t at_us; /* t= */
};
MUST_USE enum status dkim_sign(const struct dkim_job *job, struct arena *a, struct buf *out,
			       struct err *e);

/* "s1._domainkey.mail.example" */
void dkim_record_name(const struct dkim_key *key, struct buf *out);
/* "v=DKIM1; k=rsa; p=MIIB..." as one text */
void dkim_record_text(const struct dkim_key *key, struct buf *out);
/* A line of a zone file, the text cut into strings of 255 bytes (RFC 1035 3.3). */
void dkim_record_zone(const struct dkim_key *key, struct buf *out);

#endif
