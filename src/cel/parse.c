/* SPDX-License-Identifier: Apache-2.0
 * parse.c: recursive descent over the grammar of the language definition, one function per rule,
 * binary operators by precedence climbing. Chains of && and of || become one node with many
 * arguments, so that a long condition is wide, not deep. */
#include "cel/parse.h"

static struct node *parse_expr(struct parser *p);
static struct node *parse_unary(struct parser *p);

static void next(struct parser *p)
{
	p->last_end = p->tok.end;
	p->tok = lex_next(&p->lex);
}

static bool accept(struct parser *p, int kind)
{
	if (p->tok.kind != kind)
		return false;
	next(p);
	return true;
}

static bool syntax(struct parser *p, const char *why)
{
	if (p->tok.kind == TOKEN_END)
		return compile_fail(p->c, CEL_PROBLEM_SYNTAX, p->tok.at, p->tok.at,
				    "the expression ends too early: %s", why);
	return compile_fail(p->c, CEL_PROBLEM_SYNTAX, p->tok.at, p->tok.end,
			    "unexpected '" STR_FMT "': %s",
			    STR_ARG(str_slice(p->c->source, p->tok.at, p->tok.end)), why);
}

static bool expect(struct parser *p, int kind, const char *why)
{
	return accept(p, kind) || syntax(p, why);
}

bool arg_list_put(struct compile *c, struct arg_list *l, struct node *x, bool opt)
{
	if (x == NULL)
		return false;
	if (l->n == l->cap) {
		uint32_t cap = l->cap ? l->cap * 2 : 4;
		struct node **items = ARENA_ARRAY(c->arena, struct node *, cap);
		bool *marks = ARENA_ARRAY(c->arena, bool, cap);
		if (items == NULL || marks == NULL)
			return compile_fail(c, CEL_PROBLEM_LIMIT, x->at, x->end,
					    "this expression is too large");
		if (l->n > 0) {
			memcpy(items, l->items, l->n * sizeof *items);
			memcpy(marks, l->opt, l->n * sizeof *marks);
		}
		l->items = items;
		l->opt = marks;
		l->cap = cap;
	}
	l->opt[l->n] = opt;
	l->items[l->n++] = x;
	return true;
}

/* A node with the arguments of l; NULL when anything failed. */
static struct node *with_args(struct parser *p, struct node *x, const struct arg_list *l)
{
	if (x == NULL)
		return NULL;
	x->args = l->items;
	x->n = l->n;
	for (uint32_t i = 0; i < l->n; i++)
		if (l->opt[i])
			x->opt = l->opt;
	return cel_node_close(p->c, x) ? x : NULL;
}

static struct node *op_node(struct parser *p, enum op op, struct node *a, struct node *b)
{
	struct node *x;
	if (a == NULL || (b == NULL && op != OP_NOT && op != OP_NEG))
		return NULL;
	x = node_new(p->c, NODE_OP, a->at, b ? b->end : a->end);
	if (x == NULL || !node_args(p->c, x, b ? 2 : 1))
		return NULL;
	x->op = (uint8_t)op;
	x->args[0] = a;
	if (b != NULL)
		x->args[1] = b;
	return cel_node_close(p->c, x) ? x : NULL;
}

/* Expressions up to `close`, which is consumed. A trailing comma is allowed in lists only. */
static bool parse_items(struct parser *p, int close, struct arg_list *l)
{
	bool list = close == ']';
	while (p->tok.kind != close) {
		bool opt = list && accept(p, '?');
		if (!arg_list_put(p->c, l, parse_expr(p), opt))
			return false;
		if (p->tok.kind == close)
			break;
		if (!expect(p, ',',
			    list ? "a list is written [a, b, c]"
				 : "arguments are separated by commas and end with ')'"))
			return false;
		if (!list && p->tok.kind == close)
			return syntax(p, "an argument must follow the comma");
	}
	if (list && l->n == 0 && p->tok.kind == ',')
		return syntax(p, "a list starts with a value");
	next(p);
	return true;
}

static struct node *parse_map(struct parser *p, uint32_t at)
{
	struct arg_list l = {0};
	while (p->tok.kind != '}') {
		bool opt = accept(p, '?');
		if (!arg_list_put(p->c, &l, parse_expr(p), opt) ||
		    !expect(p, ':', "a map is written {key: value, key: value}") ||
		    !arg_list_put(p->c, &l, parse_expr(p), false))
			return NULL;
		if (p->tok.kind != '}' && !expect(p, ',', "a map ends with '}'"))
			return NULL;
	}
	next(p);
	struct node *x = node_new(p->c, NODE_MAP, at, p->last_end);
	return with_args(p, x, &l);
}

static struct node *parse_list(struct parser *p, uint32_t at)
{
	struct arg_list l = {0};
	if (!parse_items(p, ']', &l))
		return NULL;
	struct node *x = node_new(p->c, NODE_LIST, at, p->last_end);
	return with_args(p, x, &l);
}

static struct node *constant(struct parser *p, struct token t, struct cel_value k)
{
	struct node *x = node_new(p->c, NODE_CONST, t.at, t.end);
	if (x != NULL)
		x->k = k;
	next(p);
	return x;
}

