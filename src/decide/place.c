/* SPDX-License-Identifier: Apache-2.0
 * place.c: where a lead is on its tracks, and the few ways to be somewhere else. Everything that
 * moves a journey ends in place_leave, set_step or place_pause, so that what must go with a move
 * (a cancelled message, a remembered track, a counter) is in one place each.
 *
 * A lead stays with the version of its step until it leaves the step; the next one is looked up by
 * name in the version in force. */
#include "decide/internal.h"

#include "base/assert.h"
#include "base/hash.h"

#include <math.h>

static const struct program *now_program(const struct turn *t)
{
	return t->d->now.program;
}

const struct program_track *place_track(const struct turn *t)
{
	const struct program *p = t->d->pinned.program;
	size_t at = t->j->track.n ? program_track_of(p, t->j->track) : NO_INDEX;
	return at == NO_INDEX ? NULL : &p->play->tracks[at];
}

const struct program_step *place_step(const struct turn *t)
{
	const struct program_track *k = place_track(t);
	size_t at = k != NULL ? program_step_of(k, t->j->step) : NO_INDEX;
	return at == NO_INDEX ? NULL : &k->steps[at];
}

bool place_unsent(const struct journey *j)
{
	return j->phase == JOURNEY_WATCHING && j->message != 0 && j->due_us == TIME_NONE;
}

bool place_holds(const struct turn *t, const struct program_cond *c)
{
	return facts_hold(&t->here, c, NULL);
}

static void cancel_unsent(struct turn *t)
{
	if (place_unsent(t->j))
		t->out->cancel = t->j->message;
}

/* ---- how far apart ---- */

static const struct program_pace *pace_of(const struct turn *t)
{
	const struct program_track *k = place_track(t);
	enum tier tier = t->d->facts->tier;
	bool set = k != NULL && tier < TIER_COUNT && k->pace[tier].touches > 0;
	return set ? &k->pace[tier] : NULL;
}

struct place_gaps place_gaps(const struct turn *t, const struct program_step *s)
{
	struct place_gaps g;
	const struct program_track *k = place_track(t);
	const struct program_pace *pace = pace_of(t);
	const struct program_guardrails *r = &now_program(t)->play->guardrails;
	bool own = s != NULL && s->gap_min_us > 0;
	ASSERT(k != NULL);
	int64_t lo = own ? s->gap_min_us : k->gap_min_us;
	int64_t hi = own ? s->gap_max_us : k->gap_max_us;
	double wide = lo > 0 && hi > lo ? (double)(hi - lo) / (double)lo : 0;
	if (pace != NULL)
		lo = pace->within_us / pace->touches;
	g = (struct place_gaps){lo, lo, lo + (int64_t)(wide * (double)lo)};
	if (r->fatigue_max > 0) { /* who has heard much waits longer, inside the range */
		double tired = guards_fatigue(t->j, r, t->now_us) / r->fatigue_max;
		wide *= tired < 1 ? tired : 1;
		g.rules_us += (int64_t)(wide * (double)lo);
	}
	if (g.rules_us - g.short_us > DECIDE_GAP_AHEAD_US)
		g.short_us = g.rules_us - DECIDE_GAP_AHEAD_US;
	if (g.long_us - g.short_us > DECIDE_GAP_AHEAD_US)
		g.long_us = g.short_us + DECIDE_GAP_AHEAD_US;
	return g;
}

int64_t place_gap_us(const struct turn *t, const struct program_step *s)
{
	return place_gaps(t, s).rules_us;
}

/* When it is time to choose: at the shortest gap, where somebody may choose it. */
static int64_t look_gap_us(const struct turn *t, const struct program_step *s)
{
	struct place_gaps g = place_gaps(t, s);
	return policy_chooses_gap(t) ? g.short_us : g.rules_us;
}

bool place_at_once(const struct program_step *s, const struct journey *j)
{
	return j->step_n == 0 && j->again_n == 0 && s->gap_min_us == 0;
}

int64_t place_watch_us(const struct turn *t, const struct program_step *s)
{
	const struct program_pace *pace = pace_of(t);
	int64_t us = s->wait_us > 0 ? s->wait_us : look_gap_us(t, s);
	if (pace != NULL && pace->within_us / pace->touches < us)
		us = pace->within_us / pace->touches;
	return us > 0 ? us : US_PER_H;
}

