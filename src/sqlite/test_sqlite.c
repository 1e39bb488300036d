/* SPDX-License-Identifier: Apache-2.0
 * test_sqlite.c: pragmas, statements, errors, the WAL's ceiling, backup, and the faulty disk. */
#include "sqlite/sqlite.h"
#include "sqlite/sqlite_fault.h"
#include "sqlite/test_copy.h"

#include "base/clock.h"

#include <stdlib.h>
#include <unistd.h>

struct room {
	char folder[64], path[96], copy[96];
	struct err e;
};

static int setup(void **state)
{
	struct room *r = mem_alloc(sizeof *r);
	(void)snprintf(r->folder, sizeof r->folder, "/tmp/nurtured-sqlite-XXXXXX");
	if (mkdtemp(r->folder) == NULL)
		return -1;
	(void)snprintf(r->path, sizeof r->path, "%s/a.db", r->folder);
	(void)snprintf(r->copy, sizeof r->copy, "%s/b.db", r->folder);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct room *r = *state;
	static const char *const names[] = {"a.db", "a.db-wal", "a.db-shm",
					    "b.db", "b.db-wal", "b.db-shm"};
	char path[128];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", r->folder, names[i]);
		(void)unlink(path);
	}
	int rc = rmdir(r->folder); /* fails when something was left behind */
	mem_free(r);
	return rc;
}

static struct sqlite *open_at(struct room *r, const char *path, const char *vfs)
{
	struct sqlite *db = NULL;
	struct sqlite_conf conf = {.path = path, .vfs = vfs, .secure_delete = true};
	assert_int_equal(sqlite_open(&conf, &db, &r->e), ST_OK);
	return db;
}

static int64_t number(struct sqlite *db, const char *sql)
{
	struct sqlite_stmt *s;
	bool row = false;
	assert_int_equal(sqlite_prepare(db, sql, &s, NULL), ST_OK);
	assert_int_equal(sqlite_step(s, &row, NULL), ST_OK);
	assert_true(row);
	int64_t v = sqlite_col_i64(s, 0);
	sqlite_reset(s);
	return v;
}

static const char *const schema[] = {"CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB)"};
#define ID 0x6e757274u

static void test_pragmas(void **state)
{
	struct room *r = *state;
	struct sqlite *db = open_at(r, r->path, NULL);
	assert_int_equal(number(db, "PRAGMA synchronous"), 2);
	assert_int_equal(number(db, "PRAGMA secure_delete"), 1);
	assert_int_equal(number(db, "PRAGMA wal_autocheckpoint"), 0);
	assert_int_equal(number(db, "PRAGMA page_size"), 4096);
	assert_int_equal(number(db, "SELECT 'wal' = journal_mode FROM pragma_journal_mode"), 1);
	sqlite_close(&db);
	assert_null(db);
	sqlite_close(&db);
}

static void test_rows(void **state)
{
	struct room *r = *state;
	struct sqlite *db = open_at(r, r->path, NULL);
	assert_int_equal(sqlite_migrate(db, ID, schema, 1, &r->e), ST_OK);
	struct sqlite_stmt *put, *get;
	assert_int_equal(sqlite_prepare(db, "INSERT INTO t VALUES(?,?)", &put, &r->e), ST_OK);
	assert_int_equal(sqlite_prepare(db, "SELECT id,b FROM t ORDER BY id", &get, &r->e), ST_OK);
	const struct str values[] = {STR("a\0b"), STR_NULL, STR("\xff\xfe")};
	for (int i = 0; i < 3; i++) {
		sqlite_bind_i64(put, 1, i);
		sqlite_bind_blob(put, 2, values[i]);
		assert_int_equal(sqlite_run(put, &r->e), ST_OK);
	}
	bool row;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(sqlite_step(get, &row, &r->e), ST_OK);
		assert_true(row);
		assert_int_equal(sqlite_col_i64(get, 0), i);
		assert_false(sqlite_col_is_null(get, 1));
		assert_true(str_eq(sqlite_col_bytes(get, 1), values[i]));
	}
	assert_int_equal(sqlite_step(get, &row, &r->e), ST_OK);
	assert_false(row);
	sqlite_bind_i64(put, 1, 1);
	sqlite_bind_null(put, 2);
	assert_int_equal(sqlite_run(put, &r->e), ST_CONFLICT);
	assert_non_null(strstr(r->e.text, r->path));
	sqlite_close(&db);
}

