/* SPDX-License-Identifier: Apache-2.0
 * hits.c: a ring of the latest hits, chained by message, and a thread that judges them. Only the
 * thread frees what is in the ring, so it may read texts there without the lock; numbers of the
 * chains are under it. */
#include "daemon/hits.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/time.h"
#include "engine/outbox.h"
#include "node/node.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define FILE_NAME "hits.json"
#define SCHEMA "nurtured.hits/1"
#define CHAINS 4096u
#define BATCH 64u
#define LOOKS 1024u /* of one round: it reads a row for each */
#define READ_RECORDS 512u
#define SCAN_RECORDS_MAX UINT64_C(2000000) /* looked through when the file is not there */
#define KEEP_US (10 * US_PER_M)            /* as long as one hit may speak about another */
#define SAVE_US (10 * US_PER_S)
#define RETRY_US US_PER_S
#define ARENA_BYTES ((size_t)64 << 20)

struct kept {
	struct hit hit; /* texts in `memory` */
	char *memory;
	uint64_t serial, older; /* older: the one of this chain before it; 0: none */
	bool judged;
};

struct hits {
	struct hits_conf conf;
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stop;
	struct kept *ring;       /* serial s is in slot s % HITS_HELD_MAX */
	uint64_t first, next;    /* serials held: first .. next - 1; 0 is none */
	uint64_t asked;          /* the thread has looked at all before it */
	uint64_t newest[CHAINS]; /* by message */
	uint64_t missed_seq;     /* the first there was no room for; 0: none */
	uint64_t tail_end;       /* what is before it is read from the log */
	uint64_t settled_seq;
	/* the thread's own */
	struct log_reader *log;
	struct arena arena;
	uint64_t waiting[HITS_HELD_MAX]; /* serials that are not final yet, by time */
	size_t waiting_first, waiting_n;
	struct machine_hit others[MACHINE_HITS_MAX];
	bool blind; /* the log's tail was not read to its end: the place is not given up */
	uint64_t saved_seq;
	int64_t saved_us;
};

/* ---- the ring ---- */

static struct kept *slot(struct hits *h, uint64_t serial)
{
	return &h->ring[serial % HITS_HELD_MAX];
}

static struct str keep_text(char **at, struct str s)
{
	struct str copy = str_n(*at, s.n);
	if (s.n)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return copy;
}

static void copy_hit(struct kept *k, const struct hit *hit)
{
	const struct machine_hit *m = &hit->was;
	size_t bytes =
		hit->target.n + m->method.n + m->user_agent.n + m->ip.n + m->accept_language.n;
	char *at = k->memory = mem_alloc(bytes + 1);
	k->hit = *hit;
	k->hit.target = keep_text(&at, hit->target);
	k->hit.was.method = keep_text(&at, m->method);
	k->hit.was.user_agent = keep_text(&at, m->user_agent);
	k->hit.was.ip = keep_text(&at, m->ip);
	k->hit.was.accept_language = keep_text(&at, m->accept_language);
}

/* The lock is held. False: there is no room. */
static bool hold(struct hits *h, const struct hit *hit)
{
	uint64_t *chain = &h->newest[hash_u64(hit->message) % CHAINS];
	if (h->next - h->first == HITS_HELD_MAX)
		return false;
	struct kept *k = slot(h, h->next);
	copy_hit(k, hit);
	k->serial = h->next++;
	k->older = *chain;
	k->judged = false;
	*chain = k->serial;
	return true;
}

void hits_add(struct hits *h, const struct hit *hit)
{
	pthread_mutex_lock(&h->lock);
	/* Behind one that was missed nothing is taken: the log is read again from there. */
	if (hit->seq >= h->tail_end && h->missed_seq == 0 && !hold(h, hit))
		h->missed_seq = hit->seq;
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->lock);
}

void hits_settled(struct hits *h, uint64_t seq)
{
	pthread_mutex_lock(&h->lock);
	if (seq > h->settled_seq)
		h->settled_seq = seq;
	pthread_mutex_unlock(&h->lock);
}

/* What can speak about no other hit any more goes; at half a ring, whatever is judged. */
static void let_go(struct hits *h, int64_t now_us)
{
	pthread_mutex_lock(&h->lock);
	while (h->first < h->next) {
		struct kept *k = slot(h, h->first);
		bool old = time_between(k->hit.was.at_us, now_us) > KEEP_US ||
			   h->next - h->first > HITS_HELD_MAX / 2;
		if (!k->judged || !old)
			break;
		mem_free(k->memory);
		*k = (struct kept){.serial = 0};
		h->first++;
	}
	pthread_mutex_unlock(&h->lock);
}

