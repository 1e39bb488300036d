/* SPDX-License-Identifier: Apache-2.0
 * render.h: part (j): Liquid templates rendered a second, against liquidjs.
 */
#ifndef BENCH_RENDER_H
#define BENCH_RENDER_H

#include "bench.h"
#include "report.h"

MUST_USE enum status bench_render(const struct bench_conf *conf, struct report *r, struct err *e);

#endif
