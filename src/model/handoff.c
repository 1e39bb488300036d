/* SPDX-License-Identifier: Apache-2.0
 * handoff.c: the stored form of a hand-off, and the one table of its moves. */
#include "model/handoff.h"

#include "base/assert.h"
#include "model/pack.h"

#define HANDOFF_VERSION 2

/* ---- stored form ---- */

#define NUMBERS(FIELD) \
	FIELD(uint, uint, lead) \
	FIELD(uint, uint, version) \
	FIELD(uint, uint, message) \
	FIELD(uint, u32, assigned_n) \
	FIELD(uint, bool, reminded) \
	FIELD(time, time, due_us) \
	FIELD(time, time, remind_us) \
	FIELD(time, time, accepted_us) \
	FIELD(time, time, closed_us) \
	FIELD(time, time, again_us)
#define TEXTS(TEXT) \
	TEXT(len, len, team) \
	TEXT(len, len, rep_name) \
	TEXT(len, len, rep_email) \
	TEXT(len, len, trigger) \
	TEXT(len, len, reason) \
	TEXT(len, len, verdict)
#define LATE(FIELD) /* the second word of nibbles: these, and the text's behind them */ \
	FIELD(uint, u32, within_s) \
	FIELD(uint, bool, overdue)
#define LATE_TEXTS(TEXT) \
	TEXT(len, len, said) \
	TEXT(len, len, words) \
	TEXT(len, len, passed) /* rows written before it came have 0 there */
#define HEAD_BYTES 18          /* version, opened's and state's nibbles, twice 16 nibbles */
#define HEAD_BOUND (HEAD_BYTES + 22 * 8 + 8)

static size_t texts_bytes(const struct handoff *x)
{
	size_t n = 0;
#define ADD(put, get, member) n += x->member.n;
	TEXTS(ADD)
	LATE_TEXTS(ADD)
#undef ADD
	return n;
}

void handoff_encode(const struct handoff *x, struct buf *out)
{
	ASSERT(x->state < HANDOFF_STATE_COUNT);
	if (!buf_reserve(out, HEAD_BOUND + texts_bytes(x)))
		return;
	struct packer packer = {.p = out->p + out->n + HEAD_BYTES}, *w = &packer;
	char *control = out->p + out->n;
	uint64_t nibbles = 0;
	unsigned at = 0, opened = put_time(w, x->opened_us);
	w->base_us = pack_base(x->opened_us);
	control[0] = HANDOFF_VERSION;
	control[1] = (char)(opened | (unsigned)x->state << 4);
	NUMBERS(PACK_FIELD)
	TEXTS(PACK_FIELD)
	put_nibbles(control + 2, nibbles);
	nibbles = 0;
	at = 0;
	LATE(PACK_FIELD)
	LATE_TEXTS(PACK_FIELD)
	put_nibbles(control + 10, nibbles);
	TEXTS(PACK_TEXT)
	LATE_TEXTS(PACK_TEXT)
	out->n = (size_t)(w->p - out->p);
}

static bool get_head(struct unpacker *r, struct handoff *x)
{
	if (r->end - r->p < HEAD_BYTES || r->p[0] != HANDOFF_VERSION)
		return false;
	unsigned first = (unsigned char)r->p[1];
	uint64_t nibbles = get_nibbles(r->p + 2), more = get_nibbles(r->p + 10);
	r->p += HEAD_BYTES;
	x->state = (enum handoff_state)(first >> 4);
	x->opened_us = get_time(r, first & 15);
	r->base_us = pack_base(x->opened_us);
	NUMBERS(UNPACK_FIELD)
	TEXTS(UNPACK_FIELD)
	nibbles = more;
	LATE(UNPACK_FIELD)
	LATE_TEXTS(UNPACK_FIELD)
	return r->ok && nibbles == 0 && first >> 4 < HANDOFF_STATE_COUNT;
}

enum status handoff_decode(uint64_t id, struct str text, struct arena *a, struct handoff *out,
			   struct err *e)
{
	struct handoff h = {.id = id}, *x = &h;
	struct unpacker r = unpacker_of(text);
	char *kept;
	if (!get_head(&r, x))
		return unpack_failed(ST_CORRUPT, "hand-off", id, e);
	enum status st = keep_texts(&r, texts_bytes(x), a, &kept);
	if (st != ST_OK)
		return unpack_failed(st, "hand-off", id, e);
	TEXTS(PLACE_TEXT)
	LATE_TEXTS(PLACE_TEXT)
	*out = h;
	return ST_OK;
}

/* ---- states ---- */

#define TO(state) (1u << HANDOFF_##state)

static const struct {
	const char *name;
	unsigned to; /* states it may go to */
} states[HANDOFF_STATE_COUNT] = {
	[HANDOFF_OPEN] = {"open", TO(ACCEPTED) | TO(RETURNED) | TO(REFUSED) | TO(CLOSED)},
	[HANDOFF_ACCEPTED] = {"accepted", TO(RETURNED) | TO(REFUSED) | TO(CLOSED)},
	[HANDOFF_RETURNED] = {"returned", 0},
	[HANDOFF_REFUSED] = {"refused", 0},
	[HANDOFF_CLOSED] = {"closed", 0},
};

const char *handoff_state_name(enum handoff_state s)
{
	ASSERT(s < HANDOFF_STATE_COUNT);
	return states[s].name;
}

bool handoff_state_of(struct str wire, enum handoff_state *out)
{
	for (enum handoff_state s = 0; s < HANDOFF_STATE_COUNT; s++)
		if (str_is(wire, states[s].name)) {
			*out = s;
			return true;
		}
	return false;
}

int64_t handoff_look_us(const struct handoff *h)
{
	if (h->state != HANDOFF_OPEN || h->overdue)
		return TIME_NONE;
	return h->reminded || h->remind_us == TIME_NONE ? h->due_us : h->remind_us;
}

enum status handoff_move(struct handoff *h, enum handoff_state to, int64_t now_us,
			 struct str verdict, struct err *e)
{
	ASSERT(h->state < HANDOFF_STATE_COUNT && to < HANDOFF_STATE_COUNT);
	if ((states[h->state].to & 1u << to) == 0)
		return err_set(e, ST_CONFLICT, "hand-off %llu is %s: it cannot become %s",
			       (unsigned long long)h->id, states[h->state].name, states[to].name);
	h->state = to;
	h->verdict = str_upto(verdict, HANDOFF_VERDICT_MAX);
	if (to == HANDOFF_ACCEPTED)
		h->accepted_us = now_us;
	else
		h->closed_us = now_us;
	return ST_OK;
}

bool handoff_again_ok(int64_t now_us, int64_t again_us)
{
	return again_us > now_us && time_between(now_us, again_us) <= HANDOFF_AGAIN_MAX_US;
}
