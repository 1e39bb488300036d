/* SPDX-License-Identifier: Apache-2.0
 * verb_pause.c: the kill switch: nothing leaves any more, for anybody, and its end. */
#include "cli/order.h"
#include "cli/verbs.h"

static struct str reason_of(struct cli *c)
{
	const char *reason = cli_value(c, "reason");
	return reason ? str_of(reason) : STR_NULL;
}

static enum status make_pause(struct view *v, void *ctx, struct view_order *out, struct err *e)
{
	return view_order_sending(v, true, reason_of(ctx), out, e);
}

static enum status make_resume(struct view *v, void *ctx, struct view_order *out, struct err *e)
{
	(void)ctx;
	return view_order_sending(v, false, STR_NULL, out, e);
}

static int run_pause(struct cli *c)
{
	if (!cli_flag(c, "all") || c->args_n != 0)
		return cli_usage(c, "pause stops all sending: pause --all; one lead: nurtured "
				    "lead pause LEAD --for 14d");
	return order(c, make_pause, c, "nothing leaves any more");
}

static int run_resume(struct cli *c)
{
	if (c->args_n != 0)
		return cli_usage(c, "resume ends the pause of all sending; one lead: nurtured lead "
				    "resume LEAD");
	return order(c, make_resume, c, "messages leave again");
}

const struct verb verb_pause = {
	.name = "pause",
	.group = "change",
	.args = "--all",
	.summary = "Stop all sending now",
	.detail = "Messages keep their place and are held by the guard \"paused\"; what the mail "
		  "server has already taken cannot be called back. Leads go on being scored.",
	.examples = {"nurtured pause --all --reason 'wrong price in the mail'"},
	.opts = {{"all", 0, NULL, "for everybody (there is no other pause here)"},
		 {"reason", 0, "TEXT", "why: shown wherever a message waits for it"}},
	.run = run_pause,
};

const struct verb verb_resume = {
	.name = "resume",
	.group = "change",
	.args = "",
	.summary = "Let messages leave again",
	.examples = {"nurtured resume"},
	.run = run_resume,
};
