/* SPDX-License-Identifier: Apache-2.0
 * verdict.h: what an experiment says, at any time it is looked at.
 *
 * Arms are shares of leads that reached something. The first arm is what the others are compared
 * with. The interval of a difference is an asymptotic confidence sequence: the normal mixture bound
 * of sequential.h over the difference divided by its estimated variance (Waudby-Smith, Arbour,
 * Sinha, Kennedy and Ramdas 2024, "Time-uniform central limit theory", section 2), the level
 * divided by the number of comparisons. It may be looked at after every lead.
 *
 * Pure; thread: any.
 */
#ifndef EVALUATE_VERDICT_H
#define EVALUATE_VERDICT_H

#include "base/arena.h"

#include <stddef.h>

#define VERDICT_ARMS_MAX 8
#define VERDICT_ALPHA .05
#define VERDICT_LEADS_MIN 100 /* in each arm, before anything is said */
#define VERDICT_HITS_MIN 10   /* over both arms of a comparison */

enum verdict_kind {
	VERDICT_EARLY,
	VERDICT_BROKEN, /* sample ratio: the arms have other sizes than they were given */
	VERDICT_HARM,   /* an arm makes more people leave */
	VERDICT_WINNER,
	VERDICT_LOSER, /* every other arm is behind the first */
	VERDICT_EVEN,  /* every difference is smaller than what is worth having */
};

struct verdict_arm {
	double n, hits, harms; /* leads; those that reached the metric; those that left */
	double share;          /* of all leads, as the program says */
};

struct verdict_pair { /* an arm less the first */
	double diff, lo, hi;
	double harm, harm_lo, harm_hi;
};

struct verdict {
	enum verdict_kind kind;
	size_t arm; /* HARM, WINNER: which */
	double srm_p;
	double more; /* EARLY: leads still needed, roughly; 0: cannot be said */
	struct verdict_pair pairs[VERDICT_ARMS_MAX];
};

/* 2 <= n <= VERDICT_ARMS_MAX; min_lift as a share of the first arm's rate. */
void verdict_arms(const struct verdict_arm *arms, size_t n, double min_lift, struct verdict *out);
/* Half of an interval that holds at every look, of an estimate with this variance, at one level. */
double verdict_half(double variance, double alpha);
const char *verdict_kind_name(enum verdict_kind k);
struct verdict_names {
	const struct str *arms;
	const char *metric;
	double min_lift;
};
/* The verdict in one sentence. Lives on `a`; empty where it is full. */
struct str verdict_words(const struct verdict *v, const struct verdict_names *names,
			 struct arena *a);

#endif
