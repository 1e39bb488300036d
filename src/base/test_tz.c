/* SPDX-License-Identifier: Apache-2.0
 * test_tz.c: offsets around changes of the clock, far in the past and behind the file's end; and
 * bytes that are no zone. The zones come from the system's tzdata. */
#include "base/tz.h"

#include "base/buf.h"
#include "base/test.h"
#include "base/time.h"

static int64_t at(const char *text)
{
	int64_t us = 0;
	if (!time_parse(str_of(text), &us))
		fail_msg("%s is no instant", text);
	return us;
}

static const struct tz *zone(struct arena *a, const char *name)
{
	const struct tz *tz = NULL;
	struct err e = {0};
	if (tz_load(str_of(name), a, &tz, &e) != ST_OK)
		fail_msg("%s: %s", name, e.text);
	return tz;
}

static void knows_offsets(void **state)
{
	(void)state;
	static const struct {
		const char *zone, *at;
		int minutes;
	} rows[] = {
		{"UTC", "2026-07-01T00:00:00Z", 0},
		{"+05:30", "2026-07-01T00:00:00Z", 330},
		{"-09:30", "2026-07-01T00:00:00Z", -570},
		{"02:00", "2026-07-01T00:00:00Z", 120},
		{"Europe/Berlin", "2026-03-29T00:59:59Z", 60},
		{"Europe/Berlin", "2026-03-29T01:00:00Z", 120},
		{"Europe/Berlin", "2026-10-25T00:59:59Z", 120},
		{"Europe/Berlin", "2026-10-25T01:00:00Z", 60},
		{"Europe/Berlin", "2100-07-01T12:00:00Z", 120}, /* by the rule in the footer */
		{"Europe/Berlin", "2100-01-01T12:00:00Z", 60},
		{"America/New_York", "2050-03-13T06:59:59Z", -300},
		{"America/New_York", "2050-03-13T07:00:00Z", -240},
		{"Australia/Sydney", "2090-01-15T00:00:00Z", 660}, /* summer across the new year */
		{"Australia/Sydney", "2090-07-15T00:00:00Z", 600},
		{"Asia/Kathmandu", "2026-01-01T00:00:00Z", 345},
		{"Asia/Kolkata", "2080-01-01T00:00:00Z", 330},
		{"America/Sao_Paulo", "2030-01-01T00:00:00Z", -180},
		{"Pacific/Chatham", "2060-07-01T00:00:00Z", 765},
		{"America/Chicago", "2009-02-13T23:31:30Z", -360},
		{"Etc/GMT+5", "2026-01-01T00:00:00Z", -300},
	};
	struct arena a;
	arena_init(&a, 4u << 20);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int64_t us = tz_offset_us(zone(&a, rows[i].zone), at(rows[i].at));
		if (us != rows[i].minutes * US_PER_M)
			fail_msg("%s %s: %d minutes", rows[i].zone, rows[i].at,
				 (int)(us / US_PER_M));
	}
	arena_finish(&a);
}

static void comes_back_from_local_time(void **state)
{
	(void)state;
	static const struct {
		const char *zone, *local, *utc;
	} rows[] = {
		{"Europe/Berlin", "2026-07-01T12:00:00Z", "2026-07-01T10:00:00Z"},
		{"Europe/Berlin", "2026-03-29T02:30:00Z", "2026-03-29T01:30:00Z"}, /* skipped */
		{"Europe/Berlin", "2026-10-25T02:30:00Z", "2026-10-25T00:30:00Z"}, /* twice */
		{"Europe/Berlin", "2026-10-25T03:30:00Z", "2026-10-25T02:30:00Z"},
		{"America/New_York", "2026-01-01T00:00:00Z", "2026-01-01T05:00:00Z"},
		{"UTC", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"},
	};
	struct arena a;
	arena_init(&a, 1u << 20);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(rows[i].local, tz_from_local(zone(&a, rows[i].zone), at(rows[i].local)) ==
						 at(rows[i].utc));
	arena_finish(&a);
}

static void refuses_names(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"",       "Nowhere/Land", "../../etc/passwd", "/etc/passwd", "+25:00",
		"+01:60", "+1:00",        "Europe",           "+01:00x",     "Europe/Berlin "};
	struct arena a;
	arena_init(&a, 1u << 20);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct tz *tz = NULL;
		struct err e;
		CHECK_ROW(rows[i], tz_load(str_of(rows[i]), &a, &tz, &e) == ST_NOT_FOUND);
		CHECK_ROW(rows[i], tz == NULL && e.text[0] != '\0');
	}
	arena_finish(&a);
}

