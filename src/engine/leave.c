/* SPDX-License-Identifier: Apache-2.0
 * leave.c: see leave.h. Caps and hours were asked in the transaction that marked the message; here
 * only what a person said may still change the answer. */
#include "engine/leave.h"

#include "consent/consent.h"
#include "engine/engine.h"
#include "engine/ledger.h"
#include "engine/notice.h"
#include "engine/outbox.h"
#include "model/journey.h"

#include <stdio.h>

static void refuse(struct leave *out, const char *what, struct str words)
{
	out->may = false;
	(void)snprintf(out->why, sizeof out->why, "%s: " STR_FMT, what, STR_ARG(words));
}

/* Who was merged since is the one they were merged into. */
static enum status whole(struct store *s, uint64_t id, struct arena *a, struct lead *out,
			 struct str *journey_r, struct err *e)
{
	enum status st;
	struct str row;
	do {
		st = store_get(s, TABLE_LEAD, KEY_NUM(id), a, &row, e);
		if (st == ST_OK)
			st = lead_row_decode(id, row, a, out, journey_r, e);
		id = st == ST_OK ? out->account : 0;
	} while (st == ST_OK && out->flags & LEAD_MERGED);
	return st;
}

static enum status ask_journey(struct str text, struct leave *out, struct arena *a, struct err *e)
{
	struct journey *j = ARENA_NEW(a, struct journey);
	if (j == NULL)
		return err_set(e, ST_NO_MEMORY, "a journey does not fit");
	if (text.n == 0)
		return ST_OK; /* never on a track: nothing there has ended */
	enum status st = journey_decode(out->lead, text, a, j, e);
	if (st == ST_OK && !journey_automated(j))
		refuse(out, journey_phase_name(j->phase), j->reason);
	return st;
}

static enum status view_of(const struct leave_question *q, const struct lead *l,
			   struct leave *found, struct arena *a, struct consent_view *out,
			   struct err *e)
{
	struct str row;
	struct ledger_suppressed gone;
	struct json *profile = ARENA_NEW(a, struct json);
	if (profile == NULL)
		return err_set(e, ST_NO_MEMORY, "a profile does not fit");
	struct consent_view v = {.program = q->program, .lead = l};
	enum status st = store_get(q->store, TABLE_PROFILE, KEY_NUM(l->id), a, &row, e);
	if (st == ST_OK)
		st = json_parse(row, JSON_LIMITS_EVENT, a, profile, e);
	if (st == ST_OK)
		st = ledger_read(q->store, l->id, a, &v.ledger, e);
	if (st == ST_OK)
		st = ledger_suppressions(q->store, profile, found->message.channel, a, &gone, e);
	if (st != ST_OK)
		return st;
	v.suppressions = gone.list;
	v.suppressions_n = gone.n;
	v.country = json_str(profile, json_get(profile, 0, "country"), a);
	found->profile = profile;
	*out = v;
	return ST_OK;
}

/* A touch wants a yes. A question for one (`confirms`) leaves only while its answer is awaited: who
 * said no, or yes, meanwhile is not asked. */
static enum status ask_consent(const struct leave_question *q, const struct lead *l, bool confirms,
			       struct leave *out, struct arena *a, struct err *e)
{
	struct consent_view v;
	const struct message *m = &out->message;
	enum status st = view_of(q, l, out, a, &v, e);
	if (st != ST_OK)
		return st;
	struct consent_verdict is =
		confirms ? notice_confirmable(&v, m->purpose, q->now_us)
			 : consent_may_speak(&v, m->channel, m->purpose, q->now_us);
	if (confirms ? is.rule != CONSENT_RULE_PENDING : !is.allowed)
		refuse(out, "consent", str_of(is.text));
	return ST_OK;
}

/* ---- notices ---- */

