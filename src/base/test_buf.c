/* SPDX-License-Identifier: Apache-2.0
 * test_buf.c: a buffer never passes its ceiling, and what a record writes is what it reads. */
#include "base/buf.h"

#include "base/test.h"

#include <math.h>

static void keeps_its_ceiling(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 300);
	for (int i = 0; i < 300; i++)
		buf_byte(&b, 'x');
	assert_true(buf_ok(&b));
	buf_byte(&b, 'y');
	assert_false(buf_ok(&b));
	assert_int_equal(b.n, 300);
	buf_byte(&b, 'z'); /* stays over until it is reset */
	assert_false(buf_ok(&b));
	buf_reset(&b);
	buf_z(&b, "again");
	assert_true(buf_ok(&b));
	check_str("reset", buf_view(&b), "again");
	assert_false(buf_reserve(&b, SIZE_MAX)); /* the sum must not wrap */
	buf_finish(&b);
}

static void keeps_the_arenas_ceiling(void **state)
{
	(void)state;
	struct arena a;
	struct buf b;
	arena_init(&a, 1024);
	buf_init_arena(&b, &a, 1 << 20);
	for (int i = 0; i < 4096; i++)
		buf_byte(&b, 'x');
	assert_false(buf_ok(&b));
	buf_finish(&b);
	arena_finish(&a);
}

static void prints(void **state)
{
	(void)state;
	struct buf b;
	char wide[401];
	memset(wide, 'w', 400);
	wide[400] = '\0';
	buf_init(&b, 4096);
	buf_printf(&b, "%d-%s", 42, "a");
	check_str("short", buf_view(&b), "42-a");
	buf_reset(&b);
	buf_printf(&b, "%s", wide); /* longer than the stack buffer */
	check_str("long", buf_view(&b), wide);
	buf_finish(&b);
}

static void writes_integers(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 4096);
	buf_i64(&b, INT64_MIN);
	buf_byte(&b, ' ');
	buf_i64(&b, 0);
	buf_byte(&b, ' ');
	buf_u64(&b, UINT64_MAX);
	check_str("integers", buf_view(&b), "-9223372036854775808 0 18446744073709551615");
	buf_finish(&b);
}

static void writes_the_shortest_number(void **state)
{
	(void)state;
	static const struct {
		double v;
		const char *want;
	} rows[] = {
		{0.1, "0.1"},
		{-2.5, "-2.5"},
		{3.0, "3"},
		{1e14, "100000000000000"},
		{0.1 + 0.2, "0.30000000000000004"},
		{1e300, "1e+300"},
		{1.0 / 3.0, "0.3333333333333333"},
	};
	struct buf b;
	buf_init(&b, 4096);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		buf_reset(&b);
		buf_f64(&b, rows[i].v);
		check_str(rows[i].want, buf_view(&b), rows[i].want);
	}
	for (double v = 1e-300; v < 1e300; v *= -7.77e3) {
		double back = 0.0;
		if (fabs(v) > 1e300)
			break;
		buf_reset(&b);
		buf_f64(&b, v);
		assert_true(str_to_f64(buf_view(&b), &back));
		assert_memory_equal(&back, &v, sizeof v);
	}
	buf_finish(&b);
}

static void reads_what_it_wrote(void **state)
{
	(void)state;
	static const uint64_t u[] = {0, 1, 127, 128, 16383, 16384, UINT32_MAX, UINT64_MAX};
	static const int64_t s[] = {0, -1, 1, -64, 64, INT64_MIN, INT64_MAX};
	struct buf b;
	buf_init(&b, 4096);
	for (size_t i = 0; i < COUNT_OF(u); i++)
		buf_varint(&b, u[i]);
	for (size_t i = 0; i < COUNT_OF(s); i++)
		buf_zigzag(&b, s[i]);
	buf_f64_le(&b, -0.1);
	buf_f32(&b, -0.5f);
	buf_bytes(&b, STR("a\0b"));
	buf_bytes(&b, STR_NULL);
	struct rd r = rd_of(buf_view(&b));
	for (size_t i = 0; i < COUNT_OF(u); i++)
		assert_true(rd_varint(&r) == u[i]);
	for (size_t i = 0; i < COUNT_OF(s); i++)
		assert_true(rd_zigzag(&r) == s[i]);
	assert_true(fabs(rd_f64_le(&r) + 0.1) < 1e-18);
	assert_true(fabsf(rd_f32(&r, 1) + 0.5f) < 1e-18f);
	assert_true(str_eq(rd_bytes(&r), STR("a\0b")));
	assert_true(str_empty(rd_bytes(&r)));
	assert_true(rd_done(&r));
	/* Cut anywhere, it fails and stays failed. */
	for (size_t n = 0; n < b.n; n++) {
		r = rd_of(str_n(b.p, n));
		for (size_t i = 0; i < COUNT_OF(u) + COUNT_OF(s); i++)
			(void)rd_varint(&r);
		(void)rd_f64_le(&r);
		(void)rd_f32(&r, 1);
		(void)rd_bytes(&r);
		(void)rd_bytes(&r);
		assert_false(r.ok);
	}
	buf_finish(&b);
}

static void refuses_numbers_out_of_range(void **state)
{
	static const float bad[] = {1.5f, -1.5f, NAN, INFINITY, -INFINITY};
	struct buf b;
	(void)state;
	buf_init(&b, 64);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		buf_reset(&b);
		buf_f32(&b, bad[i]);
		struct rd r = rd_of(buf_view(&b));
		(void)rd_f32(&r, 1);
		assert_false(r.ok);
	}
	buf_reset(&b);
	buf_varint(&b, (uint64_t)UINT32_MAX + 1); /* not the bits of a float */
	struct rd r = rd_of(buf_view(&b));
	(void)rd_f32(&r, 1);
	assert_false(r.ok);
	buf_finish(&b);
}

static void refuses_bad_records(void **state)
{
	(void)state;
	struct rd r = rd_of(STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02")); /* above 64 bits */
	(void)rd_varint(&r);
	assert_false(r.ok);
	r = rd_of(STR("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01")); /* never ends in time */
	(void)rd_varint(&r);
	assert_false(r.ok);
	r = rd_of(STR("\x05"
		      "abc")); /* a length past the end */
	assert_null(rd_bytes(&r).p);
	assert_false(r.ok);
	r = rd_of(STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
		      "abc"));
	(void)rd_bytes(&r);
	assert_false(r.ok);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_its_ceiling),
		cmocka_unit_test(keeps_the_arenas_ceiling),
		cmocka_unit_test(prints),
		cmocka_unit_test(writes_integers),
		cmocka_unit_test(writes_the_shortest_number),
		cmocka_unit_test(reads_what_it_wrote),
		cmocka_unit_test(refuses_numbers_out_of_range),
		cmocka_unit_test(refuses_bad_records),
	};
	return cmocka_run_group_tests_name("base_buf", tests, NULL, NULL);
}
