/* SPDX-License-Identifier: Apache-2.0
 * view_next.c: see view_next.h. */
#include "view/view_next.h"

#include "engine/inspect.h"
#include "engine/journeys.h"
#include "engine/outbox.h"
#include "model/key.h"
#include "view/view_inside.h"

#include <stdio.h>

#define MESSAGES_SHOWN 5

static enum status open_lead(struct view *v, struct view_lead *l, struct inspect *x, struct err *e)
{
	const struct inspect_ask q = {
		.store = v->store,
		.program = v->program,
		.lead = &l->lead,
		.profile = &l->profile,
		.facts = &l->facts,
		.now_us = v->now_us,
		.arena = v->arena,
	};
	return inspect_open(&q, x, e);
}

/* ---- where ---- */

static void put_where(struct view *v, const struct inspect *x, struct json_w *w)
{
	const struct journey *j = &x->journey;
	json_w_key(w, "where");
	json_w_object(w);
	json_w_kz(w, "phase", journeys_phase(j));
	if (j->reason.n)
		json_w_kstr(w, "reason", j->reason);
	if (j->track.n) {
		json_w_kstr(w, "track", j->track);
		json_w_kstr(w, "step", j->step);
		json_w_ki64(w, "repeats", j->again_n);
		json_w_ki64(w, "sent", j->sent_n);
		json_w_ktime(w, "entered", j->entered_us);
		json_w_ki64(w, "version", (int64_t)j->version);
		json_w_kbool(w, "version_in_force", j->version == x->d.now.number);
	}
	json_w_ki64(w, "program_version", (int64_t)x->d.now.number);
	if (beside_lead(&x->play.beside, j->lead))
		json_w_kbool(w, "candidate", true);
	json_w_ktime(w, "due", j->due_us);
	if (j->holdout)
		json_w_kbool(w, "holdout", true);
	json_w_kstr(w, "time_zone", x->world.zone_name);
	if (j->past_n) {
		const struct journey_past *p = &j->past[j->past_n - 1];
		json_w_kstr(w, "left", p->track);
		json_w_kstr(w, "left_because", p->reason);
		json_w_ktime(w, "left_at", p->at_us);
	}
	json_w_end(w);
	(void)v;
}

/* ---- next ---- */

/* "Tue 2026-11-24 09:40 Europe/Berlin" */
static struct str local_time(struct view *v, const struct inspect *x, int64_t at_us)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	char text[TIME_TEXT_MAX];
	int64_t local = at_us + tz_offset_us(x->world.zone, at_us);
	(void)time_format(local, text);
	return arena_printf(v->arena, "%s %.10s %.5s " STR_FMT, days[time_weekday(local)], text,
			    text + 11, STR_ARG(x->world.zone_name));
}

static void put_steps(struct view *v, const struct inspect *x, const struct inspect_next *n,
		      struct json_w *w)
{
	json_w_key(w, "steps");
	json_w_array(w);
	for (size_t i = 0; i < n->n; i++) {
		json_w_object(w);
		json_w_ktime(w, "at", n->steps[i].at_us);
		if (n->steps[i].at_us != TIME_NONE)
			json_w_kstr(w, "local", local_time(v, x, n->steps[i].at_us));
		json_w_kz(w, "what", n->steps[i].words);
		json_w_end(w);
	}
	json_w_end(w);
}

static void put_message(struct view *v, const struct inspect *x, const struct message *m,
			struct json_w *w)
{
	json_w_key(w, "message");
	json_w_object(w);
	if (m->id)
		json_w_ki64(w, "id", (int64_t)m->id);
	if (m->id)
		json_w_kz(w, "state", message_state_name(m->state));
	json_w_kstr(w, "message", m->message);
	json_w_kstr(w, "angle", m->angle);
	json_w_kstr(w, "channel", m->channel);
	json_w_kstr(w, "track", m->track);
	json_w_kstr(w, "step", m->step);
	json_w_ktime(w, "at", m->due_us);
	if (m->due_us != TIME_NONE)
		json_w_kstr(w, "local", local_time(v, x, m->due_us));
	json_w_end(w);
}

