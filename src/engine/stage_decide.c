/* SPDX-License-Identifier: Apache-2.0
 * stage_decide.c: from numbers to a touch. Room decide says what is to be done; this file makes
 * the rows: the decision's record, the message and its place in the outbox, the hand-off. A
 * message whose time has come is asked for once more by every guard and marked SENDING in the same
 * transaction; what leaves the process does so behind the commit (play_hand_over). */
#include "base/assert.h"
#include "base/time.h"
#include "engine/account.h"
#include "engine/handing.h"
#include "engine/held.h"
#include "engine/kept.h"
#include "engine/merge.h"
#include "engine/outbox.h"
#include "engine/pass.h"
#include "engine/past.h"
#include "engine/play.h"
#include "engine/seen.h"
#include "engine/stage_decide.h"
#include "engine/tally.h"
#include "engine/world.h"
#include "model/key.h"

#define ROUNDS_MAX 16               /* decisions of one lead at one instant */
#define AWAY_MAX_US (90 * US_PER_D) /* longer than that is a mistake in the date */

/* One lead's decision in hand. */
struct round {
	struct pass *p;
	struct decide d;
	struct decide_world world;
	struct decide_models models;
	struct journey *journey;
};

/* ---- opening ---- */

/* What is known of the lead is the same in both (program/beside.h), facts and all. */
static void use_version(struct pass *p, const struct decide_version *own)
{
	p->program = own->program;
}

enum status decide_own(struct pass *p, struct err *e)
{
	struct decide_version own;
	uint64_t now = p->batch->program_version;
	if (!p->play->beside.on)
		return ST_OK;
	enum status st = play_version_of(p->play, now, p->work->lead.id, &own, e);
	if (st == ST_OK)
		use_version(p, &own);
	return st;
}

static enum status versions(struct round *r, struct err *e)
{
	struct play *y = r->p->play;
	uint64_t lead = r->journey->lead;
	enum status st = play_version_of(y, r->p->batch->program_version, lead, &r->d.now, e);
	if (st != ST_OK)
		return st;
	use_version(r->p, &r->d.now);
	r->d.beside = beside_candidate(&y->beside);
	uint64_t pinned = r->journey->version ? r->journey->version : r->d.now.number;
	return play_version(y, pinned, &r->d.pinned, e);
}

/* Nothing is read while the program says that nobody learns. */
static enum status open_learned(struct round *r, struct err *e)
{
	struct play *y = r->p->play;
	r->d.decision = y->next_decision;
	if (r->p->program == NULL || r->p->program->play->deciding.mode == DECIDE_OFF)
		return ST_OK;
	enum status st = learned_use(&y->learned, r->p->batch->store, y->seed, &r->d.learned, e);
	if (st == ST_OK)
		st = drift_use(&y->drift, r->p->batch->store, e);
	r->d.drift = drift_now(&y->drift, &r->p->program->play->deciding, r->p->env.now_us);
	return st;
}

/* Anew before each choice: what was learned meanwhile may have moved a rollout on. */
static enum status open_models(struct round *r, struct err *e)
{
	struct rollout *x = &r->p->play->rollout;
	r->d.models = NULL;
	if (r->d.learned == NULL)
		return ST_OK;
	enum status st = rollout_use(x, r->p->batch->store, e);
	if (st == ST_OK && rollout_models(x, r->journey->lead, &r->models))
		r->d.models = &r->models;
	return st;
}

static enum status open_round(struct pass *p, struct round *r, struct err *e)
{
	*r = (struct round){.p = p};
	enum status st = batch_journey(p->batch, p->work, e);
	if (st != ST_OK)
		return st;
	r->journey = p->work->journey;
	if (r->journey == NULL) {
		r->journey = ARENA_NEW(&p->batch->keep, struct journey);
		if (r->journey == NULL)
			return err_set(e, ST_NO_MEMORY, "a journey does not fit the batch");
		journey_init(r->journey, p->work->lead.id);
	}
	st = versions(r, e);
	if (st == ST_OK)
		st = pass_facts(p, e);
	if (st != ST_OK)
		return st;
	p->facts.journey = r->journey;
	r->d.journey = r->journey;
	r->d.lead = &p->work->lead;
	r->d.facts = &p->facts;
	r->d.env = &p->env;
	r->d.arena = p->arena;
	return open_learned(r, e);
}

