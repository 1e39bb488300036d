/* SPDX-License-Identifier: Apache-2.0
 * node.h: the tree every stage of the compiler works on, from text to machine.
 *
 *   parse.c  text -> nodes (macros become nodes of their own in macro.c)
 *   check.c  names and types: every node gets a type, names become loads
 *   link.c   folds constants, chooses the function that evaluates each node (node.fn)
 *   eval*.c  those functions
 *
 * One struct serves all stages: a program is this tree, and nothing is copied between stages.
 */
#ifndef CEL_NODE_H
#define CEL_NODE_H

#include "cel/cel.h"

enum node_kind {
	NODE_CONST,  /* k */
	NODE_IDENT,  /* name; NODE_ROOTED: written with a leading dot */
	NODE_SELECT, /* args[0].name */
	NODE_HAS,    /* has(args[0].name) */
	NODE_OP,     /* op, args */
	NODE_CALL,   /* name(args); NODE_MEMBER: args[0] is the receiver */
	NODE_LIST,   /* args; opt[i]: written with a question mark */
	NODE_MAP,    /* args: key, value, key, value */
	NODE_MACRO,  /* op: enum macro; args[0] range, args[1] filter or NULL, args[2] body */
	NODE_LOAD,   /* after check: a declared variable or field */
	NODE_LOCAL,  /* after check: a variable of a macro */
	NODE_FAULT   /* after check, dynamic programs: an error when evaluated */
};

enum op {
	OP_NOT,
	OP_NEG,
	OP_MUL,
	OP_DIV,
	OP_MOD,
	OP_ADD,
	OP_SUB,
	OP_LT,
	OP_LE,
	OP_GE,
	OP_GT,
	OP_EQ,
	OP_NE,
	OP_IN,
	OP_AND,
	OP_OR,
	OP_COND,
	OP_INDEX,
	OP_OPT_INDEX,
	OP_OPT_SELECT,
	OP_COUNT
};

enum macro {
	MACRO_ALL,
	MACRO_EXISTS,
	MACRO_EXISTS_ONE,
	MACRO_MAP,
	MACRO_FILTER,
	MACRO_LIST,      /* transformList */
	MACRO_MAP_VALUE, /* transformMap */
	MACRO_MAP_ENTRY, /* transformMapEntry */
	MACRO_BIND,      /* cel.bind: args[0] the value, args[2] the body */
	MACRO_OPT_MAP,   /* args[0] an optional */
	MACRO_OPT_FLAT
};

/* What can go wrong while evaluating. The text of each is in error.c. */
enum cel_errcode {
	CEL_E_TEXT, /* detail is the text */
	CEL_E_OVERLOAD,
	CEL_E_NO_FIELD,
	CEL_E_NO_KEY,
	CEL_E_INDEX,
	CEL_E_OVERFLOW,
	CEL_E_DIV_ZERO,
	CEL_E_ABSENT,
	CEL_E_UNKNOWN_NAME,
	CEL_E_UNKNOWN_FUNCTION,
	CEL_E_DUPLICATE_KEY,
	CEL_E_KEY_TYPE,
	CEL_E_BUDGET,
	CEL_E_MEMORY,
	CEL_E_EMPTY_OPTIONAL,
	CEL_E_NOT_OPTIONAL,
	CEL_E_COUNT
};

enum { NODE_ROOTED = 1, NODE_MEMBER = 2 };

struct node;
typedef struct cel_value node_fn(const struct node *x, struct cel_run *r);

/* One overload a call may end in, with the kinds it takes, one bit per enum cel_kind. */
struct candidate {
	cel_fn *fn;
	uint32_t kinds[4];
};

struct node {
	node_fn *fn;
	uint8_t kind, op, flags;
	uint8_t candidate_count;
	uint16_t height; /* 1 for a leaf */
	uint32_t at, end;
	uint32_t name_at; /* where the name is written */
	uint32_t n;       /* args */
	struct node **args;
	uint32_t slot, field; /* load: both; local and macro: their variables' numbers */
	struct cel_value k;
	struct str name, name2; /* name2: second variable of a macro */
	const struct cel_type *type;
	const bool *opt;
	const struct candidate *candidates;
	const void *aux; /* compiled regular expression or time zone, when constant */
};

struct cel_prog {
	struct node *root;
	struct str source;
	uint32_t local_count;
};

struct cel_run {
	const struct cel_activation *act;
	struct arena *scratch;
	uint64_t steps_left;
	struct cel_value locals[CEL_LOCALS_MAX];
};

/* What the stages of one compilation share. */
struct compile {
	const struct cel_env *env;
	struct cel_options options;
	struct arena *arena;
	struct str source;
	struct cel_problems *problems;
	struct cel_problem *problem; /* the one noted last */
	enum status status;          /* ST_OK until the first problem */
	uint32_t node_count, local_count;
	uint64_t fold_steps_left; /* what evaluating constants may cost in all */
};

/* Notes a problem behind those there are. */
void compile_note(struct compile *c, enum cel_problem_code code, uint32_t at, uint32_t end,
		  const char *text);
/* Notes it when it is the first; later ones are echoes. Always returns false. */
bool compile_fail(struct compile *c, enum cel_problem_code code, uint32_t at, uint32_t end,
		  const char *fmt, ...) PRINTF_LIKE(5, 6);
/* NULL (and a problem) past CEL_NODES_MAX. */
struct node *node_new(struct compile *c, enum node_kind kind, uint32_t at, uint32_t end);
/* Room for n arguments. */
bool node_args(struct compile *c, struct node *x, uint32_t n);
/* Sets the height from the arguments; false past CEL_DEPTH_MAX. */
bool cel_node_close(struct compile *c, struct node *x);

struct node *parse(struct compile *c);
bool check(struct compile *c, struct node **root);
bool link_tree(struct compile *c, struct node *root);

static inline struct cel_value eval(const struct node *x, struct cel_run *r)
{
	return x->fn(x, r);
}
static inline struct cel_value fail_at(const struct node *x, enum cel_errcode code)
{
	return (struct cel_value){.kind = CEL_ERROR, .code = (uint8_t)code, .detail = x};
}
static inline struct cel_value cel_of_bytes(struct str s)
{
	return (struct cel_value){.kind = CEL_BYTES, .n = (uint32_t)s.n, .p = s.p};
}

#endif
