/* SPDX-License-Identifier: Apache-2.0
 * eval.c: names, fields, choices, lists, maps and calls. A node is evaluated by the function
 * link.c put into it; values travel in registers; an error is a value and goes up like any
 * other, except that && and || may do without it. */
#include "cel/eval.h"

#include "base/time.h"
#include "base/tz.h"

struct cel_value eval_const(const struct node *x, struct cel_run *r)
{
	(void)r;
	return x->k;
}

struct cel_value eval_fault(const struct node *x, struct cel_run *r)
{
	(void)r;
	return fail_at(x, (enum cel_errcode)x->k.code);
}

struct cel_value eval_load(const struct node *x, struct cel_run *r)
{
	struct cel_value v = load(x, r);
	return v.kind == CEL_ABSENT ? fail_at(x, CEL_E_ABSENT) : v;
}

struct cel_value eval_local(const struct node *x, struct cel_run *r)
{
	return r->locals[x->slot];
}

/* ---- logic ---- */

/* The operand that decides (false for &&) wins over any error, wherever it stands. */
static struct cel_value logic(const struct node *x, struct cel_run *r, bool decides)
{
	struct cel_value fault = cel_of_bool(!decides);
	for (uint32_t i = 0; i < x->n; i++) {
		struct cel_value v = eval(x->args[i], r);
		if (v.kind == CEL_BOOL && v.b == decides)
			return v;
		if (v.kind != CEL_BOOL && fault.kind == CEL_BOOL)
			fault = v.kind == CEL_ERROR ? v : fail_at(x->args[i], CEL_E_OVERLOAD);
	}
	return fault;
}

struct cel_value eval_and(const struct node *x, struct cel_run *r)
{
	return logic(x, r, false);
}

struct cel_value eval_or(const struct node *x, struct cel_run *r)
{
	return logic(x, r, true);
}

struct cel_value eval_not(const struct node *x, struct cel_run *r)
{
	struct cel_value v = eval(x->args[0], r);
	if (v.kind == CEL_BOOL)
		return cel_of_bool(!v.b);
	return v.kind == CEL_ERROR ? v : fail_at(x, CEL_E_OVERLOAD);
}

struct cel_value eval_cond(const struct node *x, struct cel_run *r)
{
	struct cel_value v = eval(x->args[0], r);
	if (v.kind == CEL_BOOL)
		return eval(x->args[v.b ? 1 : 2], r);
	return v.kind == CEL_ERROR ? v : fail_at(x->args[0], CEL_E_OVERLOAD);
}

/* ---- fields and indices ---- */

/* Into an error, a value that is there (*found), or nothing. */
static struct cel_value look_up(const struct node *x, struct cel_run *r, struct cel_value of,
				struct cel_value key, bool *found)
{
	struct cel_value out = cel_of_null();
	*found = false;
	if (of.kind == CEL_MAP)
		return value_get(r, of, key, found, &out) ? out : cel_fail_budget();
	if (of.kind != CEL_LIST)
		return fail_at(x, x->kind == NODE_OP && x->op != OP_OPT_SELECT ? CEL_E_OVERLOAD
									       : CEL_E_NO_FIELD);
	if (!value_is_number(key))
		return fail_at(x, CEL_E_INDEX);
	if (key.kind == CEL_DOUBLE) {
		if (!(key.d >= 0 && key.d < 4294967296.0) || key.d != (double)(uint32_t)key.d)
			return fail_at(x, CEL_E_INDEX);
		key = cel_of_uint((uint32_t)key.d);
	}
	*found = !(key.kind == CEL_INT && key.i < 0) && key.u < of.n;
	return *found ? of.list[key.u] : out;
}

/* As look_up, but nothing is an error, and an optional stays one. */
static struct cel_value member(const struct node *x, struct cel_run *r, struct cel_value of,
			       struct cel_value key, bool optional)
{
	bool found;
	if (of.kind == CEL_ERROR || key.kind == CEL_ERROR)
		return of.kind == CEL_ERROR ? of : key;
	if (of.kind == CEL_OPTIONAL) {
		if (of.n == 0)
			return of;
		of = of.list[0];
		optional = true;
	}
	struct cel_value v = look_up(x, r, of, key, &found);
	if (v.kind == CEL_ERROR)
		return v;
	if (optional)
		return found ? value_some(r, v) : value_none();
	if (found)
		return v;
	return fail_at(x, of.kind == CEL_LIST ? CEL_E_INDEX : CEL_E_NO_KEY);
}

