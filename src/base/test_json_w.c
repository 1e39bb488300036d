/* SPDX-License-Identifier: Apache-2.0
 * test_json_w.c: what the writer writes, the strict reader takes. */
#include "base/json.h"

#include "base/test.h"
#include "base/time.h"

#include <math.h>

static void puts_commas_where_they_belong(void **state)
{
	(void)state;
	struct buf b;
	struct json_w w;
	buf_init(&b, 4096);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_ki64(&w, "a", -1);
	json_w_key(&w, "list");
	json_w_array(&w);
	json_w_array(&w);
	json_w_end(&w);
	json_w_object(&w);
	json_w_end(&w);
	json_w_null(&w);
	json_w_u64(&w, UINT64_MAX);
	json_w_end(&w);
	json_w_kbool(&w, "b", true);
	json_w_kz(&w, "z", NULL);
	json_w_key(&w, "raw");
	json_w_raw(&w, STR("[1]"));
	json_w_ktime(&w, "t", 0);
	json_w_ktime(&w, "never", TIME_NONE);
	json_w_kf64(&w, "nan", (double)NAN);
	json_w_kf64(&w, "f", 0.5);
	json_w_end(&w);
	check_str("all", buf_view(&b),
		  "{\"a\":-1,\"list\":[[],{},null,18446744073709551615],\"b\":true,\"z\":null,"
		  "\"raw\":[1],"
		  "\"t\":\"1970-01-01T00:00:00.000Z\",\"never\":null,\"nan\":null,\"f\":0.5}");
	buf_finish(&b);
}

static void escapes_text(void **state)
{
	(void)state;
	static const struct {
		struct str in;
		const char *want;
	} rows[] = {
		{STR(""), "\"\""},
		{STR("a\"b\\c/"), "\"a\\\"b\\\\c/\""},
		{STR("\n\r\t\x01\x1f\0"), "\"\\n\\r\\t\\u0001\\u001f\\u0000\""},
		{STR("\xc3\xa4\x7f"), "\"\xc3\xa4\x7f\""},
		{STR("a\xff"
		     "b"),
		 "\"a\xef\xbf\xbd"
		 "b\""},                                           /* never a byte of UTF-8 */
		{STR("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\""}, /* cut short */
	};
	struct buf b;
	buf_init(&b, 4096);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct json_w w;
		buf_reset(&b);
		json_w_init(&w, &b);
		json_w_str(&w, rows[i].in);
		check_str(rows[i].want, buf_view(&b), rows[i].want);
	}
	buf_finish(&b);
}

static void survives_the_reader(void **state)
{
	(void)state;
	struct buf b;
	struct json_w w;
	struct arena a;
	struct json d;
	struct err e;
	char all[255];
	buf_init(&b, 1 << 20);
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof all; i++)
		all[i] = (char)(i + 1); /* every byte but NUL, most of them no UTF-8 */
	json_w_init(&w, &b);
	json_w_array(&w);
	for (size_t from = 0; from < sizeof all; from++)
		json_w_str(&w, str_n(all + from, sizeof all - from));
	json_w_end(&w);
	if (json_parse(buf_view(&b), JSON_LIMITS_EVENT, &a, &d, &e) != ST_OK)
		fail_msg("%s", e.text);
	assert_int_equal(json_count(&d, 0), sizeof all);
	arena_finish(&a);
	buf_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_commas_where_they_belong),
		cmocka_unit_test(escapes_text),
		cmocka_unit_test(survives_the_reader),
	};
	return cmocka_run_group_tests_name("base_json_w", tests, NULL, NULL);
}
