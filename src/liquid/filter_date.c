/* SPDX-License-Identifier: Apache-2.0
 * filter_date.c: the date filter. Instants are shown on the clock of conf->tz, the lead's: a text
 * with an offset is an instant, one without is a local time already. */
#include "liquid/filter.h"

#include "liquid/date.h"
#include "liquid/number.h"

#define SECONDS_MAX INT64_C(250000000000) /* into the year 9892 */

static void show_locally(const struct liquid_conf *conf, struct moment *m)
{
	m->offset_us = conf->tz != NULL ? tz_offset_us(conf->tz, m->at_us) : 0;
}

static bool of_seconds(const struct liquid_conf *conf, int64_t s, struct moment *out_r)
{
	if (s > SECONDS_MAX || s < -SECONDS_MAX)
		return false;
	out_r->at_us = s * US_PER_S;
	show_locally(conf, out_r);
	return true;
}

static bool only_digits(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

static bool of_text(const struct liquid_conf *conf, struct str s, struct moment *out_r)
{
	struct moment now = {.at_us = conf->now_us};
	bool offset_given;
	show_locally(conf, &now);
	if (str_eq_nocase(s, STR("now")) || str_eq_nocase(s, STR("today"))) {
		*out_r = now;
		return true;
	}
	if (only_digits(s))
		return of_seconds(conf, number_leading(s), out_r);
	if (!date_parse(s, now.at_us + now.offset_us, out_r, &offset_given))
		return false;
	if (offset_given && conf->tz != NULL) {
		show_locally(conf, out_r);
	} else if (!offset_given && conf->tz != NULL) {
		out_r->at_us = tz_from_local(conf->tz, out_r->at_us);
		show_locally(conf, out_r);
	}
	return true;
}

enum status filter_date(struct call *c, struct liquid_value *out_r)
{
	const struct liquid_conf *conf = c->run->conf;
	struct liquid_value v = c->args[0];
	struct moment m;
	struct str format;
	struct buf out;
	if (!call_text(c, 1, &format))
		return call_ended(c);
	if (format.n == 0)
		return ST_OK;
	if (v.kind == LIQUID_INT ? !of_seconds(conf, v.i, &m)
				 : !is_str(v) || !of_text(conf, str_in(v), &m))
		return ST_OK; /* no date: goes through as it is */
	call_buf(c, &out);
	if (!date_format(format, m, &out))
		return call_fail(c, "invalid format: " STR_FMT,
				 (int)(format.n < 100 ? format.n : 100), format.p);
	return call_done(c, &out, false, out_r);
}
