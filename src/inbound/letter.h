/* SPDX-License-Identifier: Apache-2.0
 * letter.h: the two halves of any message: what its sender says, as plain text, and the message of
 * ours that it quotes or carries, as header fields.
 */
#ifndef INBOUND_LETTER_H
#define INBOUND_LETTER_H

#include "inbound/mail.h"

struct letter {
	struct str said;      /* plain text (or HTML made plain) */
	struct str said_only; /* the same up to the quoted original */
	struct str original;  /* header lines of the original; empty: none is there */
	struct fields original_fields;
	bool original_attached; /* as a part of its own */
	bool from_html;
};

/* False: the arena is full. */
bool letter_read(const struct mail *m, struct arena *a, struct letter *out);
/* First part of a type; NULL: none. */
const struct mail_part *letter_part(const struct mail *m, const char *type);

#endif
