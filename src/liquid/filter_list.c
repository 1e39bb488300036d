/* SPDX-License-Identifier: Apache-2.0
 * filter_list.c: filters over lists. */
#include "liquid/filter.h"

#include "liquid/letter.h"
#include "liquid/number.h"

enum status filter_size(struct call *c, struct liquid_value *out_r)
{
	int64_t n = 0;
	(void)val_size(c->args[0], &n);
	*out_r = liquid_int(n);
	return ST_OK;
}

enum status filter_first(struct call *c, struct liquid_value *out_r)
{
	*out_r = val_first(c->args[0], c->run->arena);
	return val_lost(*out_r) ? liquid_run_no_memory(c->run, c->at) : ST_OK;
}

enum status filter_last(struct call *c, struct liquid_value *out_r)
{
	*out_r = val_last(c->args[0], c->run->arena);
	return val_lost(*out_r) ? liquid_run_no_memory(c->run, c->at) : ST_OK;
}

enum status filter_join(struct call *c, struct liquid_value *out_r)
{
	struct liquid_value items;
	struct str glue = STR(" ");
	struct buf out;
	if (!call_items(c, 0, &items) || (c->n > 1 && !call_text(c, 1, &glue)))
		return call_ended(c);
	call_buf(c, &out);
	for (uint32_t i = 0; i < items.n; i++) {
		buf_str(&out, i ? glue : STR(""));
		val_text(items.items[i], c->run->arena, &out);
	}
	return call_done(c, &out, false, out_r);
}

enum status filter_reverse(struct call *c, struct liquid_value *out_r)
{
	struct liquid_value items, *back;
	if (!call_items(c, 0, &items) || !call_list(c, items.n, &back))
		return call_ended(c);
	for (uint32_t i = 0; i < items.n; i++)
		back[items.n - 1 - i] = items.items[i];
	*out_r = liquid_array(back, items.n);
	return ST_OK;
}

enum status filter_concat(struct call *c, struct liquid_value *out_r)
{
	struct liquid_value items, more, *both;
	if (!is_list(c->args[1]))
		return call_fail(c, "concat filter requires an array argument");
	if (!call_items(c, 0, &items))
		return call_ended(c);
	if (!val_items(c->args[1], c->run->arena, LIQUID_WORK_MAX, &more))
		return liquid_run_no_memory(c->run, c->at);
	if (!call_list(c, (size_t)items.n + more.n, &both))
		return call_ended(c);
	for (uint32_t i = 0; i < items.n; i++)
		both[i] = items.items[i];
	for (uint32_t i = 0; i < more.n; i++)
		both[items.n + i] = more.items[i];
	*out_r = liquid_array(both, (size_t)items.n + more.n);
	return ST_OK;
}

enum status filter_map(struct call *c, struct liquid_value *out_r)
{
	struct liquid_value items, *got;
	if (!call_items(c, 0, &items) || !call_list(c, items.n, &got))
		return call_ended(c);
	for (uint32_t i = 0; i < items.n; i++)
		if (call_member(c, items.items[i], c->args[1], &got[i]) == MEMBER_WRONG)
			return call_wrong_property(c, c->args[1]);
	*out_r = liquid_array(got, items.n);
	return ST_OK;
}

enum status filter_sum(struct call *c, struct liquid_value *out_r)
{
	struct liquid_value items, *got;
	struct number sum = number_of_int(0);
	if (!call_items(c, 0, &items) || !call_list(c, items.n, &got))
		return call_ended(c);
	for (uint32_t i = 0; i < items.n; i++) {
		got[i] = items.items[i];
		if (c->n > 1 && c->args[1].kind != LIQUID_NIL &&
		    call_member(c, items.items[i], c->args[1], &got[i]) == MEMBER_WRONG)
			return call_wrong_property(c, c->args[1]);
	}
	c->args[0] = liquid_array(got, items.n);
	if (!call_items(c, 0, &items))
		return call_ended(c);
	for (uint32_t i = 0; i < items.n; i++)
		if (number_add(sum, number_of(items.items[i]), &sum) != NUMBER_OK)
			return call_fail(c, "the number is too large");
	return number_value(&sum, out_r) ? ST_OK : call_fail(c, "the number is too large");
}

/* ---- uniq, compact: by themselves or by a property ---- */

static bool has_property(const struct call *c)
{
	return c->n > 1 && c->args[1].kind != LIQUID_NIL;
}

/* What an item is judged by. False: *end says how the filter ends. */
static bool judged_by(struct call *c, struct liquid_value item, struct liquid_value *by_r,
		      enum status *end, struct liquid_value *out_r)
{
	*by_r = item;
	if (!has_property(c))
		return true;
	switch (call_member(c, item, c->args[1], by_r)) {
	case MEMBER_OK: return true;
	case MEMBER_WRONG: *end = call_wrong_property(c, c->args[1]); return false;
	default:
		*out_r = liquid_nil();
		*end = ST_OK;
		return false;
	}
}

static bool seen(struct call *c, const struct liquid_value *keys, size_t n, struct liquid_value key)
{
	if (!call_charge(c, n))
		return true;
	for (size_t i = 0; i < n; i++)
		if (val_same(keys[i], key, c->run->arena))
			return true;
	return false;
}

enum status filter_uniq(struct call *c, struct liquid_value *out_r)
{
	struct liquid_value items, *kept, *keys, key;
	enum status end = ST_OK;
	size_t n = 0;
	if (!call_items(c, 0, &items) || !call_list(c, items.n, &kept) ||
	    !call_list(c, items.n, &keys))
		return call_ended(c);
	*out_r = items;
	for (uint32_t i = 0; i < items.n && items.n > 1; i++) {
		if (!judged_by(c, items.items[i], &key, &end, out_r))
			return end;
		if (seen(c, keys, n, key))
			continue;
		keys[n] = key;
		kept[n++] = items.items[i];
	}
	if (n > 0)
		*out_r = liquid_array(kept, n);
	return c->run->problem->status;
}

