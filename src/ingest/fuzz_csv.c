/* SPDX-License-Identifier: Apache-2.0
 * fuzz_csv.c: the first byte is the size of a read. However the bytes are cut, the rows are the
 * same, every row is UTF-8, and reading comes to an end. */
#include "base/assert.h"
#include "base/hash.h"
#include "ingest/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

struct pipe {
	struct str rest;
	size_t step;
};

static size_t read_pipe(void *ctx, char *p, size_t bytes, bool *failed_r)
{
	struct pipe *s = ctx;
	size_t n = s->step < bytes ? s->step : bytes;
	(void)failed_r;
	if (n > s->rest.n)
		n = s->rest.n;
	if (n)
		memcpy(p, s->rest.p, n);
	s->rest = str_slice(s->rest, n, s->rest.n);
	return n;
}

static uint64_t read_all(struct str text, size_t step)
{
	struct pipe s = {text, step};
	struct csv c;
	struct csv_row row;
	struct err e;
	uint64_t h = 0, last = 0;
	csv_init(&c, read_pipe, &s, 0, 0, 1);
	for (;;) {
		enum status st = csv_next(&c, &row, &e);
		h = hash_str(str_n((const char *)&st, sizeof st), h + row.number);
		if (st == ST_NOT_FOUND || st == ST_IO)
			break;
		ASSERT(row.number > last && row.offset <= text.n);
		last = row.number;
		for (size_t i = 0; st == ST_OK && i < row.n; i++) {
			ASSERT(str_utf8_valid(row.fields[i]));
			h = hash_str(row.fields[i], h);
		}
	}
	csv_finish(&c);
	return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	if (bytes == 0 || bytes > 65536)
		return 0;
	struct str text = str_n((const char *)data + 1, bytes - 1);
	ASSERT(read_all(text, data[0] % 32 + 1u) == read_all(text, SIZE_MAX));
	return 0;
}
