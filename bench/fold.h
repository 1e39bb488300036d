/* SPDX-License-Identifier: Apache-2.0
 * fold.h: events from the log to committed scores, with many leads known.
 */
#ifndef BENCH_FOLD_H
#define BENCH_FOLD_H

#include "bench.h"

/* An open folder, between rounds. */
struct fold;
MUST_USE enum status bench_fold_open(const struct bench_conf *conf, const char *folder,
				     struct fold **out, struct err *e);
/* conf->leads known leads, each of one identify: appended and folded, scored by conf->program. */
MUST_USE enum status bench_fold_know(struct fold *f, struct bench_rate *out, struct err *e);
/* Appends `events` to the log (not timed), then folds until the log is drained (timed). */
MUST_USE enum status bench_fold_round(struct fold *f, uint64_t events, struct bench_rate *out,
				      struct err *e);
void bench_fold_close(struct fold **f);

/* All of it: a folder with conf->leads known leads, closed again. What `nurtured serve` opens. */
MUST_USE enum status bench_fold_prepare(const struct bench_conf *conf, const char *folder,
					struct bench_rate *out, struct err *e);

#endif
