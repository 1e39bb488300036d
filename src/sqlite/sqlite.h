/* SPDX-License-Identifier: Apache-2.0
 * sqlite.h: our one door to SQLite: a connection with the house's pragmas, statements, one error
 * mapping, checkpoints off the writer's path, and online backup.
 *
 * Durability: WAL with synchronous=FULL. sqlite_commit returning ST_OK means the write-ahead log
 * was fsynced (not with lazy_sync); a checkpoint fsyncs the WAL before and the main file after it
 * copies pages.
 *
 * Errors, the same from every function: ST_NO_SPACE (disk full, quota), ST_IO,
 * ST_CORRUPT (damaged pages, not a database), ST_BUSY (a lock was not free within the timeout),
 * ST_DENIED (read-only, permissions), ST_LIMIT, ST_CONFLICT (constraint), ST_NO_MEMORY,
 * ST_INVALID (the SQL does not fit the file). The text names the file.
 *
 * Thread: one thread at a time per connection; a connection per thread. sqlite_wal_* excepted,
 * they say so.
 */
#ifndef SQLITE_SQLITE_H
#define SQLITE_SQLITE_H

#include "base/arena.h"
#include "base/status.h"

struct sqlite;
struct sqlite_stmt;   /* owned by its connection, dies with it */
struct sqlite_recent; /* what was written last to one file's write-ahead log */

/* Up to 32 MB, as much as was written of them. Destroy: no connection names it any more; leaves
 * NULL. */
struct sqlite_recent *sqlite_recent_create(void);
void sqlite_recent_destroy(struct sqlite_recent **r);

struct sqlite_conf {
	const char *path;
	size_t cache_bytes;  /* page cache; 0: 2 MB */
	size_t mmap_bytes;   /* 0: none */
	int page_bytes;      /* of a new file; 0: 4096 */
	int busy_timeout_ms; /* 0: 5000 */
	bool read_only;      /* the file must exist; nothing is created */
	bool lazy_sync;      /* commits reach the disk later, in order and whole: for what can
			      * be rebuilt. A kill loses nothing, a power cut the last ones */
	struct sqlite_recent *recent; /* NULL: none. Commits reach the disk past the page cache, in
				       * half the time, and are read from memory: for a file that
				       * one connection writes, and all of this process name it.
				       * Borrowed; not with lazy_sync */
	bool secure_delete;           /* freed bytes are overwritten with zeros in the main file */
	bool gives_way; /* to other threads and to their writes: for who copies a write-ahead log */
	const char *vfs; /* NULL: the system's; tests name a faulty one (sqlite_fault.h) */
};

/* Creates the file when absent (not when read_only: ST_NOT_FOUND). */
MUST_USE enum status sqlite_open(const struct sqlite_conf *conf, struct sqlite **out,
				 struct err *e);
/* Stops the checkpoint thread, undoes an open transaction, frees the statements. NULL inside is
 * fine; leaves NULL. The last connection to close empties the WAL into the file. */
void sqlite_close(struct sqlite **db);
const char *sqlite_path(const struct sqlite *db);

MUST_USE enum status sqlite_exec(struct sqlite *db, const char *sql, struct err *e);

/* Brings a file to the schema the scripts end in: script i takes user_version from i to i + 1, each
 * in a transaction of its own. ST_INVALID: the file carries another application_id, or is newer
 * than this program. */
MUST_USE enum status sqlite_migrate(struct sqlite *db, uint32_t application_id,
				    const char *const *scripts, size_t n, struct err *e);

/* --- transactions ------------------------------------------------------------------------- */

MUST_USE enum status sqlite_begin(struct sqlite *db, struct err *e); /* the write lock, at once */
/* On failure the transaction has been rolled back: none of it is kept. */
MUST_USE enum status sqlite_commit(struct sqlite *db, struct err *e);
/* What has been committed is on stable storage now, lazy_sync or not. */
MUST_USE enum status sqlite_sync(struct sqlite *db, struct err *e);
void sqlite_rollback(struct sqlite *db); /* harmless when there is none */
/* One snapshot for several reads. Keep it short: it keeps the WAL from being reused. */
MUST_USE enum status sqlite_read_begin(struct sqlite *db, struct err *e);
void sqlite_read_end(struct sqlite *db);
bool sqlite_in_transaction(const struct sqlite *db);

