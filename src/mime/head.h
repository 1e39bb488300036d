/* SPDX-License-Identifier: Apache-2.0
 * head.h: one header field, word by word, folded where the format lets it be.
 *
 * The room's own header. A caller checks values first (head_text_ok); these functions then cannot
 * fail but for the buffer's ceiling.
 */
#ifndef MIME_HEAD_H
#define MIME_HEAD_H

#include "base/buf.h"

#define HEAD_LINE_MAX 76 /* RFC 2047 2: a line that holds an encoded word; we keep it for all */

struct head {
	struct buf *out;
	size_t line_at; /* out->n where this line begins */
	bool empty;     /* nothing behind the colon yet */
};

/* Valid UTF-8 without control characters: fit for a header. */
bool head_text_ok(struct str s);
/* 0x21-0x7e without <, > and comma: an id or a link that can stand between brackets. */
bool head_word_ok(struct str s);
bool head_name_ok(struct str s); /* a field name: RFC 5322 3.6.8 */

void head_begin(struct head *h, struct buf *out, const char *name);
/* A space, or a new line and a space, then what is given: never broken. */
void head_word(struct head *h, const char *before, struct str word, const char *after);
void head_text(struct head *h, struct str text);   /* RFC 5322 unstructured, RFC 2047 if need be */
void head_phrase(struct head *h, struct str text); /* a display name */
void head_param(struct head *h, const char *name, struct str value); /* RFC 2231 if need be */
void head_end(struct head *h);

#endif
