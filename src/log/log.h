/* SPDX-License-Identifier: Apache-2.0
 * log.h: the event log, the one append-only truth. State is what you get by folding it.
 *
 *   L1  When log_append returns ST_OK its records are on stable storage (fsync policy: full).
 *   L2  seq starts at 1 and has no holes; received_us never goes backwards along seq: it is the
 *       clock of the whole engine.
 *   L3  A (source, message_id) seen inside the duplicate window is never appended again; keys are
 *       compared in full.
 *   L4  A record that cannot be read back exactly as written is ST_CORRUPT with its seq: it is
 *       never skipped in silence. An operator may step over it (log_skip); the reader then gets
 *       a record that says so.
 *   L5  Retention never removes a record at or after the engine's cursor.
 *
 * A port: log_sqlite (a file of its own), log_memory (tests, simulator), PostgreSQL later.
 * Thread: append, retain, erase, skip, backup and stats from any thread, one at a time inside; any
 * number of readers, each opens its own cursor.
 */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include "base/arena.h"
#include "base/status.h"

struct log;

/* What goes in. Strings are borrowed for the call. */
struct log_entry {
	struct str source, message_id; /* the duplicate key */
	struct str body;               /* event_encode's text */
	int64_t received_us;           /* lifted to the last record's when it is behind it (L2) */
	/* out: */
	uint64_t seq;   /* place given; of the first copy when it is a duplicate */
	bool duplicate; /* L3: not appended; the sender still gets his 2xx */
};

struct log_record {
	uint64_t seq;
	int64_t received_us;
	struct str source, message_id, body;
	/* At most one is set; the body is then empty. */
	bool thinned; /* dropped by retention, kept as a duplicate key only */
	bool erased;  /* a person's, overwritten (log_erase); message_id is a hash */
	bool skipped; /* damaged or missing; an operator said to go on (log_skip); no key either */
};

struct log_conf {
	const char *path;            /* file; ignored by memory */
	int64_t duplicate_window_us; /* default 30 days */
	size_t duplicate_bytes_max;  /* memory for the duplicate set; the window shrinks, visibly,
	                                   when it is full */
	int64_t retain_us;           /* 0: keep for ever */
	uint64_t retain_bytes;       /* 0: no limit */
	size_t wal_bytes_max;        /* above it the appender checkpoints inline */
	bool read_only;              /* a reader beside a running daemon: no duplicate set, no
					   thread; append, retain and erase are ST_DENIED */
	const char *vfs;             /* NULL; tests name a faulty disk (sqlite_fault.h) */
};
#define LOG_CONF_DEFAULT \
	((struct log_conf){.duplicate_window_us = INT64_C(30) * 86400 * 1000000, \
			   .duplicate_bytes_max = (size_t)256 << 20, \
			   .wal_bytes_max = (size_t)256 << 20})

struct log_stats {
	uint64_t first_seq, next_seq; /* first readable record; the one the next append gets */
	int64_t last_us;     /* the log's clock (L2): no next record is before it; 0: empty */
	uint64_t bytes;      /* on disk, WAL included */
	uint64_t wal_bytes;  /* of these, in the write-ahead log */
	uint64_t duplicates; /* dropped since open */
	size_t duplicate_keys, duplicate_bytes;
	uint64_t unreadable_keys;    /* damaged records whose duplicates will not be known */
	int64_t duplicate_window_us; /* what the memory really holds, <= the configured one */
};

struct log_reader; /* one per reading thread */

