/* SPDX-License-Identifier: Apache-2.0
 * test_json_members.c: names and types, and what is said of those that are wrong. */
#include "base/json_members.h"

#include "base/test.h"

static const struct json_member may[] = {{"name", JSON_STRING},
					 {"n", JSON_NUMBER},
					 {"all", JSON_TRUE},
					 {"list", JSON_ARRAY},
					 {"of", JSON_OBJECT}};

static void names_and_types(void **state)
{
	static const struct {
		const char *json, *want; /* NULL: it is taken */
	} rows[] = {
		{"{}", NULL},
		{"{\"name\":\"\",\"n\":1.5,\"all\":false,\"list\":[{}],\"of\":{\"x\":1}}", NULL},
		{"{\"n\\u0061me\":\"x\"}", NULL},
		{"{\"all\":true}", NULL},
		{"[]", "the body must be an object: {...}"},
		{"\"name\"", "the body must be an object: {...}"},
		{"{\"name\":null}", "name must be a text"},
		{"{\"name\":\"x\",\"n\":\"5\"}", "n must be a number"},
		{"{\"all\":1}", "all must be true or false"},
		{"{\"list\":{}}", "list must be a list"},
		{"{\"of\":[]}", "of must be an object"},
		{"{\"name\":\"x\",\"names\":\"y\"}",
		 "there is no \"names\" here: the body may hold name, n, all, list, of"},
		{"{\"\":1}", "there is no \"\" here: the body may hold name, n, all, list, of"},
		{"{\"\\u001b\":1}",
		 "there is no \"\\u001b\" here: the body may hold name, n, all, list, of"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena a;
		struct json d;
		struct err e = {0};
		arena_init(&a, 1 << 20);
		assert_int_equal(json_parse(str_of(rows[i].json), JSON_LIMITS_EVENT, &a, &d, &e),
				 ST_OK);
		enum status st = json_members(&d, 0, "the body", may, COUNT_OF(may), &e);
		assert_int_equal(st, rows[i].want ? ST_INVALID : ST_OK);
		check_str(rows[i].json, str_of(e.text), rows[i].want ? rows[i].want : "");
		arena_finish(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_types),
	};
	return cmocka_run_group_tests_name("base_json_members", tests, NULL, NULL);
}
