/* SPDX-License-Identifier: Apache-2.0
 * message.c: the stored form of a message, and the one table of its moves. */
#include "model/message.h"

#include "base/assert.h"
#include "model/pack.h"

#define MESSAGE_VERSION 1

/* ---- stored form ---- */

#define NUMBERS(FIELD) \
	FIELD(uint, uint, lead) \
	FIELD(uint, uint, decision) \
	FIELD(uint, uint, version) \
	FIELD(uint, uint, content) \
	FIELD(uint, uint, reply_to) \
	FIELD(uint, u32, subject_n) \
	FIELD(uint, u32, attempts) \
	FIELD(uint, u32, flags) \
	FIELD(uint, u32, code) \
	FIELD(uint, u32, tier) \
	FIELD(time, time, due_us) \
	FIELD(time, time, changed_us) \
	FIELD(time, time, expires_us) \
	FIELD(time, time, sent_us) \
	FIELD(time, time, opened_us) \
	FIELD(time, time, clicked_us)
#define TEXTS(TEXT) \
	TEXT(len, len, track) \
	TEXT(len, len, step) \
	TEXT(len, len, message) \
	TEXT(len, len, angle) \
	TEXT(len, len, persona) \
	TEXT(len, len, channel) \
	TEXT(len, len, purpose) \
	TEXT(len, len, address) \
	TEXT(len, len, zone) \
	TEXT(len, len, reason) \
	TEXT(len, len, source) \
	TEXT(len, len, audience)
#define LATE(FIELD) /* the second word of nibbles begins with it */ FIELD(time, time, replied_us)
#define LAST( \
	FIELD) /* behind the lengths of the texts: rows written before it came have 0 there */ \
	FIELD(uint, uint, handoff) \
	FIELD(uint, u32, links_n)
#define HEAD_BYTES 18 /* version, created's and state's nibbles, twice 16 nibbles */
#define HEAD_BOUND (HEAD_BYTES + 32 * 8 + 8)

static size_t texts_bytes(const struct message *x)
{
	size_t n = 0;
#define ADD(put, get, member) n += x->member.n;
	TEXTS(ADD)
#undef ADD
	return n;
}

void message_encode(const struct message *x, struct buf *out)
{
	ASSERT(x->state < MESSAGE_STATE_COUNT);
	if (!buf_reserve(out, HEAD_BOUND + texts_bytes(x)))
		return;
	struct packer packer = {.p = out->p + out->n + HEAD_BYTES}, *w = &packer;
	char *control = out->p + out->n;
	uint64_t nibbles = 0;
	unsigned at = 0, created = put_time(w, x->created_us);
	w->base_us = pack_base(x->created_us);
	control[0] = MESSAGE_VERSION;
	control[1] = (char)(created | (unsigned)x->state << 4);
	NUMBERS(PACK_FIELD)
	put_nibbles(control + 2, nibbles);
	nibbles = 0;
	at = 0;
	LATE(PACK_FIELD)
	TEXTS(PACK_FIELD)
	LAST(PACK_FIELD)
	put_nibbles(control + 10, nibbles);
	TEXTS(PACK_TEXT)
	out->n = (size_t)(w->p - out->p);
}

static bool get_head(struct unpacker *r, struct message *x)
{
	if (r->end - r->p < HEAD_BYTES || r->p[0] != MESSAGE_VERSION)
		return false;
	unsigned first = (unsigned char)r->p[1];
	uint64_t nibbles = get_nibbles(r->p + 2), more = get_nibbles(r->p + 10);
	r->p += HEAD_BYTES;
	x->state = (enum message_state)(first >> 4);
	x->created_us = get_time(r, first & 15);
	r->base_us = pack_base(x->created_us);
	NUMBERS(UNPACK_FIELD)
	nibbles = more;
	LATE(UNPACK_FIELD)
	TEXTS(UNPACK_FIELD)
	LAST(UNPACK_FIELD)
	return r->ok && nibbles == 0 && first >> 4 < MESSAGE_STATE_COUNT;
}

enum status message_decode(uint64_t id, struct str text, struct arena *a, struct message *out,
			   struct err *e)
{
	struct message m = {.id = id}, *x = &m;
	struct unpacker r = unpacker_of(text);
	char *kept;
	if (!get_head(&r, x))
		return unpack_failed(ST_CORRUPT, "message", id, e);
	enum status st = keep_texts(&r, texts_bytes(x), a, &kept);
	if (st != ST_OK)
		return unpack_failed(st, "message", id, e);
	TEXTS(PLACE_TEXT)
	*out = m;
	return ST_OK;
}

/* ---- states ---- */

#define TO(state) (1u << MESSAGE_##state)

static const struct {
	const char *name;
	unsigned to; /* states it may go to */
} states[MESSAGE_STATE_COUNT] = {
	[MESSAGE_READY] = {"ready", TO(SENDING) | TO(CANCELLED)},
	[MESSAGE_SENDING] = {"sending", TO(SENT) | TO(DEFERRED) | TO(FAILED) | TO(UNCERTAIN)},
	[MESSAGE_SENT] = {"sent", 0},
	[MESSAGE_DEFERRED] = {"deferred", TO(READY) | TO(CANCELLED)},
	[MESSAGE_FAILED] = {"failed", 0},
	[MESSAGE_UNCERTAIN] = {"uncertain", TO(SENT) | TO(FAILED)},
	[MESSAGE_CANCELLED] = {"cancelled", 0},
};

const char *message_state_name(enum message_state s)
{
	ASSERT(s < MESSAGE_STATE_COUNT);
	return states[s].name;
}

bool message_state_of(struct str wire, enum message_state *out)
{
	for (enum message_state s = 0; s < MESSAGE_STATE_COUNT; s++)
		if (str_is(wire, states[s].name)) {
			*out = s;
			return true;
		}
	return false;
}

bool message_final(enum message_state s)
{
	ASSERT(s < MESSAGE_STATE_COUNT);
	return s == MESSAGE_UNCERTAIN || states[s].to == 0;
}

enum status message_move(struct message *m, enum message_state to, int64_t now_us,
			 struct str reason, struct err *e)
{
	ASSERT(m->state < MESSAGE_STATE_COUNT && to < MESSAGE_STATE_COUNT);
	if ((states[m->state].to & 1u << to) == 0)
		return err_set(e, ST_CONFLICT, "message %llu is %s: it cannot become %s",
			       (unsigned long long)m->id, states[m->state].name, states[to].name);
	m->state = to;
	m->changed_us = now_us;
	m->reason = str_upto(reason, MESSAGE_REASON_MAX);
	if (to == MESSAGE_SENDING)
		m->attempts++;
	if (to == MESSAGE_SENT && m->sent_us == TIME_NONE)
		m->sent_us = now_us;
	return ST_OK;
}
