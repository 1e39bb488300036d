/* SPDX-License-Identifier: Apache-2.0
 * policy_drift.c: does what was learned still fit, for people. */
#include "cli/look.h"
#include "cli/policy.h"
#include "view/view_drift.h"

static enum status make(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	(void)ctx;
	return view_drift(v, w, e);
}

static bool yes(const struct json *d, const char *key)
{
	bool is = false;
	return json_bool(d, json_get(d, 0, key), &is) && is;
}

static void show_head(struct cli *c, const struct json *d)
{
	struct str mode = render_text(d, 0, "mode", &c->arena),
		   then = render_text(d, 0, "on_alarm", &c->arena),
		   until = render_text(d, 0, "until", &c->arena);
	if (yes(d, "alarm"))
		fprintf(c->out,
			"%sWhat was learned does not fit any more%s: " STR_FMT " until " STR_FMT
			", if nothing rings again.\n",
			cli_tint(c, "red"), cli_tint(c, "off"), STR_ARG(then), STR_ARG(until));
	else
		fprintf(c->out, "%sNo alarm.%s\n", cli_tint(c, "bold"), cli_tint(c, "off"));
	fprintf(c->out,
		"mode " STR_FMT ", on an alarm: " STR_FMT "; %.0f alarm%s ever; %.0f windows "
		"closed, %.0f newcomers in this one; %.0f outcomes\n",
		STR_ARG(mode), STR_ARG(then), render_number(d, 0, "alarms_ever"),
		render_number(d, 0, "alarms_ever") == 1 ? "" : "s", render_number(d, 0, "windows"),
		render_number(d, 0, "in_window"), render_number(d, 0, "outcomes"));
}

static void show_streams(struct cli *c, const struct json *d)
{
	static const struct render_column columns[] = {{"detector", "OUTCOMES", false, false},
						       {"figure", "FIGURE", true, false},
						       {"limit", "LIMIT", true, false},
						       {"outcomes", "OVER", true, false}};
	fputc('\n', c->out);
	render_table(c, d, json_get(d, 0, "streams"), columns, sizeof columns / sizeof columns[0]);
}

static void show_numbers(struct cli *c, const struct json *d)
{
	static const struct render_column columns[] = {{"number", "NUMBER", false, false},
						       {"health", "HEALTH", false, false},
						       {"psi", "PSI", true, false},
						       {"ks", "KS", true, false},
						       {"ks_p", "P", true, false}};
	uint32_t list = json_get(d, 0, "numbers");
	fputc('\n', c->out);
	if (json_first(d, list) == JSON_NONE)
		fprintf(c->out, "Numbers of newcomers are compared once two windows are closed.\n");
	else
		render_table(c, d, list, columns, sizeof columns / sizeof columns[0]);
}

static void show_alarms(struct cli *c, const struct json *d)
{
	static const struct render_column columns[] = {
		{"at", "ALARM", false, true},       {"detector", "DETECTOR", false, false},
		{"number", "NUMBER", false, false}, {"figure", "FIGURE", true, false},
		{"limit", "LIMIT", true, false},    {"before", "BEFORE", true, false},
		{"then", "THEN", false, false}};
	uint32_t list = json_get(d, 0, "alarms");
	if (json_first(d, list) == JSON_NONE)
		return;
	fputc('\n', c->out);
	render_table(c, d, list, columns, sizeof columns / sizeof columns[0]);
}

static void show(struct cli *c, const struct json *d, void *ctx)
{
	(void)ctx;
	if (c->plain) {
		render_tree(c, d, 0, 0, NULL);
		return;
	}
	show_head(c, d);
	show_streams(c, d);
	show_numbers(c, d);
	show_alarms(c, d);
}

int policy_run_drift(struct cli *c)
{
	if (c->args_n != 1)
		return cli_usage(c, "policy drift takes no arguments: nurtured policy drift");
	return look(c, make, show, NULL);
}
