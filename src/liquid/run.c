/* SPDX-License-Identifier: Apache-2.0
 * run.c: a render from outside: conf, budget, variables and problems. */
#include "liquid/run.h"

#include "base/assert.h"

#include <stdio.h>

static enum status set_problem(struct run *r, uint32_t at, enum status st, const char *text)
{
	struct liquid_problem *p = r->problem;
	if (p->status != ST_OK)
		return p->status;
	p->status = st;
	liquid_place(r->frame->t->source, at, &p->line, &p->column);
	snprintf(p->name, sizeof p->name, STR_FMT, STR_ARG(r->frame->t->name));
	snprintf(p->text, sizeof p->text, "%s", text);
	return st;
}

enum status liquid_run_fail(struct run *r, uint32_t at, enum status st, const char *fmt, ...)
{
	char text[sizeof r->problem->text];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	return set_problem(r, at, st, text);
}

enum status liquid_run_limit(struct run *r, uint32_t at, const char *what)
{
	r->fatal = true;
	return set_problem(r, at, ST_LIMIT, what);
}

enum status liquid_run_no_memory(struct run *r, uint32_t at)
{
	return liquid_run_limit(r, at,
				"Memory limits exceeded: rendering needs more than it may have");
}

struct cell *liquid_run_cell(struct run *r, struct scope *s, struct str name)
{
	struct cell *c = s->cells;
	while (c != NULL && !str_eq(c->name, name))
		c = c->next;
	if (c == NULL && (c = ARENA_NEW(r->arena, struct cell)) != NULL) {
		c->name = name;
		c->next = s->cells;
		s->cells = c;
	}
	return c;
}

/* The first template of a scope gets its cells in a row; what it includes shares them by name. */
enum status liquid_run_frame(struct run *r, const struct liquid_template *t, struct scope *scope,
			     struct frame *out)
{
	*out = (struct frame){.t = t, .scope = scope};
	out->cells = ARENA_ARRAY(r->arena, struct cell *, t->name_count + 1);
	if (out->cells == NULL)
		return liquid_run_no_memory(r, 0);
	if (scope->cells != NULL) {
		for (uint32_t i = 0; i < t->name_count; i++)
			if ((out->cells[i] = liquid_run_cell(r, scope, t->names[i])) == NULL)
				return liquid_run_no_memory(r, 0);
		return ST_OK;
	}
	struct cell *cells = ARENA_ARRAY(r->arena, struct cell, t->name_count + 1);
	if (cells == NULL)
		return liquid_run_no_memory(r, 0);
	for (uint32_t i = 0; i < t->name_count; i++) {
		cells[i].name = t->names[i];
		cells[i].next = scope->cells;
		scope->cells = &cells[i];
		out->cells[i] = &cells[i];
	}
	return ST_OK;
}

static struct liquid_value outside(struct run *r, struct str name)
{
	struct liquid_value v;
	const struct liquid_conf *conf = r->conf;
	if (conf->resolve != NULL && conf->resolve(conf->ctx, name, r->arena, &v))
		return v;
	if (r->data != NULL) {
		uint32_t node = json_get_str(r->data, 0, name);
		if (node != JSON_NONE)
			v = liquid_json(r->data, node, r->arena);
		else
			v = liquid_nil();
		if (node != JSON_NONE && v.kind != LIQUID_NIL)
			return v;
	}
	if (str_is(name, "self"))
		return (struct liquid_value){.kind = LIQUID_SELF};
	return liquid_nil();
}

struct liquid_value liquid_run_read(struct run *r, struct cell *c)
{
	if (c->has_scoped)
		return c->scoped;
	if (c->has_local)
		return c->local;
	if (c->has_counter)
		return liquid_int(c->counter);
	if (!c->has_global) {
		c->global = outside(r, c->name);
		c->has_global = true;
	}
	return c->global;
}

enum status liquid_render(const struct liquid_template *t, const struct json *data,
			  const struct liquid_conf *conf, struct arena *a, struct buf *out,
			  struct liquid_problem *problem)
{
	struct scope scope = {.levels = 1, .changed = STR_NULL};
	struct frame frame = {.t = t, .scope = &scope};
	struct run r = {.conf = conf, .data = data, .arena = a, .out = out, .problem = problem};
	size_t before = out->n, bytes_max = out->bytes_max, may;
	r.frame = &frame;
	r.iterations_max = conf->iterations_max ? conf->iterations_max : LIQUID_ITERATIONS_MAX;
	may = conf->output_bytes_max ? conf->output_bytes_max : LIQUID_OUTPUT_BYTES_MAX;
	*problem = (struct liquid_problem){.status = ST_OK};
	ASSERT(!out->over);
	if (may < bytes_max - before)
		out->bytes_max = before + may;
	enum status st = liquid_run_frame(&r, t, &scope, &frame);
	if (st == ST_OK)
		st = liquid_print_body(&r, &t->body);
	if (st == ST_OK && out->over)
		st = liquid_run_limit(&r, 0, "Memory limits exceeded: the output is too large");
	out->bytes_max = bytes_max;
	if (st != ST_OK) {
		out->n = before;
		out->over = false;
	}
	return st;
}
