/* SPDX-License-Identifier: Apache-2.0
 * test_store_threads.c: one writer, two readers, for every sibling; run by ThreadSanitizer too.
 * The writer commits a hundred rows that all say one number, again and again; a reader that ever
 * sees two numbers, or an older one than before, has seen what it must not. */
#include "store/test_store_kit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#define ROWS 100u
#define COMMITS 300

struct reading {
	struct store *store;
	atomic_bool *done;
	char backup[200]; /* empty: this reader makes none */
	unsigned snapshots, backups;
	const char *wrong;
};

/* cmocka's asserts belong to its own thread: a reader notes what was wrong. */
static int64_t look(struct reading *r)
{
	if (store_read_begin(r->store, NULL) != ST_OK) {
		r->wrong = "no snapshot";
		return -1;
	}
	int64_t one = kit_uniform_get(r->store);
	int64_t two = kit_uniform_get(r->store);
	store_read_end(r->store);
	if (one < 0 || one != two)
		r->wrong = one < 0 ? "half a commit" : "a snapshot that moved";
	return one;
}

static void back_up(struct reading *r)
{
	struct store_conf conf = STORE_CONF_DEFAULT;
	struct store *copy;
	conf.path = r->backup;
	conf.read_only = true;
	if (store_backup(r->store, r->backup, NULL) != ST_OK ||
	    store_open_sqlite(&conf, &copy, NULL) != ST_OK) {
		r->wrong = "no backup";
		return;
	}
	if (kit_uniform_get(copy) < 0)
		r->wrong = "half a commit in the backup";
	store_close(&copy);
	r->backups++;
}

static void *reader_thread(void *ctx)
{
	struct reading *r = ctx;
	int64_t last = 0;
	do {
		int64_t now = look(r);
		if (now >= 0 && now < last)
			r->wrong = "time went backwards";
		last = now;
		r->snapshots++;
		if (r->backup[0] != '\0' && r->snapshots % 16 == 1)
			back_up(r);
	} while (r->wrong == NULL && !atomic_load(r->done));
	return NULL;
}

static void one_writer_two_readers(void **state)
{
	struct kit k;
	atomic_bool done = false;
	struct reading readings[2] = {{.done = &done}, {.done = &done}};
	pthread_t threads[2];
	kit_open(&k, *state);
	OK(kit_uniform_put(k.store, ROWS, 1, E));
	if (k.kind->durable)
		kit_path(&k, "copy.db", readings[1].backup, sizeof readings[1].backup);
	for (unsigned i = 0; i < 2; i++) {
		OK(store_reader(k.store, &readings[i].store, E));
		assert_int_equal(pthread_create(&threads[i], NULL, reader_thread, &readings[i]), 0);
	}
	for (int64_t n = 2; n < COMMITS; n++)
		OK(kit_uniform_put(k.store, ROWS, n, E));
	atomic_store(&done, true);
	for (unsigned i = 0; i < 2; i++) {
		(void)pthread_join(threads[i], NULL);
		if (readings[i].wrong != NULL)
			fail_msg("reader %u saw %s", i, readings[i].wrong);
		assert_true(readings[i].snapshots > 0);
		store_close(&readings[i].store);
	}
	kit_close(&k);
}

int main(void)
{
	struct CMUnitTest tests[4];
	for (size_t i = 0; i < kit_kinds_n; i++)
		tests[i] = (struct CMUnitTest){kit_kinds[i].name, one_writer_two_readers, NULL,
					       NULL, (void *)(uintptr_t)&kit_kinds[i]};
	return _cmocka_run_group_tests("store threads", tests, kit_kinds_n, NULL, NULL);
}
