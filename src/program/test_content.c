/* SPDX-License-Identifier: Apache-2.0
 * test_content.c: the index of content: a persona's file before everybody's, keys, and the row. */
#include "base/test.h"

#include "program/content.h"

static const struct content_file files[] = {
	{STR("digest"), STR("plain"), STR_NULL, 1, STR("a1")},
	{STR("route-cost"), STR("benchmark"), STR_NULL, 2, STR("b2")},
	{STR("route-cost"), STR("benchmark"), STR("ops"), 1, STR("c3")},
	{STR("route-cost"), STR("story"), STR("ops"), 1, STR("d4")},
};
static const struct content_index ix = {files, COUNT_OF(files)};

static void test_find(void **state)
{
	static const struct {
		const char *message, *angle, *persona;
		int at; /* -1: none */
	} rows[] = {
		{"digest", "plain", "", 0},
		{"digest", "plain", "ops", 0},
		{"route-cost", "benchmark", "", 1},
		{"route-cost", "benchmark", "ops", 2},
		{"route-cost", "benchmark", "it", 1},
		{"route-cost", "story", "", -1},
		{"route-cost", "story", "ops", 3},
		{"route", "story", "ops", -1},
		{"zzz", "plain", "", -1},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct content_file *f =
			content_find(&ix, str_of(rows[i].message), str_of(rows[i].angle),
				     str_of(rows[i].persona));
		CHECK_ROW(rows[i].angle, f == (rows[i].at < 0 ? NULL : &files[rows[i].at]));
	}
}

static void test_keys(void **state)
{
	(void)state;
	uint64_t key = content_key(STR("m"), STR("a"), 0);
	assert_true(key == content_key(STR("m"), STR("a"), 0));
	assert_true(key != content_key(STR("m"), STR("a"), 1));
	assert_true(key != content_key(STR("m"), STR("b"), 0));
	assert_true(key != content_key(STR("n"), STR("a"), 0));
	assert_true(content_key(STR("ma"), STR(""), 0) != content_key(STR("m"), STR("a"), 0));
}

static enum status decode(const char *text, struct arena *a, struct content_index *out)
{
	struct json d;
	struct err e;
	if (json_parse(str_of(text), JSON_LIMITS_EVENT, a, &d, &e) != ST_OK)
		fail_msg("%s", e.text);
	return content_index_decode(&d, 0, a, out, &e);
}

static void test_row(void **state)
{
	static const char *const bad[] = {
		"{}",
		"[1]",
		"[{\"m\":\"a\"}]",
		"[{\"m\":\"a\",\"a\":\"b\",\"p\":\"\",\"s\":99,\"h\":\"x\"}]",
		"[{\"m\":\"b\",\"a\":\"b\",\"p\":\"\",\"s\":1,\"h\":\"x\"},"
		"{\"m\":\"a\",\"a\":\"b\",\"p\":\"\",\"s\":1,\"h\":\"x\"}]",
	};
	struct arena a;
	struct buf b;
	struct content_index back;
	(void)state;
	arena_init(&a, 1u << 20);
	buf_init_arena(&b, &a, 1u << 16);
	content_index_encode(&ix, &b);
	buf_byte(&b, 0);
	assert_int_equal(decode(b.p, &a, &back), ST_OK);
	assert_int_equal(back.n, ix.n);
	for (size_t i = 0; i < ix.n; i++) {
		assert_true(str_eq(back.files[i].message, files[i].message));
		assert_true(str_eq(back.files[i].angle, files[i].angle));
		assert_true(str_eq(back.files[i].persona, files[i].persona));
		assert_true(str_eq(back.files[i].hash, files[i].hash));
		assert_int_equal(back.files[i].subjects_n, files[i].subjects_n);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		CHECK_ROW(bad[i], decode(bad[i], &a, &back) == ST_CORRUPT);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_row),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
