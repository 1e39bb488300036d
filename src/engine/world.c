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

struct str world_address(struct pass *p, struct str channel)
{
	struct profile_id id;
	enum id_kind kind = str_is(channel, "email") ? ID_EMAIL : ID_PHONE;
	const struct work *w = p->work;
	if (!w->profile_parsed || w->profile_doc.count == 0)
		return STR_NULL;
	for (size_t i = 0; profile_id(&w->profile_doc, i, p->arena, &id); i++)
		if (id.kind == kind)
			return id.value;
	return STR_NULL;
}

static struct str profile_text(struct pass *p, const char *key)
{
	const struct json *d = &p->work->profile_doc;
	return json_str(d, json_get(d, 0, key), p->arena);
}

/* ---- consent, per channel ---- */

static enum status consents(struct pass *p, struct decide_world *out, struct err *e)
{
	const struct program_consent *pc = &p->program->consent;
	struct consent_view *views = ARENA_ARRAY(p->arena, struct consent_view, pc->channels_n);
	struct str *address = ARENA_ARRAY(p->arena, struct str, pc->channels_n);
	struct consent_ledger ledger;
	if (views == NULL || address == NULL)
		return err_set(e, ST_NO_MEMORY, "consent views do not fit the pass");
	enum status st = ledger_read(p->batch->store, p->work->lead.id, p->arena, &ledger, e);
	for (size_t i = 0; i < pc->channels_n && st == ST_OK; i++) {
		struct ledger_suppressed gone = {NULL, 0};
		st = ledger_suppressions(p->batch->store, &p->work->profile_doc, pc->channels[i],
					 p->arena, &gone, e);
		views[i] = (struct consent_view){.program = p->program,
						 .lead = &p->work->lead,
						 .ledger = ledger,
						 .suppressions = gone.list,
						 .suppressions_n = gone.n,
						 .country = profile_text(p, "country")};
		address[i] = world_address(p, pc->channels[i]);
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

static enum status count_colleague(struct pass *p, uint64_t id, struct decide_world *out,
				   struct err *e)
{
	struct work *w;
	int64_t now = p->env.now_us;
	enum status st = batch_lead(p->batch, id, &w, e);
	if (st == ST_OK)
		st = batch_journey(p->batch, w, e);
	if (st != ST_OK || w->journey == NULL)
		return st;
	out->account_day += journey_touches_in(w->journey, 0, now - US_PER_D, now);
	out->account_week += journey_touches_in(w->journey, 0, now - 7 * US_PER_D, now);
	out->account_month += journey_touches_in(w->journey, 0, now - 30 * US_PER_D, now);
	if (id == p->work->lead.id || w->journey->phase != JOURNEY_HANDED)
		return ST_OK;
	struct handoff h;
	st = w->journey->handoff
		     ? handoff_get(p->batch->store, w->journey->handoff, p->arena, &h, e)
		     : ST_NOT_FOUND;
	if (st == ST_OK) {
		size_t team = program_team_of(p->program, h.team);
		out->account_handed |=
			team != NO_INDEX && p->program->play->teams[team].whole_account;
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

static enum status company(struct pass *p, struct decide_world *out, struct err *e)
{
	uint64_t account = p->work->lead.account;
	if (account == 0 || !asks_colleagues(p->program))
		return ST_OK;
	struct key from = key_u64(account), to = key_u64(account + 1);
	struct store_range mine = {KEY_BYTES(key_view(&from)), KEY_BYTES(key_view(&to)), false};
	struct colleagues *c = ARENA_NEW(p->arena, struct colleagues);
	if (c == NULL)
		return err_set(e, ST_NO_MEMORY, "colleagues do not fit the pass");
	enum status st =
		store_scan(p->batch->store, TABLE_ACCOUNT_LEAD, mine, take_colleague, c, e);
	for (size_t i = 0; i < c->n && st == ST_OK; i++)
		st = count_colleague(p, c->ids[i], out, e);
	return st;
}

/* ---- all of it ---- */

enum status world_fill(struct pass *p, struct decide_world *out, struct err *e)
{
	struct play *y = p->play;
	*out = (struct decide_world){
		.paused = y->paused,
		.pause_reason = str_of(y->pause_reason),
		.sent_today = play_sent_today(y, p->env.now_us),
		.first_send_us = y->first_send_us,
		.recent_sent = y->recent_sent,
		.recent_bounced = y->recent_bounced,
		.recent_complained = y->recent_complained,
	};
	enum status st = batch_profile(p->batch, p->work, e);
	if (st != ST_OK)
		return st;
	struct str zone = profile_text(p, "tz");
	out->zone = play_zone(y, zone, p->program->play->guardrails.zone, &out->zone_name);
	st = consents(p, out, e);
	return st == ST_OK ? company(p, out, e) : st;
}
