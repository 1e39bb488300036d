/* SPDX-License-Identifier: Apache-2.0
 * test_api.c: the door as a client sees it: roles, keys, limits, envelopes, CORS. The server
 * is real; the handlers behind it say only that they were called, and for whom. */
#include "api/api.h"
#include "api/embed.h"
#include "api/routes.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/time.h"
#include "net/test_http_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

struct fixture {
	char dir[64];
	struct keys *keys;
	struct metrics *metrics;
	struct api *api;
	struct http_server *server;
	struct key_secret write, admin, decide;
	struct buf spare, answer, request;
	bool ready;
};

/* Like an ingest handler: a key in the header, or the body is the key. */
static enum http_verdict fake_ingest(void *ctx, struct api_call *call, struct http_reply *reply)
{
	struct err e;
	(void)ctx;
	if (api_auth_write_key(call, call->req->body, &e) != ST_OK) {
		api_reply_err(call, &e, reply);
		return HTTP_ANSWERED;
	}
	if (str_eq(call->req->body, STR("full")))
		api_reply_busy(call, 2, reply);
	else if (str_eq(call->req->body, STR("disk"))) {
		(void)err_set(&e, ST_NO_SPACE, "/data/events.db: disk is full");
		api_reply_err(call, &e, reply);
	} else {
		api_reply_success(call, reply);
	}
	http_reply_later(call->req, reply);
	return HTTP_LATER;
}

static enum http_verdict fake_form(void *ctx, struct api_call *call, struct http_reply *reply)
{
	(void)ctx;
	api_reply_redirect(
		call,
		arena_printf(call->req->arena, "https://x.example/" STR_FMT, STR_ARG(call->param)),
		reply);
	return HTTP_ANSWERED;
}

static enum http_verdict fake_lead(void *ctx, struct api_call *call, struct http_reply *reply)
{
	(void)ctx;
	api_reply_json(
		call, 200,
		arena_printf(call->req->arena, "{\"lead\":\"" STR_FMT "\"}", STR_ARG(call->param)),
		reply);
	return HTTP_ANSWERED;
}

static bool not_ready(void *ctx, const char **why_r)
{
	const struct fixture *f = ctx;
	if (!f->ready)
		*why_r = "the event log is being read";
	return f->ready;
}

static void measure(void *ctx)
{
	struct fixture *f = ctx;
	metrics_set(f->metrics, METRIC_ENGINE_LAG_EVENTS, 41);
}

static void start(struct fixture *f, const struct api_conf *conf)
{
	struct err e;
	struct api_ops ops = {.ctx = f, .ready = not_ready, .measure = measure};
	struct http_server_conf http = HTTP_SERVER_CONF_DEFAULT;
	ops.handler[API_OP_SEGMENT_TRACK] = fake_ingest;
	ops.handler[API_OP_FORM] = fake_form;
	ops.handler[API_OP_MAPPED] = fake_ingest;
	ops.handler[API_OP_LEAD_GET] = fake_lead;
	ops.handler[API_OP_DECIDE] = fake_lead;
	ops.handler[API_OP_REWARD] = fake_lead;
	ops.handler[API_OP_LEAD_EXPLAIN] = fake_lead;
	ops.handler[API_OP_TRIGGER] = fake_lead;
	ops.handler[API_OP_PROGRAM_PLAN] = fake_lead;
	ops.handler[API_OP_BACKUP] = fake_lead;
	ops.handler[API_OP_INBOUND] = fake_lead;
	ops.handler[API_OP_INBOX] = fake_lead;
	ops.handler[API_OP_DRIFT_GET] = fake_lead;
	ops.handler[API_OP_LINK_CLICK] = fake_lead;
	ops.handler[API_OP_LINK_STOP_PAGE] = fake_lead;
	ops.handler[API_OP_LINK_STOP] = fake_lead;
	ops.handler[API_OP_REPLAY_VERIFY] = fake_lead;
	*f = (struct fixture){.dir = "/tmp/nurtured-api-XXXXXX"};
	assert_non_null(mkdtemp(f->dir));
	f->metrics = metrics_create();
	assert_int_equal(keys_load(f->dir, &f->keys, &e), ST_OK);
	assert_int_equal(keys_add(f->keys, KEY_WRITE, STR("web"), 0, &f->write, &e), ST_OK);
	assert_int_equal(keys_add(f->keys, KEY_ADMIN, STR("ann"), 0, &f->admin, &e), ST_OK);
	assert_int_equal(keys_add(f->keys, KEY_DECIDE, STR("crm"), 0, &f->decide, &e), ST_OK);
	assert_int_equal(api_create(conf, &ops, f->keys, f->metrics, &f->api, &e), ST_OK);
	struct http_handler handler = api_http_handler(f->api);
	http.port = 0;
	if (http_server_create(&http, &handler, f->metrics, &f->server, &e) != ST_OK)
		fail_msg("%s", e.text);
	buf_init(&f->spare, PEER_BYTES_MAX);
	buf_init(&f->answer, PEER_BYTES_MAX);
	buf_init(&f->request, PEER_BYTES_MAX);
	f->ready = true;
}

