/* SPDX-License-Identifier: Apache-2.0
 * time.c: civil dates by Hinnant's days_from_civil (era arithmetic), no libc time zone state,
 * so the process's TZ never matters. exp2 and log2 are our own because replay compares state bit
 * for bit, across machines whose libm differ in the last place. */
#include "base/time.h"

#include "base/assert.h"

#include <math.h>
#include <stdio.h>

int64_t time_days_from_civil(int64_t y, int m, int d)
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + doe - 719468;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t time_day(int64_t at_us)
{
	return floor_div(at_us, US_PER_D);
}

struct civil time_civil(int64_t at_us)
{
	int64_t days = time_day(at_us), in_day = at_us % US_PER_D;
	if (in_day < 0)
		in_day += US_PER_D;
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int mp = (int)((5 * doy + 2) / 153);
	struct civil c = {.day = (int)(doy - (153 * mp + 2) / 5 + 1),
			  .month = mp < 10 ? mp + 3 : mp - 9};
	c.year = yoe + era * 400 + (c.month <= 2);
	c.hour = (int)(in_day / US_PER_H);
	c.minute = (int)(in_day / US_PER_M % 60);
	c.second = (int)(in_day / US_PER_S % 60);
	c.micro = (int)(in_day % US_PER_S);
	return c;
}

int64_t time_from_civil(const struct civil *c)
{
	int64_t days = time_days_from_civil(c->year, c->month, c->day);
	return days * US_PER_D + c->hour * US_PER_H + c->minute * US_PER_M + c->second * US_PER_S +
	       c->micro;
}

int time_weekday(int64_t at_us)
{
	int64_t d = (time_day(at_us) + 4) % 7;
	return (int)(d < 0 ? d + 7 : d);
}

static bool two(struct str s, size_t at, int max, int *out)
{
	if (at + 2 > s.n || s.p[at] < '0' || s.p[at] > '9' || s.p[at + 1] < '0' ||
	    s.p[at + 1] > '9')
		return false;
	*out = (s.p[at] - '0') * 10 + (s.p[at + 1] - '0');
	return *out <= max;
}

static int month_days(int64_t y, int m)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	return days[m - 1] + (m == 2 && leap);
}

static bool parse_date(struct str s, struct civil *c)
{
	int hi, lo;
	if (s.n < 10 || s.p[4] != '-' || s.p[7] != '-' || !two(s, 0, 99, &hi) ||
	    !two(s, 2, 99, &lo))
		return false;
	c->year = hi * 100 + lo;
	return two(s, 5, 12, &c->month) && two(s, 8, 31, &c->day) && c->year >= 1 &&
	       c->month >= 1 && c->day >= 1 && c->day <= month_days(c->year, c->month);
}

static bool parse_zone(struct str s, int64_t *offset_us)
{
	int h, m;
	*offset_us = 0;
	if (s.n == 1 && (s.p[0] == 'Z' || s.p[0] == 'z'))
		return true;
	if (s.n != 6 || (s.p[0] != '+' && s.p[0] != '-') || s.p[3] != ':' || !two(s, 1, 23, &h) ||
	    !two(s, 4, 59, &m))
		return false;
	*offset_us = (h * US_PER_H + m * US_PER_M) * (s.p[0] == '-' ? -1 : 1);
	return true;
}

bool time_parse(struct str s, int64_t *at_us_r)
{
	struct civil c = {0};
	int64_t offset_us;
	if (s.n < 20 || !parse_date(s, &c) ||
	    (s.p[10] != 'T' && s.p[10] != 't' && s.p[10] != ' ') || s.p[13] != ':' ||
	    s.p[16] != ':' || !two(s, 11, 23, &c.hour) || !two(s, 14, 59, &c.minute) ||
	    !two(s, 17, 59, &c.second))
		return false;
	size_t i = 19;
	if (s.p[i] == '.') {
		int scale = 100000;
		size_t from = ++i;
		for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++, scale /= 10)
			c.micro += (s.p[i] - '0') * scale;
		if (i == from || i - from > 9)
			return false;
	}
	if (!parse_zone(str_slice(s, i, s.n), &offset_us))
		return false;
	*at_us_r = time_from_civil(&c) - offset_us;
	return true;
}

const char *time_format(int64_t at_us, char out[TIME_TEXT_MAX])
{
	struct civil c = time_civil(at_us);
	if (c.year < 1 || c.year > 9999)
		return "out of range";
	int n = snprintf(out, TIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d", (int)c.year, c.month,
			 c.day, c.hour, c.minute, c.second);
	ASSERT(n == 19);
	if (c.micro % 1000 == 0)
		(void)snprintf(out + n, TIME_TEXT_MAX - 19, ".%03dZ", c.micro / 1000);
	else
		(void)snprintf(out + n, TIME_TEXT_MAX - 19, ".%06dZ", c.micro);
	return out;
}

void buf_time(struct buf *b, int64_t at_us)
{
	char text[TIME_TEXT_MAX];
	buf_z(b, time_format(at_us, text));
}

static int64_t unit_us(char u)
{
	switch (u) {
	case 's': return US_PER_S;
	case 'm': return US_PER_M;
	case 'h': return US_PER_H;
	case 'd': return US_PER_D;
	case 'w': return 7 * US_PER_D;
	default: return 0;
	}
}

