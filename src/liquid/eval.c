/* SPDX-License-Identifier: Apache-2.0
 * eval.c: what expressions, conditions and chains of filters are worth. */
#include "liquid/filter.h"

#include "liquid/letter.h"
#include "liquid/number.h"

#include <stdio.h>

static enum status self_member(struct run *r, struct liquid_value key, uint32_t at,
			       struct liquid_value *out_r)
{
	*out_r = liquid_nil();
	if (!is_str(key))
		return ST_OK;
	struct cell *c = liquid_run_cell(r, r->frame->scope, str_in(key));
	if (c == NULL)
		return liquid_run_no_memory(r, at);
	*out_r = liquid_run_read(r, c);
	return ST_OK;
}

static enum status path_start(struct run *r, const struct expr *x, struct liquid_value *out_r)
{
	struct liquid_value name;
	if (x->root == NULL) {
		*out_r = liquid_run_read(r, r->frame->cells[x->slot]);
		return ST_OK;
	}
	enum status st = liquid_eval(r, x->root, &name);
	return st == ST_OK ? self_member(r, name, x->at, out_r) : st;
}

static enum status path(struct run *r, const struct expr *x, struct liquid_value *out_r)
{
	struct liquid_value v = liquid_nil(), key = liquid_nil();
	enum status st = path_start(r, x, &v);
	for (uint32_t i = 0; i < x->step_count && st == ST_OK; i++) {
		const struct step *s = &x->steps[i];
		if (s->index == NULL)
			key = liquid_str(s->key);
		else if ((st = liquid_eval(r, s->index, &key)) != ST_OK)
			return st;
		if (v.kind == LIQUID_SELF)
			st = self_member(r, key, x->at, &v);
		else
			v = val_step(v, key, s->command, r->arena);
	}
	if (st == ST_OK && val_lost(v))
		return liquid_run_no_memory(r, x->at);
	*out_r = v;
	return st;
}

bool liquid_eval_integer(struct run *r, struct liquid_value v, int64_t *out_r)
{
	if (v.kind == LIQUID_INT) {
		*out_r = v.i;
		return true;
	}
	struct str s = val_str(v, r->arena);
	return s.p != NULL && number_whole(s, out_r);
}

static enum status range_end(struct run *r, const struct expr *x, int64_t *out_r)
{
	struct liquid_value v;
	enum status st = liquid_eval(r, x, &v);
	if (st != ST_OK)
		return st;
	if (v.kind == LIQUID_NIL)
		*out_r = 0;
	else if (is_str(v))
		*out_r = number_leading(str_in(v));
	else if (!liquid_eval_integer(r, v, out_r))
		return liquid_run_fail(r, x->at, ST_INVALID, "invalid integer");
	return ST_OK;
}

static enum status range(struct run *r, const struct expr *x, struct liquid_value *out_r)
{
	struct liquid_range *range = ARENA_NEW(r->arena, struct liquid_range);
	if (range == NULL)
		return liquid_run_no_memory(r, x->at);
	enum status st = range_end(r, x->from, &range->from);
	if (st == ST_OK)
		st = range_end(r, x->to, &range->to);
	*out_r = (struct liquid_value){.kind = LIQUID_RANGE, .range = range};
	return st;
}

enum status liquid_eval(struct run *r, const struct expr *x, struct liquid_value *out_r)
{
	switch (x->kind) {
	case EXPR_PATH: return path(r, x, out_r);
	case EXPR_RANGE: return range(r, x, out_r);
	default: *out_r = x->value; return ST_OK;
	}
}

/* ---- conditions ---- */

static bool same_literal(const struct expr *literal, struct liquid_value v)
{
	return literal->kind == EXPR_EMPTY ? val_empty(v) : val_blank(v);
}

static bool is_question(const struct expr *x)
{
	return x->kind == EXPR_EMPTY || x->kind == EXPR_BLANK;
}

enum status liquid_eval_equal(struct run *r, const struct expr *left, const struct expr *right,
			      bool *out_r)
{
	struct liquid_value a = liquid_nil(), b = liquid_nil();
	enum status st = liquid_eval(r, left, &a);
	if (st == ST_OK)
		st = liquid_eval(r, right, &b);
	if (st != ST_OK)
		return st;
	if (is_question(left))
		*out_r = !is_question(right) && same_literal(left, b);
	else if (is_question(right))
		*out_r = same_literal(right, a);
	else
		*out_r = val_equal(a, b, r->arena);
	return ST_OK;
}

static bool has_order(struct liquid_value v)
{
	return v.kind == LIQUID_INT || v.kind == LIQUID_FLOAT || is_str(v);
}

static enum status not_comparable(struct run *r, uint32_t at, struct liquid_value a,
				  struct liquid_value b)
{
	char text[96];
	struct buf t = {.p = text, .cap = sizeof text, .bytes_max = sizeof text};
	buf_z(&t, "comparison of ");
	val_type_text(a, false, &t);
	buf_z(&t, " with ");
	val_type_text(b, true, &t);
	buf_z(&t, " failed");
	return liquid_run_fail(r, at, ST_INVALID, STR_FMT, STR_ARG(buf_view(&t)));
}

static enum status compare(struct run *r, const struct cond *c, struct liquid_value a,
			   struct liquid_value b, bool *out_r)
{
	int order = 0;
	*out_r = false;
	if (c->op == OP_CONTAINS) {
		*out_r = !is_question(c->left) && val_contains(a, b, r->arena);
		return ST_OK;
	}
	if (!has_order(a) || !has_order(b) || is_question(c->left) || is_question(c->right))
		return ST_OK;
	if (!val_order(a, b, r->arena, &order))
		return not_comparable(r, c->left->at, a, b);
	*out_r = c->op == OP_LT   ? order < 0
		 : c->op == OP_GT ? order > 0
		 : c->op == OP_LE ? order <= 0
				  : order >= 0;
	return ST_OK;
}

