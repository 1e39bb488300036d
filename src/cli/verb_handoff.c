/* SPDX-License-Identifier: Apache-2.0
 * verb_handoff.c: leads in the hands of a person, and what that person says. */
#include "base/time.h"
#include "cli/look.h"
#include "cli/order.h"
#include "cli/verbs.h"
#include "view/view_play.h"

struct ask {
	struct view_handoffs page;
	struct view_verdict verdict;
	uint64_t id;
};

static enum status make_list(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	return view_handoffs(v, &((struct ask *)ctx)->page, w, e);
}

static void show_list(struct cli *c, const struct json *d, void *ctx)
{
	static const struct render_column columns[] = {
		{"id", "HANDOFF", true, false},  {"state", "STATE", false, false},
		{"late", "LATE", false, false},  {"due", "DUE", false, true},
		{"team", "TEAM", false, false},  {"rep", "REP", false, false},
		{"reason", "WHY", false, false}, {"beside", "BESIDE", true, false},
		{"name", "WHO", false, false},
	};
	(void)ctx;
	render_table(c, d, json_get(d, 0, "handoffs"), columns, sizeof columns / sizeof columns[0]);
	look_more(c, d, "nurtured handoff list");
}

static int do_list(struct cli *c)
{
	struct ask a = {.page = {.open = cli_flag(c, "open")}};
	if (!look_limit(c, &a.page.limit) || !look_number(c, "after", 0, UINT64_MAX, &a.page.after))
		return CLI_USAGE;
	return look(c, make_list, show_list, &a);
}

static enum status make_show(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	return view_handoff(v, ((struct ask *)ctx)->id, w, e);
}

static void show_sent(struct cli *c, const struct json *d)
{
	uint32_t list = json_get(d, 0, "messages");
	for (uint32_t m = json_first(d, list); m != JSON_NONE; m = json_next(d, list, m)) {
		struct str at = render_time(d, json_get(d, m, "due"), &c->arena),
			   what = render_text(d, m, "message", &c->arena),
			   angle = render_text(d, m, "angle", &c->arena),
			   state = render_text(d, m, "state", &c->arena),
			   came = json_raw(d, json_get(d, m, "flags"));
		fprintf(c->out,
			"  " STR_FMT "  " STR_FMT " (" STR_FMT ") " STR_FMT " " STR_FMT "\n",
			STR_ARG(at), STR_ARG(what), STR_ARG(angle), STR_ARG(state), STR_ARG(came));
	}
}

static void show_did(struct cli *c, const struct json *d)
{
	uint32_t list = json_get(d, json_get(d, 0, "timeline"), "events");
	for (uint32_t m = json_first(d, list); m != JSON_NONE; m = json_next(d, list, m)) {
		struct str at = render_time(d, json_get(d, m, "occurred"), &c->arena),
			   type = render_text(d, m, "type", &c->arena);
		fprintf(c->out, "  " STR_FMT "  " STR_FMT "\n", STR_ARG(at), STR_ARG(type));
	}
}

/* Two that have one person: a merge may have brought the second, and need not. */
static void show_beside(struct cli *c, const struct json *d)
{
	if (json_get(d, 0, "merged_from") != JSON_NONE)
		fprintf(c->out, "merged      lead %.0f is now lead %.0f\n",
			render_number(d, 0, "merged_from"), render_number(d, 0, "lead"));
	if (json_get(d, 0, "beside") != JSON_NONE)
		fprintf(c->out,
			"beside      lead %.0f is with somebody already: close one "
			"(nurtured handoff show %.0f)\n",
			render_number(d, 0, "lead"), render_number(d, 0, "beside"));
}

