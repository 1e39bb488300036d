/* SPDX-License-Identifier: Apache-2.0
 * reply.c: replies and errors in the one shape all of them have. What a browser may do with an
 * answer is decided here and nowhere else. */
#include "api/api_internal.h"

#include "base/assert.h"
#include "base/json.h"

#define ERROR_BYTES_MAX ((size_t)4096)
#define PREFLIGHT_AGE_S "7200"
#define JSON_TYPE "application/json"

bool api_any_origin(const struct api *a)
{
	return a->conf.cors_origin_count == 0;
}

static bool cross_origin(const struct api_call *call)
{
	return call != NULL && call->op < API_OP_COUNT &&
	       api_routes[call->op].role == API_WRITE_KEY;
}

/* The Origin header when it is on the list; else empty. */
static struct str allowed_origin(const struct api_call *call)
{
	const struct api_conf *c = &call->api->conf;
	struct str origin = http_header(call->req, "Origin");
	for (size_t i = 0; i < c->cors_origin_count; i++)
		if (origin.n > 0 && str_is(origin, c->cors_origins[i]))
			return origin;
	return STR_NULL;
}

static void add_cors(const struct api_call *call, struct http_reply *reply)
{
	if (!cross_origin(call))
		return;
	if (api_any_origin(call->api)) {
		http_reply_header(reply, "Access-Control-Allow-Origin", STR("*"));
		return;
	}
	http_reply_header(reply, "Vary", STR("Origin"));
	struct str origin = allowed_origin(call);
	if (origin.n > 0)
		http_reply_header(reply, "Access-Control-Allow-Origin", origin);
}

/* What every answer carries. */
static void begin_bare(int status, const char *content_type, struct http_reply *reply)
{
	*reply = (struct http_reply){.status = status, .content_type = content_type};
	http_reply_header(reply, "X-Content-Type-Options", STR("nosniff"));
	http_reply_header(reply, "Cache-Control", STR("no-store"));
}

static void begin(const struct api_call *call, int status, const char *content_type,
		  struct http_reply *reply)
{
	begin_bare(status, content_type, reply);
	http_reply_header(reply, "Content-Security-Policy",
			  STR("default-src 'none'; frame-ancestors 'none'"));
	add_cors(call, reply);
}

void api_reply_json(struct api_call *call, int status, struct str json, struct http_reply *reply)
{
	begin(call, status, JSON_TYPE, reply);
	reply->body = json;
}

void api_reply_bytes(struct api_call *call, const char *content_type, struct str body,
		     struct http_reply *reply)
{
	begin(call, 200, content_type, reply);
	reply->body = body;
}

void api_reply_success(struct api_call *call, struct http_reply *reply)
{
	struct api *a = call->api;
	if (cross_origin(call) && !api_any_origin(a) && allowed_origin(call).n > 0) {
		api_reply_json(call, 200, STR("{\"success\":true}"), reply);
		return;
	}
	*reply = (struct http_reply){.fixed = cross_origin(call) ? a->success_any_origin
								 : a->success};
}

void api_reply_redirect(struct api_call *call, struct str location, struct http_reply *reply)
{
	struct api_problem bad = {.status = ST_INVALID,
				  .code = "bad_redirect",
				  .message =
					  STR("taken in, but the address to go to next is too long "
					      "or malformed")};
	if (!http_reply_value_ok(location)) {
		api_reply_problem(call, &bad, reply);
		return;
	}
	begin(call, 303, NULL, reply);
	http_reply_header(reply, "Location", location);
}

/* A token is in the address: no page behind it is told where the reader came from. */
#define NO_REFERRER "Referrer-Policy", STR("no-referrer")

bool api_reply_found(struct api_call *call, struct str location, struct http_reply *reply)
{
	(void)call;
	if (!http_reply_value_ok(location))
		return false;
	begin_bare(302, NULL, reply);
	http_reply_header(reply, NO_REFERRER);
	http_reply_header(reply, "Location", location);
	return true;
}

void api_reply_page(struct api_call *call, int status, struct str html, const char *csp,
		    struct http_reply *reply)
{
	(void)call;
	begin_bare(status, "text/html; charset=utf-8", reply);
	http_reply_header(reply, "Content-Security-Policy", str_of(csp));
	http_reply_header(reply, NO_REFERRER);
	reply->body = html;
}

void api_reply_preflight(struct api_call *call, struct http_reply *reply)
{
	*reply = (struct http_reply){.status = 204};
	add_cors(call, reply);
	http_reply_header(reply, "Access-Control-Allow-Methods", STR("POST"));
	http_reply_header(reply, "Access-Control-Allow-Headers",
			  STR("Authorization, Content-Type, Content-Encoding"));
	http_reply_header(reply, "Access-Control-Max-Age", STR(PREFLIGHT_AGE_S));
}

