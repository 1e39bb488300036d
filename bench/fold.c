/* SPDX-License-Identifier: Apache-2.0
 * fold.c: the engine over a real folder of data: SQLite log, SQLite state, nothing left out. The
 * log is written first and is not timed; what is timed is reading it, the pass, and the commits. */
#include "fold.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/file.h"
#include "node/node.h"

#include <stdio.h>

#define APPEND_BATCH 5000u
#define LEADS_AT_ONCE 100000u

struct fold {
	const struct bench_conf *conf;
	struct node *node;
	struct arena arena;
	struct rng rng;
	uint64_t unique;
	struct log_entry *entries;
};

static enum status entry_of(struct fold *f, const struct event *ev, struct log_entry *out,
			    struct err *e)
{
	struct buf body;
	buf_init_arena(&body, &f->arena, EVENT_BYTES_MAX);
	enum status st = event_encode(ev, &body, e);
	*out = (struct log_entry){
		.source = STR("bench"),
		.message_id = arena_printf(&f->arena, "m-%llu", (unsigned long long)++f->unique),
		.body = buf_view(&body),
		.received_us = clock_now_us(),
	};
	return st;
}

/* n events into the log: identify of the leads from `first` on, or things known people do. */
static enum status append(struct fold *f, bool identify, uint64_t first, uint64_t n, struct err *e)
{
	enum status st = ST_OK;
	for (uint64_t done = 0; done < n && st == ST_OK;) {
		size_t take = n - done < APPEND_BATCH ? (size_t)(n - done) : APPEND_BATCH;
		for (size_t i = 0; i < take && st == ST_OK; i++) {
			struct event ev;
			if (identify)
				bench_identify(first + done + i, clock_now_us(), &f->arena, &ev);
			else
				bench_act(&f->rng, f->conf->leads, clock_now_us(), &f->arena, &ev);
			st = entry_of(f, &ev, &f->entries[i], e);
		}
		if (st == ST_OK)
			st = log_append(f->node->log, f->entries, take, e);
		arena_reset(&f->arena);
		done += take;
	}
	return st;
}

static enum status drain(struct fold *f, struct err *e)
{
	size_t done;
	enum status st;
	do {
		st = engine_run(f->node->engine, &done, e);
	} while (st == ST_OK && done > 0);
	/* Commits are written behind: the time runs until the last one is on disk. */
	return st == ST_OK ? store_sync(f->node->store, e) : st;
}

static enum status apply(struct fold *f, struct err *e)
{
	struct str yaml;
	struct buf body;
	buf_init_arena(&body, &f->arena, EVENT_BYTES_MAX);
	enum status st = file_read(f->conf->program, EVENT_BYTES_MAX, &f->arena, &yaml, e);
	if (st == ST_OK)
		st = engine_event_apply(yaml, clock_now_us(), &body, e);
	struct log_entry entry = {
		.source = STR("system"),
		.message_id = STR("bench-apply"),
		.body = buf_view(&body),
		.received_us = clock_now_us(),
	};
	if (st == ST_OK)
		st = node_submit(f->node, &entry, 1, e);
	arena_reset(&f->arena);
	return st;
}

enum status bench_fold_open(const struct bench_conf *conf, const char *folder, struct fold **out,
			    struct err *e)
{
	struct node_conf nc = node_conf_default(folder, NODE_WRITE);
	struct fold *f = mem_alloc(sizeof *f);
	nc.create = true;
	f->conf = conf;
	f->unique = (uint64_t)clock_now_us(); /* no message id of an earlier opening comes again */
	f->entries = mem_array(APPEND_BATCH, sizeof *f->entries);
	arena_init(&f->arena, (size_t)64 << 20);
	rng_seed(&f->rng, f->unique);
	enum status st = node_open(&nc, &f->node, e);
	if (st == ST_OK)
		*out = f;
	else
		bench_fold_close(&f);
	return st;
}

void bench_fold_close(struct fold **f)
{
	if (*f == NULL)
		return;
	node_close(&(*f)->node);
	arena_finish(&(*f)->arena);
	mem_free((*f)->entries);
	mem_free(*f);
	*f = NULL;
}

enum status bench_fold_know(struct fold *f, struct bench_rate *out, struct err *e)
{
	uint64_t leads = f->conf->leads;
	enum status st = apply(f, e);
	struct stopwatch from = bench_start();
	for (uint64_t at = 0; at < leads && st == ST_OK; at += LEADS_AT_ONCE) {
		st = append(f, true, at, leads - at < LEADS_AT_ONCE ? leads - at : LEADS_AT_ONCE,
			    e);
		if (st == ST_OK)
			st = drain(f, e);
	}
	bench_stop(from, leads, out);
	return st;
}

enum status bench_fold_prepare(const struct bench_conf *conf, const char *folder,
			       struct bench_rate *out, struct err *e)
{
	struct fold *f = NULL;
	enum status st = bench_fold_open(conf, folder, &f, e);
	if (st == ST_OK)
		st = bench_fold_know(f, out, e);
	bench_fold_close(&f);
	return st;
}

enum status bench_fold_round(struct fold *f, uint64_t events, struct bench_rate *out, struct err *e)
{
	enum status st = append(f, false, 0, events, e);
	struct stopwatch from = bench_start();
	if (st == ST_OK)
		st = drain(f, e);
	bench_stop(from, events, out);
	return st;
}
