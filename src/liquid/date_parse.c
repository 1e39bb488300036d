/* SPDX-License-Identifier: Apache-2.0
 * date_parse.c: reads dates the way the reference's library does: the time of day is looked for
 * first and taken out, then a month's name, then numbers joined by -, / or dots. A text may say as
 * little as "10:30" or "March". */
#include "liquid/date.h"

#include "liquid/letter.h"

#define TEXT_MAX 128 /* longer texts are no dates */

struct reading {
	char text[TEXT_MAX]; /* in small letters; what has been read is blanked */
	size_t n;
	int64_t year;
	int month, day, hour, minute, second, micro; /* -1: not said */
	bool has_year, has_offset;
	int64_t offset_us;
};

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool letter(char c)
{
	return c >= 'a' && c <= 'z';
}

static char at(const struct reading *r, size_t i)
{
	return i < r->n ? r->text[i] : '\0';
}

static size_t spaces(const struct reading *r, size_t i)
{
	while (is_space(at(r, i)))
		i++;
	return i;
}

/* Digits from *i, at most 9 of them as a number; how many there were. */
static size_t digits(const struct reading *r, size_t *i, int64_t *out_r)
{
	size_t n = 0;
	for (*out_r = 0; digit(at(r, *i)); ++*i, n++)
		if (n < 9)
			*out_r = *out_r * 10 + (at(r, *i) - '0');
	return n;
}

static void blank(struct reading *r, size_t from, size_t to)
{
	for (; from < to; from++)
		r->text[from] = ' ';
}

static bool word_at(const struct reading *r, size_t i, const char *word)
{
	size_t n = strlen(word);
	return i + n <= r->n && memcmp(r->text + i, word, n) == 0;
}

/* ---- time of day ---- */

/* +02:00, -0500, +2 behind i; where it ends, or i. */
static size_t numeric_zone(struct reading *r, size_t i)
{
	int64_t hours, minutes = 0, sign = at(r, i) == '-' ? -1 : 1;
	size_t from = i;
	if (at(r, i) != '+' && at(r, i) != '-')
		return from;
	i++;
	size_t n = digits(r, &i, &hours);
	if (n == 3 || n == 4) {
		minutes = hours % 100;
		hours /= 100;
	} else if ((n == 1 || n == 2) && at(r, i) == ':') {
		i++;
		if (digits(r, &i, &minutes) != 2)
			return from;
	} else if (n == 0 || n > 4) {
		return from;
	}
	if (hours > 23 || minutes > 59)
		return from;
	r->has_offset = true;
	r->offset_us = sign * (hours * US_PER_H + minutes * US_PER_M);
	return i;
}

static size_t named_zone(struct reading *r, size_t i)
{
	static const struct {
		const char *name;
		int hours;
	} zones[] = {{"utc", 0},  {"gmt", 0},  {"ut", 0},   {"z", 0},    {"est", -5}, {"edt", -4},
		     {"cst", -6}, {"cdt", -5}, {"mst", -7}, {"mdt", -6}, {"pst", -8}, {"pdt", -7}};
	for (size_t k = 0; k < sizeof zones / sizeof zones[0]; k++) {
		size_t end = i + strlen(zones[k].name);
		if (!word_at(r, i, zones[k].name) || letter(at(r, end)))
			continue;
		r->has_offset = true;
		r->offset_us = zones[k].hours * US_PER_H;
		return end;
	}
	return i;
}

static size_t zone(struct reading *r, size_t i)
{
	size_t from = spaces(r, i), end = named_zone(r, from);
	if (end == from)
		end = numeric_zone(r, from);
	return end == from ? i : end;
}

/* am, pm, a.m. behind i. */
static size_t half_of_day(struct reading *r, size_t i)
{
	size_t from = spaces(r, i);
	char c = at(r, from);
	size_t end = from + 1 + (at(r, from + 1) == '.');
	if ((c != 'a' && c != 'p') || at(r, end) != 'm' || letter(at(r, end + 1)))
		return i;
	r->hour = r->hour % 12 + (c == 'p' ? 12 : 0);
	return end + 1 + (at(r, end + 1) == '.');
}

