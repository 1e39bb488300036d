/* SPDX-License-Identifier: Apache-2.0
 * log_sqlite_keys.c: the duplicate set comes back at open.
 *
 * Reading every row of a 30-day window would be gigabytes. So each 4096 records leave their
 * fingerprints as one row of key_block, in the transaction of the last of them: it can neither be
 * missing nor be ahead. A start reads these blocks and the rows behind the last one. A block that
 * is damaged is made again from its rows. */
#include "log/log_sqlite.h"

#include "base/assert.h"
#include "base/hash.h"

#define FETCH_AHEAD 16

static uint64_t block_of(uint64_t seq)
{
	return (seq - 1) / DUPLICATE_BLOCK;
}

static uint64_t block_start(uint64_t block)
{
	return block * DUPLICATE_BLOCK + 1;
}

static uint64_t block_sum(uint64_t block, int64_t first_us, struct str fingerprints)
{
	return hash_str(fingerprints, hash_u64(block) ^ (uint64_t)first_us);
}

enum status log_sqlite_put_block(struct log_sqlite *l, uint64_t block, int64_t first_us,
				 struct err *e)
{
	const struct str fingerprints = str_n((const char *)l->tail, sizeof l->tail);
	sqlite_bind_i64(l->put_block, 1, (int64_t)block);
	sqlite_bind_i64(l->put_block, 2, first_us);
	sqlite_bind_i64(l->put_block, 3, (int64_t)block_sum(block, first_us, fingerprints));
	sqlite_bind_blob(l->put_block, 4, fingerprints);
	return sqlite_run(l->put_block, e);
}

/* --- from rows ---------------------------------------------------------------------------- */

static void learn(struct log_sqlite *l, uint64_t seq, int64_t received_us, uint64_t fingerprint,
		  bool into_tail)
{
	size_t place = (size_t)((seq - 1) % DUPLICATE_BLOCK);
	if (into_tail) {
		l->tail[place] = fingerprint;
		if (place == 0 || l->block_us == 0)
			l->block_us = received_us;
	}
	if (seq >= l->keys.next_seq) /* a reload of the tail meets keys that are there */
		duplicate_add(&l->keys, fingerprint, seq, received_us);
}

/* Rows from `from` to the first damage or to `to`; *next_r is where to go on. */
static enum status learn_run(struct log_sqlite *l, struct sqlite_stmt *rows, uint64_t *next_r,
			     uint64_t to, bool into_tail, struct err *e)
{
	bool row = true;
	sqlite_bind_i64(rows, 1, (int64_t)*next_r);
	sqlite_bind_i64(rows, 2, (int64_t)to);
	for (;;) {
		enum status st = sqlite_step(rows, &row, e);
		if (st != ST_OK || !row)
			return st;
		struct row r = {.seq = (uint64_t)sqlite_col_i64(rows, 0),
				.flags = sqlite_col_i64(rows, 2),
				.source = sqlite_col_bytes(rows, 3),
				.message_id = sqlite_col_bytes(rows, 4)};
		learn(l, r.seq, sqlite_col_i64(rows, 1), row_fingerprint(l->seed, &r), into_tail);
		*next_r = r.seq + 1;
	}
}

/* A damaged page must not keep the log from opening: new events want in. What could not be learnt
 * is counted (stats), and the reader will stop at the damage itself. */
static enum status learn_rows(struct log_sqlite *l, uint64_t from, uint64_t to, bool into_tail,
			      struct err *e)
{
	struct sqlite_stmt *rows;
	enum status st = sqlite_prepare(l->db,
					"SELECT seq,received_us,flags,source,message_id FROM event"
					" WHERE seq BETWEEN ? AND ? ORDER BY seq",
					&rows, e);
	if (st != ST_OK)
		return st;
	while ((st = learn_run(l, rows, &from, to, into_tail, e)) == ST_CORRUPT && from < to) {
		l->unreadable_keys++;
		from++;
	}
	sqlite_finalize(&rows);
	return st == ST_CORRUPT ? ST_OK : st;
}

