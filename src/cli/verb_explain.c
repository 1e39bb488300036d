/* SPDX-License-Identifier: Apache-2.0
 * verb_explain.c: why a lead stands where it stands, in words: the numbers, the lines they are made
 * of, and the rule behind every "may we speak". */
#include "base/time.h"
#include "cli/look.h"
#include "cli/verbs.h"
#include "view/view_next.h"

struct ask {
	const char *lead, *what;
	int64_t at_us;
};

static enum status make(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	uint64_t id;
	const struct ask *a = ctx;
	enum status st = view_find(v, str_of(a->lead), &id, e);
	if (st == ST_OK && a->at_us != TIME_NONE && a->at_us < v->now_us)
		st = err_set(e, ST_INVALID,
			     "--at looks ahead; what was, nurtured events --lead shows");
	if (st != ST_OK)
		return st;
	if (a->at_us != TIME_NONE)
		v->now_us = a->at_us;
	return a->what ? view_why_not(v, id, str_of(a->what), w, e) : view_explain(v, id, w, e);
}

/* ---- tracks ---- */

static void title(struct cli *c, const char *text)
{
	fprintf(c->out, "\n%s%s%s\n", cli_tint(c, "bold"), text, cli_tint(c, "off"));
}

static void show_where(struct cli *c, const struct json *d)
{
	uint32_t x = json_get(d, 0, "where");
	struct str phase = render_text(d, x, "phase", &c->arena),
		   reason = render_text(d, x, "reason", &c->arena);
	title(c, "where");
	if (json_get(d, x, "track") != JSON_NONE) {
		struct str track = render_text(d, x, "track", &c->arena),
			   step = render_text(d, x, "step", &c->arena),
			   since = render_time(d, json_get(d, x, "entered"), &c->arena);
		fprintf(c->out,
			"  track " STR_FMT ", step " STR_FMT ", since " STR_FMT
			", program version %.0f\n",
			STR_ARG(track), STR_ARG(step), STR_ARG(since),
			render_number(d, x, "version"));
	}
	fprintf(c->out, "  " STR_FMT, STR_ARG(phase));
	if (str_is(phase, "paused")) {
		struct str until = render_time(d, json_get(d, x, "due"), &c->arena);
		fprintf(c->out, " until " STR_FMT, STR_ARG(until));
	}
	if (!str_is(reason, "-"))
		fprintf(c->out, ": " STR_FMT, STR_ARG(reason));
	fputc('\n', c->out);
	if (json_get(d, x, "candidate") != JSON_NONE)
		fprintf(c->out,
			"  goes on with version %.0f, which stands beside the one in force\n",
			render_number(d, x, "program_version"));
}

/* When a candidate would arrive, and which part of the lead's own day that is: those minutes apart
 * may be of two parts. The words above it tell the time where the lead is. */
static void put_when(struct cli *c, const struct json *d, uint32_t when)
{
	struct str at = render_time(d, json_get(d, when, "at"), &c->arena),
		   part = json_str(d, json_get(d, when, "part"), &c->arena);
	fprintf(c->out, " at " STR_FMT " UTC", STR_ARG(at));
	if (part.n > 0)
		fprintf(c->out, ", " STR_FMT, STR_ARG(part));
}

static void show_candidate(struct cli *c, const struct json *d, uint32_t x)
{
	struct str what = render_text(d, x, "message", &c->arena),
		   angle = render_text(d, x, "angle", &c->arena),
		   held = render_text(d, x, "held", &c->arena),
		   why = render_text(d, x, "why", &c->arena);
	if (json_get(d, x, "nothing") != JSON_NONE)
		fprintf(c->out, "    nothing now");
	else
		fprintf(c->out, "    " STR_FMT " (" STR_FMT ")", STR_ARG(what), STR_ARG(angle));
	if (json_get(d, x, "nothing") == JSON_NONE)
		put_when(c, d, x);
	if (json_get(d, x, "gap") != JSON_NONE) {
		struct str gap = render_text(d, x, "gap", &c->arena);
		fprintf(c->out, ", " STR_FMT " gap", STR_ARG(gap));
	}
	if (str_is(held, "-"))
		fprintf(c->out, "  p=%.2f\n", render_number(d, x, "p"));
	else if (str_is(why, "-"))
		fprintf(c->out, "  not allowed: " STR_FMT "\n", STR_ARG(held));
	else
		fprintf(c->out, "  not allowed: " STR_FMT " [" STR_FMT "]\n", STR_ARG(why),
			STR_ARG(held));
}

