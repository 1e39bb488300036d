/* SPDX-License-Identifier: Apache-2.0
 * eval_arith.c: arithmetic. There are no conversions between the kinds of numbers, whole numbers
 * never wrap, and plus also joins strings, bytes and lists. */
#include "cel/eval.h"

typedef struct cel_value pair_fn(const struct node *x, struct cel_run *r, struct cel_value a,
				 struct cel_value b);

static inline struct cel_value binary(const struct node *x, struct cel_run *r, pair_fn *fn)
{
	struct cel_value a = eval(x->args[0], r);
	if (a.kind == CEL_ERROR)
		return a;
	struct cel_value b = eval(x->args[1], r);
	return b.kind == CEL_ERROR ? b : at_node(x, fn(x, r, a, b));
}

/* ---- plus ---- */

static struct cel_value join_text(struct cel_run *r, struct cel_value a, struct cel_value b)
{
	if (a.n == 0 || b.n == 0)
		return a.n == 0 ? b : a;
	size_t n = (size_t)a.n + b.n;
	char *p = run_alloc(r, n);
	if (p == NULL)
		return cel_fail_budget();
	memcpy(p, a.p, a.n);
	memcpy(p + a.n, b.p, b.n);
	return (struct cel_value){.kind = a.kind, .n = (uint32_t)n, .p = p};
}

static struct cel_value join_lists(struct cel_run *r, struct cel_value a, struct cel_value b)
{
	size_t n = (size_t)a.n + b.n;
	struct cel_value *items = n > CEL_LIST_MAX ? NULL : run_alloc(r, n * sizeof *items);
	if (items == NULL)
		return cel_fail_budget();
	if (a.n > 0)
		memcpy(items, a.list, a.n * sizeof *items);
	if (b.n > 0)
		memcpy(items + a.n, b.list, b.n * sizeof *items);
	return cel_of_list(items, n);
}

static struct cel_value add_mixed(const struct node *x, struct cel_value a, struct cel_value b)
{
	if (a.kind == CEL_TIMESTAMP && b.kind == CEL_DURATION)
		return time_add(a, b.i);
	if (a.kind == CEL_DURATION && b.kind == CEL_TIMESTAMP)
		return time_add(b, a.i);
	return fail_at(x, CEL_E_OVERLOAD);
}

static struct cel_value add(const struct node *x, struct cel_run *r, struct cel_value a,
			    struct cel_value b)
{
	struct cel_value v = a;
	if (a.kind != b.kind)
		return add_mixed(x, a, b);
	switch (a.kind) {
	case CEL_INT:
	case CEL_DURATION:
		return __builtin_add_overflow(a.i, b.i, &v.i) ? fail_at(x, CEL_E_OVERFLOW) : v;
	case CEL_UINT:
		return __builtin_add_overflow(a.u, b.u, &v.u) ? fail_at(x, CEL_E_OVERFLOW) : v;
	case CEL_DOUBLE: return cel_of_double(a.d + b.d);
	case CEL_STRING:
	case CEL_BYTES: return join_text(r, a, b);
	case CEL_LIST: return join_lists(r, a, b);
	default: return fail_at(x, CEL_E_OVERLOAD);
	}
}

struct cel_value eval_add(const struct node *x, struct cel_run *r)
{
	return binary(x, r, add);
}

/* ---- minus ---- */

static struct cel_value sub(const struct node *x, struct cel_run *r, struct cel_value a,
			    struct cel_value b)
{
	struct cel_value v = a;
	(void)r;
	if (a.kind == CEL_TIMESTAMP && b.kind == CEL_DURATION)
		return b.i == INT64_MIN ? fail_at(x, CEL_E_OVERFLOW) : time_add(a, -b.i);
	if (a.kind != b.kind)
		return fail_at(x, CEL_E_OVERLOAD);
	switch (a.kind) {
	case CEL_INT:
	case CEL_DURATION:
		return __builtin_sub_overflow(a.i, b.i, &v.i) ? fail_at(x, CEL_E_OVERFLOW) : v;
	case CEL_UINT:
		return __builtin_sub_overflow(a.u, b.u, &v.u) ? fail_at(x, CEL_E_OVERFLOW) : v;
	case CEL_DOUBLE: return cel_of_double(a.d - b.d);
	case CEL_TIMESTAMP: return time_diff(a, b);
	default: return fail_at(x, CEL_E_OVERLOAD);
	}
}

