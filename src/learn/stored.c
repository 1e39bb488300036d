/* SPDX-License-Identifier: Apache-2.0
 * stored.c: a learner as bytes, whole or piece by piece. A piece is
 *
 *   'N' 'L' version kind ... hash
 *
 * where the hash (8 bytes, over all before it) tells damage from design, and what is read is
 * checked all the same: numbers are finite and in range, a covariance has the shape of one. Of a
 * covariance the lower half is kept. */
#include "learn/arm.h"

#include "base/hash.h"

#include <math.h>
#include <string.h>

#define LIKE_FIRST 2  /* keys of the stand-ins of a thin learner, by kind */
#define CONF_MAX 1e9f /* of any setting */
#define MEAN_MAX 1e6f /* of any weight, and of any number in P */

enum piece { PIECE_HEAD, PIECE_ARM, PIECE_WHOLE, PIECE_THIN };
static const uint8_t versions[] = {
	[PIECE_HEAD] = 3, [PIECE_ARM] = 3, [PIECE_WHOLE] = 3, [PIECE_THIN] = 2};

static void put_f32(struct buf *b, float v)
{
	uint32_t bits;
	memcpy(&bits, &v, sizeof bits);
	for (unsigned i = 0; i < 32; i += 8)
		buf_byte(b, (char)(bits >> i & 0xff));
}

static float get_f32(struct rd *r)
{
	uint32_t bits = 0;
	float v;
	for (unsigned i = 0; i < 32; i += 8)
		bits |= (uint32_t)rd_u8(r) << i;
	memcpy(&v, &bits, sizeof v);
	return v;
}

/* ---- writing ---- */

static size_t begin(struct buf *out, enum piece kind)
{
	size_t from = out->n;
	buf_z(out, "NL");
	buf_byte(out, (char)versions[kind]);
	buf_byte(out, (char)kind);
	return from;
}

static void end(struct buf *out, size_t from)
{
	if (!buf_ok(out))
		return;
	uint64_t h = hash_str((struct str){out->p + from, out->n - from}, 0);
	for (unsigned i = 0; i < 64; i += 8)
		buf_byte(out, (char)(h >> i & 0xff));
}

static void put_row(struct buf *out, const float *row, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		put_f32(out, row[i]);
}

static void put_numbers(const struct learner *l, const struct arm *a, struct buf *out)
{
	buf_f64_le(out, a->seen);
	buf_varint(out, a->since);
	put_row(out, a->w, l->conf.dims);
	put_row(out, a->m, l->conf.dims); /* the pool has moved on since */
	for (uint32_t i = 0; i < l->conf.dims; i++)
		for (uint32_t j = 0; j <= i; j++)
			put_f32(out, a->p[(size_t)i * l->stride + j]);
}

static void put_conf(const struct learner *l, struct buf *out)
{
	const struct learn_conf *c = &l->conf;
	const float f[] = {c->start,  c->pool_level, c->pool_spread, c->level,
			   c->spread, c->offset,     c->bonus,       c->forget};
	buf_varint(out, c->dims);
	for (size_t i = 0; i < sizeof f / sizeof *f; i++)
		put_f32(out, f[i]);
	buf_f64_le(out, l->seen);
}

static void put_head(const struct learner *l, struct buf *out)
{
	size_t from = begin(out, PIECE_HEAD);
	put_conf(l, out);
	put_row(out, l->prior, l->conf.dims);
	put_numbers(l, &l->pool, out);
	end(out, from);
}

static void put_arm(const struct learner *l, const struct arm *a, struct buf *out)
{
	size_t from = begin(out, PIECE_ARM);
	buf_varint(out, a->key);
	buf_byte(out, (char)a->kind);
	put_numbers(l, a, out);
	end(out, from);
}

bool learn_part_changed(const struct learner *l, uint32_t part)
{
	return part == 0 ? l->changed : l->arms[part - 1].changed;
}

void learn_part_kept(struct learner *l, uint32_t part)
{
	if (part == 0)
		l->changed = false;
	else
		l->arms[part - 1].changed = false;
}

void learn_part_encode(const struct learner *l, uint32_t part, struct buf *out)
{
	if (part == 0)
		put_head(l, out);
	else
		put_arm(l, &l->arms[part - 1], out);
}

void learner_encode(const struct learner *l, struct buf *out)
{
	struct buf piece;
	size_t from = begin(out, PIECE_WHOLE);
	buf_init(&piece, 2 * LEARN_ARM_BYTES_MAX);
	buf_varint(out, l->arms_n);
	for (uint32_t i = 0; i <= l->arms_n; i++) {
		buf_reset(&piece);
		learn_part_encode(l, i, &piece);
		buf_bytes(out, buf_view(&piece));
	}
	buf_finish(&piece);
	end(out, from);
}

