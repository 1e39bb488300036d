/* SPDX-License-Identifier: Apache-2.0
 * test_str.c: borrowed strings: searching, cutting, numbers, UTF-8, distance. */
#include "base/test.h"

#include "base/random.h"

#include <math.h>
#include <stdlib.h>

static void searches(void **state)
{
	(void)state;
	static const struct {
		const char *in, *needle;
		size_t at;
	} rows[] = {
		{"", "", 0},     {"", "a", 0},    {"abc", "", 0},   {"abc", "abc", 0},
		{"abc", "c", 2}, {"abc", "d", 3}, {"aab", "ab", 1}, {"ab", "abc", 2},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(rows[i].needle,
			  str_find(str_of(rows[i].in), str_of(rows[i].needle)) == rows[i].at);
	assert_int_equal(str_find_byte(STR("a\0b"), '\0'), 1);
	assert_int_equal(str_find_byte(STR_NULL, 'a'), 0);
}

static void compares(void **state)
{
	(void)state;
	assert_true(str_cmp(STR("a"), STR("b")) < 0);
	assert_true(str_cmp(STR("ab"), STR("a")) > 0);
	assert_true(str_cmp(STR("\x80"), STR("a")) > 0); /* bytes are unsigned */
	assert_int_equal(str_cmp(STR_NULL, STR("")), 0);
	assert_true(str_eq_nocase(STR("Ab-9"), STR("aB-9")));
	assert_false(str_eq_nocase(STR("\xc3\x84"), STR("\xc3\xa4"))); /* ASCII only */
	assert_false(str_eq_nocase(STR("@"), STR("`")));
	assert_true(str_starts(STR("abc"), STR("ab")) && !str_starts(STR("a"), STR("ab")));
	assert_true(str_ends(STR("abc"), STR("bc")) && !str_ends(STR("c"), STR("bc")));
	assert_true(str_starts(STR_NULL, STR_NULL) && str_ends(STR_NULL, STR_NULL));
}

static void trims_and_slices(void **state)
{
	(void)state;
	check_str("trim", str_trim(STR(" \t\r\n a b \v\f")), "a b");
	check_str("trim nothing", str_trim(STR("   ")), "");
	check_str("slice", str_slice(STR("abcdef"), 2, 4), "cd");
	check_str("slice clamped", str_slice(STR("abc"), 1, 99), "bc");
	check_str("slice crossed", str_slice(STR("abc"), 2, 1), "");
	check_str("slice behind", str_slice(STR("abc"), 9, 12), "");
	check_str("upto, all of it", str_upto(STR("abc"), 3), "abc");
	check_str("upto", str_upto(STR("abc"), 2), "ab");
	check_str("upto, between characters", str_upto(STR("a\xc3\xa4z"), 3), "a\xc3\xa4");
	check_str("upto, not half a character", str_upto(STR("a\xe2\x82\xacz"), 3), "a");
	check_str("upto, nothing but tails", str_upto(STR("\x80\x80\x80"), 2), "");
}

static void cuts(void **state)
{
	(void)state;
	struct str rest = STR("a,,b");
	check_str("first", str_cut(&rest, ','), "a");
	check_str("empty field", str_cut(&rest, ','), "");
	check_str("last", str_cut(&rest, ','), "b");
	assert_null(rest.p);
	rest = STR("a,");
	check_str("before the end", str_cut(&rest, ','), "a");
	assert_non_null(rest.p); /* an empty field is still to come */
	check_str("empty last field", str_cut(&rest, ','), "");
	assert_null(rest.p);
}

static void reads_integers(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		bool ok;
		int64_t value;
	} rows[] = {
		{"0", true, 0},
		{"-1", true, -1},
		{"007", true, 7},
		{"9223372036854775807", true, INT64_MAX},
		{"-9223372036854775808", true, INT64_MIN},
		{"9223372036854775808", false, 0},
		{"-9223372036854775809", false, 0},
		{"99999999999999999999", false, 0},
		{"", false, 0},
		{"-", false, 0},
		{"--1", false, 0},
		{"+1", false, 0},
		{" 1", false, 0},
		{"1 ", false, 0},
		{"0x1", false, 0},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int64_t v = 0;
		CHECK_ROW(rows[i].in, str_to_i64(str_of(rows[i].in), &v) == rows[i].ok);
		CHECK_ROW(rows[i].in, v == rows[i].value); /* untouched on failure */
	}
	uint64_t u = 0;
	assert_true(str_to_u64(STR("18446744073709551615"), &u) && u == UINT64_MAX);
	assert_false(str_to_u64(STR("18446744073709551616"), &u));
}

static void reads_numbers(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		bool ok;
		double value;
	} rows[] = {
		{"0", true, 0.0},          {"-0.5", true, -0.5}, {"1e3", true, 1000.0},
		{"1.25E-2", true, 0.0125}, {"01", false, 0.0},   {"1.", false, 0.0},
		{".5", false, 0.0},        {"1e", false, 0.0},   {"1e999", false, 0.0},
		{"nan", false, 0.0},       {"inf", false, 0.0},  {"0x10", false, 0.0},
		{"1,5", false, 0.0},       {"", false, 0.0},     {"-", false, 0.0},
		{"1e-400", true, 0.0},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		double v = 0.0;
		CHECK_ROW(rows[i].in, str_to_f64(str_of(rows[i].in), &v) == rows[i].ok);
		CHECK_ROW(rows[i].in, fabs(v - rows[i].value) < 1e-15);
	}
}

