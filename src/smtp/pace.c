/* SPDX-License-Identifier: Apache-2.0
 * pace.c: a bucket is one number, the time at which the next mail is due if all went at an even
 * pace (the generic cell rate algorithm): it may run ahead of the clock by burst - 1 intervals.
 * One that has fallen behind the clock knows nothing a new one would not know, so it may be
 * forgotten: that keeps the tables small however many domains there are. */
#include "smtp/pace.h"

#include "base/arena.h"
#include "base/assert.h"
#include "base/map.h"

#define MINUTE_US INT64_C(60000000)
#define DAY_US (24 * 60 * MINUTE_US)
#define IDLE_US (30 * DAY_US)
#define HOLD_FIRST_US (5 * MINUTE_US)
#define HOLD_MOST_US (120 * MINUTE_US)
#define SLOW_MAX 6        /* halvings: a 64th */
#define WELL_FOR_STEP 50u /* mails that went well, for twice as much again */
#define KEY_BYTES 320
#define SWEEP_EVERY_US INT64_C(1000000)
#define FULL_WAIT_US MINUTE_US /* when the table is full of busy ones */

struct group {
	int64_t due_us, hold_us;
	enum smtp_provider provider;
	unsigned slow, well;
};

struct sender {
	int64_t due_us, began_us, last_us;
	int64_t day;
	uint32_t today;
};

struct smtp_pace {
	struct smtp_pace_conf conf;
	struct strmap by_group, by_sender; /* key: index */
	struct group *groups;
	struct sender *senders;
	size_t group_count, sender_count;
	int64_t swept_us;
};

static const char *const provider_names[SMTP_PROVIDER_COUNT] = {
#define SMTP_PROVIDER(name, wire, per_minute, burst) [SMTP_PROVIDER_##name] = (wire),
#include "smtp/provider.def"
#undef SMTP_PROVIDER
	[SMTP_PROVIDER_OTHER] = "other",
};

static const struct {
	const char *domain;
	enum smtp_provider provider;
} domains[] = {
#define SMTP_PROVIDER_DOMAIN(domain, name) {domain, SMTP_PROVIDER_##name},
#include "smtp/provider.def"
#undef SMTP_PROVIDER_DOMAIN
};

/* From the first day on, doubling at first: what senders of bulk mail publish of their ramps. */
static const uint32_t ramp[] = {50,    100,   250,   500,   1000,  2500,  5000,  7500,
				10000, 15000, 20000, 30000, 40000, 55000, 70000, 100000};

struct smtp_pace_conf smtp_pace_conf_default(void)
{
	return (struct smtp_pace_conf){
		.provider =
			{
#define SMTP_PROVIDER(name, wire, per_minute, burst) [SMTP_PROVIDER_##name] = {per_minute, burst},
#include "smtp/provider.def"
#undef SMTP_PROVIDER
				[SMTP_PROVIDER_OTHER] = {30, 5},
			},
		.sender = {1200, 50},
		.warm_up = ramp,
		.warm_up_days = sizeof ramp / sizeof *ramp,
		.groups_max = 65536,
		.senders_max = 1024,
	};
}

struct smtp_pace *smtp_pace_create(const struct smtp_pace_conf *conf)
{
	struct smtp_pace *p = mem_alloc(sizeof *p);
	ASSERT(conf->groups_max > 0 && conf->senders_max > 0);
	p->conf = *conf;
	strmap_init(&p->by_group, conf->groups_max);
	strmap_init(&p->by_sender, conf->senders_max);
	p->groups = mem_array(conf->groups_max, sizeof *p->groups);
	p->senders = mem_array(conf->senders_max, sizeof *p->senders);
	return p;
}

void smtp_pace_destroy(struct smtp_pace **pace)
{
	struct smtp_pace *p = *pace;
	if (p == NULL)
		return;
	strmap_finish(&p->by_group);
	strmap_finish(&p->by_sender);
	mem_free(p->groups);
	mem_free(p->senders);
	mem_free(p);
	*pace = NULL;
}

enum smtp_provider smtp_provider_of(struct str domain)
{
	for (size_t i = 0; i < sizeof domains / sizeof *domains; i++)
		if (str_eq_nocase(domain, str_of(domains[i].domain)))
			return domains[i].provider;
	return SMTP_PROVIDER_OTHER;
}

