/* SPDX-License-Identifier: Apache-2.0
 * test_store_sqlite.c: what a file can suffer: kills, failing disks, wrong and older files,
 * backups taken and read by others while it is written. */
#include "store/ops.h"
#include "store/test_store_kit.h"

#include "base/random.h"
#include "sqlite/sqlite.h"
#include "sqlite/sqlite_fault.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct kit_kind sqlite_kind = {"sqlite", store_open_sqlite, true, 0};
static const struct kit_kind behind_kind = {"write-behind", store_open_sqlite, true,
					    (size_t)64 << 20};

#define ROWS 100u

/* --- opening -------------------------------------------------------------------------------- */

static void expect_refused(const struct store_conf *conf, enum status want, const char *word)
{
	struct store *s = NULL;
	struct err e = {.text = ""};
	assert_int_equal(store_open_sqlite(conf, &s, &e), want);
	assert_null(s);
	if (strstr(e.text, word) == NULL || strstr(e.text, conf->path) == NULL)
		fail_msg("`%s` does not say `%s` and the file", e.text, word);
}

static void write_file(const char *path, const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), (ssize_t)n);
	assert_int_equal(close(fd), 0);
}

static void refuses_in_words(void **state)
{
	(void)state;
	struct kit k;
	char path[200], text[5000];
	kit_open(&k, &sqlite_kind);
	struct store_conf conf = k.conf;
	conf.path = path;
	kit_path(&k, "absent.db", path, sizeof path);
	conf.read_only = true;
	expect_refused(&conf, ST_NOT_FOUND, "absent");
	conf.read_only = false;
	kit_path(&k, "text.db", path, sizeof path);
	memset(text, 't', sizeof text);
	write_file(path, text, sizeof text);
	expect_refused(&conf, ST_CORRUPT, "not a database");
	kit_path(&k, "other.db", path, sizeof path);
	struct sqlite *db;
	OK(sqlite_open(&(struct sqlite_conf){.path = path}, &db, E));
	OK(sqlite_exec(db, "CREATE TABLE notes(a)", E));
	sqlite_close(&db);
	expect_refused(&conf, ST_INVALID, "another program");
	kit_put(k.store, TABLE_META, KEY_BYTES(STORE_META_SCHEMA), "99");
	store_close(&k.store);
	expect_refused(&k.conf, ST_INVALID, "newer version");
	k.conf.read_only = true;
	expect_refused(&k.conf, ST_INVALID, "newer version");
	kit_close(&k);
}

/* A file from before there were versions: the tables of then, no schema row. */
static void version_zero_is_brought_up(void **state)
{
	(void)state;
	struct kit k;
	kit_open(&k, &sqlite_kind);
	kit_put(k.store, TABLE_LEAD, NUM(5), "old lead");
	kit_del(k.store, TABLE_META, KEY_BYTES(STORE_META_SCHEMA));
	store_close(&k.store);
	struct sqlite *db;
	OK(sqlite_open(&(struct sqlite_conf){.path = k.path}, &db, E));
	OK(sqlite_exec(db, "DROP TABLE record", E));
	sqlite_close(&db);

	k.conf.read_only = true;
	expect_refused(&k.conf, ST_INVALID, "serve");
	k.conf.read_only = false;
	OK(store_open_sqlite(&k.conf, &k.store, E));
	kit_expect(k.store, TABLE_LEAD, NUM(5), "old lead");
	kit_expect(k.store, TABLE_META, KEY_BYTES(STORE_META_SCHEMA), "1");
	kit_put(k.store, TABLE_RECORD, BYTES("r"), "table is there");
	kit_close(&k);
}

static void reads_beside_the_writer(void **state)
{
	(void)state;
	struct kit k;
	struct store *r;
	kit_open(&k, &sqlite_kind);
	OK(kit_uniform_put(k.store, ROWS, 1, E));
	struct store_conf conf = k.conf;
	conf.read_only = true;
	OK(store_open_sqlite(&conf, &r, E));
	OK(store_read_begin(r, E));
	OK(kit_uniform_put(k.store, ROWS, 2, E));
	assert_int_equal(kit_uniform_get(r), 1);
	store_read_end(r);
	assert_int_equal(kit_uniform_get(r), 2);
	store_close(&r);
	kit_close(&k);
}

/* --- backup --------------------------------------------------------------------------------- */

