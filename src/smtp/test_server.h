/* SPDX-License-Identifier: Apache-2.0
 * test_server.h: an SMTP server that follows a script, one part for each connection, so that it can
 * be as odd as a test wants. Only test_pool*.c include it.
 *
 *   > 250 text   says a line (lines in a row leave in one write)
 *   >. 250 te    the same without its end: the next `>` goes on there
 *   < RCPT TO:*  waits for a line that is this; with a star at the end, that begins so
 *   < .          reads a message up to the dot
 *   gone         waits for the client to hang up
 *   stall        neither reads nor speaks until the test is over
 *   late         takes its time: 400 ms
 *   flood        says "250-more" until nobody takes it any more
 *   mark, again  where the loop begins; back to there; in a loop QUIT may come instead of a line
 *   ---          here the script of the next connection begins; the last one serves all others
 * The end of a script hangs up.
 */
#ifndef SMTP_TEST_SERVER_H
#define SMTP_TEST_SERVER_H

#include "base/buf.h"
#include "base/test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define SERVER_CONNS_MAX 64

struct server_conn {
	struct server *server;
	pthread_t thread;
	int fd;
	struct str script;
	struct buf in, out;
	bool looping;
};

struct server {
	const char *script;
	int listen_fd, over[2]; /* a pipe that is closed when the test is over */
	uint16_t port;
	pthread_t thread;
	struct server_conn conns[SERVER_CONNS_MAX];
	size_t conn_count;
	pthread_mutex_t lock;
	char wrong[400];    /* what the script did not expect; guarded by the lock */
	struct buf message; /* the last one read; the same */
};

static inline void server_wrong(struct server_conn *c, struct str want, struct str got)
{
	pthread_mutex_lock(&c->server->lock);
	(void)snprintf(c->server->wrong, sizeof c->server->wrong,
		       "want \"" STR_FMT "\", got \"" STR_FMT "\"", STR_ARG(want), STR_ARG(got));
	pthread_mutex_unlock(&c->server->lock);
}

/* False: the client is gone, or the test is over. */
static inline bool server_wait(struct server_conn *c)
{
	struct pollfd fds[2] = {{c->fd, POLLIN, 0}, {c->server->over[0], POLLIN, 0}};
	return poll(fds, 2, -1) > 0 && fds[1].revents == 0;
}

static inline bool server_fill(struct server_conn *c)
{
	if (!server_wait(c) || !buf_reserve(&c->in, 4096))
		return false;
	ssize_t n = recv(c->fd, c->in.p + c->in.n, 4096, 0);
	c->in.n += n > 0 ? (size_t)n : 0;
	return n > 0;
}

/* One line, with its end; empty: none came. It stays at the start of `in` until dropped. */
static inline struct str server_line(struct server_conn *c)
{
	const char *end;
	while ((end = c->in.n > 0 ? memchr(c->in.p, '\n', c->in.n) : NULL) == NULL)
		if (!server_fill(c))
			return STR_NULL;
	return str_n(c->in.p, (size_t)(end + 1 - c->in.p));
}

static inline void server_drop(struct server_conn *c, size_t n)
{
	memmove(c->in.p, c->in.p + n, c->in.n - n);
	c->in.n -= n;
}

static inline bool server_message(struct server_conn *c)
{
	struct buf got;
	bool done = false;
	buf_init(&got, 8 << 20);
	while (!done) {
		struct str line = server_line(c);
		if (line.n == 0)
			break;
		done = str_is(line, ".\r\n");
		buf_str(&got, line);
		server_drop(c, line.n);
	}
	pthread_mutex_lock(&c->server->lock);
	buf_finish(&c->server->message);
	c->server->message = got;
	pthread_mutex_unlock(&c->server->lock);
	return done;
}

static inline bool server_hear(struct server_conn *c, struct str want)
{
	if (str_is(want, "."))
		return server_message(c);
	struct str line = server_line(c);
	if (line.n == 0)
		return false;
	struct str got = str_trim(line);
	bool begins = want.n > 0 && want.p[want.n - 1] == '*';
	bool ok = begins ? str_starts(got, str_slice(want, 0, want.n - 1)) : str_eq(got, want);
	if (!ok && !(c->looping && str_is(got, "QUIT")))
		server_wrong(c, want, got);
	server_drop(c, line.n);
	return ok;
}

