/* SPDX-License-Identifier: Apache-2.0
 * clock.h: the only door to the machine's clock. Rooms never call it: they read env.now_us.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t clock_now_us(void);  /* wall clock, microseconds since 1970-01-01T00:00Z */
int64_t clock_mono_us(void); /* monotonic, for intervals */
void clock_sleep_us(int64_t us);

#endif