enum status log_sqlite_load_tail(struct log_sqlite *l, struct err *e)
{
	uint64_t from = block_start(block_of(l->next_seq));
	memset(l->tail, 0, sizeof l->tail);
	l->block_us = 0;
	enum status st = from < l->next_seq ? learn_rows(l, from, l->next_seq - 1, true, e) : ST_OK;
	l->tail_stale = st != ST_OK;
	return st;
}

/* --- from blocks -------------------------------------------------------------------------- */

static void learn_block(struct log_sqlite *l, uint64_t block, int64_t first_us, struct str bytes)
{
	uint64_t fingerprints[DUPLICATE_BLOCK];
	memcpy(fingerprints, bytes.p, sizeof fingerprints);
	for (size_t i = 0; i < DUPLICATE_BLOCK; i++) {
		if (i + FETCH_AHEAD < DUPLICATE_BLOCK)
			duplicate_prefetch(&l->keys, fingerprints[i + FETCH_AHEAD]);
		learn(l, block_start(block) + i, first_us, fingerprints[i], false);
	}
}

static enum status load_block(struct log_sqlite *l, struct sqlite_stmt *get, uint64_t block,
			      struct err *e)
{
	bool row = false, sound = false;
	sqlite_bind_i64(get, 1, (int64_t)block);
	enum status st = sqlite_step(get, &row, e);
	if (st != ST_OK && st != ST_CORRUPT)
		return st;
	if (st == ST_OK && row) {
		int64_t first_us = sqlite_col_i64(get, 0);
		struct str bytes = sqlite_col_bytes(get, 2);
		sound = bytes.n == sizeof(uint64_t) * DUPLICATE_BLOCK &&
			block_sum(block, first_us, bytes) == (uint64_t)sqlite_col_i64(get, 1);
		if (sound)
			learn_block(l, block, first_us, bytes);
	}
	sqlite_reset(get);
	return sound ? ST_OK
		     : learn_rows(l, block_start(block), block_start(block + 1) - 1, false, e);
}

/* The first block that has something inside the window and inside the memory. Without a readable
 * block table everything is looked at. */
static enum status first_block(struct log_sqlite *l, uint64_t *block_r, struct err *e)
{
	uint64_t open = block_of(l->next_seq),
		 fits = duplicate_keys_max(&l->keys) / DUPLICATE_BLOCK;
	uint64_t first = block_of(l->first_seq);
	if (fits > 0 && open - first > fits - 1)
		first = open - (fits - 1);
	int64_t oldest = 0;
	bool found = false;
	char sql[] = "SELECT max(block) FROM key_block WHERE first_us<?";
	enum status st = log_sqlite_number(l->db, sql, l->last_us - l->conf.duplicate_window_us,
					   &oldest, &found, e);
	if (st == ST_OK && found && oldest > 0 && (uint64_t)oldest > first)
		first = (uint64_t)oldest;
	*block_r = first;
	return st == ST_CORRUPT ? ST_OK : st;
}

enum status log_sqlite_load_keys(struct log_sqlite *l, struct err *e)
{
	uint64_t block, open = block_of(l->next_seq);
	struct sqlite_stmt *get;
	duplicate_init(&l->keys, l->conf.duplicate_bytes_max, l->next_seq);
	enum status st = first_block(l, &block, e);
	if (st == ST_OK)
		st = sqlite_prepare(l->db,
				    "SELECT first_us,sum,fingerprints FROM key_block WHERE block=?",
				    &get, e);
	if (st != ST_OK)
		return st;
	uint64_t from = block_start(block) > l->first_seq ? block_start(block) : l->first_seq;
	duplicate_finish(&l->keys);
	duplicate_init(&l->keys, l->conf.duplicate_bytes_max, from);
	duplicate_reserve(&l->keys, (size_t)(l->next_seq - from) + DUPLICATE_BLOCK);
	for (; st == ST_OK && block < open; block++)
		st = load_block(l, get, block, e);
	sqlite_finalize(&get);
	return st == ST_OK ? log_sqlite_load_tail(l, e) : st;
}
