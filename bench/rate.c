/* SPDX-License-Identifier: Apache-2.0
 * rate.c: the stopwatch, and a rate as a line of a table. */
#include "rate.h"

#include "base/clock.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static int64_t timeval_us(struct timeval t)
{
	return t.tv_sec * INT64_C(1000000) + t.tv_usec;
}

struct stopwatch bench_start(void)
{
	struct rusage u;
	(void)getrusage(RUSAGE_SELF, &u); /* cannot fail for SELF */
	return (struct stopwatch){clock_mono_us(), timeval_us(u.ru_utime) + timeval_us(u.ru_stime)};
}

void bench_stop(struct stopwatch from, uint64_t events, struct bench_rate *out)
{
	struct stopwatch now = bench_start();
	*out = (struct bench_rate){events, now.wall_us - from.wall_us, now.cpu_us - from.cpu_us};
}

double bench_per_s(const struct bench_rate *r)
{
	return (double)r->events * 1e6 / (double)(r->elapsed_us > 0 ? r->elapsed_us : 1);
}

double bench_cpu_each_us(const struct bench_rate *r)
{
	return (double)r->cpu_us / (double)(r->events > 0 ? r->events : 1);
}

void bench_line(const char *what, size_t batch, const struct bench_rate *r,
		const struct bench_rate *reference)
{
	printf("%-28s batch %6zu %9.0f events/s %6.2f us CPU %6.2f x\n", what, batch,
	       bench_per_s(r), bench_cpu_each_us(r), bench_per_s(r) / bench_per_s(reference));
	(void)fflush(stdout);
}

void bench_remove_file(const char *path)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char name[600];
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		(void)snprintf(name, sizeof name, "%s%s", path, ends[i]);
		(void)unlink(name);
	}
}
