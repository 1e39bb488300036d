/* SPDX-License-Identifier: Apache-2.0
 * hours.c: see hours.h. */
#include "predict/hours.h"

#include "base/time.h"

/* (1, .6, .25) around the clock, scaled so that the total stays. */
void predict_hours_smooth(const double counts[PREDICT_HOURS], double out[PREDICT_HOURS])
{
	static const double kernel[] = {1 / 2.7, 0.6 / 2.7, 0.25 / 2.7};
	for (unsigned h = 0; h < PREDICT_HOURS; h++) {
		out[h] = kernel[0] * counts[h];
		for (unsigned k = 1; k <= 2; k++)
			out[h] += kernel[k] * (counts[(h + k) % PREDICT_HOURS] +
					       counts[(h + PREDICT_HOURS - k) % PREDICT_HOURS]);
	}
}

static double total(const double curve[PREDICT_HOURS])
{
	double sum = 0;
	for (unsigned h = 0; h < PREDICT_HOURS; h++)
		sum += curve[h];
	return sum;
}

void predict_hours_lead(const double counts[PREDICT_HOURS], const double global[PREDICT_HOURS],
			double m, double out[PREDICT_HOURS])
{
	double sum = total(counts) + m;
	predict_hours_smooth(counts, out);
	for (unsigned h = 0; h < PREDICT_HOURS; h++)
		out[h] = sum > 0 ? (out[h] + m * global[h]) / sum : global[h];
}

void predict_hours_global(const double counts[PREDICT_HOURS], double out[PREDICT_HOURS])
{
	double flat[PREDICT_HOURS];
	for (unsigned h = 0; h < PREDICT_HOURS; h++)
		flat[h] = 1.0 / PREDICT_HOURS;
	predict_hours_lead(counts, flat, 1, out); /* one event spread over the day: never 0 */
}

double predict_hours_soon(const double curve[PREDICT_HOURS], unsigned from, double half_life)
{
	double fades = exp2_exact(-1 / half_life), weight = 1, soon = 0, flat = 0;
	for (unsigned i = 0; i < PREDICT_HOURS; i++) {
		soon += weight * curve[(from + i) % PREDICT_HOURS];
		flat += weight / PREDICT_HOURS;
		weight *= fades;
	}
	return soon / flat;
}
