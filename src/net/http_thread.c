/* SPDX-License-Identifier: Apache-2.0
 * http_thread.c: one server thread: wait, take late replies, let the library run, look at the
 * deadlines. The library would keep time for idle connections only, and not for suspended or
 * dripping ones; so all deadlines are ours, one per connection, looked at four times a second. */
#include "net/http_internal.h"

#include "base/assert.h"
#include "base/clock.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define TICK_US INT64_C(250000)
#define FLUSH_US INT64_C(1000000) /* after the grace: for the 503s to reach their peers */

void http_thread_wake(struct http_thread *t)
{
	uint64_t one = 1;
	ssize_t n;
	do
		n = write(t->wake_fd, &one, sizeof one);
	while (n < 0 && errno == EINTR);
	ASSERT(n == (ssize_t)sizeof one || errno == EAGAIN); /* EAGAIN: it is awake enough */
}

/* The list holds the last pushed first; answered in the order of arrival it is fairer. */
static struct http_req *reversed(struct http_req *list)
{
	struct http_req *out = NULL;
	while (list != NULL) {
		struct http_req *next = list->next;
		list->next = out;
		out = list;
		list = next;
	}
	return out;
}

static void take_reply(struct http_thread *t, struct http_req *r)
{
	ASSERT(r->owed && t->owed_count > 0);
	r->owed = false;
	t->owed_count--;
	if (r->conn == NULL) {
		http_req_give_back(r); /* the peer is gone or had its 503 */
		return;
	}
	if (r->state != REQ_WAITING)
		return; /* its 503 is on the way */
	r->state = REQ_READY;
	MHD_resume_connection(r->conn->mhd);
}

void http_thread_take_replies(struct http_thread *t)
{
	if (atomic_load_explicit(&t->late, memory_order_relaxed) == NULL)
		return;
	struct http_req *r =
		reversed(atomic_exchange_explicit(&t->late, NULL, memory_order_acquire));
	while (r != NULL) {
		struct http_req *next = r->next;
		take_reply(t, r);
		r = next;
	}
}

static void overdue(struct http_conn *c)
{
	if (c->req != NULL && c->req->state == REQ_WAITING) {
		http_request_expire(c->req);
		return;
	}
	if (c->req != NULL && c->req->state == REQ_READY)
		return;
	if (!c->closing)
		metrics_inc(c->thread->server->metrics, METRIC_HTTP_TIMEOUTS);
	http_conn_shutdown(c);
}

static void tick(struct http_thread *t)
{
	int64_t stop_at = atomic_load_explicit(&t->server->stop_at_us, memory_order_acquire);
	bool over = stop_at != 0 && t->now_us >= stop_at;
	bool flushed = stop_at != 0 && t->now_us >= stop_at + FLUSH_US;
	for (struct http_conn *c = t->conns; c != NULL; c = c->next) {
		bool waiting = c->req != NULL && c->req->state == REQ_WAITING;
		if (t->now_us >= c->deadline_us || (over && waiting))
			overdue(c);
		else if (t->draining && !c->closing && (c->req == NULL || (flushed && !waiting)))
			http_conn_shutdown(c);
	}
	if (t->accept_paused && !t->draining) {
		t->accept_paused = false;
		http_accept_look(t, true);
	}
	t->tick_us = t->now_us + TICK_US;
}

static void begin_draining(struct http_thread *t)
{
	t->draining = true;
	t->tick_us = t->now_us;
	if (t->index != 0)
		return;
	http_accept_look(t, false);
	/* Those the kernel still holds for us would wait, unheard, until the process ends. */
	(void)shutdown(t->server->listen_fd, SHUT_RDWR);
}

/* Milliseconds this turn may sleep: not at all while the library has work at hand. */
static int wait_ms(struct http_thread *t)
{
	MHD_UNSIGNED_LONG_LONG hint;
	if (MHD_get_timeout(t->mhd, &hint) == MHD_YES && hint == 0)
		return 0;
	if (t->conn_count == 0 && !t->draining && !t->accept_paused)
		return -1;
	int64_t left = t->tick_us - t->now_us;
	return left <= 0 ? 0 : (int)(left / 1000) + 1;
}

static void turn(struct http_thread *t)
{
	struct epoll_event events[3];
	bool knocked = false;
	int n = epoll_wait(t->epoll_fd, events, 3, wait_ms(t));
	ASSERT(n >= 0 || errno == EINTR);
	t->now_us = clock_mono_us();
	for (int i = 0; i < n; i++) {
		uint64_t count;
		knocked |= events[i].data.fd == t->server->listen_fd;
		if (events[i].data.fd == t->wake_fd && read(t->wake_fd, &count, sizeof count) < 0)
			ASSERT(errno == EAGAIN || errno == EINTR);
	}
	if (!t->draining && atomic_load_explicit(&t->server->stop_at_us, memory_order_acquire) != 0)
		begin_draining(t);
	if (knocked && !t->draining)
		http_accept_new(t);
	http_accept_arrivals(t);
	http_thread_take_replies(t);
	ASSERT(MHD_run(t->mhd) == MHD_YES);
	http_accept_settle(t);
	if (t->now_us >= t->tick_us)
		tick(t);
}

void *http_thread_main(void *thread)
{
	struct http_thread *t = thread;
	t->now_us = clock_mono_us();
	while (!t->draining || t->conn_count > 0 || t->owed_count > 0)
		turn(t);
	return NULL;
}
