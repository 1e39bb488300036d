/* SPDX-License-Identifier: Apache-2.0
 * verb_explain.c: why a lead stands where it stands, in words: the numbers, the lines they are made
 * of, and the rule behind every "may we speak". */
#include "cli/look.h"
#include "cli/verbs.h"

static enum status make(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	uint64_t id;
	enum status st = view_find(v, str_of(ctx), &id, e);
	return st == ST_OK ? view_explain(v, id, w, e) : st;
}

static void ledger(struct cli *c, const struct json *d, const char *name)
{
	uint32_t part = json_get(d, json_get(d, 0, "scores"), name),
		 lines = json_get(d, part, "lines");
	struct str points = render_text(d, part, "points", &c->arena);
	fprintf(c->out, "\n%s%s " STR_FMT "%s\n", cli_tint(c, "bold"), name, STR_ARG(points),
		cli_tint(c, "off"));
	for (uint32_t l = json_first(d, lines); l != JSON_NONE; l = json_next(d, lines, l)) {
		struct str p = render_text(d, l, "points", &c->arena),
			   n = render_text(d, l, "name", &c->arena);
		struct str kind = render_text(d, l, "kind", &c->arena);
		double times = render_number(d, l, "times");
		fprintf(c->out, "  %8.*s  " STR_FMT, STR_ARG(p), STR_ARG(n.n ? n : kind));
		if (times > 0)
			fprintf(c->out, "  (%.0f x)", times);
		if (n.n && !str_is(kind, "points") && !str_is(kind, "fit"))
			fprintf(c->out, "  " STR_FMT, STR_ARG(kind));
		fputc('\n', c->out);
	}
}

/* One way per line: a list is read, a sentence with five "or" is not. */
static void to_become_hot(struct cli *c, const struct json *d, uint32_t hot)
{
	bool already = false;
	uint32_t ways = json_get(d, hot, "ways");
	double missing = render_number(d, hot, "points_missing");
	struct str condition = render_text(d, hot, "condition", &c->arena);
	(void)json_bool(d, json_get(d, hot, "already"), &already); /* absent: not */
	if (already)
		return;
	if (missing <= 0)
		fprintf(c->out, "  to become hot: the score is high enough\n");
	else if (json_count(d, ways) == 0)
		fprintf(c->out, "  to become hot: %g points missing, more than three rules give\n",
			missing);
	else
		fprintf(c->out, "  to become hot: %g points missing; any one of\n", missing);
	for (uint32_t x = json_first(d, ways); x != JSON_NONE; x = json_next(d, ways, x))
		fprintf(c->out, "    " STR_FMT "\n", STR_ARG(json_str(d, x, &c->arena)));
	if (condition.n)
		fprintf(c->out, "  besides, it must hold that " STR_FMT "\n", STR_ARG(condition));
}

static void tier(struct cli *c, const struct json *d)
{
	uint32_t t = json_get(d, 0, "tier"), list = json_get(d, t, "thresholds");
	struct str now = render_text(d, t, "now", &c->arena);
	struct str since = render_time(d, json_get(d, t, "since"), &c->arena);
	fprintf(c->out, "\n%stier " STR_FMT "%s since " STR_FMT "\n", cli_tint(c, "bold"),
		STR_ARG(now), cli_tint(c, "off"), STR_ARG(since));
	for (uint32_t x = json_first(d, list); x != JSON_NONE; x = json_next(d, list, x)) {
		struct str name = render_text(d, x, "tier", &c->arena);
		fprintf(c->out, "  " STR_FMT " from %g up, until below %g\n", STR_ARG(name),
			render_number(d, x, "up"), render_number(d, x, "down"));
	}
	struct str when = render_time(d, json_get(d, t, "changes_by_itself"), &c->arena);
	fprintf(c->out, "  changes by itself: " STR_FMT "\n", STR_ARG(when));
	to_become_hot(c, d, json_get(d, 0, "to_become_hot"));
}

