/* SPDX-License-Identifier: Apache-2.0
 * bare.c: open, prepare, run by the clock, remove. */
#include "bare.h"

#include <stdio.h>

bool bench_bare_exec(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool run(struct bench_bare *b, sqlite3 *db, struct bench_rate *out)
{
	sqlite3_stmt *s = NULL;
	bool ok = b->prepare(b, db, &s);
	struct stopwatch from = bench_start();
	for (uint64_t n = 0; n < b->events && ok; n++) {
		ok = n % b->batch != 0 || bench_bare_exec(db, "BEGIN");
		ok = ok && b->row(b, s, n);
		if (n % b->batch == b->batch - 1)
			ok = ok && bench_bare_exec(db, "COMMIT");
	}
	if (sqlite3_get_autocommit(db) == 0)
		ok = bench_bare_exec(db, "COMMIT") && ok;
	bench_stop(from, b->events, out);
	(void)sqlite3_finalize(s);
	return ok;
}

enum status bench_bare_run(struct bench_bare *b, struct bench_rate *out, struct err *e)
{
	char path[512];
	sqlite3 *db = NULL;
	(void)snprintf(path, sizeof path, "%s/%s", b->folder, b->name);
	bench_remove_file(path);
	enum status st = ST_OK;
	if (sqlite3_open(path, &db) != SQLITE_OK || !run(b, db, out))
		st = err_set(e, ST_IO, "bare SQLite: %s", sqlite3_errmsg(db));
	(void)sqlite3_close(db);
	bench_remove_file(path);
	return st;
}
