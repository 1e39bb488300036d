/* SPDX-License-Identifier: Apache-2.0
 * sheet.h: a page of mail, part by part: HTML that every mail program shows, and its text twin.
 * The room's own header. Texts are escaped here and nowhere else.
 */
#ifndef HANDOFF_SHEET_H
#define HANDOFF_SHEET_H

#include "base/buf.h"
#include "mime/mime.h"

#define SHEET_BYTES_MAX (128u << 10)

struct sheet {
	struct arena *a;
	struct buf html;
};

void sheet_begin(struct sheet *s, struct arena *a);
void sheet_head(struct sheet *s, struct str text);
void sheet_line(struct sheet *s, struct str text);
void sheet_banner(struct sheet *s, struct str text);
void sheet_quote(struct sheet *s, struct str text); /* somebody's own words, line by line */
void sheet_title(struct sheet *s, struct str text); /* of a list */
void sheet_list(struct sheet *s, const struct str *items, size_t n);
void sheet_button(struct sheet *s, struct str label, struct str url, bool first);
void sheet_small(struct sheet *s, struct str text);
/* Fills text and html of the mail. ST_LIMIT: it does not fit. */
MUST_USE enum status sheet_end(struct sheet *s, struct mime_mail *out, struct err *e);

#endif
