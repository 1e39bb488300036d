/* SPDX-License-Identifier: Apache-2.0
 * record.c: what was known at one moment, kept as it was. A model trained on these rows sees
 * what the engine saw then; computing features again later from the whole history would let the
 * future leak in. */
#include "features/features.h"

#include "base/assert.h"
#include "base/hash.h"

#define RECORD_VERSION 1
#define NAMES_SEED 0x6e616d6573ull /* "names" */

uint64_t features_names_hash(const struct program *p)
{
	uint64_t h = p->features_n;
	for (size_t i = 0; i < p->features_n; i++)
		h = hash_str(p->features[i].name, NAMES_SEED ^ hash_u64(h));
	return h;
}

void features_record_take(const struct program *p, const struct lead *l, uint64_t seq,
			  int64_t now_us, struct features_record *out)
{
	ASSERT(p->features_n <= PROGRAM_FEATURES_MAX);
	out->seq = seq;
	out->at_us = now_us;
	out->names_hash = features_names_hash(p);
	out->fit = l->fit;
	out->engagement = l->engagement;
	out->score = l->score;
	out->tier = l->tier;
	out->features_n = p->features_n;
	features_vector(p, l, now_us, out->features);
}

void features_record_encode(const struct features_record *r, struct buf *out)
{
	buf_byte(out, RECORD_VERSION);
	buf_byte(out, (char)r->tier);
	buf_varint(out, r->seq);
	buf_zigzag(out, r->at_us);
	buf_varint(out, r->names_hash);
	buf_f64_le(out, r->fit);
	buf_f64_le(out, r->engagement);
	buf_f64_le(out, r->score);
	buf_varint(out, r->features_n);
	for (size_t i = 0; i < r->features_n; i++)
		buf_f64_le(out, r->features[i]);
}

enum status features_record_decode(struct str text, struct features_record *out, struct err *e)
{
	struct rd r = rd_of(text);
	struct features_record x;
	unsigned version = rd_u8(&r), tier = rd_u8(&r);
	x.seq = rd_varint(&r);
	x.at_us = rd_zigzag(&r);
	x.names_hash = rd_varint(&r);
	x.fit = rd_f64_le(&r);
	x.engagement = rd_f64_le(&r);
	x.score = rd_f64_le(&r);
	uint64_t n = rd_varint(&r);
	if (!r.ok || version != RECORD_VERSION || tier >= TIER_COUNT || n > PROGRAM_FEATURES_MAX)
		return err_set(e, ST_CORRUPT, "a training record cannot be read");
	x.tier = (enum tier)tier;
	x.features_n = (size_t)n;
	for (size_t i = 0; i < x.features_n; i++)
		x.features[i] = rd_f64_le(&r);
	if (!rd_done(&r))
		return err_set(e, ST_CORRUPT, "a training record cannot be read");
	memcpy(out, &x, offsetof(struct features_record, features));
	memcpy(out->features, x.features, x.features_n * sizeof x.features[0]);
	return ST_OK;
}
