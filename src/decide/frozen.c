/* SPDX-License-Identifier: Apache-2.0
 * frozen.c: see frozen.h. */
#include "decide/frozen.h"

#include <math.h>

#define VERSION 1

static enum decide_mode mode_of(const struct program_deciding *p)
{
	bool draws =
		p->mode == DECIDE_EPSILON || p->mode == DECIDE_IGW || p->mode == DECIDE_THOMPSON;
	return draws ? p->mode : DECIDE_IGW;
}

static void put_thin(const struct learner *l, struct buf *out)
{
	struct buf thin;
	buf_init(&thin, FROZEN_BYTES_MAX);
	learner_encode_thin(l, &thin);
	if (buf_ok(&thin))
		buf_bytes(out, buf_view(&thin));
	else
		out->over = true;
	buf_finish(&thin);
}

void frozen_encode(const struct decide_learned *l, const struct program_deciding *p,
		   struct buf *out)
{
	buf_varint(out, VERSION);
	buf_varint(out, CONTEXT_VERSION);
	buf_varint(out, mode_of(p));
	buf_f64_le(out, p->epsilon);
	buf_f64_le(out, p->gain);
	buf_f64_le(out, p->most);
	buf_f64_le(out, p->least);
	buf_f64_le(out, l->mean);
	put_thin(l->response, out);
	put_thin(l->harm, out);
}

void frozen_close(struct decide_frozen *f)
{
	learner_close(&f->response);
	learner_close(&f->harm);
	*f = (struct decide_frozen){.mode = DECIDE_OFF};
}

static bool share(double v)
{
	return v >= 0 && v <= 1; /* not so for NaN */
}

static bool settings_hold(const struct decide_frozen *f)
{
	bool draws =
		f->mode == DECIDE_EPSILON || f->mode == DECIDE_IGW || f->mode == DECIDE_THOMPSON;
	return draws && share(f->epsilon) && share(f->most) && share(f->least) && share(f->mean) &&
	       f->gain >= 0 && f->gain <= 1e9;
}

static enum status take_models(struct rd *r, struct decide_frozen *f, struct err *e)
{
	struct str response = rd_bytes(r), harm = rd_bytes(r);
	if (!rd_done(r) || !settings_hold(f))
		return err_set(e, ST_CORRUPT, "the model is damaged");
	enum status st = learner_decode_thin(response, &f->response, e);
	if (st == ST_OK)
		st = learner_decode_thin(harm, &f->harm, e);
	if (st == ST_OK && (learn_conf_of(f->response)->dims != CONTEXT_COUNT ||
			    learn_conf_of(f->harm)->dims != CONTEXT_COUNT))
		st = err_set(e, ST_CORRUPT, "the model is of another size");
	return st;
}

enum status frozen_decode(struct str bytes, struct decide_frozen *out, struct err *e)
{
	struct rd r = rd_of(bytes);
	struct decide_frozen f = {.mode = DECIDE_OFF};
	uint64_t version = rd_varint(&r), context = rd_varint(&r), mode = rd_varint(&r);
	if (!r.ok || version != VERSION)
		return err_set(e, ST_INVALID, "the bytes are no policy this program can ask");
	if (context != CONTEXT_VERSION)
		return err_set(e, ST_CONFLICT,
			       "the model was made for version %llu of the context; this program "
			       "has %d",
			       (unsigned long long)context, CONTEXT_VERSION);
	f.mode = mode <= DECIDE_THOMPSON ? (enum decide_mode)mode : DECIDE_OFF;
	f.epsilon = rd_f64_le(&r);
	f.gain = rd_f64_le(&r);
	f.most = rd_f64_le(&r);
	f.least = rd_f64_le(&r);
	f.mean = rd_f64_le(&r);
	enum status st = take_models(&r, &f, e);
	if (st == ST_OK)
		*out = f;
	else
		frozen_close(&f);
	return st;
}
