/* SPDX-License-Identifier: Apache-2.0
 * test_render.c: what is read of a record holds for damaged ones too. */
#include "cli/render.h"

#include "base/test.h"

/* A record as it should be has a place in the list; any other number is none, or too far. */
static void test_told_by(void **state)
{
	static const struct {
		const char *text_of;
		int at; /* of the list; -1: nowhere */
	} rows[] = {{"null", 2},
		    {"0", 0},
		    {"1", 1},
		    {"2", 2},
		    {"3", -1},
		    {"-1", 2},
		    {"-1e300", 2},
		    {"1e300", 2},
		    {"0.5", 2},
		    {"\"0\"", 2},
		    {"9007199254740991", -1}};
	struct arena a;
	(void)state;
	arena_init(&a, 1u << 20);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct json d;
		struct err e;
		struct str text = arena_printf(
			&a, "[{\"at\":0},{\"at\":1},{\"at\":2,\"text_of\":%s}]", rows[i].text_of);
		assert_int_equal(json_parse(text, JSON_LIMITS_EVENT, &a, &d, &e), ST_OK);
		uint32_t got = render_told_by(&d, 0, json_at(&d, 0, 2), "text_of");
		if (rows[i].at < 0)
			assert_int_equal(got, JSON_NONE);
		else
			assert_int_equal(render_number(&d, got, "at"), rows[i].at);
	}
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_told_by),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
