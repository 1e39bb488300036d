/* SPDX-License-Identifier: Apache-2.0
 * check_content.c: is there a text for every angle of every step? Asked when content is at hand:
 * a program may be checked without it, but not applied. */
#include "program/compile.h"
#include "program/content.h"
#include "program/track.h"

struct looking {
	const struct program *p;
	const struct content_index *ix;
	struct problems ps;
};

/* Everybody who comes in has a text: the one for all, or one for each persona of the track. */
static bool all_have_text(const struct looking *x, const struct program_track *t,
			  struct str message, struct str angle)
{
	bool all = t->personas_n > 0;
	for (size_t i = 0; i < t->personas_n && all; i++)
		all = content_find(x->ix, message, angle, x->p->personas[t->personas[i]].name);
	return all || content_find(x->ix, message, angle, STR_NULL);
}

static void suggest_angle(struct looking *x, struct str message, struct str angle,
			  struct program_problem *p)
{
	struct suggest s;
	struct arena *a = x->ps.arena;
	suggest_init(&s, angle);
	for (size_t i = 0; i < x->ix->n; i++)
		if (str_eq(x->ix->files[i].message, message))
			suggest_offer(&s, x->ix->files[i].angle);
	struct str near = suggest_best(&s);
	if (near.n)
		PROBLEM_TEXT(p, fix, a, "did you mean the angle \"" STR_FMT "\"?", STR_ARG(near));
	else
		PROBLEM_TEXT(p, fix, a, "write content/" STR_FMT "/" STR_FMT ".md",
			     STR_ARG(message), STR_ARG(angle));
}

static void look_for(struct looking *x, const struct program_track *t, const struct program_step *s,
		     struct str message, struct str angle)
{
	struct arena *a = x->ps.arena;
	if (all_have_text(x, t, message, angle))
		return;
	struct program_problem *p = problem_add(&x->ps, CODE_CONTENT_MISSING,
						compile_place(x->p->source, s->line, s->col));
	PROBLEM_TEXT(p, message, a, "no text for \"" STR_FMT "\" from the angle \"" STR_FMT "\"",
		     STR_ARG(message), STR_ARG(angle));
	PROBLEM_TEXT(p, label, a, "content/" STR_FMT "/" STR_FMT ".md is not there",
		     STR_ARG(message), STR_ARG(angle));
	PROBLEM_TEXT(p, why, a,
		     "the step \"" STR_FMT "\" of track \"" STR_FMT "\" would have nothing to say",
		     STR_ARG(s->name), STR_ARG(t->name));
	suggest_angle(x, message, angle, p);
}

static bool repeats_with_subject(const struct program_step *s)
{
	for (int k = 0; k < REACT_COUNT; k++)
		for (const struct program_action *a = &s->react[k]; a; a = a->then)
			if (a->kind == ACTION_AGAIN && a->with == AGAIN_NEW_SUBJECT)
				return true;
	return false;
}

static void look_at_subjects(struct looking *x, const struct program_step *s)
{
	bool found = false;
	for (size_t i = 0; i < x->ix->n; i++) {
		const struct content_file *f = &x->ix->files[i];
		if (!str_eq(f->message, s->message))
			continue;
		if (f->subjects_n > 1)
			return;
		found = true;
	}
	if (!found || !repeats_with_subject(s))
		return;
	struct program_problem *p = problem_add(&x->ps, CODE_CONTENT_SUBJECTS,
						compile_place(x->p->source, s->line, s->col));
	PROBLEM_TEXT(p, message, x->ps.arena, "\"" STR_FMT "\" has one subject line only",
		     STR_ARG(s->message));
	p->why = STR("`with: new_subject` would find no new one");
	PROBLEM_TEXT(p, fix, x->ps.arena, "add one to `subjects:` in content/" STR_FMT,
		     STR_ARG(s->message));
}

static bool has_any_text(const struct looking *x, struct str message)
{
	for (size_t i = 0; i < x->ix->n; i++)
		if (str_eq(x->ix->files[i].message, message))
			return true;
	return false;
}

static void look_at_step(struct looking *x, const struct program_track *t,
			 const struct program_step *s)
{
	for (size_t i = 0; i < s->angles_n; i++)
		look_for(x, t, s, s->message, s->angles[i].name);
	if (s->substitute.n && !has_any_text(x, s->substitute))
		look_for(x, t, s, s->substitute, s->angles[0].name);
	look_at_subjects(x, s);
}

static void look_at_layout(struct looking *x)
{
	struct str name = x->p->sender.layout;
	struct suggest s;
	struct arena *a = x->ps.arena;
	if (name.n == 0 || str_is(name, CONTENT_LAYOUT_BUILT_IN) ||
	    content_find_part(x->ix, CONTENT_LAYOUT, name) != NULL)
		return;
	struct program_problem *p = problem_add(
		&x->ps, CODE_LAYOUT_MISSING,
		compile_place(x->p->source, x->p->sender.layout_line, x->p->sender.layout_col));
	suggest_init(&s, name);
	for (size_t i = 0; i < x->ix->parts_n; i++)
		if (x->ix->parts[i].kind == CONTENT_LAYOUT)
			suggest_offer(&s, x->ix->parts[i].name);
	struct str near = suggest_best(&s);
	PROBLEM_TEXT(p, message, a, "no layout called \"" STR_FMT "\"", STR_ARG(name));
	PROBLEM_TEXT(p, label, a, "content/layouts/" STR_FMT ".liquid is not there", STR_ARG(name));
	p->why = STR("no message of this sender could be made");
	p->suggestion = near;
	if (near.n)
		PROBLEM_TEXT(p, fix, a, "did you mean \"" STR_FMT "\"?", STR_ARG(near));
	else
		PROBLEM_TEXT(p, fix, a,
			     "write content/layouts/" STR_FMT ".liquid, or take the key out",
			     STR_ARG(name));
}

void program_check_content(const struct program *p, const struct content_index *ix, struct arena *a,
			   struct program_report *report)
{
	struct looking x = {.p = p, .ix = ix};
	problems_init(&x.ps, p->source, a);
	look_at_layout(&x);
	for (size_t i = 0; i < p->play->tracks_n; i++)
		for (size_t k = 0; k < p->play->tracks[i].steps_n; k++)
			look_at_step(&x, &p->play->tracks[i], &p->play->tracks[i].steps[k]);
	problems_report(&x.ps, report);
}