enum status api_fixed_replies(struct api *a, struct err *e)
{
	/* `call` of a write-key route without an Origin, and of any other route. */
	struct http_request req = {0};
	struct api_call ingest = {.api = a, .req = &req, .op = API_OP_SEGMENT_BATCH};
	struct api_call other = {.api = a, .req = &req, .op = API_OP_STATUS};
	struct http_reply reply;
	api_reply_json(&ingest, 200, STR("{\"success\":true}"), &reply);
	enum status st = http_fixed_create(&reply, &a->success_any_origin, e);
	if (st != ST_OK)
		return st;
	api_reply_json(&other, 200, STR("{\"success\":true}"), &reply);
	return http_fixed_create(&reply, &a->success, e);
}

/* --- errors --- */

static void optional(struct json_w *w, const char *key, struct str value)
{
	if (value.n > 0)
		json_w_kstr(w, key, value);
}

static struct str envelope(struct http_request *req, const struct api_problem *p)
{
	char id[HTTP_REQUEST_ID_BYTES];
	struct buf out;
	struct json_w w;
	buf_init_arena(&out, req->arena, ERROR_BYTES_MAX);
	json_w_init(&w, &out);
	json_w_object(&w);
	json_w_key(&w, "error");
	json_w_object(&w);
	json_w_kz(&w, "type", status_name(p->status));
	json_w_kz(&w, "code", p->code ? p->code : status_name(p->status));
	optional(&w, "message", p->message);
	optional(&w, "param", p->param);
	optional(&w, "fix", p->fix);
	optional(&w, "doc", p->doc ? str_of(p->doc) : STR_NULL);
	json_w_kz(&w, "request_id", http_request_id(req, id));
	json_w_end(&w);
	json_w_end(&w);
	if (buf_ok(&out))
		return buf_view(&out);
	return STR("{\"error\":{\"type\":\"limit\",\"code\":\"limit\",\"message\":\"the request is "
		   "larger than its memory\"}}");
}

static void add_number(struct http_request *req, struct http_reply *reply, const char *name,
		       int64_t value)
{
	struct str text = arena_printf(req->arena, "%lld", (long long)value);
	if (text.p != NULL)
		http_reply_header(reply, name, text);
}

static void write_problem(struct http_request *req, const struct api_call *call,
			  const struct api_problem *p, struct http_reply *reply)
{
	int status = p->http_status ? p->http_status : status_http(p->status);
	begin(call, status, JSON_TYPE, reply);
	reply->body = envelope(req, p);
	if (p->status == ST_UNAUTHENTICATED)
		http_reply_header(reply, "WWW-Authenticate", STR("Bearer realm=\"nurtured\""));
	if (p->retry_after_s <= 0)
		return;
	add_number(req, reply, "Retry-After", p->retry_after_s);
	if (status == 429)
		add_number(req, reply, "X-RateLimit-Reset", p->retry_after_s);
}

void api_reply_problem(struct api_call *call, const struct api_problem *p, struct http_reply *reply)
{
	write_problem(call->req, call, p, reply);
}

/* How long until it is worth another try: a queue drains in a second, a disk is not made wider by
 * asking. */
static int64_t retry_after_s(enum status st)
{
	switch (st) {
	case ST_BUSY:
	case ST_NO_MEMORY: return 1;
	case ST_UNAVAILABLE:
	case ST_TIMEOUT: return 5;
	case ST_NO_SPACE: return 30;
	default: return 0;
	}
}

void api_reply_err(struct api_call *call, const struct err *e, struct http_reply *reply)
{
	ASSERT(e->status != ST_OK);
	struct api_problem p = {.status = e->status,
				.message = str_of(e->text),
				.retry_after_s = retry_after_s(e->status)};
	if (e->status == ST_NO_SPACE) {
		/* The text names the file: that is for doctor, not for who holds a write key. */
		p.message = STR("the server's disk is full");
		p.fix = STR("nothing was taken in; send it again later");
	}
	write_problem(call->req, call, &p, reply);
}

void api_reply_busy(struct api_call *call, int64_t retry_s, struct http_reply *reply)
{
	struct api_problem p = {.status = ST_BUSY,
				.code = "queue_full",
				.message = STR("more comes in than can be written at the moment"),
				.fix = STR("send the same request again as Retry-After says"),
				.retry_after_s = retry_s > 0 ? retry_s : 1};
	metrics_inc(call->api->metrics, METRIC_HTTP_SHED);
	write_problem(call->req, call, &p, reply);
}

/* What the HTTP layer refuses by itself; perhaps before a route was found. */
void api_refuse(void *ctx, struct http_request *req, enum status st, const char *why,
		struct http_reply *reply)
{
	(void)ctx;
	struct api_problem p = {.status = st,
				.http_status = reply->status,
				.message = str_of(why),
				.retry_after_s = retry_after_s(st)};
	bool close = reply->close;
	write_problem(req, req->user, &p, reply);
	reply->close = close;
}
