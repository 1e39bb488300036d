/* SPDX-License-Identifier: Apache-2.0
 * test_rate.c: a burst, then one a step; what waited long enough may burst again. */
#include "base/test.h"

#include "base/rate.h"

static void test_burst_then_steps(void **state)
{
	_Atomic int64_t cell = 0;
	int64_t now = 5000000;
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(rate_wait_us(&cell, 100, 3, now), 0);
	assert_int_equal(rate_wait_us(&cell, 100, 3, now), 100);
	assert_int_equal(rate_wait_us(&cell, 100, 3, now), 100); /* a refusal costs nothing */
	assert_int_equal(rate_wait_us(&cell, 100, 3, now + 99), 1);
	assert_int_equal(rate_wait_us(&cell, 100, 3, now + 100), 0);
	assert_int_equal(rate_wait_us(&cell, 100, 3, now + 100), 100);
	now += 10000;
	for (int i = 0; i < 3; i++)
		assert_int_equal(rate_wait_us(&cell, 100, 3, now), 0);
	assert_true(rate_wait_us(&cell, 100, 3, now) > 0);
}

static void test_odd_settings(void **state)
{
	_Atomic int64_t cell = 0;
	(void)state;
	assert_int_equal(rate_wait_us(&cell, 0, 0, 10), 0); /* one a microsecond */
	assert_int_equal(rate_wait_us(&cell, 0, 0, 10), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst_then_steps),
		cmocka_unit_test(test_odd_settings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
