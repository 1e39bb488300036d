/* SPDX-License-Identifier: Apache-2.0
 * test_log_sqlite.c: the log against the world: failing disks, full disks, kill -9, flipped bytes,
 * and what erasure leaves behind. Every case ends in the same account: what was answered ST_OK is
 * there, once, whole and in order; what was refused is not. */
#include "log/log.h"

#include "base/random.h"
#include "base/test.h"
#include "sqlite/sqlite.h"
#include "sqlite/sqlite_fault.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEYS_MAX 20000

struct kit {
	char folder[64], path[96], copy[96];
	struct log_conf conf;
	struct log *log;
	struct arena a;
	struct err e;
	uint32_t tried; /* ids are 0, 1, 2, ... */
	bool acked[KEYS_MAX];
};

static void open_kit(struct kit *k)
{
	if (log_open_sqlite(&k->conf, &k->log, &k->e) != ST_OK)
		fail_msg("open: %s", k->e.text);
}

static int setup(void **state)
{
	struct kit *k = mem_alloc(sizeof *k);
	(void)snprintf(k->folder, sizeof k->folder, "/tmp/nurtured-logfile-XXXXXX");
	if (mkdtemp(k->folder) == NULL)
		return -1;
	(void)snprintf(k->path, sizeof k->path, "%s/events.db", k->folder);
	(void)snprintf(k->copy, sizeof k->copy, "%s/copy.db", k->folder);
	k->conf = LOG_CONF_DEFAULT;
	k->conf.duplicate_bytes_max = (size_t)1 << 20;
	k->conf.path = k->path;
	arena_init(&k->a, (size_t)64 << 20);
	*state = k;
	return 0;
}

static void remove_files(struct kit *k)
{
	static const char *const names[] = {"events.db", "events.db-wal", "events.db-shm",
					    "copy.db",   "copy.db-wal",   "copy.db-shm"};
	char path[128];
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		(void)snprintf(path, sizeof path, "%s/%s", k->folder, names[i]);
		(void)unlink(path);
	}
}

static int teardown(void **state)
{
	struct kit *k = *state;
	log_close(&k->log);
	remove_files(k);
	int rc = rmdir(k->folder);
	arena_finish(&k->a);
	mem_free(k);
	return rc;
}

/* The body tells the id, so that a record under another's key would show. */
static struct str body_of(char room[512], uint32_t id)
{
	memset(room, (int)('a' + id % 26), 400);
	(void)snprintf(room, 512, "{\"id\":%u}", id);
	room[strlen(room)] = ' ';
	return str_n(room, 100 + id % 300);
}

/* `n` new keys in one append. */
static enum status put(struct kit *k, uint32_t n)
{
	struct log_entry entries[64];
	char ids[64][16], bodies[64][512];
	assert_true(n <= 64 && k->tried + n <= KEYS_MAX);
	for (uint32_t i = 0; i < n; i++) {
		(void)snprintf(ids[i], sizeof ids[i], "%u", k->tried + i);
		entries[i] = (struct log_entry){.source = STR("web"),
						.message_id = str_of(ids[i]),
						.body = body_of(bodies[i], k->tried + i),
						.received_us = k->tried + i};
	}
	enum status st = log_append(k->log, entries, n, &k->e);
	for (uint32_t i = 0; i < n; i++) {
		assert_false(entries[i].duplicate);
		assert_int_equal(entries[i].seq != 0, st == ST_OK);
		k->acked[k->tried + i] = st == ST_OK;
	}
	k->tried += n;
	return st;
}

static bool is_sound(const struct log_record *r, uint32_t *id_r)
{
	char room[512];
	uint64_t id;
	if (!str_to_u64(r->message_id, &id) || id >= KEYS_MAX || !str_is(r->source, "web"))
		return false;
	*id_r = (uint32_t)id;
	return str_eq(r->body, body_of(room, (uint32_t)id));
}

