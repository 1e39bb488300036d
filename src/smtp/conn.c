/* SPDX-License-Identifier: Apache-2.0
 * conn.c: one connection's bytes: opened, read, written, given up. What the bytes say is talk.c.
 * A write comes after all replies at hand were read, so that what they lead to leaves together. */
#include "smtp/internal.h"

#include "base/assert.h"
#include "base/crypto.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#define IN_CLEAR_FOR_US SMTP_SECONDS(3600) /* after TLS failed where it was only welcome */
#define FLUSH_ROUNDS_MAX 8                 /* then others have their turn */

/* ---- the socket, with TLS or without ---- */

static enum smtp_io from_errno(struct err *e)
{
	if (errno == EAGAIN || errno == EINTR)
		return SMTP_IO_WANT_READ;
	(void)err_set(e, ST_IO, "%s", strerror(errno));
	return SMTP_IO_ERROR;
}

static enum smtp_io io_read(struct smtp_conn *c, char *p, size_t room, size_t *n_r, struct err *e)
{
	if (c->tls != NULL)
		return smtp_tls_read(c->tls, p, room, n_r, e);
	ssize_t n = recv(c->fd, p, room, 0);
	if (n < 0)
		return from_errno(e);
	*n_r = (size_t)n;
	return n == 0 ? SMTP_IO_END : SMTP_IO_DONE;
}

static enum smtp_io io_write(struct smtp_conn *c, const char *p, size_t n, size_t *n_r,
			     struct err *e)
{
	if (c->tls != NULL)
		return smtp_tls_write(c->tls, p, n, n_r, e);
	ssize_t done = send(c->fd, p, n, MSG_NOSIGNAL);
	if (done < 0) {
		enum smtp_io io = from_errno(e);
		return io == SMTP_IO_WANT_READ ? SMTP_IO_WANT_WRITE : io;
	}
	*n_r = (size_t)done;
	return SMTP_IO_DONE;
}

/* Level-triggered: reading always, writing only while something waits to be written. */
static void want_out(struct smtp_conn *c, bool wants)
{
	if (c->wants_out == wants)
		return;
	struct epoll_event ev = {.events = EPOLLIN | (wants ? (uint32_t)EPOLLOUT : 0),
				 .data.ptr = c};
	ASSERT(epoll_ctl(c->pool->epoll_fd, EPOLL_CTL_MOD, c->fd, &ev) == 0);
	c->wants_out = wants;
}

/* ---- opening ---- */

static struct smtp_conn *make(struct smtp_pool *p, struct smtp_server *s)
{
	struct smtp_conn *c = mem_alloc(sizeof *c);
	*c = (struct smtp_conn){.pool = p,
				.server = s,
				.fd = -1,
				.authenticated = s->conf.user == NULL,
				.in_clear = p->now_us < s->in_clear_until_us,
				.address = s->address_at};
	c->in = mem_alloc(SMTP_IN_BYTES);
	buf_init(&c->out, SMTP_OUT_BYTES);
	c->next = p->conns;
	if (p->conns != NULL)
		p->conns->prev = c;
	p->conns = c;
	p->conn_count++;
	s->conns++;
	s->opening++;
	return c;
}

static int dial(struct smtp_conn *c)
{
	const struct smtp_address *a = &c->server->addresses[c->address];
	int one = 1;
	c->fd = socket(a->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return errno;
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
	c->wants_out = true;
	if (connect(c->fd, (const struct sockaddr *)&a->at, a->bytes) != 0 && errno != EINPROGRESS)
		return errno;
	ASSERT(epoll_ctl(c->pool->epoll_fd, EPOLL_CTL_ADD, c->fd, &ev) == 0);
	return 0;
}

/* Goes through the addresses until one lets itself be dialled; `error` is of the one before. */
static void dial_on(struct smtp_conn *c, int error)
{
	struct smtp_server *s = c->server;
	char text[160];
	while (error != 0) {
		if (c->fd >= 0)
			(void)close(c->fd);
		c->fd = -1;
		if (++c->addresses_tried >= s->address_count) {
			(void)snprintf(text, sizeof text, "cannot connect: %s", strerror(error));
			smtp_conn_fail(c, NULL, text);
			return;
		}
		c->address = (c->address + 1) % s->address_count;
		s->address_at = c->address; /* the next one begins where it may work */
		error = dial(c);
	}
	smtp_conn_enter(c, CONN_CONNECTING);
}

void smtp_conn_open(struct smtp_pool *p, struct smtp_server *s)
{
	struct smtp_conn *c = make(p, s);
	if (c->address >= s->address_count)
		c->address = 0;
	dial_on(c, dial(c));
}

static void connected(struct smtp_conn *c)
{
	int error = 0;
	socklen_t bytes = sizeof error;
	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &bytes) != 0)
		error = errno;
	if (error != 0) {
		dial_on(c, error);
		return;
	}
	want_out(c, false);
	if (c->server->conf.security == SMTP_SECURITY_TLS)
		smtp_conn_handshake(c);
	else
		smtp_conn_enter(c, CONN_GREETING);
}

