/* SPDX-License-Identifier: Apache-2.0
 * mail.c: the far side of sending. Mail servers that take, refuse, stall and fall silent; people
 * and machines who open, click, answer, complain; and a process that dies between the commit and
 * the answer. What leaves is checked at the instant it leaves, by means of its own:
 *
 *   G3  consent and suppression allow it      G4  nothing is handed over twice
 *   G5  caps and quiet hours hold             G6  nothing behind a stop
 *   G7  its decision is there, and its odds sum to 1 */
#include "base/assert.h"
#include "base/json.h"
#include "base/time.h"
#include "base/tz.h"
#include "consent/consent.h"
#include "engine/leave.h"
#include "engine/ledger.h"
#include "engine/outbox.h"
#include "engine/profile.h"
#include "model/notice.h"
#include "node/node.h"
#include "sim.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define PER_DAY 2 /* as in the program of world.c */
#define PER_WEEK 4
#define ACCOUNT_PER_WEEK 9
#define QUIET_FROM 19 /* hours in Europe/Berlin */
#define QUIET_TO 8

static bool chance(struct sim *s, double p)
{
	return rng_unit(&s->rng) < p;
}

static struct sim_mail *mail_of(struct sim *s, uint64_t id)
{
	uint64_t at;
	if (u64map_get(&s->mail_at, id, &at))
		return &s->mails[at];
	if (s->mails_n == SIM_MAILS_MAX)
		return NULL;
	struct sim_mail *m = &s->mails[s->mails_n];
	*m = (struct sim_mail){.id = id, .sent_us = TIME_NONE, .due_us = TIME_NONE};
	(void)u64map_put(&s->mail_at, id, s->mails_n++);
	return m;
}

/* ---- checks ---- */

static void check_hours(struct sim *s, const struct message *m, struct arena *a)
{
	const struct tz *tz = NULL;
	struct err e;
	if (tz_load(STR("Europe/Berlin"), a, &tz, &e) != ST_OK)
		return; /* no tz database here: the guards fall back to UTC as well */
	int64_t local = m->changed_us + tz_offset_us(tz, m->changed_us);
	int hour = time_civil(local).hour;
	if (hour >= QUIET_FROM || hour < QUIET_TO)
		fail(s, "G5: message %llu left at %d h in its zone", (unsigned long long)m->id,
		     hour);
}

/* By address, since leads merge and part. */
static void check_caps(struct sim *s, const struct message *m, const struct sim_mail *mine)
{
	unsigned day = 0, week = 0;
	for (size_t i = 0; i < s->mails_n; i++) {
		const struct sim_mail *o = &s->mails[i];
		if (o == mine || o->notice || o->sent_us == TIME_NONE ||
		    !str_is(m->address, o->address))
			continue;
		day += o->sent_us > m->changed_us - US_PER_D;
		week += o->sent_us > m->changed_us - 7 * US_PER_D;
	}
	if (day >= PER_DAY || week >= PER_WEEK)
		fail(s, "G5: message %llu is number %u of a day, %u of a week",
		     (unsigned long long)m->id, day + 1, week + 1);
}

/* Colleagues whose time comes at one instant see each other. */
static void check_account(struct sim *s, const struct message *m, struct sim_mail *mine,
			  uint64_t account)
{
	unsigned week = 0;
	mine->account = account;
	mine->left_us = m->changed_us;
	for (size_t i = 0; i < s->mails_n && account; i++) {
		const struct sim_mail *o = &s->mails[i];
		week += o != mine && o->account == account && !o->failed &&
			o->left_us > m->changed_us - 7 * US_PER_D;
	}
	if (week >= ACCOUNT_PER_WEEK)
		fail(s, "G5: message %llu is number %u of a week to account %llu",
		     (unsigned long long)m->id, week + 1, (unsigned long long)account);
}

