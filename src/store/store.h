/* SPDX-License-Identifier: Apache-2.0
 * store.h: what the engine asks of its state: ordered tables and one writer's transactions.
 *
 * A row is a key and a value; what is inside is the business of model/. Two siblings from day
 * one: store_sqlite (one file, WAL) and store_memory (tests, simulator, replay); PostgreSQL
 * later. One suite, test_store.c, runs the same cases over each. What a sibling implements is in
 * store/ops.h.
 *
 *   S1  Between store_begin and store_commit the writer sees its own writes; nobody else does.
 *   S2  store_commit is atomic; after a crash the state is that of some commit, not older than the
 *       last store_sync. What a crash takes back is rebuilt by folding the log again, since the
 *       cursor is a row of the same commit (docs/decisions/0010).
 *   S3  A scan returns keys in order: INT numerically, BYTES by memcmp.
 *   S4  The same rows give the same store_hash, in whatever order and store they were put.
 *
 * Thread: one writer (the engine's thread). Readers have a handle of their own (store_reader),
 * one thread at a time each.
 * Memory: values handed out live in the caller's arena.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "base/status.h"

enum table {
#define TABLE(name, sql, kind, hashed, help) TABLE_##name,
#include "store/table.def"
#undef TABLE
	TABLE_COUNT
};

enum table_key { TABLE_KEY_INT, TABLE_KEY_BYTES };
const char *table_name(enum table t);
enum table_key table_key_kind(enum table t);
bool table_hashed(enum table t);

/* One key: `num` for INT tables (below 2^63), `bytes` for BYTES tables (1 to STORE_KEY_MAX). */
struct store_key {
	uint64_t num;
	struct str bytes;
};
#define KEY_NUM(n) ((struct store_key){.num = (n)})
#define KEY_BYTES(s) ((struct store_key){.bytes = (s)})
#define KEY_NONE ((struct store_key){.num = 0}) /* of a scan: from the first, to the last */

#define STORE_KEY_MAX 1024
#define STORE_VALUE_MAX ((size_t)16 << 20)

struct store;
struct polite;

/* Called per row, in key order; false stops the scan. Borrowed for the call. */
typedef bool store_row_fn(void *ctx, struct store_key key, struct str value);

struct store_conf {
	const char *path;            /* file; as is all but bytes_max, ignored by memory */
	size_t cache_bytes;          /* page cache */
	size_t wal_bytes_max;        /* above it the writer checkpoints inline */
	size_t bytes_max;            /* all rows; ST_NO_SPACE above it; 0: as much as there is */
	size_t behind_bytes_max;     /* a thread writes what is committed, up to so much at a time;
				  * 0: commits write themselves */
	const struct polite *polite; /* that thread gives way (base/polite.h); NULL: never */
	bool read_only;              /* a reader in another process; the file must be there */
	const char *vfs;             /* NULL: the system's; tests name a faulty disk */
};
#define STORE_CONF_DEFAULT \
	((struct store_conf){.cache_bytes = (size_t)64 << 20, \
			     .wal_bytes_max = (size_t)512 << 20, \
			     .behind_bytes_max = (size_t)256 << 20})

/* Opens, creates what is missing and brings an older file to the newest schema (migrate.c).
 * ST_INVALID: not a state file, or written by a newer version. ST_CORRUPT: a damaged file.
 * ST_NOT_FOUND: read_only and there is none. */
MUST_USE enum status store_open_sqlite(const struct store_conf *conf, struct store **out,
				       struct err *e);
MUST_USE enum status store_open_memory(const struct store_conf *conf, struct store **out,
				       struct err *e);
/* Accepts NULL inside; leaves NULL. An open transaction is undone. Readers close before their
 * store does. */
void store_close(struct store **s);

/* --- the writer ----------------------------------------------------------------------------- */

/* get, put, del and scan outside a transaction work too, each in one of its own. */
MUST_USE enum status store_begin(struct store *s, struct err *e);
/* On failure (ST_NO_SPACE, ST_IO, ...) everything since store_begin is undone and the handle is
 * as good as before it. A commit after a put or del that failed is such a failure. A disk
 * that fails under what is written behind is told by a later begin or commit, which tries again:
 * what had been committed is kept and written when the disk is well. */
MUST_USE enum status store_commit(struct store *s, struct err *e);
/* Readers in every process see what is committed; a power cut may still take it back. */
MUST_USE enum status store_show(struct store *s, struct err *e);
/* The same, and it is on stable storage now. */
MUST_USE enum status store_sync(struct store *s, struct err *e);
void store_rollback(struct store *s); /* harmless when there is nothing to undo */

/* Inserts or replaces. ST_LIMIT: the value is longer than STORE_VALUE_MAX. */
MUST_USE enum status store_put(struct store *s, enum table t, struct store_key k, struct str value,
			       struct err *e);
/* ST_OK also when there was no such row. */
MUST_USE enum status store_del(struct store *s, enum table t, struct store_key k, struct err *e);

/* --- reading, writer and readers ------------------------------------------------------------ */

/* ST_NOT_FOUND when there is no such row (e is then left alone). ST_LIMIT: the arena is full. */
MUST_USE enum status store_get(struct store *s, enum table t, struct store_key k, struct arena *a,
			       struct str *value_r, struct err *e);
/* Rows with from <= key < to; KEY_NONE leaves that side open. `backwards` walks from the high
 * end. The callback may get; it must not write nor scan. */
struct store_range {
	struct store_key from, to;
	bool backwards;
};
#define SCAN_ALL ((struct store_range){.backwards = false})
#define SCAN_FROM(k) ((struct store_range){.from = (k)})
#define SCAN_NEWEST_FIRST ((struct store_range){.backwards = true})
MUST_USE enum status store_scan(struct store *s, enum table t, struct store_range range,
				store_row_fn *fn, void *ctx, struct err *e);

/* A read-only handle on the same data for another thread; closed with store_close. Each read sees
 * some commit, never one older than before: written behind the last one or the one before it,
 * without it, or after store_show or store_sync, the last one. Thread: the writer's. */
MUST_USE enum status store_reader(struct store *s, struct store **out, struct err *e);
/* One snapshot for all reads until store_read_end, on a reader. Keep it short: what has been
 * replaced meanwhile cannot be given back. */
MUST_USE enum status store_read_begin(struct store *s, struct err *e);
void store_read_end(struct store *s);
bool store_is_reader(const struct store *s);

/* --- the whole ------------------------------------------------------------------------------ */

/* A whole, consistent copy of what is committed, as a file that store_open_sqlite opens. The file
 * appears under its name when it is complete. On a reader's handle in another thread the writer
 * goes on meanwhile. ST_INVALID: memory has no file. */
MUST_USE enum status store_backup(struct store *s, const char *path, struct err *e);
/* Reads every page and the schema version of a backup: what can be checked before it replaces the
 * state. Nothing is changed. */
MUST_USE enum status store_verify(const char *path, struct err *e);
uint64_t store_bytes(struct store *s); /* held on disk (WAL included) or in memory */
/* Rows that scans of this handle have come by since it was opened, not only those they handed out:
 * what a transaction deletes is stepped over by each scan that begins before it. */
uint64_t store_looked(const struct store *s);
/* XXH3 over (table name, key, value) of every row of the HASHED tables, in order (S4, G8). */
MUST_USE enum status store_hash(struct store *s, uint64_t *hash_r, struct err *e);

#endif
