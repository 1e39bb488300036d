/* SPDX-License-Identifier: Apache-2.0
 * clock.h: the only door to the machine's clock. Rooms never call it: they read env.now_us.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

int64_t clock_now_us(void);  /* wall clock, microseconds since 1970-01-01T00:00Z */
int64_t clock_mono_us(void); /* monotonic, for intervals */
void clock_sleep_us(int64_t us);
/* A condition whose waits end by the monotonic clock. */
void clock_cond_init(pthread_cond_t *c);
/* Waits, the lock held on both sides, until woken (maybe for nothing): true; or until the clock is
 * past mono_us: false. */
bool clock_cond_wait(pthread_cond_t *c, pthread_mutex_t *lock, int64_t mono_us);

#endif
