/* SPDX-License-Identifier: Apache-2.0
 * arm.h: the room's own inside: one normal distribution over weights, and its arithmetic.
 *
 * Rows are padded to whole lanes of four, with zeros, so that every loop is whole and every sum
 * has one order on every machine. What is kept is the mean w, the covariance P and m, the prior's
 * mean as it was when the arm last looked: the prior may move (the pool learns) and the arm moves
 * with it, by P (1/v) of that, v the prior's variance: as far as its own outcomes leave room.
 */
#ifndef LEARN_ARM_H
#define LEARN_ARM_H

#include "learn/learn.h"

#define LANES 4u

struct arm {
	uint64_t key;
	enum learn_kind kind;
	bool changed;
	float spread;   /* v of all weights but the constant */
	float bias;     /* v of the constant */
	uint32_t since; /* outcomes that forgetting was not made up for yet */
	double seen;
	float *w, *m; /* stride floats each */
	float *p;     /* dims rows of stride floats, symmetric */
};

struct learner {
	struct learn_conf conf;
	uint32_t stride; /* dims, in whole lanes */
	bool changed;    /* the head: settings, prior, pool */
	double seen;     /* outcomes of all main arms */
	float *prior;    /* the pool's mean before it learned; stride floats */
	float *apart;    /* prior of an APART arm */
	float *nothing;  /* prior of an OFFSET arm: zeros */
	struct arm pool;
	struct arm *arms;
	uint32_t arms_n, arms_cap;
	uint32_t *slots; /* key -> arm + 1, open addressing; slots_n a power of two */
	uint32_t slots_n;
};

/* What one outcome is worth to an arm: Newton's step, seen from this arm alone. */
struct lesson {
	float h;    /* curvature, less where the rest of the action is unsure */
	float pull; /* the surprise, less where the same */
	float weight;
};

void arm_init(struct learner *l, struct arm *a, uint64_t key, enum learn_kind kind);
void arm_finish(struct arm *a);
const float *arm_prior(const struct learner *l, const struct arm *a);
float arm_z(const struct learner *l, const struct arm *a, const float *x);
float arm_variance(const struct learner *l, const struct arm *a, const float *x);
void arm_learn(const struct learner *l, struct arm *a, const float *x, struct lesson lesson);
/* What was learned counts 1 / by (by > 1), the prior as before; the guess goes with it. */
void arm_widen(const struct learner *l, struct arm *a, float by);

struct learner *learner_new(const struct learn_conf *conf);
struct arm *learner_add(struct learner *l, uint64_t key, enum learn_kind kind);

#endif
