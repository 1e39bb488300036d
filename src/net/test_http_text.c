/* SPDX-License-Identifier: Apache-2.0
 * test_http_text.c: targets, queries, credentials and addresses, one row per way to get them
 * wrong. */
#include "net/http_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_target(void **state)
{
	(void)state;
	static const struct {
		const char *target;
		enum status st;
		const char *path, *query;
	} cases[] = {
		{"/", ST_OK, "/", ""},
		{"/a/b?x=1", ST_OK, "/a/b", "x=1"},
		{"/a?b?c", ST_OK, "/a", "b?c"},
		{"/a%20b", ST_OK, "/a b", ""},
		{"/a+b", ST_OK, "/a+b", ""},
		{"/%C3%A9", ST_OK, "/\xc3\xa9", ""},
		{"/a..b/...", ST_OK, "/a..b/...", ""},
		{"/a?../..", ST_OK, "/a", "../.."},
		{"", ST_INVALID, NULL, NULL},
		{"a", ST_INVALID, NULL, NULL},
		{"http://x/", ST_INVALID, NULL, NULL},
		{"/a b", ST_INVALID, NULL, NULL},
		{"/a#b", ST_INVALID, NULL, NULL},
		{"/\xc3\xa9", ST_INVALID, NULL, NULL},
		{"/a\x7f", ST_INVALID, NULL, NULL},
		{"/%", ST_INVALID, NULL, NULL},
		{"/%4", ST_INVALID, NULL, NULL},
		{"/%4x", ST_INVALID, NULL, NULL},
		{"/%00", ST_INVALID, NULL, NULL},
		{"/%0a", ST_INVALID, NULL, NULL},
		{"/%2F", ST_INVALID, NULL, NULL},
		{"/%2f", ST_INVALID, NULL, NULL},
		{"/%5C", ST_INVALID, NULL, NULL},
		{"/\\", ST_INVALID, NULL, NULL},
		{"/.", ST_INVALID, NULL, NULL},
		{"/a/..", ST_INVALID, NULL, NULL},
		{"/a/../b", ST_INVALID, NULL, NULL},
		{"/a/.%2e/b", ST_INVALID, NULL, NULL},
		{"/%c0%ae", ST_INVALID, NULL, NULL},
		{"/%ff", ST_INVALID, NULL, NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena a;
		struct err e;
		struct str path = STR_NULL, query = STR_NULL;
		arena_init(&a, 1 << 16);
		enum status st = http_target_parse(str_of(cases[i].target), &a, &path, &query, &e);
		if (st != cases[i].st)
			fail_msg("\"%s\": %s", cases[i].target, status_name(st));
		if (st == ST_OK && (!str_is(path, cases[i].path) || !str_is(query, cases[i].query)))
			fail_msg("\"%s\": \"" STR_FMT "\" \"" STR_FMT "\"", cases[i].target,
				 STR_ARG(path), STR_ARG(query));
		arena_finish(&a);
	}
}

static void test_query(void **state)
{
	(void)state;
	static const struct {
		const char *raw;
		enum status st;
		size_t count;
		const char *name, *value; /* of the last pair */
	} cases[] = {
		{"", ST_OK, 0, NULL, NULL},
		{"a=1", ST_OK, 1, "a", "1"},
		{"a", ST_OK, 1, "a", ""},
		{"a=", ST_OK, 1, "a", ""},
		{"=b", ST_OK, 1, "", "b"},
		{"a=1&b=2", ST_OK, 2, "b", "2"},
		{"&&a=1&&", ST_OK, 1, "a", "1"},
		{"a=b=c", ST_OK, 1, "a", "b=c"},
		{"a%3D=%26+%2B", ST_OK, 1, "a=", "& +"},
		{"a=%C3%A9", ST_OK, 1, "a", "\xc3\xa9"},
		{"a=%", ST_INVALID, 0, NULL, NULL},
		{"a=%g1", ST_INVALID, 0, NULL, NULL},
		{"a=%00", ST_INVALID, 0, NULL, NULL},
		{"%ff=a", ST_INVALID, 0, NULL, NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena a;
		struct err e;
		const struct http_pair *pairs;
		size_t n;
		arena_init(&a, 1 << 16);
		enum status st = http_query_parse(str_of(cases[i].raw), &a, &pairs, &n, &e);
		if (st != cases[i].st || (st == ST_OK && n != cases[i].count))
			fail_msg("\"%s\": %s, %zu", cases[i].raw, status_name(st), n);
		if (st == ST_OK && n > 0) {
			assert_true(str_is(pairs[n - 1].name, cases[i].name));
			assert_true(str_is(pairs[n - 1].value, cases[i].value));
		}
		arena_finish(&a);
	}
}

static void test_credentials(void **state)
{
	(void)state;
	static const struct {
		const char *header;
		bool basic, bearer;
		const char *token, *password;
	} cases[] = {
		{"Basic a2V5Og==", true, false, "key", ""},
		{"basic a2V5OnB3", true, false, "key", "pw"},
		{"Basic   a2V5Og==", true, false, "key", ""},
		{"Basic a2V5OmE6Yg==", true, false, "key", "a:b"},
		{"Basic a2V5", false, false, NULL, NULL},      /* no colon */
		{"Basic a2V5Og==x", false, false, NULL, NULL}, /* not base64 */
		{"Basic ", false, false, NULL, NULL},
		{"Basic", false, false, NULL, NULL},
		{"Basic AAAA", false, false, NULL, NULL}, /* NUL bytes */
		{"Bearer nk_1", false, true, "nk_1", NULL},
		{"BEARER nk_1", false, true, "nk_1", NULL},
		{"Bearer a b", false, false, NULL, NULL},
		{"Bearer ", false, false, NULL, NULL},
		{"Bearer a\"b", false, false, NULL, NULL},
		{"Digest nk_1", false, false, NULL, NULL},
		{"", false, false, NULL, NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena a;
		struct str token = STR_NULL, password = STR_NULL;
		arena_init(&a, 1 << 16);
		bool basic = http_basic_auth(str_of(cases[i].header), &a, &token, &password);
		bool bearer = !basic && http_bearer_auth(str_of(cases[i].header), &token);
		if (basic != cases[i].basic || bearer != cases[i].bearer)
			fail_msg("\"%s\"", cases[i].header);
		if (basic || bearer)
			assert_true(str_is(token, cases[i].token));
		if (basic)
			assert_true(str_is(password, cases[i].password));
		arena_finish(&a);
	}
}

static void test_media_type(void **state)
{
	(void)state;
	static const struct {
		const char *header, *type; /* NULL: malformed */
	} cases[] = {
		{"", ""},
		{"text/plain", "text/plain"},
		{"Application/JSON; charset=utf-8", "application/json"},
		{" text/html ;x", "text/html"},
		{"multipart/form-data; boundary=a/b", "multipart/form-data"},
		{"json", NULL},
		{"a/b/c", NULL},
		{"a /b", NULL},
		{"/", NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena a;
		arena_init(&a, 1 << 16);
		struct str type = http_media_type(str_of(cases[i].header), &a);
		const char *want = cases[i].type ? cases[i].type : "";
		if ((type.p == NULL) != (cases[i].type == NULL) || type.n != strlen(want))
			fail_msg("\"%s\"", cases[i].header);
		if (type.n > 0)
			assert_memory_equal(type.p, want, type.n);
		arena_finish(&a);
	}
}

/* What stands left of our own proxies is whatever the client wrote. */
static void test_forwarded(void **state)
{
	(void)state;
	static const struct {
		const char *header;
		unsigned hops;
		const char *ip;
	} cases[] = {
		{"1.2.3.4", 1, "1.2.3.4"},
		{"9.9.9.9, 1.2.3.4", 1, "1.2.3.4"},
		{"9.9.9.9, 1.2.3.4", 2, "9.9.9.9"},
		{"9.9.9.9,1.2.3.4", 3, NULL},
		{"2001:db8::1", 1, "2001:db8::1"},
		{"1.2.3.4", 0, NULL},
		{"", 1, NULL},
		{",", 1, NULL},
		{"evil", 1, NULL},
		{"1.2.3.4:80", 1, NULL},
		{"1.2.3.4, <script>", 1, NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str ip = http_forwarded_ip(str_of(cases[i].header), cases[i].hops);
		const char *want = cases[i].ip ? cases[i].ip : "";
		if ((ip.p == NULL) != (cases[i].ip == NULL) || ip.n != strlen(want))
			fail_msg("\"%s\" with %u", cases[i].header, cases[i].hops);
		if (ip.p != NULL)
			assert_memory_equal(ip.p, want, ip.n);
	}
}

static void test_words(void **state)
{
	(void)state;
	enum http_method m;
	assert_true(http_token_valid(STR("X-A_b.c!")));
	assert_false(http_token_valid(STR("")));
	assert_false(http_token_valid(STR("a b")));
	assert_false(http_token_valid(STR("a:b")));
	assert_false(http_token_valid(STR("a\0b")));
	assert_true(http_field_value_valid(STR("a\tb \xc3\xa9")));
	assert_false(http_field_value_valid(STR("a\rb")));
	assert_false(http_field_value_valid(STR("a\0b")));
	assert_true(http_host_valid(STR("[::1]:80")));
	assert_false(http_host_valid(STR("a/b")));
	assert_true(http_method_parse(STR("DELETE"), &m) && m == HTTP_DELETE);
	assert_false(http_method_parse(STR("delete"), &m));
	assert_false(http_method_parse(STR(""), &m));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_target),      cmocka_unit_test(test_query),
		cmocka_unit_test(test_credentials), cmocka_unit_test(test_media_type),
		cmocka_unit_test(test_forwarded),   cmocka_unit_test(test_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