/* Every acknowledged key is in the log once, with its own body; `strict`: and no other key. */
static void account(struct kit *k, bool strict)
{
	static uint8_t seen[KEYS_MAX];
	struct log_reader *r;
	struct log_record records[40];
	uint64_t seq = 1;
	size_t n = 1;
	memset(seen, 0, sizeof seen);
	assert_int_equal(log_reader_open(k->log, &r, &k->e), ST_OK);
	while (n > 0) {
		arena_reset(&k->a);
		n = COUNT_OF(records);
		if (log_read(r, seq, &k->a, records, &n, &k->e) != ST_OK)
			fail_msg("read: %s", k->e.text);
		for (size_t i = 0; i < n; i++) {
			uint32_t id = 0;
			assert_true(is_sound(&records[i], &id));
			seen[id]++;
		}
		seq += n;
	}
	log_reader_close(&r);
	for (uint32_t id = 0; id < KEYS_MAX; id++) {
		assert_true(seen[id] <= 1);
		assert_true(!k->acked[id] || seen[id] == 1);
		assert_true(!strict || k->acked[id] || seen[id] == 0);
	}
}

/* --- failing disks ------------------------------------------------------------------------ */

/* The nth call fails, for every n an append makes; then the disk is well again, without a reopen.
 * A crash after that and a reopen must come to the same. */
static void sweep(struct kit *k, enum sqlite_fault_op op, enum sqlite_fault_kind kind,
		  uint32_t group)
{
	struct sqlite_fault *f = sqlite_fault_create();
	k->conf.vfs = sqlite_fault_name(f);
	open_kit(k);
	bool quiet = false;
	for (unsigned nth = 1; !quiet; nth++) {
		const struct sqlite_fault_plan plan = {op, kind, nth, 2};
		sqlite_fault_arm(f, &plan);
		enum status st = put(k, group);
		assert_true(st == ST_OK || st == ST_IO || st == ST_NO_SPACE);
		quiet = sqlite_fault_hits(f) == 0;
		assert_int_equal(st == ST_OK, quiet);
		sqlite_fault_arm(f, NULL);
		assert_int_equal(put(k, 1), ST_OK);
		assert_true(nth < 200);
	}
	account(k, true);
	log_close(&k->log);
	k->conf.vfs = NULL;
	open_kit(k);
	account(k, true);
	uint32_t tried = k->tried;
	assert_int_equal(put(k, 1), ST_OK); /* seqs go on without a hole: account reads them all */
	account(k, true);
	assert_int_equal(k->tried, tried + 1);
	log_close(&k->log);
	sqlite_fault_destroy(&f);
}

static void test_fault_sweeps(void **state)
{
	struct kit *k = *state;
	static const struct {
		enum sqlite_fault_op op;
		enum sqlite_fault_kind kind;
		uint32_t group;
	} rows[] = {
		{SQLITE_FAULT_WRITE, SQLITE_FAULT_EIO, 1},
		{SQLITE_FAULT_WRITE, SQLITE_FAULT_ENOSPC, 64},
		{SQLITE_FAULT_WRITE, SQLITE_FAULT_SHORT, 64},
		{SQLITE_FAULT_SYNC, SQLITE_FAULT_EIO, 1},
		{SQLITE_FAULT_SYNC, SQLITE_FAULT_EIO, 64},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		sweep(k, rows[i].op, rows[i].kind, rows[i].group);
}

/* A failed append that filled a block of fingerprints leaves the next ones right. */
static void test_fault_at_a_block(void **state)
{
	struct kit *k = *state;
	struct sqlite_fault *f = sqlite_fault_create();
	k->conf.vfs = sqlite_fault_name(f);
	open_kit(k);
	while (k->tried < 4096 - 32)
		assert_int_equal(put(k, 32), ST_OK);
	const struct sqlite_fault_plan plan = {SQLITE_FAULT_SYNC, SQLITE_FAULT_EIO, 1, 0};
	sqlite_fault_arm(f, &plan);
	assert_int_equal(put(k, 64), ST_IO);
	assert_int_equal(put(k, 64), ST_IO);
	sqlite_fault_arm(f, NULL);
	assert_int_equal(put(k, 64), ST_OK);
	account(k, true);
	log_close(&k->log);
	k->conf.vfs = NULL;
	open_kit(k);
	for (uint32_t id = 0; id < k->tried; id++) { /* every key is known from its block or row */
		char name[16];
		(void)snprintf(name, sizeof name, "%u", id);
		struct log_entry en = {
			.source = STR("web"), .message_id = str_of(name), .body = STR("{}")};
		if (!k->acked[id])
			continue;
		assert_int_equal(log_append(k->log, &en, 1, &k->e), ST_OK);
		assert_true(en.duplicate);
	}
	log_close(&k->log);
	sqlite_fault_destroy(&f);
}

/* The power goes at any write or sync, of an append or of a checkpoint beside it; of what was not
 * synced each write is kept or lost. Whatever was acknowledged is there (G1). */
static void test_power_cuts(void **state)
{
	struct kit *k = *state;
	struct rng dice;
	unsigned struck = 0;
	rng_seed(&dice, 11);
	k->conf.wal_bytes_max = 128 << 10; /* checkpoints all the time */
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct sqlite_fault *f = sqlite_fault_create();
		const struct sqlite_fault_plan plan = {
			.op = seed % 3 == 0 ? SQLITE_FAULT_SYNC : SQLITE_FAULT_WRITE,
			.kind = SQLITE_FAULT_POWER,
			.nth = 1 + (unsigned)rng_below(&dice, seed % 3 == 0 ? 25 : 120)};
		sqlite_fault_seed(f, seed);
		k->conf.vfs = sqlite_fault_name(f);
		open_kit(k);
		sqlite_fault_arm(f, &plan);
		enum status st = ST_OK;
		for (int i = 0; i < 40 && st == ST_OK; i++)
			st = put(k, 1 + (uint32_t)rng_below(&dice, 20));
		struck += st != ST_OK;
		log_close(&k->log);
		sqlite_fault_destroy(&f);
		k->conf.vfs = NULL;
		open_kit(k);
		account(k, false);
		log_close(&k->log);
	}
	assert_true(struck > 30);
	struct log_verify v;
	assert_int_equal(log_verify_sqlite(k->path, &v, &k->e), ST_OK);
	assert_int_equal(v.damaged, 0);
}

