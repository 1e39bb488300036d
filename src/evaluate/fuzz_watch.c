/* SPDX-License-Identifier: Apache-2.0
 * fuzz_watch.c: any bytes as a stored watch: refused, or one that goes on watching and is written
 * the same again. */
#include "base/assert.h"
#include "evaluate/watch.h"

#define DIMS 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void go_on(struct watch *w)
{
	static const enum watch_role roles[DIMS] = {WATCH_OWN, WATCH_WORLD, WATCH_SCORE};
	static const struct watch_conf conf = {.25, 10, 5, roles};
	const float x[DIMS] = {1, 0, .5F};
	struct watch_alarm a;
	struct watch_figures f;
	for (int i = 0; i < 70; i++) {
		(void)watch_decision(w, &conf, x, .5, i, &a);
		(void)watch_outcome(w, &(struct watch_outcome){.1, i % 2, true, .01, 0}, &a);
	}
	watch_figures(w, &f);
	ASSERT(f.outcomes >= 70);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct watch *w = watch_open(DIMS), *again = watch_open(DIMS);
	unsigned part = bytes > 0 ? data[0] % WATCH_PARTS : 0;
	struct buf b, c;
	struct err e;
	buf_init(&b, WATCH_BYTES_MAX);
	buf_init(&c, WATCH_BYTES_MAX);
	if (bytes > 0 &&
	    watch_part_decode(w, part, str_n((const char *)data + 1, bytes - 1), &e) == ST_OK) {
		watch_part_encode(w, part, &b);
		ASSERT(watch_part_decode(again, part, buf_view(&b), &e) == ST_OK);
		watch_part_encode(again, part, &c);
		ASSERT(str_eq(buf_view(&b), buf_view(&c)));
		go_on(w);
	}
	buf_finish(&b);
	buf_finish(&c);
	watch_close(&w);
	watch_close(&again);
	return 0;
}
