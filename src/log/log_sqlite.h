/* SPDX-License-Identifier: Apache-2.0
 * log_sqlite.h: what the files log_sqlite*.c share. Private to this room. */
#ifndef LOG_LOG_SQLITE_H
#define LOG_LOG_SQLITE_H

#include "log/duplicate.h"
#include "log/log.h"
#include "log/reader.h"
#include "log/row.h"

#include "sqlite/sqlite.h"

#include <pthread.h>

struct log_sqlite {
	struct log log; /* first */
	struct log_conf conf;
	char *path, *vfs;             /* owned; conf borrows them */
	struct sqlite_recent *recent; /* of all connections to the file; set once */
	pthread_mutex_t lock;         /* the writer's connection and all below it, to `published` */
	struct sqlite *db;
	struct sqlite_stmt *insert, *key_at, *put_block;
	uint64_t seed, first_seq, next_seq, thinned_to;
	int64_t last_us, block_us; /* of the last record; of the first one in the tail's block */
	struct duplicate_set keys;
	uint64_t tail[DUPLICATE_BLOCK]; /* fingerprints of the block that is not full yet */
	bool tail_stale;                /* a failed append overwrote them */
	uint64_t unreadable_keys, duplicates;
	pthread_mutex_t stats_lock; /* so that nobody waits for a commit to read a number */
	struct log_stats published;
};

extern const struct log_ops log_sqlite_ops;

/* log_sqlite_keys.c: the duplicate set, from the blocks and the rows behind them. */
MUST_USE enum status log_sqlite_load_keys(struct log_sqlite *l, struct err *e);
MUST_USE enum status log_sqlite_load_tail(struct log_sqlite *l, struct err *e);
MUST_USE enum status log_sqlite_put_block(struct log_sqlite *l, uint64_t block, int64_t first_us,
					  struct err *e);

/* log_sqlite_read.c */
enum status log_sqlite_reader_open(struct log *log, struct log_reader **out, struct err *e);
void log_sqlite_reader_close(struct log_reader *r);
enum status log_sqlite_read(struct log_reader *r, uint64_t from_seq, struct arena *a,
			    struct log_record *out, size_t *n_io, struct err *e);
/* Columns in the order of ROW_COLUMNS. */
#define ROW_COLUMNS "seq,received_us,flags,sum,source,message_id,body"
void log_sqlite_row(struct sqlite_stmt *s, struct row *out);

/* log_sqlite_keep.c */
enum status log_sqlite_retain(struct log *log, uint64_t cursor, int64_t now_us, uint64_t *removed_r,
			      struct err *e);
enum status log_sqlite_erase(struct log *log, const uint64_t *seqs, size_t n, struct err *e);
enum status log_sqlite_skip(struct log *log, uint64_t seq, struct str why, int64_t now_us,
			    struct err *e);

/* Numbers that outlive the process: meta(name, value). Absent: *value_r stays. */
MUST_USE enum status log_sqlite_meta_get(struct sqlite *db, const char *name, uint64_t *value_r,
					 struct err *e);
MUST_USE enum status log_sqlite_meta_put(struct sqlite *db, const char *name, uint64_t value,
					 struct err *e);
/* One number of one row; *found_r false when there is no row or it is NULL. */
MUST_USE enum status log_sqlite_number(struct sqlite *db, const char *sql, int64_t bound,
				       int64_t *value_r, bool *found_r, struct err *e);
void log_sqlite_publish(struct log_sqlite *l);
MUST_USE enum status log_sqlite_writable(const struct log_sqlite *l, struct err *e);

static inline struct log_sqlite *log_sqlite_of(struct log *log)
{
	return (struct log_sqlite *)log;
}

#endif