static void check_decision(struct sim *s, const struct message *m, struct arena *a)
{
	struct str row;
	struct json d;
	struct err e;
	double sum = 0, p, best = 0;
	if (store_get(s->inner, TABLE_DECISION, KEY_NUM(m->decision), a, &row, &e) != ST_OK ||
	    json_parse(row, JSON_LIMITS_EVENT, a, &d, &e) != ST_OK) {
		fail(s, "G7: message %llu has no decision", (unsigned long long)m->id);
		return;
	}
	uint32_t list = json_get(&d, 0, "candidates");
	for (uint32_t c = json_first(&d, list); c != JSON_NONE; c = json_next(&d, list, c)) {
		if (!json_f64(&d, json_get(&d, c, "p"), &p))
			continue;
		sum += p;
		best = p > best ? p : best;
	}
	if (fabs(sum - 1) > 1e-9 || best <= 0)
		fail(s, "G7: decision %llu: the odds sum to %.12f", (unsigned long long)m->decision,
		     sum);
}

static enum status whole_lead(struct sim *s, uint64_t id, struct arena *a, struct lead *out,
			      struct err *e)
{
	struct str row;
	enum status st;
	do {
		st = store_get(s->inner, TABLE_LEAD, KEY_NUM(id), a, &row, e);
		if (st == ST_OK)
			st = lead_row_decode(id, row, a, out, NULL, e);
		id = st == ST_OK ? out->account : 0;
	} while (st == ST_OK && out->flags & LEAD_MERGED);
	return st;
}

static void check_consent(struct sim *s, const struct message *m, const struct lead *l,
			  struct arena *a)
{
	struct err e;
	struct str row;
	struct json d;
	struct program *program = NULL;
	struct ledger_suppressed gone;
	struct consent_view v = {.lead = l};
	enum status st = node_program(s->inner, &program, NULL, &e);
	if (st == ST_OK)
		st = store_get(s->inner, TABLE_PROFILE, KEY_NUM(l->id), a, &row, &e);
	if (st == ST_OK)
		st = json_parse(row, JSON_LIMITS_EVENT, a, &d, &e);
	if (st == ST_OK)
		st = ledger_read(s->inner, l->id, a, &v.ledger, &e);
	if (st == ST_OK)
		st = ledger_suppressions(s->inner, &d, m->channel, a, &gone, &e);
	if (st != ST_OK) {
		fail(s, "G3: message %llu: %s", (unsigned long long)m->id, e.text);
		program_destroy(&program);
		return;
	}
	v.program = program;
	v.suppressions = gone.list;
	v.suppressions_n = gone.n;
	v.country = json_str(&d, json_get(&d, 0, "country"), a);
	struct consent_verdict ok = consent_may_speak(&v, m->channel, m->purpose, m->changed_us);
	if (!ok.allowed)
		fail(s, "G3: message %llu: %s", (unsigned long long)m->id, ok.text);
	program_destroy(&program);
}

static void check_stopped(struct sim *s, const struct message *m, const struct lead *l,
			  struct arena *a)
{
	struct str row, text;
	struct lead again;
	struct journey *j = ARENA_NEW(a, struct journey);
	struct err e;
	if (store_get(s->inner, TABLE_LEAD, KEY_NUM(l->id), a, &row, &e) != ST_OK ||
	    lead_row_decode(l->id, row, a, &again, &text, &e) != ST_OK ||
	    journey_decode(l->id, text, a, j, &e) != ST_OK) {
		fail(s, "G6: message %llu: its lead has no journey", (unsigned long long)m->id);
		return;
	}
	if (!journey_automated(j))
		fail(s, "G6: message %llu leaves, though the lead is %s (" STR_FMT ")",
		     (unsigned long long)m->id, journey_phase_name(j->phase), STR_ARG(j->reason));
}

/* What no policy chose: asked of a suppressed address it is not, nor of who did not agree; and a
 * rep is told of what is still theirs. */
static void check_notice(struct sim *s, const struct message *m, enum notice_kind k,
			 struct arena *a)
{
	struct handoff h;
	struct str row;
	struct err e;
	bool mail = notice_to(k) != NOTICE_TO_TOOL;
	struct str key = suppression_key(m->channel, m->address, a);
	if (mail && store_get(s->inner, TABLE_SUPPRESSION, KEY_BYTES(key), a, &row, &e) == ST_OK)
		fail(s, "G3: notice %llu to a suppressed address", (unsigned long long)m->id);
	if (m->handoff == 0)
		return;
	if (handoff_get(s->inner, m->handoff, a, &h, &e) != ST_OK)
		fail(s, "notice %llu: %s", (unsigned long long)m->id, e.text);
	else if (mail && h.state != HANDOFF_OPEN && h.state != HANDOFF_ACCEPTED)
		fail(s, "notice %llu of a hand-off that is %s", (unsigned long long)m->id,
		     handoff_state_name(h.state));
}