static void test_transactions(void **state)
{
	struct room *r = *state;
	struct sqlite *db = open_at(r, r->path, NULL);
	assert_int_equal(sqlite_migrate(db, ID, schema, 1, &r->e), ST_OK);
	struct sqlite *reader = open_at(r, r->path, NULL);
	assert_int_equal(sqlite_begin(db, &r->e), ST_OK);
	assert_int_equal(sqlite_exec(db, "INSERT INTO t VALUES(1,'x')", &r->e), ST_OK);
	assert_int_equal(number(reader, "SELECT count(*) FROM t"), 0);
	sqlite_rollback(db);
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 0);
	assert_int_equal(sqlite_begin(db, &r->e), ST_OK);
	assert_int_equal(sqlite_exec(db, "INSERT INTO t VALUES(1,'x')", &r->e), ST_OK);
	assert_int_equal(sqlite_read_begin(reader, &r->e), ST_OK);
	assert_int_equal(number(reader, "SELECT count(*) FROM t"), 0);
	assert_int_equal(sqlite_commit(db, &r->e), ST_OK);
	assert_int_equal(number(reader, "SELECT count(*) FROM t"), 0);
	sqlite_read_end(reader);
	assert_int_equal(number(reader, "SELECT count(*) FROM t"), 1);
	sqlite_close(&reader);
	sqlite_close(&db);
}

static void test_migrate(void **state)
{
	struct room *r = *state;
	static const char *const two[] = {"CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB)",
					  "ALTER TABLE t ADD COLUMN c"};
	static const char *const broken[] = {"CREATE TABLE t(x)", "ALTER TABLE t ADD COLUMN c",
					     "CREATE TABLE u(x); CREATE TABLE t(x)"};
	struct sqlite *db = open_at(r, r->path, NULL);
	assert_int_equal(sqlite_migrate(db, ID, schema, 1, &r->e), ST_OK);
	assert_int_equal(sqlite_migrate(db, ID, schema, 1, &r->e), ST_OK);
	assert_int_equal(sqlite_migrate(db, ID, two, 2, &r->e), ST_OK);
	assert_int_equal(number(db, "PRAGMA user_version"), 2);
	assert_int_equal(sqlite_migrate(db, ID, schema, 1, &r->e),
			 ST_INVALID); /* from the future */
	assert_int_equal(sqlite_migrate(db, ID + 1, two, 2, &r->e), ST_INVALID); /* not ours */
	assert_int_equal(sqlite_migrate(db, ID, broken, 3, &r->e), ST_INVALID);
	assert_int_equal(number(db, "PRAGMA user_version"), 2);
	assert_int_equal(number(db, "SELECT count(*) FROM sqlite_schema WHERE name='u'"), 0);
	sqlite_close(&db);
}

static void test_errors(void **state)
{
	struct room *r = *state;
	struct sqlite *db = NULL;
	struct sqlite_conf conf = {.path = r->path, .read_only = true};
	assert_int_equal(sqlite_open(&conf, &db, &r->e), ST_NOT_FOUND);
	assert_null(db);
	int fd = open(r->path, O_CREAT | O_WRONLY, 0600);
	char junk[4096];
	memset(junk, 'j', sizeof junk);
	assert_int_equal(write(fd, junk, sizeof junk), sizeof junk);
	(void)close(fd);
	conf.read_only = false;
	assert_int_equal(sqlite_open(&conf, &db, &r->e), ST_CORRUPT);
	assert_non_null(strstr(r->e.text, r->path));
	(void)unlink(r->path);
	db = open_at(r, r->path, NULL);
	assert_int_equal(sqlite_migrate(db, ID, schema, 1, &r->e), ST_OK);
	conf.read_only = true;
	struct sqlite *reader = NULL;
	assert_int_equal(sqlite_open(&conf, &reader, &r->e), ST_OK);
	assert_int_equal(sqlite_exec(reader, "DELETE FROM t", &r->e), ST_DENIED);
	sqlite_close(&reader);
	conf.read_only = false;
	conf.busy_timeout_ms = 1;
	assert_int_equal(sqlite_open(&conf, &reader, &r->e), ST_OK);
	assert_int_equal(sqlite_begin(db, &r->e), ST_OK);
	assert_int_equal(sqlite_begin(reader, &r->e), ST_BUSY);
	sqlite_close(&reader);
	sqlite_close(&db);
}

static void put_blobs(struct room *r, struct sqlite *db, int from, int n)
{
	struct sqlite_stmt *put;
	assert_int_equal(sqlite_prepare(db, "INSERT INTO t VALUES(?,zeroblob(4000))", &put, &r->e),
			 ST_OK);
	for (int i = from; i < from + n; i++) {
		assert_int_equal(sqlite_begin(db, &r->e), ST_OK);
		sqlite_bind_i64(put, 1, i);
		assert_int_equal(sqlite_run(put, &r->e), ST_OK);
		assert_int_equal(sqlite_commit(db, &r->e), ST_OK);
	}
}

