/* SPDX-License-Identifier: Apache-2.0
 * logistic.c: the one optimum of penalised logistic regression, by Newton steps.
 *
 * The last row and column of the system are the bias's, which is not penalised. Rows are sparse, so
* a step costs the square of what a row holds, not of all weights; the system is solved by
 * Cholesky. A step that does not lower the loss is halved. */
#include "predict/internal.h"

#define STEPS_MAX 50
#define HALVINGS_MAX 30

struct newton {
	struct predict_fit *f;
	size_t d;                                /* weights and the bias */
	double *w, *trial, *gradient, *step, *h; /* h: d x d, lower triangle */
};

static double margin(const struct predict_fit *f, const double *w, size_t row)
{
	const struct predict_sparse *x = f->x;
	double z = w[x->dims_n] + (f->offset != NULL ? f->offset[row] : 0);
	for (size_t k = x->start[row]; k < x->start[row + 1]; k++)
		z += w[x->dim[k]] * x->value[k];
	return z;
}

/* log(1 + exp(z)) without overflow */
static double softplus(double z)
{
	return z > 0 ? z + log1p(exp(-z)) : log1p(exp(z));
}

static double loss(const struct newton *n, const double *w)
{
	const struct predict_fit *f = n->f;
	double sum = 0, squares = 0;
	for (size_t i = 0; i < f->x->rows_n; i++)
		sum += softplus(f->y[i] ? -margin(f, w, i) : margin(f, w, i));
	for (size_t j = 0; j + 1 < n->d; j++)
		squares += w[j] * w[j];
	return sum + f->l2 / 2 * squares;
}

static void add_row(struct newton *n, size_t row)
{
	const struct predict_fit *f = n->f;
	const struct predict_sparse *x = f->x;
	size_t bias = n->d - 1;
	double p = predict_probability(margin(f, n->w, row));
	double g = p - f->y[row], c = p * (1 - p);
	for (size_t k = x->start[row]; k < x->start[row + 1]; k++) {
		double cv = c * x->value[k];
		double *line = n->h + (size_t)x->dim[k] * n->d;
		n->gradient[x->dim[k]] += g * x->value[k];
		for (size_t l = x->start[row]; l <= k; l++) /* dimensions rise along a row */
			line[x->dim[l]] += cv * x->value[l];
		n->h[bias * n->d + x->dim[k]] += cv;
	}
	n->gradient[bias] += g;
	n->h[bias * n->d + bias] += c;
}

static void gather(struct newton *n)
{
	memset(n->gradient, 0, n->d * sizeof *n->gradient);
	memset(n->h, 0, n->d * n->d * sizeof *n->h);
	for (size_t i = 0; i < n->f->x->rows_n; i++)
		add_row(n, i);
	for (size_t j = 0; j + 1 < n->d; j++) {
		n->gradient[j] += n->f->l2 * n->w[j];
		n->h[j * n->d + j] += n->f->l2;
	}
	n->h[n->d * n->d - 1] += 1e-9; /* outcomes that are all but certain: still solvable */
}

/* h = L L', in place. False: not positive definite. */
static bool cholesky(double *h, size_t d)
{
	for (size_t i = 0; i < d; i++) {
		double *row = h + i * d;
		for (size_t j = 0; j <= i; j++) {
			double s = row[j];
			const double *other = h + j * d;
			for (size_t k = 0; k < j; k++)
				s -= row[k] * other[k];
			if (j < i)
				row[j] = s / other[j];
			else if (s > 0)
				row[i] = sqrt(s);
			else
				return false;
		}
	}
	return true;
}

static void solve(const double *l, size_t d, double *x)
{
	for (size_t i = 0; i < d; i++) {
		for (size_t k = 0; k < i; k++)
			x[i] -= l[i * d + k] * x[k];
		x[i] /= l[i * d + i];
	}
	for (size_t i = d; i-- > 0;) {
		for (size_t k = i + 1; k < d; k++)
			x[i] -= l[k * d + i] * x[k];
		x[i] /= l[i * d + i];
	}
}

/* Standard deviations of the posterior's normal approximation: the diagonal of the inverse. */
static void deviations(const struct newton *n, double *devs)
{
	for (size_t j = 0; j + 1 < n->d; j++) {
		memset(n->step, 0, n->d * sizeof *n->step);
		n->step[j] = 1;
		solve(n->h, n->d, n->step);
		devs[j] = sqrt(fmax(n->step[j], 0));
	}
}

/* Moves w down along the step; false: no step of it goes down any more. */
static bool descend(struct newton *n, double *at)
{
	double share = 1;
	for (int i = 0; i < HALVINGS_MAX; i++) {
		for (size_t j = 0; j < n->d; j++)
			n->trial[j] = n->w[j] - share * n->step[j];
		double there = loss(n, n->trial);
		if (there < *at) {
			memcpy(n->w, n->trial, n->d * sizeof *n->w);
			*at = there;
			return true;
		}
		share /= 2;
	}
	return false;
}

enum status predict_logistic(struct predict_fit *f, struct arena *scratch, struct err *e)
{
	struct newton n = {.f = f, .d = f->x->dims_n + 1};
	n.w = ARENA_ARRAY(scratch, double, n.d);
	n.trial = ARENA_ARRAY(scratch, double, n.d);
	n.gradient = ARENA_ARRAY(scratch, double, n.d);
	n.step = ARENA_ARRAY(scratch, double, n.d);
	n.h = ARENA_ARRAY(scratch, double, n.d *n.d);
	if (n.w == NULL || n.trial == NULL || n.gradient == NULL || n.step == NULL || n.h == NULL)
		return err_set(e, ST_LIMIT, "%zu weights do not fit", n.d);
	double at = loss(&n, n.w);
	for (int i = 0; i < STEPS_MAX; i++) {
		double before = at;
		gather(&n);
		memcpy(n.step, n.gradient, n.d * sizeof *n.step);
		if (!cholesky(n.h, n.d))
			return err_set(e, ST_INVALID, "the columns cannot be told apart: l2 is 0?");
		solve(n.h, n.d, n.step);
		if (!descend(&n, &at) || before - at < 1e-10 * (1 + fabs(at)))
			break;
	}
	f->bias = n.w[n.d - 1];
	memcpy(f->weights, n.w, f->x->dims_n * sizeof *n.w);
	if (f->devs != NULL)
		deviations(&n, f->devs);
	return ST_OK;
}
