/* SPDX-License-Identifier: Apache-2.0
 * test_time.c: instants as text and back, durations, and powers of two that are the same
 * everywhere. */
#include "base/time.h"

#include "base/random.h"
#include "base/test.h"

#include <math.h>

static void reads_instants(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out; /* out NULL: refused */
	} rows[] = {
		{"1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"},
		{"2026-11-21t07:00:00z", "2026-11-21T07:00:00.000Z"},
		{"2026-11-21 07:00:00Z", "2026-11-21T07:00:00.000Z"},
		{"2026-11-21T07:00:00.5Z", "2026-11-21T07:00:00.500Z"},
		{"2026-11-21T07:00:00.123456789Z", "2026-11-21T07:00:00.123456Z"},
		{"2026-11-21T07:00:00+02:00", "2026-11-21T05:00:00.000Z"},
		{"2026-11-21T23:30:00-05:30", "2026-11-22T05:00:00.000Z"},
		{"2024-02-29T12:00:00Z", "2024-02-29T12:00:00.000Z"},
		{"2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z"},
		{"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"},
		{"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
		{"2023-02-29T12:00:00Z", NULL},
		{"1900-02-29T12:00:00Z", NULL},
		{"2026-13-01T00:00:00Z", NULL},
		{"2026-00-01T00:00:00Z", NULL},
		{"2026-11-31T00:00:00Z", NULL},
		{"2026-11-00T00:00:00Z", NULL},
		{"0000-01-01T00:00:00Z", NULL},
		{"2026-11-21T24:00:00Z", NULL},
		{"2026-11-21T23:60:00Z", NULL},
		{"2026-11-21T23:59:60Z", NULL},
		{"2026-11-21T07:00:00", NULL},
		{"2026-11-21T07:00Z", NULL},
		{"2026-11-21T07:00:00.Z", NULL},
		{"2026-11-21T07:00:00.1234567890Z", NULL},
		{"2026-11-21T07:00:00+0200", NULL},
		{"2026-11-21T07:00:00+24:00", NULL},
		{"2026-11-21T07:00:00Zx", NULL},
		{"2026-11-21", NULL},
		{"-026-11-21T07:00:00Z", NULL},
		{"", NULL},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[TIME_TEXT_MAX];
		int64_t at = 7;
		bool ok = time_parse(str_of(rows[i].in), &at);
		CHECK_ROW(rows[i].in, ok == (rows[i].out != NULL));
		if (ok)
			check_str(rows[i].in, str_of(time_format(at, text)), rows[i].out);
		else
			CHECK_ROW(rows[i].in, at == 7); /* untouched */
	}
}

static void every_day_follows_the_last(void **state)
{
	(void)state;
	int64_t day = time_days_from_civil(1, 1, 1), last = time_days_from_civil(2500, 1, 1);
	struct civil before = time_civil(day * US_PER_D);
	int weekday = time_weekday(day * US_PER_D);
	for (day++; day < last; day++) {
		struct civil c = time_civil(day * US_PER_D + 86399999999);
		bool next =
			c.day == before.day + 1 && c.month == before.month && c.year == before.year;
		bool month = c.day == 1 && c.month == before.month + 1 && c.year == before.year;
		bool year = c.day == 1 && c.month == 1 && before.month == 12 &&
			    c.year == before.year + 1;
		assert_true(next || month || year);
		assert_true(time_days_from_civil(c.year, c.month, c.day) == day);
		assert_true(time_from_civil(&c) == day * US_PER_D + 86399999999);
		weekday = (weekday + 1) % 7;
		assert_int_equal(time_weekday(day * US_PER_D), weekday);
		before = c;
	}
	assert_int_equal(time_weekday(0), 4); /* a Thursday */
}

static void extremes_are_named(void **state)
{
	(void)state;
	char text[TIME_TEXT_MAX];
	assert_string_equal(time_format(INT64_MIN, text), "out of range");
	assert_string_equal(time_format(INT64_MAX, text), "out of range");
	assert_string_equal(time_format(-1, text), "1969-12-31T23:59:59.999999Z");
	assert_int_equal(time_day(-1), -1);
	assert_int_equal(time_day(US_PER_D - 1), 0);
}