/* The WAL starts over again and again instead of growing with what is written. */
static void test_wal_ceiling(void **state)
{
	struct room *r = *state;
	struct sqlite *db = open_at(r, r->path, NULL);
	assert_int_equal(sqlite_migrate(db, ID, schema, 1, &r->e), ST_OK);
	const struct sqlite_wal_conf conf = {.soft_bytes = 64 << 10, .bytes_max = 256 << 10};
	assert_int_equal(sqlite_wal_start(db, &conf, &r->e), ST_OK);
	put_blobs(r, db, 0, 1000); /* 4 MB and their index pages */
	struct sqlite_wal_stats ws;
	sqlite_wal_stats(db, &ws);
	assert_int_equal(ws.last_status, ST_OK);
	assert_true(ws.inline_checkpoints > 0);
	assert_true(ws.wal_bytes <= 512 << 10);
	assert_int_equal(sqlite_wal_truncate(db, &r->e), ST_OK);
	sqlite_wal_stats(db, &ws);
	assert_int_equal(ws.wal_bytes, 0);
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 1000);
	sqlite_close(&db);
}

/* Who only looks leaves nothing beside it. */
static void look_into_backup(struct room *r)
{
	struct sqlite *copy = NULL;
	const struct sqlite_conf looks = {.path = r->copy, .read_only = true};
	assert_int_equal(sqlite_open(&looks, &copy, &r->e), ST_OK);
	assert_int_equal(number(copy, "SELECT count(*) FROM t"), 20);
	sqlite_close(&copy);
	static const char *const tails[] = {"-wal", "-shm", "-journal", ".part", ".part-wal"};
	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		char path[128];
		(void)snprintf(path, sizeof path, "%s%s", r->copy, tails[i]);
		assert_int_not_equal(access(path, F_OK), 0);
	}
}

static void test_backup(void **state)
{
	struct room *r = *state;
	struct sqlite *db = open_at(r, r->path, NULL);
	assert_int_equal(sqlite_migrate(db, ID, schema, 1, &r->e), ST_OK);
	put_blobs(r, db, 0, 20);
	assert_int_equal(sqlite_begin(db, &r->e), ST_OK); /* what is not committed stays behind */
	assert_int_equal(sqlite_exec(db, "INSERT INTO t VALUES(100,'x')", &r->e), ST_OK);
	assert_int_equal(sqlite_backup(db, r->copy, &r->e), ST_OK);
	assert_int_equal(sqlite_commit(db, &r->e), ST_OK);
	look_into_backup(r);
	struct sqlite *copy = open_at(r, r->copy, NULL);
	assert_int_equal(number(copy, "SELECT count(*) FROM t"), 20);
	assert_int_equal(number(copy, "PRAGMA user_version"), 1);
	assert_int_equal(sqlite_check(copy, &r->e), ST_OK);
	sqlite_close(&copy);
	assert_int_equal(sqlite_backup(db, "/nowhere/at/all", &r->e), ST_IO);
	sqlite_close(&db);
}

/* Whatever call of a commit fails, the connection goes on and nothing half-done is kept. */
static void sweep(struct room *r, enum sqlite_fault_op op, enum sqlite_fault_kind kind)
{
	struct sqlite_fault *f = sqlite_fault_create();
	struct sqlite *db = open_at(r, r->path, sqlite_fault_name(f));
	assert_int_equal(sqlite_migrate(db, ID, schema, 1, &r->e), ST_OK);
	int64_t rows = number(db, "SELECT count(*) FROM t");
	uint64_t hits = 1;
	for (unsigned nth = 1; hits > 0; nth++) {
		const struct sqlite_fault_plan plan = {op, kind, nth, 1};
		sqlite_fault_arm(f, &plan);
		enum status st = sqlite_begin(db, &r->e);
		if (st == ST_OK)
			st = sqlite_exec(db, "INSERT INTO t(b) VALUES(zeroblob(9000))", &r->e);
		if (st == ST_OK)
			st = sqlite_commit(db, &r->e);
		else
			sqlite_rollback(db);
		hits = sqlite_fault_hits(f);
		rows += st == ST_OK;
		assert_true(hits > 0 ? st != ST_OK : st == ST_OK);
		if (hits > 0)
			assert_int_equal(st, kind == SQLITE_FAULT_EIO ? ST_IO : ST_NO_SPACE);
		sqlite_fault_arm(f, NULL);
		assert_int_equal(number(db, "SELECT count(*) FROM t"), rows);
		assert_true(nth < 100);
	}
	assert_int_equal(sqlite_check(db, &r->e), ST_OK);
	sqlite_close(&db);
	sqlite_fault_destroy(&f);
}

static void test_faults(void **state)
{
	sweep(*state, SQLITE_FAULT_WRITE, SQLITE_FAULT_EIO);
	sweep(*state, SQLITE_FAULT_WRITE, SQLITE_FAULT_ENOSPC);
	sweep(*state, SQLITE_FAULT_WRITE, SQLITE_FAULT_SHORT);
	sweep(*state, SQLITE_FAULT_SYNC, SQLITE_FAULT_EIO);
}

