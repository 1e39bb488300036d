/* SPDX-License-Identifier: Apache-2.0
 * wire.c: two small event loops. They share the processor with what they measure, so they do as
 * little as they can. */
#include "wire.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/crypto.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER 65536
#define AT_ONCE 64
#define ADDRESS "RCPT TO:<u"
#define LOST_US 120000000

static int listen_somewhere(uint16_t *port_r)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t bytes = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (bind(fd, (struct sockaddr *)&at, bytes) != 0 || listen(fd, 1024) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &bytes) != 0) {
		(void)close(fd);
		return -1;
	}
	*port_r = ntohs(at.sin_port);
	return fd;
}

static void at_once(int fd)
{
	int one = 1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static void watch(int epoll, int fd, void *what)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = what};
	(void)epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev);
}

/* ---- the mail server ---- */

struct talk {
	int fd;
	bool data;
	uint64_t lead; /* 1 + number; 0: none named */
	size_t n;
	char bytes[BUFFER];
};

struct wire_sink {
	int fd, epoll;
	uint16_t port;
	pthread_t thread;
	atomic_bool stop;
	_Atomic uint64_t mails;
	size_t leads_max;
	_Atomic int64_t *at;
};

static void say(const struct talk *t, const char *words)
{
	(void)!write(t->fd, words, strlen(words));
}

static void one_mail(struct wire_sink *s, struct talk *t)
{
	int64_t now = clock_mono_us(), none = 0;
	t->data = false;
	atomic_fetch_add(&s->mails, 1);
	if (t->lead > 0 && t->lead <= s->leads_max)
		(void)atomic_compare_exchange_strong(&s->at[t->lead - 1], &none, now);
	t->lead = 0;
	say(t, "250 2.0.0 kept\r\n");
}

static void one_line(struct talk *t, const char *line)
{
	const char *digits = line + sizeof ADDRESS - 1;
	uint64_t n;
	if (strncmp(line, "EHLO", 4) == 0) {
		say(t, "250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n");
	} else if (strncmp(line, "DATA", 4) == 0) {
		t->data = true;
		say(t, "354 go\r\n");
	} else {
		if (strncmp(line, ADDRESS, sizeof ADDRESS - 1) == 0 && bench_number(&digits, &n))
			t->lead = n + 1;
		say(t, strncmp(line, "QUIT", 4) == 0 ? "221 bye\r\n" : "250 2.0.0 ok\r\n");
	}
}

/* What is whole is used up; the rest moves to the front. */
static void read_talk(struct wire_sink *s, struct talk *t)
{
	char *p = t->bytes, *end = t->bytes + t->n, *q;
	for (;;) {
		const char *mark = t->data ? "\r\n.\r\n" : "\r\n";
		size_t len = strlen(mark);
		q = memmem(p, (size_t)(end - p), mark, len);
		if (q == NULL)
			break;
		*q = '\0';
		if (t->data)
			one_mail(s, t);
		else
			one_line(t, p);
		p = q + len;
	}
	t->n = (size_t)(end - p);
	memmove(t->bytes, p, t->n);
}

static void take_all(struct wire_sink *s)
{
	for (;;) {
		int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		struct talk *t = mem_alloc(sizeof *t);
		t->fd = fd;
		at_once(fd);
		watch(s->epoll, fd, t);
		say(t, "220 sink\r\n");
	}
}

static void on_bytes(struct wire_sink *s, struct talk *t)
{
	ssize_t n = read(t->fd, t->bytes + t->n, sizeof t->bytes - t->n);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		(void)close(t->fd);
		mem_free(t);
		return;
	}
	t->n += (size_t)n;
	read_talk(s, t);
}

static void *serve(void *arg)
{
	struct wire_sink *s = arg;
	struct epoll_event ready[AT_ONCE];
	while (!s->stop) {
		int n = epoll_wait(s->epoll, ready, AT_ONCE, 100);
		for (int i = 0; i < n; i++)
			if (ready[i].data.ptr == s)
				take_all(s);
			else
				on_bytes(s, ready[i].data.ptr);
	}
	return NULL;
}

