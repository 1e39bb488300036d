/* SPDX-License-Identifier: Apache-2.0
 * test_http_thread.c: replies that come later and from elsewhere: many threads, a deadline that
 * passes first, peers that leave, and a stop in the middle of it all. Run under TSan too. */
#include "net/test_http_frame.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>

#define HELD_MAX 4096
#define POST_LATER "POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"

/* Requests wait here until somebody answers them. */
struct shelf {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct http_request *held[HELD_MAX];
	size_t count;
	bool closed;
};

static enum http_verdict admit(void *ctx, struct http_request *req, struct http_reply *reply)
{
	(void)ctx;
	(void)reply;
	req->body_bytes_max = 100;
	return HTTP_GO_ON;
}

static enum http_verdict hold(void *ctx, struct http_request *req, struct http_reply *reply)
{
	struct shelf *s = ctx;
	(void)reply;
	pthread_mutex_lock(&s->lock);
	assert_true(s->count < HELD_MAX);
	s->held[s->count++] = req;
	pthread_cond_signal(&s->filled);
	pthread_mutex_unlock(&s->lock);
	return HTTP_LATER;
}

static struct http_reply echo(struct http_request *req)
{
	struct http_reply reply = {.status = 200, .content_type = "text/plain"};
	reply.body = arena_printf(req->arena, "<" STR_FMT ">", STR_ARG(req->body));
	return reply;
}

/* Takes what there is; with `wait` at least one unless the shelf is closed. */
static size_t take(struct shelf *s, struct http_request **out, bool wait)
{
	pthread_mutex_lock(&s->lock);
	while (wait && s->count == 0 && !s->closed)
		pthread_cond_wait(&s->filled, &s->lock);
	size_t n = s->count;
	memcpy(out, s->held, n * sizeof out[0]);
	s->count = 0;
	pthread_mutex_unlock(&s->lock);
	return n;
}

static void answer_all(struct shelf *s)
{
	struct http_request *held[HELD_MAX];
	size_t n = take(s, held, false);
	for (size_t i = 0; i < n; i++) {
		struct http_reply reply = echo(held[i]);
		http_reply_later(held[i], &reply);
	}
}

static void wait_held(struct shelf *s, size_t want)
{
	for (bool there = false; !there;) {
		pthread_mutex_lock(&s->lock);
		there = s->count >= want;
		pthread_mutex_unlock(&s->lock);
		if (!there)
			clock_sleep_us(500);
	}
}

/* Like a group commit: everything that waits is answered in one move. */
static void *committer(void *shelf)
{
	struct shelf *s = shelf;
	struct http_request **held = mem_array(HELD_MAX, sizeof *held);
	struct http_replies batch;
	http_replies_init(&batch);
	for (;;) {
		size_t n = take(s, held, true);
		if (n == 0)
			break;
		for (size_t i = 0; i < n; i++) {
			struct http_reply reply = echo(held[i]);
			http_replies_add(&batch, held[i], &reply);
		}
		http_replies_send(&batch);
	}
	mem_free(held);
	return NULL;
}

struct fixture {
	struct http_frame http;
	struct shelf shelf;
};

static void start(struct fixture *f, const struct http_server_conf *conf)
{
	const struct http_handler handler = {.ctx = &f->shelf, .admit = admit, .handle = hold};
	f->shelf = (struct shelf){.count = 0};
	assert_int_equal(pthread_mutex_init(&f->shelf.lock, NULL), 0);
	assert_int_equal(pthread_cond_init(&f->shelf.filled, NULL), 0);
	http_frame_start(&f->http, conf, &handler);
}

#define CLIENTS 8
#define REQUESTS 200

struct client {
	pthread_t id;
	uint16_t port;
	unsigned number, right;
};

/* Each request's body is its own, so an answer given to the wrong peer is seen. */
static void *client_main(void *client)
{
	struct client *c = client;
	struct buf spare, answer;
	char text[160], want[32];
	buf_init(&spare, PEER_BYTES_MAX);
	buf_init(&answer, PEER_BYTES_MAX);
	int fd = peer_connect(c->port);
	for (unsigned i = 0; i < REQUESTS; i++) {
		(void)snprintf(want, sizeof want, "%u-%03u", c->number, i);
		(void)snprintf(text, sizeof text,
			       "POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s",
			       strlen(want), want);
		if (!peer_send(fd, str_of(text)) || peer_receive(fd, false, &spare, &answer) != 200)
			break;
		c->right += str_find(buf_view(&answer), str_of(want)) < answer.n;
	}
	close(fd);
	buf_finish(&spare);
	buf_finish(&answer);
	return NULL;
}

