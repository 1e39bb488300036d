/* SPDX-License-Identifier: Apache-2.0
 * builtin.c: what the door answers by itself: health, numbers, its own description, its keys, and
 * the files a web page loads. */
#include "api/api_internal.h"

#include "api/embed.h"
#include "base/crypto.h"
#include "base/json_members.h"
#include "base/time.h"

#define TEXT_BYTES_MAX ((size_t)256 << 10)
#define SNIPPET_CACHE "public, max-age=3600"

static enum http_verdict reply_out_of_memory(struct api_call *call, struct http_reply *reply)
{
	struct err e;
	(void)err_set(&e, ST_LIMIT, "the answer is larger than a request's memory");
	api_reply_err(call, &e, reply);
	return HTTP_ANSWERED;
}

static enum http_verdict healthz(void *ctx, struct api_call *call, struct http_reply *reply)
{
	(void)ctx;
	api_reply_json(call, 200, STR("{\"status\":\"alive\"}"), reply);
	return HTTP_ANSWERED;
}

static enum http_verdict readyz(void *ctx, struct api_call *call, struct http_reply *reply)
{
	const struct api_ops *ops = &call->api->ops;
	const char *why = "starting";
	struct buf out;
	struct json_w w;
	(void)ctx;
	bool ready = ops->ready == NULL || ops->ready(ops->ctx, &why);
	buf_init_arena(&out, call->req->arena, 1024);
	json_w_init(&w, &out);
	json_w_object(&w);
	json_w_kz(&w, "status", ready ? "ready" : "not_ready");
	if (!ready)
		json_w_kz(&w, "why", why);
	json_w_end(&w);
	api_reply_json(call, ready ? 200 : 503, buf_view(&out), reply);
	return HTTP_ANSWERED;
}

static enum http_verdict metrics(void *ctx, struct api_call *call, struct http_reply *reply)
{
	const struct api_ops *ops = &call->api->ops;
	struct buf out;
	(void)ctx;
	buf_init_arena(&out, call->req->arena, TEXT_BYTES_MAX);
	if (ops->measure != NULL)
		ops->measure(ops->ctx);
	if (call->api->metrics != NULL)
		metrics_text(call->api->metrics, &out);
	if (!buf_ok(&out))
		return reply_out_of_memory(call, reply);
	api_reply_bytes(call, "text/plain; version=0.0.4; charset=utf-8", buf_view(&out), reply);
	return HTTP_ANSWERED;
}

static enum http_verdict openapi(void *ctx, struct api_call *call, struct http_reply *reply)
{
	(void)ctx;
	api_reply_bytes(call, "application/json", call->api->openapi, reply);
	return HTTP_ANSWERED;
}

static enum http_verdict program_schema_json(void *ctx, struct api_call *call,
					     struct http_reply *reply)
{
	(void)ctx;
	api_reply_bytes(call, "application/json", call->api->program_schema, reply);
	return HTTP_ANSWERED;
}

/* --- files --- */

static bool etag_known(struct str if_none_match, const char *etag)
{
	for (struct str rest = if_none_match; rest.p != NULL;) {
		struct str tag = str_trim(str_cut(&rest, ','));
		if (str_starts(tag, STR("W/")))
			tag = str_slice(tag, 2, tag.n);
		if (str_is(tag, etag) || str_eq(tag, STR("*")))
			return true;
	}
	return false;
}

static enum http_verdict snippet(void *ctx, struct api_call *call, struct http_reply *reply)
{
	const struct embed_file *f = embed_files;
	(void)ctx;
	while (f->path != NULL && !str_is(call->req->path, f->path))
		f++;
	if (f->path == NULL) {
		struct api_problem p = {.status = ST_NOT_FOUND,
					.message = STR("this build holds no such file")};
		api_reply_problem(call, &p, reply);
		return HTTP_ANSWERED;
	}
	bool known = etag_known(http_header(call->req, "If-None-Match"), f->etag);
	*reply = (struct http_reply){.status = known ? 304 : 200,
				     .content_type = known ? NULL : f->content_type,
				     .body = known ? STR_NULL : str_n(f->bytes, f->n)};
	http_reply_header(reply, "ETag", str_of(f->etag));
	http_reply_header(reply, "Cache-Control", STR(SNIPPET_CACHE));
	http_reply_header(reply, "X-Content-Type-Options", STR("nosniff"));
	/* Any page may load it, also one that asks for cross-origin isolation. */
	http_reply_header(reply, "Cross-Origin-Resource-Policy", STR("cross-origin"));
	http_reply_header(reply, "Access-Control-Allow-Origin", STR("*"));
	return HTTP_ANSWERED;
}

/* --- keys --- */

