/* SPDX-License-Identifier: Apache-2.0
 * render_loop.c: for, tablerow, cycle. Every turn of every loop counts against one ceiling. */
#include "liquid/run.h"

#include "liquid/number.h"

enum status liquid_print_step(struct run *r, uint32_t at)
{
	if (++r->iterations > r->iterations_max)
		return liquid_run_limit(r, at, "Memory limits exceeded: the loops turn too often");
	if (r->out->over)
		return liquid_run_limit(r, at, "Memory limits exceeded: the output is too large");
	return ST_OK;
}

/* What a loop goes over: items in memory, or a range that is never written out. */
struct items {
	struct liquid_value list; /* or a range from `start` on */
	int64_t start, count;
	bool range, reversed;
};

static struct liquid_value item_at(const struct items *x, int64_t i)
{
	if (x->reversed)
		i = x->count - 1 - i;
	return x->range ? liquid_int(x->start + i) : x->list.items[i];
}

/* Cuts [from, to) out of v; a text is one item, whatever the cut. */
static enum status cut(struct run *r, struct liquid_value v, int64_t from, const int64_t *to,
		       struct items *out)
{
	*out = (struct items){.count = 0};
	if (is_str(v)) {
		struct liquid_value *one = ARENA_NEW(r->arena, struct liquid_value);
		if (one == NULL)
			return liquid_run_no_memory(r, 0);
		*one = v;
		out->list = liquid_array(one, 1);
		out->count = v.n > 0;
		return ST_OK;
	}
	int64_t size = 0, end;
	if (v.kind != LIQUID_RANGE && v.kind != LIQUID_ARRAY && v.kind != LIQUID_JSON)
		return ST_OK;
	(void)val_size(v, &size);
	end = to != NULL && *to < size ? *to : size;
	from = from < 0 ? 0 : from;
	if (end <= from)
		return ST_OK;
	out->count = end - from;
	out->range = v.kind == LIQUID_RANGE;
	if (out->range) {
		out->start = v.range->from + from;
		return ST_OK;
	}
	if (!val_items(v, r->arena, SIZE_MAX, &out->list))
		return liquid_run_no_memory(r, 0);
	out->list.items += from;
	return ST_OK;
}

/* ---- variables of a loop, and what they hid ---- */

struct hidden {
	struct cell *cell;
	struct liquid_value value;
	bool had;
};

static struct hidden hide(struct cell *c)
{
	return (struct hidden){c, c->scoped, c->has_scoped};
}

static void show(const struct hidden *h)
{
	h->cell->scoped = h->value;
	h->cell->has_scoped = h->had;
}

static void give(struct cell *c, struct liquid_value v)
{
	c->scoped = v;
	c->has_scoped = true;
}

static enum status deeper(struct run *r, uint32_t at)
{
	struct scope *s = r->frame->scope;
	if (s->base + s->levels + 1 > LIQUID_DEPTH_MAX)
		return liquid_run_fail(r, at, ST_LIMIT, "Nesting too deep");
	s->levels++;
	return ST_OK;
}

/* ---- for ---- */

static struct loop_mark *mark_of(struct run *r, struct str name)
{
	struct scope *s = r->frame->scope;
	struct loop_mark *m = s->loops;
	while (m != NULL && !str_eq(m->name, name))
		m = m->next;
	if (m == NULL && (m = ARENA_NEW(r->arena, struct loop_mark)) != NULL) {
		m->name = name;
		m->next = s->loops;
		s->loops = m;
	}
	return m;
}

static enum status bound(struct run *r, const struct expr *x, bool *given, int64_t *out_r)
{
	struct liquid_value v = liquid_nil();
	enum status st = x != NULL ? liquid_eval(r, x, &v) : ST_OK;
	*given = v.kind != LIQUID_NIL;
	if (st != ST_OK || !*given)
		return st;
	return liquid_eval_integer(r, v, out_r)
		       ? ST_OK
		       : liquid_run_fail(r, x->at, ST_INVALID, "invalid integer");
}

