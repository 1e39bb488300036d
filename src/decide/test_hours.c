/* SPDX-License-Identifier: Apache-2.0
 * test_hours.c: quiet hours, windows, weekends and holidays on the lead's wall clock: nights with
 * a missing and a doubled hour by hand, and random rules against a check that asks minute by
 * minute. */
#include "base/random.h"
#include "base/test.h"
#include "base/time.h"
#include "decide/decide.h"

static int64_t at(const char *text)
{
	int64_t us = 0;
	assert_true(time_parse(str_of(text), &us));
	return us;
}

static const struct tz *zone_of(const char *name, struct arena *a)
{
	const struct tz *tz;
	struct err e;
	if (tz_load(str_of(name), a, &tz, &e) != ST_OK)
		fail_msg("%s", e.text);
	return tz;
}

static const struct {
	const char *zone, *from, *want;
	int quiet_from, quiet_to;
	bool weekends;
} rows[] = {
	{"UTC", "2026-11-24T12:00:00Z", "2026-11-24T12:00:00Z", 1140, 480, false},
	{"UTC", "2026-11-24T19:00:00Z", "2026-11-25T08:00:00Z", 1140, 480, false},
	{"UTC", "2026-11-24T07:59:59.999Z", "2026-11-24T08:00:00Z", 1140, 480, false},
	{"UTC", "2026-11-24T12:30:00Z", "2026-11-24T13:00:00Z", 720, 780, false},
	{"UTC", "2026-11-27T20:00:00Z", "2026-11-30T08:00:00Z", 1140, 480, true},
	{"Asia/Kathmandu", "2026-11-24T13:15:00Z", "2026-11-25T02:15:00Z", 1140, 480, false},
	{"America/New_York", "2026-11-25T00:00:00Z", "2026-11-25T13:00:00Z", 1140, 480, false},
	/* 02:00 becomes 03:00: quiet until 02:30 ends with the jump. */
	{"Europe/Berlin", "2027-03-28T00:00:00Z", "2027-03-28T01:00:00Z", 1320, 150, false},
	/* 03:00 becomes 02:00: open at the first 02:30, quiet again half an hour later. */
	{"Europe/Berlin", "2026-10-24T22:00:00Z", "2026-10-25T00:30:00Z", 1320, 150, false},
	{"Europe/Berlin", "2026-10-25T01:05:00Z", "2026-10-25T01:30:00Z", 1320, 150, false},
	/* Half an hour of change. */
	{"Australia/Lord_Howe", "2026-10-03T12:00:00Z", "2026-10-03T15:30:00Z", 1320, 150, false},
};

static void test_nights(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena a;
		arena_init(&a, 4u << 20);
		struct program_guardrails g = {
			.quiet = {rows[i].quiet_from, rows[i].quiet_to, true},
			.weekends = rows[i].weekends};
		char text[TIME_TEXT_MAX];
		int64_t got = guards_open_us(&g, zone_of(rows[i].zone, &a), at(rows[i].from));
		if (got != at(rows[i].want))
			fail_msg("%s %s: got %s, want %s", rows[i].zone, rows[i].from,
				 time_format(got, text), rows[i].want);
		arena_finish(&a);
	}
}

static void test_never_open(void **state)
{
	struct arena a;
	struct program_guardrails g = {.quiet = {0, 720, true}, .window = {60, 600, true}};
	(void)state;
	arena_init(&a, 4u << 20);
	assert_true(guards_open_us(&g, zone_of("UTC", &a), at("2026-11-24T12:00:00Z")) ==
		    TIME_NONE);
	g.window = (struct program_hours){60, 60, true}; /* from == to: not set */
	assert_true(guards_open_us(&g, zone_of("UTC", &a), at("2026-11-24T12:00:00Z")) ==
		    at("2026-11-24T12:00:00Z"));
	arena_finish(&a);
}

/* ---- the same question, asked minute by minute in other words ---- */

static bool in_span(int minute, int from, int to)
{
	return (minute - from + 1440) % 1440 < (to - from + 1440) % 1440;
}

