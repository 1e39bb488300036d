/* SPDX-License-Identifier: Apache-2.0
 * kept.c: see kept.h. Decisions are numbered in the order they are made, so a sweep goes on where
 * the last one ended, and ends at the first row that is too young. */
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

/* Nobody knows for how long the one before it kept: all that was passed is looked at again. */
enum status kept_applied(struct pass *p, struct err *e)
{
	struct play *y = p->play;
	int64_t soon = next_hour_us(p->env.now_us);
	bool none = y->kept_us == TIME_NONE;
	if (none && y->kept_from == 0)
		return ST_OK;
	y->kept_from = 0;
	y->dirty = true;
	return none || y->kept_us > soon ? set_due(p, soon, e) : ST_OK;
}

/* ---- one decision ---- */

struct record {
	uint64_t id, lead;
	int64_t at_us;
};

/* What cannot be read tells no time: it goes with those around it. */
static struct record read_record(struct arena *a, uint64_t id, struct str row)
{
	struct arena_mark mark = arena_mark(a);
	int64_t at = TIME_NONE, lead = 0;
	struct json d;
	if (json_parse(row, JSON_LIMITS_EVENT, a, &d, NULL) == ST_OK) {
		(void)time_parse(json_str(&d, json_get(&d, 0, "at"), a), &at);
		(void)json_i64(&d, json_get(&d, 0, "lead"), &lead);
	}
	arena_rewind(a, mark);
	return (struct record){id, (uint64_t)lead, at};
}

static enum status drop(struct pass *p, const struct record *r, struct err *e)
{
	struct store *s = p->batch->store;
	struct key k = key_u64_u64(r->lead, r->id);
	enum status st = store_del(s, TABLE_DECISION, KEY_NUM(r->id), e);
	if (st == ST_OK)
		st = store_del(s, TABLE_LEAD_DECISION, KEY_BYTES(key_view(&k)), e);
	return st == ST_OK ? store_del(s, TABLE_OUTCOME, KEY_NUM(r->id), e) : st;
}

static void count(struct pass *p, int64_t n)
{
	if (n > 0)
		batch_count(p->batch, p->env.now_us, "decisions_dropped", NULL, 0, n);
}

enum status kept_settled(struct pass *p, uint64_t decision, struct err *e)
{
	struct str row;
	if (decision >= p->play->kept_from)
		return ST_OK; /* its turn has not come */
	struct arena_mark mark = arena_mark(p->arena);
	enum status st =
		store_get(p->batch->store, TABLE_DECISION, KEY_NUM(decision), p->arena, &row, e);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	struct record r = read_record(p->arena, decision, row);
	arena_rewind(p->arena, mark);
	count(p, 1);
	return drop(p, &r, e);
}

/* ---- the sweep ---- */

struct bite {
	struct pass *p;
	struct record rows[KEPT_BITE];
	size_t n;
	uint64_t next;   /* where the next one begins */
	int64_t left_us; /* of the first that stays for its age; TIME_NONE: none was met */
};

static bool take(void *ctx, struct store_key key, struct str value)
{
	struct bite *b = ctx;
	struct record r = read_record(b->p->arena, key.num, value);
	b->next = key.num;
	if (r.at_us != TIME_NONE && time_between(r.at_us, b->p->env.now_us) < keep_us(b->p)) {
		b->left_us = r.at_us;
		return false;
	}
	b->next = key.num + 1;
	b->rows[b->n++] = r;
	return b->n < KEPT_BITE;
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

static enum status swallow(struct bite *b, struct err *e)
{
	int64_t dropped = 0;
	enum status st = ST_OK;
	for (size_t i = 0; st == ST_OK && i < b->n; i++) {
		bool waits = false;
		st = awaited(b->p, b->rows[i].id, &waits, e);
		if (st != ST_OK || waits)
			continue;
		st = drop(b->p, &b->rows[i], e);
		dropped++;
	}
	count(b->p, dropped);
	return st;
}

enum status kept_due(struct pass *p, struct err *e)
{
	struct play *y = p->play;
	struct bite b = {.p = p, .next = y->kept_from, .left_us = TIME_NONE};
	y->kept_us = TIME_NONE; /* that row has fired, and is gone */
	y->dirty = true;
	if (p->program == NULL)
		return ST_OK;
	enum status st = store_scan(p->batch->store, TABLE_DECISION,
				    SCAN_FROM(KEY_NUM(y->kept_from)), take, &b, e);
	if (st == ST_OK)
		st = swallow(&b, e);
	if (st != ST_OK)
		return st;
	y->kept_from = b.next;
	if (b.n == KEPT_BITE)
		return set_due(p, p->env.now_us + KEPT_GAP_US, e);
	return b.left_us == TIME_NONE ? ST_OK : set_due(p, next_hour_us(b.left_us + keep_us(p)), e);
}
