/* SPDX-License-Identifier: Apache-2.0
 * test_log.c: one suite over every log: what log.h promises, promised by each.
 *
 * A case gets a fresh log of the kind its row names. `reopen` closes and opens it again; the log in
 * memory is made to crash instead, which must come to the same. */
#include "log/log.h"
#include "log/log_memory.h"

#include "base/test.h"

#include <stdlib.h>
#include <unistd.h>

#define DAY_US (INT64_C(86400) * 1000000)

struct kit {
	const char *kind;
	char folder[64], path[96], copy[96];
	struct log_conf conf;
	struct log *log;
	struct arena a;
	struct err e;
};

static void open_kit(struct kit *k)
{
	bool memory = strcmp(k->kind, "memory") == 0;
	enum status st = memory ? log_open_memory(&k->conf, &k->log, &k->e)
				: log_open_sqlite(&k->conf, &k->log, &k->e);
	if (st != ST_OK)
		fail_msg("open: %s", k->e.text);
}

static void reopen(struct kit *k)
{
	if (strcmp(k->kind, "memory") == 0) {
		log_memory_crash(k->log);
		return;
	}
	log_close(&k->log);
	open_kit(k);
}

static struct kit *kit_new(const char *kind)
{
	struct kit *k = mem_alloc(sizeof *k);
	k->kind = kind;
	(void)snprintf(k->folder, sizeof k->folder, "/tmp/nurtured-log-XXXXXX");
	assert_non_null(mkdtemp(k->folder));
	(void)snprintf(k->path, sizeof k->path, "%s/events.db", k->folder);
	(void)snprintf(k->copy, sizeof k->copy, "%s/copy.db", k->folder);
	k->conf = LOG_CONF_DEFAULT;
	k->conf.duplicate_bytes_max = (size_t)4 << 20;
	k->conf.path = k->path;
	arena_init(&k->a, (size_t)64 << 20);
	open_kit(k);
	return k;
}

static void kit_free(struct kit *k)
{
	static const char *const names[] = {"events.db", "events.db-wal", "events.db-shm",
					    "copy.db",   "copy.db-wal",   "copy.db-shm"};
	char path[128];
	log_close(&k->log);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		(void)snprintf(path, sizeof path, "%s/%s", k->folder, names[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(k->folder), 0);
	arena_finish(&k->a);
	mem_free(k);
}

static struct log_entry entry(const char *source, const char *id, const char *body, int64_t at_us)
{
	return (struct log_entry){.source = str_of(source),
				  .message_id = str_of(id),
				  .body = str_of(body),
				  .received_us = at_us};
}

/* One entry, appended; its seq, or minus the first copy's when it is a duplicate. */
static int64_t put(struct kit *k, const char *source, const char *id, const char *body,
		   int64_t at_us)
{
	struct log_entry en = entry(source, id, body, at_us);
	if (log_append(k->log, &en, 1, &k->e) != ST_OK)
		fail_msg("append: %s", k->e.text);
	return en.duplicate ? -(int64_t)en.seq : (int64_t)en.seq;
}

static void put_many(struct kit *k, const char *prefix, size_t n, int64_t at_us)
{
	char(*ids)[32] = mem_array(n, sizeof *ids);
	struct log_entry *entries = mem_array(n, sizeof *entries);
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(ids[i], sizeof ids[i], "%s%zu", prefix, i);
		entries[i] = entry("web", ids[i], "{\"type\":\"page\",\"filler\":\"0123456789\"}",
				   at_us);
	}
	if (log_append(k->log, entries, n, &k->e) != ST_OK)
		fail_msg("append: %s", k->e.text);
	mem_free(entries);
	mem_free(ids);
}

static enum status get(struct kit *k, uint64_t seq, struct log_record *out, size_t *n)
{
	*n = 1;
	struct log_reader *r;
	assert_int_equal(log_reader_open(k->log, &r, &k->e), ST_OK);
	enum status st = log_read(r, seq, &k->a, out, n, &k->e);
	log_reader_close(&r);
	return st;
}

/* Walks the log from its first record; the number of records. Fails on anything but order. */
static uint64_t walk(struct kit *k)
{
	struct log_stats s;
	struct log_reader *r;
	struct log_record records[50];
	log_stats(k->log, &s);
	uint64_t seq = s.first_seq;
	int64_t last_us = INT64_MIN;
	size_t n = 1;
	assert_int_equal(log_reader_open(k->log, &r, &k->e), ST_OK);
	while (n > 0) {
		arena_reset(&k->a);
		n = COUNT_OF(records);
		if (log_read(r, seq, &k->a, records, &n, &k->e) != ST_OK)
			fail_msg("read: %s", k->e.text);
		for (size_t i = 0; i < n; i++) {
			assert_int_equal(records[i].seq, seq + i);
			assert_true(records[i].received_us >= last_us);
			last_us = records[i].received_us;
		}
		seq += n;
	}
	log_reader_close(&r);
	assert_int_equal(seq, s.next_seq);
	return seq - s.first_seq;
}

