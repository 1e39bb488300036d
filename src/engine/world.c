/* SPDX-License-Identifier: Apache-2.0
 * world.c: see world.h. Costs rows, so it is filled only when something is to be chosen or to
 * leave, never for an ordinary event. */
#include "engine/world.h"

#include "base/assert.h"
#include "base/time.h"
#include "engine/ledger.h"
#include "engine/outbox.h"
#include "engine/profile.h"

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

static bool with_sales(const struct handoff *h)
{
	return h->state == HANDOFF_OPEN || h->state == HANDOFF_ACCEPTED;
}

/* Is a colleague with a team that wants the whole company left alone? */
static enum status colleague_handed(const struct world_ask *q, bool *out, struct err *e)
{
	const struct account_row *a = q->account;
	for (uint32_t i = 0; i < a->handed_n && !*out; i++) {
		struct handoff h;
		enum status st = handoff_get(q->store, (uint64_t)a->handed[i], q->arena, &h, e);
		if (st == ST_NOT_FOUND)
			continue;
		if (st != ST_OK)
			return st;
		size_t team = program_team_of(q->program, h.team);
		*out = with_sales(&h) && h.lead != q->lead->id && team != NO_INDEX &&
		       q->program->play->teams[team].whole_account;
	}
	return ST_OK;
}

static enum status company(const struct world_ask *q, struct decide_world *out, struct err *e)
{
	const struct account_row *a = q->account;
	int64_t now = q->now_us;
	if (a == NULL)
		return ST_OK;
	out->account_day = account_row_touches(a, now - US_PER_D, q->message);
	out->account_week = account_row_touches(a, now - 7 * US_PER_D, q->message);
	out->account_month = account_row_touches(a, now - 30 * US_PER_D, q->message);
	return colleague_handed(q, &out->account_handed, e);
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
		.ended = y->ended,
		.ended_n = y->ended_n,
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

enum status world_of_pass(struct pass *p, uint64_t message, struct decide_world *out, struct err *e)
{
	struct account_work *account = NULL;
	const struct lead *l = &p->work->lead;
	enum status st = batch_profile(p->batch, p->work, e);
	if (st == ST_OK && l->account)
		st = batch_account(p->batch, l->account, &account, e);
	const struct world_ask q = {
		.store = p->batch->store,
		.program = p->program,
		.lead = l,
		.profile = &p->work->profile_doc,
		.account = account ? &account->row : NULL,
		.message = message,
		.play = p->play,
		.now_us = p->env.now_us,
		.arena = p->arena,
	};
	return st == ST_OK ? world_fill(&q, out, e) : st;
}
