/* SPDX-License-Identifier: Apache-2.0
 * verb_experiment.c: what experiments say: the verdict first, the numbers behind it. */
#include "cli/look.h"
#include "cli/order.h"
#include "cli/verbs.h"
#include "view/view_experiment.h"

#include <stdio.h>

static enum status make_list(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	(void)ctx;
	return view_experiments(v, w, e);
}

static void show_list(struct cli *c, const struct json *d, void *ctx)
{
	static const struct render_column columns[] = {{"experiment", "EXPERIMENT", false, false},
						       {"track", "TRACK", false, false},
						       {"state", "STATE", false, false},
						       {"metric", "METRIC", false, false},
						       {"leads", "LEADS", true, false},
						       {"arm", "KEPT", false, false},
						       {"verdict", "VERDICT", false, false}};
	uint32_t list = json_get(d, 0, "experiments");
	(void)ctx;
	if (json_first(d, list) == JSON_NONE)
		fprintf(c->out, "The program has no experiments; docs/experiments.md says how.\n");
	else
		render_table(c, d, list, columns, sizeof columns / sizeof columns[0]);
}

static enum status make_show(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	return view_experiment(v, str_of(ctx), w, e);
}

static void put_rate(struct cli *c, const struct json *d, uint32_t arm, struct str key)
{
	uint32_t r = json_get_str(d, arm, key);
	double of = render_number(d, r, "of");
	if (of > 0)
		fprintf(c->out, "%8.1f%% of %-6.0f", 100 * render_number(d, r, "rate"), of);
	else
		fprintf(c->out, "%19s", "-");
}

static void put_against(struct cli *c, const struct json *d, uint32_t arm)
{
	uint32_t x = json_get(d, arm, "against_first");
	if (x == JSON_NONE)
		fprintf(c->out, "  %s\n", "compared with");
	else
		fprintf(c->out, "  %+.1f points (%+.1f to %+.1f)\n",
			100 * render_number(d, x, "diff"), 100 * render_number(d, x, "low"),
			100 * render_number(d, x, "high"));
}

/* What else came of it: not judged, and not to be looked for until something is found. */
static void show_beside(struct cli *c, const struct json *d)
{
	static const char *const keys[] = {"contacted",      "completed", "handed_over",
					   "sales_accepted", "goal",      "left"};
	uint32_t list = json_get(d, 0, "arms");
	fprintf(c->out, "\n%s%-16s %11s %11s %11s %14s %9s %9s %13s%s\n", cli_tint(c, "dim"), "ARM",
		keys[0], keys[1], keys[2], keys[3], keys[4], keys[5], "days to goal",
		cli_tint(c, "off"));
	for (uint32_t a = json_first(d, list); a != JSON_NONE; a = json_next(d, list, a)) {
		static const int wide[] = {11, 11, 11, 14, 9, 9};
		struct str arm = render_text(d, a, "arm", &c->arena);
		uint32_t m = json_get(d, a, "metrics");
		fprintf(c->out, "%-16.*s", STR_ARG(arm));
		for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
			fprintf(c->out, " %*.1f%%", wide[i] - 1,
				100 * render_number(d, json_get(d, m, keys[i]), "rate"));
		if (json_get(d, a, "days_to_goal") != JSON_NONE)
			fprintf(c->out, " %13.1f\n", render_number(d, a, "days_to_goal"));
		else
			fprintf(c->out, " %13s\n", "-");
	}
}

/* What its rule does by itself, and what it has found. */
static void show_rule(struct cli *c, const struct json *d)
{
	uint32_t rule = json_get(d, 0, "rule"), found = json_get(d, 0, "decided");
	if (rule == JSON_NONE)
		return;
	struct str then = render_text(d, rule, "then", &c->arena),
		   until = render_text(d, rule, "until", &c->arena),
		   guard = render_text(d, rule, "guard", &c->arena);
	fprintf(c->out, "rule: " STR_FMT " from %.0f leads an arm", STR_ARG(then),
		render_number(d, rule, "least"));
	if (json_get(d, rule, "guard") != JSON_NONE)
		fprintf(c->out, ", " STR_FMT " at most %g %%", STR_ARG(guard),
			100 * render_number(d, rule, "guard_most"));
	if (json_is(d, json_get(d, rule, "until"), JSON_STRING))
		fprintf(c->out, ", until " STR_FMT, STR_ARG(until));
	fprintf(c->out, "\n");
	if (found == JSON_NONE)
		return;
	bool waits = false;
	(void)json_bool(d, json_get(d, found, "waits_for_you"), &waits);
	struct str at = render_text(d, found, "at", &c->arena),
		   did = render_text(d, found, "then", &c->arena),
		   arm = render_text(d, found, "arm", &c->arena),
		   why = render_text(d, found, "reason", &c->arena);
	fprintf(c->out, "%sfound " STR_FMT "%s: " STR_FMT " -> " STR_FMT " " STR_FMT "%s",
		cli_tint(c, waits ? "yellow" : "green"), STR_ARG(at), cli_tint(c, "off"),
		STR_ARG(why), STR_ARG(did), STR_ARG(arm), waits ? "; it waits for you" : "");
	struct str kept = render_text(d, 0, "arm", &c->arena); /* a person may have changed it */
	if (kept.n > 0 && !str_eq(kept, arm))
		fprintf(c->out, "; " STR_FMT " since", STR_ARG(kept));
	fputc('\n', c->out);
}

