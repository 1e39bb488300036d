/* SPDX-License-Identifier: Apache-2.0
 * merge.c: joining two leads, and parting them again.
 *
 * A merge keeps both sides as they were in its MERGE row. A split puts them back and folds what
 * came since a second time: each event goes to the loser when it carries one of the loser's old
 * identifiers, else to the survivor. So nothing has to be un-added from sums or sketches. */
#include "engine/journeys.h"
#include "engine/merge.h"

#include "base/assert.h"
#include "engine/account.h"
#include "engine/internal.h"
#include "engine/ledger.h"
#include "engine/profile.h"
#include "engine/whose.h"
#include "features/features.h"
#include "score/score.h"

#include <stdlib.h>

#define SPLIT_EVENTS_MAX 100000u
#define SPLIT_ARENA (64u << 20)

/* ---- join ---- */

static enum status merge_ledger(struct pass *p, uint64_t into, uint64_t loser, struct str reason,
				struct err *e)
{
	struct consent_ledger a, b, add;
	const struct consent_entry stamp = {
		.channel = STR(CONSENT_ALL),
		.purpose = STR(CONSENT_ALL),
		.source = STR("merge"),
		.wording = reason,
		.at_us = p->env.now_us,
		.seq = p->event.seq,
	};
	struct store *s = p->batch->store;
	enum status st = ledger_read(s, into, p->arena, &a, e);
	if (st == ST_OK)
		st = ledger_read(s, loser, p->arena, &b, e);
	if (st == ST_OK)
		st = consent_merge(&a, &b, &stamp, p->arena, &add, e);
	/* Places from the middle on: the event itself may still add its own, from 0. One event may
	 * join several leads: each merge writes behind the one before it. */
	struct ledger_place at = {into, p->event.seq, LEDGER_PER_SEQ / 2};
	for (size_t i = 0; i < a.n && st == ST_OK; i++)
		at.from += a.entries[i].seq == p->event.seq &&
			   str_eq(a.entries[i].source, stamp.source);
	return st == ST_OK ? ledger_append(s, at, &add, p->arena, e) : st;
}

