/* SPDX-License-Identifier: Apache-2.0
 * deliver.c: starting and stopping in order, and the doors of other threads. */
#include "base/assert.h"
#include "base/clock.h"
#include "base/time.h"
#include "deliver/work.h"
#include "engine/engine.h"
#include "engine/outbox.h"
#include "model/key.h"
#include "net/http_post.h"

#include <string.h>

#define QUEUE_MAX 65536
#define WRITERS 2
#define MARKS 65536
#define SECRETS_MAX ((size_t)1 << 20)
#define TELL_ARENA ((size_t)64 << 20)

/* ---- rows that are SENDING ---- */

struct sending_walk {
	sending_fn *fn;
	void *ctx;
};

static bool on_sending(void *ctx, struct store_key key, struct str value)
{
	const struct sending_walk *w = ctx;
	(void)value;
	return w->fn(w->ctx, key_read_u64(key.bytes, 9)); /* state, due, number */
}

enum status sending_scan(struct store *s, sending_fn *fn, void *ctx, struct err *e)
{
	struct key from = outbox_key(MESSAGE_SENDING, TIME_NONE, 0);
	struct key to = outbox_key(MESSAGE_SENDING + 1, TIME_NONE, 0);
	struct sending_walk w = {fn, ctx};
	from.n = to.n = 1;
	const struct store_range range = {KEY_BYTES(key_view(&from)), KEY_BYTES(key_view(&to)),
					  false};
	return store_scan(s, TABLE_OUTBOX, range, on_sending, &w, e);
}

static bool add_doubt(struct deliver *d, uint64_t id, bool again)
{
	if (d->doubts_n == d->doubts_cap) {
		size_t cap = d->doubts_cap ? 2 * d->doubts_cap : 256;
		d->doubts = mem_grow(d->doubts, d->doubts_cap * sizeof *d->doubts,
				     cap * sizeof *d->doubts);
		d->doubts_cap = cap;
	}
	d->doubts[d->doubts_n++] = (struct doubt){.id = id, .again = again};
	d->doubts_cut |= d->doubts_n == d->conf.doubts_max;
	return !d->doubts_cut;
}

static bool on_doubt(void *ctx, uint64_t id)
{
	return add_doubt(ctx, id, false);
}

static enum status find_doubts(struct deliver *d, struct err *e)
{
	enum status st = sending_scan(d->reader, on_doubt, d, e);
	for (size_t i = 0; st == ST_OK && i < d->doubts_n; i++) {
		struct message m;
		arena_reset(&d->tell_arena);
		st = outbox_get(d->reader, d->doubts[i].id, &d->tell_arena, &m, e);
		if (st != ST_OK)
			break;
		d->doubts[i].attempts = m.attempts;
	}
	return st;
}

static bool on_more(void *ctx, uint64_t id)
{
	struct deliver *d = ctx;
	return items_find(d, id) != NULL || add_doubt(d, id, true);
}

enum status doubts_find_more(struct deliver *d, struct err *e)
{
	d->doubts_n = 0;
	d->doubts_cut = false;
	return sending_scan(d->reader, on_more, d, e);
}

/* ---- start ---- */

static enum status open_writer(struct deliver *d, struct writer *w, struct err *e)
{
	w->d = d;
	arena_init(&w->arena, LETTER_ARENA_MAX);
	enum status st = store_reader(d->conf.store, &w->store, e);
	if (st == ST_OK)
		w->desk = letter_desk_create(d->conf.letters, w->store);
	return st;
}

static enum status open_parts(struct deliver *d, struct err *e)
{
	enum status st = store_reader(d->conf.store, &d->reader, e);
	for (size_t i = 0; st == ST_OK && i < d->writers_n; i++)
		st = open_writer(d, &d->writers[i], e);
	if (st == ST_OK)
		st = find_doubts(d, e);
	if (st != ST_OK)
		return st;
	st = d->live ? way_open(d, e) : inbox_open(d->conf.dir, &d->inbox, e);
	if (st == ST_OK)
		st = hooks_open(d, e);
	return st == ST_OK ? marks_open(d->conf.dir, MARKS, &d->marks, e) : st;
}

enum status deliver_start(struct deliver *d, struct err *e)
{
	int rc = pthread_create(&d->teller, NULL, teller_run, d);
	d->teller_started = rc == 0;
	for (size_t i = 0; rc == 0 && i < d->writers_n; i++) {
		rc = pthread_create(&d->writers[i].thread, NULL, writer_run, &d->writers[i]);
		d->writers[i].started = rc == 0;
	}
	return rc == 0 ? ST_OK
		       : err_set(e, ST_UNAVAILABLE, "a thread for letters cannot start: %s",
				 strerror(rc));
}

