/* SPDX-License-Identifier: Apache-2.0
 * verb_policy.c: which policy decides, whether another would have earned more, and the way up and
 * back. The parts are policy_compare.c and policy_models.c. */
#include "cli/policy.h"
#include "cli/verbs.h"

#include <string.h>

static const struct {
	const char *name;
	int (*run)(struct cli *c);
} parts[] = {
	{"learned", policy_run_learned}, {"snapshot", policy_run_snapshot},
	{"drift", policy_run_drift},     {"warm", policy_run_warm},
	{"compare", policy_run_compare}, {"list", policy_run_list},
	{"show", policy_run_show},       {"diff", policy_run_diff},
	{"promote", policy_run_promote}, {"rollback", policy_run_rollback},
	{"export", policy_run_export},   {"import", policy_run_import},
};

static int run(struct cli *c)
{
	for (size_t i = 0; c->args_n && i < sizeof parts / sizeof parts[0]; i++)
		if (strcmp(c->args[0], parts[i].name) == 0)
			return parts[i].run(c);
	return cli_usage(c, "policy wants one of: learned, drift, warm, snapshot, compare, list, "
			    "show, diff, promote, rollback, export, import");
}

const struct verb verb_policy = {
	.name = "policy",
	.group = "change",
	.args = "learned | drift | warm | snapshot | compare [CANDIDATE [CHAMPION]] | list | "
		"show MODEL | diff A B | promote MODEL | rollback SLOT | export MODEL FILE | "
		"import FILE",
	.summary = "Compare policies on a log of decisions; models up and back",
	.detail = "learned shows what the live learner knows, message by message, or action by "
		  "action for a sender of your own; drift says "
		  "whether that still fits, detector by detector; warm has imported past sends "
		  "believed; snapshot keeps the learner as a model. compare says what a candidate "
		  "would have earned on decisions another policy made, and whether that may be "
		  "believed; it exits 1 when it may not, 2 when it cannot be told. A candidate is "
		  "\"log\" (column p_new of "
		  "the log), \"uniform\", \"always:ACTION\" or a file with a table of odds; the "
		  "champion is \"logged\" (who made the log) or any of these. Without --log the "
		  "decisions of this folder are looked at, and a policy may be \"rules\", "
		  "\"first\", \"always:MESSAGE:ANGLE\", \"learned\" or a model. promote goes one "
		  "step: shadow, 5 %, 25 %, 50 %, all; from 5 % on the comparison must say yes. "
		  "rollback takes back what is tried, else the champion. Decisions follow from the "
		  "next one on, and a share that does well grows by itself, unless it was promoted "
		  "--by-hand. See docs/learning.md.",
	.examples = {"nurtured policy learned --decision planning-cost",
		     "nurtured policy compare --log decisions.csv.gz",
		     "nurtured policy compare odds.csv --log men.csv --json",
		     "nurtured policy promote 3fa85f64 --log decisions.jsonl --harm-budget 0.003",
		     "nurtured policy rollback cadence --reason \"replies fell\""},
	.opts = {{"weight", 0, "NUMBER", "warm: how much a past send counts, 0 to 1"},
		 {"decision", 0, "NAME",
		  "learned: one message; or nothing, channel, time, gap; or one of decisions:"},
		 {"log", 0, "FILE", "decisions: CSV or JSON Lines, gzip or not"},
		 {"since", 0, "DURATION", "compare: how far back in this folder (default 30d)"},
		 {"even", 0, NULL, "compare: only what was drawn evenly (explore: {uniform})"},
		 {"force", 0, "REASON", "promote: in spite of the gate; the reason is kept"},
		 {"by-hand", 0, NULL, "promote: the share grows when you say so, not by itself"},
		 {"as", 0, "POLICY", "promote: what the model is called in the log (default log)"},
		 {"over", 0, "POLICY", "promote: the champion (default logged)"},
		 {"harm-budget", 0, "SHARE",
		  "most harm a decision may do; the log has column harm"},
		 {"reason", 0, "TEXT", "why, for those who ask later"},
		 {NULL, 0, NULL, NULL}},
	.subverbs =
		"learned drift warm snapshot compare list show diff promote rollback export import",
	.run = run,
};
