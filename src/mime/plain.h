/* SPDX-License-Identifier: Apache-2.0
 * plain.h: a writer of tidy plain text: white space collapsed, lines wrapped, blocks kept apart,
 * quotes and lists marked. The room's own header.
 */
#ifndef MIME_PLAIN_H
#define MIME_PLAIN_H

#include "base/buf.h"

#define PLAIN_DEPTH_MAX 16
#define PLAIN_NOTES_MAX 500

enum plain_kind { PLAIN_NONE, PLAIN_QUOTE, PLAIN_LIST, PLAIN_ITEM };

/* What a line is inside of. */
struct plain_level {
	enum plain_kind kind;
	unsigned next;  /* a numbered list: the number of its next item; else 0 */
	char first[16]; /* before the first line: "- "; before every line of a quote: "> " */
	size_t bytes;   /* of it; further lines get as many spaces */
	bool used;
};

struct plain {
	struct buf *out;
	size_t from;  /* out->n where the text begins */
	size_t width; /* 0: do not wrap */
	struct plain_level levels[PLAIN_DEPTH_MAX];
	size_t depth;
	size_t unmarked; /* levels opened beyond PLAIN_DEPTH_MAX */
	unsigned gap;    /* line ends owed before the next text */
	bool space;      /* a space is owed before the next word */
	bool begun;      /* the line has text behind its marks */
	size_t break_at; /* out->n of the last space that may become a line end; 0: none */
	size_t column, column_max; /* characters; the longest line since plain_measure */
};

void plain_init(struct plain *p, struct buf *out, size_t width);
void plain_text(struct plain *p, struct str s);     /* UTF-8; white space collapses */
void plain_verbatim(struct plain *p, struct str s); /* as it stands, line by line */
void plain_word(struct plain *p, struct str s);     /* never broken: a link */
void plain_line(struct plain *p);                   /* the next text starts a line */
void plain_break(struct plain *p);                  /* one more line end: <br><br> */
void plain_gap(struct plain *p);                    /* and an empty line before it */
void plain_push(struct plain *p, enum plain_kind kind, const char *first);
/* The innermost level of a kind; NULL: there is none. */
struct plain_level *plain_level(struct plain *p, enum plain_kind kind);
enum plain_kind plain_innermost(const struct plain *p);
void plain_pop(struct plain *p, enum plain_kind kind); /* the innermost one, and what is in it */
void plain_measure(struct plain *p);
void plain_underline(struct plain *p, char c); /* as long as the longest line since measured */
bool plain_in_line(const struct plain *p);     /* does something stand on this line? */
void plain_finish(struct plain *p);            /* ends with one line end; nothing for nothing */

#endif
