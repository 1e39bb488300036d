/* SPDX-License-Identifier: Apache-2.0
 * eval_macro.c: going through lists and maps. The only loops of the language: each turn is
 * charged the size of what it evaluates (x->k.u, set by link.c), so the budget bounds them. */
#include "cel/eval.h"

static bool two(const struct node *x)
{
	return x->name2.n > 0;
}

/* The range of a macro; an error value when it is none. */
static struct cel_value range_of(const struct node *x, struct cel_run *r)
{
	struct cel_value v = eval(x->args[0], r);
	if (v.kind == CEL_LIST || v.kind == CEL_MAP || v.kind == CEL_ERROR)
		return v;
	return fail_at(x->args[0], CEL_E_OVERLOAD);
}

/* Puts the i-th item into the variables; false: the budget is used up. */
static bool turn(const struct node *x, struct cel_run *r, struct cel_value range, uint32_t i)
{
	struct cel_value key, value;
	if (!cel_charge(r, x->k.u))
		return false;
	value_at(r, range, i, &key, &value);
	r->locals[x->slot] = two(x) || range.kind == CEL_MAP ? key : value;
	if (two(x))
		r->locals[x->field] = value;
	return true;
}

/* A predicate: a bool or an error. */
static struct cel_value holds(const struct node *p, struct cel_run *r)
{
	struct cel_value v = eval(p, r);
	return v.kind == CEL_BOOL || v.kind == CEL_ERROR ? v : fail_at(p, CEL_E_OVERLOAD);
}

/* all() and exists(): as && and || over the items, errors absorbed the same way. */
static struct cel_value quantify(const struct node *x, struct cel_run *r, bool decides)
{
	struct cel_value range = range_of(x, r), fault = cel_of_bool(!decides);
	for (uint32_t i = 0; range.kind != CEL_ERROR && i < range.n; i++) {
		if (!turn(x, r, range, i))
			return cel_fail_budget();
		struct cel_value v = holds(x->args[2], r);
		if (v.kind == CEL_BOOL && v.b == decides)
			return v;
		if (v.kind == CEL_ERROR && v.code == CEL_E_BUDGET)
			return v;
		if (v.kind == CEL_ERROR && fault.kind == CEL_BOOL)
			fault = v;
	}
	return range.kind == CEL_ERROR ? range : fault;
}

struct cel_value eval_all(const struct node *x, struct cel_run *r)
{
	return quantify(x, r, false);
}

struct cel_value eval_exists(const struct node *x, struct cel_run *r)
{
	return quantify(x, r, true);
}

struct cel_value eval_exists_one(const struct node *x, struct cel_run *r)
{
	struct cel_value range = range_of(x, r);
	uint32_t count = 0;
	for (uint32_t i = 0; range.kind != CEL_ERROR && i < range.n; i++) {
		if (!turn(x, r, range, i))
			return cel_fail_budget();
		struct cel_value v = holds(x->args[2], r);
		if (v.kind == CEL_ERROR)
			return v;
		count += v.b;
	}
	return range.kind == CEL_ERROR ? range : cel_of_bool(count == 1);
}

/* Whether the filter lets this turn through; an error, or a bool. */
static struct cel_value passes(const struct node *x, struct cel_run *r)
{
	return x->args[1] == NULL ? cel_of_bool(true) : holds(x->args[1], r);
}

struct cel_value eval_map_macro(const struct node *x, struct cel_run *r)
{
	struct cel_value range = range_of(x, r);
	if (range.kind == CEL_ERROR)
		return range;
	struct cel_value *items = run_alloc(r, range.n * sizeof *items);
	uint32_t n = 0;
	if (items == NULL)
		return cel_fail_budget();
	for (uint32_t i = 0; i < range.n; i++) {
		if (!turn(x, r, range, i))
			return cel_fail_budget();
		struct cel_value v = passes(x, r);
		if (v.kind == CEL_BOOL && !v.b)
			continue;
		if (v.kind != CEL_ERROR)
			v = eval(x->args[2], r);
		if (v.kind == CEL_ERROR)
			return v;
		items[n++] = v;
	}
	return cel_of_list(items, n);
}

struct cel_value eval_filter(const struct node *x, struct cel_run *r)
{
	struct cel_value range = range_of(x, r);
	if (range.kind == CEL_ERROR)
		return range;
	struct cel_value *items = run_alloc(r, range.n * sizeof *items);
	uint32_t n = 0;
	if (items == NULL)
		return cel_fail_budget();
	for (uint32_t i = 0; i < range.n; i++) {
		if (!turn(x, r, range, i))
			return cel_fail_budget();
		struct cel_value item = r->locals[x->slot], v = holds(x->args[2], r);
		if (v.kind == CEL_ERROR)
			return v;
		if (v.b)
			items[n++] = item;
	}
	return cel_of_list(items, n);
}

