/* SPDX-License-Identifier: Apache-2.0
 * node.h: (n) the whole way from events to mails against the Node pipeline of the shared folder.
 */
#ifndef BENCH_NODE_H
#define BENCH_NODE_H

#include "bench.h"
#include "report.h"

/* Says so and skips where the pipeline is not, or lacks what it needs. */
MUST_USE enum status bench_node(const struct bench_conf *conf, struct report *r, struct err *e);

#endif
