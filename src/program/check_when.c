/* SPDX-License-Identifier: Apache-2.0
 * check_when.c: values about time and place: ranges, times of day, dates, zones, addresses. A time
 * of day must stand in quotes: to YAML 1.1 tools 19:00 is the number 1140. */
#include "program/check.h"

#include "base/time.h"
#include "base/tz.h"

/* ---- ranges ---- */

static bool span_of(struct str s, int64_t *min_r, int64_t *max_r)
{
	size_t dots = str_find(s, STR(".."));
	if (dots == s.n) {
		bool ok = duration_parse(s, min_r);
		*max_r = *min_r;
		return ok;
	}
	return duration_parse(str_trim(str_slice(s, 0, dots)), min_r) &&
	       duration_parse(str_trim(str_slice(s, dots + 2, s.n)), max_r);
}

/* "7-10d", "7 to 10 days", "7d-10d": two numbers and a unit. */
static struct str span_meant(struct value *v)
{
	struct str s = v->text;
	int64_t n[2] = {0, 0};
	size_t count = 0, at = 0;
	while (at < s.n && count < 2) {
		size_t end = at;
		while (end < s.n && s.p[end] >= '0' && s.p[end] <= '9')
			end++;
		if (end > at && end - at < 5 && str_to_i64(str_slice(s, at, end), &n[count]))
			count++;
		at = end > at ? end : at + 1;
	}
	char unit = 'd';
	for (; at < s.n && unit == 'd'; at++)
		unit = s.p[at] == 'h' || s.p[at] == 'w' || s.p[at] == 'm' ? s.p[at] : unit;
	if (count < 2 || n[0] > n[1] || str_find(s, STR("month")) < s.n)
		return STR_NULL;
	return arena_printf(v->arena, "%lld%c..%lld%c", (long long)n[0], unit, (long long)n[1],
			    unit);
}

static void say_span(struct value *v)
{
	bool one = str_find(v->text, STR("..")) == v->text.n;
	struct program_problem *p = value_refuse(v, CODE_DURATION);
	PROBLEM_TEXT(p, message, v->arena, "\"" STR_FMT "\" is neither a duration nor a range",
		     STR_ARG(v->text));
	p->suggestion = one ? value_duration_meant(v) : STR_NULL;
	if (p->suggestion.n == 0)
		p->suggestion = span_meant(v);
	PROBLEM_TEXT(p, fix, v->arena, "write " STR_FMT " (units s m h d w)",
		     STR_ARG(p->suggestion.n ? p->suggestion : STR("7d..10d")));
	p->why = STR("a number without its unit could mean hours or weeks");
}

void check_span(struct value *v)
{
	int64_t min, max;
	if (!span_of(v->text, &min, &max)) {
		say_span(v);
		return;
	}
	if (min > max) {
		struct program_problem *p = value_refuse(v, CODE_RANGE);
		size_t dots = str_find(v->text, STR(".."));
		PROBLEM_TEXT(p, message, v->arena, STR_FMT ": the range ends before it begins",
			     STR_ARG(v->under));
		PROBLEM_TEXT(p, suggestion, v->arena, STR_FMT ".." STR_FMT,
			     STR_ARG(str_trim(str_slice(v->text, dots + 2, v->text.n))),
			     STR_ARG(str_trim(str_slice(v->text, 0, dots))));
		PROBLEM_TEXT(p, fix, v->arena, "write " STR_FMT, STR_ARG(p->suggestion));
		p->why = STR("no time lies inside");
	} else if ((double)max > v->type->max * (double)US_PER_D) {
		struct program_problem *p = value_refuse(v, CODE_RANGE);
		PROBLEM_TEXT(p, message, v->arena,
			     STR_FMT ": " STR_FMT " is above the limit of %gd", STR_ARG(v->under),
			     STR_ARG(v->text), v->type->max);
		p->fix = STR("a year at most");
		p->why = STR("nobody remembers what was said longer ago");
	}
}

bool value_span(const struct ynode *n, int64_t *min_r, int64_t *max_r)
{
	return value_text(n).n && span_of(n->text, min_r, max_r);
}

/* ---- times of day ---- */

static int two_digits(struct str s, size_t at)
{
	bool ok = at + 1 < s.n && s.p[at] >= '0' && s.p[at] <= '9' && s.p[at + 1] >= '0' &&
		  s.p[at + 1] <= '9';
	return ok ? (s.p[at] - '0') * 10 + (s.p[at + 1] - '0') : -1;
}

/* Minutes since midnight of "19:00", or -1. */
static int clock_of(struct str s)
{
	int hour = two_digits(s, 0), minute = two_digits(s, 3);
	if (s.n != 5 || s.p[2] != ':' || hour < 0 || minute < 0 || minute > 59)
		return -1;
	return hour * 60 + minute > 24 * 60 ? -1 : hour * 60 + minute;
}

