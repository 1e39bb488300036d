/* SPDX-License-Identifier: Apache-2.0
 * test_when.c: the day somebody is back, in the words people use. The reference is Tuesday,
 * 3 March 2026. */
#include "base/test.h"
#include "inbound/when.h"

#define NOW INT64_C(1772532000000000)

static const struct {
	const char *text;
	int64_t year;
	int month, day;
} rows[] = {
	{"I will be back on 2026-03-16.", 2026, 3, 16},
	{"back on 16 March", 2026, 3, 16},
	{"I return on Monday, March 16th.", 2026, 3, 16},
	{"out of the office from 3 March until 10 March 2026", 2026, 3, 10},
	{"I am away through March 10", 2026, 3, 11},
	{"Back in the office on Monday", 2026, 3, 9},
	{"I'm out until tomorrow.", 2026, 3, 4},
	{"away until 12/31/2026", 2026, 12, 31},
	{"away 3 - 10 March, back on the 11th of March", 2026, 3, 11},
	{"I am away until 2 January", 2027, 1, 2},
	{"Ich bin bis zum 12.05.2026 nicht im Büro.", 2026, 5, 12},
	{"Ab dem 16. März bin ich wieder für Sie da.", 2026, 3, 16},
	{"bis einschließlich 12.5. im Urlaub", 2026, 5, 13},
	{"Ich bin wieder ab Montag erreichbar", 2026, 3, 9},
	{"Je suis absent jusqu'au 4 mai inclus.", 2026, 5, 4},
	{"de retour le 1er avril 2026", 2026, 4, 1},
	{"Estoy fuera de la oficina hasta el 7 de mayo de 2026.", 2026, 5, 7},
	{"Sono fuori ufficio fino al 10 agosto", 2026, 8, 10},
	{"Ik ben tot en met 7 juli 2026 afwezig", 2026, 7, 7},
	{"vanaf 13 april ben ik weer bereikbaar", 2026, 4, 13},
	{"Estou fora do escritório até 19.05.2026.", 2026, 5, 19},
	{"Jestem poza biurem do 2.08.2026.", 2026, 8, 2},
	{"Jag är inte på kontoret till 12.04.2026.", 2026, 4, 12},
	{"2026-03-20まで不在にしております。 until 2026-03-20", 2026, 3, 20},
	/* No answer: none is given, it is past, far away, or no day at all. */
	{"I am on leave.", 0, 0, 0},
	{"back on 1 March 2026", 0, 0, 0},
	{"back on 1 March 2031", 0, 0, 0},
	{"until 31.02.2026", 0, 0, 0},
	{"until 99.99.9999 or 0.0. or 13/13/13", 0, 0, 0},
	{"Call +49 30 123456 until then", 0, 0, 0},
	{"", 0, 0, 0},
};

static void days(void **state)
{
	struct arena a;
	(void)state;
	arena_init(&a, 1u << 20);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int64_t want = TIME_NONE;
		if (rows[i].year != 0)
			want = time_days_from_civil(rows[i].year, rows[i].month, rows[i].day) *
			       US_PER_D;
		CHECK_ROW(rows[i].text, when_back(str_of(rows[i].text), NOW, &a) == want);
	}
	assert_true(when_back(STR("back on Monday"), TIME_NONE, &a) == TIME_NONE);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(days)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