static bool shut(const struct program_guardrails *g, const struct tz *zone, int64_t at_us)
{
	struct civil c = time_civil(at_us + tz_offset_us(zone, at_us));
	int64_t day = time_days_from_civil(c.year, c.month, c.day);
	int minute = c.hour * 60 + c.minute;
	int from_monday = (int)(((day + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
	for (size_t i = 0; i < g->holidays_n; i++)
		if (g->holidays[i] == day)
			return true;
	if (g->weekends && from_monday >= 5)
		return true;
	if (g->quiet.set && in_span(minute, g->quiet.from, g->quiet.to))
		return true;
	return g->window.set && g->window.from != g->window.to &&
	       !in_span(minute, g->window.from, g->window.to);
}

static void random_rules(struct rng *r, struct program_guardrails *g, int32_t *holidays,
			 int64_t near_us)
{
	int step = rng_below(r, 2) ? 30 : 1;
	memset(g, 0, sizeof *g);
	g->quiet = (struct program_hours){(int)rng_below(r, (uint64_t)(1440 / step)) * step,
					  (int)rng_below(r, (uint64_t)(1440 / step)) * step,
					  rng_below(r, 4) != 0};
	g->window = (struct program_hours){(int)rng_below(r, 1440), (int)rng_below(r, 1440),
					   rng_below(r, 4) == 0};
	g->weekends = rng_below(r, 2);
	for (size_t i = 0; i < rng_below(r, 4); i++)
		holidays[g->holidays_n++] =
			(int32_t)(time_day(near_us) + (int64_t)(2 * i + rng_below(r, 2)));
	g->holidays = holidays;
}

static void check_one(const char *name, const struct tz *zone, struct rng *r, int64_t from)
{
	struct program_guardrails g;
	int32_t holidays[8];
	random_rules(r, &g, holidays, from);
	int64_t got = guards_open_us(&g, zone, from);
	char text[TIME_TEXT_MAX];
	int64_t end = got == TIME_NONE ? from + 30 * US_PER_D : got;
	if (got != TIME_NONE && shut(&g, zone, got))
		fail_msg("%s: %s is shut", name, time_format(got, text));
	if (got > from && !shut(&g, zone, got - 1))
		fail_msg("%s: %s is not the first", name, time_format(got, text));
	if (got != from && !shut(&g, zone, from))
		fail_msg("%s: %s was open", name, time_format(from, text));
	for (int64_t m = from - from % US_PER_M + US_PER_M; m < end; m += US_PER_M)
		if (!shut(&g, zone, m))
			fail_msg("%s: %s was open before", name, time_format(m, text));
}

/* A day before the zone's next change of the clocks: there the nights are that matter. */
static int64_t near_change(const struct tz *zone, int64_t from)
{
	for (int64_t d = 0; d < 400; d++) {
		int64_t day = from + d * US_PER_D;
		if (tz_offset_us(zone, day) != tz_offset_us(zone, day + US_PER_D))
			return day;
	}
	return from;
}

static void test_random_rules(void **state)
{
	static const char *const zones[] = {"Europe/Berlin", "America/New_York",
					    "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"};
	struct rng r;
	(void)state;
	rng_seed(&r, 20261124);
	for (size_t z = 0; z < COUNT_OF(zones); z++) {
		struct arena a;
		arena_init(&a, 4u << 20);
		const struct tz *zone = zone_of(zones[z], &a);
		for (unsigned i = 0; i < 400; i++) {
			int64_t from = at("2000-01-01T00:00:00Z") +
				       (int64_t)rng_below(&r, 40 * 365) * US_PER_D;
			if (i % 2)
				from = near_change(zone, from) - US_PER_D / 2;
			check_one(zones[z], zone, &r,
				  from + (int64_t)rng_below(&r, (uint64_t)US_PER_D));
		}
		arena_finish(&a);
	}
}

/* ---- the hours of a team ---- */

static void test_working_time(void **state)
{
	static const struct {
		int from, to;
		bool set;
		const char *at;
		int64_t work_us;
		const char *want;
	} work[] = {
		{0, 0, false, "2026-11-27T16:00:00Z", 4 * US_PER_H, "2026-11-27T20:00:00Z"},
		{540, 1020, true, "2026-11-24T10:00:00Z", 4 * US_PER_H, "2026-11-24T14:00:00Z"},
		{540, 1020, true, "2026-11-24T16:00:00Z", 2 * US_PER_H, "2026-11-25T10:00:00Z"},
		{540, 1020, true, "2026-11-27T16:00:00Z", 2 * US_PER_H, "2026-11-30T10:00:00Z"},
		{540, 1020, true, "2026-11-28T16:00:00Z", US_PER_H, "2026-11-30T10:00:00Z"},
		{540, 1020, true, "2026-11-24T09:00:00Z", 8 * US_PER_H, "2026-11-24T17:00:00Z"},
	};
	struct arena a;
	(void)state;
	arena_init(&a, 4u << 20);
	for (size_t i = 0; i < COUNT_OF(work); i++) {
		struct program_hours h = {work[i].from, work[i].to, work[i].set};
		char text[TIME_TEXT_MAX];
		check_str(work[i].at,
			  str_slice(str_of(time_format(hours_after_us(&h, zone_of("UTC", &a),
								      at(work[i].at),
								      work[i].work_us),
						       text)),
				    0, 19),
			  (const char *)arena_strz(&a, str_slice(str_of(work[i].want), 0, 19)));
	}
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nights),
		cmocka_unit_test(test_never_open),
		cmocka_unit_test(test_random_rules),
		cmocka_unit_test(test_working_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