static void rounds_as_the_library(void **state)
{
	(void)state;
	static const char *const edges[] = {"-0",
					    "9007199254740991",
					    "9007199254740993",
					    "900719925474099.3",
					    "9.007199254740993",
					    "0.1",
					    "123456789012.345",
					    "0.00000000000000012",
					    "179769313486231570000",
					    "4.35",
					    "0.000000000000000001",
					    "1234567890.1234567890"};
	struct rng r;
	rng_seed(&r, 7);
	for (size_t i = 0; i < COUNT_OF(edges) + 20000; i++) {
		char text[64];
		double got = 1, want;
		if (i < COUNT_OF(edges))
			(void)snprintf(text, sizeof text, "%s", edges[i]);
		else
			(void)snprintf(text, sizeof text, "%s%llu.%0*llu", i % 2 ? "-" : "",
				       (unsigned long long)(rng_u64(&r) >> (24 + i % 40)),
				       (int)(i % 9) + 1, (unsigned long long)(rng_u64(&r) % 10));
		want = strtod(text, NULL);
		CHECK_ROW(text, str_to_f64(str_of(text), &got));
		CHECK_ROW(text, got == want && signbit(got) == signbit(want));
	}
}

static void knows_utf8(void **state)
{
	(void)state;
	static const struct {
		struct str in;
		bool ok;
	} rows[] = {
		{{"", 0}, true},
		{{"a\0b", 3}, true},
		{{"\xc3\xa4", 2}, true},
		{{"\xe2\x82\xac", 3}, true},
		{{"\xf0\x9f\x98\x80", 4}, true},
		{{"\xf4\x8f\xbf\xbf", 4}, true},  /* U+10FFFF */
		{{"\xf4\x90\x80\x80", 4}, false}, /* above it */
		{{"\xc0\x80", 2}, false},         /* overlong NUL */
		{{"\xc1\xbf", 2}, false},         /* overlong */
		{{"\xe0\x9f\xbf", 3}, false},     /* overlong */
		{{"\xf0\x8f\xbf\xbf", 4}, false}, /* overlong */
		{{"\xed\xa0\x80", 3}, false},     /* surrogate */
		{{"\xed\x9f\xbf", 3}, true},      /* the last before surrogates */
		{{"\x80", 1}, false},             /* a tail alone */
		{{"\xc3", 1}, false},             /* cut short */
		{{"\xe2\x82", 2}, false},         /* cut short */
		{{"\xc3\xa4\xff", 3}, false},     /* never a byte of UTF-8 */
		{{"\xf5\x80\x80\x80", 4}, false},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (str_utf8_valid(rows[i].in) != rows[i].ok)
			fail_msg("row %zu", i);
}

static void measures_distance(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		unsigned want;
	} rows[] = {
		{"", "", 0},
		{"", "abc", 3},
		{"abc", "", 3},
		{"abc", "abc", 0},
		{"abc", "abd", 1},
		{"abc", "acb", 1}, /* swapped neighbours */
		{"ab", "ba", 1},
		{"kitten", "sitting", 3},
		{"openned", "opened", 1},
		{"ca", "abc", 3}, /* restricted: no edit between swapped letters */
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CHECK_ROW(rows[i].a,
			  str_distance(str_of(rows[i].a), str_of(rows[i].b)) == rows[i].want);
		CHECK_ROW(rows[i].b,
			  str_distance(str_of(rows[i].b), str_of(rows[i].a)) == rows[i].want);
	}
	char longer[200];
	memset(longer, 'x', sizeof longer);
	assert_int_equal(str_distance(str_n(longer, 200), str_n(longer, 100)), 0); /* cut to 64 */
}

/* Every byte at every place of a text of two words and a half, before and behind other odd ones. */
static void runs_over_plain_text(void **state)
{
	(void)state;
	char text[20];
	for (unsigned c = 0; c < 256; c++)
		for (size_t at = 0; at < sizeof text; at++) {
			bool plain = c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
			memset(text, 'x', sizeof text);
			text[at] = (char)c;
			size_t want = plain ? sizeof text : at;
			assert_int_equal(str_plain_run(str_n(text, sizeof text)), want);
			assert_int_equal(str_plain_run(str_n(text, at)), at);
			memset(text + at + 1, '\x1f', sizeof text - at - 1);
			want = plain ? at + 1 : at;
			assert_int_equal(str_plain_run(str_n(text, sizeof text)), want);
		}
	assert_int_equal(str_plain_run(STR_NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(searches),
		cmocka_unit_test(compares),
		cmocka_unit_test(trims_and_slices),
		cmocka_unit_test(cuts),
		cmocka_unit_test(reads_integers),
		cmocka_unit_test(reads_numbers),
		cmocka_unit_test(rounds_as_the_library),
		cmocka_unit_test(knows_utf8),
		cmocka_unit_test(measures_distance),
		cmocka_unit_test(runs_over_plain_text),
	};
	return cmocka_run_group_tests_name("base_str", tests, NULL, NULL);
}
