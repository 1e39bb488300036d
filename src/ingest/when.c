/* SPDX-License-Identifier: Apache-2.0
 * when.c: instants as senders write them. The strict reader is base/time.h; what it refuses is
 * brought into its form here and given to it again, so that a date is checked in one place. Not
 * read on purpose: 02/03/2015, which is two different days. */
#include "base/time.h"
#include "ingest/ingest.h"

#include <stdio.h>

struct scan {
	struct str s;
	size_t at;
};

static bool take(struct scan *c, const char *any)
{
	if (c->at >= c->s.n || c->s.p[c->at] == '\0' || strchr(any, c->s.p[c->at]) == NULL)
		return false;
	c->at++;
	return true;
}

/* Up to `digits_max` digits; how many there were. */
static unsigned take_number(struct scan *c, unsigned digits_max, unsigned *out)
{
	unsigned n = 0;
	*out = 0;
	while (n < digits_max && c->at < c->s.n && c->s.p[c->at] >= '0' && c->s.p[c->at] <= '9') {
		*out = *out * 10 + (unsigned)(c->s.p[c->at++] - '0');
		n++;
	}
	return n;
}

/* Numbers since 1970. Their size tells the unit: seconds stay below 1e11 until the year 5138. */
static bool epoch(struct str s, int64_t *at_us_r)
{
	double v;
	if (s.n < 9 || !str_to_f64(s, &v) || v < 1e8 || v >= 9e18)
		return false;
	if (v < 1e11)
		*at_us_r = (int64_t)(v * 1e6);
	else if (v < 1e14)
		*at_us_r = (int64_t)(v * 1e3);
	else
		*at_us_r = (int64_t)(v < 1e17 ? v : v / 1e3);
	return *at_us_r <= INT64_C(253402300799) * US_PER_S;
}

static bool scan_date(struct scan *c, unsigned *year, unsigned *month, unsigned *day)
{
	unsigned n = take_number(c, 8, year);
	if (n == 8) { /* 20150202 */
		*day = *year % 100;
		*month = *year / 100 % 100;
		*year /= 10000;
		return true;
	}
	return n == 4 && take(c, "-/.") && take_number(c, 2, month) > 0 && take(c, "-/.") &&
	       take_number(c, 2, day) > 0;
}

static bool scan_clock(struct scan *c, unsigned *h, unsigned *m, unsigned *s)
{
	if (take_number(c, 2, h) == 0)
		return false;
	bool colon = take(c, ":");
	if (take_number(c, 2, m) != 2)
		return false;
	if (colon ? !take(c, ":") : c->at >= c->s.n || c->s.p[c->at] < '0' || c->s.p[c->at] > '9')
		return true;
	return take_number(c, 2, s) == 2;
}

/* "Z", "UTC", "+0100", "+01", "+01:00" or nothing, which is UTC -> what RFC 3339 says. */
static bool scan_zone(struct scan *c, char out[8])
{
	struct str rest = str_trim(str_slice(c->s, c->at, c->s.n));
	unsigned h, m = 0;
	(void)snprintf(out, 8, "Z");
	if (rest.n == 0 || str_eq_nocase(rest, STR("Z")) || str_eq_nocase(rest, STR("UTC")) ||
	    str_eq_nocase(rest, STR("GMT")))
		return true;
	struct scan z = {rest, 1};
	if (!take_number(&z, 2, &h) || (z.at < rest.n && (take(&z, ":"), !take_number(&z, 2, &m))))
		return false;
	(void)snprintf(out, 8, "%c%02u:%02u", rest.p[0], h, m);
	return z.at == rest.n;
}

bool ingest_time(struct str text, int64_t *at_us_r)
{
	unsigned year, month, day, h = 0, m = 0, s = 0, fraction;
	char zone[8], canon[64];
	struct scan c = {str_trim(text), 0};
	if (time_parse(c.s, at_us_r))
		return true;
	if (c.s.n > 40 || c.s.n < 8)
		return false;
	if (epoch(c.s, at_us_r))
		return true;
	if (!scan_date(&c, &year, &month, &day))
		return false;
	if (take(&c, "Tt ") && !scan_clock(&c, &h, &m, &s))
		return false;
	size_t point = c.at, digits = 0;
	if (take(&c, ".,"))
		digits = take_number(&c, 9, &fraction);
	if (digits == 0 && c.at != point)
		return false;
	if (!scan_zone(&c, zone))
		return false;
	struct str decimals = str_slice(c.s, point + 1, point + 1 + digits);
	(void)snprintf(canon, sizeof canon, "%04u-%02u-%02uT%02u:%02u:%02u%s" STR_FMT "%s", year,
		       month, day, h, m, s, digits ? "." : "", STR_ARG(decimals), zone);
	return time_parse(str_of(canon), at_us_r);
}
