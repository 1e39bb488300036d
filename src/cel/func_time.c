/* SPDX-License-Identifier: Apache-2.0
 * func_time.c: instants and spans of time. A timestamp is seconds and nanoseconds between the
 * years 1 and 9999; a duration is a 64-bit number of nanoseconds, about 292 years either way. */
#include "cel/value.h"

#include "base/time.h"
#include "base/tz.h"

#define NS_PER_S INT64_C(1000000000)
#define TIME_MIN_S INT64_C(-62135596800)
#define TIME_MAX_S INT64_C(253402300799)

#define OUT_OF_RANGE "the instant is out of range: years 1 to 9999 are possible"
#define TOO_LONG "the duration is out of range: about 292 years are possible"

bool time_in_range(int64_t seconds)
{
	return seconds >= TIME_MIN_S && seconds <= TIME_MAX_S;
}

static struct cel_value timestamp(int64_t seconds, int64_t ns)
{
	seconds += ns / NS_PER_S;
	ns %= NS_PER_S;
	if (ns < 0) {
		ns += NS_PER_S;
		seconds--;
	}
	if (!time_in_range(seconds))
		return cel_fail(OUT_OF_RANGE);
	return (struct cel_value){.kind = CEL_TIMESTAMP, .n = (uint32_t)ns, .i = seconds};
}

static struct cel_value duration(int64_t ns)
{
	return (struct cel_value){.kind = CEL_DURATION, .i = ns};
}

struct cel_value cel_of_time_us(int64_t at_us)
{
	return timestamp(at_us / US_PER_S, at_us % US_PER_S * 1000);
}

struct cel_value time_add(struct cel_value at, int64_t ns)
{
	return timestamp(at.i + ns / NS_PER_S, at.n + ns % NS_PER_S);
}

struct cel_value time_diff(struct cel_value a, struct cel_value b)
{
	int64_t ns;
	if (__builtin_mul_overflow(a.i - b.i, NS_PER_S, &ns) ||
	    __builtin_add_overflow(ns, (int64_t)a.n - b.n, &ns))
		return cel_fail(TOO_LONG);
	return duration(ns);
}

/* ---- text ---- */

/* A point and the digits of ns without trailing zeros; nothing when there are none. */
static void put_fraction(uint32_t ns, struct buf *out)
{
	unsigned digits = 9;
	if (ns == 0)
		return;
	for (; ns % 10 == 0; digits--)
		ns /= 10;
	buf_printf(out, ".%0*u", (int)digits, ns);
}

void time_text(struct cel_value at, struct buf *out)
{
	struct civil c = time_civil(at.i * US_PER_S);
	buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", (int)c.year, c.month, c.day, c.hour,
		   c.minute, c.second);
	put_fraction(at.n, out);
	buf_byte(out, 'Z');
}

void duration_text(int64_t ns, struct buf *out)
{
	uint64_t size = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
	if (ns < 0)
		buf_byte(out, '-');
	buf_u64(out, size / (uint64_t)NS_PER_S);
	put_fraction((uint32_t)(size % (uint64_t)NS_PER_S), out);
	buf_byte(out, 's');
}

/* The nanoseconds of RFC 3339 text that time_parse took (it cuts to microseconds). */
static int64_t parse_ns(struct str s)
{
	int64_t ns = 0, scale = NS_PER_S / 10;
	if (s.p[19] != '.')
		return 0;
	for (size_t i = 20; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++, scale /= 10)
		ns += (s.p[i] - '0') * scale;
	return ns;
}

static struct cel_value parse_timestamp(struct str s)
{
	int64_t at_us;
	if (!time_parse(s, &at_us))
		return cel_fail("an instant is written as in RFC 3339: 2026-01-31T09:30:00Z");
	int64_t seconds = at_us / US_PER_S - (at_us % US_PER_S < 0);
	return timestamp(seconds, parse_ns(s));
}

static struct cel_value to_timestamp(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	switch (v[0].kind) {
	case CEL_STRING: return parse_timestamp(cel_str(v[0]));
	case CEL_INT: return timestamp(v[0].i, 0);
	default: return v[0];
	}
}

static const struct {
	const char *name;
	int64_t ns;
} units[] = {
	{"h", 3600 * NS_PER_S},
	{"ms", NS_PER_S / 1000},
	{"m", 60 * NS_PER_S},
	{"s", NS_PER_S},
	{"us", NS_PER_S / 1000000},
	{"\xc2\xb5s", NS_PER_S / 1000000},
	{"\xce\xbcs", NS_PER_S / 1000000},
	{"ns", 1},
};

static int64_t take_unit(struct str *s)
{
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		struct str name = str_of(units[i].name);
		/* "m" must not take the start of "ms": that row comes first. */
		if (!str_starts(*s, name))
			continue;
		*s = str_slice(*s, name.n, s->n);
		return units[i].ns;
	}
	return 0;
}

static bool is_digit(const struct str *s)
{
	return s->n > 0 && s->p[0] >= '0' && s->p[0] <= '9';
}