enum status wire_sink_open(size_t leads_max, struct wire_sink **out, struct err *e)
{
	struct wire_sink *s = mem_alloc(sizeof *s);
	s->leads_max = leads_max;
	s->at = mem_array(leads_max, sizeof *s->at);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	s->fd = listen_somewhere(&s->port);
	if (s->fd < 0 || pthread_create(&s->thread, NULL, serve, s) != 0) {
		mem_free((void *)(uintptr_t)s->at);
		mem_free(s);
		return err_set(e, ST_UNAVAILABLE, "bench: no mail server can be made");
	}
	watch(s->epoll, s->fd, s);
	*out = s;
	return ST_OK;
}

void wire_sink_close(struct wire_sink **sp)
{
	struct wire_sink *s = *sp;
	if (s == NULL)
		return;
	s->stop = true;
	(void)pthread_join(s->thread, NULL);
	(void)close(s->fd);
	(void)close(s->epoll);
	mem_free((void *)(uintptr_t)s->at);
	mem_free(s);
	*sp = NULL;
}

uint16_t wire_sink_port(const struct wire_sink *s)
{
	return s->port;
}

int64_t wire_sink_at(const struct wire_sink *s, size_t n)
{
	return s->at[n];
}

uint64_t wire_sink_mails(const struct wire_sink *s)
{
	return s->mails;
}

/* ---- the people ---- */

struct caller {
	int fd;
	size_t n;
	char answer[2048];
};

struct run {
	const struct wire_load *load;
	char auth[128];
	int epoll;
	struct caller *callers, **free;
	size_t free_at, free_n, next, done;
	int64_t began_us;
	int64_t *posted;
};

/* What a site sends of a visitor who has just said who they are, in Segment's words. */
static size_t write_request(const struct run *r, size_t lead, char *out, size_t room)
{
	static const char *const acts[] = {"Pricing Viewed",     "Email Opened",   "Form Submitted",
					   "Content Downloaded", "Demo Requested", "Page Viewed"};
	char body[1200];
	int n = snprintf(body, sizeof body,
			 "{\"messageId\":\"e%zu\",\"event\":\"%s\",\"userId\":\"u%zu\",\"context\":"
			 "{\"traits\":{"
			 "\"email\":\"u%zu@lead%zu.example\",\"first_name\":\"Sarah\",\"last_"
			 "name\":\"Connor\","
			 "\"company\":\"Meridian Logistics\",\"title\":\"Head of "
			 "Operations\",\"employees\":%zu,"
			 "\"industry\":\"logistics\",\"country\":\"DE\"},\"page\":{\"url\":"
			 "\"https://www.example.com/pricing?utm_source=newsletter\",\"referrer\":"
			 "\"https://www.example.org/\"}}}",
			 lead, acts[lead % 6], lead, lead, lead % 1000, 20 + lead % 500);
	int all = snprintf(
		out, room,
		"POST /v1/track HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
		"application/json\r\nAuthorization: Basic %s\r\nContent-Length: %d\r\n\r\n%s",
		r->auth, n, body);
	return (size_t)all;
}

static int64_t due_us(const struct run *r, size_t i)
{
	return r->load->rate > 0 ? r->began_us + (int64_t)((double)i * 1e6 / r->load->rate)
				 : clock_mono_us();
}

/* In turns: one that says nothing for long is hung up on. */
static void rest(struct run *r, struct caller *c)
{
	r->free[(r->free_at + r->free_n++) % r->load->connections] = c;
}

