/* SPDX-License-Identifier: Apache-2.0
 * parse.h: between parse.c and macro.c.
 */
#ifndef CEL_PARSE_H
#define CEL_PARSE_H

#include "cel/lex.h"

struct parser {
	struct compile *c;
	struct lexer lex;
	struct token tok;  /* the one not yet consumed */
	uint32_t last_end; /* where the consumed part ends */
	unsigned depth;
};

/* A growing list of arguments on the parser's arena. */
struct arg_list {
	struct node **items;
	bool *opt; /* NULL until an item is marked with a question mark */
	uint32_t n, cap;
};
bool arg_list_put(struct compile *c, struct arg_list *l, struct node *x, bool opt);

/* If the call `x` is a macro, *x becomes one. False: a macro used wrongly. */
bool macro_expand(struct compile *c, struct node **x);

#endif
