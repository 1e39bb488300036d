/* SPDX-License-Identifier: Apache-2.0
 * rate.c: see rate.h. */
#include "base/rate.h"

int64_t rate_wait_us(_Atomic int64_t *cell, int64_t step_us, int64_t burst, int64_t now_us)
{
	int64_t step = step_us > 0 ? step_us : 1;
	int64_t ahead_us = step * (burst > 0 ? burst : 1);
	int64_t due = atomic_load_explicit(cell, memory_order_relaxed), next;
	do {
		next = (due > now_us ? due : now_us) + step;
		if (next - now_us > ahead_us)
			return next - now_us - ahead_us;
	} while (!atomic_compare_exchange_weak_explicit(cell, &due, next, memory_order_relaxed,
							memory_order_relaxed));
	return 0;
}
