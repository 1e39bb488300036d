/* SPDX-License-Identifier: Apache-2.0
 * advice.c: a decision from its event to its last reward, and how it is kept meanwhile. */
#include "advise/internal.h"

#include "base/hash.h"

#define ADVICE_VERSION 1

/* ---- from events ---- */

struct str advice_decision(const struct json *d, struct arena *a)
{
	return json_str(d, json_get(d, json_get(d, 0, "answer"), "decision"), a);
}

bool advice_numbers(const struct json *d, const struct program_decision *of, struct str action,
		    struct arena *a, float *x)
{
	struct str unknown; /* a number that the program has no more teaches nothing */
	uint32_t own = json_get_str(d, json_get(d, 0, "own"), action);
	for (size_t i = 0; i <= of->context_n; i++)
		x[i] = i == 0;
	return ask_numbers(d, json_get(d, 0, "context"), of, a, x, &unknown) &&
	       ask_numbers(d, own, of, a, x, &unknown);
}

enum status advice_read(const struct json *d, const struct program_decision *of, struct arena *a,
			struct advice *out, struct err *e)
{
	int64_t lead = 0;
	uint32_t answer = json_get(d, 0, "answer");
	struct str action = json_str(d, json_get(d, answer, "action"), a);
	*out = (struct advice){.decision = of->name,
			       .id = json_str(d, json_get(d, answer, "id"), a),
			       .shape = of->shape,
			       .arm = advise_arm_key(action),
			       .wait = str_eq(action, ADVISE_WAIT),
			       .dims = (uint32_t)of->context_n + 1};
	bool fine = out->id.n >= 1 && out->id.n <= ADVISE_ID_MAX && action.n >= 1 &&
		    action.n <= ADVISE_NAME_MAX && advice_numbers(d, of, action, a, out->x);
	if (json_get(d, 0, "lead") != JSON_NONE)
		fine = fine && json_i64(d, json_get(d, 0, "lead"), &lead) && lead > 0;
	out->lead = (uint64_t)lead;
	return fine ? ST_OK
		    : err_set(e, ST_INVALID, "advice.given: its answer or context cannot be read");
}

enum status advice_reward(const struct json *d, struct arena *a, struct advise_reward *out,
			  struct err *e)
{
	*out = (struct advise_reward){.decision = json_str(d, json_get(d, 0, "decision"), a),
				      .id = json_str(d, json_get(d, 0, "id"), a),
				      .kind = json_str(d, json_get(d, 0, "kind"), a)};
	(void)json_bool(d, json_get(d, 0, "corrected"), &out->corrected); /* absent: no */
	bool fine = out->decision.n > 0 && out->id.n > 0 &&
		    json_f64(d, json_get(d, 0, "value"), &out->value) && out->value >= 0;
	return fine ? ST_OK : err_set(e, ST_INVALID, "advice.reward: it cannot be read");
}

/* ---- rewards ---- */

static struct advice_got *got_of(struct advice *x, uint32_t kind)
{
	for (uint32_t i = 0; i < x->got_n; i++)
		if (x->got[i].kind == kind)
			return &x->got[i];
	return NULL;
}

bool advice_reward_add(struct advice *x, const struct program_decision *of,
		       const struct advise_reward *r)
{
	uint32_t kind = (uint32_t)hash_str(r->kind, 1);
	double share = r->value / of->worth;
	struct advice_got *got = got_of(x, kind);
	if (got == NULL && x->got_n < ADVISE_KINDS_MAX) {
		got = &x->got[x->got_n++];
		*got = (struct advice_got){.kind = kind, .value = -1};
	}
	if (got == NULL || (got->value >= 0 && !r->corrected))
		return false;
	float now = (float)(share > 1 ? 1 : share);
	bool changed = now < got->value || now > got->value;
	got->value = now;
	return changed;
}

void advise_key(struct str decision, struct str id, struct buf *out)
{
	buf_str(out, decision);
	buf_byte(out, ':');
	buf_str(out, id);
}

void advise_reward_key(const struct advise_reward *r, struct buf *out)
{
	buf_z(out, r->corrected ? "corrected:" : "reward:");
	advise_key(r->decision, r->id, out);
	buf_byte(out, ':');
	buf_str(out, r->kind);
	if (!r->corrected)
		return;
	buf_byte(out, ':');
	buf_f64(out, r->value);
}

void advise_reward_event(const struct advise_reward *r, struct buf *out)
{
	struct json_w w;
	json_w_init(&w, out);
	json_w_object(&w);
	json_w_kstr(&w, "decision", r->decision);
	json_w_kstr(&w, "id", r->id);
	if (r->kind.n > 0)
		json_w_kstr(&w, "kind", r->kind);
	json_w_kf64(&w, "value", r->value);
	if (r->corrected)
		json_w_kbool(&w, "corrected", true);
	json_w_end(&w);
}

/* ---- stored form ---- */

void advice_encode(const struct advice *x, struct buf *out)
{
	buf_varint(out, ADVICE_VERSION);
	buf_bytes(out, x->decision);
	buf_bytes(out, x->id);
	buf_varint(out, x->shape);
	buf_zigzag(out, x->at_us);
	buf_varint(out, x->lead);
	buf_varint(out, x->arm);
	buf_varint(out, (x->wait ? 1u : 0u) | (x->taught ? 2u : 0u));
	buf_f32(out, x->taught_outcome);
	buf_varint(out, x->dims);
	for (uint32_t i = 0; i < x->dims; i++)
		buf_f32(out, x->x[i]);
	buf_varint(out, x->got_n);
	for (uint32_t i = 0; i < x->got_n; i++) {
		buf_varint(out, x->got[i].kind);
		buf_f32(out, x->got[i].value);
	}
}

static void get_numbers(struct rd *r, struct advice *x)
{
	uint64_t dims = rd_varint(r);
	r->ok = r->ok && dims >= 1 && dims <= LEARN_DIMS_MAX;
	x->dims = r->ok ? (uint32_t)dims : 0;
	for (uint32_t i = 0; i < x->dims; i++)
		x->x[i] = rd_f32(r, (float)ADVISE_NUMBER_MAX);
	uint64_t got = rd_varint(r);
	r->ok = r->ok && got <= ADVISE_KINDS_MAX;
	x->got_n = r->ok ? (uint32_t)got : 0;
	for (uint32_t i = 0; i < x->got_n; i++) {
		x->got[i].kind = (uint32_t)rd_varint(r);
		x->got[i].value = rd_f32(r, 1);
		r->ok = r->ok && x->got[i].value >= 0;
	}
}

enum status advice_decode(struct str bytes, struct advice *out, struct err *e)
{
	struct rd r = rd_of(bytes);
	*out = (struct advice){.taught = false};
	bool known = rd_varint(&r) == ADVICE_VERSION;
	out->decision = rd_bytes(&r);
	out->id = rd_bytes(&r);
	out->shape = rd_varint(&r);
	out->at_us = rd_zigzag(&r);
	out->lead = rd_varint(&r);
	out->arm = rd_varint(&r);
	uint64_t flags = rd_varint(&r);
	out->wait = flags & 1;
	out->taught = flags & 2;
	out->taught_outcome = rd_f32(&r, 1);
	get_numbers(&r, out);
	bool fine = known && rd_done(&r) && flags < 4 && out->arm >= 8 && out->decision.n >= 1 &&
		    out->decision.n <= ADVISE_NAME_MAX && out->id.n >= 1 &&
		    out->id.n <= ADVISE_ID_MAX && out->taught_outcome >= 0;
	return fine ? ST_OK : err_set(e, ST_CORRUPT, "advice that was given cannot be read");
}
