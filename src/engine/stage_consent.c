/* SPDX-License-Identifier: Apache-2.0
 * stage_consent.c: what an event says about the right to speak, written to the ledger and the
 * suppression list. Room consent reads the event; this file knows the tables. */
#include "base/assert.h"
#include "engine/ledger.h"
#include "engine/merge.h"
#include "engine/notice.h"
#include "engine/pass.h"
#include "engine/profile.h"

struct read_ctx {
	struct arena *a;
	struct consent_entry *entries;
	size_t n;
	enum status st;
	struct err *e;
};

static bool read_row(void *ctx, struct store_key key, struct str value)
{
	struct read_ctx *r = ctx;
	(void)key;
	struct str copy = arena_str(r->a, value);
	if (r->n == CONSENT_ENTRIES_MAX) {
		memmove(r->entries, r->entries + 1,
			(CONSENT_ENTRIES_MAX - 1) * sizeof r->entries[0]);
		r->n--;
	}
	r->st = consent_decode(copy, r->a, &r->entries[r->n], r->e);
	r->n++;
	return r->st == ST_OK;
}

enum status ledger_read(struct store *s, uint64_t lead, struct arena *a, struct consent_ledger *out,
			struct err *e)
{
	struct key from = key_u64(lead), to = key_u64(lead + 1);
	struct read_ctx r = {.a = a, .e = e};
	r.entries = ARENA_ARRAY(a, struct consent_entry, CONSENT_ENTRIES_MAX);
	if (r.entries == NULL)
		return err_set(e, ST_NO_MEMORY, "consent ledger does not fit the pass");
	struct store_range mine = {KEY_BYTES(key_view(&from)), KEY_BYTES(key_view(&to)), false};
	enum status st = store_scan(s, TABLE_CONSENT, mine, read_row, &r, e);
	*out = (struct consent_ledger){r.entries, r.n};
	return st == ST_OK ? r.st : st;
}

enum status ledger_append(struct store *s, struct ledger_place at,
			  const struct consent_ledger *entries, struct arena *a, struct err *e)
{
	enum status st = ST_OK;
	for (size_t i = 0; i < entries->n && at.from + i < LEDGER_PER_SEQ && st == ST_OK; i++) {
		struct buf row;
		struct key k = key_u64_u64(at.lead, at.seq * LEDGER_PER_SEQ + at.from + i);
		buf_init_arena(&row, a, CONSENT_ENTRY_BYTES_MAX);
		consent_encode(&entries->entries[i], &row);
		if (!buf_ok(&row))
			return err_set(e, ST_LIMIT, "a consent entry is larger than %d bytes",
				       CONSENT_ENTRY_BYTES_MAX);
		st = store_put(s, TABLE_CONSENT, KEY_BYTES(key_view(&k)), buf_view(&row), e);
	}
	return st;
}

struct cut_ctx {
	struct key keys[CONSENT_ENTRIES_MAX];
	size_t n;
};

static bool cut_row(void *ctx, struct store_key key, struct str value)
{
	struct cut_ctx *c = ctx;
	(void)value;
	ASSERT(key.bytes.n == 16);
	c->keys[c->n++] = key_u64_u64(key_read_u64(key.bytes, 0), key_read_u64(key.bytes, 8));
	return c->n < CONSENT_ENTRIES_MAX;
}

enum status ledger_cut(struct store *s, uint64_t lead, uint64_t seq, struct err *e)
{
	struct key from = key_u64_u64(lead, seq * LEDGER_PER_SEQ), to = key_u64(lead + 1);
	struct store_range late = {KEY_BYTES(key_view(&from)), KEY_BYTES(key_view(&to)), false};
	struct cut_ctx c = {.n = 0};
	enum status st;
	do {
		c.n = 0;
		st = store_scan(s, TABLE_CONSENT, late, cut_row, &c, e);
		for (size_t i = 0; i < c.n && st == ST_OK; i++)
			st = store_del(s, TABLE_CONSENT, KEY_BYTES(key_view(&c.keys[i])), e);
	} while (st == ST_OK && c.n == CONSENT_ENTRIES_MAX);
	return st;
}

