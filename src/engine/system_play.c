/* SPDX-License-Identifier: Apache-2.0
 * system_play.c: our own events about sending, tracks and hand-offs. What the mail server said,
 * what a rep decided, what an operator asked for: all enter by the log, like everything else. */
#include "base/assert.h"
#include "base/crypto.h"
#include "base/time.h"
#include "engine/handing.h"
#include "engine/held.h"
#include "engine/internal.h"
#include "engine/notice.h"
#include "engine/outbox.h"
#include "engine/outcome.h"
#include "engine/stage_decide.h"
#include "engine/system.h"
#include "engine/tally.h"

#include <stdio.h>

/* ---- a lead in hand for an event of ours ---- */

enum status system_take_lead(struct pass *p, uint64_t id, struct err *e)
{
	enum status st = batch_lead_whole(p->batch, id, &p->work, e);
	if (st == ST_OK && p->program == NULL)
		return err_set(e, ST_CONFLICT, "no program has been applied yet");
	return st == ST_OK ? decide_own(p, e) : st;
}

enum status system_close_lead(struct pass *p, struct err *e)
{
	enum status st = stage_remember(p, e);
	if (st == ST_OK)
		st = stage_count(p, e);
	p->work->dirty = true;
	return st == ST_OK ? stage_alarm(p, e) : st;
}

/* ---- what became of a message ---- */

#define LINKS_MAX 10000 /* more than a mail has room for */
#define RETRY_MOST_S (14 * (US_PER_D / US_PER_S))

/* RFC 5321 4.5.4.1 asks for half an hour and longer; the first tries are sooner, because
 * greylisting wants it. */
static int64_t retry_us(uint32_t attempts)
{
	static const int64_t steps[] = {5 * US_PER_M, 15 * US_PER_M, 30 * US_PER_M, US_PER_H,
					2 * US_PER_H, 4 * US_PER_H,  8 * US_PER_H};
	size_t n = sizeof steps / sizeof steps[0];
	return steps[attempts == 0 ? 0 : attempts - 1 < n ? attempts - 1 : n - 1];
}

static bool by_webhook(const struct message *m)
{
	return m->flags & MESSAGE_SYSTEM && str_is(m->channel, CHANNEL_WEBHOOK);
}

static int64_t wait_us(const struct message *m)
{
	return by_webhook(m) ? notice_retry_us(m) : retry_us(m->attempts);
}

/* Who spoke to the server knows better (smtp/retry.h) and says so in the event; else the table. */
static int64_t come_back_us(const struct json *d, const struct message *m)
{
	int64_t seconds;
	bool told = json_i64(d, json_get(d, 0, "after_seconds"), &seconds) && seconds > 0 &&
		    seconds <= RETRY_MOST_S;
	return told ? seconds * US_PER_S : wait_us(m);
}

static bool flagged(const struct json *d, const char *key)
{
	bool yes;
	return json_bool(d, json_get(d, 0, key), &yes) && yes;
}

