/* SPDX-License-Identifier: Apache-2.0
 * sequential.h: tests and intervals that hold at every look (E3), so that a rollout may be watched
 * and stopped the moment it is clear.
 *
 * Boundaries: a sum s of deviations with accumulated variance v stays below bound(v) for ever, with
 * probability 1 - alpha (Howard, Ramdas, McAuliffe and Sekhon 2021, "Time-uniform Chernoff bounds"
 * and "Time-uniform, nonparametric, nonasymptotic confidence sequences"). Names and parameters are
 * those of the authors' confseq, whose published values conformance holds to 1e-5.
 * Streams: one observation at a time in [0, 1], an interval for their mean at any time.
 *
 * Pure; thread: any; no memory but the struct.
 */
#ifndef EVALUATE_SEQUENTIAL_H
#define EVALUATE_SEQUENTIAL_H

#include <stdbool.h>
#include <stdint.h>

/* ---- boundaries from mixtures ---- */

enum sequential_mixture {
	SEQUENTIAL_NORMAL_2,      /* sub-Gaussian, both sides */
	SEQUENTIAL_NORMAL_1,      /* one side */
	SEQUENTIAL_GAMMA_EXP,     /* sub-exponential with scale c */
	SEQUENTIAL_GAMMA_POISSON, /* sub-Poisson with scale c */
	SEQUENTIAL_BETA_BIN_2,    /* sub-Bernoulli in [-g, h], both sides */
	SEQUENTIAL_BETA_BIN_1
};
struct sequential_mix {
	enum sequential_mixture kind;
	double v_opt;     /* variance at which the bound is tightest, > 0 */
	double alpha_opt; /* for this level: .05 */
	double c;         /* GAMMA_* */
	double g, h;      /* BETA_BIN_* */
};
double sequential_best_rho(double v_opt, double alpha, bool two_sided);
/* ln of the mixture supermartingale; it exceeds ln(1 / alpha) with probability alpha at most. */
double sequential_log_mixture(const struct sequential_mix *m, double s, double v);
double sequential_bound(const struct sequential_mix *m, double v, double alpha);

/* ---- boundaries by stitching and for distribution functions ---- */

double sequential_poly_stitching(double v, double alpha, double v_min, double c);
/* How far an empirical distribution function of t points may be off, everywhere, for ever. */
double sequential_empirical_lil(double t, double alpha, double t_min, double a);
/* For the quantile p; delta .5, s 1.4, eta 2. */
double sequential_double_stitching(double p, double t, double alpha, double t_opt);

struct sequential_interval {
	double lo, hi;
};
/* A share, from successes so far. */
struct sequential_interval sequential_bernoulli(double successes, double trials, double alpha,
						double t_opt);

/* ---- streams: the mean of numbers in [0, 1] ---- */

/* Predictable mixtures (Waudby-Smith and Ramdas 2024, sections 3.1 and 3.2). */
struct sequential_predmix {
	double alpha;   /* of both sides together */
	bool hoeffding; /* else empirical Bernstein */
	uint64_t t;
	double sum, squares;               /* for the running mean and variance */
	double lambdas, weighted, penalty; /* of the lower side */
	double weighted_up;                /* the upper side sees 1 - x; lambdas are the same */
};
void sequential_predmix_init(struct sequential_predmix *p, double alpha, bool hoeffding);
struct sequential_interval sequential_predmix_add(struct sequential_predmix *p, double x);

/* Betting (section 4.4): wealth of a gambler against every mean on a grid; a mean is kept while
 * nobody got rich on it. The tightest of all, and the dearest. */
#define SEQUENTIAL_GRID 1001u
struct sequential_betting {
	double alpha;
	uint64_t t;
	double sum, squares;
	double up[SEQUENTIAL_GRID], down[SEQUENTIAL_GRID]; /* ln of wealth */
};
void sequential_betting_init(struct sequential_betting *b, double alpha);
struct sequential_interval sequential_betting_add(struct sequential_betting *b, double x);

/* ---- two arms, pair by pair ----
 * Mixture sequential probability ratio test (Johari, Pekelis and Walsh 2017), normal mixture with
 * variance tau2 over the difference of two shares. */
struct sequential_msprt {
	double tau2;
	double n, sum_a, sum_b;
	double p; /* always valid: may be read at any time, and never rises */
};
void sequential_msprt_init(struct sequential_msprt *m, double tau2);
double sequential_msprt_add(struct sequential_msprt *m, double a, double b); /* p */

#endif
