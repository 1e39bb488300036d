/* SPDX-License-Identifier: Apache-2.0
 * lex.h: CEL text into tokens, one at a time.
 */
#ifndef CEL_LEX_H
#define CEL_LEX_H

#include "cel/node.h"

/* Single-character tokens are their own character. */
enum token_kind {
	TOKEN_END = 256,
	TOKEN_BAD, /* the problem is noted */
	TOKEN_IDENT,
	TOKEN_QUOTED, /* `content-type` */
	TOKEN_NUMBER, /* value */
	TOKEN_TEXT,   /* value: string or bytes */
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_EQ,
	TOKEN_NE,
	TOKEN_LE,
	TOKEN_GE,
	TOKEN_IN
};

struct token {
	int kind;
	uint32_t at, end;
	struct str text;        /* ident, quoted: the name */
	struct cel_value value; /* number, text */
};

struct lexer {
	struct compile *c;
	uint32_t at;
};

struct token lex_next(struct lexer *l);
/* A number at l->at, `negative` when a minus sign belongs to it: -9223372036854775808. */
struct token lex_number(struct lexer *l, uint32_t at, bool negative);
bool lex_at_number(const struct lexer *l);
bool lex_reserved(struct str word); /* as, break, const, ...: no identifier */

/* literal.c: the inside of a quoted literal. False: *why says what is wrong at byte *where. */
bool literal_decode(struct str body, bool bytes, struct arena *a, struct str *out_r,
		    const char **why, size_t *where);

#endif
