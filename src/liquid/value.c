/* SPDX-License-Identifier: Apache-2.0
 * value.c: equality, order and contents of values, after the reference's rules. */
#include "liquid/value.h"

#include "liquid/letter.h"
#include "liquid/number.h"

/* Nil because memory ran out: eval.c and val_items make a problem of it. */
static struct liquid_value lost(void)
{
	return (struct liquid_value){.kind = LIQUID_NIL, .n = 1};
}

static struct liquid_value json_number_value(const struct json *doc, uint32_t node)
{
	struct str raw = json_raw(doc, node);
	int64_t i;
	double d = 0;
	if (str_to_i64(raw, &i))
		return liquid_int(i);
	return json_f64(doc, node, &d) ? liquid_float(d) : liquid_nil();
}

struct liquid_value liquid_json(const struct json *doc, uint32_t node, struct arena *a)
{
	switch (json_type(doc, node)) {
	case JSON_NULL: return liquid_nil();
	case JSON_FALSE: return liquid_bool(false);
	case JSON_TRUE: return liquid_bool(true);
	case JSON_NUMBER: return json_number_value(doc, node);
	case JSON_STRING: {
		struct str s = json_str(doc, node, a);
		return s.p != NULL ? liquid_str(s) : lost();
	}
	default: return (struct liquid_value){.kind = LIQUID_JSON, .n = node, .doc = doc};
	}
}

static struct liquid_value pair(const struct json *doc, uint32_t value, struct arena *a)
{
	struct liquid_value *two = ARENA_ARRAY(a, struct liquid_value, 2);
	if (two == NULL)
		return lost();
	two[0] = liquid_json(doc, json_key(doc, value), a);
	two[1] = liquid_json(doc, value, a);
	return liquid_array(two, 2);
}

static int64_t range_size(const struct liquid_range *r)
{
	int64_t n;
	if (r->to < r->from)
		return 0;
	if (__builtin_sub_overflow(r->to, r->from, &n) || n == INT64_MAX)
		return INT64_MAX;
	return n + 1;
}

bool val_size(struct liquid_value v, int64_t *out_r)
{
	switch (v.kind) {
	case LIQUID_STRING: *out_r = (int64_t)letter_count(str_in(v)); return true;
	case LIQUID_ARRAY: *out_r = v.n; return true;
	case LIQUID_RANGE: *out_r = range_size(v.range); return true;
	case LIQUID_JSON: *out_r = json_count(v.doc, v.n); return true;
	case LIQUID_INT: *out_r = 8; return true; /* bytes, so the reference */
	default: return false;
	}
}

bool val_empty(struct liquid_value v)
{
	if (v.kind == LIQUID_STRING || v.kind == LIQUID_ARRAY)
		return v.n == 0;
	return v.kind == LIQUID_JSON && json_count(v.doc, v.n) == 0;
}

bool val_blank(struct liquid_value v)
{
	if (v.kind == LIQUID_STRING)
		return skip_space(str_in(v)).n == 0;
	return !truthy(v) || val_empty(v);
}

bool val_items(struct liquid_value v, struct arena *a, size_t items_max, struct liquid_value *out_r)
{
	int64_t n = 0;
	*out_r = liquid_array(NULL, 0);
	if (v.kind == LIQUID_ARRAY) {
		*out_r = v;
		return true;
	}
	if ((v.kind != LIQUID_RANGE && v.kind != LIQUID_JSON) || !val_size(v, &n) || n == 0)
		return true;
	if ((uint64_t)n > items_max)
		return false;
	struct liquid_value *items = ARENA_ARRAY(a, struct liquid_value, (size_t)n);
	if (items == NULL)
		return false;
	*out_r = liquid_array(items, (size_t)n);
	if (v.kind == LIQUID_RANGE) {
		for (int64_t i = 0; i < n; i++)
			items[i] = liquid_int(v.range->from + i);
		return true;
	}
	bool map = is_map(v);
	uint32_t at = json_first(v.doc, v.n);
	for (; at != JSON_NONE; at = json_next(v.doc, v.n, at), items++) {
		*items = map ? pair(v.doc, at, a) : liquid_json(v.doc, at, a);
		if (val_lost(*items))
			return false;
	}
	return true;
}

