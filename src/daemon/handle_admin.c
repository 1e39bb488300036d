/* SPDX-License-Identifier: Apache-2.0
 * handle_admin.c: what an admin token can ask for. Reads are views; every write is an event
 * appended like any other (law 1), and the answer comes when it has been folded. */
#include "base/assert.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/time.h"
#include "daemon/internal.h"
#include "model/tier.h"
#include "view/view_order.h"

#include <unistd.h>

#define FOLD_WAIT_US (INT64_C(60) * US_PER_S)
#define EVENTS_PER_CALL_MAX 1000u
#define FIELDS_MAX 8 /* of an order */

enum status daemon_body(struct desk_work *k, struct json *d, const struct json_member *may,
			size_t n, struct err *e)
{
	enum status st = json_parse(k->call->req->body, JSON_LIMITS_EVENT, k->view.arena, d, e);
	return st == ST_OK ? json_members(d, 0, "the body", may, n, e) : st;
}

enum status daemon_fields(struct desk_work *k, const struct desk_field *f, size_t n, struct err *e)
{
	struct json d;
	struct json_member may[FIELDS_MAX] = {{0}};
	ASSERT(n <= FIELDS_MAX);
	for (size_t i = 0; i < n; i++) {
		may[i] = (struct json_member){f[i].key, f[i].text ? JSON_STRING : JSON_NUMBER};
		if (f[i].text != NULL)
			*f[i].text = STR_NULL;
	}
	if (k->call->req->body.n == 0)
		return ST_OK;
	enum status st = daemon_body(k, &d, may, n, e);
	for (size_t i = 0; i < n && st == ST_OK; i++) {
		uint32_t value = json_get(&d, 0, f[i].key);
		if (value != JSON_NONE && f[i].text != NULL)
			*f[i].text = json_str(&d, value, k->view.arena);
		else if (value != JSON_NONE && !json_i64(&d, value, f[i].number))
			st = err_set(e, ST_INVALID, "%s must be a whole number", f[i].key);
	}
	return st;
}

uint64_t daemon_query_number(struct desk_work *k, const char *name, uint64_t otherwise)
{
	uint64_t v;
	return str_to_u64(http_query(k->call->req, name), &v) ? v : otherwise;
}

size_t daemon_query_limit(struct desk_work *k)
{
	bool asked = http_query(k->call->req, "limit").p != NULL;
	return (size_t)daemon_query_number(k, "limit", asked ? 0 : 100);
}

enum status daemon_the_lead(struct desk_work *k, uint64_t *lead, struct err *e)
{
	return view_find(&k->view, k->call->param, lead, e);
}

/* ---- status ---- */

static void put_mailbox(struct desk_work *k)
{
	struct inbound_imap_state s;
	const struct mailbox *m = k->daemon->mailbox;
	if (m == NULL)
		return;
	mailbox_look(m, &s);
	json_w_key(&k->w, "mailbox");
	json_w_object(&k->w);
	json_w_kbool(&k->w, "connected", s.connected);
	json_w_ki64(&k->w, "taken", (int64_t)s.taken);
	json_w_ki64(&k->w, "failures", (int64_t)s.failures);
	if (s.failures > 0)
		json_w_kz(&k->w, "last", s.last.text);
	json_w_end(&k->w);
}

static enum status do_status(struct desk_work *k, struct err *e)
{
	struct daemon *d = k->daemon;
	struct engine_stats es;
	struct log_stats ls;
	struct appender_stats as;
	struct err why;
	(void)e;
	uint64_t lag = daemon_lag(d, &es, &ls);
	appender_stats(d->appender, &as);
	json_w_object(&k->w);
	json_w_kz(&k->w, "schema", "nurtured.status/1");
	json_w_kz(&k->w, "version", NURTURED_VERSION);
	json_w_ki64(&k->w, "pid", getpid());
	json_w_ktime(&k->w, "started", d->started_us);
	json_w_ki64(&k->w, "next_seq", (int64_t)ls.next_seq);
	json_w_ki64(&k->w, "cursor", (int64_t)es.cursor);
	json_w_ki64(&k->w, "lag", (int64_t)lag);
	json_w_ktime(&k->w, "clock", es.clock_us);
	json_w_ktime(&k->w, "next_alarm", es.next_alarm_us);
	json_w_ki64(&k->w, "program_version", (int64_t)es.program_version);
	json_w_ki64(&k->w, "dead_letters", (int64_t)es.dead_letters);
	json_w_ki64(&k->w, "log_bytes", (int64_t)ls.bytes);
	json_w_ki64(&k->w, "duplicates_dropped", (int64_t)ls.duplicates);
	json_w_ki64(&k->w, "duplicate_window_s", ls.duplicate_window_us / US_PER_S);
	json_w_ki64(&k->w, "waiting", (int64_t)as.waiting_jobs);
	json_w_kz(&k->w, "log", appender_health(d->appender, &why) == ST_OK ? "ok" : why.text);
	json_w_kz(&k->w, "engine", runner_health(d->runner, &why) == ST_OK ? "ok" : why.text);
	put_mailbox(k);
	json_w_end(&k->w);
	return ST_OK;
}

