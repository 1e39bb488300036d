/* SPDX-License-Identifier: Apache-2.0
 * suppression.c: addresses that must not be used. The list is keyed by address, not by lead: it
 * outlives merges, splits and forgetting, and holds for whoever turns up with the address next. */
#include "consent/consent.h"

#include "base/assert.h"

static const char *const reasons[SUPPRESS_REASON_COUNT] = {
#define SUPPRESS(name, wire, help) [SUPPRESS_##name] = wire,
#include "consent/suppress.def"
#undef SUPPRESS
};

const char *suppress_reason_name(enum suppress_reason r)
{
	ASSERT(r < SUPPRESS_REASON_COUNT);
	return reasons[r];
}

bool suppress_reason_of(struct str wire, enum suppress_reason *out)
{
	for (size_t r = 0; r < SUPPRESS_REASON_COUNT; r++) {
		if (!str_is(wire, reasons[r]))
			continue;
		*out = (enum suppress_reason)r;
		return true;
	}
	return false;
}

struct str suppression_key(struct str channel, struct str address, struct arena *a)
{
	char *p = arena_alloc(a, channel.n + 1 + address.n);
	if (p == NULL)
		return STR_NULL;
	if (channel.n)
		memcpy(p, channel.p, channel.n);
	if (address.n)
		memcpy(p + channel.n + 1, address.p, address.n); /* the arena's zero parts them */
	return str_n(p, channel.n + 1 + address.n);
}

void suppression_encode(const struct suppression *s, struct buf *out)
{
	struct json_w w;
	json_w_init(&w, out);
	json_w_object(&w);
	json_w_kz(&w, "reason", suppress_reason_name(s->reason));
	json_w_ki64(&w, "at_us", s->at_us);
	if (s->until_us != TIME_NONE)
		json_w_ki64(&w, "until_us", s->until_us);
	json_w_key(&w, "seq");
	json_w_u64(&w, s->seq);
	if (s->source.n)
		json_w_kstr(&w, "source", s->source);
	json_w_end(&w);
}

enum status suppression_decode(struct str key, struct str text, struct arena *a,
			       struct suppression *out, struct err *e)
{
	struct json d;
	struct suppression x = {.key = key, .until_us = TIME_NONE};
	enum status st = json_parse(text, JSON_LIMITS_EVENT, a, &d, e);
	if (st != ST_OK || !json_is(&d, 0, JSON_OBJECT))
		return err_set(e, ST_CORRUPT, "a suppression entry cannot be read");
	uint32_t until = json_get(&d, 0, "until_us");
	x.source = json_str(&d, json_get(&d, 0, "source"), a);
	if (!suppress_reason_of(json_str(&d, json_get(&d, 0, "reason"), a), &x.reason) ||
	    !json_i64(&d, json_get(&d, 0, "at_us"), &x.at_us) ||
	    (until != JSON_NONE && !json_i64(&d, until, &x.until_us)) ||
	    !str_to_u64(json_raw(&d, json_get(&d, 0, "seq")), &x.seq))
		return err_set(e, ST_CORRUPT, "a suppression entry lacks what it must say");
	*out = x;
	return ST_OK;
}

bool suppression_holds(const struct suppression *s, int64_t now_us)
{
	return s->until_us == TIME_NONE || now_us < s->until_us;
}

const struct suppression *suppression_stricter(const struct suppression *a,
					       const struct suppression *b)
{
	int64_t end_a = a->until_us == TIME_NONE ? INT64_MAX : a->until_us;
	int64_t end_b = b->until_us == TIME_NONE ? INT64_MAX : b->until_us;
	if (end_a != end_b)
		return end_a > end_b ? a : b;
	return b->reason > a->reason ? b : a;
}
