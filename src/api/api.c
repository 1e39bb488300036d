/* SPDX-License-Identifier: Apache-2.0
 * api.c: a request's way through the door: find the route, let the caller in, bound the body, call
 * the handler. What all routes share happens here, so that a handler cannot forget it. */
#include "api/api_internal.h"

#include "base/assert.h"
#include "program/program.h"

#define OPENAPI_BYTES_MAX ((size_t)256 << 10)

static enum http_verdict answer(struct api_call *call, const struct api_problem *p,
				struct http_reply *reply)
{
	api_reply_problem(call, p, reply);
	return HTTP_ANSWERED;
}

/* "GET, HEAD": methods as Allow lists them. */
static struct str allow_text(struct arena *a, unsigned allow)
{
	struct buf b;
	buf_init_arena(&b, a, 128);
	for (unsigned m = 0; m < HTTP_METHOD_COUNT; m++) {
		if (!(allow & 1u << m))
			continue;
		if (b.n > 0)
			buf_z(&b, ", ");
		buf_z(&b, http_method_name((enum http_method)m));
	}
	return buf_view(&b);
}

static enum http_verdict wrong_method(struct api_call *call, unsigned allow,
				      struct http_reply *reply)
{
	struct http_request *req = call->req;
	if (req->method == HTTP_OPTIONS && api_routes[call->op].role == API_WRITE_KEY) {
		api_reply_preflight(call, reply);
		return HTTP_ANSWERED;
	}
	struct str list = allow_text(req->arena, allow);
	struct api_problem p = {.status = ST_INVALID,
				.http_status = 405,
				.code = "method_not_allowed",
				.message = STR("this address does not take that method"),
				.fix = list};
	api_reply_problem(call, &p, reply);
	http_reply_header(reply, "Allow", list);
	return HTTP_ANSWERED;
}

static enum http_verdict not_found(struct api_call *call, struct http_reply *reply)
{
	struct api_problem p = {.status = ST_NOT_FOUND,
				.code = "no_such_route",
				.message = STR("there is nothing at this address"),
				.fix = STR("/openapi.json lists every address")};
	return answer(call, &p, reply);
}

static size_t body_max(const struct api *a, enum api_op op)
{
	size_t own = api_routes[op].body_max, set = 0;
	switch (op) {
	case API_OP_SEGMENT_BATCH:
	case API_OP_SEGMENT_IMPORT: set = a->conf.batch_bytes_max; break;
	case API_OP_FORM: set = a->conf.form_bytes_max; break;
	case API_OP_SEGMENT_TRACK:
	case API_OP_SEGMENT_IDENTIFY:
	case API_OP_SEGMENT_PAGE:
	case API_OP_SEGMENT_SCREEN:
	case API_OP_SEGMENT_GROUP:
	case API_OP_SEGMENT_ALIAS: set = a->conf.event_bytes_max; break;
	default: break;
	}
	return set ? set : own;
}

static enum http_verdict wrong_type(struct api_call *call, struct http_reply *reply)
{
	struct api_problem p = {.status = ST_INVALID,
				.http_status = 415,
				.code = "content_type",
				.message = STR("this route does not take that Content-Type"),
				.param = STR("Content-Type"),
				.fix = str_of(api_routes[call->op].types)};
	return answer(call, &p, reply);
}

static enum http_verdict admit(void *ctx, struct http_request *req, struct http_reply *reply)
{
	struct api *a = ctx;
	unsigned allow = 0;
	struct api_problem p;
	struct api_call *call = ARENA_NEW(req->arena, struct api_call);
	ASSERT(call != NULL); /* the headers fitted into an eighth of the arena */
	*call = (struct api_call){.api = a, .req = req, .op = API_OP_COUNT};
	req->user = call;
	enum status st =
		route_find(req->method, req->path, a->served, &call->op, &call->param, &allow);
	if (st == ST_NOT_FOUND)
		return not_found(call, reply);
	if (st != ST_OK)
		return wrong_method(call, allow, reply);
	if (api_auth(call, &p) != ST_OK || api_query_check(call, &p) != ST_OK)
		return answer(call, &p, reply);
	const struct api_route *route = &api_routes[call->op];
	if (req->media_type.n > 0 && route->body_max > 0 &&
	    !route_takes_type(route, req->media_type))
		return wrong_type(call, reply);
	req->body_bytes_max = body_max(a, call->op);
	return HTTP_GO_ON;
}

static enum http_verdict handle(void *ctx, struct http_request *req, struct http_reply *reply)
{
	struct api *a = ctx;
	struct api_call *call = req->user;
	api_handler *own = api_builtin(call->op);
	if (own != NULL)
		return own(NULL, call, reply);
	return a->ops.handler[call->op](a->ops.ctx, call, reply);
}

static enum status check_conf(const struct api_conf *c, struct err *e)
{
	if (c->cors_origin_count > API_ORIGINS_MAX)
		return err_set(e, ST_INVALID, "at most %d origins can be listed", API_ORIGINS_MAX);
	for (size_t i = 0; i < c->cors_origin_count; i++) {
		struct str o = str_of(c->cors_origins[i]);
		if (!str_starts(o, STR("http://")) && !str_starts(o, STR("https://")))
			return err_set(e, ST_INVALID,
				       "origin \"" STR_FMT
				       "\" must look like https://www.example.com",
				       STR_ARG(o));
	}
	if (c->rate_per_s < 0 || c->rate_per_s > 1000000 || c->rate_burst < 0 ||
	    c->rate_burst > 1000000)
		return err_set(e, ST_INVALID, "rate and burst must be 0 to 1000000 requests");
	return ST_OK;
}

static void build_texts(struct api *a)
{
	struct buf out;
	buf_init(&out, OPENAPI_BYTES_MAX);
	api_openapi_write(a, &out);
	a->openapi = arena_str(&a->memory, buf_view(&out));
	buf_reset(&out);
	program_schema(&out);
	a->program_schema = arena_str(&a->memory, buf_view(&out));
	ASSERT(a->openapi.p != NULL && a->program_schema.p != NULL && buf_ok(&out));
	buf_finish(&out);
}

enum status api_create(const struct api_conf *conf, const struct api_ops *ops, struct keys *keys,
		       struct metrics *m, struct api **out, struct err *e)
{
	enum status st = check_conf(conf, e);
	if (st != ST_OK)
		return st;
	struct api *a = mem_alloc(sizeof *a);
	a->conf = *conf;
	a->ops = *ops;
	a->keys = keys;
	a->metrics = m;
	arena_init(&a->memory, 2 * OPENAPI_BYTES_MAX);
	for (size_t i = 0; i < API_OP_COUNT; i++)
		a->served[i] = ops->handler[i] != NULL || api_builtin((enum api_op)i) != NULL;
	build_texts(a);
	st = api_fixed_replies(a, e);
	if (st != ST_OK) {
		api_destroy(&a);
		return st;
	}
	*out = a;
	return ST_OK;
}

void api_destroy(struct api **api)
{
	struct api *a = *api;
	if (a == NULL)
		return;
	http_fixed_destroy(&a->success);
	http_fixed_destroy(&a->success_any_origin);
	arena_finish(&a->memory);
	mem_free(a);
	*api = NULL;
}

struct http_handler api_http_handler(struct api *a)
{
	return (struct http_handler){
		.ctx = a, .admit = admit, .handle = handle, .refuse = api_refuse};
}

struct str api_openapi(const struct api *a)
{
	return a->openapi;
}
