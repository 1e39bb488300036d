/* SPDX-License-Identifier: Apache-2.0
 * rate.h: so many a second and no more, with one number of state: the generic cell rate algorithm
 * (ITU-T I.371). The number is the instant at which the next one would be on schedule; a burst is
 * how far ahead of schedule one may be.
 * Thread: any; a cell is shared without a lock.
 */
#ifndef BASE_RATE_H
#define BASE_RATE_H

#include <stdatomic.h>
#include <stdint.h>

/* Microseconds to wait; 0: let in, and counted. `burst` of them may come at once, then one each
 * step_us. now_us is a monotonic clock's; a cell begins as 0. */
int64_t rate_wait_us(_Atomic int64_t *cell, int64_t step_us, int64_t burst, int64_t now_us);

#endif
