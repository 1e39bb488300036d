/* SPDX-License-Identifier: Apache-2.0
 * learned.c: see learned.h. The learner lives in memory between batches; its rows are written with
 * the batch that changed them, only those that changed. A batch that fails takes the memory with
 * it: the next one reads the committed rows. */
#include "engine/learned.h"

#include "base/assert.h"
#include "base/time.h"
#include "engine/drift.h"
#include "engine/due.h"
#include "engine/kept.h"
#include "engine/outbox.h"
#include "engine/pass.h"
#include "model/key.h"

#include <math.h>
#include <string.h>

#define MODELS 2
#define MODEL_REST MODELS /* price, mean, hours */
#define LATE_US (30 * US_PER_D)
#define ROW_BYTES_MAX 4096

static struct learner **model_of(struct decide_learned *l, unsigned model)
{
	return model == 0 ? &l->response : &l->harm;
}

static struct key row_key(unsigned model, uint32_t part)
{
	return key_u64((uint64_t)model << 32 | part);
}

/* ---- reading ---- */

struct reading {
	struct decide_learned *into;
	struct learner *got[MODELS];
	bool rest;
	enum status st;
	struct err *e;
};

static void read_rest(struct reading *r, struct str value)
{
	struct rd in = rd_of(value);
	bool known = rd_varint(&in) == CONTEXT_VERSION;
	r->into->price = rd_f64_le(&in);
	r->into->mean = rd_f64_le(&in);
	for (size_t h = 0; h < LEARNED_HOURS; h++) {
		r->into->hours[h] = rd_f64_le(&in);
		known = known && r->into->hours[h] >= 0 && r->into->hours[h] < 1e9;
	}
	/* Rows of before it was told do not have it. */
	r->into->since_us = known && !rd_done(&in) ? rd_zigzag(&in) : TIME_NONE;
	r->rest = known && rd_done(&in) && isfinite(r->into->price) && isfinite(r->into->mean);
}

static bool read_part(void *ctx, struct store_key key, struct str value)
{
	struct reading *r = ctx;
	uint64_t at = key_read_u64(key.bytes, 0);
	unsigned model = (unsigned)(at >> 32);
	if (model == MODEL_REST) {
		read_rest(r, value);
		return true;
	}
	if (model >= MODELS)
		r->st = err_set(r->e, ST_CORRUPT, "a row of the learner is none");
	else if ((uint32_t)at == 0)
		r->st = learn_head_decode(value, &r->got[model], r->e);
	else if (r->got[model] != NULL)
		r->st = learn_arm_decode(r->got[model], value, r->e);
	return r->st == ST_OK;
}

static bool whole(const struct reading *r)
{
	for (unsigned m = 0; m < MODELS; m++)
		if (r->got[m] == NULL || learn_conf_of(r->got[m])->dims != CONTEXT_COUNT)
			return false;
	return r->rest;
}

static enum status read_all(struct learned *x, struct store *s, struct err *e)
{
	struct decide_learned found = {0};
	struct reading r = {.into = &found, .st = ST_OK, .e = e};
	enum status st = store_scan(s, TABLE_LEARNER, SCAN_ALL, read_part, &r, e);
	bool any = r.got[0] != NULL || r.got[1] != NULL || r.rest;
	st = st == ST_OK ? r.st : st;
	if (st == ST_OK && whole(&r)) {
		learned_close(&x->now);
		x->now.response = r.got[0];
		x->now.harm = r.got[1];
		x->now.price = found.price;
		x->now.mean = found.mean;
		x->now.since_us = found.since_us;
		memcpy(x->now.hours, found.hours, sizeof found.hours);
		return ST_OK;
	}
	x->clear = any;
	for (unsigned m = 0; m < MODELS; m++)
		learner_close(&r.got[m]);
	return st;
}

enum status learned_use(struct learned *x, struct store *s, uint64_t seed,
			struct decide_learned **out, struct err *e)
{
	enum status st = ST_OK;
	if (!x->loaded) {
		learned_open(&x->now, seed);
		st = read_all(x, s, e);
		x->loaded = true;
	}
	if (st != ST_OK) {
		learned_forget(x);
		return st;
	}
	x->used = true;
	*out = &x->now;
	return ST_OK;
}

