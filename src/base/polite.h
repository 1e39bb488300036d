/* SPDX-License-Identifier: Apache-2.0
 * polite.h: work that can wait gives way.
 *
 * A thread that computes for milliseconds keeps its processor for as long as the scheduler lets it,
 * and who has just been woken to answer somebody stands behind it: a few milliseconds, where an
 * answer takes less than one. Such work says every now and then that others may go first. It costs
 * nothing where nobody is ready, needs no rights, and unlike a priority it can be taken back as
 * soon as somebody waits for the work itself.
 *
 * Thread: any.
 */
#ifndef BASE_POLITE_H
#define BASE_POLITE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Whether threads give way that share it: zeroed, nobody does. */
struct polite {
	atomic_bool wanted;
	int bite_us; /* of work between two pauses; 0: POLITE_BITE_US */
};

void polite_want(struct polite *p, bool yes); /* accepts NULL */
/* Between two pieces of work: lets those who are ready go first, if that is wanted and the last
 * time was bite_us ago. p NULL: it never is. *since_us is the caller's, 0 at first. True: it
 * gave way. */
#define POLITE_BITE_US 150
bool polite_pause(const struct polite *p, int64_t *since_us);

#endif
