/* SPDX-License-Identifier: Apache-2.0
 * http_conn.c: connections: how many, from whom, and how long each may take. The counts are the
 * only state the server's threads share, and they are touched when a connection opens or closes,
 * never for a request. */
#include "net/http_internal.h"

#include "base/assert.h"
#include "base/hash.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define AGAIN_US INT64_C(1000000)

/* One key per IPv4 address and per IPv6 /64: a household holds 2^64 of the latter. */
static uint64_t ip_key(const struct sockaddr *addr)
{
	if (addr->sa_family == AF_INET) {
		struct sockaddr_in v4;
		memcpy(&v4, addr, sizeof v4);
		return hash_u64(v4.sin_addr.s_addr);
	}
	if (addr->sa_family != AF_INET6)
		return 0;
	struct sockaddr_in6 v6;
	memcpy(&v6, addr, sizeof v6);
	if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
		uint32_t v4;
		memcpy(&v4, &v6.sin6_addr.s6_addr[12], sizeof v4);
		return hash_u64(v4);
	}
	uint64_t prefix;
	memcpy(&prefix, &v6.sin6_addr, sizeof prefix);
	return hash_u64(prefix ^ UINT64_C(0x9e3779b97f4a7c15));
}

static void ip_text(struct http_conn *c, const struct sockaddr *addr)
{
	if (addr->sa_family == AF_INET) {
		struct sockaddr_in v4;
		memcpy(&v4, addr, sizeof v4);
		(void)inet_ntop(AF_INET, &v4.sin_addr, c->ip, sizeof c->ip); /* fits */
		c->loopback = (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
	} else if (addr->sa_family == AF_INET6) {
		struct sockaddr_in6 v6;
		memcpy(&v6, addr, sizeof v6);
		const uint8_t *b = v6.sin6_addr.s6_addr;
		bool mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
		(void)inet_ntop(mapped ? AF_INET : AF_INET6, mapped ? b + 12 : b, c->ip,
				sizeof c->ip);
		c->loopback = mapped ? b[12] == 127 : IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
	}
}

enum MHD_Result http_conn_accept(void *server, const struct sockaddr *addr, socklen_t bytes)
{
	(void)bytes;
	struct http_server *s = server;
	uint64_t held = 0;
	pthread_mutex_lock(&s->ip_lock);
	(void)u64map_get(&s->ip_count, ip_key(addr), &held); /* absent: 0 */
	bool room =
		s->conn_count < s->conf.connections_max && held < s->conf.connections_per_ip_max;
	pthread_mutex_unlock(&s->ip_lock);
	if (!room)
		metrics_inc(s->metrics, METRIC_HTTP_CONNECTIONS_REFUSED);
	return room ? MHD_YES : MHD_NO;
}

static void count(struct http_server *s, uint64_t key, bool opened)
{
	uint64_t held = 0;
	pthread_mutex_lock(&s->ip_lock);
	(void)u64map_get(&s->ip_count, key, &held); /* absent: 0 */
	held = opened ? held + 1 : held - 1;
	s->conn_count = opened ? s->conn_count + 1 : s->conn_count - 1;
	if (held == 0)
		(void)u64map_remove(&s->ip_count, key); /* it is there */
	else
		ASSERT(u64map_put(&s->ip_count, key, held));
	pthread_mutex_unlock(&s->ip_lock);
	metrics_add(s->metrics, METRIC_HTTP_CONNECTIONS, opened ? 1 : -1);
}

static struct http_conn *conn_open(struct http_thread *t, struct MHD_Connection *mhd)
{
	/* Since libmicrohttpd 1.0 both answers share their memory: take one, then ask again. */
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	ASSERT(info != NULL);
	const struct sockaddr *addr = info->client_addr;
	info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	ASSERT(info != NULL && addr != NULL);
	struct http_conn *c = mem_alloc(sizeof *c);
	c->thread = t;
	c->mhd = mhd;
	c->fd = info->connect_fd;
	c->ip_key = ip_key(addr);
	ip_text(c, addr);
	c->deadline_us = t->now_us + t->server->conf.header_timeout_us;
	c->next = t->conns;
	if (c->next != NULL)
		c->next->prev = c;
	t->conns = c;
	t->conn_count++;
	atomic_fetch_add_explicit(&t->serves, 1, memory_order_relaxed);
	count(t->server, c->ip_key, true);
	return c;
}

void http_conn_forget(struct http_conn *c)
{
	struct http_req *r = c->req;
	c->req = NULL;
	if (r != NULL)
		http_req_give_back(r);
}

static void conn_close(struct http_conn *c)
{
	struct http_thread *t = c->thread;
	http_conn_forget(c);
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		t->conns = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	t->conn_count--;
	atomic_fetch_sub_explicit(&t->serves, 1, memory_order_relaxed);
	count(t->server, c->ip_key, false);
	mem_free(c);
}

void http_conn_notify(void *thread, struct MHD_Connection *mhd, void **socket_context,
		      enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		*socket_context = conn_open(thread, mhd);
	} else if (*socket_context != NULL) {
		conn_close(*socket_context);
		*socket_context = NULL;
	}
}

/* The library owns the socket and sees its end at the next turn; closing it here would hand the
 * number to somebody else in between. A peer that is still sending is reset: else its system would
 * hold on to what it cannot deliver for a minute. The deadline is for the library: should it miss
 * the end, it is told again. */
void http_conn_shutdown(struct http_conn *c)
{
	struct linger reset = {.l_onoff = 1, .l_linger = 0};
	c->closing = true;
	c->deadline_us = c->thread->now_us + AGAIN_US;
	if (c->req != NULL)
		(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset); /* a favour */
	(void)shutdown(c->fd, SHUT_RDWR); /* a socket that is gone already is as good */
}
