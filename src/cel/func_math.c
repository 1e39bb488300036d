/* SPDX-License-Identifier: Apache-2.0
 * func_math.c: the math extension. math.greatest(a, b, c) arrives here with its arguments as a
 * list (overload.c gathers them). */
#include "cel/value.h"

#include <math.h>

static struct cel_value best(const struct cel_value *v, size_t n, enum order wanted)
{
	struct cel_value most = v[0];
	for (size_t i = 0; i < n; i++) {
		if (!value_is_number(v[i]))
			return cel_fail("math.greatest() and math.least() take numbers");
		if (i > 0 && value_order(v[i], most) == wanted)
			most = v[i];
	}
	return most;
}

static struct cel_value best_of(struct cel_run *r, const struct cel_value *v, size_t n,
				enum order wanted)
{
	if (v[0].kind != CEL_LIST)
		return best(v, n, wanted);
	if (v[0].n == 0)
		return cel_fail("math.greatest() and math.least() take at least one number");
	return cel_charge(r, v[0].n) ? best(v[0].list, v[0].n, wanted) : cel_fail_budget();
}

static struct cel_value greatest(struct cel_run *r, const struct cel_value *v, size_t n)
{
	return best_of(r, v, n, ORDER_GREATER);
}

static struct cel_value least(struct cel_run *r, const struct cel_value *v, size_t n)
{
	return best_of(r, v, n, ORDER_LESS);
}

#define REAL(name, expression) \
	static struct cel_value name(struct cel_run *r, const struct cel_value *v, size_t n) \
	{ \
		double d = v[0].d; \
		(void)r; \
		(void)n; \
		return expression; \
	}

REAL(math_ceil, cel_of_double(ceil(d)))
REAL(math_floor, cel_of_double(floor(d)))
REAL(math_round, cel_of_double(round(d)))
REAL(math_trunc, cel_of_double(trunc(d)))
REAL(is_nan, cel_of_bool(isnan(d)))
REAL(is_inf, cel_of_bool(isinf(d)))
REAL(is_finite, cel_of_bool(isfinite(d)))

static struct cel_value math_sqrt(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	return cel_of_double(sqrt(v[0].kind == CEL_DOUBLE ? v[0].d
				  : v[0].kind == CEL_INT  ? (double)v[0].i
							  : (double)v[0].u));
}

static struct cel_value math_abs(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	if (v[0].kind == CEL_UINT)
		return v[0];
	if (v[0].kind == CEL_DOUBLE)
		return cel_of_double(fabs(v[0].d));
	if (v[0].i == INT64_MIN)
		return cel_fail("the result is out of range (overflow)");
	return cel_of_int(v[0].i < 0 ? -v[0].i : v[0].i);
}

static struct cel_value sign(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	if (v[0].kind == CEL_UINT)
		return cel_of_uint(v[0].u > 0);
	if (v[0].kind == CEL_INT)
		return cel_of_int((v[0].i > 0) - (v[0].i < 0));
	if (v[0].d > 0 || v[0].d < 0)
		return cel_of_double(v[0].d > 0 ? 1 : -1);
	return v[0]; /* zero and NaN are their own signs */
}

/* ---- bits ---- */

static struct cel_value with_bits(struct cel_value like, uint64_t bits)
{
	like.u = bits;
	return like;
}

static struct cel_value bit_and(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	return with_bits(v[0], v[0].u & v[1].u);
}

static struct cel_value bit_or(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	return with_bits(v[0], v[0].u | v[1].u);
}

static struct cel_value bit_xor(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	return with_bits(v[0], v[0].u ^ v[1].u);
}

static struct cel_value bit_not(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	return with_bits(v[0], ~v[0].u);
}

#define NEGATIVE "bits cannot be moved by a negative number"

static struct cel_value shift_left(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	if (v[1].i < 0)
		return cel_fail(NEGATIVE);
	return with_bits(v[0], v[1].i > 63 ? 0 : v[0].u << v[1].i);
}

/* The sign is a bit like any other: zeros move in from the left. */
static struct cel_value shift_right(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	if (v[1].i < 0)
		return cel_fail(NEGATIVE);
	return with_bits(v[0], v[1].i > 63 ? 0 : v[0].u >> v[1].i);
}

#define BEST(name, fn) \
	{name, "(int) int", fn}, {name, "(uint) uint", fn}, {name, "(double) double", fn}, \
		{name, "(int,int) int", fn}, {name, "(uint,uint) uint", fn}, \
		{name, "(double,double) double", fn}, {name, "(int,uint) dyn", fn}, \
		{name, "(int,double) dyn", fn}, {name, "(uint,int) dyn", fn}, \
		{name, "(uint,double) dyn", fn}, {name, "(double,int) dyn", fn}, \
		{name, "(double,uint) dyn", fn}, {name, "(list(int)) int", fn}, \
		{name, "(list(uint)) uint", fn}, {name, "(list(double)) double", fn}, \
	{ \
		name, "(list(dyn)) dyn", fn \
	}
#define BITS(name, fn) \
	{name, "(int,int) int", fn}, \
	{ \
		name, "(uint,uint) uint", fn \
	}

const struct cel_func func_math[] = {
	BEST("math.greatest", greatest),
	BEST("math.least", least),
	{"math.ceil", "(double) double", math_ceil},
	{"math.floor", "(double) double", math_floor},
	{"math.round", "(double) double", math_round},
	{"math.trunc", "(double) double", math_trunc},
	{"math.isNaN", "(double) bool", is_nan},
	{"math.isInf", "(double) bool", is_inf},
	{"math.isFinite", "(double) bool", is_finite},
	{"math.sqrt", "(double) double", math_sqrt},
	{"math.sqrt", "(int) double", math_sqrt},
	{"math.sqrt", "(uint) double", math_sqrt},
	{"math.abs", "(int) int", math_abs},
	{"math.abs", "(uint) uint", math_abs},
	{"math.abs", "(double) double", math_abs},
	{"math.sign", "(int) int", sign},
	{"math.sign", "(uint) uint", sign},
	{"math.sign", "(double) double", sign},
	BITS("math.bitAnd", bit_and),
	BITS("math.bitOr", bit_or),
	BITS("math.bitXor", bit_xor),
	{"math.bitNot", "(int) int", bit_not},
	{"math.bitNot", "(uint) uint", bit_not},
	{"math.bitShiftLeft", "(int,int) int", shift_left},
	{"math.bitShiftLeft", "(uint,int) uint", shift_left},
	{"math.bitShiftRight", "(int,int) int", shift_right},
	{"math.bitShiftRight", "(uint,int) uint", shift_right},
	{NULL, NULL, NULL},
};