static void finish(struct fixture *f)
{
	char path[128];
	http_server_destroy(&f->server);
	api_destroy(&f->api);
	keys_destroy(&f->keys);
	metrics_destroy(&f->metrics);
	buf_finish(&f->spare);
	buf_finish(&f->answer);
	buf_finish(&f->request);
	(void)snprintf(path, sizeof path, "%s/keys.json", f->dir);
	(void)unlink(path);
	assert_int_equal(rmdir(f->dir), 0);
}

/* `line` without version; headers each end in CR LF. */
static int ask(struct fixture *f, const char *line, const char *headers, const char *body)
{
	buf_reset(&f->request);
	buf_printf(&f->request, "%s HTTP/1.1\r\nHost: x\r\n%s", line, headers);
	if (body != NULL)
		buf_printf(&f->request, "Content-Length: %zu\r\n", strlen(body));
	buf_printf(&f->request, "\r\n%s", body ? body : "");
	int fd = peer_connect(http_server_port(f->server));
	buf_reset(&f->spare);
	(void)peer_send(fd, buf_view(&f->request)); /* the answer tells */
	int status = peer_receive(fd, strncmp(line, "HEAD", 4) == 0, &f->spare, &f->answer);
	close(fd);
	return status;
}

static bool has(const struct fixture *f, const char *text)
{
	struct str a = buf_view(&f->answer);
	return str_find(a, str_of(text)) < a.n;
}

static const char *bearer(const char *token, char out[128])
{
	(void)snprintf(out, 128, "Authorization: Bearer %s\r\n", token);
	return out;
}

static const char *basic(const char *user, char out[128])
{
	struct buf text;
	char plain[80];
	(void)snprintf(plain, sizeof plain, "%s:", user);
	buf_init(&text, 256);
	base64_encode(str_of(plain), &text);
	(void)snprintf(out, 128, "Authorization: Basic " STR_FMT "\r\n", STR_ARG(buf_view(&text)));
	buf_finish(&text);
	return out;
}

/* Credential: none, a write key, an admin token, a decide key, one that was never made, or one of
 * the wrong scheme. */
enum credential { NONE, WRITE, WRITE_BASIC, ADMIN, ADMIN_BASIC, DECIDE, UNKNOWN, BROKEN };

static const char *credential(const struct fixture *f, enum credential c, char out[128])
{
	switch (c) {
	case NONE: return "";
	case WRITE: return bearer(f->write.token, out);
	case WRITE_BASIC: return basic(f->write.token, out);
	case ADMIN: return bearer(f->admin.token, out);
	case ADMIN_BASIC: return basic(f->admin.token, out);
	case DECIDE: return bearer(f->decide.token, out);
	case UNKNOWN: return bearer("nk_0000000000000000000000000000000000000000000", out);
	case BROKEN: return "Authorization: Basic !!!\r\n";
	}
	return "";
}

