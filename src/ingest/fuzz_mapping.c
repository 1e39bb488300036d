/* SPDX-License-Identifier: Apache-2.0
 * fuzz_mapping.c: the first line is a CSV header, the second line a row, the rest a mapping. What
 * the mapping takes must make of the row an event or a reason. */
#include "ingest/fuzz_ingest.h"
#include "ingest/row.h"

static size_t cells(struct str line, struct str *out, size_t max)
{
	size_t n = 0;
	while (line.p != NULL && n < max)
		out[n++] = str_cut(&line, ',');
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct str rest = str_n((const char *)data, bytes), columns[64], row[64];
	struct arena a;
	struct mapping m;
	struct err e;
	if (bytes > 16384 || !str_utf8_valid(rest) || str_find_byte(rest, '\0') < rest.n)
		return 0;
	arena_init(&a, 32u << 20);
	size_t n = cells(str_cut(&rest, '\n'), columns, 64);
	size_t row_n = cells(str_cut(&rest, '\n'), row, 64);
	if (mapping_parse(rest, &a, &m, &e) == ST_OK &&
	    mapping_bind(&m, columns, n, true, &a, &e) == ST_OK &&
	    mapping_check(&m, false, &e) == ST_OK) {
		struct event ev;
		struct import_error error = {.row = 1};
		const struct row_rules rules = {.mapping = &m,
						.source = STR("import"),
						.consent_basis = STR("contract"),
						.received_us = FUZZ_RECEIVED_US};
		enum status st = row_to_event(&rules, &(struct row){.cells = row, .n = row_n}, &a,
					      &ev, &error);
		if (st == ST_OK)
			fuzz_event(&ev, &a);
		ASSERT(st == ST_OK || (st == ST_INVALID && error.reason.n > 0));
	}
	arena_finish(&a);
	return 0;
}