/* The world costs rows: only when something is to be chosen or to leave. */
static enum status open_world(struct round *r, uint64_t message, struct err *e)
{
	if (r->d.world != NULL)
		return ST_OK;
	r->d.world = &r->world;
	return world_of_pass(r->p, message, &r->world, e);
}

/* ---- rows ---- */

static enum status keep_record(struct round *r, struct str record, uint64_t *id_r, struct err *e)
{
	struct play *y = r->p->play;
	struct store *s = r->p->batch->store;
	uint64_t id = y->next_decision++;
	struct key k = key_u64_u64(r->journey->lead, id);
	y->dirty = true;
	r->d.decision = y->next_decision;
	*id_r = id;
	enum status st = store_put(s, TABLE_DECISION, KEY_NUM(id), record, e);
	if (st == ST_OK)
		st = store_put(s, TABLE_LEAD_DECISION, KEY_BYTES(key_view(&k)), STR(""), e);
	return st == ST_OK ? kept_decided(r->p, e) : st;
}

static enum status make_message(struct round *r, struct message *m, uint64_t decision,
				struct err *e)
{
	struct play *y = r->p->play;
	m->id = y->next_message++;
	m->lead = r->journey->lead;
	m->decision = decision;
	y->dirty = true;
	r->journey->message = m->id;
	return outbox_add(r->p->batch->store, m, r->p->arena, e);
}

static enum status cancel(struct round *r, uint64_t id, struct str reason, struct err *e)
{
	struct message m;
	enum status st = outbox_get(r->p->batch->store, id, r->p->arena, &m, e);
	return st == ST_OK ? account_not_leave(r->p, r->p->work, &m, reason, e) : st;
}

static enum status open_handoff(struct round *r, struct decide_out *out, struct err *e)
{
	out->hand.lead = r->journey->lead;
	enum status st = handing_open(r->p, &out->hand, out->hand_within_us, e);
	if (st != ST_OK)
		return st;
	r->journey->handoff = out->hand.id;
	return account_hand(r->p, out->hand.id, e);
}

static bool in_hands(const struct handoff *h)
{
	return h->state == HANDOFF_OPEN || h->state == HANDOFF_ACCEPTED;
}

static enum status close_handoff(struct round *r, struct err *e)
{
	struct handoff h;
	static const struct handing_word closed = {
		.to = HANDOFF_CLOSED, .verdict = STR("closed"), .again_us = TIME_NONE};
	if (r->journey->handoff == 0)
		return ST_OK;
	enum status st = handoff_get(r->p->batch->store, r->journey->handoff, r->p->arena, &h, e);
	r->journey->handoff = 0;
	return st == ST_OK && in_hands(&h) ? handing_say(r->p, &h, &closed, e) : st;
}

static enum status suppress_channel(struct round *r, size_t channel, struct err *e)
{
	struct str name = r->p->program->consent.channels[channel];
	enum status st = batch_profile(r->p->batch, r->p->work, e);
	if (st != ST_OK)
		return st;
	struct str address = world_address_in_hand(r->p, name);
	struct suppression s = {.key = suppression_key(name, address, r->p->arena),
				.reason = SUPPRESS_MANUAL,
				.at_us = r->p->env.now_us,
				.until_us = TIME_NONE,
				.source = STR("program"),
				.seq = r->p->event.seq};
	return address.n ? consent_suppress_one(r->p, &s, e) : ST_OK;
}