/* ---- events ---- */

static enum status read_entry(struct desk_work *k, const struct json *d, uint32_t node,
			      struct log_entry *out, struct err *e)
{
	struct event ev;
	struct str body = json_raw(d, json_get(d, node, "body"));
	*out = (struct log_entry){
		.source = json_str(d, json_get(d, node, "source"), k->view.arena),
		.message_id = json_str(d, json_get(d, node, "message_id"), k->view.arena),
		.body = body,
		.received_us = clock_now_us(),
	};
	enum status st = event_decode(body, k->view.arena, &ev, e);
	if (st != ST_OK)
		return err_set(e, ST_INVALID,
			       "events[].body is not a normalised event: it needs type and at");
	if (body.n > event_bytes_max(ev.flags))
		return err_set(e, ST_LIMIT, "events[].body is larger than %zu bytes",
			       event_bytes_max(ev.flags));
	ev.source = out->source;
	ev.message_id = out->message_id;
	return event_check(&ev, e);
}

static void put_results(struct desk_work *k, const struct log_entry *entries, size_t n)
{
	json_w_object(&k->w);
	json_w_key(&k->w, "events");
	json_w_array(&k->w);
	for (size_t i = 0; i < n; i++) {
		json_w_object(&k->w);
		json_w_ki64(&k->w, "seq", (int64_t)entries[i].seq);
		json_w_kbool(&k->w, "duplicate", entries[i].duplicate);
		json_w_end(&k->w);
	}
	json_w_end(&k->w);
	json_w_end(&k->w);
}

enum status daemon_append_and_fold(struct daemon *d, struct log_entry *entries, size_t n,
				   struct err *e)
{
	uint64_t last = 0;
	enum status st = appender_append(d->appender, entries, n, e);
	for (size_t i = 0; i < n && st == ST_OK; i++)
		if (entries[i].seq > last)
			last = entries[i].seq;
	if (st == ST_OK && !runner_wait(d->runner, last, FOLD_WAIT_US))
		return err_set(e, ST_TIMEOUT,
			       "the events are safe in the log, but not folded yet; "
			       "see /v1/status");
	return st;
}

static enum status do_events(struct desk_work *k, struct err *e)
{
	struct json d;
	const struct json_member may[] = {{"events", JSON_ARRAY}};
	enum status st = daemon_body(k, &d, may, 1, e);
	if (st != ST_OK)
		return st;
	uint32_t list = json_get(&d, 0, "events"), n = json_count(&d, list), i = 0;
	if (n == 0 || n > EVENTS_PER_CALL_MAX)
		return err_set(e, ST_INVALID, "events must hold 1 to %u events",
			       EVENTS_PER_CALL_MAX);
	struct log_entry *entries = ARENA_ARRAY(k->view.arena, struct log_entry, n);
	if (entries == NULL)
		return err_set(e, ST_LIMIT, "the request needs more memory than one may use");
	for (uint32_t v = json_first(&d, list); v != JSON_NONE && st == ST_OK;
	     v = json_next(&d, list, v))
		st = read_entry(k, &d, v, &entries[i++], e);
	if (st == ST_OK)
		st = daemon_append_and_fold(k->daemon, entries, n, e);
	if (st == ST_OK)
		put_results(k, entries, n);
	return st;
}

enum status daemon_append_own(struct daemon *d, const char *type, struct str properties,
			      struct str message_id, uint64_t *seq_r, struct err *e)
{
	struct buf body;
	int64_t now = clock_now_us();
	const struct event ev = {
		.type = str_of(type),
		.occurred_us = now,
		.properties = properties,
		.flags = EVENT_SYSTEM,
		.context.scroll = -1,
	};
	buf_init(&body, EVENT_OWN_BYTES_MAX + 1024);
	enum status st = event_encode(&ev, &body, e);
	struct log_entry entry = {
		.source = STR("system"),
		.message_id = message_id,
		.body = buf_view(&body),
		.received_us = now,
	};
	if (st == ST_OK)
		st = appender_append(d->appender, &entry, 1, e);
	if (st == ST_OK && seq_r != NULL)
		*seq_r = entry.seq;
	buf_finish(&body);
	return st;
}

