/* SPDX-License-Identifier: Apache-2.0
 * rate.h: what every measurement is made of: a stopwatch and a rate. CPU time stands beside wall
 * time because it stays true on a machine that others use too.
 */
#ifndef BENCH_RATE_H
#define BENCH_RATE_H

#include "base/status.h"

#include <stdint.h>

struct bench_rate {
	uint64_t events;
	int64_t elapsed_us, cpu_us; /* wall; this process, all threads */
};
double bench_per_s(const struct bench_rate *r);
double bench_cpu_each_us(const struct bench_rate *r);
/* One line of a table: the rate, and how many times the reference it is. */
void bench_line(const char *what, size_t batch, const struct bench_rate *r,
		const struct bench_rate *reference);

struct stopwatch {
	int64_t wall_us, cpu_us;
};
struct stopwatch bench_start(void);
void bench_stop(struct stopwatch from, uint64_t events, struct bench_rate *out);

/* Removes an SQLite file with what stands beside it; silent when there is none. */
void bench_remove_file(const char *path);

#endif
