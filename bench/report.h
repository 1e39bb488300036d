/* SPDX-License-Identifier: Apache-2.0
 * report.h: figures as they come, for a reader and for a program.
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "bench.h"

struct report {
	bool json;
	unsigned missed; /* ratios below what was wanted of them */
};

void report_title(struct report *r, char letter, const char *text);
/* One measured rate; `what` is also its name in JSON, under the last title's letter. */
void report_rate(struct report *r, const char *what, const struct bench_rate *rate);
void report_value(struct report *r, const char *what, double value, const char *unit);
/* ours / reference; `wanted` 0: nothing was promised of it. */
void report_ratio(struct report *r, const char *what, double ratio, double wanted);
/* A share of 1, to three digits, of which `wanted` was promised. */
void report_share(struct report *r, const char *what, double share, double wanted);
void report_note(struct report *r, const char *text); /* for readers only */

#endif
