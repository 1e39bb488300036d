/* SPDX-License-Identifier: Apache-2.0
 * routes.c: three dozen rows are searched one by one: the length tells most of them apart, and a
 * tree would have to be believed. */
#include "api/routes.h"

const struct api_route api_routes[API_OP_COUNT] = {
#define ROUTE(op, m, path, who, max, media, group, text, request, reply) \
	[API_OP_##op] = {.name = #op, \
			 .method = HTTP_##m, \
			 .pattern = path, \
			 .role = API_##who, \
			 .body_max = max, \
			 .types = media, \
			 .tag = group, \
			 .summary = text, \
			 .request_schema = request, \
			 .reply_schema = reply},
#include "api/routes.def"
#undef ROUTE
};

bool route_match(const char *pattern, struct str path, struct str *param)
{
	struct str rest = str_of(pattern);
	size_t open = str_find_byte(rest, '{');
	*param = STR_NULL;
	if (open == rest.n)
		return str_eq(path, rest);
	size_t close = str_find_byte(rest, '}');
	struct str head = str_slice(rest, 0, open), tail = str_slice(rest, close + 1, rest.n);
	if (path.n <= head.n + tail.n || !str_starts(path, head) || !str_ends(path, tail))
		return false;
	struct str middle = str_slice(path, head.n, path.n - tail.n);
	if (str_find_byte(middle, '/') < middle.n)
		return false;
	*param = middle;
	return true;
}

enum status route_find(enum http_method method, struct str path, const bool *served,
		       enum api_op *op_r, struct str *param_r, unsigned *allow_r)
{
	enum http_method wanted = method == HTTP_HEAD ? HTTP_GET : method;
	unsigned allow = 0;
	struct str param;
	for (size_t i = 0; i < API_OP_COUNT; i++) {
		const struct api_route *r = &api_routes[i];
		if (!served[i] || !route_match(r->pattern, path, &param))
			continue;
		*op_r = (enum api_op)i;
		*param_r = param;
		if (r->method == wanted)
			return ST_OK;
		allow |= 1u << r->method;
		if (r->method == HTTP_GET)
			allow |= 1u << HTTP_HEAD;
	}
	*allow_r = allow;
	return allow ? ST_INVALID : ST_NOT_FOUND;
}

bool route_takes_type(const struct api_route *r, struct str media_type)
{
	struct str rest = str_of(r->types);
	if (str_eq(rest, STR("*")))
		return true;
	while (rest.p != NULL)
		if (str_eq(str_cut(&rest, ' '), media_type))
			return true;
	return false;
}
