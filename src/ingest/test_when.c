/* SPDX-License-Identifier: Apache-2.0
 * Instants in every form senders were seen to use, and what is no instant. */
#include "base/test.h"
#include "base/time.h"
#include "ingest/ingest.h"

static void times(void **state)
{
	(void)state;
	static const struct {
		const char *text, *want; /* NULL: none */
	} rows[] = {
		{"2026-11-21T07:00:00.123Z", "2026-11-21T07:00:00.123Z"},
		{"2026-11-21T07:00:00Z", "2026-11-21T07:00:00.000Z"},
		{"2026-11-21T08:00:00+01:00", "2026-11-21T07:00:00.000Z"},
		{"2026-11-21T08:00:00+0100", "2026-11-21T07:00:00.000Z"},
		{"2026-11-21T08:00:00 +01", "2026-11-21T07:00:00.000Z"},
		{"2026-11-21 07:00:00", "2026-11-21T07:00:00.000Z"},
		{"2026-11-21 07:00:00 UTC", "2026-11-21T07:00:00.000Z"},
		{"2026-11-21T07:00", "2026-11-21T07:00:00.000Z"},
		{"2026-11-21T07:00Z", "2026-11-21T07:00:00.000Z"},
		{"2026-11-21", "2026-11-21T00:00:00.000Z"},
		{"2026/11/21 07:00", "2026-11-21T07:00:00.000Z"},
		{"20261121", "2026-11-21T00:00:00.000Z"},
		{"20261121T070000Z", "2026-11-21T07:00:00.000Z"},
		{"2015-2-02T00:30:08.276Z", "2015-02-02T00:30:08.276Z"},
		{"2015-2-2", "2015-02-02T00:00:00.000Z"},
		{"2026-11-21T07:00:00,5Z", "2026-11-21T07:00:00.500Z"},
		{"2026-11-21T07:00:00.123456789Z", "2026-11-21T07:00:00.123456Z"},
		{" 2026-11-21T07:00:00Z ", "2026-11-21T07:00:00.000Z"},
		{"1795244400", "2026-11-21T07:00:00.000Z"},
		{"1795244400.5", "2026-11-21T07:00:00.500Z"},
		{"1795244400000", "2026-11-21T07:00:00.000Z"},
		{"1795244400000000", "2026-11-21T07:00:00.000Z"},
		{"1795244400000000000", "2026-11-21T07:00:00.000Z"},
		{"", NULL},
		{"now", NULL},
		{"yesterday", NULL},
		{"2026", NULL},
		{"2026-13-01", NULL},
		{"2026-02-30", NULL},
		{"2026-11-21T25:00:00Z", NULL},
		{"2026-11-21T07:00:00+1:00x", NULL},
		{"2026-11-21T07:00:00 PST", NULL},
		{"21.11.2026", NULL},
		{"02/03/2015", NULL},
		{"2026-11-21T07:00:00.Z", NULL},
		{"-1795244400", NULL},
		{"99999999999999999999", NULL},
	};
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int64_t at;
		char out[TIME_TEXT_MAX];
		bool good = ingest_time(str_of(rows[i].text), &at);
		CHECK_ROW(rows[i].text, good == (rows[i].want != NULL));
		if (good)
			check_str(rows[i].text, str_of(time_format(at, out)), rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(times)};
	return cmocka_run_group_tests_name("ingest_when", tests, NULL, NULL);
}