static void backup_is_one_commit(void **state)
{
	(void)state;
	struct kit k;
	struct store *copy;
	char path[200];
	kit_open(&k, &sqlite_kind);
	OK(kit_uniform_put(k.store, ROWS, 1, E));
	kit_path(&k, "copy.db", path, sizeof path);
	kit_begin(k.store);
	kit_put(k.store, TABLE_LEAD, NUM(3), "not committed");
	OK(store_backup(k.store, path, E));
	kit_commit(k.store);
	OK(store_verify(path, E));
	struct store_conf conf = STORE_CONF_DEFAULT;
	conf.path = path;
	conf.behind_bytes_max = 0;
	OK(store_open_sqlite(&conf, &copy, E));
	assert_int_equal(kit_uniform_get(copy), 1);
	store_close(&copy);
	kit_close(&k);
}

static void verify_finds_damage(void **state)
{
	(void)state;
	struct kit k;
	char path[200];
	struct err e = {.text = ""};
	kit_open(&k, &sqlite_kind);
	OK(kit_uniform_put(k.store, 2000, 1, E));
	kit_path(&k, "copy.db", path, sizeof path);
	assert_int_equal(store_verify(path, &e), ST_NOT_FOUND);
	OK(store_backup(k.store, path, E));
	OK(store_verify(path, E));
	assert_int_equal(truncate(path, 4096 * 80), 0);
	assert_int_equal(store_verify(path, &e), ST_CORRUPT);
	kit_close(&k);
}

/* --- kills ---------------------------------------------------------------------------------- */

struct killing {
	const struct kit_kind *kind;
	bool sync;        /* the writer syncs before it says that it has committed */
	int64_t loss_max; /* commits that were said and may be gone */
};

/* Commits one number after another until it is killed, and says each when it is committed. */
static _Noreturn void write_until_killed(const struct store_conf *conf, bool sync, int64_t from,
					 int out)
{
	struct store *s;
	if (store_open_sqlite(conf, &s, NULL) != ST_OK)
		_exit(3);
	for (int64_t number = from;; number++) {
		if (kit_uniform_put(s, ROWS, number, NULL) != ST_OK ||
		    (sync && store_sync(s, NULL) != ST_OK) ||
		    write(out, &number, sizeof number) != sizeof number)
			_exit(4);
	}
}

/* Returns the last number the child said before it was killed, after some commits. */
static int64_t kill_a_writer(const struct store_conf *conf, bool sync, int64_t from,
			     uint64_t commits)
{
	int ends[2], how = 0;
	int64_t said = from - 1, number;
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		write_until_killed(conf, sync, from, ends[1]);
	(void)close(ends[1]);
	for (uint64_t i = 0; i < commits && read(ends[0], &number, sizeof number) > 0; i++)
		said = number;
	assert_int_equal(kill(child, SIGKILL), 0);
	while (read(ends[0], &number, sizeof number) == sizeof number)
		said = number;
	(void)close(ends[0]);
	assert_int_equal(waitpid(child, &how, 0), child);
	assert_true(WIFSIGNALED(how));
	return said;
}

/* Written behind, the last two may still be on their way: then the cursor has not moved either. */
static void kill_again_and_again(const struct killing *how)
{
	struct kit k;
	struct rng r;
	int64_t number = 1;
	rng_seed(&r, 7);
	kit_open(&k, how->kind);
	k.conf.wal_bytes_max = 1 << 20; /* so that kills meet checkpoints */
	for (unsigned round = 0; round < 20; round++) {
		store_close(&k.store);
		int64_t said = kill_a_writer(&k.conf, how->sync, number, 1 + rng_below(&r, 40));
		OK(store_open_sqlite(&k.conf, &k.store, E));
		int64_t there = kit_uniform_get(k.store);
		assert_true(there >= said - how->loss_max && there <= said + 1);
		number = there + 1;
	}
	OK(store_verify(k.path, E));
	kit_close(&k);
}

static void a_kill_loses_no_commit(void **state)
{
	(void)state;
	kill_again_and_again(&(struct killing){.kind = &sqlite_kind});
}

static void a_kill_leaves_some_commit(void **state)
{
	(void)state;
	kill_again_and_again(&(struct killing){.kind = &behind_kind, .loss_max = 2});
	kill_again_and_again(&(struct killing){.kind = &behind_kind, .sync = true});
}

/* --- failing disks -------------------------------------------------------------------------- */

struct sweep {
	struct kit kit;
	struct sqlite_fault *fault;
	uint64_t before, after; /* hashes */
};