/* The i-th of a list without copying the others. */
static struct liquid_value list_at(struct liquid_value v, int64_t i, struct arena *a)
{
	int64_t n = 0;
	(void)val_size(v, &n);
	i += i < 0 ? n : 0;
	if (i < 0 || i >= n)
		return liquid_nil();
	if (v.kind == LIQUID_ARRAY)
		return v.items[i];
	uint32_t at = json_first(v.doc, v.n);
	for (; at != JSON_NONE && i > 0; i--)
		at = json_next(v.doc, v.n, at);
	return liquid_json(v.doc, at, a);
}

static struct liquid_value letter_of(struct str s, bool last)
{
	size_t from = 0, to = letter_offset(s, 1);
	if (last)
		from = letter_offset(s, letter_count(s) - (s.n > 0)), to = s.n;
	return liquid_str(str_slice(s, from, to));
}

struct liquid_value val_first(struct liquid_value v, struct arena *a)
{
	if (is_str(v))
		return letter_of(str_in(v), false);
	if (v.kind == LIQUID_RANGE)
		return liquid_int(v.range->from);
	if (is_map(v))
		return val_empty(v) ? liquid_nil() : pair(v.doc, json_first(v.doc, v.n), a);
	return is_list(v) ? list_at(v, 0, a) : liquid_nil();
}

struct liquid_value val_last(struct liquid_value v, struct arena *a)
{
	if (is_str(v))
		return letter_of(str_in(v), true);
	if (v.kind == LIQUID_RANGE)
		return liquid_int(v.range->to);
	return is_list(v) ? list_at(v, -1, a) : liquid_nil();
}

/* ---- members ---- */

static struct liquid_value loop_member(const struct liquid_loop *l, struct str key)
{
	const struct {
		const char *name;
		bool table; /* only there */
		struct liquid_value value;
	} members[] = {
		{"length", false, liquid_int(l->length)},
		{"index", false, liquid_int(l->index + 1)},
		{"index0", false, liquid_int(l->index)},
		{"rindex", false, liquid_int(l->length - l->index)},
		{"rindex0", false, liquid_int(l->length - l->index - 1)},
		{"first", false, liquid_bool(l->index == 0)},
		{"last", false, liquid_bool(l->index == l->length - 1)},
		{"row", true, liquid_int(l->row)},
		{"col", true, liquid_int(l->col)},
		{"col0", true, liquid_int(l->col - 1)},
		{"col_first", true, liquid_bool(l->col == 1)},
		{"col_last", true, liquid_bool(l->col == l->cols)},
	};
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		if (str_is(key, members[i].name) && (l->table || !members[i].table))
			return members[i].value;
	if (!l->table && str_is(key, "name"))
		return liquid_str(l->name);
	if (!l->table && str_is(key, "parentloop") && l->parent != NULL)
		return loop_value(l->parent);
	return liquid_nil();
}

struct liquid_value val_member(struct liquid_value v, struct str key, struct arena *a)
{
	struct liquid_value got;
	if (v.kind == LIQUID_JSON) {
		uint32_t node = json_get_str(v.doc, v.n, key);
		return node == JSON_NONE ? liquid_nil() : liquid_json(v.doc, node, a);
	}
	if (v.kind == LIQUID_OBJECT && v.object->get(v.object->ctx, key, a, &got))
		return got;
	return v.kind == LIQUID_LOOP ? loop_member(v.loop, key) : liquid_nil();
}

static bool has_member(struct liquid_value v, struct str key)
{
	return v.kind == LIQUID_OBJECT || v.kind == LIQUID_LOOP ||
	       (v.kind == LIQUID_JSON && json_get_str(v.doc, v.n, key) != JSON_NONE);
}

struct liquid_value val_step(struct liquid_value v, struct liquid_value key, bool command,
			     struct arena *a)
{
	int64_t size;
	if (key.kind == LIQUID_INT)
		return is_list(v) ? list_at(v, key.i, a) : liquid_nil();
	if (key.kind != LIQUID_STRING)
		return liquid_nil();
	if (v.kind == LIQUID_JSON) {
		uint32_t node = json_get_str(v.doc, v.n, str_in(key));
		if (node != JSON_NONE)
			return liquid_json(v.doc, node, a);
	} else if (has_member(v, str_in(key))) {
		return val_member(v, str_in(key), a);
	}
	if (!command)
		return liquid_nil();
	if (str_is(str_in(key), "size"))
		return val_size(v, &size) ? liquid_int(size) : liquid_nil();
	return str_is(str_in(key), "first") ? val_first(v, a) : val_last(v, a);
}

/* ---- equality and order ---- */

