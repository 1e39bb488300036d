/* SPDX-License-Identifier: Apache-2.0
 * score.c: folding an event into a lead's points, and reading what they come to. An engagement
 * rule's cell is a decayed count; `bytes` holds the plain count behind it, so that a ledger line
 * can say "3 times". */
#include "score/score.h"

#include "base/assert.h"
#include "score/engagement.h"

/* ---- is it the lead's own act? ---- */

/* What is done to a lead, or told about one, does not make them active. */
static const struct {
	struct str type;
	bool family;
} passive[] = {
	{STR("email.sent"), false},
	{STR("email.delivered"), false},
	{STR("email.deferred"), false},
	{STR("email.bounce"), true},
	{STR("email.bounced"), true},
	{STR("email.dropped"), false},
	{STR("crm"), true},
	{STR("enrichment"), true},
	{STR("import"), true},
	{STR("lead"), true},
	{STR("suppression"), true},
};
static const struct str told[] = {STR("identify"), STR("group"), STR("alias")};

static bool in_family(struct str type, struct str family)
{
	return str_starts(type, family) && (type.n == family.n || type.p[family.n] == '.');
}

static bool own_act(const struct event *ev)
{
	for (size_t i = 0; i < sizeof passive / sizeof passive[0]; i++)
		if (passive[i].family ? in_family(ev->type, passive[i].type)
				      : str_eq(ev->type, passive[i].type))
			return false;
	for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
		if ((ev->flags & EVENT_IMPORTED) && str_eq(ev->type, told[i]))
			return false;
	return true;
}

/* ---- folding ---- */

static uint32_t times_get(const struct cell *c)
{
	struct rd r = rd_of(c->bytes);
	uint64_t n = c->bytes.n ? rd_varint(&r) : 0;
	return r.ok && n <= UINT32_MAX ? (uint32_t)n : 0;
}

static bool times_set(struct cell *c, uint64_t n, struct arena *a)
{
	struct buf b;
	buf_init_arena(&b, a, 10);
	buf_varint(&b, n <= UINT32_MAX ? n : UINT32_MAX);
	c->bytes = buf_view(&b);
	return buf_ok(&b);
}

static enum status no_room(const struct program_points *r, struct err *e)
{
	return err_set(e, ST_LIMIT,
		       "engagement rule " STR_FMT ": the lead has no room for another cell "
		       "(%d at most)",
		       STR_ARG(r->name), LEAD_CELLS_MAX);
}

enum status score_event(struct lead *lead, const struct facts *f, struct arena *a, double *points_r,
			struct err *e)
{
	const struct program *p = f->program;
	const struct event *ev = f->event;
	double points = 0;
	ASSERT(ev != NULL);
	*points_r = 0;
	if (!event_counts(ev, p->consent.honour_dnt))
		return ST_OK;
	if (own_act(ev) && ev->occurred_us > lead->active_us)
		lead->active_us = ev->occurred_us;
	for (size_t i = 0; i < p->points_n; i++) {
		const struct program_points *r = &p->points[i];
		if (!program_on_matches(&r->on, ev->type) || !facts_hold(f, &r->on.where, NULL))
			continue;
		struct cell *c = lead_cell_add(lead, r->key, a);
		if (c == NULL || !times_set(c, times_get(c) + UINT64_C(1), a))
			return no_room(r, e);
		cell_decayed_add(c, 1.0, ev->occurred_us, r->half_life_us);
		points += r->points;
	}
	*points_r = points;
	return ST_OK;
}

enum status score_merge(const struct program *p, struct lead *into, const struct lead *from,
			struct arena *a, struct err *e)
{
	for (size_t i = 0; i < p->points_n; i++) {
		const struct program_points *r = &p->points[i];
		const struct cell *theirs = lead_cell_get(from, r->key);
		if (theirs == NULL || theirs->at_us == TIME_NONE)
			continue;
		struct cell *c = lead_cell_add(into, r->key, a);
		if (c == NULL || !times_set(c, (uint64_t)times_get(c) + times_get(theirs), a))
			return no_room(r, e);
		cell_decayed_add(c, theirs->value, theirs->at_us, r->half_life_us);
	}
	if (from->active_us > into->active_us)
		into->active_us = from->active_us;
	return ST_OK;
}

