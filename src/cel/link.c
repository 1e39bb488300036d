/* SPDX-License-Identifier: Apache-2.0
 * link.c: the last stage. Chooses the function of every node, folds what is constant, compiles
 * constant patterns, and weighs the bodies of macros. A constant that fails to evaluate is left
 * as it is: its error may be absorbed by && or ||, so it belongs to evaluation. */
#include "cel/eval.h"

#include "base/tz.h"

static node_fn *const op_fns[OP_COUNT] = {
	[OP_NOT] = eval_not,
	[OP_NEG] = eval_neg,
	[OP_MUL] = eval_mul,
	[OP_DIV] = eval_div,
	[OP_MOD] = eval_mod,
	[OP_ADD] = eval_add,
	[OP_SUB] = eval_sub,
	[OP_LT] = eval_lt,
	[OP_LE] = eval_le,
	[OP_GE] = eval_ge,
	[OP_GT] = eval_gt,
	[OP_EQ] = eval_eq,
	[OP_NE] = eval_ne,
	[OP_IN] = eval_in,
	[OP_AND] = eval_and,
	[OP_OR] = eval_or,
	[OP_COND] = eval_cond,
	[OP_INDEX] = eval_index,
	[OP_OPT_INDEX] = eval_opt_index,
	[OP_OPT_SELECT] = eval_opt_select,
};

/* A field against a constant of the type given. */
static node_fn *const int_fns[OP_COUNT] = {
	[OP_LT] = eval_lt_int, [OP_LE] = eval_le_int, [OP_GE] = eval_ge_int,
	[OP_GT] = eval_gt_int, [OP_EQ] = eval_eq_int, [OP_NE] = eval_ne_int,
};
static node_fn *const double_fns[OP_COUNT] = {
	[OP_LT] = eval_lt_double,
	[OP_LE] = eval_le_double,
	[OP_GE] = eval_ge_double,
	[OP_GT] = eval_gt_double,
};
static node_fn *const string_fns[OP_COUNT] = {[OP_EQ] = eval_eq_str, [OP_NE] = eval_ne_str};

static node_fn *const macro_fns[] = {
	[MACRO_ALL] = eval_all,
	[MACRO_EXISTS] = eval_exists,
	[MACRO_EXISTS_ONE] = eval_exists_one,
	[MACRO_MAP] = eval_map_macro,
	[MACRO_FILTER] = eval_filter,
	[MACRO_LIST] = eval_map_macro,
	[MACRO_MAP_VALUE] = eval_map_value,
	[MACRO_MAP_ENTRY] = eval_map_entry,
	[MACRO_BIND] = eval_bind,
	[MACRO_OPT_MAP] = eval_opt_map,
	[MACRO_OPT_FLAT] = eval_opt_map,
};

/* How many nodes one evaluation of x touches; macros inside count themselves. */
static uint64_t weight(const struct node *x)
{
	uint64_t w = 1;
	if (x->kind == NODE_MACRO && x->op != MACRO_BIND)
		return w + weight(x->args[0]);
	for (uint32_t i = 0; i < x->n; i++)
		w += x->args[i] ? weight(x->args[i]) : 0;
	return w;
}

static node_fn *op_fn(struct node *x)
{
	static node_fn *const *const fns[CEL_KIND_COUNT] = {
		[CEL_INT] = int_fns, [CEL_DOUBLE] = double_fns, [CEL_STRING] = string_fns};
	if (x->n != 2 || x->args[0]->kind != NODE_LOAD || x->args[1]->kind != NODE_CONST)
		return op_fns[x->op];
	x->k = x->args[1]->k;
	/* A double against a whole number is compared as doubles anyway. */
	if (x->args[0]->type->kind == CEL_DOUBLE && x->k.kind == CEL_INT)
		x->k = cel_of_double((double)x->k.i);
	node_fn *fast = fns[x->k.kind] ? fns[x->k.kind][x->op] : NULL;
	return fast ? fast : op_fns[x->op];
}

