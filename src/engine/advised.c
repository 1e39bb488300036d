/* SPDX-License-Identifier: Apache-2.0
 * advised.c: see advised.h. Learners live in memory between batches; what has changed of them is
 * written with the batch that changed it. */
#include "engine/advised.h"

#include "base/assert.h"
#include "base/time.h"
#include "engine/account.h"
#include "engine/due.h"
#include "engine/internal.h"
#include "engine/system.h"
#include "model/key.h"

#include <math.h>

#define PART_REST UINT32_MAX /* of which context, and the mean */
#define ROW_BYTES_MAX ((size_t)4096)
#define KEY_BYTES_MAX (64 + 1 + ADVISE_ID_MAX)
#define OUTSIDE (UINT64_C(1) << 52) /* marks a touch of another sender among numbers of messages */

/* ---- rows of a learner ---- */

struct row_key {
	char bytes[64 + 1 + sizeof(uint32_t)];
	struct buf b;
};

/* name, 0, part: all parts of one decision stand together, the head first. */
static struct store_key part_key(struct str name, uint32_t part, struct row_key *room)
{
	room->b = (struct buf){
		.p = room->bytes, .cap = sizeof room->bytes, .bytes_max = sizeof room->bytes};
	buf_str(&room->b, name);
	buf_byte(&room->b, 0);
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_byte(&room->b, (char)(part >> shift & 0xff));
	ASSERT(buf_ok(&room->b)); /* names of decisions are at most 64 bytes */
	return KEY_BYTES(buf_view(&room->b));
}

static struct store_range rows_of(struct str name, struct row_key *from, struct row_key *to)
{
	struct store_range r = {part_key(name, 0, from), part_key(name, 0, to), false};
	to->bytes[name.n] = 1;
	return r;
}

struct reading {
	const struct program_decision *of;
	struct learner *got;
	double mean;
	bool rest, any;
	uint32_t parts;
	enum status st;
	struct err *e;
};

static uint32_t part_of(struct str key)
{
	uint32_t part = 0;
	for (size_t i = key.n - 4; i < key.n; i++)
		part = part << 8 | (uint8_t)key.p[i];
	return part;
}

static void read_rest(struct reading *r, struct str value)
{
	struct rd in = rd_of(value);
	bool same = rd_varint(&in) == r->of->shape;
	r->mean = rd_f64_le(&in);
	r->rest = same && rd_done(&in) && isfinite(r->mean);
}

static bool read_part(void *ctx, struct store_key key, struct str value)
{
	struct reading *r = ctx;
	uint32_t part = part_of(key.bytes);
	r->any = true;
	r->parts++;
	if (part == PART_REST)
		read_rest(r, value);
	else if (part == 0)
		r->st = learn_head_decode(value, &r->got, r->e);
	else if (r->got != NULL)
		r->st = learn_arm_decode(r->got, value, r->e);
	return r->st == ST_OK;
}

static enum status clear_rows(struct store *s, struct str name, uint32_t parts, struct err *e)
{
	struct row_key room;
	enum status st = store_del(s, TABLE_ADVISOR, part_key(name, PART_REST, &room), e);
	for (uint32_t part = 0; part < parts && st == ST_OK; part++)
		st = store_del(s, TABLE_ADVISOR, part_key(name, part, &room), e);
	return st;
}

/* What was learned with another context is no use: it goes, when the first outcome comes. */
enum status advised_read(struct store *s, const struct program_decision *of, struct advisor *out,
			 struct err *e)
{
	struct row_key from, to;
	struct reading r = {.of = of, .st = ST_OK, .e = e};
	enum status st =
		store_scan(s, TABLE_ADVISOR, rows_of(of->name, &from, &to), read_part, &r, e);
	st = st == ST_OK ? r.st : st;
	bool whole = st == ST_OK && r.rest && r.got != NULL &&
		     learn_conf_of(r.got)->dims == of->context_n + 1;
	if (whole) {
		*out = (struct advisor){.of = of, .learner = r.got, .mean = r.mean};
		return ST_OK;
	}
	learner_close(&r.got);
	if (st != ST_OK)
		return st;
	advisor_open(out, of);
	out->stale_parts = r.any ? r.parts : 0;
	return ST_OK;
}