/* ---- entry and fit ---- */

static bool any_of(const struct str *list, size_t n, const struct str *have, size_t have_n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < have_n; k++)
			if (have[k].n && str_eq_nocase(list[i], have[k]))
				return true;
	return n == 0;
}

static struct str profile_text(const struct facts *f, const char *key)
{
	return f->profile ? json_str(f->profile, json_get(f->profile, 0, key), f->arena) : STR_NULL;
}

uint32_t score_entry(const struct facts *f)
{
	const struct program *p = f->program;
	const struct event *ev = f->event;
	struct str none = STR_NULL;
	if (p->entries_n == 0)
		return 0;
	const struct str sources[] = {profile_text(f, "source"), ev ? ev->source : none,
				      ev ? ev->context.campaign.source : none};
	const struct str assets[] = {profile_text(f, "asset"),
				     ev ? facts_event_text(f, STR("properties.asset")) : none};
	for (size_t i = 0; i < p->entries_n; i++) {
		const struct program_entry *x = &p->entries[i];
		if (any_of(x->sources, x->sources_n, sources, sizeof sources / sizeof sources[0]) &&
		    any_of(x->assets, x->assets_n, assets, sizeof assets / sizeof assets[0]) &&
		    facts_hold(f, &x->if_, NULL))
			return (uint32_t)i + 1;
	}
	return 0;
}

static uint32_t persona_of(const struct facts *f)
{
	const struct program *p = f->program;
	for (size_t i = 0; i < p->personas_n; i++)
		if (facts_hold(f, &p->personas[i].if_, NULL))
			return (uint32_t)i + 1;
	return 0;
}

/* The persona first: fit rules may ask for it. */
struct score_fit score_fit(const struct facts *f)
{
	struct score_fit out = {.persona = persona_of(f)};
	struct facts with = *f;
	struct lead lead;
	if (f->lead && f->lead->persona != out.persona) {
		lead = *f->lead;
		lead.persona = out.persona;
		with.lead = &lead;
	}
	ASSERT(f->program->fit_n <= PROGRAM_FIT_MAX);
	for (size_t i = 0; i < f->program->fit_n; i++)
		if (facts_hold(&with, &f->program->fit[i].if_, NULL))
			out.mask |= UINT64_C(1) << i;
	return out;
}

/* ---- evaluating ---- */

static double points_of(int64_t cents)
{
	return (double)cents / SCORE_CENTS;
}

/* Up at `up`, down below `down`: between the two a lead stays what it is. A tier above may be
 * entered directly, without the conditions of those between. */
static enum tier tier_at(const struct facts *f, enum tier now)
{
	const struct program_tier *tiers = f->program->tiers;
	for (unsigned t = TIER_COUNT - 1; t > (unsigned)now; t--)
		if (f->score >= tiers[t].up && facts_hold(f, &tiers[t].if_, NULL))
			return (enum tier)t;
	unsigned t = now;
	while (t > TIER_COLD && f->score < tiers[t].down)
		t--;
	return (enum tier)t;
}

void score_evaluate(const struct facts *f, struct score *out)
{
	const struct lead *l = f->lead;
	struct terms terms;
	ASSERT(l != NULL);
	terms_of(f->program, l, &terms);
	out->at_us = f->now_us;
	out->fit_cents = clamp_cents(fit_sum_cents(f->program, l));
	out->engagement_cents =
		clamp_cents(rules_cents(&terms, f->now_us) - inactivity_cents(&terms, f->now_us));
	out->total_cents = total_cents(f->program, out->fit_cents, out->engagement_cents);
	out->fit = points_of(out->fit_cents);
	out->engagement = points_of(out->engagement_cents);
	out->score = points_of(out->total_cents);
	struct facts now = *f;
	now.fit = out->fit;
	now.engagement = out->engagement;
	now.score = out->score;
	now.tier = l->tier;
	out->tier = tier_at(&now, l->tier);
	out->tier_moved = out->tier != l->tier;
}

void score_keep(struct lead *lead, const struct score *s)
{
	lead->fit = s->fit;
	lead->engagement = s->engagement;
	lead->score = s->score;
	lead->scored_us = s->at_us;
	if (s->tier != lead->tier)
		lead->tier_since_us = s->at_us;
	lead->tier = s->tier;
}
