/* SPDX-License-Identifier: Apache-2.0
 * trial.h: may a candidate be tried on more leads, or must it go? Asked after every outcome.
 *
 * The unit is a lead: what a lead brought since the stage began, over all decisions about it, so
 * that decisions of one lead may hang together, and a policy that says less often something is not
 * judged by how often it was asked. In the shadow nobody follows the candidate: what a lead brought
 * is weighed by how much likelier the candidate would have done the same, and the difference of
 * both is looked at.
 *
 * Differences have intervals that hold at every look (the normal mixture of sequential.h over the
 * estimated variance, as in verdict.h). Each stage looks at reward and at harm, each at a level of
 * TRIAL_ALPHA, of which the side that sends it back has half: over four stages a candidate that is
 * as good as the champion is sent back in one of twenty rollouts at most.
 *
 * Pure; thread: any.
 */
#ifndef EVALUATE_TRIAL_H
#define EVALUATE_TRIAL_H

#define TRIAL_ALPHA .0125
#define TRIAL_ESS_MIN 200.0
#define TRIAL_HARMS_MIN 10.0 /* of both sides, before harm is judged */

struct trial_side { /* sums over leads */
	double n, reward, reward_squares, harm, harm_squares;
};

struct trial_case {
	unsigned percent; /* who follows the candidate: 0 (shadow), 5, 25, 50 */
	struct trial_side champion;
	struct trial_side candidate; /* in the shadow: of weighed less plain, per lead */
	double decisions, weight, weight_squares; /* in the shadow */
};

enum trial_what { TRIAL_WAIT, TRIAL_UP, TRIAL_DOWN };

struct trial_span {
	double at, lo, hi;
};
struct trial_verdict {
	enum trial_what what;
	struct trial_span reward, harm; /* candidate less champion, per lead */
	char words[200];                /* one sentence: why, or what it waits for */
};
void trial_judge(const struct trial_case *c, struct trial_verdict *out);
/* Leads that each side must have at a stage; what the candidate may be worse by, as a share of what
 * the champion brings, to be tried on more. */
double trial_leads_min(unsigned percent);
double trial_margin(unsigned percent);
/* The next share: 0 -> 5 -> 25 -> 50 -> 100. */
unsigned trial_next(unsigned percent);

#endif
