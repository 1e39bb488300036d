/* SPDX-License-Identifier: Apache-2.0
 * clock.c: kept tiny, so that "who reads the clock" is one grep. */
#include "base/clock.h"

#include "base/assert.h"

#include <errno.h>
#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t shift_us;

static int64_t read_us(clockid_t id)
{
	struct timespec ts;
	(void)clock_gettime(id, &ts); /* cannot fail for these ids */
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
	return read_us(CLOCK_REALTIME) + clock_shifted_us();
}

int64_t clock_real_us(void)
{
	return read_us(CLOCK_REALTIME);
}

void clock_shift(int64_t us)
{
	ASSERT(us >= 0);
	atomic_store_explicit(&shift_us, us, memory_order_relaxed);
}

int64_t clock_shifted_us(void)
{
	return atomic_load_explicit(&shift_us, memory_order_relaxed);
}

int64_t clock_mono_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t clock_thread_us(void)
{
	return read_us(CLOCK_THREAD_CPUTIME_ID);
}

void clock_sleep_us(int64_t us)
{
	struct timespec ts = {us / 1000000, (us % 1000000) * 1000};
	while (us > 0 && nanosleep(&ts, &ts) != 0 && errno == EINTR)
		continue;
}

void clock_cond_init(pthread_cond_t *c)
{
	pthread_condattr_t attr;
	ASSERT(pthread_condattr_init(&attr) == 0);
	ASSERT(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
	ASSERT(pthread_cond_init(c, &attr) == 0);
	(void)pthread_condattr_destroy(&attr);
}

bool clock_cond_wait(pthread_cond_t *c, pthread_mutex_t *lock, int64_t mono_us)
{
	struct timespec ts = {mono_us / 1000000, mono_us % 1000000 * 1000};
	return pthread_cond_timedwait(c, lock, &ts) != ETIMEDOUT;
}
