/* SPDX-License-Identifier: Apache-2.0
 * test_clock.c: time that is played forward: everybody's now is, intervals and what others stamp
 * are not. */
#include "base/clock.h"

#include "base/test.h"
#include "base/time.h"

static void is_played_forward(void **state)
{
	(void)state;
	int64_t real = clock_real_us(), mono = clock_mono_us();
	clock_shift(5 * US_PER_D);
	assert_int_equal(clock_shifted_us(), 5 * US_PER_D);
	assert_true(clock_now_us() >= real + 5 * US_PER_D);
	assert_true(clock_now_us() < real + 6 * US_PER_D);
	assert_true(clock_real_us() < real + US_PER_D);
	assert_true(clock_mono_us() < mono + US_PER_D);
	clock_shift(0);
	assert_true(clock_now_us() < real + US_PER_D);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(is_played_forward)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
