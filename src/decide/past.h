/* SPDX-License-Identifier: Apache-2.0
 * past.h: messages that somebody sent before us, as pseudo-observations: what was known of the lead
 * now, what was said then, what came of it. Their odds are unknown and their leads were chosen by
 * somebody, so they count less than what we see ourselves; how much less, live outcomes say.
 */
#ifndef DECIDE_PAST_H
#define DECIDE_PAST_H

#include "decide/decide.h"

struct past_send {
	struct str message, angle; /* angle may be empty */
	struct str channel;        /* empty: the first of the program */
	int64_t at_us;
};
/* What it looked like: context and parts, as of a decision; its outcome is nothing yet
 * (learned_event adds to it). d: as for decide_due. */
void past_pending(struct decide *d, const struct past_send *s, struct pending *out);
/* Does the program have its message, its angle (where it names one) and its channel? What it has
 * not teaches nothing that is ever asked for. */
bool past_known(const struct program *p, const struct pending *of);
/* Teaches it to both models; weight in (0, 1]. */
void past_believe(struct decide_learned *l, const struct pending *of, float weight);

/* Progressive validation: a learner that believed the past with that weight, asked for each live
 * outcome before it learns it. */
#define PAST_WEIGHTS 4
#define PAST_LIVE_LEAST 50u                    /* with fewer, chance would choose */
#define PAST_USUAL 2u                          /* then: which of them */
extern const float past_weights[PAST_WEIGHTS]; /* 0, .1, .3, 1 */
struct past_trial {
	double loss[PAST_WEIGHTS]; /* mean log loss over the live outcomes */
	size_t past, live;
	size_t best; /* the weight to take */
};
/* Both in order of time. */
void past_try(const struct pending *past, size_t past_n, const struct pending *live, size_t live_n,
	      struct past_trial *out);

#endif
