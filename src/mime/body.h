/* SPDX-License-Identifier: Apache-2.0
 * body.h: text and files as lines that survive every mail server. The room's own header.
 */
#ifndef MIME_BODY_H
#define MIME_BODY_H

#include "base/buf.h"

/* Valid UTF-8 without NUL and without a CR that no LF follows. */
bool body_text_ok(struct str s);
/* Quoted-printable (RFC 2045 6.7): lines of 76, LF and CRLF become CRLF. */
void body_quoted(struct buf *out, struct str s);
/* Base64 in lines of 76, each with its CRLF. */
void body_base64(struct buf *out, struct str s);

#endif
