/* SPDX-License-Identifier: Apache-2.0
 * fuzz_event.c: what the decoder takes, the encoder writes in a form that reads back the same
 * (E4). */
#include "base/assert.h"
#include "model/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static bool again(struct str text, struct arena *a, struct buf *out)
{
	struct event ev;
	struct err e;
	if (event_decode(text, a, &ev, &e) != ST_OK) {
		ASSERT(e.text[0] != '\0');
		return false;
	}
	ASSERT(ev.ids_n <= EVENT_IDS_MAX && ev.type.n > 0);
	enum status st = event_encode(&ev, out, &e);
	ASSERT(st == ST_OK || st == ST_LIMIT);
	return st == ST_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct arena a;
	struct buf once, twice;
	if (bytes > EVENT_BYTES_MAX)
		return 0;
	arena_init(&a, 64u << 20);
	buf_init(&once, 1 << 20);
	buf_init(&twice, 1 << 20);
	if (again(str_n((const char *)data, bytes), &a, &once)) {
		ASSERT(again(buf_view(&once), &a, &twice));
		ASSERT(str_eq(buf_view(&once), buf_view(&twice)));
	}
	buf_finish(&once);
	buf_finish(&twice);
	arena_finish(&a);
	return 0;
}