/* ---- judging ---- */

static size_t others_of(struct hits *h, const struct kept *k)
{
	size_t n = 0;
	pthread_mutex_lock(&h->lock);
	uint64_t serial = h->newest[hash_u64(k->hit.message) % CHAINS];
	while (serial >= h->first && serial > 0 && n < MACHINE_HITS_MAX) {
		const struct kept *o = slot(h, serial);
		if (o != k && o->hit.message == k->hit.message)
			h->others[n++] = o->hit.was;
		serial = o->older;
	}
	pthread_mutex_unlock(&h->lock);
	return n;
}

static struct machine_answer judge(struct hits *h, const struct kept *k)
{
	struct message m;
	bool known = outbox_get(h->conf.store, k->hit.message, &h->arena, &m, NULL) == ST_OK;
	const struct machine_case c = {
		.hit = k->hit.was,
		.sent_us = known ? m.sent_us : TIME_NONE,
		.links_n = known ? m.links_n : 0,
		.others = h->others,
		.others_n = others_of(h, k),
	};
	return machine_judge(&c);
}

struct batch {
	struct log_entry entries[BATCH];
	uint64_t serials[BATCH];
	size_t n;
};

static void put_verdict(struct hits *h, const struct kept *k, const struct machine_answer *answer,
			struct batch *b)
{
	struct event ev;
	struct buf text;
	struct err e;
	buf_init_arena(&text, &h->arena, EVENT_BYTES_MAX);
	enum status st = hit_verdict(&k->hit, answer, &h->arena, &ev, &e);
	if (st == ST_OK)
		st = event_encode(&ev, &text, &e);
	ASSERT(st == ST_OK); /* the hit itself fitted, and says more */
	b->serials[b->n] = k->serial;
	b->entries[b->n++] = (struct log_entry){
		.source = ev.source,
		.message_id = ev.message_id,
		.body = buf_view(&text),
		.received_us = clock_now_us(),
	};
	metrics_inc(h->conf.metrics,
		    answer->verdict == MACHINE_HUMAN ? METRIC_HITS_HUMAN : METRIC_HITS_MACHINE);
}

/* The next one to look at: new, or one whose time has come. False: none is due. */
static bool next_due(struct hits *h, int64_t now_us, uint64_t *serial_r, int64_t *at_us_r)
{
	bool found = false;
	*at_us_r = TIME_NONE;
	pthread_mutex_lock(&h->lock);
	if (h->waiting_n > 0) {
		*serial_r = h->waiting[h->waiting_first];
		*at_us_r = slot(h, *serial_r)->hit.was.at_us + MACHINE_STALL_US;
		found = *at_us_r <= now_us;
	}
	if (found) {
		h->waiting_first = (h->waiting_first + 1) % HITS_HELD_MAX;
		h->waiting_n--;
	} else if (h->asked < h->next) {
		*serial_r = h->asked++;
		found = true;
	}
	pthread_mutex_unlock(&h->lock);
	return found;
}

static void wait_for_more(struct hits *h, uint64_t serial)
{
	ASSERT(h->waiting_n < HITS_HELD_MAX);
	h->waiting[(h->waiting_first + h->waiting_n++) % HITS_HELD_MAX] = serial;
}

/* Fills a batch with what is final. *at_us_r: when there is more to do, TIME_NONE: nothing. */
static void gather(struct hits *h, struct batch *b, int64_t *at_us_r)
{
	uint64_t serial;
	int64_t now = clock_now_us();
	b->n = 0;
	arena_reset(&h->arena);
	for (unsigned i = 0; i < LOOKS && b->n < BATCH && next_due(h, now, &serial, at_us_r); i++) {
		const struct kept *k = slot(h, serial);
		if (k->judged)
			continue; /* before the last end of the process: the log says so */
		struct machine_answer answer = judge(h, k);
		if (answer.settles_us > now)
			wait_for_more(h, serial);
		else
			put_verdict(h, k, &answer, b);
	}
}

static void pause_us(struct hits *h, int64_t us)
{
	pthread_mutex_lock(&h->lock);
	if (!h->stop)
		(void)clock_cond_wait(&h->wake, &h->lock, clock_mono_us() + us);
	pthread_mutex_unlock(&h->lock);
}

static bool stopping(struct hits *h)
{
	pthread_mutex_lock(&h->lock);
	bool stop = h->stop;
	pthread_mutex_unlock(&h->lock);
	return stop;
}

