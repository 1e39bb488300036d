/* SPDX-License-Identifier: Apache-2.0
 * render_partial.c: render and include. A rendered partial has variables of its own and sees the
 * caller's data; an included one shares all of ours. */
#include "liquid/run.h"

#include "base/assert.h"

static struct str last_part(struct str name)
{
	for (size_t i = name.n; i > 0; i--)
		if (name.p[i - 1] == '/')
			return str_slice(name, i, name.n);
	return name;
}

static enum status load(struct run *r, const struct node *n, struct str name,
			const struct liquid_template **out_r)
{
	struct liquid_problem p = {.status = ST_OK};
	enum status st = ST_NOT_FOUND;
	if (r->conf->partial != NULL)
		st = r->conf->partial(r->conf->ctx, name, out_r, &p);
	if (st == ST_NOT_FOUND) {
		(void)liquid_run_fail(r, n->at, st, "Could not find asset " STR_FMT, STR_ARG(name));
		return ST_NOT_FOUND;
	}
	if (st != ST_OK) {
		*r->problem = p;
		r->problem->status = st;
		return st;
	}
	ASSERT(*out_r != NULL);
	return ST_OK;
}

/* Renders t in `frame`, telling problems as that template's. */
static enum status inside(struct run *r, struct frame *frame)
{
	struct frame *outer = r->frame;
	r->frame = frame;
	enum status st = liquid_print_body(r, &frame->t->body);
	r->frame = outer;
	return st;
}

static enum status give_local(struct run *r, struct scope *s, struct str name,
			      struct liquid_value v)
{
	struct cell *c = liquid_run_cell(r, s, name);
	if (c == NULL)
		return liquid_run_no_memory(r, 0);
	c->local = v;
	c->has_local = true;
	return ST_OK;
}

/* ---- render ---- */

struct rendering {
	const struct node *node;
	const struct liquid_template *t;
	struct str variable;
	const struct liquid_loop *loop; /* NULL: not `for` */
};

static enum status render_alone(struct run *r, const struct rendering *x, struct liquid_value v)
{
	struct scope *outer = r->frame->scope;
	struct scope scope = {.levels = 1, .base = outer->base + 1, .changed = STR_NULL};
	struct frame frame;
	if (outer->base + outer->levels > LIQUID_DEPTH_MAX)
		return liquid_run_fail(r, x->node->at, ST_LIMIT, "Nesting too deep");
	enum status st = liquid_run_frame(r, x->t, &scope, &frame);
	if (st == ST_OK && x->loop != NULL)
		st = give_local(r, &scope, STR("forloop"), loop_value(x->loop));
	for (const struct named_arg *a = x->node->partial->args; a != NULL && st == ST_OK;
	     a = a->next) {
		struct liquid_value arg;
		if ((st = liquid_eval(r, a->value, &arg)) == ST_OK)
			st = give_local(r, &scope, a->name, arg);
	}
	if (st == ST_OK && v.kind != LIQUID_NIL)
		st = give_local(r, &scope, x->variable, v);
	if (st != ST_OK)
		return st;
	enum interrupt before = r->interrupt;
	st = inside(r, &frame);
	r->interrupt = before; /* a break in there ends nothing out here */
	return st;
}

