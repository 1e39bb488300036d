/* SPDX-License-Identifier: Apache-2.0
 * stage_account.c: which company is it? By the group the source named, else by the domain of a
 * business address. The account's row rolls up its leads: it moves when a lead joins, leaves or
 * changes tier and on the first activity of a day, not on every click. */
#include "engine/account.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/time.h"
#include "engine/pass.h"
#include "engine/profile.h"
#include "identity/identity.h"

/* `c->traits` are what a source says: joined with those there are. */
static enum status account_write(struct pass *p, struct account_work *acc,
				 const struct account_change *c, struct err *e)
{
	static const struct json nothing = {.count = 0};
	struct account_change change = *c;
	const struct json *old;
	if (c->traits.n > 0) {
		enum status st = batch_account_doc(p->batch, acc, &old, e);
		old = st == ST_OK && old != NULL ? old : &nothing;
		struct profile_join join = {old, json_get(old, 0, "traits"), c->traits, false};
		if (st == ST_OK)
			st = profile_traits(&join, p->arena, &change.traits, e);
		if (st != ST_OK)
			return st;
	}
	return batch_account_change(p->batch, acc, &change, p->env.now_us, e);
}

/* What fit rules and personas make of how many leads it has. Those that ask for more than the
 * company are not asked: their answer is each lead's own, and may differ with the number. */
static enum status count_rules(struct pass *p, struct account_work *acc, uint64_t *out,
			       struct err *e)
{
	const struct program *x = p->program;
	const struct json *doc;
	*out = 0;
	if (x == NULL || !(x->fit_reads & READS_COUNT))
		return ST_OK;
	enum status st = batch_account_doc(p->batch, acc, &doc, e);
	const struct facts f = {
		.program = x, .account = doc, .now_us = p->env.now_us, .arena = p->arena};
	for (size_t i = 0; i < x->personas_n + x->fit_n && st == ST_OK; i++) {
		const struct program_cond *cond =
			i < x->personas_n ? &x->personas[i].if_ : &x->fit[i - x->personas_n].if_;
		bool alone = !(cond->reads & ~(unsigned)(READS_ACCOUNT | READS_COUNT));
		if (cond->reads & READS_COUNT)
			*out = hash_u64(*out + (alone ? facts_hold(&f, cond, NULL)
						      : (uint64_t)acc->row.leads));
	}
	return st;
}

/* A lead comes or goes. Most of the time that makes no difference to its colleagues' fit, and they
 * are not asked again for it. */
static enum status account_count(struct pass *p, struct account_work *acc,
				 const struct account_change *c, struct err *e)
{
	uint64_t before, after;
	const struct account_change moved = {.active_us = TIME_NONE, .moved = true};
	enum status st = count_rules(p, acc, &before, e);
	if (st == ST_OK)
		st = account_write(p, acc, c, e);
	if (st == ST_OK)
		st = count_rules(p, acc, &after, e);
	return st == ST_OK && before != after ? account_write(p, acc, &moved, e) : st;
}

static void tier_delta(struct account_change *c, enum tier t, int64_t by)
{
	c->hot += t == TIER_HOT ? by : 0;
	c->warm += t == TIER_WARM ? by : 0;
}

