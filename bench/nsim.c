/* SPDX-License-Identifier: Apache-2.0
 * nsim.c: see nsim.h. */
#include "nsim.h"

#include <math.h>

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)
#define TURN 6.283185307179586

static double unit(uint64_t *state)
{
	uint64_t v = *state += GOLDEN;
	v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
	v ^= v >> 31;
	return (double)(v >> 11) / 9007199254740992.0;
}

static double normal(uint64_t *state)
{
	double a = 1.0 - unit(state);
	double b = unit(state);
	return sqrt(-2.0 * log(a)) * cos(TURN * b);
}

void nsim_open(struct nsim *s, unsigned actions, double base, uint64_t seed)
{
	uint64_t world = 2 * seed + 1;
	s->actions = actions;
	s->base = base;
	for (int i = 0; i < NSIM_NUMBERS; i++)
		s->shared[i] = 0.4 * normal(&world);
	for (unsigned a = 0; a < actions; a++) {
		s->own[a] = 0.3 * normal(&world);
		for (int i = 0; i < NSIM_NUMBERS; i++)
			s->more[a][i] = 0.5 * normal(&world);
	}
	s->people = 7919 * seed + 17;
}

double nsim_next(struct nsim *s, float *x, double *chance)
{
	for (int i = 0; i < NSIM_NUMBERS; i++) {
		double v = unit(&s->people);
		x[i] = i < 8 ? (v < 0.3 ? 1.0f : 0.0f) : (float)(2 * v - 1);
	}
	double thrown = unit(&s->people);
	for (unsigned a = 0; a < s->actions; a++) {
		double z = s->base + s->own[a];
		for (int i = 0; i < NSIM_NUMBERS; i++)
			z += (s->shared[i] + s->more[a][i]) * (double)x[i];
		chance[a] = 1 / (1 + exp(-z));
	}
	return thrown;
}

double nsim_sum(unsigned actions, double base, uint64_t seed)
{
	struct nsim s;
	float x[NSIM_NUMBERS];
	double chance[NSIM_ACTIONS_MAX], sum = 0;
	nsim_open(&s, actions, base, seed);
	for (int i = 0; i < 1000; i++) {
		sum += nsim_next(&s, x, chance);
		for (unsigned a = 0; a < actions; a++)
			sum += chance[a];
	}
	return sum;
}
