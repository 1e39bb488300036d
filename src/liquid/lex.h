/* SPDX-License-Identifier: Apache-2.0
 * lex.h: two lexers. The outer one cuts a template into text, {{ output }} and {% tags %}; the
 * inner one cuts what stands between the braces into words. */
#ifndef LIQUID_LEX_H
#define LIQUID_LEX_H

#include "liquid/liquid.h"

/* ---- outer: pieces of a template, or lines of a {% liquid %} tag ---- */

enum piece_kind { PIECE_END, PIECE_TEXT, PIECE_OUTPUT, PIECE_TAG };
struct piece {
	enum piece_kind kind;
	uint32_t at;     /* offset of the first byte */
	struct str text; /* the whole piece, braces included */
};
struct pieces {
	struct str source;
	uint32_t at, end; /* what is left of the source */
	bool lines;       /* of a {% liquid %} tag: each piece is a line, taken as a tag */
};
struct piece pieces_next(struct pieces *p);

/* ---- inner ---- */

enum word_kind {
	WORD_END,
	WORD_BAD, /* a character that starts no word */
	WORD_ID,
	WORD_NUMBER,
	WORD_STRING,
	WORD_COMPARISON,
	WORD_PIPE,
	WORD_DOT,
	WORD_DOTDOT,
	WORD_COLON,
	WORD_COMMA,
	WORD_OPEN_SQUARE,
	WORD_CLOSE_SQUARE,
	WORD_OPEN_ROUND,
	WORD_CLOSE_ROUND,
	WORD_QUESTION,
	WORD_DASH
};
struct word {
	uint8_t kind;
	uint8_t op; /* comparison: enum cond_op */
	uint32_t at;
	struct str text;
};
struct words {
	struct str source;
	uint32_t at, end;
	struct word now, ahead; /* the current word, and the one behind it */
};
void words_start(struct words *w, struct str source, uint32_t at, uint32_t end);
void words_step(struct words *w);
/* As the reference calls it in messages: "end_of_string", "id". */
const char *word_name(enum word_kind kind);

#endif