/* "8:00", "7pm", "7:30 PM", "1900", "19h", "19.00". */
static struct str clock_meant(struct value *v)
{
	struct str s = str_trim(v->text);
	int n[2] = {0, 0}, digits[2] = {0, 0}, part = 0;
	bool pm = false, am = false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c >= '0' && c <= '9') {
			if (++digits[part] > 4)
				return STR_NULL;
			n[part] = n[part] * 10 + (c - '0');
		} else if ((c == ':' || c == '.' || c == 'h') && part == 0) {
			part = 1;
		}
		pm = pm || c == 'p' || c == 'P';
		am = am || c == 'a' || c == 'A';
	}
	if (part == 0 && digits[0] > 2) { /* 1900; or 1140, which a tool made of 19:00 */
		n[1] = n[0] % 100;
		n[0] /= 100;
	}
	if (n[0] > 12 ? (pm || am) : false)
		return STR_NULL;
	n[0] += pm && n[0] < 12 ? 12 : 0;
	if (digits[0] == 0 || n[1] > 59 || n[0] * 60 + n[1] > 24 * 60)
		return STR_NULL;
	return arena_printf(v->arena, "%02d:%02d", n[0] - (am && n[0] == 12 ? 12 : 0), n[1]);
}

void check_clock(struct value *v)
{
	bool good = clock_of(v->text) >= 0;
	if (good && v->node->style != YNODE_PLAIN)
		return;
	struct str meant = good ? v->text : clock_meant(v);
	struct program_problem *p = value_refuse(v, good ? CODE_CLOCK_BARE : CODE_CLOCK);
	PROBLEM_TEXT(p, message, v->arena,
		     good ? "a time of day without quotes: " STR_FMT
			  : "\"" STR_FMT "\" is not a time of day",
		     STR_ARG(v->text));
	p->why = good ? STR("YAML 1.1 tools read 19:00 as the number 1140")
		      : STR("nobody could say when it begins");
	if (meant.n)
		PROBLEM_TEXT(p, suggestion, v->arena, "\"" STR_FMT "\"", STR_ARG(meant));
	PROBLEM_TEXT(p, fix, v->arena, "write " STR_FMT,
		     STR_ARG(p->suggestion.n ? p->suggestion
					     : STR("hours and minutes in quotes: \"19:00\"")));
}

bool value_clock(const struct ynode *n, int *minutes_r)
{
	int at = value_text(n).n ? clock_of(n->text) : -1;
	if (at < 0)
		return false;
	*minutes_r = at;
	return true;
}

/* ---- dates ---- */

static bool date_of(struct str s, int32_t *days_r)
{
	int century = two_digits(s, 0), year = two_digits(s, 2);
	int month = two_digits(s, 5), day = two_digits(s, 8);
	if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-' || century < 19 || year < 0 || month < 1 ||
	    month > 12 || day < 1)
		return false;
	int64_t days = time_days_from_civil(century * 100 + year, month, day);
	struct civil back = time_civil(days * US_PER_D);
	if (back.day != day || back.month != month)
		return false;
	*days_r = (int32_t)days;
	return true;
}

/* "25.12.2026", "2026/12/25", "2026-1-1": the year is the one with four digits. */
static struct str date_meant(struct value *v)
{
	int n[3] = {0, 0, 0}, part = 0, digits = 0, year = -1;
	int32_t days;
	for (size_t i = 0; i <= v->text.n && part < 3; i++) {
		char c = i < v->text.n ? v->text.p[i] : '.';
		if (c >= '0' && c <= '9') {
			n[part] = n[part] * 10 + (c - '0');
			digits++;
		}
		if ((c >= '0' && c <= '9' && digits <= 4) || digits == 0)
			continue;
		year = digits == 4 ? part : year;
		digits = 0;
		part++;
	}
	if (part != 3 || (year != 0 && year != 2))
		return STR_NULL;
	struct str s = arena_printf(v->arena, "%04d-%02d-%02d", n[year], n[1], n[2 - year]);
	return date_of(s, &days) ? s : STR_NULL;
}

void check_date(struct value *v)
{
	int32_t days;
	if (date_of(v->text, &days))
		return;
	struct program_problem *p = value_refuse(v, CODE_DATE);
	PROBLEM_TEXT(p, message, v->arena, "\"" STR_FMT "\" is not a date", STR_ARG(v->text));
	p->suggestion = date_meant(v);
	PROBLEM_TEXT(
		p, fix, v->arena, "write " STR_FMT,
		STR_ARG(p->suggestion.n ? p->suggestion : STR("year, month and day: 2026-12-25")));
	p->why = STR("it would be a day like any other");
}

bool value_date(const struct ynode *n, int32_t *days_r)
{
	return value_text(n).n && date_of(n->text, days_r);
}

