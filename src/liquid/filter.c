/* SPDX-License-Identifier: Apache-2.0
 * filter.c: the table of filters, and what they share. */
#include "liquid/filter.h"

#include "liquid/letter.h"

#include <stdio.h>

const struct filter filters[] = {
	{"abs", 0, 0, filter_abs, "abs"},
	{"append", 1, 1, filter_append, "append: text"},
	{"at_least", 1, 1, filter_at_least, "at_least: number"},
	{"at_most", 1, 1, filter_at_most, "at_most: number"},
	{"base64_decode", 0, 0, filter_base64_decode, "base64_decode"},
	{"base64_encode", 0, 0, filter_base64_encode, "base64_encode"},
	{"base64_url_safe_decode", 0, 0, filter_base64_url_decode, "base64_url_safe_decode"},
	{"base64_url_safe_encode", 0, 0, filter_base64_url_encode, "base64_url_safe_encode"},
	{"capitalize", 0, 0, filter_capitalize, "capitalize"},
	{"ceil", 0, 0, filter_ceil, "ceil"},
	{"compact", 0, 1, filter_compact, "compact, compact: property"},
	{"concat", 1, 1, filter_concat, "concat: list"},
	{"date", 1, 1, filter_date, "date: format"},
	{"default", 0, 2, filter_default, "default: value, default: value, allow_false: true"},
	{"divided_by", 1, 1, filter_divided_by, "divided_by: number"},
	{"downcase", 0, 0, filter_downcase, "downcase"},
	{"escape", 0, 0, filter_escape, "escape"},
	{"escape_once", 0, 0, filter_escape_once, "escape_once"},
	{"find", 1, 2, filter_find, "find: property, value"},
	{"find_index", 1, 2, filter_find_index, "find_index: property, value"},
	{"first", 0, 0, filter_first, "first"},
	{"floor", 0, 0, filter_floor, "floor"},
	{"h", 0, 0, filter_escape, "h"},
	{"has", 1, 2, filter_has, "has: property, value"},
	{"join", 0, 1, filter_join, "join, join: separator"},
	{"last", 0, 0, filter_last, "last"},
	{"lstrip", 0, 0, filter_lstrip, "lstrip"},
	{"map", 1, 1, filter_map, "map: property"},
	{"minus", 1, 1, filter_minus, "minus: number"},
	{"modulo", 1, 1, filter_modulo, "modulo: number"},
	{"newline_to_br", 0, 0, filter_newline_to_br, "newline_to_br"},
	{"plus", 1, 1, filter_plus, "plus: number"},
	{"prepend", 1, 1, filter_prepend, "prepend: text"},
	{"raw", 0, 0, filter_raw, "raw"},
	{"reject", 1, 2, filter_reject, "reject: property, value"},
	{"remove", 1, 1, filter_remove, "remove: text"},
	{"remove_first", 1, 1, filter_remove_first, "remove_first: text"},
	{"remove_last", 1, 1, filter_remove_last, "remove_last: text"},
	{"replace", 1, 2, filter_replace, "replace: text, with"},
	{"replace_first", 1, 2, filter_replace_first, "replace_first: text, with"},
	{"replace_last", 2, 2, filter_replace_last, "replace_last: text, with"},
	{"reverse", 0, 0, filter_reverse, "reverse"},
	{"round", 0, 1, filter_round, "round, round: digits"},
	{"rstrip", 0, 0, filter_rstrip, "rstrip"},
	{"size", 0, 0, filter_size, "size"},
	{"slice", 1, 2, filter_slice, "slice: start, slice: start, length"},
	{"sort", 0, 1, filter_sort, "sort, sort: property"},
	{"sort_natural", 0, 1, filter_sort_natural, "sort_natural, sort_natural: property"},
	{"split", 1, 1, filter_split, "split: separator"},
	{"squish", 0, 0, filter_squish, "squish"},
	{"strip", 0, 0, filter_strip, "strip"},
	{"strip_html", 0, 0, filter_strip_html, "strip_html"},
	{"strip_newlines", 0, 0, filter_strip_newlines, "strip_newlines"},
	{"sum", 0, 1, filter_sum, "sum, sum: property"},
	{"times", 1, 1, filter_times, "times: number"},
	{"truncate", 0, 2, filter_truncate, "truncate: length, end"},
	{"truncatewords", 0, 2, filter_truncatewords, "truncatewords: count, end"},
	{"uniq", 0, 1, filter_uniq, "uniq, uniq: property"},
	{"upcase", 0, 0, filter_upcase, "upcase"},
	{"url_decode", 0, 0, filter_url_decode, "url_decode"},
	{"url_encode", 0, 0, filter_url_encode, "url_encode"},
	{"where", 1, 2, filter_where, "where: property, value"},
};
const size_t filter_count = sizeof filters / sizeof filters[0];