/* An order that could not be carried out is a dead letter: its reason is the answer. */
static enum status carried_out(struct desk_work *k, uint64_t seq, struct err *e)
{
	struct str row;
	struct json d;
	enum status st =
		store_get(k->view.store, TABLE_DEAD_LETTER, KEY_NUM(seq), k->view.arena, &row, e);
	if (st == ST_OK && json_parse(row, JSON_LIMITS_EVENT, k->view.arena, &d, e) == ST_OK) {
		struct str why = json_str(&d, json_get(&d, 0, "reason"), k->view.arena);
		return err_set(e, ST_CONFLICT, STR_FMT, STR_ARG(why));
	}
	return st == ST_NOT_FOUND ? ST_OK : st;
}

enum status daemon_answer_seq(struct desk_work *k, uint64_t seq, struct err *e)
{
	enum status st = carried_out(k, seq, e);
	if (st != ST_OK)
		return st;
	json_w_object(&k->w);
	json_w_ki64(&k->w, "seq", (int64_t)seq);
	json_w_end(&k->w);
	return ST_OK;
}

static enum status own_event(struct desk_work *k, const char *type, struct str properties,
			     uint64_t *seq_r, struct err *e)
{
	char id[64];
	crypto_token("api-", id);
	enum status st = daemon_append_own(k->daemon, type, properties, str_of(id), seq_r, e);
	if (st == ST_OK && !runner_wait(k->daemon->runner, *seq_r, FOLD_WAIT_US))
		return err_set(e, ST_TIMEOUT, "the event is safe in the log, but not folded yet");
	return st == ST_OK ? carried_out(k, *seq_r, e) : st;
}

enum status daemon_own_event(struct desk_work *k, const char *type, struct str properties,
			     struct err *e)
{
	uint64_t seq;
	enum status st = own_event(k, type, properties, &seq, e);
	return st == ST_OK ? daemon_answer_seq(k, seq, e) : st;
}

/* ---- leads ---- */

static enum status do_lead_list(struct desk_work *k, struct err *e)
{
	enum tier tier;
	struct view_page page = {
		.tier = -1,
		.after = daemon_query_number(k, "after", 0),
		.limit = daemon_query_limit(k),
		.known_only = str_is(http_query(k->call->req, "known"), "1"),
	};
	struct str name = http_query(k->call->req, "tier");
	if (name.n && !tier_of(name, &tier))
		return err_set(e, ST_INVALID, "tier must be hot, warm or cold");
	if (name.n)
		page.tier = (int)tier;
	page.track = http_query(k->call->req, "track");
	struct str after = http_query(k->call->req, "after");
	if (page.track.n == 0 && after.n > 0 && !str_to_u64(after, &page.after))
		return err_set(e, ST_INVALID, "after must be the number of a lead");
	if (page.track.n)
		page.after_place = http_query(k->call->req, "after");
	return view_leads(&k->view, &page, &k->w, e);
}

static enum status do_lead_get(struct desk_work *k, struct err *e)
{
	uint64_t lead;
	enum status st = daemon_the_lead(k, &lead, e);
	return st == ST_OK ? view_lead(&k->view, lead, &k->w, e) : st;
}

static enum status do_lead_explain(struct desk_work *k, struct err *e)
{
	uint64_t lead;
	enum status st = daemon_the_lead(k, &lead, e);
	return st == ST_OK ? view_explain(&k->view, lead, &k->w, e) : st;
}

static enum status do_lead_events(struct desk_work *k, struct err *e)
{
	uint64_t lead;
	size_t limit = daemon_query_limit(k);
	enum status st = daemon_the_lead(k, &lead, e);
	return st == ST_OK ? view_timeline(&k->view, lead, limit, &k->w, e) : st;
}

