/* SPDX-License-Identifier: Apache-2.0
 * drift.c: see drift.h. */
#include "engine/drift.h"

#include "base/assert.h"
#include "base/time.h"
#include "engine/pass.h"
#include "model/key.h"

#include <math.h>

#define PART_ALARMS WATCH_PARTS
#define WINDOW_LEAST 500u  /* with fewer, chance alone looks like drift */
#define WIDEN_TIMES 2.0F   /* what was learned counts half */
#define REOPEN_TIMES 16.0F /* ... next to nothing */
#define ALARMS_BYTES_MAX 4096u

/* ---- what may ring ---- */

/* What is there when somebody is new to us, and is none of our doing. */
static const struct {
	size_t from, to;
	enum watch_role role;
} roles[] = {
	{CONTEXT_fit, CONTEXT_engagement, WATCH_SCORE},
	{CONTEXT_warm, CONTEXT_hot, WATCH_WORLD},
	{CONTEXT_opened_14d, CONTEXT_replied_60d, WATCH_WORLD},
	{CONTEXT_persona, CONTEXT_persona_last, WATCH_WORLD},
	{CONTEXT_source, CONTEXT_source_last, WATCH_WORLD},
	{CONTEXT_country, CONTEXT_country_last, WATCH_WORLD},
	{CONTEXT_feature, CONTEXT_feature_last, WATCH_WORLD},
};

enum watch_role drift_role(size_t i)
{
	for (size_t k = 0; k < sizeof roles / sizeof *roles; k++)
		if (i >= roles[k].from && i <= roles[k].to)
			return roles[k].role;
	return WATCH_OWN;
}

/* Nothing was said to them yet. */
static bool is_new(const struct pending *of)
{
	return !(of->x[CONTEXT_touch_recent] > 0) && !(of->x[CONTEXT_sent_30d] > 0);
}

/* ---- rows ---- */

static void put_alarms(const struct drift *x, struct buf *row)
{
	buf_varint(row, x->ever);
	buf_zigzag(row, x->until_us);
	buf_varint(row, x->alarms_n);
	for (size_t i = 0; i < x->alarms_n; i++) {
		const struct drift_alarm *a = &x->alarms[i];
		buf_zigzag(row, a->at_us);
		buf_varint(row, a->what.what);
		buf_varint(row, a->what.dim);
		buf_f64_le(row, a->what.figure);
		buf_f64_le(row, a->what.limit);
		buf_varint(row, a->then);
	}
}

static bool get_alarm(struct rd *r, struct drift_alarm *a)
{
	a->at_us = rd_zigzag(r);
	uint64_t what = rd_varint(r), dim = rd_varint(r);
	a->what.figure = rd_f64_le(r);
	a->what.limit = rd_f64_le(r);
	uint64_t then = rd_varint(r);
	a->what.what = (enum watch_detector)what;
	a->what.dim = (uint32_t)dim;
	a->then = (enum decide_drift)then;
	return r->ok && what < WATCH_DETECTORS && dim < CONTEXT_COUNT &&
	       then <= DECIDE_ALARM_ONLY && isfinite(a->what.figure) && isfinite(a->what.limit);
}

static enum status get_alarms(struct drift *x, struct str row, struct err *e)
{
	struct rd r = rd_of(row);
	x->ever = rd_varint(&r);
	x->until_us = rd_zigzag(&r);
	uint64_t n = rd_varint(&r);
	bool fine = r.ok && n <= DRIFT_KEPT;
	for (x->alarms_n = 0; fine && x->alarms_n < n; x->alarms_n++)
		fine = get_alarm(&r, &x->alarms[x->alarms_n]);
	return fine && rd_done(&r) ? ST_OK
				   : err_set(e, ST_CORRUPT, "alarms of drift cannot be read");
}

struct reading {
	struct drift *x;
	bool other; /* rows of another version of the context: as if there were none */
	enum status st;
	struct err *e;
};

static bool read_part(void *ctx, struct store_key key, struct str value)
{
	struct reading *r = ctx;
	struct rd in = rd_of(value);
	uint64_t part = key.num;
	if (rd_varint(&in) != CONTEXT_VERSION) {
		r->other = true;
		return false;
	}
	struct str rest = str_n(in.p, (size_t)(in.end - in.p));
	if (part == PART_ALARMS)
		r->st = get_alarms(r->x, rest, r->e);
	else if (part < WATCH_PARTS)
		r->st = watch_part_decode(r->x->watch, (unsigned)part, rest, r->e);
	else
		r->st = err_set(r->e, ST_CORRUPT, "a row of drift is none");
	return r->st == ST_OK;
}

void drift_forget(struct drift *x)
{
	watch_close(&x->watch);
	*x = (struct drift){.until_us = TIME_NONE};
}

enum status drift_use(struct drift *x, struct store *s, struct err *e)
{
	if (x->watch != NULL)
		return ST_OK;
	struct reading r = {.x = x, .st = ST_OK, .e = e};
	drift_forget(x);
	x->watch = watch_open(CONTEXT_COUNT);
	enum status st = store_scan(s, TABLE_DRIFT, SCAN_ALL, read_part, &r, e);
	if (st == ST_OK && r.other) {
		drift_forget(x);
		x->watch = watch_open(CONTEXT_COUNT);
	}
	st = st == ST_OK ? r.st : st;
	if (st != ST_OK)
		drift_forget(x);
	return st;
}