static bool is_call(struct parser *p)
{
	return p->tok.kind == '(';
}

/* The arguments of a call, `(` not yet consumed; first: the receiver, or NULL. */
static struct node *parse_call(struct parser *p, struct token name, struct node *receiver)
{
	struct arg_list l = {0};
	if (receiver != NULL && !arg_list_put(p->c, &l, receiver, false))
		return NULL;
	next(p);
	if (!parse_items(p, ')', &l))
		return NULL;
	struct node *x = node_new(p->c, NODE_CALL, receiver ? receiver->at : name.at, p->last_end);
	if (x == NULL)
		return NULL;
	x->name = name.text;
	x->name_at = name.at;
	x->flags = receiver ? NODE_MEMBER : 0;
	if (with_args(p, x, &l) == NULL || (!p->c->options.no_macros && !macro_expand(p->c, &x)))
		return NULL;
	return x;
}

static struct node *parse_name(struct parser *p, uint32_t at, bool rooted)
{
	struct token t = p->tok;
	if (t.kind != TOKEN_IDENT) {
		syntax(p, "a name must follow the dot");
		return NULL;
	}
	if (!rooted && (str_is(t.text, "true") || str_is(t.text, "false")))
		return constant(p, t, cel_of_bool(str_is(t.text, "true")));
	if (!rooted && str_is(t.text, "null"))
		return constant(p, t, cel_of_null());
	if (lex_reserved(t.text)) {
		syntax(p, "this word is reserved and cannot be a name");
		return NULL;
	}
	next(p);
	struct node *x;
	if (is_call(p)) {
		x = parse_call(p, t, NULL);
	} else {
		x = node_new(p->c, NODE_IDENT, at, t.end);
		if (x != NULL) {
			x->name = t.text;
			x->name_at = t.at;
		}
	}
	if (x != NULL && rooted)
		x->flags |= NODE_ROOTED;
	return x;
}

static struct node *parse_primary(struct parser *p)
{
	struct token t = p->tok;
	struct node *x;
	switch (t.kind) {
	case TOKEN_NUMBER:
	case TOKEN_TEXT: return constant(p, t, t.value);
	case '(':
		next(p);
		x = parse_expr(p);
		if (x == NULL || !expect(p, ')', "a ')' is missing"))
			return NULL;
		x->at = t.at; /* what a clause is quoted as keeps its parentheses */
		x->end = p->last_end;
		return x;
	case '[': next(p); return parse_list(p, t.at);
	case '{': next(p); return parse_map(p, t.at);
	case '.': next(p); return parse_name(p, t.at, true);
	case TOKEN_IDENT: return parse_name(p, t.at, false);
	default: syntax(p, "a value, a name or '(' is expected here"); return NULL;
	}
}

/* Behind a dot: `.name`, `.?name`, `.name(args)`. */
static struct node *parse_select(struct parser *p, struct node *of)
{
	bool opt = accept(p, '?');
	struct token t = p->tok;
	if (t.kind != TOKEN_IDENT && t.kind != TOKEN_QUOTED) {
		syntax(p, "the name of a field or function must follow the dot");
		return NULL;
	}
	if (t.kind == TOKEN_IDENT &&
	    (str_is(t.text, "true") || str_is(t.text, "false") || str_is(t.text, "null"))) {
		syntax(p, "true, false and null are no field names; write [\"true\"]");
		return NULL;
	}
	next(p);
	if (!opt && t.kind == TOKEN_IDENT && is_call(p))
		return parse_call(p, t, of);
	struct node *x = node_new(p->c, opt ? NODE_OP : NODE_SELECT, of->at, t.end);
	if (x == NULL || !node_args(p->c, x, 1))
		return NULL;
	x->op = OP_OPT_SELECT;
	x->name = t.text;
	x->name_at = t.at;
	x->args[0] = of;
	if (t.kind == TOKEN_QUOTED)
		x->flags |= NODE_ROOTED; /* never part of a dotted name */
	return cel_node_close(p->c, x) ? x : NULL;
}

static struct node *parse_index(struct parser *p, struct node *of)
{
	bool opt = accept(p, '?');
	struct node *key = parse_expr(p);
	if (key == NULL || !expect(p, ']', "an index is written list[0] or map[\"key\"]"))
		return NULL;
	struct node *x = op_node(p, opt ? OP_OPT_INDEX : OP_INDEX, of, key);
	if (x != NULL)
		x->end = p->last_end;
	return x;
}

/* Whether x is a dotted name, as in the name of a message. */
static bool is_path(const struct node *x)
{
	while (x->kind == NODE_SELECT)
		x = x->args[0];
	return x->kind == NODE_IDENT;
}

static struct node *parse_member(struct parser *p, struct node *x)
{
	while (x != NULL) {
		if (accept(p, '.')) {
			x = parse_select(p, x);
		} else if (accept(p, '[')) {
			x = parse_index(p, x);
		} else if (p->tok.kind == '{' && is_path(x)) {
			compile_fail(p->c, CEL_PROBLEM_UNSUPPORTED, x->at, p->tok.end,
				     "messages cannot be built here: use a map, {\"key\": value}");
			return NULL;
		} else {
			break;
		}
	}
	return x;
}

