/* SPDX-License-Identifier: Apache-2.0
 * test_sketch.c: exact while short, within its error beyond, and the same bytes by every way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/hash.h"
#include "base/random.h"
#include "features/sketch.h"

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 64u << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_finish(&arena);
	return 0;
}

static struct str sketch_of(uint64_t from, uint64_t to)
{
	struct str s = STR_NULL;
	for (uint64_t i = from; i < to; i++)
		assert_true(sketch_add(&s, hash_u64(i), &arena));
	return s;
}

static void test_counts(void **state)
{
	static const uint64_t sizes[] = {0, 1, 2, 31, 32, 33, 40, 100, 1000, 20000};
	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		arena_reset(&arena);
		double n = (double)sizes[i], got = sketch_count(sketch_of(1, 1 + sizes[i]));
		if (n <= SKETCH_EXACT_MAX)
			assert_true(fabs(got - n) < 0.5);
		else
			assert_true(fabs(got - n) <= 0.14 * n); /* three standard errors */
	}
}

static void test_bytes_are_a_set(void **state)
{
	struct rng r;
	(void)state;
	rng_seed(&r, 5);
	for (int round = 0; round < 100; round++) {
		arena_reset(&arena);
		uint64_t n = rng_below(&r, 90), cut = rng_below(&r, n + 1), lap = rng_below(&r, 20);
		struct str whole = sketch_of(0, n), a = sketch_of(0, cut);
		struct str b = sketch_of(cut > lap ? cut - lap : 0, n), backwards = STR_NULL;
		for (uint64_t i = n; i-- > 0;)
			assert_true(sketch_add(&backwards, hash_u64(i), &arena));
		assert_true(sketch_merge(&a, b, &arena));
		assert_true(str_eq(a, whole));
		assert_true(str_eq(backwards, whole));
		assert_true(whole.n <= SKETCH_BYTES_MAX);
		assert_true(sketch_merge(&a, a, &arena));
		assert_true(str_eq(a, whole));
	}
}

static void test_old_bytes_stay(void **state)
{
	struct str s = STR_NULL;
	(void)state;
	assert_true(sketch_add(&s, 1, &arena));
	struct str before = s;
	char copy[16];
	memcpy(copy, before.p, before.n);
	assert_true(sketch_add(&s, 2, &arena));
	assert_memory_equal(copy, before.p, before.n); /* the row it was read from is not ours */
}

/* Bytes out of a damaged row are bounded by their length alone. */
static void test_rubbish(void **state)
{
	struct rng r;
	char p[512];
	(void)state;
	rng_seed(&r, 6);
	for (int round = 0; round < 2000; round++) {
		size_t n = (size_t)rng_below(&r, sizeof p);
		for (size_t i = 0; i < n; i++)
			p[i] = (char)rng_u64(&r);
		if (n)
			p[0] = "EHx"[rng_below(&r, 3)];
		if (round % 3 == 0)
			n = round % 2 ? SKETCH_BYTES_MAX : 1 + 8 * 32;
		struct str s = str_n(p, n), t = s;
		assert_true(sketch_count(s) >= 0);
		assert_true(sketch_add(&s, rng_u64(&r), &arena));
		assert_true(sketch_merge(&t, s, &arena));
		assert_true(t.n <= SKETCH_BYTES_MAX);
		arena_reset(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bytes_are_a_set, setup, teardown),
		cmocka_unit_test_setup_teardown(test_old_bytes_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rubbish, setup, teardown),
	};
	return cmocka_run_group_tests_name("sketch", tests, NULL, NULL);
}
