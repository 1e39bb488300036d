/* SPDX-License-Identifier: Apache-2.0
 * mixture.c: boundaries of sums. Where no closed form is published the boundary is where the
 * supermartingale reaches 1 / alpha, found by halving: it rises with s. */
#include "base/assert.h"
#include "evaluate/sequential.h"
#include "evaluate/special.h"

#include <math.h>

#define HALVES 200

double sequential_best_rho(double v_opt, double alpha, bool two_sided)
{
	double ln = log(1 / (two_sided ? alpha : 2 * alpha));
	ASSERT(v_opt > 0 && ln > 0);
	return v_opt / (2 * ln + log(1 + 2 * ln));
}

static double rho_of(const struct sequential_mix *m)
{
	bool two = m->kind == SEQUENTIAL_NORMAL_2 || m->kind == SEQUENTIAL_BETA_BIN_2;
	return sequential_best_rho(m->v_opt, m->alpha_opt, two);
}

static double normal_mixture(double rho, double s, double v, bool two_sided)
{
	double square = s * s / (2 * (v + rho));
	if (two_sided)
		return log(rho / (v + rho)) / 2 + square;
	return log(4 * rho / (v + rho)) / 2 + square + log(special_normal(s / sqrt(v + rho)));
}

static double gamma_exponential(double rho, double c, double s, double v)
{
	double r = rho / (c * c), a = (v + rho) / (c * c), x = (c * s + v) / (c * c);
	return r * log(r) - special_lgamma(r) - log(special_gamma_p(r, r)) + special_lgamma(a) +
	       log(special_gamma_p(a, x + r)) - a * log(x + r) + x;
}

static double gamma_poisson(double rho, double c, double s, double v)
{
	double r = rho / (c * c), b = (v + rho) / (c * c), a = s / c + b;
	return r * log(r) - special_lgamma(r) - log(special_gamma_q(r, r)) + special_lgamma(a) +
	       log(special_gamma_q(a, b)) - a * log(b) + v / (c * c);
}

/* ln of the incomplete beta, not regularised. */
static double ln_beta_below(double a, double b, double x)
{
	double all = special_ln_beta(a, b);
	return x >= 1 ? all : log(special_beta(a, b, x)) + all;
}

static double beta_binomial(const struct sequential_mix *m, double s, double v)
{
	double g = m->g, h = m->h, w = g + h;
	double x = m->kind == SEQUENTIAL_BETA_BIN_2 ? 1 : h / w;
	double r = fmax(rho_of(m) - g * h, 1e-3 * g * h);
	return v / (g * h) * log(w) - (v + h * s) / (h * w) * log(g) -
	       (v - g * s) / (g * w) * log(h) +
	       ln_beta_below((r + v - g * s) / (g * w), (r + v + h * s) / (h * w), x) -
	       ln_beta_below(r / (g * w), r / (h * w), x);
}

double sequential_log_mixture(const struct sequential_mix *m, double s, double v)
{
	switch (m->kind) {
	case SEQUENTIAL_NORMAL_2:
	case SEQUENTIAL_NORMAL_1:
		return normal_mixture(rho_of(m), s, v, m->kind == SEQUENTIAL_NORMAL_2);
	case SEQUENTIAL_GAMMA_EXP: return gamma_exponential(rho_of(m), m->c, s, v);
	case SEQUENTIAL_GAMMA_POISSON: return gamma_poisson(rho_of(m), m->c, s, v);
	case SEQUENTIAL_BETA_BIN_2:
	case SEQUENTIAL_BETA_BIN_1: break;
	}
	return beta_binomial(m, s, v);
}

/* A place where the supermartingale is above the threshold, or as far as s can go. */
static double top_of(const struct sequential_mix *m, double v, double threshold)
{
	if (m->kind == SEQUENTIAL_BETA_BIN_2 || m->kind == SEQUENTIAL_BETA_BIN_1)
		return v / m->g;
	double s = v;
	for (int i = 0; i < 50 && sequential_log_mixture(m, s, v) <= threshold; i++)
		s *= 2;
	return s;
}

double sequential_bound(const struct sequential_mix *m, double v, double alpha)
{
	double threshold = log(1 / alpha);
	ASSERT(v > 0 && alpha > 0 && alpha < 1);
	if (m->kind == SEQUENTIAL_NORMAL_2) {
		double rho = rho_of(m);
		return sqrt((v + rho) * (log(1 + v / rho) + 2 * threshold));
	}
	double lo = 0, hi = top_of(m, v, threshold);
	if (sequential_log_mixture(m, hi, v) < threshold)
		return hi;
	for (int i = 0; i < HALVES && lo + (hi - lo) / 2 > lo && lo + (hi - lo) / 2 < hi; i++) {
		double mid = lo + (hi - lo) / 2;
		if (sequential_log_mixture(m, mid, v) < threshold)
			lo = mid;
		else
			hi = mid;
	}
	return lo + (hi - lo) / 2;
}

/* ---- shares ---- */

static double bernoulli_excess(double p, double seen, double trials, double t_opt, double threshold)
{
	struct sequential_mix m = {SEQUENTIAL_BETA_BIN_2, p * (1 - p) * t_opt, .05, 0, p, 1 - p};
	return sequential_log_mixture(&m, (seen - p) * trials, p * (1 - p) * trials) - threshold;
}

struct sequential_interval sequential_bernoulli(double successes, double trials, double alpha,
						double t_opt)
{
	struct sequential_interval out = {0, 1};
	double seen = successes / trials, threshold = log(1 / alpha);
	ASSERT(trials > 0 && successes >= 0 && successes <= trials);
	double lo = 0, hi = seen;
	for (int i = 0; i < 60 && seen > 0; i++) {
		double mid = (lo + hi) / 2;
		if (mid <= 0 || bernoulli_excess(mid, seen, trials, t_opt, threshold) > 0)
			lo = mid;
		else
			hi = mid;
	}
	out.lo = seen > 0 ? (lo + hi) / 2 : 0;
	lo = seen, hi = 1;
	for (int i = 0; i < 60 && seen < 1; i++) {
		double mid = (lo + hi) / 2;
		if (mid >= 1 || bernoulli_excess(mid, seen, trials, t_opt, threshold) > 0)
			hi = mid;
		else
			lo = mid;
	}
	out.hi = seen < 1 ? (lo + hi) / 2 : 1;
	return out;
}