static void check_touch(struct sim *s, const struct message *m, struct sim_mail *mail,
			struct arena *a)
{
	struct lead l;
	struct err e;
	check_hours(s, m, a);
	check_caps(s, m, mail);
	check_decision(s, m, a);
	if (whole_lead(s, m->lead, a, &l, &e) != ST_OK) {
		fail(s, "message %llu: %s", (unsigned long long)m->id, e.text);
		return;
	}
	check_account(s, m, mail, l.account);
	check_consent(s, m, &l, a);
	check_stopped(s, m, &l, a);
}

/* ---- taking over ---- */

static void plan_answer(struct sim *s, struct sim_mail *m)
{
	double x = rng_unit(&s->rng);
	m->answer = x < 0.86   ? "message.sent"
		    : x < 0.92 ? "message.deferred"
		    : x < 0.96 ? "message.failed"
			       : "message.uncertain";
	int64_t slow = chance(s, 0.1) ? 2 * US_PER_D : 20 * US_PER_M;
	m->due_us = s->now_us + (int64_t)rng_below(&s->rng, (uint64_t)slow);
}

/* What a sender asks last. Refused: the message never leaves, and its own answer says so. */
static bool may_leave(struct sim *s, struct sim_mail *mail, struct arena *a, struct leave *out)
{
	struct err e;
	struct program *program = NULL;
	enum status st = node_program(s->inner, &program, NULL, &e);
	if (st == ST_OK)
		st = leave_ask(&(struct leave_question){s->inner, program, mail->id, s->now_us}, a,
			       out, &e);
	program_destroy(&program);
	if (st != ST_OK) {
		fail(s, "message %llu: %s", (unsigned long long)mail->id, e.text);
		return false;
	}
	if (out->message.attempts == mail->attempt)
		return false; /* named again behind a failure */
	mail->attempt = out->message.attempts;
	if (out->may && !out->paused)
		return true;
	mail->in_hand = true;
	mail->answer = out->may ? "message.deferred" : "message.failed";
	mail->due_us = s->now_us;
	return false;
}

/* While all sending is stopped nothing leaves to a lead; reps and tools are told all the same. */
static void check_switch(struct sim *s, const struct message *m, bool to_others, struct arena *a)
{
	struct engine_sent sent;
	struct err e;
	if (engine_sent_read(s->inner, a, &sent, &e) != ST_OK)
		fail(s, "message %llu: %s", (unsigned long long)m->id, e.text);
	else if (sent.paused && !to_others)
		fail(s, "message %llu leaves, though all sending is stopped",
		     (unsigned long long)m->id);
}

/* Somebody who has had enough presses the link of an older mail just now: this one is under way. */
static void race(struct sim *s, const struct sim_mail *mail)
{
	if (mail->notice || !chance(s, 0.02))
		return;
	char props[64];
	struct event ev = {.type = STR("email.unsubscribe"), .context.scroll = -1};
	(void)snprintf(props, sizeof props, "{\"message\":%llu}", (unsigned long long)mail->id);
	ev.properties = str_of(props);
	ev.occurred_us = s->now_us;
	world_send(s, &ev, "observe", s->now_us);
}

static void take_one(struct sim *s, uint64_t id)
{
	struct arena a;
	struct message m;
	enum notice_kind k;
	arena_init(&a, (size_t)32 << 20);
	struct sim_mail *mail = mail_of(s, id);
	struct leave leave;
	ASSERT(mail != NULL);
	if (!may_leave(s, mail, &a, &leave)) {
		arena_finish(&a); /* stopped at the last instant, or taken before */
		return;
	}
	m = leave.message;
	if (m.state != MESSAGE_SENDING || mail->settled)
		fail(s, "G4: message %llu is handed over again, as %s", (unsigned long long)id,
		     message_state_name(m.state));
	mail->in_hand = true;
	mail->notice = notice_kind_of(&m, &k);
	if (mail->notice) {
		check_notice(s, &m, k, &a);
		mail->confirms = k == NOTICE_CONFIRM;
		mail->tool = notice_to(k) == NOTICE_TO_TOOL;
	} else {
		check_touch(s, &m, mail, &a);
	}
	(void)snprintf(mail->address, sizeof mail->address, STR_FMT, STR_ARG(m.address));
	check_switch(s, &m, mail->notice && notice_to(k) != NOTICE_TO_LEAD, &a);
	plan_answer(s, mail);
	race(s, mail);
	s->checks++;
	arena_finish(&a);
}