void learned_forget(struct learned *x)
{
	if (x->loaded)
		learned_close(&x->now);
	*x = (struct learned){.loaded = false};
}

/* ---- writing ---- */

static enum status flush_model(struct learner *l, unsigned model, struct store *s, struct err *e)
{
	struct buf row;
	enum status st = ST_OK;
	buf_init(&row, 2 * LEARN_ARM_BYTES_MAX);
	for (uint32_t part = 0; part <= learn_arms(l) && st == ST_OK; part++) {
		if (!learn_part_changed(l, part))
			continue;
		struct key k = row_key(model, part);
		buf_reset(&row);
		learn_part_encode(l, part, &row);
		ASSERT(buf_ok(&row));
		st = store_put(s, TABLE_LEARNER, KEY_BYTES(key_view(&k)), buf_view(&row), e);
		if (st == ST_OK)
			learn_part_kept(l, part);
	}
	buf_finish(&row);
	return st;
}

#define OLD_ROWS_MAX 64
struct old_rows {
	struct key keys[OLD_ROWS_MAX];
	size_t n;
};

static bool take_old(void *ctx, struct store_key key, struct str value)
{
	struct old_rows *o = ctx;
	(void)value;
	o->keys[o->n++] = key_u64(key_read_u64(key.bytes, 0));
	return o->n < OLD_ROWS_MAX;
}

static enum status clear_rows(struct store *s, struct err *e)
{
	struct old_rows o;
	enum status st;
	do {
		o.n = 0;
		st = store_scan(s, TABLE_LEARNER, SCAN_ALL, take_old, &o, e);
		for (size_t i = 0; i < o.n && st == ST_OK; i++)
			st = store_del(s, TABLE_LEARNER, KEY_BYTES(key_view(&o.keys[i])), e);
	} while (st == ST_OK && o.n > 0);
	return st;
}

static enum status flush_rest(const struct decide_learned *l, struct store *s, struct err *e)
{
	char room[256];
	struct buf row = {.p = room, .cap = sizeof room, .bytes_max = sizeof room};
	struct key k = row_key(MODEL_REST, 0);
	buf_varint(&row, CONTEXT_VERSION);
	buf_f64_le(&row, l->price);
	buf_f64_le(&row, l->mean);
	for (size_t h = 0; h < LEARNED_HOURS; h++)
		buf_f64_le(&row, l->hours[h]);
	buf_zigzag(&row, l->since_us);
	ASSERT(buf_ok(&row));
	return store_put(s, TABLE_LEARNER, KEY_BYTES(key_view(&k)), buf_view(&row), e);
}

enum status learned_flush(struct learned *x, struct store *s, struct err *e)
{
	if (!x->used)
		return ST_OK;
	enum status st = x->clear ? clear_rows(s, e) : ST_OK;
	for (unsigned m = 0; m < MODELS && st == ST_OK; m++)
		st = flush_model(*model_of(&x->now, m), m, s, e);
	if (st == ST_OK)
		st = flush_rest(&x->now, s, e);
	x->clear = x->clear && st != ST_OK;
	x->used = st != ST_OK;
	return st;
}

/* ---- what awaits its outcome ---- */

static enum status put(struct pass *p, const struct pending *of, struct err *e)
{
	char room[ROW_BYTES_MAX];
	struct buf row = {.p = room, .cap = sizeof room, .bytes_max = sizeof room};
	pending_encode(of, &row);
	ASSERT(buf_ok(&row));
	return store_put(p->batch->store, TABLE_PENDING, KEY_NUM(of->decision), buf_view(&row), e);
}

static enum status get(struct pass *p, uint64_t decision, struct pending *out, struct err *e)
{
	struct str row;
	enum status st =
		store_get(p->batch->store, TABLE_PENDING, KEY_NUM(decision), p->arena, &row, e);
	return st == ST_OK ? pending_decode(row, out, e) : st;
}

static enum status look_at(struct pass *p, uint64_t decision, int64_t at_us, struct err *e)
{
	int64_t soonest = p->env.now_us + US_PER_S;
	struct due d = {at_us < soonest ? soonest : at_us, DUE_OUTCOME, decision};
	return due_set(p->batch, &d, TIME_NONE, e);
}

static const struct program_deciding *deciding(const struct pass *p)
{
	return p->program != NULL ? &p->program->play->deciding : NULL;
}