static const struct {
	const char *name, *line, *body;
	enum credential with;
	int status;
	const char *answer;
} access_cases[] = {
	{"ingest with bearer", "POST /v1/track", "{}", WRITE, 200, "{\"success\":true}"},
	{"ingest with basic", "POST /v1/track", "{}", WRITE_BASIC, 200, "{\"success\":true}"},
	{"ingest without a key", "POST /v1/track", "{}", NONE, 401, "unauthenticated"},
	{"ingest with a broken header", "POST /v1/track", "{}", BROKEN, 401, "unauthenticated"},
	{"ingest with a key never made", "POST /v1/track", "{}", UNKNOWN, 401, "unauthenticated"},
	{"ingest with an admin token", "POST /v1/track", "{}", ADMIN, 403, "write key"},
	{"form", "POST /v1/form/demo", "", WRITE, 303, "Location: https://x.example/demo"},
	{"mapped", "POST /v1/map/shop", "{}", WRITE, 200, "{\"success\":true}"},
	{"mapped without a key", "POST /v1/map/shop", "{}", NONE, 401, "unauthenticated"},
	{"mapped with an admin token", "POST /v1/map/shop", "{}", ADMIN, 403, "write key"},
	{"admin", "GET /v1/leads/l1", NULL, ADMIN, 200, "{\"lead\":\"l1\"}"},
	{"admin, parameter in the middle", "GET /v1/leads/a%40b.c/explain", NULL, ADMIN, 200,
	 "{\"lead\":\"a@b.c\"}"},
	{"admin without a token", "GET /v1/leads/l1", NULL, NONE, 401, "WWW-Authenticate: Bearer"},
	{"admin with a write key", "GET /v1/leads/l1", NULL, WRITE, 403, "nothing else"},
	{"admin with a write key by basic", "GET /v1/leads/l1", NULL, WRITE_BASIC, 403,
	 "nothing else"},
	{"admin with a broken header", "GET /v1/leads/l1", NULL, BROKEN, 401, "unauthenticated"},
	{"admin by basic", "GET /v1/leads/l1", NULL, ADMIN_BASIC, 401, "unauthenticated"},
	{"admin with a token never made", "GET /v1/leads/l1", NULL, UNKNOWN, 401,
	 "unauthenticated"},
	{"refused before the body", "POST /v1/trigger", "{}", NONE, 401, "unauthenticated"},
	{"trigger with a write key", "POST /v1/trigger", "{}", WRITE, 403, "nothing else"},
	{"plan", "POST /v1/program/plan", "nurture: 1", ADMIN, 200, "lead"},
	{"plan without a token", "POST /v1/program/plan", "x", NONE, 401, "unauthenticated"},
	{"plan with a write key", "POST /v1/program/plan", "x", WRITE, 403, "nothing else"},
	{"mail that came in", "POST /v1/inbound", "From: a@b.example", ADMIN, 200, "lead"},
	{"mail without a token", "POST /v1/inbound", "x", NONE, 401, "unauthenticated"},
	{"mail with a write key", "POST /v1/inbound", "x", WRITE, 403, "nothing else"},
	{"the inbox from this machine", "GET /inbox", NULL, NONE, 200, "lead"},
	{"the inbox through a proxy", "GET /inbox HTTP/1.1\r\nX-Forwarded-For: 9.9.9.9\r\nX: y",
	 NULL, NONE, 401, "unauthenticated"},
	{"a link of a message", "GET /t/abc?u=x", NULL, NONE, 200, "{\"lead\":\"abc\"}"},
	{"a link by head", "HEAD /t/abc", NULL, NONE, 200, ""},
	{"a page behind a link", "GET /u/abc", NULL, NONE, 200, "{\"lead\":\"abc\"}"},
	{"what is sent from it", "POST /u/abc", "a=b", NONE, 200, "{\"lead\":\"abc\"}"},
	{"a page above its ceiling", "POST /u/abc HTTP/1.1\r\nContent-Length: 8193\r\nX: y", NULL,
	 NONE, 413, "limit"},
	{"backup", "POST /v1/backup", "{}", ADMIN, 200, "lead"},
	{"backup without a token", "POST /v1/backup", "{}", NONE, 401, "unauthenticated"},
	{"backup with a write key", "POST /v1/backup", "{}", WRITE, 403, "nothing else"},
	{"replay without a token", "POST /v1/replay/verify", "", NONE, 401, "unauthenticated"},
	{"replay with a write key", "POST /v1/replay/verify", "", WRITE, 403, "nothing else"},
	{"replay", "POST /v1/replay/verify", "", ADMIN, 200, "lead"},
	{"drift", "GET /v1/drift", NULL, ADMIN, 200, "lead"},
	{"drift with a write key", "GET /v1/drift", NULL, WRITE, 403, "nothing else"},
	{"schema of programs", "GET /schema/program.json", NULL, NONE, 200, "draft-07"},
	{"a decision", "POST /v1/decide", "{}", DECIDE, 200, "lead"},
	{"a decision without a key", "POST /v1/decide", "{}", NONE, 401, "decide key"},
	{"a decision with a key never made", "POST /v1/decide", "{}", UNKNOWN, 401, "decide key"},
	{"a decision with a write key", "POST /v1/decide", "{}", WRITE, 403, "of their own"},
	{"a decision with an admin token", "POST /v1/decide", "{}", ADMIN, 403, "of their own"},
	{"a decision from a form", "POST /v1/decide HTTP/1.1\r\nContent-Type: text/plain\r\nX: y",
	 "{}", DECIDE, 415, "content_type"},
	{"a reward", "POST /v1/reward", "{}", DECIDE, 200, "lead"},
	{"a reward with a write key", "POST /v1/reward", "{}", WRITE, 403, "of their own"},
	{"ingest with a decide key", "POST /v1/track", "{}", DECIDE, 403, "write key"},
	{"admin with a decide key", "GET /v1/leads/l1", NULL, DECIDE, 403, "nothing else"},
	{"health", "GET /healthz", NULL, NONE, 200, "alive"},
	{"health by head", "HEAD /healthz", NULL, NONE, 200, "Content-Length: 18"},
	{"ready", "GET /readyz", NULL, NONE, 200, "\"ready\""},
	{"metrics from this machine", "GET /metrics", NULL, NONE, 200,
	 "# TYPE nurtured_http_requests_total counter"},
	{"metrics of this moment", "GET /metrics", NULL, NONE, 200,
	 "\nnurtured_engine_lag_events 41\n"},
	{"description", "GET /openapi.json", NULL, NONE, 200, "\"openapi\":\"3.1.0\""},
	{"no such address", "GET /v2/track", NULL, NONE, 404, "no_such_route"},
	{"not served", "GET /v1/status", NULL, ADMIN, 404, "no_such_route"},
	{"wrong method", "GET /v1/track", NULL, NONE, 405, "Allow: POST"},
	{"wrong method, two allowed", "DELETE /healthz", NULL, NONE, 405, "Allow: GET, HEAD"},
	{"parameter missing", "GET /v1/leads/", NULL, ADMIN, 404, "no_such_route"},
	{"event above its ceiling", "POST /v1/track HTTP/1.1\r\nContent-Length: 32769\r\nX: y",
	 NULL, WRITE, 413, "\"type\":\"limit\""},
	{"body where none belongs", "GET /healthz", "{}", NONE, 413, "\"type\":\"limit\""},
	{"queue full", "POST /v1/track", "full", WRITE, 429, "Retry-After: 2"},
	{"queue full, Segment's header", "POST /v1/track", "full", WRITE, 429,
	 "X-RateLimit-Reset: 2"},
	{"disk full", "POST /v1/track", "disk", WRITE, 507, "Retry-After: 30"},
	{"disk full, no path told", "POST /v1/track", "disk", WRITE, 507,
	 "\"message\":\"the server's disk is full\""},
	{"metrics through a proxy", "GET /metrics HTTP/1.1\r\nX-Forwarded-For: 9.9.9.9\r\nX: y",
	 NULL, NONE, 401, "unauthenticated"},
	{"http layer's refusal has the envelope", "GET /a%00", NULL, NONE, 400,
	 "\"request_id\":\"r"},
};

