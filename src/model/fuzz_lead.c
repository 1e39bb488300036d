/* SPDX-License-Identifier: Apache-2.0
 * fuzz_lead.c: any bytes as a stored lead: refused, or read and written to the same lead again. */
#include "base/assert.h"
#include "model/lead.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct arena a;
	struct lead first, second;
	struct lead_entry *entries;
	struct buf once, twice;
	size_t n;
	arena_init(&a, 1u << 20);
	buf_init(&once, 1u << 20);
	buf_init(&twice, 1u << 20);
	if (lead_decode(1, str_n((const char *)data, bytes), &a, &first, NULL) == ST_OK) {
		lead_encode(&first, &once);
		ASSERT(buf_ok(&once));
		ASSERT(lead_decode(1, buf_view(&once), &a, &second, NULL) == ST_OK);
		lead_encode(&second, &twice);
		ASSERT(str_eq(buf_view(&once), buf_view(&twice)));
	}
	if (lead_entries_decode(str_n((const char *)data, bytes), &a, &entries, &n, NULL) == ST_OK)
		ASSERT(n <= LEAD_TAIL_MAX);
	buf_finish(&once);
	buf_finish(&twice);
	arena_finish(&a);
	return 0;
}
