/* SPDX-License-Identifier: Apache-2.0
 * test_arena.c: an arena hands out clean, aligned memory up to its ceiling and no further. */
#include "base/arena.h"

#include "base/test.h"

static void hands_out_clean_memory(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 20);
	for (int round = 0; round < 3; round++) {
		for (size_t n = 0; n < 600; n++) {
			unsigned char *p = arena_alloc(&a, n);
			assert_non_null(p);
			assert_int_equal((uintptr_t)p % 16, 0);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(p[i], 0);
			memset(p, 0xff, n);
		}
		arena_reset(&a);
	}
	arena_finish(&a);
	assert_int_equal(a.bytes_held, 0);
}

static void stops_at_its_ceiling(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 10000);
	assert_null(arena_alloc(&a, 10001));
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_array(&a, SIZE_MAX / 2, 4)); /* the product must not wrap */
	size_t got = 0;
	while (arena_alloc(&a, 100) != NULL)
		got++;
	assert_in_range(got, 70, 100); /* rounding and red zones cost some */
	assert_true(a.bytes_used <= 10000);
	arena_reset(&a);
	assert_non_null(arena_alloc(&a, 9000));
	arena_finish(&a);
}

static void secrets_are_wiped(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 20);
	char *first = arena_strz(&a, STR("hunter2")), *last = first;
	for (int i = 0; i < 2000; i++)
		last = arena_strz(&a, STR("hunter2"));
	arena_reset(&a); /* given back is not gone */
	arena_wipe(&a);
	for (size_t i = 0; i < 7; i++)
		assert_true(first[i] == 0 && last[i] == 0);
	arena_finish(&a);
}

static void keeps_chunks_over_a_reset(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 22);
	for (int i = 0; i < 1000; i++)
		assert_non_null(arena_alloc(&a, 1000));
	size_t held = a.bytes_held;
	for (int round = 0; round < 20; round++) {
		arena_reset(&a);
		for (int i = 0; i < 1000; i++)
			assert_non_null(arena_alloc(&a, 1000));
	}
	assert_int_equal(a.bytes_held, held);
	arena_finish(&a);
}

static void rewinds(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 1 << 20);
	struct arena_mark empty = arena_mark(&a);
	char *kept = arena_strz(&a, STR("kept"));
	struct arena_mark m = arena_mark(&a);
	char *first = arena_alloc(&a, 64);
	for (int i = 0; i < 100; i++)
		assert_non_null(arena_alloc(&a, 5000)); /* over several chunks */
	arena_rewind(&a, m);
	assert_int_equal(a.bytes_used, m.bytes_used);
	assert_ptr_equal(arena_alloc(&a, 64), first);
	assert_string_equal(kept, "kept");
	arena_rewind(&a, empty);
	assert_int_equal(a.bytes_used, 0);
	assert_ptr_equal(arena_strz(&a, STR("kept")), kept);
	arena_finish(&a);
}

static void copies_and_prints(void **state)
{
	(void)state;
	struct arena a;
	arena_init(&a, 4096);
	struct str s = arena_str(&a, STR("a\0b"));
	assert_true(str_eq(s, STR("a\0b")) && s.p[3] == '\0');
	assert_string_equal(arena_strz(&a, STR_NULL), "");
	check_str("printf", arena_printf(&a, "%d%s", 1, "x"), "1x");
	assert_null(arena_printf(&a, "%5000d", 1).p);
	arena_finish(&a);
}

static void long_lived_memory(void **state)
{
	(void)state;
	char *p = mem_alloc(4);
	memset(p, 1, 4);
	p = mem_grow(p, 4, 64);
	for (int i = 0; i < 64; i++)
		assert_int_equal(p[i], i < 4); /* the new part is zero */
	mem_free(p);
	mem_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hands_out_clean_memory),    cmocka_unit_test(stops_at_its_ceiling),
		cmocka_unit_test(keeps_chunks_over_a_reset), cmocka_unit_test(rewinds),
		cmocka_unit_test(copies_and_prints),         cmocka_unit_test(long_lived_memory),
		cmocka_unit_test(secrets_are_wiped),
	};
	return cmocka_run_group_tests_name("base_arena", tests, NULL, NULL);
}
