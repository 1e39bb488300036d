/* SPDX-License-Identifier: Apache-2.0
 * outbox.c: see outbox.h. */
#include "engine/outbox.h"

#include "base/assert.h"
#include "model/key.h"

#define ROW_BYTES_MAX (16u << 10)

/* For something to happen: its time, an answer, or a person who knows. */
static bool waits(enum message_state s)
{
	return s == MESSAGE_READY || s == MESSAGE_DEFERRED || s == MESSAGE_SENDING ||
	       s == MESSAGE_UNCERTAIN;
}

struct key outbox_key(enum message_state state, int64_t due_us, uint64_t id)
{
	struct key k = {.n = 1}, at = key_time_u64(due_us, id);
	k.p[0] = (char)state;
	memcpy(k.p + 1, at.p, at.n);
	k.n += at.n;
	return k;
}

struct key outbox_ended_key(enum message_state state, uint64_t id)
{
	struct key k = {.n = 1}, number = key_u64(id);
	k.p[0] = (char)state;
	memcpy(k.p + 1, number.p, number.n);
	k.n += number.n;
	return k;
}

static enum status put_row(struct store *s, const struct message *m, struct arena *a, struct err *e)
{
	struct buf row;
	buf_init_arena(&row, a, ROW_BYTES_MAX);
	message_encode(m, &row);
	if (!buf_ok(&row))
		return err_set(e, ST_LIMIT, "message %llu does not fit a row",
			       (unsigned long long)m->id);
	return store_put(s, TABLE_MESSAGE, KEY_NUM(m->id), buf_view(&row), e);
}

static enum status place(struct store *s, const struct message *m, struct err *e)
{
	bool here = waits(m->state);
	struct key k =
		here ? outbox_key(m->state, m->due_us, m->id) : outbox_ended_key(m->state, m->id);
	return store_put(s, here ? TABLE_OUTBOX : TABLE_MESSAGE_ENDED, KEY_BYTES(key_view(&k)),
			 STR(""), e);
}

static enum status leave(struct store *s, uint64_t id, struct outbox_place was, struct err *e)
{
	bool here = waits(was.state);
	struct key k =
		here ? outbox_key(was.state, was.due_us, id) : outbox_ended_key(was.state, id);
	return store_del(s, here ? TABLE_OUTBOX : TABLE_MESSAGE_ENDED, KEY_BYTES(key_view(&k)), e);
}

enum status outbox_add(struct store *s, const struct message *m, struct arena *a, struct err *e)
{
	struct key k = key_u64_u64(m->lead, m->id);
	enum status st = put_row(s, m, a, e);
	if (st == ST_OK)
		st = store_put(s, TABLE_LEAD_MESSAGE, KEY_BYTES(key_view(&k)), STR(""), e);
	return st == ST_OK ? place(s, m, e) : st;
}

struct latest {
	uint64_t *ids;
	size_t n, max;
};

static bool take_latest(void *ctx, struct store_key key, struct str value)
{
	struct latest *l = ctx;
	(void)value;
	if (l->n == l->max)
		return false;
	l->ids[l->n++] = key_read_u64(key.bytes, 8); /* lead, message */
	return true;
}

enum status outbox_latest(struct store *s, uint64_t lead, uint64_t *ids, size_t *n_io,
			  struct err *e)
{
	struct latest l = {ids, 0, *n_io};
	struct key from = key_u64(lead), to = key_u64(lead + 1);
	const struct store_range mine = {KEY_BYTES(key_view(&from)), KEY_BYTES(key_view(&to)),
					 true};
	enum status st = store_scan(s, TABLE_LEAD_MESSAGE, mine, take_latest, &l, e);
	*n_io = l.n;
	return st;
}

enum status outbox_get(struct store *s, uint64_t id, struct arena *a, struct message *out,
		       struct err *e)
{
	struct str row;
	enum status st = store_get(s, TABLE_MESSAGE, KEY_NUM(id), a, &row, e);
	if (st == ST_NOT_FOUND)
		return err_set(e, st, "no message %llu", (unsigned long long)id);
	return st == ST_OK ? message_decode(id, row, a, out, e) : st;
}

enum status outbox_put(struct store *s, const struct message *m, struct outbox_place was,
		       struct arena *a, struct err *e)
{
	bool moved = was.state != m->state || (waits(m->state) && was.due_us != m->due_us);
	enum status st = moved ? leave(s, m->id, was, e) : ST_OK;
	if (st == ST_OK && moved)
		st = place(s, m, e);
	return st == ST_OK ? put_row(s, m, a, e) : st;
}

bool outbox_waits(const struct message *m)
{
	return m->state == MESSAGE_READY || m->state == MESSAGE_DEFERRED;
}

enum status outbox_cancel(struct store *s, struct message *m, int64_t now_us, struct str reason,
			  struct arena *a, struct err *e)
{
	struct outbox_place was = {m->state, m->due_us};
	if (!outbox_waits(m))
		return ST_OK;
	enum status st = message_move(m, MESSAGE_CANCELLED, now_us, reason, e);
	return st == ST_OK ? outbox_put(s, m, was, a, e) : st;
}

enum status outbox_give(struct store *s, struct message *m, uint64_t lead, struct arena *a,
			struct err *e)
{
	struct key was = key_u64_u64(m->lead, m->id), is = key_u64_u64(lead, m->id);
	enum status st = store_del(s, TABLE_LEAD_MESSAGE, KEY_BYTES(key_view(&was)), e);
	if (st == ST_OK)
		st = store_put(s, TABLE_LEAD_MESSAGE, KEY_BYTES(key_view(&is)), STR(""), e);
	m->lead = lead;
	return st == ST_OK ? put_row(s, m, a, e) : st;
}

/* ---- hand-offs ---- */

enum status handoff_put(struct store *s, const struct handoff *h, int64_t was_due_us,
			struct arena *a, struct err *e)
{
	struct buf row;
	enum status st = ST_OK;
	int64_t due = h->state == HANDOFF_OPEN ? h->due_us : TIME_NONE;
	if (was_due_us != TIME_NONE && was_due_us != due) {
		struct key old = key_time_u64(was_due_us, h->id);
		st = store_del(s, TABLE_HANDOFF_OPEN, KEY_BYTES(key_view(&old)), e);
	}
	if (st == ST_OK && due != TIME_NONE) {
		struct key new = key_time_u64(due, h->id);
		st = store_put(s, TABLE_HANDOFF_OPEN, KEY_BYTES(key_view(&new)), STR(""), e);
	}
	buf_init_arena(&row, a, ROW_BYTES_MAX);
	handoff_encode(h, &row);
	if (st == ST_OK && !buf_ok(&row))
		st = err_set(e, ST_LIMIT, "hand-off %llu does not fit a row",
			     (unsigned long long)h->id);
	return st == ST_OK ? store_put(s, TABLE_HANDOFF, KEY_NUM(h->id), buf_view(&row), e) : st;
}

enum status handoff_get(struct store *s, uint64_t id, struct arena *a, struct handoff *out,
			struct err *e)
{
	struct str row;
	enum status st = store_get(s, TABLE_HANDOFF, KEY_NUM(id), a, &row, e);
	if (st == ST_NOT_FOUND)
		return err_set(e, st, "no hand-off %llu", (unsigned long long)id);
	return st == ST_OK ? handoff_decode(id, row, a, out, e) : st;
}
