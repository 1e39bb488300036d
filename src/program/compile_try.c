/* SPDX-License-Identifier: Apache-2.0
 * compile_try.c: what of an experiment and of rewards does nothing though it can be read: arms that
 * fix nothing, rewards that are never paid, numbers of another mode. They are warnings: an event
 * may come from anywhere, and one arm of an experiment may well be "as it is". */
#include "program/compile_play.h"

#include "program/content.h"

#include <string.h>

/* ---- arms ---- */

static bool here(const struct program_experiment *of, size_t track)
{
	return of->track == NO_INDEX || of->track == track;
}

static bool is_angle(const struct program_track *t, struct str arm, struct suggest *s)
{
	for (size_t i = 0; i < t->steps_n; i++)
		for (size_t k = 0; k < t->steps[i].angles_n; k++) {
			if (str_eq(t->steps[i].angles[k].name, arm))
				return true;
			suggest_offer(s, t->steps[i].angles[k].name);
		}
	return false;
}

/* Does the arm fix an angle of a step, or a subject line? Angles are offered as what was meant. */
static bool fixes(const struct playing *x, const struct program_experiment *of, struct str arm,
		  struct suggest *s)
{
	int64_t number = 0;
	suggest_init(s, arm);
	if (str_starts(arm, STR("subject_")) && str_to_i64(str_slice(arm, 8, arm.n), &number))
		return number >= 1 && number <= CONTENT_SUBJECTS_MAX;
	for (size_t t = 0; t < x->play->tracks_n; t++)
		if (here(of, t) && is_angle(&x->play->tracks[t], arm, s))
			return true;
	return false;
}

static void fixes_nothing(struct playing *x, const struct ynode *arm, struct str near)
{
	struct arena *a = x->c->ps->arena;
	struct program_problem *p = problem_add(x->c->ps, CODE_ARM_FREE, arm->key->where);
	PROBLEM_TEXT(p, message, a, "the arm \"" STR_FMT "\" fixes nothing",
		     STR_ARG(arm->key->text));
	p->why = STR("no angle of a step is called so: its leads get what the rules choose");
	p->suggestion = near;
	if (near.n)
		PROBLEM_TEXT(p, fix, a, "did you mean \"" STR_FMT "\"?", STR_ARG(near));
	else
		PROBLEM_TEXT(p, fix, a,
			     "call it like an angle, or subject_1 to subject_%d; one arm may be "
			     "left free",
			     CONTENT_SUBJECTS_MAX);
}

/* One free arm is the rest of the world. A second is the same once more; one that is nearly an
 * angle, or a subject line, was to be that. */
static void free_arms(struct playing *x, const struct ynode *arms,
		      const struct program_experiment *of)
{
	struct suggest s;
	size_t free = 0;
	for (size_t i = 0; i < of->arms_n; i++)
		free += !fixes(x, of, of->arms[i].name, &s);
	size_t i = 0;
	for (const struct ynode *y = arms->first; y && i < of->arms_n; y = y->next, i++) {
		if (fixes(x, of, of->arms[i].name, &s))
			continue;
		struct str near = suggest_best(&s);
		if (free > 1 || near.n || str_starts(of->arms[i].name, STR("subject_")))
			fixes_nothing(x, y, near);
	}
}

void compile_arms_sense(struct playing *x, const struct ynode *arms,
			const struct program_experiment *of)
{
	free_arms(x, arms, of);
	if (of->arms_n > 1)
		return;
	struct program_problem *p = problem_add(x->c->ps, CODE_ARM_ALONE, ynode_place(arms));
	p->message = of->arms_n == 1 ? STR("there is one arm only") : STR("there are no arms");
	p->why = STR("an experiment compares what comes of one arm with what comes of another");
	p->fix = STR("write {arms: {a: 50, b: 50}}, or take the experiment out");
}

/* ---- rewards ---- */

/* All that the engine itself says of mail. */
static const char *const mails[] = {"email.sent",     "email.delivered", "email.delayed",
				    "email.deferred", "email.bounce",    "email.bounced",
				    "email.dropped",  "email.open",      "email.click",
				    "email.reply",    "email.complaint", "email.unsubscribe"};
#define MAILS (sizeof mails / sizeof *mails)