/* ---- macros that make maps ---- */

struct cel_value eval_map_value(const struct node *x, struct cel_run *r)
{
	struct cel_value range = range_of(x, r);
	if (range.kind == CEL_ERROR)
		return range;
	struct cel_map *m = run_alloc(r, sizeof *m);
	struct cel_value *pairs = run_alloc(r, 2 * range.n * sizeof *pairs);
	uint32_t n = 0;
	if (m == NULL || pairs == NULL)
		return cel_fail_budget();
	for (uint32_t i = 0; i < range.n; i++) {
		if (!turn(x, r, range, i))
			return cel_fail_budget();
		struct cel_value key = r->locals[x->slot], v = passes(x, r);
		if (v.kind == CEL_BOOL && !v.b)
			continue;
		if (v.kind != CEL_ERROR)
			v = eval(x->args[2], r);
		if (v.kind == CEL_ERROR)
			return v;
		pairs[2 * (size_t)n] = key;
		pairs[2 * (size_t)n++ + 1] = v;
	}
	m->pairs = pairs;
	return cel_of_map(m, n);
}

/* The pairs of a map that grows by entries of other maps. */
struct growing {
	struct cel_map *map;
	struct cel_value *pairs;
	uint32_t n, cap;
};

static bool grow(struct cel_run *r, struct growing *g)
{
	if (g->n < g->cap)
		return true;
	uint32_t cap = g->cap ? g->cap * 2 : 8;
	struct cel_value *pairs =
		cap > CEL_LIST_MAX ? NULL : run_alloc(r, 2 * (size_t)cap * sizeof *pairs);
	if (pairs == NULL)
		return false;
	if (g->n > 0)
		memcpy(pairs, g->pairs, 2 * (size_t)g->n * sizeof *pairs);
	g->map->pairs = g->pairs = pairs;
	g->cap = cap;
	return true;
}

static struct cel_value put_all(const struct node *x, struct cel_run *r, struct growing *g,
				struct cel_value entries)
{
	if (entries.kind != CEL_MAP)
		return entries.kind == CEL_ERROR ? entries : fail_at(x, CEL_E_OVERLOAD);
	for (uint32_t i = 0; i < entries.n; i++) {
		struct cel_value key, v, ignored;
		bool found;
		value_at(r, entries, i, &key, &v);
		if (!grow(r, g) || !value_get(r, cel_of_map(g->map, g->n), key, &found, &ignored))
			return cel_fail_budget();
		if (found)
			return fail_at(x, CEL_E_DUPLICATE_KEY);
		g->pairs[2 * (size_t)g->n] = key;
		g->pairs[2 * (size_t)g->n++ + 1] = v;
	}
	return cel_of_null();
}

struct cel_value eval_map_entry(const struct node *x, struct cel_run *r)
{
	struct cel_value range = range_of(x, r);
	struct growing g = {.map = run_alloc(r, sizeof *g.map)};
	if (range.kind == CEL_ERROR || g.map == NULL || !grow(r, &g))
		return range.kind == CEL_ERROR ? range : cel_fail_budget();
	for (uint32_t i = 0; i < range.n; i++) {
		if (!turn(x, r, range, i))
			return cel_fail_budget();
		struct cel_value v = passes(x, r);
		if (v.kind == CEL_BOOL && !v.b)
			continue;
		if (v.kind != CEL_ERROR)
			v = put_all(x->args[2], r, &g, eval(x->args[2], r));
		if (v.kind == CEL_ERROR)
			return v;
	}
	return cel_of_map(g.map, g.n);
}

/* ---- one value under a name ---- */

struct cel_value eval_bind(const struct node *x, struct cel_run *r)
{
	struct cel_value v = eval(x->args[0], r);
	if (v.kind == CEL_ERROR)
		return v;
	r->locals[x->slot] = v;
	return eval(x->args[2], r);
}

struct cel_value eval_opt_map(const struct node *x, struct cel_run *r)
{
	struct cel_value v = eval(x->args[0], r);
	if (v.kind == CEL_ERROR || (v.kind == CEL_OPTIONAL && v.n == 0))
		return v;
	if (v.kind != CEL_OPTIONAL)
		return fail_at(x->args[0], CEL_E_NOT_OPTIONAL);
	r->locals[x->slot] = v.list[0];
	v = eval(x->args[2], r);
	if (v.kind == CEL_ERROR)
		return v;
	if (x->op == MACRO_OPT_MAP)
		return value_some(r, v);
	return v.kind == CEL_OPTIONAL ? v : fail_at(x->args[2], CEL_E_NOT_OPTIONAL);
}