static void show_one(struct cli *c, const struct json *d, void *ctx)
{
	(void)ctx;
	static const char *const keys[] = {"state",       "name",   "team",     "rep",    "trigger",
					   "passed_over", "reason", "words",    "opened", "due",
					   "verdict",     "said",   "accepted", "closed", "again"};
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		struct str text = render_text(d, 0, keys[i], &c->arena);
		if (!str_is(text, "-") && text.n)
			fprintf(c->out, "%-11s " STR_FMT "\n", keys[i], STR_ARG(text));
	}
	show_beside(c, d);
	fprintf(c->out, "\n%swhat was sent%s\n", cli_tint(c, "bold"), cli_tint(c, "off"));
	show_sent(c, d);
	fprintf(c->out, "\n%swhat they did%s\n", cli_tint(c, "bold"), cli_tint(c, "off"));
	show_did(c, d);
	cli_next(c, "nurtured handoff accept %.0f", render_number(d, 0, "id"));
}

static enum status make_verdict(struct view *v, void *ctx, struct view_order *out, struct err *e)
{
	struct ask *a = ctx;
	return view_order_handoff(v, a->id, &a->verdict, out, e);
}

static int do_verdict(struct cli *c, struct ask *a)
{
	const char *reason = cli_value(c, "reason");
	a->verdict.verdict = str_of(c->args[0]);
	a->verdict.reason = reason ? str_of(reason) : STR_NULL;
	if (!look_day(c, "on", &a->verdict.on_us))
		return CLI_USAGE;
	bool asks = str_is(a->verdict.verdict, "return") || str_is(a->verdict.verdict, "refuse");
	if (asks && reason == NULL)
		return cli_usage(c, "%s wants a reason: --reason 'budget is for next year'",
				 c->args[0]);
	return order(c, make_verdict, a, c->args[0]);
}

static int run(struct cli *c)
{
	struct ask a = {.id = 0};
	struct str sub = c->args_n ? str_of(c->args[0]) : STR("list");
	static const char *const answers[] = {"accept",      "return", "refuse",
					      "bad-data",    "close",  "meeting",
					      "opportunity", "won",    "lost"};
	if (str_is(sub, "list") && c->args_n <= 1)
		return do_list(c);
	bool known = str_is(sub, "show");
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
		known |= str_is(sub, answers[i]);
	if (!known || c->args_n != 2)
		return cli_usage(c, "handoff wants: list | show ID | accept ID | return ID | "
				    "refuse ID | bad-data ID | close ID | meeting ID | "
				    "opportunity ID | won ID | lost ID");
	if (!look_id(c, 1, "handoff", &a.id))
		return CLI_USAGE;
	return str_is(sub, "show") ? look(c, make_show, show_one, &a) : do_verdict(c, &a);
}

const struct verb verb_handoff = {
	.name = "handoff",
	.group = "look",
	.args = "list | show ID | accept ID | return ID | refuse ID | bad-data ID | close ID | "
		"meeting ID | opportunity ID | won ID | lost ID",
	.summary = "Leads that are with sales: who has them, and what came of it",
	.detail =
		"accept: the rep takes the lead. return: not now; it is nurtured again on the day "
		"given (in 30 days without one). refuse and bad-data: never again. close: it is "
		"over. meeting, opportunity, won, lost: how it ended, one after the other; each is "
		"an outcome, recorded and counted as if the program's event had come.",
	.examples = {"nurtured handoff list --open", "nurtured handoff show 3",
		     "nurtured handoff accept 3",
		     "nurtured handoff return 3 --on 2027-02-01 --reason 'budget is for next year'",
		     "nurtured handoff refuse 3 --reason 'a competitor'"},
	.opts = {{"open", 0, NULL, "list: not yet accepted, due first at the top"},
		 {"limit", 0, "N", "list: so many (default 50, at most 1000)"},
		 {"after", 0, "ID", "list: the page behind this one"},
		 {"on", 0, "DAY", "return: nurtured again from this day on"},
		 {"reason", 0, "TEXT", "return, refuse: why, for the record"}},
	.subverbs = "list show accept return refuse bad-data close meeting opportunity won lost",
	.run = run,
};