static void put_unless_one(struct json_w *w, struct str if_, struct str then)
{
	json_w_object(w);
	json_w_kstr(w, "if", if_);
	json_w_kstr(w, "then", then);
	json_w_end(w);
}

static struct str stops(struct view *v, const struct program_guardrails *g)
{
	struct buf text;
	buf_init_arena(&text, v->arena, 64u << 10);
	for (size_t i = 0; i < g->stop_on_n; i++) {
		buf_str(&text, i ? STR(", ") : STR(""));
		buf_str(&text, g->stop_on[i]);
	}
	return buf_view(&text);
}

/* What would change it: the step's reactions while a message is watched, and what always stops. */
static void put_unless(struct view *v, const struct inspect *x, struct json_w *w)
{
	const struct program *p = x->d.pinned.program;
	const struct journey *j = &x->journey;
	const struct program_guardrails *g = &x->d.now.program->play->guardrails;
	size_t track = j->track.n ? program_track_of(p, j->track) : NO_INDEX;
	const struct program_track *k = track == NO_INDEX ? NULL : &p->play->tracks[track];
	size_t step = k == NULL ? NO_INDEX : program_step_of(k, j->step);
	bool watched = step != NO_INDEX && j->phase == JOURNEY_WATCHING;
	json_w_key(w, "unless");
	json_w_array(w);
	for (int r = 0; watched && r <= REACT_OPENED; r++)
		if (k->steps[step].react[r].kind != ACTION_NONE)
			put_unless_one(w, str_of(react_kind_name((enum react_kind)r)),
				       view_action_text(p, &k->steps[step].react[r], v->arena));
	if (journey_automated(j) && g->stop_on_n > 0)
		put_unless_one(w, stops(v, g), STR("everything automated stops"));
	json_w_end(w);
}

static struct str sentence(struct view *v, const struct inspect *x, const struct inspect_next *n)
{
	const struct journey *j = &x->journey;
	const struct message *m = &n->message;
	if (n->sends && n->steps[n->n - 1].at_us != TIME_NONE)
		return arena_printf(v->arena, STR_FMT " (" STR_FMT ") by " STR_FMT ", " STR_FMT,
				    STR_ARG(m->message), STR_ARG(m->angle), STR_ARG(m->channel),
				    STR_ARG(local_time(v, x, m->due_us)));
	if (n->n > 0)
		return str_of(n->steps[n->n - 1].words);
	if (j->phase == JOURNEY_HANDED)
		return STR("nothing: a person has this lead");
	if (j->phase == JOURNEY_STOPPED)
		return arena_printf(v->arena,
				    "nothing: automated messages have ended (" STR_FMT ")",
				    STR_ARG(j->reason));
	return STR("nothing until something happens: on no track");
}

static enum status put_next(struct view *v, struct inspect *x, struct json_w *w, struct err *e)
{
	struct inspect_next *n = ARENA_NEW(v->arena, struct inspect_next);
	if (n == NULL)
		return err_set(e, ST_LIMIT, "too much to show at once");
	enum status st = inspect_next(x, n, e);
	if (st != ST_OK)
		return st;
	json_w_key(w, "next");
	json_w_object(w);
	json_w_kstr(w, "words", sentence(v, x, n));
	if (x->world.paused)
		json_w_kstr(w, "all_sending_is_paused", x->world.pause_reason);
	if (n->sends)
		put_message(v, x, &n->message, w);
	put_steps(v, x, n, w);
	put_unless(v, x, w);
	json_w_end(w);
	return ST_OK;
}

/* ---- why not ---- */

static void put_reasons(const struct decide_reason *list, size_t n, struct json_w *w)
{
	json_w_array(w);
	for (size_t i = 0; i < n; i++) {
		json_w_object(w);
		json_w_kbool(w, "holds", list[i].holds);
		json_w_kstr(w, "what", list[i].what);
		json_w_kstr(w, "value", list[i].value);
		json_w_end(w);
	}
	json_w_end(w);
}

