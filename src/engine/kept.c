/* SPDX-License-Identifier: Apache-2.0
 * kept.c: see kept.h. Decisions are numbered in the order they are made, so the oldest are the
 * first rows: a sweep reads no row that it does not drop, but one. */
#include "engine/kept.h"

#include "base/json.h"
#include "base/time.h"
#include "engine/due.h"
#include "model/key.h"

#define KEPT_ID 1

/* Sweeps are on the full hour, so that an hour's decisions cost one. */
static int64_t next_hour_us(int64_t at_us)
{
	return (at_us / US_PER_H + 1) * US_PER_H;
}

static enum status set_due(struct pass *p, int64_t at_us, struct err *e)
{
	const struct due d = {at_us, DUE_KEPT, KEPT_ID};
	enum status st = due_set(p->batch, &d, p->play->kept_us, e);
	p->play->kept_us = at_us;
	p->play->dirty = true;
	return st;
}

static int64_t keep_us(const struct pass *p)
{
	return p->program->play->deciding.keep_us;
}

enum status kept_decided(struct pass *p, struct err *e)
{
	if (p->play->kept_us != TIME_NONE || p->program == NULL)
		return ST_OK;
	return set_due(p, next_hour_us(p->env.now_us + keep_us(p)), e);
}

enum status kept_applied(struct pass *p, struct err *e)
{
	int64_t soon = next_hour_us(p->env.now_us);
	return p->play->kept_us > soon ? set_due(p, soon, e) : ST_OK;
}

/* ---- the sweep ---- */

struct oldest {
	struct pass *p;
	uint64_t id[KEPT_BITE], lead[KEPT_BITE];
	size_t n;
	int64_t left_us; /* of the first that stays; TIME_NONE: none does */
	bool more;       /* the bite is full */
};

static bool take(void *ctx, struct store_key key, struct str value)
{
	struct oldest *o = ctx;
	struct arena *a = o->p->arena;
	struct arena_mark mark = arena_mark(a);
	int64_t at = TIME_NONE, lead = 0, now = o->p->env.now_us;
	struct json d;
	o->more = o->n == KEPT_BITE;
	if (o->more)
		return false;
	/* What cannot be read tells no time: it goes with those around it. */
	if (json_parse(value, JSON_LIMITS_EVENT, a, &d, NULL) == ST_OK) {
		(void)time_parse(json_str(&d, json_get(&d, 0, "at"), a), &at);
		(void)json_i64(&d, json_get(&d, 0, "lead"), &lead);
	}
	arena_rewind(a, mark);
	if (at != TIME_NONE && time_between(at, now) < keep_us(o->p)) {
		o->left_us = at;
		return false;
	}
	o->id[o->n] = key.num;
	o->lead[o->n++] = (uint64_t)lead;
	return true;
}

static enum status drop(struct pass *p, uint64_t id, uint64_t lead, struct err *e)
{
	struct store *s = p->batch->store;
	struct key k = key_u64_u64(lead, id);
	enum status st = store_del(s, TABLE_DECISION, KEY_NUM(id), e);
	if (st == ST_OK)
		st = store_del(s, TABLE_LEAD_DECISION, KEY_BYTES(key_view(&k)), e);
	if (st == ST_OK || st == ST_NOT_FOUND)
		st = store_del(s, TABLE_OUTCOME, KEY_NUM(id), e);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status awaited(struct pass *p, uint64_t id, bool *out, struct err *e)
{
	struct str row;
	struct arena_mark mark = arena_mark(p->arena);
	enum status st = store_get(p->batch->store, TABLE_PENDING, KEY_NUM(id), p->arena, &row, e);
	arena_rewind(p->arena, mark);
	*out = st == ST_OK;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status kept_due(struct pass *p, struct err *e)
{
	struct oldest o = {.p = p, .left_us = TIME_NONE};
	int64_t now = p->env.now_us;
	bool waits = false;
	size_t i = 0;
	p->play->kept_us = TIME_NONE; /* that row has fired, and is gone */
	p->play->dirty = true;
	if (p->program == NULL)
		return ST_OK;
	enum status st = store_scan(p->batch->store, TABLE_DECISION, SCAN_ALL, take, &o, e);
	for (; st == ST_OK && i < o.n; i++) {
		st = awaited(p, o.id[i], &waits, e);
		if (st != ST_OK || waits)
			break;
		st = drop(p, o.id[i], o.lead[i], e);
	}
	if (i > 0)
		batch_count(p->batch, now, "decisions_dropped", NULL, 0, (int64_t)i);
	if (st != ST_OK)
		return st;
	if (waits)
		return set_due(p, next_hour_us(now), e);
	if (o.more)
		return set_due(p, now + 1, e);
	return o.left_us == TIME_NONE ? ST_OK : set_due(p, next_hour_us(o.left_us + keep_us(p)), e);
}
