/* SPDX-License-Identifier: Apache-2.0
 * special.c: incomplete beta and gamma by their continued fractions and series (DLMF 8.9.2, 8.11.4,
 * 8.17.22) with Lentz's evaluation as modified by Thompson and Barnett (1986); inverses by
 * bisection, which cannot fail; the normal quantile by Acklam's rational guess and Newton steps.
 * All are slow beside tuned ones, and none is asked more than a few thousand times. */
#include "evaluate/special.h"

#include "base/assert.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#define STEPS_MAX 200000 /* of a continued fraction; it takes about the root of its arguments */
#define HALVES_MAX 1100  /* down to the smallest double */

double special_lgamma(double x)
{
	int sign;
	ASSERT(x > 0);
	return lgamma_r(x, &sign);
}

double special_ln_beta(double a, double b)
{
	return special_lgamma(a) + special_lgamma(b) - special_lgamma(a + b);
}

static double away_from_zero(double x)
{
	return fabs(x) < DBL_MIN ? DBL_MIN : x;
}

/* One convergent more: a(n), b(n) of the fraction. */
struct lentz {
	double f, c, d;
};

static void lentz_begin(struct lentz *l, double b)
{
	*l = (struct lentz){away_from_zero(b), away_from_zero(b), 0};
}

static bool lentz_step(struct lentz *l, double a, double b)
{
	l->d = 1 / away_from_zero(b + a * l->d);
	l->c = away_from_zero(b + a / l->c);
	double delta = l->c * l->d;
	l->f *= delta;
	return fabs(delta - 1) > DBL_EPSILON;
}

/* DLMF 8.17.22 holds for x below the mean (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x)
{
	struct lentz l;
	lentz_begin(&l, 1);
	for (int i = 1; i < STEPS_MAX; i++) {
		int half = i / 2;
		double m = half, top;
		if (i % 2)
			top = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		else
			top = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		if (!lentz_step(&l, top, 1))
			break;
	}
	return exp(a * log(x) + b * log1p(-x) - special_ln_beta(a, b)) / (a * l.f);
}

double special_beta(double a, double b, double x)
{
	ASSERT(a > 0 && b > 0 && x >= 0 && x <= 1);
	if (x <= 0 || x >= 1)
		return x <= 0 ? 0 : 1;
	if (x < (a + 1) / (a + b + 2))
		return beta_fraction(a, b, x);
	return 1 - beta_fraction(b, a, 1 - x);
}

double special_beta_inverse(double a, double b, double p)
{
	double lo = 0, hi = 1;
	ASSERT(p >= 0 && p <= 1);
	if (p <= 0 || p >= 1)
		return p <= 0 ? 0 : 1;
	for (int i = 0; i < HALVES_MAX && hi - lo > DBL_EPSILON * lo; i++) {
		double mid = lo + (hi - lo) / 2;
		if (mid <= lo || mid >= hi)
			break;
		if (special_beta(a, b, mid) < p)
			lo = mid;
		else
			hi = mid;
	}
	return lo + (hi - lo) / 2;
}

/* DLMF 8.11.4, for x < a + 1. */
static double gamma_series(double a, double x)
{
	double term = 1 / a, sum = term;
	for (int i = 1; i < STEPS_MAX && term > sum * (DBL_EPSILON / 4); i++) {
		term *= x / (a + i);
		sum += term;
	}
	return sum * exp(a * log(x) - x - special_lgamma(a));
}

/* DLMF 8.9.2, for x >= a + 1. */
static double gamma_fraction(double a, double x)
{
	struct lentz l;
	lentz_begin(&l, x + 1 - a);
	for (int i = 1; i < STEPS_MAX; i++)
		if (!lentz_step(&l, -i * (i - a), x + 2 * i + 1 - a))
			break;
	return exp(a * log(x) - x - special_lgamma(a)) / l.f;
}

double special_gamma_p(double a, double x)
{
	ASSERT(a > 0 && x >= 0);
	if (x <= 0)
		return 0;
	return x < a + 1 ? gamma_series(a, x) : 1 - gamma_fraction(a, x);
}

double special_gamma_q(double a, double x)
{
	ASSERT(a > 0 && x >= 0);
	if (x <= 0)
		return 1;
	return x < a + 1 ? 1 - gamma_series(a, x) : gamma_fraction(a, x);
}

