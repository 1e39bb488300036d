/* SPDX-License-Identifier: Apache-2.0
 * test_http_post.c: requests that leave, against our own server and against peers that stall, send
 * elsewhere, or are not there. */
#include "base/clock.h"
#include "net/http_post.h"
#include "net/http_server.h"
#include "net/test_http_peer.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define RESULTS_MAX 64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more;
static struct http_post_result results[RESULTS_MAX];
static size_t results_n;
static char seen[512];

static void done(void *ctx, const struct http_post_result *r)
{
	(void)ctx;
	pthread_mutex_lock(&lock);
	results[results_n++] = *r;
	pthread_cond_broadcast(&more);
	pthread_mutex_unlock(&lock);
}

static const struct http_post_result *await_result(uint64_t id)
{
	const struct http_post_result *found = NULL;
	int64_t until = clock_mono_us() + PEER_WAIT_S * INT64_C(1000000);
	pthread_mutex_lock(&lock);
	bool go = true;
	while (found == NULL && go) {
		for (size_t i = 0; i < results_n; i++)
			if (results[i].id == id)
				found = &results[i];
		if (found == NULL)
			go = clock_cond_wait(&more, &lock, until);
	}
	pthread_mutex_unlock(&lock);
	assert_non_null(found);
	return found;
}

/* ---- peers ---- */

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
	bool busy = str_eq(req->path, STR("/busy"));
	reply->status = busy ? 503 : str_eq(req->path, STR("/away")) ? 302 : 204;
	if (busy)
		http_reply_header(reply, "Retry-After", STR("9"));
	if (reply->status == 302)
		http_reply_header(reply, "Location", STR("/hook"));
	pthread_mutex_lock(&lock);
	(void)snprintf(seen, sizeof seen, STR_FMT " " STR_FMT " " STR_FMT " " STR_FMT,
		       STR_ARG(req->path), STR_ARG(req->media_type),
		       STR_ARG(http_header(req, "webhook-id")), STR_ARG(req->body));
	pthread_mutex_unlock(&lock);
	return HTTP_ANSWERED;
}

/* Takes connections and says nothing. */
static int silent(unsigned *port_r)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	socklen_t n = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0);
	assert_true(listen(fd, 64) == 0 && getsockname(fd, (struct sockaddr *)&at, &n) == 0);
	*port_r = ntohs(at.sin_port);
	return fd;
}

/* ---- the poster ---- */

struct fixture {
	struct http_server *server;
	struct http_post *post;
	char url[64];
};

static void start(struct fixture *f, struct http_post_conf conf)
{
	static const struct http_handler handler = {.admit = admit, .handle = handle};
	struct http_server_conf sc = HTTP_SERVER_CONF_DEFAULT;
	struct err e;
	sc.port = 0;
	sc.threads = 1;
	results_n = 0;
	conf.done = done;
	assert_int_equal(http_server_create(&sc, &handler, NULL, &f->server, &e), ST_OK);
	(void)snprintf(f->url, sizeof f->url, "http://127.0.0.1:%u", http_server_port(f->server));
	assert_int_equal(http_post_create(&conf, &f->post, &e), ST_OK);
}

static void finish(struct fixture *f)
{
	http_post_destroy(&f->post);
	http_server_destroy(&f->server);
}

static enum status send_to(struct fixture *f, uint64_t id, const char *base, const char *path)
{
	char url[128];
	struct err e;
	(void)snprintf(url, sizeof url, "%s%s", base, path);
	const struct http_post_job job = {.id = id,
					  .url = str_of(url),
					  .headers = {STR("webhook-id: n7")},
					  .body = STR("{\"a\":1}")};
	return http_post_send(f->post, &job, &e);
}

static void test_answers(void **state)
{
	(void)state;
	struct fixture f;
	start(&f, HTTP_POST_CONF_DEFAULT);
	assert_int_equal(send_to(&f, 1, f.url, "/hook"), ST_OK);
	const struct http_post_result *r = await_result(1);
	assert_int_equal(r->status, ST_OK);
	assert_int_equal(r->http, 204);
	pthread_mutex_lock(&lock);
	assert_string_equal(seen, "/hook application/json n7 {\"a\":1}");
	pthread_mutex_unlock(&lock);
	assert_int_equal(send_to(&f, 2, f.url, "/busy"), ST_OK);
	r = await_result(2);
	assert_int_equal(r->http, 503);
	assert_int_equal(r->retry_after_s, 9);
	assert_int_equal(send_to(&f, 3, f.url, "/away"), ST_OK);
	assert_int_equal(await_result(3)->http, 302); /* not followed */
	pthread_mutex_lock(&lock);
	assert_memory_equal(seen, "/away", 5);
	pthread_mutex_unlock(&lock);
	finish(&f);
}

static void test_nobody_there(void **state)
{
	(void)state;
	struct fixture f;
	start(&f, HTTP_POST_CONF_DEFAULT);
	http_server_destroy(&f.server);
	assert_int_equal(send_to(&f, 1, f.url, "/hook"), ST_OK);
	assert_int_equal(await_result(1)->status, ST_UNAVAILABLE);
	assert_int_equal(send_to(&f, 2, "ftp://127.0.0.1", "/hook"), ST_OK);
	assert_int_equal(await_result(2)->status, ST_INVALID);
	finish(&f);
}

/* A silent address fills its own line; the others go on. What is under way is told at the end. */
static void test_slow_slows_nobody(void **state)
{
	(void)state;
	struct fixture f;
	struct http_post_conf conf = HTTP_POST_CONF_DEFAULT;
	unsigned port;
	char slow[64];
	int fd = silent(&port);
	conf.each_max = 2;
	conf.jobs_max = 12;
	start(&f, conf);
	(void)snprintf(slow, sizeof slow, "http://127.0.0.1:%u", port);
	for (uint64_t id = 1; id <= 8; id++)
		assert_int_equal(send_to(&f, id, slow, "/"), ST_OK);
	for (uint64_t id = 11; id <= 14; id++) {
		assert_int_equal(send_to(&f, id, f.url, "/hook"), ST_OK);
		assert_int_equal(await_result(id)->http, 204);
	}
	for (uint64_t id = 21; id <= 24; id++)
		assert_int_equal(send_to(&f, id, slow, "/"), ST_OK);
	assert_int_equal(send_to(&f, 25, slow, "/"), ST_LIMIT);
	finish(&f);
	assert_int_equal(results_n, 4 + 12);
	for (size_t i = 4; i < results_n; i++)
		assert_int_equal(results[i].status, ST_UNAVAILABLE);
	(void)close(fd);
}

static void test_timeout(void **state)
{
	(void)state;
	struct fixture f;
	struct http_post_conf conf = HTTP_POST_CONF_DEFAULT;
	unsigned port;
	char slow[64];
	int fd = silent(&port);
	conf.timeout_us = 50000;
	start(&f, conf);
	(void)snprintf(slow, sizeof slow, "http://127.0.0.1:%u", port);
	assert_int_equal(send_to(&f, 1, slow, "/"), ST_OK);
	assert_int_equal(await_result(1)->status, ST_TIMEOUT);
	finish(&f);
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_slow_slows_nobody),
		cmocka_unit_test(test_timeout),
	};
	clock_cond_init(&more);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