int64_t place_touched_us(const struct journey *j)
{
	int64_t latest = TIME_NONE;
	for (size_t i = 0; i < j->touches_n; i++)
		if (!(j->touches[i].flags & TOUCH_FAILED) && j->touches[i].at_us > latest)
			latest = j->touches[i].at_us;
	return latest;
}

static int64_t after_touch_us(const struct turn *t, int64_t gap_us)
{
	int64_t latest = place_touched_us(t->j);
	if (latest == TIME_NONE || latest + gap_us < t->now_us)
		return t->now_us;
	return latest + gap_us;
}

/* ---- moves ---- */

static void set_step(struct turn *t, const struct program_track *k, size_t at)
{
	struct journey *j = t->j;
	const struct program_step *s = &k->steps[at];
	cancel_unsent(t);
	t->d->pinned = t->d->now;
	t->here = *t->d->facts;
	j->version = t->d->now.number;
	j->step = s->name;
	j->step_n = (uint32_t)at;
	j->again_n = 0;
	j->with = AGAIN_SAME;
	j->message = 0;
	j->phase = JOURNEY_DUE;
	j->reason = STR_NULL;
	j->due_us = after_touch_us(t, place_at_once(s, j) ? 0 : look_gap_us(t, s));
	if (++t->hops > TURN_HOPS_MAX && j->due_us < t->now_us + TURN_REST_US)
		j->due_us = t->now_us + TURN_REST_US;
}

static void choose_holdout(struct turn *t)
{
	double share = now_program(t)->play->holdout;
	struct journey *j = t->j;
	if (j->holdout_known || !(share > 0))
		return;
	uint64_t salt = hash_str(now_program(t)->name, 0x686f6c646f7574);
	uint64_t dice = hash_u64(j->lead ^ salt);
	j->holdout_known = true;
	j->holdout = (double)(dice >> 11) * 0x1p-53 < share;
}

void place_leave(struct turn *t, enum journey_phase phase, struct str reason)
{
	struct journey *j = t->j;
	bool by_hand = str_is(str_of(t->cause), "operator");
	cancel_unsent(t);
	if (j->track.n > 0) {
		const struct str dims[] = {j->track, by_hand ? STR("operator") : reason};
		turn_count(t, "exit", dims, 2);
		turn_say(t, "leaves track " STR_FMT ": " STR_FMT, STR_ARG(j->track),
			 STR_ARG(reason));
		journey_leave(j, reason, t->now_us);
	}
	j->phase = phase;
	j->due_us = TIME_NONE;
	j->reason = reason;
	j->track = j->step = STR_NULL;
	j->version = 0;
	j->step_n = j->again_n = j->with = j->sent_n = j->silent_n = 0;
	j->message = 0;
}

/* 0 to COHORT_BEFORE_MAX: 10 of 100 points are 4, 50 are 10. The event that led here is in it. */
static uint64_t engaged(const struct lead *l)
{
	double level = l->engagement > 0 ? 1.5 * sqrt(l->engagement) : 0;
	return level < COHORT_BEFORE_MAX ? (uint64_t)level : COHORT_BEFORE_MAX;
}

static void begin_cohort(struct turn *t)
{
	const struct program *p = now_program(t);
	uint32_t persona = t->d->lead->persona;
	uint64_t key = persona > 0 && persona <= p->personas_n
			       ? program_key32("persona", p->personas[persona - 1].name)
			       : 0;
	uint64_t was = t->j->cohort, before = engaged(t->d->lead);
	uint64_t first = COHORT_EVER(was) & COHORT_ENTERED ? COHORT_BEFORE_EVER(was) : before;
	uint64_t ever = COHORT_EVER_ADD(COHORT_EVER(was)) | COHORT_BEFORE_ADD(before, first);
	t->j->cohort = ever | key << 16 | (uint64_t)t->d->facts->tier << 8;
	if (t->d->beside > 0 && t->j->beside.version != t->d->beside)
		t->j->beside = (struct journey_beside){
			.version = t->d->beside, .before = (uint32_t)before, .since_us = t->now_us};
	turn_cohort(t, COHORT_ENTERED);
}