static void consent(struct cli *c, const struct json *d)
{
	uint32_t list = json_get(d, json_get(d, 0, "consent"), "may_we_speak");
	fprintf(c->out, "\n%smay we speak%s\n", cli_tint(c, "bold"), cli_tint(c, "off"));
	for (uint32_t x = json_first(d, list); x != JSON_NONE; x = json_next(d, list, x)) {
		struct str channel = render_text(d, x, "channel", &c->arena);
		struct str purpose = render_text(d, x, "purpose", &c->arena);
		struct str rule = render_text(d, x, "rule", &c->arena),
			   why = render_text(d, x, "why", &c->arena);
		struct str allowed = render_text(d, x, "allowed", &c->arena);
		fprintf(c->out, "  %-4.*s " STR_FMT ", " STR_FMT ": " STR_FMT " [" STR_FMT "]\n",
			STR_ARG(allowed), STR_ARG(channel), STR_ARG(purpose), STR_ARG(why),
			STR_ARG(rule));
	}
}

/* [["email","ana@firm.example"], ...] as a person reads it. */
static void show_identifiers(struct cli *c, const struct json *d)
{
	uint32_t list = json_get(d, 0, "identifiers");
	const char *between = "  ";
	for (uint32_t x = json_first(d, list); x != JSON_NONE; x = json_next(d, list, x)) {
		uint32_t kind = json_first(d, x), value = json_next(d, x, kind);
		struct str k = json_str(d, kind, &c->arena), v = json_str(d, value, &c->arena);
		fprintf(c->out, "%s" STR_FMT " " STR_FMT, between, STR_ARG(k), STR_ARG(v));
		between = ", ";
	}
	fputc('\n', c->out);
}

static void show(struct cli *c, const struct json *d, void *ctx)
{
	struct str lead = render_text(d, 0, "lead", &c->arena);
	fprintf(c->out, "lead " STR_FMT, STR_ARG(lead));
	show_identifiers(c, d);
	if (json_get(d, 0, "scores") == JSON_NONE) {
		fprintf(c->out, "nothing is scored: no program has been applied\n");
		cli_next(c, "nurtured apply");
		return;
	}
	ledger(c, d, "fit");
	ledger(c, d, "engagement");
	ledger(c, d, "score");
	tier(c, d);
	consent(c, d);
	struct str alarm = render_time(d, json_get(d, 0, "next_alarm"), &c->arena);
	fprintf(c->out, "\nnext look without an event: " STR_FMT "\n", STR_ARG(alarm));
	uint32_t merges = json_get(d, 0, "merges");
	if (json_count(d, merges)) {
		fprintf(c->out, "\nmerges\n");
		static const struct render_column columns[] = {
			{"merge", "MERGE", true, false},    {"into", "INTO", true, false},
			{"lead", "LEAD", true, false},      {"at", "AT", false, true},
			{"undone", "UNDONE", false, false}, {"reason", "WHY", false, false}};
		render_table(c, d, merges, columns, sizeof columns / sizeof columns[0]);
	}
	cli_next(c, "nurtured events --lead %s", (const char *)ctx);
}

static int run(struct cli *c)
{
	if (c->args_n != 1)
		return cli_usage(
			c, "explain wants one LEAD: a number, an e-mail, or any other identifier");
	return look(c, make, show, (void *)(uintptr_t)c->args[0]);
}

const struct verb verb_explain = {
	.name = "explain",
	.group = "look",
	.args = "LEAD",
	.summary = "Say why a lead stands where it stands",
	.detail = "Scores with the lines they add up from, the tier and its thresholds, what would "
		  "make the "
		  "lead hot, the consent rule that answers per channel and purpose, and when the "
		  "lead is "
		  "looked at next without an event.",
	.examples = {"nurtured explain sara@acme.example", "nurtured explain 12 --json"},
	.run = run,
};
