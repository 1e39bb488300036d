/* SPDX-License-Identifier: Apache-2.0
 * guards.c: every reason to hold a touch back, one predicate each, asked in the order of
 * guard.def. The same table is asked when choosing and again at the instant of sending; only the
 * touch in question is then left out of what it is compared with.
 *
 * A rolling window is (at - length, at]: a touch falls out exactly `length` after it was made, so
 * the end of a cap is an instant, not a guess. */
#include "decide/internal.h"

#include "base/assert.h"
#include "base/hash.h"

#include <math.h>
#include <stdio.h>

#define RATE_SENT_LEAST 200 /* below, one bounce more or less says nothing */
#define WARM_UP_GROWTH 1.4
#define WINDOWS 3
#define PERMIT_AGAIN_US (7 * US_PER_D) /* an event ends it sooner */
#define RATE_AGAIN_US US_PER_H
#define HELD_AGAIN_US US_PER_D
#define SPREAD_US (15 * US_PER_M) /* behind the opening of a window */
#define FREE_TRIES 64 /* guards take turns at most so often before one of them is free */

static const struct program_guardrails *rails(const struct decide *d)
{
	return &d->now.program->play->guardrails;
}

static bool no(struct candidate *c, int64_t free_us, const char *why)
{
	c->free_us = free_us;
	snprintf(c->why, sizeof c->why, "%s", why);
	return true;
}

static int64_t next_utc_day(int64_t at_us)
{
	return (time_day(at_us) + 1) * US_PER_D;
}

/* ---- whoever it is ---- */

static bool paused(const struct decide *d, struct candidate *c)
{
	if (!d->world->paused)
		return false;
	c->free_us = TIME_NONE;
	snprintf(c->why, sizeof c->why, STR_FMT,
		 STR_ARG(str_slice(d->world->pause_reason, 0, 120)));
	return true;
}

static bool holdout(const struct decide *d, struct candidate *c)
{
	return d->journey->holdout && no(c, TIME_NONE, "");
}

static bool stopped(const struct decide *d, struct candidate *c)
{
	if (d->journey->phase != JOURNEY_STOPPED)
		return false;
	c->free_us = TIME_NONE;
	snprintf(c->why, sizeof c->why, STR_FMT, STR_ARG(str_slice(d->journey->reason, 0, 120)));
	return true;
}

static bool handed(const struct decide *d, struct candidate *c)
{
	return d->journey->phase == JOURNEY_HANDED && no(c, TIME_NONE, "");
}

/* ---- may we, and what ---- */

static bool no_address(const struct decide *d, struct candidate *c)
{
	const struct decide_world *w = d->world;
	if (c->channel >= w->channels_n)
		return no(c, TIME_NONE, "the program no longer has this channel");
	return str_empty(w->address[c->channel]) && no(c, TIME_NONE, "");
}

static bool consent(const struct decide *d, struct candidate *c)
{
	struct consent_verdict v =
		consent_may_speak(&d->world->consent[c->channel], candidates_channel(d, c->channel),
				  c->purpose, c->at_us);
	return !v.allowed && no(c, TIME_NONE, v.text);
}

static bool no_content(const struct decide *d, struct candidate *c)
{
	(void)d;
	if (c->content != NULL)
		return false;
	c->free_us = TIME_NONE;
	snprintf(c->why, sizeof c->why, "content/" STR_FMT "/ has no such file",
		 STR_ARG(str_slice(c->message, 0, 100)));
	return true;
}

static const struct touch *same_touch(const struct decide *d, uint64_t key, int64_t at_us)
{
	const struct journey *j = d->journey;
	int64_t after = rails(d)->repeat_after_us;
	for (size_t i = j->touches_n; i-- > 0;) {
		const struct touch *x = &j->touches[i];
		bool lately = after == 0 || time_between(x->at_us, at_us) < after;
		if (x->content == key && !(x->flags & TOUCH_FAILED) && lately)
			return x;
	}
	return NULL;
}

