/* SPDX-License-Identifier: Apache-2.0
 * compile_loops.c: circles in which a lead would run without a pause, and tracks nobody gets onto.
 *
 * Tracks are nodes, moves are edges; an edge is as long as the time that certainly passes before
 * the move: the watch of the step for silence and opens, which are judged at its end, and nothing
 * for a click or an answer. At the end of a track only steps count that are surely sent. Shortest
 * ways between all pairs then say which edges lie on a circle that is too short. */
#include "program/compile_play.h"

#include "base/time.h"

#define LOOP_MIN_US US_PER_H
#define FAR_US (INT64_MAX / 4)

struct edge {
	size_t from, to;
	int64_t us;
	const struct program_action *action;
};
struct graph {
	struct edge *edges;
	size_t n, max;
	int64_t *way; /* tracks_n x tracks_n */
	size_t tracks_n;
};

/* ---- edges ---- */

static void add_chain(struct playing *x, struct graph *g, struct edge e)
{
	const struct program_action *a = e.action;
	for (; a; a = a->then) {
		if (a->kind == ACTION_PAUSE)
			e.us += a->for_us;
		if (a->kind != ACTION_MOVE || a->track >= g->tracks_n || g->n == g->max)
			continue;
		const struct program_track *to = &x->play->tracks[a->track];
		int64_t first_us = to->steps_n ? to->steps[0].gap_min_us : 0;
		g->edges[g->n++] = (struct edge){e.from, a->track, e.us + first_us, a};
	}
}

static int64_t reaction_us(const struct program_step *s, enum react_kind k)
{
	return k == REACT_REPLIED || k == REACT_CLICKED ? 0 : s->wait_us;
}

static void add_track(struct playing *x, struct graph *g, size_t at, const struct program_track *t)
{
	int64_t all_us = 0;
	for (size_t i = 0; i < t->steps_n; i++) {
		const struct program_step *s = &t->steps[i];
		for (int k = 0; k < REACT_COUNT; k++)
			add_chain(x, g,
				  (struct edge){at, 0, reaction_us(s, (enum react_kind)k),
						&s->react[k]});
		bool sure = s->if_.prog == NULL && s->capped == CAPPED_DEFER;
		all_us += sure ? s->wait_us : 0;
	}
	add_chain(x, g, (struct edge){at, 0, all_us, &t->exhausted});
}

static bool make_graph(struct playing *x, struct graph *g)
{
	const struct program_play *p = x->play;
	*g = (struct graph){.tracks_n = p->tracks_n, .max = 1};
	for (size_t i = 0; i < p->tracks_n; i++)
		g->max += (p->tracks[i].steps_n * REACT_COUNT + 1) * 5;
	g->edges = ARENA_ARRAY(x->c->ps->arena, struct edge, g->max);
	g->way = ARENA_ARRAY(x->c->ps->arena, int64_t, g->tracks_n * g->tracks_n + 1);
	if (g->edges == NULL || g->way == NULL)
		return false;
	for (size_t i = 0; i < p->tracks_n; i++)
		add_track(x, g, i, &p->tracks[i]);
	return true;
}

/* Shortest ways by Floyd and Warshall; a track to itself counts as no way at all. */
static void find_ways(struct graph *g)
{
	size_t n = g->tracks_n;
	for (size_t i = 0; i < n * n; i++)
		g->way[i] = i % (n + 1) ? FAR_US : 0;
	for (size_t i = 0; i < g->n; i++) {
		int64_t *w = &g->way[g->edges[i].from * n + g->edges[i].to];
		*w = g->edges[i].us < *w ? g->edges[i].us : *w;
	}
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < n * n; i++) {
			int64_t us = g->way[i / n * n + k] + g->way[k * n + i % n];
			g->way[i] = us < g->way[i] ? us : g->way[i];
		}
}

/* ---- circles ---- */

