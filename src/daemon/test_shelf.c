/* SPDX-License-Identifier: Apache-2.0
 * test_shelf.c: readers always find a whole book, never one that is taken down under them. */
#include "base/test.h"
#include "daemon/shelf.h"

#include <pthread.h>

#define READERS 3
#define BOOKS 400

static const struct program_decision of = {.name = STR("d"), .worth = 1};

struct reader {
	struct shelf *shelf;
	_Atomic bool *stop;
	uint64_t latest, looks;
	bool wrong;
};

static void *reads(void *arg)
{
	struct reader *r = arg;
	while (!atomic_load(r->stop)) {
		unsigned place;
		const struct advise_book *b = shelf_take(r->shelf, &place);
		/* The version stands twice: in the book, and in what it says of pausing. */
		r->wrong |= b->version < r->latest || b->learned_seq != b->version ||
			    learn_seen_all(b->list[0].learner) > 0;
		r->latest = b->version;
		r->looks++;
		shelf_give(r->shelf, place);
	}
	return NULL;
}

static struct advise_book *book(struct advisor *a, uint64_t version)
{
	struct advise_book *b = advise_book_make(a, 1);
	b->version = b->learned_seq = version;
	return b;
}

static void books_are_whole(void **state)
{
	struct shelf s = {.current = 0};
	struct advisor a;
	_Atomic bool stop = false;
	pthread_t threads[READERS];
	struct reader readers[READERS];
	(void)state;
	advisor_open(&a, &of);
	assert_true(shelf_put(&s, book(&a, 1)));
	for (int i = 0; i < READERS; i++) {
		readers[i] = (struct reader){.shelf = &s, .stop = &stop};
		assert_int_equal(pthread_create(&threads[i], NULL, reads, &readers[i]), 0);
	}
	for (uint64_t v = 2; v <= BOOKS; v++) {
		struct advise_book *b = book(&a, v);
		while (!shelf_put(&s, b))
			;
	}
	atomic_store(&stop, true);
	for (int i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
		assert_false(readers[i].wrong);
	}
	shelf_clear(&s);
	advisor_close(&a);
}

/* The places run out while they are read, and come back. */
static void places_are_few(void **state)
{
	struct shelf s = {.current = 0};
	struct advisor a;
	unsigned place[SHELF_PLACES];
	(void)state;
	advisor_open(&a, &of);
	assert_null(shelf_take(&s, &place[0]));
	shelf_give(&s, place[0]);
	for (unsigned i = 0; i < SHELF_PLACES; i++) {
		assert_true(shelf_put(&s, book(&a, i)));
		assert_int_equal(shelf_take(&s, &place[i])->version, i);
	}
	struct advise_book *more = book(&a, 9);
	assert_false(shelf_put(&s, more));
	shelf_give(&s, place[0]);
	assert_true(shelf_put(&s, more));
	for (unsigned i = 1; i < SHELF_PLACES; i++)
		shelf_give(&s, place[i]);
	shelf_clear(&s);
	advisor_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(books_are_whole),
		cmocka_unit_test(places_are_few),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
