/* SPDX-License-Identifier: Apache-2.0
 * replay.c: the proof that state is a fold of the log: the same code over the same records into
 * an empty store must give the same bytes (G8). When it does not, the first differing row is
 * named, because "hashes differ" helps nobody. */
#include "engine/engine.h"

#include "base/assert.h"
#include "base/hash.h"

#include <stdio.h>
#include <string.h>

struct compare {
	struct store *other;
	enum table table;
	struct arena arena;
	struct replay_result *out;
	const char *here, *there;
};

static void name_row(struct compare *c, struct store_key key, const char *what)
{
	char text[80];
	size_t n = 0;
	if (table_key_kind(c->table) == TABLE_KEY_INT) {
		(void)snprintf(text, sizeof text, "%llu", (unsigned long long)key.num);
	} else {
		for (size_t i = 0; i < key.bytes.n && n + 3 < sizeof text; i++)
			n += (size_t)snprintf(text + n, 3, "%02x",
					      (unsigned)(uint8_t)key.bytes.p[i]);
		text[n] = '\0';
	}
	(void)snprintf(c->out->difference, sizeof c->out->difference, "table %s, key %s: %s",
		       table_name(c->table), text, what);
}

static bool same_row(void *ctx, struct store_key key, struct str value)
{
	struct compare *c = ctx;
	struct str other;
	struct err e;
	arena_reset(&c->arena);
	enum status st = store_get(c->other, c->table, key, &c->arena, &other, &e);
	if (st != ST_OK)
		name_row(c, key, c->there);
	else if (!str_eq(value, other))
		name_row(c, key, "the two values differ");
	return c->out->difference[0] == '\0';
}

static enum status first_difference(struct store *state, struct store *replayed,
				    struct replay_result *out, struct err *e)
{
	struct compare c = {.out = out};
	enum status st = ST_OK;
	arena_init(&c.arena, 2 * STORE_VALUE_MAX); /* one row */
	for (size_t t = 0; t < TABLE_COUNT && st == ST_OK && out->difference[0] == '\0'; t++) {
		if (!table_hashed((enum table)t))
			continue;
		c.table = (enum table)t;
		c.other = replayed;
		c.there = "only in the live state";
		st = store_scan(state, c.table, SCAN_ALL, same_row, &c, e);
		if (st != ST_OK || out->difference[0] != '\0')
			break;
		c.other = state;
		c.there = "only in the replayed state";
		st = store_scan(replayed, c.table, SCAN_ALL, same_row, &c, e);
	}
	arena_finish(&c.arena);
	return st;
}

static enum status fold_all(struct engine *en, uint64_t through, const struct replay_conf *conf,
			    struct replay_result *out, struct err *e)
{
	size_t done;
	struct engine_stats stats;
	enum status st;
	do {
		st = engine_run(en, &done, e);
		engine_stats(en, &stats);
		out->events = stats.events;
		out->cursor = stats.cursor;
		if (conf->progress != NULL)
			conf->progress(conf->ctx, stats.cursor, through);
		if (st == ST_OK && conf->stop != NULL && conf->stop(conf->ctx))
			st = err_set(e, ST_UNAVAILABLE, "stopped before the log was folded");
	} while (st == ST_OK && done > 0);
	return st;
}

struct copy {
	struct store *to;
	enum table table;
	enum status st;
	struct err *e;
};

static bool copy_row(void *ctx, struct store_key key, struct str value)
{
	struct copy *c = ctx;
	c->st = store_put(c->to, c->table, key, value, c->e);
	return c->st == ST_OK;
}

/* The base is somebody's backup: it is read, never folded into. */
static enum status copy_store(struct store *from, struct store *to, struct err *e)
{
	struct copy c = {.to = to, .e = e};
	enum status st = store_begin(to, e);
	for (size_t t = 0; t < TABLE_COUNT && st == ST_OK; t++) {
		c.table = (enum table)t;
		st = store_scan(from, c.table, SCAN_ALL, copy_row, &c, e);
		if (st == ST_OK)
			st = c.st;
	}
	return st == ST_OK ? store_commit(to, e) : st;
}

enum status engine_replay(const struct replay_conf *conf, struct replay_result *out, struct err *e)
{
	struct store *fresh = NULL;
	struct engine *en = NULL;
	struct engine_meta meta;
	*out = (struct replay_result){0};
	enum status st = engine_meta_read(conf->state, &meta, e);
	if (st == ST_OK)
		st = store_open_memory(&STORE_CONF_DEFAULT, &fresh, e);
	if (st == ST_OK && conf->base != NULL)
		st = copy_store(conf->base, fresh, e);
	if (st != ST_OK)
		goto out;
	const struct engine_conf ec = {.log = conf->log,
				       .store = fresh,
				       .seed = conf->seed,
				       .through_seq = meta.cursor,
				       .choice = conf->choice};
	st = engine_open(&ec, &en, e);
	if (st == ST_OK && meta.cursor > 0)
		st = fold_all(en, meta.cursor, conf, out, e);
	if (st == ST_OK)
		st = store_hash(conf->state, &out->hash_state, e);
	if (st == ST_OK)
		st = store_hash(fresh, &out->hash_replay, e);
	out->equal = st == ST_OK && out->hash_state == out->hash_replay;
	if (st == ST_OK && !out->equal)
		st = first_difference(conf->state, fresh, out, e);
out:
	engine_close(&en);
	store_close(&fresh);
	return st;
}
