/* SPDX-License-Identifier: Apache-2.0
 * pool.c: settings, taking mail, the loop, results. One mutex guards what threads share: the list
 * of new mails and the list of free jobs. It is held for a few instructions, never over a system
 * call that waits. The wake-up is written by the first who says that no more follow, once for all
 * that the loop has not yet fetched. */
#include "smtp/internal.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "smtp/text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define TICK_US INT64_C(100000)
#define EVENTS_MAX 128
#define MAILS_MAX_MAX ((size_t)1 << 20)
#define CONNECTIONS_MAX_MAX 2000u
#define SECRET_BYTES_MAX 500
#define ENVELOPE_BYTES_MAX ((SMTP_RCPTS_MAX + 1) * (SMTP_ADDRESS_BYTES_MAX + 1))

static const char *const outcome_names[SMTP_OUTCOME_COUNT] = {
	[SMTP_SENT] = "sent",
	[SMTP_DEFERRED] = "deferred",
	[SMTP_FAILED] = "failed",
	[SMTP_UNCERTAIN] = "uncertain",
};
static const char *const phase_names[SMTP_PHASE_COUNT] = {
#define SMTP_PHASE(name, wire) [SMTP_PHASE_##name] = (wire),
#include "smtp/phase.def"
#undef SMTP_PHASE
};

const char *smtp_outcome_name(enum smtp_outcome o)
{
	ASSERT(o < SMTP_OUTCOME_COUNT);
	return outcome_names[o];
}

const char *smtp_phase_name(enum smtp_phase ph)
{
	ASSERT(ph < SMTP_PHASE_COUNT);
	return phase_names[ph];
}

/* ---- results ---- */

static void free_job(struct smtp_pool *p, struct smtp_job *j)
{
	pthread_mutex_lock(&p->lock);
	j->next = p->free;
	p->free = j;
	ASSERT(p->in_hand > 0);
	p->in_hand--;
	pthread_mutex_unlock(&p->lock);
}

void smtp_report_one(struct smtp_pool *p, struct smtp_job *j, size_t rcpt,
		     enum smtp_outcome outcome, const struct smtp_verdict *v)
{
	char room[SMTP_TEXT_MAX];
	struct smtp_result r = {.id = j->id,
				.rcpt = rcpt,
				.outcome = outcome,
				.phase = v->phase,
				.enhanced = v->enhanced,
				.server = str_of(j->server->name)};
	uint64_t bit = UINT64_C(1) << rcpt;
	ASSERT((j->open & bit) != 0); /* S1: one result each */
	ASSERT(outcome != SMTP_SENT || (j->dot_sent && v->reply != NULL));
	ASSERT(outcome != SMTP_UNCERTAIN || j->dot_sent);
	j->open &= ~bit;
	r.last = j->open == 0;
	if (v->reply != NULL) {
		r.code = v->reply->code;
		r.enhanced = v->reply->enhanced;
		r.text = smtp_reply_text(v->reply, room);
	} else {
		r.text = smtp_text_safe(str_of(v->text), room);
	}
	if (r.last && j->in_doubt)
		j->server->doubts--; /* it never went alone: nobody knows */
	if (r.last)
		free_job(p, j); /* first, so that the listener finds room for another */
	p->reported = true;
	p->conf.listener.on_result(p->conf.listener.ctx, &r);
}

void smtp_report_open(struct smtp_pool *p, struct smtp_job *j, enum smtp_outcome outcome,
		      const struct smtp_verdict *v)
{
	size_t count = j->rcpt_count;
	uint64_t open = j->open; /* the job may be another mail's after the last report */
	ASSERT(open != 0);
	for (size_t i = 0; i < count; i++)
		if (open & (UINT64_C(1) << i))
			smtp_report_one(p, j, i, outcome, v);
}

/* ---- taking mail ---- */

void smtp_pool_wake(struct smtp_pool *p)
{
	uint64_t one = 1;
	ssize_t n;
	do
		n = write(p->wake_fd, &one, sizeof one);
	while (n < 0 && errno == EINTR);
	ASSERT(n == (ssize_t)sizeof one || errno == EAGAIN);
}