enum status ledger_suppressions(struct store *s, const struct json *profile, struct str channel,
				struct arena *a, struct ledger_suppressed *out, struct err *e)
{
	struct profile_id id;
	enum id_kind kind = str_is(channel, "email") ? ID_EMAIL : ID_PHONE;
	out->list = ARENA_ARRAY(a, struct suppression, PROFILE_IDS_MAX);
	out->n = 0;
	if (out->list == NULL)
		return err_set(e, ST_NO_MEMORY, "suppressions do not fit the pass");
	for (size_t i = 0; profile_id(profile, i, a, &id); i++) {
		struct str row, key = suppression_key(channel, id.value, a);
		if (id.kind != kind)
			continue;
		enum status st = store_get(s, TABLE_SUPPRESSION, KEY_BYTES(key), a, &row, e);
		if (st == ST_OK)
			st = suppression_decode(key, row, a, &out->list[out->n++], e);
		if (st != ST_OK && st != ST_NOT_FOUND)
			return st;
	}
	return ST_OK;
}

enum status consent_suppress_one(struct pass *p, const struct suppression *new, struct err *e)
{
	struct str row;
	struct suppression old;
	struct buf text;
	struct store *s = p->batch->store;
	enum status st = store_get(s, TABLE_SUPPRESSION, KEY_BYTES(new->key), p->arena, &row, e);
	if (st == ST_OK)
		st = suppression_decode(new->key, row, p->arena, &old, e);
	if (st == ST_OK && suppression_stricter(&old, new) == &old)
		return ST_OK;
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	buf_init_arena(&text, p->arena, CONSENT_ENTRY_BYTES_MAX);
	suppression_encode(new, &text);
	if (!buf_ok(&text))
		return err_set(e, ST_LIMIT, "a suppression entry is too large");
	return store_put(s, TABLE_SUPPRESSION, KEY_BYTES(new->key), buf_view(&text), e);
}