static size_t fraction(struct reading *r, size_t i)
{
	int scale = 100000;
	if ((at(r, i) != '.' && at(r, i) != ',') || !digit(at(r, i + 1)))
		return i;
	for (i++; digit(at(r, i)); i++, scale /= 10)
		r->micro += (at(r, i) - '0') * scale;
	return i;
}

/* 10:30[:15[.25]] at i; 0: no such thing. */
static size_t clock_at(struct reading *r, size_t i)
{
	int64_t h, m, s = 0;
	size_t n = digits(r, &i, &h);
	if (n == 0 || n > 2)
		return 0;
	size_t colon = spaces(r, i);
	if (at(r, colon) != ':')
		return 0;
	i = spaces(r, colon + 1);
	if (digits(r, &i, &m) != 2 || h > 24 || m > 59)
		return 0;
	r->hour = (int)h;
	r->minute = (int)m;
	r->second = r->micro = 0;
	if (at(r, i) == ':' && digit(at(r, i + 1))) {
		i++;
		digits(r, &i, &s);
		i = fraction(r, i);
	}
	r->second = (int)s;
	return s > 60 ? 0 : i;
}

/* 3pm, 3 pm */
static size_t bare_hour_at(struct reading *r, size_t i)
{
	int64_t h;
	size_t n = digits(r, &i, &h);
	if (n == 0 || n > 2 || h > 12)
		return 0;
	int before = r->hour;
	r->hour = (int)h;
	size_t end = half_of_day(r, i);
	if (end == i) {
		r->hour = before;
		return 0;
	}
	r->minute = r->second = r->micro = 0;
	return end;
}

static void read_clock(struct reading *r)
{
	for (size_t i = 0; i < r->n; i++) {
		if (!digit(r->text[i]) || (i > 0 && digit(r->text[i - 1])))
			continue;
		size_t end = clock_at(r, i);
		if (end > 0)
			end = half_of_day(r, end);
		else
			end = bare_hour_at(r, i);
		if (end == 0)
			continue;
		end = zone(r, end);
		/* The T between date and time goes with the time. */
		blank(r, i - (i > 0 && r->text[i - 1] == 't' && i > 1 && digit(r->text[i - 2])),
		      end);
		return;
	}
}

/* ---- date ---- */

static void set_year(struct reading *r, int64_t year, size_t digits_said)
{
	r->has_year = true;
	r->year = digits_said <= 2 ? year + (year >= 69 ? 1900 : 2000) : year;
}

static int month_at(const struct reading *r, size_t i)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	for (int m = 0; m < 12; m++)
		if (i + 3 <= r->n && memcmp(r->text + i, names + 3 * m, 3) == 0)
			return m + 1;
	return 0;
}

/* The number that ends just before i ("14th of march" too), or none. */
static bool number_before(const struct reading *r, size_t i, int64_t *out_r, size_t *n_r)
{
	while (i > 0 && !digit(r->text[i - 1])) {
		if (r->text[i - 1] == ',')
			return false;
		i--;
	}
	size_t end = i;
	while (i > 0 && digit(r->text[i - 1]))
		i--;
	if (end == i)
		return false;
	*n_r = digits(r, &i, out_r);
	return true;
}

static bool number_after(const struct reading *r, size_t *i, int64_t *out_r, size_t *n_r)
{
	while (*i < r->n && !digit(r->text[*i]))
		++*i;
	*n_r = digits(r, i, out_r);
	return *n_r > 0;
}

static void day_or_year(struct reading *r, int64_t number, size_t said)
{
	if (said > 2 || r->day >= 0)
		set_year(r, number, said);
	else
		r->day = (int)number;
}

/* 14 March 2016, March 14, 2016, 14-mar-2016, March 2016, March. */
static bool read_named(struct reading *r)
{
	size_t i = 0, n;
	int64_t number;
	for (; i < r->n; i++)
		if (letter(r->text[i]) && (i == 0 || !letter(r->text[i - 1])) &&
		    (r->month = month_at(r, i)) > 0)
			break;
	if (i == r->n) {
		r->month = -1;
		return false;
	}
	if (number_before(r, i, &number, &n))
		day_or_year(r, number, n);
	while (letter(at(r, i)))
		i++;
	for (int k = 0; k < 2 && !(r->has_year && r->day >= 0); k++)
		if (number_after(r, &i, &number, &n))
			day_or_year(r, number, n);
	return true;
}

