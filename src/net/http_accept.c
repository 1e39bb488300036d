/* SPDX-License-Identifier: Apache-2.0
 * http_accept.c: who serves a new connection. The first thread takes all of them in and gives each
 * to the thread that serves the fewest. Left to whoever looks first, one thread can end up with all
 * the connections of a burst: they stay for hours, and half the processors have nothing to do. */
#include "net/http_internal.h"

#include "base/assert.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define TURN_MAX 256 /* connections taken in before requests have their turn */

/* A connection on its way to the thread that serves it. */
struct http_arrival {
	struct http_arrival *next;
	int fd;
	socklen_t bytes;
	struct sockaddr_storage addr;
};

static struct http_thread *least_busy(struct http_server *s)
{
	struct http_thread *least = &s->threads[0];
	for (unsigned i = 1; i < s->conf.threads; i++)
		if (atomic_load_explicit(&s->threads[i].serves, memory_order_relaxed) <
		    atomic_load_explicit(&least->serves, memory_order_relaxed))
			least = &s->threads[i];
	return least;
}

static void hand_over(struct http_thread *t, const struct http_arrival *a)
{
	struct http_arrival *copy = mem_alloc(sizeof *copy);
	*copy = *a;
	struct http_arrival *before = atomic_load_explicit(&t->arrivals, memory_order_relaxed);
	do
		copy->next = before;
	while (!atomic_compare_exchange_weak_explicit(&t->arrivals, &before, copy,
						      memory_order_release, memory_order_relaxed));
	if (before == NULL) /* copy may be gone already */
		http_thread_wake(t);
}

/* The library asks http_conn_accept first; what it does not take it closes. What it takes is
 * counted where it opens and closes: at once, or, since libmicrohttpd 1.0, when it runs next. Until
 * then it is on its way. */
static void serve(struct http_thread *t, const struct http_arrival *a)
{
	size_t before = t->conn_count;
	(void)MHD_add_connection(t->mhd, a->fd, (const struct sockaddr *)&a->addr, a->bytes);
	if (t->conn_count > before)
		atomic_fetch_sub_explicit(&t->serves, 1, memory_order_relaxed);
	else
		t->coming++;
}

void http_accept_settle(struct http_thread *t)
{
	if (t->coming > 0)
		atomic_fetch_sub_explicit(&t->serves, t->coming, memory_order_relaxed);
	t->coming = 0;
}

/* Nothing can be taken in now (no file, no memory): connections wait in the kernel until the next
 * tick instead of waking us without end. */
static void pause_accepting(struct http_thread *t)
{
	http_accept_look(t, false);
	t->accept_paused = true;
}

void http_accept_new(struct http_thread *t)
{
	struct http_server *s = t->server;
	for (int i = 0; i < TURN_MAX; i++) {
		struct http_arrival a = {.bytes = sizeof a.addr};
		a.fd = accept4(s->listen_fd, (struct sockaddr *)&a.addr, &a.bytes,
			       SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (a.fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (a.fd < 0) {
			if (errno != EAGAIN && errno != EWOULDBLOCK)
				pause_accepting(t);
			return;
		}
		struct http_thread *to = least_busy(s);
		atomic_fetch_add_explicit(&to->serves, 1, memory_order_relaxed);
		if (to == t)
			serve(t, &a);
		else
			hand_over(to, &a);
	}
}

void http_accept_arrivals(struct http_thread *t)
{
	if (atomic_load_explicit(&t->arrivals, memory_order_relaxed) == NULL)
		return;
	struct http_arrival *a = atomic_exchange_explicit(&t->arrivals, NULL, memory_order_acquire);
	while (a != NULL) {
		struct http_arrival *next = a->next;
		serve(t, a);
		mem_free(a);
		a = next;
	}
}

void http_accept_drop(struct http_thread *t)
{
	struct http_arrival *a = atomic_exchange(&t->arrivals, NULL);
	while (a != NULL) {
		struct http_arrival *next = a->next;
		(void)close(a->fd);
		mem_free(a);
		a = next;
	}
}

void http_accept_look(struct http_thread *t, bool on)
{
	struct epoll_event listening = {.events = EPOLLIN, .data.fd = t->server->listen_fd};
	int rc = epoll_ctl(t->epoll_fd, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, t->server->listen_fd,
			   &listening);
	ASSERT(rc == 0 || (!on && errno == ENOENT)); /* it did not look */
}
