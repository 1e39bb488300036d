/* SPDX-License-Identifier: Apache-2.0
 * stage_identity.c: whose is it? Looks up every identifier of the event, asks room identity for a
 * verdict, and carries it out: a new lead, a known one, or several that turn out to be one. */
#include "base/assert.h"
#include "engine/merge.h"
#include "engine/outbox.h"
#include "model/notice.h"
#include "engine/pass.h"
#include "engine/whose.h"

size_t whose_ids(const struct pass *p, struct profile_id *out)
{
	size_t n = 0;
	if (p->why == PASS_REFOLD) {
		for (size_t i = 0; i < p->keys.n; i++)
			out[n++] = (struct profile_id){p->keys.keys[i].kind, p->keys.keys[i].name,
						       p->keys.keys[i].value};
		return n;
	}
	for (size_t i = 0; i < p->whose.point_n; i++) {
		const struct identity_key *k = &p->keys.keys[p->whose.point[i]];
		out[n++] = (struct profile_id){k->kind, k->name, k->value};
	}
	return n;
}

enum status whose_key(const struct profile_id *id, struct arena *a, struct str *key_r,
		      struct err *e)
{
	struct identity_key key;
	const struct event_id raw = {id->kind, id->name, id->value};
	enum status st = identity_normalise(NULL, &raw, a, &key, e);
	if (st == ST_OK)
		*key_r = key.bytes;
	return st;
}

static enum status look_up(struct pass *p, struct identity_owner *owners, struct err *e)
{
	for (size_t i = 0; i < p->keys.n; i++) {
		struct identity_owner *o = &owners[i];
		struct work *w;
		*o = (struct identity_owner){0};
		enum status st = batch_identity(p->batch, p->keys.keys[i].bytes, &o->lead, e);
		if (st == ST_OK && o->lead)
			st = batch_lead(p->batch, o->lead, &w, e);
		if (st != ST_OK)
			return st == ST_NOT_FOUND ? err_set(e, ST_CORRUPT,
							    "an identifier points at lead %llu, "
							    "who is not there",
							    (unsigned long long)o->lead)
						  : st;
		if (o->lead) {
			o->known = w->lead.flags & LEAD_KNOWN;
			o->created_us = w->lead.created_us;
		}
	}
	return ST_OK;
}

static enum status open_profiles(struct pass *p, struct identity_owner *owners, struct err *e)
{
	for (size_t i = 0; i < p->keys.n; i++) {
		struct work *w;
		if (!owners[i].known)
			continue;
		enum status st = batch_lead(p->batch, owners[i].lead, &w, e);
		if (st == ST_OK)
			st = batch_profile(p->batch, w, e);
		if (st != ST_OK)
			return st;
		owners[i].profile = w->profile_doc.count ? &w->profile_doc : NULL;
	}
	return ST_OK;
}

static enum status carry_out(struct pass *p, struct err *e)
{
	const struct identity_verdict *v = &p->whose;
	enum status st;
	p->created = v->action == IDENTITY_CREATE;
	if (p->created)
		st = batch_lead_create(p->batch, p->env.now_us, &p->work, e);
	else
		st = batch_lead(p->batch, v->lead, &p->work, e);
	for (size_t i = 0; i < v->losers_n && st == ST_OK; i++)
		st = merge_leads(p, v->lead, v->losers[i], str_of(v->text), e);
	for (size_t i = 0; i < v->point_n && st == ST_OK; i++)
		st = batch_identity_set(p->batch, p->keys.keys[v->point[i]].bytes, p->work->lead.id,
					e);
	return st;
}

static void set_flags(struct pass *p)
{
	struct lead *l = &p->work->lead;
	uint32_t before = l->flags;
	bool machine = p->event.flags & (EVENT_BOT | EVENT_MACHINE);
	if (p->whose.known)
		l->flags |= LEAD_KNOWN;
	if (p->event.flags & EVENT_DNT)
		l->flags |= LEAD_DNT;
	if (machine && l->events_n == 0)
		l->flags |= LEAD_BOT;
	if (!machine)
		l->flags &= ~(uint32_t)LEAD_BOT;
	if (l->flags & LEAD_KNOWN)
		l->ttl_us = TIME_NONE;
	if ((before ^ l->flags) & LEAD_KNOWN)
		p->facts_changed = true;
}

