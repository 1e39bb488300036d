/* SPDX-License-Identifier: Apache-2.0
 * func_optional.c: values that may be missing, as values. or() and orValue() are evaluated in
 * eval.c, which does not ask for their argument in vain. */
#include "cel/value.h"

static struct cel_value of(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)n;
	return value_some(r, v[0]);
}

static bool is_zero(struct cel_value v)
{
	switch (v.kind) {
	case CEL_NULL: return true;
	case CEL_BOOL: return !v.b;
	case CEL_DOUBLE: return !(v.d > 0 || v.d < 0);
	case CEL_INT:
	case CEL_UINT:
	case CEL_DURATION: return v.u == 0;
	case CEL_STRING:
	case CEL_BYTES:
	case CEL_LIST:
	case CEL_MAP: return v.n == 0;
	case CEL_OPTIONAL: return v.n == 0;
	default: return false;
	}
}

static struct cel_value of_non_zero(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)n;
	return is_zero(v[0]) ? value_none() : value_some(r, v[0]);
}

static struct cel_value none(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)v;
	(void)n;
	return value_none();
}

static struct cel_value has_value(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	return cel_of_bool(v[0].n != 0);
}

static struct cel_value value(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	if (v[0].n != 0)
		return v[0].list[0];
	return (struct cel_value){.kind = CEL_ERROR, .code = CEL_E_EMPTY_OPTIONAL};
}

/* Only reached when the receiver is empty. */
static struct cel_value other(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	return v[1];
}

static struct cel_value unwrap(struct cel_run *r, const struct cel_value *v, size_t n)
{
	struct cel_value *items = run_alloc(r, v[0].n * sizeof *items);
	uint32_t count = 0;
	(void)n;
	if (items == NULL)
		return cel_fail_budget();
	for (uint32_t i = 0; i < v[0].n; i++) {
		if (v[0].list[i].kind != CEL_OPTIONAL)
			return cel_fail("every item must be an optional value");
		if (v[0].list[i].n > 0)
			items[count++] = v[0].list[i].list[0];
	}
	return cel_of_list(items, count);
}

static struct cel_value first(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)n;
	return v[0].n > 0 ? value_some(r, v[0].list[0]) : value_none();
}

static struct cel_value last(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)n;
	return v[0].n > 0 ? value_some(r, v[0].list[v[0].n - 1]) : value_none();
}

const struct cel_func func_optional[] = {
	{"optional.of", "(A) optional(A)", of},
	{"optional.ofNonZeroValue", "(A) optional(A)", of_non_zero},
	{"optional.none", "() optional(A)", none},
	{"hasValue", "optional(A).() bool", has_value},
	{"value", "optional(A).() A", value},
	{"or", "optional(A).(optional(A)) optional(A)", other},
	{"orValue", "optional(A).(A) A", other},
	{"optional.unwrap", "(list(optional(A))) list(A)", unwrap},
	{"unwrapOpt", "list(optional(A)).() list(A)", unwrap},
	{"first", "list(A).() optional(A)", first},
	{"last", "list(A).() optional(A)", last},
	{NULL, NULL, NULL},
};
