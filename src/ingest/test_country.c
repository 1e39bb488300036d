/* SPDX-License-Identifier: Apache-2.0
 * Countries as people write them. */
#include "ingest/fact.h"

#include "base/test.h"

static void names(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"DE", "DE"},
		{"de", "DE"},
		{"Germany", "DE"},
		{" Deutschland ", "DE"},
		{"\xc3\x96sterreich", "AT"},
		{"U.S.A.", "US"},
		{"United States", "US"},
		{"UK", "GB"},
		{"united kingdom", "GB"},
		{"C\xc3\xb4te d'Ivoire", "CI"},
		{"India", "IN"},
		{"The Netherlands", "NL"},
		{"Bosnia and Herzegovina", "BA"},
		{"Niger", "NE"},
		{"Nigeria", "NG"},
		{"", ""},
		{"D", ""},
		{"Select", ""},
		{"unknown", ""},
		{"ZZ", ""},
		{"Germany, Berlin", ""},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		check_str(rows[i].text, fact_country(str_of(rows[i].text)), rows[i].want);
}

static void traits(void **state)
{
	(void)state;
	static const struct {
		const char *traits, *want;
	} rows[] = {
		{"{\"country\":\"France\"}", "FR"},
		{"{\"country_code\":\"pl\",\"country\":\"France\"}", "PL"},
		{"{\"address\":{\"country\":\"IT\"}}", "IT"},
		{"{\"country\":\"?\",\"address\":{\"country\":\"IT\"}}", "IT"},
		{"{\"country\":7}", ""},
		{"{}", ""},
		{"[]", ""},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena a;
		struct json d;
		struct err e;
		struct event ev = {.context.country = STR_NULL};
		arena_init(&a, 1 << 16);
		assert_int_equal(json_parse(str_of(rows[i].traits), JSON_LIMITS_EVENT, &a, &d, &e),
				 ST_OK);
		fact_country_of(&ev, &d, 0, &a);
		check_str(rows[i].traits, ev.context.country, rows[i].want);
		arena_finish(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(traits)};
	return cmocka_run_group_tests_name("ingest_country", tests, NULL, NULL);
}
