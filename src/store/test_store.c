/* SPDX-License-Identifier: Apache-2.0
 * test_store.c: the conformance suite of the store: one table of cases, run over every sibling.
 * A new sibling is a row in test_store_kit.c; a new promise of store.h is a row in `cases`. */
#include "store/ops.h"
#include "store/test_store_kit.h"

#include "base/random.h"
#include "model/key.h"

#include <stdio.h>
#include <stdlib.h>

/* --- rows ----------------------------------------------------------------------------------- */

static void put_get_replace(struct kit *k)
{
	kit_expect(k->store, TABLE_LEAD, NUM(7), NULL);
	kit_put(k->store, TABLE_LEAD, NUM(7), "one");
	kit_expect(k->store, TABLE_LEAD, NUM(7), "one");
	kit_put(k->store, TABLE_LEAD, NUM(7), "two, longer");
	kit_expect(k->store, TABLE_LEAD, NUM(7), "two, longer");
	kit_put(k->store, TABLE_LEAD, NUM(7), "3");
	kit_expect(k->store, TABLE_LEAD, NUM(7), "3");
	kit_expect(k->store, TABLE_PROFILE, NUM(7), NULL);
}

static void same_length_is_replaced(struct kit *k)
{
	kit_put(k->store, TABLE_LEAD, NUM(1), "aaaa");
	kit_put(k->store, TABLE_LEAD, NUM(2), "bbbb");
	kit_begin(k->store);
	kit_put(k->store, TABLE_LEAD, NUM(2), "cccc");
	kit_put(k->store, TABLE_LEAD, NUM(1), "dddd");
	kit_put(k->store, TABLE_LEAD, NUM(2), "eeee");
	kit_expect(k->store, TABLE_LEAD, NUM(2), "eeee");
	kit_commit(k->store);
	kit_expect(k->store, TABLE_LEAD, NUM(1), "dddd");
	kit_expect(k->store, TABLE_LEAD, NUM(2), "eeee");
}

static void empty_values(struct kit *k)
{
	kit_put(k->store, TABLE_LEAD, NUM(0), "");
	kit_expect(k->store, TABLE_LEAD, NUM(0), "");
	kit_put(k->store, TABLE_ALARM, BYTES("x"), "");
	kit_expect(k->store, TABLE_ALARM, BYTES("x"), "");
	OK(store_put(k->store, TABLE_ALARM, BYTES("y"), STR_NULL, E));
	kit_expect(k->store, TABLE_ALARM, BYTES("y"), "");
	kit_put(k->store, TABLE_LEAD, NUM(0), "now");
	kit_put(k->store, TABLE_LEAD, NUM(0), "");
	kit_expect(k->store, TABLE_LEAD, NUM(0), "");
}

static void deletes(struct kit *k)
{
	kit_del(k->store, TABLE_LEAD, NUM(1)); /* an absent row is no failure */
	kit_put(k->store, TABLE_LEAD, NUM(1), "a");
	kit_put(k->store, TABLE_LEAD, NUM(2), "b");
	kit_del(k->store, TABLE_LEAD, NUM(1));
	kit_expect(k->store, TABLE_LEAD, NUM(1), NULL);
	kit_expect(k->store, TABLE_LEAD, NUM(2), "b");
	kit_begin(k->store);
	kit_del(k->store, TABLE_LEAD, NUM(2));
	kit_put(k->store, TABLE_LEAD, NUM(2), "again");
	kit_del(k->store, TABLE_LEAD, NUM(2));
	kit_commit(k->store);
	assert_string_equal(kit_keys(k, k->store, TABLE_LEAD, SCAN_ALL), "");
}

