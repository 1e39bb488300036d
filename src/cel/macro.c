/* SPDX-License-Identifier: Apache-2.0
 * macro.c: calls that are no calls. Comprehensions stay nodes of their own instead of being
 * unfolded into a general fold: the evaluator then knows what it is looking at (and can stop
 * early, size its result, and explain itself). */
#include "cel/parse.h"

static bool misuse(struct compile *c, const struct node *x, const char *why)
{
	return compile_fail(c, CEL_PROBLEM_SYNTAX, x->at, x->end, STR_FMT "(): %s",
			    STR_ARG(x->name), why);
}

static bool is_variable(struct compile *c, const struct node *x, const struct node *arg)
{
	if (arg->kind == NODE_IDENT && !(arg->flags & NODE_ROOTED))
		return true;
	return misuse(c, x, "its first arguments name variables and must be simple names");
}

/* Turns the call x into a macro over `range`, with `filter` (or NULL) and `body`. */
static bool become(struct compile *c, struct node *x, enum macro m, struct node *range,
		   struct node *filter, struct node *body)
{
	x->kind = NODE_MACRO;
	x->op = (uint8_t)m;
	x->flags = 0;
	if (!node_args(c, x, 3))
		return false;
	x->args[0] = range;
	x->args[1] = filter;
	x->args[2] = body;
	return cel_node_close(c, x);
}

struct shape {
	const char *name;
	enum macro macro;
	uint8_t vars, exprs; /* arguments behind the receiver: names, then expressions */
	bool filter;         /* the first of two expressions is a filter */
};

static const struct shape shapes[] = {
	{"all", MACRO_ALL, 1, 1, false},
	{"all", MACRO_ALL, 2, 1, false},
	{"exists", MACRO_EXISTS, 1, 1, false},
	{"exists", MACRO_EXISTS, 2, 1, false},
	{"exists_one", MACRO_EXISTS_ONE, 1, 1, false},
	{"existsOne", MACRO_EXISTS_ONE, 1, 1, false},
	{"exists_one", MACRO_EXISTS_ONE, 2, 1, false},
	{"existsOne", MACRO_EXISTS_ONE, 2, 1, false},
	{"map", MACRO_MAP, 1, 1, false},
	{"map", MACRO_MAP, 1, 2, true},
	{"filter", MACRO_FILTER, 1, 1, false},
	{"transformList", MACRO_LIST, 2, 1, false},
	{"transformList", MACRO_LIST, 2, 2, true},
	{"transformMap", MACRO_MAP_VALUE, 2, 1, false},
	{"transformMap", MACRO_MAP_VALUE, 2, 2, true},
	{"transformMapEntry", MACRO_MAP_ENTRY, 2, 1, false},
	{"transformMapEntry", MACRO_MAP_ENTRY, 2, 2, true},
	{"optMap", MACRO_OPT_MAP, 1, 1, false},
	{"optFlatMap", MACRO_OPT_FLAT, 1, 1, false},
};

static bool expand_member(struct compile *c, struct node *x, const struct shape *s)
{
	for (uint32_t i = 1; i <= s->vars; i++)
		if (!is_variable(c, x, x->args[i]))
			return false;
	struct node **args = x->args;
	x->name = args[1]->name;
	x->name2 = s->vars == 2 ? args[2]->name : STR_NULL;
	if (s->vars == 2 && str_eq(x->name, x->name2))
		return misuse(c, x, "the two variables need different names");
	return become(c, x, s->macro, args[0], s->filter ? args[s->vars + 1] : NULL,
		      args[s->vars + s->exprs]);
}

static bool expand_has(struct compile *c, struct node *x)
{
	struct node *of = x->n == 1 ? x->args[0] : NULL;
	bool opt = of && of->kind == NODE_OP && of->op == OP_OPT_SELECT;
	if (of == NULL || (of->kind != NODE_SELECT && !opt))
		return misuse(c, x, "takes one field, as in has(lead.title)");
	x->kind = NODE_HAS;
	x->op = opt ? OP_OPT_SELECT : 0;
	x->flags = of->flags & NODE_ROOTED;
	x->name = of->name;
	x->name_at = of->name_at;
	x->args = of->args;
	return true;
}

static bool expand_bind(struct compile *c, struct node *x)
{
	if (x->n != 4)
		return misuse(c, x, "is written cel.bind(name, value, expression)");
	if (!is_variable(c, x, x->args[1]))
		return false;
	x->name = x->args[1]->name;
	return become(c, x, MACRO_BIND, x->args[2], NULL, x->args[3]);
}

static bool is_ident(const struct node *x, const char *name)
{
	return x->kind == NODE_IDENT && str_is(x->name, name);
}

bool macro_expand(struct compile *c, struct node **px)
{
	struct node *x = *px;
	if (!(x->flags & NODE_MEMBER))
		return !str_is(x->name, "has") || expand_has(c, x);
	if (str_is(x->name, "bind") && is_ident(x->args[0], "cel"))
		return expand_bind(c, x);
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
		if (str_is(x->name, shapes[i].name) &&
		    x->n == 1u + shapes[i].vars + shapes[i].exprs)
			return expand_member(c, x, &shapes[i]);
	return true;
}
