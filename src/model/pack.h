/* SPDX-License-Identifier: Apache-2.0
 * pack.h: the fields of packed records. Internal to the room: only its codecs include it.
 *
 * A record is a run of nibbles, one per field, and behind it the bytes of the fields: a nibble says
 * how many bytes its field takes. Against one varint per field (measured: three times slower) a
 * field costs one unaligned load and a mask, no loop and no branch on the data. Numbers that are
 * whole hundredths (points, counts) are kept as integers, times as distance from a base. Lengths of
 * texts are numbers like others; the bytes of all texts are the end of the record, so that reading
 * copies them in one piece.
 *
 * The layout is on disk: every first byte of a record is its version, and a change here is one of
 * every record.
 */
#ifndef MODEL_PACK_H
#define MODEL_PACK_H

#include "base/arena.h"
#include "base/assert.h"
#include "base/status.h"
#include "base/time.h"

#include <endian.h>

#define NIBBLE_NONE 15u /* a time that is TIME_NONE */
#define NIBBLE_RAW 8u   /* eight bytes; for a double: its bits */
#define PACK_TEXT_MAX 65535

struct packer {
	char *p; /* room for the record's bound has been reserved */
	int64_t base_us;
};
struct unpacker {
	const char *p, *end;
	int64_t base_us;
	bool ok;
};

static inline struct unpacker unpacker_of(struct str text)
{
	return (struct unpacker){.p = text.p, .end = text.n ? text.p + text.n : text.p, .ok = true};
}

/* What times are told from when the record's own instant may be TIME_NONE. */
static inline int64_t pack_base(int64_t at_us)
{
	return at_us == TIME_NONE ? 0 : at_us;
}