/* The guards as they stand now, for the message of the step it is at. */
static enum status put_guards(struct view *v, struct inspect *x, struct json_w *w, struct err *e)
{
	const struct decide_reason *list;
	size_t n;
	const struct journey *j = &x->journey;
	const struct program *p = x->d.pinned.program;
	size_t track = j->track.n ? program_track_of(p, j->track) : NO_INDEX;
	size_t step =
		track == NO_INDEX ? NO_INDEX : program_step_of(&p->play->tracks[track], j->step);
	(void)v;
	if (step == NO_INDEX)
		return ST_OK;
	struct str message = p->play->tracks[track].steps[step].message;
	const struct decide d = x->d;
	enum status st = decide_why_not(&x->d, message, &list, &n, e);
	x->d = d;
	if (st != ST_OK)
		return st;
	json_w_key(w, "guards_now");
	put_reasons(list, n, w);
	return ST_OK;
}

/* The lead as stored, and room for it as deciding would see it; open_lead fills that. */
static enum status load(struct view *v, uint64_t lead, struct view_lead *l, struct inspect **x,
			struct err *e)
{
	enum status st = view_load(v, lead, l, e);
	if (st == ST_OK && v->program == NULL)
		st = err_set(e, ST_CONFLICT, "no program has been applied yet");
	if (st == ST_OK && l->lead.flags & LEAD_ERASED)
		st = err_set(e, ST_CONFLICT, "lead %llu has been forgotten",
			     (unsigned long long)lead);
	*x = st == ST_OK ? ARENA_NEW(v->arena, struct inspect) : NULL;
	if (st == ST_OK && *x == NULL)
		st = err_set(e, ST_LIMIT, "too much to look at at once");
	return st;
}

static void put_why_not(uint64_t lead, struct str what, const struct decide_reason *list, size_t n,
			struct json_w *w)
{
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.why_not/1");
	json_w_ki64(w, "lead", (int64_t)lead);
	json_w_kstr(w, "what", what);
	json_w_key(w, "in_the_way");
	if (n > 0 && !list[n - 1].holds) {
		json_w_object(w);
		json_w_kstr(w, "what", list[n - 1].what);
		json_w_kstr(w, "value", list[n - 1].value);
		json_w_end(w);
	} else {
		json_w_null(w);
	}
	json_w_key(w, "reasons");
	put_reasons(list, n, w);
	json_w_end(w);
}

enum status view_why_not(struct view *v, uint64_t lead, struct str what, struct json_w *w,
			 struct err *e)
{
	const struct decide_reason *list;
	size_t n;
	struct view_lead l;
	struct inspect *x;
	enum status st = load(v, lead, &l, &x, e);
	if (st != ST_OK)
		return st;
	st = open_lead(v, &l, x, e);
	if (st == ST_OK)
		st = decide_why_not(&x->d, what, &list, &n, e);
	if (st == ST_OK)
		put_why_not(lead, what, list, n, w);
	inspect_close(x);
	return st;
}

/* ---- documents ---- */

enum status view_next(struct view *v, uint64_t lead, struct json_w *w, struct err *e)
{
	struct view_lead l;
	struct inspect *x;
	enum status st = load(v, lead, &l, &x, e);
	if (st != ST_OK)
		return st;
	json_w_object(w);
	json_w_kz(w, "schema", "nurtured.next/1");
	json_w_ki64(w, "lead", (int64_t)lead);
	json_w_ktime(w, "as_of", v->now_us);
	st = open_lead(v, &l, x, e);
	if (st == ST_OK) {
		put_where(v, x, w);
		st = put_next(v, x, w, e);
	}
	json_w_end(w);
	inspect_close(x);
	return st;
}

