/* SPDX-License-Identifier: Apache-2.0
 * node.h: the tree of a compiled template. Names are numbers (slots): rendering compares no
 * strings to find a variable. */
#ifndef LIQUID_NODE_H
#define LIQUID_NODE_H

#include "liquid/liquid.h"

enum expr_kind {
	EXPR_VALUE, /* a literal */
	EXPR_PATH,  /* a variable and the way down from it */
	EXPR_RANGE, /* a range whose ends are known when rendering */
	EXPR_EMPTY, /* the word `empty` in a condition */
	EXPR_BLANK
};

struct expr;
struct step {
	struct str key;           /* a.key, a["key"] */
	const struct expr *index; /* a[index]; else NULL */
	bool command;             /* written with a dot: size, first, last may mean themselves */
};
struct expr {
	uint8_t kind;
	uint32_t at;   /* offset in the source */
	uint32_t slot; /* path: its first name */
	uint32_t step_count;
	const struct step *steps;
	const struct expr *root; /* path: [root].x instead of a name */
	const struct expr *from, *to;
	struct liquid_value value; /* literal; the blank and empty literals: "" */
	struct str text;           /* as written, without white space */
};

struct filter;
struct named_arg {
	struct str name;
	const struct expr *value;
	struct named_arg *next;
};
struct filter_call {
	const struct filter *filter; /* NULL: unknown, passes on */
	struct str name;
	uint32_t at;
	uint32_t arg_count;
	const struct expr **args;
	struct named_arg *named;
	struct filter_call *next;
};
struct output {
	const struct expr *value; /* NULL: {{ }} */
	struct filter_call *filters;
};

enum cond_op { OP_NONE, OP_EQ, OP_NE, OP_LT, OP_GT, OP_LE, OP_GE, OP_CONTAINS };
enum cond_join { JOIN_NONE, JOIN_AND, JOIN_OR };
struct cond {
	uint8_t op, join;
	const struct expr *left, *right;
	struct cond *next;
};

struct node;
struct body {
	struct node *first, *last;
	bool blank;  /* prints nothing but white space */
	bool sealed; /* while parsing: behind `last` stood a tag that left no node */
};
/* One arm of if, unless or case. */
struct branch {
	struct cond *cond;        /* if */
	const struct expr *match; /* when */
	bool otherwise;           /* else */
	struct body *body;        /* arms of one `when a, b` share it */
	struct branch *next;
};
struct loop_tag {
	uint32_t slot, loop_slot; /* the item; forloop or tablerowloop */
	const struct expr *over, *offset, *limit, *cols;
	bool reversed, resume; /* resume: offset: continue */
	struct str name;
	struct body *body, *otherwise;
};
struct partial_tag {
	const struct expr *name;
	const struct expr *with; /* or for */
	bool each, include;
	struct str alias;
	struct named_arg *args;
};
struct cycle_tag {
	const struct expr *group; /* NULL: the values are its name */
	struct str key;           /* the values as text, when they are literals */
	uint32_t count;
	const struct expr **values;
};

enum node_kind {
	NODE_TEXT,
	NODE_OUTPUT,
	NODE_IF,
	NODE_UNLESS,
	NODE_CASE,
	NODE_FOR,
	NODE_TABLEROW,
	NODE_ASSIGN,
	NODE_CAPTURE,
	NODE_INCREMENT,
	NODE_DECREMENT,
	NODE_CYCLE,
	NODE_BREAK,
	NODE_CONTINUE,
	NODE_PARTIAL,
	NODE_IFCHANGED
};
struct node {
	uint8_t kind;
	bool blank;
	uint32_t at;   /* offset that errors are told at */
	uint32_t slot; /* assign, capture, increment, decrement */
	union {
		struct str text;
		struct output output;
		struct {
			const struct expr *subject; /* case */
			struct branch *branches;
		};
		struct loop_tag *loop;
		struct partial_tag *partial;
		struct cycle_tag *cycle;
		struct body *body;
	};
	struct node *next;
};

/* What liquid_uses tells, gathered while compiling. */
struct use {
	struct liquid_use use; /* places are filled in when told */
	uint32_t at;
	uint32_t slot; /* variable: its first name */
	struct use *next;
};

struct liquid_template {
	struct str name, source; /* copies */
	struct body body;
	const struct str *names; /* of slots */
	const bool *sets;        /* by slot: the template gives it a value itself */
	uint32_t name_count;
	const struct use *uses;
};

/* Line and column of an offset, from 1; columns count characters. */
void liquid_place(struct str source, uint32_t at, uint32_t *line_r, uint32_t *column_r);

#endif