static enum status ask_address(const struct leave_question *q, struct leave *out, struct arena *a,
			       struct err *e)
{
	struct suppression gone;
	const struct message *m = &out->message;
	struct str row, key = suppression_key(m->channel, m->address, a);
	enum status st = store_get(q->store, TABLE_SUPPRESSION, KEY_BYTES(key), a, &row, e);
	if (st == ST_OK)
		st = suppression_decode(key, row, a, &gone, e);
	if (st == ST_OK && suppression_holds(&gone, q->now_us))
		refuse(out, "address", str_of(suppress_reason_name(gone.reason)));
	return st == ST_NOT_FOUND ? ST_OK : st;
}

/* What is told to a rep or a tool is about work: it leaves though nothing is said to the lead any
 * more, unless the hand-off has moved on. */
static enum status ask_handoff(const struct leave_question *q, enum notice_kind k,
			       struct leave *out, struct arena *a, struct err *e)
{
	struct handoff h;
	const struct message *m = &out->message;
	enum status st = handoff_get(q->store, m->handoff, a, &h, e);
	if (st != ST_OK)
		return st;
	bool theirs = k == NOTICE_LOST || notice_to(k) == NOTICE_TO_TOOL ||
		      str_eq(m->address, h.rep_email);
	if (!notice_wanted(k, h.state))
		refuse(out, "handoff", str_of(handoff_state_name(h.state)));
	else if (!theirs)
		refuse(out, "handoff", STR("the next rep has it"));
	return ST_OK;
}

static enum status ask_notice(const struct leave_question *q, const struct lead *l,
			      struct leave *out, struct arena *a, struct err *e)
{
	enum notice_kind k;
	if (!notice_kind_of(&out->message, &k)) {
		refuse(out, "kind", out->message.message);
		return ST_OK;
	}
	enum status st = notice_to(k) == NOTICE_TO_LEAD ? ask_consent(q, l, true, out, a, e)
							: ask_handoff(q, k, out, a, e);
	bool mail = notice_to(k) != NOTICE_TO_TOOL;
	return st == ST_OK && out->may && mail ? ask_address(q, out, a, e) : st;
}

/* The switch holds whatever goes to leads, and nothing else; what it holds keeps its place. */
static enum status ask_switch(const struct leave_question *q, struct leave *out, struct arena *a,
			      struct err *e)
{
	enum notice_kind k;
	struct engine_sent sent;
	const struct message *m = &out->message;
	enum status st = engine_sent_read(q->store, a, &sent, e);
	bool to_others = m->flags & MESSAGE_SYSTEM && notice_kind_of(m, &k) &&
			 notice_to(k) != NOTICE_TO_LEAD;
	out->paused = st == ST_OK && sent.paused && !to_others;
	return st;
}

enum status leave_ask(const struct leave_question *q, struct arena *a, struct leave *out,
		      struct err *e)
{
	struct str journey;
	*out = (struct leave){.may = true};
	enum status st = outbox_get(q->store, q->message, a, &out->message, e);
	if (st == ST_OK)
		st = whole(q->store, out->message.lead, a, &out->row, &journey, e);
	if (st != ST_OK)
		return st;
	out->lead = out->row.id;
	if (out->message.state != MESSAGE_SENDING)
		refuse(out, "state", str_of(message_state_name(out->message.state)));
	else if (out->row.flags & LEAD_ERASED)
		refuse(out, "lead", STR("erased"));
	bool notice = out->message.flags & MESSAGE_SYSTEM;
	if (out->may && notice)
		st = ask_notice(q, &out->row, out, a, e);
	if (out->may && !notice)
		st = ask_journey(journey, out, a, e);
	if (st == ST_OK && out->may && !notice)
		st = ask_consent(q, &out->row, false, out, a, e);
	if (st == ST_OK && out->may)
		st = ask_switch(q, out, a, e);
	return st == ST_NOT_FOUND ? err_set(e, ST_CORRUPT, "message %llu: its lead is not whole",
					    (unsigned long long)q->message)
				  : st;
}
