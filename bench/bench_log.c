/* SPDX-License-Identifier: Apache-2.0
 * bench_log.c: append, read and open of the event log, and the bare table they are measured by. */
#include "bench_log.h"

#include "bare.h"
#include "base/assert.h"
#include "log/log.h"

#include <stdio.h>

#define BODY_MAX 4096
#define ID_BYTES 36 /* as long as the ids that clients send */
#define BATCH_MAX 10000
#define READ_RECORDS 256

/* The id of event n: "00000000-0000-4000-8000-<n>", written by hand so that both sides spend next
 * to nothing on it. */
static struct str id_of(char room[ID_BYTES], uint64_t n)
{
	memcpy(room, "00000000-0000-4000-8000-000000000000", ID_BYTES);
	for (size_t i = ID_BYTES; n != 0; n >>= 4)
		room[--i] = "0123456789abcdef"[n & 15];
	return str_n(room, ID_BYTES);
}

static struct str body_of(char room[BODY_MAX], size_t bytes)
{
	ASSERT(bytes >= 32 && bytes <= BODY_MAX);
	for (size_t i = 0; i < bytes; i++)
		room[i] = (char)('a' + i % 26);
	return str_n(room, bytes);
}

/* --- bare --------------------------------------------------------------------------------- */

struct bare_body {
	char room[BODY_MAX];
	struct str body;
};

static bool bare_prepare(struct bench_bare *b, sqlite3 *db, sqlite3_stmt **s)
{
	(void)b;
	return bench_bare_exec(db,
			       "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
			       "CREATE TABLE event(seq INTEGER PRIMARY KEY, received_us INTEGER,"
			       " source TEXT, message_id TEXT, body TEXT)") &&
	       sqlite3_prepare_v2(db,
				  "INSERT INTO event(received_us,source,message_id,body)"
				  " VALUES(?1,?2,?3,?4)",
				  -1, s, NULL) == SQLITE_OK;
}

static bool bare_row(struct bench_bare *b, sqlite3_stmt *s, uint64_t n)
{
	char room[ID_BYTES];
	const struct bare_body *ctx = b->ctx;
	struct str id = id_of(room, n), body = ctx->body;
	bool ok = sqlite3_bind_int64(s, 1, (int64_t)n) == SQLITE_OK &&
		  sqlite3_bind_text(s, 2, "web", 3, SQLITE_STATIC) == SQLITE_OK &&
		  sqlite3_bind_text(s, 3, id.p, (int)id.n, SQLITE_STATIC) == SQLITE_OK &&
		  sqlite3_bind_text(s, 4, body.p, (int)body.n, SQLITE_STATIC) == SQLITE_OK &&
		  sqlite3_step(s) == SQLITE_DONE;
	return sqlite3_reset(s) == SQLITE_OK && ok;
}

enum status bench_bare_append(const struct bench_log_conf *conf, struct bench_rate *out,
			      struct err *e)
{
	struct bare_body ctx;
	ctx.body = body_of(ctx.room, conf->body_bytes);
	struct bench_bare b = {.folder = conf->folder,
			       .name = "bare-log.db",
			       .events = conf->events,
			       .batch = conf->batch,
			       .prepare = bare_prepare,
			       .row = bare_row,
			       .ctx = &ctx};
	return bench_bare_run(&b, out, e);
}

/* --- the log ------------------------------------------------------------------------------ */

static enum status open_log(const struct bench_log_conf *conf, char path[512], struct log **out,
			    struct err *e)
{
	struct log_conf lc = LOG_CONF_DEFAULT;
	(void)snprintf(path, 512, "%s/events.db", conf->folder);
	lc.path = path;
	return log_open_sqlite(&lc, out, e);
}

static enum status append_all(const struct bench_log_conf *conf, struct log *l,
			      struct bench_rate *out, struct err *e)
{
	static struct log_entry entries[BATCH_MAX];
	static char ids[BATCH_MAX][ID_BYTES];
	char room[BODY_MAX];
	struct str body = body_of(room, conf->body_bytes);
	ASSERT(conf->batch <= BATCH_MAX);
	enum status st = ST_OK;
	struct stopwatch from = bench_start();
	for (uint64_t n = 0; st == ST_OK && n < conf->events;) {
		size_t k = 0;
		for (; k < conf->batch && n < conf->events; k++, n++)
			entries[k] = (struct log_entry){.source = STR("web"),
							.message_id = id_of(ids[k], n),
							.body = body,
							.received_us = (int64_t)n};
		st = log_append(l, entries, k, e);
	}
	bench_stop(from, conf->events, out);
	return st;
}

static enum status read_all(struct log *l, struct bench_rate *out, struct err *e)
{
	static struct log_record records[READ_RECORDS];
	struct log_reader *r;
	struct arena a;
	enum status st = log_reader_open(l, &r, e);
	if (st != ST_OK)
		return st;
	arena_init(&a, (size_t)64 << 20);
	uint64_t seq = 1;
	size_t n = READ_RECORDS;
	struct stopwatch from = bench_start();
	while (st == ST_OK && n > 0) {
		arena_reset(&a);
		n = READ_RECORDS;
		st = log_read(r, seq, &a, records, &n, e);
		seq += n;
	}
	bench_stop(from, seq - 1, out);
	arena_finish(&a);
	log_reader_close(&r);
	return st;
}

enum status bench_log_append(const struct bench_log_conf *conf, struct bench_rate *out,
			     struct err *e)
{
	char path[512];
	struct log *l = NULL;
	(void)snprintf(path, sizeof path, "%s/events.db", conf->folder);
	bench_remove_file(path);
	enum status st = open_log(conf, path, &l, e);
	if (st == ST_OK)
		st = append_all(conf, l, out, e);
	log_close(&l);
	bench_remove_file(path);
	return st;
}

/* Fills a log, outside the measured time. */
static enum status filled(const struct bench_log_conf *conf, char path[512], struct log **out,
			  struct err *e)
{
	struct bench_log_conf fill = *conf;
	struct bench_rate ignored;
	fill.batch = 5000;
	(void)snprintf(path, 512, "%s/events.db", conf->folder);
	bench_remove_file(path);
	enum status st = open_log(conf, path, out, e);
	return st == ST_OK ? append_all(&fill, *out, &ignored, e) : st;
}

enum status bench_log_read(const struct bench_log_conf *conf, struct bench_rate *out, struct err *e)
{
	char path[512];
	struct log *l = NULL;
	enum status st = filled(conf, path, &l, e);
	if (st == ST_OK)
		st = read_all(l, out, e);
	log_close(&l);
	bench_remove_file(path);
	return st;
}

enum status bench_log_open(const struct bench_log_conf *conf, struct bench_rate *out, struct err *e)
{
	char path[512];
	struct log *l = NULL;
	enum status st = filled(conf, path, &l, e);
	log_close(&l);
	struct stopwatch from = bench_start();
	if (st == ST_OK)
		st = open_log(conf, path, &l, e);
	bench_stop(from, conf->events, out);
	log_close(&l);
	bench_remove_file(path);
	return st;
}
