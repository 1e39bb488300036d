/* SPDX-License-Identifier: Apache-2.0
 * canon.h: the "relaxed" spelling of headers and bodies that DKIM hashes (RFC 6376 3.4). The room's
 * own header.
 */
#ifndef MIME_CANON_H
#define MIME_CANON_H

#include "base/buf.h"

#define CANON_FIELDS_MAX 200

struct canon_field {
	struct str name, value; /* value: what stands behind the colon, folds included, no CRLF */
};
/* Cuts a message. False: no empty line, a line without a colon, a bare LF, or too many fields. */
bool canon_split(struct str message, struct canon_field *fields, size_t *fields_n,
		 struct str *body_r);
void canon_header(struct str name, struct str value, struct buf *out); /* without a line end */
void canon_body(struct str body, struct buf *out);

#endif