/* A full disk: tried again until there is room, or by the next life. */
static bool tell(struct hits *h, struct batch *b)
{
	struct err e;
	while (appender_append(h->conf.appender, b->entries, b->n, &e) != ST_OK) {
		if (stopping(h))
			return false;
		pause_us(h, RETRY_US);
	}
	pthread_mutex_lock(&h->lock);
	for (size_t i = 0; i < b->n; i++)
		slot(h, b->serials[i])->judged = true;
	pthread_mutex_unlock(&h->lock);
	return true;
}

/* ---- the log's tail ---- */

static void mark_judged(struct hits *h, uint64_t seq)
{
	pthread_mutex_lock(&h->lock);
	/* A verdict stands close behind its hit. */
	for (uint64_t s = h->next; s > h->first && slot(h, s - 1)->hit.seq >= seq; s--)
		if (slot(h, s - 1)->hit.seq == seq)
			slot(h, s - 1)->judged = true;
	pthread_mutex_unlock(&h->lock);
}

/* Came by itself while an earlier stretch was read, and that stretch is read again. The lock is
 * held. Twice in the ring, one click would look like a burst. */
static bool is_held(struct hits *h, const struct hit *hit)
{
	uint64_t serial = h->newest[hash_u64(hit->message) % CHAINS];
	while (serial >= h->first && serial > 0) {
		const struct kept *o = slot(h, serial);
		if (o->hit.seq == hit->seq)
			return true;
		serial = o->older;
	}
	return false;
}

/* False: no room. */
static bool take_record(struct hits *h, const struct log_record *r)
{
	struct event ev;
	struct hit hit;
	bool room = true;
	if (!str_is(r->source, HIT_SOURCE) || r->body.n == 0)
		return true;
	if (hit_of_verdict(r->message_id) > 0) {
		mark_judged(h, hit_of_verdict(r->message_id));
		return true;
	}
	if (event_decode(r->body, &h->arena, &ev, NULL) != ST_OK)
		return true; /* the engine tells of it */
	ev.seq = r->seq;
	if (hit_read(&ev, &h->arena, &hit, NULL) != ST_OK)
		return true;
	pthread_mutex_lock(&h->lock);
	room = is_held(h, &hit) || hold(h, &hit);
	pthread_mutex_unlock(&h->lock);
	return room;
}

/* Everything from `seq` on that is in the log before `end`. What does not fit is missed again. */
static void read_tail(struct hits *h, uint64_t seq, uint64_t end)
{
	struct err e;
	while (seq < end) {
		struct log_record *r = NULL;
		size_t n = end - seq < READ_RECORDS ? (size_t)(end - seq) : READ_RECORDS;
		arena_reset(&h->arena);
		r = ARENA_ARRAY(&h->arena, struct log_record, READ_RECORDS);
		ASSERT(r != NULL);
		/* Stopped, or damaged (doctor says so): the place is kept for the next life. */
		if (stopping(h) || log_read(h->log, seq, &h->arena, r, &n, &e) != ST_OK || n == 0) {
			h->blind = true;
			return;
		}
		for (size_t i = 0; i < n; i++) {
			if (take_record(h, &r[i]))
				continue;
			pthread_mutex_lock(&h->lock);
			h->missed_seq = r[i].seq;
			pthread_mutex_unlock(&h->lock);
			return;
		}
		seq = r[n - 1].seq + 1;
	}
}

/* What was missed, once half the ring is free. */
static void catch_up(struct hits *h)
{
	struct log_stats s;
	pthread_mutex_lock(&h->lock);
	uint64_t from = h->missed_seq;
	bool room = h->next - h->first <= HITS_HELD_MAX / 2;
	if (from == 0 || !room) {
		pthread_mutex_unlock(&h->lock);
		return;
	}
	log_stats(h->conf.log, &s);
	h->missed_seq = 0;
	h->tail_end = s.next_seq; /* what comes from now on comes by itself */
	pthread_mutex_unlock(&h->lock);
	read_tail(h, from, s.next_seq);
}

/* ---- how far everything is judged ---- */

static uint64_t load_place(struct hits *h, const struct log_stats *s)
{
	char path[NODE_PATH_MAX];
	struct str text;
	struct json d;
	struct err e;
	int64_t through;
	uint64_t from = s->next_seq > SCAN_RECORDS_MAX ? s->next_seq - SCAN_RECORDS_MAX : 1;
	(void)node_path(h->conf.dir, FILE_NAME, path);
	if (file_read(path, 4096, &h->arena, &text, &e) == ST_OK &&
	    json_parse(text, JSON_LIMITS_EVENT, &h->arena, &d, &e) == ST_OK &&
	    json_i64(&d, json_get(&d, 0, "through"), &through) && through >= 0 &&
	    (uint64_t)through < s->next_seq)
		from = (uint64_t)through + 1;
	return from > s->first_seq ? from : s->first_seq;
}

