/* SPDX-License-Identifier: Apache-2.0
 * why.c: what stands between a lead and a track or a message? The same questions as when deciding,
 * in the same order, told with the lead's values, down to the first that does not hold. */
#include "decide/internal.h"

#include <stdio.h>

#define REASONS_MAX 128

struct answer {
	struct turn t;
	struct decide_reason *list;
	size_t n;
	bool ended; /* something does not hold: the rest is not asked */
};

static struct decide_reason *ask(struct answer *a, struct str what, struct str value, bool holds)
{
	if (a->ended || a->n == REASONS_MAX)
		return NULL;
	a->ended = !holds;
	a->list[a->n] = (struct decide_reason){what, value, holds};
	return &a->list[a->n++];
}

/* A condition, then each of its parts that decided it, with what it saw. */
static enum status ask_cond(struct answer *a, const struct facts *f, struct str what,
			    const struct program_cond *c, struct err *e)
{
	struct arena *arena = a->t.d->arena;
	const struct facts_clause *clauses;
	size_t n;
	bool holds = facts_hold(f, c, NULL);
	if (a->ended || c->prog == NULL)
		return ST_OK;
	enum status st = facts_explain(f, c, arena, &clauses, &n, e);
	if (st != ST_OK)
		return st;
	for (size_t i = 0; i < n && !holds; i++)
		if (clauses[i].leaf && !clauses[i].holds) {
			struct str text = arena_printf(arena, STR_FMT ": " STR_FMT,
						       STR_ARG(c->text), STR_ARG(clauses[i].reads));
			(void)ask(a, what, text, false);
			return ST_OK;
		}
	(void)ask(a, what, c->text, holds);
	return ST_OK;
}

static void ask_phase(struct answer *a)
{
	const struct journey *j = a->t.j;
	struct str phase = str_of(journey_phase_name(j->phase));
	struct str value = j->reason.n ? arena_printf(a->t.d->arena, STR_FMT " (" STR_FMT ")",
						      STR_ARG(phase), STR_ARG(j->reason))
				       : phase;
	(void)ask(a, STR("automated messages"), value, journey_automated(j));
	(void)ask(a, STR("known lead"), STR("has an address, a user id or another identifier"),
		  trigger_reachable(a->t.d->lead));
}

/* ---- a track ---- */

static void ask_reentry(struct answer *a, const struct program_track *k)
{
	char text[TIME_TEXT_MAX];
	int64_t at_us = TIME_NONE;
	bool may = trigger_may_reenter(a->t.j, k, a->t.now_us, &at_us);
	struct str value = may                  ? STR("may enter")
			   : at_us == TIME_NONE ? STR("has been on it; once is all")
						: arena_printf(a->t.d->arena, "not before %s",
							       time_format(at_us, text));
	(void)ask(a, STR("re-entry"), value, may);
}

static enum status why_not_track(struct answer *a, const struct program_track *k, struct err *e)
{
	struct arena *arena = a->t.d->arena;
	const struct journey *j = a->t.j;
	struct str name =
		arena_printf(arena, "enter condition of track " STR_FMT, STR_ARG(k->name));
	if (str_eq(j->track, k->name)) {
		(void)ask(a, STR("track"),
			  arena_printf(arena, "is on it, at step " STR_FMT, STR_ARG(j->step)),
			  true);
		return ST_OK;
	}
	ask_phase(a);
	(void)ask(a, STR("personas"),
		  k->personas_n ? STR("the track is for some personas") : STR("for everybody"),
		  trigger_persona_fits(k, a->t.d->lead));
	ask_reentry(a, k);
	if (k->enter.prog == NULL)
		(void)ask(a, name, STR("has none: only a move leads there"), false);
	enum status st = ask_cond(a, a->t.d->facts, name, &k->enter, e);
	if (st != ST_OK)
		return st;
	(void)ask(a, STR("on no track"),
		  j->track.n ? arena_printf(arena, "is on track " STR_FMT, STR_ARG(j->track))
			     : STR("free"),
		  j->track.n == 0);
	return ST_OK;
}

