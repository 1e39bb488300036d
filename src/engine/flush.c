/* SPDX-License-Identifier: Apache-2.0
 * flush.c: from working set to rows, in key order: neighbours share a page, so a sorted batch
 * dirties each page once. */
#include "engine/flush.h"

#include "base/assert.h"
#include "engine/engine.h"
#include "engine/journeys.h"

#include <stdlib.h>

#define ROW_BYTES_MAX (64u << 10)

/* ---- META: one row, so that the cursor and its fellows move together ---- */

enum { META_VERSION = 2 };

static enum status meta_put(struct batch *b, struct err *e)
{
	char room[128];
	struct buf row = {.p = room, .cap = sizeof room, .bytes_max = sizeof room};
	buf_varint(&row, META_VERSION);
	buf_varint(&row, b->cursor);
	buf_zigzag(&row, b->clock_us);
	buf_varint(&row, b->next_lead);
	buf_varint(&row, b->next_account);
	buf_varint(&row, b->next_merge);
	buf_varint(&row, b->next_type);
	buf_varint(&row, b->program_version);
	ASSERT(buf_ok(&row));
	b->meta_dirty = false;
	return store_put(b->store, TABLE_META, KEY_BYTES(STR("engine")), buf_view(&row), e);
}

static enum status meta_get(struct batch *b, struct err *e)
{
	struct str row;
	enum status st =
		store_get(b->store, TABLE_META, KEY_BYTES(STR("engine")), &b->keep, &row, e);
	b->cursor = b->program_version = 0;
	b->clock_us = 0;
	b->next_lead = b->next_account = b->next_merge = b->next_type = 1;
	if (st == ST_NOT_FOUND)
		return ST_OK;
	if (st != ST_OK)
		return st;
	struct rd r = rd_of(row);
	uint64_t version = rd_varint(&r);
	b->cursor = rd_varint(&r);
	b->clock_us = rd_zigzag(&r);
	b->next_lead = rd_varint(&r);
	b->next_account = rd_varint(&r);
	b->next_merge = rd_varint(&r);
	b->next_type = rd_varint(&r);
	b->program_version = rd_varint(&r);
	if (!rd_done(&r) || version != META_VERSION)
		return err_set(
			e, ST_CORRUPT,
			"the state's own bookkeeping (meta) cannot be read; "
			"restore a backup, or delete the state file: it is rebuilt from the log");
	return ST_OK;
}

