/* SPDX-License-Identifier: Apache-2.0
 * touch.h: (h) from the POST of an event to the mail in a server's hands.
 */
#ifndef BENCH_TOUCH_H
#define BENCH_TOUCH_H

#include "bench.h"
#include "report.h"

MUST_USE enum status bench_touch(const struct bench_conf *conf, struct report *r, struct err *e);

#endif
