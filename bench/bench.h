/* SPDX-License-Identifier: Apache-2.0
 * bench.h: what the measurements share: settings, medians, made-up events.
 *
 * Every figure is measured in the run that prints it. Things that are compared run in turns,
 * round after round, and the median round counts: a busy neighbour bothers both.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "base/str.h"
#include "base/buf.h"
#include "base/random.h"
#include "model/event.h"
#include "rate.h"

#define BENCH_ROUNDS_MAX 15
#define BENCH_PATH_MAX 512
#define BENCH_LEADS_PER_COMPANY 10

struct bench_conf {
	const char *folder;                  /* files are made and removed there */
	const char *program;                 /* YAML that scores */
	const char *daemon;                  /* path of the nurtured binary */
	uint64_t leads;                      /* known before the folding is timed */
	uint64_t fold_events, append_events; /* per round */
	int64_t door_us;                     /* load per round */
	int rounds;
};

/* CPU time another process has used; -1 when it is gone. */
int64_t bench_process_cpu_us(int pid);
int64_t bench_process_rss_kb(int pid);

/* The round in the middle, by events per second. Sorts. */
struct bench_rate bench_median(struct bench_rate *rounds, int n);
double bench_percentile(double *values, size_t n, double p); /* sorts; 0 < p < 1 */

/* Removes a folder of plain files; silent when there is none. */
void bench_remove(const char *folder);

/* ---- events.c: made-up traffic of one company's site ---- */

/* Person `lead` says who they are: userId, e-mail and five traits. */
void bench_identify(uint64_t lead, int64_t at_us, struct arena *a, struct event *out);
/* Something a known person does: mostly page views, some mails, forms, videos; now and then the
 * browser says identify again. Known by userId, one in four by e-mail too. */
void bench_act(struct rng *r, uint64_t leads, int64_t at_us, struct arena *a, struct event *out);
/* The body of one Segment call with a message id of its own, appended; returns its type. */
const char *bench_segment_call(struct rng *r, uint64_t leads, uint64_t unique, struct buf *out);

/* The whole number at *at, behind blanks; moves *at behind it. False: none there, or NULL. */
bool bench_number(const char **at, uint64_t *out);

#endif