static bool post_due(struct run *r)
{
	char request[2048];
	while (r->free_n > 0 && r->next < r->load->n) {
		int64_t due = due_us(r, r->next);
		if (due > clock_mono_us())
			break;
		struct caller *c = r->free[r->free_at];
		r->free_at = (r->free_at + 1) % r->load->connections;
		r->free_n--;
		size_t n = write_request(r, r->load->first + r->next, request, sizeof request);
		c->n = 0;
		r->posted[r->next++] = due;
		if (write(c->fd, request, n) != (ssize_t)n)
			return false;
	}
	return true;
}

/* True when the answer is whole and said yes. *bad_r: something else came. */
static bool answered(struct caller *c, bool *bad_r)
{
	ssize_t n = read(c->fd, c->answer + c->n, sizeof c->answer - 1 - c->n);
	*bad_r = n <= 0;
	if (n <= 0)
		return false;
	c->n += (size_t)n;
	c->answer[c->n] = '\0';
	const char *end = strstr(c->answer, "\r\n\r\n");
	const char *length = strcasestr(c->answer, "content-length:");
	uint64_t bytes = 0;
	if (end == NULL || length == NULL)
		return false;
	length += strlen("content-length:");
	if (!bench_number(&length, &bytes) || c->n < (size_t)(end + 4 - c->answer) + bytes)
		return false;
	*bad_r = strncmp(c->answer + 9, "200", 3) != 0;
	return !*bad_r;
}

static int wait_ms(const struct run *r)
{
	if (r->free_n == 0 || r->next == r->load->n)
		return 1000;
	int64_t wait = due_us(r, r->next) - clock_mono_us();
	return wait > 1000 ? (int)(wait / 1000) : 0;
}

static enum status go(struct run *r, struct err *e)
{
	struct epoll_event ready[AT_ONCE];
	bool bad = false;
	const char *said = "nothing";
	while (r->done < r->load->n && !bad && clock_mono_us() < r->began_us + LOST_US) {
		bad = !post_due(r);
		int n = epoll_wait(r->epoll, ready, AT_ONCE, wait_ms(r));
		for (int i = 0; i < n && !bad; i++) {
			struct caller *c = ready[i].data.ptr;
			bool whole = answered(c, &bad);
			said = bad ? c->answer : said;
			if (!whole)
				continue;
			rest(r, c);
			r->done++;
		}
	}
	return r->done == r->load->n ? ST_OK
				     : err_set(e, ST_UNAVAILABLE, "bench: event %zu of %zu: %.60s",
					       r->done, r->load->n, said);
}

static enum status call(struct run *r, struct caller *c, struct err *e)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons(r->load->port)};
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(c->fd, (struct sockaddr *)&at, sizeof at) != 0)
		return err_set(e, ST_UNAVAILABLE, "bench: connect: %s", strerror(errno));
	at_once(c->fd);
	watch(r->epoll, c->fd, c);
	rest(r, c);
	return ST_OK;
}

enum status wire_load_run(const struct wire_load *load, int64_t *posted, int64_t *over_us_r,
			  struct err *e)
{
	struct buf auth;
	char plain[80];
	struct run r = {.load = load, .posted = posted, .epoll = epoll_create1(EPOLL_CLOEXEC)};
	r.callers = mem_array(load->connections, sizeof *r.callers);
	r.free = mem_array(load->connections, sizeof(struct caller *));
	buf_init(&auth, sizeof r.auth - 1);
	(void)snprintf(plain, sizeof plain, "%s:", load->token);
	base64_encode(str_of(plain), &auth);
	(void)snprintf(r.auth, sizeof r.auth, "%.*s", (int)auth.n, auth.p);
	buf_finish(&auth);
	enum status st = ST_OK;
	for (unsigned i = 0; st == ST_OK && i < load->connections; i++)
		st = call(&r, &r.callers[i], e);
	r.began_us = clock_mono_us();
	if (st == ST_OK)
		st = go(&r, e);
	*over_us_r = clock_mono_us();
	for (unsigned i = 0; i < load->connections; i++)
		(void)close(r.callers[i].fd);
	(void)close(r.epoll);
	mem_free(r.callers);
	mem_free(r.free);
	return st;
}