static void test_access(void **state)
{
	(void)state;
	struct fixture f;
	struct api_conf conf = {0};
	start(&f, &conf);
	unsigned wrong = 0;
	for (size_t i = 0; i < sizeof access_cases / sizeof access_cases[0]; i++) {
		char header[128];
		const char *with = credential(&f, access_cases[i].with, header);
		int status = ask(&f, access_cases[i].line, with, access_cases[i].body);
		if (status == access_cases[i].status && has(&f, access_cases[i].answer))
			continue;
		wrong++;
		print_error("case \"%s\": %d\n" STR_FMT "\n", access_cases[i].name, status,
			    STR_ARG(buf_view(&f.answer)));
	}
	assert_int_equal(wrong, 0);
	finish(&f);
}

static void test_key_in_body(void **state)
{
	(void)state;
	struct fixture f;
	struct api_conf conf = {0};
	start(&f, &conf);
	assert_int_equal(ask(&f, "POST /v1/track", "", f.write.token), 200);
	assert_int_equal(ask(&f, "POST /v1/track", "", f.admin.token), 403);
	assert_int_equal(ask(&f, "POST /v1/track", "", "nk_never_made"), 401);
	finish(&f);
}

/* Where a form wants to go is outside data; it must not be able to write headers or stop us. */
static void test_bad_redirect(void **state)
{
	(void)state;
	struct fixture f;
	struct api_conf conf = {0};
	char auth[128], line[4096] = "POST /v1/form/";
	start(&f, &conf);
	memset(line + strlen(line), 'a', HTTP_REPLY_VALUE_MAX);
	assert_int_equal(ask(&f, line, bearer(f.write.token, auth), ""), 400);
	assert_true(has(&f, "bad_redirect"));
	assert_int_equal(ask(&f, "POST /v1/form/ok", bearer(f.write.token, auth), ""), 303);
	finish(&f);
}

