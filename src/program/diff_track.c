/* SPDX-License-Identifier: Apache-2.0
 * diff_track.c: tracks and steps side by side. Steps are paired by name; each line says which leads
 * it is about, so that `plan` can count those inside. They stay with the version of the step they
 * are in; the new one begins with their next step. */
#include "program/diff_part.h"

/* Where the changes in hand belong. */
struct inside {
	struct differ *d;
	const struct program_track *track;
	const struct program_step *step; /* NULL: the whole track */
	bool said;
};

static void tag(struct inside *x, size_t from)
{
	for (size_t i = from; i < x->d->n; i++) {
		x->d->list[i].track = x->track->name;
		x->d->list[i].step = x->step ? x->step->name : STR_NULL;
	}
	x->said = x->said || x->d->n > from;
}

/* "track awareness, step dock-delays" */
static struct str where(const struct inside *x)
{
	if (x->step == NULL)
		return arena_printf(x->d->arena, "track " STR_FMT, STR_ARG(x->track->name));
	return arena_printf(x->d->arena, "track " STR_FMT ", step " STR_FMT,
			    STR_ARG(x->track->name), STR_ARG(x->step->name));
}

static void say(struct inside *x, const char *what, struct str old, struct str new)
{
	size_t from = x->d->n;
	if (str_eq(old, new))
		return;
	CHANGE(x->d, CHANGE_CHANGED, TOUCHES_TRACKS, "tracks", x->track->name,
	       STR_FMT ": %s " STR_FMT " -> " STR_FMT, STR_ARG(where(x)), what,
	       STR_ARG(old.n ? old : STR("nothing")), STR_ARG(new.n ? new : STR("nothing")));
	tag(x, from);
}

static void say_count(struct inside *x, const char *what, unsigned old, unsigned new)
{
	say(x, what, arena_printf(x->d->arena, "%u", old), arena_printf(x->d->arena, "%u", new));
}

/* ---- in words ---- */

static struct str span_words(struct differ *d, int64_t min_us, int64_t max_us)
{
	if (max_us == 0)
		return STR("at once");
	if (min_us == max_us)
		return diff_days(d, min_us);
	struct str min = min_us ? diff_days(d, min_us) : STR("at once");
	return arena_printf(d->arena, STR_FMT " to " STR_FMT, STR_ARG(min),
			    STR_ARG(diff_days(d, max_us)));
}

static void action_words(struct differ *d, const struct program *p, const struct program_action *a,
			 struct buf *b)
{
	static const char *const with[] = {"as it was", "from another angle",
					   "under another subject"};
	const struct program_play *play = p->play;
	switch (a->kind) {
	case ACTION_NONE: buf_z(b, "nothing special"); break;
	case ACTION_NEXT: buf_z(b, "next step"); break;
	case ACTION_MOVE:
		buf_printf(b, "move to " STR_FMT, STR_ARG(play->tracks[a->track].name));
		break;
	case ACTION_AGAIN: buf_printf(b, "again, %s", with[a->with]); break;
	case ACTION_HANDOFF:
		buf_printf(b, "hand off to " STR_FMT, STR_ARG(play->teams[a->team].name));
		if (a->within_us)
			buf_printf(b, " within " STR_FMT, STR_ARG(diff_days(d, a->within_us)));
		break;
	case ACTION_EXIT: buf_z(b, "leave"); break;
	case ACTION_PAUSE: buf_printf(b, "pause " STR_FMT, STR_ARG(diff_days(d, a->for_us))); break;
	case ACTION_SUPPRESS: buf_z(b, "never again on this channel"); break;
	}
	if (a->reason.n)
		buf_printf(b, " (" STR_FMT ")", STR_ARG(a->reason));
}

struct str diff_action(struct differ *d, const struct program *p, const struct program_action *a)
{
	struct buf b;
	buf_init_arena(&b, d->arena, 8192);
	for (; a; a = a->then) {
		action_words(d, p, a, &b);
		if (a->then)
			buf_z(&b, ", then ");
	}
	d->full = d->full || !buf_ok(&b);
	return buf_view(&b);
}

static struct str angle_words(struct differ *d, const struct program_step *s)
{
	struct buf b;
	buf_init_arena(&b, d->arena, 8192);
	for (size_t i = 0; i < s->angles_n; i++)
		buf_printf(&b, "%s" STR_FMT, i ? ", " : "", STR_ARG(s->angles[i].name));
	return buf_view(&b);
}