static void put_many(struct kit *k, struct store *s, unsigned from, enum status *st_r)
{
	struct arena_mark mark = arena_mark(&k->arena);
	struct err e;
	enum status st = store_begin(s, &e);
	if (st != ST_OK) {
		*st_r = st;
		return;
	}
	for (unsigned i = 0; i < 150 && st == ST_OK; i++)
		st = store_put(s, TABLE_PROFILE, NUM(i * 7), kit_value(k, from + i, 900), &e);
	for (unsigned i = 0; i < 50 && st == ST_OK; i++)
		st = store_del(s, TABLE_PROFILE, NUM((from + i) * 3), &e);
	*st_r = store_commit(s, &e); /* also when a put failed: it must not commit */
	if (st != ST_OK)
		assert_int_equal(*st_r, st);
	arena_rewind(&k->arena, mark);
}

static void sweep_open(struct sweep *s, const struct kit_kind *kind)
{
	enum status st;
	s->fault = sqlite_fault_create();
	kit_open(&s->kit, kind);
	store_close(&s->kit.store);
	s->kit.conf.vfs = sqlite_fault_name(s->fault);
	s->kit.conf.cache_bytes = 64 << 10;   /* pages spill before the commit */
	s->kit.conf.wal_bytes_max = 64 << 10; /* every commit checkpoints */
	OK(store_open_sqlite(&s->kit.conf, &s->kit.store, E));
	put_many(&s->kit, s->kit.store, 0, &st);
	assert_int_equal(st, ST_OK);
	kit_sync(s->kit.store); /* all of it is written before anything fails */
	s->before = kit_hash(s->kit.store);
}

static void sweep_close(struct sweep *s)
{
	kit_close(&s->kit);
	sqlite_fault_destroy(&s->fault);
}

/* The n-th call fails, once or from then on. True while there was an n-th call. */
static bool sweep_one(enum sqlite_fault_op op, enum sqlite_fault_kind kind, unsigned n,
		      unsigned times)
{
	struct sweep s;
	enum status st;
	sweep_open(&s, &sqlite_kind);
	const struct sqlite_fault_plan plan = {.op = op, .kind = kind, .nth = n, .times = times};
	sqlite_fault_arm(s.fault, &plan);
	put_many(&s.kit, s.kit.store, 1000, &st);
	bool hit = sqlite_fault_hits(s.fault) > 0;
	sqlite_fault_arm(s.fault, NULL);
	if (!hit)
		assert_int_equal(st, ST_OK);
	if (st != ST_OK) {
		assert_int_equal(st, kind == SQLITE_FAULT_EIO ? ST_IO : ST_NO_SPACE);
		assert_true(kit_hash(s.kit.store) == s.before);
		put_many(&s.kit, s.kit.store, 1000, &st); /* the disk is well again */
		assert_int_equal(st, ST_OK);
	}
	s.after = kit_hash(s.kit.store);
	assert_true(s.after != s.before);
	store_close(&s.kit.store);
	s.kit.conf.vfs = NULL;
	OK(store_open_sqlite(&s.kit.conf, &s.kit.store, E));
	assert_true(kit_hash(s.kit.store) == s.after);
	OK(store_verify(s.kit.path, E));
	sweep_close(&s);
	return hit;
}

static void sweep_all(enum sqlite_fault_op op, enum sqlite_fault_kind kind)
{
	unsigned n = 1;
	while (n < 1000 && sweep_one(op, kind, n, 1))
		n += n < 20 ? 1 : 7; /* begin and checkpoint in full, the even middle in strides */
	assert_true(n > 1);
	(void)sweep_one(op, kind, 2, 0);
}

static void writes_fail_eio(void **state)
{
	(void)state;
	sweep_all(SQLITE_FAULT_WRITE, SQLITE_FAULT_EIO);
}

static void writes_fail_enospc(void **state)
{
	(void)state;
	sweep_all(SQLITE_FAULT_WRITE, SQLITE_FAULT_ENOSPC);
}

static void writes_fall_short(void **state)
{
	(void)state;
	sweep_all(SQLITE_FAULT_WRITE, SQLITE_FAULT_SHORT);
}

static void syncs_fail(void **state)
{
	(void)state;
	sweep_all(SQLITE_FAULT_SYNC, SQLITE_FAULT_EIO);
}