static enum status load(struct advised *x, const struct program *p, struct store *s, struct err *e)
{
	enum status st = ST_OK;
	if (x->loaded)
		return ST_OK;
	const struct program_play *play = p->play;
	for (size_t i = 0; i < play->decisions_n && st == ST_OK; i++) {
		st = advised_read(s, &play->decisions[i], &x->list[x->n], e);
		x->n += st == ST_OK;
	}
	x->loaded = true;
	if (st != ST_OK)
		advised_forget(x);
	return st;
}

void advised_forget(struct advised *x)
{
	for (size_t i = 0; i < x->n; i++)
		advisor_close(&x->list[i]);
	x->n = 0;
	x->loaded = x->used = false;
	x->changes++;
}

/* ---- writing ---- */

static enum status flush_rest(struct advisor *a, struct store *s, struct err *e)
{
	char text[64];
	struct row_key room;
	struct buf row = {.p = text, .cap = sizeof text, .bytes_max = sizeof text};
	buf_varint(&row, a->of->shape);
	buf_f64_le(&row, a->mean);
	ASSERT(buf_ok(&row));
	return store_put(s, TABLE_ADVISOR, part_key(a->of->name, PART_REST, &room), buf_view(&row),
			 e);
}

/* A learner is written with its first outcome, not before: then its head has changed. */
static enum status flush_one(struct advisor *a, struct buf *row, struct store *s, struct err *e)
{
	struct row_key room;
	enum status st = ST_OK;
	if (!a->taught)
		return ST_OK;
	if (a->stale_parts > 0)
		st = clear_rows(s, a->of->name, a->stale_parts, e);
	for (uint32_t part = 0; part <= learn_arms(a->learner) && st == ST_OK; part++) {
		if (!learn_part_changed(a->learner, part))
			continue;
		buf_reset(row);
		learn_part_encode(a->learner, part, row);
		ASSERT(buf_ok(row));
		st = store_put(s, TABLE_ADVISOR, part_key(a->of->name, part, &room), buf_view(row),
			       e);
		if (st == ST_OK)
			learn_part_kept(a->learner, part);
	}
	if (st == ST_OK)
		st = flush_rest(a, s, e);
	a->taught = st != ST_OK;
	a->stale_parts = st == ST_OK ? 0 : a->stale_parts;
	return st;
}

enum status advised_flush(struct advised *x, struct store *s, struct err *e)
{
	struct buf row;
	enum status st = ST_OK;
	if (!x->used)
		return ST_OK;
	buf_init(&row, 2 * LEARN_ARM_BYTES_MAX);
	for (size_t i = 0; i < x->n && st == ST_OK; i++)
		st = flush_one(&x->list[i], &row, s, e);
	buf_finish(&row);
	x->used = st != ST_OK;
	return st;
}

/* ---- books ---- */

enum status advised_book(struct play *y, const struct program *p, struct advise_book **out,
			 struct err *e)
{
	struct advised *x = &y->advised;
	enum status st = p != NULL ? load(x, p, y->store, e) : ST_OK;
	if (st != ST_OK)
		return st;
	struct advise_book *b = advise_book_make(x->list, x->n);
	b->seed = y->seed;
	b->paused = y->paused;
	b->pause_reason = arena_str(&b->memory, str_of(y->pause_reason));
	*out = b;
	return ST_OK;
}

/* ---- decisions that wait for rewards ---- */

static enum status put(struct pass *p, uint64_t seq, const struct advice *a, struct err *e)
{
	char room[ROW_BYTES_MAX];
	struct buf row = {.p = room, .cap = sizeof room, .bytes_max = sizeof room};
	advice_encode(a, &row);
	ASSERT(buf_ok(&row));
	return store_put(p->batch->store, TABLE_ADVICE, KEY_NUM(seq), buf_view(&row), e);
}

static enum status get(struct pass *p, uint64_t seq, struct advice *out, struct err *e)
{
	struct str row;
	enum status st = store_get(p->batch->store, TABLE_ADVICE, KEY_NUM(seq), p->arena, &row, e);
	return st == ST_OK ? advice_decode(row, out, e) : st;
}