/* --- cases -------------------------------------------------------------------------------- */

static void case_append_and_read(struct kit *k)
{
	struct log_record r;
	size_t n = 7;
	assert_int_equal(get(k, 1, &r, &n), ST_OK);
	assert_int_equal(n, 0);
	assert_int_equal(put(k, "web", "a", "{\"x\":1}", 1000), 1);
	assert_int_equal(put(k, "web", "b", "", 2000), 2);
	assert_int_equal(put(k, "", "c", "\xff\x01", 1500), 3); /* behind the clock: lifted (L2) */
	assert_int_equal(get(k, 1, &r, &n), ST_OK);
	assert_int_equal(n, 1);
	check_str("source", r.source, "web");
	check_str("id", r.message_id, "a");
	check_str("body", r.body, "{\"x\":1}");
	assert_int_equal(r.received_us, 1000);
	assert_false(r.thinned || r.erased || r.skipped);
	assert_int_equal(get(k, 3, &r, &n), ST_OK);
	assert_int_equal(r.received_us, 2000);
	check_str("bytes", r.body, "\xff\x01");
	reopen(k);
	assert_int_equal(walk(k), 3);
	assert_int_equal(put(k, "web", "d", "", 1), 4);
	assert_int_equal(get(k, 4, &r, &n), ST_OK);
	assert_int_equal(r.received_us, 2000);
}

static void case_many(struct kit *k)
{
	put_many(k, "a", 9000, 10); /* more than two blocks of fingerprints in one commit */
	put_many(k, "b", 100, 20);
	assert_int_equal(walk(k), 9100);
	reopen(k);
	assert_int_equal(walk(k), 9100);
	put_many(k, "a", 9000, 30);
	put_many(k, "b", 100, 30);
	assert_int_equal(walk(k), 9100);
	struct log_stats s;
	log_stats(k->log, &s);
	assert_int_equal(s.duplicates, 9100);
	assert_int_equal(s.duplicate_keys, 9100);
	assert_true(s.bytes > 9100 * 40);
}

static void case_duplicates(struct kit *k)
{
	assert_int_equal(put(k, "web", "a", "1", 0), 1);
	assert_int_equal(put(k, "web", "a", "other body", 5), -1);
	assert_int_equal(put(k, "app", "a", "1", 5), 2); /* another source is another key */
	assert_int_equal(put(k, "we", "ba", "1", 5), 3);
	struct log_entry call[] = {entry("web", "x", "1", 6), entry("web", "a", "2", 6),
				   entry("web", "x", "3", 6), entry("web", "y", "4", 6)};
	assert_int_equal(log_append(k->log, call, COUNT_OF(call), &k->e), ST_OK);
	assert_int_equal(call[0].seq, 4);
	assert_false(call[0].duplicate);
	assert_int_equal(call[1].seq, 1);
	assert_true(call[1].duplicate);
	assert_int_equal(call[2].seq, 4);
	assert_true(call[2].duplicate);
	assert_int_equal(call[3].seq, 5);
	reopen(k);
	assert_int_equal(put(k, "web", "y", "", 7), -5);
	assert_int_equal(walk(k), 5);
}

static void case_window(struct kit *k)
{
	int64_t window = k->conf.duplicate_window_us;
	assert_int_equal(put(k, "web", "a", "", 0), 1);
	assert_int_equal(put(k, "web", "b", "", window - 1), 2);
	assert_int_equal(put(k, "web", "a", "", window), -1);     /* the last instant of it */
	assert_int_equal(put(k, "web", "a", "", window + 1), 3);  /* outside: a new event */
	assert_int_equal(put(k, "web", "a", "", window + 2), -3); /* and the new one counts */
	reopen(k);
	assert_int_equal(put(k, "web", "a", "", 2 * window + 1), -3);
	assert_int_equal(put(k, "web", "b", "", 2 * window + 1), 4);
}

