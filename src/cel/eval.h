/* SPDX-License-Identifier: Apache-2.0
 * eval.h: the functions link.c chooses from. Each evaluates one shape of node.
 */
#ifndef CEL_EVAL_H
#define CEL_EVAL_H

#include "cel/value.h"

/* eval.c: names, choices, fields, lists, maps, calls */
node_fn eval_const, eval_fault, eval_load, eval_local, eval_select, eval_has, eval_has_load,
	eval_opt_select, eval_index, eval_opt_index, eval_and, eval_or, eval_not, eval_cond,
	eval_in, eval_list, eval_map, eval_call, eval_else, eval_matches, eval_zoned;
/* eval_order.c: ==, <, and so on; the _fast ones compare a field with a constant */
node_fn eval_eq, eval_ne, eval_lt, eval_le, eval_gt, eval_ge;
node_fn eval_eq_str, eval_ne_str, eval_eq_int, eval_ne_int, eval_lt_int, eval_le_int, eval_gt_int,
	eval_ge_int, eval_lt_double, eval_le_double, eval_gt_double, eval_ge_double;
/* eval_arith.c */
node_fn eval_add, eval_sub, eval_mul, eval_div, eval_mod, eval_neg;
/* eval_macro.c */
node_fn eval_all, eval_exists, eval_exists_one, eval_map_macro, eval_filter, eval_map_value,
	eval_map_entry, eval_bind, eval_opt_map;

static inline struct cel_value load(const struct node *x, struct cel_run *r)
{
	const struct cel_activation *act = r->act;
	if (act->slots != NULL && x->slot < act->slot_count && act->slots[x->slot] != NULL)
		return act->slots[x->slot][x->field];
	if (act->load != NULL)
		return act->load(act->ctx, x->slot, x->field, r->scratch);
	return cel_of_absent();
}

/* Says where an error of a function happened. Its detail is a text, so the place goes into n:
 * the offset, and in the low eight bits the length. */
static inline struct cel_value at_node(const struct node *x, struct cel_value v)
{
	uint32_t length = x->end - x->at;
	if (v.kind == CEL_ERROR && v.detail == NULL)
		v.detail = x;
	else if (v.kind == CEL_ERROR && v.code == CEL_E_TEXT && v.n == 0)
		v.n = x->at << 8 | (length < 255 ? length : 255);
	return v;
}

#endif
