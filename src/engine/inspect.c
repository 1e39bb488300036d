/* SPDX-License-Identifier: Apache-2.0
 * inspect.c: see inspect.h. */
#include "engine/inspect.h"

#include "base/assert.h"
#include "engine/engine.h"
#include "engine/outbox.h"
#include "engine/world.h"

#include <stdio.h>

#define DICE_SEED 1 /* the rules draw from one candidate: the dice decide nothing */

/* ST_NOT_FOUND: never placed. */
static enum status read_journey(struct store *s, uint64_t lead, struct arena *a,
				struct journey *out, struct err *e)
{
	struct lead l;
	struct str row, text = STR_NULL;
	enum status st = store_get(s, TABLE_LEAD, KEY_NUM(lead), a, &row, e);
	if (st == ST_OK)
		st = lead_row_decode(lead, row, a, &l, &text, e);
	if (st == ST_OK && text.n == 0)
		return ST_NOT_FOUND;
	return st == ST_OK ? journey_decode(lead, text, a, out, e) : st;
}

static enum status open_versions(const struct inspect_ask *q, struct inspect *x, struct err *e)
{
	struct engine_meta meta;
	enum status st = engine_meta_read(q->store, &meta, e);
	if (st == ST_OK)
		st = play_load(&x->play, e);
	if (st == ST_OK)
		st = play_set_now(&x->play, meta.program_version, q->program, e);
	if (st == ST_OK)
		st = play_version_of(&x->play, meta.program_version, q->lead->id, &x->d.now, e);
	if (st != ST_OK)
		return st;
	q->facts->program = x->d.now.program; /* what is known is the same in both */
	uint64_t pinned = x->journey.version ? x->journey.version : x->d.now.number;
	return play_version(&x->play, pinned, &x->d.pinned, e);
}

enum status inspect_open(const struct inspect_ask *q, struct inspect *x, struct err *e)
{
	*x = (struct inspect){.placed = false};
	play_init(&x->play, q->store);
	journey_init(&x->journey, q->lead->id);
	enum status st = read_journey(q->store, q->lead->id, q->arena, &x->journey, e);
	x->placed = st == ST_OK;
	if (st == ST_OK || st == ST_NOT_FOUND)
		st = open_versions(q, x, e);
	if (st != ST_OK)
		return st;
	x->env = (struct env){.now_us = q->now_us};
	rng_seed(&x->env.rng, DICE_SEED);
	q->facts->journey = &x->journey;
	struct account_row account;
	if (q->facts->account != NULL && !account_row_read(q->facts->account, q->arena, &account))
		return err_set(e, ST_LIMIT, "a company does not fit");
	bool unsent = x->journey.phase == JOURNEY_WATCHING && x->journey.due_us == TIME_NONE;
	const struct world_ask ask = {
		.store = q->store,
		.program = x->d.now.program,
		.lead = q->lead,
		.profile = q->profile,
		.account = q->facts->account != NULL ? &account : NULL,
		.message = unsent ? x->journey.message : 0,
		.play = &x->play,
		.now_us = q->now_us,
		.arena = q->arena,
	};
	st = world_fill(&ask, &x->world, e);
	x->d.journey = &x->journey;
	x->d.lead = q->lead;
	x->d.facts = q->facts;
	x->d.env = &x->env;
	x->d.world = &x->world;
	x->d.arena = q->arena;
	return st;
}

void inspect_close(struct inspect *x)
{
	play_finish(&x->play);
}

/* ---- what next ---- */

static struct inspect_step *add(struct inspect_next *out, int64_t at_us)
{
	ASSERT(out->n < INSPECT_STEPS_MAX);
	struct inspect_step *s = &out->steps[out->n++];
	*s = (struct inspect_step){.at_us = at_us};
	return s;
}