enum status engine_fold_read(struct store *s, uint64_t *version_r, bool *empty_r, struct err *e)
{
	struct arena a;
	struct str row;
	arena_init(&a, 1u << 16);
	*version_r = 0;
	*empty_r = false;
	enum status st = store_get(s, TABLE_META, KEY_BYTES(STR("fold")), &a, &row, e);
	struct rd r = rd_of(st == ST_OK ? row : STR_NULL);
	if (st == ST_OK)
		*version_r = rd_varint(&r);
	if (st == ST_NOT_FOUND)
		st = store_get(s, TABLE_META, KEY_BYTES(STR("engine")), &a, &row, e);
	*empty_r = st == ST_NOT_FOUND;
	arena_finish(&a);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* Into an empty state, once. */
enum status batch_sign(struct store *s, struct err *e)
{
	char room[16];
	bool empty;
	uint64_t version;
	struct buf row = {.p = room, .cap = sizeof room, .bytes_max = sizeof room};
	enum status st = engine_fold_read(s, &version, &empty, e);
	if (st != ST_OK || !empty)
		return st;
	buf_varint(&row, ENGINE_FOLD_VERSION);
	ASSERT(buf_ok(&row));
	return store_put(s, TABLE_META, KEY_BYTES(STR("fold")), buf_view(&row), e);
}

enum status engine_meta_read(struct store *s, struct engine_meta *out, struct err *e)
{
	struct batch *b = mem_alloc(sizeof *b);
	b->store = s;
	arena_init(&b->keep, 1u << 16);
	enum status st = meta_get(b, e);
	if (st == ST_OK)
		*out = (struct engine_meta){b->cursor, b->next_lead - 1, b->program_version,
					    b->clock_us};
	arena_finish(&b->keep);
	mem_free(b);
	return st;
}

static bool load_type(void *ctx, struct store_key key, struct str value)
{
	struct batch *b = ctx;
	return strmap_put(&b->types, key.bytes, key_read_u64(value, 0));
}

static bool first_of_queue(void *ctx, struct store_key key, struct str value)
{
	(void)value;
	*(struct batch_queue *)ctx =
		(struct batch_queue){key_read_time(key.bytes, 0), key_read_u64(key.bytes, 8)};
	return false;
}

static enum status alarm_load(struct batch *b, struct err *e)
{
	b->alarms = b->due = BATCH_QUEUE_EMPTY;
	enum status st = store_scan(b->store, TABLE_ALARM, SCAN_ALL, first_of_queue, &b->alarms, e);
	return st == ST_OK ? store_scan(b->store, TABLE_DUE, SCAN_ALL, first_of_queue, &b->due, e)
			   : st;
}

/* ---- sources with a name in reports ---- */

#define SOURCES_BYTES_MAX (COUNT_SOURCES_MAX * (COUNT_SOURCE_BYTES + 2))

static enum status sources_load(struct batch *b, struct err *e)
{
	struct str row;
	enum status st =
		store_get(b->store, TABLE_META, KEY_BYTES(STR("sources")), &b->keep, &row, e);
	struct rd r = rd_of(st == ST_OK ? row : STR_NULL);
	while (r.ok && !rd_done(&r))
		(void)strmap_put(&b->sources, rd_bytes(&r), 1); /* as many as were put */
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status batch_load(struct batch *b, struct err *e)
{
	enum status st = meta_get(b, e);
	if (st == ST_OK)
		st = store_scan(b->store, TABLE_EVENT_TYPE, SCAN_ALL, load_type, b, e);
	if (st == ST_OK)
		st = sources_load(b, e);
	if (st == ST_OK)
		st = alarm_load(b, e);
	arena_reset(&b->keep);
	return st;
}

/* ---- leads ---- */

static enum status alarm_row(struct batch *b, struct work *w, struct err *e)
{
	int64_t due = w->lead.flags & LEAD_MERGED ? TIME_NONE : w->lead.alarm_us;
	enum status st = ST_OK;
	if (due == w->alarm_row_us)
		return ST_OK;
	if (w->alarm_row_us != TIME_NONE) {
		struct key old = key_time_u64(w->alarm_row_us, w->lead.id);
		st = store_del(b->store, TABLE_ALARM, KEY_BYTES(key_view(&old)), e);
		if (st == ST_NOT_FOUND)
			st = ST_OK; /* taken off when it fired */
	}
	if (st == ST_OK && due != TIME_NONE) {
		struct key new = key_time_u64(due, w->lead.id);
		st = store_put(b->store, TABLE_ALARM, KEY_BYTES(key_view(&new)), STR(""), e);
	}
	w->alarm_row_us = due;
	return st;
}

static enum status list_row(struct batch *b, struct work *w, struct err *e)
{
	int list = lead_list(&w->lead);
	enum status st = ST_OK;
	if (list == w->list_row)
		return ST_OK;
	if (w->list_row >= 0) {
		struct key old = key_u8_u64((uint8_t)w->list_row, w->lead.id);
		st = store_del(b->store, TABLE_TIER_LEAD, KEY_BYTES(key_view(&old)), e);
	}
	if (st == ST_OK && list >= 0) {
		struct key new = key_u8_u64((uint8_t)list, w->lead.id);
		st = store_put(b->store, TABLE_TIER_LEAD, KEY_BYTES(key_view(&new)), STR(""), e);
	}
	w->list_row = list;
	return st;
}

static enum status work_put(struct batch *b, struct work *w, struct buf *row, struct err *e)
{
	enum status st = ST_OK;
	if (w->profile_dirty)
		st = store_put(b->store, TABLE_PROFILE, KEY_NUM(w->lead.id), w->profile, e);
	w->profile_dirty = false;
	if (st == ST_OK)
		st = journeys_place(b, w, e);
	if (st != ST_OK || !(w->dirty || w->journey_dirty))
		return st;
	st = alarm_row(b, w, e);
	if (st == ST_OK)
		st = list_row(b, w, e);
	if (st != ST_OK)
		return st;
	buf_reset(row);
	lead_encode(&w->lead, row);
	journeys_encode(w, row);
	ASSERT(buf_ok(row));
	w->dirty = w->journey_dirty = false;
	return store_put(b->store, TABLE_LEAD, KEY_NUM(w->lead.id), buf_view(row), e);
}

static int by_id(const void *a, const void *b)
{
	uint64_t x = (*(struct work *const *)a)->lead.id, y = (*(struct work *const *)b)->lead.id;
	return (x > y) - (x < y);
}

static enum status flush_works(struct batch *b, struct err *e)
{
	size_t n = 0, at = 0;
	uint64_t id, p;
	enum status st = ST_OK;
	struct work **list = mem_array(b->works.count, sizeof(struct work *));
	while (u64map_next(&b->works, &at, &id, &p))
		list[n++] = (struct work *)(uintptr_t)p;
	qsort(list, n, sizeof list[0], by_id);
	struct buf row;
	buf_init(&row, ROW_BYTES_MAX * 4);
	for (size_t i = 0; i < n && st == ST_OK; i++)
		st = work_put(b, list[i], &row, e);
	buf_finish(&row);
	mem_free(list);
	return st;
}

/* ---- the rest ---- */

struct pair {
	struct str key;
	uint64_t value;
};

static int by_key(const void *a, const void *b)
{
	return str_cmp(((const struct pair *)a)->key, ((const struct pair *)b)->key);
}

static struct pair *sorted(const struct strmap *m, size_t *n_r)
{
	size_t n = 0, at = 0;
	struct pair *list = mem_array(m->count, sizeof *list);
	while (strmap_next(m, &at, &list[n].key, &list[n].value))
		if (++n == m->count)
			break;
	qsort(list, n, sizeof *list, by_key);
	*n_r = n;
	return list;
}

static enum status flush_identities(struct batch *b, struct err *e)
{
	size_t n;
	enum status st = ST_OK;
	if (b->identities.count == 0)
		return ST_OK;
	struct pair *list = sorted(&b->identities, &n);
	for (size_t i = 0; i < n && st == ST_OK; i++) {
		struct key value = key_u64(list[i].value);
		struct store_key key = KEY_BYTES(list[i].key);
		if (list[i].value)
			st = store_put(b->store, TABLE_IDENTITY, key, key_view(&value), e);
		else
			st = store_del(b->store, TABLE_IDENTITY, key, e);
		if (st == ST_NOT_FOUND)
			st = ST_OK; /* made and removed inside one batch */
	}
	mem_free(list);
	return st;
}

static enum status flush_counters(struct batch *b, struct err *e)
{
	size_t n;
	enum status st = ST_OK;
	if (b->counters.count == 0)
		return ST_OK;
	struct pair *list = sorted(&b->counters, &n);
	for (size_t i = 0; i < n && st == ST_OK; i++) {
		struct str row;
		uint64_t sum = list[i].value;
		struct store_key key = KEY_BYTES(list[i].key);
		if (sum == 0)
			continue;
		st = store_get(b->store, TABLE_COUNTER, key, &b->keep, &row, e);
		if (st == ST_OK)
			sum += key_read_u64(row, 0);
		struct key value = key_u64(sum);
		if (st == ST_OK && sum == 0)
			st = store_del(b->store, TABLE_COUNTER, key, e);
		else if (st == ST_OK || st == ST_NOT_FOUND)
			st = store_put(b->store, TABLE_COUNTER, key, key_view(&value), e);
	}
	mem_free(list);
	return st;
}

static enum status flush_sources(struct batch *b, struct err *e)
{
	size_t n;
	struct buf row;
	if (!b->sources_dirty)
		return ST_OK;
	struct pair *list = sorted(&b->sources, &n);
	buf_init(&row, SOURCES_BYTES_MAX);
	for (size_t i = 0; i < n; i++)
		buf_bytes(&row, list[i].key);
	ASSERT(buf_ok(&row));
	enum status st =
		store_put(b->store, TABLE_META, KEY_BYTES(STR("sources")), buf_view(&row), e);
	b->sources_dirty = false;
	buf_finish(&row);
	mem_free(list);
	return st;
}

static enum status flush_accounts(struct batch *b, struct err *e)
{
	size_t at = 0;
	uint64_t id, p;
	struct buf text;
	enum status st = ST_OK;
	buf_init(&text, ACCOUNT_BYTES_MAX);
	while (st == ST_OK && u64map_next(&b->accounts, &at, &id, &p)) {
		struct account_work *w = (struct account_work *)(uintptr_t)p;
		if (!w->dirty)
			continue;
		buf_reset(&text);
		account_row_write(&w->row, &text);
		ASSERT(buf_ok(&text)); /* batch_account_change saw to it */
		st = store_put(b->store, TABLE_ACCOUNT, KEY_NUM(id), buf_view(&text), e);
		w->dirty = false;
	}
	buf_finish(&text);
	return st;
}

enum status batch_flush(struct batch *b, struct err *e)
{
	enum status st = flush_works(b, e);
	if (st == ST_OK)
		st = flush_identities(b, e);
	if (st == ST_OK)
		st = flush_counters(b, e);
	if (st == ST_OK)
		st = flush_sources(b, e);
	if (st == ST_OK)
		st = flush_accounts(b, e);
	if (st == ST_OK)
		st = meta_put(b, e);
	if (st == ST_OK)
		batch_clear(b);
	return st;
}
