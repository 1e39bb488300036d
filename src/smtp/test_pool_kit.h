/* SPDX-License-Identifier: Apache-2.0
 * test_pool_kit.h: a pool, scripted servers, and the results as text, one after the other. Only
 * test_pool*.c include it.
 */
#ifndef SMTP_TEST_POOL_KIT_H
#define SMTP_TEST_POOL_KIT_H

#include "base/clock.h"
#include "base/test.h"
#include "smtp/smtp.h"
#include "smtp/test_server.h"

#define KIT_RELAYS_MAX 4

struct kit {
	struct server servers[KIT_RELAYS_MAX];
	struct smtp_relay relays[KIT_RELAYS_MAX];
	struct smtp_pool_conf conf;
	struct smtp_pool *pool;
	pthread_mutex_t lock;
	struct buf results; /* guarded by the lock, as are all of the next */
	size_t count, last, turns;
	unsigned last_bytes;
	size_t places;       /* of them, the sum */
	uint64_t unfinished; /* bit for each mail id below 64 that has no last result */
};

static inline void kit_on_result(void *ctx, const struct smtp_result *r)
{
	struct kit *k = ctx;
	pthread_mutex_lock(&k->lock);
	if (k->results.n > 0)
		buf_z(&k->results, "; ");
	buf_printf(&k->results, "%s %s %d", smtp_outcome_name(r->outcome),
		   smtp_phase_name(r->phase), r->code);
	if (r->enhanced.class != 0)
		buf_printf(&k->results, " %u.%u.%u", r->enhanced.class, r->enhanced.subject,
			   r->enhanced.detail);
	k->count++;
	k->last += r->last;
	if (r->last && r->id < 64)
		k->unfinished &= ~(UINT64_C(1) << r->id);
	pthread_mutex_unlock(&k->lock);
}

static inline void kit_on_turn(void *ctx)
{
	struct kit *k = ctx;
	pthread_mutex_lock(&k->lock);
	k->turns++;
	pthread_mutex_unlock(&k->lock);
}

static inline void kit_on_last_byte(void *ctx, size_t place)
{
	struct kit *k = ctx;
	pthread_mutex_lock(&k->lock);
	k->last_bytes++;
	k->places += place;
	pthread_mutex_unlock(&k->lock);
}

/* One relay for each script, up to the NULL. */
static inline void kit_open(struct kit *k, const char *const *scripts)
{
	memset(k, 0, sizeof *k);
	k->conf = SMTP_POOL_CONF_DEFAULT;
	for (size_t i = 0; scripts[i] != NULL; i++) {
		server_start(&k->servers[i], scripts[i]);
		k->relays[i] = (struct smtp_relay){
			.host = "127.0.0.1", .port = k->servers[i].port, .connections_max = 1};
		k->conf.relay_count = i + 1;
	}
	k->conf.relays = k->relays;
	k->conf.helo_name = "us.example";
	k->conf.listener = (struct smtp_listener){.ctx = k,
						  .on_result = kit_on_result,
						  .on_turn = kit_on_turn,
						  .on_last_byte = kit_on_last_byte};
	k->conf.timeouts.quit_us = 200000;
	buf_init(&k->results, 1 << 20);
	assert_int_equal(pthread_mutex_init(&k->lock, NULL), 0);
}

static inline void kit_start(struct kit *k)
{
	struct err e = {0};
	if (smtp_pool_create(&k->conf, &k->pool, &e) != ST_OK)
		fail_msg("%s", e.text);
}

static inline struct smtp_mail kit_mail(uint64_t id, const struct str *rcpts, size_t rcpt_count)
{
	return (struct smtp_mail){.id = id,
				  .from = STR("f@us.example"),
				  .rcpts = rcpts,
				  .rcpt_count = rcpt_count,
				  .bytes = STR("Subject: hi\r\n\r\nbody\r\n.dot\r\n")};
}

static inline void kit_submit(struct kit *k, const struct smtp_mail *m)
{
	struct err e = {0};
	pthread_mutex_lock(&k->lock);
	if (m->id < 64)
		k->unfinished |= UINT64_C(1) << m->id;
	pthread_mutex_unlock(&k->lock);
	if (smtp_submit(k->pool, m, &e) != ST_OK)
		fail_msg("%s", e.text);
}

static inline void kit_wait(struct kit *k, size_t last)
{
	for (bool there = false; !there;) {
		pthread_mutex_lock(&k->lock);
		there = k->last >= last;
		pthread_mutex_unlock(&k->lock);
		if (!there)
			clock_sleep_us(500);
	}
}

/* Stops the pool, then the servers; complains about what their scripts did not expect. */
static inline void kit_close(struct kit *k, const char *row)
{
	smtp_pool_destroy(&k->pool);
	for (size_t i = 0; i < k->conf.relay_count; i++) {
		server_stop(&k->servers[i]);
		if (k->servers[i].wrong[0] != '\0')
			fail_msg("%s: %s", row, k->servers[i].wrong);
	}
	assert_int_equal(k->unfinished, 0);
	buf_finish(&k->results);
	(void)pthread_mutex_destroy(&k->lock);
}

#endif
