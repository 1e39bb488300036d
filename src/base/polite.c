/* SPDX-License-Identifier: Apache-2.0
 * polite.c: see polite.h. */
#include "base/polite.h"

#include "base/clock.h"

#include <sched.h>
#include <stdatomic.h>

static atomic_bool wanted;

void polite_wanted(bool yes)
{
	atomic_store_explicit(&wanted, yes, memory_order_relaxed);
}

bool polite_pause(int64_t *since_us)
{
	if (!atomic_load_explicit(&wanted, memory_order_relaxed) ||
	    clock_mono_us() - *since_us < POLITE_BITE_US)
		return false;
	(void)sched_yield(); /* cannot fail here */
	*since_us = clock_mono_us();
	return true;
}
