/* SPDX-License-Identifier: Apache-2.0
 * system_play.c: our own events about sending, tracks and hand-offs. What the mail server said,
 * what a rep decided, what an operator asked for: all enter by the log, like everything else. */
#include "base/assert.h"
#include "base/crypto.h"
#include "base/time.h"
#include "engine/internal.h"
#include "engine/outbox.h"
#include "engine/stage_decide.h"
#include "engine/system.h"

#include <stdio.h>

/* ---- a lead in hand for an event of ours ---- */

static enum status take_lead(struct pass *p, uint64_t id, struct err *e)
{
	enum status st = batch_lead(p->batch, id, &p->work, e);
	/* Who was merged since is the one they were merged into. */
	for (int i = 0; i < 8 && st == ST_OK && p->work->lead.flags & LEAD_MERGED; i++)
		st = batch_lead(p->batch, p->work->lead.account, &p->work, e);
	if (st == ST_OK && p->program == NULL)
		return err_set(e, ST_CONFLICT, "no program has been applied yet");
	return st;
}

/* What every event of a lead leaves behind: a line of its timeline, a count, its next alarm. */
static enum status close_lead(struct pass *p, struct err *e)
{
	enum status st = stage_remember(p, e);
	if (st == ST_OK)
		st = stage_count(p, e);
	p->work->dirty = true;
	return st == ST_OK ? stage_alarm(p, e) : st;
}

/* ---- what became of a message ---- */

/* RFC 5321 4.5.4.1 asks for half an hour and longer; the first tries are sooner, because
 * greylisting wants it. */
static int64_t retry_us(uint32_t attempts)
{
	static const int64_t steps[] = {5 * US_PER_M, 15 * US_PER_M, 30 * US_PER_M, US_PER_H,
					2 * US_PER_H, 4 * US_PER_H,  8 * US_PER_H};
	size_t n = sizeof steps / sizeof steps[0];
	return steps[attempts == 0 ? 0 : attempts - 1 < n ? attempts - 1 : n - 1];
}

