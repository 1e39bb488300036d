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
	uint64_t touch, untouch, hand; /* numbers of messages and a hand-off; 0: none */
};

/* ---- what its people were sent, and who of them is with a person ---- */

#define TOUCHES_KEPT_US (30 * US_PER_D)

struct touched {
	int64_t at_us, message;
};

static struct touched touched_at(const struct json *d, uint32_t node)
{
	struct touched t = {TIME_NONE, 0};
	uint32_t at = json_first(d, node);
	(void)json_i64(d, at, &t.at_us); /* rows are ours: two numbers each */
	(void)json_i64(d, json_next(d, node, at), &t.message);
	return t;
}

unsigned account_touches_since(const struct json *account, int64_t since_us, uint64_t but)
{
	uint32_t list = json_get(account, 0, "touches");
	unsigned n = 0;
	for (uint32_t v = json_first(account, list); v != JSON_NONE;
	     v = json_next(account, list, v)) {
		struct touched t = touched_at(account, v);
		n += t.at_us > since_us && t.message != (int64_t)but;
	}
	return n;
}

size_t account_handed(const struct json *account, uint64_t out[ACCOUNT_HANDED_MAX])
{
	uint32_t list = json_get(account, 0, "handed");
	size_t n = 0;
	for (uint32_t v = json_first(account, list); v != JSON_NONE && n < ACCOUNT_HANDED_MAX;
	     v = json_next(account, list, v)) {
		int64_t id;
		if (json_i64(account, v, &id))
			out[n++] = (uint64_t)id;
	}
	return n;
}

static void put_touch(struct json_w *w, struct touched t)
{
	json_w_array(w);
	json_w_i64(w, t.at_us);
	json_w_i64(w, t.message);
	json_w_end(w);
}

/* Those that still count, oldest first, without `untouch`; `touch` once. */
static void put_touches(const struct json *old, const struct account_change *c, int64_t now_us,
			struct json_w *w)
{
	uint32_t list = json_get(old, 0, "touches");
	size_t over = json_count(old, list) + (c->touch != 0);
	over = over > ACCOUNT_TOUCHES_MAX ? over - ACCOUNT_TOUCHES_MAX : 0;
	if (json_count(old, list) == 0 && c->touch == 0)
		return;
	json_w_key(w, "touches");
	json_w_array(w);
	for (uint32_t v = json_first(old, list); v != JSON_NONE; v = json_next(old, list, v)) {
		struct touched t = touched_at(old, v);
		bool gone = t.message == (int64_t)c->untouch || t.message == (int64_t)c->touch;
		if (over > 0)
			over--;
		else if (!gone && t.at_us > now_us - TOUCHES_KEPT_US)
			put_touch(w, t);
	}
	if (c->touch)
		put_touch(w, (struct touched){now_us, (int64_t)c->touch});
	json_w_end(w);
}

static void put_handed(const struct json *old, uint64_t hand, struct json_w *w)
{
	uint64_t ids[ACCOUNT_HANDED_MAX];
	size_t n = account_handed(old, ids);
	if (n == 0 && hand == 0)
		return;
	json_w_key(w, "handed");
	json_w_array(w);
	for (size_t i = hand && n == ACCOUNT_HANDED_MAX ? 1 : 0; i < n; i++)
		json_w_i64(w, (int64_t)ids[i]);
	if (hand)
		json_w_i64(w, (int64_t)hand);
	json_w_end(w);
}

/* ---- the row ---- */

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
	put_touches(old, c, p->env.now_us, &w);
	put_handed(old, c->hand, &w);
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

static enum status account_note(struct pass *p, const struct account_change *c, struct err *e)
{
	struct account_work *acc;
	const struct lead *l = &p->work->lead;
	if (l->account == 0 || (l->flags & LEAD_MERGED))
		return ST_OK;
	enum status st = batch_account(p->batch, l->account, &acc, e);
	return st == ST_OK ? account_write(p, acc, c, e) : st;
}

enum status account_touch(struct pass *p, uint64_t message, struct err *e)
{
	return account_note(p, &(struct account_change){.active_us = TIME_NONE, .touch = message},
			    e);
}

enum status account_untouch(struct pass *p, uint64_t message, struct err *e)
{
	return account_note(p, &(struct account_change){.active_us = TIME_NONE, .untouch = message},
			    e);
}

enum status account_hand(struct pass *p, uint64_t handoff, struct err *e)
{
	return account_note(p, &(struct account_change){.active_us = TIME_NONE, .hand = handoff},
			    e);
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