/* Everything a decision asked for, in the order in which it must be true. */
static enum status carry_out(struct round *r, struct decide_out *out, struct err *e)
{
	enum status st = pass_opened(r->p, e);
	uint64_t decision = 0;
	if (st == ST_OK && out->cancel)
		st = cancel(r, out->cancel, r->journey->reason, e);
	if (st == ST_OK && out->close_handoff)
		st = close_handoff(r, e);
	if (st == ST_OK && out->decided)
		st = keep_record(r, out->record, &decision, e);
	if (st == ST_OK && out->send)
		st = make_message(r, &out->message, decision, e);
	if (st == ST_OK && out->remember) {
		out->pending.message = out->send ? r->journey->message : 0;
		st = learned_remember(r->p, &out->pending, e);
		if (st == ST_OK)
			st = drift_decided(r->p, out, e);
	}
	if (st == ST_OK && out->handoff)
		st = open_handoff(r, out, e);
	if (st == ST_OK && out->suppress)
		st = suppress_channel(r, out->suppress_channel, e);
	for (size_t i = 0; i < out->counts_n && st == ST_OK; i++)
		st = tally_count(r->p, &out->counts[i], e);
	if (st == ST_OK && out->passed)
		st = tally_stored(r->p, out->passed,
				  out->passed_track ? MESSAGE_MOVED : MESSAGE_NEXT, e);
	if (out->moved)
		batch_journey_set(r->p->batch, r->p->work, r->journey);
	return st == ST_OK && out->held ? held_add(r->p->batch, HELD_LEAD, r->journey->lead, e)
					: st;
}

/* ---- a message whose time has come ---- */

/* It will not leave any more: the lead goes on without it. */
static enum status never(struct round *r, struct message *m, struct str why, struct err *e)
{
	struct decide_out out = {.moved = false};
	struct pass *p = r->p;
	enum status st = account_not_leave(p, p->work, m, why, e);
	if (st == ST_OK)
		st = decide_message(&r->d, m, &out, e);
	return st == ST_OK ? carry_out(r, &out, e) : st;
}

/* A guard holds it: until the guard's end; by the kill switch, until that is lifted. */
static enum status later(struct round *r, struct message *m, const struct candidate *c,
			 struct err *e)
{
	struct outbox_place was = {m->state, m->due_us};
	int64_t now = r->p->env.now_us;
	bool paused = c->held == GUARD_PAUSED;
	bool ends = c->free_us != TIME_NONE &&
		    (m->expires_us == TIME_NONE || c->free_us < m->expires_us);
	struct str why = arena_printf(r->p->arena, "%s: %s", guard_wire(c->held), c->why);
	const struct str dims[] = {str_of(guard_wire(c->held)),
				   paused || ends ? STR("later") : STR("never")};
	batch_count(r->p->batch, now, "held", dims, 2, 1);
	if (!paused && !ends)
		return never(r, m, why, e);
	m->due_us = paused ? TIME_NONE : c->free_us > now ? c->free_us : now + US_PER_S;
	m->reason = why;
	enum status st = outbox_put(r->p->batch->store, m, was, r->p->arena, e);
	return st == ST_OK && paused ? held_add(r->p->batch, HELD_LEAD, r->journey->lead, e) : st;
}

static enum status try_send(struct round *r, struct message *m, struct err *e)
{
	struct candidate c;
	enum status st = open_world(r, m->id, e);
	if (st != ST_OK)
		return st;
	if (m->expires_us != TIME_NONE && m->expires_us <= r->p->env.now_us)
		return never(r, m, STR("expired while it was held"), e);
	guards_ask_message(&r->d, m, &c);
	if (c.held != GUARD_COUNT)
		return later(r, m, &c, e);
	struct outbox_place was = {m->state, m->due_us};
	if (m->state == MESSAGE_DEFERRED)
		st = message_move(m, MESSAGE_READY, r->p->env.now_us, STR("tried again"), e);
	if (st == ST_OK)
		st = message_move(m, MESSAGE_SENDING, r->p->env.now_us, STR("handed over"), e);
	if (st == ST_OK)
		st = outbox_put(r->p->batch->store, m, was, r->p->arena, e);
	if (st != ST_OK)
		return st;
	st = account_touch(r->p, m->id, e);
	if (st != ST_OK)
		return st;
	play_sent(r->p->play, r->p->env.now_us);
	play_hand_over(r->p->play, m->id);
	return ST_OK;
}

/* The message in hand, when it waits for its time. *due_r: that time, TIME_NONE: it does not. */
static enum status message_due(struct round *r, struct message *m, int64_t *due_r, struct err *e)
{
	*due_r = TIME_NONE;
	if (r->journey->message == 0 || r->journey->due_us != TIME_NONE)
		return ST_OK;
	enum status st = outbox_get(r->p->batch->store, r->journey->message, r->p->arena, m, e);
	if (st == ST_OK && outbox_waits(m))
		*due_r = m->due_us;
	return st;
}