/* matches() against a constant. A pattern that is wrong is a problem now, not later. */
static bool link_matches(struct compile *c, struct node *x)
{
	const char *why = NULL;
	if (x->n != 2 || !str_is(x->name, "matches") || x->args[1]->kind != NODE_CONST ||
	    x->args[1]->k.kind != CEL_STRING)
		return true;
	x->aux = regexp_compile(cel_str(x->args[1]->k), c->arena, &why);
	if (x->aux != NULL)
		x->fn = eval_matches;
	else if (!c->options.dynamic)
		return compile_fail(c, CEL_PROBLEM_REGEXP, x->args[1]->at, x->args[1]->end,
				    "this pattern cannot be used: %s", why);
	return true;
}

/* t.getHours("Europe/Berlin"): a zone that is written out is loaded once, and is known to exist. */
static bool link_zone(struct compile *c, struct node *x)
{
	const struct tz *tz = NULL;
	struct err e;
	if (x->n != 2 || !str_starts(x->name, STR("get")) || x->candidate_count != 1 ||
	    x->candidates[0].kinds[0] != 1u << CEL_TIMESTAMP || x->args[1]->kind != NODE_CONST)
		return true;
	if (tz_load(cel_str(x->args[1]->k), c->arena, &tz, &e) == ST_OK) {
		x->aux = tz;
		x->fn = eval_zoned;
		return true;
	}
	return c->options.dynamic ||
	       compile_fail(c, CEL_PROBLEM_TYPE, x->args[1]->at, x->args[1]->end, "%s", e.text);
}

static bool link_call(struct compile *c, struct node *x)
{
	bool lazy = x->n == 2 && (x->flags & NODE_MEMBER) &&
		    (str_is(x->name, "or") || str_is(x->name, "orValue"));
	x->fn = lazy ? eval_else : eval_call;
	return link_matches(c, x) && link_zone(c, x);
}

static bool link_macro(struct compile *c, struct node *x)
{
	x->fn = macro_fns[x->op];
	x->k.u = weight(x->args[2]) + (x->args[1] ? weight(x->args[1]) : 0);
	uint32_t top = (x->slot > x->field ? x->slot : x->field) + 1;
	c->local_count = top > c->local_count ? top : c->local_count;
	return true;
}

static bool choose(struct compile *c, struct node *x)
{
	switch ((enum node_kind)x->kind) {
	case NODE_CONST: x->fn = eval_const; return true;
	case NODE_LOAD: x->fn = eval_load; return true;
	case NODE_LOCAL: x->fn = eval_local; return true;
	case NODE_IDENT:
	case NODE_FAULT: x->fn = eval_fault; return true;
	case NODE_SELECT: x->fn = eval_select; return true;
	case NODE_HAS: x->fn = x->slot ? eval_has_load : eval_has; return true;
	case NODE_OP: x->fn = op_fn(x); return true;
	case NODE_CALL: return link_call(c, x);
	case NODE_LIST: x->fn = eval_list; return true;
	case NODE_MAP: x->fn = eval_map; return true;
	case NODE_MACRO: return link_macro(c, x);
	}
	return false;
}

static bool foldable(const struct node *x)
{
	if (x->kind == NODE_CONST || x->kind == NODE_LOAD || x->kind == NODE_LOCAL ||
	    x->kind == NODE_FAULT || x->kind == NODE_MACRO)
		return false;
	for (uint32_t i = 0; i < x->n; i++)
		if (x->args[i]->kind != NODE_CONST)
			return false;
	return true;
}

static void fold(struct compile *c, struct node *x)
{
	if (!foldable(x))
		return;
	struct cel_activation none = {.steps_max = 0};
	struct cel_run r = {.act = &none, .scratch = c->arena, .steps_left = c->fold_steps_left};
	struct arena_mark mark = arena_mark(c->arena);
	struct cel_value v = eval(x, &r);
	c->fold_steps_left = r.steps_left;
	if (v.kind == CEL_ERROR) {
		arena_rewind(c->arena, mark);
		return;
	}
	x->kind = NODE_CONST;
	x->fn = eval_const;
	x->k = v;
	x->n = 0;
}

bool link_tree(struct compile *c, struct node *x)
{
	/* What is below a fault was never checked, and is never asked. */
	for (uint32_t i = 0; i < x->n && x->kind != NODE_FAULT; i++)
		if (x->args[i] != NULL && !link_tree(c, x->args[i]))
			return false;
	if (!choose(c, x))
		return false;
	fold(c, x);
	return true;
}
