/* SPDX-License-Identifier: Apache-2.0
 * load.c: the load generator. Requests are written out once, with message ids of fixed width that
 * are overwritten in place before each sending: on a machine with two cores every microsecond the
 * generator takes is missing to the server it measures. */
#include "load.h"

#include "base/arena.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/time.h"
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ID_MARK "\"bench-"
#define ID_DIGITS 20u
#define TEMPLATES 64u
#define EVENTS_EACH_MAX 200u
#define ANSWER_MAX 2048u /* of one event, or one decision */
#define EVENTS_AT_ONCE 256

struct template
{
	char *text;
	size_t n, ids_n;
	size_t ids[EVENTS_EACH_MAX]; /* where the digits stand; the token of a link */
	const struct link_keys *links;
};

struct connection {
	int fd;
	struct template *t; /* its own copy: ids are written into it */
	size_t sent, got, room;
	int64_t due_us;           /* when its request should have begun; paced only */
	struct connection *spare; /* the next one without a request; paced only */
	char *answer;
};

struct load {
	const struct load_conf *conf;
	struct rng rng;
	struct arena arena;
	struct template *templates;
	struct connection *connections;
	int epoll;
	bool over; /* time is up: answers are taken, nothing new is sent */
	unsigned open;
	struct connection *spares, **last_spare; /* in turns: all are used alike */
	bool short_of_spares;                    /* at the last look */
	int64_t from_us;                         /* paced: when it began, */
	uint64_t begun;                          /* and how many requests since */
	struct load_result result;
};

static uint64_t next_id(void)
{
	static uint64_t unique; /* of the process: no two runs share one */
	if (unique == 0)
		unique = (uint64_t)clock_now_us() * 1000;
	return unique++;
}

/* ---- requests ---- */

/* Eight subjects for a case of twelve numbers. */
static const char *ask_of(struct load *l, struct buf *body)
{
	buf_printf(body, "{\"decision\":\"subject\",\"id\":" ID_MARK "%0*d\",\"context\":{",
		   (int)ID_DIGITS, 0);
	for (int name = 'a'; name <= 'l'; name++)
		buf_printf(body, "%s\"%c\":%.2f", name == 'a' ? "" : ",", name,
			   (double)rng_below(&l->rng, 400) / 100 - 2);
	buf_z(body, "},\"actions\":[\"question\",\"number\",\"story\",\"offer\",\"name\",\"proof\","
		    "\"short\",\"long\"]}");
	return "decide";
}

static const char *one_of(struct load *l, struct buf *body)
{
	return l->conf->decisions ? ask_of(l, body)
				  : bench_segment_call(&l->rng, l->conf->leads, next_id(), body);
}

static const char *body_of(struct load *l, struct buf *body)
{
	const struct load_conf *c = l->conf;
	const char *type = NULL;
	if (c->events_each == 1)
		return one_of(l, body);
	buf_z(body, c->decisions ? "{\"decisions\":[" : "{\"batch\":[");
	for (unsigned i = 0; i < c->events_each; i++) {
		if (i > 0)
			buf_byte(body, ',');
		type = one_of(l, body);
	}
	buf_z(body, "]}");
	return c->decisions ? type : "batch";
}

static void template_make(struct load *l, struct template *t)
{
	struct buf body, text;
	buf_init(&body, (size_t)1 << 20);
	buf_init(&text, (size_t)1 << 20);
	const char *type = body_of(l, &body);
	buf_printf(&text,
		   "POST /v1/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
		   "Authorization: Bearer %s\r\nContent-Length: %zu\r\n\r\n",
		   type, l->conf->token, body.n);
	buf_str(&text, buf_view(&body));
	ASSERT(buf_ok(&text));
	t->n = text.n;
	t->text = arena_strz(&l->arena, buf_view(&text));
	t->ids_n = 0;
	for (char *at = strstr(t->text, ID_MARK); at != NULL; at = strstr(at, ID_MARK)) {
		at += sizeof ID_MARK - 1;
		t->ids[t->ids_n++] = (size_t)(at - t->text);
	}
	ASSERT(t->ids_n == l->conf->events_each);
	buf_finish(&body);
	buf_finish(&text);
}

#define TARGET "https://larkspur.example/figures"
#define TARGET_ESCAPED "https%3A%2F%2Flarkspur.example%2Ffigures"

/* A message of its own each time: as long a token as any, since its number is a large one. */
static void sign_link(struct template *t, char out[LINK_TEXT_MAX])
{
	const struct link l = {.kind = LINK_CLICK,
			       .id = LINK_ID_MAX / 2 + next_id() % (LINK_ID_MAX / 4),
			       .n = 1,
			       .expires_us = TIME_NONE};
	ASSERT(link_write(t->links, &l, STR(TARGET), out, NULL) == ST_OK);
}