const struct filter *filter_named(struct str name)
{
	for (size_t i = 0; i < filter_count; i++)
		if (str_is(name, filters[i].name))
			return &filters[i];
	return NULL;
}

enum status call_fail(struct call *c, const char *fmt, ...)
{
	char text[256];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	return liquid_run_fail(c->run, c->at, ST_INVALID, "%s", text);
}

enum status call_ended(const struct call *c)
{
	enum status st = c->run->problem->status;
	return st != ST_OK ? st : ST_INVALID;
}

bool call_charge(struct call *c, uint64_t n)
{
	if (liquid_run_charge(c->run, n))
		return true;
	(void)liquid_run_limit(c->run, c->at,
			       "Memory limits exceeded: the filters have too much to do");
	return false;
}

static bool no_memory(struct call *c)
{
	(void)liquid_run_no_memory(c->run, c->at);
	return false;
}

bool call_text(struct call *c, unsigned i, struct str *out_r)
{
	*out_r = STR("");
	if (i >= c->n)
		return true;
	*out_r = val_str(c->args[i], c->run->arena);
	return out_r->p == NULL && out_r->n == 0 && !is_str(c->args[i])
		       ? no_memory(c)
		       : call_charge(c, out_r->n + 1);
}

bool call_integer(struct call *c, unsigned i, int64_t *out_r)
{
	if (liquid_eval_integer(c->run, c->args[i], out_r))
		return true;
	(void)call_fail(c, "invalid integer");
	return false;
}

bool call_list(struct call *c, size_t n, struct liquid_value **items_r)
{
	*items_r = ARENA_ARRAY(c->run->arena, struct liquid_value, n + 1);
	return *items_r != NULL ? call_charge(c, n) : no_memory(c);
}

void call_buf(struct call *c, struct buf *b)
{
	buf_init_arena(b, c->run->arena, LIQUID_OUTPUT_BYTES_MAX);
}

enum status call_done(struct call *c, const struct buf *b, bool safe, struct liquid_value *out_r)
{
	if (!buf_ok(b) || !call_charge(c, b->n))
		return liquid_run_no_memory(c->run, c->at);
	*out_r = liquid_str(b->n ? buf_view(b) : STR(""));
	out_r->safe = safe;
	return ST_OK;
}

/* ---- items ---- */

static bool is_flat(struct liquid_value v)
{
	for (uint32_t i = 0; i < v.n; i++)
		if (is_list(v.items[i]))
			return false;
	return true;
}

struct flat {
	struct call *c;
	struct liquid_value *items;
	size_t n, cap;
};

static bool flat_add(struct flat *f, struct liquid_value v)
{
	if (f->n == f->cap) {
		struct liquid_value *more;
		size_t cap = f->cap ? 2 * f->cap : 16;
		if (!call_list(f->c, cap, &more))
			return false;
		if (f->n > 0)
			memcpy(more, f->items, f->n * sizeof *more);
		f->items = more;
		f->cap = cap;
	}
	f->items[f->n++] = v;
	return true;
}

static bool flatten(struct flat *f, struct liquid_value list, unsigned depth)
{
	struct liquid_value items;
	if (depth > LIQUID_DEPTH_MAX || !val_items(list, f->c->run->arena, LIQUID_WORK_MAX, &items))
		return no_memory(f->c);
	for (uint32_t i = 0; i < items.n; i++) {
		struct liquid_value v = items.items[i];
		if (is_list(v) ? !flatten(f, v, depth + 1) : !flat_add(f, v))
			return false;
	}
	return true;
}