static void key_edges(struct kit *k)
{
	char longest[STORE_KEY_MAX];
	memset(longest, 'k', sizeof longest);
	struct store_key big = KEY_BYTES(str_n(longest, sizeof longest));
	kit_put(k->store, TABLE_IDENTITY, big, "big");
	kit_put(k->store, TABLE_IDENTITY, KEY_BYTES(STR("\0")), "nul");
	kit_put(k->store, TABLE_IDENTITY, KEY_BYTES(STR("\0\0")), "two nuls");
	kit_put(k->store, TABLE_IDENTITY, KEY_BYTES(STR("\xff\xff")), "high");
	kit_expect(k->store, TABLE_IDENTITY, big, "big");
	kit_expect(k->store, TABLE_IDENTITY, KEY_BYTES(STR("\0")), "nul");
	kit_expect(k->store, TABLE_IDENTITY, KEY_BYTES(STR("\0\0")), "two nuls");
	kit_expect(k->store, TABLE_IDENTITY, KEY_BYTES(STR("\0\0\0")), NULL);
	kit_expect(k->store, TABLE_IDENTITY, KEY_BYTES(STR("\xff\xff")), "high");
	kit_put(k->store, TABLE_LEAD, NUM(INT64_MAX), "last");
	kit_put(k->store, TABLE_LEAD, NUM(0), "first");
	assert_string_equal(kit_keys(k, k->store, TABLE_LEAD, SCAN_ALL), "0 9223372036854775807");
}

static void large_values(struct kit *k)
{
	const size_t sizes[] = {4000, 4096, 70000, 3000000};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct str got, value = kit_value(k, i, sizes[i]);
		OK(store_put(k->store, TABLE_PROFILE, NUM(5), value, E));
		OK(store_get(k->store, TABLE_PROFILE, NUM(5), &k->arena, &got, E));
		assert_true(str_eq(got, value));
	}
	struct str huge = str_n("", STORE_VALUE_MAX + 1); /* refused by its length alone */
	struct err e;
	assert_int_equal(store_put(k->store, TABLE_PROFILE, NUM(5), huge, &e), ST_LIMIT);
	assert_non_null(strstr(e.text, "profile"));
}

static void a_full_arena_is_a_limit(struct kit *k)
{
	struct arena small;
	struct str got;
	struct err e;
	arena_init(&small, 64);
	OK(store_put(k->store, TABLE_PROFILE, NUM(1), kit_value(k, 1, 1000), E));
	assert_int_equal(store_get(k->store, TABLE_PROFILE, NUM(1), &small, &got, &e), ST_LIMIT);
	arena_finish(&small);
}

/* --- order ---------------------------------------------------------------------------------- */