static enum status one_condition(struct run *r, const struct cond *c, bool *out_r)
{
	struct liquid_value a = liquid_nil(), b = liquid_nil();
	enum status st;
	if (c->op == OP_EQ || c->op == OP_NE) {
		st = liquid_eval_equal(r, c->left, c->right, out_r);
		*out_r = *out_r == (c->op == OP_EQ);
		return st;
	}
	if ((st = liquid_eval(r, c->left, &a)) != ST_OK)
		return st;
	if (c->op == OP_NONE) {
		*out_r = truthy(a);
		return ST_OK;
	}
	st = liquid_eval(r, c->right, &b);
	return st == ST_OK ? compare(r, c, a, b, out_r) : st;
}

/* From the left, but an operator decides about all that is behind it: a and (b or c). */
enum status liquid_eval_condition(struct run *r, const struct cond *c, bool *out_r)
{
	for (;; c = c->next) {
		*out_r = false;
		enum status st = one_condition(r, c, out_r);
		if (st != ST_OK || c->join == JOIN_NONE || *out_r == (c->join == JOIN_OR))
			return st;
	}
}

/* ---- filters ---- */

static bool is_missing(struct liquid_value v)
{
	return v.kind == LIQUID_NIL || (is_str(v) && skip_space(str_in(v)).n == 0);
}

static enum status missing(struct run *r, const struct expr *x)
{
	struct liquid_problem *p = r->problem;
	r->fatal = true;
	snprintf(p->variable, sizeof p->variable, STR_FMT, STR_ARG(x->text));
	return liquid_run_fail(
		r, x->at, ST_NOT_FOUND,
		"%s is empty: nothing is sent with a hole in it; give a fallback with "
		"{{ %s | default: \"...\" }}",
		p->variable, p->variable);
}

static bool default_behind(const struct filter_call *f)
{
	while (f != NULL && !str_is(f->name, "default"))
		f = f->next;
	return f != NULL;
}

static enum status named(struct run *r, const struct filter_call *f, struct liquid_value *out_r)
{
	const struct liquid_named **last = &out_r->named;
	*out_r = (struct liquid_value){.kind = LIQUID_NAMED};
	for (const struct named_arg *n = f->named; n != NULL; n = n->next) {
		struct liquid_named *v = ARENA_NEW(r->arena, struct liquid_named);
		if (v == NULL)
			return liquid_run_no_memory(r, f->at);
		v->name = n->name;
		enum status st = liquid_eval(r, n->value, &v->value);
		if (st != ST_OK)
			return st;
		*last = v;
		last = &v->next;
	}
	return ST_OK;
}

static enum status arguments(struct run *r, const struct filter_call *f, struct call *c)
{
	bool stops = r->conf->missing == LIQUID_MISSING_STOPS && !default_behind(f);
	enum status st = ST_OK;
	for (uint32_t i = 0; i < f->arg_count && st == ST_OK; i++) {
		st = liquid_eval(r, f->args[i], &c->args[c->n]);
		if (st == ST_OK && stops && f->args[i]->kind == EXPR_PATH &&
		    is_missing(c->args[c->n]))
			return missing(r, f->args[i]);
		c->n++;
	}
	if (st == ST_OK && f->named != NULL)
		st = named(r, f, &c->args[c->n++]);
	return st;
}

static enum status apply(struct run *r, const struct filter_call *f, struct liquid_value *v)
{
	struct call c;
	c.run = r;
	c.site = f;
	c.at = f->at;
	c.n = 1;
	c.args[0] = *v;
	enum status st = arguments(r, f, &c);
	if (st != ST_OK || f->filter == NULL)
		return st; /* unknown: passes its input on */
	if (c.n - 1 >= f->filter->args_min && c.n - 1 <= f->filter->args_max)
		return f->filter->fn(&c, v);
	if (f->filter->args_max == f->filter->args_min)
		return call_fail(&c, "wrong number of arguments (given %u, expected %u)", c.n,
				 f->filter->args_min + 1u);
	return call_fail(&c, "wrong number of arguments (given %u, expected %u..%u)", c.n,
			 f->filter->args_min + 1u, f->filter->args_max + 1u);
}

/* A default that is itself a variable may be empty too; one that is a text says: may be empty. */
static bool chosen_empty(const struct filter_call *f)
{
	for (; f != NULL; f = f->next)
		if (str_is(f->name, "default") &&
		    (f->arg_count == 0 || f->args[0]->kind != EXPR_PATH))
			return true;
	return false;
}

enum status liquid_eval_missing(struct run *r, const struct output *o, struct liquid_value v)
{
	if (r->conf->missing != LIQUID_MISSING_STOPS || o->value == NULL ||
	    o->value->kind != EXPR_PATH || chosen_empty(o->filters))
		return ST_OK;
	if (is_missing(v) || (is_list(v) && val_empty(v)))
		return missing(r, o->value);
	return ST_OK;
}

enum status liquid_eval_output(struct run *r, const struct output *o, struct liquid_value *out_r)
{
	bool stops = r->conf->missing == LIQUID_MISSING_STOPS;
	*out_r = liquid_nil();
	if (o->value == NULL)
		return ST_OK;
	enum status st = liquid_eval(r, o->value, out_r);
	if (st == ST_OK && stops && o->filters != NULL && o->value->kind == EXPR_PATH &&
	    !default_behind(o->filters) && is_missing(*out_r))
		return missing(r, o->value);
	for (const struct filter_call *f = o->filters; f != NULL && st == ST_OK; f = f->next)
		st = apply(r, f, out_r);
	return st;
}