static int small(int64_t v)
{
	return v > 99 ? 99 : (int)v;
}

/* Two or three numbers with one separator: the long one is the year, else the first. */
static bool three_numbers(struct reading *r, size_t i, char sep)
{
	int64_t v[3] = {0};
	size_t said[3] = {0}, count = 0;
	while (count < 3) {
		said[count] = digits(r, &i, &v[count]);
		if (said[count] == 0)
			break;
		count++;
		if (at(r, i) != sep || !digit(at(r, i + 1)))
			break;
		i++;
	}
	if (count < 2 || (count == 2 && sep != '/'))
		return false;
	if (count == 2 && said[0] < 3) { /* 3/14 */
		r->month = small(v[0]);
		r->day = small(v[1]);
		return true;
	}
	size_t year = count == 3 && said[2] > 2 ? 2 : 0;
	set_year(r, v[year], said[year]);
	r->month = small(v[1]);
	if (count == 3)
		r->day = small(v[2 - year]);
	return true;
}

/* 20160314, 20160314T101500Z */
static bool run_of_digits(struct reading *r, size_t i)
{
	int64_t date, clock;
	if (digits(r, &i, &date) != 8)
		return false;
	set_year(r, date / 10000, 4);
	r->month = (int)(date / 100 % 100);
	r->day = (int)(date % 100);
	if (at(r, i) != 't')
		return true;
	i++;
	if (digits(r, &i, &clock) == 6) {
		r->hour = small(clock / 10000);
		r->minute = small(clock / 100 % 100);
		r->second = small(clock % 100);
		i = fraction(r, i);
		(void)zone(r, i);
	}
	return true;
}

static bool read_numbers(struct reading *r)
{
	for (size_t i = 0; i < r->n; i++) {
		if (!digit(r->text[i]))
			continue;
		if (i > 0 && r->text[i - 1] == '-')
			return false;
		if (three_numbers(r, i, '-') || three_numbers(r, i, '/') ||
		    three_numbers(r, i, '.'))
			return true;
		return run_of_digits(r, i);
	}
	return false;
}

/* ---- the whole ---- */

static bool fill(struct reading *r, int64_t now_local_us, struct moment *out_r)
{
	struct civil now = time_civil(now_local_us);
	if (!r->has_year && r->month < 0 && r->day < 0) {
		if (r->hour < 0)
			return false;
		r->month = now.month;
		r->day = now.day;
	}
	int64_t year = r->has_year ? r->year : now.year;
	int month = r->month < 0 ? 1 : r->month, day = r->day < 0 ? 1 : r->day;
	int hour = r->hour < 0 ? 0 : r->hour;
	if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || r->minute > 59 ||
	    r->second > 60 || year > 9999)
		return false;
	int64_t days = time_days_from_civil(year, month, 1) + day - 1;
	out_r->at_us = days * US_PER_D + hour * US_PER_H + r->minute * US_PER_M +
		       r->second * US_PER_S + r->micro;
	return true;
}

bool date_parse(struct str s, int64_t now_local_us, struct moment *out_r, bool *offset_given_r)
{
	struct reading r = {.month = -1, .day = -1, .hour = -1, .text = ""};
	if (s.n >= TEXT_MAX)
		return false;
	for (; r.n < s.n; r.n++) {
		char c = s.p[r.n];
		r.text[r.n] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	read_clock(&r);
	if (!read_named(&r))
		(void)read_numbers(&r);
	*out_r = (struct moment){0, 0};
	if (!fill(&r, now_local_us, out_r))
		return false;
	*offset_given_r = r.has_offset;
	if (r.has_offset) {
		out_r->at_us -= r.offset_us;
		out_r->offset_us = r.offset_us;
	}
	return true;
}