/* A file without transitions, its footer given. */
static struct str file_of(struct buf *b, const char *footer)
{
	char header[44] = "TZif2";
	header[39] = 1; /* one type */
	header[43] = 4; /* four characters */
	buf_reset(b);
	for (int i = 0; i < 2; i++) {
		buf_put(b, header, sizeof header);
		buf_put(b, "\0\0\0\0\0\0UTC", 10);
	}
	buf_printf(b, "\n%s\n", footer);
	return buf_view(b);
}

static void reads_footers(void **state)
{
	(void)state;
	static const struct {
		const char *footer;
		int winter, summer; /* minutes; 999: refused */
	} rows[] = {
		{"", 0, 0},
		{"CET-1CEST,M3.5.0,M10.5.0/3", 60, 120},
		{"EST5", -300, -300},
		{"<+0330>-3:30", 210, 210},
		{"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -120, -60},
		{"AAA0BBB,J60/0,J300/0", 0, 60},
		{"AAA0BBB,59/0,300/0", 0, 60},
		{"AAA0BBB-3,M4.1.0,M10.1.0", 0, 180},
		{"AA0", 999, 0},
		{"AAA", 999, 0},
		{"AAA0BBB", 999, 0},
		{"AAA0BBB,M13.1.0,M10.1.0", 999, 0},
		{"AAA0BBB,M3.6.0,M10.1.0", 999, 0},
		{"AAA0BBB,M3.1.7,M10.1.0", 999, 0},
		{"AAA0BBB,M3.1.0", 999, 0},
		{"AAA0x", 999, 0},
		{"<AAA0", 999, 0},
	};
	struct arena a;
	struct buf b;
	arena_init(&a, 1u << 20);
	buf_init(&b, 4096);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct tz *tz = NULL;
		enum status st = tz_parse(file_of(&b, rows[i].footer), &a, &tz, NULL);
		CHECK_ROW(rows[i].footer, st == (rows[i].winter == 999 ? ST_CORRUPT : ST_OK));
		if (st != ST_OK)
			continue;
		CHECK_ROW(rows[i].footer, tz_offset_us(tz, at("2026-01-15T00:00:00Z")) ==
						  rows[i].winter * US_PER_M);
		CHECK_ROW(rows[i].footer, tz_offset_us(tz, at("2026-06-15T00:00:00Z")) ==
						  rows[i].summer * US_PER_M);
	}
	buf_finish(&b);
	arena_finish(&a);
}

static void refuses_every_cut(void **state)
{
	(void)state;
	struct arena a;
	struct buf b;
	const struct tz *tz;
	arena_init(&a, 1u << 20);
	buf_init(&b, 4096);
	struct str whole = file_of(&b, "CET-1CEST,M3.5.0,M10.5.0/3");
	for (size_t n = 0; n + 1 < whole.n; n++)
		assert_int_equal(tz_parse(str_slice(whole, 0, n), &a, &tz, NULL), ST_CORRUPT);
	assert_int_equal(tz_parse(whole, &a, &tz, NULL), ST_OK);
	buf_finish(&b);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_offsets),     cmocka_unit_test(comes_back_from_local_time),
		cmocka_unit_test(refuses_names),     cmocka_unit_test(reads_footers),
		cmocka_unit_test(refuses_every_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