static bool lists_equal(struct liquid_value x, struct liquid_value y, struct arena *a)
{
	struct liquid_value p, q;
	int64_t n = 0, m = 0;
	if (!val_size(x, &n) || !val_size(y, &m) || n != m)
		return false;
	if (!val_items(x, a, SIZE_MAX, &p) || !val_items(y, a, SIZE_MAX, &q))
		return false;
	for (uint32_t i = 0; i < p.n; i++)
		if (!val_equal(p.items[i], q.items[i], a))
			return false;
	return true;
}

static bool maps_equal(struct liquid_value x, struct liquid_value y, struct arena *a)
{
	if (x.doc == y.doc && x.n == y.n)
		return true;
	if (json_count(x.doc, x.n) != json_count(y.doc, y.n))
		return false;
	uint32_t at = json_first(x.doc, x.n);
	for (; at != JSON_NONE; at = json_next(x.doc, x.n, at)) {
		struct str key = json_str(x.doc, json_key(x.doc, at), a);
		uint32_t other = json_get_str(y.doc, y.n, key);
		if (other == JSON_NONE ||
		    !val_equal(liquid_json(x.doc, at, a), liquid_json(y.doc, other, a), a))
			return false;
	}
	return true;
}

static bool is_number(struct liquid_value v)
{
	return v.kind == LIQUID_INT || v.kind == LIQUID_FLOAT;
}

bool val_equal(struct liquid_value x, struct liquid_value y, struct arena *a)
{
	if (is_number(x) && is_number(y) && x.kind != y.kind)
		return number_cmp(number_of(x), number_of(y)) == 0;
	if (is_list(x) && is_list(y))
		return lists_equal(x, y, a);
	if (is_map(x) && is_map(y))
		return maps_equal(x, y, a);
	if (x.kind != y.kind)
		return false;
	switch (x.kind) {
	case LIQUID_NIL: return true;
	case LIQUID_BOOL: return x.b == y.b;
	case LIQUID_INT: return x.i == y.i;
	case LIQUID_FLOAT: return x.d == y.d;
	case LIQUID_STRING: return str_eq(str_in(x), str_in(y));
	case LIQUID_RANGE: return x.range->from == y.range->from && x.range->to == y.range->to;
	case LIQUID_OBJECT: return x.object == y.object;
	case LIQUID_LOOP: return x.loop == y.loop;
	default: return x.kind == LIQUID_SELF;
	}
}

bool val_same(struct liquid_value x, struct liquid_value y, struct arena *a)
{
	return is_number(x) == is_number(y) && (!is_number(x) || x.kind == y.kind) &&
	       val_equal(x, y, a);
}

static bool order_lists(struct liquid_value x, struct liquid_value y, struct arena *a, int *out_r)
{
	struct liquid_value p, q;
	if (!val_items(x, a, SIZE_MAX, &p) || !val_items(y, a, SIZE_MAX, &q))
		return false;
	*out_r = 0;
	for (uint32_t i = 0; i < p.n && i < q.n && *out_r == 0; i++)
		if (!val_order(p.items[i], q.items[i], a, out_r))
			return false;
	if (*out_r == 0)
		*out_r = (p.n > q.n) - (p.n < q.n);
	return true;
}

bool val_order(struct liquid_value x, struct liquid_value y, struct arena *a, int *out_r)
{
	if (x.kind == LIQUID_INT && y.kind == LIQUID_INT)
		*out_r = (x.i > y.i) - (x.i < y.i);
	else if (is_number(x) && is_number(y))
		*out_r = number_cmp(number_of(x), number_of(y));
	else if (is_str(x) && is_str(y))
		*out_r = str_cmp(str_in(x), str_in(y));
	else if (is_list(x) && is_list(y))
		return order_lists(x, y, a, out_r);
	else if (val_equal(x, y, a))
		*out_r = 0;
	else
		return false;
	return true;
}

bool val_contains(struct liquid_value v, struct liquid_value item, struct arena *a)
{
	struct liquid_value items;
	if (!truthy(item))
		return false;
	if (is_str(v)) {
		struct str needle = val_str(item, a), hay = str_in(v);
		return needle.n == 0 || str_find(hay, needle) < hay.n;
	}
	if (is_map(v))
		return is_str(item) && has_member(v, str_in(item));
	if (v.kind == LIQUID_RANGE)
		return item.kind == LIQUID_INT && item.i >= v.range->from && item.i <= v.range->to;
	if (!is_list(v) || !val_items(v, a, SIZE_MAX, &items))
		return false;
	for (uint32_t i = 0; i < items.n; i++)
		if (val_equal(items.items[i], item, a))
			return true;
	return false;
}