/* ---- a message ---- */

static const struct program_track *track_with(const struct program *p, struct str message,
					      size_t *step_r)
{
	for (size_t i = 0; i < p->play->tracks_n; i++)
		for (size_t k = 0; k < p->play->tracks[i].steps_n; k++)
			if (str_eq(p->play->tracks[i].steps[k].message, message)) {
				*step_r = k;
				return &p->play->tracks[i];
			}
	return NULL;
}

static void ask_guards(struct answer *a, const struct program_step *s)
{
	struct arena *arena = a->t.d->arena;
	const struct slate *x = a->ended ? NULL : candidates_list(&a->t, s);
	if (x == NULL)
		return;
	const struct candidate *c = &x->c[0];
	for (unsigned g = 0; g < GUARD_COUNT && g <= (unsigned)c->held; g++) {
		bool holds = g == (unsigned)c->held;
		const char *why = holds && c->why[0] ? c->why : holds ? guards[g].words : "free";
		(void)ask(a, arena_printf(arena, "guard %s", guards[g].name),
			  arena_str(arena, str_of(why)), !holds);
	}
}

static void ask_place(struct answer *a, const struct program_track *k, const struct program_step *s)
{
	struct arena *arena = a->t.d->arena;
	const struct journey *j = a->t.j;
	char text[TIME_TEXT_MAX];
	(void)ask(a, STR("track"),
		  j->track.n ? arena_printf(arena, "is on track " STR_FMT, STR_ARG(j->track))
			     : STR("is on no track"),
		  str_eq(j->track, k->name));
	(void)ask(a, STR("step"), arena_printf(arena, "is at step " STR_FMT, STR_ARG(j->step)),
		  str_eq(j->step, s->name));
	if (j->phase == JOURNEY_WATCHING)
		(void)ask(a, STR("message"),
			  j->due_us == TIME_NONE ? STR("is made, and about to leave")
						 : STR("has been sent, and is watched"),
			  true);
	else if (j->due_us != TIME_NONE && j->due_us > a->t.now_us && j->reason.n == 0)
		/* With a reason it waits for a guard, which is asked below. */
		(void)ask(a, STR("cadence"),
			  arena_printf(arena, "not before %s", time_format(j->due_us, text)),
			  false);
}

static enum status why_not_message(struct answer *a, const struct program_track *k, size_t step,
				   struct err *e)
{
	const struct program_step *s = &k->steps[step];
	ask_phase(a);
	ask_place(a, k, s);
	enum status st = ask_cond(a, &a->t.here, STR("condition of the step"), &s->if_, e);
	if (st == ST_OK && a->t.j->phase != JOURNEY_WATCHING)
		ask_guards(a, s);
	return st;
}

enum status decide_why_not(struct decide *d, struct str name, const struct decide_reason **out,
			   size_t *n_r, struct err *e)
{
	struct decide_out unused;
	struct answer a = {.list = ARENA_ARRAY(d->arena, struct decide_reason, REASONS_MAX)};
	size_t step = 0, track = program_track_of(d->now.program, name);
	if (a.list == NULL)
		return err_set(e, ST_NO_MEMORY, "the reasons do not fit");
	enum status st = turn_begin(&a.t, d, &unused, "why", e);
	if (st != ST_OK)
		return st;
	const struct program_track *k = track_with(d->pinned.program, name, &step);
	if (k == NULL && track == NO_INDEX)
		return err_set(e, ST_NOT_FOUND, "no track and no message is called \"" STR_FMT "\"",
			       STR_ARG(name));
	st = track != NO_INDEX ? why_not_track(&a, &d->now.program->play->tracks[track], e)
			       : why_not_message(&a, k, step, e);
	*out = a.list;
	*n_r = a.n;
	return st;
}