/* Rows until the thread is asked, and it is done. Returns how many there are. */
static int put_until_copied(struct room *r, struct sqlite *db, int n)
{
	struct sqlite_wal_stats ws;
	do {
		put_blobs(r, db, n++, 1);
		sqlite_wal_stats(db, &ws);
	} while (!ws.busy && ws.checkpoints == 0);
	for (; ws.busy; sqlite_wal_stats(db, &ws))
		clock_sleep_us(100);
	assert_int_equal(ws.last_status, ST_IO);
	return n;
}

/* The thread copies what a reader lets it, the disk does not keep it, and says so once. What was
 * committed is still in the WAL, which must not start over. */
static void test_fault_behind_the_writer(void **state)
{
	struct room *r = *state;
	struct sqlite_fault *f = sqlite_fault_create();
	struct sqlite *db = open_at(r, r->path, sqlite_fault_name(f));
	assert_int_equal(sqlite_migrate(db, ID, schema, 1, &r->e), ST_OK);
	assert_int_equal(sqlite_wal_truncate(db, &r->e), ST_OK);
	copy_file(r->path, r->copy);
	const struct sqlite_wal_conf conf = {.soft_bytes = 512 << 10, .bytes_max = 1 << 20};
	assert_int_equal(sqlite_wal_start(db, &conf, &r->e), ST_OK);
	struct sqlite *reader = open_at(r, r->path, sqlite_fault_name(f));
	put_blobs(r, db, 0, 1);
	assert_int_equal(sqlite_read_begin(reader, &r->e), ST_OK);
	assert_int_equal(number(reader, "SELECT count(*) FROM t"), 1);
	const struct sqlite_fault_plan plan = {SQLITE_FAULT_SYNC_MAIN, SQLITE_FAULT_EIO, 1, 1};
	sqlite_fault_arm(f, &plan);
	int n = put_until_copied(r, db, 1);
	assert_int_equal(sqlite_fault_hits(f), 1);
	sqlite_read_end(reader);
	assert_int_equal(sqlite_begin(db, &r->e), ST_OK);
	assert_int_equal(sqlite_exec(db, "INSERT INTO t VALUES(100000,'x')", &r->e), ST_OK);
	assert_int_equal(sqlite_commit(db, &r->e), ST_IO);
	assert_non_null(strstr(r->e.text, "start again"));
	assert_int_equal(sqlite_wal_truncate(db, &r->e), ST_IO);
	assert_int_equal(number(db, "SELECT count(*) FROM t"), n);
	sqlite_close(&reader);
	sqlite_close(&db);
	copy_file(r->copy, r->path); /* what the disk kept of it */
	db = open_at(r, r->path, NULL);
	assert_int_equal(number(db, "SELECT count(*) FROM t"), n);
	assert_int_equal(sqlite_check(db, &r->e), ST_OK);
	sqlite_close(&db);
	sqlite_fault_destroy(&f);
}

/* A megabyte is on the disk in more than one sync; where one of them fails nothing of the copy is
 * taken for done. */
static void test_copy_in_bites(void **state)
{
	struct room *r = *state;
	struct sqlite_fault *f = sqlite_fault_create();
	const struct sqlite_conf conf = {
		.path = r->path, .vfs = sqlite_fault_name(f), .gives_way = true};
	struct sqlite *db;
	assert_int_equal(sqlite_open(&conf, &db, &r->e), ST_OK);
	assert_int_equal(sqlite_migrate(db, ID, schema, 1, &r->e), ST_OK);
	put_blobs(r, db, 0, 300);
	for (unsigned nth = 1; nth <= 4; nth++) {
		const struct sqlite_fault_plan plan = {SQLITE_FAULT_SYNC_MAIN, SQLITE_FAULT_EIO,
						       nth, 1};
		sqlite_fault_arm(f, &plan);
		assert_int_equal(sqlite_wal_truncate(db, &r->e), ST_IO);
		assert_int_equal(sqlite_fault_hits(f), 1);
	}
	sqlite_fault_arm(f, NULL);
	assert_int_equal(sqlite_wal_truncate(db, &r->e), ST_OK);
	assert_int_equal(number(db, "SELECT count(*) FROM t"), 300);
	assert_int_equal(sqlite_check(db, &r->e), ST_OK);
	sqlite_close(&db);
	sqlite_fault_destroy(&f);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_pragmas),       CASE(test_rows),   CASE(test_transactions),
		CASE(test_migrate),       CASE(test_errors), CASE(test_wal_ceiling),
		CASE(test_backup),        CASE(test_faults), CASE(test_fault_behind_the_writer),
		CASE(test_copy_in_bites),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
