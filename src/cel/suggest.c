/* SPDX-License-Identifier: Apache-2.0
 * suggest.c: "did you mean". The nearest declared name by edit distance, when it is near enough
 * that a person would have meant it. */
#include "cel/check.h"

#include <stdio.h>

struct nearest {
	struct str wanted;
	struct str best;
	unsigned distance;
};

static void consider(struct nearest *n, struct str name)
{
	unsigned d = str_distance(n->wanted, name);
	/* One slip in three letters is a slip; more is another word. */
	if (d < n->distance && d <= 1 + n->wanted.n / 3) {
		n->distance = d;
		n->best = name;
	}
}

static void answer(struct checker *k, const struct nearest *n, struct str prefix)
{
	if (n->best.n == 0 || n->distance == 0 || k->c->problem == NULL)
		return;
	snprintf(k->c->problem->suggestion, sizeof k->c->problem->suggestion, STR_FMT "%s" STR_FMT,
		 STR_ARG(prefix), prefix.n ? "." : "", STR_ARG(n->best));
}

void suggest_name(struct checker *k, struct str name, const struct cel_object *of)
{
	struct nearest n = {.wanted = name, .distance = 64};
	struct str prefix = STR_NULL;
	for (size_t i = 0; of != NULL && i < of->field_count; i++)
		consider(&n, of->fields[i].name);
	for (const struct scope *s = of ? NULL : k->scope; s != NULL; s = s->outer)
		consider(&n, s->name);
	const struct cel_env *env = k->c->env;
	for (size_t i = 0; of == NULL && i < env->decl_count; i++)
		consider(&n, env->decls[i].name);
	/* A bare field name: `title` for `lead.title`. */
	for (size_t i = 0; of == NULL && n.distance > 1 && i < env->decl_count; i++) {
		const struct cel_object *o = env->decls[i].type->object;
		for (size_t f = 0; o != NULL && f < o->field_count; f++) {
			if (!str_eq(o->fields[f].name, name))
				continue;
			n.best = name;
			n.distance = 1;
			prefix = env->decls[i].name;
		}
	}
	answer(k, &n, prefix);
}

static bool consider_function(void *ctx, const struct cel_func *f)
{
	consider(ctx, str_of(f->name));
	return true;
}

void suggest_function(struct checker *k, struct str name)
{
	struct nearest n = {.wanted = name, .distance = 64};
	static const char *const macros[] = {"has", "all", "exists", "exists_one", "map", "filter"};
	for (size_t i = 0; i < sizeof macros / sizeof macros[0]; i++)
		consider(&n, str_of(macros[i]));
	functions_each(k->c->env, consider_function, &n);
	answer(k, &n, STR_NULL);
}
