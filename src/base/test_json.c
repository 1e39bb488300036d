/* SPDX-License-Identifier: Apache-2.0
 * test_json.c: the reader takes RFC 8259 and nothing else, within its ceilings. */
#include "base/json.h"

#include "base/test.h"

static enum status parse(struct str text, struct arena *a, struct json *d, struct err *e)
{
	err_clear(e);
	return json_parse(text, JSON_LIMITS_EVENT, a, d, e);
}

static void takes_what_is_json(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"null",
		" true ",
		"\t\r\nfalse",
		"0",
		"-0",
		"-1.5e+10",
		"\"\"",
		"[]",
		"{}",
		"[[],{}]",
		"{\"\":{\"\":[]}}",
		"[1,2,3]",
		"\"\\ud83d\\ude00\"",
		"\"\\u00e4\\/\\b\"",
		"{\"a\":1,\"b\":1}",
		"123456789012345678901234567890",
		"\"\x7f\"",
		"[null,true,false]",
	};
	struct arena a;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct json d;
		struct err e;
		enum status st = parse(str_of(rows[i]), &a, &d, &e);
		if (st != ST_OK)
			fail_msg("%s: %s", rows[i], e.text);
	}
	arena_finish(&a);
}

static void refuses_the_rest(void **state)
{
	(void)state;
	static const struct {
		struct str in;
		const char *says;
	} rows[] = {
		{STR(""), "a value is missing at byte 1"},
		{STR("  "), "a value is missing at byte 3"},
		{STR("nul"), "unexpected character"},
		{STR("nulll"), "bytes after the end at byte 5"},
		{STR("{} {}"), "bytes after the end at byte 4"},
		{STR("[1,]"), "unexpected character"},
		{STR("[1 2]"), "a comma is missing"},
		{STR("[,1]"), "unexpected character"},
		{STR("["), "unfinished object or array"},
		{STR("[1}"), "a comma is missing"},
		{STR("{\"a\"}"), "a colon is missing"},
		{STR("{a:1}"), "a key in double quotes is missing"},
		{STR("{'a':1}"), "a key in double quotes is missing"},
		{STR("{\"a\":1,}"), "a key in double quotes is missing"},
		{STR("{\"a\":}"), "unexpected character"},
		{STR("{\"a\":1,\"a\":2}"), "same key twice"},
		{STR("{\"a\":1,\"\\u0061\":2}"), "same key twice"},
		{STR("01"), "leading zero"},
		{STR("-"), "unexpected character"},
		{STR("+1"), "unexpected character"},
		{STR(".5"), "unexpected character"},
		{STR("1."), "after its point"},
		{STR("1e"), "in its exponent"},
		{STR("1e999"), "out of range"},
		{STR("1234567890123456789012345678901234567890123456789012345678901234"),
		 "out of range"}, /* 64 digits; 63 are a number */
		{STR("NaN"), "unexpected character"},
		{STR("Infinity"), "unexpected character"},
		{STR("\"abc"), "unfinished string"},
		{STR("\"\\"), "unfinished escape"},
		{STR("\"\\x\""), "unknown escape"},
		{STR("\"\\\0\""), "unknown escape"},
		{STR("\"\\u12g4\""), "four hex digits"},
		{STR("\"\\u12"), "four hex digits"},
		{STR("\"\\u0000\""), "\\u0000"},
		{STR("\"\\ud83d\""), "lone surrogate"},
		{STR("\"\\ud83d\\u0041\""), "lone surrogate"},
		{STR("\"\\ude00\""), "lone surrogate"},
		{STR("\"\n\""), "raw control character"},
		{STR("\"\0\""), "raw control character"},
		{STR("\"\xff\""), "not UTF-8"},
		{STR("\"\xc3\""), "not UTF-8"},
		{STR("\"\xed\xa0\x80\""), "not UTF-8"},
		{STR("\xef\xbb\xbf{}"), "unexpected character"}, /* a byte order mark */
		{STR("/* a */ 1"), "unexpected character"},
		{STR("[1]\0"), "bytes after the end"},
	};
	struct arena a;
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct json d;
		struct err e;
		if (parse(rows[i].in, &a, &d, &e) != ST_INVALID ||
		    strstr(e.text, rows[i].says) == NULL)
			fail_msg(STR_FMT ": want \"%s\", got \"%s\"", STR_ARG(rows[i].in),
				 rows[i].says, e.text);
	}
	arena_finish(&a);
}