static enum status segment(struct run *r, const struct loop_tag *l, struct items *out)
{
	struct loop_mark *mark = mark_of(r, l->name);
	struct liquid_value over;
	int64_t from = 0, to = 0;
	bool given;
	if (mark == NULL)
		return liquid_run_no_memory(r, l->over->at);
	enum status st = bound(r, l->offset, &given, &from);
	if (l->resume)
		from = mark->at;
	if (st == ST_OK)
		st = liquid_eval(r, l->over, &over);
	if (st == ST_OK)
		st = bound(r, l->limit, &given, &to);
	if (st != ST_OK)
		return st;
	if (__builtin_add_overflow(to, from, &to))
		to = INT64_MAX;
	if ((st = cut(r, over, from, given ? &to : NULL, out)) != ST_OK)
		return st;
	out->reversed = l->reversed;
	if (__builtin_add_overflow(from, out->count, &mark->at))
		mark->at = INT64_MAX;
	return ST_OK;
}

/* After one turn: false ends the loop. */
static bool next_turn(struct run *r)
{
	enum interrupt was = r->interrupt;
	r->interrupt = GO_ON;
	return was != BREAK;
}

static enum status turns(struct run *r, const struct node *n, const struct items *x,
			 struct liquid_loop *loop)
{
	struct cell *item = r->frame->cells[n->loop->slot];
	for (int64_t i = 0; i < x->count; i++) {
		enum status st = liquid_print_step(r, n->at);
		if (st != ST_OK)
			return st;
		give(item, item_at(x, i));
		if ((st = liquid_print_body(r, n->loop->body)) != ST_OK)
			return st;
		loop->index++;
		if (!next_turn(r))
			break;
	}
	return ST_OK;
}

enum status liquid_print_for(struct run *r, const struct node *n)
{
	const struct loop_tag *l = n->loop;
	struct scope *s = r->frame->scope;
	struct items x = {.count = 0};
	enum status st = segment(r, l, &x);
	if (st != ST_OK)
		return st;
	if (x.count == 0)
		return l->otherwise != NULL ? liquid_print_body(r, l->otherwise) : ST_OK;
	struct liquid_loop *loop = ARENA_NEW(r->arena, struct liquid_loop);
	if (loop == NULL)
		return liquid_run_no_memory(r, n->at);
	if ((st = deeper(r, n->at)) != ST_OK)
		return st;
	*loop = (struct liquid_loop){.name = l->name, .length = x.count, .parent = s->loop};
	struct hidden item = hide(r->frame->cells[l->slot]);
	struct hidden about = hide(r->frame->cells[l->loop_slot]);
	s->loop = loop;
	give(about.cell, loop_value(loop));
	st = turns(r, n, &x, loop);
	s->loop = loop->parent;
	s->levels--;
	show(&about);
	show(&item);
	return st;
}

/* ---- tablerow ---- */

/* More forgiving than for: "2x" is 2, nothing is 0. */
static enum status loose_bound(struct run *r, const struct expr *x, int64_t *out_r)
{
	struct liquid_value v;
	enum status st = liquid_eval(r, x, &v);
	if (st != ST_OK)
		return st;
	switch (v.kind) {
	case LIQUID_NIL: *out_r = 0; return ST_OK;
	case LIQUID_INT: *out_r = v.i; return ST_OK;
	case LIQUID_FLOAT: *out_r = v.d > -1e18 && v.d < 1e18 ? (int64_t)v.d : 0; return ST_OK;
	case LIQUID_STRING: *out_r = number_leading(str_in(v)); return ST_OK;
	default: return liquid_run_fail(r, x->at, ST_INVALID, "invalid integer");
	}
}