static void scan_numbers(struct kit *k)
{
	const uint64_t keys[] = {300, 2, 1, 256, 10, 0x100000000};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		kit_put(k->store, TABLE_LEAD, NUM(keys[i]), "x");
	const struct {
		struct store_range range;
		const char *keys;
	} rows[] = {
		{{.from = KEY_NONE}, "1 2 10 256 300 4294967296"},
		{{.backwards = true}, "4294967296 300 256 10 2 1"},
		{{.from = NUM(2), .to = NUM(300)}, "2 10 256"},
		{{.from = NUM(2), .to = NUM(300), .backwards = true}, "256 10 2"},
		{{.from = NUM(3), .to = NUM(9)}, ""},
		{{.from = NUM(3), .to = NUM(9), .backwards = true}, ""},
		{{.from = NUM(301)}, "4294967296"},
		{{.to = NUM(2)}, "1"},
		{{.to = NUM(2), .backwards = true}, "1"},
		{{.from = NUM(300), .backwards = true}, "4294967296 300"},
		{{.from = NUM(5000000000), .backwards = true}, ""},
		{{.from = NUM(10), .to = NUM(10)}, ""},
		{{.from = NUM(10), .to = NUM(2)}, ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(kit_keys(k, k->store, TABLE_LEAD, rows[i].range), rows[i].keys);
}

static void scan_bytes(struct kit *k)
{
	const char *keys[] = {"b", "abcdefghij", "abcdefgh", "abcdefghi", "a", "abcdefgz", "\xc3"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		kit_put(k->store, TABLE_IDENTITY, BYTES(keys[i]), "x");
	const struct {
		struct store_range range;
		const char *keys;
	} rows[] = {
		{{.from = KEY_NONE}, "a abcdefgh abcdefghi abcdefghij abcdefgz b \xc3"},
		{{.backwards = true}, "\xc3 b abcdefgz abcdefghij abcdefghi abcdefgh a"},
		{{.from = BYTES("abcdefgh"), .to = BYTES("abcdefghij")}, "abcdefgh abcdefghi"},
		{{.from = BYTES("abcdefgha")}, "abcdefghi abcdefghij abcdefgz b \xc3"},
		{{.to = BYTES("abcdefghi"), .backwards = true}, "abcdefgh a"},
		{{.to = BYTES("A"), .backwards = true}, ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(kit_keys(k, k->store, TABLE_IDENTITY, rows[i].range),
				    rows[i].keys);
}

static bool count_to_three(void *ctx, struct store_key key, struct str value)
{
	(void)key;
	(void)value;
	return ++*(int *)ctx < 3;
}

struct nested {
	struct kit *kit;
	int seen;
};

static bool get_inside(void *ctx, struct store_key key, struct str value)
{
	struct nested *n = ctx;
	char text[32];
	(void)snprintf(text, sizeof text, STR_FMT, STR_ARG(value));
	kit_expect(n->kit->store, TABLE_LEAD, key, text);
	kit_expect(n->kit->store, TABLE_PROFILE, NUM(1), "other table");
	n->seen++;
	return true;
}

static void scan_stops_and_gets(struct kit *k)
{
	kit_put(k->store, TABLE_PROFILE, NUM(1), "other table");
	for (unsigned i = 0; i < 10; i++)
		kit_put(k->store, TABLE_LEAD, NUM(i), i % 2 ? "odd" : "even");
	int n = 0;
	OK(store_scan(k->store, TABLE_LEAD, SCAN_ALL, count_to_three, &n, E));
	assert_int_equal(n, 3);
	struct nested nested = {.kit = k};
	OK(store_scan(k->store, TABLE_LEAD, SCAN_ALL, get_inside, &nested, E));
	assert_int_equal(nested.seen, 10);
}

static void scan_sees_own_writes(struct kit *k)
{
	kit_put(k->store, TABLE_LEAD, NUM(1), "a");
	kit_put(k->store, TABLE_LEAD, NUM(2), "b");
	kit_begin(k->store);
	kit_del(k->store, TABLE_LEAD, NUM(1));
	kit_put(k->store, TABLE_LEAD, NUM(3), "c");
	assert_string_equal(kit_keys(k, k->store, TABLE_LEAD, SCAN_ALL), "2 3");
	store_rollback(k->store);
	assert_string_equal(kit_keys(k, k->store, TABLE_LEAD, SCAN_ALL), "1 2");
}

static void many_rows_in_order(struct kit *k)
{
	enum { N = 20000 };
	kit_begin(k->store);
	for (uint64_t i = 0; i < N; i++) { /* 7919 is prime: every key once, scattered */
		uint64_t n = i * 7919 % N;
		struct key key = key_time_u64((int64_t)n - N / 2, n);
		OK(store_put(k->store, TABLE_ALARM, KEY_BYTES(key_view(&key)), STR_NULL, E));
		kit_put(k->store, TABLE_LEAD, NUM(n), "v");
	}
	kit_commit(k->store);
	kit_begin(k->store);
	for (uint64_t n = 0; n < N; n += 2) /* half of it, then the rest is still in order */
		kit_del(k->store, TABLE_LEAD, NUM(n));
	kit_commit(k->store);
	struct store_range range = {.to = NUM(10)};
	assert_string_equal(kit_keys(k, k->store, TABLE_LEAD, range), "1 3 5 7 9");
	for (uint64_t n = 1; n < N; n += 2)
		kit_del(k->store, TABLE_LEAD, NUM(n));
	assert_string_equal(kit_keys(k, k->store, TABLE_LEAD, SCAN_ALL), "");
}

/* --- transactions --------------------------------------------------------------------------- */

static void rollback_undoes(struct kit *k)
{
	kit_put(k->store, TABLE_LEAD, NUM(1), "old");
	kit_put(k->store, TABLE_LEAD, NUM(2), "old");
	uint64_t before = kit_hash(k->store);
	kit_begin(k->store);
	kit_put(k->store, TABLE_LEAD, NUM(1), "new");
	kit_del(k->store, TABLE_LEAD, NUM(2));
	for (unsigned i = 10; i < 2000; i++)
		kit_put(k->store, TABLE_LEAD, NUM(i), "more");
	assert_true(kit_hash(k->store) != before);
	store_rollback(k->store);
	assert_true(kit_hash(k->store) == before);
	store_rollback(k->store); /* harmless */
	kit_begin(k->store);
	kit_commit(k->store);
	assert_true(kit_hash(k->store) == before);
}

static void failed_write_never_commits(struct kit *k)
{
	struct err e;
	struct str huge = str_n("", STORE_VALUE_MAX + 1);
	kit_put(k->store, TABLE_LEAD, NUM(1), "old");
	kit_begin(k->store);
	kit_put(k->store, TABLE_LEAD, NUM(1), "new");
	assert_int_equal(store_put(k->store, TABLE_LEAD, NUM(2), huge, &e), ST_LIMIT);
	assert_int_equal(store_commit(k->store, &e), ST_LIMIT);
	kit_expect(k->store, TABLE_LEAD, NUM(1), "old");
	kit_put(k->store, TABLE_LEAD, NUM(1), "newer"); /* the handle is as good as before */
	kit_expect(k->store, TABLE_LEAD, NUM(1), "newer");
}

static void readers_see_commits_only(struct kit *k)
{
	struct store *r;
	kit_put(k->store, TABLE_LEAD, NUM(1), "old");
	kit_sync(k->store);
	OK(store_reader(k->store, &r, E));
	kit_expect(r, TABLE_LEAD, NUM(1), "old");
	kit_begin(k->store);
	kit_put(k->store, TABLE_LEAD, NUM(1), "new");
	kit_put(k->store, TABLE_LEAD, NUM(2), "added");
	kit_expect(k->store, TABLE_LEAD, NUM(1), "new"); /* S1 */
	kit_expect(r, TABLE_LEAD, NUM(1), "old");
	kit_expect(r, TABLE_LEAD, NUM(2), NULL);
	kit_commit(k->store);
	OK(store_show(k->store, E));
	kit_expect(r, TABLE_LEAD, NUM(1), "new");
	assert_string_equal(kit_keys(k, r, TABLE_LEAD, SCAN_ALL), "1 2");
	assert_true(kit_hash(r) == kit_hash(k->store));
	store_close(&r);
}

static void reader_snapshot_holds(struct kit *k)
{
	struct store *r, *late;
	for (unsigned i = 1; i < 500; i++)
		kit_put(k->store, TABLE_LEAD, NUM(i), "old");
	kit_sync(k->store);
	OK(store_reader(k->store, &r, E));
	OK(store_reader(r, &late, E));
	OK(store_read_begin(r, E));
	uint64_t before = kit_hash(r);
	for (unsigned round = 0; round < 20; round++) {
		kit_begin(k->store);
		for (unsigned i = 1; i < 500; i += 3)
			round % 2 ? kit_put(k->store, TABLE_LEAD, NUM(i), "new")
				  : kit_del(k->store, TABLE_LEAD, NUM(i));
		kit_commit(k->store);
		kit_sync(k->store);
		kit_expect(r, TABLE_LEAD, NUM(1), "old");
		kit_expect(late, TABLE_LEAD, NUM(1), round % 2 ? "new" : NULL);
	}
	assert_true(kit_hash(r) == before);
	store_read_end(r);
	kit_expect(r, TABLE_LEAD, NUM(1), "new");
	OK(store_read_begin(r, E)); /* left open: close ends it */
	store_close(&r);
	store_close(&late);
}

static void close_undoes(struct kit *k)
{
	kit_put(k->store, TABLE_LEAD, NUM(1), "old");
	kit_begin(k->store);
	kit_put(k->store, TABLE_LEAD, NUM(1), "new");
	store_close(&k->store);
	assert_null(k->store);
	store_close(&k->store);
	OK(k->kind->open(&k->conf, &k->store, E));
	kit_expect(k->store, TABLE_LEAD, NUM(1), k->kind->durable ? "old" : NULL);
}

/* Commits one after the other, faster than a thread can write them: each sees the one before. */
static void commits_follow_each_other(struct kit *k)
{
	kit_put(k->store, TABLE_LEAD, NUM(2), "two");
	for (unsigned round = 0; round < 200; round++) {
		char text[32];
		bool there = round % 2 == 0;
		(void)snprintf(text, sizeof text, "round %u", round);
		kit_begin(k->store);
		kit_del(k->store, TABLE_LEAD, NUM(1));
		if (round % 3 == 0) /* a scan in the middle, a write behind it */
			assert_string_equal(kit_keys(k, k->store, TABLE_LEAD, SCAN_ALL),
					    there ? "2" : "");
		kit_put(k->store, TABLE_LEAD, NUM(2), "undone");
		store_rollback(k->store);
		kit_begin(k->store);
		kit_expect(k->store, TABLE_LEAD, NUM(2), there ? "two" : NULL);
		kit_put(k->store, TABLE_LEAD, NUM(1), text);
		if (there)
			kit_del(k->store, TABLE_LEAD, NUM(2));
		else
			kit_put(k->store, TABLE_LEAD, NUM(2), "two");
		kit_expect(k->store, TABLE_LEAD, NUM(2), there ? NULL : "two");
		kit_commit(k->store);
		kit_expect(k->store, TABLE_LEAD, NUM(1), text);
	}
	assert_string_equal(kit_keys(k, k->store, TABLE_LEAD, SCAN_ALL), "1 2");
}

/* --- the hash ------------------------------------------------------------------------------- */

static void fill(struct store *s, const unsigned *order, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char text[32];
		(void)snprintf(text, sizeof text, "row %u", order[i]);
		kit_put(s, TABLE_LEAD, NUM(order[i]), text);
		kit_put(s, TABLE_IDENTITY, BYTES(text), "1");
	}
}

static void hash_is_of_the_rows(struct kit *k)
{
	struct kit other;
	kit_open(&other, &kit_kinds[0]);
	fill(k->store, (unsigned[]){1, 2, 3, 900, 5}, 5);
	fill(other.store, (unsigned[]){900, 5, 3, 2, 77, 1}, 6);
	assert_true(kit_hash(k->store) != kit_hash(other.store));
	kit_del(other.store, TABLE_LEAD, NUM(77));
	kit_del(other.store, TABLE_IDENTITY, BYTES("row 77"));
	assert_true(kit_hash(k->store) == kit_hash(other.store)); /* S4, across siblings */
	kit_put(other.store, TABLE_LOCAL, BYTES("x"), "not hashed");
	assert_true(kit_hash(k->store) == kit_hash(other.store));
	kit_close(&other);
}

static void hash_tells_apart(struct kit *k)
{
	const struct {
		enum table t;
		struct store_key key;
		const char *value;
	} rows[] = {
		{TABLE_LEAD, NUM(1), "a"},         {TABLE_LEAD, NUM(2), "a"},
		{TABLE_LEAD, NUM(1), "b"},         {TABLE_LEAD, NUM(1), ""},
		{TABLE_PROFILE, NUM(1), "a"},      {TABLE_ALARM, BYTES("a"), ""},
		{TABLE_TIER_LEAD, BYTES("a"), ""}, {TABLE_ALARM, BYTES("aa"), ""},
	};
	enum { N = sizeof rows / sizeof *rows };
	uint64_t seen[N + 1] = {kit_hash(k->store)};
	for (size_t i = 0; i < N; i++) {
		kit_put(k->store, rows[i].t, rows[i].key, rows[i].value);
		seen[i + 1] = kit_hash(k->store);
		for (size_t j = 0; j <= i; j++)
			assert_true(seen[j] != seen[i + 1]);
		kit_del(k->store, rows[i].t, rows[i].key);
		assert_true(kit_hash(k->store) == seen[0]);
	}
}

/* --- a model: the store against an array ---------------------------------------------------- */

enum { MODEL_KEYS = 400 };

struct model {
	uint64_t now[2][MODEL_KEYS], committed[2][MODEL_KEYS]; /* seed of the value; 0: no row */
};

static const enum table model_tables[2] = {TABLE_LEAD, TABLE_HISTORY};

static struct store_key model_key(unsigned table, unsigned i, struct key *room)
{
	if (table == 0)
		return NUM(i);
	*room = key_u64_u64(i / 16, i % 16);
	return KEY_BYTES(key_view(room));
}

static size_t model_bytes(uint64_t seed)
{
	return seed % 8 == 0 ? 5000 : seed % 300; /* some spill over pages */
}

struct model_walk {
	struct kit *kit;
	const struct model *m;
	unsigned table, at;
	bool wrong;
};

static bool model_row(void *ctx, struct store_key key, struct str value)
{
	struct model_walk *w = ctx;
	struct key room;
	while (w->at < MODEL_KEYS && w->m->now[w->table][w->at] == 0)
		w->at++;
	if (w->at == MODEL_KEYS) {
		w->wrong = true;
		return false;
	}
	struct store_key want = model_key(w->table, w->at, &room);
	uint64_t seed = w->m->now[w->table][w->at++];
	w->wrong = want.num != key.num || !str_eq(want.bytes, key.bytes) ||
		   !str_eq(kit_value(w->kit, seed, model_bytes(seed)), value);
	return !w->wrong;
}

static void model_check(struct kit *k, const struct model *m)
{
	struct arena_mark mark = arena_mark(&k->arena);
	for (unsigned table = 0; table < 2; table++) {
		struct model_walk w = {.kit = k, .m = m, .table = table};
		OK(store_scan(k->store, model_tables[table], SCAN_ALL, model_row, &w, E));
		assert_false(w.wrong);
		while (w.at < MODEL_KEYS && m->now[table][w.at] == 0)
			w.at++;
		assert_int_equal(w.at, MODEL_KEYS);
	}
	arena_rewind(&k->arena, mark);
}

static void model_write(struct kit *k, struct model *m, struct rng *r)
{
	struct arena_mark mark = arena_mark(&k->arena);
	struct key room;
	unsigned table = (unsigned)rng_below(r, 2), i = (unsigned)rng_below(r, MODEL_KEYS);
	struct store_key key = model_key(table, i, &room);
	uint64_t seed = rng_below(r, 3) == 0 ? 0 : rng_u64(r) | 1;
	if (rng_below(r, 4) == 0)
		seed = seed == 0 ? 0 : seed & ~UINT64_C(7); /* a large one */
	if (seed == 0)
		kit_del(k->store, model_tables[table], key);
	else
		OK(store_put(k->store, model_tables[table], key,
			     kit_value(k, seed, model_bytes(seed)), E));
	m->now[table][i] = seed;
	arena_rewind(&k->arena, mark);
}

static void model_step(struct kit *k, struct model *m, struct rng *r)
{
	kit_begin(k->store);
	for (uint64_t n = rng_below(r, 200); n > 0; n--)
		model_write(k, m, r);
	if (rng_below(r, 4) == 0)
		model_check(k, m);
	if (rng_below(r, 3) == 0) {
		store_rollback(k->store);
		*m = (struct model){0};
	} else {
		kit_commit(k->store);
	}
}

static void random_against_model(struct kit *k)
{
	struct model *m = calloc(1, sizeof *m);
	const char *given = getenv("NURTURED_SEED");
	uint64_t seed = 1;
	struct rng r;
	if (given != NULL)
		assert_true(str_to_u64(str_of(given), &seed));
	print_message("         seed %llu (NURTURED_SEED)\n", (unsigned long long)seed);
	rng_seed(&r, seed);
	for (unsigned round = 0; round < 60; round++) {
		struct model before = *m;
		model_step(k, m, &r);
		if (m->now[0][0] == 0 && memcmp(m, &(struct model){0}, sizeof *m) == 0)
			*m = before; /* rolled back */
		if (round % 20 == 19 && k->kind->durable)
			kit_reopen(k);
		model_check(k, m);
	}
	free(m);
}

/* --- limits, migrations ---------------------------------------------------------------------- */

static void no_space_is_survived(struct kit *k)
{
	store_close(&k->store);
	k->conf.bytes_max = (size_t)2 << 20;
	OK(k->kind->open(&k->conf, &k->store, E));
	kit_put(k->store, TABLE_LEAD, NUM(1), "kept");
	uint64_t before = kit_hash(k->store);
	kit_begin(k->store);
	enum status st = ST_OK;
	struct err e = {.text = ""};
	for (unsigned i = 2; i < 100 && st == ST_OK; i++)
		st = store_put(k->store, TABLE_LEAD, NUM(i), kit_value(k, i, 100000), &e);
	if (st == ST_OK)
		st = store_commit(k->store, &e);
	else
		assert_int_equal(store_commit(k->store, &e), ST_NO_SPACE);
	if (k->kind->behind_bytes_max > 0 && st == ST_OK) {
		/* It was taken; now nothing more is, until there is room. */
		assert_int_equal(store_sync(k->store, &e), ST_NO_SPACE);
		assert_int_equal(store_begin(k->store, &e), ST_NO_SPACE);
		assert_non_null(strstr(e.text, "free space"));
		return;
	}
	assert_int_equal(st, ST_NO_SPACE);
	assert_true(kit_hash(k->store) == before);
	kit_put(k->store, TABLE_LEAD, NUM(2), "goes on");
	kit_expect(k->store, TABLE_LEAD, NUM(1), "kept");
	kit_expect(k->store, TABLE_LEAD, NUM(2), "goes on");
}

static enum status rename_row(struct store *s, struct err *e)
{
	enum status st = store_put(s, TABLE_META, BYTES("new name"), STR("x"), e);
	return st == ST_OK ? store_del(s, TABLE_META, BYTES("old name"), e) : st;
}

static enum status cannot(struct store *s, struct err *e)
{
	(void)s;
	return err_set(e, ST_CORRUPT, "lead 5 has two tails");
}

static void migrations_run_once(struct kit *k)
{
	const struct store_migration list[] = {
		{1, "first", NULL}, {2, "rename", rename_row}, {3, "number only", NULL}};
	kit_put(k->store, TABLE_META, BYTES("old name"), "x");
	kit_expect(k->store, TABLE_META, KEY_BYTES(STORE_META_SCHEMA), "1");
	OK(store_migrate(k->store, "state.db", list, 3, E));
	kit_expect(k->store, TABLE_META, KEY_BYTES(STORE_META_SCHEMA), "3");
	kit_expect(k->store, TABLE_META, BYTES("old name"), NULL);
	kit_expect(k->store, TABLE_META, BYTES("new name"), "x");
	kit_del(k->store, TABLE_META, BYTES("new name"));
	OK(store_migrate(k->store, "state.db", list, 3, E)); /* nothing to do */
	kit_expect(k->store, TABLE_META, BYTES("new name"), NULL);
}

static void migrations_fail_whole(struct kit *k)
{
	const struct store_migration list[] = {
		{1, "first", NULL}, {2, "rename", rename_row}, {3, "merge tails", cannot}};
	struct err e;
	uint64_t before = kit_hash(k->store);
	assert_int_equal(store_migrate(k->store, "state.db", list, 3, &e), ST_CORRUPT);
	assert_string_equal(e.text, "state.db: migration 3 (merge tails): lead 5 has two tails");
	assert_true(kit_hash(k->store) == before);
	kit_put(k->store, TABLE_META, KEY_BYTES(STORE_META_SCHEMA), "9");
	assert_int_equal(store_migrate(k->store, "state.db", list, 3, &e), ST_INVALID);
	assert_non_null(strstr(e.text, "newer version"));
	kit_put(k->store, TABLE_META, KEY_BYTES(STORE_META_SCHEMA), "nine");
	assert_int_equal(store_migrate(k->store, "state.db", list, 3, &e), ST_CORRUPT);
}

static void a_reader_refuses_old_schemas(struct kit *k)
{
	const struct store_migration list[] = {{1, "first", NULL}, {2, "rename", rename_row}};
	struct store *r;
	struct err e;
	OK(store_reader(k->store, &r, E));
	OK(store_migrate(r, "state.db", list, 1, E));
	assert_int_equal(store_migrate(r, "state.db", list, 2, &e), ST_INVALID);
	assert_non_null(strstr(e.text, "serve"));
	store_close(&r);
}

static void bytes_grow(struct kit *k)
{
	uint64_t before = store_bytes(k->store);
	struct store *r;
	OK(store_reader(k->store, &r, E));
	kit_begin(k->store);
	for (unsigned i = 0; i < 100; i++)
		OK(store_put(k->store, TABLE_LEAD, NUM(i), kit_value(k, i, 10000), E));
	kit_commit(k->store);
	kit_sync(k->store);
	assert_true(store_bytes(k->store) >= before + 1000000);
	assert_true(store_bytes(r) >= before + 1000000);
	store_close(&r);
}

/* --- every case over every sibling ---------------------------------------------------------- */

#define CASE(f) \
	{ \
#f, f \
	}
static const struct {
	const char *name;
	void (*run)(struct kit *k);
} cases[] = {
	CASE(put_get_replace),
	CASE(same_length_is_replaced),
	CASE(empty_values),
	CASE(deletes),
	CASE(key_edges),
	CASE(large_values),
	CASE(a_full_arena_is_a_limit),
	CASE(scan_numbers),
	CASE(scan_bytes),
	CASE(scan_stops_and_gets),
	CASE(scan_sees_own_writes),
	CASE(many_rows_in_order),
	CASE(rollback_undoes),
	CASE(failed_write_never_commits),
	CASE(readers_see_commits_only),
	CASE(reader_snapshot_holds),
	CASE(close_undoes),
	CASE(commits_follow_each_other),
	CASE(hash_is_of_the_rows),
	CASE(hash_tells_apart),
	CASE(random_against_model),
	CASE(no_space_is_survived),
	CASE(migrations_run_once),
	CASE(migrations_fail_whole),
	CASE(a_reader_refuses_old_schemas),
	CASE(bytes_grow),
};
enum { CASES = sizeof cases / sizeof *cases };

struct pick {
	const struct kit_kind *kind;
	void (*run)(struct kit *k);
};

static void run_case(void **state)
{
	struct pick *pick = *state;
	struct kit k;
	kit_open(&k, pick->kind);
	pick->run(&k);
	kit_close(&k);
}

static void registration(void **state)
{
	(void)state;
	struct kit k;
	kit_open(&k, &kit_kinds[0]);
	struct store_ops ops = *k.store->ops;
	assert_null(store_ops_wrong(&ops, false));
	assert_string_equal(store_ops_wrong(&ops, true), "begin");
	ops.del = NULL;
	assert_string_equal(store_ops_wrong(&ops, false), "del");
	kit_close(&k);
}

int main(void)
{
	static char names[4 * CASES][96];
	static struct pick picks[4 * CASES];
	static struct CMUnitTest tests[4 * CASES + 1];
	size_t n = 0;
	for (size_t kind = 0; kind < kit_kinds_n; kind++) {
		for (size_t i = 0; i < CASES; i++, n++) {
			(void)snprintf(names[n], sizeof names[n], "%s: %s", kit_kinds[kind].name,
				       cases[i].name);
			picks[n] = (struct pick){&kit_kinds[kind], cases[i].run};
			tests[n] = (struct CMUnitTest){names[n], run_case, NULL, NULL, &picks[n]};
		}
	}
	tests[n++] = (struct CMUnitTest){"registration", registration, NULL, NULL, NULL};
	return _cmocka_run_group_tests("store", tests, n, NULL, NULL);
}