static void test_many_threads(void **state)
{
	(void)state;
	struct fixture f;
	struct http_server_conf conf = http_frame_conf();
	struct client clients[CLIENTS];
	pthread_t committers[2];
	conf.threads = 3;
	start(&f, &conf);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&committers[i], NULL, committer, &f.shelf), 0);
	for (unsigned i = 0; i < CLIENTS; i++) {
		clients[i] = (struct client){.port = http_server_port(f.http.server), .number = i};
		assert_int_equal(pthread_create(&clients[i].id, NULL, client_main, &clients[i]), 0);
	}
	for (unsigned i = 0; i < CLIENTS; i++) {
		assert_int_equal(pthread_join(clients[i].id, NULL), 0);
		assert_int_equal(clients[i].right, REQUESTS);
	}
	assert_int_equal(metrics_get(f.http.metrics, METRIC_HTTP_2XX), CLIENTS * REQUESTS);
	http_server_stop(f.http.server, 1000000);
	pthread_mutex_lock(&f.shelf.lock);
	f.shelf.closed = true;
	pthread_cond_broadcast(&f.shelf.filled);
	pthread_mutex_unlock(&f.shelf.lock);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_join(committers[i], NULL), 0);
	http_frame_finish(&f.http);
}

static void test_reply_too_late(void **state)
{
	(void)state;
	struct fixture f;
	struct http_server_conf conf = http_frame_conf();
	conf.reply_timeout_us = 200000;
	start(&f, &conf);
	int fd = peer_connect(http_server_port(f.http.server));
	assert_true(peer_send(fd, STR(POST_LATER)));
	assert_int_equal(peer_receive(fd, false, &f.http.spare, &f.http.answer), 503);
	wait_held(&f.shelf, 1);
	answer_all(&f.shelf); /* still owed, and dropped */
	assert_int_equal(peer_receive(fd, false, &f.http.spare, &f.http.answer), 0);
	close(fd);
	assert_int_equal(metrics_get(f.http.metrics, METRIC_HTTP_5XX), 1);
	assert_int_equal(metrics_get(f.http.metrics, METRIC_HTTP_2XX), 0);
	http_frame_finish(&f.http);
}

/* Nobody is there any more to take the reply, and nothing may break by that. */
static void test_peer_leaves(void **state)
{
	(void)state;
	struct fixture f;
	struct http_server_conf conf = http_frame_conf();
	start(&f, &conf);
	for (int i = 0; i < 50; i++) {
		int fd = peer_connect(http_server_port(f.http.server));
		assert_true(peer_send(fd, STR(POST_LATER)));
		wait_held(&f.shelf, 1);
		close(fd);
		answer_all(&f.shelf);
	}
	http_frame_finish(&f.http);
}

struct stopper {
	struct http_server *server;
	int64_t grace_us;
};

static void *stop_main(void *stopper)
{
	struct stopper *s = stopper;
	http_server_stop(s->server, s->grace_us);
	return NULL;
}

#define IN_HAND 20

static void hold_some(struct fixture *f, int fd[IN_HAND])
{
	for (int i = 0; i < IN_HAND; i++) {
		fd[i] = peer_connect(http_server_port(f->http.server));
		assert_true(peer_send(fd[i], STR(POST_LATER)));
	}
	wait_held(&f->shelf, IN_HAND);
}

static bool refused(uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool no = connect(fd, (struct sockaddr *)&to, sizeof to) != 0;
	close(fd);
	return no;
}

/* Every request that was in hand gets its answer, then the connections end. */
static void test_graceful_stop(void **state)
{
	(void)state;
	struct fixture f;
	struct http_server_conf conf = http_frame_conf();
	int fd[IN_HAND];
	pthread_t id;
	start(&f, &conf);
	uint16_t port = http_server_port(f.http.server);
	hold_some(&f, fd);
	int idle = peer_connect(port);
	struct stopper s = {f.http.server, 60 * INT64_C(1000000)};
	assert_int_equal(pthread_create(&id, NULL, stop_main, &s), 0);
	assert_int_equal(peer_receive(idle, false, &f.http.spare, &f.http.answer),
			 0); /* nothing in hand */
	close(idle);
	answer_all(&f.shelf);
	for (int i = 0; i < IN_HAND; i++) {
		assert_int_equal(peer_receive(fd[i], false, &f.http.spare, &f.http.answer), 200);
		assert_true(str_find(buf_view(&f.http.answer), STR("Connection: close")) <
			    f.http.answer.n);
		assert_int_equal(peer_receive(fd[i], false, &f.http.spare, &f.http.answer), 0);
		close(fd[i]);
	}
	assert_int_equal(pthread_join(id, NULL), 0);
	assert_int_equal(metrics_get(f.http.metrics, METRIC_HTTP_2XX), IN_HAND);
	http_server_destroy(&f.http.server);
	assert_true(refused(port));
	http_frame_finish(&f.http);
}