static struct cel_value select_key(const struct node *x, struct cel_value of)
{
	/* A name is no index: [1, 2].first is a mistake even at run time. */
	if (of.kind == CEL_LIST || (of.kind == CEL_OPTIONAL && of.n && of.list[0].kind == CEL_LIST))
		return fail_at(x, CEL_E_NO_FIELD);
	return cel_of_str(x->name);
}

struct cel_value eval_select(const struct node *x, struct cel_run *r)
{
	struct cel_value of = eval(x->args[0], r);
	return member(x, r, of, select_key(x, of), false);
}

struct cel_value eval_opt_select(const struct node *x, struct cel_run *r)
{
	struct cel_value of = eval(x->args[0], r);
	return member(x, r, of, select_key(x, of), true);
}

struct cel_value eval_index(const struct node *x, struct cel_run *r)
{
	struct cel_value of = eval(x->args[0], r);
	return member(x, r, of, eval(x->args[1], r), false);
}

struct cel_value eval_opt_index(const struct node *x, struct cel_run *r)
{
	struct cel_value of = eval(x->args[0], r);
	return member(x, r, of, eval(x->args[1], r), true);
}

struct cel_value eval_has(const struct node *x, struct cel_run *r)
{
	struct cel_value of = eval(x->args[0], r);
	struct cel_value v = member(x, r, of, select_key(x, of), true);
	return v.kind == CEL_OPTIONAL ? cel_of_bool(v.n != 0) : v;
}

struct cel_value eval_has_load(const struct node *x, struct cel_run *r)
{
	struct cel_value v = load(x->args[0], r);
	return v.kind == CEL_ERROR ? v : cel_of_bool(v.kind != CEL_ABSENT && v.kind != CEL_NULL);
}

struct cel_value eval_in(const struct node *x, struct cel_run *r)
{
	struct cel_value v = eval(x->args[0], r), in = eval(x->args[1], r), ignored;
	bool found = false;
	if (v.kind == CEL_ERROR || in.kind == CEL_ERROR)
		return v.kind == CEL_ERROR ? v : in;
	if (in.kind == CEL_MAP)
		return value_get(r, in, v, &found, &ignored) ? cel_of_bool(found)
							     : cel_fail_budget();
	if (in.kind != CEL_LIST)
		return fail_at(x, CEL_E_OVERLOAD);
	for (uint32_t i = 0; !found && i < in.n; i++)
		if (!value_equal(r, in.list[i], v, &found))
			return cel_fail_budget();
	return cel_of_bool(found);
}

/* ---- lists and maps ---- */

/* What {?k: v} and [?v] put in: *there false when the optional is empty. */
static struct cel_value unwrap(const struct node *x, struct cel_value v, bool *there)
{
	*there = true;
	if (v.kind == CEL_ERROR)
		return v;
	if (v.kind != CEL_OPTIONAL)
		return fail_at(x, CEL_E_NOT_OPTIONAL);
	*there = v.n > 0;
	return *there ? v.list[0] : v;
}

struct cel_value eval_list(const struct node *x, struct cel_run *r)
{
	struct cel_value *items = run_alloc(r, x->n * sizeof *items);
	uint32_t n = 0;
	if (items == NULL)
		return cel_fail_budget();
	for (uint32_t i = 0; i < x->n; i++) {
		struct cel_value v = eval(x->args[i], r);
		bool there = true;
		if (x->opt != NULL && x->opt[i])
			v = unwrap(x->args[i], v, &there);
		if (v.kind == CEL_ERROR)
			return v;
		if (there)
			items[n++] = v;
	}
	return cel_of_list(items, n);
}

static bool is_key(struct cel_value v)
{
	return v.kind == CEL_BOOL || v.kind == CEL_INT || v.kind == CEL_UINT ||
	       v.kind == CEL_STRING;
}