static inline bool server_say(struct server_conn *c)
{
	size_t n = c->out.n;
	bool ok = n == 0 || send(c->fd, c->out.p, n, MSG_NOSIGNAL) == (ssize_t)n;
	buf_reset(&c->out);
	return ok;
}

static inline void server_flood(struct server_conn *c)
{
	do
		buf_z(&c->out, "250-more\r\n");
	while (server_say(c));
}

static inline bool server_other(struct server_conn *c, struct str step, struct str *rest,
				struct str *mark)
{
	if (str_is(step, "mark")) {
		*mark = *rest;
		c->looping = true;
		return true;
	}
	if (str_is(step, "again"))
		*rest = *mark;
	else if (str_is(step, "late"))
		(void)poll(&(struct pollfd){c->server->over[0], POLLIN, 0}, 1, 400);
	else if (str_is(step, "flood"))
		server_flood(c);
	else if (str_is(step, "stall"))
		while (poll(&(struct pollfd){c->server->over[0], POLLIN, 0}, 1, -1) < 0)
			;
	else if (str_is(step, "gone"))
		while (server_fill(c))
			;
	else
		server_wrong(c, STR("a step of the script"), step);
	return true;
}

static inline bool server_step(struct server_conn *c, struct str step, struct str *rest,
			       struct str *mark)
{
	bool says = str_starts(step, STR("> ")), part = str_starts(step, STR(">. "));
	if (says || part) {
		buf_str(&c->out, str_slice(step, part ? 3 : 2, step.n));
		buf_z(&c->out, part ? "" : "\r\n");
		return true;
	}
	if (!server_say(c))
		return false;
	if (str_starts(step, STR("< ")))
		return server_hear(c, str_slice(step, 2, step.n));
	return server_other(c, step, rest, mark);
}

static inline void *server_conn_main(void *conn)
{
	struct server_conn *c = conn;
	struct str rest = c->script, mark = rest;
	bool on = true;
	while (on && rest.n > 0)
		on = server_step(c, str_cut(&rest, '\n'), &rest, &mark);
	if (on)
		(void)server_say(c);
	(void)close(c->fd);
	return NULL;
}

/* The script of connection `index`. */
static inline struct str server_part(const char *script, size_t index)
{
	struct str rest = str_of(script);
	for (size_t cut; index > 0 && (cut = str_find(rest, STR("---\n"))) < rest.n; index--)
		rest = str_slice(rest, cut + 4, rest.n);
	return str_slice(rest, 0, str_find(rest, STR("---\n")));
}

static inline void *server_main(void *server)
{
	struct server *s = server;
	while (s->conn_count < SERVER_CONNS_MAX) {
		struct pollfd fds[2] = {{s->listen_fd, POLLIN, 0}, {s->over[0], POLLIN, 0}};
		if (poll(fds, 2, -1) <= 0 || fds[1].revents != 0)
			break;
		struct server_conn *c = &s->conns[s->conn_count];
		*c = (struct server_conn){.server = s};
		c->fd = accept(s->listen_fd, NULL, NULL);
		c->script = server_part(s->script, s->conn_count);
		buf_init(&c->in, 1 << 20);
		buf_init(&c->out, 1 << 16);
		assert_true(pthread_create(&c->thread, NULL, server_conn_main, c) == 0);
		s->conn_count++;
	}
	return NULL;
}

static inline void server_start(struct server *s, const char *script)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t bytes = sizeof at;
	memset(s, 0, sizeof *s);
	s->script = script;
	buf_init(&s->message, 1);
	s->listen_fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(s->listen_fd, (const struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(s->listen_fd, 64), 0);
	assert_int_equal(getsockname(s->listen_fd, (struct sockaddr *)&at, &bytes), 0);
	s->port = ntohs(at.sin_port);
	assert_int_equal(pipe(s->over), 0);
	assert_int_equal(pthread_mutex_init(&s->lock, NULL), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, server_main, s), 0);
}

static inline void server_stop(struct server *s)
{
	(void)close(s->over[1]);
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	for (size_t i = 0; i < s->conn_count; i++) {
		assert_int_equal(pthread_join(s->conns[i].thread, NULL), 0);
		buf_finish(&s->conns[i].in);
		buf_finish(&s->conns[i].out);
	}
	(void)close(s->over[0]);
	(void)close(s->listen_fd);
	(void)pthread_mutex_destroy(&s->lock);
	buf_finish(&s->message);
}

#endif
