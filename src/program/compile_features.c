/* SPDX-License-Identifier: Apache-2.0
 * compile_features.c: declared features. Their names are needed before any condition can be
 * checked, and their own conditions can only be checked when all names are known: two passes. */
#include "program/compile.h"

#include "base/assert.h"

static const char *const kinds[] = {"count",   "sum",  "distinct", "recency",
				    "decayed", "last", "ratio",    NULL};

/* What each kind needs (+) and has no use for (-). */
static const struct {
	enum feature_kind kind;
	const char *key;
	bool needs;
} wants[] = {
	{FEATURE_COUNT, "property", false},   {FEATURE_COUNT, "half_life", false},
	{FEATURE_SUM, "property", true},      {FEATURE_SUM, "half_life", false},
	{FEATURE_DISTINCT, "property", true}, {FEATURE_DISTINCT, "half_life", false},
	{FEATURE_RECENCY, "property", false}, {FEATURE_RECENCY, "half_life", false},
	{FEATURE_DECAYED, "half_life", true}, {FEATURE_DECAYED, "property", false},
	{FEATURE_LAST, "property", true},     {FEATURE_LAST, "half_life", false},
	{FEATURE_RATIO, "over", true},        {FEATURE_RATIO, "under", true},
	{FEATURE_RATIO, "of", false},         {FEATURE_RATIO, "where", false},
	{FEATURE_RATIO, "property", false},   {FEATURE_RATIO, "half_life", false},
};

static void check_keys(struct compile *c, const struct ynode *n, enum feature_kind kind)
{
	struct arena *a = c->ps->arena;
	for (size_t i = 0; i < sizeof wants / sizeof *wants; i++) {
		const struct ynode *have = ynode_get(n, wants[i].key);
		if (wants[i].kind != kind || wants[i].needs == (have != NULL))
			continue;
		struct program_problem *p = problem_add(c->ps, CODE_FEATURE_KEY,
							have ? have->key->where : ynode_place(n));
		PROBLEM_TEXT(p, message, a,
			     have ? "a %s has no use for \"%s\"" : "a %s needs a \"%s\"",
			     kinds[kind], wants[i].key);
		PROBLEM_TEXT(p, fix, a, have ? "take `%s:` out" : "add `%s:`", wants[i].key);
		p->why = STR("sum, distinct, last read a property; decayed fades; ratio divides; "
			     "the others count");
	}
	for (const char *const *only = (const char *const[]){"over", "under", NULL}; *only;
	     only++) {
		const struct ynode *have = kind == FEATURE_RATIO ? NULL : ynode_get(n, *only);
		if (have == NULL)
			continue;
		struct program_problem *p = problem_add(c->ps, CODE_FEATURE_KEY, have->key->where);
		PROBLEM_TEXT(p, message, a, "a %s has no use for \"%s\"", kinds[kind], *only);
		PROBLEM_TEXT(p, fix, a, "take `%s:` out, or make it a ratio", *only);
		p->why = STR("only a ratio is made of other features");
	}
}

static struct str name_of(const struct ynode *n)
{
	return n->key ? n->key->text : value_text(ynode_get(n, "name"));
}

/* The index of the feature a ratio names: it must stand above. */
static size_t ratio_part(struct compile *c, const struct ynode *n, const char *key, size_t self)
{
	const struct ynode *part = ynode_get(n, key);
	struct str name = value_text(part);
	struct arena *a = c->ps->arena;
	struct suggest s;
	size_t at = 0;
	suggest_init(&s, name);
	if (name.n == 0)
		return 0;
	for (; at < c->p->features_n && !str_eq(c->p->features[at].name, name); at++)
		if (at < self)
			suggest_offer(&s, c->p->features[at].name);
	if (at < self)
		return at;
	bool below = at < c->p->features_n;
	struct program_problem *p =
		problem_add(c->ps, below ? CODE_FEATURE_ORDER : CODE_REFERENCE, part->where);
	if (below) {
		PROBLEM_TEXT(p, message, a, "feature \"" STR_FMT "\" is %s", STR_ARG(name),
			     at == self ? "this ratio itself" : "declared further down");
		p->why = STR("a ratio is computed from features above it");
		p->fix = STR("move this ratio below the features it is made of");
		return 0;
	}
	PROBLEM_TEXT(p, message, a, "no feature called \"" STR_FMT "\"", STR_ARG(name));
	p->label = STR("not listed under `features:`");
	p->why = STR("the ratio would be of nothing");
	p->suggestion = suggest_best(&s);
	if (p->suggestion.n)
		PROBLEM_TEXT(p, fix, a, "did you mean \"" STR_FMT "\"?", STR_ARG(p->suggestion));
	else
		p->fix = STR("declare it above this one");
	return 0;
}

static void half_life_of(struct compile *c, const struct ynode *n, struct program_feature *f)
{
	const struct ynode *h = ynode_get(n, "half_life");
	if (!value_duration(h, &f->half_life_us) || f->half_life_us > 0)
		return;
	struct program_problem *p = problem_add(c->ps, CODE_HALF_LIFE, h->where);
	p->message = STR("a half-life of nothing");
	p->why = STR("every event would be forgotten at once");
	p->fix = STR("write how long it takes until half is forgotten: 14d");
}

void compile_features(struct compile *c)
{
	const struct ynode *section = ynode_get(c->root, "features");
	size_t n = section && !section->bad ? section->count : 0, i = 0;
	struct program_feature *list = COMPILE_ARRAY(c, struct program_feature, n);
	struct named *names = ARENA_ARRAY(c->ps->arena, struct named, n + 1);
	if (list == NULL || names == NULL || n == 0)
		return;
	for (const struct ynode *x = section->first; x; x = x->next) {
		struct str name = name_of(x);
		int kind = value_word(ynode_get(x, "kind"), kinds);
		if (name.n == 0 || x->kind != YNODE_MAP)
			continue;
		struct program_feature *f = &list[i];
		f->name = compile_text(c, name);
		f->key = program_key32("feature", name);
		f->kind = kind < 0 ? FEATURE_COUNT : (enum feature_kind)kind;
		f->property = compile_text(c, value_text(ynode_get(x, "property")));
		half_life_of(c, x, f);
		if (kind >= 0)
			check_keys(c, x, f->kind);
		const struct ynode *named = x->key ? x->key : ynode_get(x, "name");
		names[i++] = (struct named){name, f->key, named->where};
	}
	compile_unique(c, names, i, "feature");
	c->p->features = list;
	c->p->features_n = i;
}

/* Second pass: conditions and ratios, over the names of the first. */
void compile_feature_conds(struct compile *c)
{
	const struct ynode *section = ynode_get(c->root, "features");
	struct program_feature *list = (struct program_feature *)(uintptr_t)c->p->features;
	size_t i = 0;
	for (const struct ynode *x = c->p->features_n ? section->first : NULL; x; x = x->next) {
		if (name_of(x).n == 0 || x->kind != YNODE_MAP)
			continue;
		struct program_feature *f = &list[i];
		if (f->kind == FEATURE_RATIO) {
			f->over = ratio_part(c, x, "over", i);
			f->under = ratio_part(c, x, "under", i);
			f->on.any = true;
		} else {
			compile_on(c, value_text(ynode_get(x, "of")), ynode_get(x, "where"),
				   &f->on);
		}
		i++;
	}
}
