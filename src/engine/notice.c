/* SPDX-License-Identifier: Apache-2.0
 * notice.c: see notice.h. A notice waits in TABLE_DUE, not for its lead's alarm: one lead may have
 * several under way, and what a rep is told goes on when nothing is said to the lead any more. */
#include "engine/notice.h"

#include "base/assert.h"
#include "base/time.h"
#include "engine/due.h"
#include "engine/held.h"
#include "engine/ledger.h"
#include "engine/play.h"
#include "engine/world.h"

#define AGAIN_US US_PER_D /* a second confirmation for one address, at the soonest */
#define LOOK_BACK_MAX 64  /* messages of the lead that are asked when the last one was */

/* ---- on its way ---- */

static enum status wait_until(struct pass *p, const struct message *m, struct err *e)
{
	const struct due d = {m->due_us, DUE_MESSAGE, m->id};
	return due_set(p->batch, &d, TIME_NONE, e);
}

static bool held(const struct pass *p, enum notice_kind k)
{
	return p->play->paused && notice_to(k) == NOTICE_TO_LEAD;
}

/* READY or DEFERRED, and its time has come. */
static enum status leave(struct pass *p, struct message *m, struct err *e)
{
	struct outbox_place was = {m->state, m->due_us};
	int64_t now = p->env.now_us;
	enum status st = ST_OK;
	if (m->state == MESSAGE_DEFERRED)
		st = message_move(m, MESSAGE_READY, now, STR("tried again"), e);
	if (st == ST_OK)
		st = message_move(m, MESSAGE_SENDING, now, STR("handed over"), e);
	if (st == ST_OK)
		st = outbox_put(p->batch->store, m, was, p->arena, e);
	if (st == ST_OK)
		play_hand_over(p->play, m->id);
	return st;
}

static enum status end(struct pass *p, struct message *m, struct str why, struct err *e)
{
	return outbox_cancel(p->batch->store, m, p->env.now_us, why, p->arena, e);
}

/* Held ones are looked at when the switch is lifted, and not before. */
static enum status hold(struct pass *p, struct message *m, struct err *e)
{
	struct outbox_place was = {m->state, m->due_us};
	m->due_us = TIME_NONE;
	m->reason = STR("all sending is paused");
	enum status st = outbox_put(p->batch->store, m, was, p->arena, e);
	return st == ST_OK ? held_add(p->batch, HELD_NOTICE, m->id, e) : st;
}

static enum status go(struct pass *p, struct message *m, struct err *e)
{
	enum notice_kind k;
	if (!notice_kind_of(m, &k))
		return end(p, m, STR("a kind of notice that is no more"), e);
	if (m->expires_us != TIME_NONE && m->expires_us <= p->env.now_us)
		return end(p, m, STR("expired"), e);
	return held(p, k) ? hold(p, m, e) : leave(p, m, e);
}

enum status notice_send(struct pass *p, const struct notice *n, struct err *e)
{
	int64_t now = p->env.now_us;
	struct message m = {
		.id = p->play->next_message++,
		.lead = p->work->lead.id,
		.version = p->batch->program_version,
		.message = str_of(notice_wire(n->kind)),
		.channel = str_of(notice_channel(n->kind)),
		.purpose = n->purpose,
		.address = n->address,
		.zone = n->zone,
		.reply_to = n->again,
		.handoff = n->handoff ? n->handoff->id : 0,
		.state = MESSAGE_READY,
		.flags = MESSAGE_SYSTEM,
		.created_us = now,
		.due_us = now,
		.changed_us = now,
		.expires_us = n->expires_us,
		.sent_us = TIME_NONE,
		.opened_us = TIME_NONE,
		.clicked_us = TIME_NONE,
		.replied_us = TIME_NONE,
		.tier = p->work->lead.tier,
	};
	p->play->dirty = true;
	batch_count(p->batch, now, "notice", &m.message, 1, 1);
	enum status st = outbox_add(p->batch->store, &m, p->arena, e);
	return st == ST_OK ? go(p, &m, e) : st;
}

enum status notice_due(struct pass *p, uint64_t message, struct err *e)
{
	struct message m;
	enum status st = outbox_get(p->batch->store, message, p->arena, &m, e);
	return st == ST_OK && outbox_waits(&m) ? go(p, &m, e) : st;
}

enum status notice_told(struct pass *p, const struct message *m, struct outbox_place was,
			struct err *e)
{
	bool waited = was.state == MESSAGE_READY || was.state == MESSAGE_DEFERRED;
	const struct due none = {TIME_NONE, DUE_MESSAGE, m->id};
	enum status st = waited ? due_set(p->batch, &none, was.due_us, e) : ST_OK;
	return st == ST_OK && m->state == MESSAGE_DEFERRED ? wait_until(p, m, e) : st;
}

enum status notice_again(struct pass *p, uint64_t message, struct err *e)
{
	struct message m;
	struct handoff h = {.id = 0};
	struct notice n = {.handoff = NULL};
	enum status st = outbox_get(p->batch->store, message, p->arena, &m, e);
	if (st != ST_OK)
		return st;
	if (!notice_kind_of(&m, &n.kind))
		return err_set(e, ST_INVALID, "message %llu is no notice of ours",
			       (unsigned long long)message);
	if (m.state != MESSAGE_FAILED && m.state != MESSAGE_UNCERTAIN)
		return err_set(e, ST_CONFLICT, "message %llu is %s: only what failed is sent again",
			       (unsigned long long)message, message_state_name(m.state));
	h.id = m.handoff;
	n.handoff = &h;
	n.address = m.address;
	n.purpose = m.purpose;
	n.zone = m.zone;
	n.expires_us = p->env.now_us + US_PER_D;
	n.again = m.reply_to ? m.reply_to : m.id;
	st = batch_lead_whole(p->batch, m.lead, &p->work, e);
	return st == ST_OK ? notice_send(p, &n, e) : st;
}

