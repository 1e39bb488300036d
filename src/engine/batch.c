/* SPDX-License-Identifier: Apache-2.0
 * batch.c: see batch.h. Two choices worth a word.
 *
 * Alarms are lazy: most events only push a lead's next crossing later, so the row in TABLE_ALARM
 * is rewritten only when the new due time is sooner. An early row costs one look when it fires;
 * writing each move would cost two more random pages per event, which measured more than the
 * whole pass.
 *
 * The identifier cache holds 128-bit hashes under a seed drawn at start, not keys: 24 bytes an
 * identifier instead of about 100, and an attacker who cannot see the seed cannot aim at a
 * collision. It only remembers hits; absence is always asked of the store. */
#include "engine/batch.h"

#include "base/assert.h"
#include "base/crypto.h"
#include "base/hash.h"
#include "engine/flush.h"

#define WORKS_MAX (1u << 20)
#define COUNTERS_MAX (1u << 18)
#define TYPES_MAX 65535u
#define KEEP_HELD ((size_t)32 << 20)
#define MOVED_MAX (1u << 17)
#define IDCACHE_MIN 4096u
#define IDCACHE_MAX (1u << 22)

struct idcache_cell {
	uint64_t hash[2], lead; /* lead 0: free */
};

void batch_init(struct batch *b, struct store *store, size_t bytes_max)
{
	*b = (struct batch){.store = store, .alarms = BATCH_QUEUE_EMPTY, .due = BATCH_QUEUE_EMPTY};
	arena_init(&b->keep, bytes_max);
	u64map_init(&b->works, WORKS_MAX);
	u64map_init(&b->accounts, WORKS_MAX);
	u64map_init(&b->moved, MOVED_MAX);
	strmap_init(&b->identities, 4 * WORKS_MAX);
	strmap_init(&b->counters, COUNTERS_MAX);
	strmap_init(&b->types, TYPES_MAX);
	strmap_init(&b->sources, COUNT_SOURCES_MAX);
	crypto_random(b->idcache_seed, sizeof b->idcache_seed);
}

void batch_finish(struct batch *b)
{
	arena_finish(&b->keep);
	u64map_finish(&b->works);
	u64map_finish(&b->accounts);
	u64map_finish(&b->moved);
	strmap_finish(&b->identities);
	strmap_finish(&b->counters);
	strmap_finish(&b->types);
	strmap_finish(&b->sources);
	mem_free(b->idcache);
	b->idcache = NULL;
}

void batch_clear(struct batch *b)
{
	u64map_clear(&b->works);
	u64map_clear(&b->accounts);
	strmap_clear(&b->identities);
	strmap_clear(&b->counters);
	/* What a spike took goes back once batches are small again. */
	if (b->keep.bytes_held > KEEP_HELD && b->keep.bytes_used < b->keep.bytes_held / 8)
		arena_finish(&b->keep);
	else
		arena_reset(&b->keep);
}

void batch_drop(struct batch *b)
{
	batch_clear(b);
	u64map_clear(&b->moved);
	strmap_clear(&b->types);
	strmap_clear(&b->sources);
	b->sources_dirty = false;
	if (b->idcache != NULL)
		memset(b->idcache, 0, b->idcache_cap * sizeof b->idcache[0]);
	b->idcache_used = 0;
	b->meta_dirty = false;
}

bool batch_full(const struct batch *b)
{
	return b->keep.bytes_used > b->keep.bytes_max / 2 || b->works.count > WORKS_MAX / 2 ||
	       b->counters.count > COUNTERS_MAX / 2;
}

static enum status no_room(struct err *e)
{
	return err_set(e, ST_NO_MEMORY, "engine: one batch needs more than its memory ceiling");
}

static enum status work_add(struct batch *b, uint64_t id, struct work **out, struct err *e)
{
	struct work *w = ARENA_NEW(&b->keep, struct work);
	if (w == NULL || !u64map_put(&b->works, id, (uint64_t)(uintptr_t)w))
		return no_room(e);
	w->alarm_row_us = TIME_NONE;
	w->list_row = -1;
	*out = w;
	return ST_OK;
}

enum status batch_lead(struct batch *b, uint64_t id, struct work **out, struct err *e)
{
	uint64_t at;
	struct str row;
	if (u64map_get(&b->works, id, &at)) {
		*out = (struct work *)(uintptr_t)at;
		return ST_OK;
	}
	enum status st = store_get(b->store, TABLE_LEAD, KEY_NUM(id), &b->keep, &row, e);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? err_set(e, st, "no lead %llu", (unsigned long long)id)
					  : st;
	struct lead lead;
	struct str journey;
	st = lead_row_decode(id, row, &b->keep, &lead, &journey, e);
	if (st != ST_OK)
		return st;
	struct work *w;
	st = work_add(b, id, &w, e);
	if (st != ST_OK)
		return st;
	w->lead = lead;
	w->journey_text = journey;
	w->alarm_row_us = lead.alarm_us;
	w->list_row = lead_list(&lead);
	*out = w;
	return ST_OK;
}

