/* SPDX-License-Identifier: Apache-2.0
 * interval.c: intervals of IPS that do not take the mean of weighted rewards for normal. The wider
 * they are beside the normal one, the less the normal one was worth. */
#include "base/assert.h"
#include "evaluate/evaluate.h"
#include "evaluate/special.h"
#include "evaluate/terms.h"

#include <math.h>

struct moments {
	double n, w, ww, wr, wwr, wwrr, r, w_max;
};

static struct moments moments_of(const struct evaluate_row *rows, size_t n)
{
	struct moments m = {.n = (double)n};
	ASSERT(n >= 1);
	for (size_t i = 0; i < n; i++) {
		double w = evaluate_weight(&rows[i]), r = rows[i].reward;
		m.w += w;
		m.ww += w * w;
		m.wr += w * r;
		m.wwr += w * w * r;
		m.wwrr += w * w * r * r;
		m.r += r;
		m.w_max = fmax(m.w_max, w);
	}
	return m;
}

struct evaluate_value evaluate_bernstein(const struct evaluate_row *rows, size_t n, double delta)
{
	struct moments m = moments_of(rows, n);
	double v = m.wr / m.n, squares = 0, ln = log(3 / delta);
	for (size_t i = 0; i < n; i++) {
		double off = evaluate_weight(&rows[i]) * rows[i].reward - v;
		squares += off * off;
	}
	double half = sqrt(2 * (squares / m.n) * ln / m.n) + 3 * m.w_max * ln / m.n;
	return (struct evaluate_value){v, v - half, v + half};
}

struct evaluate_value evaluate_clopper_pearson(const struct evaluate_row *rows, size_t n,
					       double alpha)
{
	struct moments m = moments_of(rows, n);
	struct evaluate_value out = {m.wr / m.n, 0, 1};
	if (m.w_max <= 0)
		return out;
	double hits = m.wr / m.w_max, misses = m.n / m.w_max - hits;
	if (hits > 0 && misses + 1 > 0)
		out.lo = special_beta_inverse(hits, misses + 1, alpha / 2);
	if (misses > 0)
		out.hi = special_beta_inverse(hits + 1, misses, 1 - alpha / 2);
	return out;
}

/* ---- Cressie-Read, power -2 ----
 * The likelihood's dual is a quadratic in closed form. One row more is imagined, so that the
 * estimate is never surer than its data: of weight 0 or of the largest weight seen, whichever
 * pulls the mean weight towards 1, where it belongs. */

static double imagined(const struct moments *m)
{
	return m->w < m->n ? m->w_max : 0;
}

static double cressie_value(const struct moments *m)
{
	double n = m->n, w = imagined(m);
	double a = (w + m->w) / (1 + n), b = (w * w + m->ww) / (1 + n), var = b - a * a;
	if (var <= 0)
		return m->wr / n; /* all weights are alike */
	double gamma = (a - b) / var, beta = (a - 1) / var;
	double found = (-gamma * m->wr - beta * m->wwr) / (1 + n);
	double missing = fmax(0, 1 - (-gamma * m->w - beta * m->ww) / (1 + n));
	return found + missing * m->r / n;
}

/* x - sqrt(2 y z), when the two agree in sign; false: this row imagined bounds nothing. */
static bool bound_of(double x, double y, double z, double *out)
{
	const double tiny = 1e-9; /* the tolerance of the original */
	if (fabs(y * z) <= tiny * tiny)
		*out = x - M_SQRT2 * tiny;
	else if (z <= 0 && y * z >= 0)
		*out = x - sqrt(2 * y * z);
	else
		return false;
	return true;
}

/* The row imagined has this weight and earns r. */
static bool bound_with(const struct moments *m, double weight, double r, double sign, double *out)
{
	double of = 1 + m->n, phi = *out;
	double w = (weight + m->w) / of, ww = (weight * weight + m->ww) / of;
	double wr = sign * (weight * r + m->wr) / of;
	double wwr = sign * (weight * weight * r + m->wwr) / of;
	double wwrr = (weight * weight * r * r + m->wwrr) / of, var = ww - w * w;
	if (var <= 0)
		return false;
	double cov = wwr - w * wr;
	return bound_of(wr + (1 - w) * cov / var, cov * cov / var - (wwrr - wr * wr),
			phi + (1 - w) * (1 - w) / (2 * var), out);
}

static double cressie_bound(const struct moments *m, double r, double sign, double phi)
{
	double light = phi, heavy = phi, best = 0;
	bool has_light = bound_with(m, 0, r, sign, &light);
	bool has_heavy = bound_with(m, m->w_max, r, sign, &heavy);
	if (has_light && has_heavy)
		best = fmin(light, heavy);
	else if (has_light || has_heavy)
		best = has_light ? light : heavy;
	return fmin(1, fmax(0, sign * best));
}

struct evaluate_value evaluate_cressie_read(const struct evaluate_row *rows, size_t n, double alpha)
{
	struct moments m = moments_of(rows, n);
	double of = 1 + m.n, w = imagined(&m), a = (w + m.w) / of,
	       var = (w * w + m.ww) / of - a * a;
	struct evaluate_value out = {cressie_value(&m), 0, 1};
	if (var <= 0)
		return out;
	double best = of * (a - 1) * (a - 1) / var;
	double phi = (-best - special_f_upper(alpha, m.n)) / (2 * of);
	out.lo = cressie_bound(&m, 0, 1, phi);
	out.hi = cressie_bound(&m, 1, -1, phi);
	return out;
}