enum status filter_compact(struct call *c, struct liquid_value *out_r)
{
	struct liquid_value items, *kept, key;
	enum status end = ST_OK;
	size_t n = 0;
	if (!call_items(c, 0, &items) || !call_list(c, items.n, &kept))
		return call_ended(c);
	for (uint32_t i = 0; i < items.n; i++) {
		if (!judged_by(c, items.items[i], &key, &end, out_r))
			return end;
		if (key.kind != LIQUID_NIL)
			kept[n++] = items.items[i];
	}
	*out_r = liquid_array(kept, n);
	return ST_OK;
}

/* ---- sorting ---- */

struct sorting {
	struct call *c;
	struct liquid_value *items, *keys, *spare_items, *spare_keys;
	bool natural, mixed;
};

static int fold(char c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : (unsigned char)c;
}

static int cmp_natural(struct arena *a, struct liquid_value x, struct liquid_value y)
{
	struct str s = val_str(x, a), t = val_str(y, a);
	for (size_t i = 0; i < s.n && i < t.n; i++)
		if (fold(s.p[i]) != fold(t.p[i]))
			return fold(s.p[i]) - fold(t.p[i]);
	return (s.n > t.n) - (s.n < t.n);
}

/* Nil goes last. */
static int cmp_keys(struct sorting *s, struct liquid_value x, struct liquid_value y)
{
	bool no_x = x.kind == LIQUID_NIL, no_y = y.kind == LIQUID_NIL;
	int order = 0;
	if (no_x || no_y)
		return no_x - no_y;
	if (s->natural)
		return cmp_natural(s->c->run->arena, x, y);
	if (!val_order(x, y, s->c->run->arena, &order))
		s->mixed = true;
	return order;
}

/* Merges [from, middle) and [middle, to), equal ones in the order they came. */
static void merge(struct sorting *s, size_t from, size_t middle, size_t to)
{
	size_t a = from, b = middle;
	for (size_t i = from; i < to; i++) {
		bool left = b == to || (a < middle && cmp_keys(s, s->keys[a], s->keys[b]) <= 0);
		size_t at = left ? a++ : b++;
		s->spare_items[i] = s->items[at];
		s->spare_keys[i] = s->keys[at];
	}
	memcpy(s->items + from, s->spare_items + from, (to - from) * sizeof *s->items);
	memcpy(s->keys + from, s->spare_keys + from, (to - from) * sizeof *s->keys);
}

static void merge_sort(struct sorting *s, size_t n)
{
	for (size_t width = 1; width < n && !s->mixed && call_charge(s->c, n); width *= 2)
		for (size_t from = 0; from + width < n; from += 2 * width)
			merge(s, from, from + width, from + 2 * width < n ? from + 2 * width : n);
}

static bool any_without_members(struct call *c, struct liquid_value items)
{
	struct liquid_value ignored;
	for (uint32_t i = 0; i < items.n; i++)
		if (call_member(c, items.items[i], liquid_str(STR("")), &ignored) ==
		    MEMBER_NOT_HERE)
			return true;
	return false;
}

static enum status sorted(struct call *c, bool natural, struct liquid_value *out_r)
{
	struct sorting s = {.c = c, .natural = natural};
	struct liquid_value items;
	if (!call_items(c, 0, &items) || !call_list(c, items.n, &s.items) ||
	    !call_list(c, items.n, &s.keys) || !call_list(c, items.n, &s.spare_items) ||
	    !call_list(c, items.n, &s.spare_keys))
		return call_ended(c);
	if (has_property(c) && any_without_members(c, items)) {
		*out_r = liquid_nil();
		return ST_OK;
	}
	for (uint32_t i = 0; i < items.n; i++) {
		s.items[i] = s.keys[i] = items.items[i];
		if (has_property(c) && items.n > 1 &&
		    call_member(c, items.items[i], c->args[1], &s.keys[i]) == MEMBER_WRONG)
			return call_wrong_property(c, c->args[1]);
	}
	merge_sort(&s, items.n);
	if (s.mixed)
		return call_fail(c, "cannot sort values of incompatible types");
	*out_r = liquid_array(s.items, items.n);
	return c->run->problem->status;
}

enum status filter_sort(struct call *c, struct liquid_value *out_r)
{
	return sorted(c, false, out_r);
}

enum status filter_sort_natural(struct call *c, struct liquid_value *out_r)
{
	return sorted(c, true, out_r);
}

/* ---- default ---- */

enum status filter_default(struct call *c, struct liquid_value *out_r)
{
	struct liquid_value v = c->args[0], instead = liquid_str(STR(""));
	bool allow_false = false;
	for (unsigned i = 1; i < c->n; i++) {
		const struct liquid_named *n = NULL;
		if (c->args[i].kind == LIQUID_NAMED)
			n = c->args[i].named;
		else if (i == 1)
			instead = c->args[i];
		for (; n != NULL; n = n->next)
			if (str_is(n->name, "allow_false"))
				allow_false = truthy(n->value);
	}
	bool nothing = allow_false ? v.kind == LIQUID_NIL : !truthy(v);
	/* The reference keeps "  "; where nothing may be missing, a blank text is nothing. */
	if (c->run->conf->missing == LIQUID_MISSING_STOPS && is_str(v))
		nothing = nothing || val_blank(v);
	*out_r = nothing || val_empty(v) ? instead : v;
	return ST_OK;
}
