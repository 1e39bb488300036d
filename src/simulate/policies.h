/* SPDX-License-Identifier: Apache-2.0
 * policies.h: the same people under several ways to choose, over several worlds: does the learner
 * earn more than the rules, and than each thing done always?
 *
 * A world is a seed: its people, their hours and tastes. All policies meet the same ones, and each
 * throw of dice belongs to one doing of one person, so that the difference of two policies in one
 * world is theirs and little else. Over worlds the differences are independent: their mean has a
 * Student interval.
 *
 * Reward is what the program's `rewards:` say of everything people did, less `costs:`, per 100
 * leads; harm is how many of 100 were driven away (unsubscribes, complaints).
 * Thread: any, one at a time per call.
 */
#ifndef SIMULATE_POLICIES_H
#define SIMULATE_POLICIES_H

#include "evaluate/experiment.h"
#include "simulate/simulate.h"

#define SIMULATE_POLICIES_MAX 64u
#define SIMULATE_SEEDS_MAX 1000u

struct simulate_policy {
	struct str name;
	struct program_choice choice;
	bool fixed;   /* one thing, always */
	bool silence; /* of those, to say nothing: shown, and no rival, since it can harm nobody */
};
/* "rules", "learned", a mode of `decide:`, or "fixed:ANGLE+PART" with either of the two, or
 * "fixed:nothing". Texts live in the arena. ST_INVALID: no such policy, or nothing to choose. */
MUST_USE enum status simulate_policy_of(const struct program *p, struct str name, struct arena *a,
					struct simulate_policy *out, struct err *e);
/* learned, rules, first, and every fixed arm of the program. */
MUST_USE enum status simulate_policies(const struct program *p, struct arena *a,
				       struct simulate_policy out[SIMULATE_POLICIES_MAX],
				       size_t *n_r, struct err *e);

struct simulate_compared {
	double reward, harm;                      /* of 100 leads, mean over the worlds */
	double messages;                          /* a lead */
	double harm_rate;                         /* of messages */
	struct experiment_result gain, harm_more; /* the first policy less this one */
	bool beaten; /* more reward for sure, and not more harm for sure */
};
struct simulate_compare_conf {
	struct simulate_conf each; /* seed: of the first world; choice is not looked at */
	uint64_t seeds;            /* 2 to SIMULATE_SEEDS_MAX */
	const struct simulate_policy *policies; /* the first is what the others are rivals of */
	size_t n;                               /* 2 to SIMULATE_POLICIES_MAX */
	bool (*go_on)(void *ctx, uint64_t done, uint64_t of); /* may be NULL */
	void *ctx;
};
struct simulate_comparison {
	struct simulate_compared of[SIMULATE_POLICIES_MAX];
	/* The fixed arm that was best in each world, as known afterwards: nobody can choose it
	 * beforehand, and luck is on its side. */
	struct simulate_compared hindsight;
	bool any_fixed;
	size_t rivals, beaten;
};
MUST_USE enum status simulate_compare(const struct simulate_compare_conf *conf,
				      struct simulate_comparison *out, struct err *e);

#endif
