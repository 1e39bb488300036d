/* SPDX-License-Identifier: Apache-2.0
 * test_duplicate.c: the set against a plain map of all keys ever added. */
#include "log/duplicate.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/random.h"
#include "base/test.h"

static bool knows(const struct duplicate_set *d, uint64_t fingerprint, uint64_t seq)
{
	size_t at = 0;
	uint64_t found;
	while (duplicate_find(d, fingerprint, &at, &found))
		if (found == seq)
			return true;
	return false;
}

/* Every key from first_seq on is found (D1); below it none is; memory stays under the ceiling. */
static void compare(const struct duplicate_set *d, uint64_t (*fingerprint_of)(uint64_t seq))
{
	for (uint64_t seq = 1; seq < d->next_seq; seq++)
		if (knows(d, fingerprint_of(seq), seq) != (seq >= d->first_seq))
			fail_msg("seq %llu of [%llu, %llu)", (unsigned long long)seq,
				 (unsigned long long)d->first_seq, (unsigned long long)d->next_seq);
}

static uint64_t spread(uint64_t seq)
{
	return hash_u64(seq);
}

/* Many keys share their fingerprint, and most sit at the two ends of the table. */
static uint64_t crowded(uint64_t seq)
{
	uint64_t h = hash_u64(seq / 5);
	return seq % 3 == 0 ? h : seq % 3 == 1 ? h >> 12 : h | UINT64_C(0xfff) << 52;
}

static void grow_and_forget(uint64_t (*fingerprint_of)(uint64_t seq), uint64_t keys,
			    size_t bytes_max)
{
	struct duplicate_set d;
	uint64_t wrong = 0, found;
	duplicate_init(&d, bytes_max, 1);
	for (uint64_t seq = 1; seq <= keys; seq++) {
		duplicate_add(&d, fingerprint_of(seq), seq, (int64_t)seq);
		assert_true(duplicate_bytes(&d) <= bytes_max);
		if (seq % (keys / 7) == 0)
			compare(&d, fingerprint_of);
	}
	compare(&d, fingerprint_of);
	assert_true(d.next_seq - d.first_seq >= (keys < 100000 ? keys : 20000) / 2);
	for (uint64_t i = 0; i < 100000; i++) {
		size_t at = 0;
		wrong += duplicate_find(&d, hash_u64(UINT64_C(1) << 40 | i), &at, &found);
	}
	assert_true(wrong < 100); /* D2 */
	duplicate_finish(&d);
	duplicate_finish(&d);
}

static void test_growth(void **state)
{
	(void)state;
	grow_and_forget(spread, 50000, (size_t)4 << 20); /* all fit */
	grow_and_forget(spread, 150000, (size_t)512 << 10);
	grow_and_forget(crowded, 2000, (size_t)4 << 20);
}

static void test_bytes_per_key(void **state)
{
	(void)state;
	struct duplicate_set d;
	duplicate_init(&d, (size_t)8 << 20, 1);
	size_t most = duplicate_keys_max(&d);
	assert_true((double)((size_t)8 << 20) / (double)most < 10.5);
	for (uint64_t seq = 1; seq <= most; seq++)
		duplicate_add(&d, spread(seq), seq, 0);
	assert_int_equal(d.first_seq, 1); /* so many it holds without forgetting one */
	duplicate_add(&d, spread(most + 1), most + 1, 0);
	assert_true(d.first_seq > most / 16 && d.first_seq < most / 4); /* then an eighth goes */
	duplicate_finish(&d);
}

static void test_undo(void **state)
{
	(void)state;
	struct duplicate_set d;
	struct rng dice;
	uint64_t seq = 1;
	rng_seed(&dice, 7);
	duplicate_init(&d, (size_t)1 << 20, 1);
	for (int round = 0; round < 300; round++) {
		uint64_t n = rng_below(&dice, 60), from = seq;
		for (uint64_t i = 0; i < n; i++, seq++)
			duplicate_add(&d, crowded(seq), seq, (int64_t)seq);
		if (rng_below(&dice, 2) == 0)
			while (seq > from) {
				seq--;
				duplicate_undo(&d, crowded(seq), seq);
				assert_false(knows(&d, crowded(seq), seq));
			}
		assert_int_equal(d.next_seq, seq);
		assert_int_equal(d.count, seq - 1);
	}
	compare(&d, crowded);
	duplicate_finish(&d);
}

static void test_expiry(void **state)
{
	(void)state;
	struct duplicate_set d;
	duplicate_init(&d, (size_t)1 << 20, 1);
	assert_int_equal(duplicate_oldest_us(&d, 77), 77);
	for (uint64_t seq = 1; seq <= 5 * DUPLICATE_BLOCK; seq++)
		duplicate_add(&d, spread(seq), seq, (int64_t)(seq * 10));
	duplicate_expire(&d, 10 * DUPLICATE_BLOCK);
	assert_int_equal(d.first_seq, 1); /* its last record is not older */
	duplicate_expire(&d, 10 * 2 * DUPLICATE_BLOCK + 11);
	assert_int_equal(d.first_seq, 2 * DUPLICATE_BLOCK + 1);
	assert_int_equal(duplicate_oldest_us(&d, 77), (2 * DUPLICATE_BLOCK + 1) * 10);
	compare(&d, spread);
	duplicate_finish(&d);
}

/* Where records are missing from the log, keys are missing from the set. */
static void test_gaps(void **state)
{
	(void)state;
	struct duplicate_set d;
	duplicate_init(&d, (size_t)256 << 10, 9000);
	duplicate_add(&d, spread(9000), 9000, 1);
	duplicate_add(&d, spread(9005), 9005, 2);
	duplicate_add(&d, spread(50000), 50000, 3);
	assert_true(knows(&d, spread(9000), 9000));
	assert_true(knows(&d, spread(9005), 9005));
	assert_true(knows(&d, spread(50000), 50000));
	assert_false(knows(&d, spread(9001), 9001));
	duplicate_finish(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_growth), cmocka_unit_test(test_bytes_per_key),
		cmocka_unit_test(test_undo),   cmocka_unit_test(test_expiry),
		cmocka_unit_test(test_gaps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