static void link_template(struct load *l, struct template *t)
{
	char token[LINK_TEXT_MAX];
	t->links = l->conf->links;
	sign_link(t, token);
	struct str text = arena_printf(
		&l->arena,
		"GET /t/%s?u=%s HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/5.0 "
		"(X11; Linux x86_64; rv:128.0) Gecko/20100101 "
		"Firefox/128.0\r\nAccept: text/html\r\n"
		"Accept-Language: en\r\n\r\n",
		token, TARGET_ESCAPED);
	t->text = arena_strz(&l->arena, text);
	t->n = text.n;
	t->ids[0] = sizeof "GET /t/" - 1;
}

static void stamp(struct template *t)
{
	if (t->links != NULL) {
		char token[LINK_TEXT_MAX];
		sign_link(t, token);
		memcpy(t->text + t->ids[0], token, strlen(token));
		return;
	}
	for (size_t i = 0; i < t->ids_n; i++) {
		uint64_t id = next_id();
		char *digits = t->text + t->ids[i];
		for (unsigned k = ID_DIGITS; k-- > 0; id /= 10)
			digits[k] = (char)('0' + id % 10);
	}
}

/* ---- connections ---- */

static enum status connect_to(uint16_t port, int *fd_r, struct err *e)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
		if (fd >= 0)
			(void)close(fd);
		return err_set(e, ST_IO, "bench: cannot connect to port %u: %s", port,
			       strerror(errno));
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* else only slower */
	*fd_r = fd;
	return ST_OK;
}

/* What does not fit the socket's buffer goes when there is room again. */
static bool push(struct connection *c)
{
	while (c->sent < c->t->n) {
		ssize_t n = send(c->fd, c->t->text + c->sent, c->t->n - c->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0)
			return errno == EAGAIN;
		c->sent += (size_t)n;
	}
	return true;
}

static void begin(struct connection *c)
{
	stamp(c->t);
	c->sent = c->got = 0;
}

/* The status of a whole answer; 0: not whole yet; -1: no answer at all. */
static int take(struct connection *c)
{
	ssize_t n = recv(c->fd, c->answer + c->got, c->room - 1 - c->got, MSG_DONTWAIT);
	if (n <= 0)
		return n < 0 && errno == EAGAIN ? 0 : -1;
	c->got += (size_t)n;
	c->answer[c->got] = '\0';
	char *end = strstr(c->answer, "\r\n\r\n");
	if (end == NULL)
		return 0;
	uint64_t length, status;
	const char *header = strcasestr(c->answer, "\r\nContent-Length:");
	const char *code = strncmp(c->answer, "HTTP/1.1 ", 9) == 0 ? c->answer + 9 : NULL;
	header = header != NULL ? header + 17 : NULL;
	if (!bench_number(&header, &length) || !bench_number(&code, &status) || status > 999)
		return -1;
	return c->got >= (size_t)(end + 4 - c->answer) + length ? (int)status : 0;
}

static void drop(struct load *l, struct connection *c)
{
	(void)close(c->fd);
	c->fd = -1;
	l->open--;
}

static void count(struct load *l, int status)
{
	l->result.requests++;
	if (status == 200 || status == 302)
		l->result.rate.events += l->conf->events_each;
	else if (status == 429)
		l->result.shed++;
	else
		l->result.failed++;
}

/* It is free for the next request that is due. */
static void rest(struct load *l, struct connection *c)
{
	c->sent = c->t->n; /* nothing to send until then */
	c->spare = NULL;
	*l->last_spare = c;
	l->last_spare = &c->spare;
}

static struct connection *take_spare(struct load *l)
{
	struct connection *c = l->spares;
	l->spares = c->spare;
	if (l->spares == NULL)
		l->last_spare = &l->spares;
	return c;
}

/* In time or not. */
static void answered(struct load *l, struct connection *c)
{
	if (l->result.took_n < l->conf->took_max)
		l->conf->took_us[l->result.took_n++] = (double)(clock_mono_us() - c->due_us);
	rest(l, c);
}

static void serve(struct load *l, struct connection *c, uint32_t what)
{
	int status = what & (EPOLLIN | EPOLLHUP | EPOLLERR) ? take(c) : 0;
	if (status != 0) {
		count(l, status);
		if (l->over || status < 0) {
			drop(l, c);
			return;
		}
		if (l->conf->per_s > 0)
			answered(l, c);
		else
			begin(c);
	}
	if (!push(c))
		drop(l, c);
}

static void answer_room(struct load *l, struct connection *c)
{
	c->room = (size_t)ANSWER_MAX * l->conf->events_each;
	c->answer = ARENA_ARRAY(&l->arena, char, c->room);
}

static enum status open_all(struct load *l, struct err *e)
{
	for (unsigned i = 0; i < l->conf->connections; i++) {
		struct connection *c = &l->connections[i];
		const struct template *of = &l->templates[i % TEMPLATES];
		enum status st = connect_to(l->conf->port, &c->fd, e);
		if (st != ST_OK)
			return st;
		l->open++;
		answer_room(l, c);
		c->t = ARENA_NEW(&l->arena, struct template);
		*c->t = *of;
		c->t->text = arena_strz(&l->arena, str_n(of->text, of->n));
		struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
		if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &ev) != 0)
			return err_set(e, ST_IO, "bench: epoll: %s", strerror(errno));
		begin(c);
		if (l->conf->per_s > 0)
			rest(l, c);
	}
	return ST_OK;
}