struct id_key {
	char bytes[KEY_BYTES_MAX];
	struct buf b;
};

static struct store_key id_key(struct str decision, struct str id, struct id_key *room)
{
	room->b = (struct buf){
		.p = room->bytes, .cap = sizeof room->bytes, .bytes_max = sizeof room->bytes};
	buf_str(&room->b, decision);
	buf_byte(&room->b, 0);
	buf_str(&room->b, id);
	ASSERT(buf_ok(&room->b)); /* who calls has seen to it */
	return KEY_BYTES(buf_view(&room->b));
}

/* ST_NOT_FOUND: never given, or its time is over. */
static enum status seq_of(struct pass *p, struct str decision, struct str id, uint64_t *out,
			  struct err *e)
{
	struct id_key room;
	struct str row;
	if (decision.n > 64 || id.n > ADVISE_ID_MAX)
		return ST_NOT_FOUND;
	enum status st = store_get(p->batch->store, TABLE_ADVICE_ID, id_key(decision, id, &room),
				   p->arena, &row, e);
	if (st == ST_OK && row.n != sizeof *out)
		return err_set(e, ST_CORRUPT, "the number of a decision cannot be read");
	if (st == ST_OK)
		*out = key_read_u64(row, 0);
	return st;
}

static enum status look_at(struct pass *p, uint64_t seq, int64_t at_us, struct err *e)
{
	int64_t soonest = p->env.now_us + US_PER_S;
	struct due d = {at_us < soonest ? soonest : at_us, DUE_ADVICE, seq};
	return due_set(p->batch, &d, TIME_NONE, e);
}

/* NULL: the program in force has it no more. */
static enum status advisor_named(struct pass *p, struct str name, struct advisor **out,
				 struct err *e)
{
	struct advised *x = &p->play->advised;
	*out = NULL;
	if (p->program == NULL)
		return ST_OK;
	enum status st = load(x, p->program, p->batch->store, e);
	for (size_t i = 0; i < x->n && st == ST_OK; i++)
		if (str_eq(x->list[i].of->name, name))
			*out = &x->list[i];
	return st;
}

static void teach(struct pass *p, struct advisor *by, struct advice *a)
{
	advisor_teach(by, a);
	p->play->advised.used = true;
	p->play->advised.changes++;
}

/* ---- given ---- */

/* What another sender did is a touch like ours: caps, cool-down and fatigue count it. */
static enum status touch(struct pass *p, const struct advisor *by, struct advice *a, struct err *e)
{
	enum status st = system_take_lead(p, a->lead, e);
	if (st == ST_NOT_FOUND) {
		a->lead = 0; /* forgotten since */
		return ST_OK;
	}
	if (st == ST_OK)
		st = batch_journey(p->batch, p->work, e);
	if (st != ST_OK)
		return st;
	struct journey *j = p->work->journey;
	if (j == NULL)
		j = ARENA_NEW(&p->batch->keep, struct journey);
	if (j == NULL)
		return err_set(e, ST_NO_MEMORY, "a journey does not fit the batch");
	if (p->work->journey == NULL)
		journey_init(j, p->work->lead.id);
	const struct touch x = {
		.at_us = a->at_us,
		.channel = program_key32("channel", p->program->consent.channels[by->of->channel]),
		.flags = TOUCH_SENT,
	};
	if (!a->wait)
		decide_touch(j, &p->program->play->guardrails, &x, a->at_us);
	batch_journey_set(p->batch, p->work, j);
	if (!a->wait)
		st = account_touch(p, OUTSIDE | p->event.seq, e);
	return st == ST_OK ? system_close_lead(p, e) : st;
}

static enum status keep(struct pass *p, const struct advisor *by, const struct advice *a,
			struct err *e)
{
	struct id_key room;
	struct key value = key_u64(p->event.seq);
	enum status st = put(p, p->event.seq, a, e);
	if (st == ST_OK)
		st = store_put(p->batch->store, TABLE_ADVICE_ID, id_key(a->decision, a->id, &room),
			       key_view(&value), e);
	return st == ST_OK ? look_at(p, p->event.seq, a->at_us + by->of->learn_us, e) : st;
}