static void reads_durations(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		bool ok;
		int64_t us;
	} rows[] = {
		{"14d", true, 14 * US_PER_D},
		{"90s", true, 90 * US_PER_S},
		{"1h30m", true, 90 * US_PER_M},
		{"2w", true, 14 * US_PER_D},
		{"0s", true, 0},
		{"", false, 0},
		{"14", false, 0},
		{"d", false, 0},
		{"14 days", false, 0},
		{"-1d", false, 0},
		{"1.5h", false, 0},
		{"1y", false, 0},
		{"1d ", false, 0},
		{"99999999999999d", false, 0},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int64_t us = 0;
		CHECK_ROW(rows[i].in, duration_parse(str_of(rows[i].in), &us) == rows[i].ok);
		CHECK_ROW(rows[i].in, us == rows[i].us);
	}
}

static void writes_durations(void **state)
{
	(void)state;
	static const struct {
		int64_t us;
		const char *want;
	} rows[] = {
		{0, "0s"},
		{2500000, "2.5s"},
		{US_PER_M, "1m"},
		{90 * US_PER_S, "1m 30s"},
		{90 * US_PER_M, "1h 30m"},
		{14 * US_PER_D, "14d"},
		{US_PER_D + US_PER_H, "1d 1h"},
		{-US_PER_H, "-1h"},
		{INT64_MIN + 1, "-106751991d 4h"},
		{INT64_MIN, "-106751991d 4h"},
	};
	char text[TIME_TEXT_MAX];
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_str(rows[i].want, str_of(duration_format(rows[i].us, text)), rows[i].want);
}

/* Against libm in long double: the promise is a relative error below 4e-16. */
static void powers_are_close(void **state)
{
	(void)state;
	struct rng r;
	rng_seed(&r, 3);
	for (int i = 0; i < 200000; i++) {
		double x = (rng_unit(&r) - 0.5) * (i % 2 ? 2000.0 : 8.0);
		long double want = exp2l((long double)x);
		long double off = fabsl(((long double)exp2_exact(x) - want) / want);
		if (off > 4e-16L)
			fail_msg("exp2(%.17g) is off by %Lg", x, off);
	}
	for (int i = -1022; i <= 1022; i++)
		assert_true(fabs(log2_exact(exp2_exact(i)) - i) < 1e-12);
	for (int i = 0; i < 200000; i++) {
		double x = exp2_exact((rng_unit(&r) - 0.5) * (i % 2 ? 2000.0 : 2.0));
		long double want = log2l((long double)x);
		long double off = fabsl((long double)log2_exact(x) - want);
		if (off > 4e-16L * (1.0L + fabsl(want)))
			fail_msg("log2(%.17g) is off by %Lg", x, off);
	}
}

static void powers_have_exact_points(void **state)
{
	(void)state;
	assert_true(exp2_exact(0.0) >= 1.0 && exp2_exact(0.0) <= 1.0);
	assert_true(exp2_exact(10.0) >= 1024.0 && exp2_exact(10.0) <= 1024.0);
	assert_true(exp2_exact(-2000.0) <= 0.0 && isinf(exp2_exact(2000.0)));
	assert_true(exp2_exact((double)NAN) <= 0.0);
	assert_true(fabs(log2_exact(8.0) - 3.0) <= 0.0);
	/* A half-life halves: once more than one, to the last bit. */
	double once = exp2_exact(-1.0);
	assert_true(once * 2.0 >= 1.0 && once * 2.0 <= 1.0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_instants),
		cmocka_unit_test(every_day_follows_the_last),
		cmocka_unit_test(extremes_are_named),
		cmocka_unit_test(reads_durations),
		cmocka_unit_test(writes_durations),
		cmocka_unit_test(powers_are_close),
		cmocka_unit_test(powers_have_exact_points),
	};
	return cmocka_run_group_tests_name("base_time", tests, NULL, NULL);
}