/* Begins what is due; returns how long nothing will be. A request that finds no connection is late
 * from its own instant on, not from when one was free. */
static int64_t begin_due(struct load *l)
{
	unsigned per_s = l->conf->per_s;
	int64_t now = clock_mono_us();
	int64_t due = l->from_us + (int64_t)(l->begun * 1000000 / per_s);
	while (!l->over && l->spares != NULL && due <= now) {
		struct connection *c = take_spare(l);
		begin(c);
		c->due_us = due;
		if (!l->short_of_spares && l->result.late_n < l->conf->took_max)
			l->conf->late_us[l->result.late_n++] = (double)(clock_mono_us() - due);
		if (!push(c))
			drop(l, c);
		due = l->from_us + (int64_t)(++l->begun * 1000000 / per_s);
	}
	l->short_of_spares = l->spares == NULL;
	while (l->over && l->spares != NULL)
		drop(l, take_spare(l));
	return l->spares == NULL || due - now > 100000 ? 100000 : due > now ? due - now : 0;
}

static void work(struct load *l)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int64_t until = clock_mono_us() + l->conf->for_us, give_up = until + 5000000;
	(void)prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0); /* else each wait ends 50 us late */
	l->from_us = clock_mono_us();
	while (l->open > 0 && clock_mono_us() < give_up) {
		int64_t wait_us = l->conf->per_s > 0 ? begin_due(l) : 100000;
		const struct timespec wait = {.tv_nsec = wait_us * 1000};
		int n = epoll_pwait2(l->epoll, events, EVENTS_AT_ONCE, &wait, NULL);
		l->over = clock_mono_us() >= until;
		for (int i = 0; i < n; i++)
			serve(l, events[i].data.ptr, events[i].events);
	}
}

static void load_init(struct load *l, const struct load_conf *conf)
{
	ASSERT(conf->events_each >= 1 && conf->events_each <= EVENTS_EACH_MAX);
	*l = (struct load){.conf = conf};
	l->last_spare = &l->spares;
	arena_init(&l->arena, (size_t)256 << 20);
	rng_seed(&l->rng, next_id());
	l->templates = ARENA_ARRAY(&l->arena, struct template, TEMPLATES);
	for (unsigned i = 0; i < TEMPLATES; i++)
		(conf->links != NULL ? link_template : template_make)(l, &l->templates[i]);
	l->connections = ARENA_ARRAY(&l->arena, struct connection, conf->connections);
	for (unsigned i = 0; i < conf->connections; i++)
		l->connections[i].fd = -1;
}

enum status load_run(const struct load_conf *conf, struct load_result *out, struct err *e)
{
	struct load l;
	load_init(&l, conf);
	l.epoll = epoll_create1(EPOLL_CLOEXEC);
	enum status st = open_all(&l, e);
	struct stopwatch from = bench_start();
	if (st == ST_OK)
		work(&l);
	bench_stop(from, l.result.rate.events, &l.result.rate);
	for (unsigned i = 0; i < conf->connections; i++)
		if (l.connections[i].fd >= 0)
			(void)close(l.connections[i].fd);
	(void)close(l.epoll);
	arena_finish(&l.arena);
	*out = l.result;
	return st;
}

/* ---- one at a time ---- */

struct load_single {
	struct load load;
	struct load_conf conf;
	struct connection connection;
};

enum status load_single_open(const struct load_conf *conf, struct load_single **out, struct err *e)
{
	struct load_single *s = mem_alloc(sizeof *s);
	s->conf = *conf;
	s->conf.connections = 1;
	load_init(&s->load, &s->conf);
	s->connection.fd = -1;
	answer_room(&s->load, &s->connection);
	enum status st = connect_to(conf->port, &s->connection.fd, e);
	if (st != ST_OK)
		load_single_close(&s);
	else
		*out = s;
	return st;
}

enum status load_single_post(struct load_single *s, int64_t *answered_us, struct err *e)
{
	struct connection *c = &s->connection;
	int status = 0;
	c->t = &s->load.templates[rng_below(&s->load.rng, TEMPLATES)];
	begin(c);
	int64_t from = clock_mono_us();
	if (!push(c))
		return err_set(e, ST_IO, "bench: the daemon does not read");
	while (status == 0)
		status = take(c);
	*answered_us = clock_mono_us() - from;
	return status == 200 || status == 302 ? ST_OK
					      : err_set(e, ST_IO, "bench: answered %d", status);
}

void load_single_close(struct load_single **s)
{
	if (*s == NULL)
		return;
	if ((*s)->connection.fd >= 0)
		(void)close((*s)->connection.fd);
	arena_finish(&(*s)->load.arena);
	mem_free(*s);
	*s = NULL;
}
