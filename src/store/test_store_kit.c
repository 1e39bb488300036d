/* SPDX-License-Identifier: Apache-2.0
 * test_store_kit.c: see test_store_kit.h. A failed call shows its text: a test that only says
 * "not zero" has to be run again by hand. */
#include "store/test_store_kit.h"

#include "base/buf.h"
#include "base/random.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const struct kit_kind kit_kinds[] = {
	{"memory", store_open_memory, false, 0},
	{"sqlite", store_open_sqlite, true, 0},
	{"write-behind", store_open_sqlite, true, (size_t)64 << 20},
	{"write-behind, small", store_open_sqlite, true, 4 << 10},
};
const size_t kit_kinds_n = sizeof kit_kinds / sizeof *kit_kinds;

struct err kit_err;

void kit_ok(enum status st, const struct err *e)
{
	if (st != ST_OK)
		fail_msg("%s: %s", status_name(st), e->text);
}

void kit_path(const struct kit *k, const char *name, char *out, size_t out_bytes)
{
	(void)snprintf(out, out_bytes, "%s/%s", k->folder, name);
}

void kit_open(struct kit *k, const struct kit_kind *kind)
{
	*k = (struct kit){.kind = kind, .conf = STORE_CONF_DEFAULT};
	(void)snprintf(k->folder, sizeof k->folder, "/tmp/nurtured-store-XXXXXX");
	assert_non_null(mkdtemp(k->folder));
	kit_path(k, "state.db", k->path, sizeof k->path);
	k->conf.path = k->path;
	k->conf.behind_bytes_max = kind->behind_bytes_max;
	arena_init(&k->arena, (size_t)64 << 20);
	OK(kind->open(&k->conf, &k->store, E));
}

void kit_reopen(struct kit *k)
{
	assert_true(k->kind->durable);
	store_close(&k->store);
	OK(k->kind->open(&k->conf, &k->store, E));
}

void kit_close(struct kit *k)
{
	store_close(&k->store);
	arena_finish(&k->arena);
	DIR *d = opendir(k->folder);
	assert_non_null(d);
	for (struct dirent *f; (f = readdir(d)) != NULL;) {
		char path[400];
		(void)snprintf(path, sizeof path, "%s/%s", k->folder, f->d_name);
		(void)unlink(path); /* the two dots stay, and nobody minds */
	}
	(void)closedir(d);
	(void)rmdir(k->folder);
}

void kit_put(struct store *s, enum table t, struct store_key k, const char *value)
{
	OK(store_put(s, t, k, str_of(value), E));
}

void kit_del(struct store *s, enum table t, struct store_key k)
{
	OK(store_del(s, t, k, E));
}

void kit_expect(struct store *s, enum table t, struct store_key k, const char *value)
{
	struct arena a;
	struct str got;
	struct err e = {.text = ""};
	arena_init(&a, STORE_VALUE_MAX * 2);
	enum status st = store_get(s, t, k, &a, &got, &e);
	if (value == NULL) {
		assert_int_equal(st, ST_NOT_FOUND);
	} else {
		kit_ok(st, &e);
		assert_int_equal(got.n, strlen(value));
		assert_memory_equal(got.p, value, got.n);
	}
	arena_finish(&a);
}

void kit_begin(struct store *s)
{
	OK(store_begin(s, E));
}

void kit_commit(struct store *s)
{
	OK(store_commit(s, E));
}

void kit_sync(struct store *s)
{
	OK(store_sync(s, E));
}

uint64_t kit_hash(struct store *s)
{
	uint64_t h = 0;
	OK(store_hash(s, &h, E));
	return h;
}

struct joined {
	struct buf text;
	enum table_key kind;
};

static bool join_key(void *ctx, struct store_key key, struct str value)
{
	struct joined *j = ctx;
	(void)value;
	if (j->text.n > 0)
		buf_byte(&j->text, ' ');
	if (j->kind == TABLE_KEY_INT)
		buf_u64(&j->text, key.num);
	else
		buf_str(&j->text, key.bytes);
	return true;
}

const char *kit_keys(struct kit *k, struct store *s, enum table t, struct store_range range)
{
	struct joined j = {.kind = table_key_kind(t)};
	buf_init_arena(&j.text, &k->arena, (size_t)1 << 20);
	OK(store_scan(s, t, range, join_key, &j, E));
	return arena_strz(&k->arena, buf_view(&j.text));
}

struct str kit_value(struct kit *k, uint64_t seed, size_t n)
{
	struct rng r;
	char *p = arena_alloc(&k->arena, n);
	assert_non_null(p);
	rng_seed(&r, seed);
	for (size_t i = 0; i < n; i++)
		p[i] = (char)rng_u64(&r);
	return str_n(p, n);
}

enum status kit_uniform_put(struct store *s, unsigned rows, int64_t number, struct err *e)
{
	char text[400]; /* long enough that a hundred rows are some pages */
	memset(text, '.', sizeof text);
	(void)snprintf(text, 24, "%20lld", (long long)number);
	enum status st = store_begin(s, e);
	if (st != ST_OK)
		return st;
	for (unsigned i = 0; i < rows && st == ST_OK; i++)
		st = store_put(s, TABLE_LEAD, NUM(i), str_n(text, sizeof text), e);
	if (st == ST_OK)
		return store_commit(s, e);
	store_rollback(s);
	return st;
}

struct uniform {
	int64_t number;
	bool any;
};

static bool uniform_row(void *ctx, struct store_key key, struct str value)
{
	struct uniform *u = ctx;
	int64_t number = -1;
	(void)key;
	if (!str_to_i64(str_trim(str_slice(value, 0, 20)), &number) ||
	    (u->any && u->number != number))
		number = -1;
	u->number = number;
	u->any = true;
	return number >= 0;
}

int64_t kit_uniform_get(struct store *s)
{
	struct uniform u = {.number = 0};
	OK(store_scan(s, TABLE_LEAD, SCAN_ALL, uniform_row, &u, E));
	return u.number;
}
