/* SPDX-License-Identifier: Apache-2.0
 * when.c: words to tokens, then for each word that leads to a day ("back", "bis") the day behind
 * it, with a few small words between. The lead that says most wins: "away from 3 to 10 March,
 * back on the 11th" has three days in it and one answer. */
#include "inbound/when.h"

#include "inbound/text.h"

#define TEXT_BYTES_MAX 4000
#define TOKENS_MAX 700
#define AHEAD_MAX 9 /* words between a lead and its day */
#define FAR_US (2 * 366 * US_PER_D)

struct word {
	const char *name;
	int value;
};

static const struct word words[] = {
#define MONTH(name, number) {name, number},
#define WEEKDAY(name, number) {name, 100 + number},
#define LEAD(name, worth) {name, 200 + worth},
#define SKIP(name) {name, 300},
#define INCLUDING(name) {name, 400},
#define TOMORROW(name, days) {name, 500 + days},
#include "inbound/when.def"
};
enum word_class { MONTHS, WEEKDAYS, LEADS, SKIPS, INCLUDINGS, DAYS };

struct tokens {
	struct str items[TOKENS_MAX];
	size_t count;
	int64_t now_us;
};

/* A day as far as it was said. */
struct day {
	int64_t year; /* 0: not said */
	int month, day;
	bool relative; /* days_off counts */
	int days_off;
};

/* What the word is in a class; -1: it is none. */
static int word_value(struct str s, enum word_class class)
{
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (words[i].value / 100 == (int)class && str_is(s, words[i].name))
			return words[i].value % 100;
	return -1;
}

static bool is_token_byte(struct str s, size_t i)
{
	char c = s.p[i];
	bool word = (unsigned char)c >= 0x80 || (c >= 'a' && c <= 'z') || text_is_digit(c);
	if (word)
		return true;
	bool after = i > 0 && ((unsigned char)s.p[i - 1] >= 0x80 || s.p[i - 1] > '/');
	bool before = i + 1 < s.n && s.p[i + 1] > '/';
	bool digits =
		i > 0 && i + 1 < s.n && text_is_digit(s.p[i - 1]) && text_is_digit(s.p[i + 1]);
	return (c == '\'' && after && before) || ((c == '.' || c == '-') && digits) ||
	       (c == '/' && after && before);
}

static void split(struct str s, struct tokens *t)
{
	for (size_t i = 0; i < s.n && t->count < TOKENS_MAX;) {
		size_t from = i;
		while (i < s.n && is_token_byte(s, i))
			i++;
		if (i > from)
			t->items[t->count++] = str_slice(s, from, i);
		else if (s.p[i++] == '-')
			t->items[t->count++] = STR("-");
	}
}

/* Up to three numbers with one kind of mark between: how many; 0 when it is no such thing. */
static int numbers(struct str s, int64_t out[3], char *mark_r)
{
	int n = 0;
	size_t i = 0;
	*mark_r = '\0';
	while (n < 3 && i < s.n && text_is_digit(s.p[i])) {
		int64_t v = 0;
		size_t from = i;
		for (; i < s.n && text_is_digit(s.p[i]) && i - from < 5; i++)
			v = v * 10 + (s.p[i] - '0');
		out[n++] = v;
		if (i < s.n && strchr(".-/", s.p[i]) != NULL &&
		    (*mark_r == '\0' || s.p[i] == *mark_r))
			*mark_r = s.p[i++];
		else
			break;
	}
	return i == s.n ? n : 0;
}

static int64_t full_year(int64_t y)
{
	return y < 100 ? 2000 + y : y;
}

/* 12.05.2026, 12.5., 12/05/26, 05/13/2026, 2026-05-12. */
static bool day_of_numbers(struct str s, struct day *out)
{
	int64_t v[3] = {0, 0, 0};
	char mark;
	int n = numbers(s, v, &mark);
	if (n < 2)
		return false;
	*out = (struct day){.day = (int)v[0], .month = (int)v[1]};
	if (n == 3 && v[0] > 31)
		*out = (struct day){.year = v[0], .month = (int)v[1], .day = (int)v[2]};
	else if (n == 3)
		out->year = full_year(v[2]);
	if (out->month > 12 && out->day <= 12 && mark == '/')
		*out = (struct day){out->year, out->day, out->month, false, 0};
	return true;
}

