/* SPDX-License-Identifier: Apache-2.0
 * evidence.h: (o) what it takes to judge a policy on a log of decisions.
 */
#ifndef BENCH_EVIDENCE_H
#define BENCH_EVIDENCE_H

#include "bench.h"
#include "report.h"

MUST_USE enum status bench_evidence(const struct bench_conf *conf, struct report *r, struct err *e);

#endif
