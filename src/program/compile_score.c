/* SPDX-License-Identifier: Apache-2.0
 * compile_score.c: fit, engagement, weights, tiers, entry. */
#include "program/compile.h"

#include "base/assert.h"
#include "base/time.h"

#define HALF_LIFE_DEFAULT_US (14 * US_PER_D)

static void warn_no_points(struct compile *c, const struct ynode *n, double points)
{
	if (n == NULL || n->bad || points != 0)
		return;
	struct program_problem *p = problem_add(c->ps, CODE_NO_POINTS, n->where);
	p->message = STR("this rule gives no points");
	p->why = STR("it changes no score");
	p->fix = STR("give it points, or take it out");
}

/* ---- fit ---- */

static void compile_fit(struct compile *c, const struct ynode *section)
{
	size_t n = section && !section->bad ? section->count : 0, i = 0;
	struct program_fit *list = COMPILE_ARRAY(c, struct program_fit, n);
	struct named *names = ARENA_ARRAY(c->ps->arena, struct named, n + 1);
	if (list == NULL || names == NULL || n == 0)
		return;
	for (const struct ynode *x = section->first; x; x = x->next) {
		const struct ynode *points = ynode_get(x, "points"), *named = ynode_get(x, "name");
		const struct ynode *cond = ynode_get(x, "if");
		if (x->kind != YNODE_MAP)
			continue;
		struct program_fit *f = &list[i];
		compile_cond(c, cond, COND_FIT, &f->if_);
		if (value_number(points, &f->points))
			warn_no_points(c, points, f->points);
		struct str name = value_text(named);
		f->name = compile_text(c, name.n ? name
						 : str_slice(str_trim(value_text(cond)), 0, 96));
		names[i++] = (struct named){f->name, 0,
					    ynode_place(named  ? named
							: cond ? cond
							       : x)};
		if (named)
			names[i - 1].where = named->where;
		else if (cond)
			names[i - 1].where = cond->where;
	}
	compile_unique(c, names, i, "fit rule");
	c->p->fit = list;
	c->p->fit_n = i;
}

/* ---- engagement ---- */

static int64_t half_life(struct compile *c, const struct ynode *n, int64_t fallback)
{
	int64_t us;
	if (n == NULL || !value_duration(n, &us))
		return fallback;
	if (us > 0)
		return us;
	struct program_problem *p = problem_add(c->ps, CODE_HALF_LIFE, n->where);
	p->message = STR("a half-life of nothing");
	p->why = STR("every act would be forgotten at once");
	p->fix = STR("write how long it takes until half is forgotten: 14d");
	return fallback;
}

/* One rule: from `points:` (n->key is the event type) or from `rules:` (it has `of:`). */
static void compile_rule(struct compile *c, const struct ynode *n, int64_t section_us,
			 struct program_points *r)
{
	bool map = n->kind == YNODE_MAP;
	const struct ynode *points = map ? ynode_get(n, "points") : n;
	struct str of = n->key ? n->key->text : value_text(ynode_get(n, "of"));
	struct str name = map ? value_text(ynode_get(n, "name")) : STR_NULL;
	r->name = compile_text(c, name.n ? name : of);
	r->key = program_key32("points", r->name);
	r->half_life_us = half_life(c, map ? ynode_get(n, "half_life") : NULL, section_us);
	compile_on(c, of, map ? ynode_get(n, "where") : NULL, &r->on);
	if (value_number(points, &r->points))
		warn_no_points(c, points, r->points);
	(void)value_number(map ? ynode_get(n, "max") : NULL,
			   &r->points_max); /* absent: no ceiling */
}

static struct place rule_place(const struct ynode *n)
{
	const struct ynode *name = n->kind == YNODE_MAP ? ynode_get(n, "name") : NULL;
	const struct ynode *of = n->kind == YNODE_MAP ? ynode_get(n, "of") : NULL;
	return name ? name->where : of ? of->where : ynode_place(n);
}