static enum status point_keys(struct pass *p, const struct json *profile, uint64_t lead,
			      struct err *e)
{
	struct profile_id id;
	for (size_t i = 0; profile_id(profile, i, p->arena, &id); i++) {
		struct str key;
		enum status st = whose_key(&id, p->arena, &key, e);
		if (st == ST_OK)
			st = batch_identity_set(p->batch, key, lead, e);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status merge_row(struct pass *p, struct str record, struct err *e)
{
	p->batch->meta_dirty = true;
	return store_put(p->batch->store, TABLE_MERGE, KEY_NUM(p->batch->next_merge++), record, e);
}

static enum status keep_side(struct pass *p, struct work *w, const struct identity_side *side,
			     struct err *e)
{
	w->lead = side->lead;
	w->dirty = true;
	return batch_profile_set(p->batch, w, side->profile, e);
}

static enum status join_cells(struct pass *p, struct work *into, const struct lead *loser,
			      struct err *e)
{
	if (p->program == NULL)
		return ST_OK;
	enum status st = features_merge(p->program, &into->lead, loser, &p->batch->keep, e);
	return st == ST_OK ? score_merge(p->program, &into->lead, loser, &p->batch->keep, e) : st;
}

static enum status both_whole(const struct work *a, const struct work *b, struct err *e)
{
	const struct work *const sides[] = {a, b};
	if (a == b)
		return err_set(e, ST_CONFLICT, "a lead cannot be merged with itself");
	for (size_t i = 0; i < 2; i++)
		if (sides[i]->lead.flags & (LEAD_MERGED | LEAD_ERASED))
			return err_set(e, ST_CONFLICT, "lead %llu is %s",
				       (unsigned long long)sides[i]->lead.id,
				       sides[i]->lead.flags & LEAD_MERGED
					       ? "merged into another already"
					       : "erased");
	return ST_OK;
}

/* Accounts follow: the loser leaves its own, the survivor takes it over when it has none. Room
 * identity leaves membership to us, because each move changes a roll-up. */
static enum status move_accounts(struct pass *p, struct work *into, struct work *loser,
				 uint64_t account, struct err *e)
{
	enum status st = account_leave(p, loser, e);
	if (st != ST_OK || account == 0 || into->lead.account)
		return st;
	return account_join(p, into, account, e);
}

enum status merge_leads(struct pass *p, uint64_t into_id, uint64_t loser_id, struct str reason,
			struct err *e)
{
	struct work *into, *loser;
	enum status st = batch_lead(p->batch, into_id, &into, e);
	if (st == ST_OK)
		st = batch_lead(p->batch, loser_id, &loser, e);
	if (st == ST_OK)
		st = both_whole(into, loser, e);
	if (st == ST_OK)
		st = batch_profile(p->batch, into, e);
	if (st == ST_OK)
		st = batch_profile(p->batch, loser, e);
	if (st != ST_OK)
		return st;
	struct lead before = loser->lead;
	struct identity_side a = {into->lead, into->profile}, b = {loser->lead, loser->profile};
	const struct identity_merge m = {
		.seq = p->event.seq,
		.at_us = p->env.now_us,
		.reason = reason,
		.by = p->event.flags & EVENT_SYSTEM ? p->event.source : STR("event"),
	};
	struct str record;
	st = identity_merge(&a, &b, &m, &p->batch->keep, &record, e);
	if (st == ST_OK)
		st = merge_row(p, record, e);
	if (st == ST_OK)
		st = point_keys(p, &loser->profile_doc, into_id, e);
	if (st == ST_OK)
		st = journeys_merge(p, into, loser, e); /* each is still of its own account */
	if (st == ST_OK)
		st = move_accounts(p, into, loser, before.account, e);
	if (st != ST_OK)
		return st;
	a.lead.account = into->lead.account;
	st = keep_side(p, into, &a, e);
	if (st == ST_OK)
		st = keep_side(p, loser, &b, e);
	if (st == ST_OK)
		st = join_cells(p, into, &before, e);
	if (st == ST_OK)
		st = merge_ledger(p, into_id, loser_id, reason, e);
	p->facts_changed = true;
	batch_count(p->batch, p->env.now_us, "merges", NULL, 0, 1);
	return st;
}

/* ---- part ---- */

struct since {
	uint64_t from_seq; /* entries behind this */
	uint64_t *seqs;
	size_t n, lost;     /* lost: bodies that retention had dropped */
	struct arena arena; /* of one record or chunk */
};

static void take_entries(struct since *s, const struct lead_entry *entries, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (entries[i].seq > s->from_seq && s->n < SPLIT_EVENTS_MAX)
			s->seqs[s->n++] = entries[i].seq;
}

static int by_seq(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* Everything on the survivor's timeline behind the merge. */
static enum status events_since(struct pass *p, const struct work *w, uint32_t chunks_then,
				struct since *s, struct err *e)
{
	for (uint32_t i = chunks_then; i < w->lead.chunks_n; i++) {
		struct key k = key_u64_u64(w->lead.id, i);
		struct lead_entry *entries;
		struct str row;
		size_t n;
		enum status st = store_get(p->batch->store, TABLE_HISTORY, KEY_BYTES(key_view(&k)),
					   &s->arena, &row, e);
		if (st == ST_OK)
			st = lead_entries_decode(row, &s->arena, &entries, &n, e);
		if (st == ST_OK)
			take_entries(s, entries, n);
		if (st == ST_OK)
			st = store_del(p->batch->store, TABLE_HISTORY, KEY_BYTES(key_view(&k)), e);
		if (st != ST_OK)
			return st;
	}
	take_entries(s, w->lead.tail, w->lead.tail_n);
	qsort(s->seqs, s->n, sizeof s->seqs[0], by_seq);
	return ST_OK;
}

static enum status put_back(struct pass *p, struct work *w, const struct identity_side *then,
			    struct err *e)
{
	uint64_t account = then->lead.account;
	enum status st = account_leave(p, w, e);
	if (st != ST_OK)
		return st;
	int64_t row_us = w->lead.alarm_us; /* the row that may stand in TABLE_ALARM */
	w->lead = then->lead;
	w->lead.account = 0;
	w->lead.alarm_us = row_us;
	w->dirty = true;
	st = batch_profile_set(p->batch, w, then->profile, e);
	if (st == ST_OK)
		st = batch_profile(p->batch, w, e);
	if (st == ST_OK && account)
		st = account_join(p, w, account, e);
	return st;
}

static bool is_losers(const struct identity_key *key, const struct identity_split *split)
{
	for (size_t i = 0; i < split->keys_n; i++)
		if (str_eq(key->bytes, split->keys[i].bytes))
			return true;
	return false;
}

/* Solid identifiers speak first; a device decides only where nothing else is named. */
static uint64_t owner_of(const struct identity_keys *keys, const struct identity_split *split)
{
	bool solid = false, device = false;
	for (size_t i = 0; i < keys->n; i++) {
		bool his = is_losers(&keys->keys[i], split);
		if (his && keys->keys[i].solid)
			return split->loser.lead.id;
		solid |= keys->keys[i].solid;
		device |= his;
	}
	return device && !solid ? split->loser.lead.id : split->survivor.lead.id;
}

/* The event's identifiers point at its lead, but for those the other side held before. */
static enum status point_again(struct pass *p, uint64_t owner, const struct identity_split *split,
			       struct err *e)
{
	enum status st = batch_lead(p->batch, owner, &p->work, e);
	for (size_t i = 0; i < p->keys.n && st == ST_OK; i++) {
		const struct identity_key *key = &p->keys.keys[i];
		if (owner == split->survivor.lead.id && is_losers(key, split))
			continue;
		st = batch_identity_set(p->batch, key->bytes, owner, e);
		if (key->solid)
			p->work->lead.flags |= LEAD_KNOWN;
	}
	return st;
}

/* One old event once more, onto the side it belongs to. A record whose body retention has dropped
 * cannot be folded again: it is counted and left out. */
static enum status refold(struct engine *en, uint64_t seq, const struct identity_split *split,
			  struct since *s, struct err *e)
{
	struct log_record r;
	struct pass p;
	size_t n = 1;
	arena_reset(&s->arena);
	enum status st = log_read(en->reader, seq, &s->arena, &r, &n, e);
	if (st != ST_OK || n == 0 || r.thinned || r.erased || r.skipped) {
		s->lost++;
		return ST_OK;
	}
	engine_pass_init(en, &p, PASS_REFOLD, r.received_us, r.seq);
	p.record = &r;
	st = event_decode(r.body, p.arena, &p.event, e);
	if (st != ST_OK)
		return st;
	p.event.seq = r.seq;
	p.event.received_us = r.received_us;
	p.event.source = r.source;
	p.event.message_id = r.message_id;
	if (p.event.occurred_us > r.received_us)
		p.event.occurred_us = r.received_us;
	st = identity_keys(p.program, &p.event, p.arena, &p.keys, e);
	if (st == ST_OK)
		st = point_again(&p, owner_of(&p.keys, split), split, e);
	p.facts_changed = true;
	return st == ST_OK ? step(&p, e) : st;
}

static enum status mark_undone(struct pass *p, uint64_t merge, struct str record,
			       const struct since *s, struct err *e)
{
	struct json d;
	struct str text, note = arena_printf(p->arena, "{\"seq\":%llu,\"events\":%zu,\"lost\":%zu}",
					     (unsigned long long)p->event.seq, s->n, s->lost);
	enum status st = json_parse(record, JSON_LIMITS_EVENT, p->arena, &d, e);
	if (st == ST_OK)
		st = profile_with(&d, "undone", note, p->arena, &text, e);
	return st == ST_OK ? store_put(p->batch->store, TABLE_MERGE, KEY_NUM(merge), text, e) : st;
}

struct later_ctx {
	struct arena *a;
	uint64_t survivor, loser, found;
};

static bool later_merge(void *ctx, struct store_key key, struct str value)
{
	struct later_ctx *c = ctx;
	struct json d;
	struct identity_split other;
	struct arena_mark mark = arena_mark(c->a);
	bool undone = json_parse(value, JSON_LIMITS_EVENT, c->a, &d, NULL) != ST_OK ||
		      json_get(&d, 0, "undone") != JSON_NONE;
	if (!undone && identity_split(value, c->a, &other, NULL) == ST_OK) {
		uint64_t s = other.survivor.lead.id, l = other.loser.lead.id;
		if (s == c->survivor || l == c->survivor || s == c->loser || l == c->loser)
			c->found = key.num;
	}
	arena_rewind(c->a, mark);
	return c->found == 0;
}

static enum status may_undo(struct pass *p, uint64_t merge, struct str record,
			    const struct identity_split *split, struct err *e)
{
	struct json d;
	enum status st = json_parse(record, JSON_LIMITS_EVENT, p->arena, &d, e);
	if (st != ST_OK)
		return st;
	if (json_get(&d, 0, "undone") != JSON_NONE)
		return err_set(e, ST_CONFLICT, "merge %llu is undone already",
			       (unsigned long long)merge);
	struct later_ctx c = {p->arena, split->survivor.lead.id, split->loser.lead.id, 0};
	st = store_scan(p->batch->store, TABLE_MERGE, SCAN_FROM(KEY_NUM(merge + 1)), later_merge,
			&c, e);
	if (st == ST_OK && c.found)
		return err_set(e, ST_CONFLICT,
			       "merge %llu came later and stands on it; undo that one first",
			       (unsigned long long)c.found);
	return st;
}

static enum status undo(struct engine *en, struct pass *p, const struct identity_split *split,
			struct since *s, struct err *e)
{
	struct work *into, *loser;
	enum status st = batch_lead(p->batch, split->survivor.lead.id, &into, e);
	if (st == ST_OK)
		st = batch_lead(p->batch, split->loser.lead.id, &loser, e);
	if (st == ST_OK)
		st = events_since(p, into, split->survivor.lead.chunks_n, s, e);
	if (st == ST_OK)
		st = ledger_cut(p->batch->store, into->lead.id, split->merge.seq, e);
	if (st == ST_OK)
		st = put_back(p, into, &split->survivor, e);
	if (st == ST_OK)
		st = put_back(p, loser, &split->loser, e);
	for (size_t i = 0; i < split->keys_n && st == ST_OK; i++)
		st = batch_identity_set(p->batch, split->keys[i].bytes, loser->lead.id, e);
	/* The event that caused the merge was folded behind it: it is among those to fold again. */
	for (size_t i = 0; i < s->n && st == ST_OK; i++)
		st = refold(en, s->seqs[i], split, s, e);
	return st == ST_OK ? journeys_part(p, split, e) : st;
}

enum status merge_undo(struct engine *en, struct pass *p, uint64_t merge, uint64_t sides[2],
		       struct err *e)
{
	struct str record;
	struct identity_split split;
	struct arena kept;
	struct since s = {.seqs = mem_array(SPLIT_EVENTS_MAX, sizeof(uint64_t))};
	/* Every refold resets the pass arena: what must outlive them has one of its own. */
	arena_init(&kept, SPLIT_ARENA);
	arena_init(&s.arena, SPLIT_ARENA);
	struct pass own = *p;
	own.arena = &kept;
	enum status st = store_get(p->batch->store, TABLE_MERGE, KEY_NUM(merge), &kept, &record, e);
	if (st == ST_NOT_FOUND)
		st = err_set(e, ST_NOT_FOUND, "there is no merge %llu", (unsigned long long)merge);
	if (st == ST_OK)
		/* Its leads live on in the batch. */
		st = identity_split(record, &p->batch->keep, &split, e);
	if (st == ST_OK)
		st = may_undo(&own, merge, record, &split, e);
	if (st == ST_OK) {
		s.from_seq = split.merge.seq - 1;
		st = undo(en, &own, &split, &s, e);
	}
	if (st == ST_OK)
		st = mark_undone(&own, merge, record, &s, e);
	if (st == ST_OK) {
		sides[0] = split.survivor.lead.id;
		sides[1] = split.loser.lead.id;
		batch_count(p->batch, p->env.now_us, "splits", NULL, 0, 1);
	}
	mem_free(s.seqs);
	arena_finish(&s.arena);
	arena_finish(&kept);
	return st;
}
