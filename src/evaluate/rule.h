/* SPDX-License-Identifier: Apache-2.0
 * rule.h: what the rule of an experiment says to do, at any time it is looked at: wait, or end it,
 * with which arm, and why. Everything it looks at holds at every look (verdict.h, sequential.h), so
 * it may be asked every day.
 *
 * In this order: the guard (an arm that is certainly above its ceiling), the sample ratio (nothing
 * is compared while it is broken), the verdict, the time that is over. The first arm is what the
 * others are compared with and what everybody gets where none has won; the guard does not look at
 * it.
 *
 * Pure; thread: any.
 */
#ifndef EVALUATE_RULE_H
#define EVALUATE_RULE_H

#include "base/arena.h"
#include "evaluate/verdict.h"

/* In rows of the state: never reuse one. */
enum rule_what {
	RULE_WAIT,
	RULE_GUARD,  /* an arm is above the guard's ceiling */
	RULE_BROKEN, /* the sample ratio: people look at it, whatever the rule says */
	RULE_HARM,
	RULE_WINNER,
	RULE_LOSER,
	RULE_EVEN,
	RULE_TIME, /* its time is over and nothing was shown */
	RULE_WHATS
};

struct rule_case {
	const struct verdict_arm *arms;
	const double *guarded; /* by arm: who reached the guard's metric; NULL: there is no guard */
	size_t n;              /* arms, 2 to VERDICT_ARMS_MAX */
	double min_lift;       /* 0: no difference is too small */
	double guard_most;     /* the guard's ceiling, a share of the arm's leads */
	double least;          /* leads in each arm before one may win, lose or be alike */
	bool over;             /* its time is over */
	/* For words: */
	const struct str *names; /* of the arms */
	const char *metric, *guard;
};
struct rule_call {
	enum rule_what what;
	size_t arm;       /* what everybody gets if it ends now */
	struct str words; /* one sentence: why; empty for RULE_WAIT */
};
/* Words live on `a`; they are empty where it is full. */
void rule_judge(const struct rule_case *c, struct arena *a, struct rule_call *out);
const char *rule_what_name(enum rule_what w); /* "winner" */

#endif
