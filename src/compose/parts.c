/* SPDX-License-Identifier: Apache-2.0
 * parts.c: partials and layouts while a message is made: each is looked up once for a mail, so that
 * a loop over a partial costs one look. */
#include "compose/internal.h"

#include <stdio.h>

enum status compose_part_compile(enum content_part_kind kind, struct str name, struct str text,
				 struct arena *a, const struct liquid_template **out,
				 struct liquid_problem *p)
{
	struct str path =
		arena_printf(a, "%s/" STR_FMT ".liquid", content_part_folder(kind), STR_ARG(name));
	*p = (struct liquid_problem){.status = ST_OK};
	if (text.n <= COMPOSE_PART_MAX)
		return liquid_compile(text, (struct liquid_options){.name = path}, a, out, p);
	p->status = ST_LIMIT;
	(void)snprintf(p->name, sizeof p->name, STR_FMT, STR_ARG(path));
	(void)snprintf(p->text, sizeof p->text, "over %u bytes", COMPOSE_PART_MAX);
	return ST_LIMIT;
}

enum status compose_part_keep(enum content_part_kind kind, struct str name, struct str text,
			      struct arena *a, const struct liquid_template **out, struct err *e)
{
	struct liquid_problem p;
	enum status st = compose_part_compile(kind, name, text, a, out, &p);
	return st == ST_OK ? ST_OK : liquid_problem_err(&p, e);
}

static const struct liquid_template *known(const struct compose_parts *s,
					   enum content_part_kind kind, struct str name)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->rows[i].kind == kind && str_eq(s->rows[i].name, name))
			return s->rows[i].compiled;
	return NULL;
}

static enum status ask(const struct compose_vars *v, enum content_part_kind kind, struct str name,
		       const struct liquid_template **out, struct liquid_problem *p)
{
	struct compose_part part = {.text = STR_NULL};
	struct err e = {.status = ST_OK};
	enum status st = v->in->part(v->in->ctx, kind, name, v->a, &part, &e);
	if (st == ST_OK && part.compiled != NULL)
		*out = part.compiled;
	else if (st == ST_OK)
		st = compose_part_compile(kind, name, part.text, v->a, out, p);
	else
		(void)snprintf(p->text, sizeof p->text, "%s", e.text);
	return p->status = st;
}

enum status compose_part_get(struct compose_vars *v, enum content_part_kind kind, struct str name,
			     const struct liquid_template **out, struct liquid_problem *p)
{
	struct compose_parts *s = &v->parts;
	*p = (struct liquid_problem){.status = ST_OK};
	*out = known(s, kind, name);
	if (*out != NULL)
		return ST_OK;
	if (v->in->part == NULL)
		return ST_NOT_FOUND;
	if (s->n == COMPOSE_PARTS_MAX) {
		(void)snprintf(p->text, sizeof p->text, "more than %d partials in one message",
			       COMPOSE_PARTS_MAX);
		return p->status = ST_LIMIT;
	}
	enum status st = ask(v, kind, name, out, p);
	if (st == ST_OK)
		s->rows[s->n++] = (struct compose_part_row){kind, name, *out};
	return st;
}

enum status compose_partial(void *ctx, struct str name, const struct liquid_template **out,
			    struct liquid_problem *p)
{
	return compose_part_get(ctx, CONTENT_PARTIAL, name, out, p);
}
