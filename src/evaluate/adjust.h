/* SPDX-License-Identifier: Apache-2.0
 * adjust.h: arms of an experiment compared with what was known of their leads before (CUPED, Deng,
 * Xu, Kohavi and Walker 2013): the part of an outcome that was to be expected anyway is taken out,
 * so that what is left varies less and intervals are narrower.
 *
 * The number from before (x) was fixed at assignment, so no arm can move it: taking it out leaves
 * the difference what it was. theta is the slope within the arms, all pooled. The interval is that
 * of verdict.h over the variance that is left: it holds at every look in the same, asymptotic,
 * sense; theta is estimated from the same leads, which is of no account behind the first hundreds.
 *
 * Pure; thread: any.
 */
#ifndef EVALUATE_ADJUST_H
#define EVALUATE_ADJUST_H

#include "evaluate/verdict.h"

#define ADJUST_HELPS .95 /* intervals must shrink to this, or less, to be worth a second number */

struct adjust_arm { /* sums over an arm's leads; hits are 0 or 1 each */
	double n, hits;
	double x, xx, xy;
};
struct adjust_pair { /* an arm less the first */
	double diff, lo, hi;
};
struct adjust {
	bool known;   /* there is something to go by: enough leads, and x differs between them */
	bool helps;   /* known, and all intervals shrink to ADJUST_HELPS */
	double theta; /* of the outcome for one more of x */
	double width; /* of the widest comparison's interval, as a share of the raw one's */
	struct adjust_pair pairs[VERDICT_ARMS_MAX];
};
/* 2 <= n <= VERDICT_ARMS_MAX */
void adjust_arms(const struct adjust_arm *arms, size_t n, struct adjust *out);

#endif
