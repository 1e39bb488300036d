/* SPDX-License-Identifier: Apache-2.0
 * engagement.h: engagement as a function of time, inside the room: evaluating, the ledger and the
 * search for the next change must all see the same number, to the last bit.
 */
#ifndef SCORE_ENGAGEMENT_H
#define SCORE_ENGAGEMENT_H

#include "score/score.h"

/* One engagement rule a lead has points from. */
struct term {
	size_t rule;   /* index in the program */
	double amount; /* cents at at_us, before the ceiling */
	double cap;    /* ceiling of its size in cents, > 0 */
	int64_t at_us, half_life_us;
	const struct cell *cell;
};
struct terms {
	const struct program *program;
	int64_t active_us;
	struct term term[PROGRAM_POINTS_MAX];
	size_t n;
};

int64_t cents_of(double points); /* nearest; far out of range it is cut */
void terms_of(const struct program *p, const struct lead *l, struct terms *out);
double term_cents(const struct term *t, int64_t at_us);
double terms_sum(const struct terms *t, int64_t at_us);    /* cents, unrounded, in rule order */
int64_t rules_cents(const struct terms *t, int64_t at_us); /* the sum, rounded */
/* What inactivity takes at an instant; a step function, >= 0, never falling. */
int64_t inactivity_cents(const struct terms *t, int64_t at_us);
int64_t inactivity_step_us(const struct terms *t, int64_t step); /* when it takes its nth bite */
int64_t inactivity_steps(const struct terms *t);                 /* bites until its ceiling */

int64_t fit_sum_cents(const struct program *p, const struct lead *l); /* not clamped */
int64_t clamp_cents(int64_t cents);
int64_t weighted_cents(double weight, int64_t cents);
/* The weighted sum, clamped; with a probability, 10,000 times it. Never falls when a part rises. */
int64_t total_cents(const struct program *p, int64_t fit_cents, int64_t engagement_cents);
/* What the score is at a weighted sum. */
int64_t score_of_sum(const struct program *p, int64_t sum_cents);
/* Least cents that reach a threshold given in points. */
int64_t threshold_cents(double points);

#endif