/* ---- text ---- */

static void quote(struct str s, struct buf *out)
{
	static const char plain[] = "\"\\\n\t\r\033\a\b\v\f", escape[] = "\"\\ntreabvf";
	buf_byte(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		const char *at = c ? strchr(plain, c) : NULL;
		bool hash = c == '#' && i + 1 < s.n && strchr("{$@", s.p[i + 1]);
		if (at != NULL) {
			buf_byte(out, '\\');
			buf_byte(out, escape[at - plain]);
		} else if ((unsigned char)c < 0x20 || c == 0x7f) {
			buf_printf(out, "\\u%04X", (unsigned)c);
		} else {
			buf_z(out, hash ? "\\" : "");
			buf_byte(out, c);
		}
	}
	buf_byte(out, '"');
}

static void inspect(struct liquid_value v, struct arena *a, struct buf *out)
{
	if (v.kind == LIQUID_NIL)
		buf_z(out, "nil");
	else if (is_str(v))
		quote(str_in(v), out);
	else
		val_text(v, a, out);
}

static void list_text(struct liquid_value v, struct arena *a, struct buf *out)
{
	struct liquid_value items;
	if (!val_items(v, a, SIZE_MAX, &items)) {
		out->over = true;
		return;
	}
	buf_byte(out, '[');
	for (uint32_t i = 0; i < items.n && !out->over; i++) {
		buf_z(out, i ? ", " : "");
		inspect(items.items[i], a, out);
	}
	buf_byte(out, ']');
}

static void map_text(struct liquid_value v, struct arena *a, struct buf *out)
{
	uint32_t first = json_first(v.doc, v.n), at = first;
	buf_byte(out, '{');
	for (; at != JSON_NONE && !out->over; at = json_next(v.doc, v.n, at)) {
		buf_z(out, at != first ? ", " : "");
		quote(json_str(v.doc, json_key(v.doc, at), a), out);
		buf_z(out, "=>");
		inspect(liquid_json(v.doc, at, a), a, out);
	}
	buf_byte(out, '}');
}

static void named_text(const struct liquid_named *n, struct arena *a, struct buf *out)
{
	const char *sep = "{";
	for (; n != NULL; n = n->next, sep = ", ") {
		buf_z(out, sep);
		quote(n->name, out);
		buf_z(out, "=>");
		inspect(n->value, a, out);
	}
	buf_byte(out, '}');
}

void val_text(struct liquid_value v, struct arena *a, struct buf *out)
{
	switch (v.kind) {
	case LIQUID_BOOL: buf_z(out, v.b ? "true" : "false"); break;
	case LIQUID_INT: buf_i64(out, v.i); break;
	case LIQUID_FLOAT: number_float_text(v.d, out); break;
	case LIQUID_STRING: buf_str(out, str_in(v)); break;
	case LIQUID_RANGE:
		buf_i64(out, v.range->from);
		buf_z(out, "..");
		buf_i64(out, v.range->to);
		break;
	case LIQUID_LOOP:
		buf_z(out, v.loop->table ? "Liquid::TablerowloopDrop" : "Liquid::ForloopDrop");
		break;
	case LIQUID_SELF: buf_z(out, "Liquid::SelfDrop"); break;
	case LIQUID_NAMED: named_text(v.named, a, out); break;
	case LIQUID_ARRAY: list_text(v, a, out); break;
	case LIQUID_JSON: (is_map(v) ? map_text : list_text)(v, a, out); break;
	default: break;
	}
}

struct str val_str(struct liquid_value v, struct arena *a)
{
	struct buf b;
	if (is_str(v))
		return str_in(v);
	if (v.kind == LIQUID_NIL || v.kind == LIQUID_OBJECT)
		return STR("");
	buf_init_arena(&b, a, LIQUID_OUTPUT_BYTES_MAX);
	val_text(v, a, &b);
	return buf_ok(&b) ? buf_view(&b) : STR_NULL;
}

void val_type_text(struct liquid_value v, bool with_value, struct buf *out)
{
	struct arena none;
	if (with_value && v.kind == LIQUID_NIL) {
		buf_z(out, "nil");
	} else if (with_value && v.kind <= LIQUID_FLOAT) {
		arena_init(&none, 64);
		val_text(v, &none, out);
	} else {
		buf_z(out, is_str(v)                ? "String"
			   : v.kind == LIQUID_INT   ? "Integer"
			   : v.kind == LIQUID_FLOAT ? "Float"
			   : is_map(v)              ? "Hash"
						    : "Array");
	}
}
