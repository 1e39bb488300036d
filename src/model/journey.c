/* SPDX-License-Identifier: Apache-2.0
 * journey.c: the stored form of a journey, and its small moves.
 *
 * Every due decision reads and writes one, and most of it is touches: each is told as what differs
 * from the one before it, so that the usual one (a step later, on the same channel) takes 20
 * bytes. Only what is used of the arrays is copied. */
#include "model/journey.h"

#include "base/assert.h"
#include "model/pack.h"

#define JOURNEY_VERSION 1

/* ---- stored form ---- */

#define NUMBERS(FIELD) \
	FIELD(uint, uint, version) \
	FIELD(uint, u32, step_n) \
	FIELD(uint, u32, again_n) \
	FIELD(uint, u32, with) \
	FIELD(uint, u32, silent_n) \
	FIELD(uint, u32, sent_n) \
	FIELD(time, time, due_us) \
	FIELD(time, time, last_touch_us) \
	FIELD(uint, uint, message) \
	FIELD(uint, uint, handoff) \
	FIELD(uint, uint, cohort) \
	FIELD(double, double, fatigue) \
	FIELD(time, time, fatigue_us)
#define TEXTS(TEXT) \
	TEXT(len, len, track) \
	TEXT(len, len, step) \
	TEXT(len, len, reason)
#define HOLDOUT 16u
#define HOLDOUT_KNOWN 32u
#define BESIDE 64u /* behind the head: one control byte, two numbers */
#define BESIDE_BOUND (1 + 2 * 8)
#define HEAD_BYTES 14 /* version, phase and flags, entered's nibble, three counts, 16 nibbles */
#define HEAD_BOUND (HEAD_BYTES + 17 * 8)
#define TOUCH_BYTES 3
#define TOUCH_BOUND (TOUCH_BYTES + 5 * 8)
#define PAST_BYTES 2
#define PAST_BOUND (PAST_BYTES + 3 * 8)
#define FIRED_BYTES 5
#define FIRED_BOUND (FIRED_BYTES + 8)
#define FIRED_SET 16u

static size_t texts_bytes(const struct journey *x)
{
	size_t n = 0;
#define ADD(put, get, member) n += x->member.n;
	TEXTS(ADD)
#undef ADD
	for (size_t i = 0; i < x->past_n; i++)
		n += x->past[i].track.n + x->past[i].reason.n;
	return n;
}

static void put_beside(struct packer *w, const struct journey_beside *x)
{
	char *control = w->p;
	w->p++;
	unsigned version = put_uint(w, x->version << 12 | x->before << 8 | x->flags);
	*control = (char)(version | put_time(w, x->since_us) << 4);
}

static bool get_beside(struct unpacker *r, struct journey_beside *x)
{
	if (r->p == r->end)
		return false;
	unsigned control = (unsigned char)*r->p++;
	uint64_t v = get_uint(r, control & 15);
	*x = (struct journey_beside){v >> 12, v & 255, v >> 8 & 15, get_time(r, control >> 4)};
	return r->ok && x->version > 0;
}

static inline void put_head(struct packer *w, const struct journey *x)
{
	char *control = w->p;
	uint64_t nibbles = 0;
	unsigned at = 0;
	w->p += HEAD_BYTES;
	unsigned entered = put_time(w, x->entered_us);
	w->base_us = pack_base(x->entered_us);
	NUMBERS(PACK_FIELD)
	TEXTS(PACK_FIELD)
	control[0] = JOURNEY_VERSION;
	control[1] =
		(char)((unsigned)x->phase | (x->holdout ? HOLDOUT : 0) |
		       (x->holdout_known ? HOLDOUT_KNOWN : 0) | (x->beside.version ? BESIDE : 0));
	control[2] = (char)entered;
	control[3] = (char)x->touches_n;
	control[4] = (char)x->past_n;
	control[5] = (char)x->fired_n;
	put_nibbles(control + 6, nibbles);
	if (x->beside.version > 0)
		put_beside(w, &x->beside);
}

static inline bool get_head(struct unpacker *r, struct journey *x)
{
	if (r->end - r->p < HEAD_BYTES || r->p[0] != JOURNEY_VERSION)
		return false;
	unsigned flags = (unsigned char)r->p[1];
	unsigned entered = (unsigned char)r->p[2];
	uint64_t nibbles = get_nibbles(r->p + 6);
	x->phase = (enum journey_phase)(flags & 15);
	x->holdout = flags & HOLDOUT;
	x->holdout_known = flags & HOLDOUT_KNOWN;
	x->touches_n = (unsigned char)r->p[3];
	x->past_n = (unsigned char)r->p[4];
	x->fired_n = (unsigned char)r->p[5];
	r->p += HEAD_BYTES;
	x->entered_us = get_time(r, entered);
	r->base_us = pack_base(x->entered_us);
	NUMBERS(UNPACK_FIELD)
	TEXTS(UNPACK_FIELD)
	x->beside = (struct journey_beside){.since_us = TIME_NONE};
	if (flags & BESIDE && !get_beside(r, &x->beside))
		return false;
	return r->ok && nibbles == 0 && flags < 2 * BESIDE && (flags & 15) < JOURNEY_PHASE_COUNT &&
	       x->touches_n <= JOURNEY_TOUCHES_MAX && x->past_n <= JOURNEY_PAST_MAX &&
	       x->fired_n <= JOURNEY_FIRED_MAX;
}