enum status account_leave(struct pass *p, struct work *w, struct err *e)
{
	struct account_work *acc;
	struct lead *l = &w->lead;
	if (l->account == 0 || (l->flags & LEAD_MERGED))
		return ST_OK;
	struct account_change c = {.leads = -1, .active_us = TIME_NONE};
	tier_delta(&c, l->tier, -1);
	struct key k = key_u64_u64(l->account, l->id);
	enum status st = batch_account(p->batch, l->account, &acc, e);
	if (st == ST_OK)
		st = account_count(p, acc, &c, e);
	if (st == ST_OK)
		st = store_del(p->batch->store, TABLE_ACCOUNT_LEAD, KEY_BYTES(key_view(&k)), e);
	l->account = 0;
	w->dirty = true;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status account_join(struct pass *p, struct work *w, uint64_t account, struct err *e)
{
	struct account_work *acc;
	struct lead *l = &w->lead;
	ASSERT(l->account == 0);
	struct account_change c = {.leads = 1, .active_us = l->active_us};
	tier_delta(&c, l->tier, 1);
	struct key k = key_u64_u64(account, l->id);
	enum status st = batch_account(p->batch, account, &acc, e);
	if (st == ST_OK)
		st = account_count(p, acc, &c, e);
	if (st == ST_OK)
		st = store_put(p->batch->store, TABLE_ACCOUNT_LEAD, KEY_BYTES(key_view(&k)),
			       STR(""), e);
	l->account = account;
	w->dirty = true;
	return st;
}

enum status account_tier(struct pass *p, struct work *w, enum tier from, enum tier to,
			 struct err *e)
{
	struct account_work *acc;
	struct account_change c = {.active_us = TIME_NONE};
	if (w->lead.account == 0)
		return ST_OK;
	tier_delta(&c, from, -1);
	tier_delta(&c, to, 1);
	enum status st = batch_account(p->batch, w->lead.account, &acc, e);
	return st == ST_OK ? account_write(p, acc, &c, e) : st;
}

static enum status account_note(struct pass *p, struct work *w, const struct account_change *c,
				struct err *e)
{
	struct account_work *acc;
	const struct lead *l = &w->lead;
	if (l->account == 0 || (l->flags & LEAD_MERGED))
		return ST_OK;
	enum status st = batch_account(p->batch, l->account, &acc, e);
	return st == ST_OK ? account_write(p, acc, c, e) : st;
}

enum status account_touch(struct pass *p, uint64_t message, struct err *e)
{
	const struct account_change c = {.active_us = TIME_NONE, .touch = (int64_t)message};
	return account_note(p, p->work, &c, e);
}

enum status account_untouch(struct pass *p, struct work *w, uint64_t message, struct err *e)
{
	const struct account_change c = {.active_us = TIME_NONE, .untouch = (int64_t)message};
	return account_note(p, w, &c, e);
}

enum status account_not_leave(struct pass *p, struct work *w, struct message *m, struct str why,
			      struct err *e)
{
	bool tried = m->state == MESSAGE_DEFERRED;
	enum status st = outbox_cancel(p->batch->store, m, p->env.now_us, why, p->arena, e);
	return st == ST_OK && tried ? account_untouch(p, w, m->id, e) : st;
}

enum status account_hand(struct pass *p, uint64_t handoff, struct err *e)
{
	const struct account_change c = {.active_us = TIME_NONE, .hand = (int64_t)handoff};
	return account_note(p, p->work, &c, e);
}

enum status account_active(struct pass *p, struct work *w, int64_t at_us, struct err *e)
{
	struct account_work *acc;
	struct account_change c = {.active_us = at_us};
	if (w->lead.account == 0)
		return ST_OK;
	enum status st = batch_account(p->batch, w->lead.account, &acc, e);
	return st == ST_OK ? account_write(p, acc, &c, e) : st;
}

enum status stage_account(struct pass *p, struct err *e)
{
	struct lead *l = &p->work->lead;
	struct account_work *acc;
	struct str key;
	bool created, by_group = p->event.group_id.n > 0;
	/* A domain is looked at when an address is new; a group whenever one is named. */
	if (!by_group && (l->account || !p->facts_changed))
		return ST_OK;
	enum status st = identity_account_key(&p->event, p->arena, &key, e);
	if (st == ST_NOT_FOUND)
		return ST_OK;
	if (st == ST_OK)
		st = batch_account_of(p->batch, key, &acc, &created, e);
	if (st != ST_OK)
		return st;
	struct account_change c = {
		.active_us = TIME_NONE,
		.key = str_slice(key, 1, key.n),
		.kind = by_group ? STR("group") : STR("domain"),
		.traits = str_is(p->event.type, "group") ? p->event.traits : STR_NULL,
	};
	if (created || c.traits.n) {
		st = account_write(p, acc, &c, e);
		p->facts_changed = true;
	}
	if (st != ST_OK || l->account == acc->id)
		return st;
	p->facts_changed = true;
	st = account_leave(p, p->work, e);
	return st == ST_OK ? account_join(p, p->work, acc->id, e) : st;
}
