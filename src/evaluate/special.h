/* SPDX-License-Identifier: Apache-2.0
 * special.h: the functions that intervals and tests are made of. Each is a short published method,
 * named at its body; all agree with tables to 1e-12 relative or better where a test asks them.
 * Pure; thread: any. Arguments outside the domain are our own fault and assert.
 */
#ifndef EVALUATE_SPECIAL_H
#define EVALUATE_SPECIAL_H

double special_lgamma(double x);            /* ln Gamma, x > 0 */
double special_ln_beta(double a, double b); /* ln B(a, b), a, b > 0 */
/* Regularised incomplete beta I_x(a, b): 0 <= x <= 1, a, b > 0; and the x where it is p. */
double special_beta(double a, double b, double x);
double special_beta_inverse(double a, double b, double p);
/* Regularised incomplete gamma, lower P(a, x) and upper Q(a, x): a > 0, x >= 0; the x where P is
 * p. */
double special_gamma_p(double a, double x);
double special_gamma_q(double a, double x);
double special_gamma_p_inverse(double a, double p);
double special_zeta(double s); /* Riemann's, s > 1 */

double special_normal(double z);                /* P(Z <= z) */
double special_normal_quantile(double p);       /* 0 < p < 1 */
double special_student_2(double t, double df);  /* P(|T| >= |t|) */
double special_chi2_upper(double x, double df); /* P(X >= x) */
double special_f_upper(double p, double df);    /* the f with P(F(1, df) >= f) = p */
/* P(D >= d) of the two-sided Kolmogorov-Smirnov statistic over n points. */
double special_kolmogorov(double d, double n);

#endif
