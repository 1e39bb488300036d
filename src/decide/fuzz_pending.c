/* SPDX-License-Identifier: Apache-2.0
 * fuzz_pending.c: any bytes as a decision that awaits its outcome: refused, or one that can be
 * taught and is written the same again. */
#include "base/assert.h"
#include "decide/learned.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const struct program_deciding d = {.scale = 1, .harm_budget = 0.003};
	struct pending p, q;
	struct decide_learned l;
	struct buf b;
	struct err e;
	if (pending_decode(str_n((const char *)data, bytes), &p, &e) != ST_OK)
		return 0;
	buf_init(&b, 4096);
	pending_encode(&p, &b);
	ASSERT(pending_decode(buf_view(&b), &q, &e) == ST_OK);
	buf_finish(&b);
	learned_open(&l, 1);
	learned_teach(&l, &d, &p);
	ASSERT(p.taught && l.price >= 0);
	learned_close(&l);
	return 0;
}
