/* SPDX-License-Identifier: Apache-2.0
 * bandit_log.h: a log of decisions as a file, read: who was shown what, how likely that was, and
 * what it earned.
 *
 * Comma-separated with a header, or JSON Lines. A column is known by any of its names:
 *   action a, item_id    position pos        reward r, click       p pb_a, propensity_score
 *   p_new pe_a           q qhat_a, qtab_a    v_dm vdm, vdm_tab     lead user, cluster
 *   harm unsubscribed
 * Action, reward and p must be there; others are not looked at. So the files of Open Bandit Dataset
 * (Saito et al. 2021) are read as they are.
 *
 * Pure; memory: the arena given, texts borrowed from the input.
 */
#ifndef EVALUATE_BANDIT_LOG_H
#define EVALUATE_BANDIT_LOG_H

#include "evaluate/evaluate.h"

#define BANDIT_ROWS_MAX ((size_t)2000000)
#define BANDIT_COLUMNS_MAX 512u
#define BANDIT_ACTIONS_MAX 4096u
#define BANDIT_POSITIONS_MAX 64u
#define BANDIT_P_MIN 1e-12 /* what was taken had a chance; below that nobody gave it one */
#define BANDIT_LINE_BYTES_MAX ((size_t)64 << 10)

struct bandit_row {
	uint32_t action, position; /* numbers of their names */
	struct evaluate_row row;   /* p_new, q, v_dm only where the log has them */
	double harm;
};

struct bandit_log {
	struct bandit_row *rows;
	size_t n;
	struct str actions[BANDIT_ACTIONS_MAX], positions[BANDIT_POSITIONS_MAX]; /* as written */
	size_t actions_n, positions_n; /* in order of first appearance */
	bool has_new, has_model, has_lead, has_harm;
};

/* ST_INVALID names line and column; ST_LIMIT which ceiling. p must be in (0, 1], from BANDIT_P_MIN
 * on, p_new in [0, 1]. A log without lead takes every row for a lead of its own. */
MUST_USE enum status bandit_log_read(struct str text, struct arena *a, struct bandit_log *out,
				     struct err *e);

/* A policy without context: one distribution over actions for each position. */
struct bandit_policy {
	const struct bandit_log *log; /* whose actions and positions these are */
	size_t actions_n;             /* of the log, when this was made */
	double *p;                    /* [position * actions_n + action] */
};
/* Equal odds for every action of the log; or all on one of them. ST_NOT_FOUND names the action. */
MUST_USE enum status bandit_policy_uniform(const struct bandit_log *log, struct arena *a,
					   struct bandit_policy *out, struct err *e);
MUST_USE enum status bandit_policy_always(const struct bandit_log *log, struct str action,
					  struct arena *a, struct bandit_policy *out,
					  struct err *e);
/* A table: a header `action,pos0,pos1,...`, then a line for each action. Columns are the log's
 * positions in ascending order. Actions the log never took are added to the log, so tables are read
 * before other policies are made.
 * ST_INVALID: no such table; odds of a position that do not sum to 1 within 1e-3. */
MUST_USE enum status bandit_policy_read(struct str text, struct bandit_log *log, struct arena *a,
					struct bandit_policy *out, struct err *e);

/* The rows under this policy (NULL: p_new of the log itself; needs has_new). Without a model in the
 * log, q is the mean reward of action and position, smoothed by one mean reward, in the half of the
 * leads that this row is not in; the halves are those of hash(lead), or of even and odd rows.
 * `out` has log->n rows, on `a`. */
MUST_USE enum status bandit_rows(const struct bandit_log *log, const struct bandit_policy *policy,
				 struct arena *a, struct evaluate_row **out, struct err *e);

#endif
