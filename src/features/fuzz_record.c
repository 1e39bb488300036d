/* SPDX-License-Identifier: Apache-2.0
 * fuzz_record.c: any bytes as a training record: refused, or written back the same. */
#include "base/assert.h"
#include "features/features.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct features_record r, again;
	struct buf b;
	buf_init(&b, 2 * FEATURES_RECORD_BYTES_MAX);
	if (features_record_decode(str_n((const char *)data, bytes), &r, NULL) == ST_OK) {
		features_record_encode(&r, &b);
		ASSERT(buf_ok(&b));
		ASSERT(features_record_decode(buf_view(&b), &again, NULL) == ST_OK);
		ASSERT(again.seq == r.seq && again.features_n == r.features_n);
	}
	buf_finish(&b);
	return 0;
}
