/* SPDX-License-Identifier: Apache-2.0
 * facts_value.c: coercion, one function per type. */
#include "program/facts_value.h"

#include "base/assert.h"
#include "base/time.h"

#include <math.h>
#include <stdio.h>

#define LIST_MAX 1000 /* items of a list or text that stands for one */

static struct cel_value as_string(const struct json *d, uint32_t node, struct arena *a)
{
	switch (json_type(d, node)) {
	case JSON_STRING: {
		struct str s = json_str(d, node, a);
		return s.n ? cel_of_str(s) : cel_of_absent(); /* an empty cell says nothing */
	}
	case JSON_NUMBER:
	case JSON_TRUE:
	case JSON_FALSE: return cel_of_str(json_raw(d, node));
	default: return cel_of_absent();
	}
}

/* Text as a number: " 674 ", "1,200" (as spreadsheets group it), "12.5". */
static bool text_number(struct str s, double *out_r)
{
	char room[40];
	size_t n = 0;
	s = str_trim(s);
	if (s.n == 0 || s.n > sizeof room)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		bool group = s.p[i] == ',' && i > 0 && i + 4 <= s.n &&
			     (i + 4 == s.n || s.p[i + 4] == ',' || s.p[i + 4] == '.');
		if (!group)
			room[n++] = s.p[i];
	}
	return str_to_f64(str_n(room, n), out_r);
}

static bool number_of(const struct json *d, uint32_t node, struct arena *a, double *out_r)
{
	if (json_is(d, node, JSON_STRING))
		return text_number(json_str(d, node, a), out_r);
	return json_f64(d, node, out_r);
}

static struct cel_value as_double(const struct json *d, uint32_t node, struct arena *a)
{
	double v;
	return number_of(d, node, a, &v) ? cel_of_double(v) : cel_of_absent();
}

static struct cel_value as_int(const struct json *d, uint32_t node, struct arena *a)
{
	double v;
	int64_t i;
	if (json_i64(d, node, &i))
		return cel_of_int(i);
	bool whole = number_of(d, node, a, &v) && v == floor(v) && fabs(v) < 9e15;
	return whole ? cel_of_int((int64_t)v) : cel_of_absent();
}

static struct cel_value as_bool(const struct json *d, uint32_t node, struct arena *a)
{
	static const char *const yes[] = {"true", "yes", "y", "1", "on"};
	static const char *const no[] = {"false", "no", "n", "0", "off"};
	struct cel_value v = as_string(d, node, a);
	struct str s = v.kind == CEL_STRING ? str_trim(cel_str(v)) : STR_NULL;
	for (size_t i = 0; s.n && i < 5; i++) {
		if (str_eq_nocase(s, str_of(yes[i])))
			return cel_of_bool(true);
		if (str_eq_nocase(s, str_of(no[i])))
			return cel_of_bool(false);
	}
	return cel_of_absent();
}

/* RFC 3339, a bare date, or seconds or milliseconds since 1970. */
static struct cel_value as_time(const struct json *d, uint32_t node, struct arena *a)
{
	double v;
	int64_t us;
	char room[32];
	if (json_is(d, node, JSON_STRING)) {
		struct str s = str_trim(json_str(d, node, a));
		if (time_parse(s, &us))
			return cel_of_time_us(us);
		if (s.n == 10) {
			(void)snprintf(room, sizeof room, STR_FMT "T00:00:00Z", STR_ARG(s));
			if (time_parse(str_n(room, 20), &us))
				return cel_of_time_us(us);
		}
	}
	if (!number_of(d, node, a, &v) || v < 0 || v > 1e14)
		return cel_of_absent();
	return cel_of_time_us((int64_t)(v < 1e11 ? v * 1e6 : v * 1e3));
}

