/* SPDX-License-Identifier: Apache-2.0
 * verb_webhook.c: what a team's tools were told of hand-offs, and telling them once more. */
#include "cli/look.h"
#include "cli/order.h"
#include "cli/verbs.h"
#include "view/view_play.h"

struct ask {
	struct view_webhooks page;
	uint64_t id;
};

static enum status make_list(struct view *v, struct json_w *w, void *ctx, struct err *e)
{
	return view_webhooks(v, &((struct ask *)ctx)->page, w, e);
}

static void show_list(struct cli *c, const struct json *d, void *ctx)
{
	static const struct render_column columns[] = {
		{"id", "WEBHOOK", true, false},     {"type", "TYPE", false, false},
		{"state", "STATE", false, false},   {"attempts", "TRIES", true, false},
		{"made", "MADE", false, true},      {"handoff", "HANDOFF", true, false},
		{"reason", "LATEST", false, false},
	};
	(void)ctx;
	render_table(c, d, json_get(d, 0, "webhooks"), columns, sizeof columns / sizeof columns[0]);
	look_more(c, d, "nurtured webhook list");
}

static int do_list(struct cli *c)
{
	struct ask a = {.page = {.failed = cli_flag(c, "failed")}};
	if (!look_limit(c, &a.page.limit) || !look_number(c, "after", 0, UINT64_MAX, &a.page.after))
		return CLI_USAGE;
	return look(c, make_list, show_list, &a);
}

static enum status make_again(struct view *v, void *ctx, struct view_order *out, struct err *e)
{
	return view_order_again(v, ((struct ask *)ctx)->id, out, e);
}

static int run(struct cli *c)
{
	struct ask a = {.id = 0};
	struct str sub = c->args_n ? str_of(c->args[0]) : STR("list");
	if (str_is(sub, "list") && c->args_n <= 1)
		return do_list(c);
	if (!str_is(sub, "replay") || c->args_n != 2)
		return cli_usage(c, "webhook wants: list | replay ID");
	if (!look_id(c, 1, "webhook", &a.id))
		return CLI_USAGE;
	return order(c, make_again, &a, "posted once more, under the id the receiver knows");
}

const struct verb verb_webhook = {
	.name = "webhook",
	.group = "look",
	.args = "list | replay ID",
	.summary = "What a team's tools were told of hand-offs; dead letters, sent again",
	.detail =
		"Each step of a hand-off is posted to the team's webhook, signed, and tried again "
		"for a day. What no receiver took by then has failed: it is kept with the reason, "
		"and replay posts it once more.",
	.examples = {"nurtured webhook list --failed", "nurtured webhook replay 31"},
	.opts = {{"failed", 0, NULL, "list: only what was given up"},
		 {"limit", 0, "N", "list: so many (default 50, at most 1000)"},
		 {"after", 0, "ID", "list: the page behind this one"}},
	.subverbs = "list replay",
	.run = run,
};
