/* SPDX-License-Identifier: Apache-2.0
 * api_internal.h: what the files of this room share; nobody else includes it.
 */
#ifndef API_API_INTERNAL_H
#define API_API_INTERNAL_H

#include "api/routes.h"

#include <stdatomic.h>

struct api {
	struct api_conf conf;
	struct api_ops ops;
	struct keys *keys;
	struct metrics *metrics;
	bool served[API_OP_COUNT];
	struct str openapi, program_schema; /* in memory */
	struct arena memory;
	struct http_fixed *success, *success_any_origin;
	_Atomic int64_t next_free_us[KEYS_MAX]; /* rate limit per key slot, see auth.c */
};

/* auth.c: ST_OK, or *p says what to answer. */
enum status api_auth(struct api_call *call, struct api_problem *p);

/* queries.c: what stands behind the '?' of an operator's route. ST_OK, or *p says what is wrong. */
enum status api_query_check(struct api_call *call, struct api_problem *p);

/* reply.c */
bool api_any_origin(const struct api *a);
void api_reply_preflight(struct api_call *call, struct http_reply *reply);
MUST_USE enum status api_fixed_replies(struct api *a, struct err *e);
void api_refuse(void *ctx, struct http_request *req, enum status st, const char *why,
		struct http_reply *reply);

/* openapi.c: from the routes table and schemas.def, without operations nobody serves. */
void api_openapi_write(const struct api *a, struct buf *out);

/* builtin.c: operations this room answers itself; NULL: not one of them. */
api_handler *api_builtin(enum api_op op);

#endif
