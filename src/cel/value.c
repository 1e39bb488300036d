/* SPDX-License-Identifier: Apache-2.0
 * value.c: equality, order and lookup. Numbers of the three kinds live on one line; a whole
 * number meets a double as a double, as in the reference implementation, so neighbours beyond
 * 2^53 are equal to the double between them. */
#include "cel/value.h"

#include "base/assert.h"

#define EQUAL_DEPTH_MAX 64u

const char *value_type_name(struct cel_value v)
{
	static const char *const names[CEL_KIND_COUNT] = {
		[CEL_NULL] = "null_type",
		[CEL_BOOL] = "bool",
		[CEL_INT] = "int",
		[CEL_UINT] = "uint",
		[CEL_DOUBLE] = "double",
		[CEL_STRING] = "string",
		[CEL_BYTES] = "bytes",
		[CEL_LIST] = "list",
		[CEL_MAP] = "map",
		[CEL_TIMESTAMP] = "google.protobuf.Timestamp",
		[CEL_DURATION] = "google.protobuf.Duration",
		[CEL_TYPE] = "type",
		[CEL_OPTIONAL] = "optional_type",
	};
	return v.kind < CEL_KIND_COUNT && names[v.kind] ? names[v.kind] : "error";
}

/* ---- order ---- */

static enum order order_u64(uint64_t a, uint64_t b)
{
	return a < b ? ORDER_LESS : a > b ? ORDER_GREATER : ORDER_EQUAL;
}

static enum order order_i64(int64_t a, int64_t b)
{
	return a < b ? ORDER_LESS : a > b ? ORDER_GREATER : ORDER_EQUAL;
}

static enum order order_f64(double a, double b)
{
	return a < b ? ORDER_LESS : a > b ? ORDER_GREATER : a == b ? ORDER_EQUAL : ORDER_NONE;
}

static double as_double(struct cel_value v)
{
	return v.kind == CEL_DOUBLE ? v.d : v.kind == CEL_INT ? (double)v.i : (double)v.u;
}

static enum order order_numbers(struct cel_value a, struct cel_value b)
{
	if (a.kind == CEL_DOUBLE || b.kind == CEL_DOUBLE)
		return order_f64(as_double(a), as_double(b));
	if (a.kind == CEL_INT && b.kind == CEL_INT)
		return order_i64(a.i, b.i);
	if (a.kind == CEL_INT && a.i < 0)
		return ORDER_LESS;
	if (b.kind == CEL_INT && b.i < 0)
		return ORDER_GREATER;
	return order_u64(a.u, b.u);
}

bool value_ordered(struct cel_value a, struct cel_value b)
{
	if (value_is_number(a) && value_is_number(b))
		return true;
	if (a.kind != b.kind)
		return false;
	return a.kind == CEL_BOOL || a.kind == CEL_STRING || a.kind == CEL_BYTES ||
	       a.kind == CEL_TIMESTAMP || a.kind == CEL_DURATION;
}

enum order value_order(struct cel_value a, struct cel_value b)
{
	if (value_is_number(a))
		return order_numbers(a, b);
	if (a.kind == CEL_BOOL)
		return order_u64(a.b, b.b);
	if (a.kind == CEL_STRING || a.kind == CEL_BYTES)
		return order_i64(str_cmp(cel_str(a), cel_str(b)), 0);
	if (a.i != b.i)
		return order_i64(a.i, b.i);
	return a.kind == CEL_TIMESTAMP ? order_u64(a.n, b.n) : ORDER_EQUAL;
}

/* ---- equality ---- */

static bool equal_deep(struct cel_run *r, struct cel_value a, struct cel_value b, unsigned depth,
		       bool *eq_r);

static bool equal_lists(struct cel_run *r, struct cel_value a, struct cel_value b, unsigned depth,
			bool *eq_r)
{
	*eq_r = a.n == b.n;
	for (uint32_t i = 0; *eq_r && i < a.n; i++)
		if (!equal_deep(r, a.list[i], b.list[i], depth, eq_r))
			return false;
	return true;
}