static void test_ready_says_why(void **state)
{
	(void)state;
	struct fixture f;
	struct api_conf conf = {0};
	start(&f, &conf);
	f.ready = false;
	assert_int_equal(ask(&f, "GET /readyz", "", NULL), 503);
	assert_true(has(&f, "the event log is being read"));
	finish(&f);
}

static void test_content_type(void **state)
{
	(void)state;
	struct fixture f;
	struct api_conf conf = {0};
	char auth[128], headers[256];
	start(&f, &conf);
	(void)snprintf(headers, sizeof headers, "%sContent-Type: text/plain\r\n",
		       bearer(f.admin.token, auth));
	assert_int_equal(ask(&f, "POST /v1/trigger", headers, "{}"), 415);
	assert_true(has(&f, "application/json"));
	(void)snprintf(headers, sizeof headers,
		       "%sContent-Type: application/JSON; charset=utf-8\r\n",
		       bearer(f.admin.token, auth));
	assert_int_equal(ask(&f, "POST /v1/trigger", headers, "{}"), 200);
	finish(&f);
}

static void test_cors(void **state)
{
	(void)state;
	struct fixture f;
	struct api_conf any = {0};
	struct api_conf listed = {.cors_origins = {"https://a.example"}, .cors_origin_count = 1};
	char auth[128], headers[256];

	start(&f, &any);
	assert_int_equal(ask(&f, "OPTIONS /v1/track", "Origin: https://a.example\r\n", NULL), 204);
	assert_true(has(&f, "Access-Control-Allow-Origin: *"));
	assert_true(has(&f, "Access-Control-Allow-Methods: POST"));
	assert_false(has(&f, "Allow-Credentials"));
	assert_int_equal(ask(&f, "POST /v1/track", bearer(f.write.token, auth), "{}"), 200);
	assert_true(has(&f, "Access-Control-Allow-Origin: *"));
	assert_int_equal(ask(&f, "POST /v1/track", "", "{}"), 401);
	assert_true(has(&f, "Access-Control-Allow-Origin: *")); /* so that the page can read why */
	assert_int_equal(ask(&f, "OPTIONS /v1/leads/x", "Origin: https://a.example\r\n", NULL),
			 405);
	assert_false(has(&f, "Access-Control"));
	assert_int_equal(ask(&f, "GET /v1/leads/x", bearer(f.admin.token, auth), NULL), 200);
	assert_false(has(&f, "Access-Control"));
	finish(&f);

	start(&f, &listed);
	assert_int_equal(ask(&f, "OPTIONS /v1/track", "Origin: https://a.example\r\n", NULL), 204);
	assert_true(has(&f, "Access-Control-Allow-Origin: https://a.example"));
	assert_int_equal(ask(&f, "OPTIONS /v1/track", "Origin: https://b.example\r\n", NULL), 204);
	assert_false(has(&f, "Allow-Origin"));
	(void)snprintf(headers, sizeof headers, "%sOrigin: https://a.example\r\n",
		       bearer(f.write.token, auth));
	assert_int_equal(ask(&f, "POST /v1/track", headers, "{}"), 200);
	assert_true(has(&f, "Access-Control-Allow-Origin: https://a.example"));
	assert_true(has(&f, "Vary: Origin"));
	finish(&f);
}

