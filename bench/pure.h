/* SPDX-License-Identifier: Apache-2.0
 * pure.h: (f) what one thread computes: conditions, parsing.
 */
#ifndef BENCH_PURE_H
#define BENCH_PURE_H

#include "bench.h"
#include "report.h"

MUST_USE enum status bench_pure(const struct bench_conf *conf, struct report *r, struct err *e);

#endif
