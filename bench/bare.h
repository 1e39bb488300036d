/* SPDX-License-Identifier: Apache-2.0
 * bare.h: the frame of the loops we are measured by: sqlite3.h and nothing else, so many events a
 * transaction.
 */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include "rate.h"

#include <sqlite3.h>

struct bench_bare {
	const char *folder, *name; /* of the file, which is new and removed in the end */
	uint64_t events;
	size_t batch; /* events per transaction */
	/* Before the clock runs: pragmas, tables, rows, and the statement that `row` steps. */
	bool (*prepare)(struct bench_bare *b, sqlite3 *db, sqlite3_stmt **s);
	bool (*row)(struct bench_bare *b, sqlite3_stmt *s, uint64_t n);
	void *ctx;
};
bool bench_bare_exec(sqlite3 *db, const char *sql);
MUST_USE enum status bench_bare_run(struct bench_bare *b, struct bench_rate *out, struct err *e);

#endif
