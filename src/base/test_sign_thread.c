/* SPDX-License-Identifier: Apache-2.0
 * test_sign_thread.c: one loaded key, several threads that sign with it at once: each gets the
 * signature that one thread alone gets. */
#include "base/test.h"

#include "base/sign.h"

#include <pthread.h>

#define THREADS 4
#define ROUNDS 20

struct worker {
	const struct sign_key *key;
	struct str want;
	unsigned same;
};

static void *work(void *ctx)
{
	struct worker *w = ctx;
	struct buf out;
	buf_init(&out, 4096);
	for (int i = 0; i < ROUNDS; i++) {
		buf_reset(&out);
		if (sign_data(w->key, STR("data"), &out, NULL) == ST_OK)
			w->same += str_eq(buf_view(&out), w->want);
	}
	buf_finish(&out);
	return NULL;
}

static void check_kind(enum sign_kind kind)
{
	struct sign_key *key;
	struct buf want;
	pthread_t threads[THREADS];
	struct worker workers[THREADS];
	buf_init(&want, 4096);
	assert_int_equal(sign_key_create(kind, 1024, &key, NULL), ST_OK);
	assert_int_equal(sign_data(key, STR("data"), &want, NULL), ST_OK);
	for (size_t i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){key, buf_view(&want), 0};
		assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(workers[i].same, ROUNDS);
	}
	sign_key_destroy(&key);
	buf_finish(&want);
}

static void rsa(void **state)
{
	(void)state;
	check_kind(SIGN_RSA);
}

static void ed25519(void **state)
{
	(void)state;
	check_kind(SIGN_ED25519);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rsa),
		cmocka_unit_test(ed25519),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