static struct str capped_words(struct differ *d, const struct program *p,
			       const struct program_step *s)
{
	if (s->capped != CAPPED_SUBSTITUTE)
		return s->capped == CAPPED_SKIP ? STR("skip") : STR("wait");
	bool other = s->substitute_channel < p->consent.channels_n;
	return arena_printf(d->arena, "send " STR_FMT "%s" STR_FMT,
			    STR_ARG(s->substitute.n ? s->substitute : s->message),
			    other ? " by " : "",
			    STR_ARG(other ? p->consent.channels[s->substitute_channel] : STR_NULL));
}

/* ---- steps ---- */

static bool own_gap(const struct program_track *t, const struct program_step *s)
{
	return s->gap_min_us != t->gap_min_us || s->gap_max_us != t->gap_max_us;
}

static void diff_step(struct inside *x, const struct program_track *ot,
		      const struct program_step *o)
{
	struct differ *d = x->d;
	const struct program_step *n = x->step;
	static const char *const reacts[REACT_COUNT] = {
		"when replied:", "when clicked:", "when opened:", "when silent:",
		"when silent twice:"};
	say(x, "message", o->message, n->message);
	say(x, "channel", d->old->consent.channels[o->channel],
	    d->new->consent.channels[n->channel]);
	say(x, "purpose", d->old->consent.purposes[o->purpose],
	    d->new->consent.purposes[n->purpose]);
	say(x, "angles", angle_words(d, o), angle_words(d, n));
	say(x, "if", diff_cond(&o->if_), diff_cond(&n->if_));
	if (own_gap(ot, o) || own_gap(x->track, n))
		say(x, "gap", span_words(d, o->gap_min_us, o->gap_max_us),
		    span_words(d, n->gap_min_us, n->gap_max_us));
	say(x, "waits for a reaction", diff_days(d, o->wait_us), diff_days(d, n->wait_us));
	for (int k = 0; k < REACT_COUNT; k++)
		say(x, reacts[k], diff_action(d, d->old, &o->react[k]),
		    diff_action(d, d->new, &n->react[k]));
	say_count(x, "repeats at most", o->again_max, n->again_max);
	say(x, "when held back:", capped_words(d, d->old, o), capped_words(d, d->new, n));
}

static void step_new(struct inside *x, size_t at)
{
	size_t from = x->d->n;
	if (at == 0)
		CHANGE(x->d, CHANGE_ADDED, TOUCHES_TRACKS, "tracks", x->track->name,
		       "track " STR_FMT ": new first step " STR_FMT, STR_ARG(x->track->name),
		       STR_ARG(x->step->name));
	else
		CHANGE(x->d, CHANGE_ADDED, TOUCHES_TRACKS, "tracks", x->track->name,
		       "track " STR_FMT ": new step " STR_FMT " after " STR_FMT,
		       STR_ARG(x->track->name), STR_ARG(x->step->name),
		       STR_ARG(x->track->steps[at - 1].name));
	tag(x, from);
}

static void step_gone(struct inside *x)
{
	size_t from = x->d->n;
	CHANGE(x->d, CHANGE_REMOVED, TOUCHES_TRACKS, "tracks", x->track->name,
	       "track " STR_FMT ": step " STR_FMT
	       " is gone; leads inside finish it as it was, then go on",
	       STR_ARG(x->track->name), STR_ARG(x->step->name));
	tag(x, from);
}

/* How many of the steps before `at` the other version has as well: a step that only moved because
 * another one came or went is not reported. */
static size_t rank(const struct program_track *t, const struct program_track *other, size_t at)
{
	size_t n = 0;
	for (size_t i = 0; i < at; i++)
		n += program_step_of(other, t->steps[i].name) != NO_INDEX;
	return n;
}

static void diff_steps(struct inside *x, const struct program_track *o)
{
	const struct program_track *n = x->track;
	for (size_t i = 0; i < n->steps_n; i++) {
		size_t j = program_step_of(o, n->steps[i].name);
		x->step = &n->steps[i];
		x->said = false;
		if (j == NO_INDEX) {
			step_new(x, i);
			continue;
		}
		size_t was = rank(o, n, j), is = rank(n, o, i);
		if (was != is)
			say_count(x, "place", (unsigned)was + 1, (unsigned)is + 1);
		diff_step(x, o, &o->steps[j]);
		bool gap = o->gap_min_us != n->gap_min_us || o->gap_max_us != n->gap_max_us;
		if (!x->said && !gap && o->steps[j].hash != n->steps[i].hash)
			say(x, "is", STR("as it was"), STR("changed in small ways"));
	}
	for (size_t j = 0; j < o->steps_n; j++) {
		x->step = &o->steps[j];
		if (program_step_of(n, o->steps[j].name) == NO_INDEX)
			step_gone(x);
	}
	x->step = NULL;
}

