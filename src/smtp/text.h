/* SPDX-License-Identifier: Apache-2.0
 * text.h: what we put on the wire: is an address or a message fit for it, and dot-stuffing
 * (RFC 5321 section 4.5.2). Pure.
 */
#ifndef SMTP_TEXT_H
#define SMTP_TEXT_H

#include "base/buf.h"
#include "base/status.h"

#define SMTP_LINE_BYTES_MAX 998    /* RFC 5322 section 2.1.1, without CRLF */
#define SMTP_ADDRESS_BYTES_MAX 254 /* RFC 5321 section 4.5.3.1.3, without the brackets */

/* An address that means the same to every server: no white space, quotes, brackets or control
 * characters, so nothing in it can end the command. *utf8_r: it needs SMTPUTF8. */
bool smtp_address_ok(struct str address, bool *utf8_r);

/* ST_INVALID: bare CR or LF (two servers may disagree where such a message ends), NUL, a line that
 * is too long, a last line without CRLF, nothing at all. *eight_bit_r: it needs 8BITMIME. */
MUST_USE enum status smtp_message_check(struct str bytes, bool *eight_bit_r, struct err *e);

/* Moves stuffed bytes from *rest to out until *rest is empty or out has bytes_most, or a few more.
 * *line_start_r says whether *rest begins a line; true before the first call. */
void smtp_stuff(struct str *rest, bool *line_start_r, size_t bytes_most, struct buf *out);

#endif
