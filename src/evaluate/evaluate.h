/* SPDX-License-Identifier: Apache-2.0
 * evaluate.h: what a policy would have earned on a log that another one wrote.
 *
 * A row is one decision of the log: what it earned, how likely the action taken was under the
 * policy that took it, how likely the new policy would have taken it, and what a reward model says
 * of both. Every value comes with its doubt (E1). The definitions are those of Open Bandit
 * Pipeline 0.5.4 (Saito et al. 2021) and, where said, of the VW estimators; conformance holds both
 * to 1e-9.
 *
 * Pure; thread: any; nothing is allocated but where an arena is asked for. n >= 1, p_log > 0,
 * p_new >= 0: the reader of a log sees to it.
 */
#ifndef EVALUATE_EVALUATE_H
#define EVALUATE_EVALUATE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"

struct evaluate_row {
	double reward;
	double p_log;     /* of the action taken, under the policy that logged */
	double p_new;     /* of the same action, under the policy in question */
	double q;         /* what the reward model says of it */
	double v_dm;      /* the model's mean over the new policy's actions */
	uint64_t cluster; /* the lead: rows of one lead are not independent */
};

enum evaluate_kind {
	EVALUATE_IPS,       /* mean(w r), w = p_new / p_log (Horvitz and Thompson 1952) */
	EVALUATE_IPS_CLIP,  /* mean(min(w, M) r) */
	EVALUATE_SNIPS,     /* sum(w r) / sum(w) (Swaminathan and Joachims 2015) */
	EVALUATE_DM,        /* mean(v_dm) */
	EVALUATE_DR,        /* mean(v_dm + w (r - q)) (Dudik et al. 2011) */
	EVALUATE_SNDR,      /* mean(v_dm) + sum(w (r - q)) / sum(w) */
	EVALUATE_SWITCH_DR, /* mean(v_dm + [w <= tau] w (r - q)) (Wang et al. 2017) */
	EVALUATE_DROS,      /* mean(v_dm + lambda w / (w^2 + lambda) (r - q)) (Su et al. 2020) */
	EVALUATE_KINDS
};
const char *evaluate_kind_name(enum evaluate_kind k); /* "snips" */
/* Does the kind need q and v_dm? */
bool evaluate_kind_models(enum evaluate_kind k);

struct evaluate_value {
	double v;
	double lo, hi; /* normal at 95 %; the delta method for ratios (SNIPS, SNDR) */
};
/* `param`: M, tau or lambda of the kinds that have one. */
struct evaluate_value evaluate_estimate(const struct evaluate_row *rows, size_t n,
					enum evaluate_kind k, double param);

/* How far the rows may be trusted to speak about the new policy. */
struct evaluate_weights {
	size_t n;
	double ess; /* (sum w)^2 / sum(w^2), Kish 1965 */
	double w_max, w_mean;
	double share_max; /* of the heaviest row in all weight */
	double support;   /* share of rows whose action the new policy might take */
	double r_mean;    /* what the logging policy earned */
};
struct evaluate_weights evaluate_weights(const struct evaluate_row *rows, size_t n);

/* ---- intervals of IPS that lean on less than normality ---- */

/* Empirical Bernstein (Audibert et al. 2009), range the largest weight: rewards within [0, 1]. */
struct evaluate_value evaluate_bernstein(const struct evaluate_row *rows, size_t n, double delta);
/* Clopper and Pearson's binomial interval over w r / w_max of n / w_max tries, rewards in [0,
 * 1]. */
struct evaluate_value evaluate_clopper_pearson(const struct evaluate_row *rows, size_t n,
					       double alpha);
/* Empirical likelihood in the Cressie-Read family, power -2, weights between 0 and the largest
 * seen, rewards in [0, 1] (Karampatziakis, Langford and Mineiro 2020). [0, 1] when all weights are
 * alike. */
struct evaluate_value evaluate_cressie_read(const struct evaluate_row *rows, size_t n,
					    double alpha);

/* ---- clusters ---- */

/* Sums of one lead, for the bootstrap and for intervals that know rows of a lead hang together. */
struct evaluate_cluster {
	double num, den; /* the estimate is sum(num) / sum(den) */
};
struct evaluate_clusters {
	struct evaluate_cluster *list;
	size_t n;
};
struct evaluate_rows {
	const struct evaluate_row *list;
	size_t n;
};
/* Terms of a kind (not SNDR) added up by cluster, in order of first appearance, on `a`.
 * ST_LIMIT. */
MUST_USE enum status evaluate_clusters(const struct evaluate_rows *rows, enum evaluate_kind k,
				       double param, struct arena *a, struct evaluate_clusters *out,
				       struct err *e);
/* Percentile interval at 95 % of sum(num) / sum(den) when every cluster counts a Poisson(1) number
 * of times (Chamandy et al. 2012). The same seed gives the same digits. Multiplicity is drawn from
 * 16 bits, so one in 65,536 is the rarest. ST_LIMIT: `a` is too small. */
#define EVALUATE_RESAMPLES_MAX 100000u
MUST_USE enum status evaluate_bootstrap(const struct evaluate_clusters *c, unsigned resamples,
					uint64_t seed, struct arena *a, struct evaluate_value *out,
					struct err *e);

/* a's value less b's, with a normal 95 % interval over clusters. Both ask about the same rows of
 * the same log, in the same order; kinds without a parameter. ST_LIMIT: `arena` is too small. */
MUST_USE enum status evaluate_difference(const struct evaluate_rows *a,
					 const struct evaluate_rows *b, enum evaluate_kind k,
					 struct arena *arena, struct evaluate_value *out,
					 struct err *e);

/* ---- the gate ---- */

struct evaluate_rules {
	double ess_min;       /* effective rows, at least: 200 */
	double ess_share_min; /* and at least this share of all: .01 */
	double row_share_max; /* no row may weigh more: .05 */
	double slack;         /* may be worse than the best fixed action by so much: 0 */
};
struct evaluate_rules evaluate_rules_default(void);
struct evaluate_case {
	struct evaluate_weights weights;     /* of the candidate */
	struct evaluate_value over_champion; /* candidate less champion */
	struct evaluate_value over_fixed;    /* candidate less the best fixed action */
	struct str fixed;                    /* its name; empty: none is known, not asked */
	double harm_hi, harm_budget;         /* share of sends; budget 0: not asked */
};
/* True: may be promoted. The reason is a sentence in both cases. */
bool evaluate_gate(const struct evaluate_rules *rules, const struct evaluate_case *c,
		   struct buf *reason);

#endif
