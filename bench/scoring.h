/* SPDX-License-Identifier: Apache-2.0
 * scoring.h: (s) lead scoring on public data, beside other libraries' figures on the same folds.
 */
#ifndef BENCH_SCORING_H
#define BENCH_SCORING_H

#include "bench.h"
#include "report.h"

MUST_USE enum status bench_scoring(const struct bench_conf *conf, struct report *r, struct err *e);

#endif