static void say_loop(struct playing *x, const struct edge *e)
{
	struct compile *c = x->c;
	const struct program_track *from = &x->play->tracks[e->from], *to;
	struct place where = compile_place(c->ps->source, e->action->line, e->action->col);
	struct program_problem *p = problem_add(c->ps, CODE_LOOP, where);
	to = &x->play->tracks[e->to];
	if (e->from == e->to)
		PROBLEM_TEXT(p, message, c->ps->arena, "track " STR_FMT " leads back to itself",
			     STR_ARG(from->name));
	else
		PROBLEM_TEXT(p, message, c->ps->arena,
			     "from " STR_FMT " to " STR_FMT " and back again", STR_ARG(from->name),
			     STR_ARG(to->name));
	p->why = STR("less than an hour passes on the way: a lead would run in circles");
	p->fix = STR("give a step on the way `wait: 1d`, or lead out of the circle");
}

static void short_circles(struct playing *x, const struct graph *g)
{
	size_t n = g->tracks_n;
	for (size_t i = 0; i < g->n; i++) {
		const struct edge *e = &g->edges[i];
		bool first = true;
		if (e->us + g->way[e->to * n + e->from] >= LOOP_MIN_US)
			continue;
		for (size_t k = 0; k < i && first; k++) /* one problem for each circle */
			first = g->edges[k].us + g->way[g->edges[k].to * n + g->edges[k].from] >=
					LOOP_MIN_US ||
				g->way[e->to * n + g->edges[k].from] >= LOOP_MIN_US;
		if (first)
			say_loop(x, e);
	}
}

/* A repeat after silence comes round as fast as the watch is long. */
static void short_repeats(struct playing *x, const struct program_step *s)
{
	for (int k = REACT_OPENED; k < REACT_COUNT; k++) {
		const struct program_action *a = &s->react[k];
		if (a->kind != ACTION_AGAIN || s->wait_us >= LOOP_MIN_US)
			continue;
		struct program_problem *p = problem_add(
			x->c->ps, CODE_LOOP, compile_place(x->c->ps->source, a->line, a->col));
		PROBLEM_TEXT(p, message, x->c->ps->arena,
			     "\"" STR_FMT "\" would be sent again at once", STR_ARG(s->name));
		p->why = STR("less than an hour passes between the two");
		p->fix = STR("give the step `wait: 4d`");
		return;
	}
}

/* ---- tracks nobody gets onto ---- */

static void reach(const struct graph *g, bool *reached)
{
	for (bool more = true; more;) {
		more = false;
		for (size_t i = 0; i < g->n; i++) {
			const struct edge *e = &g->edges[i];
			bool new = reached[e->from] && !reached[e->to];
			reached[e->to] = reached[e->to] || new;
			more = more || new;
		}
	}
}

static void far_tracks(struct playing *x, const struct graph *g)
{
	const struct program_play *p = x->play;
	bool reached[PROGRAM_TRACKS_MAX] = {false};
	if (p->tracks_n > PROGRAM_TRACKS_MAX)
		return; /* said by the check */
	for (size_t i = 0; i < p->tracks_n; i++)
		reached[i] = p->tracks[i].enter.text.n > 0;
	for (size_t i = 0; i < p->triggers_n; i++)
		for (const struct program_action *a = &p->triggers[i].action; a; a = a->then)
			if (a->kind == ACTION_MOVE && a->track < p->tracks_n)
				reached[a->track] = true;
	reach(g, reached);
	for (size_t i = 0; i < p->tracks_n; i++) {
		const struct program_track *t = &p->tracks[i];
		if (reached[i])
			continue;
		struct program_problem *q = problem_add(
			x->c->ps, CODE_TRACK_FAR, compile_place(x->c->ps->source, t->line, t->col));
		PROBLEM_TEXT(q, message, x->c->ps->arena, "nobody gets onto track \"" STR_FMT "\"",
			     STR_ARG(t->name));
		q->why = STR("it has no `enter:`, and nothing leads there");
		PROBLEM_TEXT(q, fix, x->c->ps->arena,
			     "give it an `enter:`, or move to it from a reaction or a trigger");
	}
}

void compile_loops(struct playing *x)
{
	struct graph g;
	if (problems_stop(x->c->ps) || !make_graph(x, &g))
		return; /* moves may be missing because they are bad */
	find_ways(&g);
	short_circles(x, &g);
	for (size_t i = 0; i < x->play->tracks_n; i++)
		for (size_t k = 0; k < x->play->tracks[i].steps_n; k++)
			short_repeats(x, &x->play->tracks[i].steps[k]);
	far_tracks(x, &g);
}
