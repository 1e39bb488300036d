/* SPDX-License-Identifier: Apache-2.0
 * trigger.c: what is looked at on every event and alarm, whatever step a lead is in: ways out of
 * the track, triggers across tracks, and the way in.
 *
 * A trigger's condition is a level, its action an edge: the journey remembers since when it holds
 * and whether it has acted, so that it acts once, and again only after it stopped holding. */
#include "decide/internal.h"

#include "base/assert.h"

bool trigger_reachable(const struct lead *l)
{
	return l != NULL && (l->flags & LEAD_KNOWN) &&
	       !(l->flags & (LEAD_MERGED | LEAD_ERASED | LEAD_BOT));
}

/* ---- the ways out ---- */

static bool human_event(const struct turn *t)
{
	const struct event *ev = t->d->facts->event;
	return ev != NULL && !(ev->flags & (EVENT_BOT | EVENT_MACHINE));
}

static struct str way_out(const struct turn *t, const struct program_track *k)
{
	if (k->goal.n > 0 && human_event(t) && str_eq(k->goal, t->d->facts->event->type))
		return STR("goal");
	if (k->exit.prog != NULL && place_holds(t, &k->exit))
		return STR("exit condition");
	if (k->age_max_us > 0 && time_between(t->j->entered_us, t->now_us) >= k->age_max_us)
		return STR("time is up");
	return STR_NULL;
}

bool trigger_exits(struct turn *t)
{
	const struct program_track *k = place_track(t);
	struct str reason = k != NULL ? way_out(t, k) : STR_NULL;
	if (t->j->track.n > 0 && k == NULL)
		reason = STR("the track is no longer in the program");
	if (reason.n == 0)
		return false;
	place_leave(t, JOURNEY_OUT, reason);
	return true;
}

/* ---- triggers ---- */

static struct journey_fired *fired_of(struct journey *j, uint32_t key)
{
	for (size_t i = 0; i < j->fired_n; i++)
		if (j->fired[i].key == key)
			return &j->fired[i];
	return NULL;
}

static void fired_drop(struct journey *j, struct journey_fired *x)
{
	size_t at = (size_t)(x - j->fired);
	j->fired_n--;
	for (size_t i = at; i < j->fired_n; i++)
		j->fired[i] = j->fired[i + 1];
	j->fired[j->fired_n] = (struct journey_fired){0};
}

/* Triggers that an edit has taken away. */
static void drop_unknown(struct journey *j, const struct program_play *play)
{
	for (size_t i = j->fired_n; i-- > 0;) {
		bool known = false;
		for (size_t k = 0; k < play->triggers_n && !known; k++)
			known = play->triggers[k].key == j->fired[i].key;
		if (!known)
			fired_drop(j, &j->fired[i]);
	}
}

/* Remembers what holds since when. */
static void note(struct turn *t, const struct program_trigger *g)
{
	struct journey *j = t->j;
	struct journey_fired *x = fired_of(j, g->key);
	bool holds = facts_hold(t->d->facts, &g->when, NULL);
	if (!holds && x != NULL)
		fired_drop(j, x);
	if (holds && x == NULL && j->fired_n < JOURNEY_FIRED_MAX)
		j->fired[j->fired_n++] = (struct journey_fired){g->key, false, t->now_us};
}

/* The first that is ripe, by the program's order; NULL: none. */
static const struct program_trigger *ripe(struct turn *t, bool handoff_only)
{
	const struct program_play *play = t->d->now.program->play;
	for (size_t i = 0; i < play->triggers_n; i++) {
		const struct program_trigger *g = &play->triggers[i];
		const struct journey_fired *x = fired_of(t->j, g->key);
		bool kind = !handoff_only || g->action.kind == ACTION_HANDOFF;
		if (kind && x != NULL && !x->fired &&
		    time_between(x->since_us, t->now_us) >= g->for_us)
			return g;
	}
	return NULL;
}

