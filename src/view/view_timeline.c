/* SPDX-License-Identifier: Apache-2.0
 * view_timeline.c: what a lead did, newest first: the tail in its row, then its history chunks,
 * and those of leads that were merged into it. */
#include "view/view_internal.h"
#include "view/view_play.h"

#include "base/assert.h"
#include "model/event.h"
#include "model/key.h"

#include <stdlib.h>

struct timeline {
	struct lead_entry *rows;
	size_t n, max;
};

struct type_names {
	struct arena *a;
	struct str *names; /* by number */
	size_t n;
};

#define TYPES_SHOWN_MAX 65536u

static bool take_type(void *ctx, struct store_key key, struct str value)
{
	struct type_names *t = ctx;
	uint64_t no = key_read_u64(value, 0);
	if (no < t->n)
		t->names[no] = arena_str(t->a, key.bytes);
	return true;
}

static enum status load_types(struct view *v, struct type_names *t, struct err *e)
{
	*t = (struct type_names){.a = v->arena, .n = TYPES_SHOWN_MAX};
	t->names = ARENA_ARRAY(v->arena, struct str, t->n);
	if (t->names == NULL)
		return err_set(e, ST_LIMIT, "too much to show at once");
	return store_scan(v->store, TABLE_EVENT_TYPE, SCAN_ALL, take_type, t, e);
}

static void add(struct timeline *t, const struct lead_entry *rows, size_t n)
{
	for (size_t i = 0; i < n && t->n < t->max; i++)
		t->rows[t->n++] = rows[i];
}

static enum status add_lead(struct view *v, const struct lead *l, struct timeline *t, struct err *e)
{
	add(t, l->tail, l->tail_n);
	for (uint32_t i = l->chunks_n; i > 0 && t->n < t->max; i--) {
		struct key k = key_u64_u64(l->id, i - 1);
		struct lead_entry *rows;
		struct str text;
		size_t n;
		enum status st = store_get(v->store, TABLE_HISTORY, KEY_BYTES(key_view(&k)),
					   v->arena, &text, e);
		if (st == ST_NOT_FOUND)
			continue;
		if (st == ST_OK)
			st = lead_entries_decode(text, v->arena, &rows, &n, e);
		if (st != ST_OK)
			return st;
		add(t, rows, n);
	}
	return ST_OK;
}

static enum status add_merged(struct view *v, const struct view_lead *l, struct timeline *t,
			      struct err *e)
{
	uint32_t list = json_get(&l->profile, 0, "merged");
	for (uint32_t i = json_first(&l->profile, list); i != JSON_NONE;
	     i = json_next(&l->profile, list, i)) {
		int64_t id;
		struct view_lead other;
		if (!json_i64(&l->profile, i, &id))
			continue;
		enum status st = view_load(v, (uint64_t)id, &other, e);
		if (st == ST_OK)
			st = add_lead(v, &other.lead, t, e);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static int newest_first(const void *a, const void *b)
{
	const struct lead_entry *x = a, *y = b;
	if (x->occurred_us != y->occurred_us)
		return x->occurred_us < y->occurred_us ? 1 : -1;
	return (x->seq < y->seq) - (x->seq > y->seq);
}

/* The event's own words, when the log still has them. */
static void put_event(struct view *v, uint64_t seq, struct json_w *w)
{
	struct log_record r;
	struct event ev;
	size_t n = 1;
	if (v->log == NULL || log_read(v->log, seq, v->arena, &r, &n, NULL) != ST_OK || n == 0 ||
	    r.thinned || r.erased || r.skipped ||
	    event_decode(r.body, v->arena, &ev, NULL) != ST_OK)
		return;
	json_w_kstr(w, "source", r.source);
	json_w_kstr(w, "message_id", r.message_id);
	if (ev.name.n)
		json_w_kstr(w, "name", ev.name);
	if (ev.context.page.url.n)
		json_w_kstr(w, "url", ev.context.page.url);
	if (ev.properties.n) {
		json_w_key(w, "properties");
		json_w_raw(w, ev.properties);
	}
	if (ev.traits.n) {
		json_w_key(w, "traits");
		json_w_raw(w, ev.traits);
	}
}

static void put_line(struct view *v, const struct type_names *types, const struct lead_entry *row,
		     struct json_w *w)
{
	struct str type = row->type_no < types->n ? types->names[row->type_no] : STR_NULL;
	json_w_object(w);
	json_w_ki64(w, "seq", (int64_t)row->seq);
	json_w_ktime(w, "occurred", row->occurred_us);
	json_w_kstr(w, "type", type.n ? type : STR("other"));
	json_w_kf64(w, "points", row->points);
	if (row->flags & (EVENT_BOT | EVENT_MACHINE))
		json_w_kbool(w, "machine", true);
	if (row->flags & EVENT_DNT)
		json_w_kbool(w, "dnt", true);
	if (row->flags & EVENT_IMPORTED)
		json_w_kbool(w, "imported", true);
	put_event(v, row->seq, w);
	json_w_end(w);
}

enum status view_timeline(struct view *v, uint64_t id, size_t limit, struct json_w *w,
			  struct err *e)
{
	struct view_lead l;
	struct type_names types;
	struct timeline t = {.max = limit + 1024}; /* late events may stand further back */
	enum status st = view_limit_check(limit, e);
	if (st == ST_OK)
		st = view_load(v, id, &l, e);
	if (st == ST_OK)
		st = load_types(v, &types, e);
	if (st == ST_OK && (t.rows = ARENA_ARRAY(v->arena, struct lead_entry, t.max)) == NULL)
		st = err_set(e, ST_LIMIT, "too much to show at once");
	if (st == ST_OK)
		st = add_lead(v, &l.lead, &t, e);
	if (st == ST_OK)
		st = add_merged(v, &l, &t, e);
	if (st != ST_OK)
		return st;
	qsort(t.rows, t.n, sizeof t.rows[0], newest_first);
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.timeline/1");
	json_w_ki64(w, "lead", (int64_t)id);
	json_w_ki64(w, "total", l.lead.events_n);
	json_w_key(w, "events");
	json_w_array(w);
	for (size_t i = 0; i < t.n && i < limit; i++)
		put_line(v, &types, &t.rows[i], w);
	json_w_end(w);
	json_w_end(w);
	return ST_OK;
}