/* --- full disks --------------------------------------------------------------------------- */

/* `how`: a full disk is ST_NO_SPACE; of a limit, older SQLite tells no more than ST_IO. */
static uint32_t put_until_full(struct kit *k, enum status how)
{
	enum status st = ST_OK;
	uint32_t good = 0;
	for (int i = 0; i < 200 && st == ST_OK; i++) {
		st = put(k, 20);
		good += st == ST_OK ? 20 : 0;
	}
	assert_true(st == how || st == ST_NO_SPACE);
	return good;
}

static void test_disk_full_by_limit(void **state)
{
	struct kit *k = *state;
	struct rlimit before, tight;
	struct sigaction ignore = {.sa_handler = SIG_IGN}, old;
	open_kit(k);
	assert_int_equal(put(k, 1), ST_OK);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(sigaction(SIGXFSZ, &ignore, &old), 0);
	tight = (struct rlimit){.rlim_cur = 400 << 10, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	uint32_t good = put_until_full(k, ST_IO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(put(k, 20), ST_OK); /* no reopen */
	assert_int_equal(sigaction(SIGXFSZ, &old, NULL), 0);
	assert_true(good > 0);
	account(k, true);
	log_close(&k->log);
	open_kit(k);
	account(k, true);
}

static void test_disk_full_for_real(void **state)
{
	struct kit *k = *state;
	char ballast[128];
	if (mount("tmpfs", k->folder, "tmpfs", 0, "size=1500k") != 0) {
		print_message("skipped: no right to mount a small disk\n");
		return;
	}
	(void)snprintf(ballast, sizeof ballast, "%s/ballast", k->folder);
	int fd = open(ballast, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_int_equal(posix_fallocate(fd, 0, 700 << 10), 0);
	(void)close(fd);
	open_kit(k);
	uint32_t good = put_until_full(k, ST_NO_SPACE);
	assert_true(good > 0);
	account(k, true);
	assert_int_equal(unlink(ballast), 0);
	assert_int_equal(put(k, 20), ST_OK);
	account(k, true);
	log_close(&k->log);
	open_kit(k);
	account(k, true);
	log_close(&k->log);
	remove_files(k);
	assert_int_equal(umount(k->folder), 0);
}

/* --- kill -9 ------------------------------------------------------------------------------ */

/* Appends until it is killed, and says each acknowledged id in a pipe. */
static void writer(struct kit *k, int out)
{
	open_kit(k);
	while (k->tried + 8 <= KEYS_MAX) {
		uint32_t first = k->tried, n = 1 + first % 7;
		if (put(k, n) != ST_OK)
			_exit(1);
		for (uint32_t id = first; id < first + n; id++)
			if (write(out, &id, sizeof id) != (ssize_t)sizeof id)
				_exit(1);
	}
	_exit(0);
}

static void kill_one(struct kit *k, uint32_t after)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		writer(k, ends[1]);
	(void)close(ends[1]);
	uint32_t id, heard = 0;
	while (read(ends[0], &id, sizeof id) == (ssize_t)sizeof id) {
		k->acked[id] = true;
		if (id >= k->tried)
			k->tried = id + 1;
		if (++heard == after)
			(void)kill(pid, SIGKILL);
	}
	(void)close(ends[0]);
	int how;
	assert_int_equal(waitpid(pid, &how, 0), pid);
	assert_true(WIFSIGNALED(how));
	/* What was in the log but not yet answered: the next round passes over these ids. */
	k->tried += 8;
	open_kit(k);
	account(k, false);
	log_close(&k->log);
}

static void test_kill(void **state)
{
	struct kit *k = *state;
	for (uint32_t round = 1; round <= 12; round++)
		kill_one(k, round * 7);
}

/* --- damage ------------------------------------------------------------------------------- */

static void edit(struct kit *k, const char *sql)
{
	struct sqlite *db;
	const struct sqlite_conf conf = {.path = k->path};
	assert_int_equal(sqlite_open(&conf, &db, &k->e), ST_OK);
	if (sqlite_exec(db, sql, &k->e) != ST_OK)
		fail_msg("%s", k->e.text);
	sqlite_close(&db);
}

static enum status read_at(struct kit *k, uint64_t seq, struct log_record *out, size_t *n)
{
	struct log_reader *r;
	assert_int_equal(log_reader_open(k->log, &r, &k->e), ST_OK);
	*n = 10;
	enum status st = log_read(r, seq, &k->a, out, n, &k->e);
	log_reader_close(&r);
	return st;
}

/* Each edit makes record 5 unreadable; the four before it come first; the mark steps over it. */
static void test_one_bad_record(void **state)
{
	struct kit *k = *state;
	static const char *const edits[] = {
		"UPDATE event SET body=body||' ' WHERE seq=5",
		"UPDATE event SET received_us=received_us+1 WHERE seq=5",
		"UPDATE event SET message_id='6' WHERE seq=5",
		"UPDATE event SET flags=1 WHERE seq=5",
		"UPDATE event SET sum=sum+1 WHERE seq=5",
		"UPDATE event SET source='we', message_id='b'||message_id WHERE seq=5",
		"DELETE FROM event WHERE seq=5",
	};
	for (size_t i = 0; i < COUNT_OF(edits); i++) {
		struct log_record r[10];
		struct log_verify v;
		size_t n;
		open_kit(k);
		assert_int_equal(put(k, 10), ST_OK);
		log_close(&k->log);
		edit(k, edits[i]);
		open_kit(k);
		assert_int_equal(read_at(k, 1, r, &n), ST_OK);
		assert_int_equal(n, 4);
		assert_int_equal(read_at(k, 5, r, &n), ST_CORRUPT);
		assert_int_equal(n, 0);
		assert_non_null(strstr(k->e.text, k->path));
		assert_non_null(strstr(k->e.text, "record 5"));
		assert_int_equal(log_verify_sqlite(k->path, &v, &k->e), ST_OK);
		assert_int_equal(v.damaged, 1);
		assert_int_equal(v.damaged_first, 5);
		assert_int_equal(v.whole, 9);
		assert_int_equal(log_skip(k->log, 6, STR("no"), 9, &k->e), ST_CONFLICT);
		assert_int_equal(log_skip(k->log, 5, STR("bad disk"), 9, &k->e), ST_OK);
		assert_int_equal(log_skip(k->log, 5, STR("again"), 9, &k->e), ST_CONFLICT);
		assert_int_equal(read_at(k, 5, r, &n), ST_OK);
		assert_int_equal(n, 1);
		assert_true(r[0].skipped);
		assert_int_equal(r[0].seq, 5);
		assert_int_equal(read_at(k, 6, r, &n), ST_OK);
		assert_int_equal(n, 5);
		assert_int_equal(log_verify_sqlite(k->path, &v, &k->e), ST_OK);
		assert_int_equal(v.damaged, 0);
		assert_int_equal(v.skipped, 1);
		log_close(&k->log);
		remove_files(k);
		k->tried = 0;
	}
}

static void test_lost_end(void **state)
{
	struct kit *k = *state;
	struct log_record r[10];
	size_t n;
	open_kit(k);
	assert_int_equal(put(k, 10), ST_OK);
	log_close(&k->log);
	edit(k, "DELETE FROM event WHERE seq>7");
	open_kit(k);
	assert_int_equal(read_at(k, 11, r, &n), ST_CORRUPT); /* the engine had seen record 10 */
	assert_non_null(strstr(k->e.text, "ends at record 7"));
	assert_int_equal(read_at(k, 8, r, &n), ST_OK);
	assert_int_equal(n, 0);
}

/* A flipped bit anywhere in the file: never a wrong record, never a silent gap. */
static void walk_damaged(struct kit *k, uint32_t records)
{
	struct log_reader *r;
	struct log_record got[8];
	uint64_t seq = 1;
	if (log_reader_open(k->log, &r, &k->e) != ST_OK)
		return;
	while (seq <= records) {
		size_t n = COUNT_OF(got);
		arena_reset(&k->a);
		enum status st = log_read(r, seq, &k->a, got, &n, &k->e);
		assert_true(st == ST_OK || st == ST_CORRUPT || st == ST_NOT_FOUND ||
			    st == ST_INVALID);
		if (st != ST_OK)
			assert_non_null(strstr(k->e.text, k->path));
		if (st == ST_OK && n == 0)
			break; /* the lost end: whoever comes from behind it is told */
		for (size_t i = 0; i < n; i++) {
			uint32_t id;
			assert_int_equal(got[i].seq, seq + i);
			assert_true(is_sound(&got[i], &id));
			assert_int_equal(id + 1, seq + i);
		}
		seq += st == ST_OK ? n : 1;
	}
	log_reader_close(&r);
}

static void test_flipped_bits(void **state)
{
	struct kit *k = *state;
	struct rng dice;
	struct stat s;
	open_kit(k);
	for (int i = 0; i < 20; i++)
		assert_int_equal(put(k, 20), ST_OK);
	log_close(&k->log);
	int fd = open(k->path, O_RDWR | O_CLOEXEC);
	assert_int_equal(fstat(fd, &s), 0);
	rng_seed(&dice, 42);
	unsigned noticed = 0;
	for (int i = 0; i < 250; i++) {
		uint8_t was, now;
		struct log_verify v;
		off_t at = (off_t)rng_below(&dice, (uint64_t)s.st_size);
		assert_int_equal(pread(fd, &was, 1, at), 1);
		now = (uint8_t)(was ^ 1u << rng_below(&dice, 8));
		assert_int_equal(pwrite(fd, &now, 1, at), 1);
		k->conf.read_only = i % 2 == 0; /* a writer, too, has to live with it */
		if (log_open_sqlite(&k->conf, &k->log, &k->e) == ST_OK)
			walk_damaged(k, 400);
		log_close(&k->log);
		enum status st = log_verify_sqlite(k->path, &v, &k->e);
		noticed += st != ST_OK || v.damaged > 0;
		assert_int_equal(pwrite(fd, &was, 1, at), 1);
	}
	k->conf.read_only = false;
	(void)close(fd);
	assert_true(noticed > 50); /* most of the file is records; the rest is empty space */
	open_kit(k);
	account(k, true);
}

static void test_damaged_blocks(void **state)
{
	struct kit *k = *state;
	open_kit(k);
	while (k->tried < 9000)
		assert_int_equal(put(k, 60), ST_OK);
	log_close(&k->log);
	edit(k, "UPDATE key_block SET fingerprints=zeroblob(32768) WHERE block=0;"
		"DELETE FROM key_block WHERE block=1");
	open_kit(k);
	for (uint32_t id = 0; id < k->tried; id += 7) {
		char name[16];
		(void)snprintf(name, sizeof name, "%u", id);
		struct log_entry en = {
			.source = STR("web"), .message_id = str_of(name), .body = STR("{}")};
		assert_int_equal(log_append(k->log, &en, 1, &k->e), ST_OK);
		assert_true(en.duplicate);
		assert_int_equal(en.seq, id + 1);
	}
	account(k, true);
}

/* --- what is left on disk ----------------------------------------------------------------- */

static bool file_has(const char *path, struct str needle)
{
	struct arena a;
	arena_init(&a, (size_t)32 << 20);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool has = false;
	struct stat s;
	if (fd >= 0 && fstat(fd, &s) == 0 && s.st_size > 0) {
		char *all = arena_alloc(&a, (size_t)s.st_size);
		ssize_t n = read(fd, all, (size_t)s.st_size);
		struct str text = str_n(all, n > 0 ? (size_t)n : 0);
		has = str_find(text, needle) < text.n;
	}
	if (fd >= 0)
		(void)close(fd);
	arena_finish(&a);
	return has;
}

static bool secret_on_disk(struct kit *k)
{
	char wal[128];
	(void)snprintf(wal, sizeof wal, "%s-wal", k->path);
	return file_has(k->path, STR("SECRET")) || file_has(wal, STR("SECRET"));
}

/* Bodies of all sizes, also longer than a page, in the middle of others. */
static void put_secrets(struct kit *k, uint64_t *seqs, size_t n)
{
	static char body[60000];
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(put(k, 7), ST_OK);
		char id[32];
		size_t bytes = 20 + i * i * 53 % (sizeof body - 20);
		for (size_t at = 0; at < bytes; at++)
			body[at] = "SECRET "[at % 7];
		(void)snprintf(id, sizeof id, "SECRET-%zu", i);
		struct log_entry en = {
			.source = STR("web"), .message_id = str_of(id), .body = str_n(body, bytes)};
		assert_int_equal(log_append(k->log, &en, 1, &k->e), ST_OK);
		seqs[i] = en.seq;
	}
}

static void test_erasure_leaves_nothing(void **state)
{
	struct kit *k = *state;
	uint64_t seqs[40];
	open_kit(k);
	put_secrets(k, seqs, COUNT_OF(seqs));
	assert_true(secret_on_disk(k));
	assert_int_equal(log_erase(k->log, seqs, COUNT_OF(seqs), &k->e), ST_OK);
	assert_false(secret_on_disk(k));
	assert_int_equal(put(k, 10), ST_OK);
	assert_int_equal(log_backup(k->log, k->copy, &k->e), ST_OK);
	assert_false(file_has(k->copy, STR("SECRET")));
	struct log_verify v;
	assert_int_equal(log_verify_sqlite(k->path, &v, &k->e), ST_OK);
	assert_int_equal(v.erased, COUNT_OF(seqs));
	assert_int_equal(v.damaged, 0);
	struct log_entry again = {
		.source = STR("web"), .message_id = STR("SECRET-3"), .body = STR("SECRET")};
	assert_int_equal(log_append(k->log, &again, 1, &k->e), ST_OK);
	assert_true(again.duplicate);
	assert_false(secret_on_disk(k));
}

static void test_backup(void **state)
{
	struct kit *k = *state;
	open_kit(k);
	for (int i = 0; i < 100; i++)
		assert_int_equal(put(k, 50), ST_OK);
	assert_int_equal(log_backup(k->log, k->copy, &k->e), ST_OK);
	uint32_t then = k->tried;
	assert_int_equal(put(k, 50), ST_OK);
	log_close(&k->log);
	k->conf.path = k->copy;
	open_kit(k);
	for (uint32_t id = then; id < k->tried; id++)
		k->acked[id] = false;
	account(k, true);
	log_close(&k->log);
	k->conf.path = k->path;
}

static void test_read_only(void **state)
{
	struct kit *k = *state;
	struct log_conf conf = k->conf;
	struct log *beside = NULL;
	struct log_entry en = {.source = STR("web"), .message_id = STR("x"), .body = STR("{}")};
	uint64_t removed, seq = 1;
	conf.read_only = true;
	assert_int_equal(log_open_sqlite(&conf, &beside, &k->e), ST_NOT_FOUND);
	open_kit(k);
	assert_int_equal(put(k, 10), ST_OK);
	assert_int_equal(log_open_sqlite(&conf, &beside, &k->e), ST_OK);
	assert_int_equal(log_append(beside, &en, 1, &k->e), ST_DENIED);
	assert_int_equal(log_retain(beside, 5, 5, &removed, &k->e), ST_DENIED);
	assert_int_equal(log_erase(beside, &seq, 1, &k->e), ST_DENIED);
	assert_int_equal(log_skip(beside, 1, STR("x"), 1, &k->e), ST_DENIED);
	struct log *own = k->log;
	k->log = beside;
	account(k, true);
	k->log = own;
	assert_int_equal(put(k, 10), ST_OK);
	log_close(&beside);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_fault_sweeps),
		CASE(test_fault_at_a_block),
		CASE(test_power_cuts),
		CASE(test_disk_full_by_limit),
		CASE(test_disk_full_for_real),
		CASE(test_kill),
		CASE(test_one_bad_record),
		CASE(test_lost_end),
		CASE(test_flipped_bits),
		CASE(test_damaged_blocks),
		CASE(test_erasure_leaves_nothing),
		CASE(test_backup),
		CASE(test_read_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
