/* SPDX-License-Identifier: Apache-2.0
 * eval_order.c: equality and order. The second half are the shapes conditions are made of, a
 * field against a constant, evaluated in one step when the kinds are what the types promised. */
#include "cel/eval.h"

static struct cel_value equality(const struct node *x, struct cel_run *r, bool want)
{
	bool eq;
	struct cel_value a = eval(x->args[0], r);
	if (a.kind == CEL_ERROR)
		return a;
	struct cel_value b = eval(x->args[1], r);
	if (b.kind == CEL_ERROR)
		return b;
	return value_equal(r, a, b, &eq) ? cel_of_bool(eq == want) : cel_fail_budget();
}

struct cel_value eval_eq(const struct node *x, struct cel_run *r)
{
	return equality(x, r, true);
}

struct cel_value eval_ne(const struct node *x, struct cel_run *r)
{
	return equality(x, r, false);
}

/* Whether an order is one of the two that make the comparison true. */
static struct cel_value compare(const struct node *x, struct cel_run *r, enum order yes,
				enum order also)
{
	struct cel_value a = eval(x->args[0], r);
	if (a.kind == CEL_ERROR)
		return a;
	struct cel_value b = eval(x->args[1], r);
	if (b.kind == CEL_ERROR)
		return b;
	if (!value_ordered(a, b))
		return fail_at(x, CEL_E_OVERLOAD);
	if ((a.kind == CEL_STRING || a.kind == CEL_BYTES) && !cel_charge(r, a.n / 64))
		return cel_fail_budget();
	enum order o = value_order(a, b);
	return cel_of_bool(o == yes || o == also);
}

struct cel_value eval_lt(const struct node *x, struct cel_run *r)
{
	return compare(x, r, ORDER_LESS, ORDER_LESS);
}

struct cel_value eval_le(const struct node *x, struct cel_run *r)
{
	return compare(x, r, ORDER_LESS, ORDER_EQUAL);
}

struct cel_value eval_gt(const struct node *x, struct cel_run *r)
{
	return compare(x, r, ORDER_GREATER, ORDER_GREATER);
}

struct cel_value eval_ge(const struct node *x, struct cel_run *r)
{
	return compare(x, r, ORDER_GREATER, ORDER_EQUAL);
}

/* ---- a field against a constant: args[0] is a load, k the constant ---- */

static struct cel_value slow(const struct node *x, struct cel_run *r)
{
	static node_fn *const general[OP_COUNT] = {
		[OP_EQ] = eval_eq, [OP_NE] = eval_ne, [OP_LT] = eval_lt,
		[OP_LE] = eval_le, [OP_GE] = eval_ge, [OP_GT] = eval_gt,
	};
	return general[x->op](x, r);
}

static bool same_text(struct cel_value v, const struct node *x)
{
	const struct cel_value *k = &x->args[1]->k;
	return v.n == k->n && memcmp(v.p, k->p, v.n) == 0;
}

struct cel_value eval_eq_str(const struct node *x, struct cel_run *r)
{
	struct cel_value v = load(x->args[0], r);
	return v.kind == CEL_STRING ? cel_of_bool(same_text(v, x)) : slow(x, r);
}

struct cel_value eval_ne_str(const struct node *x, struct cel_run *r)
{
	struct cel_value v = load(x->args[0], r);
	return v.kind == CEL_STRING ? cel_of_bool(!same_text(v, x)) : slow(x, r);
}

#define FAST(name, kind_, member, cmp) \
	struct cel_value name(const struct node *x, struct cel_run *r) \
	{ \
		struct cel_value v = load(x->args[0], r); \
		return v.kind == (kind_) ? cel_of_bool(v.member cmp x->k.member) : slow(x, r); \
	}

FAST(eval_eq_int, CEL_INT, i, ==)
FAST(eval_ne_int, CEL_INT, i, !=)
FAST(eval_lt_int, CEL_INT, i, <)
FAST(eval_le_int, CEL_INT, i, <=)
FAST(eval_gt_int, CEL_INT, i, >)
FAST(eval_ge_int, CEL_INT, i, >=)
FAST(eval_lt_double, CEL_DOUBLE, d, <)
FAST(eval_le_double, CEL_DOUBLE, d, <=)
FAST(eval_gt_double, CEL_DOUBLE, d, >)
FAST(eval_ge_double, CEL_DOUBLE, d, >=)