/* ---- until nothing is due ---- */

/* Decides and sends as long as something is due now; then says when to look again. */
static enum status settle(struct round *r, struct err *e)
{
	int64_t now = r->p->env.now_us, due = TIME_NONE, next = TIME_NONE;
	enum status st = ST_OK;
	for (int i = 0; i < ROUNDS_MAX && st == ST_OK; i++) {
		struct decide_out out = {.moved = false};
		struct message m;
		st = message_due(r, &m, &due, e);
		if (st == ST_OK && due != TIME_NONE && due <= now) {
			st = try_send(r, &m, e);
			continue;
		}
		next = st == ST_OK ? decide_next_us(&r->d) : TIME_NONE;
		if (next == TIME_NONE || next > now)
			break;
		st = open_world(r, 0, e);
		if (st == ST_OK)
			st = open_models(r, e);
		if (st == ST_OK)
			st = decide_due(&r->d, &out, e);
		if (st == ST_OK)
			st = carry_out(r, &out, e);
	}
	if (st != ST_OK)
		return st;
	r->p->play_due_us = due == TIME_NONE || (next != TIME_NONE && next < due) ? next : due;
	return ST_OK;
}

/* ---- away ---- */

/* Somebody's machine says when they are back: nothing is sent to an empty desk. */
static enum status away(struct round *r, struct err *e)
{
	const struct pass *p = r->p;
	struct decide_out out = {.moved = false};
	int64_t until;
	if (!str_is(p->event.type, "email.auto_reply") || !str_is(p->event.source, PASS_OBSERVED) ||
	    p->properties.count == 0 || !journey_automated(r->journey))
		return ST_OK;
	struct str text = json_str(&p->properties, json_get(&p->properties, 0, "until"), p->arena);
	if (!time_parse(text, &until) || until <= p->env.now_us)
		return ST_OK;
	int64_t for_us = time_between(p->env.now_us, until);
	enum status st = decide_pause(&r->d, for_us < AWAY_MAX_US ? for_us : AWAY_MAX_US,
				      STR("away, says an automatic answer"), &out, e);
	return st == ST_OK ? carry_out(r, &out, e) : st;
}

/* ---- what a person in sales achieved ---- */

static bool is_outcome(const struct pass *p)
{
	const struct program *g = p->program;
	bool found = g->goal.n > 0 && str_eq(g->goal, p->event.type);
	for (size_t i = 0; i < g->outcomes_n; i++)
		found |= str_eq(g->outcomes[i], p->event.type);
	return found && !(p->event.flags & (EVENT_BOT | EVENT_MACHINE));
}

/* An outcome ends the hand-off that led to it. */
static enum status outcome(struct round *r, struct err *e)
{
	struct handoff h;
	struct pass *p = r->p;
	struct decide_out out = {.moved = false};
	const struct handing_word word = {
		.to = HANDOFF_CLOSED, .verdict = p->event.type, .again_us = TIME_NONE};
	enum status st = handoff_get(p->batch->store, r->journey->handoff, p->arena, &h, e);
	if (st != ST_OK || !in_hands(&h))
		return st;
	st = handing_say(p, &h, &word, e);
	if (st == ST_OK)
		st = decide_returned(&r->d, &h, &out, e);
	return st == ST_OK ? carry_out(r, &out, e) : st;
}

/* ---- the stage ---- */

static bool concerns(const struct pass *p)
{
	if (p->program == NULL || p->work->lead.flags & (LEAD_ERASED | LEAD_MERGED))
		return false;
	return p->program->play->tracks_n > 0 || p->program->play->triggers_n > 0;
}

/* What the program is for has come. */
static enum status reached_goal(struct round *r, struct err *e)
{
	struct pass *p = r->p;
	bool human = !(p->event.flags & (EVENT_BOT | EVENT_MACHINE));
	if (!human || p->program->goal.n == 0 || !str_eq(p->event.type, p->program->goal))
		return ST_OK;
	return tally_goal(p, r->journey, e);
}

