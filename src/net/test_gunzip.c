/* SPDX-License-Identifier: Apache-2.0
 * test_gunzip.c: both ceilings from both sides, and everything that is not quite gzip. */
#include "net/gunzip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <zlib.h>

#include <cmocka.h>

#define PLAIN_MAX ((size_t)8 << 20)

/* window: 15 + 16 gzip, 15 zlib, -15 raw deflate. */
static void pack(struct str plain, int window, struct buf *out)
{
	z_stream z = {0};
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
	size_t most = deflateBound(&z, plain.n);
	buf_init(out, PLAIN_MAX);
	assert_true(buf_reserve(out, most));
	z.next_in = (unsigned char *)(uintptr_t)plain.p;
	z.avail_in = (unsigned)plain.n;
	z.next_out = (unsigned char *)out->p;
	z.avail_out = (unsigned)most;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->n = most - z.avail_out;
	(void)deflateEnd(&z); /* the stream is done */
}

static enum status run(struct str packed, unsigned ratio, size_t bytes_max, struct buf *out)
{
	struct gunzip *g = gunzip_create();
	struct err e;
	buf_init(out, bytes_max);
	enum status st = gunzip_run(g, packed, ratio, out, &e);
	gunzip_destroy(&g);
	return st;
}

static enum status status_of(struct str packed, unsigned ratio, size_t bytes_max)
{
	struct buf out;
	enum status st = run(packed, ratio, bytes_max, &out);
	buf_finish(&out);
	return st;
}

static struct str zeros(struct buf *b, size_t n)
{
	buf_init(b, PLAIN_MAX);
	assert_true(buf_reserve(b, n));
	if (n > 0)
		memset(b->p, '0', n);
	b->n = n;
	return buf_view(b);
}

static void test_round_trip(void **state)
{
	(void)state;
	static const size_t sizes[] = {0, 1, 1000, 32768, 32769, 100000};
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct buf plain, packed, out;
		struct str text = zeros(&plain, sizes[i]);
		pack(text, 15 + 16, &packed);
		assert_int_equal(run(buf_view(&packed), 100000, PLAIN_MAX, &out), ST_OK);
		assert_true(str_eq(buf_view(&out), text));
		buf_finish(&plain);
		buf_finish(&packed);
		buf_finish(&out);
	}
}

static void test_ceilings(void **state)
{
	(void)state;
	struct buf plain, packed;
	pack(zeros(&plain, 1 << 20), 15 + 16, &packed);
	assert_int_equal(status_of(buf_view(&packed), 5000, 1 << 20), ST_OK); /* just fits */
	assert_int_equal(status_of(buf_view(&packed), 5000, (1 << 20) - 1), ST_LIMIT);
	assert_int_equal(status_of(buf_view(&packed), 100, 1 << 20), ST_LIMIT); /* a bomb */
	buf_finish(&plain);
	buf_finish(&packed);
	/* Small bodies may shrink as well as they like. */
	pack(zeros(&plain, GUNZIP_RATIO_FREE_BYTES), 15 + 16, &packed);
	assert_int_equal(status_of(buf_view(&packed), 2, 1 << 20), ST_OK);
	buf_finish(&plain);
	buf_finish(&packed);
}

static void test_not_gzip(void **state)
{
	(void)state;
	struct buf packed;
	pack(STR("hello hello"), 15, &packed);
	assert_int_equal(status_of(buf_view(&packed), 100, 1000), ST_INVALID); /* zlib */
	buf_finish(&packed);
	pack(STR("hello hello"), -15, &packed);
	assert_int_equal(status_of(buf_view(&packed), 100, 1000), ST_INVALID); /* raw */
	buf_finish(&packed);
	assert_int_equal(status_of(STR(""), 100, 1000), ST_INVALID);
	assert_int_equal(status_of(STR("hello"), 100, 1000), ST_INVALID);
}

static void test_damaged(void **state)
{
	(void)state;
	struct buf packed;
	pack(STR("hello hello hello"), 15 + 16, &packed);
	for (size_t n = 0; n < packed.n; n++)
		assert_int_equal(status_of(str_slice(buf_view(&packed), 0, n), 100, 1000),
				 ST_INVALID);
	packed.p[packed.n - 5] ^= 1; /* the checksum */
	assert_int_equal(status_of(buf_view(&packed), 100, 1000), ST_INVALID);
	packed.p[packed.n - 5] ^= 1;
	assert_int_equal(status_of(buf_view(&packed), 100, 1000), ST_OK);
	buf_byte(&packed, 'x');
	assert_int_equal(status_of(buf_view(&packed), 100, 1000), ST_INVALID);
	buf_finish(&packed);
}

/* The state is kept from body to body; nothing of the one may show in the next. */
static void test_reuse(void **state)
{
	(void)state;
	struct gunzip *g = gunzip_create();
	struct buf packed, out;
	struct err e;
	pack(STR("hello"), 15 + 16, &packed);
	for (int i = 0; i < 3; i++) {
		buf_init(&out, 1000);
		assert_int_equal(gunzip_run(g, str_slice(buf_view(&packed), 0, 12), 100, &out, &e),
				 ST_INVALID);
		buf_reset(&out);
		assert_int_equal(gunzip_run(g, buf_view(&packed), 100, &out, &e), ST_OK);
		assert_true(str_eq(buf_view(&out), STR("hello")));
		buf_finish(&out);
	}
	buf_finish(&packed);
	gunzip_destroy(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_ceilings),
		cmocka_unit_test(test_not_gzip),   cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_reuse),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