static uint64_t judged_through(struct hits *h)
{
	pthread_mutex_lock(&h->lock);
	uint64_t through = h->settled_seq;
	if (h->missed_seq > 0 && h->missed_seq <= through)
		through = h->missed_seq - 1;
	for (uint64_t s = h->first; s < h->next; s++) {
		const struct kept *k = slot(h, s);
		if (!k->judged && k->hit.seq <= through)
			through = k->hit.seq - 1;
	}
	pthread_mutex_unlock(&h->lock);
	return through;
}

static void save_place(struct hits *h)
{
	char path[NODE_PATH_MAX], text[128];
	struct err e;
	uint64_t through = judged_through(h);
	h->saved_us = clock_mono_us();
	if (h->blind || through <= h->saved_seq)
		return;
	(void)snprintf(text, sizeof text, "{\"schema\":\"" SCHEMA "\",\"through\":%llu}\n",
		       (unsigned long long)through);
	/* Without it the next start reads more of the log; nothing is lost. */
	if (file_write_atomic(node_path(h->conf.dir, FILE_NAME, path), str_of(text), 0600, &e) ==
	    ST_OK)
		h->saved_seq = through;
}

/* ---- the thread ---- */

static void sleep_until(struct hits *h, int64_t at_us)
{
	int64_t now = clock_now_us(), most = SAVE_US;
	int64_t us = at_us == TIME_NONE ? most : time_between(now, at_us);
	pthread_mutex_lock(&h->lock);
	if (!h->stop && h->asked == h->next && us > 0)
		(void)clock_cond_wait(&h->wake, &h->lock,
				      clock_mono_us() + (us < most ? us : most));
	pthread_mutex_unlock(&h->lock);
}

static void *run(void *arg)
{
	struct hits *h = arg;
	struct batch b = {.n = 0};
	struct log_stats s;
	int64_t at_us = TIME_NONE;
	bool going = true;
	log_stats(h->conf.log, &s);
	read_tail(h, load_place(h, &s), h->tail_end);
	hits_settled(h, h->tail_end - 1);
	while (going) {
		bool stop = stopping(h);
		gather(h, &b, &at_us);
		going = b.n == 0 || tell(h, &b);
		let_go(h, clock_now_us());
		catch_up(h);
		if (stop && b.n == 0)
			break;
		if (clock_mono_us() - h->saved_us > SAVE_US)
			save_place(h);
		if (b.n < BATCH && !stop)
			sleep_until(h, at_us);
	}
	save_place(h);
	return NULL;
}

static void finish(struct hits *h)
{
	for (uint64_t s = h->first; s < h->next; s++)
		mem_free(slot(h, s)->memory);
	log_reader_close(&h->log);
	store_close(&h->conf.store);
	arena_finish(&h->arena);
	pthread_cond_destroy(&h->wake);
	pthread_mutex_destroy(&h->lock);
	mem_free(h->ring);
	mem_free(h);
}

enum status hits_create(const struct hits_conf *conf, struct hits **out, struct err *e)
{
	struct log_stats s;
	struct hits *h = mem_alloc(sizeof *h);
	h->conf = *conf;
	h->ring = mem_array(HITS_HELD_MAX, sizeof *h->ring);
	h->first = h->next = h->asked = 1;
	pthread_mutex_init(&h->lock, NULL);
	clock_cond_init(&h->wake);
	arena_init(&h->arena, ARENA_BYTES);
	log_stats(conf->log, &s);
	h->tail_end = s.next_seq;
	enum status st = log_reader_open(conf->log, &h->log, e);
	if (st != ST_OK)
		finish(h);
	else
		*out = h;
	return st;
}

enum status hits_start(struct hits *h, struct err *e)
{
	int rc = pthread_create(&h->thread, NULL, run, h);
	h->running = rc == 0;
	return rc == 0 ? ST_OK
		       : err_set(e, ST_UNAVAILABLE,
				 "the thread that judges clicks cannot start: %s", strerror(rc));
}

void hits_stop(struct hits *h)
{
	if (h == NULL || !h->running)
		return;
	pthread_mutex_lock(&h->lock);
	h->stop = true;
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->thread, NULL);
	h->running = false;
}

void hits_destroy(struct hits **hp)
{
	if (*hp == NULL)
		return;
	hits_stop(*hp);
	finish(*hp);
	*hp = NULL;
}
