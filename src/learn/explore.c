/* SPDX-License-Identifier: Apache-2.0
 * explore.c: distributions over actions. A floor is found by filling: raising one entry may press
 * another below the floor, so it is done again until nothing moves; each round fixes at least one
 * entry, so n rounds are enough. */
#include "learn/explore.h"

#include "base/assert.h"

#include <math.h>

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

size_t explore_best(const double *q, size_t n)
{
	size_t best = 0;
	for (size_t i = 1; i < n; i++)
		if (q[i] > q[best])
			best = i;
	return best;
}

void explore_one(size_t which, size_t n, double *pdf)
{
	ASSERT(which < n && n <= EXPLORE_MAX);
	for (size_t i = 0; i < n; i++)
		pdf[i] = i == which;
}

void explore_epsilon(size_t best, double eps, size_t n, double *pdf)
{
	ASSERT(best < n && n <= EXPLORE_MAX && eps >= 0 && eps <= 1);
	for (size_t i = 0; i < n; i++)
		pdf[i] = eps / (double)n;
	pdf[best] += 1 - eps;
}

void explore_softmax(const double *q, double lambda, size_t n, double *pdf)
{
	double top = lambda * q[0], sum = 0;
	for (size_t i = 1; i < n; i++)
		top = lambda * q[i] > top ? lambda * q[i] : top;
	for (size_t i = 0; i < n; i++)
		sum += pdf[i] = exp(lambda * q[i] - top);
	for (size_t i = 0; i < n; i++)
		pdf[i] /= sum;
}

void explore_igw(const double *q, double gamma, size_t n, double *pdf)
{
	size_t best = explore_best(q, n);
	double others = 0;
	ASSERT(n > 0 && n <= EXPLORE_MAX && gamma >= 0);
	for (size_t i = 0; i < n; i++) {
		pdf[i] = 1 / ((double)n + gamma * (q[best] - q[i]));
		others += i == best ? 0 : pdf[i];
	}
	pdf[best] = 1 - others;
}

void explore_votes(const uint32_t *votes, size_t n, double *pdf)
{
	uint64_t all = 0;
	for (size_t i = 0; i < n; i++)
		all += votes[i];
	for (size_t i = 0; i < n; i++)
		pdf[i] = all > 0 ? (double)votes[i] / (double)all : 1 / (double)n;
}

/* ---- dice ---- */

/* The finaliser of splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t mix(uint64_t v)
{
	v = (v ^ (v >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	v = (v ^ (v >> 27)) * UINT64_C(0x94d049bb133111eb);
	return v ^ (v >> 31);
}

static double unit_of(uint64_t v)
{
	return (double)(v >> 11) * 0x1.0p-53;
}

double explore_unit(uint64_t seed, uint64_t id, uint32_t counter)
{
	return unit_of(mix(mix(mix(seed + GOLDEN) ^ id) + (counter + UINT64_C(1)) * GOLDEN));
}

size_t explore_draw(const double *pdf, size_t n, double unit)
{
	double up_to = 0;
	size_t last = n;
	for (size_t i = 0; i < n; i++) {
		if (pdf[i] <= 0)
			continue;
		up_to += pdf[i];
		last = i;
		if (unit < up_to)
			return i;
	}
	ASSERT(last < n); /* sums may end a hair below 1: the last possible one it is */
	return last;
}

static double normal(uint64_t key, uint64_t at)
{
	double u1 = 1 - unit_of(mix(key + (2 * at + 1) * GOLDEN));
	double u2 = unit_of(mix(key + (2 * at + 2) * GOLDEN));
	return sqrt(-2 * log(u1)) * cos(6.283185307179586 * u2);
}

void explore_thompson(const double *mean, const double *variance, size_t n, unsigned samples,
		      uint64_t key, double *pdf)
{
	uint32_t votes[EXPLORE_MAX] = {0};
	double drawn[EXPLORE_MAX];
	ASSERT(n > 0 && n <= EXPLORE_MAX && samples > 0 && samples <= EXPLORE_SAMPLES_MAX);
	for (unsigned s = 0; s < samples; s++) {
		for (size_t i = 0; i < n; i++)
			drawn[i] =
				mean[i] + sqrt(variance[i]) * normal(mix(key), (uint64_t)s * n + i);
		votes[explore_best(drawn, n)]++;
	}
	explore_votes(votes, n, pdf);
}

/* ---- limits ---- */

/* Lifts what is below `least` and scales the others down; true: somebody was lifted. */
static bool lift(double least, bool *lifted, size_t n, double *pdf)
{
	double held = 0, rest = 0;
	bool more = false;
	for (size_t i = 0; i < n; i++) {
		if (!lifted[i] && pdf[i] < least)
			more = lifted[i] = true;
		if (lifted[i])
			held += pdf[i] = least;
		else
			rest += pdf[i];
	}
	for (size_t i = 0; i < n; i++)
		if (!lifted[i])
			pdf[i] *= (1 - held) / rest;
	return more;
}

/* Of a distribution without the entries that are to stay zero. */
static void fill(double amount, size_t n, double *pdf)
{
	bool lifted[EXPLORE_MAX] = {false};
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += pdf[i];
	for (size_t i = 0; i < n && (amount >= 1 || sum <= 0); i++)
		pdf[i] = 1 / (double)n;
	for (size_t round = 0; round < n && lift(amount / (double)n, lifted, n, pdf); round++)
		;
}

void explore_floor(double amount, bool with_zeros, size_t n, double *pdf)
{
	double kept[EXPLORE_MAX];
	size_t at[EXPLORE_MAX], m = 0;
	ASSERT(n > 0 && n <= EXPLORE_MAX && amount >= 0 && amount <= 1);
	for (size_t i = 0; i < n && amount > 0; i++) {
		if (!with_zeros && pdf[i] <= 0)
			continue;
		at[m] = i;
		kept[m++] = pdf[i];
	}
	fill(amount, m, kept);
	for (size_t i = 0; i < m; i++)
		pdf[at[i]] = kept[i];
}

void explore_budget(size_t best, double share, size_t n, double *pdf)
{
	double others = 0;
	ASSERT(best < n && share >= 0 && share <= 1);
	for (size_t i = 0; i < n; i++)
		others += i == best ? 0 : pdf[i];
	if (others <= share)
		return;
	for (size_t i = 0; i < n; i++)
		pdf[i] *= i == best ? 0 : share / others;
	pdf[best] = 1 - share;
}

void explore_even(double share, size_t n, double *pdf)
{
	ASSERT(n > 0 && n <= EXPLORE_MAX && share >= 0 && share <= 1);
	for (size_t i = 0; i < n && share > 0; i++)
		pdf[i] = (1 - share) * pdf[i] + share / (double)n;
}

bool explore_was_even(double share, double p, size_t n, double unit)
{
	return unit * p * (double)n < share;
}
