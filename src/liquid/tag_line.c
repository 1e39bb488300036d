/* SPDX-License-Identifier: Apache-2.0
 * tag_line.c: tags that stand alone. */
#include "liquid/parse.h"

#include "liquid/letter.h"

static bool tag_echo(struct parser *p, struct body *body, const struct tag *t)
{
	struct node *n = parse_node(p, body, NODE_OUTPUT, t->markup_at);
	body->blank = false;
	return n != NULL && parse_output(p, t->markup_at, t->markup_end, false, &n->output);
}

/* name = value: where the name begins and ends, and where the value begins. */
static bool assign_parts(struct str s, size_t *from, size_t *to, size_t *value)
{
	for (size_t eq = 0; eq < s.n; eq++) {
		if (s.p[eq] != '=')
			continue;
		size_t end = drop_space(str_slice(s, 0, eq)).n, at = end;
		while (at > 0 && is_target(s.p[at - 1]))
			at--;
		*from = at;
		*to = end;
		*value = eq + 1;
		if (at < end)
			return true;
	}
	return false;
}

static bool tag_assign(struct parser *p, struct body *body, const struct tag *t)
{
	struct node *n = parse_node(p, body, NODE_ASSIGN, t->markup_at);
	size_t from, to, value;
	struct words w;
	if (n == NULL)
		return false;
	if (!assign_parts(parse_markup(p, t), &from, &to, &value))
		return parse_fail(
			p, t->at,
			"Syntax Error in 'assign' - Valid syntax: assign [var] = [source]");
	words_start(&w, p->source, t->markup_at + (uint32_t)from, t->markup_at + (uint32_t)to);
	if (!p->options.lenient &&
	    (!parse_expect(p, &w, WORD_ID) || !parse_expect(p, &w, WORD_END)))
		return false;
	n->blank = true;
	return parse_output(p, t->markup_at + (uint32_t)value, t->markup_end, true, &n->output) &&
	       parse_set_slot(p, str_slice(parse_markup(p, t), from, to), &n->slot);
}

static bool tag_count(struct parser *p, struct body *body, const struct tag *t)
{
	bool up = str_is(t->name, "increment");
	struct node *n = parse_node(p, body, up ? NODE_INCREMENT : NODE_DECREMENT, t->markup_at);
	struct str name = drop_space(parse_markup(p, t));
	struct words w;
	words_start(&w, p->source, t->markup_at, t->markup_end);
	body->blank = false;
	if (!p->options.lenient &&
	    (!parse_expect(p, &w, WORD_ID) || !parse_expect(p, &w, WORD_END)))
		return false;
	return n != NULL && parse_set_slot(p, name, &n->slot);
}

static bool tag_leave(struct parser *p, struct body *body, const struct tag *t)
{
	bool leave = str_is(t->name, "break");
	body->blank = false;
	return parse_node(p, body, leave ? NODE_BREAK : NODE_CONTINUE, t->markup_at) != NULL;
}

/* A line of an inline comment that does not begin with "#" was meant to be a tag. */
static bool tag_hash(struct parser *p, struct body *body, const struct tag *t)
{
	struct str s = parse_markup(p, t);
	for (size_t nl = str_find_byte(s, '\n'); nl < s.n; nl = str_find_byte(s, '\n')) {
		s = skip_space(str_slice(s, nl, s.n));
		if (s.n > 0 && s.p[0] != '#')
			return parse_fail(p, t->markup_end - (uint32_t)s.n,
					  "Syntax error in tag '#' - Each line of comments must be "
					  "prefixed by the '#' character");
	}
	body->sealed = true;
	return true;
}

/* ---- cycle ---- */

#define CYCLE_MAX 256

static bool cycle_values(struct parser *p, struct words *w, struct cycle_tag *c,
			 const struct expr *first)
{
	const struct expr *values[CYCLE_MAX];
	values[c->count++] = first;
	while (parse_take_word(w, WORD_COMMA) && w->now.kind != WORD_END) {
		if (c->count == CYCLE_MAX)
			return parse_fail(p, w->now.at, "cycle takes %d values at most", CYCLE_MAX);
		if ((values[c->count++] = parse_expr(p, w)) == NULL)
			return false;
	}
	c->values = parse_take(p, c->count * sizeof *c->values);
	for (uint32_t i = 0; c->values != NULL && i < c->count; i++)
		c->values[i] = values[i];
	return c->values != NULL;
}

