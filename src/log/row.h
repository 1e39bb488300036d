/* SPDX-License-Identifier: Apache-2.0
 * row.h: what a record looks like at rest, and the sum that proves it was not touched.
 *
 * Private to this room. The sum is XXH3 over every column, so that a flipped bit in any of them,
 * or a body under another seq, shows (L4).
 */
#ifndef LOG_ROW_H
#define LOG_ROW_H

#include "log/log.h"

enum row_flag { ROW_THINNED = 1, ROW_ERASED = 2 };

#define ROW_ERASED_KEY_BYTES 40 /* fingerprint, then SHA-256 of the key */

struct row {
	uint64_t seq;
	int64_t received_us;
	int64_t flags;
	struct str source, message_id, body;
	uint64_t sum; /* as it was read */
};

uint64_t row_sum(const struct row *r);
/* Fills the record, borrowing the row's bytes. False: the sum is wrong. */
bool row_to_record(const struct row *r, struct log_record *out);
/* Does this row carry the key of (source, message_id)? An erased row is asked by hash. */
bool row_has_key(const struct row *r, struct str source, struct str message_id);
/* The message id that stands in an erased row. */
void row_erased_key(uint64_t seed, struct str source, struct str message_id,
		    char out[ROW_ERASED_KEY_BYTES]);
/* Fingerprint of the row's key, also of an erased one. */
uint64_t row_fingerprint(uint64_t seed, const struct row *r);

#endif
