/* SPDX-License-Identifier: Apache-2.0
 * stage_score.c: from an event to numbers: features, points, fit, tier, and the training record.
 *
 * Fit is asked again only when what it reads has moved (profile, account, program), so an ordinary
 * page view costs its own rules and one evaluation. An account also moves by a colleague's events:
 * its row says when, and the lead says when it was last looked at. */
#include "base/assert.h"
#include "base/time.h"
#include "consent/consent.h"
#include "engine/account.h"
#include "engine/pass.h"
#include "features/features.h"
#include "score/score.h"

enum status stage_features(struct pass *p, struct err *e)
{
	if (p->program == NULL)
		return ST_OK;
	enum status st = pass_facts(p, e);
	if (st != ST_OK)
		return st;
	p->work->dirty = true;
	return features_update(&p->work->lead, &p->facts, &p->batch->keep, e);
}

/* What was known just before an event the program calls an outcome: a row to learn from. */
enum status stage_record(struct pass *p, struct err *e)
{
	bool outcome = false;
	if (p->program == NULL)
		return ST_OK;
	for (size_t i = 0; i < p->program->outcomes_n && !outcome; i++)
		outcome = str_eq(p->program->outcomes[i], p->event.type);
	if (!outcome)
		return ST_OK;
	struct lead *l = &p->work->lead;
	struct features_record *r = ARENA_NEW(p->arena, struct features_record);
	struct buf row;
	uint32_t type_no;
	if (r == NULL)
		return err_set(e, ST_NO_MEMORY, "training record does not fit the pass");
	enum status st = batch_type_no(p->batch, p->event.type, &type_no, e);
	if (st != ST_OK)
		return st;
	struct key key = key_u64_u64_u64(l->id, p->event.seq, type_no);
	features_record_take(p->program, l, p->event.seq, p->env.now_us, r);
	buf_init_arena(&row, p->arena, FEATURES_RECORD_BYTES_MAX);
	features_record_encode(r, &row);
	ASSERT(buf_ok(&row));
	const struct str dims[] = {p->event.type, str_of(tier_name(l->tier))};
	batch_count(p->batch, p->env.now_us, "outcomes", dims, 2, 1);
	return store_put(p->batch->store, TABLE_RECORD, KEY_BYTES(key_view(&key)), buf_view(&row),
			 e);
}

static enum status score_the_event(struct pass *p, struct err *e)
{
	struct lead *l = &p->work->lead;
	int64_t before = l->active_us;
	enum status st = score_event(l, &p->facts, &p->batch->keep, &p->points, e);
	if (st != ST_OK)
		return st;
	if (p->created) {
		l->entry = score_entry(&p->facts);
		l->entry_points = l->entry ? p->program->entries[l->entry - 1].fit_points : 0;
	}
	bool new_day = l->active_us != TIME_NONE &&
		       (before == TIME_NONE || time_day(before) != time_day(l->active_us));
	return new_day ? account_active(p, p->work, l->active_us, e) : ST_OK;
}

static enum status tier_moved(struct pass *p, enum tier from, struct err *e)
{
	struct lead *l = &p->work->lead;
	const struct str dims[] = {str_of(tier_name(from)), str_of(tier_name(l->tier))};
	batch_count(p->batch, p->env.now_us, "tier", dims, 2, 1);
	return account_tier(p, p->work, from, l->tier, e);
}

static void time_to_live(struct pass *p)
{
	struct lead *l = &p->work->lead;
	if (p->why != PASS_ALARM)
		l->ttl_us = consent_ttl_us(p->program, l, p->env.now_us);
}

/* A company of thousands is not gone through for each who joins: each of its leads finds out at its
 * own next pass. At one and the same instant nobody knows which was first, so it is asked again. */
static enum status fit_is_old(struct pass *p, bool *old_r, struct err *e)
{
	const struct lead *l = &p->work->lead;
	int64_t moved_us;
	*old_r = p->facts_changed;
	if (*old_r || !(p->program->fit_reads & READS_ACCOUNT) || l->account == 0 ||
	    (l->flags & LEAD_MERGED))
		return ST_OK;
	*old_r = true;
	if (p->program->fit_reads & READS_PEOPLE) /* their every act may have moved it */
		return ST_OK;
	enum status st = batch_account_moved(p->batch, l->account, &moved_us, e);
	if (st == ST_OK)
		*old_r = moved_us >= l->scored_us;
	return st;
}

enum status stage_score(struct pass *p, struct err *e)
{
	struct lead *l = &p->work->lead;
	if (p->program == NULL || (l->flags & LEAD_ERASED))
		return ST_OK;
	bool old, event = p->why & (PASS_EVENT | PASS_REFOLD);
	enum status st = pass_facts(p, e);
	if (st == ST_OK && event)
		st = score_the_event(p, e);
	if (st == ST_OK)
		st = fit_is_old(p, &old, e);
	if (st != ST_OK)
		return st;
	if (old) {
		struct score_fit fit = score_fit(&p->facts);
		l->fit_mask = fit.mask;
		l->persona = fit.persona;
	}
	struct score s;
	enum tier from = l->tier;
	score_evaluate(&p->facts, &s);
	score_keep(l, &s);
	time_to_live(p);
	p->work->dirty = true;
	return l->tier != from ? tier_moved(p, from, e) : ST_OK;
}