/* Of hundreds each stands there briefly; those that hardly ever come up are counted. */
#define RARELY 0.01

static bool show_brief(struct cli *c, const struct json *d, uint32_t list, uint32_t x)
{
	uint32_t said = render_told_by(d, list, x, "text_of"),
		 when = render_told_by(d, list, x, "time_of");
	struct str what = render_text(d, said, "message", &c->arena),
		   angle = render_text(d, said, "angle", &c->arena);
	if (render_number(d, x, "p") < RARELY)
		return false;
	fprintf(c->out, "    " STR_FMT " (" STR_FMT ")", STR_ARG(what), STR_ARG(angle));
	put_when(c, d, when);
	fprintf(c->out, "  p=%.2f\n", render_number(d, x, "p"));
	return true;
}

static void show_candidates(struct cli *c, const struct json *d, uint32_t x)
{
	uint32_t list = json_get(d, x, "candidates"), factors = json_get(d, x, "factors");
	size_t rare = 0;
	for (uint32_t i = json_first(d, list); i != JSON_NONE; i = json_next(d, list, i)) {
		if (json_get(d, i, "text_of") == JSON_NONE)
			show_candidate(c, d, i);
		else
			rare += !show_brief(c, d, list, i);
	}
	if (rare > 0)
		fprintf(c->out, "    and %zu more, below %.2f each\n", rare, RARELY);
	if (factors != JSON_NONE)
		fprintf(c->out,
			"    drawn by factor: channel %.2g, part of the day %.2g, gap %.2g, text "
			"%.2g, day %.2g\n",
			render_number(d, factors, "channel"), render_number(d, factors, "part"),
			render_number(d, factors, "gap"), render_number(d, factors, "text"),
			render_number(d, factors, "day"));
}

static void show_decision(struct cli *c, const struct json *d)
{
	uint32_t x = json_get(d, 0, "last_decision");
	if (!json_is(d, x, JSON_OBJECT))
		return;
	struct str words = render_text(d, x, "words", &c->arena),
		   at = render_time(d, json_get(d, x, "at"), &c->arena),
		   policy = render_text(d, x, "policy", &c->arena),
		   model = json_str(d, json_get(d, x, "model"), &c->arena);
	title(c, "last decision");
	fprintf(c->out, "  " STR_FMT " UTC: " STR_FMT "  (policy " STR_FMT, STR_ARG(at),
		STR_ARG(words), STR_ARG(policy));
	if (model.n > 0) /* a registered one chose */
		fprintf(c->out, ", model " STR_FMT, STR_ARG(str_upto(model, 12)));
	fputs(")\n", c->out);
	show_candidates(c, d, x);
}

/* Look after look with the same answer is one line. */
static void show_steps(struct cli *c, const struct json *d, uint32_t steps)
{
	struct str before = STR_NULL;
	for (uint32_t i = json_first(d, steps); i != JSON_NONE; i = json_next(d, steps, i)) {
		struct str at = render_text(d, i, "local", &c->arena),
			   what = render_text(d, i, "what", &c->arena);
		if (!str_eq(what, before) && json_get(d, i, "local") != JSON_NONE)
			fprintf(c->out, "    " STR_FMT ": " STR_FMT "\n", STR_ARG(at),
				STR_ARG(what));
		before = what;
	}
}

static void show_next(struct cli *c, const struct json *d)
{
	uint32_t x = json_get(d, 0, "next"), unless = json_get(d, x, "unless");
	struct str words = render_text(d, x, "words", &c->arena);
	title(c, "next");
	fprintf(c->out, "  " STR_FMT "\n", STR_ARG(words));
	struct str paused = render_text(d, x, "all_sending_is_paused", &c->arena);
	if (!str_is(paused, "-"))
		fprintf(c->out, "  all sending is stopped: " STR_FMT "\n", STR_ARG(paused));
	show_steps(c, d, json_get(d, x, "steps"));
	for (uint32_t i = json_first(d, unless); i != JSON_NONE; i = json_next(d, unless, i)) {
		struct str if_ = render_text(d, i, "if", &c->arena),
			   then = render_text(d, i, "then", &c->arena);
		fprintf(c->out, "    unless " STR_FMT ": " STR_FMT "\n", STR_ARG(if_),
			STR_ARG(then));
	}
}