/* What it asks for is so already. */
static bool there_already(const struct turn *t, const struct program_action *a)
{
	const struct program_play *play = t->d->now.program->play;
	return a->kind == ACTION_MOVE && str_eq(play->tracks[a->track].name, t->j->track);
}

static bool looks(struct turn *t)
{
	const struct program_play *play = t->d->now.program->play;
	if (!trigger_reachable(t->d->lead))
		return false;
	drop_unknown(t->j, play);
	for (size_t i = 0; i < play->triggers_n; i++)
		note(t, &play->triggers[i]);
	return true;
}

static void act(struct turn *t, const struct program_trigger *g)
{
	const char *cause = t->cause;
	t->cause = "trigger";
	t->cause_of = g->name;
	turn_say(t, "trigger " STR_FMT, STR_ARG(g->name));
	place_act(t, t->d->now.program, &g->action);
	t->cause = cause;
}

bool trigger_fire(struct turn *t)
{
	if (!looks(t))
		return false;
	const struct program_trigger *g = ripe(t, false);
	while (g != NULL) {
		fired_of(t->j, g->key)->fired = true;
		/* Who is with a person, or has stopped, is left alone: what began meanwhile is
		 * seen, and does not act late. */
		if (journey_automated(t->j) && !there_already(t, &g->action)) {
			act(t, g);
			return true;
		}
		g = ripe(t, false);
	}
	return false;
}

void trigger_reply(struct turn *t)
{
	const struct program_trigger *g = looks(t) ? ripe(t, true) : NULL;
	if (g == NULL)
		return;
	fired_of(t->j, g->key)->fired = true;
	act(t, g);
}

/* ---- the way in ---- */

bool trigger_persona_fits(const struct program_track *k, const struct lead *l)
{
	for (size_t i = 0; i < k->personas_n; i++)
		if (l->persona == k->personas[i] + 1)
			return true;
	return k->personas_n == 0;
}

static const struct journey_past *past_of(const struct journey *j, struct str track)
{
	for (size_t i = j->past_n; i-- > 0;)
		if (str_eq(j->past[i].track, track))
			return &j->past[i];
	return NULL;
}

int64_t trigger_back_us(const struct journey *j, const struct program_track *k)
{
	int64_t rest = k->gap_min_us > REENTRY_LEAST_US ? k->gap_min_us : REENTRY_LEAST_US;
	const struct journey_past *x = past_of(j, k->name);
	return x != NULL ? x->at_us + rest : TIME_NONE;
}

bool trigger_may_reenter(const struct journey *j, const struct program_track *k, int64_t now_us,
			 int64_t *at_us_r)
{
	const struct journey_past *x = past_of(j, k->name);
	bool handed = x != NULL && str_is(x->reason, REASON_HANDED);
	*at_us_r = now_us;
	if (x == NULL)
		return true;
	*at_us_r = trigger_back_us(j, k);
	if (k->reentry == REENTRY_AFTER && !handed && x->at_us + k->reentry_after_us > *at_us_r)
		*at_us_r = x->at_us + k->reentry_after_us;
	if (k->reentry == REENTRY_NEVER && !handed)
		*at_us_r = TIME_NONE;
	return *at_us_r != TIME_NONE && *at_us_r <= now_us;
}

void trigger_enter(struct turn *t)
{
	const struct program_play *play = t->d->now.program->play;
	int64_t at_us;
	if (t->j->phase != JOURNEY_OUT || !trigger_reachable(t->d->lead))
		return;
	for (size_t i = 0; i < play->tracks_n; i++) {
		const struct program_track *k = &play->tracks[i];
		if (k->enter.prog == NULL || k->steps_n == 0 ||
		    !trigger_persona_fits(k, t->d->lead) ||
		    !trigger_may_reenter(t->j, k, t->now_us, &at_us) ||
		    !facts_hold(t->d->facts, &k->enter, NULL))
			continue;
		place_enter(t, i, STR("enter condition"));
		return;
	}
}
