/* SPDX-License-Identifier: Apache-2.0
 * experiment.h: two arms, looked at once, at the end. For looking on the way see sequential.h.
 *
 * Pure; thread: any.
 */
#ifndef EVALUATE_EXPERIMENT_H
#define EVALUATE_EXPERIMENT_H

#include "base/status.h"

#include <stdint.h>

struct experiment_result {
	double diff;   /* a less b */
	double stat;   /* z or t */
	double p;      /* both sides */
	double lo, hi; /* of diff, 95 % */
};
/* Two shares: z with the pooled share, interval without pooling (Wald). n >= 1. */
struct experiment_result experiment_shares(double hits_a, double n_a, double hits_b, double n_b);

struct experiment_arm {
	double n, mean, var; /* var with n - 1 */
};
/* One number more (Welford 1962); `m2` is the caller's running sum of squares. */
void experiment_add(struct experiment_arm *a, double *m2, double x);
/* Two means with variances of their own (Welch 1947). n >= 2. */
struct experiment_result experiment_means(const struct experiment_arm *a,
					  const struct experiment_arm *b);

/* Sample ratio: did the arms get the shares they were given? p of Pearson's chi-square; below
 * EXPERIMENT_SRM_P nothing else about the experiment should be believed (Fabijan et al. 2019). */
#define EXPERIMENT_SRM_P .001
double experiment_srm(const uint64_t *got, const double *shares, size_t arms);

/* CUPED (Deng et al. 2013): y - theta (x - mean x), x from before the experiment. */
struct experiment_cuped {
	double n, mean_x, mean_y;
	double var_x, var_y, cov; /* sums of squares and products */
};
void experiment_cuped_add(struct experiment_cuped *c, double x, double y);
double experiment_cuped_theta(const struct experiment_cuped *c);
/* What is left of the variance: 1 - corr(x, y)^2; 1: it does not help. */
double experiment_cuped_ratio(const struct experiment_cuped *c);

#endif
