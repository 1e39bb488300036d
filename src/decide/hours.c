/* SPDX-License-Identifier: Apache-2.0
 * hours.c: when may something leave, by the clock on the lead's wall?
 *
 * Between two boundaries of the local day, and while the zone's offset stays as it is, the answer
 * does not change. So the search walks from stretch to stretch instead of from minute to minute:
 * the end of a stretch is the next boundary by the offset in force, or the change of the offset
 * when that comes first. A night whose hour is missing or comes twice needs no case of its own. */
#include "decide/internal.h"

#include "base/assert.h"

#define SATURDAY 6
#define SEARCH_US (366 * US_PER_D)

/* What keeps the door shut. */
struct shut {
	struct program_hours quiet, window;
	bool weekends;
	const int32_t *holidays;
	size_t holidays_n;
};

static bool inside(const struct program_hours *h, int64_t minute)
{
	if (h->from <= h->to)
		return minute >= h->from && minute < h->to;
	return minute >= h->from || minute < h->to;
}

static bool in_force(const struct program_hours *h)
{
	return h->set && h->from != h->to;
}

static bool is_holiday(const struct shut *s, int64_t day)
{
	size_t lo = 0, hi = s->holidays_n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (s->holidays[mid] < day)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->holidays_n && s->holidays[lo] == day;
}

static bool open_at_local(const struct shut *s, int64_t local_us)
{
	int64_t day = time_day(local_us), minute = (local_us - day * US_PER_D) / US_PER_M;
	int weekday = time_weekday(local_us);
	if (s->weekends && (weekday == 0 || weekday == SATURDAY))
		return false;
	if (is_holiday(s, day))
		return false;
	if (in_force(&s->quiet) && inside(&s->quiet, minute))
		return false;
	return !in_force(&s->window) || inside(&s->window, minute);
}

/* The first boundary of the local day behind local_us: where the answer may change. */
static int64_t next_boundary(const struct shut *s, int64_t local_us)
{
	const int at[] = {s->quiet.from, s->quiet.to, s->window.from, s->window.to};
	int64_t midnight = time_day(local_us) * US_PER_D, best = midnight + US_PER_D;
	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		int64_t b = midnight + at[i] * US_PER_M;
		if (b > local_us && b < best)
			best = b;
	}
	return best;
}

/* The first instant in (from, to] at which the offset is no longer the one of `from`. */
static int64_t offset_change(const struct tz *zone, int64_t from_us, int64_t to_us)
{
	int64_t offset = tz_offset_us(zone, from_us);
	while (to_us - from_us > 1) {
		int64_t mid = from_us + (to_us - from_us) / 2;
		if (tz_offset_us(zone, mid) == offset)
			from_us = mid;
		else
			to_us = mid;
	}
	return to_us;
}

struct stretch {
	bool open;
	int64_t until_us; /* > the instant asked for */
};

static struct stretch stretch_at(const struct shut *s, const struct tz *zone, int64_t at_us)
{
	int64_t offset = tz_offset_us(zone, at_us), local = at_us + offset;
	int64_t until = at_us + (next_boundary(s, local) - local);
	if (tz_offset_us(zone, until) != offset)
		until = offset_change(zone, at_us, until);
	ASSERT(until > at_us);
	return (struct stretch){open_at_local(s, local), until};
}

int64_t guards_open_us(const struct program_guardrails *g, const struct tz *zone, int64_t at_us)
{
	struct shut s = {g->quiet, g->window, g->weekends, g->holidays, g->holidays_n};
	int64_t end_us = at_us + SEARCH_US;
	while (at_us < end_us) {
		struct stretch x = stretch_at(&s, zone, at_us);
		if (x.open)
			return at_us;
		at_us = x.until_us;
	}
	return TIME_NONE;
}

int64_t hours_after_us(const struct program_hours *h, const struct tz *zone, int64_t from_us,
		       int64_t work_us)
{
	struct shut s = {.window = *h, .weekends = in_force(h)};
	/* Five days of 24 in a week at best, one minute a day at worst. */
	for (unsigned i = 0; i < 100000 && work_us > 0; i++) {
		struct stretch x = stretch_at(&s, zone, from_us);
		int64_t here = x.until_us - from_us;
		if (x.open && here >= work_us)
			return from_us + work_us;
		work_us -= x.open ? here : 0;
		from_us = x.until_us;
	}
	return from_us;
}