/* A tool that is down is asked often at first, then twice a day; mail waits as all mail does. */
int64_t notice_retry_us(const struct message *m)
{
	static const int64_t steps[] = {5 * US_PER_S, US_PER_M,     5 * US_PER_M, 30 * US_PER_M,
					2 * US_PER_H, 5 * US_PER_H, 10 * US_PER_H};
	size_t n = sizeof steps / sizeof steps[0], at = m->attempts ? m->attempts - 1 : 0;
	return steps[at < n ? at : n - 1];
}

/* ---- double opt-in ---- */

/* Somebody who sends a form again and again with a stranger's address writes to them once. */
static enum status asked_lately(struct pass *p, const struct notice *n, bool *out, struct err *e)
{
	uint64_t ids[LOOK_BACK_MAX];
	size_t ids_n = LOOK_BACK_MAX;
	enum status st = outbox_latest(p->batch->store, p->work->lead.id, ids, &ids_n, e);
	*out = false;
	for (size_t i = 0; i < ids_n && st == ST_OK && !*out; i++) {
		struct message m;
		enum notice_kind k;
		st = outbox_get(p->batch->store, ids[i], p->arena, &m, e);
		*out = st == ST_OK && notice_kind_of(&m, &k) && k == n->kind &&
		       str_eq(m.address, n->address) && str_eq(m.purpose, n->purpose) &&
		       m.created_us > p->env.now_us - AGAIN_US;
	}
	return st;
}

/* The address this event named, else the one we know. */
static struct str told_address(const struct pass *p)
{
	for (size_t i = 0; i < p->keys.n; i++)
		if (p->keys.keys[i].kind == ID_EMAIL && !p->keys.keys[i].previous)
			return p->keys.keys[i].value;
	return world_address_in_hand(p, STR(CHANNEL_EMAIL));
}

struct consent_verdict notice_confirmable(const struct consent_view *v, struct str purpose,
					  int64_t now_us)
{
	const struct program_consent *c = &v->program->consent;
	if (str_is(purpose, CONSENT_ALL) && c->purposes_n > 0)
		purpose = c->purposes[0];
	return consent_may_speak(v, STR(CHANNEL_EMAIL), purpose, now_us);
}

static enum status ask_one(struct pass *p, const struct consent_view *v,
			   const struct consent_entry *said, struct err *e)
{
	bool lately;
	int64_t ttl = p->program->consent.opt_in_ttl_us;
	struct notice n = {
		.kind = NOTICE_CONFIRM,
		.address = told_address(p),
		.purpose = said->purpose,
		.zone = json_str(&p->work->profile_doc, json_get(&p->work->profile_doc, 0, "tz"),
				 p->arena),
		.expires_us = ttl > 0 ? said->at_us + ttl : TIME_NONE,
	};
	struct consent_verdict now = notice_confirmable(v, n.purpose, p->env.now_us);
	if (now.rule != CONSENT_RULE_PENDING || n.address.n == 0)
		return ST_OK; /* suppressed, refused since, or confirmed before */
	enum status st = asked_lately(p, &n, &lately, e);
	return st == ST_OK && !lately ? notice_send(p, &n, e) : st;
}

/* It answers what the person has just done: a list that is imported asks nobody. */
static bool asks(const struct pass *p, const struct consent_entry *x)
{
	bool mail = str_is(x->channel, CHANNEL_EMAIL) || str_is(x->channel, CONSENT_ALL);
	bool now = !(p->event.flags & EVENT_IMPORTED) && x->at_us > p->env.now_us - AGAIN_US;
	return x->state == CONSENT_PENDING && mail && now;
}

enum status notice_confirm(struct pass *p, const struct consent_change *said, struct err *e)
{
	struct consent_view v = {.program = p->program, .lead = &p->work->lead};
	struct ledger_suppressed gone;
	struct store *s = p->batch->store;
	size_t first = 0;
	while (first < said->entries_n && !asks(p, &said->entries[first]))
		first++;
	if (first == said->entries_n || p->program == NULL)
		return ST_OK;
	enum status st = batch_profile(p->batch, p->work, e);
	const struct json *profile = &p->work->profile_doc;
	if (st == ST_OK)
		st = ledger_read(s, p->work->lead.id, p->arena, &v.ledger, e);
	if (st == ST_OK)
		st = ledger_suppressions(s, profile, STR(CHANNEL_EMAIL), p->arena, &gone, e);
	if (st != ST_OK)
		return st;
	v.suppressions = gone.list;
	v.suppressions_n = gone.n;
	v.country = json_str(profile, json_get(profile, 0, "country"), p->arena);
	for (size_t i = first; i < said->entries_n && st == ST_OK; i++)
		if (asks(p, &said->entries[i]))
			st = ask_one(p, &v, &said->entries[i], e);
	return st;
}