/* ---- tracks ---- */

static struct str enter_words(const struct program_track *t)
{
	return t->enter.prog ? t->enter.text : STR("only by a move");
}

static struct str persona_words(struct differ *d, const struct program *p,
				const struct program_track *t)
{
	struct buf b;
	buf_init_arena(&b, d->arena, 8192);
	for (size_t i = 0; i < t->personas_n; i++)
		buf_printf(&b, "%s" STR_FMT, i ? ", " : "",
			   STR_ARG(p->personas[t->personas[i]].name));
	return b.n ? buf_view(&b) : STR("everybody");
}

static struct str pace_words(struct differ *d, const struct program_track *t)
{
	struct buf b;
	buf_init_arena(&b, d->arena, 1024);
	for (int i = TIER_COUNT - 1; i >= 0; i--)
		if (t->pace[i].touches)
			buf_printf(&b, "%s%s %u in " STR_FMT, b.n ? ", " : "",
				   tier_name((enum tier)i), t->pace[i].touches,
				   STR_ARG(diff_days(d, t->pace[i].within_us)));
	return b.n ? buf_view(&b) : STR("the cadence for all");
}

static struct str reentry_words(struct differ *d, const struct program_track *t)
{
	if (t->reentry == REENTRY_AFTER)
		return arena_printf(d->arena, "after " STR_FMT,
				    STR_ARG(diff_days(d, t->reentry_after_us)));
	return t->reentry == REENTRY_ALWAYS ? STR("always") : STR("never");
}

static struct str decide_words(struct differ *d, const struct program_track *t)
{
	static const char *const words[] = {"angle", "send time", "gap", "channel", "nothing"};
	struct buf b;
	buf_init_arena(&b, d->arena, 1024);
	for (unsigned i = 0; i < 5; i++)
		if (t->decide_what & (1U << i))
			buf_printf(&b, "%s%s", b.n ? ", " : "", words[i]);
	return b.n ? buf_view(&b) : STR("rules choose");
}

static void diff_track(struct inside *x, const struct program_track *o)
{
	struct differ *d = x->d;
	const struct program_track *n = x->track;
	say(x, "stage", o->stage, n->stage);
	say(x, "enter", enter_words(o), enter_words(n));
	say(x, "takes in", persona_words(d, d->old, o), persona_words(d, d->new, n));
	say(x, "cadence", span_words(d, o->gap_min_us, o->gap_max_us),
	    span_words(d, n->gap_min_us, n->gap_max_us));
	say(x, "pace", pace_words(d, o), pace_words(d, n));
	say(x, "goal", o->goal, n->goal);
	say(x, "exit if", o->exit.text, n->exit.text);
	say_count(x, "messages at most", o->touches_max, n->touches_max);
	say(x, "lasts at most", diff_days(d, o->age_max_us), diff_days(d, n->age_max_us));
	say(x, "after the last step:", diff_action(d, d->old, &o->exhausted),
	    diff_action(d, d->new, &n->exhausted));
	say(x, "may come again", reentry_words(d, o), reentry_words(d, n));
	say(x, "chosen by a policy:", decide_words(d, o), decide_words(d, n));
	diff_steps(x, o);
}

static void track_gone(struct inside *x)
{
	size_t from = x->d->n;
	CHANGE(x->d, CHANGE_REMOVED, TOUCHES_TRACKS, "tracks", x->track->name,
	       "track " STR_FMT
	       " is gone; leads on it finish the step they are in as it was, then leave",
	       STR_ARG(x->track->name));
	tag(x, from);
}

void diff_tracks(struct differ *d)
{
	const struct program_play *o = d->old->play, *n = d->new->play;
	for (size_t i = 0; i < n->tracks_n; i++) {
		struct inside x = {d, &n->tracks[i], NULL, false};
		size_t j = program_track_of(d->old, x.track->name), from = d->n;
		if (j != NO_INDEX) {
			diff_track(&x, &o->tracks[j]);
			continue;
		}
		CHANGE(d, CHANGE_ADDED, TOUCHES_TRACKS, "tracks", x.track->name,
		       "new track " STR_FMT ": %zu steps; comes in: " STR_FMT,
		       STR_ARG(x.track->name), x.track->steps_n, STR_ARG(enter_words(x.track)));
		tag(&x, from);
	}
	for (size_t j = 0; j < o->tracks_n; j++) {
		struct inside x = {d, &o->tracks[j], NULL, false};
		if (program_track_of(d->new, x.track->name) == NO_INDEX)
			track_gone(&x);
	}
}
