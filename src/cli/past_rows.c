/* SPDX-License-Identifier: Apache-2.0
 * past_rows.c: see past_rows.h. */
#include "cli/past_rows.h"

#include "base/time.h"
#include "engine/past.h"
#include "program/track.h"

#define OUTCOMES_MAX 64u  /* of one row; more of them change nothing */
#define ZONES_US US_PER_D /* a time without a zone may be somebody's tomorrow */

/* The types in a row's outcomes: one text with commas or semicolons between, or a list. */
static size_t outcomes_of(const struct json *d, struct arena *a, struct str out[OUTCOMES_MAX])
{
	uint32_t at = json_get(d, 0, "outcomes");
	bool list = json_is(d, at, JSON_ARRAY);
	size_t n = 0;
	for (uint32_t i = list ? json_first(d, at) : at; i != JSON_NONE;
	     i = list ? json_next(d, at, i) : JSON_NONE) {
		struct str rest = json_str(d, i, a);
		while (rest.n > 0 && n < OUTCOMES_MAX) {
			size_t to = str_find_byte(rest, ',');
			size_t semicolon = str_find_byte(rest, ';');
			to = semicolon < to ? semicolon : to;
			struct str type = str_trim(str_slice(rest, 0, to));
			rest = str_slice(rest, to < rest.n ? to + 1 : to, rest.n);
			if (type.n > 0)
				out[n++] = type;
		}
	}
	return n;
}

static struct str judge_outcomes(const struct json *d, struct arena *a)
{
	struct str types[OUTCOMES_MAX];
	size_t n = outcomes_of(d, a, types);
	for (size_t i = 0; i < n; i++) {
		struct str type = str_slice(types[i], 0, EVENT_TYPE_MAX);
		struct str right = event_type_slug(type, a);
		if (!str_eq(right, types[i]))
			return arena_printf(
				a, "\"" STR_FMT "\" among its outcomes is no event type%s" STR_FMT,
				STR_ARG(str_slice(type, 0, 40)), right.n > 0 ? "; perhaps " : "",
				STR_ARG(right));
	}
	return STR_NULL;
}

struct str past_row_judge(void *ctx, const struct event *ev, struct arena *a)
{
	const struct import_conf *conf = ctx;
	struct json d;
	if (!str_is(ev->type, PAST_EVENT))
		return STR_NULL;
	if (ev->properties.n == 0 ||
	    json_parse(ev->properties, JSON_LIMITS_EVENT, a, &d, NULL) != ST_OK ||
	    json_str(&d, json_get(&d, 0, "message"), a).n == 0)
		return STR("the row names no message: its property.message is empty");
	if (ev->occurred_us > conf->received_us + ZONES_US)
		return STR("it is of a time to come, and was not sent yet");
	return judge_outcomes(&d, a);
}

static bool worth_something(const struct program *p, struct str type)
{
	static const char *const harms[] = {"unsubscribe", "complaint", "email.unsubscribe",
					    "email.complaint"};
	for (size_t i = 0; i < sizeof harms / sizeof *harms; i++)
		if (str_is(type, harms[i]))
			return true;
	return program_reward_of(&p->play->deciding, type) != NULL;
}

void past_worthless_add(struct past_worthless *x, const struct program *p, const struct json *d,
			struct arena *a)
{
	struct str types[OUTCOMES_MAX];
	size_t n = outcomes_of(d, a, types);
	for (size_t i = 0; i < n; i++) {
		size_t at = 0;
		struct str type = str_slice(types[i], 0, PAST_TYPE_BYTES - 1);
		if (worth_something(p, types[i]))
			continue;
		while (at < x->n && !str_is(type, x->list[at].type))
			at++;
		if (at == PAST_WORTHLESS_MAX)
			continue;
		if (at == x->n) {
			memcpy(x->list[x->n].type, type.p, type.n);
			x->list[x->n].type[type.n] = '\0';
			x->list[x->n++].rows = 0;
		}
		x->list[at].rows++;
	}
}