enum status learned_remember(struct pass *p, const struct pending *of, struct err *e)
{
	enum status st = put(p, of, e);
	if (st == ST_OK)
		st = rollout_decided(p, of, e);
	return st == ST_OK ? look_at(p, of->decision, of->at_us + deciding(p)->learn_us, e) : st;
}

/* ---- outcomes ---- */

static enum status keep_outcome(struct store *s, const struct pending *of, struct err *e)
{
	char room[32];
	struct buf row = {.p = room, .cap = sizeof room, .bytes_max = sizeof room};
	buf_f64_le(&row, (double)of->outcome);
	buf_f64_le(&row, (double)of->harm);
	ASSERT(buf_ok(&row));
	return store_put(s, TABLE_OUTCOME, KEY_NUM(of->decision), buf_view(&row), e);
}

enum status learned_outcome(struct store *s, uint64_t decision, struct arena *a, double *outcome_r,
			    double *harm_r, struct err *e)
{
	struct str row;
	enum status st = store_get(s, TABLE_OUTCOME, KEY_NUM(decision), a, &row, e);
	if (st != ST_OK)
		return st;
	struct rd r = rd_of(row);
	double outcome = rd_f64_le(&r), harm = rd_f64_le(&r);
	if (!rd_done(&r) || !isfinite(outcome) || !isfinite(harm))
		return err_set(e, ST_CORRUPT, "the outcome of a decision cannot be read");
	*outcome_r = outcome;
	*harm_r = harm;
	return ST_OK;
}

static enum status teach(struct pass *p, struct pending *of, struct err *e)
{
	struct decide_learned *l;
	double outcome = of->taught ? (double)of->taught_outcome : 0;
	double harm = of->taught ? (double)of->taught_harm : 0;
	enum status st = learned_use(&p->play->learned, p->batch->store, p->play->seed, &l, e);
	if (st == ST_OK)
		st = drift_learns(p, l, of, e);
	if (st != ST_OK)
		return st;
	learned_teach(l, deciding(p), of);
	st = keep_outcome(p->batch->store, of, e);
	return st == ST_OK ? rollout_learned(p, of, outcome, harm, e) : st;
}

