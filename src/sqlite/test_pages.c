/* SPDX-License-Identifier: Apache-2.0
 * test_pages.c: the cache below is asked to drop pages when there may be some, and not at every
 * commit; a file under random changes stays whole. */
#include "sqlite/internal.h"

#include "base/random.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOCK_PAGE 524289u

static unsigned truncates, last_truncate;
static char cache_below, page_below; /* nobody looks into them */

static sqlite3_pcache *below_create(int page_bytes, int extra_bytes, int purgeable)
{
	(void)page_bytes;
	(void)extra_bytes;
	(void)purgeable;
	return (sqlite3_pcache *)(void *)&cache_below;
}

static sqlite3_pcache_page *below_fetch(sqlite3_pcache *p, unsigned number, int create)
{
	(void)p;
	(void)number;
	(void)create;
	return (sqlite3_pcache_page *)(void *)&page_below;
}

static void below_rekey(sqlite3_pcache *p, sqlite3_pcache_page *page, unsigned from, unsigned to)
{
	(void)p;
	(void)page;
	(void)from;
	(void)to;
}

static void below_truncate(sqlite3_pcache *p, unsigned first)
{
	(void)p;
	truncates++;
	last_truncate = first;
}

static void below_destroy(sqlite3_pcache *p)
{
	(void)p;
}

static unsigned asked(const sqlite3_pcache_methods2 *m, sqlite3_pcache *c, unsigned first)
{
	truncates = 0;
	m->xTruncate(c, first);
	return truncates;
}

static void drops_what_may_be_there(void **state)
{
	(void)state;
	static const sqlite3_pcache_methods2 below = {.iVersion = 1,
						      .xCreate = below_create,
						      .xFetch = below_fetch,
						      .xRekey = below_rekey,
						      .xTruncate = below_truncate,
						      .xDestroy = below_destroy};
	const sqlite3_pcache_methods2 *m = sqlite_pages_over(&below);
	sqlite3_pcache *c = m->xCreate(4096, 100, 1);
	for (unsigned i = 1; i <= 100; i++)
		(void)m->xFetch(c, i, 2);
	(void)m->xFetch(c, 400, 0); /* only asked for */
	sqlite3_pcache_page *page = m->xFetch(c, 50, 0);
	assert_int_equal(asked(m, c, 101), 0);
	m->xRekey(c, page, 50, LOCK_PAGE); /* as a b-tree is balanced: 50 and 60 change places */
	m->xRekey(c, page, 60, 50);
	m->xRekey(c, page, LOCK_PAGE, 60);
	assert_int_equal(asked(m, c, 101), 0);
	assert_int_equal(asked(m, c, 100), 1); /* the file became shorter */
	assert_int_equal(last_truncate, 100);
	assert_int_equal(asked(m, c, 100), 0);
	(void)m->xFetch(c, 200, 1);
	assert_int_equal(asked(m, c, 101), 1);
	m->xRekey(c, page, 5, LOCK_PAGE); /* and stays there */
	assert_int_equal(asked(m, c, 101), 1);
	assert_int_equal(asked(m, c, 101), 0);
	m->xRekey(c, page, 6, LOCK_PAGE);
	m->xRekey(c, page, 7, LOCK_PAGE + 1); /* two at once */
	m->xRekey(c, page, LOCK_PAGE, 6);
	assert_int_equal(asked(m, c, 101), 1);
	m->xDestroy(c);
}

/* Keys in random order, so that trees are balanced all the time; groups that fail, rows that go, a
 * file that shrinks: the table is what an array says, and the file is whole. */
static void stays_whole(void **state)
{
	(void)state;
	enum { KEYS = 4000, GROUPS = 200 };
	static uint16_t bytes[KEYS], before[KEYS];
	char folder[] = "/tmp/nurtured-pages-XXXXXX", path[64], sql[128];
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/p.db", folder);
	const struct sqlite_conf conf = {.path = path, .cache_bytes = (size_t)1 << 20};
	struct sqlite *db;
	struct rng r;
	struct err e;
	rng_seed(&r, 11);
	assert_int_equal(sqlite_open(&conf, &db, &e), ST_OK);
	assert_int_equal(sqlite_exec(db, "CREATE TABLE t(k BLOB PRIMARY KEY, v) WITHOUT ROWID", &e),
			 ST_OK);
	for (int group = 0; group < GROUPS; group++) {
		memcpy(before, bytes, sizeof before);
		assert_int_equal(sqlite_begin(db, &e), ST_OK);
		for (int i = 0; i < 50; i++) {
			size_t k = (size_t)rng_below(&r, KEYS);
			bytes[k] = group % 20 == 19 ? 0 : (uint16_t)(1 + rng_below(&r, 1500));
			(void)snprintf(sql, sizeof sql,
				       bytes[k] ? "INSERT OR REPLACE INTO t VALUES(%zu,"
						  "zeroblob(%u))"
						: "DELETE FROM t WHERE k=%zu OR k%%7=%u",
				       k, bytes[k] ? bytes[k] : 7u);
			assert_int_equal(sqlite_exec(db, sql, &e), ST_OK);
		}
		if (group % 3 == 2) {
			sqlite_rollback(db);
			memcpy(bytes, before, sizeof bytes);
		} else {
			assert_int_equal(sqlite_commit(db, &e), ST_OK);
		}
		if (group % 50 == 49)
			assert_int_equal(sqlite_exec(db, "VACUUM", &e), ST_OK);
	}
	struct sqlite_stmt *s;
	bool row;
	uint64_t sum = 0;
	for (size_t k = 0; k < KEYS; k++)
		sum += bytes[k] ? bytes[k] * (k + 1) : 0;
	assert_int_equal(sqlite_prepare(db, "SELECT sum(length(v)*(k+1)) FROM t", &s, &e), ST_OK);
	assert_true(sqlite_step(s, &row, &e) == ST_OK && row);
	assert_int_equal(sqlite_col_i64(s, 0), sum);
	sqlite_finalize(&s);
	assert_int_equal(sqlite_prepare(db, "PRAGMA integrity_check", &s, &e), ST_OK);
	assert_true(sqlite_step(s, &row, &e) == ST_OK && row);
	check_str("whole", sqlite_col_bytes(s, 0), "ok");
	sqlite_finalize(&s);
	sqlite_close(&db);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stays_whole), /* first: the library's own cache is below */
		cmocka_unit_test(drops_what_may_be_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