enum status batch_lead_whole(struct batch *b, uint64_t id, struct work **out, struct err *e)
{
	enum status st = batch_lead(b, id, out, e);
	for (int i = 0; i < 8 && st == ST_OK && (*out)->lead.flags & LEAD_MERGED; i++)
		st = batch_lead(b, (*out)->lead.account, out, e);
	return st;
}

enum status batch_lead_create(struct batch *b, int64_t now_us, struct work **out, struct err *e)
{
	struct work *w;
	enum status st = work_add(b, b->next_lead, &w, e);
	if (st != ST_OK)
		return st;
	lead_init(&w->lead, b->next_lead++, now_us);
	w->dirty = w->profile_loaded = true;
	b->meta_dirty = true;
	*out = w;
	return ST_OK;
}

enum status batch_profile(struct batch *b, struct work *w, struct err *e)
{
	enum status st;
	if (!w->profile_loaded) {
		st = store_get(b->store, TABLE_PROFILE, KEY_NUM(w->lead.id), &b->keep, &w->profile,
			       e);
		if (st != ST_OK && st != ST_NOT_FOUND)
			return st;
		if (st == ST_NOT_FOUND)
			w->profile = STR_NULL;
		w->profile_loaded = true;
	}
	if (w->profile_parsed)
		return ST_OK;
	w->profile_doc = (struct json){.count = 0};
	if (w->profile.n) {
		st = json_parse(w->profile, JSON_LIMITS_EVENT, &b->keep, &w->profile_doc, e);
		if (st != ST_OK)
			return st == ST_INVALID
				       ? err_set(e, ST_CORRUPT, "profile of lead %llu is damaged",
						 (unsigned long long)w->lead.id)
				       : st;
	}
	w->profile_parsed = true;
	return ST_OK;
}

enum status batch_profile_set(struct batch *b, struct work *w, struct str json, struct err *e)
{
	struct str copy = arena_str(&b->keep, json);
	if (copy.p == NULL)
		return no_room(e);
	w->profile = copy;
	w->profile_loaded = w->profile_dirty = true;
	w->profile_parsed = false;
	return ST_OK;
}

static struct idcache_cell *idcache_slot(struct batch *b, struct str key, uint64_t hash[2])
{
	hash[0] = hash_str(key, b->idcache_seed[0]);
	hash[1] = hash_str(key, b->idcache_seed[1]);
	size_t mask = b->idcache_cap - 1, i = hash[0] & mask;
	/* Four places to look, then the first is taken over: a cache may forget. */
	for (size_t k = 0; k < 4; k++) {
		struct idcache_cell *c = &b->idcache[(i + k) & mask];
		if (c->lead == 0 || (c->hash[0] == hash[0] && c->hash[1] == hash[1]))
			return c;
	}
	return &b->idcache[(i + (hash[1] & 3)) & mask];
}

static void idcache_grow(struct batch *b)
{
	struct idcache_cell *old = b->idcache;
	size_t cap = b->idcache_cap;
	b->idcache_cap = cap ? cap * 2 : IDCACHE_MIN;
	b->idcache = mem_array(b->idcache_cap, sizeof b->idcache[0]);
	for (size_t i = 0; i < cap; i++) {
		size_t mask = b->idcache_cap - 1, home = old[i].hash[0] & mask;
		for (size_t k = 0; old[i].lead && k < 4; k++) {
			struct idcache_cell *c = &b->idcache[(home + k) & mask];
			if (c->lead)
				continue;
			*c = old[i];
			break;
		}
	}
	mem_free(old);
}

/* A key stands in one place at most: a second, older one would be found again once the first is
 * taken over. */
static void idcache_drop(struct batch *b, struct str key)
{
	uint64_t hash[2] = {hash_str(key, b->idcache_seed[0]), hash_str(key, b->idcache_seed[1])};
	size_t mask = b->idcache_cap - 1;
	for (size_t k = 0; k < 4 && b->idcache_cap > 0; k++) {
		struct idcache_cell *c = &b->idcache[(hash[0] + k) & mask];
		if (c->lead == 0 || c->hash[0] != hash[0] || c->hash[1] != hash[1])
			continue;
		c->lead = 0;
		b->idcache_used--;
	}
}

static void idcache_put(struct batch *b, struct str key, uint64_t lead)
{
	uint64_t hash[2];
	idcache_drop(b, key);
	if (lead == 0)
		return;
	if (b->idcache_used * 2 >= b->idcache_cap && b->idcache_cap < IDCACHE_MAX)
		idcache_grow(b);
	struct idcache_cell *c = idcache_slot(b, key, hash);
	b->idcache_used += c->lead == 0;
	*c = (struct idcache_cell){{hash[0], hash[1]}, lead};
}