/* Told from the touch before it; the first, from nothing at the time the track was entered. */
static void put_touches(struct packer *w, const struct journey *j)
{
	const struct touch *before = &(const struct touch){.at_us = w->base_us};
	for (size_t i = 0; i < j->touches_n; i++) {
		const struct touch *t = &j->touches[i];
		char *control = w->p;
		w->p += TOUCH_BYTES;
		unsigned message = put_uint(w, zigzag((int64_t)(t->message - before->message)));
		w->base_us = pack_base(before->at_us);
		unsigned at = put_time(w, t->at_us), content = put_uint(w, t->content);
		unsigned channel = put_uint(w, t->channel ^ before->channel);
		unsigned flags = put_uint(w, t->flags);
		control[0] = (char)(message | at << 4);
		control[1] = (char)(content | channel << 4);
		control[2] = (char)flags;
		before = t;
	}
}

static bool get_touches(struct unpacker *r, struct journey *j)
{
	const struct touch *before = &(const struct touch){.at_us = r->base_us};
	for (size_t i = 0; i < j->touches_n; i++) {
		struct touch *t = &j->touches[i];
		if (r->end - r->p < TOUCH_BYTES)
			return false;
		unsigned a = (unsigned char)r->p[0], b = (unsigned char)r->p[1];
		unsigned c = (unsigned char)r->p[2];
		r->p += TOUCH_BYTES;
		t->message = (uint64_t)unzigzag(get_uint(r, a & 15)) + before->message;
		r->base_us = pack_base(before->at_us);
		t->at_us = get_time(r, a >> 4);
		t->content = get_uint(r, b & 15);
		t->channel = get_u32(r, b >> 4) ^ before->channel;
		t->flags = get_u32(r, c);
		before = t;
	}
	return r->ok;
}

static void put_past(struct packer *w, const struct journey *j)
{
	for (size_t i = 0; i < j->past_n; i++) {
		const struct journey_past *p = &j->past[i];
		char *control = w->p;
		w->p += PAST_BYTES;
		unsigned track = put_len(w, p->track), reason = put_len(w, p->reason);
		control[0] = (char)(track | reason << 4);
		control[1] = (char)put_time(w, p->at_us);
	}
}

static bool get_past(struct unpacker *r, struct journey *j)
{
	for (size_t i = 0; i < j->past_n; i++) {
		struct journey_past *p = &j->past[i];
		if (r->end - r->p < PAST_BYTES)
			return false;
		unsigned a = (unsigned char)r->p[0], b = (unsigned char)r->p[1];
		r->p += PAST_BYTES;
		p->track = get_len(r, a & 15);
		p->reason = get_len(r, a >> 4);
		p->at_us = get_time(r, b);
	}
	return r->ok;
}

static void put_fired(struct packer *w, const struct journey *j)
{
	for (size_t i = 0; i < j->fired_n; i++) {
		const struct journey_fired *f = &j->fired[i];
		char *control = w->p;
		uint32_t key = htole32(f->key);
		w->p += FIRED_BYTES;
		memcpy(control, &key, sizeof key);
		control[4] = (char)(put_time(w, f->since_us) | (f->fired ? FIRED_SET : 0));
	}
}

static bool get_fired(struct unpacker *r, struct journey *j)
{
	for (size_t i = 0; i < j->fired_n; i++) {
		struct journey_fired *f = &j->fired[i];
		if (r->end - r->p < FIRED_BYTES)
			return false;
		unsigned bits = (unsigned char)r->p[4];
		memcpy(&f->key, r->p, sizeof f->key);
		f->key = le32toh(f->key);
		r->p += FIRED_BYTES;
		f->fired = bits & FIRED_SET;
		f->since_us = get_time(r, bits & ~FIRED_SET);
	}
	return r->ok;
}

void journey_encode(const struct journey *x, struct buf *out)
{
	ASSERT(x->phase < JOURNEY_PHASE_COUNT && x->touches_n <= JOURNEY_TOUCHES_MAX);
	ASSERT(x->past_n <= JOURNEY_PAST_MAX && x->fired_n <= JOURNEY_FIRED_MAX);
	size_t bound = HEAD_BOUND + BESIDE_BOUND + x->touches_n * TOUCH_BOUND +
		       x->past_n * PAST_BOUND + x->fired_n * FIRED_BOUND + texts_bytes(x) + 8;
	if (!buf_reserve(out, bound))
		return;
	struct packer packer = {.p = out->p + out->n}, *w = &packer;
	put_head(w, x);
	put_past(w, x);
	put_fired(w, x);
	put_touches(w, x);
	TEXTS(PACK_TEXT)
	for (size_t i = 0; i < x->past_n; i++) {
		put_text(w, x->past[i].track);
		put_text(w, x->past[i].reason);
	}
	out->n = (size_t)(w->p - out->p);
}

