/* SPDX-License-Identifier: Apache-2.0
 * bench.c: what other processes use, and small statistics. */
#include "bench.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

bool bench_number(const char **at, uint64_t *out)
{
	const char *p = *at;
	while (p != NULL && (*p == ' ' || *p == '\t'))
		p++;
	size_t n = p != NULL ? strspn(p, "0123456789") : 0;
	if (!str_to_u64(str_n(p, n), out))
		return false;
	*at = p + n;
	return true;
}

int64_t bench_process_cpu_us(int pid)
{
	char path[64], text[1024];
	uint64_t user, system;
	(void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
	FILE *f = fopen(path, "r");
	size_t n = f != NULL ? fread(text, 1, sizeof text - 1, f) : 0;
	if (f != NULL)
		(void)fclose(f);
	text[n] = '\0';
	const char *at =
		strrchr(text, ')'); /* behind the name; utime is the 12th field from there */
	for (int i = 0; i < 12 && at != NULL; i++)
		at = strchr(at + 1, ' ');
	if (!bench_number(&at, &user) || !bench_number(&at, &system))
		return -1;
	return (int64_t)(user + system) * 1000000 / sysconf(_SC_CLK_TCK);
}

int64_t bench_process_rss_kb(int pid)
{
	char path[64], line[256];
	uint64_t kb = 0;
	bool found = false;
	(void)snprintf(path, sizeof path, "/proc/%d/status", pid);
	FILE *f = fopen(path, "r");
	while (f != NULL && !found && fgets(line, sizeof line, f) != NULL) {
		const char *at = strncmp(line, "VmRSS:", 6) == 0 ? line + 6 : NULL;
		found = bench_number(&at, &kb);
	}
	if (f != NULL)
		(void)fclose(f);
	return found ? (int64_t)kb : -1;
}

static int by_rate(const void *a, const void *b)
{
	double x = bench_per_s(a), y = bench_per_s(b);
	return (x > y) - (x < y);
}

struct bench_rate bench_median(struct bench_rate *rounds, int n)
{
	qsort(rounds, (size_t)n, sizeof *rounds, by_rate);
	return rounds[n / 2];
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double bench_percentile(double *values, size_t n, double p)
{
	if (n == 0)
		return 0;
	qsort(values, n, sizeof *values, by_value);
	return values[(size_t)((double)(n - 1) * p + 0.5)];
}

void bench_remove(const char *folder)
{
	char path[BENCH_PATH_MAX + 256];
	DIR *d = opendir(folder);
	if (d == NULL)
		return;
	for (struct dirent *f = readdir(d); f != NULL; f = readdir(d)) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, f->d_name);
		(void)unlink(path); /* "." and ".." refuse */
	}
	(void)closedir(d);
	(void)rmdir(folder);
}
