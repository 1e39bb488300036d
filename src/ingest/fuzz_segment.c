/* SPDX-License-Identifier: Apache-2.0
 * fuzz_segment.c: the first byte says which call and how strict, the rest is its body. */
#include "ingest/fuzz_ingest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	if (bytes == 0 || bytes > 65536)
		return 0;
	struct ingest_request r = {
		.kind = (enum ingest_kind)(data[0] % (INGEST_ALIAS + 1)),
		.body = str_n((const char *)data + 1, bytes - 1),
		.source = STR("web"),
		.remote_ip = STR("9.9.9.9"),
		.received_us = FUZZ_RECEIVED_US,
		.strict = data[0] & 0x40,
	};
	fuzz_request(&r, r.kind == INGEST_BATCH ? 0 : 1);
	return 0;
}