/* ---- zones ---- */

static bool zone_known(struct value *v, struct str name)
{
	const struct tz *tz;
	struct err e;
	struct arena_mark mark = arena_mark(v->arena);
	enum status st = tz_load(name, v->arena, &tz, &e);
	arena_rewind(v->arena, mark);
	return st != ST_NOT_FOUND && st != ST_INVALID;
}

static struct str zone_meant(struct value *v)
{
	static const char *const places[] = {"Europe/",    "America/", "Asia/",
					     "Australia/", "Africa/",  "Pacific/"};
	struct str s = v->text;
	struct buf b;
	buf_init_arena(&b, v->arena, 128);
	bool start = true;
	for (size_t i = 0; i < s.n; i++) { /* "europe/berlin", "new york" */
		char c = s.p[i] == ' ' ? '_' : s.p[i];
		bool low = c >= 'a' && c <= 'z', up = c >= 'A' && c <= 'Z';
		buf_byte(&b, start && low ? (char)(c - 32) : !start && up ? (char)(c + 32) : c);
		start = !low && !up;
	}
	struct str name = buf_view(&b);
	if (name.n == 0 || zone_known(v, name))
		return name;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct str whole = arena_printf(v->arena, "%s" STR_FMT, places[i], STR_ARG(name));
		if (zone_known(v, whole))
			return whole;
	}
	return STR_NULL;
}

void check_zone(struct value *v)
{
	/* Without tzdata no zone is known, which is not the author's fault. */
	if (zone_known(v, v->text) || !zone_known(v, STR("Europe/Berlin")))
		return;
	struct program_problem *p = value_refuse(v, CODE_ZONE);
	PROBLEM_TEXT(p, message, v->arena, "no time zone is called \"" STR_FMT "\"",
		     STR_ARG(v->text));
	p->suggestion = zone_meant(v);
	PROBLEM_TEXT(p, fix, v->arena, "write " STR_FMT,
		     STR_ARG(p->suggestion.n ? p->suggestion
					     : STR("a name of the tz database: Europe/Berlin")));
	p->why = STR("messages would leave in the middle of somebody's night");
}

/* ---- addresses of web hooks ---- */

static bool url_ok(struct str s)
{
	static const char *const heads[] = {"https://", "http://localhost", "http://127.0.0.1"};
	bool head = false;
	for (size_t i = 0; i < 3; i++)
		head = head || (str_starts(s, str_of(heads[i])) && s.n > strlen(heads[i]));
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ')
			return false;
	return head && s.n <= 500;
}

void check_url(struct value *v)
{
	if (url_ok(v->text))
		return;
	struct program_problem *p = value_refuse(v, CODE_URL);
	PROBLEM_TEXT(p, message, v->arena, "\"" STR_FMT "\" is not an https address",
		     STR_ARG(v->text));
	p->fix = STR("write https://... (http only for localhost)");
	p->why = STR("what is known about a lead must not travel in the open");
	if (str_starts(v->text, STR("http://")))
		PROBLEM_TEXT(p, suggestion, v->arena, "https://" STR_FMT,
			     STR_ARG(str_slice(v->text, 7, v->text.n)));
	if (p->suggestion.n)
		PROBLEM_TEXT(p, fix, v->arena, "write " STR_FMT, STR_ARG(p->suggestion));
}

/* ---- re-entry ---- */

static int reentry_of(struct str s, int64_t *us_r)
{
	*us_r = 0;
	if (str_is(s, "never"))
		return 0;
	if (str_is(s, "always"))
		return 2;
	bool after = str_starts(s, STR("after ")) &&
		     duration_parse(str_trim(str_slice(s, 6, s.n)), us_r) && *us_r > 0;
	return after ? 1 : -1;
}

void check_reentry(struct value *v)
{
	int64_t us;
	if (reentry_of(v->text, &us) >= 0)
		return;
	struct program_problem *p = value_refuse(v, CODE_WORD);
	PROBLEM_TEXT(p, message, v->arena, "\"" STR_FMT "\" does not say when a lead may come back",
		     STR_ARG(v->text));
	if (duration_parse(v->text, &us) && us > 0)
		PROBLEM_TEXT(p, suggestion, v->arena, "after " STR_FMT, STR_ARG(v->text));
	PROBLEM_TEXT(p, fix, v->arena, "write " STR_FMT,
		     STR_ARG(p->suggestion.n ? p->suggestion : STR("never, always or after 90d")));
	p->why = STR("only these words have a meaning here");
}

bool value_reentry(const struct ynode *n, int *kind_r, int64_t *us_r)
{
	int kind = value_text(n).n ? reentry_of(n->text, us_r) : -1;
	if (kind >= 0)
		*kind_r = kind;
	return kind >= 0;
}