double special_gamma_p_inverse(double a, double p)
{
	double lo = 0, hi = a + 1;
	ASSERT(p >= 0 && p < 1);
	while (special_gamma_p(a, hi) < p)
		hi *= 2;
	for (int i = 0; i < HALVES_MAX && hi - lo > DBL_EPSILON * hi; i++) {
		double mid = lo + (hi - lo) / 2;
		if (special_gamma_p(a, mid) < p)
			lo = mid;
		else
			hi = mid;
	}
	return lo + (hi - lo) / 2;
}

/* Euler-Maclaurin behind the first terms (DLMF 25.2.9); with 16 of them and four corrections the
 * rest is below 1e-16 for s > 1. */
double special_zeta(double s)
{
	enum { TERMS = 16 };
	static const double bernoulli[] = {1.0 / 12, -1.0 / 720, 1.0 / 30240, -1.0 / 1209600};
	double sum = 0, n = TERMS;
	ASSERT(s > 1);
	for (int i = 1; i < TERMS; i++)
		sum += pow(i, -s);
	sum += pow(n, 1 - s) / (s - 1) + pow(n, -s) / 2;
	double rising = s, power = pow(n, -s - 1);
	for (int k = 0; k < 4; k++) {
		sum += bernoulli[k] * rising * power;
		rising *= (s + 2 * k + 1) * (s + 2 * k + 2);
		power /= n * n;
	}
	return sum;
}

double special_normal(double z)
{
	return erfc(-z * M_SQRT1_2) / 2;
}

static double horner(const double *c, int n, double x)
{
	double y = 0;
	for (int i = 0; i < n; i++)
		y = y * x + c[i];
	return y;
}

/* P. J. Acklam's approximation (2003), relative error 1.15e-9; p <= 1/2. */
static double quantile_guess(double p)
{
	static const double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,
				   -2.759285104469687e+02, 1.383577518672690e+02,
				   -3.066479806614716e+01, 2.506628277459239e+00};
	static const double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,
				   -1.556989798598866e+02, 6.680131188771972e+01,
				   -1.328068155288572e+01, 1};
	static const double c[] = {-7.784894002430293e-03, -3.223964580411365e-01,
				   -2.400758277161838e+00, -2.549732539343734e+00,
				   4.374664141464968e+00,  2.938163982698783e+00};
	static const double d[] = {7.784695709041462e-03, 3.224671290700398e-01,
				   2.445134137142996e+00, 3.754408661907416e+00, 1};
	if (p < 0.02425) {
		double q = sqrt(-2 * log(p));
		return horner(c, 6, q) / horner(d, 5, q);
	}
	double q = p - 0.5;
	return q * horner(a, 6, q * q) / horner(b, 6, q * q);
}

double special_normal_quantile(double p)
{
	ASSERT(p > 0 && p < 1);
	if (p > 0.5)
		return -special_normal_quantile(1 - p);
	double z = quantile_guess(p);
	for (int i = 0; i < 2; i++) {
		double density = exp(-z * z / 2) / sqrt(2 * M_PI);
		z -= (special_normal(z) - p) / density;
	}
	return z;
}

double special_student_2(double t, double df)
{
	return special_beta(df / 2, 0.5, df / (df + t * t));
}

double special_chi2_upper(double x, double df)
{
	return special_gamma_q(df / 2, x / 2);
}

/* F(1, df) is Student's t squared. */
double special_f_upper(double p, double df)
{
	double y = special_beta_inverse(0.5, df / 2, 1 - p);
	return df * y / (1 - y);
}

/* One side, exactly (Birnbaum and Tingey 1951), in logarithms. */
static double smirnov(double d, double n)
{
	double sum = 0, ln_n = special_lgamma(n + 1), last = floor(n * (1 - d));
	for (int64_t i = 0; i <= (int64_t)last; i++) {
		double v = (double)i, up = d + v / n;
		if (up >= 1)
			break;
		double choose = ln_n - special_lgamma(v + 1) - special_lgamma(n - v + 1);
		sum += exp(choose + (v - 1) * log(up) + (n - v) * log1p(-up));
	}
	return d * sum;
}

/* Far out both sides exclude each other (Simard and L'Ecuyer 2011); nearer by the limit law with
 * the correction of Stephens (1970), good to 1e-3 there. */
double special_kolmogorov(double d, double n)
{
	ASSERT(d >= 0 && d <= 1 && n >= 1);
	if (n * d * d >= 2.2)
		return fmin(1, 2 * smirnov(d, n));
	double z = (sqrt(n) + 0.12 + 0.11 / sqrt(n)) * d, sum = 0;
	if (z < 0.2)
		return 1;
	for (int k = 1; k <= 50; k++)
		sum += (k % 2 ? 2 : -2) * exp(-2.0 * k * k * z * z);
	return fmin(1, fmax(0, sum));
}
