/* SPDX-License-Identifier: Apache-2.0
 * test_http_client.c: the client against our own server, and against nobody. */
#include "net/http_client.h"
#include "net/http_server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static enum http_verdict admit(void *ctx, struct http_request *req, struct http_reply *reply)
{
	(void)ctx;
	(void)reply;
	req->body_bytes_max = 1 << 20;
	return HTTP_GO_ON;
}

static enum http_verdict handle(void *ctx, struct http_request *req, struct http_reply *reply)
{
	(void)ctx;
	reply->status = str_eq(req->path, STR("/busy")) ? 429 : 200;
	reply->content_type = "application/json";
	reply->body = arena_printf(req->arena, "%s " STR_FMT " " STR_FMT " <" STR_FMT ">",
				   http_method_name(req->method),
				   STR_ARG(http_header(req, "Authorization")),
				   STR_ARG(req->media_type), STR_ARG(req->body));
	if (reply->status == 429)
		http_reply_header(reply, "Retry-After", STR("7"));
	return HTTP_ANSWERED;
}

struct fixture {
	struct http_server *server;
	struct http_client *client;
	struct arena arena;
	char url[64];
};

static void start(struct fixture *f, size_t answer_bytes_max)
{
	static const struct http_handler handler = {.admit = admit, .handle = handle};
	struct http_server_conf conf = HTTP_SERVER_CONF_DEFAULT;
	struct http_client_conf client = HTTP_CLIENT_CONF_DEFAULT;
	struct err e;
	conf.port = 0;
	conf.threads = 1;
	assert_int_equal(http_server_create(&conf, &handler, NULL, &f->server, &e), ST_OK);
	(void)snprintf(f->url, sizeof f->url, "http://127.0.0.1:%u", http_server_port(f->server));
	client.base_url = f->url;
	client.bearer_token = "nt_test";
	client.answer_bytes_max = answer_bytes_max;
	assert_int_equal(http_client_create(&client, &f->client, &e), ST_OK);
	arena_init(&f->arena, 4 << 20);
}

static void finish(struct fixture *f)
{
	http_client_destroy(&f->client);
	http_server_destroy(&f->server);
	arena_finish(&f->arena);
}

static void test_methods(void **state)
{
	(void)state;
	struct fixture f;
	struct http_answer got;
	struct err e;
	start(&f, 1 << 20);
	assert_int_equal(http_client_get(f.client, "/a", &f.arena, &got, &e), ST_OK);
	assert_int_equal(got.status, 200);
	assert_true(str_eq(got.body, STR("GET Bearer nt_test  <>")));
	assert_true(str_eq(got.content_type, STR("application/json")));
	assert_int_equal(http_client_post(f.client, "/a", STR("{}"), &f.arena, &got, &e), ST_OK);
	assert_true(str_eq(got.body, STR("POST Bearer nt_test application/json <{}>")));
	assert_int_equal(http_client_delete(f.client, "/a", &f.arena, &got, &e), ST_OK);
	assert_true(str_eq(got.body, STR("DELETE Bearer nt_test  <>")));
	assert_int_equal(http_client_get(f.client, "/busy", &f.arena, &got, &e), ST_OK);
	assert_int_equal(got.status, 429);
	assert_int_equal(got.retry_after_s, 7);
	finish(&f);
}

static void test_failures(void **state)
{
	(void)state;
	struct fixture f;
	struct http_answer got;
	struct err e;
	start(&f, 8);
	assert_int_equal(http_client_get(f.client, "/a", &f.arena, &got, &e), ST_LIMIT);
	assert_int_equal(http_client_get(f.client, "a", &f.arena, &got, &e), ST_INVALID);
	http_server_destroy(&f.server);
	assert_int_equal(http_client_get(f.client, "/a", &f.arena, &got, &e), ST_UNAVAILABLE);
	assert_non_null(strstr(e.text, "nurtured serve"));
	finish(&f);
}

static void test_bad_url(void **state)
{
	(void)state;
	struct http_client_conf conf = HTTP_CLIENT_CONF_DEFAULT;
	struct http_client *c = NULL;
	struct err e;
	conf.base_url = "ftp://x";
	assert_int_equal(http_client_create(&conf, &c, &e), ST_INVALID);
	assert_null(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_bad_url),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
