/* SPDX-License-Identifier: Apache-2.0
 * fuzz_policy.c: any bytes as the record of a decision: refused, or odds that can be drawn from. */
#include "base/assert.h"
#include "learn/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct policy_recorded r;
	if (!policy_record_read(str_n((const char *)data, bytes), &r))
		return 0;
	ASSERT(r.dims <= 256 && r.choice.p[r.choice.drawn] > 0);
	ASSERT(explore_draw(r.choice.p, r.choice.n, 0.5) < r.choice.n);
	return 0;
}