static enum status do_lead_merge(struct desk_work *k, struct err *e)
{
	uint64_t into, other, seq;
	struct str lead, reason;
	struct buf props;
	struct json_w w;
	const struct desk_field f[] = {{"lead", &lead, NULL}, {"reason", &reason, NULL}};
	enum status st = daemon_the_lead(k, &into, e);
	if (st == ST_OK)
		st = daemon_fields(k, f, 2, e);
	if (st == ST_OK)
		st = view_find(&k->view, lead, &other, e);
	if (st != ST_OK)
		return st;
	buf_init_arena(&props, k->view.arena, 8192);
	json_w_init(&w, &props);
	json_w_object(&w);
	json_w_ki64(&w, "into", (int64_t)into);
	json_w_ki64(&w, "lead", (int64_t)other);
	json_w_kstr(&w, "reason", reason);
	json_w_end(&w);
	st = own_event(k, "lead.merge", buf_view(&props), &seq, e);
	if (st != ST_OK)
		return st;
	json_w_object(&k->w);
	json_w_ki64(&k->w, "seq", (int64_t)seq);
	json_w_ki64(&k->w, "merge", (int64_t)view_merge_of_event(&k->view, seq));
	json_w_end(&k->w);
	return ST_OK;
}

/* The address names one of the two, as it is called or as it was. */
static bool is_of(struct desk_work *k, const struct view_merged *m)
{
	uint64_t lead;
	struct str name = k->call->param;
	struct str digits = str_starts(name, STR("L")) ? str_slice(name, 1, name.n) : name;
	if (str_to_u64(digits, &lead) && lead == m->lead)
		return true;
	return daemon_the_lead(k, &lead, NULL) == ST_OK && (lead == m->into || lead == m->lead);
}

static enum status do_lead_split(struct desk_work *k, struct err *e)
{
	int64_t merge = 0;
	struct view_merged m;
	struct view_order o;
	uint64_t lead;
	const struct desk_field f[] = {{"merge", NULL, &merge}};
	enum status st = daemon_the_lead(k, &lead, e);
	if (st == ST_OK)
		st = daemon_fields(k, f, 1, e);
	if (st == ST_OK && merge <= 0)
		st = err_set(e, ST_INVALID,
			     "merge must be the number of a merge; see the lead's explain");
	if (st == ST_OK)
		st = view_merged(&k->view, (uint64_t)merge, &m, e);
	if (st == ST_OK && !is_of(k, &m))
		st = err_set(
			e, ST_CONFLICT,
			"merge %llu joined lead %llu into lead %llu: it is none of this lead's",
			(unsigned long long)m.merge, (unsigned long long)m.lead,
			(unsigned long long)m.into);
	if (st == ST_OK)
		st = view_order_split(&k->view, &m, &o, e);
	return st == ST_OK ? daemon_own_event(k, o.type, o.properties, e) : st;
}

/* ---- program, reports, upkeep ---- */

static enum status do_program_get(struct desk_work *k, struct err *e)
{
	struct str row;
	struct engine_stats es;
	runner_stats(k->daemon->runner, &es);
	enum status st = store_get(k->view.store, TABLE_PROGRAM, KEY_NUM(es.program_version),
				   k->view.arena, &row, e);
	if (st == ST_NOT_FOUND)
		return err_set(e, st, "no program has been applied yet");
	if (st == ST_OK)
		json_w_raw(&k->w, row);
	return st;
}

static enum status do_tiers(struct desk_work *k, struct err *e)
{
	return view_tiers(&k->view, http_query(k->call->req, "outcome"), &k->w, e);
}

static enum status do_dead_letters(struct desk_work *k, struct err *e)
{
	return view_dead_letters(&k->view, daemon_query_limit(k), &k->w, e);
}

