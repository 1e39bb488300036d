/* SPDX-License-Identifier: Apache-2.0
 * policy.h: one decision: values in, odds out, one drawn, and a record that says all of it.
 *
 * A mode is a row of a table: how values become odds. What follows is the same for every mode: the
 * exploration budget, then the floor, then the draw. So the odds in the record are those the draw
 * was made with, whatever made them.
 */
#ifndef LEARN_POLICY_H
#define LEARN_POLICY_H

#include "learn/explore.h"
#include "base/buf.h"

enum policy_mode {
	POLICY_FIRST,   /* always option 0 */
	POLICY_EPSILON, /* the best by expected value; a share of the time any */
	POLICY_SOFTMAX, /* in proportion to e^(gain value) */
	POLICY_IGW, /* inverse gaps of the hopeful values; sharper with the root of what was seen */
	POLICY_THOMPSON, /* each as often as it looks best, given what is not known */
	POLICY_MODES
};

struct policy_conf {
	enum policy_mode mode;
	double epsilon;   /* EPSILON: share drawn from all, [0, 1] */
	double gain;      /* IGW: gamma = gain * sqrt(seen). SOFTMAX: the exponent's factor */
	double budget;    /* most that all but the best may have together, (0, 1]; 1: no limit.
			   * The even share counts in it. */
	double floor;     /* shared out evenly as a least probability; [0, 1] */
	double uniform;   /* share of turns that is drawn evenly, whatever the values; [0, 1] */
	unsigned samples; /* THOMPSON, 1..EXPLORE_SAMPLES_MAX */
};
struct policy_conf policy_conf_default(enum policy_mode mode); /* what the product ships */
const char *policy_mode_name(enum policy_mode m);
/* POLICY_MODES: no such name. */
enum policy_mode policy_mode_of(struct str name);

/* One thing that may be done, and what is thought to come of it. */
struct policy_option {
	double value;    /* expected */
	double hopeful;  /* the same, the unknown credited; at least `value` in spirit */
	double variance; /* of the value */
};

struct policy_choice {
	double p[EXPLORE_MAX];
	size_t n, best, drawn;
	double unit; /* the throw */
	/* It counts among the evenly drawn: these are a fair sample of all options, and their share
	 * is c->uniform. */
	bool even;
};

/* More options than that are told apart factor by factor: first by what the first factor is (a
 * channel), then, within it, by the second, and so on. What stands for all options that have one
 * thing in common is the best of them, so each step asks the same model and the same mode as one
 * choice among few would. An option's odds are the product of what it got at each step. */
#define POLICY_JOINT_MAX 64
#define POLICY_FACTORS 5
struct policy_path {
	uint64_t at[POLICY_FACTORS]; /* what the option is, by factor: any numbers */
};
/* What the drawn option had at each step, of the odds that were drawn from: their product is its p.
 * 1 where there was nothing left to tell apart. */
void policy_factors(const struct policy_path *path, const struct policy_choice *c,
		    double out[POLICY_FACTORS]);

/* Which decision it is: the throw is explore_unit(seed, id, 0), and Thompson's own throws are
 * keyed by both as well. */
struct policy_turn {
	double seen; /* outcomes learned from so far */
	uint64_t seed, id;
	/* Whoever knew better before there were outcomes: their choice has this share of the odds
	 * before limits and floor. */
	size_t prior;
	double prior_share;
	const struct policy_path *path; /* n of them; may be NULL up to POLICY_JOINT_MAX options */
};
/* n in [1, EXPLORE_MAX]. */
void policy_decide(const struct policy_conf *c, const struct policy_option *o, size_t n,
		   struct policy_turn turn, struct policy_choice *out);

/* The record of a decision in few bytes, appended: id, context, values, odds, what was drawn. */
void policy_record(uint64_t id, const float *x, uint32_t dims, const struct policy_option *o,
		   const struct policy_choice *c, struct buf *out);
struct policy_recorded {
	uint64_t id;
	float x[256];
	uint32_t dims;
	float value[EXPLORE_MAX];
	struct policy_choice choice; /* best is not kept */
};
/* False: damaged. */
bool policy_record_read(struct str bytes, struct policy_recorded *out);

#endif
