/* SPDX-License-Identifier: Apache-2.0
 * verb_pause.c: the kill switch: nothing leaves any more, for anybody, and its end. */
#include "cli/order.h"
#include "cli/verbs.h"
#include "engine/play.h"
#include "view/view_play.h"

struct pause {
	struct cli *c;
	char done[320]; /* what is said when it is done */
};

/* Also where all is stopped already it is written down: an order to stop is never dropped. */
static enum status make_pause(struct view *v, void *ctx, struct view_order *out, struct err *e)
{
	struct pause *p = ctx;
	struct view_sending s;
	struct str reason = str_of(cli_value(p->c, "reason"));
	enum status st = view_sending(v, &s, e);
	if (st != ST_OK)
		return st;
	if (s.paused && reason.n > 0 && str_is(s.reason, PLAY_NO_REASON))
		s.reason = reason;
	if (s.paused)
		(void)snprintf(p->done, sizeof p->done,
			       "stopped already, since " STR_FMT ": " STR_FMT, STR_ARG(s.since),
			       STR_ARG(s.reason));
	else
		(void)snprintf(p->done, sizeof p->done, "nothing leaves any more");
	return view_order_sending(v, true, reason, out, e);
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
	struct pause p = {.c = c};
	return order(c, make_pause, &p, p.done);
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
		  "server has already taken cannot be called back. Leads go on being scored. Where "
		  "all is stopped already, the first reason stays.",
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