static void handshake_on(struct smtp_conn *c)
{
	struct smtp_server *s = c->server;
	struct err e;
	enum smtp_io io = smtp_tls_handshake(c->tls, &e);
	want_out(c, io == SMTP_IO_WANT_WRITE);
	if (io == SMTP_IO_DONE) {
		smtp_talk_secured(c);
	} else if (io == SMTP_IO_END || io == SMTP_IO_ERROR) {
		if (s->conf.security == SMTP_SECURITY_STARTTLS_IF_OFFERED && s->conf.user == NULL)
			s->in_clear_until_us = c->pool->now_us + IN_CLEAR_FOR_US;
		smtp_conn_fail(c, NULL, io == SMTP_IO_END ? "the server hung up on TLS" : e.text);
	}
}

void smtp_conn_handshake(struct smtp_conn *c)
{
	const struct smtp_relay *relay = &c->server->conf;
	const char *name = relay->tls_name != NULL ? relay->tls_name : relay->host;
	struct err e;
	smtp_conn_enter(c, CONN_HANDSHAKE);
	if (smtp_tls_open(c->server->tls, c->fd, name, &c->tls, &e) != ST_OK)
		smtp_conn_fail(c, NULL, e.text);
	else
		handshake_on(c);
}

/* ---- ending ---- */

static void unlink_conn(struct smtp_conn *c)
{
	struct smtp_pool *p = c->pool;
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		p->conns = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	p->conn_count--;
	c->prev = NULL;
	c->next = p->dead; /* events of this turn may still point here */
	p->dead = c;
}

void smtp_conn_close(struct smtp_conn *c)
{
	struct smtp_server *s = c->server;
	ASSERT(c->job == NULL && c->ahead == NULL && c->state != CONN_CLOSED);
	smtp_server_unidle(c);
	if (c->state != CONN_QUIT)
		s->conns--;
	if (!c->ready)
		s->opening--;
	smtp_tls_close(&c->tls);
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
	smtp_conn_enter(c, CONN_CLOSED);
	unlink_conn(c);
}

void smtp_conn_free_dead(struct smtp_pool *p)
{
	while (p->dead != NULL) {
		struct smtp_conn *c = p->dead;
		p->dead = c->next;
		if (c->secret)
			crypto_wipe(c->out.p, c->out.cap);
		buf_finish(&c->out);
		mem_free(c->in);
		mem_free(c);
	}
}

/* A kept connection may have died while nobody looked: that says nothing about the mail, nor about
 * the server, and no answer to this mail was seen. It goes back to the line, once. */
static bool was_stale(const struct smtp_conn *c, const struct smtp_job *j)
{
	return !j->again && (c->messages > 1 || c->rested) && !c->mail_ok &&
	       (c->state == CONN_RSET || c->state == CONN_MAIL) && c->pool->stop_at_us == 0;
}

static void fail_job(struct smtp_conn *c, struct smtp_job *j, const struct smtp_verdict *v)
{
	if (was_stale(c, j)) {
		j->again = true;
		smtp_server_put_back(c->pool, j);
		return;
	}
	enum smtp_outcome o = j->dot_sent && v->reply == NULL ? SMTP_UNCERTAIN : SMTP_DEFERRED;
	smtp_report_open(c->pool, j, o, v);
}

void smtp_conn_fail(struct smtp_conn *c, const struct smtp_reply *r, const char *text)
{
	struct smtp_pool *p = c->pool;
	struct smtp_server *s = c->server;
	struct smtp_job *j = c->job;
	struct smtp_verdict v = {.phase = smtp_conn_phase(c), .reply = r, .text = text};
	bool tls = !c->ready && c->state == CONN_HANDSHAKE;
	bool in_clear = tls && p->now_us < s->in_clear_until_us && p->stop_at_us == 0;
	c->job = NULL;
	if (j != NULL)
		fail_job(c, j, &v); /* before the bytes of `r` go */
	smtp_talk_give_back(c);
	bool ready = c->ready;
	smtp_conn_close(c);
	if (!ready && !in_clear)
		smtp_server_refused(p, s, &v);
	smtp_server_kick(p, s);
}

