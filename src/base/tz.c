/* SPDX-License-Identifier: Apache-2.0
 * tz.c: a reader of TZif (RFC 8536). Our own, because libc knows one zone at a time and ICU is
 * 30 MB: loading takes microseconds, a lookup a binary search. The 64-bit block is used; files
 * of version 1 (32-bit only) are refused, tzdata has not shipped them since 2014. */
#include "base/tz.h"

#include "base/buf.h"
#include "base/time.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define TZ_FILE_BYTES_MAX 65536
#define TZ_DIRECTORY "/usr/share/zoneinfo"
#define DAY_S INT64_C(86400)

/* When a yearly change happens, in seconds of local time. */
struct rule {
	enum { RULE_MONTH, RULE_JULIAN, RULE_DAY } kind;
	int month, week, day; /* Mm.w.d; the day alone for the others */
	int32_t second;
};

struct tz {
	const int64_t *at_s;     /* transitions, ascending */
	const int32_t *offset_s; /* behind each */
	uint32_t count;
	int32_t first_s; /* before the first */
	bool has_rule, has_dst;
	int32_t std_s, dst_s;
	struct rule start, end;
};

/* ---- the footer: CET-1CEST,M3.5.0,M10.5.0/3 ---- */

static bool digit(const struct rd *r)
{
	return r->p < r->end && *r->p >= '0' && *r->p <= '9';
}

