/* SPDX-License-Identifier: Apache-2.0
 * bench_log.h: the durable append, bare and through our log, to be set side by side. A harness
 * calls them in turn, in one process, and prints the ratio.
 */
#ifndef BENCH_LOG_H
#define BENCH_LOG_H

#include "rate.h"

struct bench_log_conf {
	const char *folder; /* files are made and removed there */
	uint64_t events;
	size_t body_bytes; /* 32-4096 */
	size_t batch;      /* events per commit */
};

/* The reference: a table in a file of its own, no secondary index, no checksum, no duplicates:
 * sqlite3.h and nothing else. WAL, synchronous=FULL, prepared, SQLite's own checkpoints. */
MUST_USE enum status bench_bare_append(const struct bench_log_conf *conf, struct bench_rate *out,
				       struct err *e);
/* log_append: the same and all that L1-L4 promise. */
MUST_USE enum status bench_log_append(const struct bench_log_conf *conf, struct bench_rate *out,
				      struct err *e);
/* log_read from the first record to the last, sums checked. */
MUST_USE enum status bench_log_read(const struct bench_log_conf *conf, struct bench_rate *out,
				    struct err *e);
/* A start of a log that holds so many records: the duplicate set comes back. */
MUST_USE enum status bench_log_open(const struct bench_log_conf *conf, struct bench_rate *out,
				    struct err *e);

#endif