bool guards_used(const struct decide *d, uint64_t key, int64_t at_us)
{
	return same_touch(d, key, at_us) != NULL;
}

static bool repeated(const struct decide *d, struct candidate *c)
{
	const struct touch *x = same_touch(d, c->key, c->at_us);
	int64_t after = rails(d)->repeat_after_us;
	char when[TIME_TEXT_MAX];
	if (x == NULL)
		return false;
	c->free_us = after == 0 ? TIME_NONE : x->at_us + after;
	snprintf(c->why, sizeof c->why, "on %.10s", time_format(x->at_us, when));
	return true;
}

/* ---- the sender's health ---- */

static bool bad_rates(const struct decide *d, struct candidate *c)
{
	const struct decide_world *w = d->world;
	const struct program_guardrails *g = rails(d);
	double n = w->recent_sent;
	if (w->recent_sent < RATE_SENT_LEAST)
		return false;
	bool bounces = g->bounce_rate_max > 0 && w->recent_bounced > g->bounce_rate_max * n;
	bool complaints =
		g->complaint_rate_max > 0 && w->recent_complained > g->complaint_rate_max * n;
	if (!bounces && !complaints)
		return false;
	c->free_us = TIME_NONE;
	snprintf(c->why, sizeof c->why, "%u bounces and %u complaints in the latest %u",
		 w->recent_bounced, w->recent_complained, w->recent_sent);
	return true;
}

/* A ceiling on messages of a day says nothing of another day: it is asked again then. */
static bool over_day(const struct decide *d, struct candidate *c, double ceiling)
{
	if (time_day(c->at_us) != time_day(d->env->now_us) || d->world->sent_today < ceiling)
		return false;
	c->free_us = next_utc_day(c->at_us);
	snprintf(c->why, sizeof c->why, "%u of %.0f today", d->world->sent_today, floor(ceiling));
	return true;
}

static bool budget(const struct decide *d, struct candidate *c)
{
	return rails(d)->budget_per_day > 0 && over_day(d, c, rails(d)->budget_per_day);
}

static bool warm_up(const struct decide *d, struct candidate *c)
{
	int64_t first = d->world->first_send_us;
	double ceiling = rails(d)->warm_up_from;
	if (!(ceiling > 0))
		return false;
	int64_t days = first == TIME_NONE ? 0 : time_day(c->at_us) - time_day(first);
	for (int64_t i = 0; i < days && ceiling < 1e9; i++)
		ceiling *= WARM_UP_GROWTH; /* by hand: pow differs between machines */
	return over_day(d, c, floor(ceiling));
}

/* ---- enough for now ---- */

static bool cool_down(const struct decide *d, struct candidate *c)
{
	int64_t rest = rails(d)->cool_down_us, latest = place_touched_us(d->journey);
	char text[TIME_TEXT_MAX];
	if (rest <= 0 || latest == TIME_NONE || time_between(latest, c->at_us) >= rest)
		return false;
	c->free_us = latest + rest;
	snprintf(c->why, sizeof c->why, "the latest was %s ago",
		 duration_format(time_between(latest, c->at_us), text));
	return true;
}

static const struct {
	int64_t length_us;
	const char *words;
} windows[WINDOWS] = {{US_PER_D, "24 hours"}, {7 * US_PER_D, "7 days"}, {30 * US_PER_D, "30 days"}};

/* When enough touches have fallen out of a window that another one has room. */
static int64_t falls_out_us(const struct journey *j, uint32_t channel, int64_t at_us, size_t window,
			    unsigned drop)
{
	int64_t length = windows[window].length_us;
	for (size_t i = 0; i < j->touches_n; i++) {
		const struct touch *x = &j->touches[i];
		bool counts = (x->flags & TOUCH_SENT) && !(x->flags & TOUCH_FAILED) &&
			      (channel == 0 || x->channel == channel) &&
			      x->at_us > at_us - length && x->at_us <= at_us;
		if (counts && --drop == 0)
			return x->at_us + length;
	}
	UNREACHED();
}