static bool is_mail(struct str of)
{
	for (size_t i = 0; i < MAILS; i++)
		if (str_is(of, mails[i]))
			return true;
	return false;
}

static bool is_harm(struct str of)
{
	static const char *const harms[] = {"unsubscribe", "complaint", "email.unsubscribe",
					    "email.complaint"};
	for (size_t i = 0; i < sizeof harms / sizeof *harms; i++)
		if (str_is(of, harms[i]))
			return true;
	return false;
}

static void harm_is_no_reward(struct playing *x, const struct ynode *n)
{
	struct program_problem *p = problem_add(x->c->ps, CODE_HARM_REWARD, n->key->where);
	PROBLEM_TEXT(p, message, x->c->ps->arena, "`" STR_FMT "` is harm, and never rewarded",
		     STR_ARG(n->key->text));
	p->why = STR("who leaves or complains counts against `harm:`, whatever is written here");
	p->fix = STR("take it out; `harm: {budget: ...}` says how much of it may be");
}

/* Is it said elsewhere in the file: scored, asked for, the goal of something? A family is wide
 * enough to be met. */
static bool said_elsewhere(const struct playing *x, const struct ynode *n)
{
	struct str of = n->key->text, text = x->c->ps->source;
	struct str above = str_slice(text, 0, n->key->where.at);
	struct str below = str_slice(text, n->key->where.end, text.n);
	return str_ends(of, STR("*")) || str_find(above, of) < above.n ||
	       str_find(below, of) < below.n;
}

static struct str nearest(const struct playing *x, struct str of)
{
	struct suggest s;
	const struct program *p = x->c->p;
	suggest_init(&s, of);
	for (size_t i = 0; i < MAILS; i++)
		suggest_offer(&s, str_of(mails[i]));
	for (size_t i = 0; i < p->points_n; i++)
		suggest_offer(&s, p->points[i].on.type);
	for (size_t i = 0; i < p->outcomes_n; i++)
		suggest_offer(&s, p->outcomes[i]);
	suggest_offer(&s, p->goal);
	struct str near = suggest_best(&s);
	return str_eq(near, of) ? STR_NULL : near;
}

static void never_paid(struct playing *x, const struct ynode *n)
{
	struct arena *a = x->c->ps->arena;
	struct str of = n->key->text;
	struct program_problem *p = problem_add(x->c->ps, CODE_REWARD_ALONE, n->key->where);
	p->suggestion = nearest(x, of);
	PROBLEM_TEXT(p, message, a, "nothing but this reward speaks of `" STR_FMT "`", STR_ARG(of));
	p->why = STR("where no event has this type, the reward is never paid");
	if (p->suggestion.n)
		PROBLEM_TEXT(p, fix, a, "did you mean \"" STR_FMT "\"?", STR_ARG(p->suggestion));
	else
		p->fix = STR("if your events are called so, name it under `outcomes:` as well");
}

void compile_reward_sense(struct playing *x, const struct ynode *n)
{
	struct str of = n->key->text;
	if (n->key->bad)
		return;
	if (is_harm(of))
		harm_is_no_reward(x, n);
	else if (!is_mail(of) && !str_is(of, "reply") && !said_elsewhere(x, n))
		never_paid(x, n);
}

/* ---- what another mode reads ---- */

void compile_explore_sense(struct playing *x, const struct ynode *n, const char *mode)
{
	static const struct {
		const char *key, *mode;
	} of[] = {{"epsilon", "epsilon"}, {"gain", "igw"}};
	bool draws = strcmp(mode, "epsilon") == 0 || strcmp(mode, "igw") == 0 ||
		     strcmp(mode, "thompson") == 0;
	for (size_t i = 0; draws && i < sizeof of / sizeof *of; i++) {
		const struct ynode *v = ynode_get(n, of[i].key);
		if (v == NULL || v->bad || strcmp(mode, of[i].mode) == 0)
			continue;
		struct program_problem *p = problem_add(x->c->ps, CODE_OTHER_MODE, ynode_place(v));
		PROBLEM_TEXT(p, message, x->c->ps->arena, "`%s:` is of mode %s, and the mode is %s",
			     of[i].key, of[i].mode, mode);
		p->why = STR("nobody reads it");
		PROBLEM_TEXT(p, fix, x->c->ps->arena, "take it out, or write mode: %s", of[i].mode);
	}
}