/* "a; b; c", as CRMs write several choices in one field. */
static struct cel_value split_list(struct str s, struct arena *a)
{
	char sep = str_find_byte(s, ';') < s.n ? ';' : ',';
	size_t n = 1, i = 0;
	for (size_t k = 0; k < s.n; k++)
		n += s.p[k] == sep;
	n = n < LIST_MAX ? n : LIST_MAX;
	struct cel_value *items = ARENA_ARRAY(a, struct cel_value, n);
	if (items == NULL)
		return cel_of_absent();
	for (struct str rest = s; rest.p && i < n;) {
		struct str one = str_trim(str_cut(&rest, sep));
		if (one.n)
			items[i++] = cel_of_str(one);
	}
	return cel_of_list(items, i);
}

static struct cel_value array_list(const struct json *d, uint32_t node, struct arena *a)
{
	uint32_t n = json_count(d, node), i = 0;
	n = n < LIST_MAX ? n : LIST_MAX;
	struct cel_value *items = ARENA_ARRAY(a, struct cel_value, n + 1);
	if (items == NULL)
		return cel_of_absent();
	for (uint32_t v = json_first(d, node); v != JSON_NONE && i < n; v = json_next(d, node, v))
		items[i++] = facts_value_dyn(d, v, a);
	return cel_of_list(items, i);
}

static struct cel_value as_list(const struct json *d, uint32_t node, struct arena *a)
{
	if (json_is(d, node, JSON_ARRAY))
		return array_list(d, node, a);
	struct cel_value v = as_string(d, node, a);
	return v.kind == CEL_STRING ? split_list(cel_str(v), a) : cel_of_absent();
}

struct cel_value facts_value(const struct json *d, uint32_t node, enum field_type type,
			     struct arena *a)
{
	switch (type) {
	case FIELD_BOOL: return as_bool(d, node, a);
	case FIELD_INT: return as_int(d, node, a);
	case FIELD_DOUBLE: return as_double(d, node, a);
	case FIELD_STRING: return as_string(d, node, a);
	case FIELD_TIME: return as_time(d, node, a);
	case FIELD_LIST: return as_list(d, node, a);
	}
	UNREACHED();
}

/* ---- maps over JSON objects ---- */

struct json_map {
	struct cel_map map;
	const struct json *d;
	uint32_t node;
};

static bool map_get(const void *ctx, struct cel_value key, struct arena *scratch,
		    struct cel_value *out_r)
{
	const struct json_map *m = ctx;
	uint32_t node =
		key.kind == CEL_STRING ? json_get_str(m->d, m->node, cel_str(key)) : JSON_NONE;
	if (node == JSON_NONE)
		return false;
	*out_r = facts_value_dyn(m->d, node, scratch);
	return true;
}

static void map_at(const void *ctx, uint32_t i, struct arena *scratch, struct cel_value *key_r,
		   struct cel_value *value_r)
{
	const struct json_map *m = ctx;
	uint32_t v = json_first(m->d, m->node);
	for (; i > 0; i--)
		v = json_next(m->d, m->node, v);
	struct str key = json_str(m->d, json_key(m->d, v), scratch);
	*key_r = key.p ? cel_of_str(key) : cel_of_absent();
	*value_r = facts_value_dyn(m->d, v, scratch);
}

static struct cel_value object_map(const struct json *d, uint32_t node, struct arena *a)
{
	struct json_map *m = ARENA_NEW(a, struct json_map);
	if (m == NULL)
		return cel_of_absent();
	*m = (struct json_map){
		.map = {.get = map_get, .at = map_at, .ctx = m}, .d = d, .node = node};
	return cel_of_map(&m->map, json_count(d, node));
}

struct cel_value facts_value_dyn(const struct json *d, uint32_t node, struct arena *a)
{
	double v = 0;
	switch (json_type(d, node)) {
	case JSON_NULL: return cel_of_null();
	case JSON_TRUE: return cel_of_bool(true);
	case JSON_FALSE: return cel_of_bool(false);
	case JSON_NUMBER: return json_f64(d, node, &v) ? cel_of_double(v) : cel_of_absent();
	case JSON_STRING: return as_string(d, node, a);
	case JSON_ARRAY: return array_list(d, node, a);
	case JSON_OBJECT: return object_map(d, node, a);
	}
	UNREACHED();
}
