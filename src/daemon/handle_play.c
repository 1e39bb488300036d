/* SPDX-License-Identifier: Apache-2.0
 * handle_play.c: tracks, messages and hand-offs over HTTP: the same views and the same orders as
 * the verbs. */
#include "base/time.h"
#include "daemon/internal.h"
#include "view/view_drift.h"
#include "view/view_experiment.h"
#include "view/view_next.h"
#include "view/view_numbers.h"
#include "view/view_order.h"
#include "view/view_play.h"

/* ---- looking ---- */

static enum status number_of(struct desk_work *k, const char *noun, uint64_t *out, struct err *e)
{
	if (str_to_u64(k->call->param, out) && *out > 0)
		return ST_OK;
	return err_set(e, ST_INVALID, "a %s is named by its number", noun);
}

enum status daemon_do_lead_next(struct desk_work *k, struct err *e)
{
	uint64_t lead;
	enum status st = daemon_the_lead(k, &lead, e);
	return st == ST_OK ? view_next(&k->view, lead, &k->w, e) : st;
}

enum status daemon_do_lead_why_not(struct desk_work *k, struct err *e)
{
	uint64_t lead;
	struct str what = http_query(k->call->req, "what");
	enum status st = daemon_the_lead(k, &lead, e);
	if (st == ST_OK && what.n == 0)
		st = err_set(e, ST_INVALID, "why not what? what=TRACK or what=MESSAGE");
	return st == ST_OK ? view_why_not(&k->view, lead, what, &k->w, e) : st;
}

enum status daemon_do_tracks(struct desk_work *k, struct err *e)
{
	return view_tracks(&k->view, &k->w, e);
}

enum status daemon_do_track(struct desk_work *k, struct err *e)
{
	return view_track(&k->view, k->call->param, &k->w, e);
}

enum status daemon_do_messages(struct desk_work *k, struct err *e)
{
	enum message_state state;
	struct str name = http_query(k->call->req, "state"),
		   lead = http_query(k->call->req, "lead");
	struct view_messages page = {
		.state = -1,
		.after = daemon_query_number(k, "after", 0),
		.limit = daemon_query_limit(k),
	};
	enum status st = ST_OK;
	if (name.n && !message_state_of(name, &state))
		return err_set(e, ST_INVALID,
			       "state must be ready, sending, sent, deferred, failed, uncertain or "
			       "cancelled");
	if (name.n)
		page.state = (int)state;
	if (lead.n)
		st = view_find(&k->view, lead, &page.lead, e);
	return st == ST_OK ? view_messages(&k->view, &page, &k->w, e) : st;
}

enum status daemon_do_message(struct desk_work *k, struct err *e)
{
	uint64_t id;
	enum status st = number_of(k, "message", &id, e);
	return st == ST_OK ? view_message(&k->view, id, &k->w, e) : st;
}

enum status daemon_do_handoffs(struct desk_work *k, struct err *e)
{
	const struct view_handoffs page = {
		.open = str_is(http_query(k->call->req, "open"), "1"),
		.after = daemon_query_number(k, "after", 0),
		.limit = daemon_query_limit(k),
	};
	return view_handoffs(&k->view, &page, &k->w, e);
}

enum status daemon_do_handoff(struct desk_work *k, struct err *e)
{
	uint64_t id;
	enum status st = number_of(k, "hand-off", &id, e);
	return st == ST_OK ? view_handoff(&k->view, id, &k->w, e) : st;
}

static enum status day_of(struct desk_work *k, const char *key, struct str day, int64_t *out,
			  struct err *e)
{
	*out = TIME_NONE;
	if (day.n == 0 || time_parse(day, out) ||
	    time_parse(arena_printf(k->view.arena, STR_FMT "T00:00:00Z", STR_ARG(day)), out))
		return ST_OK;
	return err_set(e, ST_INVALID, "%s must be a day like 2026-11-21", key);
}

static enum status read_numbers(struct desk_work *k, struct view_numbers *q, struct err *e)
{
	enum status st = day_of(k, "from", http_query(k->call->req, "from"), &q->from_us, e);
	if (st == ST_OK)
		st = day_of(k, "to", http_query(k->call->req, "to"), &q->to_us, e);
	/* Which words each report takes, queries.def says and has refused. */
	if (st == ST_OK && !view_by_of(http_query(k->call->req, "by"), &q->by))
		st = err_set(e, ST_INVALID, "no report is sliced by that");
	return st;
}

enum status daemon_do_report_tracks(struct desk_work *k, struct err *e)
{
	struct view_numbers q;
	enum status st = read_numbers(k, &q, e);
	return st == ST_OK ? view_report_tracks(&k->view, &q, &k->w, e) : st;
}

enum status daemon_do_report_funnel(struct desk_work *k, struct err *e)
{
	struct view_numbers q;
	enum status st = read_numbers(k, &q, e);
	return st == ST_OK ? view_report_funnel(&k->view, &q, &k->w, e) : st;
}

/* ---- ordering ---- */

#define TEXTS(k, e, ...) \
	daemon_fields( \
		k, (const struct desk_field[]){__VA_ARGS__}, \
		sizeof((const struct desk_field[]){__VA_ARGS__}) / sizeof(struct desk_field), e)

static enum status carry_out(struct desk_work *k, const struct view_order *o, struct err *e)
{
	return daemon_own_event(k, o->type, o->properties, e);
}

enum status daemon_do_lead_move(struct desk_work *k, struct err *e)
{
	uint64_t lead;
	struct str track, reason;
	struct view_order o;
	enum status st = daemon_the_lead(k, &lead, e);
	if (st == ST_OK)
		st = TEXTS(k, e, {"track", &track, NULL}, {"reason", &reason, NULL});
	if (st == ST_OK)
		st = view_order_move(&k->view, lead, track, reason, &o, e);
	return st == ST_OK ? carry_out(k, &o, e) : st;
}