/* A message that is made already: it leaves, unless a guard holds it at its minute. */
static enum status next_of_message(struct inspect *x, struct inspect_next *out, struct err *e)
{
	struct candidate c;
	enum status st =
		outbox_get(x->play.store, x->journey.message, x->d.arena, &out->message, e);
	if (st != ST_OK)
		return st;
	struct message *m = &out->message;
	bool waits = outbox_waits(m);
	struct inspect_step *s = add(out, waits ? m->due_us : TIME_NONE);
	out->sends = true;
	if (!waits) {
		(void)snprintf(s->words, sizeof s->words,
			       "message %llu is handed over; its answer is waited for",
			       (unsigned long long)m->id);
		return ST_OK;
	}
	if (m->due_us > x->env.now_us)
		x->env.now_us = m->due_us;
	guards_ask_message(&x->d, m, &c);
	if (c.held == GUARD_COUNT)
		(void)snprintf(s->words, sizeof s->words, "message %llu leaves",
			       (unsigned long long)m->id);
	else
		(void)snprintf(s->words, sizeof s->words, "message %llu is held: %s",
			       (unsigned long long)m->id, c.why[0] ? c.why : guard_words(c.held));
	return ST_OK;
}

static void next_of_held(const struct inspect *x, struct inspect_next *out)
{
	struct inspect_step *s = add(out, TIME_NONE);
	(void)snprintf(s->words, sizeof s->words, "held until sending is resumed: " STR_FMT,
		       STR_ARG(str_slice(x->world.pause_reason, 0, 120)));
}

/* The same guard as at the last look makes no new words, only a new time. */
static void words_of_look(const struct inspect *x, bool was_paused, const struct decide_out *did,
			  struct inspect_step *s)
{
	struct str reason = x->journey.reason;
	if (did->words[0])
		(void)snprintf(s->words, sizeof s->words, "%s", did->words);
	else if (was_paused && x->journey.phase != JOURNEY_PAUSED)
		(void)snprintf(s->words, sizeof s->words, "the pause ends");
	else if (reason.n)
		(void)snprintf(s->words, sizeof s->words, "still waits: " STR_FMT, STR_ARG(reason));
	else
		(void)snprintf(s->words, sizeof s->words, "is looked at again");
}

/* One look at the instant it is due; *on_r: there is another one to come. */
static enum status one_look(struct inspect *x, struct inspect_next *out, bool *on_r, struct err *e)
{
	struct decide_out did = {.moved = false};
	int64_t due = x->journey.due_us, was = x->env.now_us;
	bool was_paused = x->journey.phase == JOURNEY_PAUSED;
	x->env.now_us = due > was ? due : was;
	x->d.facts->now_us = x->env.now_us;
	if (time_day(x->env.now_us) != time_day(was))
		x->world.sent_today = 0;
	enum status st = decide_due(&x->d, &did, e);
	if (st != ST_OK)
		return st;
	struct inspect_step *s = add(out, x->env.now_us);
	words_of_look(x, was_paused, &did, s);
	out->sends = did.send;
	if (did.send)
		out->message = did.message;
	*on_r = !did.send && did.moved && x->journey.due_us != TIME_NONE &&
		out->n < INSPECT_STEPS_MAX;
	return ST_OK;
}

enum status inspect_next(struct inspect *x, struct inspect_next *out, struct err *e)
{
	const struct journey keep = x->journey;
	const struct decide_world world = x->world;
	const struct decide d = x->d;
	const struct facts facts = *x->d.facts;
	int64_t now = x->env.now_us;
	bool unsent = keep.phase == JOURNEY_WATCHING && keep.due_us == TIME_NONE;
	bool on = keep.due_us != TIME_NONE;
	enum status st = ST_OK;
	*out = (struct inspect_next){.n = 0};
	if (journey_held(&keep))
		next_of_held(x, out);
	if (unsent && keep.message != 0)
		st = next_of_message(x, out, e);
	while (on && st == ST_OK)
		st = one_look(x, out, &on, e);
	x->journey = keep;
	x->world = world;
	x->d = d;
	*x->d.facts = facts;
	x->env.now_us = now;
	return st;
}
