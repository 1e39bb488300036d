/* SPDX-License-Identifier: Apache-2.0
 * polite.c: see polite.h. */
#include "base/polite.h"

#include "base/clock.h"

#include <sched.h>

void polite_want(struct polite *p, bool yes)
{
	if (p != NULL)
		atomic_store_explicit(&p->wanted, yes, memory_order_relaxed);
}

bool polite_pause(const struct polite *p, int64_t *since_us)
{
	if (p == NULL || !atomic_load_explicit(&p->wanted, memory_order_relaxed))
		return false;
	int64_t bite_us = p->bite_us > 0 ? p->bite_us : POLITE_BITE_US;
	if (clock_mono_us() - *since_us < bite_us)
		return false;
	(void)sched_yield(); /* cannot fail here */
	*since_us = clock_mono_us();
	return true;
}