static enum message_state told_state(struct str type)
{
	static const struct {
		const char *type;
		enum message_state state;
	} rows[] = {{"message.sent", MESSAGE_SENT},
		    {"message.deferred", MESSAGE_DEFERRED},
		    {"message.failed", MESSAGE_FAILED},
		    {"message.uncertain", MESSAGE_UNCERTAIN}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (str_is(type, rows[i].type))
			return rows[i].state;
	ASSERT(false && "a row of the table without a state");
	return MESSAGE_FAILED;
}

static enum status move_told(struct pass *p, struct message *m, const struct json *d, struct err *e)
{
	int64_t now = p->env.now_us, code = 0;
	enum message_state to = told_state(p->event.type);
	struct str reason = json_str(d, json_get(d, 0, "reason"), p->arena);
	if (json_i64(d, json_get(d, 0, "code"), &code) && code > 0 && code < 1000)
		m->code = (uint32_t)code;
	if (to == MESSAGE_DEFERRED && m->expires_us != TIME_NONE &&
	    now + retry_us(m->attempts) >= m->expires_us) {
		to = MESSAGE_FAILED;
		reason = arena_printf(p->arena, "expired: " STR_FMT, STR_ARG(reason));
	}
	enum status st = message_move(m, to, now, str_slice(reason, 0, MESSAGE_REASON_MAX), e);
	if (st != ST_OK)
		return st;
	if (to == MESSAGE_DEFERRED)
		m->due_us = now + retry_us(m->attempts);
	return ST_OK;
}

enum status system_message(struct engine *en, struct pass *p, struct err *e)
{
	struct json d;
	uint64_t id;
	struct message m;
	(void)en;
	enum status st = system_props(p, p->arena, &d, e);
	if (st == ST_OK)
		st = system_id(p, &d, "message", &id, e);
	if (st == ST_OK)
		st = outbox_get(p->batch->store, id, p->arena, &m, e);
	if (st != ST_OK)
		return st;
	struct outbox_place was = {m.state, m.due_us};
	st = move_told(p, &m, &d, e);
	if (st == ST_OK)
		st = outbox_put(p->batch->store, &m, was, p->arena, e);
	if (st == ST_OK)
		st = take_lead(p, m.lead, e);
	if (st == ST_OK)
		st = decide_told(p, &m, e);
	return st == ST_OK ? close_lead(p, e) : st;
}

/* ---- all sending ---- */

enum status system_sending(struct engine *en, struct pass *p, struct err *e)
{
	struct json d;
	bool stop = str_is(p->event.type, "sending.pause");
	enum status st = p->event.properties.n ? system_props(p, p->arena, &d, e) : ST_OK;
	if (st != ST_OK)
		return st;
	struct str why = p->event.properties.n ? json_str(&d, json_get(&d, 0, "reason"), p->arena)
					       : STR_NULL;
	struct play *y = &en->play;
	y->paused = stop;
	(void)snprintf(y->pause_reason, sizeof y->pause_reason, STR_FMT,
		       STR_ARG(stop ? str_slice(why, 0, sizeof y->pause_reason - 1) : STR_NULL));
	y->dirty = true;
	/* What waited for it is looked at again: everybody's alarm may be due. */
	return stop ? ST_OK : system_sweep(en, p->env.now_us, e);
}

/* ---- tracks ---- */

static enum status named_track(struct pass *p, const struct json *d, size_t *out, struct err *e)
{
	struct str name = json_str(d, json_get(d, 0, "track"), p->arena);
	*out = program_track_of(p->program, name);
	if (name.n > 0 && *out == NO_INDEX)
		return err_set(e, ST_INVALID, "there is no track called " STR_FMT, STR_ARG(name));
	return ST_OK;
}

enum status system_track(struct engine *en, struct pass *p, struct err *e)
{
	struct json d;
	uint64_t lead;
	int64_t seconds = 0;
	struct decide_ask ask = {.what = ASK_MOVE, .index = NO_INDEX};
	(void)en;
	enum status st = system_props(p, p->arena, &d, e);
	if (st == ST_OK)
		st = system_id(p, &d, "lead", &lead, e);
	if (st == ST_OK)
		st = take_lead(p, lead, e);
	if (st != ST_OK)
		return st;
	ask.reason = json_str(&d, json_get(&d, 0, "reason"), p->arena);
	if (str_is(p->event.type, "track.move")) {
		st = named_track(p, &d, &ask.index, e);
	} else {
		ask.what = ASK_PAUSE;
		if (str_is(p->event.type, "track.pause") &&
		    (!json_i64(&d, json_get(&d, 0, "seconds"), &seconds) || seconds <= 0 ||
		     seconds > 3650 * (US_PER_D / US_PER_S)))
			st = err_set(e, ST_INVALID,
				     "track.pause: properties.seconds must be 1 s to 3650 days");
		ask.for_us = seconds * US_PER_S;
	}
	if (st == ST_OK)
		st = decide_asked(p, &ask, e);
	return st == ST_OK ? close_lead(p, e) : st;
}

/* ---- hand-offs ---- */

static enum status hand_open(struct pass *p, const struct json *d, struct err *e)
{
	uint64_t lead;
	struct str team = json_str(d, json_get(d, 0, "team"), p->arena);
	enum status st = system_id(p, d, "lead", &lead, e);
	if (st == ST_OK)
		st = take_lead(p, lead, e);
	if (st != ST_OK)
		return st;
	const struct decide_ask ask = {
		.what = ASK_HANDOFF,
		.index = team.n ? program_team_of(p->program, team) : 0,
		.reason = json_str(d, json_get(d, 0, "reason"), p->arena),
	};
	st = decide_asked(p, &ask, e);
	return st == ST_OK ? close_lead(p, e) : st;
}

static const struct {
	const char *type, *verdict;
	enum handoff_state to;
} verdicts[] = {
	{"handoff.accept", "accepted", HANDOFF_ACCEPTED},
	{"handoff.return", "not_now", HANDOFF_RETURNED},
	{"handoff.refuse", "not_a_fit", HANDOFF_REFUSED},
	{"handoff.bad_data", "bad_data", HANDOFF_REFUSED},
	{"handoff.close", "closed", HANDOFF_CLOSED},
};

static enum status hand_said(struct pass *p, const struct json *d, struct handoff *h, struct err *e)
{
	size_t i = 0, n = sizeof verdicts / sizeof verdicts[0];
	while (i < n && !str_is(p->event.type, verdicts[i].type))
		i++;
	ASSERT(i < n);
	int64_t was = h->state == HANDOFF_OPEN ? h->due_us : TIME_NONE, seconds = 0;
	struct str reason = json_str(d, json_get(d, 0, "reason"), p->arena);
	/* How it ended, when it is told: "meeting", "won", "lost". */
	struct str verdict = verdicts[i].to == HANDOFF_CLOSED
				     ? json_str(d, json_get(d, 0, "verdict"), p->arena)
				     : STR_NULL;
	if (verdict.n == 0)
		verdict = str_of(verdicts[i].verdict);
	enum status st = handoff_move(h, verdicts[i].to, p->env.now_us, verdict, e);
	if (st != ST_OK)
		return st;
	if (reason.n)
		h->reason = str_slice(reason, 0, MESSAGE_REASON_MAX);
	if (verdicts[i].to == HANDOFF_RETURNED) {
		(void)json_i64(d, json_get(d, 0, "again_seconds"), &seconds);
		h->again_us = p->env.now_us + (seconds > 0 ? seconds * US_PER_S : 30 * US_PER_D);
	}
	return handoff_put(p->batch->store, h, was, p->arena, e);
}

enum status system_handoff(struct engine *en, struct pass *p, struct err *e)
{
	struct json d;
	uint64_t id;
	struct handoff h;
	(void)en;
	enum status st = system_props(p, p->arena, &d, e);
	if (st == ST_OK && str_is(p->event.type, "handoff.open"))
		return hand_open(p, &d, e);
	if (st == ST_OK)
		st = system_id(p, &d, "handoff", &id, e);
	if (st == ST_OK)
		st = handoff_get(p->batch->store, id, p->arena, &h, e);
	if (st == ST_OK)
		st = hand_said(p, &d, &h, e);
	if (st == ST_OK)
		st = take_lead(p, h.lead, e);
	const struct decide_ask ask = {.what = ASK_RETURNED, .handoff = &h};
	if (st == ST_OK && h.state != HANDOFF_ACCEPTED)
		st = decide_asked(p, &ask, e);
	return st == ST_OK ? close_lead(p, e) : st;
}

/* ---- content ---- */

enum status system_content(struct engine *en, struct pass *p, struct err *e)
{
	struct json d;
	struct buf hex;
	uint8_t digest[SHA256_BYTES];
	(void)en;
	enum status st = system_props(p, p->arena, &d, e);
	if (st != ST_OK)
		return st;
	struct str text = json_str(&d, json_get(&d, 0, "text"), p->arena);
	if (text.n == 0 || text.n > CONTENT_BYTES_MAX)
		return err_set(e, ST_INVALID, "content.put: properties.text must be 1 to %u bytes",
			       CONTENT_BYTES_MAX);
	crypto_sha256(text, digest);
	buf_init_arena(&hex, p->arena, 2 * SHA256_BYTES);
	hex_encode(str_n((const char *)digest, SHA256_BYTES), &hex);
	return store_put(p->batch->store, TABLE_CONTENT, KEY_BYTES(buf_view(&hex)), text, e);
}