/* A disk that stays full for a while: every commit says so, nothing is lost, then it goes on. */
static void full_disk_recovers(void **state)
{
	(void)state;
	struct sweep s;
	enum status st;
	sweep_open(&s, &sqlite_kind);
	const struct sqlite_fault_plan full = {
		.op = SQLITE_FAULT_WRITE, .kind = SQLITE_FAULT_ENOSPC, .nth = 1, .times = 0};
	sqlite_fault_arm(s.fault, &full);
	for (unsigned i = 0; i < 5; i++) {
		put_many(&s.kit, s.kit.store, 1000, &st);
		assert_int_equal(st, ST_NO_SPACE);
		assert_true(kit_hash(s.kit.store) == s.before); /* reading goes on */
	}
	sqlite_fault_arm(s.fault, NULL);
	put_many(&s.kit, s.kit.store, 1000, &st);
	assert_int_equal(st, ST_OK);
	sweep_close(&s);
}

/* What was committed while the disk failed is written when it is well; nothing new is taken. */
static void behind_one(enum sqlite_fault_op op, enum sqlite_fault_kind kind, unsigned n)
{
	struct sweep s;
	enum status st;
	struct err e;
	sweep_open(&s, &behind_kind);
	const struct sqlite_fault_plan plan = {.op = op, .kind = kind, .nth = n, .times = 0};
	sqlite_fault_arm(s.fault, &plan);
	put_many(&s.kit, s.kit.store, 1000, &st);
	assert_int_equal(st, ST_OK);
	st = store_sync(s.kit.store, &e);
	if (st != ST_OK) {
		assert_int_equal(store_begin(s.kit.store, &e), st);
		kit_expect(s.kit.store, TABLE_META, KEY_BYTES(STORE_META_SCHEMA), "1");
	}
	sqlite_fault_arm(s.fault, NULL);
	kit_sync(s.kit.store);
	s.after = kit_hash(s.kit.store);
	assert_true(s.after != s.before);
	put_many(&s.kit, s.kit.store, 1000, &st); /* the same again changes nothing */
	assert_int_equal(st, ST_OK);
	kit_sync(s.kit.store);
	assert_true(kit_hash(s.kit.store) == s.after);
	kit_reopen(&s.kit);
	assert_true(kit_hash(s.kit.store) == s.after);
	sweep_close(&s);
}

static void behind_is_kept_until_written(void **state)
{
	(void)state;
	for (unsigned n = 1; n < 60; n += 3) {
		behind_one(SQLITE_FAULT_WRITE, SQLITE_FAULT_ENOSPC, n);
		behind_one(SQLITE_FAULT_WRITE, SQLITE_FAULT_EIO, n);
		behind_one(SQLITE_FAULT_WRITE, SQLITE_FAULT_SHORT, n);
	}
	behind_one(SQLITE_FAULT_SYNC, SQLITE_FAULT_EIO, 1);
}

/* A transaction of deletions alone is bounded too: grown past its ceiling it is one of the file,
 * whose failure its own commit tells. */
static void behind_moves_deletions_down(void **state)
{
	static const struct kit_kind small = {"write-behind, small", store_open_sqlite, true,
					      4 << 10};
	(void)state;
	struct sweep s;
	struct err e;
	sweep_open(&s, &small);
	const struct sqlite_fault_plan full = {
		.op = SQLITE_FAULT_WRITE, .kind = SQLITE_FAULT_ENOSPC, .nth = 1, .times = 0};
	sqlite_fault_arm(s.fault, &full);
	enum status st = store_begin(s.kit.store, &e);
	for (unsigned i = 0; i < 150 && st == ST_OK; i++)
		st = store_del(s.kit.store, TABLE_PROFILE, NUM(i * 7), &e);
	assert_int_equal(store_commit(s.kit.store, &e), ST_NO_SPACE);
	sqlite_fault_arm(s.fault, NULL);
	assert_true(kit_hash(s.kit.store) == s.before);
	sweep_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_in_words),
		cmocka_unit_test(version_zero_is_brought_up),
		cmocka_unit_test(reads_beside_the_writer),
		cmocka_unit_test(backup_is_one_commit),
		cmocka_unit_test(verify_finds_damage),
		cmocka_unit_test(a_kill_loses_no_commit),
		cmocka_unit_test(a_kill_leaves_some_commit),
		cmocka_unit_test(writes_fail_eio),
		cmocka_unit_test(writes_fail_enospc),
		cmocka_unit_test(writes_fall_short),
		cmocka_unit_test(syncs_fail),
		cmocka_unit_test(full_disk_recovers),
		cmocka_unit_test(behind_is_kept_until_written),
		cmocka_unit_test(behind_moves_deletions_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