static enum status table_items(struct run *r, const struct loop_tag *l, struct items *x,
			       struct liquid_loop *loop)
{
	struct liquid_value over;
	int64_t from = 0, to = 0;
	enum status st = liquid_eval(r, l->over, &over);
	*x = (struct items){.count = -1};
	if (st != ST_OK || !truthy(over))
		return st;
	if (l->offset != NULL)
		st = loose_bound(r, l->offset, &from);
	if (st == ST_OK && l->limit != NULL)
		st = loose_bound(r, l->limit, &to);
	if (__builtin_add_overflow(to, from, &to))
		to = INT64_MAX;
	if (st == ST_OK)
		st = cut(r, over, from, l->limit != NULL ? &to : NULL, x);
	loop->length = loop->cols = x->count;
	if (st == ST_OK && l->cols != NULL)
		st = loose_bound(r, l->cols, &loop->cols);
	return st;
}

static enum status table_turn(struct run *r, const struct node *n, struct liquid_loop *loop)
{
	buf_printf(r->out, "<td class=\"col%lld\">", (long long)loop->col);
	enum status st = liquid_print_body(r, n->loop->body);
	buf_z(r->out, "</td>");
	return st;
}

static void table_next(struct run *r, struct liquid_loop *loop)
{
	bool end = loop->col == loop->cols;
	if (end && loop->index != loop->length - 1)
		buf_printf(r->out, "</tr>\n<tr class=\"row%lld\">", (long long)loop->row + 1);
	loop->index++;
	loop->row += end;
	loop->col = end ? 1 : loop->col + 1;
}

enum status liquid_print_tablerow(struct run *r, const struct node *n)
{
	struct liquid_loop *loop = ARENA_NEW(r->arena, struct liquid_loop);
	struct items x;
	if (loop == NULL)
		return liquid_run_no_memory(r, n->at);
	*loop = (struct liquid_loop){.table = true, .row = 1, .col = 1};
	enum status st = table_items(r, n->loop, &x, loop);
	if (st != ST_OK || x.count < 0)
		return st;
	buf_z(r->out, "<tr class=\"row1\">\n");
	if ((st = deeper(r, n->at)) != ST_OK)
		return st;
	struct hidden item = hide(r->frame->cells[n->loop->slot]);
	struct hidden about = hide(r->frame->cells[n->loop->loop_slot]);
	give(about.cell, loop_value(loop));
	for (int64_t i = 0; i < x.count && st == ST_OK; i++) {
		give(item.cell, item_at(&x, i));
		if ((st = liquid_print_step(r, n->at)) == ST_OK)
			st = table_turn(r, n, loop);
		if (!next_turn(r))
			break;
		table_next(r, loop);
	}
	r->frame->scope->levels--;
	show(&about);
	show(&item);
	buf_z(r->out, "</tr>\n");
	return st;
}

/* ---- cycle ---- */

static struct cycle_mark *cycle_of(struct run *r, const struct cycle_tag *c,
				   struct liquid_value group)
{
	struct scope *s = r->frame->scope;
	struct cycle_mark *m = s->cycles;
	for (; m != NULL; m = m->next) {
		if (c->group == NULL ? m->key.p != NULL && str_eq(m->key, c->key)
				     : m->key.p == NULL && val_same(m->group, group, r->arena))
			return m;
	}
	if ((m = ARENA_NEW(r->arena, struct cycle_mark)) == NULL)
		return NULL;
	*m = (struct cycle_mark){
		.key = c->group == NULL ? c->key : STR_NULL, .group = group, .next = s->cycles};
	return s->cycles = m;
}

enum status liquid_print_cycle(struct run *r, const struct node *n)
{
	const struct cycle_tag *c = n->cycle;
	struct liquid_value group = liquid_nil(), v = liquid_nil();
	enum status st = c->group != NULL ? liquid_eval(r, c->group, &group) : ST_OK;
	if (st != ST_OK)
		return st;
	struct cycle_mark *m = cycle_of(r, c, group);
	if (m == NULL)
		return liquid_run_no_memory(r, n->at);
	if (m->at < c->count && (st = liquid_eval(r, c->values[m->at], &v)) != ST_OK)
		return st;
	liquid_print_value(r, v);
	m->at = m->at + 1 >= c->count ? 0 : m->at + 1;
	return ST_OK;
}