enum status deliver_create(const struct deliver_conf *conf, struct deliver **out, struct err *e)
{
	ASSERT(conf->writers <= WRITERS_MAX);
	struct deliver *d = mem_alloc(sizeof *d);
	d->conf = *conf;
	d->conf.queue_max = conf->queue_max ? conf->queue_max : QUEUE_MAX;
	d->conf.doubts_max = conf->doubts_max ? conf->doubts_max : ITEMS_MAX;
	d->writers_n = conf->writers ? conf->writers : WRITERS;
	d->live = conf->settings->mode == SETTINGS_LIVE;
	d->queue = mem_array(d->conf.queue_max, sizeof *d->queue);
	d->last = &d->first;
	d->newest = &d->oldest;
	d->logged = conf->log_end;
	d->cursor = conf->cursor;
	u64map_init(&d->items, ITEMS_MAX);
	arena_init(&d->secrets, SECRETS_MAX);
	arena_init(&d->tell_arena, TELL_ARENA);
	pthread_mutex_init(&d->lock, NULL);
	pthread_mutex_init(&d->inbox_lock, NULL);
	clock_cond_init(&d->work);
	clock_cond_init(&d->told);
	enum status st = open_parts(d, e);
	if (st != ST_OK)
		deliver_destroy(&d);
	else
		*out = d;
	return st;
}

/* ---- doors ---- */

void deliver_hand_over(struct deliver *d, const uint64_t *messages, size_t n)
{
	pthread_mutex_lock(&d->lock);
	/* Folded from what an earlier process had folded as well, before its commit was lost. */
	bool again = d->cursor < d->conf.log_end && marks_unknown(d->marks);
	for (size_t i = 0; i < n; i++)
		items_name(d, messages[i]);
	for (size_t i = 0; again && i < n && !d->doubts_cut; i++)
		(void)add_doubt(d, messages[i], true); /* cut short: found again as rows */
	metrics_set(d->conf.metrics, METRIC_DELIVER_WAITING, (int64_t)(d->queue_n + d->held_n));
	if (n == 1)
		pthread_cond_signal(&d->work);
	else
		pthread_cond_broadcast(&d->work);
	pthread_mutex_unlock(&d->lock);
}

void deliver_folded(struct deliver *d, uint64_t cursor, int64_t clock_us)
{
	pthread_mutex_lock(&d->lock);
	bool waited = d->queue_n + d->held_n > 0;
	d->cursor = cursor;
	d->clock_us = clock_us;
	if (waited)
		pthread_cond_broadcast(&d->work);
	if (!d->ready)
		pthread_cond_signal(&d->told);
	pthread_mutex_unlock(&d->lock);
}

void deliver_logged(struct deliver *d, uint64_t last_seq)
{
	pthread_mutex_lock(&d->lock);
	d->logged = last_seq;
	pthread_mutex_unlock(&d->lock);
}

bool deliver_idle(struct deliver *d)
{
	pthread_mutex_lock(&d->lock);
	bool idle = d->ready && d->queue_n == 0 && !d->missed && d->looking == 0 && d->active == 0;
	pthread_mutex_unlock(&d->lock);
	return idle;
}

void deliver_stats(struct deliver *d, struct deliver_stats *out)
{
	pthread_mutex_lock(&d->lock);
	*out = d->stats;
	out->ready = d->ready;
	out->waiting = d->queue_n + d->held_n;
	out->in_hand = d->active - d->held_n;
	pthread_mutex_unlock(&d->lock);
}

/* ---- stop ---- */

void deliver_stop(struct deliver *d)
{
	pthread_mutex_lock(&d->lock);
	d->stop = true;
	pthread_cond_broadcast(&d->work);
	pthread_cond_broadcast(&d->told);
	pthread_mutex_unlock(&d->lock);
	for (size_t i = 0; i < d->writers_n; i++)
		if (d->writers[i].started)
			pthread_join(d->writers[i].thread, NULL);
	for (size_t i = 0; i < d->writers_n; i++)
		d->writers[i].started = false;
	smtp_pool_destroy(&d->pool);  /* all results are out when it returns */
	http_post_destroy(&d->hooks); /* the same; what was under way is posted again */
	pthread_mutex_lock(&d->lock);
	d->end = true;
	pthread_cond_broadcast(&d->told);
	pthread_mutex_unlock(&d->lock);
	if (d->teller_started)
		pthread_join(d->teller, NULL);
	d->teller_started = false;
}

void deliver_destroy(struct deliver **dp)
{
	struct deliver *d = *dp;
	if (d == NULL)
		return;
	deliver_stop(d);
	way_close(d);
	for (size_t i = 0; i < d->writers_n; i++) {
		letter_desk_destroy(&d->writers[i].desk);
		store_close(&d->writers[i].store);
		arena_finish(&d->writers[i].arena);
	}
	store_close(&d->reader);
	inbox_close(&d->inbox);
	marks_close(&d->marks);
	items_finish(d);
	mem_free(d->doubts);
	arena_wipe(&d->secrets);
	arena_finish(&d->secrets);
	arena_finish(&d->tell_arena);
	pthread_cond_destroy(&d->work);
	pthread_cond_destroy(&d->told);
	pthread_mutex_destroy(&d->lock);
	pthread_mutex_destroy(&d->inbox_lock);
	mem_free(d);
	*dp = NULL;
}
