/* SPDX-License-Identifier: Apache-2.0
 * server.c: who gets which mail. A relay has a waiting line and connections; a connection that is
 * ready takes from the front, and new ones are opened while more mail waits than are being opened.
 *
 * When one cannot be made ready there are two cases. Others are alive: the server has had enough
 * connections from us, so the limit goes down for a while and the line waits for the others. None
 * is alive: nothing will come of waiting, so the whole line is DEFERRED in one go, instead of each
 * mail finding out for itself. */
#include "smtp/internal.h"

#include "base/assert.h"

#define LIMIT_FOR_US \
	SMTP_SECONDS(60) /* then it is tried again with as many as the settings allow */
#define RESOLVE_EVERY_US SMTP_SECONDS(300)

void smtp_server_add(struct smtp_pool *p, struct smtp_job *j)
{
	struct smtp_server *s = j->server;
	j->next = NULL;
	j->since_us = p->now_us;
	*s->last = j;
	s->last = &j->next;
	s->waiting++;
}

void smtp_server_put_back(struct smtp_pool *p, struct smtp_job *j)
{
	struct smtp_server *s = j->server;
	(void)p;
	j->next = s->first;
	if (s->first == NULL)
		s->last = &j->next;
	s->first = j;
	s->waiting++;
}

struct smtp_job *smtp_server_take(struct smtp_server *s)
{
	struct smtp_job *j = s->first;
	if (j == NULL)
		return NULL;
	s->first = j->next;
	if (s->first == NULL)
		s->last = &s->first;
	s->waiting--;
	j->next = NULL;
	return j;
}

void smtp_server_unidle(struct smtp_conn *c)
{
	struct smtp_conn **at = &c->server->idle;
	if (!c->kept)
		return;
	while (*at != c) {
		ASSERT(*at != NULL);
		at = &(*at)->next_idle;
	}
	*at = c->next_idle;
	c->next_idle = NULL;
	c->kept = false;
}

static void wake_idle(struct smtp_server *s)
{
	while (s->waiting > 0 && s->idle != NULL) {
		struct smtp_conn *c = s->idle;
		smtp_server_unidle(c);
		smtp_talk_next(c);
		if (c->state != CONN_CLOSED)
			smtp_conn_flush(c);
	}
}

static unsigned limit_of(const struct smtp_pool *p, const struct smtp_server *s)
{
	bool learned = p->now_us < s->limit_until_us && s->limit < s->conf.connections_max;
	return learned ? s->limit : s->conf.connections_max;
}

void smtp_server_kick(struct smtp_pool *p, struct smtp_server *s)
{
	wake_idle(s);
	if (s->waiting == 0 || p->stop_at_us != 0)
		return;
	if (!s->numeric && (s->resolved_us == 0 || p->now_us - s->resolved_us > RESOLVE_EVERY_US))
		smtp_resolve_want(p, s); /* the addresses of last time are good until then */
	while (s->address_count > 0 && s->waiting > s->opening && s->conns < limit_of(p, s))
		smtp_conn_open(p, s);
}

void smtp_server_defer_all(struct smtp_pool *p, struct smtp_server *s, const struct smtp_verdict *v)
{
	/* Only those who are here now: the listener may submit more, and they wait their turn. */
	for (size_t n = s->waiting; n > 0; n--) {
		struct smtp_job *j = smtp_server_take(s);
		if (j == NULL)
			return;
		smtp_report_open(p, j, SMTP_DEFERRED, v);
	}
}

void smtp_server_refused(struct smtp_pool *p, struct smtp_server *s, const struct smtp_verdict *v)
{
	if (s->conns == 0) {
		smtp_server_defer_all(p, s, v);
		return;
	}
	s->limit = s->conns;
	s->limit_until_us = p->now_us + LIMIT_FOR_US;
}

void smtp_server_tick(struct smtp_pool *p, struct smtp_server *s)
{
	struct smtp_verdict v = {.phase = SMTP_PHASE_QUEUE,
				 .text = "no connection was free in time"};
	while (s->first != NULL && p->now_us - s->first->since_us > p->conf.queue_wait_us)
		smtp_report_open(p, smtp_server_take(s), SMTP_DEFERRED, &v);
	smtp_server_kick(p, s);
}
