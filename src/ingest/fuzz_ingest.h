/* SPDX-License-Identifier: Apache-2.0
 * fuzz_ingest.h: what must hold of every result, whatever the bytes were (I1, I2, I4).
 */
#ifndef INGEST_FUZZ_INGEST_H
#define INGEST_FUZZ_INGEST_H

#include "base/assert.h"
#include "ingest/ingest.h"

#define FUZZ_RECEIVED_US INT64_C(1795233600000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Stored, read again and stored again is the same text. */
static inline void fuzz_event(const struct event *ev, struct arena *a)
{
	struct buf once, twice;
	struct event back;
	struct err e;
	ASSERT(event_check(ev, &e) == ST_OK);
	ASSERT(ev->occurred_us <= ev->received_us);
	buf_init(&once, EVENT_BYTES_MAX * 2);
	buf_init(&twice, EVENT_BYTES_MAX * 2);
	if (event_encode(ev, &once, &e) == ST_OK) {
		ASSERT(event_decode(buf_view(&once), a, &back, &e) == ST_OK);
		ASSERT(event_encode(&back, &twice, &e) == ST_OK);
		ASSERT(str_eq(buf_view(&once), buf_view(&twice)));
	}
	buf_finish(&once);
	buf_finish(&twice);
}

static inline void fuzz_request(const struct ingest_request *r, size_t items)
{
	struct arena a;
	struct ingest_result res;
	struct err e;
	arena_init(&a, 64u << 20);
	if (ingest_decode(r, &a, &res, &e) == ST_OK) {
		ASSERT(items == 0 || res.events_n + res.refused_n == items);
		for (size_t i = 0; i < res.events_n; i++)
			fuzz_event(&res.events[i], &a);
		for (size_t i = 0; i < res.refused_n; i++)
			ASSERT(res.refused[i].code && res.refused[i].message.n &&
			       res.refused[i].raw.n);
	} else {
		ASSERT(e.text[0] != '\0');
	}
	arena_finish(&a);
}

#endif
