/* SPDX-License-Identifier: Apache-2.0
 * test_status.c: every outcome has a name of its own, a class and an HTTP code; words are kept. */
#include "base/status.h"

#include "base/test.h"

static void rows_are_whole(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ST_COUNT; i++) {
		enum status st = (enum status)i;
		assert_true(strlen(status_name(st)) > 1);
		assert_in_range(status_http(st), 200, 599);
		bool good = status_http(st) < 300;
		assert_int_equal(good, status_class(st) == STATUS_CLASS_DONE);
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(status_name(st), status_name((enum status)k));
	}
	assert_int_equal(ST_OK, 0);
	assert_int_equal(status_class(ST_UNCERTAIN),
			 STATUS_CLASS_HUMAN); /* never retried by itself */
}

static void words_are_kept(void **state)
{
	(void)state;
	struct err e;
	assert_int_equal(err_set(&e, ST_NOT_FOUND, "lead %d is unknown", 7), ST_NOT_FOUND);
	assert_int_equal(e.status, ST_NOT_FOUND);
	assert_string_equal(e.text, "lead 7 is unknown");
	assert_int_equal(err_wrap(&e, "explain %s", "x"), ST_NOT_FOUND);
	assert_string_equal(e.text, "explain x: lead 7 is unknown");
	err_clear(&e);
	assert_int_equal(e.status, ST_OK);
	assert_string_equal(e.text, "");
	assert_int_equal(err_set(NULL, ST_IO, "nobody listens"), ST_IO);
	err_clear(NULL);
}

static void long_words_are_cut(void **state)
{
	(void)state;
	struct err e;
	(void)err_set(&e, ST_IO, "%2000d", 1);
	assert_int_equal(strlen(e.text), sizeof e.text - 1);
	(void)err_wrap(&e, "%2000d", 2);
	assert_int_equal(strlen(e.text), sizeof e.text - 1);
	assert_int_equal(e.status, ST_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(words_are_kept),
		cmocka_unit_test(long_words_are_cut),
	};
	return cmocka_run_group_tests_name("base_status", tests, NULL, NULL);
}
