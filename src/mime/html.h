/* SPDX-License-Identifier: Apache-2.0
 * html.h: HTML of mails: links found and replaced, faults counted, plain text made.
 *
 * The tokenizer takes anything for HTML, as browsers do, and is linear in its input: there is no
 * text it fails on and none it lingers over.
 *
 *   H1  Rewriting copies every byte it was not asked to change.
 *   H2  Plain text holds no control character but LF, and no line ends in white space.
 * Thread: any. Memory: the caller's arena and buffer.
 */
#ifndef MIME_HTML_H
#define MIME_HTML_H

#include "base/buf.h"
#include "base/status.h"

#define HTML_BYTES_MAX (1u << 20) /* ten times what Gmail shows before it clips a mail */
#define HTML_LINKS_MAX 500

enum html_scheme {
	HTML_EMPTY,    /* no href, nothing in it, or "#" alone */
	HTML_ANCHOR,   /* "#part": inside the mail */
	HTML_RELATIVE, /* leads nowhere from a mail */
	HTML_HTTP,
	HTML_HTTPS,
	HTML_MAILTO,
	HTML_PHONE,  /* tel:, sms: */
	HTML_UNSAFE, /* javascript:, vbscript:, data:, file: */
	HTML_OTHER   /* any other scheme */
};
/* What a browser would make of it: white space inside is passed over. */
enum html_scheme html_scheme(struct str url);

struct html_link {
	struct str url; /* decoded, trimmed */
	enum html_scheme scheme;
	unsigned index;     /* 0 for the first link that is called back */
	struct str classes; /* the class attribute, as written: tells the call to action */
	bool untracked;     /* it carries the attribute data-no-track */
};

/* Appends the URL to put in its place, or nothing: the link stays. Called for links with a scheme,
 * in document order; not for empty, anchor and relative ones. Its error ends the rewriting. */
typedef enum status (*html_link_fn)(void *ctx, const struct html_link *link, struct buf *url,
				    struct err *e);

struct html_report {
	unsigned links;          /* <a href> and <area href> of any kind but empty */
	unsigned links_empty;    /* HTML_EMPTY */
	unsigned links_textless; /* nothing to click on: neither text nor an image with alt */
	unsigned links_relative, links_http, links_unsafe, links_other;
	unsigned images, images_without_alt; /* alt="" is an answer, none is not */
	unsigned forms;                      /* form, input, button, select, textarea */
	unsigned scripts;    /* script, iframe, object, embed, applet, and on... attributes */
	unsigned text_bytes; /* of visible text, white space not counted */
};

struct html_rewrite {
	html_link_fn link; /* NULL: nothing is replaced */
	void *ctx;
	struct str tail; /* put in before the last </body>, or at the end: the pixel */
};

/* `out` may be NULL: only the report is made. ST_INVALID: not UTF-8, or a NUL in it; ST_LIMIT: too
 * large, too many links, or `out` is full; else what `link` said. `report` is always written on
 * ST_OK and may be NULL. On failure `out` is as it was. */
MUST_USE enum status html_rewrite(struct str html, const struct html_rewrite *how, struct buf *out,
				  struct html_report *report, struct err *e);

struct html_text_opts {
	size_t width;   /* columns to wrap at; 0: lines as long as their paragraphs */
	bool footnotes; /* "text [1]" and a list at the end, instead of "text (url)" */
};

/* The plain-text twin: headings underlined, lists with their marks, quotes with >, links with their
 * URL, images by their alt; nothing of what is hidden (head, style, display:none). Errors as above.
 * The arena holds decoded links until the caller resets it. */
MUST_USE enum status html_to_text(struct str html, const struct html_text_opts *opts,
				  struct arena *a, struct buf *out, struct err *e);

/* Character references decoded: "&amp;" -> "&". Unknown ones stay as they are. */
void html_unescape(struct str s, struct buf *out);
/* & < > " ' as character references: fit for text and for attributes. */
void html_escape(struct str s, struct buf *out);

#endif