static enum status check_mail(const struct smtp_pool *p, const struct smtp_mail *m, bool *utf8_r,
			      bool *eight_bit_r, struct err *e)
{
	bool any = false;
	ASSERT(m->relay < p->conf.relay_count);
	if (m->rcpt_count == 0 || m->rcpt_count > SMTP_RCPTS_MAX)
		return err_set(e, ST_LIMIT, "a mail has 1 to %d recipients, not %zu",
			       SMTP_RCPTS_MAX, m->rcpt_count);
	if (m->from.n > 0 && !smtp_address_ok(m->from, &any))
		return err_set(e, ST_INVALID, "the return path is no address");
	for (size_t i = 0; i < m->rcpt_count; i++) {
		bool utf8 = false;
		if (!smtp_address_ok(m->rcpts[i], &utf8))
			return err_set(e, ST_INVALID, "recipient %zu is no address", i + 1);
		any |= utf8;
	}
	*utf8_r = any;
	return smtp_message_check(m->bytes, eight_bit_r, e);
}

static struct smtp_job *take_free(struct smtp_pool *p, enum status *why)
{
	struct smtp_job *j = NULL;
	pthread_mutex_lock(&p->lock);
	*why = p->stopping ? ST_UNAVAILABLE : ST_BUSY;
	if (!p->stopping && p->free != NULL) {
		j = p->free;
		p->free = j->next;
		p->in_hand++;
	}
	pthread_mutex_unlock(&p->lock);
	return j;
}

static void fill_job(struct smtp_pool *p, struct smtp_job *j, const struct smtp_mail *m)
{
	struct buf envelope = j->envelope; /* its memory serves again and again */
	ASSERT(m->rcpt_count > 0 && m->rcpt_count <= SMTP_RCPTS_MAX);
	buf_reset(&envelope);
	buf_str(&envelope, m->from);
	buf_byte(&envelope, '\0');
	for (size_t i = 0; i < m->rcpt_count; i++) {
		buf_str(&envelope, m->rcpts[i]);
		buf_byte(&envelope, '\0');
	}
	ASSERT(buf_ok(&envelope));
	*j = (struct smtp_job){.server = &p->servers[m->relay],
			       .id = m->id,
			       .envelope = envelope,
			       .rcpt_count = m->rcpt_count,
			       .open = UINT64_MAX >> (SMTP_RCPTS_MAX - m->rcpt_count),
			       .bytes = m->bytes,
			       .place = m->place};
}

enum status smtp_submit(struct smtp_pool *p, const struct smtp_mail *mail, struct err *e)
{
	bool utf8 = false, eight_bit = false;
	enum status st = check_mail(p, mail, &utf8, &eight_bit, e);
	if (st != ST_OK)
		return st;
	struct smtp_job *j = take_free(p, &st);
	if (j == NULL && st == ST_BUSY)
		return err_set(e, ST_BUSY, "%zu mails are on their way; that is as many as may be",
			       p->conf.mails_max);
	if (j == NULL)
		return err_set(e, ST_UNAVAILABLE, "mail is being stopped");
	fill_job(p, j, mail);
	j->utf8 = utf8;
	j->eight_bit = eight_bit;
	/* When a stop comes in between, the loop still sees it: it waits for in_hand to be 0. */
	pthread_mutex_lock(&p->lock);
	bool wake = !mail->more && !p->woken;
	p->woken |= wake;
	*p->incoming_last = j;
	p->incoming_last = &j->next;
	pthread_mutex_unlock(&p->lock);
	if (wake)
		smtp_pool_wake(p);
	return ST_OK;
}

size_t smtp_pool_in_hand(struct smtp_pool *p)
{
	pthread_mutex_lock(&p->lock);
	size_t n = p->in_hand;
	pthread_mutex_unlock(&p->lock);
	return n;
}

/* ---- the loop ---- */

static void take_incoming(struct smtp_pool *p)
{
	pthread_mutex_lock(&p->lock);
	struct smtp_job *j = p->incoming;
	p->incoming = NULL;
	p->incoming_last = &p->incoming;
	p->woken = false;
	pthread_mutex_unlock(&p->lock);
	while (j != NULL) {
		struct smtp_job *next = j->next;
		smtp_server_add(p, j);
		j = next;
	}
}

static bool is_stopping(struct smtp_pool *p)
{
	pthread_mutex_lock(&p->lock);
	bool stopping = p->stopping;
	pthread_mutex_unlock(&p->lock);
	return stopping;
}

