/* SPDX-License-Identifier: Apache-2.0
 * stage_account.c: which company is it? By the group the source named, else by the domain of a
 * business address. The account's row rolls up its leads: it moves when a lead joins, leaves or
 * changes tier and on the first activity of a day, not on every click. */
#include "engine/account.h"

#include "base/assert.h"
#include "base/time.h"
#include "engine/pass.h"
#include "engine/profile.h"
#include "identity/identity.h"

#define ACCOUNT_BYTES_MAX (64u << 10)

static int64_t number(const struct json *d, const char *key)
{
	int64_t v = 0;
	(void)json_i64(d, json_get(d, 0, key), &v); /* absent: 0 */
	return v;
}

struct account_change {
	int64_t leads, hot, warm;
	int64_t active_us; /* TIME_NONE: unchanged */
	struct str traits; /* raw JSON object; empty: unchanged */
	struct str key, kind, name;
};

static enum status account_write(struct pass *p, struct account_work *acc,
				 const struct account_change *c, struct err *e)
{
	struct buf b;
	struct json_w w;
	const struct json *old = &acc->doc;
	struct str traits = json_raw(old, json_get(old, 0, "traits"));
	int64_t last = TIME_NONE;
	(void)json_i64(old, json_get(old, 0, "last_us"), &last); /* absent: never active */
	if (c->traits.n) {
		struct profile_join join = {old, json_get(old, 0, "traits"), c->traits, false};
		enum status st = profile_traits(&join, p->arena, &traits, e);
		if (st != ST_OK)
			return st;
	}
	struct str key = json_str(old, json_get(old, 0, "key"), p->arena);
	struct str kind = json_str(old, json_get(old, 0, "kind"), p->arena);
	buf_init_arena(&b, p->arena, ACCOUNT_BYTES_MAX);
	json_w_init(&w, &b);
	json_w_object(&w);
	json_w_kstr(&w, "key", key.n ? key : c->key);
	json_w_kstr(&w, "kind", kind.n ? kind : c->kind);
	json_w_ki64(&w, "leads", number(old, "leads") + c->leads);
	json_w_ki64(&w, "hot", number(old, "hot") + c->hot);
	json_w_ki64(&w, "warm", number(old, "warm") + c->warm);
	if (c->active_us != TIME_NONE && (last == TIME_NONE || c->active_us > last))
		last = c->active_us;
	if (last != TIME_NONE)
		json_w_ki64(&w, "last_us", last);
	if (traits.n) {
		json_w_key(&w, "traits");
		json_w_raw(&w, traits);
	}
	json_w_end(&w);
	if (!buf_ok(&b))
		return err_set(e, ST_LIMIT, "account would grow past %u bytes; send fewer traits",
			       ACCOUNT_BYTES_MAX);
	return batch_account_set(p->batch, acc, buf_view(&b), e);
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
		st = account_write(p, acc, &c, e);
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
		st = account_write(p, acc, &c, e);
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