struct log_ops {
	const char *name;
	/* All mandatory. Contracts as in the functions below. */
	enum status (*append)(struct log *l, struct log_entry *entries, size_t n, struct err *e);
	enum status (*reader_open)(struct log *l, struct log_reader **out, struct err *e);
	void (*reader_close)(struct log_reader *r);
	enum status (*read)(struct log_reader *r, uint64_t from_seq, struct arena *a,
			    struct log_record *out, size_t *n_io, struct err *e);
	enum status (*retain)(struct log *l, uint64_t cursor, int64_t now_us, uint64_t *removed_r,
			      struct err *e);
	enum status (*erase)(struct log *l, const uint64_t *seqs, size_t n, struct err *e);
	enum status (*skip)(struct log *l, uint64_t seq, struct str why, int64_t now_us,
			    struct err *e);
	enum status (*backup)(struct log *l, const char *path, struct err *e);
	void (*stats)(struct log *l, struct log_stats *out);
	void (*close)(struct log *l);
};

struct log {
	const struct log_ops *ops;
};

MUST_USE enum status log_open_sqlite(const struct log_conf *conf, struct log **out, struct err *e);
MUST_USE enum status log_open_memory(const struct log_conf *conf, struct log **out, struct err *e);
void log_close(struct log **l); /* accepts NULL inside; leaves NULL */

/* One durable commit for all n entries (group commit is the appender's business: appender.h).
 * ST_NO_SPACE, ST_IO: nothing of the call is kept; later calls may succeed without a reopen. After
 * ST_IO a crash can bring the call's records back: its sender was told no and sends again (L3). */
MUST_USE enum status log_append(struct log *l, struct log_entry *entries, size_t n, struct err *e);

MUST_USE enum status log_reader_open(struct log *l, struct log_reader **out, struct err *e);
void log_reader_close(struct log_reader **r);
/* Records from `from_seq` on, in order, into the arena. *n_io: room in `out`, then how many there
 * are; fewer than there is room for (also 0) at the end, before trouble, and on failure.
 * A hole, a damaged record, or a log that ends before from_seq - 1 is ST_CORRUPT and names file and
 * seq; records before it are returned first, by an earlier call. ST_NOT_FOUND: from_seq is older
 * than what retention kept; the text names the first one there is. ST_LIMIT: the arena cannot hold
 * one record. */
MUST_USE enum status log_read(struct log_reader *r, uint64_t from_seq, struct arena *a,
			      struct log_record *out, size_t *n_io, struct err *e);

/* Drops what age and size allow: whole records outside the duplicate window, bodies inside it
 * ("thinned"). Never at or past `cursor` (L5), which must be the state's on disk: store_sync
 * first, for a crash may take its last commits back. Works in small bites; call again while
 * *removed_r > 0. */
MUST_USE enum status log_retain(struct log *l, uint64_t cursor, int64_t now_us, uint64_t *removed_r,
				struct err *e);
/* Overwrites bodies in place with nothing, keys with their hash (G10: a resend stays a duplicate),
 * and empties the write-ahead log. Unknown seqs are passed over. ST_BUSY: a reader keeps an old
 * snapshot, so old bytes may still be in the write-ahead log; call again, it is idempotent. Nothing
 * calls it yet (docs/decisions/0033). */
MUST_USE enum status log_erase(struct log *l, const uint64_t *seqs, size_t n, struct err *e);
/* An operator's word to step over one record that cannot be read: kept in the log with time and
 * reason. ST_CONFLICT when the record is sound: nothing readable is ever left out. */
MUST_USE enum status log_skip(struct log *l, uint64_t seq, struct str why, int64_t now_us,
			      struct err *e);
MUST_USE enum status log_backup(struct log *l, const char *path, struct err *e);
void log_stats(struct log *l, struct log_stats *out);

/* What a walk over every record finds (doctor). */
struct log_verify {
	uint64_t first_seq, last_seq; /* 0, 0: empty */
	uint64_t whole, thinned, erased, skipped;
	uint64_t damaged;       /* unreadable or missing and not marked */
	uint64_t damaged_first; /* its seq, 0: none */
	struct err why;         /* of that one */
};
/* Reads a log file, beside a running daemon too. ST_OK also when damage was found: look at
 * `damaged`. Other statuses: the file could not be opened. */
MUST_USE enum status log_verify_sqlite(const char *path, struct log_verify *out, struct err *e);

#endif