/* One part, "1.5h", added onto *total (negative, so that the least duration has room). */
static bool take_part(struct str *s, __int128 *total)
{
	__int128 whole = 0, part = 0, scale = 1;
	bool any = false;
	for (; is_digit(s); *s = str_slice(*s, 1, s->n), any = true)
		if (whole < (__int128)1 << 80)
			whole = whole * 10 + (s->p[0] - '0');
	if (s->n > 0 && s->p[0] == '.')
		for (*s = str_slice(*s, 1, s->n); is_digit(s); *s = str_slice(*s, 1, s->n)) {
			any = true;
			if (scale < (__int128)1000000000000000) {
				part = part * 10 + (s->p[0] - '0');
				scale *= 10;
			}
		}
	int64_t unit = take_unit(s);
	if (!any || unit == 0)
		return false;
	*total -= whole * unit + part * unit / scale;
	return *total >= -((__int128)1 << 100);
}

static struct cel_value parse_duration(struct str s)
{
	__int128 total = 0;
	bool minus = str_starts(s, STR("-"));
	if (minus || str_starts(s, STR("+")))
		s = str_slice(s, 1, s.n);
	bool ok = s.n > 0;
	if (str_is(s, "0"))
		s = STR_NULL;
	while (ok && s.n > 0)
		ok = take_part(&s, &total);
	if (!ok)
		return cel_fail("a duration is written in h, m, s, ms, us or ns: 36h, 1h30m, 0.5s");
	if (!minus)
		total = -total;
	if (total < INT64_MIN || total > INT64_MAX)
		return cel_fail(TOO_LONG);
	return duration((int64_t)total);
}

static struct cel_value to_duration(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	return v[0].kind == CEL_STRING ? parse_duration(cel_str(v[0])) : v[0];
}

/* ---- parts ---- */

/* The local time of v[0] in the zone v[1], or in UTC, into *local_us; null, or an error. */
static struct cel_value local(struct cel_run *r, const struct cel_value *v, size_t n,
			      int64_t *local_us)
{
	*local_us = v[0].i * US_PER_S;
	if (n < 2)
		return cel_of_null();
	const struct tz *tz;
	struct arena_mark mark = arena_mark(r->scratch);
	if (!cel_charge(r, 500))
		return cel_fail_budget();
	enum status st = tz_load(cel_str(v[1]), r->scratch, &tz, NULL);
	if (st == ST_LIMIT)
		return cel_fail_budget();
	if (st != ST_OK)
		return cel_fail("there is no such time zone: Europe/Berlin, UTC or +01:00 would be "
				"one");
	*local_us += tz_offset_us(tz, *local_us);
	arena_rewind(r->scratch, mark);
	return cel_of_null();
}

#define PART(name, expression) \
	static struct cel_value name(struct cel_run *r, const struct cel_value *v, size_t n) \
	{ \
		int64_t at_us; \
		struct cel_value fault = local(r, v, n, &at_us); \
		if (fault.kind == CEL_ERROR) \
			return fault; \
		struct civil c = time_civil(at_us); \
		(void)c; \
		return cel_of_int(expression); \
	}

PART(get_full_year, c.year)
PART(get_month, c.month - 1)
PART(get_day_of_year, time_day(at_us) - time_days_from_civil(c.year, 1, 1))
PART(get_day_of_month, c.day - 1)
PART(get_date, c.day)
PART(get_day_of_week, time_weekday(at_us))
PART(get_hours, c.hour)
PART(get_minutes, c.minute)
PART(get_seconds, c.second)
PART(get_milliseconds, v[0].n / 1000000)

static struct cel_value span_hours(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	return cel_of_int(v[0].i / (3600 * NS_PER_S));
}

static struct cel_value span_minutes(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	return cel_of_int(v[0].i / (60 * NS_PER_S));
}

static struct cel_value span_seconds(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	return cel_of_int(v[0].i / NS_PER_S);
}

static struct cel_value span_milliseconds(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	return cel_of_int(v[0].i % NS_PER_S / 1000000);
}

#define BOTH(name, fn) \
	{name, "timestamp.() int", fn}, \
	{ \
		name, "timestamp.(string) int", fn \
	}

const struct cel_func func_time[] = {
	{"timestamp", "(timestamp) timestamp", to_timestamp},
	{"timestamp", "(string) timestamp", to_timestamp},
	{"timestamp", "(int) timestamp", to_timestamp},
	{"duration", "(duration) duration", to_duration},
	{"duration", "(string) duration", to_duration},
	BOTH("getFullYear", get_full_year),
	BOTH("getMonth", get_month),
	BOTH("getDayOfYear", get_day_of_year),
	BOTH("getDayOfMonth", get_day_of_month),
	BOTH("getDate", get_date),
	BOTH("getDayOfWeek", get_day_of_week),
	BOTH("getHours", get_hours),
	BOTH("getMinutes", get_minutes),
	BOTH("getSeconds", get_seconds),
	BOTH("getMilliseconds", get_milliseconds),
	{"getHours", "duration.() int", span_hours},
	{"getMinutes", "duration.() int", span_minutes},
	{"getSeconds", "duration.() int", span_seconds},
	{"getMilliseconds", "duration.() int", span_milliseconds},
	{NULL, NULL, NULL},
};