/* Cycles of the same literals are one cycle; with a variable among them, each is its own. */
static bool cycle_key(struct parser *p, struct cycle_tag *c, const struct tag *t)
{
	struct buf b;
	buf_init_arena(&b, p->arena, LIQUID_SOURCE_BYTES_MAX);
	buf_byte(&b, '=');
	for (uint32_t i = 0; i < c->count; i++) {
		buf_str(&b, c->values[i]->text);
		buf_byte(&b, ',');
		if (c->values[i]->kind != EXPR_VALUE)
			buf_printf(&b, "@%u", t->at);
	}
	c->key = buf_view(&b);
	return buf_ok(&b) || parse_take(p, SIZE_MAX / 2) != NULL;
}

static bool tag_cycle(struct parser *p, struct body *body, const struct tag *t)
{
	struct node *n = parse_node(p, body, NODE_CYCLE, t->markup_at);
	struct cycle_tag *c = n != NULL ? n->cycle = TAKE(p, struct cycle_tag) : NULL;
	const struct expr *first;
	struct words w;
	body->blank = false;
	words_start(&w, p->source, t->markup_at, t->markup_end);
	if (w.now.kind == WORD_END)
		return parse_fail(p, t->at,
				  "Syntax Error in 'cycle' - Valid syntax: "
				  "cycle [name :] var [, var2, var3 ...]");
	if (c == NULL || (first = parse_expr(p, &w)) == NULL)
		return false;
	if (parse_take_word(&w, WORD_COLON)) {
		c->group = first;
		if (p->options.lenient && w.now.kind == WORD_END)
			return true; /* a name and no values */
		if ((first = parse_expr(p, &w)) == NULL)
			return false;
	}
	return cycle_values(p, &w, c, first) && parse_end(p, &w) && cycle_key(p, c, t);
}

/* ---- render, include ---- */

/* name: value, ... Leniently, words that are none are passed over, as the reference does. */
static bool partial_args(struct parser *p, struct words *w, struct partial_tag *x)
{
	struct named_arg **last = &x->args;
	parse_take_word(w, WORD_COMMA);
	while (w->now.kind == WORD_ID || (p->options.lenient && w->now.kind != WORD_END)) {
		if (p->options.lenient && (w->now.kind != WORD_ID || w->ahead.kind != WORD_COLON)) {
			words_step(w);
			continue;
		}
		struct named_arg *n = TAKE(p, struct named_arg);
		if (n == NULL)
			return false;
		n->name = w->now.text;
		words_step(w);
		if (!parse_expect(p, w, WORD_COLON) || (n->value = parse_expr(p, w)) == NULL)
			return false;
		parse_take_word(w, WORD_COMMA);
		*last = n;
		last = &n->next;
	}
	return true;
}

static bool partial_name(struct parser *p, struct words *w, struct partial_tag *x)
{
	uint32_t at = w->now.at;
	if (!x->include && w->now.kind != WORD_STRING)
		return parse_fail(p, at,
				  "Syntax error in tag 'render' - Template name must be a "
				  "quoted string; expected string");
	if ((x->name = parse_expr(p, w)) == NULL)
		return false;
	if (x->name->value.kind != LIQUID_STRING || x->name->kind != EXPR_VALUE)
		return true;
	return parse_use(p, LIQUID_USE_PARTIAL, str_n(x->name->value.p, x->name->value.n), at) !=
	       NULL;
}

static bool tag_partial(struct parser *p, struct body *body, const struct tag *t)
{
	struct node *n = parse_node(p, body, NODE_PARTIAL, t->markup_at);
	struct partial_tag *x = n != NULL ? n->partial = TAKE(p, struct partial_tag) : NULL;
	struct words w;
	body->blank = false;
	words_start(&w, p->source, t->markup_at, t->markup_end);
	if (x == NULL)
		return false;
	x->include = str_is(t->name, "include");
	if (!partial_name(p, &w, x))
		return false;
	x->each = parse_take_id(&w, "for");
	if ((x->each || parse_take_id(&w, "with")) && (x->with = parse_expr(p, &w)) == NULL)
		return false;
	if (parse_take_id(&w, "as")) {
		x->alias = w.now.text;
		if (!parse_expect(p, &w, WORD_ID))
			return false;
	}
	return partial_args(p, &w, x) && parse_end(p, &w);
}

const struct tag_kind tag_lines[] = {
	{"echo", tag_echo},       {"assign", tag_assign}, {"increment", tag_count},
	{"decrement", tag_count}, {"break", tag_leave},   {"continue", tag_leave},
	{"cycle", tag_cycle},     {"#", tag_hash},        {"render", tag_partial},
	{"include", tag_partial}, {NULL, NULL},
};
