/* SPDX-License-Identifier: Apache-2.0
 * row.c: the sum and the key of one record. */
#include "log/row.h"

#include "log/duplicate.h"

#include "base/crypto.h"
#include "base/hash.h"

#include <string.h>

/* Each hash seeds the next, so a byte that moves to the neighbouring column changes the sum. */
uint64_t row_sum(const struct row *r)
{
	const uint64_t head[3] = {r->seq, (uint64_t)r->received_us, (uint64_t)r->flags};
	uint64_t sum = hash_str(str_n((const char *)head, sizeof head), 0);
	sum = hash_str(r->source, sum);
	sum = hash_str(r->message_id, sum);
	return hash_str(r->body, sum);
}

bool row_to_record(const struct row *r, struct log_record *out)
{
	if (row_sum(r) != r->sum)
		return false;
	*out = (struct log_record){
		.seq = r->seq,
		.received_us = r->received_us,
		.source = r->source,
		.message_id = r->message_id,
		.body = r->body,
		.erased = (r->flags & ROW_ERASED) != 0,
		.thinned = (r->flags & (ROW_THINNED | ROW_ERASED)) == ROW_THINNED,
	};
	return true;
}

static void key_digest(struct str source, struct str message_id, uint8_t out[SHA256_BYTES])
{
	uint8_t both[2 * SHA256_BYTES]; /* of two digests, so that no byte can change sides */
	crypto_sha256(source, both);
	crypto_sha256(message_id, both + SHA256_BYTES);
	crypto_sha256(str_n((const char *)both, sizeof both), out);
}

void row_erased_key(uint64_t seed, struct str source, struct str message_id,
		    char out[ROW_ERASED_KEY_BYTES])
{
	uint64_t fingerprint = duplicate_fingerprint(seed, source, message_id);
	memcpy(out, &fingerprint, sizeof fingerprint);
	key_digest(source, message_id, (uint8_t *)out + sizeof fingerprint);
}

bool row_has_key(const struct row *r, struct str source, struct str message_id)
{
	if (!str_eq(r->source, source))
		return false;
	if (!(r->flags & ROW_ERASED))
		return str_eq(r->message_id, message_id);
	uint8_t digest[SHA256_BYTES];
	key_digest(source, message_id, digest);
	return r->message_id.n == ROW_ERASED_KEY_BYTES &&
	       memcmp(r->message_id.p + sizeof(uint64_t), digest, sizeof digest) == 0;
}

uint64_t row_fingerprint(uint64_t seed, const struct row *r)
{
	if (!(r->flags & ROW_ERASED))
		return duplicate_fingerprint(seed, r->source, r->message_id);
	uint64_t fingerprint = 0;
	if (r->message_id.n == ROW_ERASED_KEY_BYTES)
		memcpy(&fingerprint, r->message_id.p, sizeof fingerprint);
	return fingerprint;
}
