/* SPDX-License-Identifier: Apache-2.0
 * markdown.h: what a marketer writes, as HTML and as plain text.
 *
 * CommonMark with tables and strikethrough. Links and images may lead to http, https, mailto, tel
 * and sms, images to cid too; anything else is refused by name, not dropped in silence.
 * Thread: any. Memory: the caller's buffer and arena; the library's own ends with the call.
 */
#ifndef MIME_MARKDOWN_H
#define MIME_MARKDOWN_H

#include "mime/html.h"

#define MARKDOWN_BYTES_MAX (256u << 10)

struct markdown_opts {
	bool raw_html; /* HTML inside is passed through; else it is shown as the text it is */
};

/* Appends HTML without <html> or <body>: a layout goes around it. ST_INVALID: not UTF-8, a NUL, or
 * a link that is not allowed (`e` names its scheme); ST_LIMIT: too large, or `out` is full. On
 * failure `out` is as it was. */
MUST_USE enum status markdown_to_html(struct str md, const struct markdown_opts *opts,
				      struct buf *out, struct err *e);
/* The same as plain text: by way of the HTML, so that both say the same. */
struct markdown_text_opts {
	struct markdown_opts markdown;
	struct html_text_opts text;
};
MUST_USE enum status markdown_to_text(struct str md, const struct markdown_text_opts *opts,
				      struct arena *a, struct buf *out, struct err *e);
/* A value put into Markdown that shall stay the text it is: a backslash before what has a meaning,
 * line ends become spaces. */
void markdown_escape(struct str value, struct buf *out);

#endif
