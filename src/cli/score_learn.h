/* SPDX-License-Identifier: Apache-2.0
 * score_learn.h: what past leads say about the rules: which model may be believed, how likely the
 * outcome is, and which points the evidence would change. Pure: rows in, a report out.
 *
 *   - models are judged on the latest fifth of the rows, trained on those before; random folds
 *     stand beside it only to show what they would have promised
 *   - a model is taken when it beats the one below it in log loss there: Platt over the rules'
 *     points (50 rows, 10 outcomes), logistic regression centred on the rules, trees (1,000 rows,
 *     and ECE below .03)
 *   - nothing is changed: points are proposed, each with what speaks for it
 */
#ifndef CLI_SCORE_LEARN_H
#define CLI_SCORE_LEARN_H

#include "base/json.h"
#include "cli/score_rows.h"
#include "predict/metric.h"

#define SCORE_ROWS_MIN 50u
#define SCORE_OUTCOMES_MIN 10u
#define SCORE_TREES_ROWS_MIN 1000u
#define SCORE_ECE_MAX 0.03
#define SCORE_LATER_SHARE 0.2

struct score_rung {
	bool tried, taken;
	struct predict_metrics later; /* on the latest rows */
	double folds_auc;             /* what random folds would have promised */
	char reason[160];
};

enum score_rule_kind { SCORE_RULE_FIT, SCORE_RULE_ENGAGEMENT, SCORE_RULE_ENTRY };
struct score_proposal {
	enum score_rule_kind kind;
	struct str name;
	double points, proposed;
	double wanted; /* what the evidence asks for, where that is more than a rule may give */
	size_t with, with_outcomes, without, without_outcomes;
	double effect, low, high; /* log-odds beyond what the points say, 95 % */
};

struct score_report {
	size_t rows, positives;
	char verdict[256];
	bool learnt; /* false: too little to learn from; the rest is empty */
	enum predict_family taken;
	struct score_rung rungs[PREDICT_FAMILY_COUNT];
	struct predict_model model;             /* the one taken, trained on all rows */
	struct predict_bin curve[PREDICT_BINS]; /* of it on the latest rows */
	double *later;                          /* its probabilities there, */
	double *sorted;                         /* the same, rising */
	uint8_t *later_came;                    /* and what came */
	size_t later_n;
	double slope, bias;         /* of the program's points as they are */
	double new_slope, new_bias; /* with the proposals taken */
	struct score_proposal *proposals;
	size_t proposals_n;
};
/* p NULL: rows that no program's rules are behind; then nothing is proposed. */
MUST_USE enum status score_learn(const struct score_rows *rows, const struct program *p,
				 struct arena *a, struct score_report *out, struct err *e);

/* The report as one object. reps: people who take leads over; weeks: the latest rows' span. */
void score_report_json(const struct score_report *r, double weeks, size_t reps, struct json_w *w);

#endif
