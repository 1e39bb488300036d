/* SPDX-License-Identifier: Apache-2.0
 * over.h: what can a condition come to while some of its numbers move between bounds?
 *
 * For who must know when a condition may turn though nothing happens: a span of time in which it
 * cannot is passed over, one in which it may is cut in half (program/facts.h, decide/next.c).
 *
 *   V1  Sound: whatever values the moving numbers take within their bounds, each by itself, the
 *       condition comes to one of what is answered. It may answer more than ever happens.
 *   V2  Exact where the bounds are points.
 * Thread: any. Nothing is allocated but what evaluating needs, on scratch.
 */
#ifndef CEL_OVER_H
#define CEL_OVER_H

#include "cel/cel.h"

/* Both ends belong to it; NaN: nobody can say, nor whether there is a value at all. */
struct cel_bounds {
	double lo, hi;
};

struct cel_span {
	const struct cel_activation *act; /* what stands still */
	/* Between what a field moves; false: it stands still, and is read from act. What moves
	 * between bounds has a value all the time, or never: presence is read from act too. */
	bool (*moves)(void *ctx, uint32_t slot, uint32_t field, struct cel_bounds *out_r);
	void *ctx;
};

enum {
	CEL_OVER_TRUE = 1,
	CEL_OVER_FALSE = 2, /* an error and what is not known count as false */
	/* A moving number goes into something that is not followed (a function, a macro, `%`), or
	 * the budget of steps is used up: both of the above are set, and cutting the span in half
	 * will not help. */
	CEL_OVER_BLIND = 8
};
unsigned cel_over(const struct cel_prog *prog, const struct cel_span *span, struct arena *scratch);

#endif