static void show_reasons(struct cli *c, const struct json *d, uint32_t list)
{
	for (uint32_t i = json_first(d, list); i != JSON_NONE; i = json_next(d, list, i)) {
		struct str what = render_text(d, i, "what", &c->arena),
			   value = render_text(d, i, "value", &c->arena),
			   holds = render_text(d, i, "holds", &c->arena);
		fprintf(c->out, "  %-4.*s " STR_FMT ": " STR_FMT "\n", STR_ARG(holds),
			STR_ARG(what), STR_ARG(value));
	}
}

static void show_play(struct cli *c, const struct json *d)
{
	static const struct render_column columns[] = {
		{"id", "MESSAGE", true, false},   {"state", "STATE", false, false},
		{"due", "DUE", false, true},      {"message", "WHAT", false, false},
		{"angle", "ANGLE", false, false}, {"flags", "WHAT CAME", false, false}};
	uint32_t messages = json_get(d, 0, "messages"), hand = json_get(d, 0, "handoff");
	if (json_get(d, 0, "where") == JSON_NONE)
		return;
	show_where(c, d);
	show_decision(c, d);
	show_next(c, d);
	if (json_get(d, 0, "guards_now") != JSON_NONE) {
		title(c, "asked now, in order");
		show_reasons(c, d, json_get(d, 0, "guards_now"));
	}
	if (json_count(d, messages)) {
		title(c, "messages");
		render_table(c, d, messages, columns, sizeof columns / sizeof columns[0]);
	}
	if (hand != JSON_NONE) {
		title(c, "with sales");
		render_tree(c, d, hand, 2, NULL);
	}
}

static void show_why_not(struct cli *c, const struct json *d, void *ctx)
{
	const struct ask *a = ctx;
	uint32_t way = json_get(d, 0, "in_the_way");
	if (json_is(d, way, JSON_OBJECT)) {
		struct str what = render_text(d, way, "what", &c->arena),
			   value = render_text(d, way, "value", &c->arena);
		fprintf(c->out, "%snot %s%s: " STR_FMT ": " STR_FMT "\n", cli_tint(c, "bold"),
			a->what, cli_tint(c, "off"), STR_ARG(what), STR_ARG(value));
	} else {
		fprintf(c->out, "nothing stands in the way of %s\n", a->what);
	}
	show_reasons(c, d, json_get(d, 0, "reasons"));
	cli_next(c, "nurtured explain %s", a->lead);
}

/* ---- scores ---- */

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
	struct str condition = json_str(d, json_get(d, hot, "condition"), &c->arena);
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
	fprintf(c->out, "  changes by itself: " STR_FMT "\n",
		STR_ARG(when.n > 1 ? when : STR("no")));
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
	show_play(c, d);
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
	cli_next(c, "nurtured events --lead %s", ((const struct ask *)ctx)->lead);
}

static int run(struct cli *c)
{
	struct ask a = {.what = cli_value(c, "why-not"), .at_us = TIME_NONE};
	if (c->args_n != 1)
		return cli_usage(
			c, "explain wants one LEAD: a number, an e-mail, or any other identifier");
	a.lead = c->args[0];
	if (!look_day(c, "at", &a.at_us))
		return CLI_USAGE;
	return look(c, make, a.what ? show_why_not : show, &a);
}

const struct verb verb_explain = {
	.name = "explain",
	.group = "look",
	.args = "LEAD",
	.summary = "Say why a lead stands where it stands, and what happens next",
	.detail =
		"Where the lead is on its track and under which version of the program; the last "
		"decision with every candidate and why it was not allowed; what happens next by "
		"itself and what would change it; scores with the lines they add up from, the "
		"tier and its thresholds, what would make the lead hot, and the consent rule that "
		"answers per channel and purpose.\n\n"
		"--why-not names a track or a message: every question is asked in order, down to "
		"the first whose answer stands in the way.",
	.examples = {"nurtured explain sara@acme.example", "nurtured explain 12 --json",
		     "nurtured explain 12 --why-not consideration",
		     "nurtured explain 12 --at 2026-12-01   # if nothing happens until then"},
	.opts = {{"why-not", 0, "NAME", "a track or message: what stands in its way"},
		 {"at", 0, "TIME", "as of a later day or instant"}},
	.run = run,
};