static enum message_state told_state(struct str type)
{
	static const struct {
		const char *type;
		enum message_state state;
	} rows[] = {{"message.sent", MESSAGE_SENT},
		    {"message.deferred", MESSAGE_DEFERRED},
		    {"message.failed", MESSAGE_FAILED},
		    {"message.uncertain", MESSAGE_UNCERTAIN},
		    {"message.cancel", MESSAGE_CANCELLED}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (str_is(type, rows[i].type))
			return rows[i].state;
	ASSERT(false && "a row of the table without a state");
	return MESSAGE_FAILED;
}

static enum status move_told(struct pass *p, struct message *m, const struct json *d, struct err *e)
{
	int64_t now = p->env.now_us, code = 0, links;
	enum message_state to = told_state(p->event.type);
	if (to == MESSAGE_UNCERTAIN && by_webhook(m))
		to = MESSAGE_DEFERRED; /* at least once: the receiver knows it by its id */
	struct str reason = json_str(d, json_get(d, 0, "reason"), p->arena);
	if (json_i64(d, json_get(d, 0, "code"), &code) && code > 0 && code < 1000)
		m->code = (uint32_t)code;
	int64_t again_us = now + come_back_us(d, m);
	bool expires = m->expires_us != TIME_NONE && again_us >= m->expires_us;
	if (to == MESSAGE_DEFERRED && (expires || flagged(d, "expired"))) {
		to = MESSAGE_FAILED;
		reason = arena_printf(p->arena, "expired: " STR_FMT, STR_ARG(reason));
	}
	enum status st = message_move(m, to, now, str_slice(reason, 0, MESSAGE_REASON_MAX), e);
	if (st != ST_OK)
		return st;
	if (to == MESSAGE_DEFERRED)
		m->due_us = again_us;
	/* It waited for its turn, or a disk: no server was asked. */
	if (flagged(d, "untried") && m->attempts > 0)
		m->attempts--;
	if (to == MESSAGE_SENT && flagged(d, "trial"))
		m->flags |= MESSAGE_TRIAL;
	if (json_i64(d, json_get(d, 0, "links"), &links) && links > 0 && links <= LINKS_MAX)
		m->links_n = (uint32_t)links;
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
		tally_moved(p->batch, &m, was.state);
	if (st == ST_OK)
		st = outbox_put(p->batch->store, &m, was, p->arena, e);
	if (st == ST_OK)
		st = system_take_lead(p, m.lead, e);
	if (st == ST_OK)
		st = m.flags & MESSAGE_SYSTEM ? notice_told(p, &m, was, e) : decide_told(p, &m, e);
	return st == ST_OK ? system_close_lead(p, e) : st;
}

enum status system_notice(struct engine *en, struct pass *p, struct err *e)
{
	struct json d;
	uint64_t id;
	(void)en;
	enum status st = system_props(p, p->arena, &d, e);
	if (st == ST_OK)
		st = system_id(p, &d, "message", &id, e);
	if (st == ST_OK)
		st = notice_again(p, id, e);
	return st == ST_OK ? system_close_lead(p, e) : st;
}

/* ---- all sending ---- */

/* Who stops it again does not take the first one's reason away, but gives one where none was. */
static void stop_sending(struct play *y, struct str why, int64_t now_us)
{
	if (!y->paused)
		y->paused_us = now_us;
	if (y->paused && strcmp(y->pause_reason, PLAY_NO_REASON) != 0)
		return;
	(void)snprintf(y->pause_reason, sizeof y->pause_reason, STR_FMT,
		       STR_ARG(str_upto(why, sizeof y->pause_reason - 1)));
	y->paused = true;
}

enum status system_sending(struct engine *en, struct pass *p, struct err *e)
{
	struct json d;
	struct play *y = &en->play;
	enum status st = p->event.properties.n ? system_props(p, p->arena, &d, e) : ST_OK;
	if (st != ST_OK)
		return st;
	struct str why = p->event.properties.n ? json_str(&d, json_get(&d, 0, "reason"), p->arena)
					       : STR_NULL;
	y->dirty = true;
	if (str_is(p->event.type, "sending.pause")) {
		stop_sending(y, why.n ? why : STR(PLAY_NO_REASON), p->env.now_us);
		return ST_OK;
	}
	y->paused = false;
	y->paused_us = TIME_NONE;
	y->pause_reason[0] = '\0';
	return held_free(en, p->env.now_us, e);
}

/* ---- experiments ---- */

static const struct program_experiment *experiment_of(const struct program *p, struct str name)
{
	for (size_t i = 0; i < p->play->experiments_n; i++)
		if (str_eq(p->play->experiments[i].name, name))
			return &p->play->experiments[i];
	return NULL;
}

static size_t arm_named(const struct program_experiment *x, struct str name)
{
	size_t i = 0;
	while (i < x->arms_n && !str_eq(x->arms[i].name, name))
		i++;
	return i;
}

enum status system_experiment(struct engine *en, struct pass *p, struct err *e)
{
	struct json d;
	enum status st = system_props(p, p->arena, &d, e);
	if (st == ST_OK && p->program == NULL)
		st = err_set(e, ST_CONFLICT, "no program has been applied yet");
	if (st != ST_OK)
		return st;
	struct str name = json_str(&d, json_get(&d, 0, "experiment"), p->arena),
		   arm = json_str(&d, json_get(&d, 0, "arm"), p->arena);
	const struct program_experiment *x = experiment_of(p->program, name);
	if (x == NULL)
		return err_set(e, ST_NOT_FOUND, "the program has no experiment " STR_FMT,
			       STR_ARG(name));
	size_t i = arm_named(x, arm);
	if (i == x->arms_n)
		return err_set(e, ST_INVALID, "experiment " STR_FMT " has no arm " STR_FMT,
			       STR_ARG(name), STR_ARG(arm));
	play_end(&en->play, x, i);
	return ST_OK;
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
		st = system_take_lead(p, lead, e);
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
	return st == ST_OK ? system_close_lead(p, e) : st;
}

/* ---- hand-offs ---- */

static enum status hand_open(struct pass *p, const struct json *d, struct err *e)
{
	uint64_t lead;
	struct str team = json_str(d, json_get(d, 0, "team"), p->arena);
	enum status st = system_id(p, d, "lead", &lead, e);
	if (st == ST_OK)
		st = system_take_lead(p, lead, e);
	if (st != ST_OK)
		return st;
	const struct decide_ask ask = {
		.what = ASK_HANDOFF,
		.index = team.n ? program_team_of(p->program, team) : 0,
		.reason = json_str(d, json_get(d, 0, "reason"), p->arena),
	};
	st = decide_asked(p, &ask, e);
	return st == ST_OK ? system_close_lead(p, e) : st;
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

/* The day it may be nurtured again: a date, or seconds from now; a month where none is named. */
static int64_t again_us(const struct pass *p, const struct json *d)
{
	int64_t seconds = 0, at, now = p->env.now_us;
	struct str date = json_str(d, json_get(d, 0, "again_at"), p->arena);
	if (date.n && time_parse(date, &at) && at > now)
		return at;
	(void)json_i64(d, json_get(d, 0, "again_seconds"), &seconds); /* absent: 0 */
	bool sane = seconds > 0 && seconds < 3650 * (US_PER_D / US_PER_S);
	return now + (sane ? seconds * US_PER_S : 30 * US_PER_D);
}

static enum status hand_said(struct pass *p, const struct json *d, struct handoff *h, struct err *e)
{
	size_t i = 0, n = sizeof verdicts / sizeof verdicts[0];
	while (i < n && !str_is(p->event.type, verdicts[i].type))
		i++;
	ASSERT(i < n);
	struct handing_word word = {.to = verdicts[i].to,
				    .verdict = str_of(verdicts[i].verdict),
				    .said = json_str(d, json_get(d, 0, "reason"), p->arena),
				    .again_us = again_us(p, d)};
	struct str told = json_str(d, json_get(d, 0, "verdict"), p->arena);
	if (word.to == HANDOFF_CLOSED && told.n > 0) {
		bool fits = outcome_is(told) && !str_is(told, "accepted");
		if (!fits && !str_is(told, "closed"))
			return err_set(e, ST_INVALID,
				       "handoff.close: verdict is meeting, opportunity, won, lost "
				       "or closed");
		word.verdict = told;
	}
	/* Won is told long after the meeting: the hand-off has ended, the story has not. */
	bool more = word.to == HANDOFF_CLOSED && h->state == HANDOFF_CLOSED &&
		    outcome_is(word.verdict) && !str_eq(word.verdict, h->verdict);
	return more ? handing_more(p, h, &word, e) : handing_say(p, h, &word, e);
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
		st = system_take_lead(p, h.lead, e);
	if (st == ST_OK)
		st = hand_said(p, &d, &h, e);
	if (st == ST_OK)
		st = outcome_fold(p, h.verdict, e);
	const struct decide_ask ask = {.what = ASK_RETURNED, .handoff = &h};
	if (st == ST_OK && h.state != HANDOFF_ACCEPTED)
		st = decide_asked(p, &ask, e);
	return st == ST_OK ? system_close_lead(p, e) : st;
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