void place_enter(struct turn *t, size_t track, struct str reason)
{
	struct journey *j = t->j;
	const struct program_track *k = &now_program(t)->play->tracks[track];
	const struct str dims[] = {j->track, k->name};
	/* A rest that was promised (a pause, a date from sales) is kept in the new track. */
	bool by_hand = str_is(str_of(t->cause), "operator");
	int64_t rest_us = j->phase == JOURNEY_PAUSED && !by_hand ? j->due_us : TIME_NONE;
	struct str why = j->reason;
	turn_count(t, "moved", dims, 2);
	if (j->track.n > 0)
		place_leave(t, JOURNEY_OUT, reason);
	choose_holdout(t);
	cancel_unsent(t);
	j->track = k->name;
	j->entered_us = t->now_us;
	j->sent_n = j->silent_n = 0;
	begin_cohort(t);
	int64_t back_us = by_hand ? TIME_NONE : trigger_back_us(j, k);
	set_step(t, k, 0);
	if (back_us != TIME_NONE && back_us > j->due_us)
		j->due_us = back_us;
	if (rest_us != TIME_NONE && rest_us > j->due_us) {
		j->phase = JOURNEY_PAUSED;
		j->due_us = rest_us;
		j->reason = why;
	}
	turn_say(t, "enters track " STR_FMT ": " STR_FMT, STR_ARG(k->name), STR_ARG(reason));
}

static void exhausted(struct turn *t, const struct program_track *k)
{
	const struct program_action *a = &k->exhausted;
	if (t->cause_of.n == 0)
		t->cause_of = STR("exhausted");
	switch (a->kind) {
	case ACTION_NONE:
	case ACTION_NEXT:
	case ACTION_AGAIN: place_leave(t, JOURNEY_OUT, STR("exhausted")); return;
	case ACTION_PAUSE: /* there is no step left to go on with */
		place_leave(t, JOURNEY_PAUSED, STR("exhausted"));
		t->j->due_us = t->now_us + a->for_us;
		if (a->then != NULL)
			place_act(t, now_program(t), a->then);
		return;
	default: place_act(t, now_program(t), a); return;
	}
}

void place_next(struct turn *t)
{
	struct journey *j = t->j;
	size_t at = j->track.n ? program_track_of(now_program(t), j->track) : NO_INDEX;
	if (j->track.n == 0) { /* a damaged row may say so: it must not be due for ever */
		if (j->phase == JOURNEY_DUE || j->phase == JOURNEY_WATCHING)
			place_leave(t, JOURNEY_OUT, STR("was on no track"));
		return;
	}
	if (at == NO_INDEX) {
		place_leave(t, JOURNEY_OUT, STR("the track is no longer in the program"));
		return;
	}
	const struct program_track *k = &now_program(t)->play->tracks[at];
	size_t step = program_step_of(k, j->step);
	/* Taken out of the track meanwhile: what stood behind it stands in its place. */
	size_t next = step == NO_INDEX ? j->step_n : step + 1;
	bool enough = k->touches_max > 0 && j->sent_n >= k->touches_max;
	if (next >= k->steps_n)
		turn_cohort(t, COHORT_COMPLETED);
	if (enough || next >= k->steps_n)
		exhausted(t, k);
	else
		set_step(t, k, next);
}

void place_pause(struct turn *t, int64_t for_us, struct str reason)
{
	struct journey *j = t->j;
	int64_t until = t->now_us + for_us;
	if (!journey_automated(j))
		return;
	if (place_unsent(j)) {
		cancel_unsent(t);
		j->message = 0;
	} else if (j->phase == JOURNEY_WATCHING) {
		place_next(t); /* what was sent is said */
	}
	if (!journey_automated(j))
		return;
	if (j->phase != JOURNEY_OUT && j->due_us != TIME_NONE && j->due_us > until)
		until = j->due_us;
	j->phase = JOURNEY_PAUSED;
	j->due_us = until;
	j->reason = reason.n ? reason : STR("pause");
	turn_say(t, "says nothing for a while");
}

void place_hand(struct turn *t, size_t team, int64_t within_us, struct str reason)
{
	const struct program_team *m = &now_program(t)->play->teams[team];
	struct journey *j = t->j;
	struct decide_out *o = t->out;
	const struct str dims[] = {m->name, t->cause_of};
	if (j->phase == JOURNEY_HANDED)
		return;
	turn_cohort(t, COHORT_HANDED);
	uint64_t about = j->message;
	if (about == 0 && j->touches_n > 0)
		about = j->touches[j->touches_n - 1].message;
	place_leave(t, JOURNEY_HANDED, STR(REASON_HANDED));
	if (j->past_n > 0 &&
	    j->past[j->past_n - 1].at_us == t->now_us) /* a reply stopped it first */
		j->past[j->past_n - 1].reason = STR(REASON_HANDED);
	j->reason = reason.n ? reason : t->cause_of;
	o->handoff = true;
	o->hand = (struct handoff){.lead = j->lead,
				   .state = HANDOFF_OPEN,
				   .version = t->d->now.number,
				   .team = m->name,
				   .trigger = t->cause_of,
				   .reason = j->reason,
				   .message = about,
				   .opened_us = t->now_us,
				   .due_us = TIME_NONE,
				   .remind_us = TIME_NONE,
				   .accepted_us = TIME_NONE,
				   .closed_us = TIME_NONE,
				   .again_us = TIME_NONE};
	o->hand_within_us = within_us > 0 ? within_us : m->accept_us;
	turn_count(t, "handoff", dims, 2);
	turn_say(t, "handed to " STR_FMT, STR_ARG(m->name));
}

