/* SPDX-License-Identifier: Apache-2.0
 * test_polite.c: who gives way, and when. */
#include "base/polite.h"

#include "base/clock.h"
#include "base/test.h"

static void gives_way_when_it_is_wanted(void **state)
{
	struct polite p = {false};
	(void)state;
	int64_t since = 0, before = clock_mono_us();
	assert_false(polite_pause(&p, &since));
	assert_int_equal(since, 0);
	polite_want(&p, true);
	assert_true(polite_pause(&p, &since));
	assert_true(since >= before);
	polite_want(&p, false);
	since = 0;
	assert_false(polite_pause(&p, &since));
	assert_false(polite_pause(NULL, &since));
}

static void not_more_often_than_it_is_worth(void **state)
{
	struct polite p = {false};
	(void)state;
	int64_t hour = 3600 * INT64_C(1000000), since = clock_mono_us() + hour, then = since;
	polite_want(&p, true);
	assert_false(polite_pause(&p, &since));
	assert_int_equal(since, then);
	polite_want(&p, false);
}

static void as_often_as_one_says(void **state)
{
	struct polite p = {.bite_us = 10};
	(void)state;
	int64_t since = clock_mono_us() - 11;
	polite_want(&p, true);
	assert_true(polite_pause(&p, &since));
	p.bite_us = 1000 * 1000000;
	assert_false(polite_pause(&p, &since));
	polite_want(&p, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_way_when_it_is_wanted),
		cmocka_unit_test(not_more_often_than_it_is_worth),
		cmocka_unit_test(as_often_as_one_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