static void count(struct pass *p, const struct advice *a)
{
	const struct str dims[] = {a->decision, a->wait ? STR("wait") : STR("act")};
	batch_count(p->batch, p->env.now_us, "advice", dims, 2, 1);
}

enum status advised_given(struct engine *en, struct pass *p, struct err *e)
{
	struct json d;
	struct advice a;
	struct advisor *by = NULL;
	uint64_t before;
	(void)en;
	enum status st = system_props(p, p->arena, &d, e);
	struct str name = st == ST_OK ? advice_decision(&d, p->arena) : STR_NULL;
	if (st == ST_OK)
		st = advisor_named(p, name, &by, e);
	if (st == ST_OK && by == NULL)
		st = err_set(e, ST_NOT_FOUND, "advice.given: the program has no such decision");
	if (st == ST_OK)
		st = advice_read(&d, by->of, p->arena, &a, e);
	if (st != ST_OK)
		return st;
	st = seq_of(p, a.decision, a.id, &before, e);
	if (st != ST_NOT_FOUND)
		return st != ST_OK ? st
				   : err_set(e, ST_CONFLICT,
					     "advice.given: record %llu has the same id",
					     (unsigned long long)before);
	a.at_us = p->env.now_us;
	st = a.lead > 0 ? touch(p, by, &a, e) : ST_OK;
	if (st == ST_OK)
		st = keep(p, by, &a, e);
	if (st == ST_OK)
		count(p, &a);
	return st;
}

/* ---- rewards ---- */

static enum status late(const struct advise_reward *r, struct err *e)
{
	return err_set(e, ST_NOT_FOUND,
		       "advice.reward: decision " STR_FMT
		       " was never given under this id, or its time is over",
		       STR_ARG(str_upto(r->decision, 64)));
}

enum status advised_reward(struct engine *en, struct pass *p, struct err *e)
{
	struct json d;
	struct advise_reward r;
	struct advice a;
	struct advisor *by = NULL;
	uint64_t seq = 0;
	(void)en;
	enum status st = system_props(p, p->arena, &d, e);
	if (st == ST_OK)
		st = advice_reward(&d, p->arena, &r, e);
	if (st == ST_OK)
		st = advisor_named(p, r.decision, &by, e);
	if (st != ST_OK)
		return st;
	st = seq_of(p, r.decision, r.id, &seq, e);
	if (st == ST_OK)
		st = get(p, seq, &a, e);
	if (st == ST_NOT_FOUND || (st == ST_OK && by == NULL))
		return late(&r, e);
	if (st != ST_OK || p->env.now_us - a.at_us > by->of->close_us)
		return st != ST_OK ? st : late(&r, e);
	if (!advice_reward_add(&a, by->of, &r))
		return ST_OK;
	const struct str dims[] = {a.decision};
	batch_count(p->batch, p->env.now_us, "advice_reward", dims, 1, 1);
	if (a.taught && a.shape == by->of->shape)
		teach(p, by, &a);
	return put(p, seq, &a, e);
}

/* ---- the time to look ---- */

static enum status drop(struct pass *p, uint64_t seq, const struct advice *a, struct err *e)
{
	struct id_key room;
	enum status st = store_del(p->batch->store, TABLE_ADVICE, KEY_NUM(seq), e);
	return st == ST_OK ? store_del(p->batch->store, TABLE_ADVICE_ID,
				       id_key(a->decision, a->id, &room), e)
			   : st;
}

enum status advised_due(struct pass *p, uint64_t seq, struct err *e)
{
	struct advice a;
	struct advisor *by = NULL;
	enum status st = get(p, seq, &a, e);
	if (st == ST_NOT_FOUND)
		return ST_OK;
	if (st == ST_OK)
		st = advisor_named(p, a.decision, &by, e);
	if (st != ST_OK)
		return st;
	if (by == NULL || a.shape != by->of->shape)
		return drop(p, seq, &a, e);
	if (!a.taught)
		teach(p, by, &a);
	if (p->env.now_us >= a.at_us + by->of->close_us)
		return drop(p, seq, &a, e);
	st = put(p, seq, &a, e);
	return st == ST_OK ? look_at(p, seq, a.at_us + by->of->close_us, e) : st;
}