/* 3, 3rd, 1er: a day of a month. */
static int day_number(struct str s)
{
	size_t n = 0;
	int v = 0;
	while (n < s.n && n < 2 && text_is_digit(s.p[n]))
		v = v * 10 + (s.p[n++] - '0');
	struct str tail = str_slice(s, n, s.n);
	bool fits = tail.n == 0 || str_is(tail, "st") || str_is(tail, "nd") || str_is(tail, "rd") ||
		    str_is(tail, "th") || str_is(tail, "er") || str_is(tail, "e") ||
		    str_is(tail, "º") || str_is(tail, "°");
	return n > 0 && fits && v >= 1 && v <= 31 ? v : 0;
}

static struct str token(const struct tokens *t, size_t i)
{
	return i < t->count ? t->items[i] : STR("");
}

static int64_t year_at(const struct tokens *t, size_t i)
{
	int64_t y;
	return str_to_i64(token(t, i), &y) && y >= 2000 && y < 2200 ? y : 0;
}

static bool is_small(struct str s)
{
	return str_is(s, "of") || str_is(s, "de") || str_is(s, "del");
}

/* A day written out at token i: 3 March 2026, 3 de mayo, March 3rd. */
static bool day_of_words(const struct tokens *t, size_t i, struct day *out)
{
	int day = day_number(token(t, i)), month = word_value(token(t, i), MONTHS);
	if (day > 0) {
		size_t at = i + 1;
		if (is_small(token(t, at)))
			at++;
		month = word_value(token(t, at), MONTHS);
		if (month < 1)
			return false;
		if (is_small(token(t, at + 1)))
			at++;
		*out = (struct day){.day = day, .month = month, .year = year_at(t, at + 1)};
		return true;
	}
	day = month > 0 ? day_number(token(t, i + 1)) : 0;
	*out = (struct day){.day = day, .month = month, .year = year_at(t, i + 2)};
	return day > 0;
}

static bool is_day(int64_t year, int month, int day)
{
	static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return year >= 2000 && year < 2200 && month >= 1 && month <= 12 && day >= 1 &&
	       day <= lengths[month - 1];
}

/* The instant, or TIME_NONE when no such day is near. */
static int64_t resolve(const struct tokens *t, const struct day *d)
{
	int64_t today = time_day(t->now_us);
	if (d->relative)
		return (today + d->days_off) * US_PER_D;
	int64_t year = d->year != 0 ? d->year : time_civil(t->now_us).year;
	if (!is_day(year, d->month, d->day))
		return TIME_NONE;
	int64_t days = time_days_from_civil(year, d->month, d->day);
	if (d->year == 0 && days < today)
		days = time_days_from_civil(year + 1, d->month, d->day);
	if (days < today || (days - today) * US_PER_D > FAR_US)
		return TIME_NONE;
	return days * US_PER_D;
}

static bool day_at(const struct tokens *t, size_t i, struct day *out)
{
	return day_of_numbers(token(t, i), out) || day_of_words(t, i, out);
}

/* The day behind a lead; a weekday alone counts when no date follows it. */
static int64_t day_behind(const struct tokens *t, size_t lead)
{
	struct day d, weekday = {.relative = true, .days_off = 0};
	bool including = word_value(token(t, lead), INCLUDINGS) >= 0;
	int64_t at_us = TIME_NONE;
	for (size_t i = lead + 1; i < t->count && i <= lead + AHEAD_MAX; i++) {
		struct str s = token(t, i);
		int day = word_value(s, WEEKDAYS), off = word_value(s, DAYS);
		including |= word_value(s, INCLUDINGS) >= 0;
		if (day_at(t, i, &d)) {
			at_us = resolve(t, &d);
			break;
		}
		if (off > 0)
			weekday.days_off = off;
		else if (day >= 0)
			weekday.days_off = (day - time_weekday(t->now_us) + 6) % 7 + 1;
		else if (word_value(s, SKIPS) < 0 && word_value(s, INCLUDINGS) < 0)
			break;
	}
	if (at_us == TIME_NONE && weekday.days_off > 0)
		at_us = resolve(t, &weekday);
	return at_us != TIME_NONE && including ? at_us + US_PER_D : at_us;
}

int64_t when_back(struct str text, int64_t now_us, struct arena *a)
{
	struct tokens *t = ARENA_NEW(a, struct tokens);
	if (t == NULL || now_us < 0 || now_us > INT64_MAX / 4)
		return TIME_NONE;
	t->now_us = now_us;
	split(text_lower(str_upto(text, TEXT_BYTES_MAX), a), t);
	for (int worth = 1; worth <= 3; worth++)
		for (size_t i = 0; i < t->count; i++) {
			if (word_value(token(t, i), LEADS) != worth)
				continue;
			int64_t at_us = day_behind(t, i);
			if (at_us != TIME_NONE)
				return at_us;
		}
	return TIME_NONE;
}