/* One entry onto the map of *n so far; the error, or null. */
static struct cel_value put_entry(const struct node *x, struct cel_run *r, uint32_t i,
				  struct cel_map *m, uint32_t *n)
{
	struct cel_value *pairs = (struct cel_value *)(uintptr_t)m->pairs, ignored;
	bool there = true, found;
	struct cel_value key = eval(x->args[i], r);
	if (key.kind == CEL_ERROR)
		return key;
	struct cel_value v = eval(x->args[i + 1], r);
	if (x->opt != NULL && x->opt[i])
		v = unwrap(x->args[i + 1], v, &there);
	if (v.kind == CEL_ERROR || !there)
		return there ? v : cel_of_null();
	if (!is_key(key))
		return fail_at(x->args[i], CEL_E_KEY_TYPE);
	if (!value_get(r, cel_of_map(m, *n), key, &found, &ignored))
		return cel_fail_budget();
	if (found)
		return fail_at(x->args[i], CEL_E_DUPLICATE_KEY);
	pairs[2 * (size_t)*n] = key;
	pairs[2 * (size_t)*n + 1] = v;
	++*n;
	return cel_of_null();
}

struct cel_value eval_map(const struct node *x, struct cel_run *r)
{
	struct cel_map *m = run_alloc(r, sizeof *m);
	struct cel_value *pairs = run_alloc(r, x->n * sizeof *pairs);
	uint32_t n = 0;
	if (m == NULL || pairs == NULL)
		return cel_fail_budget();
	*m = (struct cel_map){.pairs = pairs};
	for (uint32_t i = 0; i < x->n; i += 2) {
		struct cel_value v = put_entry(x, r, i, m, &n);
		if (v.kind == CEL_ERROR)
			return v;
	}
	return cel_of_map(m, n);
}

/* ---- calls ---- */

static struct cel_value dispatch(const struct node *x, struct cel_run *r,
				 const struct cel_value *args)
{
	for (uint32_t c = 0; c < x->candidate_count; c++) {
		const struct candidate *cand = &x->candidates[c];
		bool fits = true;
		for (uint32_t i = 0; i < x->n; i++)
			fits = fits && (cand->kinds[i] >> args[i].kind & 1);
		if (!fits)
			continue;
		struct cel_value v = cand->fn(r, args, x->n);
		return at_node(x, v);
	}
	return fail_at(x, CEL_E_OVERLOAD);
}

struct cel_value eval_call(const struct node *x, struct cel_run *r)
{
	struct cel_value args[4];
	for (uint32_t i = 0; i < x->n; i++) {
		args[i] = eval(x->args[i], r);
		if (args[i].kind == CEL_ERROR)
			return args[i];
	}
	return dispatch(x, r, args);
}

/* a.or(b), a.orValue(b): b is not asked for when a holds a value. */
struct cel_value eval_else(const struct node *x, struct cel_run *r)
{
	struct cel_value args[2] = {eval(x->args[0], r), cel_of_null()};
	if (args[0].kind == CEL_ERROR)
		return args[0];
	if (args[0].kind == CEL_OPTIONAL && args[0].n > 0)
		return str_is(x->name, "or") ? args[0] : args[0].list[0];
	args[1] = eval(x->args[1], r);
	return args[1].kind == CEL_ERROR ? args[1] : dispatch(x, r, args);
}

/* matches() with a constant pattern, compiled by link.c. */
struct cel_value eval_matches(const struct node *x, struct cel_run *r)
{
	struct cel_value v = eval(x->args[0], r);
	if (v.kind == CEL_STRING)
		return at_node(x, regexp_match(r, x->aux, cel_str(v)));
	return v.kind == CEL_ERROR ? v : fail_at(x, CEL_E_OVERLOAD);
}

/* A part of a timestamp in a zone link.c loaded: the part in UTC of the shifted instant. */
struct cel_value eval_zoned(const struct node *x, struct cel_run *r)
{
	struct cel_value v = eval(x->args[0], r);
	if (v.kind != CEL_TIMESTAMP)
		return v.kind == CEL_ERROR ? v : fail_at(x, CEL_E_OVERLOAD);
	v.i += tz_offset_us(x->aux, v.i * US_PER_S) / US_PER_S;
	return x->candidates[0].fn(r, &v, 1);
}