static bool take(struct rd *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

static int number(struct rd *r, int max)
{
	int v = 0;
	r->ok = r->ok && digit(r);
	while (digit(r) && v <= max)
		v = v * 10 + (*r->p++ - '0');
	r->ok = r->ok && v <= max;
	return r->ok ? v : 0;
}

static void zone_name(struct rd *r)
{
	const char *from = r->p;
	if (take(r, '<')) {
		while (r->p < r->end && *r->p != '>')
			r->p++;
		r->ok = r->ok && take(r, '>');
		return;
	}
	while (r->p < r->end && ((*r->p >= 'A' && *r->p <= 'Z') || (*r->p >= 'a' && *r->p <= 'z')))
		r->p++;
	r->ok = r->ok && r->p - from >= 3;
}

/* [+-]h[:m[:s]] in seconds; up to a week, as version 3 allows for times of change. */
static int32_t clock_time(struct rd *r)
{
	int sign = take(r, '-') ? -1 : 1;
	if (sign == 1)
		(void)take(r, '+');
	int s = number(r, 167) * 3600;
	if (take(r, ':'))
		s += number(r, 59) * 60;
	if (take(r, ':'))
		s += number(r, 59);
	return sign * s;
}

static struct rule read_rule(struct rd *r)
{
	struct rule rule = {.kind = RULE_DAY, .second = 2 * 3600};
	r->ok = r->ok && take(r, ',');
	if (take(r, 'M')) {
		rule.kind = RULE_MONTH;
		rule.month = number(r, 12);
		r->ok = r->ok && take(r, '.') && rule.month >= 1;
		rule.week = number(r, 5);
		r->ok = r->ok && take(r, '.') && rule.week >= 1;
		rule.day = number(r, 6);
	} else {
		rule.kind = take(r, 'J') ? RULE_JULIAN : RULE_DAY;
		rule.day = number(r, 365);
	}
	if (take(r, '/'))
		rule.second = clock_time(r);
	return rule;
}

static bool read_footer(struct str text, struct tz *tz)
{
	if (text.n == 0)
		return true;
	struct rd r = rd_of(text);
	zone_name(&r);
	tz->std_s = -clock_time(&r); /* POSIX counts westward */
	if (r.ok && r.p < r.end) {
		zone_name(&r);
		bool given = r.p < r.end && *r.p != ',';
		tz->dst_s = given ? -clock_time(&r) : tz->std_s + 3600;
		tz->start = read_rule(&r);
		tz->end = read_rule(&r);
		tz->has_dst = true;
	}
	tz->has_rule = rd_done(&r);
	return tz->has_rule;
}

/* Seconds since the epoch, in local time, of a change in a year. */
static int64_t rule_at(const struct rule *r, int64_t year)
{
	int64_t days;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (r->kind == RULE_MONTH) {
		int64_t first = time_days_from_civil(year, r->month, 1);
		int64_t next = r->month == 12 ? time_days_from_civil(year + 1, 1, 1)
					      : time_days_from_civil(year, r->month + 1, 1);
		int64_t weekday = ((first + 4) % 7 + 7) % 7;
		days = first + (r->day - weekday + 7) % 7 + 7 * (r->week - 1);
		while (days >= next)
			days -= 7;
	} else {
		days = time_days_from_civil(year, 1, 1) + r->day;
		/* Jn counts from 1 and never counts February 29. */
		if (r->kind == RULE_JULIAN)
			days += (leap && r->day >= 60 ? 1 : 0) - 1;
	}
	return days * DAY_S + r->second;
}

static int32_t rule_offset_s(const struct tz *tz, int64_t at_s)
{
	if (!tz->has_dst)
		return tz->std_s;
	int64_t year = time_civil((at_s + tz->std_s) * US_PER_S).year;
	int64_t start = rule_at(&tz->start, year) - tz->std_s;
	int64_t end = rule_at(&tz->end, year) - tz->dst_s;
	bool dst = start < end ? at_s >= start && at_s < end : at_s >= start || at_s < end;
	return dst ? tz->dst_s : tz->std_s;
}

/* ---- the file ---- */

struct header {
	uint32_t isut, isstd, leap, times, types, chars;
};

static uint64_t big_endian(const char *p, unsigned bytes)
{
	uint64_t v = 0;
	for (unsigned i = 0; i < bytes; i++)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

static bool read_header(struct str b, struct header *h)
{
	if (b.n < 44 || memcmp(b.p, "TZif", 4) != 0 || b.p[4] < '2')
		return false;
	uint32_t *const fields[] = {&h->isut, &h->isstd, &h->leap, &h->times, &h->types, &h->chars};
	for (unsigned i = 0; i < 6; i++) {
		*fields[i] = (uint32_t)big_endian(b.p + 20 + 4 * i, 4);
		if (*fields[i] > TZ_FILE_BYTES_MAX)
			return false;
	}
	return h->types > 0;
}

static size_t block_bytes(const struct header *h, size_t time_bytes)
{
	return h->times * (time_bytes + 1) + h->types * (size_t)6 + h->chars +
	       h->leap * (time_bytes + 4) + h->isstd + h->isut;
}

/* The 64-bit block at b (behind its header) into tz. */
static bool read_block(struct str b, const struct header *h, struct arena *a, struct tz *tz)
{
	int64_t *at = ARENA_ARRAY(a, int64_t, h->times + 1);
	int32_t *offset = ARENA_ARRAY(a, int32_t, h->times + 1);
	const char *kinds = b.p + h->times * (size_t)8, *types = kinds + h->times;
	if (at == NULL || offset == NULL)
		return false;
	tz->first_s = (int32_t)big_endian(types, 4);
	for (uint32_t i = 0; i < h->times; i++) {
		unsigned kind = (unsigned char)kinds[i];
		if (kind >= h->types)
			return false;
		at[i] = (int64_t)big_endian(b.p + 8 * (size_t)i, 8);
		offset[i] = (int32_t)big_endian(types + 6 * (size_t)kind, 4);
		if ((i > 0 && at[i] <= at[i - 1]) || offset[i] < -DAY_S * 7 ||
		    offset[i] > DAY_S * 7)
			return false;
	}
	tz->at_s = at;
	tz->offset_s = offset;
	tz->count = h->times;
	return tz->first_s >= -DAY_S * 7 && tz->first_s <= DAY_S * 7;
}

static bool read_file(struct str b, struct arena *a, struct tz *tz)
{
	struct header v1, v2;
	if (!read_header(b, &v1) || b.n < 44 + block_bytes(&v1, 4))
		return false;
	b = str_slice(b, 44 + block_bytes(&v1, 4), b.n);
	if (!read_header(b, &v2) || b.n < 44 + block_bytes(&v2, 8))
		return false;
	if (!read_block(str_slice(b, 44, b.n), &v2, a, tz))
		return false;
	b = str_slice(b, 44 + block_bytes(&v2, 8), b.n);
	if (b.n < 2 || b.p[0] != '\n' || b.p[b.n - 1] != '\n')
		return false;
	return read_footer(str_slice(b, 1, b.n - 1), tz);
}

enum status tz_parse(struct str bytes, struct arena *a, const struct tz **out_r, struct err *e)
{
	struct tz *tz = ARENA_NEW(a, struct tz);
	if (tz == NULL)
		return err_set(e, ST_LIMIT, "no memory left for a time zone");
	if (!read_file(bytes, a, tz))
		return err_set(e, ST_CORRUPT, "this is no TZif file of version 2 or later");
	*out_r = tz;
	return ST_OK;
}

/* ---- names ---- */

static bool fixed_offset(struct str name, int32_t *s_r)
{
	struct rd r = rd_of(name);
	int sign = take(&r, '-') ? -1 : 1;
	if (sign == 1)
		(void)take(&r, '+');
	if (r.end - r.p != 5 || r.p[2] != ':')
		return false;
	int h = number(&r, 23);
	r.ok = r.ok && take(&r, ':');
	int m = number(&r, 59);
	*s_r = sign * (h * 3600 + m * 60);
	return rd_done(&r);
}

static bool safe_name(struct str name)
{
	if (name.n == 0 || name.n > 64 || name.p[0] == '/' || name.p[0] == '.')
		return false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool other = (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+' || c == '/';
		if (!letter && !other)
			return false;
	}
	return true;
}

static enum status read_zone(struct str name, char *into, size_t *n_r, struct err *e)
{
	char path[128];
	(void)snprintf(path, sizeof path, TZ_DIRECTORY "/" STR_FMT, STR_ARG(name));
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;
	ssize_t got = -1;
	if (fd >= 0) {
		do {
			got = read(fd, into + n, TZ_FILE_BYTES_MAX - n);
			n += got > 0 ? (size_t)got : 0;
		} while (got > 0 && n < TZ_FILE_BYTES_MAX);
		(void)close(fd); /* Read only: nothing can be lost by closing. */
	}
	if (got < 0)
		return err_set(e, ST_NOT_FOUND,
			       "there is no time zone '" STR_FMT
			       "': name it as in the tz database, "
			       "Europe/Berlin, and see that tzdata is installed",
			       STR_ARG(name));
	*n_r = n;
	return ST_OK;
}

enum status tz_load(struct str name, struct arena *a, const struct tz **out_r, struct err *e)
{
	char bytes[TZ_FILE_BYTES_MAX];
	size_t n = 0;
	int32_t fixed_s = 0;
	if (str_is(name, "UTC") || str_is(name, "Z") || fixed_offset(name, &fixed_s)) {
		struct tz *tz = ARENA_NEW(a, struct tz);
		if (tz == NULL)
			return err_set(e, ST_LIMIT, "no memory left for a time zone");
		tz->has_rule = true;
		tz->std_s = fixed_s;
		*out_r = tz;
		return ST_OK;
	}
	if (!safe_name(name))
		return err_set(e, ST_NOT_FOUND, "'" STR_FMT "' is no name of a time zone",
			       STR_ARG(str_slice(name, 0, 64)));
	enum status st = read_zone(name, bytes, &n, e);
	if (st != ST_OK)
		return st;
	st = tz_parse(str_n(bytes, n), a, out_r, e);
	return st == ST_OK ? st : err_wrap(e, "time zone " STR_FMT, STR_ARG(name));
}

/* ---- looking up ---- */

static int64_t floor_s(int64_t us)
{
	return us / US_PER_S - (us % US_PER_S < 0);
}

int64_t tz_offset_us(const struct tz *tz, int64_t at_us)
{
	int64_t at_s = floor_s(at_us);
	uint32_t low = 0, high = tz->count;
	while (low < high) { /* the first transition behind at_s */
		uint32_t mid = low + (high - low) / 2;
		if (tz->at_s[mid] <= at_s)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == tz->count && tz->has_rule)
		return rule_offset_s(tz, at_s) * US_PER_S;
	return (low == 0 ? tz->first_s : tz->offset_s[low - 1]) * US_PER_S;
}

int64_t tz_from_local(const struct tz *tz, int64_t local_us)
{
	int64_t before = tz_offset_us(tz, local_us - US_PER_D);
	int64_t after = tz_offset_us(tz, local_us + US_PER_D);
	int64_t early = local_us - before, late = local_us - after;
	if (tz_offset_us(tz, early) == before)
		return early < late || tz_offset_us(tz, late) != after ? early : late;
	return tz_offset_us(tz, late) == after ? late : early;
}