/* ---- actions ---- */

static size_t channel_in_force(const struct turn *t, size_t channel)
{
	const struct program_consent *old = &t->d->pinned.program->consent;
	const struct program_consent *k = &now_program(t)->consent;
	for (size_t i = 0; i < k->channels_n; i++)
		if (str_eq(k->channels[i], old->channels[channel]))
			return i;
	return NO_INDEX;
}

/* Never again on the channel of the step in hand, else on the first one. Where no other way to
 * reach the lead is left, nothing automated is either. */
static void suppress(struct turn *t, struct str reason)
{
	const struct program_step *s = place_step(t);
	const struct decide_world *w = t->d->world;
	size_t channel = s != NULL ? channel_in_force(t, s->channel) : 0;
	bool other = false;
	if (channel != NO_INDEX) {
		t->out->suppress = true;
		t->out->suppress_channel = channel;
	}
	for (size_t i = 0; w != NULL && i < w->channels_n; i++)
		other |= i != channel && w->address[i].n > 0;
	place_leave(t, other ? JOURNEY_OUT : JOURNEY_STOPPED,
		    reason.n ? reason : STR("suppressed"));
}

/* The step once more, when there is something new to say in it. */
static bool again(struct turn *t, const struct program_action *a)
{
	const struct program_step *s = place_step(t);
	struct journey *j = t->j;
	if (s == NULL || j->again_n >= s->again_max || !candidates_anything(t, s, a->with))
		return false;
	cancel_unsent(t);
	j->again_n++;
	j->with = a->with;
	j->message = 0;
	j->phase = JOURNEY_DUE;
	j->due_us = after_touch_us(t, look_gap_us(t, s));
	return true;
}

static void hand_by_action(struct turn *t, const struct program *from,
			   const struct program_action *a)
{
	size_t team = program_team_of(now_program(t), from->play->teams[a->team].name);
	if (team == NO_INDEX && now_program(t)->play->teams_n > 0)
		team = 0; /* the team was renamed: better somebody than nobody */
	if (team == NO_INDEX)
		place_leave(t, JOURNEY_STOPPED, STR("handed off, and there is no team any more"));
	else
		place_hand(t, team, a->within_us, a->reason);
}

static void move(struct turn *t, const struct program *from, const struct program_action *a)
{
	size_t track = program_track_of(now_program(t), from->play->tracks[a->track].name);
	if (track == NO_INDEX)
		place_leave(t, JOURNEY_OUT, STR("the track is no longer in the program"));
	else
		place_enter(t, track, a->reason.n ? a->reason : t->cause_of);
}

static void act_one(struct turn *t, const struct program *from, const struct program_action *a)
{
	switch (a->kind) {
	case ACTION_NONE:
	case ACTION_NEXT: place_next(t); return;
	case ACTION_MOVE: move(t, from, a); return;
	case ACTION_HANDOFF: hand_by_action(t, from, a); return;
	case ACTION_EXIT:
		place_leave(t, JOURNEY_OUT, a->reason.n ? a->reason : STR("exit"));
		return;
	case ACTION_PAUSE: place_pause(t, a->for_us, a->reason); return;
	case ACTION_SUPPRESS: suppress(t, a->reason); return;
	case ACTION_AGAIN: break;
	}
	UNREACHED();
}

void place_act(struct turn *t, const struct program *from, const struct program_action *a)
{
	static const struct program_action next = {.kind = ACTION_NEXT};
	for (unsigned depth = 0; a != NULL && depth < 8; depth++) {
		if (a->kind != ACTION_AGAIN) {
			act_one(t, from, a);
		} else if (again(t, a)) {
			return; /* its `then` is for when it is silent again */
		} else if (a->then == NULL) {
			act_one(t, from, &next);
		}
		a = journey_automated(t->j) ? a->then : NULL;
	}
}
