/* SPDX-License-Identifier: Apache-2.0
 * fuzz_advice.c: any bytes as a row of a decision that waits for rewards: refused, or one that is
 * written the same again and can be taught. */
#include "advise/advise.h"
#include "base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct advice x, y;
	struct buf b;
	struct err e;
	struct advisor by;
	struct program_decision of = {.name = STR("d"), .worth = 1};
	const struct advise_reward r = {.value = 0.5};
	if (advice_decode(str_n((const char *)data, bytes), &x, &e) != ST_OK)
		return 0;
	buf_init(&b, 8192);
	advice_encode(&x, &b);
	ASSERT(advice_decode(buf_view(&b), &y, &e) == ST_OK);
	buf_finish(&b);
	of.context_n = x.dims - 1;
	advisor_open(&by, &of);
	(void)advice_reward_add(&x, &of, &r);
	advisor_teach(&by, &x);
	ASSERT(x.taught);
	advisor_close(&by);
	return 0;
}
