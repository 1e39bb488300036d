/* SPDX-License-Identifier: Apache-2.0
 * test_phone.c: numbers as people write them, at home and abroad, to E.164 or a reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "identity/identity.h"

static const struct {
	const char *in, *country, *out; /* out NULL: refused */
} rows[] = {
	{"+49 30 123456", "", "+4930123456"},
	{"+49 (0)30 / 123-456", "", "+4930123456"},
	{"0049 30 123456", "DE", "+4930123456"},
	{"0049 30 123456", "", "+4930123456"},
	{"030/123 456", "DE", "+4930123456"},
	{"030123456", "de", "+4930123456"},
	{"+49030123456", "", "+4930123456"},
	{"tel:+44-20-7946-0958", "", "+442079460958"},
	{"020 7946 0958", "GB", "+442079460958"},
	{"+44 (0) 20 7946 0958", "", "+442079460958"},
	{"07700 900123", "GB", "+447700900123"},
	{"(212) 555-0123", "US", "+12125550123"},
	{"1-212-555-0123", "US", "+12125550123"},
	{"011 44 20 7946 0958", "US", "+442079460958"},
	{"+1 212 555 0123 ext. 45", "", "+12125550123"},
	{"+1.212.555.0123x45", "", "+12125550123"},
	{"416 555 0199", "CA", "+14165550199"},
	{"06 12 34 56 78", "FR", "+33612345678"},
	{"+33 6\xC2\xA0"
	 "12 34 56 78",
	 "", "+33612345678"},
	{"06 698 12345", "IT", "+390669812345"}, /* Italy keeps its zero */
	{"+39 06 698 12345", "", "+390669812345"},
	{"612 345 678", "ES", "+34612345678"},
	{"06 1 234 5678", "HU", "+3612345678"},
	{"8 (495) 123-45-67", "RU", "+74951234567"},
	{"+7 495 123 45 67", "", "+74951234567"},
	{"8 612 34567", "LT", "+37061234567"},
	{"0 612 34567", "LT", "+37061234567"},
	{"80 29 123 45 67", "BY", "+375291234567"},
	{"0412 345 678", "AU", "+61412345678"},
	{"0011 49 30 123456", "AU", "+4930123456"},
	{"090-1234-5678", "JP", "+819012345678"},
	{"098765 43210", "IN", "+919876543210"},
	{"11 91234-5678", "BR", "+5511912345678"},
	{"+298 123456", "", "+298123456"}, /* no plan in the table: taken as it is */
	{"030 123456", "", NULL},
	{"030 123456", "XX", NULL},
	{"", "DE", NULL},
	{"+", "DE", NULL},
	{"123", "DE", NULL},
	{"abc", "DE", NULL},
	{"+49 30 CALL ME", "", NULL},
	{"+1 212 555 012", "", NULL},
	{"+1 212 555 01234", "", NULL},
	{"+1 012 555 0123", "", NULL},
	{"+1 212 155 0123", "", NULL},
	{"+0 123 456 789", "", NULL},
	{"0000000000", "DE", NULL},
	{"+49 111111111", "", NULL},
	{"+1234567890123456", "", NULL},
	{"+49+30123456", "", NULL},
	{"++4930123456", "", NULL},
	{"12345678901234567890123456789012345678901234567890", "DE", NULL},
};

static void test_rows(void **state)
{
	struct arena a;
	(void)state;
	arena_init(&a, 1u << 20);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str out = STR_NULL;
		struct err e = {.text = ""};
		enum status st =
			identity_phone(str_of(rows[i].in), str_of(rows[i].country), &a, &out, &e);
		if (st != (rows[i].out ? ST_OK : ST_INVALID))
			fail_msg("\"%s\" in %s: " STR_FMT "%s", rows[i].in, rows[i].country,
				 STR_ARG(out), e.text);
		if (rows[i].out && !str_is(out, rows[i].out))
			fail_msg("\"%s\" became \"" STR_FMT "\"", rows[i].in, STR_ARG(out));
		if (st == ST_OK) {
			struct str again;
			assert_int_equal(identity_phone(out, STR_NULL, &a, &again, NULL), ST_OK);
			assert_true(str_eq(out, again));
		}
	}
	arena_finish(&a);
}

struct plan_row {
	const char *country, *code;
	unsigned min, max;
};
static const struct plan_row plans[] = {
#define PHONE(country, code, trunks, abroad, min, max) {country, code, min, max},
#include "identity/phone.def"
#undef PHONE
};

/* The table itself: lengths fit E.164, codes begin no other code. */
static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
		assert_int_equal(strlen(plans[i].country), 2);
		assert_true(plans[i].min <= plans[i].max);
		assert_true(plans[i].max + strlen(plans[i].code) <= 15);
		for (size_t k = 0; k < sizeof plans / sizeof plans[0]; k++) {
			bool same = strcmp(plans[i].code, plans[k].code) == 0;
			bool begins =
				strncmp(plans[i].code, plans[k].code, strlen(plans[i].code)) == 0;
			assert_true(same || !begins);
			assert_true(i == k || strcmp(plans[i].country, plans[k].country) != 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_table),
	};
	return cmocka_run_group_tests_name("phone", tests, NULL, NULL);
}