static void holds_its_ceilings(void **state)
{
	(void)state;
	static char text[200000];
	struct arena a;
	struct json d;
	struct err e;
	arena_init(&a, 1 << 20);
	memset(text, '[', 100);
	memset(text + 100, ']', 100);
	assert_int_equal(parse(str_n(text + 68, 64), &a, &d, &e), ST_OK);
	assert_int_equal(parse(str_n(text + 67, 66), &a, &d, &e), ST_LIMIT);
	memset(text, '[', sizeof text); /* depth costs no C stack */
	assert_int_equal(parse(str_n(text, sizeof text), &a, &d, &e), ST_LIMIT);
	for (size_t i = 1; i < sizeof text; i += 2)
		memcpy(text + i, "0,", i + 1 < sizeof text ? 2 : 1);
	assert_int_equal(parse(str_n(text, sizeof text), &a, &d, &e),
			 ST_LIMIT); /* tokens or memory */
	arena_finish(&a);
	arena_init(&a, 4096);
	assert_int_equal(parse(str_n(text, sizeof text), &a, &d, &e), ST_LIMIT);
	arena_finish(&a);
}

/* More keys than are compared pair by pair, and keys that are hard to tell apart. */
static void finds_keys_in_a_crowd(void **state)
{
	(void)state;
	struct arena a;
	struct buf b;
	struct json d;
	struct err e;
	int64_t v = -1;
	arena_init(&a, 1 << 20);
	buf_init(&b, 1 << 16);
	buf_byte(&b, '{');
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%s\"key%d\":%d", i ? "," : "", i, i);
	size_t open = b.n;
	buf_byte(&b, '}');
	assert_int_equal(parse(buf_view(&b), &a, &d, &e), ST_OK);
	assert_int_equal(json_count(&d, 0), 1000);
	assert_true(json_i64(&d, json_get(&d, 0, "key777"), &v) && v == 777);
	assert_int_equal(json_get(&d, 0, "key1000"), JSON_NONE);
	b.n = open;
	buf_z(&b, ",\"key500\":0}");
	assert_int_equal(parse(buf_view(&b), &a, &d, &e), ST_INVALID);
	assert_non_null(strstr(e.text, "same key twice"));
	buf_finish(&b);
	arena_finish(&a);
}

static void walks(void **state)
{
	(void)state;
	struct arena a;
	struct json d;
	struct err e;
	arena_init(&a, 1 << 20);
	assert_int_equal(parse(STR("{\"a\":[1,[2],{\"x\":3}],\"b\":{},\"c\":\"z\"}"), &a, &d, &e),
			 ST_OK);
	static const char *const keys[] = {"a", "b", "c"};
	static const char *const raws[] = {"[1,[2],{\"x\":3}]", "{}", "\"z\""};
	size_t n = 0;
	for (uint32_t v = json_first(&d, 0); v != JSON_NONE; v = json_next(&d, 0, v), n++) {
		check_str(keys[n], json_str(&d, json_key(&d, v), &a), keys[n]);
		check_str(keys[n], json_raw(&d, v), raws[n]);
	}
	assert_int_equal(n, 3);
	uint32_t list = json_get(&d, 0, "a");
	n = 0;
	for (uint32_t v = json_first(&d, list); v != JSON_NONE; v = json_next(&d, list, v))
		n++;
	assert_int_equal(n, 3);
	assert_int_equal(json_first(&d, json_get(&d, 0, "b")), JSON_NONE);
	assert_int_equal(json_first(&d, json_get(&d, 0, "c")), JSON_NONE);
	assert_int_equal(json_get(&d, list, "a"), JSON_NONE); /* no object */
	assert_int_equal(json_get(&d, JSON_NONE, "a"), JSON_NONE);
	assert_int_equal(json_type(&d, JSON_NONE), JSON_NULL);
	assert_false(json_is(&d, JSON_NONE, JSON_NULL));
	arena_finish(&a);
}

static void reads_values(void **state)
{
	(void)state;
	struct arena a;
	struct json d;
	struct err e;
	double f = 0.0;
	int64_t i = 0;
	bool t = false;
	arena_init(&a, 1 << 20);
	assert_int_equal(
		parse(STR("[\"a\\u20ac\\ud83d\\ude00\\n\",3.0,3.5,9223372036854775807,true,1e30]"),
		      &a, &d, &e),
		ST_OK);
	check_str("escapes", json_str(&d, 1, &a), "a\xe2\x82\xac\xf0\x9f\x98\x80\n");
	assert_true(json_i64(&d, 2, &i) && i == 3);
	assert_false(json_i64(&d, 3, &i));
	assert_true(json_i64(&d, 4, &i) && i == INT64_MAX);
	assert_false(json_i64(&d, 6, &i));
	assert_true(json_f64(&d, 3, &f) && f > 3.4 && f < 3.6);
	assert_true(json_bool(&d, 5, &t) && t);
	assert_false(json_bool(&d, 1, &t) || json_f64(&d, 1, &f) || json_i64(&d, 1, &i));
	assert_null(json_str(&d, 2, &a).p);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_is_json),
		cmocka_unit_test(refuses_the_rest),
		cmocka_unit_test(holds_its_ceilings),
		cmocka_unit_test(finds_keys_in_a_crowd),
		cmocka_unit_test(walks),
		cmocka_unit_test(reads_values),
	};
	return cmocka_run_group_tests_name("base_json", tests, NULL, NULL);
}