static bool take_decision(void *ctx, struct store_key key, struct str value)
{
	(void)value;
	*(uint64_t *)ctx = key_read_u64(key.bytes, 8);
	return false;
}

enum status view_last_decision(struct view *v, uint64_t lead, uint64_t *id_r, struct err *e)
{
	struct key from = key_u64(lead), to = key_u64(lead + 1);
	struct store_range range = {KEY_BYTES(key_view(&from)), KEY_BYTES(key_view(&to)), true};
	*id_r = 0;
	return store_scan(v->store, TABLE_LEAD_DECISION, range, take_decision, id_r, e);
}

static enum status put_handoff(struct view *v, uint64_t id, struct json_w *w, struct err *e)
{
	struct handoff h;
	enum status st = id ? handoff_get(v->store, id, v->arena, &h, e) : ST_NOT_FOUND;
	if (st == ST_OK) {
		json_w_key(w, "handoff");
		view_handoff_row(v, &h, w);
	}
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static enum status put_all(struct view *v, struct view_lead *l, struct inspect *x, struct json_w *w,
			   struct err *e)
{
	uint64_t decision;
	put_where(v, x, w);
	enum status st = view_last_decision(v, l->id, &decision, e);
	if (st != ST_OK)
		return st;
	json_w_key(w, "last_decision");
	view_decision_put(v, decision, w);
	st = put_next(v, x, w, e);
	if (st == ST_OK)
		st = put_guards(v, x, w, e);
	if (st == ST_OK)
		st = view_messages_of(v, l->id, MESSAGES_SHOWN, w, e);
	return st == ST_OK ? put_handoff(v, x->journey.handoff, w, e) : st;
}

enum status view_play_put(struct view *v, struct view_lead *l, struct json_w *w, struct err *e)
{
	if (v->program == NULL || l->lead.flags & LEAD_ERASED || v->program->play->tracks_n == 0)
		return ST_OK;
	struct inspect *x = ARENA_NEW(v->arena, struct inspect);
	if (x == NULL)
		return err_set(e, ST_LIMIT, "too much to show at once");
	enum status st = open_lead(v, l, x, e);
	if (st == ST_OK)
		st = put_all(v, l, x, w, e);
	inspect_close(x);
	return st;
}

/* ---- another sender's touch ---- */

static const struct program_decision *decision_of(const struct view *v, struct str name)
{
	const struct program_play *play = v->program != NULL ? v->program->play : NULL;
	for (size_t i = 0; play != NULL && i < play->decisions_n; i++)
		if (str_eq(play->decisions[i].name, name))
			return &play->decisions[i];
	return NULL;
}

static void ask_all(const struct inspect *x, const struct program_decision *of,
		    struct view_held *out)
{
	static const struct content_file elsewhere = {0}; /* the text is the other sender's */
	struct candidate c = {.channel = of->channel,
			      .purpose = x->d.now.program->consent.purposes[of->purpose],
			      .content = &elsewhere,
			      .key = UINT64_MAX, /* no text of ours, so nothing that is repeated */
			      .at_us = x->env.now_us};
	guards_ask(&x->d, &c);
	*out = (struct view_held){.free_us = TIME_NONE};
	if (c.held == GUARD_COUNT)
		return;
	out->guard = guard_wire(c.held);
	out->free_us = c.free_us;
	(void)snprintf(out->why, sizeof out->why, "%s", c.why[0] ? c.why : guard_words(c.held));
}

enum status view_held(struct view *v, uint64_t lead, struct str decision, struct view_held *out,
		      struct err *e)
{
	struct view_lead l;
	const struct program_decision *of = decision_of(v, decision);
	if (of == NULL)
		return err_set(e, ST_CONFLICT, "the program has changed; ask again");
	struct inspect *x;
	enum status st = load(v, lead, &l, &x, e);
	if (st != ST_OK)
		return st;
	st = open_lead(v, &l, x, e);
	if (st == ST_OK)
		ask_all(x, of, out);
	inspect_close(x);
	return st;
}
