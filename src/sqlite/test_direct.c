/* SPDX-License-Identifier: Apache-2.0
 * test_direct.c: a WAL written past the page cache holds what an ordinary one would: after every
 * commit, seen by other connections through the page cache, past it and from memory, and after the
 * power went between any two of them (a copy of the files, opened by an ordinary connection). */
#include "sqlite/sqlite.h"
#include "sqlite/test_copy.h"

#include "base/random.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROWS 400u

struct kit {
	char folder[64], path[96], copy[96];
	struct sqlite_recent *recent, *none;     /* the writer's; and one that nobody writes to */
	struct sqlite *writer, *reader, *beside; /* reader: through the page cache */
	struct sqlite *afar;                     /* like beside, without the writer's memory */
	uint64_t kept[ROWS]; /* what each row was given by the last commit; 0: no such row */
	uint64_t next;
	struct rng dice;
	struct err e;
};

static void remove_at(const char *path)
{
	static const char *const tails[] = {"", "-wal", "-shm"};
	char name[128];
	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		(void)snprintf(name, sizeof name, "%s%s", path, tails[i]);
		(void)unlink(name);
	}
}

static struct sqlite *open_at(struct kit *k, const char *path, struct sqlite_recent *recent,
			      int page_bytes)
{
	/* A small page cache: large transactions spill into the WAL and read their own frames. */
	const struct sqlite_conf conf = {
		.path = path, .cache_bytes = 64 << 10, .page_bytes = page_bytes, .recent = recent};
	struct sqlite *db = NULL;
	if (sqlite_open(&conf, &db, &k->e) != ST_OK)
		fail_msg("open: %s", k->e.text);
	return db;
}

static void run(struct kit *k, struct sqlite *db, const char *sql)
{
	if (sqlite_exec(db, sql, &k->e) != ST_OK)
		fail_msg("%s: %s", sql, k->e.text);
}

/* A row's bytes follow from its number: another row's, or an older state, would show. */
static void put(struct kit *k, uint32_t row, uint64_t *state)
{
	char sql[160];
	uint64_t v = ++k->next;
	(void)snprintf(sql, sizeof sql,
		       "REPLACE INTO t VALUES(%u,%llu,CAST(zeroblob(%llu)||printf('%%020d',%llu) "
		       "AS BLOB))",
		       row, (unsigned long long)v, (unsigned long long)(v % 3000),
		       (unsigned long long)v);
	run(k, k->writer, sql);
	state[row] = v;
}

static void check(struct kit *k, struct sqlite *db)
{
	struct sqlite_stmt *s;
	bool row;
	uint64_t seen[ROWS] = {0};
	assert_int_equal(
		sqlite_prepare(db,
			       "SELECT id,v,length(b),CAST(substr(b,-20) AS TEXT)=printf('%020d',v)"
			       " FROM t",
			       &s, &k->e),
		ST_OK);
	while (sqlite_step(s, &row, &k->e) == ST_OK && row) {
		uint64_t v = (uint64_t)sqlite_col_i64(s, 1);
		seen[sqlite_col_i64(s, 0)] = v;
		assert_int_equal(sqlite_col_i64(s, 2), v % 3000 + 20);
		assert_int_equal(sqlite_col_i64(s, 3), 1);
	}
	sqlite_finalize(&s);
	assert_memory_equal(seen, k->kept, sizeof seen);
}

/* The power goes now: nothing of the memory is left, only the two files. */
static void check_after_power_cut(struct kit *k)
{
	char from[128], to[128];
	(void)snprintf(from, sizeof from, "%s-wal", k->path);
	(void)snprintf(to, sizeof to, "%s-wal", k->copy);
	remove_at(k->copy);
	copy_file(k->path, k->copy);
	copy_file(from, to);
	struct sqlite *db = open_at(k, k->copy, NULL, 0);
	check(k, db);
	assert_int_equal(sqlite_check(db, &k->e), ST_OK);
	sqlite_close(&db);
	remove_at(k->copy);
}

static void transaction(struct kit *k, int i)
{
	uint64_t state[ROWS];
	memcpy(state, k->kept, sizeof state);
	assert_int_equal(sqlite_begin(k->writer, &k->e), ST_OK);
	uint32_t n = i % 30 == 17 ? 300 : 1 + (uint32_t)rng_below(&k->dice, 30);
	for (uint32_t j = 0; j < n; j++)
		put(k, (uint32_t)rng_below(&k->dice, ROWS), state);
	if (rng_below(&k->dice, 6) == 0) {
		sqlite_rollback(k->writer);
		return;
	}
	assert_int_equal(sqlite_commit(k->writer, &k->e), ST_OK);
	memcpy(k->kept, state, sizeof state);
}