/* The same with what was known before taken out: it is shown where it says more. */
static void show_adjusted(struct cli *c, const struct json *d)
{
	uint32_t a = json_get(d, 0, "adjusted"), list = json_get(d, a, "against_first");
	bool known = false, helps = false;
	(void)json_bool(d, json_get(d, a, "known"), &known);
	(void)json_bool(d, json_get(d, a, "helps"), &helps);
	double less = 100 * (1 - render_number(d, a, "width"));
	if (known && !helps)
		fprintf(c->out,
			"How engaged leads were before does not help: %.0f %% narrower at most.\n",
			less > 0 ? less : 0);
	if (!helps)
		return;
	fprintf(c->out,
		"How engaged leads were before taken out, %.0f %% narrower; not judged by:\n",
		less);
	for (uint32_t x = json_first(d, list); x != JSON_NONE; x = json_next(d, list, x)) {
		struct str arm = render_text(d, x, "arm", &c->arena);
		fprintf(c->out, "  %-16.*s %+.1f points (%+.1f to %+.1f)\n", STR_ARG(arm),
			100 * render_number(d, x, "diff"), 100 * render_number(d, x, "low"),
			100 * render_number(d, x, "high"));
	}
}

static void show_one(struct cli *c, const struct json *d, void *ctx)
{
	struct str verdict = render_text(d, 0, "verdict", &c->arena),
		   metric = render_text(d, 0, "metric", &c->arena),
		   track = render_text(d, 0, "track", &c->arena),
		   state = render_text(d, 0, "state", &c->arena),
		   kept = render_text(d, 0, "arm", &c->arena);
	uint32_t list = json_get(d, 0, "arms");
	fprintf(c->out, "%s" STR_FMT "%s\n\n", cli_tint(c, "bold"), STR_ARG(verdict),
		cli_tint(c, "off"));
	fprintf(c->out, "experiment %s, " STR_FMT, (const char *)ctx, STR_ARG(state));
	if (str_is(state, "stopped") && kept.n > 0)
		fprintf(c->out, " (everybody is in " STR_FMT ")", STR_ARG(kept));
	fprintf(c->out, ", track " STR_FMT "\n", STR_ARG(track));
	show_rule(c, d);
	fprintf(c->out, "%s%-16s %7s %19.*s %19s  AGAINST THE FIRST%s\n", cli_tint(c, "dim"), "ARM",
		"LEADS", STR_ARG(metric), "left", cli_tint(c, "off"));
	for (uint32_t a = json_first(d, list); a != JSON_NONE; a = json_next(d, list, a)) {
		struct str arm = render_text(d, a, "arm", &c->arena);
		fprintf(c->out, "%-16.*s %7.0f", STR_ARG(arm), render_number(d, a, "leads"));
		put_rate(c, d, a, metric);
		put_rate(c, d, a, STR("left"));
		put_against(c, d, a);
	}
	show_adjusted(c, d);
	show_beside(c, d);
	fprintf(c->out, "Intervals are 95 %% and valid at every look: stop when it is clear.\n");
}

struct stop {
	const char *name;
	struct str arm;
	char done[160]; /* which arm it is shows when the order is made */
};

static enum status make_stop(struct view *v, void *ctx, struct view_order *out, struct err *e)
{
	struct stop *s = ctx;
	struct json d;
	enum status st = view_order_experiment(v, str_of(s->name), s->arm, out, e);
	if (st == ST_OK)
		st = json_parse(out->properties, JSON_LIMITS_EVENT, v->arena, &d, e);
	if (st != ST_OK)
		return st;
	struct str arm = json_str(&d, json_get(&d, 0, "arm"), v->arena);
	(void)snprintf(s->done, sizeof s->done, "everybody is in " STR_FMT " from now on",
		       STR_ARG(str_slice(arm, 0, 64)));
	return ST_OK;
}

static int run(struct cli *c)
{
	const char *arm = cli_value(c, "arm");
	struct str sub = c->args_n ? str_of(c->args[0]) : STR("list");
	if (str_is(sub, "list") && c->args_n <= 1)
		return look(c, make_list, show_list, NULL);
	if (str_is(sub, "show") && c->args_n == 2)
		return look(c, make_show, show_one, (void *)(uintptr_t)c->args[1]);
	struct stop s = {.name = c->args_n == 2 ? c->args[1] : "",
			 .arm = arm ? str_of(arm) : STR_NULL};
	if (str_is(sub, "stop") && c->args_n == 2)
		return order(c, make_stop, &s, s.done);
	return cli_usage(c, "experiment wants: list | show EXPERIMENT | stop EXPERIMENT");
}

const struct verb verb_experiment = {
	.name = "experiment",
	.group = "look",
	.args = "list | show EXPERIMENT | stop EXPERIMENT",
	.summary = "What experiments say, the verdict first; ending one",
	.detail = "Arms are drawn by lead and kept. The verdict may be looked at every day: its "
		  "intervals hold at every look. stop puts everybody into the arm that won (the "
		  "first where none did, or --arm), and counting ends. An experiment with a rule "
		  "in the program is ended, or told of, by "
		  "itself. The holdout shows here as "
		  "well; it ends with its line in the program.",
	.examples = {"nurtured experiment list", "nurtured experiment show subject_hook",
		     "nurtured experiment stop subject_hook --arm question"},
	.opts = {{"arm", 0, "ARM", "stop: the arm that stays"}},
	.subverbs = "list show stop",
	.run = run,
};
