/* SPDX-License-Identifier: Apache-2.0
 * fuzz_frozen.c: any bytes as a policy: refused, or one that can be asked. */
#include "base/assert.h"
#include "decide/frozen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct decide_frozen f;
	struct err e;
	if (frozen_decode(str_n((const char *)data, bytes), &f, &e) != ST_OK)
		return 0;
	float x[CONTEXT_COUNT] = {1};
	struct learn_guess g;
	struct learn_action a = {.arm = {learn_thin_arm(f.response, 77, LEARN_POOLED)}, .n = 1};
	learn_score(f.response, x, &a, 1, &g);
	ASSERT(g.p >= 0 && g.p <= 1);
	frozen_close(&f);
	return 0;
}