static struct node *parse_negation(struct parser *p)
{
	struct token first = p->tok;
	int sign = first.kind;
	uint32_t count = 0;
	for (; p->tok.kind == sign; count++) {
		/* A minus before a number is part of it: the least int has no positive twin. */
		if (sign == '-' && count == 0 && lex_at_number(&p->lex)) {
			p->tok = lex_number(&p->lex, first.at, true);
			return parse_member(p, parse_primary(p));
		}
		next(p);
	}
	struct node *x = parse_member(p, parse_primary(p));
	if (count % 2 == 0 && x != NULL && sign == '-')
		return x;
	count = sign == '-' ? 1 : 2 - count % 2; /* !!x is not x: it insists on a bool */
	for (; count > 0 && x != NULL; count--) {
		x = op_node(p, sign == '-' ? OP_NEG : OP_NOT, x, NULL);
		if (x != NULL)
			x->at = first.at;
	}
	return x;
}

static struct node *parse_unary(struct parser *p)
{
	if (p->tok.kind == '-' || p->tok.kind == '!')
		return parse_negation(p);
	return parse_member(p, parse_primary(p));
}

static const struct {
	int token, level;
	enum op op;
} binary[] = {
	{TOKEN_EQ, 1, OP_EQ}, {TOKEN_NE, 1, OP_NE}, {'<', 1, OP_LT},      {TOKEN_LE, 1, OP_LE},
	{'>', 1, OP_GT},      {TOKEN_GE, 1, OP_GE}, {TOKEN_IN, 1, OP_IN}, {'+', 2, OP_ADD},
	{'-', 2, OP_SUB},     {'*', 3, OP_MUL},     {'/', 3, OP_DIV},     {'%', 3, OP_MOD},
};

static struct node *parse_binary(struct parser *p, int level)
{
	if (level > 3)
		return parse_unary(p);
	struct node *x = parse_binary(p, level + 1);
	for (size_t i = 0; x != NULL && i < sizeof binary / sizeof binary[0]; i++) {
		if (binary[i].level != level || binary[i].token != p->tok.kind)
			continue;
		next(p);
		x = op_node(p, binary[i].op, x, parse_binary(p, level + 1));
		i = (size_t)-1; /* look again: another operator of this level may follow */
	}
	return x;
}

/* a && b && c, or a || b || c, as one node. */
static struct node *parse_logic(struct parser *p, bool is_or)
{
	int token = is_or ? TOKEN_OR : TOKEN_AND;
	struct node *x = is_or ? parse_logic(p, false) : parse_binary(p, 1);
	if (x == NULL || p->tok.kind != token)
		return x;
	struct arg_list l = {0};
	uint32_t at = x->at;
	if (!arg_list_put(p->c, &l, x, false))
		return NULL;
	while (accept(p, token)) {
		x = is_or ? parse_logic(p, false) : parse_binary(p, 1);
		if (!arg_list_put(p->c, &l, x, false))
			return NULL;
	}
	struct node *all = node_new(p->c, NODE_OP, at, p->last_end);
	if (all != NULL)
		all->op = is_or ? OP_OR : OP_AND;
	return with_args(p, all, &l);
}

static struct node *parse_choice(struct parser *p)
{
	struct node *cond = parse_logic(p, true);
	if (cond == NULL || !accept(p, '?'))
		return cond;
	struct arg_list l = {0};
	if (!arg_list_put(p->c, &l, cond, false) ||
	    !arg_list_put(p->c, &l, parse_logic(p, true), false) ||
	    !expect(p, ':', "a choice is written condition ? one : other") ||
	    !arg_list_put(p->c, &l, parse_expr(p), false))
		return NULL;
	struct node *x = node_new(p->c, NODE_OP, cond->at, l.items[2]->end);
	if (x != NULL)
		x->op = OP_COND;
	return with_args(p, x, &l);
}

static struct node *parse_expr(struct parser *p)
{
	if (p->depth >= CEL_DEPTH_MAX) {
		compile_fail(p->c, CEL_PROBLEM_LIMIT, p->tok.at, p->tok.end,
			     "this expression is nested more than %u deep: split it up",
			     CEL_DEPTH_MAX);
		return NULL;
	}
	p->depth++;
	struct node *x = parse_choice(p);
	p->depth--;
	return x;
}

struct node *parse(struct compile *c)
{
	struct parser p = {.c = c, .lex = {.c = c}};
	next(&p);
	if (p.tok.kind == TOKEN_END) {
		compile_fail(c, CEL_PROBLEM_SYNTAX, 0, 0, "the expression is empty");
		return NULL;
	}
	struct node *x = parse_expr(&p);
	if (x != NULL && p.tok.kind != TOKEN_END) {
		syntax(&p, "the expression should end here, or an operator is missing");
		return NULL;
	}
	return c->status == ST_OK ? x : NULL;
}