/* A page asks again with the tag it got, and is told that nothing has changed. */
static void test_snippet(void **state)
{
	(void)state;
	struct fixture f;
	struct api_conf conf = {0};
	char header[256];
	start(&f, &conf);
	const struct embed_file *file = embed_files;
	assert_string_equal(file->path, "/n.js");
	assert_int_equal(ask(&f, "GET /n.js", "", NULL), 200);
	assert_true(has(&f, "Content-Type: text/javascript"));
	assert_true(has(&f, file->etag));
	assert_true(str_ends(buf_view(&f.answer), str_n(file->bytes, file->n)));
	(void)snprintf(header, sizeof header, "If-None-Match: \"x\", W/%s\r\n", file->etag);
	assert_int_equal(ask(&f, "GET /n.js", header, NULL), 304);
	assert_int_equal(ask(&f, "GET /n.js", "If-None-Match: \"x\"\r\n", NULL), 200);
	finish(&f);
}

static void test_rate_limit(void **state)
{
	(void)state;
	struct fixture f;
	struct api_conf conf = {.rate_per_s = 1, .rate_burst = 3};
	char auth[128];
	start(&f, &conf);
	unsigned let_in = 0, held = 0;
	for (int i = 0; i < 20; i++) {
		int status = ask(&f, "POST /v1/track", bearer(f.write.token, auth), "{}");
		let_in += status == 200;
		held += status == 429 && has(&f, "rate_limited") && has(&f, "Retry-After: ") &&
			has(&f, "X-RateLimit-Reset: ");
	}
	assert_int_equal(let_in + held, 20);
	assert_true(let_in >= 3 && held >= 1);
	assert_int_equal(metrics_get(f.metrics, METRIC_HTTP_LIMITED), held);
	assert_int_equal(ask(&f, "GET /v1/leads/x", bearer(f.admin.token, auth), NULL), 200);
	finish(&f);
}

static void test_key_routes(void **state)
{
	(void)state;
	struct fixture f;
	struct api_conf conf = {0};
	char auth[128];
	start(&f, &conf);
	(void)bearer(f.admin.token, auth);
	assert_int_equal(ask(&f, "POST /v1/keys", auth, "{\"kind\":\"write\",\"name\":\"shop\"}"),
			 200);
	assert_true(has(&f, "\"secret\":\"nk_"));
	assert_int_equal(ask(&f, "POST /v1/keys", auth, "{\"kind\":\"write\",\"name\":\"shop\"}"),
			 409);
	assert_int_equal(ask(&f, "POST /v1/keys", auth, "{\"kind\":\"owner\",\"name\":\"x\"}"),
			 400);
	assert_true(has(&f, "\\\"decide\\\""));
	assert_int_equal(ask(&f, "POST /v1/keys", auth, "{\"kind\":\"write\",\"name\":5}"), 400);
	assert_true(has(&f, "name must be a text"));
	assert_int_equal(
		ask(&f, "POST /v1/keys", auth, "{\"kind\":\"write\",\"name\":\"s2\",\"rate\":5}"),
		400);
	assert_true(has(&f, "the body may hold kind, name"));
	assert_int_equal(ask(&f, "POST /v1/keys", auth, "[]"), 400);
	assert_int_equal(ask(&f, "POST /v1/keys", auth, "{\"kind\":\"write\",\"name\":\"A b\"}"),
			 400);
	assert_int_equal(ask(&f, "GET /v1/keys", auth, NULL), 200);
	assert_true(has(&f, "\"name\":\"shop\""));
	assert_false(has(&f, "secret"));
	assert_false(has(&f, "sha256"));
	assert_int_equal(ask(&f, "POST /v1/keys/wk_1/rotate", auth, ""), 200);
	assert_int_equal(ask(&f, "POST /v1/track", bearer(f.write.token, auth), "{}"), 401);
	assert_int_equal(ask(&f, "DELETE /v1/keys/wk_9", bearer(f.admin.token, auth), NULL), 404);
	assert_int_equal(ask(&f, "DELETE /v1/keys/wk_1", auth, NULL), 200);
	assert_int_equal(ask(&f, "GET /v1/keys", auth, NULL), 200);
	assert_false(has(&f, "\"wk_1\""));
	finish(&f);
}

