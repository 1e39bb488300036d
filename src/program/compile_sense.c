/* SPDX-License-Identifier: Apache-2.0
 * compile_sense.c: what is written well and still cannot be meant: personas nobody reaches, tiers
 * nobody reaches, the same rule twice. All warnings: the author may know better. */
#include "program/compile.h"

#include "base/assert.h"

#include <math.h>

static const struct ynode *nth(const struct ynode *list, size_t i)
{
	const struct ynode *n = list ? list->first : NULL;
	for (; n && i > 0; i--)
		n = n->next;
	return n;
}

/* ---- personas ---- */

static void shadowed_personas(struct compile *c)
{
	const struct program_persona *list = c->p->personas;
	const struct ynode *section = ynode_get(c->root, "personas");
	for (size_t i = 1; i < c->p->personas_n; i++) {
		for (size_t j = 0; j < i; j++) {
			bool all = str_is(str_trim(list[j].if_.text), "true");
			bool same = str_eq(list[i].if_.text, list[j].if_.text);
			if (list[j].if_.prog == NULL || (!all && !same))
				continue;
			struct arena *a = c->ps->arena;
			struct program_problem *p =
				problem_add(c->ps, CODE_SHADOWED, ynode_place(nth(section, i)));
			PROBLEM_TEXT(p, message, a, "nobody can be \"" STR_FMT "\"",
				     STR_ARG(list[i].name));
			PROBLEM_TEXT(p, why, a,
				     "\"" STR_FMT
				     "\" above holds whenever it does, and the first wins",
				     STR_ARG(list[j].name));
			PROBLEM_TEXT(p, fix, a, "move it above, or change one of the conditions");
			break;
		}
	}
}

/* ---- the same rule twice ---- */

static bool same_on(const struct program_on *a, const struct program_on *b)
{
	return a->any == b->any && a->family == b->family && str_eq(a->type, b->type) &&
	       str_eq(a->where.text, b->where.text);
}

static void twice(struct compile *c, struct place where, struct str name)
{
	struct program_problem *p = problem_add(c->ps, CODE_RULE_TWICE, where);
	PROBLEM_TEXT(p, message, c->ps->arena, "the same rule as \"" STR_FMT "\"", STR_ARG(name));
	p->why = STR("both give their points, each time");
	p->fix = STR("take one out, or give one the sum of both");
}

static const struct ynode *points_node(struct compile *c, size_t i)
{
	const struct ynode *engagement = ynode_get(ynode_get(c->root, "scoring"), "engagement");
	const struct ynode *map = ynode_get(engagement, "points"),
			   *list = ynode_get(engagement, "rules");
	size_t in_map = map && !map->bad ? map->count : 0;
	return i < in_map ? nth(map, i) : nth(list, i - in_map);
}

static void repeated_rules(struct compile *c)
{
	const struct program_points *r = c->p->points;
	const struct program_fit *f = c->p->fit;
	for (size_t i = 1; i < c->p->points_n; i++)
		for (size_t j = 0; j < i; j++) {
			const struct ynode *n =
				same_on(&r[i].on, &r[j].on) ? points_node(c, i) : NULL;
			if (n)
				twice(c, ynode_place(n), r[j].name);
		}
	const struct ynode *fit = ynode_get(ynode_get(c->root, "scoring"), "fit");
	for (size_t i = 1; i < c->p->fit_n; i++)
		for (size_t j = 0; j < i; j++) {
			const struct ynode *n =
				f[i].if_.prog && str_eq(f[i].if_.text, f[j].if_.text) ? nth(fit, i)
										      : NULL;
			if (n &&
			    !str_eq(f[i].name, f[j].name)) /* equal names are an error already */
				twice(c, ynode_get(n, "if")->where, f[j].name);
		}
}

/* ---- tiers out of reach ---- */

/* The most fit and engagement can come to. An engagement rule may fire again and again, so only
 * its ceiling bounds it; personas exclude each other, which is not taken into account. */
static double best_score(const struct program *p)
{
	double fit = 0, entry = 0, engagement = 0;
	for (size_t i = 0; i < p->fit_n; i++)
		fit += p->fit[i].points > 0 ? p->fit[i].points : 0;
	for (size_t i = 0; i < p->entries_n; i++)
		entry = p->entries[i].fit_points > entry ? p->entries[i].fit_points : entry;
	for (size_t i = 0; i < p->points_n; i++)
		if (p->points[i].points > 0)
			engagement += p->points[i].points_max > 0 ? p->points[i].points_max : 100;
	double sum = p->fit_weight * fmin(100, fit + entry) +
		     p->engagement_weight * fmin(100, engagement);
	double log_odds = p->probability.slope * fmin(100, sum) + p->probability.bias;
	return p->probability.slope > 0 ? 100 / (1 + exp(-log_odds)) : sum;
}

static void far_tiers(struct compile *c)
{
	static const enum tier order[] = {TIER_HOT, TIER_WARM};
	const struct ynode *scoring = ynode_get(c->root, "scoring");
	double best = best_score(c->p);
	if (problems_stop(c->ps) || scoring == NULL)
		return; /* rules may be missing because they are bad */
	for (size_t i = 0; i < 2; i++) {
		double up = c->p->tiers[order[i]].up;
		const struct ynode *tier =
			ynode_get(ynode_get(scoring, "tiers"), tier_name(order[i]));
		const struct ynode *at = ynode_get(tier, "up");
		if (up <= best)
			continue;
		struct program_problem *p = problem_add(
			c->ps, CODE_TIER_FAR, at ? at->where : ynode_place(tier ? tier : scoring));
		PROBLEM_TEXT(p, message, c->ps->arena, "nobody can become %s", tier_name(order[i]));
		PROBLEM_TEXT(p, why, c->ps->arena,
			     "%s starts at %g, and all rules together give %.1f at most",
			     tier_name(order[i]), up, best);
		p->fix = STR("lower `up:`, or give rules more points or weight");
	}
}

void compile_sense(struct compile *c)
{
	shadowed_personas(c);
	repeated_rules(c);
	far_tiers(c);
}
