/* SPDX-License-Identifier: Apache-2.0
 * world.c: see world.h. Costs rows, so it is filled only when something is to be chosen or to
 * leave, never for an ordinary event. */
#include "engine/world.h"

#include "base/assert.h"
#include "base/time.h"
#include "engine/ledger.h"
#include "engine/outbox.h"
#include "engine/profile.h"
#include "model/key.h"

#define COLLEAGUES_MAX 256 /* of one account that count for its caps */

struct str world_address(const struct json *profile, struct str channel, struct arena *a)
{
	struct profile_id id;
	enum id_kind kind = str_is(channel, "email") ? ID_EMAIL : ID_PHONE;
	if (profile->count == 0)
		return STR_NULL;
	for (size_t i = 0; profile_id(profile, i, a, &id); i++)
		if (id.kind == kind)
			return id.value;
	return STR_NULL;
}

static struct str profile_text(const struct world_ask *q, const char *key)
{
	return json_str(q->profile, json_get(q->profile, 0, key), q->arena);
}

/* ---- consent, per channel ---- */

static enum status consents(const struct world_ask *q, struct decide_world *out, struct err *e)
{
	const struct program_consent *pc = &q->program->consent;
	struct consent_view *views = ARENA_ARRAY(q->arena, struct consent_view, pc->channels_n);
	struct str *address = ARENA_ARRAY(q->arena, struct str, pc->channels_n);
	struct consent_ledger ledger;
	if (views == NULL || address == NULL)
		return err_set(e, ST_NO_MEMORY, "consent views do not fit the pass");
	enum status st = ledger_read(q->store, q->lead->id, q->arena, &ledger, e);
	for (size_t i = 0; i < pc->channels_n && st == ST_OK; i++) {
		struct ledger_suppressed gone = {NULL, 0};
		st = ledger_suppressions(q->store, q->profile, pc->channels[i], q->arena, &gone, e);
		views[i] = (struct consent_view){.program = q->program,
						 .lead = q->lead,
						 .ledger = ledger,
						 .suppressions = gone.list,
						 .suppressions_n = gone.n,
						 .country = profile_text(q, "country")};
		address[i] = world_address(q->profile, pc->channels[i], q->arena);
	}
	out->consent = views;
	out->address = address;
	out->channels_n = pc->channels_n;
	return st;
}

/* ---- the company ---- */

struct colleagues {
	uint64_t ids[COLLEAGUES_MAX];
	size_t n;
};

static bool take_colleague(void *ctx, struct store_key key, struct str value)
{
	struct colleagues *c = ctx;
	(void)value;
	c->ids[c->n++] = key_read_u64(key.bytes, 8);
	return c->n < COLLEAGUES_MAX;
}

static enum status count_colleague(const struct world_ask *q, uint64_t id, struct decide_world *out,
				   struct err *e)
{
	const struct journey *j = NULL;
	int64_t now = q->now_us;
	enum status st = q->journey(q->ctx, id, &j, e);
	if (st != ST_OK || j == NULL)
		return st;
	out->account_day += journey_touches_in(j, 0, now - US_PER_D, now);
	out->account_week += journey_touches_in(j, 0, now - 7 * US_PER_D, now);
	out->account_month += journey_touches_in(j, 0, now - 30 * US_PER_D, now);
	if (id == q->lead->id || j->phase != JOURNEY_HANDED)
		return ST_OK;
	struct handoff h;
	st = j->handoff ? handoff_get(q->store, j->handoff, q->arena, &h, e) : ST_NOT_FOUND;
	if (st == ST_OK) {
		size_t team = program_team_of(q->program, h.team);
		out->account_handed |=
			team != NO_INDEX && q->program->play->teams[team].whole_account;
	}
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static bool asks_colleagues(const struct program *prog)
{
	const struct program_cap *cap = &prog->play->guardrails.account;
	bool asks = cap->per_day || cap->per_week || cap->per_month;
	for (size_t i = 0; i < prog->play->teams_n; i++)
		asks |= prog->play->teams[i].whole_account;
	return asks;
}

static enum status company(const struct world_ask *q, struct decide_world *out, struct err *e)
{
	uint64_t account = q->lead->account;
	if (account == 0 || !asks_colleagues(q->program))
		return ST_OK;
	struct key from = key_u64(account), to = key_u64(account + 1);
	struct store_range mine = {KEY_BYTES(key_view(&from)), KEY_BYTES(key_view(&to)), false};
	struct colleagues *c = ARENA_NEW(q->arena, struct colleagues);
	if (c == NULL)
		return err_set(e, ST_NO_MEMORY, "colleagues do not fit the pass");
	enum status st = store_scan(q->store, TABLE_ACCOUNT_LEAD, mine, take_colleague, c, e);
	for (size_t i = 0; i < c->n && st == ST_OK; i++)
		st = count_colleague(q, c->ids[i], out, e);
	return st;
}

/* ---- all of it ---- */

enum status world_fill(const struct world_ask *q, struct decide_world *out, struct err *e)
{
	struct play *y = q->play;
	*out = (struct decide_world){
		.paused = y->paused,
		.pause_reason = str_of(y->pause_reason),
		.sent_today = play_sent_today(y, q->now_us),
		.first_send_us = y->first_send_us,
		.recent_sent = y->recent_sent,
		.recent_bounced = y->recent_bounced,
		.recent_complained = y->recent_complained,
	};
	struct str zone = profile_text(q, "tz");
	out->zone = play_zone(y, zone, q->program->play->guardrails.zone, &out->zone_name);
	enum status st = consents(q, out, e);
	return st == ST_OK ? company(q, out, e) : st;
}

/* ---- from the working set ---- */

struct str world_address_in_hand(const struct pass *p, struct str channel)
{
	if (!p->work->profile_parsed)
		return STR_NULL;
	return world_address(&p->work->profile_doc, channel, p->arena);
}

static enum status journey_in_hand(void *ctx, uint64_t lead, const struct journey **out,
				   struct err *e)
{
	struct work *w;
	struct pass *p = ctx;
	enum status st = batch_lead(p->batch, lead, &w, e);
	if (st == ST_OK)
		st = batch_journey(p->batch, w, e);
	*out = st == ST_OK ? w->journey : NULL;
	return st;
}

enum status world_of_pass(struct pass *p, struct decide_world *out, struct err *e)
{
	enum status st = batch_profile(p->batch, p->work, e);
	const struct world_ask q = {
		.store = p->batch->store,
		.program = p->program,
		.lead = &p->work->lead,
		.profile = &p->work->profile_doc,
		.play = p->play,
		.now_us = p->env.now_us,
		.arena = p->arena,
		.journey = journey_in_hand,
		.ctx = p,
	};
	return st == ST_OK ? world_fill(&q, out, e) : st;
}
