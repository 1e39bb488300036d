/* SPDX-License-Identifier: Apache-2.0
 * test_random.c: the same seed gives the same throws for ever, since replay relies on it; and
 * the throws are fair. Stored hashes are held to published values for the same reason. */
#include "base/random.h"

#include "base/hash.h"
#include "base/test.h"

static void same_seed_same_throws(void **state)
{
	(void)state;
	struct rng a, b, c;
	bool differs = false;
	rng_seed(&a, 42);
	rng_seed(&b, 42);
	rng_seed(&c, 43);
	for (int i = 0; i < 1000; i++) {
		uint64_t v = rng_u64(&a);
		assert_true(v == rng_u64(&b));
		differs |= v != rng_u64(&c);
	}
	assert_true(differs);
}

/* The generator's own published state step: from (1, 2, 3, 4) the first throws are known. */
static void throws_as_published(void **state)
{
	(void)state;
	static const uint64_t want[] = {41943041, 58720359, 3588806011781223, 3591011842654386};
	struct rng r = {{1, 2, 3, 4}};
	for (size_t i = 0; i < COUNT_OF(want); i++)
		assert_true(rng_u64(&r) == want[i]);
}

static void throws_are_fair(void **state)
{
	(void)state;
	enum { SIDES = 7, THROWS = 70000 };
	unsigned seen[SIDES] = {0};
	double sum = 0.0;
	struct rng r;
	rng_seed(&r, 5);
	for (int i = 0; i < THROWS; i++) {
		uint64_t v = rng_below(&r, SIDES);
		assert_true(v < SIDES);
		seen[v]++;
		double u = rng_unit(&r);
		assert_true(u >= 0.0 && u < 1.0);
		sum += u;
	}
	for (int i = 0; i < SIDES; i++)
		assert_in_range(seen[i], 9500, 10500); /* five deviations; the seed is fixed */
	assert_true(sum > 0.49 * (double)THROWS && sum < 0.51 * (double)THROWS);
	assert_int_equal(rng_below(&r, 1), 0);
}

static void hashes_stay(void **state)
{
	(void)state;
	assert_true(hash_str(STR_NULL, 0) == 0x2d06800538d394c2u); /* XXH3's own test vector */
	assert_true(hash_str(STR("a"), 0) != hash_str(STR("a"), 1));
	assert_true(hash_u64(0) == 0xe220a8397b1dcdafu); /* splitmix64's first throw from 0 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_seed_same_throws),
		cmocka_unit_test(throws_as_published),
		cmocka_unit_test(throws_are_fair),
		cmocka_unit_test(hashes_stay),
	};
	return cmocka_run_group_tests_name("base_random", tests, NULL, NULL);
}
