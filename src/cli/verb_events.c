/* SPDX-License-Identifier: Apache-2.0
 * verb_events.c: one lead's timeline, with quiet stretches folded, or what could not be
 * processed. */
#include "base/time.h"
#include "cli/look.h"
#include "cli/verbs.h"

#define QUIET_US (3 * US_PER_D)

struct ask {
	const char *lead;
	size_t limit;
};

static enum status make_timeline(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	struct ask *a = ctx;
	uint64_t id;
	enum status st = view_find(v, str_of(a->lead), &id, e);
	return st == ST_OK ? view_timeline(v, id, a->limit, w, e) : st;
}

static void show_gap(struct cli *c, int64_t newer_us, int64_t older_us)
{
	if (newer_us != TIME_NONE && newer_us - older_us > QUIET_US)
		fprintf(c->out, "%s      ... %lld quiet days ...%s\n", cli_tint(c, "dim"),
			(long long)((newer_us - older_us) / US_PER_D), cli_tint(c, "off"));
}

/* What another sender was told, where the log still has it; else empty. */
static struct str advice_of(struct cli *c, const struct json *d, uint32_t x)
{
	uint32_t answer = json_get(d, json_get(d, x, "properties"), "answer");
	if (!json_is(d, answer, JSON_OBJECT))
		return STR_NULL;
	struct str decision = render_text(d, answer, "decision", &c->arena),
		   action = render_text(d, answer, "action", &c->arena);
	return arena_printf(&c->arena, "  " STR_FMT ": " STR_FMT, STR_ARG(decision),
			    STR_ARG(action));
}

/* A sender that asks every hour fills the page with one line. */
struct alike {
	struct str advice;
	size_t n; /* that were not shown */
};

static bool is_alike(struct cli *c, struct alike *a, struct str advice)
{
	if (!c->plain && advice.n > 0 && str_eq(advice, a->advice)) {
		a->n++;
		return true;
	}
	if (a->n > 0)
		fprintf(c->out, "%s      ... and %zu before it alike ...%s\n", cli_tint(c, "dim"),
			a->n, cli_tint(c, "off"));
	*a = (struct alike){.advice = advice};
	return false;
}

static void show_timeline(struct cli *c, const struct json *d, void *ctx)
{
	uint32_t list = json_get(d, 0, "events");
	int64_t newer = TIME_NONE;
	struct alike alike = {.n = 0};
	(void)ctx;
	for (uint32_t x = json_first(d, list); x != JSON_NONE; x = json_next(d, list, x)) {
		struct str advice = advice_of(c, d, x);
		if (is_alike(c, &alike, advice))
			continue;
		int64_t at = TIME_NONE;
		uint32_t when = json_get(d, x, "occurred");
		(void)time_parse(json_str(d, when, &c->arena), &at); /* our own text */
		if (!c->plain)
			show_gap(c, newer, at);
		newer = at;
		struct str t = render_time(d, when, &c->arena),
			   type = render_text(d, x, "type", &c->arena);
		struct str source = render_text(d, x, "source", &c->arena);
		double points = render_number(d, x, "points");
		const char *flag = "";
		if (json_get(d, x, "machine") != JSON_NONE)
			flag = "  machine, not scored";
		else if (json_get(d, x, "dnt") != JSON_NONE)
			flag = "  Do Not Track";
		fprintf(c->out, STR_FMT "  %-24.*s %6.4g  %-12.*s%s" STR_FMT "\n", STR_ARG(t),
			STR_ARG(type), points, STR_ARG(source), flag, STR_ARG(advice));
	}
	(void)is_alike(c, &alike, STR_NULL);
	struct str total = render_text(d, 0, "total", &c->arena);
	cli_talk(c, STR_FMT " events in all\n", STR_ARG(total));
}

static enum status make_dead(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	return view_dead_letters(v, ((struct ask *)ctx)->limit, w, e);
}

static void show_dead(struct cli *c, const struct json *d, void *ctx)
{
	static const struct render_column columns[] = {
		{"seq", "EVENT", true, false},      {"received", "RECEIVED", false, true},
		{"source", "SOURCE", false, false}, {"message_id", "ID", false, false},
		{"stage", "STAGE", false, false},   {"reason", "WHY", false, false}};
	(void)ctx;
	uint32_t list = json_get(d, 0, "dead_letters");
	if (json_count(d, list) == 0)
		cli_talk(c, "nothing: every event could be processed\n");
	else
		render_table(c, d, list, columns, sizeof columns / sizeof columns[0]);
}

static int run(struct cli *c)
{
	struct ask a = {.lead = cli_value(c, "lead")};
	if (!look_limit(c, &a.limit))
		return CLI_USAGE;
	if (c->args_n > (a.lead == NULL && !cli_flag(c, "dead")))
		return cli_usage(c, "events wants one of --lead LEAD and --dead");
	if (c->args_n > 0)
		a.lead = c->args[0];
	if (cli_flag(c, "dead"))
		return look(c, make_dead, show_dead, &a);
	if (a.lead == NULL)
		return cli_usage(c, "events wants --lead LEAD, or --dead");
	return look(c, make_timeline, show_timeline, &a);
}

const struct verb verb_events = {
	.name = "events",
	.group = "look",
	.args = "[--lead LEAD | --dead]",
	.summary = "Show what a lead did, newest first, or what could not be processed",
	.examples = {"nurtured events --lead sara@acme.example",
		     "nurtured events --lead 12 --limit 200 --json",
		     "nurtured events --dead                # dead letters, with reasons"},
	.opts = {{"lead", 0, "LEAD", "whose"},
		 {"dead", 0, NULL, "events that could not be processed, and why"},
		 {"limit", 0, "N", "so many (default 50, at most 1000)"}},
	.run = run,
};