bool call_items(struct call *c, unsigned i, struct liquid_value *out_r)
{
	struct liquid_value v = c->args[i], *one;
	struct flat f = {.c = c};
	if (v.kind == LIQUID_NIL) {
		*out_r = liquid_array(NULL, 0);
		return true;
	}
	if (!is_list(v) && v.kind != LIQUID_RANGE) {
		if (!call_list(c, 1, &one))
			return false;
		one[0] = v;
		*out_r = liquid_array(one, 1);
		return true;
	}
	if (!val_items(v, c->run->arena, LIQUID_WORK_MAX / 64, out_r))
		return no_memory(c);
	if (!call_charge(c, out_r->n))
		return false;
	if (is_flat(*out_r))
		return true;
	if (!flatten(&f, v, 0))
		return false;
	*out_r = liquid_array(f.items, f.n);
	return true;
}

enum status call_wrong_property(struct call *c, struct liquid_value property)
{
	struct str s = val_str(property, c->run->arena);
	return call_fail(c, "cannot select the property '" STR_FMT "'",
			 (int)(s.n < 100 ? s.n : 100), s.p ? s.p : "");
}

static bool as_index(struct liquid_value v, int64_t *out_r)
{
	if (v.kind == LIQUID_FLOAT && v.d > -1e15 && v.d < 1e15)
		*out_r = (int64_t)v.d;
	else if (v.kind == LIQUID_INT)
		*out_r = v.i;
	return v.kind == LIQUID_INT || v.kind == LIQUID_FLOAT;
}

/* 10[(1..3)]: those bits of it. */
static enum member_end bits(int64_t i, const struct liquid_range *r, struct liquid_value *out_r)
{
	int64_t n = r->to - r->from + 1;
	if (r->from < 0 || r->from > 62 || r->to > 62)
		return MEMBER_WRONG;
	*out_r = liquid_int(n <= 0 ? i >> r->from : i >> r->from & ((INT64_C(1) << n) - 1));
	return MEMBER_OK;
}

/* text[2], text["part"], text[(1..3)] */
static enum member_end text_member(struct call *c, struct str s, struct liquid_value property,
				   struct liquid_value *out_r)
{
	int64_t n = (int64_t)letter_count(s), from = 0, to;
	if (is_str(property)) {
		if (val_contains(liquid_str(s), property, c->run->arena))
			*out_r = property;
		return MEMBER_OK;
	}
	if (property.kind == LIQUID_RANGE) {
		from = property.range->from + (property.range->from < 0 ? n : 0);
		to = property.range->to + (property.range->to < 0 ? n : 0);
		if (from >= 0 && from <= n)
			*out_r = liquid_str(letter_cut(s, (size_t)from,
						       to < from ? 0 : (size_t)(to - from) + 1));
		return MEMBER_OK;
	}
	if (!as_index(property, &from))
		return MEMBER_WRONG;
	from += from < 0 ? n : 0;
	if (from >= 0 && from < n)
		*out_r = liquid_str(letter_cut(s, (size_t)from, 1));
	return MEMBER_OK;
}

enum member_end call_member(struct call *c, struct liquid_value item, struct liquid_value property,
			    struct liquid_value *out_r)
{
	struct arena *a = c->run->arena;
	int64_t at = 0;
	*out_r = liquid_nil();
	switch (item.kind) {
	case LIQUID_JSON:
	case LIQUID_OBJECT:
	case LIQUID_LOOP:
		if (is_str(property))
			*out_r = val_member(item, str_in(property), a);
		return MEMBER_OK;
	case LIQUID_STRING: return text_member(c, str_in(item), property, out_r);
	case LIQUID_INT:
		if (property.kind == LIQUID_RANGE)
			return bits(item.i, property.range, out_r);
		if (!as_index(property, &at))
			return MEMBER_WRONG;
		*out_r = liquid_int(at >= 0 && at < 63 ? item.i >> at & 1 : at >= 63 && item.i < 0);
		return MEMBER_OK;
	default: return MEMBER_NOT_HERE;
	}
}
