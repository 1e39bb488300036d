/* SPDX-License-Identifier: Apache-2.0
 * clock.h: the only door to the machine's clock. Rooms never call it: they read env.now_us.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Wall clock, microseconds since 1970-01-01T00:00Z; ahead of the machine's when a folder of data
 * is being played forward (docs/clock.md). */
int64_t clock_now_us(void);
/* What the machine says, for what others sign and stamp by their own clocks. */
int64_t clock_real_us(void);
/* From now on clock_now_us is `us` ahead of the machine; not less than 0. Any thread. */
void clock_shift(int64_t us);
int64_t clock_shifted_us(void);
int64_t clock_mono_us(void); /* monotonic, for intervals */
/* The processor time the calling thread has used. Beside clock_mono_us it tells how much of a
 * processor the thread could get. */
int64_t clock_thread_us(void);
void clock_sleep_us(int64_t us);
/* A condition whose waits end by the monotonic clock. */
void clock_cond_init(pthread_cond_t *c);
/* Waits, the lock held on both sides, until woken (maybe for nothing): true; or until the clock is
 * past mono_us: false. */
bool clock_cond_wait(pthread_cond_t *c, pthread_mutex_t *lock, int64_t mono_us);

#endif
