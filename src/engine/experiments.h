/* SPDX-License-Identifier: Apache-2.0
 * experiments.h: experiments as the fold sees them: what each arm's leads came to, since when each
 * runs, and what its rule (evaluate/rule.h) has done about it. Rules are asked once a day of the
 * log's clock, so that a replay ends the same experiment at the same event.
 *
 * META row "experiments": those of the program in force; two versions that
 * stand side by side (beside.h) are asked about with them. DUE_EXPERIMENTS 1: the next look, while
 * one of them has a rule. Which have ended is in META row "play" (decide_ended).
 */
#ifndef ENGINE_EXPERIMENTS_H
#define ENGINE_EXPERIMENTS_H

#include "evaluate/rule.h"
#include "program/track.h"
#include "store/store.h"

struct pass;
struct play;

/* ---- what came of the arms ---- */

#define EXPERIMENTS_DAYS 400 /* of entry; what is older is not read any more */

/* Roll-ups "experiment.<what>" {experiment, arm}. */
enum experiments_what {
	ARM_ENTERED,
	ARM_CONTACTED,
	ARM_COMPLETED,
	ARM_HANDED,
	ARM_ACCEPTED,
	ARM_GOAL,
	ARM_LEFT,
	ARM_GOAL_HOURS, /* from entry, over all that reached the goal */
	/* Sums of how engaged they were before (COHORT_BEFORE), in the order of the above. */
	ARM_ENTERED_X,
	ARM_CONTACTED_X,
	ARM_COMPLETED_X,
	ARM_HANDED_X,
	ARM_ACCEPTED_X,
	ARM_GOAL_X,
	ARM_LEFT_X,
	ARM_ENTERED_XX, /* of its square */
	ARM_WHATS
};
struct experiments_sums {
	struct str name; /* of the experiment */
	struct str arm[PROGRAM_ARMS_MAX];
	size_t n;
	int64_t of[PROGRAM_ARMS_MAX][ARM_WHATS];
};
enum experiments_what experiments_what_of(const char *metric); /* one of a cohort's flags */
void experiments_sums_of(const struct program_experiment *x,
			 struct experiments_sums *out); /* zeros */
/* Adds up the roll-ups up to today into list[i].of; names are the caller's. */
MUST_USE enum status experiments_count(struct store *s, int64_t now_us,
				       struct experiments_sums *list, size_t n, struct err *e);

/* ---- rules ---- */

#define EXPERIMENTS_NAME_MAX 72 /* a slug is shorter */

struct experiments_one {
	char name[EXPERIMENTS_NAME_MAX];
	int64_t since_us;
	bool over; /* everybody is in one arm: by its rule, or by a person */
	/* The latest thing its rule found: */
	uint64_t no; /* of all that rules have found, from 1; 0: nothing yet */
	int64_t at_us;
	enum rule_what what;
	enum program_then did; /* what was done about it: the rule's own, but broken is told only */
	char arm[EXPERIMENTS_NAME_MAX]; /* what everybody got, or would get */
	char words[200];
};
struct experiments {
	struct experiments_one list[PROGRAM_EXPERIMENTS_MAX];
	size_t n;
	uint64_t found;  /* by rules, ever */
	int64_t look_us; /* the next; TIME_NONE: no rule is waiting */
	bool dirty;
};

void experiments_init(struct experiments *x);
MUST_USE enum status experiments_load(struct experiments *x, struct store *s, struct arena *a,
				      struct err *e);
MUST_USE enum status experiments_flush(struct experiments *x, struct store *s, struct err *e);
/* NULL: it is not of the program in force. */
const struct experiments_one *experiments_of(const struct experiments *x, struct str name);
/* Its rule has found something, and leaves to people what to do. */
bool experiments_waits(const struct experiments_one *o);

/* One of them, as a field of a row. */
void experiments_one_put(const struct experiments_one *o, struct buf *row);
void experiments_one_get(struct rd *r, struct experiments_one *o);

/* A new version is in force: those new in it begin now, those it has no more are forgotten. */
MUST_USE enum status experiments_applied(struct pass *p, const struct program *now, struct err *e);
/* Rules have come or gone: the next look is set as long as one waits. */
MUST_USE enum status experiments_wait(struct pass *p, const struct program *now, struct err *e);
/* Everybody is in one arm of it. */
void experiments_ended(struct experiments *x, struct str name);
/* The time to look has come (DUE_EXPERIMENTS). */
MUST_USE enum status experiments_due(struct pass *p, struct err *e);

#endif