/* The memory's ceiling shortens the window, visibly; the newest keys stay known. */
static void case_ceiling(struct kit *k)
{
	log_close(&k->log);
	k->conf.duplicate_bytes_max = (size_t)128 << 10;
	open_kit(k);
	struct log_stats s;
	for (int i = 0; i < 20; i++) {
		char prefix[16];
		(void)snprintf(prefix, sizeof prefix, "%d-", i);
		put_many(k, prefix, 1500, (i + 1) * DAY_US);
		log_stats(k->log, &s);
		assert_true(s.duplicate_bytes <= k->conf.duplicate_bytes_max);
	}
	assert_true(s.duplicate_keys > 8000 && s.duplicate_keys < 20000);
	assert_true(s.duplicate_window_us >= DAY_US && s.duplicate_window_us < 19 * DAY_US);
	assert_true(put(k, "web", "19-1499", "", 21 * DAY_US) < 0);
	assert_true(put(k, "web", "0-0", "", 21 * DAY_US) > 0);
	if (strcmp(k->kind, "memory") != 0)
		reopen(k);
	log_stats(k->log, &s);
	assert_true(s.duplicate_window_us < 20 * DAY_US);
	assert_true(put(k, "web", "19-0", "", 21 * DAY_US) < 0);
}

static void retain_all(struct kit *k, uint64_t cursor, int64_t now_us)
{
	uint64_t removed = 1;
	while (removed > 0)
		assert_int_equal(log_retain(k->log, cursor, now_us, &removed, &k->e), ST_OK);
}

static void case_retention(struct kit *k)
{
	int64_t window = k->conf.duplicate_window_us;
	struct log_record r;
	struct log_stats s;
	size_t n;
	retain_all(k, 100, 100 * window); /* keeps for ever; empty */
	put_many(k, "old", 5000, 1);
	put_many(k, "mid", 100, 2 * window);
	put_many(k, "new", 100, 2 * window + 10 * DAY_US);
	retain_all(k, 5200, 3 * window);
	assert_int_equal(walk(k), 5200);
	k->conf.retain_us = 5 * DAY_US;
	if (strcmp(k->kind, "memory") == 0) {
		log_close(&k->log);
		open_kit(k);
		put_many(k, "old", 5000, 1);
		put_many(k, "mid", 100, 2 * window);
		put_many(k, "new", 100, 2 * window + 10 * DAY_US);
	} else {
		reopen(k);
	}
	int64_t now = 2 * window + 10 * DAY_US;
	retain_all(k, 11, now); /* never at or past the cursor (L5) */
	log_stats(k->log, &s);
	assert_int_equal(s.first_seq, 11);
	assert_int_equal(get(k, 10, &r, &n), ST_NOT_FOUND);
	assert_int_equal(get(k, 11, &r, &n), ST_OK);
	assert_false(r.thinned);
	retain_all(k, 5150, now);
	log_stats(k->log, &s);
	assert_int_equal(s.first_seq, 5001);
	assert_int_equal(walk(k), 200);
	assert_int_equal(get(k, 5100, &r, &n), ST_OK); /* inside the window: the key stays */
	assert_true(r.thinned);
	assert_int_equal(r.body.n, 0);
	check_str("key", r.message_id, "mid99");
	assert_int_equal(get(k, 5101, &r, &n), ST_OK);
	assert_false(r.thinned);
	reopen(k);
	assert_int_equal(put(k, "web", "mid99", "", now), -5100);
	retain_all(k, UINT64_MAX, now + 10 * window); /* all of it, but the last */
	log_stats(k->log, &s);
	assert_int_equal(s.first_seq, 5200);
	reopen(k);
	assert_int_equal(put(k, "web", "z", "", now), 5201);
	assert_int_equal(walk(k), 2);
}

static void case_size(struct kit *k)
{
	log_close(&k->log);
	k->conf.retain_bytes = (size_t)300 << 10;
	k->conf.duplicate_window_us = DAY_US;
	open_kit(k);
	struct log_stats s;
	for (int i = 0; i < 10; i++) {
		char prefix[16];
		(void)snprintf(prefix, sizeof prefix, "%d-", i);
		put_many(k, prefix, 3000, (i + 1) * DAY_US);
	}
	retain_all(k, 30000, 11 * DAY_US);
	log_stats(k->log, &s);
	assert_true(s.first_seq > 20000 && s.first_seq < 30000);
	assert_int_equal(walk(k), 30001 - s.first_seq);
}

