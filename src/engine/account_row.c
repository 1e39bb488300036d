/* SPDX-License-Identifier: Apache-2.0
 * account_row.c: see account_row.h. Parsing and writing sixty-four touches for each message to a
 * company took half of what a message cost the engine. */
#include "engine/account_row.h"

#include "base/time.h"

#include <string.h>

#define TOUCHES_KEPT_US (30 * US_PER_D)
#define ROOM_FIRST 8u

static int64_t number(const struct json *d, const char *key, int64_t none)
{
	int64_t v = none;
	(void)json_i64(d, json_get(d, 0, key), &v);
	return v;
}

/* Twice the room; the old list stays on the arena until the batch is written. */
static bool grow(struct arena *a, void **list, uint32_t *cap, size_t item_bytes)
{
	uint32_t more = *cap > 0 ? 2 * *cap : ROOM_FIRST;
	void *p = arena_array(a, more, item_bytes);
	if (p == NULL)
		return false;
	if (*cap > 0)
		memcpy(p, *list, *cap * item_bytes);
	*list = p;
	*cap = more;
	return true;
}

static bool add_touch(struct account_row *r, struct account_touched t, struct arena *a)
{
	void *list = r->touches;
	if (r->touches_n == r->touches_cap && !grow(a, &list, &r->touches_cap, sizeof *r->touches))
		return false;
	r->touches = list;
	r->touches[r->touches_n++] = t;
	return true;
}

static bool add_handed(struct account_row *r, int64_t id, struct arena *a)
{
	void *list = r->handed;
	if (r->handed_n == r->handed_cap && !grow(a, &list, &r->handed_cap, sizeof *r->handed))
		return false;
	r->handed = list;
	r->handed[r->handed_n++] = id;
	return true;
}

bool account_row_read(const struct json *d, struct arena *a, struct account_row *out)
{
	uint32_t touches = json_get(d, 0, "touches"), handed = json_get(d, 0, "handed");
	struct account_row r = {
		.key = json_str(d, json_get(d, 0, "key"), a),
		.kind = json_str(d, json_get(d, 0, "kind"), a),
		.traits = json_raw(d, json_get(d, 0, "traits")),
		.leads = number(d, "leads", 0),
		.hot = number(d, "hot", 0),
		.warm = number(d, "warm", 0),
		.last_us = number(d, "last_us", TIME_NONE),
		.moved_us = number(d, "moved_us", TIME_NONE),
		.had_touches = json_count(d, touches) > 0,
	};
	bool room = true;
	for (uint32_t v = json_first(d, touches); v != JSON_NONE && room;
	     v = json_next(d, touches, v)) {
		struct account_touched t = {TIME_NONE, 0};
		uint32_t at = json_first(d, v); /* rows are ours: two numbers each */
		(void)json_i64(d, at, &t.at_us);
		(void)json_i64(d, json_next(d, v, at), &t.message);
		room = add_touch(&r, t, a);
	}
	for (uint32_t v = json_first(d, handed); v != JSON_NONE && room;
	     v = json_next(d, handed, v)) {
		int64_t id;
		if (json_i64(d, v, &id))
			room = add_handed(&r, id, a);
	}
	*out = r;
	return room;
}

/* Those that still count, oldest first, without `untouch`; `touch` once. */
static bool change_touches(struct account_row *r, const struct account_change *c, int64_t now_us,
			   struct arena *a)
{
	uint32_t n = 0, over = r->touches_n + (c->touch != 0);
	over = over > ACCOUNT_TOUCHES_MAX ? over - ACCOUNT_TOUCHES_MAX : 0;
	r->had_touches = r->touches_n > 0 || c->touch != 0;
	for (uint32_t i = over; i < r->touches_n; i++) {
		struct account_touched t = r->touches[i];
		bool gone = t.message == c->untouch || t.message == c->touch;
		if (!gone && t.at_us > now_us - TOUCHES_KEPT_US)
			r->touches[n++] = t;
	}
	r->touches_n = n;
	return c->touch == 0 || add_touch(r, (struct account_touched){now_us, c->touch}, a);
}

static bool change_handed(struct account_row *r, int64_t id, struct arena *a)
{
	if (id == 0)
		return true;
	if (r->handed_n == ACCOUNT_HANDED_MAX) {
		r->handed_n--;
		memmove(r->handed, r->handed + 1, r->handed_n * sizeof *r->handed);
	}
	return add_handed(r, id, a);
}

bool account_row_change(struct account_row *r, const struct account_change *c, int64_t now_us,
			struct arena *a)
{
	bool known = c->traits.n > 0 && !str_eq(c->traits, r->traits);
	if (known || c->moved || (r->key.n == 0 && c->key.n > 0))
		r->moved_us = c->known_us > r->moved_us ? c->known_us : r->moved_us;
	if (r->key.n == 0)
		r->key = c->key;
	if (r->kind.n == 0)
		r->kind = c->kind;
	if (c->traits.n > 0)
		r->traits = c->traits;
	r->leads += c->leads;
	r->hot += c->hot;
	r->warm += c->warm;
	if (c->active_us != TIME_NONE && (r->last_us == TIME_NONE || c->active_us > r->last_us))
		r->last_us = c->active_us;
	return change_touches(r, c, now_us, a) && change_handed(r, c->hand, a);
}

static void write_rest(const struct account_row *r, struct json_w *w)
{
	if (r->moved_us != TIME_NONE)
		json_w_ki64(w, "moved_us", r->moved_us);
	if (r->had_touches) {
		json_w_key(w, "touches");
		json_w_array(w);
		for (uint32_t i = 0; i < r->touches_n; i++) {
			json_w_array(w);
			json_w_i64(w, r->touches[i].at_us);
			json_w_i64(w, r->touches[i].message);
			json_w_end(w);
		}
		json_w_end(w);
	}
	if (r->handed_n == 0)
		return;
	json_w_key(w, "handed");
	json_w_array(w);
	for (uint32_t i = 0; i < r->handed_n; i++)
		json_w_i64(w, r->handed[i]);
	json_w_end(w);
}

static void write_facts(const struct account_row *r, struct json_w *w)
{
	json_w_object(w);
	json_w_kstr(w, "key", r->key);
	json_w_kstr(w, "kind", r->kind);
	json_w_ki64(w, "leads", r->leads);
	json_w_ki64(w, "hot", r->hot);
	json_w_ki64(w, "warm", r->warm);
	if (r->last_us != TIME_NONE)
		json_w_ki64(w, "last_us", r->last_us);
	if (r->traits.n > 0) {
		json_w_key(w, "traits");
		json_w_raw(w, r->traits);
	}
}

void account_row_write(const struct account_row *r, struct buf *out)
{
	struct json_w w;
	json_w_init(&w, out);
	write_facts(r, &w);
	write_rest(r, &w);
	json_w_end(&w);
}

void account_row_facts(const struct account_row *r, struct buf *out)
{
	struct json_w w;
	json_w_init(&w, out);
	write_facts(r, &w);
	json_w_end(&w);
}

unsigned account_row_touches(const struct account_row *r, int64_t since_us, uint64_t but)
{
	unsigned n = 0;
	for (uint32_t i = 0; i < r->touches_n; i++)
		n += r->touches[i].at_us > since_us && r->touches[i].message != (int64_t)but;
	return n;
}