static enum status render_each(struct run *r, struct rendering *x, struct liquid_value over)
{
	struct liquid_loop loop = {.name = x->t->name};
	struct liquid_value items;
	uint32_t left = r->iterations_max - r->iterations;
	if (!val_items(over, r->arena, left, &items))
		return liquid_run_limit(r, x->node->at,
					"Memory limits exceeded: the loops turn too often");
	loop.length = items.n;
	struct liquid_loop *kept = ARENA_NEW(r->arena, struct liquid_loop);
	if (kept == NULL)
		return liquid_run_no_memory(r, x->node->at);
	*kept = loop;
	x->loop = kept;
	for (uint32_t i = 0; i < items.n; i++, kept->index++) {
		enum status st = liquid_print_step(r, x->node->at);
		if (st == ST_OK)
			st = render_alone(r, x, items.items[i]);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status render_it(struct run *r, const struct node *n)
{
	const struct partial_tag *tag = n->partial;
	struct str name = str_in(tag->name->value);
	struct rendering x = {.node = n, .variable = tag->alias.n ? tag->alias : last_part(name)};
	struct liquid_value with = liquid_nil();
	enum status st = liquid_print_step(r, n->at); /* two renders in each partial are 2^100 */
	if (st == ST_OK)
		st = load(r, n, name, &x.t);
	if (st == ST_OK && tag->with != NULL)
		st = liquid_eval(r, tag->with, &with);
	if (st != ST_OK)
		return st;
	bool each = tag->each && (is_list(with) || is_map(with) || with.kind == LIQUID_RANGE);
	r->no_include++;
	st = each ? render_each(r, &x, with) : render_alone(r, &x, with);
	r->no_include--;
	return st;
}

/* ---- include ---- */

#define INCLUDE_ARGS_MAX 32

struct hidden {
	struct cell *cell;
	struct liquid_value value;
	bool had;
};

static struct cell *hide(struct run *r, struct str name, struct hidden *h)
{
	h->cell = liquid_run_cell(r, r->frame->scope, name);
	if (h->cell == NULL)
		return NULL;
	h->value = h->cell->scoped;
	h->had = h->cell->has_scoped;
	return h->cell;
}

static enum status include_turns(struct run *r, struct frame *frame, struct cell *variable,
				 struct liquid_value v)
{
	struct liquid_value items = liquid_array(&v, 1);
	enum status st = ST_OK;
	if (is_list(v) && !val_items(v, r->arena, SIZE_MAX, &items))
		return liquid_run_no_memory(r, 0);
	for (uint32_t i = 0; i < items.n && st == ST_OK; i++) {
		variable->scoped = items.items[i];
		variable->has_scoped = true;
		if ((st = liquid_print_step(r, 0)) == ST_OK)
			st = inside(r, frame);
	}
	return st;
}

static enum status include_args(struct run *r, const struct partial_tag *tag, struct hidden *hidden,
				size_t *n)
{
	for (const struct named_arg *a = tag->args; a != NULL; a = a->next) {
		struct liquid_value v;
		enum status st = liquid_eval(r, a->value, &v);
		if (st != ST_OK)
			return st;
		if (*n == INCLUDE_ARGS_MAX)
			return liquid_run_fail(r, a->value->at, ST_LIMIT,
					       "include has too many arguments");
		struct cell *c = hide(r, a->name, &hidden[*n]);
		if (c == NULL)
			return liquid_run_no_memory(r, a->value->at);
		++*n;
		c->scoped = v;
		c->has_scoped = true;
	}
	return ST_OK;
}

static enum status include_value(struct run *r, const struct partial_tag *tag, struct str name,
				 struct liquid_value *out_r)
{
	if (tag->with != NULL)
		return liquid_eval(r, tag->with, out_r);
	struct cell *c = liquid_run_cell(r, r->frame->scope, name);
	if (c == NULL)
		return liquid_run_no_memory(r, tag->name->at);
	*out_r = liquid_run_read(r, c);
	return ST_OK;
}

static enum status include_in(struct run *r, const struct node *n, struct str name)
{
	const struct partial_tag *tag = n->partial;
	struct scope *s = r->frame->scope;
	struct hidden hidden[INCLUDE_ARGS_MAX + 1];
	struct frame frame;
	struct liquid_value v;
	size_t count = 0;
	const struct liquid_template *t = NULL;
	enum status st = load(r, n, name, &t);
	if (st == ST_OK)
		st = include_value(r, tag, name, &v);
	if (st != ST_OK)
		return st;
	if (s->base + s->levels + 1 > LIQUID_DEPTH_MAX)
		return liquid_run_fail(r, n->at, ST_LIMIT, "Nesting too deep");
	s->levels++;
	st = include_args(r, tag, hidden, &count);
	struct cell *variable =
		hide(r, tag->alias.n ? tag->alias : last_part(name), &hidden[count]);
	count += variable != NULL;
	if (st == ST_OK && variable == NULL)
		st = liquid_run_no_memory(r, n->at);
	if (st == ST_OK)
		st = liquid_run_frame(r, t, s, &frame);
	if (st == ST_OK)
		st = include_turns(r, &frame, variable, v);
	while (count > 0) {
		const struct hidden *h = &hidden[--count];
		h->cell->scoped = h->value;
		h->cell->has_scoped = h->had;
	}
	s->levels--;
	return st;
}

static enum status include_it(struct run *r, const struct node *n)
{
	struct liquid_value name;
	if (r->no_include > 0)
		return liquid_run_fail(r, n->at, ST_INVALID,
				       "include usage is not allowed in this context");
	enum status st = liquid_eval(r, n->partial->name, &name);
	if (st != ST_OK)
		return st;
	if (!is_str(name))
		return liquid_run_fail(r, n->at, ST_INVALID,
				       "Argument error in tag 'include' - Illegal template name");
	return include_in(r, n, str_in(name));
}

enum status liquid_print_partial(struct run *r, const struct node *n)
{
	return n->partial->include ? include_it(r, n) : render_it(r, n);
}