/* The weights, and how sure of each by itself. */
static void put_thin(const struct learner *l, const struct arm *a, struct buf *out)
{
	buf_f64_le(out, a->seen);
	put_row(out, a->w, l->conf.dims);
	for (uint32_t i = 0; i < l->conf.dims; i++)
		put_f32(out, a->p[(size_t)i * l->stride + i]);
}

void learner_encode_thin(const struct learner *l, struct buf *out)
{
	size_t from = begin(out, PIECE_THIN);
	uint32_t n = l->arms_n < LEARN_THIN_ARMS_MAX ? l->arms_n : LEARN_THIN_ARMS_MAX;
	put_conf(l, out);
	put_thin(l, &l->pool, out);
	buf_varint(out, n);
	for (uint32_t i = 0; i < n; i++) {
		buf_varint(out, l->arms[i].key);
		buf_byte(out, (char)l->arms[i].kind);
		put_thin(l, &l->arms[i], out);
	}
	end(out, from);
}

/* ---- reading ---- */

static enum status damaged(struct err *e)
{
	return err_set(e, ST_CORRUPT, "the stored learner is damaged");
}

/* *r stands behind the kind; its end is before the hash. */
static enum status open_piece(struct str s, enum piece kind, struct rd *r, struct err *e)
{
	uint64_t want = 0;
	if (s.n < 12 || memcmp(s.p, "NL", 2) != 0)
		return err_set(e, ST_CORRUPT, "these bytes are not a learner");
	if ((uint8_t)s.p[2] != versions[kind])
		return err_set(e, ST_CORRUPT, "a learner of version %u; this program reads %u",
			       (unsigned)(uint8_t)s.p[2], (unsigned)versions[kind]);
	s.n -= 8;
	for (unsigned i = 0; i < 8; i++)
		want |= (uint64_t)(uint8_t)s.p[s.n + i] << 8 * i;
	if (hash_str(s, 0) != want || s.p[3] != (char)kind)
		return damaged(e);
	*r = rd_of(str_n(s.p + 4, s.n - 4));
	return ST_OK;
}

static bool get_row(struct rd *r, uint32_t n, float most, float *out)
{
	bool ok = true;
	for (uint32_t i = 0; i < n; i++) {
		out[i] = get_f32(r);
		ok = ok && fabsf(out[i]) <= most; /* not so for NaN */
	}
	return ok && r->ok;
}

/* Loose on purpose: what was written by us is read again, whatever rounding did to it. */
static bool shaped(const struct learner *l, const struct arm *a)
{
	float widest = (a->bias > a->spread ? a->bias : a->spread) * 1.01f;
	for (uint32_t i = 0; i < l->conf.dims; i++) {
		float most = (i == 0 ? a->bias : a->spread) * 1.01f;
		float own = a->p[(size_t)i * l->stride + i];
		if (!(own > 0 && own <= most))
			return false;
		for (uint32_t j = 0; j < i; j++)
			if (!(fabsf(a->p[(size_t)i * l->stride + j]) <= widest))
				return false;
	}
	return true;
}

static bool get_numbers(const struct learner *l, struct arm *a, struct rd *r)
{
	a->seen = rd_f64_le(r);
	uint64_t since = rd_varint(r);
	bool ok = a->seen >= 0 && a->seen < 1e15 && since <= UINT32_MAX &&
		  get_row(r, l->conf.dims, MEAN_MAX, a->w) &&
		  get_row(r, l->conf.dims, MEAN_MAX, a->m);
	a->since = (uint32_t)since;
	for (uint32_t i = 0; i < l->conf.dims && ok; i++) {
		float *row = a->p + (size_t)i * l->stride;
		ok = get_row(r, i + 1, MEAN_MAX, row);
		for (uint32_t j = 0; j < i; j++)
			a->p[(size_t)j * l->stride + i] = row[j];
	}
	return ok && shaped(l, a);
}

static struct learner *get_conf(struct rd *r)
{
	float f[8];
	struct err e;
	uint64_t dims = rd_varint(r);
	if (dims > LEARN_DIMS_MAX || !get_row(r, 8, CONF_MAX, f))
		return NULL;
	struct learn_conf c = {(uint32_t)dims, f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]};
	if (learn_conf_check(&c, &e) != ST_OK)
		return NULL;
	struct learner *l = learner_new(&c);
	l->seen = rd_f64_le(r);
	r->ok = r->ok && l->seen >= 0 && l->seen < 1e15;
	return l;
}

