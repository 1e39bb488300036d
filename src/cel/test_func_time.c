/* SPDX-License-Identifier: Apache-2.0
 * test_func_time.c: instants and durations: reading, adding, taking apart. */
#include "cel/test_help.h"

static void tells_the_time(void **state)
{
	(void)state;
	static const struct help_row rows[] = {
		{"timestamp('2026-03-01T12:00:00.5+01:00')", "2026-03-01T11:00:00.5Z"},
		{"timestamp('2026-03-01')", "error: ..."},
		{"timestamp(0)", "1970-01-01T00:00:00Z"},
		{"int(timestamp('1969-12-31T23:59:59.5Z'))", "-1"},
		{"timestamp('9999-12-31T23:59:59Z') + duration('1s')",
		 "error: timestamp('9999-12-31T23:59:59Z') + duration('1s'): the instant is..."},
		{"timestamp('0001-01-01T00:00:00+01:00')", "error: ..."},
		{"timestamp('2026-01-02T00:00:00Z') - timestamp('2026-01-01T00:00:00Z')", "86400s"},
		{"lead.seen_at + duration('36h') > timestamp('2026-03-02T00:00:00Z')", "true"},
		{"lead.seen_at.getFullYear()", "2026"},
		{"lead.seen_at.getMonth()", "2"},
		{"lead.seen_at.getDate()", "1"},
		{"lead.seen_at.getDayOfMonth()", "0"},
		{"lead.seen_at.getDayOfYear()", "59"},
		{"lead.seen_at.getDayOfWeek()", "0"},
		{"lead.seen_at.getHours('+05:30')", "17"},
		{"lead.seen_at.getMinutes('-00:30')", "30"},
		{"lead.seen_at.getHours('Nowhere/Land')",
		 "refused: there is no time zone 'Nowhere/Land'..."},
		{"lead.seen_at.getHours(lead.title)",
		 "error: lead.seen_at.getHours(lead.title): there is no such..."},
		{"lead.seen_at.getHours('Europe/Berlin')", "13"},
		{"dyn(lead.seen_at).getHours(false ? lead.title : 'Asia/Kathmandu')", "17"},
		{"timestamp('2026-01-01T00:00:00.123456789Z').getMilliseconds()", "123"},
		{"duration('1h30m')", "5400s"},
		{"duration('-1.5h')", "-5400s"},
		{"duration('1ms1us1ns')", "0.001001001s"},
		{"duration('0')", "0s"},
		{"duration('1')", "error: ..."},
		{"duration('1d')", "error: ..."},
		{"duration('')", "error: ..."},
		{"duration('.5s') == duration('500ms')", "true"},
		{"duration('2562047h47m16.854775807s')", "9223372036.854775807s"},
		{"duration('2562047h47m16.854775808s')", "error: ..."},
		{"duration('-2562047h47m16.854775808s')", "-9223372036.854775808s"},
		{"duration('5000000000s') + duration('5000000000s')", "error: ..."},
		{"duration('3730.5s').getMinutes()", "62"},
		{"duration('1.234s').getMilliseconds()", "234"},
		{"string(duration('-1ns'))", "\"-0.000000001s\""},
	};
	help_rows(rows, COUNT_OF(rows), false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(tells_the_time)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