static bool capped(const struct decide *d, struct candidate *c, const struct program_cap *cap,
		   uint32_t channel)
{
	const unsigned max[WINDOWS] = {cap->per_day, cap->per_week, cap->per_month};
	bool holds = false;
	for (size_t i = 0; i < WINDOWS; i++) {
		unsigned n = journey_touches_in(d->journey, channel,
						c->at_us - windows[i].length_us, c->at_us);
		if (max[i] == 0 || n < max[i])
			continue;
		int64_t free_us = falls_out_us(d->journey, channel, c->at_us, i, n - max[i] + 1);
		if (holds && free_us <= c->free_us)
			continue;
		holds = true;
		c->free_us = free_us;
		snprintf(c->why, sizeof c->why, "%u of %u in %s", n, max[i], windows[i].words);
	}
	return holds;
}

static bool cap_channel(const struct decide *d, struct candidate *c)
{
	uint32_t key = program_key32("channel", candidates_channel(d, c->channel));
	return capped(d, c, &rails(d)->channel_caps[c->channel], key);
}

static bool cap_all(const struct decide *d, struct candidate *c)
{
	return capped(d, c, &rails(d)->all, 0);
}

/* The touches of colleagues are counted by the engine, as of now; when they fall out is not known
 * here, so it is looked at again after a fraction of the window. */
static bool cap_account(const struct decide *d, struct candidate *c)
{
	static const int64_t again_us[WINDOWS] = {US_PER_H, 6 * US_PER_H, US_PER_D};
	const struct program_cap *cap = &rails(d)->account;
	const struct decide_world *w = d->world;
	const unsigned max[WINDOWS] = {cap->per_day, cap->per_week, cap->per_month};
	const unsigned n[WINDOWS] = {w->account_day, w->account_week, w->account_month};
	for (size_t i = WINDOWS; i-- > 0;) {
		int64_t until = d->env->now_us + again_us[i];
		if (max[i] == 0 || n[i] < max[i] || c->at_us >= until)
			continue;
		c->free_us = until;
		snprintf(c->why, sizeof c->why, "%u of %u in %s", n[i], max[i], windows[i].words);
		return true;
	}
	return false;
}

double guards_fatigue(const struct journey *j, const struct program_guardrails *g, int64_t at_us)
{
	if (!(j->fatigue > 0) || at_us <= j->fatigue_us)
		return j->fatigue > 0 ? j->fatigue : 0;
	return j->fatigue *
	       decay_exact(time_between(j->fatigue_us, at_us), g->fatigue_half_life_us);
}

static bool fatigue(const struct decide *d, struct candidate *c)
{
	const struct program_guardrails *g = rails(d);
	double f = guards_fatigue(d->journey, g, c->at_us);
	if (!(g->fatigue_max > 0) || f < g->fatigue_max)
		return false;
	c->free_us = TIME_NONE;
	if (g->fatigue_half_life_us > 0) { /* the closed form, and a second for its last bits */
		double halvings = log2_exact(f / g->fatigue_max);
		c->free_us = c->at_us + US_PER_S +
			     (int64_t)ceil(halvings * (double)g->fatigue_half_life_us);
	}
	snprintf(c->why, sizeof c->why, "%.1f of %.1f", f, g->fatigue_max);
	return true;
}

static bool account_handed(const struct decide *d, struct candidate *c)
{
	return d->world->account_handed && no(c, TIME_NONE, "");
}

/* Where many wait for one opening, a mail server and a company would get them in one second: each
 * lead has a place of its own in the first minutes, the same however often it is asked. */
static int64_t spread_us(const struct decide *d, int64_t open_us)
{
	uint64_t place = hash_u64(d->journey->lead ^ hash_u64((uint64_t)open_us));
	int64_t at_us = open_us + (int64_t)(place % SPREAD_US);
	return guards_open_us(rails(d), d->world->zone, at_us) == at_us ? at_us : open_us;
}