enum status learn_head_decode(struct str bytes, struct learner **out, struct err *e)
{
	struct rd r;
	enum status st = open_piece(bytes, PIECE_HEAD, &r, e);
	if (st != ST_OK)
		return st;
	struct learner *l = get_conf(&r);
	if (l == NULL)
		return damaged(e);
	bool ok = r.ok && get_row(&r, l->conf.dims, 1e4f, l->prior) &&
		  get_numbers(l, &l->pool, &r) && rd_done(&r);
	if (!ok) {
		learner_close(&l);
		return damaged(e);
	}
	l->changed = false;
	*out = l;
	return ST_OK;
}

enum status learn_arm_decode(struct learner *l, struct str bytes, struct err *e)
{
	struct rd r;
	enum status st = open_piece(bytes, PIECE_ARM, &r, e);
	if (st != ST_OK)
		return st;
	uint64_t key = rd_varint(&r);
	uint8_t kind = rd_u8(&r);
	if (!r.ok || kind >= LEARN_KINDS || learn_find(l, key) != LEARN_NONE)
		return damaged(e);
	struct arm *a = learner_add(l, key, (enum learn_kind)kind);
	if (a == NULL || !get_numbers(l, a, &r) || !rd_done(&r))
		return damaged(e); /* the caller throws the learner away */
	a->changed = false;
	return ST_OK;
}

enum status learner_decode(struct str bytes, struct learner **out, struct err *e)
{
	struct rd r;
	struct learner *l = NULL;
	enum status st = open_piece(bytes, PIECE_WHOLE, &r, e);
	if (st != ST_OK)
		return st;
	uint64_t n = rd_varint(&r);
	st = n > LEARN_ARMS_MAX || !r.ok ? damaged(e) : learn_head_decode(rd_bytes(&r), &l, e);
	for (uint64_t i = 0; i < n && st == ST_OK; i++)
		st = learn_arm_decode(l, rd_bytes(&r), e);
	if (st == ST_OK && !rd_done(&r))
		st = damaged(e);
	if (st == ST_OK)
		*out = l;
	else
		learner_close(&l);
	return st;
}

/* ---- thin ---- */

static bool get_thin(const struct learner *l, struct arm *a, struct rd *r)
{
	float own[LEARN_DIMS_MAX];
	a->seen = rd_f64_le(r);
	bool ok = a->seen >= 0 && a->seen < 1e15 && get_row(r, l->conf.dims, MEAN_MAX, a->w) &&
		  get_row(r, l->conf.dims, MEAN_MAX, own);
	for (uint32_t i = 0; i < l->conf.dims && ok; i++)
		a->p[(size_t)i * l->stride + i] = own[i];
	a->changed = false;
	return ok && shaped(l, a);
}

/* For what was never seen: like the average of its kind. Before the arms, so that they fit. */
static void stand_ins(struct learner *l)
{
	for (int kind = 0; kind < LEARN_KINDS; kind++)
		(void)learner_add(l, LIKE_FIRST + (uint64_t)kind, (enum learn_kind)kind);
}

static bool get_thin_arms(struct learner *l, struct rd *r)
{
	uint64_t n = rd_varint(r);
	bool ok = n <= LEARN_THIN_ARMS_MAX;
	for (uint64_t i = 0; i < n && ok && r->ok; i++) {
		uint64_t key = rd_varint(r);
		uint8_t kind = rd_u8(r);
		ok = r->ok && kind < LEARN_KINDS && learn_find(l, key) == LEARN_NONE;
		struct arm *a = ok ? learner_add(l, key, (enum learn_kind)kind) : NULL;
		ok = a != NULL && get_thin(l, a, r);
	}
	return ok && rd_done(r);
}

enum status learner_decode_thin(struct str bytes, struct learner **out, struct err *e)
{
	struct rd r;
	enum status st = open_piece(bytes, PIECE_THIN, &r, e);
	struct learner *l = st == ST_OK ? get_conf(&r) : NULL;
	if (st == ST_OK && (l == NULL || !get_thin(l, &l->pool, &r)))
		st = damaged(e);
	if (st == ST_OK) {
		stand_ins(l);
		st = get_thin_arms(l, &r) ? ST_OK : damaged(e);
	}
	if (st == ST_OK)
		*out = l;
	else
		learner_close(&l);
	return st;
}

uint32_t learn_thin_arm(const struct learner *l, uint64_t key, enum learn_kind kind)
{
	uint32_t arm = learn_find(l, key);
	return arm != LEARN_NONE && l->arms[arm].kind == kind
		       ? arm
		       : learn_find(l, LIKE_FIRST + (uint64_t)kind);
}
