/* SPDX-License-Identifier: Apache-2.0
 * platt.c: points to log-odds with two numbers (Platt 1999, with the targets that keep the slope
 * finite; Newton with step halving as Lin, Lin and Weng 2007). */
#include "predict/predict.h"

struct line {
	double slope, bias;
};

/* Targets a little inside 0 and 1: as if one more of each outcome had been seen. */
static double target(const uint8_t *y, size_t i, size_t n, size_t positives)
{
	return y[i] ? ((double)positives + 1) / ((double)positives + 2)
		    : 1 / ((double)(n - positives) + 2);
}

static double loss(const double *x, const uint8_t *y, size_t n, size_t positives, struct line l)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		double z = l.slope * x[i] + l.bias, t = target(y, i, n, positives);
		sum += (z > 0 ? z + log1p(exp(-z)) : log1p(exp(z))) - t * z;
	}
	return sum;
}

static struct line newton_step(const double *x, const uint8_t *y, size_t n, size_t positives,
			       struct line l)
{
	double gs = 0, gb = 0, ss = 1e-12, sb = 0, bb = 1e-12;
	for (size_t i = 0; i < n; i++) {
		double p = predict_probability(l.slope * x[i] + l.bias);
		double off = p - target(y, i, n, positives), c = p * (1 - p);
		gs += off * x[i];
		gb += off;
		ss += c * x[i] * x[i];
		sb += c * x[i];
		bb += c;
	}
	double det = ss * bb - sb * sb;
	if (!(det > 0))
		return (struct line){0, -gb / bb}; /* all x alike: only the bias can move */
	return (struct line){-(bb * gs - sb * gb) / det, -(ss * gb - sb * gs) / det};
}

static struct line fit(const double *x, const uint8_t *y, size_t n, size_t positives)
{
	struct line l = {0, log(((double)positives + 1) / ((double)(n - positives) + 1))};
	double at = loss(x, y, n, positives, l);
	for (int i = 0; i < 100; i++) {
		struct line step = newton_step(x, y, n, positives, l), next = l;
		double share = 1, there = at;
		for (int k = 0; k < 30 && !(there < at); k++) {
			next = (struct line){l.slope + share * step.slope,
					     l.bias + share * step.bias};
			there = loss(x, y, n, positives, next);
			share /= 2;
		}
		if (!(there < at))
			break;
		l = next;
		bool done = at - there < 1e-12 * (1 + fabs(there));
		at = there;
		if (done)
			break;
	}
	return l;
}

/* Fitted over x that is centred and scaled: points and probabilities alike are well conditioned. */
enum status predict_platt(const double *x, const uint8_t *y, size_t n, double *slope_r,
			  double *bias_r, struct err *e)
{
	struct arena scratch;
	size_t positives = 0;
	double mean = 0, dev = 0;
	for (size_t i = 0; i < n; i++) {
		positives += y[i];
		mean += x[i] / (double)n;
	}
	for (size_t i = 0; i < n; i++)
		dev += (x[i] - mean) * (x[i] - mean) / (double)n;
	if (positives == 0 || positives == n)
		return err_set(e, ST_INVALID, "%zu of %zu rows have the outcome: both are needed",
			       positives, n);
	dev = dev > 0 ? sqrt(dev) : 1;
	arena_init(&scratch, (n + 64) * sizeof(double) * 2);
	double *scaled = ARENA_ARRAY(&scratch, double, n);
	for (size_t i = 0; i < n && scaled != NULL; i++)
		scaled[i] = (x[i] - mean) / dev;
	if (scaled != NULL) {
		struct line l = fit(scaled, y, n, positives);
		*slope_r = l.slope / dev;
		*bias_r = l.bias - l.slope * mean / dev;
	}
	arena_finish(&scratch);
	return scaled != NULL ? ST_OK : err_set(e, ST_LIMIT, "%zu rows do not fit", n);
}
