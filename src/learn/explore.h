/* SPDX-License-Identifier: Apache-2.0
 * explore.h: from guesses to probabilities, and one draw that can be made again.
 *
 * All of it works on an array of n doubles, one per action, n in [1, EXPLORE_MAX]. A distribution
 * sums to 1 (to 1e-9) and has no negative entry. Ties go to the lower index. Pure.
 *
 * Sources: Foster and Rakhlin 2020 (inverse-gap weighting); Abe and Long 1999; Thompson 1933; the
 * values of VowpalWabbit's explore tests (see tests/conformance/explore.c).
 */
#ifndef LEARN_EXPLORE_H
#define LEARN_EXPLORE_H

#include "base/str.h"

#define EXPLORE_MAX 256
#define EXPLORE_SAMPLES_MAX 4096

size_t explore_best(const double *q, size_t n);
/* 1 on one, 0 on the others. */
void explore_one(size_t which, size_t n, double *pdf);
/* eps shared out evenly over all, the rest on `best`. eps in [0, 1]. */
void explore_epsilon(size_t best, double eps, size_t n, double *pdf);
/* p_a in proportion to e^(lambda q_a). */
void explore_softmax(const double *q, double lambda, size_t n, double *pdf);
/* b the best: p_a = 1 / (n + gamma (q_b - q_a)) for the others, b has the rest. gamma >= 0. */
void explore_igw(const double *q, double gamma, size_t n, double *pdf);
/* Shares of votes; even where nobody voted. */
void explore_votes(const uint32_t *votes, size_t n, double *pdf);
/* Thompson sampling, with the probability of each being the best measured by drawing `samples`
 * times from independent normals (mean, variance). What is returned is exactly what a draw from
 * it has: the odds are those of the measured shares. */
void explore_thompson(const double *mean, const double *variance, size_t n, unsigned samples,
		      uint64_t key, double *pdf);

/* No entry below amount / n (with_zeros), or no positive entry below amount / (their number) and
 * zeros stay zero. What is added is taken from those above, in proportion. amount in [0, 1]. */
void explore_floor(double amount, bool with_zeros, size_t n, double *pdf);
/* All but `best` together have at most `share`: the rest goes to `best`. */
void explore_budget(size_t best, double share, size_t n, double *pdf);

/* A share of the turns is drawn evenly: p becomes (1 - share) p + share / n. share in [0, 1]. */
void explore_even(double share, size_t n, double *pdf);
/* Whether a turn belongs to that share, told behind the draw from one more throw: with the
 * probability that it was drawn evenly, given what was drawn (whose odds were p). So one draw from
 * one distribution is all there is, and the turns told so are drawn evenly all the same. */
bool explore_was_even(double share, double p, size_t n, double unit);

/* Dice without a state: throw number `counter` of decision `id` under `seed`, in [0, 1). Anybody
 * with the record can make the same throw again. */
double explore_unit(uint64_t seed, uint64_t id, uint32_t counter);
/* Which action that throw means; its probability is > 0. */
size_t explore_draw(const double *pdf, size_t n, double unit);

#endif
