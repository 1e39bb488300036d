/* SPDX-License-Identifier: Apache-2.0
 * json_members.c: see json_members.h. A key is shown as it was written, quotes and escapes too. */
#include "base/json_members.h"

#define KEY_SHOWN_MAX 42

static const char *words_of(enum json_type type)
{
	switch (type) {
	case JSON_NULL: return "null";
	case JSON_FALSE:
	case JSON_TRUE: return "true or false";
	case JSON_NUMBER: return "a number";
	case JSON_STRING: return "a text";
	case JSON_ARRAY: return "a list";
	case JSON_OBJECT: return "an object";
	}
	return "something else";
}

static bool is_of(const struct json *d, uint32_t node, enum json_type type)
{
	bool either = type == JSON_TRUE || type == JSON_FALSE;
	return json_is(d, node, type) ||
	       (either && (json_is(d, node, JSON_TRUE) || json_is(d, node, JSON_FALSE)));
}

static enum status no_such(const struct json *d, uint32_t value, const char *what,
			   const struct json_member *may, size_t n, struct err *e)
{
	char room[256];
	struct buf known = {.p = room, .cap = sizeof room, .bytes_max = sizeof room};
	struct str key = str_upto(json_raw(d, json_key(d, value)), KEY_SHOWN_MAX), list;
	for (size_t i = 0; i < n; i++)
		buf_printf(&known, "%s%s", i ? ", " : "", may[i].key);
	list = buf_view(&known);
	return err_set(e, ST_INVALID, "there is no " STR_FMT " here: %s may hold " STR_FMT,
		       STR_ARG(key), what, STR_ARG(list));
}

static const struct json_member *member_of(const struct json *d, uint32_t object, uint32_t value,
					   const struct json_member *may, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (json_get(d, object, may[i].key) == value)
			return &may[i];
	return NULL;
}

enum status json_members(const struct json *d, uint32_t object, const char *what,
			 const struct json_member *may, size_t n, struct err *e)
{
	if (!json_is(d, object, JSON_OBJECT))
		return err_set(e, ST_INVALID, "%s must be an object: {...}", what);
	for (uint32_t v = json_first(d, object); v != JSON_NONE; v = json_next(d, object, v)) {
		const struct json_member *m = member_of(d, object, v, may, n);
		if (m == NULL)
			return no_such(d, v, what, may, n, e);
		if (!is_of(d, v, m->type))
			return err_set(e, ST_INVALID, "%s must be %s", m->key, words_of(m->type));
	}
	return ST_OK;
}