/* Where the message went is the one identifier its events have: what they say of an address (it
 * bounces, it wants no more) is said of that one. It points at nobody: who it is, is known. */
static enum status its_address(struct pass *p, const struct message *m, struct err *e)
{
	const struct event_id id = {
		.kind = str_is(m->channel, "email") ? ID_EMAIL : ID_PHONE,
		.value = m->address,
	};
	p->keys.n = 0;
	enum status st = identity_normalise(p->program, &id, p->arena, &p->keys.keys[0], e);
	if (st == ST_OK)
		p->keys.n = 1;
	return st == ST_INVALID ? ST_OK : st; /* a channel without such addresses */
}

/* What a rep does with a note about a lead is no word of the lead's. Only that it came back says
 * something: of the rep's address. */
static bool of_a_rep(const struct pass *p, const struct message *m)
{
	enum notice_kind k;
	return notice_kind_of(m, &k) && notice_to(k) != NOTICE_TO_LEAD &&
	       !str_ends(p->event.type, STR("bounce"));
}

/* What we saw of a message ourselves (an open, a click, a bounce) names the message, and so the
 * lead: nobody new, and no identifier that could join two. Only our own doors use that source. */
static enum status by_message(struct pass *p, uint64_t id, struct err *e)
{
	struct message m;
	enum status st = outbox_get(p->batch->store, id, p->arena, &m, e);
	if (st == ST_OK && of_a_rep(p, &m))
		st = err_set(e, ST_NOT_FOUND, "it is about a note to a rep, not from the lead");
	if (st == ST_OK)
		st = batch_lead_whole(p->batch, m.lead, &p->work, e);
	if (st == ST_NOT_FOUND) {
		p->dropped = true;
		return pass_dead_letter(p->batch, p->record, "identity", e->text, p->arena, e);
	}
	if (st == ST_OK)
		st = its_address(p, &m, e);
	if (st == ST_OK)
		p->work->dirty = true;
	return st;
}

/* Mail that names no message of ours is believed when we know who wrote it. It makes no lead: what
 * strangers write to a mailbox is for a person to look at. */
static bool is_stranger(const struct pass *p)
{
	return str_is(p->event.source, PASS_OBSERVED) && p->whose.action == IDENTITY_CREATE;
}

static bool names_message(struct pass *p, uint64_t *id_r)
{
	int64_t id;
	if (!str_is(p->event.source, PASS_OBSERVED) || p->event.properties.n == 0)
		return false;
	if (p->properties.count == 0 && json_parse(p->event.properties, JSON_LIMITS_EVENT, p->arena,
						   &p->properties, NULL) != ST_OK)
		return false;
	if (!json_i64(&p->properties, json_get(&p->properties, 0, "message"), &id) || id <= 0)
		return false;
	*id_r = (uint64_t)id;
	return true;
}

enum status stage_identity(struct pass *p, struct err *e)
{
	uint64_t message;
	if (names_message(p, &message))
		return by_message(p, message, e);
	struct identity_owner owners[IDENTITY_KEYS_MAX];
	enum status st = identity_keys(p->program, &p->event, p->arena, &p->keys, e);
	if (st == ST_OK)
		st = look_up(p, owners, e);
	if (st == ST_OK && identity_needs_profiles(&p->keys, owners))
		st = open_profiles(p, owners, e);
	if (st != ST_OK)
		return st;
	identity_resolve(&p->event, &p->keys, owners, &p->whose);
	if (p->whose.action == IDENTITY_NOBODY || is_stranger(p)) {
		p->dropped = true;
		const char *why = p->keys.refused_n ? p->keys.refused_text
				  : is_stranger(p) ? "names no message of ours, nor anybody we know"
						   : "the event names nobody";
		return pass_dead_letter(p->batch, p->record, "identity", why, p->arena, e);
	}
	st = carry_out(p, e);
	if (st != ST_OK)
		return st;
	ASSERT(!(p->work->lead.flags & LEAD_MERGED)); /* keys follow every merge */
	if (p->whose.conflict)
		batch_count(p->batch, p->env.now_us, "identity_conflicts", NULL, 0, 1);
	p->work->lead.flags &= ~(uint32_t)LEAD_ERASED;
	set_flags(p);
	p->work->dirty = true;
	return ST_OK;
}