static void write_key(struct json_w *w, const struct api_key *k, const char *secret)
{
	json_w_object(w);
	json_w_kz(w, "id", k->id);
	json_w_kz(w, "kind", key_kind_name(k->kind));
	json_w_kz(w, "name", k->name);
	json_w_ktime(w, "created", k->created_us);
	if (k->rotated_us != TIME_NONE)
		json_w_ktime(w, "rotated", k->rotated_us);
	if (secret != NULL)
		json_w_kz(w, "secret", secret);
	json_w_end(w);
}

static enum http_verdict key_list(void *ctx, struct api_call *call, struct http_reply *reply)
{
	struct buf out;
	struct json_w w;
	(void)ctx;
	struct api_key *list = ARENA_ARRAY(call->req->arena, struct api_key, KEYS_MAX);
	if (list == NULL)
		return reply_out_of_memory(call, reply);
	size_t n = keys_list(call->api->keys, list, KEYS_MAX);
	buf_init_arena(&out, call->req->arena, TEXT_BYTES_MAX);
	json_w_init(&w, &out);
	json_w_object(&w);
	json_w_key(&w, "keys");
	json_w_array(&w);
	for (size_t i = 0; i < n; i++)
		write_key(&w, &list[i], NULL);
	json_w_end(&w);
	json_w_end(&w);
	if (!buf_ok(&out))
		return reply_out_of_memory(call, reply);
	api_reply_json(call, 200, buf_view(&out), reply);
	return HTTP_ANSWERED;
}

/* The secret stands in the arena until the reply is out, and the arena is not shared. */
static enum http_verdict reply_secret(struct api_call *call, struct key_secret *made,
				      struct http_reply *reply)
{
	struct buf out;
	struct json_w w;
	buf_init_arena(&out, call->req->arena, 1024);
	json_w_init(&w, &out);
	write_key(&w, &made->key, made->token);
	api_reply_json(call, 200, buf_view(&out), reply);
	crypto_wipe(made, sizeof *made);
	return HTTP_ANSWERED;
}

static enum status add_from_body(struct api_call *call, struct key_secret *out, struct err *e)
{
	struct json d;
	struct arena *a = call->req->arena;
	const struct json_member may[] = {{"kind", JSON_STRING}, {"name", JSON_STRING}};
	enum status st = json_parse(call->req->body, JSON_LIMITS_EVENT, a, &d, e);
	if (st == ST_OK)
		st = json_members(&d, 0, "the body", may, 2, e);
	if (st != ST_OK)
		return st;
	enum key_kind kind;
	struct str name = json_str(&d, json_get(&d, 0, "name"), a);
	if (!key_kind_parse(json_str(&d, json_get(&d, 0, "kind"), a), &kind))
		return err_set(e, ST_INVALID,
			       "\"kind\" must be \"write\", \"decide\" or \"admin\"");
	return keys_add(call->api->keys, kind, name, call->req->received_us, out, e);
}

static enum http_verdict key_add(void *ctx, struct api_call *call, struct http_reply *reply)
{
	struct err e;
	struct key_secret made;
	(void)ctx;
	if (add_from_body(call, &made, &e) == ST_OK)
		return reply_secret(call, &made, reply);
	api_reply_err(call, &e, reply);
	return HTTP_ANSWERED;
}

static enum http_verdict key_rotate(void *ctx, struct api_call *call, struct http_reply *reply)
{
	struct err e;
	struct key_secret made;
	const struct api_ops *ops = &call->api->ops;
	(void)ctx;
	enum status st =
		keys_rotate(call->api->keys, call->param, call->req->received_us, &made, &e);
	if (st == ST_OK && ops->new_local != NULL && key_is_local(&made.key))
		st = ops->new_local(ops->ctx, &made, &e);
	if (st == ST_OK)
		return reply_secret(call, &made, reply);
	api_reply_err(call, &e, reply);
	return HTTP_ANSWERED;
}

static enum http_verdict key_revoke(void *ctx, struct api_call *call, struct http_reply *reply)
{
	struct err e;
	(void)ctx;
	if (keys_revoke(call->api->keys, call->param, &e) == ST_OK)
		api_reply_success(call, reply);
	else
		api_reply_err(call, &e, reply);
	return HTTP_ANSWERED;
}

static api_handler *const builtins[API_OP_COUNT] = {
	[API_OP_HEALTHZ] = healthz,
	[API_OP_READYZ] = readyz,
	[API_OP_METRICS] = metrics,
	[API_OP_OPENAPI] = openapi,
	[API_OP_PROGRAM_SCHEMA] = program_schema_json,
	[API_OP_SNIPPET] = snippet,
	[API_OP_KEY_LIST] = key_list,
	[API_OP_KEY_ADD] = key_add,
	[API_OP_KEY_ROTATE] = key_rotate,
	[API_OP_KEY_REVOKE] = key_revoke,
};

api_handler *api_builtin(enum api_op op)
{
	return builtins[op];
}
