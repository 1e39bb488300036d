/* SPDX-License-Identifier: Apache-2.0
 * report.c: one line a figure, at once: a run takes minutes, and half a run is worth reading. */
#include "report.h"

#include <stdio.h>

void report_title(struct report *r, char letter, const char *text)
{
	if (r->json)
		printf("{\"schema\":\"nurtured.bench/1\",\"part\":\"%c\",\"title\":\"%s\"}\n",
		       letter, text);
	else
		printf("\n(%c) %s\n", letter, text);
	(void)fflush(stdout);
}

void report_rate(struct report *r, const char *what, const struct bench_rate *rate)
{
	if (r->json)
		printf("{\"figure\":\"%s\",\"events_per_s\":%.0f,\"cpu_us_per_event\":%.3f}\n",
		       what, bench_per_s(rate), bench_cpu_each_us(rate));
	else
		printf("  %-46s %10.0f /s %8.2f us CPU each\n", what, bench_per_s(rate),
		       bench_cpu_each_us(rate));
	(void)fflush(stdout);
}

void report_value(struct report *r, const char *what, double value, const char *unit)
{
	if (r->json)
		printf("{\"figure\":\"%s\",\"value\":%.3f,\"unit\":\"%s\"}\n", what, value, unit);
	else
		printf("  %-46s %10.2f %s\n", what, value, unit);
	(void)fflush(stdout);
}

void report_ratio(struct report *r, const char *what, double ratio, double wanted)
{
	bool missed = wanted > 0 && ratio < wanted;
	r->missed += missed;
	if (r->json)
		printf("{\"figure\":\"%s\",\"ratio\":%.3f,\"wanted\":%.2f,\"met\":%s}\n", what,
		       ratio, wanted, missed ? "false" : "true");
	else if (wanted > 0)
		printf("  %-46s %10.2f x  (wanted %.1f: %s)\n", what, ratio, wanted,
		       missed ? "missed" : "met");
	else
		printf("  %-46s %10.2f x\n", what, ratio);
	(void)fflush(stdout);
}

void report_share(struct report *r, const char *what, double share, double wanted)
{
	r->missed += share < wanted;
	if (r->json)
		printf("{\"figure\":\"%s\",\"share\":%.4f,\"wanted\":%.3f,\"met\":%s}\n", what,
		       share, wanted, share < wanted ? "false" : "true");
	else
		printf("  %-46s %10.4f    (wanted %.3f: %s)\n", what, share, wanted,
		       share < wanted ? "missed" : "met");
	(void)fflush(stdout);
}

void report_note(struct report *r, const char *text)
{
	if (!r->json)
		printf("    %s\n", text);
	(void)fflush(stdout);
}