/* --- statements --------------------------------------------------------------------------- */

/* Prepare once, keep for the connection's life. */
MUST_USE enum status sqlite_prepare(struct sqlite *db, const char *sql, struct sqlite_stmt **out,
				    struct err *e);
void sqlite_finalize(struct sqlite_stmt **s); /* sooner than its connection; leaves NULL */
/* Parameters and columns: parameters count from 1, columns from 0. Bytes are borrowed until the
 * next reset; a str with p == NULL binds as an empty blob or text, never NULL. */
void sqlite_bind_i64(struct sqlite_stmt *s, int param, int64_t v);
void sqlite_bind_blob(struct sqlite_stmt *s, int param, struct str v);
void sqlite_bind_text(struct sqlite_stmt *s, int param, struct str v);
void sqlite_bind_null(struct sqlite_stmt *s, int param);
/* *row_r tells whether there is a row. After the last row or an error the statement is reset. */
MUST_USE enum status sqlite_step(struct sqlite_stmt *s, bool *row_r, struct err *e);
MUST_USE enum status sqlite_run(struct sqlite_stmt *s,
				struct err *e); /* to its end, no rows wanted */
void sqlite_reset(struct sqlite_stmt *s);       /* releases the snapshot of a read left half-way */
int64_t sqlite_col_i64(struct sqlite_stmt *s, int col);
struct str sqlite_col_bytes(struct sqlite_stmt *s,
			    int col); /* borrowed until the next step or reset */
bool sqlite_col_is_null(struct sqlite_stmt *s, int col);
int64_t sqlite_changes(struct sqlite *db); /* rows the last statement changed */

/* --- the write-ahead log ------------------------------------------------------------------ */

struct sqlite_wal_conf {
	size_t soft_bytes; /* from here on the WAL is to start over; 0: 16 MB */
	size_t bytes_max;  /* from here on the writer checkpoints inline; 0: 256 MB */
};

/* A thread with a connection of its own that runs PASSIVE checkpoints: for each eighth of
 * soft_bytes that the writer `db` leaves in the WAL, or with lazy_sync for all of them. When
 * soft_bytes are reached and it has nearly caught up, the writer copies the rest inside its next
 * commit (a few pages), so that the WAL starts over instead of growing. A reader that stays in its
 * snapshot can make it pass bytes_max: data is never refused for that. When the disk fails to keep
 * what was copied, every commit from then on is ST_IO, until the file is opened anew. */
MUST_USE enum status sqlite_wal_start(struct sqlite *db, const struct sqlite_wal_conf *conf,
				      struct err *e);
/* Everything into the main file and the WAL cut to nothing, now. ST_BUSY while a reader is in a
 * snapshot for more than a second. */
MUST_USE enum status sqlite_wal_truncate(struct sqlite *db, struct err *e);

struct sqlite_wal_stats {
	uint64_t wal_bytes;          /* in the WAL now, still to be copied or reused */
	uint64_t checkpoints;        /* by the thread */
	uint64_t inline_checkpoints; /* by the writer */
	enum status last_status;     /* of the last checkpoint */
	bool busy;                   /* the thread is at one, or about to */
};
void sqlite_wal_stats(struct sqlite *db, struct sqlite_wal_stats *out); /* thread: any */

/* --- files -------------------------------------------------------------------------------- */

uint64_t sqlite_bytes(struct sqlite *db); /* on disk: main file and WAL. Thread: any */
/* A whole, consistent copy of what is committed now, while writing goes on. Opens a connection of
 * its own; written beside `to`, synced, then renamed. Thread: any. */
MUST_USE enum status sqlite_backup(const struct sqlite *db, const char *to, struct err *e);
/* Walks every page of the file; ST_CORRUPT carries the first finding. Slow. */
MUST_USE enum status sqlite_check(struct sqlite *db, struct err *e);

#endif
