/* SPDX-License-Identifier: Apache-2.0
 * test_batch.c: the cache of identifiers says what the store says, or nothing. Its places are drawn
 * by chance in each process: what only a rare order of places shows, many orders show. */
#include "base/test.h"

#include "base/random.h"
#include "engine/batch.h"

#define KEYS 1500
#define CHANGES 40000

static struct str name_of(unsigned i, char text[16])
{
	return str_n(text, (size_t)snprintf(text, 16, "k%u", i));
}

static void test_identities_are_those_of_the_store(void **state)
{
	static uint64_t owner[KEYS];
	struct batch b;
	struct store *s;
	struct rng rng;
	struct err e;
	char text[16];
	(void)state;
	rng_seed(&rng, 1);
	assert_int_equal(store_open_memory(&STORE_CONF_DEFAULT, &s, &e), ST_OK);
	batch_init(&b, s, (size_t)64 << 20);
	assert_int_equal(batch_load(&b, &e), ST_OK);
	for (unsigned i = 0; i < CHANGES; i++) {
		unsigned k = (unsigned)rng_below(&rng, KEYS),
			 look = (unsigned)rng_below(&rng, KEYS);
		uint64_t lead = rng_below(&rng, 3) ? 1 + rng_below(&rng, 1000) : 0, got;
		assert_int_equal(batch_identity_set(&b, name_of(k, text), lead, &e), ST_OK);
		owner[k] = lead;
		assert_int_equal(batch_flush(&b, &e), ST_OK);
		assert_int_equal(batch_identity(&b, name_of(look, text), &got, &e), ST_OK);
		assert_int_equal(got, owner[look]);
	}
	batch_finish(&b);
	store_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identities_are_those_of_the_store),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
