/* SPDX-License-Identifier: Apache-2.0
 * fuzz_mapped.c: the first line is a mapping, the rest the body it reads. */
#include "ingest/fuzz_ingest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct str rest = str_n((const char *)data, bytes);
	struct ingest_map map;
	struct arena a;
	struct err e;
	if (bytes > 65536 || !str_utf8_valid(rest) || str_find_byte(rest, '\0') < rest.n)
		return 0;
	arena_init(&a, 1u << 20);
	const struct ingest_map_text text = {.map = str_cut(&rest, '\n'), .type = STR("x")};
	if (ingest_map_make(&text, &a, &map, &e) == ST_OK) {
		const struct ingest_request r = {.kind = INGEST_MAPPED,
						 .body = rest,
						 .source = STR("web"),
						 .received_us = FUZZ_RECEIVED_US,
						 .map = &map};
		fuzz_request(&r, 0);
	} else {
		ASSERT(e.text[0] != '\0');
	}
	arena_finish(&a);
	return 0;
}
