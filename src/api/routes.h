/* SPDX-License-Identifier: Apache-2.0
 * routes.h: routes.def as a table, and finding a row of it. Inside this room only.
 */
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include "api/api.h"

struct api_route {
	const char *name; /* "SEGMENT_BATCH" */
	enum http_method method;
	const char *pattern; /* "/v1/leads/{lead}" */
	enum api_role role;
	size_t body_max;
	const char *types; /* media types with spaces between, "*" for any */
	const char *tag, *summary, *request_schema, *reply_schema;
};

extern const struct api_route api_routes[API_OP_COUNT];

/* queries.def as a table. */
enum api_query_kind { API_QUERY_TEXT, API_QUERY_NUMBER, API_QUERY_WORD };
struct api_query {
	enum api_op op;
	const char *name;
	enum api_query_kind kind;
	int64_t least, most; /* of a number */
	const char *words;   /* one of these, spaces between */
	const char *description;
};
extern const struct api_query api_queries[];
extern const size_t api_queries_n;

/* One path segment for {name}, the rest byte by byte. */
bool route_match(const char *pattern, struct str path, struct str *param);
/* ST_OK; ST_NOT_FOUND: no such path; ST_INVALID: the path is there, under the methods of *allow (a
 * bit per enum http_method). HEAD finds GET. served: a bit per operation. */
enum status route_find(enum http_method method, struct str path, const bool *served,
		       enum api_op *op_r, struct str *param_r, unsigned *allow_r);
bool route_takes_type(const struct api_route *r, struct str media_type);

#endif
