/* SPDX-License-Identifier: Apache-2.0
 * test_text.c: addresses and messages that may and may not go on the wire; dots. */
#include "smtp/text.h"

#include "base/random.h"
#include "base/test.h"

static void test_address(void **state)
{
	static const struct {
		const char *address;
		bool ok, utf8;
	} rows[] = {
		{"ada@example.com", true, false},
		{"a.b+c=d@mail.example.com", true, false},
		{"o'neil@example.com", true, false},
		{"x@[192.0.2.1]", true, false},
		{"andr\xc3\xa9@example.com", true, true},
		{"a@b\xc3\xbc.example", true, true},
		{"andr\xe9@example.com", false, false},
		{"", false, false},
		{"ada", false, false},
		{"@example.com", false, false},
		{"ada@", false, false},
		{"a@b@c", false, false},
		{"a b@example.com", false, false},
		{"a@example.com>\r\nRCPT TO:<b@example.com", false, false},
		{"a@example.com\n", false, false},
		{"<a@example.com>", false, false},
		{"\"a b\"@example.com", false, false},
		{"a@example.com SIZE=1", false, false},
		{"a\x7f@example.com", false, false},
		{"0123456789012345678901234567890123456789012345678901234567890123@e.x", true,
		 false},
		{"01234567890123456789012345678901234567890123456789012345678901234@e.x", false,
		 false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool utf8 = false;
		CHECK_ROW(rows[i].address,
			  smtp_address_ok(str_of(rows[i].address), &utf8) == rows[i].ok);
		CHECK_ROW(rows[i].address, utf8 == rows[i].utf8);
	}
	bool utf8;
	assert_false(smtp_address_ok(str_n("a\0b@c.d", 7), &utf8));
}

static void test_message(void **state)
{
	static const struct {
		const char *bytes;
		enum status want;
		bool eight_bit;
	} rows[] = {
		{"a\r\n", ST_OK, false},
		{"\r\n", ST_OK, false},
		{"Subject: x\r\n\r\nbody\r\n", ST_OK, false},
		{"Subject: x\r\n\r\nb\xc3\xb6"
		 "dy is long enough\r\n",
		 ST_OK, true},
		{"0123456789abcd\x80\r\n", ST_OK, true},
		{"", ST_INVALID, false},
		{"a", ST_INVALID, false},
		{"a\n", ST_INVALID, false},
		{"a\r\nb", ST_INVALID, false},
		{"a\r\n.\nb\r\n", ST_INVALID, false},
		{"a\r\n.\rb\r\n", ST_INVALID, false},
		{"a\rb\r\n", ST_INVALID, false},
		{"a\r\r\n", ST_INVALID, false},
		{"a\n\r\n", ST_INVALID, false},
		{"a\r\n\r", ST_INVALID, false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool eight_bit = false;
		enum status st = smtp_message_check(str_of(rows[i].bytes), &eight_bit, NULL);
		CHECK_ROW(rows[i].bytes, st == rows[i].want);
		CHECK_ROW(rows[i].bytes, eight_bit == rows[i].eight_bit);
	}
	bool eight_bit;
	char line[1001];
	assert_int_equal(smtp_message_check(str_n("a\0b\r\n", 5), &eight_bit, NULL), ST_INVALID);
	memset(line, 'x', sizeof line);
	memcpy(line + 998, "\r\n", 2);
	assert_int_equal(smtp_message_check(str_n(line, 1000), &eight_bit, NULL), ST_OK);
	memcpy(line + 998, "x\r\n", 3);
	assert_int_equal(smtp_message_check(str_n(line, 1001), &eight_bit, NULL), ST_INVALID);
}

static void check_stuffed(const char *in, const char *want, size_t piece)
{
	struct str rest = str_of(in);
	bool line_start = true;
	struct buf piece_out, all;
	buf_init(&piece_out, 1 << 16);
	buf_init(&all, 1 << 16);
	while (rest.n > 0) {
		buf_reset(&piece_out);
		smtp_stuff(&rest, &line_start, piece, &piece_out);
		assert_true(piece_out.n > 0 && piece_out.n <= piece + 2);
		buf_str(&all, buf_view(&piece_out));
	}
	check_str(in, buf_view(&all), want);
	buf_finish(&piece_out);
	buf_finish(&all);
}

static void test_stuff(void **state)
{
	static const char *const rows[][2] = {
		{"a\r\n", "a\r\n"},
		{".\r\n", "..\r\n"},
		{"..\r\n.a\r\n", "...\r\n..a\r\n"},
		{"a.b\r\n.\r\nc\r\n", "a.b\r\n..\r\nc\r\n"},
		{"\r\n.\r\n", "\r\n..\r\n"},
		{"x\r\n\r\n.\r\n.\r\n.\r\n", "x\r\n\r\n..\r\n..\r\n..\r\n"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t piece = 1; piece < 20; piece++)
			check_stuffed(rows[i][0], rows[i][1], piece);
}

/* Unstuffed as servers do it, any message comes out as it went in; no line in it is a dot. */
static void test_stuff_random(void **state)
{
	struct rng r;
	(void)state;
	rng_seed(&r, 1);
	for (int round = 0; round < 2000; round++) {
		char in[200] = "", back[200] = "";
		size_t n = 0, at = 0;
		for (size_t lines = 1 + rng_below(&r, 8); lines > 0; lines--) {
			for (size_t k = rng_below(&r, 12); k > 0; k--)
				in[n++] = rng_below(&r, 3) == 0 ? '.' : 'a';
			in[n++] = '\r';
			in[n++] = '\n';
		}
		struct str rest = str_n(in, n);
		bool line_start = true;
		struct buf out;
		buf_init(&out, 4096);
		while (rest.n > 0)
			smtp_stuff(&rest, &line_start, out.n + 1 + rng_below(&r, 30), &out);
		struct str wire = buf_view(&out);
		while (wire.n > 0) {
			size_t end = str_find_byte(wire, '\n') + 1;
			bool dot = wire.p[0] == '.';
			assert_false(dot && end == 3);
			memcpy(back + at, wire.p + dot, end - dot);
			at += end - dot;
			wire = str_slice(wire, end, wire.n);
		}
		assert_int_equal(at, n);
		assert_memory_equal(back, in, n);
		buf_finish(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_stuff),
		cmocka_unit_test(test_stuff_random),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