enum status batch_identity(struct batch *b, struct str key, uint64_t *lead_r, struct err *e)
{
	uint64_t hash[2];
	if (strmap_get(&b->identities, key, lead_r))
		return ST_OK;
	if (b->idcache_cap) {
		struct idcache_cell *c = idcache_slot(b, key, hash);
		if (c->lead && c->hash[0] == hash[0] && c->hash[1] == hash[1]) {
			*lead_r = c->lead;
			return ST_OK;
		}
	}
	struct str row;
	struct arena_mark mark = arena_mark(&b->keep);
	enum status st = store_get(b->store, TABLE_IDENTITY, KEY_BYTES(key), &b->keep, &row, e);
	*lead_r = 0;
	if (st == ST_OK) {
		if (row.n != 8)
			return err_set(e, ST_CORRUPT, "identity row of %zu bytes, 8 expected",
				       row.n);
		*lead_r = key_read_u64(row, 0);
		idcache_put(b, key, *lead_r);
	}
	arena_rewind(&b->keep, mark);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status batch_identity_set(struct batch *b, struct str key, uint64_t lead, struct err *e)
{
	if (!strmap_put(&b->identities, key, lead))
		return no_room(e);
	idcache_put(b, key, lead);
	return ST_OK;
}

static enum status account_load(struct batch *b, struct account_work *w, struct err *e)
{
	struct str text = STR_NULL;
	enum status st = store_get(b->store, TABLE_ACCOUNT, KEY_NUM(w->id), &b->keep, &text, e);
	if (st != ST_OK && st != ST_NOT_FOUND)
		return st;
	if (text.n > 0 && json_parse(text, JSON_LIMITS_EVENT, &b->keep, &w->doc, e) != ST_OK)
		return err_set(e, ST_CORRUPT, "account %llu is damaged", (unsigned long long)w->id);
	w->known = text.n > 0;
	w->doc_current = true;
	return account_row_read(&w->doc, &b->keep, &w->row) ? ST_OK : no_room(e);
}

enum status batch_account(struct batch *b, uint64_t id, struct account_work **out, struct err *e)
{
	uint64_t at;
	struct account_work *w;
	if (u64map_get(&b->accounts, id, &at)) {
		*out = (struct account_work *)(uintptr_t)at;
		return ST_OK;
	}
	w = ARENA_NEW(&b->keep, struct account_work);
	if (w == NULL)
		return no_room(e);
	w->id = id;
	enum status st = account_load(b, w, e);
	if (st == ST_OK && !u64map_put(&b->accounts, id, (uint64_t)(uintptr_t)w))
		st = no_room(e);
	if (st == ST_OK)
		*out = w;
	return st;
}

static void moved_put(struct batch *b, const struct account_work *w)
{
	uint64_t at = (uint64_t)w->row.moved_us;
	if (u64map_put(&b->moved, w->id, at))
		return;
	u64map_clear(&b->moved); /* full: those in use come back */
	(void)u64map_put(&b->moved, w->id, at);
}

enum status batch_account_moved(struct batch *b, uint64_t id, int64_t *at_r, struct err *e)
{
	uint64_t at;
	struct account_work *w;
	if (u64map_get(&b->moved, id, &at)) {
		*at_r = (int64_t)at;
		return ST_OK;
	}
	enum status st = batch_account(b, id, &w, e);
	if (st != ST_OK)
		return st;
	moved_put(b, w);
	*at_r = w->row.moved_us;
	return ST_OK;
}

enum status batch_account_of(struct batch *b, struct str key, struct account_work **out,
			     bool *created_r, struct err *e)
{
	struct str row;
	enum status st = store_get(b->store, TABLE_ACCOUNT_KEY, KEY_BYTES(key), &b->keep, &row, e);
	*created_r = st == ST_NOT_FOUND;
	if (st == ST_OK)
		return batch_account(b, key_read_u64(row, 0), out, e);
	if (st != ST_NOT_FOUND)
		return st;
	/* Written through at once: accounts are few, and a second lead may ask in this batch. */
	struct key value = key_u64(b->next_account);
	st = store_put(b->store, TABLE_ACCOUNT_KEY, KEY_BYTES(key), key_view(&value), e);
	if (st != ST_OK)
		return st;
	b->meta_dirty = true;
	return batch_account(b, b->next_account++, out, e);
}

enum status batch_account_doc(struct batch *b, struct account_work *w, const struct json **out,
			      struct err *e)
{
	struct buf text;
	*out = NULL;
	if (!w->known)
		return ST_OK;
	if (!w->doc_current) {
		buf_init_arena(&text, &b->keep, ACCOUNT_BYTES_MAX);
		account_row_facts(&w->row, &text);
		if (!buf_ok(&text))
			return no_room(e);
		enum status st =
			json_parse(buf_view(&text), JSON_LIMITS_EVENT, &b->keep, &w->doc, e);
		if (st != ST_OK)
			return st;
	}
	w->doc_current = true;
	*out = &w->doc;
	return ST_OK;
}

/* Would it still fit its row? Few come near: only those are written to find out. */
static bool account_fits(struct batch *b, const struct account_row *r)
{
	struct buf text;
	if (r->traits.n + r->key.n < ACCOUNT_BYTES_MAX / 4)
		return true;
	struct arena_mark mark = arena_mark(&b->keep);
	buf_init_arena(&text, &b->keep, ACCOUNT_BYTES_MAX - ACCOUNT_GROWS_MAX);
	account_row_write(r, &text);
	arena_rewind(&b->keep, mark);
	return buf_ok(&text);
}

enum status batch_account_change(struct batch *b, struct account_work *w,
				 const struct account_change *c, int64_t now_us, struct err *e)
{
	struct account_row next = w->row;
	struct account_change kept = *c;
	/* What is folded again behind a split comes to be known now. */
	kept.known_us = now_us > b->clock_us ? now_us : b->clock_us;
	if (next.key.n == 0)
		kept.key = arena_str(&b->keep, c->key);
	if (next.kind.n == 0)
		kept.kind = arena_str(&b->keep, c->kind);
	kept.traits = c->traits.n > 0 ? arena_str(&b->keep, c->traits) : STR_NULL;
	next.traits = kept.traits.n > 0 ? kept.traits : next.traits;
	if (!account_fits(b, &next))
		return err_set(e, ST_LIMIT, "account would grow past %u bytes; send fewer traits",
			       ACCOUNT_BYTES_MAX);
	if (!account_row_change(&w->row, &kept, now_us, &b->keep))
		return no_room(e);
	w->known = w->dirty = true;
	w->doc_current = false;
	moved_put(b, w);
	return ST_OK;
}

enum status batch_type_no(struct batch *b, struct str type, uint32_t *no_r, struct err *e)
{
	uint64_t no;
	*no_r = 0; /* 0: beyond the ceiling, shown as "other" */
	if (strmap_get(&b->types, type, &no)) {
		*no_r = (uint32_t)no;
		return ST_OK;
	}
	if (!strmap_put(&b->types, type, b->next_type))
		return ST_OK;
	struct key value = key_u64(b->next_type);
	enum status st =
		store_put(b->store, TABLE_EVENT_TYPE, KEY_BYTES(type), key_view(&value), e);
	if (st != ST_OK)
		return st;
	*no_r = (uint32_t)b->next_type++;
	b->meta_dirty = true;
	return ST_OK;
}

struct str batch_source(struct batch *b, struct str source)
{
	uint64_t known;
	source = str_slice(source, 0, COUNT_SOURCE_BYTES);
	if (source.n == 0)
		return STR("-");
	if (strmap_get(&b->sources, source, &known))
		return source;
	if (b->sources.count >= COUNT_SOURCES_MAX || !strmap_put(&b->sources, source, 1))
		return STR("other");
	b->sources_dirty = true;
	return source;
}

void batch_count(struct batch *b, int64_t now_us, const char *name, const struct str *dims,
		 size_t n, int64_t delta)
{
	char text[8 + 64 + COUNT_DIMS_MAX * (1 + COUNT_DIM_BYTES)];
	struct key day = key_u64((uint64_t)time_day(now_us));
	size_t at = day.n, len = strlen(name);
	ASSERT(n <= COUNT_DIMS_MAX && len < 64);
	memcpy(text, day.p, at);
	memcpy(text + at, name, len);
	at += len;
	for (size_t i = 0; i < n; i++) {
		size_t take = dims[i].n < COUNT_DIM_BYTES ? dims[i].n : COUNT_DIM_BYTES;
		text[at++] = '\0';
		if (take)
			memcpy(text + at, dims[i].p, take);
		at += take;
	}
	uint64_t sum = 0;
	struct str key = str_n(text, at);
	(void)strmap_get(&b->counters, key, &sum); /* absent: starts at 0 */
	bool kept = strmap_put(&b->counters, key, sum + (uint64_t)delta);
	ASSERT(kept); /* batch_full empties the set at half of its ceiling */
}

void batch_alarm(struct batch *b, struct work *w, int64_t due_us)
{
	if (due_us == TIME_NONE || (w->lead.alarm_us != TIME_NONE && w->lead.alarm_us <= due_us))
		return;
	w->lead.alarm_us = due_us;
	w->dirty = true;
	batch_queue_has(&b->alarms, due_us, w->lead.id);
}
