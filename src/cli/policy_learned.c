/* SPDX-License-Identifier: Apache-2.0
 * policy_learned.c: what the live learner knows, for people. */
#include "cli/look.h"
#include "cli/policy.h"
#include "view/view_learned.h"

static enum status make(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	const char *only = ctx;
	return view_learned(v, only != NULL ? str_of(only) : STR_NULL, w, e);
}

static void show_choosing(struct cli *c, const struct json *d)
{
	struct str mode = render_text(d, 0, "mode", &c->arena);
	uint32_t latest = json_get(d, 0, "latest");
	double outcomes = render_number(d, 0, "outcomes");
	if (str_is(mode, "off") && outcomes <= 0) {
		fputs("mode off: the rules choose, and nothing is learned of the tracks\n", c->out);
		return;
	}
	fprintf(c->out,
		"%smode " STR_FMT ": %.0f outcomes learned%s (older ones count less); the rules "
		"still have %.0f %% of the say\n",
		cli_tint(c, "bold"), STR_ARG(mode), outcomes, cli_tint(c, "off"),
		100 * render_number(d, 0, "rules_share"));
	fprintf(c->out, "a decision brings %.3g on average; one harm costs %.3g (budget %.2g %%)\n",
		render_number(d, 0, "mean_response"), render_number(d, 0, "price_of_harm"),
		100 * render_number(d, 0, "harm_budget"));
	double most = render_number(d, 0, "others_most");
	fprintf(c->out, "%.3g %% of the odds are shared out evenly",
		100 * render_number(d, 0, "uniform_share"));
	if (most < 1)
		fprintf(c->out, "; all but the likeliest have %.3g %% at most", 100 * most);
	fputc('\n', c->out);
	if (render_number(d, 0, "drawn_evenly") > 0)
		fprintf(c->out, "%.3g %% of decisions are drawn evenly: %.0f of the latest\n",
			100 * render_number(d, 0, "drawn_evenly"),
			render_number(d, latest, "even"));
	if (render_number(d, latest, "decisions") > 0)
		fprintf(c->out,
			"of the latest %.0f decisions %.0f %% took something other than the "
			"likeliest\n",
			render_number(d, latest, "decisions"),
			100 * render_number(d, latest, "explored"));
}

static void put_span(struct cli *c, const struct json *d, uint32_t arm, const char *key,
		     const char *times)
{
	uint32_t x = json_get(d, arm, key);
	bool main = x != JSON_NONE;
	x = main ? x : json_get(d, arm, times);
	if (x == JSON_NONE)
		fprintf(c->out, "  %-28s", "-");
	else
		fprintf(c->out, "  %s%-8.3g %-19s", main ? "" : "x", render_number(d, x, "value"),
			arena_strz(&c->arena, arena_printf(&c->arena, "(%.2g to %.2g)",
							   render_number(d, x, "low"),
							   render_number(d, x, "high"))));
}

static void show_weights(struct cli *c, const struct json *d, uint32_t arm)
{
	uint32_t list = json_get(d, arm, "weights");
	if (json_first(d, list) == JSON_NONE)
		return;
	fprintf(c->out, "%s     ", cli_tint(c, "dim"));
	for (uint32_t x = json_first(d, list); x != JSON_NONE; x = json_next(d, list, x)) {
		struct str name = render_text(d, x, "feature", &c->arena);
		fprintf(c->out, " " STR_FMT " %+.2f", STR_ARG(name), render_number(d, x, "weight"));
	}
	fprintf(c->out, "%s\n", cli_tint(c, "off"));
}

static void show_point(struct cli *c, const struct json *d, uint32_t point)
{
	struct str name = render_text(d, point, "decision", &c->arena);
	uint32_t arms = json_get(d, point, "arms");
	if (json_first(d, arms) == JSON_NONE)
		return;
	fprintf(c->out, "\n%s%-24.*s %8s  %-28s  %-28s%s\n", cli_tint(c, "bold"), STR_ARG(name),
		"OUTCOMES", "BRINGS", "DRIVES AWAY", cli_tint(c, "off"));
	for (uint32_t a = json_first(d, arms); a != JSON_NONE; a = json_next(d, arms, a)) {
		struct str arm = render_text(d, a, "arm", &c->arena);
		fprintf(c->out, "  %-22.*s %8.0f", STR_ARG(arm), render_number(d, a, "outcomes"));
		put_span(c, d, a, "response", "response_times");
		put_span(c, d, a, "harm", "harm_times");
		fputc('\n', c->out);
		show_weights(c, d, a);
	}
}

/* ---- for a sender that is not ours ---- */

static void show_action(struct cli *c, const struct json *d, uint32_t x)
{
	struct str name = render_text(d, x, "action", &c->arena);
	fprintf(c->out, "  %-22.*s %8.0f", STR_ARG(name), render_number(d, x, "outcomes"));
	put_span(c, d, x, "brings", "brings");
	fprintf(c->out, "  %4.0f %%", 100 * render_number(d, x, "taken"));
	if (json_get(d, x, "odds") == JSON_NONE)
		fputs("       -\n", c->out);
	else
		fprintf(c->out, "  %4.0f %%\n", 100 * render_number(d, x, "odds"));
	show_weights(c, d, x);
}

