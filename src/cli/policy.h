/* SPDX-License-Identifier: Apache-2.0
 * policy.h: the parts of the verb `policy`: evidence from a log of decisions, and the models kept
 * in the folder of data.
 */
#ifndef CLI_POLICY_H
#define CLI_POLICY_H

#include "cli/cli.h"
#include "evaluate/bandit_log.h"
#include "registry/registry.h"

/* All that one log says of a candidate. */
struct policy_evidence {
	struct arena arena;             /* of all that follows */
	struct str candidate, champion; /* as asked for */
	struct bandit_log *log;
	struct evaluate_rows rows; /* under the candidate */
	struct evaluate_weights weights;
	struct evaluate_value values[EVALUATE_KINDS];
	struct evaluate_value bootstrap[2];                             /* SNIPS, DR; by lead */
	struct evaluate_value bernstein, clopper_pearson, cressie_read; /* of IPS */
	bool has_model, has_harm, unit_rewards;                         /* rewards within [0, 1] */
	struct evaluate_value harm;
	int64_t kept_us; /* older decisions are gone, and were asked for; TIME_NONE */
	bool kept_short; /* and that time is longer than decide: {keep} */
	size_t own_rows; /* that one of the two has, or may have, learned from */
	struct evaluate_case gate;
	bool may;
	struct str reason;
};
/* The log at `path` (gzip or not), a candidate and a champion: "log" (p_new of the log), "logged"
 * (the policy that wrote it), "uniform", "always:ACTION", or a file with a table. What went wrong
 * is in c->err. policy_evidence_finish in any case. */
MUST_USE enum status policy_evidence(struct cli *c, const char *path, const char *candidate,
				     const char *champion, struct policy_evidence *out);
/* policy_live.c: the same from the decisions of the folder of data, of the time --since says: a
 * policy is "logged", "rules", "first", "uniform", "always:MESSAGE:ANGLE", "learned" (the live
 * learner as it is now), or a model by its hash. */
MUST_USE enum status policy_evidence_live(struct cli *c, const char *candidate,
					  const char *champion, struct policy_evidence *out);
/* The steps all share: an empty log, then what its rows say. */
MUST_USE enum status policy_evidence_begin(struct cli *c, const char *candidate,
					   const char *champion, struct policy_evidence *out);
MUST_USE enum status policy_evidence_judge(struct cli *c, struct policy_evidence *p,
					   const struct evaluate_row *rows,
					   const struct evaluate_row *base);
void policy_evidence_finish(struct policy_evidence *p);
/* What the options of compare and promote say wrong, as an exit code; -1: nothing. */
int policy_evidence_options(struct cli *c);
/* What has gone wrong with evidence, told. A log or a name that cannot be judged is wrong use, for
 * exit code 1 says that the verdict is no. */
int policy_evidence_failed(struct cli *c);
void policy_evidence_json(const struct policy_evidence *p, struct json_w *w);
void policy_evidence_show(struct cli *c, const struct policy_evidence *p);

int policy_run_compare(struct cli *c);
int policy_run_learned(struct cli *c);  /* policy_learned.c */
int policy_run_snapshot(struct cli *c); /* policy_snapshot.c */
/* policy_tell.c: the step is made: the event log hears of it before the folder of models does.
 * Without a node there is nobody to tell. */
MUST_USE enum status policy_make(struct cli *c, const struct registry_step *s);
/* What keeps this choice from having an effect (view/view_model.h); empty: nothing. */
struct str policy_hindrance(struct cli *c, const struct registry_choice *choice);
/* The folder follows what the log was told, change by change; files that are missing or damaged are
 * made anew where the log brought them. Nothing on a dry run. */
MUST_USE enum status policy_catch_up(struct cli *c);
/* policy_models.c */
/* -1, or the exit code of what has been told. */
int policy_get(struct cli *c, const char *hash, struct registry_model *out);
/* Says that a model is here and in which state, with `about` behind it, and what is next. */
int policy_here(struct cli *c, const struct registry_hash *h, struct str about);
int policy_run_drift(struct cli *c);
int policy_run_warm(struct cli *c);
int policy_run_list(struct cli *c);
int policy_run_show(struct cli *c);
int policy_run_diff(struct cli *c); /* policy_diff.c */
int policy_run_promote(struct cli *c);
int policy_run_rollback(struct cli *c);
int policy_run_export(struct cli *c);
int policy_run_import(struct cli *c);

#endif
