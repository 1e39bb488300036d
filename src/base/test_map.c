/* SPDX-License-Identifier: Apache-2.0
 * test_map.c: both tables against a plain array that knows the truth, under churn. */
#include "base/map.h"

#include "base/random.h"
#include "base/test.h"

enum { KEYS = 512, MOVES = 20000 };

/* Long runs of puts and removes over few keys: backward-shift deletion must lose none. */
static void u64_under_churn(void **state)
{
	(void)state;
	static uint64_t truth[KEYS]; /* 0: absent */
	struct u64map m;
	struct rng r;
	size_t count = 0;
	rng_seed(&r, 1);
	u64map_init(&m, KEYS);
	for (int i = 0; i < MOVES; i++) {
		uint64_t key = rng_below(&r, KEYS), value = rng_u64(&r) | 1, got = 0;
		if (rng_below(&r, 3)) {
			assert_true(u64map_put(&m, key, value));
			count += truth[key] == 0;
			truth[key] = value;
		} else {
			assert_int_equal(u64map_remove(&m, key), truth[key] != 0);
			count -= truth[key] != 0;
			truth[key] = 0;
		}
		assert_int_equal(m.count, count);
		key = rng_below(&r, KEYS);
		assert_int_equal(u64map_get(&m, key, &got), truth[key] != 0);
		assert_true(got == truth[key]);
	}
	size_t at = 0, seen = 0;
	for (uint64_t key, value; u64map_next(&m, &at, &key, &value); seen++)
		assert_true(truth[key] == value);
	assert_int_equal(seen, count);
	u64map_clear(&m);
	assert_false(u64map_get(&m, 1, &truth[0]));
	u64map_finish(&m);
}

static struct str key_of(uint64_t n, char room[32])
{
	int len = snprintf(room, 32, "key-%llu", (unsigned long long)(n * n));
	return str_n(room, (size_t)len);
}

static void str_under_churn(void **state)
{
	(void)state;
	static uint64_t truth[KEYS];
	struct strmap m;
	struct rng r;
	char room[32];
	rng_seed(&r, 2);
	strmap_init(&m, KEYS);
	for (int i = 0; i < MOVES; i++) {
		uint64_t n = rng_below(&r, KEYS), value = rng_u64(&r) | 1, got = 0;
		if (rng_below(&r, 3)) {
			assert_true(strmap_put(&m, key_of(n, room), value));
			truth[n] = value;
		} else {
			assert_int_equal(strmap_remove(&m, key_of(n, room)), truth[n] != 0);
			truth[n] = 0;
		}
		n = rng_below(&r, KEYS);
		assert_int_equal(strmap_get(&m, key_of(n, room), &got), truth[n] != 0);
		assert_true(got == truth[n]);
	}
	size_t at = 0, seen = 0;
	struct str key;
	for (uint64_t value; strmap_next(&m, &at, &key, &value); seen++)
		assert_true(str_starts(key, STR("key-")) && value != 0);
	assert_int_equal(seen, m.count);
	strmap_finish(&m);
}

static void ceilings_hold(void **state)
{
	(void)state;
	struct u64map u;
	struct strmap s;
	u64map_init(&u, 3);
	strmap_init(&s, 2);
	assert_true(u64map_put(&u, 0, 1) && u64map_put(&u, UINT64_MAX, 2) && u64map_put(&u, 7, 3));
	assert_false(u64map_put(&u, 8, 4));
	assert_true(u64map_put(&u, 7, 5)); /* a known key may still change */
	assert_true(u64map_remove(&u, 0) && u64map_put(&u, 8, 4));
	assert_true(strmap_put(&s, STR(""), 1) && strmap_put(&s, STR("a\0b"), 2));
	assert_false(strmap_put(&s, STR("a"), 3));
	assert_true(strmap_put(&s, STR("a\0b"), 4));
	u64map_finish(&u);
	strmap_finish(&s);
}

static void empty_tables_answer(void **state)
{
	(void)state;
	struct u64map u;
	struct strmap s;
	uint64_t v = 0;
	size_t at = 0;
	struct str k;
	u64map_init(&u, 1);
	strmap_init(&s, 1);
	assert_false(u64map_get(&u, 0, &v) || u64map_remove(&u, 0) || u64map_next(&u, &at, &v, &v));
	assert_false(strmap_get(&s, STR(""), &v) || strmap_remove(&s, STR("")) ||
		     strmap_next(&s, &at, &k, &v));
	u64map_finish(&u);
	strmap_finish(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u64_under_churn),
		cmocka_unit_test(str_under_churn),
		cmocka_unit_test(ceilings_hold),
		cmocka_unit_test(empty_tables_answer),
	};
	return cmocka_run_group_tests_name("base_map", tests, NULL, NULL);
}
