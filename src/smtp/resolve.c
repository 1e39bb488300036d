/* SPDX-License-Identifier: Apache-2.0
 * resolve.c: names to addresses on a thread of their own, because getaddrinfo() waits. One lookup
 * at a time: relays are few and their addresses are kept. An address needs no thread at all. */
#include "smtp/internal.h"

#include "base/assert.h"

#include <netdb.h>
#include <stdio.h>

/* Returns how many; 0: *error says why not. */
static size_t look_up(const struct smtp_relay *relay, int flags,
		      struct smtp_address out[SMTP_ADDRESSES_MAX], char error[128])
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC,
				 .ai_socktype = SOCK_STREAM,
				 .ai_flags = flags | AI_NUMERICSERV};
	struct addrinfo *list = NULL;
	char port[8];
	size_t n = 0;
	(void)snprintf(port, sizeof port, "%u", relay->port); /* always fits */
	int rc = getaddrinfo(relay->host, port, &hints, &list);
	if (rc != 0) {
		(void)snprintf(error, 128, "cannot find its address: %s", gai_strerror(rc));
		return 0;
	}
	for (const struct addrinfo *a = list; a != NULL && n < SMTP_ADDRESSES_MAX; a = a->ai_next) {
		ASSERT(a->ai_addrlen <= sizeof out[n].at);
		memcpy(&out[n].at, a->ai_addr, a->ai_addrlen);
		out[n++].bytes = a->ai_addrlen;
	}
	freeaddrinfo(list);
	if (n == 0)
		(void)snprintf(error, 128, "it has no address");
	return n;
}

void smtp_resolve_numeric(struct smtp_server *s)
{
	char error[128];
	s->address_count = look_up(&s->conf, AI_NUMERICHOST, s->addresses, error);
	s->numeric = s->address_count > 0;
}

void smtp_resolve_want(struct smtp_pool *p, struct smtp_server *s)
{
	pthread_mutex_lock(&p->lock);
	if (s->lookup == LOOKUP_NONE) {
		s->lookup = LOOKUP_WANTED;
		pthread_cond_signal(&p->lookup_wanted);
	}
	pthread_mutex_unlock(&p->lock);
}

static struct smtp_server *next_wanted(struct smtp_pool *p)
{
	for (size_t i = 0; i < p->conf.relay_count; i++)
		if (p->servers[i].lookup == LOOKUP_WANTED)
			return &p->servers[i];
	return NULL;
}

void *smtp_resolver_main(void *pool)
{
	struct smtp_pool *p = pool;
	struct smtp_address found[SMTP_ADDRESSES_MAX];
	char error[128] = "";
	pthread_mutex_lock(&p->lock);
	while (!p->stopping) {
		struct smtp_server *s = next_wanted(p);
		if (s == NULL) {
			pthread_cond_wait(&p->lookup_wanted, &p->lock);
			continue;
		}
		s->lookup = LOOKUP_RUNNING;
		pthread_mutex_unlock(&p->lock);
		size_t n = look_up(&s->conf, AI_ADDRCONFIG, found, error);
		pthread_mutex_lock(&p->lock);
		s->found_count = n;
		memcpy(s->found, found, n * sizeof found[0]);
		memcpy(s->lookup_error, error, sizeof error);
		s->lookup = LOOKUP_DONE;
		smtp_pool_wake(p);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* True: an answer came. Without addresses in it the old ones stay, and error says why. */
static bool collect(struct smtp_pool *p, struct smtp_server *s, size_t *n_r, char error[128])
{
	pthread_mutex_lock(&p->lock);
	bool done = s->lookup == LOOKUP_DONE;
	if (done) {
		*n_r = s->found_count;
		s->lookup = LOOKUP_NONE;
		memcpy(error, s->lookup_error, sizeof s->lookup_error);
		memcpy(s->addresses, s->found, s->found_count * sizeof s->found[0]);
	}
	pthread_mutex_unlock(&p->lock);
	return done;
}

void smtp_resolve_collect(struct smtp_pool *p)
{
	for (size_t i = 0; p->has_resolver && i < p->conf.relay_count; i++) {
		struct smtp_server *s = &p->servers[i];
		struct smtp_verdict v = {.phase = SMTP_PHASE_RESOLVE};
		char error[128];
		size_t n = 0;
		if (s->numeric || !collect(p, s, &n, error))
			continue;
		s->resolved_us = p->now_us;
		if (n > 0) {
			s->address_count = n;
			s->address_at = 0;
		} else if (s->address_count == 0) {
			s->resolved_us = 0;
			v.text = error;
			smtp_server_defer_all(p, s, &v);
		}
		smtp_server_kick(p, s);
	}
}
