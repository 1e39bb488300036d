/* SPDX-License-Identifier: Apache-2.0
 * filter_math.c: arithmetic filters. */
#include "liquid/filter.h"

#include "liquid/number.h"

#include <math.h>

static enum status give(struct call *c, const struct number *x, struct liquid_value *out_r)
{
	if (number_value(x, out_r))
		return ST_OK;
	return call_fail(c, "the number is too large");
}

typedef enum number_end operation(struct number a, struct number b, struct number *out_r);

static enum status operate(struct call *c, operation *op, struct liquid_value *out_r)
{
	struct number x;
	switch (op(number_of(c->args[0]), number_of(c->args[1]), &x)) {
	case NUMBER_OK: return give(c, &x, out_r);
	case NUMBER_BY_ZERO: return call_fail(c, "divided by 0");
	default: return call_fail(c, "the number is too large");
	}
}

enum status filter_plus(struct call *c, struct liquid_value *out_r)
{
	return operate(c, number_add, out_r);
}

enum status filter_minus(struct call *c, struct liquid_value *out_r)
{
	return operate(c, number_sub, out_r);
}

enum status filter_times(struct call *c, struct liquid_value *out_r)
{
	return operate(c, number_mul, out_r);
}

/* With a fraction the reference gives Infinity, with integers an error. */
enum status filter_divided_by(struct call *c, struct liquid_value *out_r)
{
	struct number a = number_of(c->args[0]), b = number_of(c->args[1]);
	if (b.coef == 0 && (a.decimal || b.decimal)) {
		double far = a.coef < 0 ? -(double)INFINITY : (double)INFINITY;
		*out_r = liquid_float(a.coef == 0 ? (double)NAN : far);
		return ST_OK;
	}
	return operate(c, number_div, out_r);
}

enum status filter_modulo(struct call *c, struct liquid_value *out_r)
{
	return operate(c, number_mod, out_r);
}

enum status filter_abs(struct call *c, struct liquid_value *out_r)
{
	struct number x = number_abs(number_of(c->args[0]));
	return give(c, &x, out_r);
}

static enum status rounded(struct call *c, int64_t digits, enum number_round how,
			   struct liquid_value *out_r)
{
	struct liquid_value v = c->args[0];
	if (v.kind == LIQUID_FLOAT && isnan(v.d))
		return call_fail(c, "Computation results in 'NaN' (Not a Number)");
	if (v.kind == LIQUID_FLOAT && isinf(v.d))
		return call_fail(c, "Computation results in '%sInfinity'", v.d < 0 ? "-" : "");
	struct number x = number_round(number_of(v), digits, how);
	return give(c, &x, out_r);
}

enum status filter_round(struct call *c, struct liquid_value *out_r)
{
	struct number digits = number_of_int(0);
	struct liquid_value n;
	if (c->n > 1)
		digits = number_round(number_of(c->args[1]), 0, ROUND_DOWN);
	if (!number_value(&digits, &n) || n.kind != LIQUID_INT)
		return call_fail(c, "the number of digits is too large");
	return rounded(c, n.i, ROUND_HALF, out_r);
}

enum status filter_ceil(struct call *c, struct liquid_value *out_r)
{
	return rounded(c, 0, ROUND_UP, out_r);
}

enum status filter_floor(struct call *c, struct liquid_value *out_r)
{
	return rounded(c, 0, ROUND_DOWN, out_r);
}

static enum status bounded(struct call *c, int side, struct liquid_value *out_r)
{
	struct number x = number_of(c->args[0]), bound = number_of(c->args[1]);
	if (number_cmp(bound, x) * side > 0)
		x = bound;
	return give(c, &x, out_r);
}

enum status filter_at_least(struct call *c, struct liquid_value *out_r)
{
	return bounded(c, 1, out_r);
}

enum status filter_at_most(struct call *c, struct liquid_value *out_r)
{
	return bounded(c, -1, out_r);
}
