/* SPDX-License-Identifier: Apache-2.0
 * learn.h: (l) how much of what could be had does the learner find, and how fast is a decision?
 */
#ifndef BENCH_LEARN_H
#define BENCH_LEARN_H

#include "bench.h"
#include "report.h"

MUST_USE enum status bench_learn(const struct bench_conf *conf, struct report *r, struct err *e);

#endif