static void compile_points(struct compile *c, const struct ynode *engagement)
{
	const struct ynode *sections[] = {ynode_get(engagement, "points"),
					  ynode_get(engagement, "rules")};
	int64_t section_us = half_life(c, ynode_get(engagement, "half_life"), HALF_LIFE_DEFAULT_US);
	size_t n = 0, i = 0;
	for (size_t s = 0; s < 2; s++)
		n += sections[s] && !sections[s]->bad ? sections[s]->count : 0;
	struct program_points *list = COMPILE_ARRAY(c, struct program_points, n);
	struct named *names = ARENA_ARRAY(c->ps->arena, struct named, n + 1);
	if (list == NULL || names == NULL)
		return;
	for (size_t s = 0; s < 2; s++) {
		const struct ynode *x =
			sections[s] && !sections[s]->bad ? sections[s]->first : NULL;
		for (; x; x = x->next) {
			if (x->kind == YNODE_LIST || (s == 1 && x->kind != YNODE_MAP))
				continue;
			compile_rule(c, x, section_us, &list[i]);
			names[i] = (struct named){list[i].name, list[i].key, rule_place(x)};
			i += list[i].name.n > 0;
		}
	}
	compile_unique(c, names, i, "engagement rule");
	if (i > PROGRAM_POINTS_MAX) {
		struct program_problem *p = problem_add(c->ps, CODE_MANY, ynode_place(engagement));
		PROBLEM_TEXT(p, message, c->ps->arena, "%zu engagement rules, %d at most", i,
			     PROGRAM_POINTS_MAX);
		p->why = STR("what a lead remembers has a fixed size");
		p->fix = STR("put some together: form.* is a whole family");
	}
	c->p->points = list;
	c->p->points_n = i;
}

static void compile_inactivity(struct compile *c, const struct ynode *n)
{
	struct program_inactivity *out = &c->p->inactivity;
	*out = (struct program_inactivity){.every_us = 7 * US_PER_D, .points_max = 100};
	const struct ynode *every = ynode_get(n, "every");
	if (n == NULL || n->bad)
		return;
	(void)value_duration(ynode_get(n, "after"),
			     &out->after_us); /* required: reported by the check */
	(void)value_duration(every, &out->every_us);
	(void)value_number(ynode_get(n, "points"), &out->points);
	(void)value_number(ynode_get(n, "max"), &out->points_max);
	if (every == NULL || out->every_us > 0)
		return;
	struct program_problem *p = problem_add(c->ps, CODE_HALF_LIFE, every->where);
	p->message = STR("points would be subtracted all the time");
	p->why = STR("`every:` is the time between two subtractions");
	p->fix = STR("write 7d");
}

/* ---- weights and tiers ---- */

static void compile_weights(struct compile *c, const struct ynode *n)
{
	struct program *p = c->p;
	p->fit_weight = p->engagement_weight = 0.5;
	if (n == NULL || n->bad)
		return;
	bool both = value_share(ynode_get(n, "fit"), &p->fit_weight);
	both = value_share(ynode_get(n, "engagement"), &p->engagement_weight) && both;
	double sum = p->fit_weight + p->engagement_weight;
	if (!both || (sum > 0.999 && sum < 1.001))
		return;
	struct program_problem *x = problem_add(c->ps, CODE_WEIGHTS, ynode_place(n));
	PROBLEM_TEXT(x, message, c->ps->arena, "the weights add up to %g", sum);
	x->why = sum < 1 ? STR("nobody can reach a score of 100")
			 : STR("many leads would be cut at 100");
	x->fix = STR("let them add up to 1");
}

static void compile_probability(struct compile *c, const struct ynode *n)
{
	struct program *p = c->p;
	if (n == NULL || n->bad)
		return;
	(void)value_number(ynode_get(n, "slope"), &p->probability.slope);
	(void)value_number(ynode_get(n, "bias"), &p->probability.bias);
}

static void tier_order(struct compile *c, const struct ynode *n, const struct program_tier *t)
{
	const struct ynode *down = ynode_get(n, "down"), *up = ynode_get(n, "up");
	if (t->down <= t->up || down == NULL || down->bad || up == NULL || up->bad)
		return;
	struct program_problem *p = problem_add(c->ps, CODE_TIER_ORDER, down->where);
	PROBLEM_TEXT(p, message, c->ps->arena, "down: %g is above up: %g", t->down, t->up);
	p->why = STR("a lead would leave the tier at once when it enters, again and again");
	PROBLEM_TEXT(p, fix, c->ps->arena, "write down: %g or less, some points below up", t->up);
	PROBLEM_TEXT(p, suggestion, c->ps->arena, "%g", t->up > 10 ? t->up - 10 : 0);
}

static void compile_tier(struct compile *c, const struct ynode *n, double up,
			 struct program_tier *out)
{
	out->up = up;
	(void)value_number(ynode_get(n, "up"), &out->up); /* absent: the default */
	out->down = out->up > 10 ? out->up - 10 : 0;
	(void)value_number(ynode_get(n, "down"), &out->down);
	if (n == NULL)
		return;
	compile_cond(c, ynode_get(n, "if"), COND_TIER, &out->if_);
	tier_order(c, n, out);
}