static inline uint64_t zigzag(int64_t v)
{
	return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

static inline int64_t unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static inline uint64_t time_apart(int64_t at_us, int64_t base_us)
{
	return zigzag((int64_t)((uint64_t)at_us - (uint64_t)base_us));
}

static inline uint64_t double_bits(double v)
{
	uint64_t bits;
	memcpy(&bits, &v, sizeof bits);
	return bits;
}

static inline unsigned put_uint(struct packer *w, uint64_t v)
{
	unsigned n = v ? (71u - (unsigned)__builtin_clzll(v)) / 8 : 0;
	uint64_t le = htole64(v);
	memcpy(w->p, &le, 8); /* the bound has room for the bytes that are not kept */
	w->p += n;
	return n;
}

static inline unsigned put_double(struct packer *w, double v)
{
	if (v > -1e13 && v < 1e13) {
		int64_t cents = (int64_t)(v * 100.0 + (v < 0 ? -0.5 : 0.5));
		if (double_bits((double)cents / 100.0) == double_bits(v))
			return put_uint(w, zigzag(cents));
	}
	uint64_t le = htole64(double_bits(v));
	memcpy(w->p, &le, 8);
	w->p += 8;
	return NIBBLE_RAW;
}

static inline unsigned put_time(struct packer *w, int64_t at_us)
{
	return at_us == TIME_NONE ? NIBBLE_NONE : put_uint(w, time_apart(at_us, w->base_us));
}

static inline uint64_t get_uint(struct unpacker *r, unsigned n)
{
	uint64_t v = 0;
	if (__builtin_expect(n > 8 || (size_t)(r->end - r->p) < n, 0)) {
		r->ok = false;
		return 0;
	}
	if (__builtin_expect(r->end - r->p >= 8, 1)) {
		memcpy(&v, r->p, 8);
		v = le64toh(v);
		v = n ? v & (UINT64_MAX >> (64 - 8 * n)) : 0;
	} else {
		memcpy(&v, r->p, n);
		v = le64toh(v);
	}
	r->p += n;
	return v;
}

static inline uint32_t get_u32(struct unpacker *r, unsigned n)
{
	uint64_t v = get_uint(r, n);
	r->ok = r->ok && v <= UINT32_MAX;
	return (uint32_t)v;
}

static inline bool get_bool(struct unpacker *r, unsigned n)
{
	uint64_t v = get_uint(r, n);
	r->ok = r->ok && v <= 1;
	return v != 0;
}

static inline double get_double(struct unpacker *r, unsigned n)
{
	uint64_t v = get_uint(r, n);
	if (n == NIBBLE_RAW) {
		double raw;
		memcpy(&raw, &v, sizeof raw);
		return raw;
	}
	return (double)unzigzag(v) / 100.0;
}

static inline int64_t get_time(struct unpacker *r, unsigned n)
{
	if (n == NIBBLE_NONE)
		return TIME_NONE;
	return (int64_t)((uint64_t)unzigzag(get_uint(r, n)) + (uint64_t)r->base_us);
}

/* ---- a record's fields, named once ----
 *
 * A record lists its fields as FIELD(put, get, member), sixteen for a word of nibbles, and both
 * directions are made from the list. The macros below are what a list is given, in a function where
 * `x` is the record and, packing, `w` the packer, `nibbles` and `at` are 0 at first; unpacking, `r`
 * is the unpacker and `nibbles` the word; placing, `kept` is what keep_texts gave.
 */

#define PACK_FIELD(put, get, member) \
	nibbles |= (uint64_t)put_##put(w, x->member) << at; \
	at += 4;
#define UNPACK_FIELD(put, get, member) \
	x->member = get_##get(r, nibbles & 15); \
	nibbles >>= 4;
#define PACK_TEXT(put, get, member) put_text(w, x->member);
#define PLACE_TEXT(put, get, member) place_text(&x->member, &kept);

static inline void put_nibbles(char *control, uint64_t nibbles)
{
	nibbles = htole64(nibbles);
	memcpy(control, &nibbles, sizeof nibbles);
}

static inline uint64_t get_nibbles(const char *control)
{
	uint64_t nibbles;
	memcpy(&nibbles, control, sizeof nibbles);
	return le64toh(nibbles);
}

/* ---- texts ---- */

static inline unsigned put_len(struct packer *w, struct str s)
{
	ASSERT(s.n <= PACK_TEXT_MAX);
	return put_uint(w, s.n);
}

static inline struct str get_len(struct unpacker *r, unsigned n)
{
	uint64_t len = get_uint(r, n);
	r->ok = r->ok && len <= PACK_TEXT_MAX;
	return (struct str){NULL, r->ok ? (size_t)len : 0};
}

static inline void put_text(struct packer *w, struct str s)
{
	if (s.n)
		memcpy(w->p, s.p, s.n);
	w->p += s.n;
}

/* What is left of the record are its texts, `bytes` in all: kept in the arena in one piece. They
 * need not be there: ST_CORRUPT. ST_LIMIT: the arena is full. */
MUST_USE static inline enum status keep_texts(const struct unpacker *r, size_t bytes,
					      struct arena *a, char **kept_r)
{
	if (!r->ok || (size_t)(r->end - r->p) != bytes)
		return ST_CORRUPT;
	char *kept = arena_alloc(a, bytes + 1);
	if (kept == NULL)
		return ST_LIMIT;
	if (bytes)
		memcpy(kept, r->p, bytes);
	*kept_r = kept;
	return ST_OK;
}

static inline void place_text(struct str *s, char **kept)
{
	s->p = s->n ? *kept : NULL;
	*kept += s->n;
}

/* The words for a record that was not read: ST_CORRUPT or ST_LIMIT. */
MUST_USE static inline enum status unpack_failed(enum status st, const char *noun, uint64_t id,
						 struct err *e)
{
	if (st == ST_LIMIT)
		return err_set(e, ST_LIMIT, "%s %llu: no room left to read it", noun,
			       (unsigned long long)id);
	return err_set(e, ST_CORRUPT,
		       "%s %llu: its stored row cannot be read; restore from a backup "
		       "or replay the log",
		       noun, (unsigned long long)id);
}

#endif