static void defer_waiting(struct smtp_pool *p)
{
	static const struct smtp_verdict v = {.phase = SMTP_PHASE_QUEUE,
					      .text = "the pool stopped"};
	for (size_t i = 0; i < p->conf.relay_count; i++)
		smtp_server_defer_all(p, &p->servers[i], &v);
}

static void begin_stop(struct smtp_pool *p)
{
	p->stop_at_us = p->now_us + p->conf.stop_grace_us;
	defer_waiting(p);
	for (struct smtp_conn *c = p->conns, *next; c != NULL; c = next) {
		next = c->next;
		if (c->kept) {
			smtp_talk_quit(c);
			smtp_conn_flush(c);
		} else if (!c->ready) {
			smtp_conn_fail(c, NULL, "the pool stopped");
		}
	}
}

static void give_back_slow(struct smtp_pool *p)
{
	for (struct smtp_conn *c = p->conns; c != NULL; c = c->next) {
		bool slow = p->now_us - c->dot_us > SMTP_AHEAD_WAITS * p->conf.quick_us;
		if (c->ahead != NULL && c->state == CONN_DOT && slow)
			smtp_talk_give_back(c); /* another conversation may be free first */
	}
}

void smtp_pool_tick(struct smtp_pool *p)
{
	bool over = p->stop_at_us != 0 && p->now_us >= p->stop_at_us;
	give_back_slow(p); /* first: the servers offer it to others at once */
	for (size_t i = 0; i < p->conf.relay_count; i++)
		smtp_server_tick(p, &p->servers[i]);
	/* Failing one may open, wake or close others: the list is walked again from the start. Each
	 * walk ends one connection or moves its deadline on, so this ends. */
	for (struct smtp_conn *c = p->conns; c != NULL;) {
		bool late = p->now_us >= c->deadline_us || over;
		if (late)
			smtp_conn_overdue(c);
		c = late ? p->conns : c->next;
	}
	p->tick_us = p->now_us + TICK_US;
}

static int wait_ms(const struct smtp_pool *p)
{
	bool waiting = p->conn_count > 0 || p->stop_at_us != 0;
	for (size_t i = 0; i < p->conf.relay_count && !waiting; i++)
		waiting = p->servers[i].waiting > 0;
	if (!waiting)
		return -1;
	int64_t left = p->tick_us - p->now_us;
	return left <= 0 ? 0 : (int)(left / 1000) + 1;
}

static void drain_wake(struct smtp_pool *p)
{
	uint64_t count;
	if (read(p->wake_fd, &count, sizeof count) < 0)
		ASSERT(errno == EAGAIN || errno == EINTR);
}

static void serve_events(struct smtp_pool *p, const struct epoll_event *events, int n)
{
	bool woken = false;
	for (int i = 0; i < n; i++) {
		struct smtp_conn *c = events[i].data.ptr;
		if (c == NULL)
			woken = true;
		else if (c->state != CONN_CLOSED)
			smtp_conn_event(c);
	}
	if (!woken)
		return;
	drain_wake(p); /* before looking: what comes later wakes again */
	take_incoming(p);
	if (p->stop_at_us == 0 && is_stopping(p))
		begin_stop(p);
	if (p->stop_at_us != 0)
		defer_waiting(p);
	smtp_resolve_collect(p);
	for (size_t i = 0; i < p->conf.relay_count; i++)
		smtp_server_kick(p, &p->servers[i]);
}

static void turn(struct smtp_pool *p)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(p->epoll_fd, events, EVENTS_MAX, wait_ms(p));
	ASSERT(n >= 0 || errno == EINTR);
	p->now_us = clock_mono_us();
	serve_events(p, events, n);
	if (p->now_us >= p->tick_us)
		smtp_pool_tick(p);
	smtp_conn_free_dead(p);
	if (p->reported && p->conf.listener.on_turn != NULL)
		p->conf.listener.on_turn(p->conf.listener.ctx);
	p->reported = false;
}

static void *loop_main(void *pool)
{
	struct smtp_pool *p = pool;
	p->now_us = clock_mono_us();
	while (p->stop_at_us == 0 || p->conn_count > 0 || smtp_pool_in_hand(p) > 0)
		turn(p);
	return NULL;
}