static void show_latest(struct cli *c, const struct json *d, uint32_t of)
{
	uint32_t latest = json_get(d, of, "latest");
	if (render_number(d, of, "outcomes") > 0)
		fprintf(c->out, "a decision brings %.3g on average, as a share of worth (%.4g)\n",
			render_number(d, of, "mean"), render_number(d, of, "worth"));
	if (render_number(d, latest, "decisions") > 0)
		fprintf(c->out,
			"of the latest %.0f decisions %.0f %% took something other than the "
			"likeliest; %.0f were drawn evenly\n",
			render_number(d, latest, "decisions"),
			100 * render_number(d, latest, "explored"),
			render_number(d, latest, "even"));
}

static void show_actions(struct cli *c, const struct json *d, uint32_t list)
{
	fprintf(c->out, "\n%s%-24s %8s  %-28s  %6s  %6s%s\n", cli_tint(c, "bold"), "ACTION",
		"OUTCOMES", "BRINGS", "TAKEN", "ODDS", cli_tint(c, "off"));
	for (uint32_t x = json_first(d, list); x != JSON_NONE; x = json_next(d, list, x))
		show_action(c, d, x);
	fprintf(c->out,
		"\nBRINGS: for the average case of these decisions, costs left out; below it what "
		"moves it most.\nTAKEN: the share in which it was done. ODDS: how likely the "
		"learner "
		"was to take it, where it might.\n");
}

static void show_external(struct cli *c, const struct json *d, uint32_t of)
{
	struct str name = render_text(d, of, "decision", &c->arena),
		   mode = render_text(d, of, "mode", &c->arena);
	uint32_t list = json_get(d, of, "actions");
	double rest = render_number(d, of, "actions_without_words");
	fprintf(c->out,
		"%s" STR_FMT ", for your own sender: mode " STR_FMT ", %.0f outcomes learned%s\n",
		cli_tint(c, "bold"), STR_ARG(name), STR_ARG(mode), render_number(d, of, "outcomes"),
		cli_tint(c, "off"));
	show_latest(c, d, of);
	if (json_first(d, list) != JSON_NONE)
		show_actions(c, d, list);
	else
		fputs("no decision of that name stands in the latest records of the log\n", c->out);
	if (rest > 0)
		fprintf(c->out, "%.0f actions do not stand in the decisions looked at\n", rest);
}

static void name_externals(struct cli *c, const struct json *d, uint32_t list)
{
	if (json_first(d, list) == JSON_NONE)
		return;
	fputs("\nFor your own sender, each to be looked at with --decision NAME:\n", c->out);
	for (uint32_t x = json_first(d, list); x != JSON_NONE; x = json_next(d, list, x)) {
		struct str name = render_text(d, x, "decision", &c->arena),
			   mode = render_text(d, x, "mode", &c->arena);
		fprintf(c->out, "  %-22.*s mode %-9.*s %8.0f outcomes learned\n", STR_ARG(name),
			STR_ARG(mode), render_number(d, x, "outcomes"));
	}
}

/* ---- the whole ---- */

static void show_ours(struct cli *c, const struct json *d)
{
	uint32_t list = json_get(d, 0, "decisions");
	double rest = render_number(d, 0, "arms_without_words");
	bool any = false;
	show_choosing(c, d);
	for (uint32_t p = json_first(d, list); p != JSON_NONE; p = json_next(d, list, p)) {
		any = any || json_first(d, json_get(d, p, "arms")) != JSON_NONE;
		show_point(c, d, p);
	}
	if (rest > 0)
		fprintf(c->out, "\n%.0f arms belong to texts the program has no more\n", rest);
	if (any)
		fprintf(c->out,
			"\nFor the average lead of the latest decisions; below an arm what moves "
			"it "
			"most.\nx: by how much it multiplies the odds of what it is added to.\n");
}

static void show(struct cli *c, const struct json *d, void *ctx)
{
	uint32_t externals = json_get(d, 0, "external");
	bool one = ctx != NULL && json_first(d, externals) != JSON_NONE;
	bool ours = json_first(d, json_get(d, 0, "decisions")) != JSON_NONE;
	if (c->plain) {
		render_tree(c, d, 0, 0, NULL);
		return;
	}
	if (ours)
		show_ours(c, d);
	if (one && ours)
		fputc('\n', c->out);
	if (one)
		show_external(c, d, json_first(d, externals));
	else
		name_externals(c, d, externals);
}

int policy_run_learned(struct cli *c)
{
	const char *only = cli_value(c, "decision");
	if (c->args_n != 1)
		return cli_usage(c, "policy learned takes no arguments: nurtured policy learned "
				    "[--decision NAME]");
	return look(c, make, show, (void *)(uintptr_t)only);
}
