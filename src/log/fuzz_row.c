/* SPDX-License-Identifier: Apache-2.0
 * fuzz_row.c: a record's columns as a damaged file may hand them over: any flags, any lengths. The
 * sum must tell every change, and the key must be looked at within its bounds. */
#include "log/row.h"

#include "base/assert.h"
#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd in = rd_of(str_n((const char *)data, size));
	struct row r = {.seq = rd_varint(&in), .received_us = rd_zigzag(&in), .flags = rd_u8(&in)};
	r.source = rd_bytes(&in);
	r.message_id = rd_bytes(&in);
	if (!in.ok)
		return 0;
	r.body = str_n(in.p, (size_t)(in.end - in.p));
	struct log_record out;
	r.sum = row_sum(&r);
	ASSERT(row_to_record(&r, &out));
	ASSERT(out.seq == r.seq && str_eq(out.body, r.body) && !(out.thinned && out.erased));
	(void)row_fingerprint(1, &r);
	(void)row_has_key(&r, r.source, r.message_id);
	r.flags ^= ROW_ERASED;
	ASSERT(!row_to_record(&r, &out));
	(void)row_fingerprint(1, &r);
	(void)row_has_key(&r, r.source, r.message_id);
	r.flags ^= ROW_ERASED;
	if (r.body.n > 0) { /* a byte that changes columns is a change */
		r.message_id.n++;
		r.body = str_slice(r.body, 1, r.body.n);
		ASSERT(!row_to_record(&r, &out));
	}
	return 0;
}
