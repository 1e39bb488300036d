/* SPDX-License-Identifier: Apache-2.0
 * experiment.c: the arithmetic of two arms. */
#include "evaluate/experiment.h"

#include "base/assert.h"
#include "evaluate/special.h"

#include <math.h>

#define Z95 1.959963984540054
#define HALVES 100

struct experiment_result experiment_shares(double hits_a, double n_a, double hits_b, double n_b)
{
	ASSERT(n_a >= 1 && n_b >= 1);
	double a = hits_a / n_a, b = hits_b / n_b, all = (hits_a + hits_b) / (n_a + n_b);
	double se = sqrt(all * (1 - all) * (1 / n_a + 1 / n_b));
	double half = Z95 * sqrt(a * (1 - a) / n_a + b * (1 - b) / n_b);
	double z = se > 0 ? (a - b) / se : 0;
	return (struct experiment_result){a - b, z, 2 * special_normal(-fabs(z)), a - b - half,
					  a - b + half};
}

void experiment_add(struct experiment_arm *a, double *m2, double x)
{
	double off = x - a->mean;
	a->n++;
	a->mean += off / a->n;
	*m2 += off * (x - a->mean);
	a->var = a->n > 1 ? *m2 / (a->n - 1) : 0;
}

/* The t that is passed on either side with probability p. */
static double student_quantile(double p, double df)
{
	double lo = 0, hi = 1;
	while (special_student_2(hi, df) > p && hi < 1e12)
		hi *= 2;
	for (int i = 0; i < HALVES; i++) {
		double mid = (lo + hi) / 2;
		if (special_student_2(mid, df) > p)
			lo = mid;
		else
			hi = mid;
	}
	return (lo + hi) / 2;
}

struct experiment_result experiment_means(const struct experiment_arm *a,
					  const struct experiment_arm *b)
{
	ASSERT(a->n >= 2 && b->n >= 2);
	double va = a->var / a->n, vb = b->var / b->n, diff = a->mean - b->mean;
	if (va + vb <= 0)
		return (struct experiment_result){diff, 0, 1, diff, diff};
	double df = (va + vb) * (va + vb) / (va * va / (a->n - 1) + vb * vb / (b->n - 1));
	double se = sqrt(va + vb), t = diff / se, half = student_quantile(.05, df) * se;
	return (struct experiment_result){diff, t, special_student_2(t, df), diff - half,
					  diff + half};
}

double experiment_srm(const uint64_t *got, const double *shares, size_t arms)
{
	double n = 0, all = 0, chi2 = 0;
	ASSERT(arms >= 2);
	for (size_t i = 0; i < arms; i++) {
		ASSERT(shares[i] > 0);
		n += (double)got[i];
		all += shares[i];
	}
	for (size_t i = 0; i < arms && n > 0; i++) {
		double want = n * shares[i] / all, off = (double)got[i] - want;
		chi2 += off * off / want;
	}
	return special_chi2_upper(chi2, (double)(arms - 1));
}

void experiment_cuped_add(struct experiment_cuped *c, double x, double y)
{
	double off_x = x - c->mean_x, off_y = y - c->mean_y;
	c->n++;
	c->mean_x += off_x / c->n;
	c->mean_y += off_y / c->n;
	c->var_x += off_x * (x - c->mean_x);
	c->var_y += off_y * (y - c->mean_y);
	c->cov += off_x * (y - c->mean_y);
}

double experiment_cuped_theta(const struct experiment_cuped *c)
{
	return c->var_x > 0 ? c->cov / c->var_x : 0;
}

double experiment_cuped_ratio(const struct experiment_cuped *c)
{
	return c->var_x > 0 && c->var_y > 0 ? 1 - c->cov * c->cov / (c->var_x * c->var_y) : 1;
}
