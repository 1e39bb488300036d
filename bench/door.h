/* SPDX-License-Identifier: Apache-2.0
 * door.h: (a) single events, (b) batches, (d) from POST to scored, (e) memory and start, (i) links
 * of messages, (x) decisions of other senders.
 */
#ifndef BENCH_DOOR_H
#define BENCH_DOOR_H

#include "bench.h"
#include "report.h"

MUST_USE enum status bench_single(const struct bench_conf *conf, struct report *r, struct err *e);
MUST_USE enum status bench_batch(const struct bench_conf *conf, struct report *r, struct err *e);
MUST_USE enum status bench_latency(const struct bench_conf *conf, struct report *r, struct err *e);
MUST_USE enum status bench_footprint(const struct bench_conf *conf, struct report *r,
				     struct err *e);
MUST_USE enum status bench_external(const struct bench_conf *conf, struct report *r, struct err *e);
MUST_USE enum status bench_clicks(const struct bench_conf *conf, struct report *r, struct err *e);

#endif
