/* SPDX-License-Identifier: Apache-2.0
 * render.c: walks the tree of a template and prints. */
#include "liquid/filter.h"

#include <stdio.h>

void liquid_html(struct str s, struct buf *out)
{
	static const char *const entity[128] = {['&'] = "&amp;",
						['<'] = "&lt;",
						['>'] = "&gt;",
						['"'] = "&quot;",
						['\''] = "&#39;"};
	size_t from = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c >= 128 || entity[c] == NULL)
			continue;
		buf_put(out, s.p + from, i - from);
		buf_z(out, entity[c]);
		from = i + 1;
	}
	if (from < s.n)
		buf_put(out, s.p + from, s.n - from);
}

static void render_list(struct run *r, struct liquid_value v)
{
	struct liquid_value items;
	if (!val_items(v, r->arena, SIZE_MAX, &items)) {
		r->out->over = true;
		return;
	}
	for (uint32_t i = 0; i < items.n && !r->out->over; i++)
		liquid_print_value(r, items.items[i]);
}

void liquid_print_value(struct run *r, struct liquid_value v)
{
	if (is_str(v)) {
		if (r->conf->html && !v.safe)
			liquid_html(str_in(v), r->out);
		else
			buf_put(r->out, v.p, v.n);
	} else if (is_list(v)) {
		render_list(r, v);
	} else if (is_map(v) && r->conf->html) {
		struct str s = val_str(v, r->arena);
		if (s.p == NULL)
			r->out->over = true;
		else
			liquid_html(s, r->out);
	} else {
		val_text(v, r->arena, r->out);
	}
}

static enum status render_output(struct run *r, const struct node *n)
{
	struct liquid_value v;
	enum status st = liquid_eval_output(r, &n->output, &v);
	if (st == ST_OK)
		st = liquid_eval_missing(r, &n->output, v);
	if (st == ST_OK)
		liquid_print_value(r, v);
	return st;
}

static enum status render_if(struct run *r, const struct node *n)
{
	bool first = n->kind == NODE_UNLESS; /* its first condition is turned round */
	for (const struct branch *b = n->branches; b != NULL; b = b->next, first = false) {
		bool holds = true;
		enum status st = b->otherwise ? ST_OK : liquid_eval_condition(r, b->cond, &holds);
		if (st != ST_OK)
			return st;
		if (holds != first)
			return liquid_print_body(r, b->body);
	}
	return ST_OK;
}

/* Every arm that matches is rendered; else, when none before it did. */
static enum status render_case(struct run *r, const struct node *n)
{
	bool matched = false, equal = false;
	for (const struct branch *b = n->branches; b != NULL; b = b->next) {
		enum status st = ST_OK;
		if (b->otherwise)
			equal = !matched;
		else if ((st = liquid_eval_equal(r, n->subject, b->match, &equal)) == ST_OK)
			matched = matched || equal;
		if (st == ST_OK && equal)
			st = liquid_print_body(r, b->body);
		if (st != ST_OK)
			return st;
	}
	return ST_OK;
}

static enum status render_assign(struct run *r, const struct node *n)
{
	struct cell *c = r->frame->cells[n->slot];
	struct liquid_value v;
	enum status st = liquid_eval_output(r, &n->output, &v);
	if (st != ST_OK)
		return st;
	c->local = v;
	c->has_local = true;
	return ST_OK;
}

enum status liquid_print_aside(struct run *r, const struct node *n, struct str *out_r)
{
	size_t before = r->out->n;
	enum status st = liquid_print_body(r, n->body);
	if (st == ST_OK && r->out->over)
		st = liquid_run_limit(r, n->at, "Memory limits exceeded: the output is too large");
	if (st != ST_OK)
		return st;
	*out_r = arena_str(r->arena, str_slice(buf_view(r->out), before, r->out->n));
	r->out->n = before;
	return out_r->p != NULL ? ST_OK : liquid_run_no_memory(r, n->at);
}

static enum status render_capture(struct run *r, const struct node *n)
{
	struct cell *c = r->frame->cells[n->slot];
	struct str text = STR("");
	enum status st = liquid_print_aside(r, n, &text);
	c->local = liquid_str(text);
	c->local.safe = true; /* what was data in it has been escaped already */
	c->has_local = true;
	return st;
}

static enum status render_ifchanged(struct run *r, const struct node *n)
{
	struct scope *s = r->frame->scope;
	struct str text = STR("");
	enum status st = liquid_print_aside(r, n, &text);
	if (st != ST_OK || (s->changed.p != NULL && str_eq(text, s->changed)))
		return st;
	s->changed = text;
	buf_str(r->out, text);
	return ST_OK;
}

static enum status render_count(struct run *r, const struct node *n)
{
	struct cell *c = r->frame->cells[n->slot];
	bool up = n->kind == NODE_INCREMENT;
	c->counter -= !up;
	c->has_counter = true;
	buf_i64(r->out, c->counter);
	c->counter += up;
	return ST_OK;
}

static enum status render_node(struct run *r, const struct node *n)
{
	switch ((enum node_kind)n->kind) {
	case NODE_TEXT: buf_put(r->out, n->text.p, n->text.n); return ST_OK;
	case NODE_OUTPUT: return render_output(r, n);
	case NODE_IF:
	case NODE_UNLESS: return render_if(r, n);
	case NODE_CASE: return render_case(r, n);
	case NODE_FOR: return liquid_print_for(r, n);
	case NODE_TABLEROW: return liquid_print_tablerow(r, n);
	case NODE_ASSIGN: return render_assign(r, n);
	case NODE_CAPTURE: return render_capture(r, n);
	case NODE_INCREMENT:
	case NODE_DECREMENT: return render_count(r, n);
	case NODE_CYCLE: return liquid_print_cycle(r, n);
	case NODE_BREAK: r->interrupt = BREAK; return ST_OK;
	case NODE_CONTINUE: r->interrupt = CONTINUE; return ST_OK;
	case NODE_PARTIAL: return liquid_print_partial(r, n);
	case NODE_IFCHANGED: return render_ifchanged(r, n);
	}
	return ST_OK;
}

/* The problem as text in the output; what is behind it goes on. */
static void print_problem(struct run *r, const struct node *n)
{
	struct liquid_problem *p = r->problem;
	uint32_t line, column;
	liquid_place(r->frame->t->source, n->at, &line, &column);
	if (!n->blank || n->kind == NODE_OUTPUT) {
		buf_z(r->out, p->syntax ? "Liquid syntax error (" : "Liquid error (");
		buf_z(r->out, p->name);
		buf_z(r->out, p->name[0] ? " " : "");
		buf_printf(r->out, "line %u): %s", p->syntax ? p->line : line, p->text);
	}
	*p = (struct liquid_problem){.status = ST_OK};
}

static enum status render_nodes(struct run *r, const struct body *b)
{
	for (const struct node *n = b->first; n != NULL && r->interrupt == GO_ON; n = n->next) {
		enum status st = render_node(r, n);
		if (st == ST_OK)
			continue;
		if (!r->conf->inline_errors || r->fatal)
			return st;
		print_problem(r, n);
	}
	return ST_OK;
}

/* Blocks in partials in blocks: what the C stack must hold. */
#define BODIES_MAX 400

enum status liquid_print_body(struct run *r, const struct body *b)
{
	if (r->depth >= BODIES_MAX)
		return liquid_run_fail(r, b->first != NULL ? b->first->at : 0, ST_LIMIT,
				       "Nesting too deep");
	r->depth++;
	enum status st = render_nodes(r, b);
	r->depth--;
	return st;
}