enum status journey_decode(uint64_t lead, struct str text, struct arena *a, struct journey *out,
			   struct err *e)
{
	struct journey j, *x = &j;
	struct unpacker r = unpacker_of(text);
	char *kept;
	j.lead = lead;
	if (!get_head(&r, x) || !get_past(&r, x) || !get_fired(&r, x) || !get_touches(&r, x))
		return unpack_failed(ST_CORRUPT, "journey of lead", lead, e);
	enum status st = keep_texts(&r, texts_bytes(x), a, &kept);
	if (st != ST_OK)
		return unpack_failed(st, "journey of lead", lead, e);
	TEXTS(PLACE_TEXT)
	for (size_t i = 0; i < x->past_n; i++) {
		place_text(&x->past[i].track, &kept);
		place_text(&x->past[i].reason, &kept);
	}
	memcpy(out, x, offsetof(struct journey, touches));
	memcpy(out->touches, x->touches, x->touches_n * sizeof x->touches[0]);
	memcpy(out->past, x->past, x->past_n * sizeof x->past[0]);
	memcpy(out->fired, x->fired, x->fired_n * sizeof x->fired[0]);
	out->touches_n = x->touches_n;
	out->past_n = x->past_n;
	out->fired_n = x->fired_n;
	return ST_OK;
}

/* ---- moves ---- */

static const char *const phases[JOURNEY_PHASE_COUNT] = {
	[JOURNEY_OUT] = "out",       [JOURNEY_DUE] = "due",       [JOURNEY_WATCHING] = "watching",
	[JOURNEY_PAUSED] = "paused", [JOURNEY_HANDED] = "handed", [JOURNEY_STOPPED] = "stopped",
};

void journey_init(struct journey *j, uint64_t lead)
{
	*j = (struct journey){
		.lead = lead,
		.phase = JOURNEY_OUT,
		.entered_us = TIME_NONE,
		.due_us = TIME_NONE,
		.last_touch_us = TIME_NONE,
		.fatigue_us = TIME_NONE,
		.beside.since_us = TIME_NONE,
	};
}

const char *journey_phase_name(enum journey_phase p)
{
	ASSERT(p < JOURNEY_PHASE_COUNT);
	return phases[p];
}

bool journey_held(const struct journey *j)
{
	return j->phase == JOURNEY_DUE && j->due_us == TIME_NONE;
}

bool journey_automated(const struct journey *j)
{
	ASSERT(j->phase < JOURNEY_PHASE_COUNT);
	return j->phase != JOURNEY_HANDED && j->phase != JOURNEY_STOPPED;
}

void journey_touch(struct journey *j, const struct touch *t)
{
	ASSERT(j->touches_n <= JOURNEY_TOUCHES_MAX);
	struct touch added = *t; /* it may be one of ours */
	size_t at = j->touches_n;
	while (at > 0 && j->touches[at - 1].at_us > added.at_us)
		at--;
	if (j->touches_n == JOURNEY_TOUCHES_MAX) {
		if (at == 0)
			return; /* older than all that are kept */
		at--;
		memmove(j->touches, j->touches + 1, at * sizeof j->touches[0]);
	} else {
		memmove(j->touches + at + 1, j->touches + at,
			(j->touches_n - at) * sizeof j->touches[0]);
		j->touches_n++;
	}
	j->touches[at] = added;
}

struct touch *journey_touch_of(struct journey *j, uint64_t message)
{
	for (size_t i = j->touches_n; message != 0 && i > 0; i--)
		if (j->touches[i - 1].message == message)
			return &j->touches[i - 1];
	return NULL;
}

unsigned journey_touches_in(const struct journey *j, uint32_t channel, int64_t from_us,
			    int64_t to_us)
{
	unsigned n = 0;
	for (size_t i = 0; i < j->touches_n; i++) {
		const struct touch *t = &j->touches[i];
		n += (t->flags & (TOUCH_SENT | TOUCH_FAILED)) == TOUCH_SENT && t->at_us > from_us &&
		     t->at_us <= to_us && (channel == 0 || t->channel == channel);
	}
	return n;
}

void journey_leave(struct journey *j, struct str reason, int64_t now_us)
{
	ASSERT(j->past_n <= JOURNEY_PAST_MAX);
	if (str_empty(j->track))
		return;
	if (j->past_n == JOURNEY_PAST_MAX) {
		j->past_n--;
		memmove(j->past, j->past + 1, j->past_n * sizeof j->past[0]);
	}
	j->past[j->past_n++] = (struct journey_past){j->track, reason, now_us};
}
