/* SPDX-License-Identifier: Apache-2.0
 * verb_message.c: messages, where they are, and the two things a person may do with one: say what
 * became of one nobody answered for, and take back one that waits. */
#include "cli/look.h"
#include "cli/order.h"
#include "cli/verbs.h"
#include "view/view_play.h"

struct ask {
	struct view_messages page;
	const char *lead;
	uint64_t id;
	struct cli *c;
};

static enum status make_list(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	struct ask *a = ctx;
	enum status st = ST_OK;
	if (a->lead != NULL)
		st = view_find(v, str_of(a->lead), &a->page.lead, e);
	return st == ST_OK ? view_messages(v, &a->page, w, e) : st;
}

static void show_list(struct cli *c, const struct json *d, void *ctx)
{
	static const struct render_column columns[] = {
		{"id", "MESSAGE", true, false},       {"state", "STATE", false, false},
		{"due", "DUE", false, true},          {"track", "TRACK", false, false},
		{"step", "STEP", false, false},       {"angle", "ANGLE", false, false},
		{"flags", "WHAT CAME", false, false}, {"address", "TO", false, false},
	};
	(void)ctx;
	render_table(c, d, json_get(d, 0, "messages"), columns, sizeof columns / sizeof columns[0]);
	look_more(c, d, "nurtured message list");
}

static int do_list(struct cli *c)
{
	enum message_state state;
	struct ask a = {.page = {.state = -1}, .lead = cli_value(c, "lead")};
	const char *s = cli_value(c, "state");
	if (s != NULL && !message_state_of(str_of(s), &state))
		return cli_usage(c, "--state is ready, sending, sent, deferred, failed, uncertain "
				    "or cancelled");
	if (!look_limit(c, &a.page.limit) || !look_number(c, "after", 0, UINT64_MAX, &a.page.after))
		return CLI_USAGE;
	if (s != NULL)
		a.page.state = (int)state;
	return look(c, make_list, show_list, &a);
}

static enum status make_show(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	return view_message(v, ((struct ask *)ctx)->id, w, e);
}

static void show_one(struct cli *c, const struct json *d, void *ctx)
{
	uint32_t decision = json_get(d, 0, "decision");
	(void)ctx;
	if (json_is(d, decision, JSON_OBJECT)) {
		struct str words = render_text(d, decision, "words", &c->arena);
		fprintf(c->out, "decided: " STR_FMT "\n", STR_ARG(words));
	}
	render_tree(c, d, 0, 0, "decision");
	struct str state = render_text(d, 0, "state", &c->arena);
	if (str_is(state, "uncertain"))
		cli_next(c, "nurtured message settle %.0f sent   (or failed)",
			 render_number(d, 0, "id"));
	else
		cli_next(c, "nurtured explain %.0f", render_number(d, 0, "lead"));
}

static enum status make_settle(struct view *v, void *ctx, struct view_order *out, struct err *e)
{
	const struct ask *a = ctx;
	return view_order_settle(v, a->id, str_of(a->c->args[2]), out, e);
}

static enum status make_cancel(struct view *v, void *ctx, struct view_order *out, struct err *e)
{
	const struct ask *a = ctx;
	const char *reason = cli_value(a->c, "reason");
	return view_order_cancel(v, a->id, reason ? str_of(reason) : STR_NULL, out, e);
}

static int run(struct cli *c)
{
	struct ask a = {.c = c};
	struct str sub = c->args_n ? str_of(c->args[0]) : STR("list");
	if (str_is(sub, "list") && c->args_n <= 1)
		return do_list(c);
	bool show = str_is(sub, "show") && c->args_n == 2;
	bool settle = str_is(sub, "settle") && c->args_n == 3;
	bool cancel = str_is(sub, "cancel") && c->args_n == 2;
	if (!show && !settle && !cancel)
		return cli_usage(c, "message wants: list | show ID | settle ID sent|failed | "
				    "cancel ID");
	if (!look_id(c, 1, "message", &a.id))
		return CLI_USAGE;
	if (show)
		return look(c, make_show, show_one, &a);
	return settle ? order(c, make_settle, &a, "settled")
		      : order(c, make_cancel, &a, "cancelled");
}

const struct verb verb_message = {
	.name = "message",
	.group = "look",
	.args = "list | show ID | settle ID sent|failed | cancel ID",
	.summary = "Messages: where they are, and what came of them",
	.detail = "A message is ready until its minute, then sending, then sent, deferred (to be "
		  "tried again), failed, or uncertain: handed over, and nobody ever said what "
		  "became of it. An uncertain one is never sent again by itself; whoever finds out "
		  "settles it. Only one that waits can be cancelled.",
	.examples = {"nurtured message list --state uncertain",
		     "nurtured message list --lead sara@acme.example", "nurtured message show 12",
		     "nurtured message settle 12 sent",
		     "nurtured message cancel 14 --reason 'wrong price'"},
	.opts = {{"state", 0, "STATE",
		  "list: ready, sending, sent, deferred, failed, uncertain or cancelled"},
		 {"lead", 0, "LEAD", "list: to this lead"},
		 {"limit", 0, "N", "list: so many (default 50, at most 1000)"},
		 {"after", 0, "ID", "list: the page behind this message"},
		 {"reason", 0, "TEXT", "cancel: why, for the record"}},
	.subverbs = "list show settle cancel",
	.run = run,
};