static void case_erase(struct kit *k)
{
	struct log_record r;
	size_t n;
	assert_int_equal(put(k, "web", "secret-1", "{\"email\":\"a@example.org\"}", 1), 1);
	assert_int_equal(put(k, "web", "2", "{\"x\":1}", 2), 2);
	const uint64_t seqs[] = {1, 1, 77};
	assert_int_equal(log_erase(k->log, seqs, COUNT_OF(seqs), &k->e), ST_OK);
	assert_int_equal(log_erase(k->log, seqs, COUNT_OF(seqs), &k->e), ST_OK);
	assert_int_equal(get(k, 1, &r, &n), ST_OK);
	assert_true(r.erased && !r.thinned);
	assert_int_equal(r.body.n, 0);
	assert_int_equal(str_find(r.message_id, STR("secret")), r.message_id.n);
	assert_int_equal(put(k, "web", "secret-1", "{}", 3), -1); /* a resend brings nothing back */
	reopen(k);
	assert_int_equal(put(k, "web", "secret-1", "{}", 3), -1);
	assert_int_equal(put(k, "web", "secret-2", "{}", 3), 3);
	assert_int_equal(walk(k), 3);
}

static void case_reading_past_the_end(struct kit *k)
{
	struct log_record r;
	size_t n = 3;
	assert_int_equal(get(k, 2, &r, &n), ST_CORRUPT); /* whoever asks has seen record 1 */
	put_many(k, "a", 3, 1);
	assert_int_equal(get(k, 4, &r, &n), ST_OK);
	assert_int_equal(n, 0);
	assert_int_equal(get(k, 5, &r, &n), ST_CORRUPT);
	struct arena small;
	struct log_reader *reader;
	arena_init(&small, 16);
	assert_int_equal(log_reader_open(k->log, &reader, &k->e), ST_OK);
	n = 1;
	assert_int_equal(log_read(reader, 1, &small, &r, &n, &k->e), ST_LIMIT);
	log_reader_close(&reader);
	arena_finish(&small);
}

static void case_skip_is_for_damage_only(struct kit *k)
{
	put_many(k, "a", 3, 1);
	assert_int_equal(log_skip(k->log, 2, STR("why"), 5, &k->e), ST_CONFLICT);
	assert_int_equal(log_skip(k->log, 4, STR("why"), 5, &k->e), ST_NOT_FOUND);
	if (strcmp(k->kind, "memory") != 0)
		return; /* test_log_sqlite.c damages files */
	struct log_record r[3];
	struct log_reader *reader;
	size_t n = 3;
	log_memory_damage(k->log, 2);
	assert_int_equal(log_reader_open(k->log, &reader, &k->e), ST_OK);
	assert_int_equal(log_read(reader, 1, &k->a, r, &n, &k->e), ST_OK);
	assert_int_equal(n, 1);
	n = 3;
	assert_int_equal(log_read(reader, 2, &k->a, r, &n, &k->e), ST_CORRUPT);
	assert_int_equal(n, 0);
	n = 3;
	assert_int_equal(log_skip(k->log, 2, STR("why"), 5, &k->e), ST_OK);
	assert_int_equal(log_read(reader, 1, &k->a, r, &n, &k->e), ST_OK);
	assert_int_equal(n, 3);
	assert_true(r[1].skipped);
	log_reader_close(&reader);
}

static int64_t clock_of(struct kit *k)
{
	struct log_stats s;
	log_stats(k->log, &s);
	return s.last_us;
}

static void case_clock(struct kit *k)
{
	assert_int_equal(clock_of(k), 0);
	assert_int_equal(put(k, "web", "a", "", 2000), 1);
	assert_int_equal(clock_of(k), 2000);
	assert_int_equal(put(k, "web", "b", "", 1500), 2); /* lifted */
	assert_int_equal(clock_of(k), 2000);
	put_many(k, "c", 3, 3000);
	assert_int_equal(clock_of(k), 3000);
	reopen(k);
	assert_int_equal(clock_of(k), 3000);
}

/* --- the table ---------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*run)(struct kit *k);
} cases[] = {
	{"append and read", case_append_and_read},
	{"many", case_many},
	{"duplicates", case_duplicates},
	{"window", case_window},
	{"ceiling", case_ceiling},
	{"retention", case_retention},
	{"size", case_size},
	{"erase", case_erase},
	{"reading past the end", case_reading_past_the_end},
	{"skip is for damage only", case_skip_is_for_damage_only},
	{"clock", case_clock},
};

static void run_over(const char *kind)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		print_message("  %s: %s\n", kind, cases[i].name);
		struct kit *k = kit_new(kind);
		cases[i].run(k);
		kit_free(k);
	}
}

static void test_sqlite(void **state)
{
	(void)state;
	run_over("sqlite");
}

static void test_memory(void **state)
{
	(void)state;
	run_over("memory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_memory),
					   cmocka_unit_test(test_sqlite)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