/* Every row is well formed, and the description is JSON that names each route served. */
static void test_routes_and_description(void **state)
{
	(void)state;
	struct fixture f;
	struct api_conf conf = {0};
	struct json d;
	struct err e;
	struct arena a;
	start(&f, &conf);
	arena_init(&a, 8 << 20);
	struct json_limits limits = {.depth_max = 64, .tokens_max = 65536};
	assert_int_equal(json_parse(api_openapi(f.api), limits, &a, &d, &e), ST_OK);
	uint32_t paths = json_get(&d, 0, "paths");
	assert_true(json_get(&d, paths, "/v1/track") != JSON_NONE);
	assert_true(json_get(&d, paths, "/v1/keys/{key}") != JSON_NONE);
	assert_true(json_get(&d, paths, "/v1/status") == JSON_NONE);
	assert_true(str_find(api_openapi(f.api), STR("\"name\":\"strict\",\"in\":\"query\"")) <
		    api_openapi(f.api).n);
	uint32_t schemas = json_get(&d, json_get(&d, 0, "components"), "schemas");
	for (size_t i = 0; i < API_OP_COUNT; i++) {
		const struct api_route *r = &api_routes[i];
		assert_true(r->pattern[0] == '/');
		assert_true((r->request_schema[0] != '\0') <= (r->body_max > 0));
		if (r->request_schema[0] != '\0')
			assert_true(json_get(&d, schemas, r->request_schema) != JSON_NONE);
		bool text = strcmp(r->reply_schema, "text") == 0 ||
			    strcmp(r->reply_schema, "javascript") == 0 ||
			    strcmp(r->reply_schema, "html") == 0 ||
			    strcmp(r->reply_schema, "gif") == 0;
		if (!text)
			assert_true(json_get(&d, schemas, r->reply_schema) != JSON_NONE);
	}
	arena_finish(&a);
	finish(&f);
}

static void test_bad_conf(void **state)
{
	(void)state;
	struct api *api = NULL;
	struct err e;
	struct api_ops ops = {0};
	struct api_conf origin = {.cors_origins = {"a.example"}, .cors_origin_count = 1};
	struct api_conf rate = {.rate_per_s = -1};
	assert_int_equal(api_create(&origin, &ops, NULL, NULL, &api, &e), ST_INVALID);
	assert_int_equal(api_create(&rate, &ops, NULL, NULL, &api, &e), ST_INVALID);
	assert_null(api);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_access),       cmocka_unit_test(test_key_in_body),
		cmocka_unit_test(test_bad_redirect), cmocka_unit_test(test_ready_says_why),
		cmocka_unit_test(test_content_type), cmocka_unit_test(test_cors),
		cmocka_unit_test(test_snippet),      cmocka_unit_test(test_rate_limit),
		cmocka_unit_test(test_key_routes),   cmocka_unit_test(test_routes_and_description),
		cmocka_unit_test(test_bad_conf),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
