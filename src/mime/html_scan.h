/* SPDX-License-Identifier: Apache-2.0
 * html_scan.h: HTML as tokens. The room's own header; html.h is what others see.
 */
#ifndef MIME_HTML_SCAN_H
#define MIME_HTML_SCAN_H

#include "base/status.h"
#include "base/str.h"

enum html_kind {
	HTML_TOK_TEXT,
	HTML_TOK_OPEN,
	HTML_TOK_CLOSE,
	HTML_TOK_OTHER /* comments, <! <? */
};

struct html_tok {
	enum html_kind kind;
	struct str raw;   /* all of its bytes: the raws of all tokens make up the input */
	struct str name;  /* of a tag, as written */
	struct str attrs; /* what lies between the name and the > */
	bool literal;     /* text of script, style, title...: no references in it */
};

struct html_scan {
	struct str rest;
	struct str literal_of; /* inside this element only its end tag counts */
};

struct html_attr {
	struct str name, value; /* value: as written, without quotes; may be empty */
	struct str span;        /* of the value with its quotes */
};

static inline struct html_scan html_scan_of(struct str html)
{
	return (struct html_scan){html, STR_NULL};
}
bool html_scan_next(struct html_scan *s, struct html_tok *out);
bool html_attr_next(struct str *attrs, struct html_attr *out);
/* The first attribute of that name; false: there is none. */
bool html_attr_find(const struct html_tok *tok, const char *name, struct html_attr *out);
bool html_is(const struct html_tok *tok, const char *name);
/* Is the name one of a list, which ends in NULL? */
bool html_is_one_of(const struct html_tok *tok, const char *const *names);
bool html_is_space(char c);
/* Is it of a size and an encoding that we touch? */
MUST_USE enum status html_check(struct str html, struct err *e);

#endif
