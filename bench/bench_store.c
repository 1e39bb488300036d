/* SPDX-License-Identifier: Apache-2.0
 * bench_store.c: the two loops. Both change every byte they claim to change: SQLite does not
 * write a page whose row already says the same. */
#include "bench_store.h"

#include "bare.h"
#include "base/assert.h"
#include "base/random.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

#define ROW_MAX 4096

/* Text that differs in each event, so that no write is spared. */
static struct str row_text(char room[ROW_MAX], size_t bytes, uint64_t n)
{
	ASSERT(bytes >= 24 && bytes <= ROW_MAX);
	memset(room, (int)('a' + n % 26), bytes);
	(void)snprintf(room, 24, "%020llu", (unsigned long long)n);
	return str_n(room, bytes);
}

/* --- bare ----------------------------------------------------------------------------------- */

struct bare_rows {
	const struct bench_store_conf *conf;
	struct rng rng;
};

static bool bare_put(sqlite3_stmt *s, uint64_t key, struct str value)
{
	bool ok = sqlite3_bind_int64(s, 1, (int64_t)key) == SQLITE_OK &&
		  sqlite3_bind_blob(s, 2, value.p, (int)value.n, SQLITE_STATIC) == SQLITE_OK &&
		  sqlite3_step(s) == SQLITE_DONE;
	return sqlite3_reset(s) == SQLITE_OK && ok;
}

static bool bare_load(sqlite3 *db, const struct bench_store_conf *conf)
{
	char room[ROW_MAX];
	sqlite3_stmt *s = NULL;
	bool ok =
		bench_bare_exec(db, conf->full_sync ? "PRAGMA synchronous=FULL"
						    : "PRAGMA synchronous=NORMAL") &&
		bench_bare_exec(db, "PRAGMA journal_mode=WAL; PRAGMA cache_size=-65536;"
				    "CREATE TABLE lead(k INTEGER PRIMARY KEY, v BLOB); BEGIN") &&
		sqlite3_prepare_v2(db, "INSERT INTO lead VALUES(?1,?2)", -1, &s, NULL) == SQLITE_OK;
	for (uint64_t i = 0; i < conf->rows && ok; i++)
		ok = bare_put(s, i, row_text(room, conf->row_bytes, i));
	(void)sqlite3_finalize(s);
	return ok && bench_bare_exec(db, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
}

static bool bare_prepare(struct bench_bare *b, sqlite3 *db, sqlite3_stmt **s)
{
	const struct bare_rows *ctx = b->ctx;
	return bare_load(db, ctx->conf) &&
	       sqlite3_prepare_v2(db, "UPDATE lead SET v=?2 WHERE k=?1", -1, s, NULL) == SQLITE_OK;
}

static bool bare_row(struct bench_bare *b, sqlite3_stmt *s, uint64_t n)
{
	char room[ROW_MAX];
	struct bare_rows *ctx = b->ctx;
	const struct bench_store_conf *conf = ctx->conf;
	return bare_put(s, rng_below(&ctx->rng, conf->rows),
			row_text(room, conf->row_bytes, conf->rows + n));
}

enum status bench_bare_update(const struct bench_store_conf *conf, struct bench_rate *out,
			      struct err *e)
{
	struct bare_rows ctx = {.conf = conf};
	rng_seed(&ctx.rng, 1);
	struct bench_bare b = {.folder = conf->folder,
			       .name = "bare.db",
			       .events = conf->events,
			       .batch = conf->batch,
			       .prepare = bare_prepare,
			       .row = bare_row,
			       .ctx = &ctx};
	return bench_bare_run(&b, out, e);
}

/* --- through the store ---------------------------------------------------------------------- */

struct fold {
	const struct bench_store_conf *conf;
	struct store *store;
	struct arena arena;
	struct rng rng;
	uint64_t *keys; /* touched in this batch */
	uint64_t done;
};

static enum status fold_load(struct fold *f, struct err *e)
{
	char room[ROW_MAX];
	enum status st = store_begin(f->store, e);
	for (uint64_t i = 0; i < f->conf->rows && st == ST_OK; i++)
		st = store_put(f->store, TABLE_LEAD, KEY_NUM(i),
			       row_text(room, f->conf->row_bytes, i), e);
	return st == ST_OK ? store_commit(f->store, e) : st;
}

static int by_key(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static enum status fold_reads(struct fold *f, size_t n, struct err *e)
{
	enum status st = ST_OK;
	for (size_t i = 0; i < n && st == ST_OK; i++) {
		struct str row;
		f->keys[i] = rng_below(&f->rng, f->conf->rows);
		st = store_get(f->store, TABLE_LEAD, KEY_NUM(f->keys[i]), &f->arena, &row, e);
	}
	return st;
}

static enum status fold_batch(struct fold *f, size_t n, struct err *e)
{
	char room[ROW_MAX];
	enum status st = store_begin(f->store, e);
	if (st == ST_OK)
		st = fold_reads(f, n, e);
	qsort(f->keys, n, sizeof *f->keys, by_key);
	for (size_t i = 0; i < n && st == ST_OK; i++) {
		if (i > 0 && f->keys[i] == f->keys[i - 1])
			continue; /* a lead that had two events is one row */
		st = store_put(f->store, TABLE_LEAD, KEY_NUM(f->keys[i]),
			       row_text(room, f->conf->row_bytes, f->conf->rows + f->done + i), e);
	}
	arena_reset(&f->arena);
	f->done += n;
	return st == ST_OK ? store_commit(f->store, e) : st;
}

static enum status fold_run(struct fold *f, struct bench_rate *out, struct err *e)
{
	enum status st = fold_load(f, e);
	struct stopwatch from = bench_start();
	while (st == ST_OK && f->done < f->conf->events)
		st = fold_batch(f, f->conf->batch, e);
	bench_stop(from, f->done, out);
	return st;
}

enum status bench_store_fold(const struct bench_store_conf *conf, struct bench_rate *out,
			     struct err *e)
{
	char path[512];
	struct store_conf sc = STORE_CONF_DEFAULT;
	struct fold f = {.conf = conf};
	(void)snprintf(path, sizeof path, "%s/fold.db", conf->folder);
	bench_remove_file(path);
	sc.path = path;
	enum status st = store_open_sqlite(&sc, &f.store, e);
	if (st != ST_OK)
		return st;
	arena_init(&f.arena, (size_t)1 << 30);
	rng_seed(&f.rng, 1);
	f.keys = mem_array(conf->batch, sizeof *f.keys);
	st = fold_run(&f, out, e);
	mem_free(f.keys);
	arena_finish(&f.arena);
	store_close(&f.store);
	bench_remove_file(path);
	return st;
}