enum status drift_alarms(struct store *s, struct arena *a, struct drift *out, struct err *e)
{
	struct str row;
	struct reading r = {.x = out, .st = ST_OK, .e = e};
	*out = (struct drift){.until_us = TIME_NONE};
	enum status st = store_get(s, TABLE_DRIFT, KEY_NUM(PART_ALARMS), a, &row, e);
	if (st == ST_OK && !read_part(&r, KEY_NUM(PART_ALARMS), row))
		st = r.st;
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status put_part(struct store *s, uint64_t part, const struct drift *x, struct err *e)
{
	struct buf row;
	buf_init(&row, part == PART_ALARMS ? ALARMS_BYTES_MAX : WATCH_BYTES_MAX);
	buf_varint(&row, CONTEXT_VERSION);
	if (part == PART_ALARMS)
		put_alarms(x, &row);
	else
		watch_part_encode(x->watch, (unsigned)part, &row);
	ASSERT(buf_ok(&row));
	enum status st = store_put(s, TABLE_DRIFT, KEY_NUM(part), buf_view(&row), e);
	buf_finish(&row);
	return st;
}

enum status drift_flush(struct drift *x, struct store *s, struct err *e)
{
	enum status st = ST_OK;
	for (unsigned part = 0; x->watch != NULL && part < WATCH_PARTS && st == ST_OK; part++) {
		if (!watch_part_changed(x->watch, part))
			continue;
		st = put_part(s, part, x, e);
		if (st == ST_OK)
			watch_part_kept(x->watch, part);
	}
	if (st == ST_OK && x->rang) {
		st = put_part(s, PART_ALARMS, x, e);
		x->rang = st != ST_OK;
	}
	return st;
}

/* ---- alarms ---- */

bool drift_on(const struct drift *x, int64_t now_us)
{
	return x->until_us != TIME_NONE && now_us < x->until_us;
}

enum decide_drift drift_now(const struct drift *x, const struct program_deciding *d, int64_t now_us)
{
	return drift_on(x, now_us) ? d->on_drift : DECIDE_STEADY;
}

static void keep_alarm(struct drift *x, const struct drift_alarm *a)
{
	if (x->alarms_n == DRIFT_KEPT)
		memmove(x->alarms, x->alarms + 1, --x->alarms_n * sizeof *a);
	x->alarms[x->alarms_n++] = *a;
	x->ever++;
	x->rang = true;
}

/* Certainty is given up once, however often it rings until it is over. */
static void give_up(struct decide_learned *l, enum decide_drift how)
{
	float times = how == DECIDE_REOPEN ? REOPEN_TIMES : WIDEN_TIMES;
	if (how != DECIDE_WIDEN && how != DECIDE_REOPEN)
		return;
	learn_widen(l->response, times);
	learn_widen(l->harm, times);
}

static void ring(struct pass *p, struct decide_learned *l, const struct watch_alarm *what)
{
	struct drift *x = &p->play->drift;
	const struct program_deciding *d = &p->program->play->deciding;
	int64_t now = p->env.now_us;
	const struct drift_alarm a = {now, *what, d->on_drift};
	char name[32] = "-";
	if (what->what == WATCH_PSI || what->what == WATCH_KS)
		context_name(what->dim, name);
	const struct str dims[] = {str_of(watch_detector_name(what->what)), str_of(name)};
	batch_count(p->batch, now, "drift", dims, 2, 1);
	if (!drift_on(x, now))
		give_up(l, d->on_drift);
	x->until_us = now + d->drift_hold_us;
	keep_alarm(x, &a);
}

/* ---- what is watched ---- */

enum status drift_decided(struct pass *p, const struct decide_out *out, struct err *e)
{
	struct drift *x = &p->play->drift;
	struct decide_learned *l;
	struct watch_alarm rang;
	enum watch_role role[CONTEXT_COUNT];
	const struct program_deciding *d = &p->program->play->deciding;
	const struct watch_conf conf = {d->drift_psi, d->drift_window_us, WINDOW_LEAST, role};
	for (size_t i = 0; i < CONTEXT_COUNT; i++)
		role[i] = drift_role(i);
	enum status st = drift_use(x, p->batch->store, e);
	if (st == ST_OK)
		st = learned_use(&p->play->learned, p->batch->store, p->play->seed, &l, e);
	if (st == ST_OK &&
	    watch_decision(x->watch, &conf, is_new(&out->pending) ? out->pending.x : NULL,
			   out->odds, p->env.now_us, &rang))
		ring(p, l, &rang);
	return st;
}

enum status drift_learns(struct pass *p, struct decide_learned *l, const struct pending *of,
			 struct err *e)
{
	struct drift *x = &p->play->drift;
	struct learned_guess g;
	struct watch_alarm rang;
	enum status st = drift_use(x, p->batch->store, e);
	if (st != ST_OK || of->taught)
		return st;
	learned_guess(l, of, &g);
	const struct watch_outcome o = {
		.guess = g.outcome,
		.outcome = (double)of->outcome,
		.sent = of->message != 0,
		.harm_guess = g.harm,
		.harm = (double)of->harm,
	};
	if (watch_outcome(x->watch, &o, &rang))
		ring(p, l, &rang);
	return ST_OK;
}
