/* SPDX-License-Identifier: Apache-2.0
 * time.h: instants and durations as numbers and as text. Proleptic Gregorian, UTC.
 */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/buf.h"

#define US_PER_S INT64_C(1000000)
#define US_PER_M (60 * US_PER_S)
#define US_PER_H (60 * US_PER_M)
#define US_PER_D (24 * US_PER_H)
#define TIME_NONE INT64_MIN /* "no such instant" */
#define TIME_TEXT_MAX 48    /* bytes time_format needs, NUL included */

struct civil {
	int64_t year;
	int month, day;           /* 1-12, 1-31 */
	int hour, minute, second; /* 0-23, 0-59, 0-59 */
	int micro;
};

int64_t time_days_from_civil(int64_t year, int month, int day); /* days since 1970-01-01 */
struct civil time_civil(int64_t at_us);
int64_t time_from_civil(const struct civil *c);
int time_weekday(int64_t at_us); /* 0 = Sunday */
/* RFC 3339 with any offset, 0-9 fraction digits (cut to microseconds), 'T' or space between.
 * Years 0001-9999. False: not such a text. */
bool time_parse(struct str s, int64_t *at_us_r);
/* "2026-11-21T07:00:00.000Z" (milliseconds), or with microseconds when they are not round. */
const char *time_format(int64_t at_us, char out[TIME_TEXT_MAX]);
void buf_time(struct buf *b, int64_t at_us);
int64_t time_day(int64_t at_us); /* days since the epoch, floor */

/* "14d", "90s", "1h30m"; units s m h d w. False: not a duration. */
bool duration_parse(struct str s, int64_t *us_r);
/* Two largest units: "14d", "1h 30m", "2.5s" under a minute. */
const char *duration_format(int64_t us, char out[TIME_TEXT_MAX]);

/* 2^x by IEEE + and * alone, so that decay gives the same bits on every machine (libm's exp2
 * differs between versions). Relative error below 4e-16; x in [-1022, 1022], else 0 or +inf. */
double exp2_exact(double x);
/* log2 with the same promise; x > 0. */
double log2_exact(double x);
/* What is left of 1 after `age_us`: 2^-(age / half_life). 1 for no age or no half-life (<= 0). */
double decay_exact(int64_t age_us, int64_t half_life_us);
/* to - from, cut at the ends of int64_t: a damaged row may hold any instant. */
static inline int64_t time_between(int64_t from_us, int64_t to_us)
{
	int64_t us;
	if (!__builtin_sub_overflow(to_us, from_us, &us))
		return us;
	return to_us > from_us ? INT64_MAX : INT64_MIN;
}

#endif
