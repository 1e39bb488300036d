/* SPDX-License-Identifier: Apache-2.0
 * stream.c: what is known of a mean after every single observation. Bets may hang on the past
 * alone, so each lambda is made before its observation is added. */
#include "base/assert.h"
#include "evaluate/sequential.h"

#include <math.h>
#include <string.h>

/* Mean and variance so far, with one half and one quarter as what was thought before. */
static double mean_of(uint64_t t, double sum)
{
	return (.5 + sum) / ((double)t + 1);
}

static double variance_of(uint64_t t, double squares)
{
	return (.25 + squares) / ((double)t + 1);
}

static void remember(uint64_t *t, double *sum, double *squares, double x)
{
	++*t;
	*sum += x;
	double off = x - mean_of(*t, *sum);
	*squares += off * off;
}

/* ---- predictable mixtures ---- */

void sequential_predmix_init(struct sequential_predmix *p, double alpha, bool hoeffding)
{
	ASSERT(alpha > 0 && alpha < 1);
	*p = (struct sequential_predmix){.alpha = alpha, .hoeffding = hoeffding};
}

/* The bet on observation t, from those before it. */
static double predmix_lambda(const struct sequential_predmix *p)
{
	double t = (double)p->t + 1, ln = log(2 / p->alpha);
	if (p->hoeffding)
		return fmin(1, sqrt(8 * ln / (t * log(1 + t))));
	double var = variance_of(p->t, p->squares);
	return fmin(.5, sqrt(2 * ln / (t * log(1 + t) * var)));
}

struct sequential_interval sequential_predmix_add(struct sequential_predmix *p, double x)
{
	ASSERT(x >= 0 && x <= 1);
	double lambda = predmix_lambda(p), psi, off;
	/* The mean before is the plain one here, as published. There is none before the first
	 * observation, which is charged the most it could be off by: one for both sides. */
	double before = p->t ? p->sum / (double)p->t : 0;
	if (p->hoeffding) {
		psi = lambda * lambda / 8;
		off = 1;
	} else {
		psi = -log1p(-lambda) - lambda;
		off = p->t ? (x - before) * (x - before) : 1;
	}
	p->lambdas += lambda;
	p->weighted += lambda * x;
	p->weighted_up += lambda * (1 - x);
	p->penalty += off * psi;
	remember(&p->t, &p->sum, &p->squares, x);
	double margin = (log(2 / p->alpha) + p->penalty) / p->lambdas;
	double lo = p->weighted / p->lambdas - margin;
	double hi = 1 - (p->weighted_up / p->lambdas - margin);
	return (struct sequential_interval){fmax(0, lo), fmin(1, hi)};
}

/* ---- betting ---- */

void sequential_betting_init(struct sequential_betting *b, double alpha)
{
	ASSERT(alpha > 0 && alpha < 1);
	memset(b, 0, sizeof *b);
	b->alpha = alpha;
}

/* Half of what would lose all at worst is the most that is staked. */
static double staked(double lambda, double worst)
{
	return worst > 0 ? fmin(lambda, .5 / worst) : lambda;
}

/* Two gamblers, one on more and one on less, share the purse: the wealth of the better one counts
 * half. */
static bool kept(const struct sequential_betting *b, size_t i)
{
	return fmax(b->up[i], b->down[i]) + log(.5) < log(1 / b->alpha);
}

struct sequential_interval sequential_betting_add(struct sequential_betting *b, double x)
{
	ASSERT(x >= 0 && x <= 1);
	double t = (double)b->t + 1;
	double lambda =
		sqrt(2 * log(2 / b->alpha) / (variance_of(b->t, b->squares) * t * log(1 + t)));
	size_t first = SEQUENTIAL_GRID, last = 0;
	for (size_t i = 0; i < SEQUENTIAL_GRID; i++) {
		double m = (double)i / (SEQUENTIAL_GRID - 1);
		b->up[i] += log1p(staked(lambda, m) * (x - m));
		b->down[i] += log1p(-staked(lambda, 1 - m) * (x - m));
		if (!kept(b, i))
			continue;
		first = i < first ? i : first;
		last = i;
	}
	remember(&b->t, &b->sum, &b->squares, x);
	double step = 1.0 / (SEQUENTIAL_GRID - 1), mean = mean_of(b->t, b->sum);
	if (first == SEQUENTIAL_GRID) /* the mean lies between two points, and both are gone */
		return (struct sequential_interval){fmax(0, mean - step), fmin(1, mean + step)};
	return (struct sequential_interval){fmax(0, (double)first * step - step),
					    fmin(1, (double)last * step + step)};
}

/* ---- two arms ---- */

void sequential_msprt_init(struct sequential_msprt *m, double tau2)
{
	ASSERT(tau2 > 0);
	*m = (struct sequential_msprt){.tau2 = tau2, .p = 1};
}

double sequential_msprt_add(struct sequential_msprt *m, double a, double b)
{
	m->n++;
	m->sum_a += a;
	m->sum_b += b;
	double pa = m->sum_a / m->n, pb = m->sum_b / m->n, off = pa - pb;
	double v = pa * (1 - pa) + pb * (1 - pb);
	if (v <= 0)
		return m->p; /* nothing varies yet: nothing can be said */
	double with = v + m->n * m->tau2;
	double ln = log(v / with) / 2 + m->n * m->n * m->tau2 * off * off / (2 * v * with);
	m->p = fmin(m->p, exp(-ln));
	return m->p;
}