struct cel_value eval_sub(const struct node *x, struct cel_run *r)
{
	return binary(x, r, sub);
}

/* ---- times, divided by, modulo ---- */

static struct cel_value mul(const struct node *x, struct cel_run *r, struct cel_value a,
			    struct cel_value b)
{
	struct cel_value v = a;
	(void)r;
	if (a.kind != b.kind)
		return fail_at(x, CEL_E_OVERLOAD);
	if (a.kind == CEL_INT)
		return __builtin_mul_overflow(a.i, b.i, &v.i) ? fail_at(x, CEL_E_OVERFLOW) : v;
	if (a.kind == CEL_UINT)
		return __builtin_mul_overflow(a.u, b.u, &v.u) ? fail_at(x, CEL_E_OVERFLOW) : v;
	return a.kind == CEL_DOUBLE ? cel_of_double(a.d * b.d) : fail_at(x, CEL_E_OVERLOAD);
}

/* Division and remainder of whole numbers fail in the same two ways. */
static struct cel_value div_fault(const struct node *x, struct cel_value a, struct cel_value b)
{
	if (b.u == 0)
		return fail_at(x, CEL_E_DIV_ZERO);
	if (a.kind == CEL_INT && a.i == INT64_MIN && b.i == -1)
		return fail_at(x, CEL_E_OVERFLOW);
	return cel_of_null();
}

static struct cel_value divide(const struct node *x, struct cel_run *r, struct cel_value a,
			       struct cel_value b)
{
	(void)r;
	if (a.kind == CEL_DOUBLE && b.kind == CEL_DOUBLE)
		return cel_of_double(a.d / b.d);
	if (a.kind != b.kind || !value_is_number(a))
		return fail_at(x, CEL_E_OVERLOAD);
	struct cel_value fault = div_fault(x, a, b);
	if (fault.kind == CEL_ERROR)
		return fault;
	return a.kind == CEL_INT ? cel_of_int(a.i / b.i) : cel_of_uint(a.u / b.u);
}

static struct cel_value modulo(const struct node *x, struct cel_run *r, struct cel_value a,
			       struct cel_value b)
{
	(void)r;
	if (a.kind != b.kind || (a.kind != CEL_INT && a.kind != CEL_UINT))
		return fail_at(x, CEL_E_OVERLOAD);
	struct cel_value fault = div_fault(x, a, b);
	if (fault.kind == CEL_ERROR)
		return fault;
	return a.kind == CEL_INT ? cel_of_int(a.i % b.i) : cel_of_uint(a.u % b.u);
}

struct cel_value eval_mul(const struct node *x, struct cel_run *r)
{
	return binary(x, r, mul);
}

struct cel_value eval_div(const struct node *x, struct cel_run *r)
{
	return binary(x, r, divide);
}

struct cel_value eval_mod(const struct node *x, struct cel_run *r)
{
	return binary(x, r, modulo);
}

struct cel_value eval_neg(const struct node *x, struct cel_run *r)
{
	struct cel_value v = eval(x->args[0], r);
	if (v.kind == CEL_INT)
		return v.i == INT64_MIN ? fail_at(x, CEL_E_OVERFLOW) : cel_of_int(-v.i);
	if (v.kind == CEL_DOUBLE)
		return cel_of_double(-v.d);
	return v.kind == CEL_ERROR ? v : fail_at(x, CEL_E_OVERLOAD);
}