/* ---- starting and stopping ---- */

static bool plain_text(const char *z, size_t bytes_max)
{
	size_t n = strlen(z);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)z[i] <= ' ' || (unsigned char)z[i] == 0x7f)
			return false;
	return n > 0 && n <= bytes_max;
}

static enum status check_relay(const struct smtp_relay *r, struct err *e)
{
	if (r->host == NULL || !plain_text(r->host, 253) || r->port == 0)
		return err_set(e, ST_INVALID, "a mail relay needs a host and a port");
	if ((r->user == NULL) != (r->password == NULL))
		return err_set(e, ST_INVALID, "%s: a user needs a password, and the reverse",
			       r->host);
	if (r->user != NULL && (strlen(r->user) > SECRET_BYTES_MAX || r->user[0] == '\0' ||
				strlen(r->password) > SECRET_BYTES_MAX))
		return err_set(e, ST_INVALID, "%s: user and password have 1 to %d bytes", r->host,
			       SECRET_BYTES_MAX);
	if (r->user != NULL && !r->auth_in_clear &&
	    (r->security == SMTP_SECURITY_NONE || r->security == SMTP_SECURITY_STARTTLS_IF_OFFERED))
		return err_set(e, ST_INVALID,
			       "%s: a password would go out without TLS, or to whoever pretends to "
			       "be the server; ask for TLS, or allow it by name",
			       r->host);
	if (r->connections_max > CONNECTIONS_MAX_MAX)
		return err_set(e, ST_INVALID, "%s: %u connections at most", r->host,
			       CONNECTIONS_MAX_MAX);
	return ST_OK;
}

static enum status check_conf(const struct smtp_pool_conf *conf, struct err *e)
{
	enum status st = ST_OK;
	if (conf->relay_count == 0 || conf->relay_count > SMTP_RELAYS_MAX)
		return err_set(e, ST_INVALID, "there may be 1 to %d mail relays", SMTP_RELAYS_MAX);
	if (conf->helo_name == NULL || !plain_text(conf->helo_name, 253))
		return err_set(e, ST_INVALID, "mail needs the name we introduce ourselves with");
	if (conf->mails_max == 0 || conf->mails_max > MAILS_MAX_MAX)
		return err_set(e, ST_INVALID, "1 to %zu mails may be in hand", MAILS_MAX_MAX);
	for (size_t i = 0; i < conf->relay_count && st == ST_OK; i++)
		st = check_relay(&conf->relays[i], e);
	return st;
}

static char *copy(const char *z)
{
	return z != NULL ? mem_strz(str_of(z)) : NULL;
}

static enum status start_server(struct smtp_server *s, const struct smtp_relay *r, struct err *e)
{
	size_t bytes = strlen(r->host) + 10;
	s->conf = *r;
	s->conf.host = copy(r->host);
	s->conf.ca_path = copy(r->ca_path);
	s->conf.tls_name = copy(r->tls_name);
	s->conf.user = copy(r->user);
	s->conf.password = copy(r->password);
	s->conf.connections_max = r->connections_max != 0 ? r->connections_max : 10;
	s->conf.messages_max = r->messages_max != 0 ? r->messages_max : 100;
	s->name = mem_alloc(bytes);
	(void)snprintf(s->name, bytes, "%s:%u", r->host, r->port); /* sized above */
	s->last = &s->first;
	smtp_resolve_numeric(s); /* a name is the resolver's */
	if (r->security == SMTP_SECURITY_NONE)
		return ST_OK;
	return smtp_tls_context_create(
		s->conf.ca_path, r->security != SMTP_SECURITY_STARTTLS_IF_OFFERED, &s->tls, e);
}

static void free_const(const char *z)
{
	mem_free((void *)(uintptr_t)z);
}

static void finish_server(struct smtp_server *s)
{
	ASSERT(s->first == NULL && s->conns == 0 && s->opening == 0);
	smtp_tls_context_destroy(&s->tls);
	if (s->conf.password != NULL)
		crypto_wipe((void *)(uintptr_t)s->conf.password, strlen(s->conf.password));
	free_const(s->conf.host);
	free_const(s->conf.ca_path);
	free_const(s->conf.tls_name);
	free_const(s->conf.user);
	free_const(s->conf.password);
	mem_free(s->name);
}

