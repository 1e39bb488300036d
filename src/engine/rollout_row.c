/* SPDX-License-Identifier: Apache-2.0
 * rollout_row.c: what a rollout keeps, as bytes. */
#include "engine/rollout_row.h"

#include "base/assert.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define VERSION 1

/* ---- the state ---- */

static void put_side(struct buf *b, const struct trial_side *s)
{
	const double f[] = {s->n, s->reward, s->reward_squares, s->harm, s->harm_squares};
	for (size_t i = 0; i < sizeof f / sizeof *f; i++)
		buf_f64_le(b, f[i]);
}

static double get_f64(struct rd *r)
{
	double v = rd_f64_le(r);
	r->ok = r->ok && isfinite(v);
	return v;
}

static void get_side(struct rd *r, struct trial_side *s)
{
	s->n = get_f64(r);
	s->reward = get_f64(r);
	s->reward_squares = get_f64(r);
	s->harm = get_f64(r);
	s->harm_squares = get_f64(r);
}

void rollout_state_encode(const struct rollout_state *x, struct buf *out)
{
	buf_varint(out, VERSION);
	buf_varint(out, x->stage);
	buf_zigzag(out, x->since_us);
	put_side(out, &x->trial.champion);
	put_side(out, &x->trial.candidate);
	buf_f64_le(out, x->trial.decisions);
	buf_f64_le(out, x->trial.weight);
	buf_f64_le(out, x->trial.weight_squares);
	for (size_t i = 0; i < x->changes_n; i++) {
		const struct rollout_change *c = &x->changes[i];
		buf_zigzag(out, c->at_us);
		buf_bytes(out, str_of(c->hash.hex));
		buf_varint(out, c->from);
		buf_varint(out, c->to);
		buf_varint(out, c->by_itself);
		buf_bytes(out, str_of(c->words));
	}
}

static void get_change(struct rd *r, struct rollout_change *c)
{
	c->at_us = rd_zigzag(r);
	struct str hash = rd_bytes(r);
	uint64_t from = rd_varint(r), to = rd_varint(r), by_itself = rd_varint(r);
	struct str words = rd_bytes(r);
	r->ok = r->ok && hash.n < sizeof c->hash.hex && from <= ROLLOUT_OUT && to <= ROLLOUT_OUT &&
		by_itself <= 1;
	if (!r->ok)
		return;
	(void)snprintf(c->hash.hex, sizeof c->hash.hex, STR_FMT, STR_ARG(hash));
	c->from = (unsigned)from;
	c->to = (unsigned)to;
	c->by_itself = by_itself == 1;
	(void)snprintf(c->words, sizeof c->words, STR_FMT, STR_ARG(words));
}

enum status rollout_state_decode(struct str row, struct rollout_state *out, struct err *e)
{
	struct rd r = rd_of(row);
	struct rollout_state x = {.stage = 0};
	bool known = rd_varint(&r) == VERSION;
	uint64_t stage = rd_varint(&r);
	x.stage = (uint32_t)stage;
	x.since_us = rd_zigzag(&r);
	get_side(&r, &x.trial.champion);
	get_side(&r, &x.trial.candidate);
	x.trial.decisions = get_f64(&r);
	x.trial.weight = get_f64(&r);
	x.trial.weight_squares = get_f64(&r);
	while (r.ok && r.p < r.end && x.changes_n < ROLLOUT_CHANGES_MAX)
		get_change(&r, &x.changes[x.changes_n++]);
	if (!known || stage > UINT32_MAX || !rd_done(&r))
		return err_set(e, ST_CORRUPT, "the row of a rollout cannot be read");
	*out = x;
	return ST_OK;
}

/* ---- a lead ---- */

void rollout_lead_encode(const struct rollout_lead *x, struct buf *out)
{
	const double f[] = {x->reward, x->harm, x->reward_apart, x->harm_apart};
	buf_varint(out, x->stage);
	for (size_t i = 0; i < sizeof f / sizeof *f; i++)
		buf_f64_le(out, f[i]);
}

enum status rollout_lead_decode(struct str row, struct rollout_lead *out, struct err *e)
{
	struct rd r = rd_of(row);
	uint64_t stage = rd_varint(&r);
	out->stage = (uint32_t)stage;
	out->reward = get_f64(&r);
	out->harm = get_f64(&r);
	out->reward_apart = get_f64(&r);
	out->harm_apart = get_f64(&r);
	return stage <= UINT32_MAX && rd_done(&r)
		       ? ST_OK
		       : err_set(e, ST_CORRUPT, "what a lead brought to a rollout cannot be read");
}