bool duration_parse(struct str s, int64_t *us_r)
{
	int64_t total = 0;
	if (s.n == 0 || s.n > 24)
		return false;
	for (size_t i = 0; i < s.n;) {
		size_t from = i;
		while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
			i++;
		int64_t n, unit = i < s.n ? unit_us(s.p[i]) : 0, part;
		if (unit == 0 || !str_to_i64(str_slice(s, from, i), &n) ||
		    __builtin_mul_overflow(n, unit, &part) ||
		    __builtin_add_overflow(total, part, &total))
			return false;
		i++;
	}
	*us_r = total;
	return true;
}

const char *duration_format(int64_t us, char out[TIME_TEXT_MAX])
{
	static const struct {
		int64_t us;
		char name;
	} units[] = {{US_PER_D, 'd'}, {US_PER_H, 'h'}, {US_PER_M, 'm'}, {US_PER_S, 's'}};
	const char *sign = us < 0 ? "-" : "";
	int64_t v = us == INT64_MIN ? INT64_MAX : us < 0 ? -us : us;
	if (v < US_PER_M) {
		(void)snprintf(out, TIME_TEXT_MAX, "%s%.3gs", sign, (double)v / US_PER_S);
		return out;
	}
	for (size_t i = 0; i < 3; i++) {
		if (v < units[i].us)
			continue;
		long long big = v / units[i].us, small = v % units[i].us / units[i + 1].us;
		if (small)
			(void)snprintf(out, TIME_TEXT_MAX, "%s%lld%c %lld%c", sign, big,
				       units[i].name, small, units[i + 1].name);
		else
			(void)snprintf(out, TIME_TEXT_MAX, "%s%lld%c", sign, big, units[i].name);
		break;
	}
	return out;
}

/* 2^x = 2^n * e^(f ln 2), f in [-1/2, 1/2]: Taylor to degree 18, Horner. */
/* 2^(i/32), correctly rounded. */
static const double exp2_steps[32] = {
	0x1.0000000000000p+0, 0x1.059b0d3158574p+0, 0x1.0b5586cf9890fp+0, 0x1.11301d0125b51p+0,
	0x1.172b83c7d517bp+0, 0x1.1d4873168b9aap+0, 0x1.2387a6e756238p+0, 0x1.29e9df51fdee1p+0,
	0x1.306fe0a31b715p+0, 0x1.371a7373aa9cbp+0, 0x1.3dea64c123422p+0, 0x1.44e086061892dp+0,
	0x1.4bfdad5362a27p+0, 0x1.5342b569d4f82p+0, 0x1.5ab07dd485429p+0, 0x1.6247eb03a5585p+0,
	0x1.6a09e667f3bcdp+0, 0x1.71f75e8ec5f74p+0, 0x1.7a11473eb0187p+0, 0x1.82589994cce13p+0,
	0x1.8ace5422aa0dbp+0, 0x1.93737b0cdc5e5p+0, 0x1.9c49182a3f090p+0, 0x1.a5503b23e255dp+0,
	0x1.ae89f995ad3adp+0, 0x1.b7f76f2fb5e47p+0, 0x1.c199bdd85529cp+0, 0x1.cb720dcef9069p+0,
	0x1.d5818dcfba487p+0, 0x1.dfc97337b9b5fp+0, 0x1.ea4afa2a490dap+0, 0x1.f50765b6e4540p+0,
};

/* The whole part goes to the exponent, 1/32 steps come from the table, and the rest, at most 1/64,
 * from six terms of e^y: 0.011^7/7! is below the last bit. No division: decay is the inner loop of
 * scoring, and eighteen dividing terms took ten times as long. */
double exp2_exact(double x)
{
	if (!(x >= -1022.0))
		return 0.0;
	if (x > 1022.0)
		return HUGE_VAL;
	int64_t step = (int64_t)(x * 32.0 + (x < 0.0 ? -0.5 : 0.5));
	double y = (x - (double)step / 32.0) * 0.69314718055994530942, t = exp2_steps[step & 31];
	double tail = 1.0 / 24 + y * (1.0 / 120 + y * (1.0 / 720));
	tail = y * y * (1.0 / 2 + y * (1.0 / 6 + y * tail));
	uint64_t bits = (uint64_t)((step >> 5) + 1023) << 52;
	double scale;
	memcpy(&scale, &bits, sizeof scale);
	return (t + t * (y + tail)) * scale;
}
double decay_exact(int64_t age_us, int64_t half_life_us)
{
	if (age_us <= 0 || half_life_us <= 0)
		return 1.0;
	return exp2_exact(-((double)age_us / (double)half_life_us));
}

double log2_exact(double x)
{
	ASSERT(x > 0.0);
	int e;
	double m = frexp(x, &e);
	if (m < 0.70710678118654752440) {
		m *= 2.0;
		e--;
	}
	double z = (m - 1.0) / (m + 1.0), z2 = z * z, sum = 0.0;
	for (int k = 25; k >= 1; k -= 2)
		sum = sum * z2 + 1.0 / k;
	return e + 2.0 * z * sum * 1.44269504088896340736;
}