static bool equal_maps(struct cel_run *r, struct cel_value a, struct cel_value b, unsigned depth,
		       bool *eq_r)
{
	*eq_r = a.n == b.n;
	for (uint32_t i = 0; *eq_r && i < a.n; i++) {
		struct cel_value key, mine, theirs;
		bool found;
		value_at(r, a, i, &key, &mine);
		if (!value_get(r, b, key, &found, &theirs))
			return false;
		*eq_r = found;
		if (found && !equal_deep(r, mine, theirs, depth, eq_r))
			return false;
	}
	return true;
}

static bool equal_deep(struct cel_run *r, struct cel_value a, struct cel_value b, unsigned depth,
		       bool *eq_r)
{
	if (depth >= EQUAL_DEPTH_MAX || !cel_charge(r, 1))
		return false;
	if (value_is_number(a) && value_is_number(b)) {
		*eq_r = order_numbers(a, b) == ORDER_EQUAL;
		return true;
	}
	*eq_r = a.kind == b.kind;
	if (!*eq_r)
		return true;
	switch (a.kind) {
	case CEL_STRING:
	case CEL_BYTES:
		*eq_r = a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
		return !*eq_r || cel_charge(r, a.n / 64);
	case CEL_TYPE: *eq_r = str_eq(cel_str(a), cel_str(b)); return true;
	case CEL_LIST:
	case CEL_OPTIONAL: return equal_lists(r, a, b, depth + 1, eq_r);
	case CEL_MAP: return equal_maps(r, a, b, depth + 1, eq_r);
	case CEL_NULL: return true;
	default: *eq_r = value_order(a, b) == ORDER_EQUAL; return true;
	}
}

bool value_equal(struct cel_run *r, struct cel_value a, struct cel_value b, bool *eq_r)
{
	return equal_deep(r, a, b, 0, eq_r);
}

bool cel_equal(struct cel_value a, struct cel_value b, struct arena *scratch)
{
	struct cel_run r = {.scratch = scratch, .steps_left = CEL_STEPS_MAX};
	bool eq = false;
	return value_equal(&r, a, b, &eq) && eq;
}

/* ---- lookup ---- */

bool value_get(struct cel_run *r, struct cel_value map, struct cel_value key, bool *found_r,
	       struct cel_value *out_r)
{
	const struct cel_map *m = map.map;
	*found_r = false;
	if (m->pairs == NULL && map.n > 0) {
		*found_r = m->get(m->ctx, key, r->scratch, out_r);
		return cel_charge(r, 1);
	}
	for (uint32_t i = 0; i < map.n; i++) {
		if (!value_equal(r, m->pairs[2 * (size_t)i], key, found_r))
			return false;
		if (!*found_r)
			continue;
		*out_r = m->pairs[2 * (size_t)i + 1];
		return true;
	}
	return true;
}

void value_at(struct cel_run *r, struct cel_value of, uint32_t i, struct cel_value *key_r,
	      struct cel_value *value_r)
{
	struct cel_value value;
	ASSERT(i < of.n);
	if (of.kind == CEL_LIST) {
		*key_r = cel_of_int(i);
		value = of.list[i];
	} else if (of.map->pairs != NULL) {
		*key_r = of.map->pairs[2 * (size_t)i];
		value = of.map->pairs[2 * (size_t)i + 1];
	} else {
		of.map->at(of.map->ctx, i, r->scratch, key_r, &value);
	}
	if (value_r != NULL)
		*value_r = value;
}

/* ---- making ---- */

void *run_alloc(struct cel_run *r, size_t bytes)
{
	/* A byte of result is work too: building is charged by the cache line. */
	if (bytes > CEL_STRING_BYTES_MAX || !cel_charge(r, 1 + bytes / 64))
		return NULL;
	return arena_alloc(r->scratch, bytes ? bytes : 1);
}

struct cel_value run_string(struct cel_run *r, struct str s, uint8_t kind)
{
	char *p = run_alloc(r, s.n);
	if (p == NULL)
		return cel_fail_budget();
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return (struct cel_value){.kind = kind, .n = (uint32_t)s.n, .p = p};
}

struct cel_value value_some(struct cel_run *r, struct cel_value v)
{
	struct cel_value *inside = run_alloc(r, sizeof *inside);
	if (inside == NULL)
		return cel_fail_budget();
	*inside = v;
	return value_optional(inside);
}

struct cel_value value_none(void)
{
	return value_optional(NULL);
}