/* The decision behind a message; 0: it has none. */
static enum status of_message(struct pass *p, uint64_t message, uint64_t *out, struct err *e)
{
	struct message m;
	enum status st =
		message == 0 ? ST_NOT_FOUND : outbox_get(p->batch->store, message, p->arena, &m, e);
	*out = st == ST_OK ? m.decision : 0;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static bool take_latest(void *ctx, struct store_key key, struct str value)
{
	uint64_t *out = ctx;
	(void)value;
	*out = key_read_u64(key.bytes, 8);
	return false;
}

/* Whose doing is it? The message's that it speaks of; else the latest touch's, when it is not
 * long ago; else the latest decision's, which may have been to say nothing. */
static enum status whose(struct pass *p, const struct journey *j, uint64_t *out, struct err *e)
{
	int64_t message = 0, now = p->env.now_us;
	uint64_t lead = j->lead;
	*out = 0;
	if (str_is(p->event.source, PASS_OBSERVED))
		(void)json_i64(&p->properties, json_get(&p->properties, 0, "message"),
			       &message); /* absent: 0 */
	if (message > 0)
		return of_message(p, (uint64_t)message, out, e);
	const struct touch *t = j->touches_n > 0 ? &j->touches[j->touches_n - 1] : NULL;
	if (t != NULL && time_between(t->at_us, now) <= deciding(p)->close_us)
		return of_message(p, t->message, out, e);
	struct key from = key_u64(lead), to = key_u64(lead + 1);
	struct store_range all = {KEY_BYTES(key_view(&from)), KEY_BYTES(key_view(&to)), true};
	return store_scan(p->batch->store, TABLE_LEAD_DECISION, all, take_latest, out, e);
}

/* At which hour people are at it, machines left out. */
static enum status note_hour(struct pass *p, struct err *e)
{
	struct decide_learned *l;
	struct str unused;
	const struct json *profile = &p->work->profile_doc;
	if (deciding(p)->mode == DECIDE_OFF || deciding(p)->mode == DECIDE_FIXED ||
	    (p->event.flags & EVENT_SYSTEM) ||
	    !event_counts(&p->event, p->program->consent.honour_dnt))
		return ST_OK;
	enum status st = batch_profile(p->batch, p->work, e);
	if (st == ST_OK)
		st = learned_use(&p->play->learned, p->batch->store, p->play->seed, &l, e);
	if (st != ST_OK)
		return st;
	struct str zone = profile->count > 0
				  ? json_str(profile, json_get(profile, 0, "tz"), p->arena)
				  : STR_NULL;
	learned_hour(l, play_zone(p->play, zone, p->program->play->guardrails.zone, &unused),
		     p->event.occurred_us);
	return ST_OK;
}

static enum status came(struct pass *p, const struct journey *j, struct err *e)
{
	struct pending of;
	uint64_t decision;
	const struct program_deciding *d = deciding(p);
	if (!learned_asks(d, p->event.type) ||
	    (!event_counts(&p->event, p->program->consent.honour_dnt) &&
	     !learned_harms(p->event.type)))
		return ST_OK;
	enum status st = whose(p, j, &decision, e);
	if (st == ST_OK && decision == 0)
		return ST_OK;
	if (st == ST_OK)
		st = get(p, decision, &of, e);
	if (st == ST_NOT_FOUND)
		return ST_OK; /* made by rules, or its time is over */
	if (st != ST_OK || !learned_event(d, &of, p->event.type, p->env.now_us))
		return st;
	if (of.taught)
		st = teach(p, &of, e);
	return st == ST_OK ? put(p, &of, e) : st;
}

enum status learned_seen(struct pass *p, const struct journey *j, struct err *e)
{
	enum status st = note_hour(p, e);
	return st == ST_OK ? came(p, j, e) : st;
}

/* ---- the time to look ---- */

enum effect { EFFECT_YES, EFFECT_NOT_YET, EFFECT_NEVER };

/* Did it happen? A message may have been held up, or never have left. */
static enum status effect_of(struct pass *p, struct pending *of, enum effect *out, struct err *e)
{
	struct message m;
	*out = EFFECT_YES;
	if (of->message == 0)
		return ST_OK;
	enum status st = outbox_get(p->batch->store, of->message, p->arena, &m, e);
	if (st == ST_NOT_FOUND)
		*out = EFFECT_NEVER;
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st;
	if (m.sent_us != TIME_NONE && m.state != MESSAGE_FAILED)
		of->at_us = m.sent_us > of->at_us ? m.sent_us : of->at_us;
	else if (message_final(m.state) || p->env.now_us > of->at_us + LATE_US)
		*out = EFFECT_NEVER;
	else
		*out = EFFECT_NOT_YET;
	return ST_OK;
}

static enum status over(struct pass *p, uint64_t decision, struct err *e)
{
	enum status st = store_del(p->batch->store, TABLE_PENDING, KEY_NUM(decision), e);
	return st == ST_OK ? kept_settled(p, decision, e) : st;
}

static enum status settle(struct pass *p, struct pending *of, struct err *e)
{
	const struct program_deciding *d = deciding(p);
	int64_t now = p->env.now_us, first = of->at_us + d->learn_us;
	int64_t close = of->at_us + d->close_us;
	enum status st = ST_OK;
	if (now < first) { /* it took effect later than planned */
		st = put(p, of, e);
		return st == ST_OK ? look_at(p, of->decision, first, e) : st;
	}
	if (!of->taught)
		st = teach(p, of, e);
	if (st != ST_OK || now >= close)
		return st == ST_OK ? over(p, of->decision, e) : st;
	st = put(p, of, e);
	return st == ST_OK ? look_at(p, of->decision, close, e) : st;
}

enum status learned_due(struct pass *p, uint64_t decision, struct err *e)
{
	struct pending of;
	enum effect effect;
	const struct program_deciding *d = deciding(p);
	enum status st = get(p, decision, &of, e);
	if (st == ST_NOT_FOUND)
		return ST_OK;
	if (st == ST_OK)
		st = effect_of(p, &of, &effect, e);
	if (st != ST_OK)
		return st;
	if (effect == EFFECT_NEVER || d == NULL || d->mode == DECIDE_OFF)
		return over(p, decision, e);
	if (effect == EFFECT_NOT_YET)
		return look_at(p, decision, p->env.now_us + US_PER_D, e);
	return settle(p, &of, e);
}
