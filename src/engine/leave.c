/* SPDX-License-Identifier: Apache-2.0
 * leave.c: see leave.h. Caps and hours were asked in the transaction that marked the message; here
 * only what a person said may still change the answer. */
#include "engine/leave.h"

#include "consent/consent.h"
#include "engine/ledger.h"
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
			 struct err *e)
{
	enum status st;
	struct str row;
	do {
		st = store_get(s, TABLE_LEAD, KEY_NUM(id), a, &row, e);
		if (st == ST_OK)
			st = lead_decode(id, row, a, out, e);
		id = st == ST_OK ? out->account : 0;
	} while (st == ST_OK && out->flags & LEAD_MERGED);
	return st;
}

static enum status ask_journey(struct store *s, struct leave *out, struct arena *a, struct err *e)
{
	struct str row;
	struct journey *j = ARENA_NEW(a, struct journey);
	if (j == NULL)
		return err_set(e, ST_NO_MEMORY, "a journey does not fit");
	enum status st = store_get(s, TABLE_JOURNEY, KEY_NUM(out->lead), a, &row, e);
	if (st == ST_OK)
		st = journey_decode(out->lead, row, a, j, e);
	if (st == ST_OK && !journey_automated(j))
		refuse(out, journey_phase_name(j->phase), j->reason);
	return st;
}

static enum status ask_consent(const struct leave_question *q, const struct lead *l,
			       struct leave *out, struct arena *a, struct err *e)
{
	struct str row;
	struct json profile;
	struct ledger_suppressed gone;
	struct consent_view v = {.program = q->program, .lead = l};
	const struct message *m = &out->message;
	enum status st = store_get(q->store, TABLE_PROFILE, KEY_NUM(l->id), a, &row, e);
	if (st == ST_OK)
		st = json_parse(row, JSON_LIMITS_EVENT, a, &profile, e);
	if (st == ST_OK)
		st = ledger_read(q->store, l->id, a, &v.ledger, e);
	if (st == ST_OK)
		st = ledger_suppressions(q->store, &profile, m->channel, a, &gone, e);
	if (st != ST_OK)
		return st;
	v.suppressions = gone.list;
	v.suppressions_n = gone.n;
	v.country = json_str(&profile, json_get(&profile, 0, "country"), a);
	struct consent_verdict ok = consent_may_speak(&v, m->channel, m->purpose, q->now_us);
	if (!ok.allowed)
		refuse(out, "consent", str_of(ok.text));
	return ST_OK;
}

enum status leave_ask(const struct leave_question *q, struct arena *a, struct leave *out,
		      struct err *e)
{
	struct lead lead;
	*out = (struct leave){.may = true};
	enum status st = outbox_get(q->store, q->message, a, &out->message, e);
	if (st == ST_OK)
		st = whole(q->store, out->message.lead, a, &lead, e);
	if (st != ST_OK)
		return st;
	out->lead = lead.id;
	if (out->message.state != MESSAGE_SENDING)
		refuse(out, "state", str_of(message_state_name(out->message.state)));
	else if (lead.flags & LEAD_ERASED)
		refuse(out, "lead", STR("erased"));
	if (out->may)
		st = ask_journey(q->store, out, a, e);
	if (st == ST_OK && out->may)
		st = ask_consent(q, &lead, out, a, e);
	return st == ST_NOT_FOUND ? err_set(e, ST_CORRUPT, "message %llu: its lead is not whole",
					    (unsigned long long)q->message)
				  : st;
}