enum status daemon_do_lead_pause(struct desk_work *k, struct err *e)
{
	uint64_t lead;
	int64_t for_us = 0;
	struct str span, reason;
	struct view_order o;
	enum status st = daemon_the_lead(k, &lead, e);
	if (st == ST_OK)
		st = TEXTS(k, e, {"for", &span, NULL}, {"reason", &reason, NULL});
	if (st == ST_OK && !duration_parse(span, &for_us))
		st = err_set(e, ST_INVALID, "for must be a time like 14d or 12h");
	if (st == ST_OK)
		st = view_order_pause(&k->view, lead, for_us, reason, &o, e);
	return st == ST_OK ? carry_out(k, &o, e) : st;
}

enum status daemon_do_lead_resume(struct desk_work *k, struct err *e)
{
	uint64_t lead;
	struct view_order o;
	enum status st = daemon_the_lead(k, &lead, e);
	if (st == ST_OK)
		st = view_order_resume(&k->view, lead, &o, e);
	return st == ST_OK ? carry_out(k, &o, e) : st;
}

enum status daemon_do_message_settle(struct desk_work *k, struct err *e)
{
	uint64_t id;
	struct str as;
	struct view_order o;
	enum status st = number_of(k, "message", &id, e);
	if (st == ST_OK)
		st = TEXTS(k, e, {"as", &as, NULL});
	if (st == ST_OK)
		st = view_order_settle(&k->view, id, as, &o, e);
	return st == ST_OK ? carry_out(k, &o, e) : st;
}

enum status daemon_do_message_cancel(struct desk_work *k, struct err *e)
{
	uint64_t id;
	struct str reason;
	struct view_order o;
	enum status st = number_of(k, "message", &id, e);
	if (st == ST_OK)
		st = TEXTS(k, e, {"reason", &reason, NULL});
	if (st == ST_OK)
		st = view_order_cancel(&k->view, id, reason, &o, e);
	return st == ST_OK ? carry_out(k, &o, e) : st;
}

enum status daemon_do_webhooks(struct desk_work *k, struct err *e)
{
	const struct view_webhooks page = {
		.failed = str_is(http_query(k->call->req, "state"), "failed"),
		.after = daemon_query_number(k, "after", 0),
		.limit = daemon_query_limit(k),
	};
	return view_webhooks(&k->view, &page, &k->w, e);
}

enum status daemon_do_webhook_replay(struct desk_work *k, struct err *e)
{
	uint64_t id;
	struct view_order o;
	enum status st = number_of(k, "webhook", &id, e);
	if (st == ST_OK)
		st = view_order_again(&k->view, id, &o, e);
	return st == ST_OK ? carry_out(k, &o, e) : st;
}

enum status daemon_do_handoff_answer(struct desk_work *k, struct err *e)
{
	uint64_t id;
	struct str day;
	struct view_verdict x;
	struct view_order o;
	enum status st = number_of(k, "hand-off", &id, e);
	if (st == ST_OK)
		st = TEXTS(k, e, {"answer", &x.verdict, NULL}, {"reason", &x.reason, NULL},
			   {"on", &day, NULL});
	if (st == ST_OK)
		st = day_of(k, "on", day, &x.on_us, e);
	if (st == ST_OK)
		st = view_order_handoff(&k->view, id, &x, &o, e);
	return st == ST_OK ? carry_out(k, &o, e) : st;
}

enum status daemon_do_sending_pause(struct desk_work *k, struct err *e)
{
	struct str reason;
	struct view_order o;
	enum status st = TEXTS(k, e, {"reason", &reason, NULL});
	if (st == ST_OK)
		st = view_order_sending(&k->view, true, reason, &o, e);
	return st == ST_OK ? carry_out(k, &o, e) : st;
}

enum status daemon_do_sending_resume(struct desk_work *k, struct err *e)
{
	struct view_order o;
	enum status st = view_order_sending(&k->view, false, STR_NULL, &o, e);
	return st == ST_OK ? carry_out(k, &o, e) : st;
}

/* ---- what was learned ---- */

enum status daemon_do_drift(struct desk_work *k, struct err *e)
{
	return view_drift(&k->view, &k->w, e);
}

/* ---- experiments ---- */

enum status daemon_do_experiments(struct desk_work *k, struct err *e)
{
	return view_experiments(&k->view, &k->w, e);
}

enum status daemon_do_experiment(struct desk_work *k, struct err *e)
{
	return view_experiment(&k->view, k->call->param, &k->w, e);
}

enum status daemon_do_experiment_stop(struct desk_work *k, struct err *e)
{
	struct str arm;
	struct view_order o;
	enum status st = TEXTS(k, e, {"arm", &arm, NULL});
	if (st == ST_OK)
		st = view_order_experiment(&k->view, k->call->param, arm, &o, e);
	return st == ST_OK ? carry_out(k, &o, e) : st;
}

/* ---- two versions of the program ---- */

static enum status end_beside(struct desk_work *k, bool promote, struct err *e)
{
	struct view_order o;
	enum status st = view_order_beside(&k->view, promote, &o, e);
	return st == ST_OK ? carry_out(k, &o, e) : st;
}

enum status daemon_do_program_promote(struct desk_work *k, struct err *e)
{
	return end_beside(k, true, e);
}

enum status daemon_do_program_withdraw(struct desk_work *k, struct err *e)
{
	return end_beside(k, false, e);
}