static void compile_tiers(struct compile *c, const struct ynode *n)
{
	const struct ynode *hot = ynode_get(n, "hot"), *warm = ynode_get(n, "warm");
	struct program_tier *tiers = c->p->tiers;
	compile_tier(c, hot, 70, &tiers[TIER_HOT]);
	compile_tier(c, warm, 40, &tiers[TIER_WARM]);
	if (tiers[TIER_WARM].up <= tiers[TIER_HOT].up &&
	    tiers[TIER_WARM].down <= tiers[TIER_HOT].down)
		return;
	bool up = tiers[TIER_WARM].up > tiers[TIER_HOT].up;
	const struct ynode *at = ynode_get(warm ? warm : hot, up ? "up" : "down");
	struct program_problem *p = problem_add(c->ps, CODE_TIER_SWAPPED,
						at ? at->where : ynode_place(warm ? warm : hot));
	PROBLEM_TEXT(p, message, c->ps->arena, "warm is %s at %g, hot already at %g",
		     up ? "entered" : "left", up ? tiers[TIER_WARM].up : tiers[TIER_WARM].down,
		     up ? tiers[TIER_HOT].up : tiers[TIER_HOT].down);
	p->why = STR("hot is the tier above warm; nobody would ever be warm");
	p->fix = STR("give hot the higher thresholds");
}

/* Whoever folds asks for fit again when what it reads has moved, and must know what that is. */
static unsigned fit_reads(const struct program *p)
{
	unsigned reads = 0;
	for (size_t i = 0; i < p->personas_n; i++)
		reads |= p->personas[i].if_.reads;
	for (size_t i = 0; i < p->fit_n; i++)
		reads |= p->fit[i].if_.reads;
	return reads;
}

void compile_scoring(struct compile *c)
{
	const struct ynode *scoring = ynode_get(c->root, "scoring");
	const struct ynode *engagement = ynode_get(scoring, "engagement");
	compile_fit(c, ynode_get(scoring, "fit"));
	c->p->fit_reads = fit_reads(c->p);
	compile_points(c, engagement);
	compile_inactivity(c, ynode_get(engagement, "inactivity"));
	compile_weights(c, ynode_get(scoring, "weights"));
	compile_probability(c, ynode_get(scoring, "probability"));
	compile_tiers(c, ynode_get(scoring, "tiers"));
}

/* ---- entry ---- */

static const struct str *texts(struct compile *c, const struct ynode *n, size_t *n_r)
{
	size_t max = n == NULL || n->bad ? 0 : n->kind == YNODE_LIST ? n->count : 1, i = 0;
	struct str *list = COMPILE_ARRAY(c, struct str, max);
	*n_r = 0;
	if (max == 0 || list == NULL)
		return NULL;
	if (n->kind == YNODE_SCALAR)
		list[i++] = compile_text(c, n->text);
	for (const struct ynode *x = n->kind == YNODE_LIST ? n->first : NULL; x; x = x->next)
		if (!x->bad)
			list[i++] = compile_text(c, x->text);
	*n_r = i;
	return list;
}

static void warn_shadowed(struct compile *c, const struct ynode *n, size_t at)
{
	const struct program_entry *list = c->p->entries;
	for (size_t i = 0; i < at; i++) {
		if (list[i].sources_n || list[i].assets_n || list[i].if_.prog)
			continue;
		struct program_problem *p = problem_add(c->ps, CODE_SHADOWED, ynode_place(n));
		PROBLEM_TEXT(p, message, c->ps->arena, "\"" STR_FMT "\" is never reached",
			     STR_ARG(list[at].name));
		PROBLEM_TEXT(p, why, c->ps->arena,
			     "\"" STR_FMT "\" above takes every lead, and the first wins",
			     STR_ARG(list[i].name));
		p->fix = STR("move the rule without source, asset and if to the end");
		return;
	}
}

void compile_entry(struct compile *c)
{
	const struct ynode *section = ynode_get(c->root, "entry");
	size_t n = section && !section->bad ? section->count : 0, i = 0;
	struct program_entry *list = COMPILE_ARRAY(c, struct program_entry, n);
	struct named *names = ARENA_ARRAY(c->ps->arena, struct named, n + 1);
	if (list == NULL || names == NULL || n == 0)
		return;
	c->p->entries = list;
	for (const struct ynode *x = section->first; x; x = x->next) {
		if (x->kind != YNODE_MAP)
			continue;
		const struct ynode *named = ynode_get(x, "name");
		struct str name = value_text(named);
		struct program_entry *r = &list[i];
		r->name =
			name.n ? compile_text(c, name) : arena_printf(c->arena, "entry %zu", i + 1);
		r->sources = texts(c, ynode_get(x, "source"), &r->sources_n);
		r->assets = texts(c, ynode_get(x, "asset"), &r->assets_n);
		compile_cond(c, ynode_get(x, "if"), COND_ENTRY, &r->if_);
		(void)value_number(ynode_get(x, "fit"),
				   &r->fit_points); /* required: reported by the check */
		names[i] = (struct named){r->name, 0, named ? named->where : ynode_place(x)};
		warn_shadowed(c, x, i++);
	}
	compile_unique(c, names, i, "entry rule");
	c->p->entries_n = i;
}