static void free_pool(struct smtp_pool *p)
{
	for (size_t i = 0; i < p->conf.relay_count; i++)
		finish_server(&p->servers[i]);
	for (size_t i = 0; i < p->conf.mails_max; i++)
		buf_finish(&p->jobs[i].envelope);
	if (p->epoll_fd >= 0)
		(void)close(p->epoll_fd);
	if (p->wake_fd >= 0)
		(void)close(p->wake_fd);
	(void)pthread_cond_destroy(&p->lookup_wanted);
	(void)pthread_mutex_destroy(&p->lock);
	mem_free(p->jobs);
	mem_free(p->servers);
	mem_free(p->helo_name);
	mem_free(p);
}

static struct smtp_pool *new_pool(const struct smtp_pool_conf *conf)
{
	struct smtp_pool *p = mem_alloc(sizeof *p);
	p->conf = *conf;
	p->conf.relays = NULL; /* the servers have copies */
	p->helo_name = copy(conf->helo_name);
	p->conf.helo_name = p->helo_name;
	p->servers = mem_array(conf->relay_count, sizeof *p->servers);
	for (size_t i = 0; i < conf->relay_count; i++)
		p->servers[i].last = &p->servers[i].first;
	p->jobs = mem_array(conf->mails_max, sizeof *p->jobs);
	p->incoming_last = &p->incoming;
	for (size_t i = conf->mails_max; i-- > 0;) {
		buf_init(&p->jobs[i].envelope, ENVELOPE_BYTES_MAX);
		p->jobs[i].next = p->free;
		p->free = &p->jobs[i];
	}
	ASSERT(pthread_mutex_init(&p->lock, NULL) == 0);
	ASSERT(pthread_cond_init(&p->lookup_wanted, NULL) == 0);
	p->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	p->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return p;
}

static void stop_threads(struct smtp_pool *p, bool loop)
{
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_signal(&p->lookup_wanted);
	pthread_mutex_unlock(&p->lock);
	smtp_pool_wake(p);
	if (loop)
		ASSERT(pthread_join(p->loop, NULL) == 0);
	if (p->has_resolver)
		ASSERT(pthread_join(p->resolver, NULL) == 0);
}

/* Signals are for other threads; and a TLS write to a closed socket must not raise SIGPIPE. */
static enum status start_threads(struct smtp_pool *p, struct err *e)
{
	bool names = false;
	sigset_t all, before;
	for (size_t i = 0; i < p->conf.relay_count; i++)
		names |= !p->servers[i].numeric;
	(void)sigfillset(&all);
	ASSERT(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
	if (names)
		p->has_resolver = pthread_create(&p->resolver, NULL, smtp_resolver_main, p) == 0;
	bool loop = p->has_resolver == names && pthread_create(&p->loop, NULL, loop_main, p) == 0;
	ASSERT(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
	if (loop)
		return ST_OK;
	stop_threads(p, false);
	return err_set(e, ST_IO, "no thread for mail: %s", strerror(errno));
}

enum status smtp_pool_create(const struct smtp_pool_conf *conf, struct smtp_pool **out,
			     struct err *e)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL};
	ASSERT(conf->listener.on_result != NULL);
	enum status st = check_conf(conf, e);
	if (st != ST_OK)
		return st;
	struct smtp_pool *p = new_pool(conf);
	if (p->epoll_fd < 0 || p->wake_fd < 0 ||
	    epoll_ctl(p->epoll_fd, EPOLL_CTL_ADD, p->wake_fd, &ev) != 0)
		st = err_set(e, ST_IO, "no descriptors for mail: %s", strerror(errno));
	for (size_t i = 0; i < conf->relay_count && st == ST_OK; i++)
		st = start_server(&p->servers[i], &conf->relays[i], e);
	if (st == ST_OK)
		st = start_threads(p, e);
	if (st != ST_OK) {
		free_pool(p);
		return st;
	}
	*out = p;
	return ST_OK;
}

void smtp_pool_destroy(struct smtp_pool **pool)
{
	struct smtp_pool *p = *pool;
	if (p == NULL)
		return;
	stop_threads(p, true);
	free_pool(p);
	*pool = NULL;
}