void mail_taken(void *ctx, const uint64_t *messages, size_t n)
{
	struct sim *s = ctx;
	for (size_t i = 0; i < n && s->failure[0] == '\0'; i++)
		take_one(s, messages[i]);
}

/* ---- what comes back ---- */

static void reaction(struct sim *s, const struct sim_mail *m, const char *type, uint32_t flags)
{
	char props[64];
	struct event ev = {.type = str_of(type), .flags = flags, .context.scroll = -1};
	(void)snprintf(props, sizeof props, "{\"message\":%llu}", (unsigned long long)m->id);
	ev.properties = str_of(props);
	int64_t when = s->now_us + (int64_t)rng_below(&s->rng, 5 * (uint64_t)US_PER_D);
	ev.occurred_us = when;
	world_send(s, &ev, "observe", when);
}

static void reactions(struct sim *s, struct sim_mail *m)
{
	static const struct {
		const char *type;
		uint32_t flags;
		double p;
	} rows[] = {{"email.open", EVENT_MACHINE, 0.3},
		    {"email.open", 0, 0.3},
		    {"email.click", EVENT_BOT, 0.1},
		    {"email.click", 0, 0.15},
		    {"reply", 0, 0.05},
		    {"email.unsubscribe", 0, 0.04},
		    {"email.complaint", 0, 0.005},
		    {"email.bounce", 0, 0.01}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (chance(s, rows[i].p)) {
			reaction(s, m, rows[i].type, rows[i].flags);
			if (strcmp(rows[i].type, "email.bounce") == 0)
				m->sent_us = TIME_NONE; /* it reached nobody: counts in no window */
		}
}

static void confirms(struct sim *s, const struct sim_mail *m)
{
	struct event ev = {.type = STR("consent.confirm"), .context.scroll = -1};
	ev.occurred_us = s->now_us + (int64_t)rng_below(&s->rng, 7 * (uint64_t)US_PER_D);
	(void)event_add_id(&ev, ID_EMAIL, STR_NULL, str_of(m->address));
	world_send(s, &ev, "webhook:confirm", ev.occurred_us);
}

static void answer(struct sim *s, struct sim_mail *m, const char *type)
{
	char props[96];
	(void)snprintf(props, sizeof props, "{\"message\":%llu,\"reason\":\"%s\"}",
		       (unsigned long long)m->id, "said the far side");
	struct event ev = {.type = str_of(type),
			   .occurred_us = s->now_us,
			   .properties = str_of(props),
			   .flags = EVENT_SYSTEM,
			   .context.scroll = -1};
	m->in_hand = false;
	m->due_us = TIME_NONE;
	bool again = m->tool && strcmp(type, "message.uncertain") == 0; /* at least once */
	m->settled = !again && strcmp(type, "message.deferred") != 0;
	bool left = strcmp(type, "message.sent") == 0 || strcmp(type, "message.uncertain") == 0;
	if (left)
		m->sent_us = s->now_us;
	m->failed = strcmp(type, "message.failed") == 0;
	world_send(s, &ev, "system", s->now_us);
	if (strcmp(type, "message.sent") == 0 && !m->notice)
		reactions(s, m);
	else if (strcmp(type, "message.sent") == 0 && m->confirms && chance(s, 0.6))
		confirms(s, m);
}

void mail_step(struct sim *s)
{
	for (size_t i = 0; i < s->mails_n; i++)
		if (s->mails[i].in_hand && s->mails[i].due_us <= s->now_us)
			answer(s, &s->mails[i], s->mails[i].answer);
}

/* The process died. What it had handed to a server may have arrived, and nobody will tell. */
void mail_died(struct sim *s)
{
	for (size_t i = 0; i < s->mails_n; i++)
		if (s->mails[i].in_hand)
			answer(s, &s->mails[i], "message.uncertain");
}