static bool quiet(const struct decide *d, struct candidate *c)
{
	int64_t open_us = guards_open_us(rails(d), d->world->zone, c->at_us);
	char text[TIME_TEXT_MAX];
	if (open_us == c->at_us)
		return false;
	c->free_us = open_us == TIME_NONE ? TIME_NONE : spread_us(d, open_us);
	int64_t local = c->at_us + tz_offset_us(d->world->zone, c->at_us);
	snprintf(c->why, sizeof c->why, "%.16s in " STR_FMT, time_format(local, text),
		 STR_ARG(str_slice(d->world->zone_name, 0, 60)));
	return true;
}

/* ---- the table ---- */

const struct guard guards[GUARD_COUNT] = {
#define GUARD(name, predicate, class, wire, words) [GUARD_##name] = {wire, words, predicate},
#include "decide/guard.def"
#undef GUARD
};

static const enum guard_class classes[GUARD_COUNT] = {
#define GUARD(name, predicate, class, wire, words) [GUARD_##name] = GUARD_CLASS_##class,
#include "decide/guard.def"
#undef GUARD
};

enum guard_class guard_class(enum guard_no g)
{
	ASSERT(g < GUARD_COUNT);
	return classes[g];
}

const char *guard_wire(enum guard_no g)
{
	ASSERT(g < GUARD_COUNT);
	return guards[g].name;
}

const char *guard_words(enum guard_no g)
{
	ASSERT(g < GUARD_COUNT);
	return guards[g].words;
}

void guards_ask(const struct decide *d, struct candidate *c)
{
	c->held = GUARD_COUNT;
	c->free_us = c->at_us;
	c->why[0] = 0;
	for (unsigned g = 0; g < GUARD_COUNT && c->held == GUARD_COUNT; g++)
		if (guards[g].holds(d, c))
			c->held = (enum guard_no)g;
}

int64_t guards_free_us(const struct decide *d, const struct candidate *c)
{
	struct candidate x = *c;
	for (unsigned i = 0; i < FREE_TRIES; i++) {
		guards_ask(d, &x);
		if (x.held == GUARD_COUNT)
			return x.at_us;
		if (x.free_us == TIME_NONE)
			return TIME_NONE;
		ASSERT(x.free_us > x.at_us);
		x.at_us = x.free_us;
	}
	return TIME_NONE;
}

int64_t guards_again_us(enum guard_no held)
{
	if (held == GUARD_RATE)
		return RATE_AGAIN_US;
	return guard_class(held) == GUARD_CLASS_PERMIT ? PERMIT_AGAIN_US : HELD_AGAIN_US;
}

/* ---- at the instant of sending ---- */

/* What the lead had heard without the message in question. */
static void forget_touch(struct journey *j, uint64_t message)
{
	size_t n = 0;
	for (size_t i = 0; i < j->touches_n; i++) {
		if (j->touches[i].message != message)
			j->touches[n++] = j->touches[i];
		else if (j->fatigue >= 1 && !(j->touches[i].flags & TOUCH_FAILED))
			j->fatigue -= 1;
	}
	j->touches_n = n;
}

void guards_ask_message(const struct decide *d, const struct message *m, struct candidate *out)
{
	static const struct content_file chosen = {0}; /* the text was chosen, and is kept */
	const struct program_consent *k = &d->now.program->consent;
	struct journey without = *d->journey;
	struct decide x = *d;
	x.journey = &without;
	forget_touch(&without, m->id);
	*out = (struct candidate){.subject_n = m->subject_n,
				  .message = m->message,
				  .purpose = m->purpose,
				  .content = &chosen,
				  .key = m->content,
				  .channel = NO_INDEX,
				  .at_us = d->env->now_us};
	for (size_t i = 0; i < k->channels_n; i++)
		if (str_eq(k->channels[i], m->channel))
			out->channel = i;
	guards_ask(&x, out);
	/* Too many bounces: the message is none the worse for waiting. */
	bool waits = out->held != GUARD_COUNT && guard_class(out->held) == GUARD_CLASS_CAP;
	if (waits && out->free_us == TIME_NONE)
		out->free_us = out->at_us + guards_again_us(out->held);
}
