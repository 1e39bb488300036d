/* SPDX-License-Identifier: Apache-2.0
 * verb_report.c: numbers over all leads. */
#include "base/time.h"
#include "cli/look.h"
#include "cli/report.h"
#include "cli/verbs.h"
#include "view/view_numbers.h"

struct ask {
	const char *outcome, *by;
	enum view_by slice;
	int64_t from_us, to_us;
};

static enum status make_tiers(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	return view_tiers(v, str_of(((struct ask *)ctx)->outcome), w, e);
}

static const char *const tier_columns[] = {"tier", "leads", "converted", NULL};

static void show_tiers(struct cli *c, const struct json *d, void *ctx)
{
	uint32_t list = json_get(d, 0, "tiers");
	(void)ctx;
	if (cli_flag(c, "csv")) {
		report_csv_table(c, d, list, tier_columns);
		return;
	}
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
	static const char *const csv[] = {"day", "name", "dims", "n", NULL};
	(void)ctx;
	if (cli_flag(c, "csv"))
		report_csv_table(c, d, json_get(d, 0, "counters"), csv);
	else
		render_table(c, d, json_get(d, 0, "counters"), columns,
			     sizeof columns / sizeof columns[0]);
}

/* ---- tracks ---- */

static enum status make_tracks(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	const struct ask *a = ctx;
	const struct view_numbers q = {a->from_us, a->to_us, a->slice};
	return view_report_tracks(v, &q, w, e);
}

static enum status make_funnel(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	const struct ask *a = ctx;
	const struct view_numbers q = {a->from_us, a->to_us, a->slice};
	return view_report_funnel(v, &q, w, e);
}

static void show_tracks(struct cli *c, const struct json *d, void *ctx)
{
	(void)ctx;
	if (cli_flag(c, "csv"))
		report_csv(c, d);
	else
		report_show_tracks(c, d);
}

static void show_funnel(struct cli *c, const struct json *d, void *ctx)
{
	(void)ctx;
	if (cli_flag(c, "csv"))
		report_csv(c, d);
	else
		report_show_funnel(c, d);
}

static int run(struct cli *c)
{
	struct ask a = {.outcome = cli_value(c, "outcome"), .by = cli_value(c, "by")};
	struct str sub = c->args_n == 1 ? str_of(c->args[0]) : STR("");
	if (c->json && cli_flag(c, "csv"))
		return cli_usage(c, "--json or --csv, one of them");
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
	if (!view_by_of(a.by ? str_of(a.by) : STR(""), &a.slice))
		return cli_usage(
			c, "--by is source, tier or persona; of tracks also variant or channel");
	if (str_is(sub, "tracks"))
		return look(c, make_tracks, show_tracks, &a);
	if (str_is(sub, "funnel"))
		return look(c, make_funnel, show_funnel, &a);
	return cli_usage(c, "report wants: tracks | funnel | tiers --outcome NAME | counters");
}

const struct verb verb_report = {
	.name = "report",
	.group = "look",
	.args = "tracks | funnel | tiers --outcome NAME | counters",
	.summary = "What tracks achieve; conversion by tier; daily counters",
	.detail = "tracks: per track how many were contacted, walked it to the end, were handed "
		  "off, accepted, met; per position what came of its messages. funnel: the same "
		  "from entry to meeting over all tracks. Every rate comes with its number and its "
		  "95 % interval (Wilson); fewer than 20 are told as \"7 of 18\". What each number "
		  "means: docs/reports.md.",
	.examples = {"nurtured report tracks --by tier", "nurtured report tracks --csv >tracks.csv",
		     "nurtured report funnel --from 2026-11-01 --by source",
		     "nurtured report tiers --outcome Converted",
		     "nurtured report counters --from 2026-11-01"},
	.opts = {{"outcome", 0, "NAME",
		  "tiers: a trait (1, yes, true) or a declared outcome event"},
		 {"from", 0, "DAY", "first day (tracks: four weeks ago; counters: a week)"},
		 {"to", 0, "DAY", "last day (default today)"},
		 {"by", 0, "WHAT",
		  "tracks, funnel: slice by source, tier or persona; tracks also by variant or "
		  "channel"},
		 {"csv", 0, NULL, "one row per number"}},
	.subverbs = "tracks funnel tiers counters",
	.run = run,
};