void smtp_conn_overdue(struct smtp_conn *c)
{
	if (c->state == CONN_QUIT) {
		smtp_conn_close(c);
		return;
	}
	if (c->state == CONN_IDLE) {
		smtp_talk_quit(c);
		smtp_conn_flush(c);
		return;
	}
	smtp_conn_fail(c, NULL,
		       c->pool->stop_at_us != 0 ? "the pool stopped" : "no answer in time");
}

/* ---- bytes ---- */

/* What is at hand, reply by reply. False: the connection is gone. */
static bool read_replies(struct smtp_conn *c)
{
	while (c->in_at < c->in_n) {
		struct smtp_reply r;
		size_t used = 0;
		struct str in = str_n(c->in + c->in_at, c->in_n - c->in_at);
		enum smtp_read got = smtp_reply_read(in, &r, &used);
		if (got == SMTP_READ_MORE)
			break;
		if (got == SMTP_READ_BAD) {
			smtp_conn_fail(c, NULL, "what the server says is not SMTP");
			return false;
		}
		c->in_at += used;
		smtp_talk_reply(c, &r);
		if (c->state == CONN_CLOSED || c->state == CONN_HANDSHAKE)
			return false;
	}
	if (c->in_at > 0) {
		memmove(c->in, c->in + c->in_at, c->in_n - c->in_at);
		c->in_n -= c->in_at;
		c->in_at = 0;
	}
	return true;
}

static void read_all(struct smtp_conn *c)
{
	enum smtp_io io = SMTP_IO_DONE;
	while (io == SMTP_IO_DONE) {
		struct err e;
		size_t n = 0, room = SMTP_IN_BYTES - c->in_n;
		ASSERT(room > 0); /* a reply is BAD long before */
		io = io_read(c, c->in + c->in_n, room, &n, &e);
		if (io == SMTP_IO_ERROR || io == SMTP_IO_END) {
			smtp_conn_fail(c, NULL, io == SMTP_IO_END ? "the server hung up" : e.text);
			return;
		}
		c->in_n += io == SMTP_IO_DONE ? n : 0;
		if (io == SMTP_IO_DONE && !read_replies(c))
			return;
		/* epoll tells again about a socket, but not about bytes inside TLS. */
		if (c->tls == NULL && n < room)
			return;
	}
}

static void message_out(struct smtp_conn *c)
{
	c->job->dot_sent = true;
	c->dot_us = c->pool->now_us;
	smtp_conn_enter(c, CONN_DOT);
}

static void sent(struct smtp_conn *c, size_t n)
{
	c->out_at += n;
	if (c->state == CONN_BODY && c->dot_queued && c->out_at >= c->dot_at)
		message_out(c);
	else if (c->state == CONN_BODY)
		smtp_conn_enter(c, CONN_BODY); /* it moves: the deadline does too */
	if (c->out_at < c->out.n)
		return;
	if (c->secret)
		crypto_wipe(c->out.p, c->out.n);
	c->secret = false;
	buf_reset(&c->out);
	c->out_at = 0;
	if (c->state == CONN_BODY)
		smtp_talk_body_fill(c);
}

void smtp_conn_flush(struct smtp_conn *c)
{
	ASSERT(buf_ok(&c->out));
	for (unsigned i = 0; c->out_at < c->out.n && i < FLUSH_ROUNDS_MAX; i++) {
		struct err e;
		size_t n = 0;
		enum smtp_io io = io_write(c, c->out.p + c->out_at, c->out.n - c->out_at, &n, &e);
		if (io == SMTP_IO_ERROR || io == SMTP_IO_END) {
			read_all(c); /* its last words may say why */
			if (c->state != CONN_CLOSED)
				smtp_conn_fail(c, NULL,
					       io == SMTP_IO_END ? "the server hung up" : e.text);
			return;
		}
		if (io != SMTP_IO_DONE)
			break;
		sent(c, n);
	}
	want_out(c, c->out_at < c->out.n);
}

void smtp_conn_event(struct smtp_conn *c)
{
	if (c->state == CONN_CONNECTING)
		connected(c);
	else if (c->state == CONN_HANDSHAKE)
		handshake_on(c);
	/* After a handshake bytes may be inside TLS already. */
	if (c->state != CONN_CLOSED && c->state != CONN_CONNECTING && c->state != CONN_HANDSHAKE)
		read_all(c);
	if (c->state != CONN_CLOSED && c->state != CONN_CONNECTING && c->state != CONN_HANDSHAKE)
		smtp_conn_flush(c);
}
