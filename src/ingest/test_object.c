/* SPDX-License-Identifier: Apache-2.0
 * Flat pairs as nested JSON. */
#include "ingest/fact.h"

#include "base/test.h"

static void nested(void **state)
{
	(void)state;
	static const struct {
		const char *paths, *want; /* every value is its place; NULL: refused */
	} rows[] = {
		{"", "{}"},
		{"a b", "{\"a\":0,\"b\":1}"},
		{"a.b c a.d", "{\"a\":{\"b\":0,\"d\":2},\"c\":1}"},
		{"a.b.c a.b.d a.e x.b.c",
		 "{\"a\":{\"b\":{\"c\":0,\"d\":1},\"e\":2},\"x\":{\"b\":{\"c\":3}}}"},
		{"a a", "{\"a\":0}"},
		{"a.b a.b", "{\"a\":{\"b\":0}}"},
		{"ab a abc", "{\"ab\":0,\"a\":1,\"abc\":2}"},
		{"ab.x a.x", "{\"ab\":{\"x\":0},\"a\":{\"x\":1}}"},
		{"a a.b", NULL},
		{"a.b a", NULL},
		{"x.a.b x.a", NULL},
		{"a.b.c.d.e.f.g.h.i",
		 "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":{\"i\":0}}}}}}}}}"},
		{"a.b.c.d.e.f.g.h.i.j", NULL},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct pair pairs[8];
		struct buf b;
		size_t n = 0;
		for (struct str rest = str_of(rows[i].paths); rest.n > 0; n++)
			pairs[n] = (struct pair){str_cut(&rest, ' '), str_n(&"01234567"[n], 1)};
		buf_init(&b, 4096);
		bool good = object_write(pairs, n, &b);
		CHECK_ROW(rows[i].paths, good == (rows[i].want != NULL));
		if (good)
			check_str(rows[i].paths, buf_view(&b), rows[i].want);
		buf_finish(&b);
	}
}

static void too_large(void **state)
{
	(void)state;
	struct buf b;
	struct pair pair = {STR("a"), STR("\"0123456789\"")};
	buf_init(&b, 16);
	assert_false(object_write(&pair, 1, &b));
	buf_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(nested), cmocka_unit_test(too_large)};
	return cmocka_run_group_tests_name("ingest_object", tests, NULL, NULL);
}
