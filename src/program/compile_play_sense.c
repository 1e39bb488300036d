/* SPDX-License-Identifier: Apache-2.0
 * compile_play_sense.c: what no section of the play sees alone: a pace the limits do not let
 * through, reactions that trust in opens. */
#include "program/compile_play.h"

#include "base/time.h"

/* ---- pace and limits ---- */

static const struct {
	const char *name;
	int64_t us;
	size_t offset;
} windows[] = {
	{"per_day", US_PER_D, offsetof(struct program_cap, per_day)},
	{"per_week", 7 * US_PER_D, offsetof(struct program_cap, per_week)},
	{"per_month", 30 * US_PER_D, offsetof(struct program_cap, per_month)},
};
#define WINDOWS (sizeof windows / sizeof *windows)

static unsigned limit_of(const struct program_cap *cap, size_t w)
{
	return *(const unsigned *)(const void *)((const char *)cap + windows[w].offset);
}

/* The track asks for a touch every gap_us at the slowest; which window cannot hold them? */
static size_t window_too_small(const struct program_cap *cap, int64_t gap_us)
{
	for (size_t w = 0; w < WINDOWS; w++) {
		unsigned limit = limit_of(cap, w);
		if (limit && (double)gap_us * (limit + 1) < (double)windows[w].us * 0.999)
			return w;
	}
	return WINDOWS;
}

static void say_cadence(struct playing *x, const struct program_track *t, const char *what,
			int64_t gap_us, const struct program_cap *cap, size_t w)
{
	struct compile *c = x->c;
	char gap[TIME_TEXT_MAX];
	const struct ynode *n =
		ynode_get(ynode_get(c->root, "tracks"), arena_strz(c->ps->arena, t->name));
	const struct ynode *at = ynode_get(n, what);
	struct program_problem *p =
		problem_add(c->ps, CODE_CADENCE,
			    at ? ynode_place(at) : compile_place(c->ps->source, t->line, t->col));
	PROBLEM_TEXT(p, message, c->ps->arena, "a touch every %s at the slowest, and at most %u %s",
		     duration_format(gap_us, gap), limit_of(cap, w), windows[w].name);
	p->why = STR("messages would pile up behind the limit");
	PROBLEM_TEXT(p, fix, c->ps->arena, "slow the track down, or raise `%s:`", windows[w].name);
}

static void track_against_cap(struct playing *x, const struct program_track *t,
			      const struct program_cap *cap)
{
	size_t w = window_too_small(cap, t->gap_max_us);
	if (w < WINDOWS && t->steps_n > limit_of(cap, w)) {
		say_cadence(x, t, "cadence", t->gap_max_us, cap, w);
		return;
	}
	for (int i = 0; i < TIER_COUNT; i++) {
		const struct program_pace *p = &t->pace[i];
		int64_t gap_us = p->touches ? p->within_us / p->touches : 0;
		w = gap_us ? window_too_small(cap, gap_us) : WINDOWS;
		if (w == WINDOWS || p->touches <= limit_of(cap, w) ||
		    t->steps_n <= limit_of(cap, w))
			continue;
		say_cadence(x, t, "pace", gap_us, cap, w);
		return;
	}
}

/* Each track against the channel of its first step and against the limit over all. */
static void pace_and_limits(struct playing *x)
{
	const struct program_guardrails *g = &x->play->guardrails;
	for (size_t i = 0; i < x->play->tracks_n; i++) {
		const struct program_track *t = &x->play->tracks[i];
		size_t before = x->c->ps->errors_n;
		if (t->steps_n == 0)
			continue;
		if (g->channel_caps && t->steps[0].channel < x->channels.n)
			track_against_cap(x, t, &g->channel_caps[t->steps[0].channel]);
		if (x->c->ps->errors_n == before)
			track_against_cap(x, t, &g->all);
	}
}

/* ---- opens ---- */

static bool leads_on(const struct program_action *a)
{
	return a->kind == ACTION_MOVE || a->kind == ACTION_HANDOFF;
}

static void opens_decide(struct playing *x, const struct program_step *s)
{
	const struct program_action *opened = &s->react[REACT_OPENED];
	const struct program_action *clicked = &s->react[REACT_CLICKED];
	bool alone = opened->kind != ACTION_NONE && opened->kind != ACTION_NEXT &&
		     clicked->kind == ACTION_NONE;
	if (!leads_on(opened) && !alone)
		return;
	struct program_problem *p =
		problem_add(x->c->ps, CODE_OPEN_ONLY,
			    compile_place(x->c->ps->source, opened->line, opened->col));
	if (leads_on(opened))
		p->message = STR("an open alone leads on");
	else
		p->message = STR("an open is answered, and a click is not");
	p->why = STR("mail programs and privacy proxies open messages by themselves");
	p->fix = leads_on(opened) ? STR("let `clicked:` or `replied:` lead on; repeat on `opened:`")
				  : STR("say what a click leads to: `clicked:`");
}

void compile_play_sense(struct playing *x)
{
	for (size_t i = 0; i < x->play->tracks_n; i++)
		for (size_t k = 0; k < x->play->tracks[i].steps_n; k++)
			opens_decide(x, &x->play->tracks[i].steps[k]);
	pace_and_limits(x);
	compile_fights(x);
	compile_loops(x);
}