const struct desk_op daemon_desk_ops[API_OP_COUNT] = {
	[API_OP_DECIDE] = {daemon_do_decide, DESK_ASKS},
	[API_OP_STATUS] = {do_status, DESK_QUICK},
	[API_OP_EVENTS] = {do_events, DESK_ORDERS},
	[API_OP_LEAD_LIST] = {do_lead_list, DESK_QUICK},
	[API_OP_LEAD_GET] = {do_lead_get, DESK_QUICK},
	[API_OP_LEAD_EXPLAIN] = {do_lead_explain, DESK_QUICK},
	[API_OP_LEAD_EVENTS] = {do_lead_events, DESK_QUICK},
	[API_OP_LEAD_MERGE] = {do_lead_merge, DESK_ORDERS},
	[API_OP_LEAD_SPLIT] = {do_lead_split, DESK_ORDERS},
	[API_OP_LEAD_NEXT] = {daemon_do_lead_next, DESK_QUICK},
	[API_OP_LEAD_WHY_NOT] = {daemon_do_lead_why_not, DESK_QUICK},
	[API_OP_REPORT_TRACKS] = {daemon_do_report_tracks, DESK_SECONDS},
	[API_OP_REPORT_FUNNEL] = {daemon_do_report_funnel, DESK_SECONDS},
	[API_OP_LEAD_MOVE] = {daemon_do_lead_move, DESK_ORDERS},
	[API_OP_LEAD_PAUSE] = {daemon_do_lead_pause, DESK_ORDERS},
	[API_OP_LEAD_RESUME] = {daemon_do_lead_resume, DESK_ORDERS},
	[API_OP_TRACK_LIST] = {daemon_do_tracks, DESK_QUICK},
	[API_OP_TRACK_GET] = {daemon_do_track, DESK_QUICK},
	[API_OP_EXPERIMENT_LIST] = {daemon_do_experiments, DESK_SECONDS},
	[API_OP_EXPERIMENT_GET] = {daemon_do_experiment, DESK_SECONDS},
	[API_OP_DRIFT_GET] = {daemon_do_drift, DESK_QUICK},
	[API_OP_EXPERIMENT_STOP] = {daemon_do_experiment_stop, DESK_ORDERS},
	[API_OP_MESSAGE_LIST] = {daemon_do_messages, DESK_QUICK},
	[API_OP_MESSAGE_GET] = {daemon_do_message, DESK_QUICK},
	[API_OP_MESSAGE_SETTLE] = {daemon_do_message_settle, DESK_ORDERS},
	[API_OP_WEBHOOK_LIST] = {daemon_do_webhooks, DESK_QUICK},
	[API_OP_WEBHOOK_REPLAY] = {daemon_do_webhook_replay, DESK_ORDERS},
	[API_OP_MESSAGE_CANCEL] = {daemon_do_message_cancel, DESK_ORDERS},
	[API_OP_HANDOFF_LIST] = {daemon_do_handoffs, DESK_QUICK},
	[API_OP_HANDOFF_GET] = {daemon_do_handoff, DESK_QUICK},
	[API_OP_HANDOFF_ANSWER] = {daemon_do_handoff_answer, DESK_ORDERS},
	[API_OP_SENDING_PAUSE] = {daemon_do_sending_pause, DESK_ORDERS},
	[API_OP_SENDING_RESUME] = {daemon_do_sending_resume, DESK_ORDERS},
	[API_OP_REPORT_TIERS] = {do_tiers, DESK_SECONDS},
	[API_OP_DEAD_LETTERS] = {do_dead_letters, DESK_QUICK},
	[API_OP_PROGRAM_GET] = {do_program_get, DESK_QUICK},
	[API_OP_PROGRAM_VALIDATE] = {daemon_do_program_validate, DESK_SECONDS},
	[API_OP_PROGRAM_APPLY] = {daemon_do_program_apply, DESK_ORDERS},
	[API_OP_PROGRAM_PROMOTE] = {daemon_do_program_promote, DESK_ORDERS},
	[API_OP_PROGRAM_WITHDRAW] = {daemon_do_program_withdraw, DESK_ORDERS},
	[API_OP_PROGRAM_PLAN] = {daemon_do_program_plan, DESK_MINUTES},
	[API_OP_TRIGGER] = {daemon_do_trigger, DESK_ORDERS},
	[API_OP_CLOCK_ADVANCE] = {daemon_do_clock_advance, DESK_MINUTES},
	[API_OP_BACKUP] = {daemon_do_backup, DESK_MINUTES},
	[API_OP_REPLAY_VERIFY] = {daemon_do_replay_verify, DESK_MINUTES},
	[API_OP_INBOUND] = {daemon_do_inbound, DESK_ORDERS},
	[API_OP_INBOX] = {daemon_do_inbox, DESK_QUICK},
	[API_OP_INBOX_MAIL] = {daemon_do_inbox_mail, DESK_QUICK},
	[API_OP_INBOX_HTML] = {daemon_do_inbox_html, DESK_QUICK},
	[API_OP_INBOX_ACT] = {daemon_do_inbox_act, DESK_ORDERS},
	[API_OP_LINK_STOP_PAGE] = {daemon_do_stop_page, DESK_QUICK},
	[API_OP_LINK_STOP] = {daemon_do_stop, DESK_QUICK},
	[API_OP_LINK_CHOICES_PAGE] = {daemon_do_choices_page, DESK_QUICK},
	[API_OP_LINK_CHOICES] = {daemon_do_choices, DESK_QUICK},
	[API_OP_LINK_CONFIRM_PAGE] = {daemon_do_confirm_page, DESK_QUICK},
	[API_OP_LINK_CONFIRM] = {daemon_do_confirm, DESK_QUICK},
	[API_OP_LINK_REP_PAGE] = {daemon_do_rep_page, DESK_QUICK},
	[API_OP_LINK_REP] = {daemon_do_rep, DESK_ORDERS},
};
