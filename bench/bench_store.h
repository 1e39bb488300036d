/* SPDX-License-Identifier: Apache-2.0
 * bench_store.h: two loops over a million rows, to be set side by side: bare SQLite, and the same
 * work through our store. A harness calls them in turn, in one process, and prints the ratio.
 */
#ifndef BENCH_STORE_H
#define BENCH_STORE_H

#include "rate.h"

struct bench_store_conf {
	const char *folder; /* files are made and removed there */
	uint64_t rows;      /* known leads */
	size_t row_bytes;
	uint64_t events; /* how many to time */
	size_t batch;    /* events per transaction */
	bool full_sync;  /* the bare loop: synchronous=FULL instead of NORMAL */
};

/* The reference: one UPDATE of a row by a random integer key per event, sqlite3.h and nothing
 * else: WAL, prepared, 64 MB of cache, SQLite's own checkpoints every 1000 pages. */
MUST_USE enum status bench_bare_update(const struct bench_store_conf *conf, struct bench_rate *out,
				       struct err *e);
/* What the engine does with its state: per event one store_get of a random lead, then, once per
 * batch, the leads it touched are put in key order. */
MUST_USE enum status bench_store_fold(const struct bench_store_conf *conf, struct bench_rate *out,
				      struct err *e);

#endif