/* Somebody sent it before us; while nobody learns it is history and nothing else. */
static enum status past(struct round *r, struct err *e)
{
	if (r->p->program->play->deciding.mode == DECIDE_OFF)
		return ST_OK;
	enum status st = open_world(r, 0, e);
	return st == ST_OK ? past_seen(r->p, &r->d, e) : st;
}

enum status stage_decide(struct pass *p, struct err *e)
{
	struct round r;
	struct decide_out out = {.moved = false};
	p->play_due_us = TIME_NONE;
	if (!concerns(p) || !(p->work->lead.flags & LEAD_KNOWN))
		return ST_OK;
	enum status st = open_round(p, &r, e);
	if (st == ST_OK && p->why == PASS_EVENT)
		st = seen_message(p, e);
	bool handed = st == ST_OK && r.journey->phase == JOURNEY_HANDED && r.journey->handoff;
	if (handed && p->why == PASS_EVENT && is_outcome(p))
		st = outcome(&r, e);
	if (st == ST_OK && p->why == PASS_EVENT) {
		st = decide_event(&r.d, &out, e);
		if (st == ST_OK)
			st = carry_out(&r, &out, e);
		if (st == ST_OK)
			st = reached_goal(&r, e);
		if (st == ST_OK)
			st = learned_seen(p, r.journey, e);
		if (st == ST_OK && str_is(p->event.type, PAST_EVENT))
			st = past(&r, e);
		if (st == ST_OK)
			st = away(&r, e);
		p->facts.event = NULL;
		p->facts.properties = NULL;
	}
	return st == ST_OK ? settle(&r, e) : st;
}

/* ---- the same doors for our own events ---- */

enum status decide_told(struct pass *p, const struct message *m, struct err *e)
{
	struct round r;
	struct decide_out out = {.moved = false};
	enum status st = open_round(p, &r, e);
	if (st == ST_OK && m->state == MESSAGE_FAILED)
		st = account_untouch(p, p->work, m->id, e);
	if (st == ST_OK)
		st = decide_message(&r.d, m, &out, e);
	if (st == ST_OK)
		st = carry_out(&r, &out, e);
	return st == ST_OK ? settle(&r, e) : st;
}

/* A message that waits for the switch alone is due. */
static enum status free_message(struct round *r, struct err *e)
{
	struct message m;
	struct store *s = r->p->batch->store;
	if (r->journey->message == 0 || r->journey->due_us != TIME_NONE)
		return ST_OK;
	enum status st = outbox_get(s, r->journey->message, r->p->arena, &m, e);
	if (st != ST_OK || !outbox_waits(&m) || m.due_us != TIME_NONE)
		return st;
	struct outbox_place was = {m.state, m.due_us};
	m.due_us = r->p->env.now_us;
	return outbox_put(s, &m, was, r->p->arena, e);
}

enum status decide_freed(struct pass *p, struct err *e)
{
	struct round r;
	struct decide_out out = {.moved = false};
	if (!concerns(p))
		return ST_OK;
	enum status st = open_round(p, &r, e);
	if (st == ST_OK)
		st = free_message(&r, e);
	if (st == ST_OK)
		st = decide_lifted(&r.d, &out, e);
	if (st == ST_OK)
		st = carry_out(&r, &out, e);
	return st == ST_OK ? settle(&r, e) : st;
}

enum status decide_asked(struct pass *p, const struct decide_ask *ask, struct err *e)
{
	struct round r;
	struct decide_out out = {.moved = false};
	enum status st = open_round(p, &r, e);
	if (st != ST_OK)
		return st;
	switch (ask->what) {
	case ASK_MOVE: st = decide_move(&r.d, ask->index, ask->reason, &out, e); break;
	case ASK_PAUSE: st = decide_pause(&r.d, ask->for_us, ask->reason, &out, e); break;
	case ASK_HANDOFF: st = decide_handoff(&r.d, ask->index, ask->reason, &out, e); break;
	case ASK_RETURNED: st = decide_returned(&r.d, ask->handoff, &out, e); break;
	}
	if (st == ST_OK)
		st = carry_out(&r, &out, e);
	return st == ST_OK ? settle(&r, e) : st;
}
