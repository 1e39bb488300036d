/* SPDX-License-Identifier: Apache-2.0
 * parse.h: what the files of the compiler share. A parser stops at its first problem: every
 * function that can fail returns false or NULL and leaves the words in parser->problem. */
#ifndef LIQUID_PARSE_H
#define LIQUID_PARSE_H

#include "base/map.h"
#include "liquid/lex.h"
#include "liquid/node.h"

struct parser {
	struct str source; /* the template's own copy */
	struct liquid_options options;
	struct arena *arena;
	struct liquid_problem *problem;
	struct pieces *pieces;
	unsigned depth;
	bool trim; /* the last braces ended in "-": white space behind them goes */
	struct strmap slots;
	struct str *names;
	bool *sets;
	uint32_t name_count;
	struct use *first_use, **last_use;
};

/* One tag: {% name markup %}, or a line of {% liquid %}. */
struct tag {
	struct str name; /* p NULL: the pieces are at their end */
	uint32_t at;     /* of the name */
	uint32_t markup_at, markup_end;
};

/* ---- parse.c ---- */
bool parse_fail(struct parser *p, uint32_t at, const char *fmt, ...) PRINTF_LIKE(3, 4);
void *parse_take(struct parser *p, size_t bytes); /* NULL: problem set */
#define TAKE(p, type) ((type *)parse_take((p), sizeof(type)))
bool parse_slot(struct parser *p, struct str name, uint32_t *slot_r);
bool parse_set_slot(struct parser *p, struct str name, uint32_t *slot_r); /* given a value here */
struct use *parse_use(struct parser *p, enum liquid_use_kind kind, struct str name, uint32_t at);
struct str parse_markup(const struct parser *p, const struct tag *t);
/* Parses until a tag that is no tag of its own (an end, an else), which goes to *stop. */
bool parse_body(struct parser *p, struct body *body, struct tag *stop);
/* The same for the inside of a block, one level deeper. */
bool parse_block(struct parser *p, const struct tag *t, struct body *body, struct tag *stop);
/* True: stop is the end of block t. Else it must be one of its own (else, when), or fails. */
bool parse_is_end(const struct tag *t, const struct tag *stop);
bool parse_unexpected(struct parser *p, struct str block, const char *end, const struct tag *stop);
struct node *parse_node(struct parser *p, struct body *body, enum node_kind kind, uint32_t at);
void parse_drop_blanks(struct body *body);
/* Reads the name of a tag at the front of [at, end); false: there is none. */
bool parse_tag_head(const struct parser *p, uint32_t at, uint32_t end, struct tag *out_r);

/* ---- parse_expr.c ---- */
const struct expr *parse_expr(struct parser *p, struct words *w);
/* The same in a condition, where `empty` and `blank` are more than "". */
const struct expr *parse_operand(struct parser *p, struct words *w);
/* `assigned`: its value is kept, not printed. */
bool parse_output(struct parser *p, uint32_t at, uint32_t end, bool assigned, struct output *out_r);
struct cond *parse_condition(struct parser *p, struct words *w);
bool parse_expect(struct parser *p, struct words *w, enum word_kind kind); /* and steps over it */
bool parse_take_word(struct words *w, enum word_kind kind); /* steps over it when it is one */
bool parse_take_id(struct words *w, const char *id);
bool parse_end(struct parser *p, struct words *w); /* lenient: words behind the end are skipped */

/* ---- tag_block.c, tag_line.c ---- */
typedef bool tag_fn(struct parser *p, struct body *body, const struct tag *t);
struct tag_kind {
	const char *name;
	tag_fn *parse;
};
extern const struct tag_kind tag_blocks[], tag_lines[]; /* end with a NULL name */

/* suggest.c: the nearest of names, or an empty string. */
struct nearest {
	struct str wanted, best;
	unsigned distance;
};
void nearest_start(struct nearest *n, struct str wanted);
void nearest_consider(struct nearest *n, struct str name);

#endif
