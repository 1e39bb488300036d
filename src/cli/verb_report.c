/* SPDX-License-Identifier: Apache-2.0
 * verb_report.c: numbers over all leads. */
#include "base/time.h"
#include "cli/look.h"
#include "cli/verbs.h"

struct ask {
	const char *outcome;
	int64_t from_us, to_us;
};

static enum status make_tiers(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	return view_tiers(v, str_of(((struct ask *)ctx)->outcome), w, e);
}

static void show_tiers(struct cli *c, const struct json *d, void *ctx)
{
	uint32_t list = json_get(d, 0, "tiers");
	(void)ctx;
	struct str outcome = render_text(d, 0, "outcome", &c->arena);
	fprintf(c->out, "%s%-8s %10s %10s %8s%s   outcome: " STR_FMT "\n", cli_tint(c, "dim"),
		"TIER", "LEADS", "CONVERTED", "RATE", cli_tint(c, "off"), STR_ARG(outcome));
	for (uint32_t x = json_first(d, list); x != JSON_NONE; x = json_next(d, list, x)) {
		struct str tier = render_text(d, x, "tier", &c->arena);
		double leads = render_number(d, x, "leads"), yes = render_number(d, x, "converted");
		fprintf(c->out, "%-8.*s %10.0f %10.0f ", STR_ARG(tier), leads, yes);
		if (leads >= 20)
			fprintf(c->out, "%7.1f%%\n", 100 * yes / leads);
		else
			fprintf(c->out, "%3.0f of %.0f\n", yes, leads); /* too few for a rate */
	}
	struct str auc = render_text(d, 0, "auc", &c->arena),
		   n = render_text(d, 0, "leads", &c->arena);
	fprintf(c->out, "AUC of the score: " STR_FMT "  (n = " STR_FMT ")\n", STR_ARG(auc),
		STR_ARG(n));
}

static enum status make_counters(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	struct ask *a = ctx;
	int64_t to = a->to_us == TIME_NONE ? v->now_us : a->to_us;
	int64_t from = a->from_us == TIME_NONE ? to - 7 * US_PER_D : a->from_us;
	return view_counters(v, from, to, w, e);
}

static void show_counters(struct cli *c, const struct json *d, void *ctx)
{
	static const struct render_column columns[] = {{"day", "DAY", false, true},
						       {"name", "WHAT", false, false},
						       {"dims", "BY", false, false},
						       {"n", "N", true, false}};
	(void)ctx;
	render_table(c, d, json_get(d, 0, "counters"), columns, sizeof columns / sizeof columns[0]);
}

static int run(struct cli *c)
{
	struct ask a = {.outcome = cli_value(c, "outcome")};
	struct str sub = c->args_n ? str_of(c->args[0]) : STR("");
	if (!look_day(c, "from", &a.from_us) || !look_day(c, "to", &a.to_us))
		return CLI_USAGE;
	if (str_is(sub, "tiers")) {
		if (a.outcome == NULL)
			return cli_usage(c, "report tiers wants --outcome NAME: a trait, or a "
					    "declared outcome event");
		return look(c, make_tiers, show_tiers, &a);
	}
	if (str_is(sub, "counters"))
		return look(c, make_counters, show_counters, &a);
	return cli_usage(c, "report wants: tiers --outcome NAME | counters [--from DAY --to DAY]");
}

const struct verb verb_report = {
	.name = "report",
	.group = "look",
	.args = "tiers --outcome NAME | counters",
	.summary = "Conversion by tier with the AUC of the score; daily counters",
	.examples = {"nurtured report tiers --outcome Converted",
		     "nurtured report counters --from 2026-11-01"},
	.opts = {{"outcome", 0, "NAME",
		  "tiers: a trait (1, yes, true) or a declared outcome event"},
		 {"from", 0, "DAY", "counters: first day (default a week ago)"},
		 {"to", 0, "DAY", "counters: last day (default today)"}},
	.subverbs = "tiers counters",
	.run = run,
};
