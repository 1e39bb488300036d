/* SPDX-License-Identifier: Apache-2.0
 * nsim.h: people whose clicks follow a known law, so that the best that could be done is known.
 *
 * K actions, 20 numbers about a person (8 yes-or-no with probability 0.3, 12 even in [-1, 1)). An
 * action's chance is 1 / (1 + e^-z), z = base + c_a + (g + th_a) . x; g ~ N(0, 0.4), c ~ N(0, 0.3),
 * th ~ N(0, 0.5), all from one splitmix64 stream a seed; the people from another. One throw a
 * round decides for all actions. The law is a public benchmark problem: every learner that is fed
 * the same seeds meets the same people.
 */
#ifndef BENCH_NSIM_H
#define BENCH_NSIM_H

#include <stdint.h>

#define NSIM_NUMBERS 20
#define NSIM_ACTIONS_MAX 16

struct nsim {
	unsigned actions;
	double base, shared[NSIM_NUMBERS], own[NSIM_ACTIONS_MAX];
	double more[NSIM_ACTIONS_MAX][NSIM_NUMBERS];
	uint64_t people; /* state of the stream */
};

void nsim_open(struct nsim *s, unsigned actions, double base, uint64_t seed);
/* The next person: x[NSIM_NUMBERS], the chance of each action; returns the throw. */
double nsim_next(struct nsim *s, float *x, double *chance);
/* A figure of the first 1,000 people of a seed, to compare with other writings of the same law. */
double nsim_sum(unsigned actions, double base, uint64_t seed);

#endif