static enum status lift(struct pass *p, struct str key, struct err *e)
{
	struct str row;
	struct suppression old;
	struct store *s = p->batch->store;
	enum status st = store_get(s, TABLE_SUPPRESSION, KEY_BYTES(key), p->arena, &row, e);
	if (st == ST_OK)
		st = suppression_decode(key, row, p->arena, &old, e);
	if (st == ST_OK && old.reason == SUPPRESS_UNSUBSCRIBE)
		st = store_del(s, TABLE_SUPPRESSION, KEY_BYTES(key), e);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Suppression keys hold addresses as room identity writes them. */
static struct event normal_addresses(const struct pass *p)
{
	struct event ev = p->event;
	ev.ids_n = 0;
	for (size_t i = 0; i < p->keys.n; i++) {
		const struct identity_key *k = &p->keys.keys[i];
		if (!k->previous)
			(void)event_add_id(&ev, k->kind, k->name,
					   k->value); /* it held them before */
	}
	return ev;
}

/* Who unsubscribes or complains under a user id alone means the addresses we know of that person.
 * An address the event does name stands for itself: of two, one may bounce. */
static void known_addresses(const struct pass *p, struct event *ev)
{
	struct profile_id id;
	bool told[ID_KIND_COUNT] = {[ID_EMAIL] = event_id_value(ev, ID_EMAIL).n > 0,
				    [ID_PHONE] = event_id_value(ev, ID_PHONE).n > 0};
	for (size_t i = 0; profile_id(&p->work->profile_doc, i, p->arena, &id); i++)
		if ((id.kind == ID_EMAIL || id.kind == ID_PHONE) && !told[id.kind])
			(void)event_add_id(ev, id.kind, STR_NULL, id.value); /* the first ones */
}

static enum status change(struct pass *p, struct consent_change *c, struct err *e)
{
	struct str country = p->event.context.country;
	struct event ev = normal_addresses(p);
	enum status st = consent_from_event(p->program, &ev, country, p->arena, c, e);
	if (st != ST_OK || (c->entries_n == 0 && !c->about_address))
		return st;
	/* It says something: whose addresses are meant, and is a grant pending in that country? */
	st = batch_profile(p->batch, p->work, e);
	if (st != ST_OK)
		return st;
	known_addresses(p, &ev);
	if (country.n == 0)
		country = json_str(&p->work->profile_doc,
				   json_get(&p->work->profile_doc, 0, "country"), p->arena);
	return consent_from_event(p->program, &ev, country, p->arena, c, e);
}

enum status stage_consent(struct pass *p, struct err *e)
{
	struct consent_change *c = ARENA_NEW(p->arena, struct consent_change);
	if (c == NULL)
		return err_set(e, ST_NO_MEMORY, "consent does not fit the pass");
	enum status st = change(p, c, e);
	const struct ledger_place at = {p->work->lead.id, p->event.seq, 0};
	const struct consent_ledger said = {c->entries, c->entries_n};
	if (st == ST_OK)
		st = ledger_append(p->batch->store, at, &said, p->arena, e);
	for (size_t i = 0; i < c->suppress_n && st == ST_OK; i++)
		st = consent_suppress_one(p, &c->suppress[i], e);
	for (size_t i = 0; i < c->lift_n && st == ST_OK; i++)
		st = lift(p, c->lift[i], e);
	if (c->entries_n)
		p->facts_changed = true;
	return st == ST_OK && p->why == PASS_EVENT ? notice_confirm(p, c, e) : st;
}

/* suppression.add {channel, address, reason, until, source}; address normalised by the sender. */
static enum status suppression_of(struct pass *p, struct suppression *out, struct err *e)
{
	struct json d;
	enum status st =
		p->event.properties.n
			? json_parse(p->event.properties, JSON_LIMITS_EVENT, p->arena, &d, e)
			: err_set(e, ST_INVALID, "suppression: the event has no properties");
	if (st != ST_OK)
		return st;
	struct str channel = json_str(&d, json_get(&d, 0, "channel"), p->arena);
	struct str address = json_str(&d, json_get(&d, 0, "address"), p->arena);
	struct str reason = json_str(&d, json_get(&d, 0, "reason"), p->arena);
	struct str until = json_str(&d, json_get(&d, 0, "until"), p->arena);
	if (str_is(channel, "email"))
		st = identity_email(address, p->arena, &address, e);
	if (st != ST_OK)
		return st;
	*out = (struct suppression){
		.reason = SUPPRESS_MANUAL,
		.at_us = p->event.occurred_us,
		.until_us = TIME_NONE,
		.source = p->event.source,
		.seq = p->event.seq,
	};
	if (channel.n == 0 || address.n == 0)
		return err_set(e, ST_INVALID,
			       "suppression needs properties.channel and properties.address");
	if (reason.n && !suppress_reason_of(reason, &out->reason))
		return err_set(e, ST_INVALID, "suppression: unknown reason \"" STR_FMT "\"",
			       STR_ARG(reason));
	if (until.n && !time_parse(until, &out->until_us))
		return err_set(e, ST_INVALID, "suppression: until is not a date and time");
	out->key = suppression_key(channel, address, p->arena);
	return ST_OK;
}

enum status consent_suppress(struct pass *p, struct err *e)
{
	struct suppression s;
	enum status st = suppression_of(p, &s, e);
	return st == ST_OK ? consent_suppress_one(p, &s, e) : st;
}

enum status consent_unsuppress(struct pass *p, struct err *e)
{
	struct suppression s;
	enum status st = suppression_of(p, &s, e);
	if (st == ST_OK)
		st = store_del(p->batch->store, TABLE_SUPPRESSION, KEY_BYTES(s.key), e);
	return st == ST_NOT_FOUND ? err_set(e, ST_NOT_FOUND, "that address is not suppressed") : st;
}