/* The grace is over: they are told to come again, and the replies are still waited for. */
static void test_stop_without_grace(void **state)
{
	(void)state;
	struct fixture f;
	struct http_server_conf conf = http_frame_conf();
	int fd[IN_HAND];
	pthread_t id;
	start(&f, &conf);
	hold_some(&f, fd);
	struct stopper s = {f.http.server, 0};
	assert_int_equal(pthread_create(&id, NULL, stop_main, &s), 0);
	for (int i = 0; i < IN_HAND; i++) {
		assert_int_equal(peer_receive(fd[i], false, &f.http.spare, &f.http.answer), 503);
		close(fd[i]);
	}
	answer_all(&f.shelf);
	assert_int_equal(pthread_join(id, NULL), 0);
	assert_int_equal(metrics_get(f.http.metrics, METRIC_HTTP_5XX), IN_HAND);
	http_frame_finish(&f.http);
}

#define SHARING 4
#define PEERS_EACH 8

/* How many requests each of the server's threads was asked. */
static enum http_verdict count_here(void *ctx, struct http_request *req, struct http_reply *reply)
{
	_Atomic unsigned *asked = ctx;
	char name[16];
	unsigned i = SHARING;
	(void)req;
	assert_int_equal(pthread_getname_np(pthread_self(), name, sizeof name), 0);
	assert_int_equal(sscanf(name, "http-%u", &i), 1);
	assert_true(i < SHARING);
	asked[i]++;
	*reply = (struct http_reply){.status = 200, .content_type = "text/plain"};
	return HTTP_ANSWERED;
}

/* Connections stay for long: each thread must have its share of them, even of a burst. */
static void test_shared_evenly(void **state)
{
	(void)state;
	struct http_frame f;
	struct http_server_conf conf = http_frame_conf();
	_Atomic unsigned asked[SHARING] = {0};
	const struct http_handler h = {.ctx = asked, .admit = admit, .handle = count_here};
	int fd[SHARING * PEERS_EACH];
	conf.threads = SHARING;
	http_frame_start(&f, &conf, &h);
	for (size_t i = 0; i < SHARING * PEERS_EACH; i++)
		fd[i] = peer_connect(http_server_port(f.server));
	for (size_t i = 0; i < SHARING * PEERS_EACH; i++) {
		assert_true(peer_send(fd[i], STR(POST_LATER)));
		assert_int_equal(peer_receive(fd[i], false, &f.spare, &f.answer), 200);
	}
	for (size_t i = 0; i < SHARING; i++)
		assert_int_equal(asked[i], PEERS_EACH);
	for (size_t i = 0; i < SHARING * PEERS_EACH; i++)
		close(fd[i]);
	http_frame_finish(&f);
}

/* No file is left for a connection: it waits, and is served once there is one. */
static void test_no_file_left(void **state)
{
	(void)state;
	struct http_frame f;
	struct http_server_conf conf = http_frame_conf();
	_Atomic unsigned asked[SHARING] = {0};
	const struct http_handler h = {.ctx = asked, .admit = admit, .handle = count_here};
	struct rlimit before, none;
	http_frame_start(&f, &conf, &h);
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(http_server_port(f.server))};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	assert_true(peer_send(fd, STR(POST_LATER)));
	clock_sleep_us(20000); /* for the server to meet the ceiling; too short would test less */
	assert_int_equal(asked[0] + asked[1], 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(peer_receive(fd, false, &f.spare, &f.answer), 200);
	close(fd);
	http_frame_finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_threads),       cmocka_unit_test(test_reply_too_late),
		cmocka_unit_test(test_peer_leaves),        cmocka_unit_test(test_graceful_stop),
		cmocka_unit_test(test_stop_without_grace), cmocka_unit_test(test_shared_evenly),
		cmocka_unit_test(test_no_file_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
