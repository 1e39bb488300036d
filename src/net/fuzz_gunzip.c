/* SPDX-License-Identifier: Apache-2.0
 * fuzz_gunzip.c: any bytes as a gzip body; no ceiling may be passed. */
#include "net/gunzip.h"

#include "base/assert.h"

#define OUT_MAX ((size_t)256 << 10)
#define RATIO 20

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gunzip *g = gunzip_create();
	struct buf out;
	struct err e;
	buf_init(&out, OUT_MAX);
	enum status st = gunzip_run(g, str_n((const char *)data, size), RATIO, &out, &e);
	ASSERT(out.n <= OUT_MAX);
	/* One step may pass the ratio before it is looked at. */
	ASSERT(st != ST_OK || out.n <= GUNZIP_RATIO_FREE_BYTES + (32u << 10) ||
	       out.n / RATIO <= size + (32u << 10));
	buf_finish(&out);
	gunzip_destroy(&g);
	return 0;
}
