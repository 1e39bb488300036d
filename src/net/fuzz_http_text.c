/* SPDX-License-Identifier: Apache-2.0
 * fuzz_http_text.c: targets, queries and credentials. The first byte chooses the parser; what a
 * parser lets through must hold its promise. */
#include "net/http_text.h"

#include "base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_target(struct str s, struct arena *a)
{
	struct str path, query;
	struct err e;
	if (http_target_parse(s, a, &path, &query, &e) != ST_OK)
		return;
	ASSERT(path.n > 0 && path.p[0] == '/');
	ASSERT(str_utf8_valid(path) && http_field_value_valid(path));
	ASSERT(str_find(path, STR("/../")) == path.n && !str_ends(path, STR("/..")));
}

static void check_query(struct str s, struct arena *a)
{
	const struct http_pair *pairs;
	size_t n;
	struct err e;
	if (http_query_parse(s, a, &pairs, &n, &e) != ST_OK)
		return;
	ASSERT(n <= HTTP_QUERY_MAX);
	for (size_t i = 0; i < n; i++)
		ASSERT(str_utf8_valid(pairs[i].name) && str_utf8_valid(pairs[i].value));
}

static void check_credentials(struct str s, struct arena *a)
{
	struct str user, password;
	if (http_basic_auth(s, a, &user, &password))
		ASSERT(str_find_byte(user, ':') == user.n && http_field_value_valid(user));
	if (http_bearer_auth(s, &user))
		ASSERT(user.n > 0 && http_field_value_valid(user));
	struct str type = http_media_type(s, a);
	ASSERT(type.p == NULL || type.n < 128);
	for (unsigned hops = 0; hops < 4; hops++)
		ASSERT(http_forwarded_ip(s, hops).n < 46);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	if (size == 0)
		return 0;
	struct str s = str_n((const char *)data + 1, size - 1);
	arena_init(&a, 1 << 20);
	if (data[0] % 3 == 0)
		check_target(s, &a);
	else if (data[0] % 3 == 1)
		check_query(s, &a);
	else
		check_credentials(s, &a);
	arena_finish(&a);
	return 0;
}
