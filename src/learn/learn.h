/* SPDX-License-Identifier: Apache-2.0
 * learn.h: what comes of doing this, for somebody like that? A model that learns while it is used.
 *
 * A context is a row of numbers x (dims of them, x[0] is the constant 1). An arm is something that
 * can be done: a variant, a channel, a part of the day. Each arm has a logistic regression that is
 * kept as a normal distribution over its weights (mean and full covariance) and moves by one step
 * of Newton's method with each outcome: online, in bounded memory, calibrated by construction.
 *
 *   z = sum over the arms of an action of w_arm . x        p = 1 / (1 + e^-z)
 *
 * Three kinds of arm, by what their weights are believed to be before anything was seen:
 *   POOLED  what all pooled arms together have taught (the pool), give or take `level` as a whole
 *           and `spread` in each number: a new variant starts as the average variant
 *   APART   zero, but for the constant, which is `start`: doing nothing is not like sending
 *   OFFSET  zero: it adds to the main arm of its action (a channel, a part of the day)
 * An action is one main arm (POOLED or APART) and up to three OFFSET arms. What one arm is taught
 * counts for less where the others of the action are unsure themselves.
 *
 * Outcomes are shares in [0, 1]: 1 it happened, 0 it did not, between: a reward on that scale.
 * Same calls, same bytes: no clock, no dice, no threads in here. Floats; sums in one fixed order.
 * Thread: one at a time. Memory: mem_alloc, owned by the learner.
 *
 * Source: online Newton steps for logistic loss, Hazan, Agarwal and Kale 2007; the normal
 * approximation, Spiegelhalter and Lauritzen 1990.
 */
#ifndef LEARN_LEARN_H
#define LEARN_LEARN_H

#include "base/buf.h"
#include "base/status.h"

#define LEARN_DIMS_MAX 256
#define LEARN_ARMS_MAX 1024
#define LEARN_PARTS_MAX 4 /* arms of one action */
#define LEARN_NONE UINT32_MAX
/* In an action to be scored: an arm that was never seen, of kind POOLED or APART. */
#define LEARN_NEW (UINT32_MAX - 1)
#define LEARN_NEW_APART (UINT32_MAX - 2)
#define LEARN_BYTES_MAX ((size_t)280 << 20) /* of all arms at their largest, in stored form */
#define LEARN_ARM_BYTES_MAX ((size_t)160 << 10)

enum learn_kind { LEARN_POOLED, LEARN_APART, LEARN_OFFSET, LEARN_KINDS };

struct learn_conf {
	uint32_t dims;     /* 1..LEARN_DIMS_MAX */
	float start;       /* log-odds before anything is known */
	float pool_level;  /* variance of the pool's constant: how often things happen at all */
	float pool_spread; /* the same of its other weights, around zero */
	float level;       /* variance of an arm's constant around the pool's; of APART */
	float spread;      /* the same of its other weights */
	float offset;      /* variance of an OFFSET arm's weights */
	float bonus;       /* standard deviations of z that the unknown is credited with */
	float forget;      /* variance grows by this share per outcome of an arm; 0: never */
};
/* What the product ships. */
struct learn_conf learn_conf_default(uint32_t dims);

struct learner;
struct learn_action {
	uint32_t arm[LEARN_PARTS_MAX]; /* [0] the main arm */
	uint32_t n;                    /* 1..LEARN_PARTS_MAX */
};
struct learn_guess {
	float z, var; /* log-odds, and their variance */
	float p;      /* expected outcome */
	float q;      /* the same with the bonus: what exploring compares */
};

/* conf must hold (learn_conf_check); the prior is {start, 0, 0, ...} until learn_prior. */
struct learner *learner_open(const struct learn_conf *conf);
void learner_close(struct learner **l);
/* A copy that goes its own way: for who reads while the other learns. */
struct learner *learner_clone(const struct learner *l);
size_t learner_bytes(const struct learner *l); /* of memory, and so of a copy */
MUST_USE enum status learn_conf_check(const struct learn_conf *conf, struct err *e);
const struct learn_conf *learn_conf_of(const struct learner *l);

/* What is believed before the first outcome: dims weights. Before any arm was added. */
void learn_prior(struct learner *l, const float *weights);

/* The arm of that key, made when it is new. LEARN_NONE: there are LEARN_ARMS_MAX. Keys 0 to 7 are
 * kept for the learner itself. */
uint32_t learn_arm(struct learner *l, uint64_t key, enum learn_kind kind);
uint32_t learn_find(const struct learner *l, uint64_t key); /* LEARN_NONE: never seen */
uint32_t learn_arms(const struct learner *l);
uint64_t learn_key(const struct learner *l, uint32_t arm);
enum learn_kind learn_kind_of(const struct learner *l, uint32_t arm);
double learn_seen(const struct learner *l, uint32_t arm); /* outcomes, faded by forgetting */
double learn_seen_all(const struct learner *l);           /* of all main arms: n_eff */
const float *learn_weights(const struct learner *l, uint32_t arm); /* dims of them */

/* x is dims long; a and out have n entries. Arms of `a` are of this learner. */
void learn_score(const struct learner *l, const float *x, const struct learn_action *a, size_t n,
		 struct learn_guess *out);
/* outcome in [0, 1]; weight in (0, 1]: a half-believed one counts half. */
void learn_update(struct learner *l, const float *x, const struct learn_action *a, float outcome,
		  float weight);
/* Certainty is lost: what was learned counts 1 / times (times > 1), the prior counts as before.
 * Every variance grows, up to `times`-fold and to the prior's; where much is known the guess
 * stays. */
void learn_widen(struct learner *l, float times);

/* ---- stored form ---- */

/* The whole learner in one piece, for a model file. */
void learner_encode(const struct learner *l, struct buf *out);
/* ST_CORRUPT: not one of ours, damaged, or of another version; says which. */
MUST_USE enum status learner_decode(struct str bytes, struct learner **out, struct err *e);

/* What it takes to choose, and not to go on learning: weights, and the variance of each by itself
 * (whose sum is above the variance of the sum where numbers go together, so it looks less sure than
 * it was). Arms beyond LEARN_THIN_ARMS_MAX are left out. For model files. */
#define LEARN_THIN_ARMS_MAX (LEARN_ARMS_MAX - LEARN_KINDS)
#define LEARN_THIN_BYTES_MAX ((size_t)1 << 20) /* while dims are 64 or fewer */
void learner_encode_thin(const struct learner *l, struct buf *out);
/* For scoring only: nothing teaches it. */
MUST_USE enum status learner_decode_thin(struct str bytes, struct learner **out, struct err *e);
/* The arm of a thin learner; for one it never met, one like the average of that kind. */
uint32_t learn_thin_arm(const struct learner *l, uint64_t key, enum learn_kind kind);

/* Piece by piece, for a table that is written as it changes: part 0 is the learner without its
 * arms (settings, prior, pool), part i+1 is arm i. */
bool learn_part_changed(const struct learner *l, uint32_t part); /* since learn_part_kept */
void learn_part_kept(struct learner *l, uint32_t part);
void learn_part_encode(const struct learner *l, uint32_t part, struct buf *out);
/* The first makes the learner, the others add their arm to it, in order. */
MUST_USE enum status learn_head_decode(struct str bytes, struct learner **out, struct err *e);
MUST_USE enum status learn_arm_decode(struct learner *l, struct str bytes, struct err *e);

#endif
