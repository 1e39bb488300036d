/* SPDX-License-Identifier: Apache-2.0
 * stitch.c: boundaries pieced together over epochs that grow geometrically (Howard et al. 2021,
 * section 3.1; Howard and Ramdas 2022 for quantiles and distribution functions). */
#include "base/assert.h"
#include "evaluate/sequential.h"
#include "evaluate/special.h"

#include <math.h>

#define ETA 2.0   /* an epoch is twice the one before */
#define POWER 1.4 /* and gets 1/k^1.4 of the error */
#define GOLDEN 0.6180339887498949
#define HALVES 200

static double k1(void)
{
	return (pow(ETA, .25) + pow(ETA, -.25)) / M_SQRT2;
}

static double k2(void)
{
	return (sqrt(ETA) + 1) / 2;
}

double sequential_poly_stitching(double v, double alpha, double v_min, double c)
{
	ASSERT(v_min > 0 && alpha > 0 && alpha < 1);
	double use = fmax(v, v_min), a = log(special_zeta(POWER) / pow(log(ETA), POWER));
	double ell = POWER * log(log(ETA * use / v_min)) + a + log(1 / alpha);
	double linear = k2() * c * ell;
	return sqrt(k1() * k1() * use * ell + linear * linear) + linear;
}

static double expit(double l)
{
	return 1 / (1 + exp(-l));
}

double sequential_double_stitching(double p, double t, double alpha, double t_opt)
{
	const double delta = .5;
	ASSERT(p > 0 && p < 1 && t_opt >= 1);
	double at = fmax(t, t_opt), logit = log(p / (1 - p)), zeta = special_zeta(POWER);
	double r = p >= .5 ? p : fmin(.5, expit(logit + 2 * delta * sqrt(t_opt * ETA / at)));
	double var = r * (1 - r), j = sqrt(at / t_opt) * fabs(logit) / (2 * delta) + 1;
	double ell = POWER * log(log(ETA * at / t_opt)) + POWER * log(j) +
		     log(2 * zeta * (2 * zeta + 1) / (alpha * pow(log(ETA), POWER)));
	double linear = k2() * (1 - 2 * p) / 3 * ell;
	return delta * sqrt(ETA * at * var / t_opt) +
	       sqrt(k1() * k1() * var * at * ell + linear * linear) + linear;
}

/* ---- the empirical process ---- */

/* What may go wrong with constant c when epochs grow by eta. */
static double lil_error(double a, double c, double eta)
{
	double root = a - sqrt(2 * (eta - 1) / c), gamma2 = 2 / eta * root * root;
	if (root <= 0 || gamma2 <= 1 || eta <= 1)
		return HUGE_VAL;
	return 4 * exp(-gamma2 * c) * (1 + 1 / ((gamma2 - 1) * log(eta)));
}

/* The eta beyond which gamma is below one. */
static double lil_eta_max(double a, double c)
{
	double lo = 1, hi = 2 * a * a;
	for (int i = 0; i < HALVES && hi - lo > 1e-15; i++) {
		double mid = (lo + hi) / 2;
		if (sqrt(mid / 2) + sqrt(2 * (mid - 1) / c) < a)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

/* Golden section: the error falls and then rises in eta. */
static double lil_best_error(double a, double c)
{
	double lo = 1, hi = lil_eta_max(a, c);
	double x = hi - GOLDEN * (hi - lo), y = lo + GOLDEN * (hi - lo);
	double fx = lil_error(a, c, x), fy = lil_error(a, c, y);
	for (int i = 0; i < HALVES && hi - lo > 1e-12; i++) {
		if (fx < fy) {
			hi = y, y = x, fy = fx;
			x = hi - GOLDEN * (hi - lo);
			fx = lil_error(a, c, x);
		} else {
			lo = x, x = y, fx = fy;
			y = lo + GOLDEN * (hi - lo);
			fy = lil_error(a, c, y);
		}
	}
	return fmin(fx, fy);
}

double sequential_empirical_lil(double t, double alpha, double t_min, double a)
{
	ASSERT(a > M_SQRT1_2 && t_min >= 1 && alpha > 0 && alpha < 1);
	if (t < t_min)
		return HUGE_VAL;
	double lo = 1e-3, hi = 5;
	while (lil_best_error(a, hi) > alpha && hi < 1e9)
		hi *= 2;
	for (int i = 0; i < HALVES && hi - lo > 1e-13 * hi; i++) {
		double mid = (lo + hi) / 2;
		if (lil_best_error(a, mid) > alpha)
			lo = mid;
		else
			hi = mid;
	}
	return a * sqrt((log(1 + log(t / t_min)) + (lo + hi) / 2) / t);
}
