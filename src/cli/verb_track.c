/* SPDX-License-Identifier: Apache-2.0
 * verb_track.c: the tracks, and how many people are where on them. */
#include "cli/look.h"
#include "cli/verbs.h"
#include "view/view_play.h"

static enum status make_list(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	(void)ctx;
	return view_tracks(v, w, e);
}

static void show_sending(struct cli *c, const struct json *d)
{
	bool paused = false;
	uint32_t s = json_get(d, 0, "sending");
	(void)json_bool(d, json_get(d, s, "paused"), &paused); /* absent: not */
	if (!paused)
		return;
	struct str why = render_text(d, s, "reason", &c->arena),
		   since = render_time(d, json_get(d, s, "since"), &c->arena);
	fprintf(c->out, "\n%sall sending is paused%s since " STR_FMT ": " STR_FMT "\n",
		cli_tint(c, "red"), cli_tint(c, "off"), STR_ARG(since), STR_ARG(why));
	cli_next(c, "nurtured resume");
}

static void show_list(struct cli *c, const struct json *d, void *ctx)
{
	static const struct render_column columns[] = {
		{"name", "TRACK", false, false},         {"stage", "STAGE", false, false},
		{"steps", "STEPS", true, false},         {"people", "PEOPLE", true, false},
		{"waiting", "WAITING", true, false},     {"ready", "READY", true, false},
		{"watching", "WATCHING", true, false},   {"paused", "PAUSED", true, false},
		{"exhausted", "EXHAUSTED", true, false}, {"enter", "ENTER", false, false},
	};
	(void)ctx;
	render_table(c, d, json_get(d, 0, "tracks"), columns, sizeof columns / sizeof columns[0]);
	uint32_t off = json_get(d, 0, "on_no_track"), others = json_get(d, 0, "other_tracks");
	for (uint32_t t = json_first(d, others); t != JSON_NONE; t = json_next(d, others, t)) {
		struct str name = render_text(d, t, "name", &c->arena);
		fprintf(c->out, "on " STR_FMT ", which the version in force has not: %.0f\n",
			STR_ARG(name), render_number(d, t, "people"));
	}
	fprintf(c->out, "on no track: %.0f free, %.0f with sales, %.0f ended\n",
		render_number(d, off, "out"), render_number(d, off, "handed"),
		render_number(d, off, "stopped"));
	show_sending(c, d);
}

static enum status make_show(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	return view_track(v, str_of(ctx), w, e);
}

static void show_reactions(struct cli *c, const struct json *d, uint32_t step)
{
	uint32_t list = json_get(d, step, "reactions");
	for (uint32_t r = json_first(d, list); r != JSON_NONE; r = json_next(d, list, r)) {
		struct str what = json_str(d, json_key(d, r), &c->arena);
		struct str then = json_str(d, r, &c->arena);
		fprintf(c->out, "    " STR_FMT ": " STR_FMT "\n", STR_ARG(what), STR_ARG(then));
	}
}

static void show_step(struct cli *c, const struct json *d, uint32_t step)
{
	struct str name = render_text(d, step, "step", &c->arena),
		   message = render_text(d, step, "message", &c->arena),
		   angles = json_raw(d, json_get(d, step, "angles")),
		   watch = render_text(d, step, "watch", &c->arena);
	fprintf(c->out,
		"\n  %s" STR_FMT "%s  sends " STR_FMT " " STR_FMT ", watched for " STR_FMT "\n",
		cli_tint(c, "bold"), STR_ARG(name), cli_tint(c, "off"), STR_ARG(message),
		STR_ARG(angles), STR_ARG(watch));
	fprintf(c->out, "    %.0f people: %.0f waiting, %.0f ready, %.0f watched, %.0f paused\n",
		render_number(d, step, "people"), render_number(d, step, "waiting"),
		render_number(d, step, "ready"), render_number(d, step, "watching"),
		render_number(d, step, "paused"));
	show_reactions(c, d, step);
}

static void show_one(struct cli *c, const struct json *d, void *ctx)
{
	static const char *const keys[] = {"stage",       "enter",          "cadence",
					   "goal",        "leave_when",     "touches_max",
					   "leave_after", "after_last_step"};
	fprintf(c->out, "%s%s%s\n", cli_tint(c, "bold"), (const char *)ctx, cli_tint(c, "off"));
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (json_get(d, 0, keys[i]) == JSON_NONE)
			continue;
		struct str text = render_text(d, 0, keys[i], &c->arena);
		fprintf(c->out, "  %-15s  " STR_FMT "\n", keys[i], STR_ARG(text));
	}
	fprintf(c->out, "  %-15s  %.0f inside, %.0f walked to the end\n", "people",
		render_number(d, 0, "people"), render_number(d, 0, "exhausted"));
	uint32_t steps = json_get(d, 0, "steps");
	for (uint32_t s = json_first(d, steps); s != JSON_NONE; s = json_next(d, steps, s))
		show_step(c, d, s);
	cli_next(c, "nurtured lead list --track %s", (const char *)ctx);
}

static int run(struct cli *c)
{
	struct str sub = c->args_n ? str_of(c->args[0]) : STR("list");
	if (str_is(sub, "list") && c->args_n <= 1)
		return look(c, make_list, show_list, NULL);
	if (str_is(sub, "show") && c->args_n == 2)
		return look(c, make_show, show_one, (void *)(uintptr_t)c->args[1]);
	return cli_usage(c, "track wants: list | show TRACK");
}

const struct verb verb_track = {
	.name = "track",
	.group = "look",
	.args = "list | show TRACK",
	.summary = "Tracks, their steps, and how many people are where",
	.detail =
		"waiting: the next message is to be chosen at its time. ready: a message is chosen "
		"and waits for its minute. watching: it is out, and what comes of it is waited "
		"for. exhausted: walked the track to its end, and on none now.",
	.examples = {"nurtured track list", "nurtured track show consideration --json"},
	.subverbs = "list show",
	.run = run,
};
