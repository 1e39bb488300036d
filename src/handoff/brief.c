/* SPDX-License-Identifier: Apache-2.0
 * brief.c: see brief.h. A dozen rows; notices are few, so nothing is kept between two of them. */
#include "handoff/brief.h"

#include "base/json.h"
#include "engine/outbox.h"
#include "engine/profile.h"
#include "model/event.h"
#include "model/key.h"

#define MERGES_MAX 64
#define LOOK_BACK_MAX 32 /* messages of the lead that are looked at */

/* ---- the lead ---- */

/* Where a field stands in a profile: the table conditions and templates read it by. */
static const struct {
	const char *name, *paths;
} fields[] = {
#define LEAD(name, type, paths, help) {name, paths},
#include "program/field.def"
};

static struct str at_path(const struct json *d, struct str path, struct arena *a)
{
	uint32_t node = 0;
	while (path.n > 0 && node != JSON_NONE)
		node = json_get_str(d, node, str_cut(&path, '.'));
	return node == JSON_NONE || !json_is(d, node, JSON_STRING) ? STR_NULL
								   : json_str(d, node, a);
}

static struct str field(const struct json *d, const char *name, struct arena *a)
{
	struct str text = STR_NULL;
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		struct str paths = str_of(fields[i].paths);
		if (!str_is(str_of(name), fields[i].name))
			continue;
		while (paths.n > 0 && text.n == 0)
			text = at_path(d, str_cut(&paths, '|'), a);
	}
	return str_upto(str_trim(text), 200);
}

static struct str identifier(const struct json *d, enum id_kind kind, struct arena *a)
{
	struct profile_id id;
	for (size_t i = 0; profile_id(d, i, a, &id); i++)
		if (id.kind == kind)
			return id.value;
	return STR_NULL;
}

static void fill_person(struct brief *b, const struct json *d, struct arena *a)
{
	struct str first = field(d, "first_name", a), last = field(d, "last_name", a);
	b->email = identifier(d, ID_EMAIL, a);
	b->phone = identifier(d, ID_PHONE, a);
	b->name = field(d, "name", a);
	if (b->name.n == 0 && first.n + last.n > 0)
		b->name = str_trim(
			arena_printf(a, STR_FMT " " STR_FMT, STR_ARG(first), STR_ARG(last)));
	b->title = field(d, "title", a);
	b->company = field(d, "company", a);
	b->country = field(d, "country", a);
	b->source = field(d, "source", a);
	b->asset = field(d, "asset", a);
	if (b->company.n == 0 && b->email.n > 0)
		b->company = str_slice(b->email, str_find_byte(b->email, '@') + 1, b->email.n);
}

static enum status read_lead(struct store *s, uint64_t id, struct arena *a, struct lead *out,
			     struct err *e)
{
	struct str row;
	enum status st = ST_OK;
	for (int i = 0; i < MERGES_MAX; i++) {
		st = store_get(s, TABLE_LEAD, KEY_NUM(id), a, &row, e);
		if (st == ST_OK)
			st = lead_row_decode(id, row, a, out, NULL, e);
		if (st != ST_OK || !(out->flags & LEAD_MERGED))
			break;
		id = out->account;
	}
	return st;
}