static void walk(struct kit *k, int page_bytes)
{
	const struct sqlite_wal_conf wal = {.soft_bytes = 1 << 20, .bytes_max = 4 << 20};
	k->writer = open_at(k, k->path, k->recent, page_bytes);
	run(k, k->writer, "CREATE TABLE t(id INTEGER PRIMARY KEY,v,b)");
	assert_int_equal(sqlite_wal_start(k->writer, &wal, &k->e), ST_OK);
	k->reader = open_at(k, k->path, NULL, 0);
	k->beside = open_at(k, k->path, k->recent, 0);
	k->afar = open_at(k, k->path, k->none, 0);
	for (int i = 0; i < 60; i++) {
		transaction(k, i);
		if (i % 3 == 0)
			check(k, k->reader);
		if (i % 2 == 0)
			check(k, i % 4 == 0 ? k->afar : k->beside);
		if (i % 30 == 29)
			assert_int_equal(sqlite_wal_truncate(k->writer, &k->e), ST_OK);
		if (i % 20 == 11) {
			struct sqlite_wal_stats s;
			do /* a checkpoint beside the copy would be no moment of the files */
				sqlite_wal_stats(k->writer, &s);
			while (s.busy);
			check_after_power_cut(k);
		}
	}
	sqlite_close(&k->reader);
	sqlite_close(&k->beside);
	sqlite_close(&k->afar);
	sqlite_close(&k->writer);
	k->writer = open_at(k, k->path, k->recent, 0);
	check(k, k->writer);
	sqlite_close(&k->writer);
}

static int setup(void **state)
{
	struct kit *k = mem_alloc(sizeof *k);
	(void)snprintf(k->folder, sizeof k->folder, "/tmp/nurtured-direct-XXXXXX");
	if (mkdtemp(k->folder) == NULL)
		return -1;
	(void)snprintf(k->path, sizeof k->path, "%s/a.db", k->folder);
	(void)snprintf(k->copy, sizeof k->copy, "%s/b.db", k->folder);
	k->recent = sqlite_recent_create();
	k->none = sqlite_recent_create();
	rng_seed(&k->dice, 5);
	*state = k;
	return 0;
}

static int teardown(void **state)
{
	struct kit *k = *state;
	sqlite_close(&k->reader);
	sqlite_close(&k->beside);
	sqlite_close(&k->afar);
	sqlite_close(&k->writer);
	sqlite_recent_destroy(&k->recent);
	sqlite_recent_destroy(&k->none);
	remove_at(k->path);
	remove_at(k->copy);
	int rc = rmdir(k->folder);
	mem_free(k);
	return rc;
}

static void test_small_pages(void **state)
{
	walk(*state, 1024); /* frames begin anywhere in a block */
}

static void test_pages_of_the_log(void **state)
{
	walk(*state, 16384);
}

/* What is committed is in the file, not in the page cache alone nor in the window. */
static void test_ahead_and_on_disk(void **state)
{
	struct kit *k = *state;
	char wal[128];
	struct stat before, after;
	(void)snprintf(wal, sizeof wal, "%s-wal", k->path);
	k->writer = open_at(k, k->path, k->recent, 4096);
	run(k, k->writer, "CREATE TABLE t(id INTEGER PRIMARY KEY,v,b)");
	assert_int_equal(stat(wal, &before), 0);
	for (uint32_t i = 0; i < 50; i++)
		put(k, i, k->kept);
	assert_int_equal(stat(wal, &after), 0);
	if (before.st_size >= 4 << 20) /* the file system takes direct writes */
		assert_int_equal(before.st_size, after.st_size);
	check_after_power_cut(k);
}

/* What this process has asked the system for so far; 0: it does not say. */
static int64_t bytes_read(void)
{
	char line[64] = "";
	int64_t n = 0;
	FILE *f = fopen("/proc/self/io", "re");
	if (f == NULL)
		return 0;
	struct str first = STR("rchar: ");
	bool got = fgets(line, sizeof line, f) != NULL && str_starts(str_of(line), first);
	(void)fclose(f);
	return got && str_to_i64(str_trim(str_of(line + first.n)), &n) ? n : 0;
}

/* What was written is read from memory, by the connection itself and by those beside it. */
static void test_reads_from_memory(void **state)
{
	struct kit *k = *state;
	k->writer = open_at(k, k->path, k->recent, 4096);
	run(k, k->writer, "CREATE TABLE t(id INTEGER PRIMARY KEY,v,b)");
	k->beside = open_at(k, k->path, k->recent, 0);
	for (uint32_t i = 0; i < ROWS; i++)
		put(k, i, k->kept);
	int64_t before = bytes_read();
	if (before == 0)
		skip(); /* no /proc/self/io */
	check(k, k->beside);
	check(k, k->writer);
	assert_in_range(bytes_read() - before, 0, 4096); /* the answer itself */
}

/* Nobody checkpoints, so the WAL grows past what memory holds of it: what came before is read from
 * the disk. Then it starts over. */
static void test_longer_than_memory(void **state)
{
	struct kit *k = *state;
	k->writer = open_at(k, k->path, k->recent, 16384);
	run(k, k->writer, "CREATE TABLE t(id INTEGER PRIMARY KEY,v,b)");
	run(k, k->writer, "CREATE TABLE filler(b)");
	k->beside = open_at(k, k->path, k->recent, 0);
	for (uint32_t i = 0; i < 50; i++) {
		put(k, i, k->kept);
		run(k, k->writer, "INSERT INTO filler VALUES(randomblob(1000000))");
		check(k, k->beside);
		if (i == 44)
			assert_int_equal(sqlite_wal_truncate(k->writer, &k->e), ST_OK);
	}
	assert_int_equal(sqlite_check(k->beside, &k->e), ST_OK);
	check_after_power_cut(k);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_small_pages),        CASE(test_pages_of_the_log),
		CASE(test_ahead_and_on_disk),  CASE(test_reads_from_memory),
		CASE(test_longer_than_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