const char *smtp_provider_name(enum smtp_provider p)
{
	ASSERT(p < SMTP_PROVIDER_COUNT);
	return provider_names[p];
}

/* ---- buckets ---- */

static int64_t interval(struct smtp_rate rate)
{
	return rate.per_minute == 0 ? 0 : MINUTE_US / rate.per_minute;
}

static int64_t ahead(struct smtp_rate rate, int64_t each_us)
{
	return (rate.burst > 1 ? (int64_t)rate.burst - 1 : 0) * each_us;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* ---- groups ---- */

static int64_t group_interval(const struct smtp_pace *p, const struct group *g)
{
	struct smtp_rate rate = p->conf.provider[g->provider];
	/* One without a limit gets one when it complains. */
	int64_t each = rate.per_minute == 0 && g->slow > 0 ? MINUTE_US / 1200 : interval(rate);
	return each << g->slow;
}

static int64_t group_next(const struct smtp_pace *p, const struct group *g)
{
	struct smtp_rate rate = p->conf.provider[g->provider];
	/* Slowed down, it gets no bursts either. */
	int64_t run = g->slow > 0 ? 0 : ahead(rate, group_interval(p, g));
	return later(g->hold_us, g->due_us - run);
}

static bool forgettable(const struct group *g, int64_t now_us)
{
	return g->slow == 0 && g->hold_us <= now_us && g->due_us <= now_us;
}

/* Writes the table anew without those that may be forgotten. Keys move with their rows. */
static void sweep(struct smtp_pace *p, int64_t now_us)
{
	struct strmap kept;
	struct group *groups = mem_array(p->conf.groups_max, sizeof *groups);
	size_t at = 0, count = 0;
	struct str key;
	uint64_t index;
	strmap_init(&kept, p->conf.groups_max);
	while (strmap_next(&p->by_group, &at, &key, &index)) {
		if (forgettable(&p->groups[index], now_us))
			continue;
		groups[count] = p->groups[index];
		ASSERT(strmap_put(&kept, key, count));
		count++;
	}
	strmap_finish(&p->by_group);
	mem_free(p->groups);
	p->by_group = kept;
	p->groups = groups;
	p->group_count = count;
	p->swept_us = now_us;
}

/* A domain in lower case, or a provider's name, which no domain looks like. */
static struct str group_key(struct str domain, enum smtp_provider provider, char room[KEY_BYTES])
{
	size_t n = domain.n < KEY_BYTES ? domain.n : KEY_BYTES;
	if (provider != SMTP_PROVIDER_OTHER)
		return str_of(provider_names[provider]);
	for (size_t i = 0; i < n; i++) {
		char c = domain.p[i];
		room[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	return str_n(room, n);
}

/* NULL: the table is full, also after sweeping. With `make` false also: never heard of. */
static struct group *group_of(struct smtp_pace *p, struct str domain, int64_t now_us, bool make)
{
	char room[KEY_BYTES];
	enum smtp_provider provider = smtp_provider_of(domain);
	struct str key = group_key(domain, provider, room);
	uint64_t index;
	if (strmap_get(&p->by_group, key, &index))
		return &p->groups[index];
	if (!make)
		return NULL;
	if (p->group_count == p->conf.groups_max && now_us >= p->swept_us + SWEEP_EVERY_US)
		sweep(p, now_us);
	if (p->group_count == p->conf.groups_max)
		return NULL;
	ASSERT(strmap_put(&p->by_group, key, p->group_count));
	struct group *g = &p->groups[p->group_count++];
	*g = (struct group){.provider = provider};
	return g;
}

/* ---- senders ---- */

/* What the day allows; 0: no limit. */
static uint32_t allowed(const struct smtp_pace *p, int64_t day)
{
	return day >= 0 && (uint64_t)day < p->conf.warm_up_days ? p->conf.warm_up[day] : 0;
}

/* As it stands at now_us: a day further, or back at the beginning. */
static struct sender sender_at(const struct sender *known, int64_t now_us)
{
	struct sender s = {.began_us = now_us, .last_us = now_us};
	if (known != NULL && now_us - known->last_us < IDLE_US)
		s = *known;
	int64_t day = now_us > s.began_us ? (now_us - s.began_us) / DAY_US : 0;
	if (day > s.day) {
		s.day = day;
		s.today = 0;
	}
	return s;
}

/* A warming sender spreads its day over eight hours: leads read mail in the daytime. */
static int64_t sender_interval(const struct smtp_pace *p, const struct sender *s)
{
	uint32_t most = allowed(p, s->day);
	int64_t each = interval(p->conf.sender);
	return most == 0 ? each : later(each, DAY_US / 3 / most);
}

static int64_t sender_next(const struct smtp_pace *p, const struct sender *s)
{
	uint32_t most = allowed(p, s->day);
	struct smtp_rate rate = p->conf.sender;
	int64_t each = sender_interval(p, s);
	if (most != 0 && s->today >= most)
		return s->began_us + (s->day + 1) * DAY_US;
	if (most != 0 && rate.burst > most / 20)
		rate.burst = most / 20;
	return s->due_us - ahead(rate, each);
}

static struct sender *sender_of(struct smtp_pace *p, struct str name)
{
	uint64_t index;
	return strmap_get(&p->by_sender, name, &index) ? &p->senders[index] : NULL;
}

static struct sender *make_sender(struct smtp_pace *p, struct str name)
{
	struct sender *s = sender_of(p, name);
	if (s != NULL)
		return s;
	if (p->sender_count == p->conf.senders_max ||
	    !strmap_put(&p->by_sender, name, p->sender_count))
		return NULL;
	return &p->senders[p->sender_count++];
}

/* ---- both ---- */

/* A limit can end at a day's end, and the next day has another: asked again until it holds. */
static int64_t sender_free(const struct smtp_pace *p, const struct sender *known, int64_t at_us)
{
	for (;;) {
		struct sender s = sender_at(known, at_us);
		int64_t next = later(sender_next(p, &s), at_us);
		if (next == at_us)
			return at_us;
		/* Not beyond the day's end: there the pace is another. */
		int64_t day_ends = s.began_us + (s.day + 1) * DAY_US;
		at_us = next < day_ends ? next : later(day_ends, at_us + 1);
	}
}

int64_t smtp_pace_next(struct smtp_pace *p, struct str domain, struct str sender, int64_t now_us)
{
	const struct group *g = group_of(p, domain, now_us, true);
	const struct sender *s = sender_of(p, sender);
	if (g == NULL || (s == NULL && p->sender_count == p->conf.senders_max))
		return now_us + FULL_WAIT_US;
	return sender_free(p, s, later(group_next(p, g), now_us));
}

void smtp_pace_take(struct smtp_pace *p, struct str domain, struct str sender, int64_t now_us)
{
	ASSERT(smtp_pace_next(p, domain, sender, now_us) == now_us);
	struct group *g = group_of(p, domain, now_us, false);
	const struct sender *known = sender_of(p, sender);
	struct sender s = sender_at(known, now_us);
	struct sender *kept = make_sender(p, sender);
	ASSERT(g != NULL && kept != NULL);
	g->due_us = later(g->due_us, now_us) + group_interval(p, g);
	s.due_us = later(s.due_us, now_us) + sender_interval(p, &s);
	s.last_us = now_us;
	s.today++;
	*kept = s;
}

void smtp_pace_pushed_back(struct smtp_pace *p, struct str domain, int64_t now_us)
{
	struct group *g = group_of(p, domain, now_us, true);
	if (g == NULL || now_us < g->hold_us)
		return; /* answers to mail that was on its way already */
	int64_t hold = HOLD_FIRST_US << g->slow;
	g->hold_us = now_us + (hold < HOLD_MOST_US ? hold : HOLD_MOST_US);
	g->slow += g->slow < SLOW_MAX;
	g->well = 0;
}

void smtp_pace_went_well(struct smtp_pace *p, struct str domain, int64_t now_us)
{
	struct group *g = group_of(p, domain, now_us, false);
	if (g == NULL || g->slow == 0 || ++g->well < WELL_FOR_STEP)
		return;
	g->slow--;
	g->well = 0;
}

enum status smtp_pace_sender(struct smtp_pace *p, struct str sender, int64_t began_us,
			     uint32_t sent_today, int64_t last_us)
{
	struct sender *s = make_sender(p, sender);
	if (s == NULL)
		return ST_LIMIT;
	int64_t day = last_us > began_us ? (last_us - began_us) / DAY_US : 0;
	*s = (struct sender){
		.began_us = began_us, .last_us = last_us, .day = day, .today = sent_today};
	return ST_OK;
}
