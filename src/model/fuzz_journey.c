/* SPDX-License-Identifier: Apache-2.0
 * fuzz_journey.c: any bytes as a stored journey: refused, or read and written to the same again. */
#include "base/assert.h"
#include "model/journey.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct arena a;
	struct journey first, second;
	struct buf once, twice;
	arena_init(&a, 4u << 20);
	buf_init(&once, 4u << 20);
	buf_init(&twice, 4u << 20);
	if (journey_decode(1, str_n((const char *)data, bytes), &a, &first, NULL) == ST_OK) {
		journey_encode(&first, &once);
		ASSERT(buf_ok(&once));
		ASSERT(journey_decode(1, buf_view(&once), &a, &second, NULL) == ST_OK);
		journey_encode(&second, &twice);
		ASSERT(str_eq(buf_view(&once), buf_view(&twice)));
	}
	buf_finish(&once);
	buf_finish(&twice);
	arena_finish(&a);
	return 0;
}