static enum status read_person(struct store *s, struct brief *b, struct arena *a, struct err *e)
{
	struct str row;
	struct json d;
	enum status st = store_get(s, TABLE_PROFILE, KEY_NUM(b->lead), a, &row, e);
	if (st == ST_OK)
		st = json_parse(row, JSON_LIMITS_EVENT, a, &d, e);
	if (st == ST_OK)
		fill_person(b, &d, a);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* ---- what was said to them ---- */

static enum status read_messages(struct store *s, struct brief *b, struct arena *a, struct err *e)
{
	uint64_t ids[LOOK_BACK_MAX];
	size_t ids_n = LOOK_BACK_MAX;
	enum status st = outbox_latest(s, b->lead, ids, &ids_n, e);
	for (size_t i = 0; i < ids_n && st == ST_OK && b->messages_n < BRIEF_MESSAGES_MAX; i++) {
		struct message m;
		st = outbox_get(s, ids[i], a, &m, e);
		if (st != ST_OK || m.flags & MESSAGE_SYSTEM || m.sent_us == TIME_NONE)
			continue;
		b->messages[b->messages_n++] =
			(struct brief_message){m.id, m.message, m.angle, m.sent_us, m.flags};
	}
	return st;
}

/* ---- what they did ---- */

static void add_act(struct brief *b, const struct lead_entry *x)
{
	for (size_t i = 0; i < b->acts_n; i++)
		if (b->acts[i].type_no == x->type_no) {
			b->acts[i].n++;
			return;
		}
	if (b->acts_n < BRIEF_ACTS_MAX)
		b->acts[b->acts_n++] = (struct brief_act){x->type_no, STR_NULL, 1, x->occurred_us};
}

struct naming {
	struct brief *b;
	struct arena *a;
	size_t left;
};

static bool name_type(void *ctx, struct store_key key, struct str value)
{
	struct naming *n = ctx;
	uint64_t no = key_read_u64(value, 0);
	for (size_t i = 0; i < n->b->acts_n; i++)
		if (n->b->acts[i].type_no == no) {
			n->b->acts[i].type = arena_str(n->a, key.bytes);
			n->left--;
		}
	return n->left > 0;
}

static enum status read_acts(struct store *s, const struct lead *l, struct brief *b,
			     struct arena *a, struct err *e)
{
	unsigned not_theirs = EVENT_BOT | EVENT_MACHINE | EVENT_SYSTEM;
	for (size_t i = l->tail_n; i-- > 0;)
		if (!(l->tail[i].flags & not_theirs) && l->tail[i].type_no != 0)
			add_act(b, &l->tail[i]);
	struct naming n = {b, a, b->acts_n};
	return b->acts_n > 0 ? store_scan(s, TABLE_EVENT_TYPE, SCAN_ALL, name_type, &n, e) : ST_OK;
}

/* ---- the story ---- */

static void tell_story(struct brief *b, struct arena *a)
{
	struct str who = b->name.n ? b->name : b->email.n ? b->email : STR("Somebody");
	b->story[0] =
		arena_printf(a, STR_FMT "%s" STR_FMT "%s" STR_FMT "%s" STR_FMT, STR_ARG(who),
			     b->title.n ? ", " : "", STR_ARG(b->title), b->company.n ? " at " : "",
			     STR_ARG(b->company), b->country.n ? ", " : "", STR_ARG(b->country));
	b->story[1] =
		arena_printf(a, "%s: score %.0f (fit %.0f, engagement %.0f)%s" STR_FMT "%s" STR_FMT,
			     tier_name(b->tier), b->score, b->fit, b->engagement,
			     b->source.n ? "; came in through " : "", STR_ARG(b->source),
			     b->asset.n ? " for " : "", STR_ARG(b->asset));
	/* A hand-off by an event has its type for both. */
	bool twice = str_eq(b->handoff.reason, b->handoff.trigger);
	struct str trigger = twice ? STR("") : b->handoff.trigger;
	b->story[2] =
		arena_printf(a, "Why now: " STR_FMT "%s" STR_FMT "%s", STR_ARG(b->handoff.reason),
			     trigger.n ? " (" : "", STR_ARG(trigger), trigger.n ? ")" : "");
}

enum status brief_read(struct store *s, uint64_t handoff, struct arena *a, struct brief *out,
		       struct err *e)
{
	struct lead l;
	struct brief b = {.lead = 0};
	enum status st = handoff_get(s, handoff, a, &b.handoff, e);
	if (st != ST_OK)
		return st;
	st = read_lead(s, b.handoff.lead, a, &l, e);
	if (st != ST_OK)
		return st == ST_NOT_FOUND
			       ? err_set(e, ST_CORRUPT, "hand-off %llu: its lead is not there",
					 (unsigned long long)handoff)
			       : st;
	b.lead = l.id;
	b.fit = l.fit;
	b.engagement = l.engagement;
	b.score = l.score;
	b.tier = l.tier;
	b.first_us = l.created_us;
	b.active_us = l.active_us;
	st = read_person(s, &b, a, e);
	if (st == ST_OK)
		st = read_messages(s, &b, a, e);
	if (st == ST_OK)
		st = read_acts(s, &l, &b, a, e);
	tell_story(&b, a);
	*out = b;
	return st;
}
