/* SPDX-License-Identifier: Apache-2.0
 * parse_expr.c: what stands between the braces: expressions, filters, conditions. Recursive
 * descent over words; a literal range is made here, a path becomes a slot and steps. */
#include "liquid/parse.h"

#include "liquid/filter.h"
#include "liquid/letter.h"
#include "liquid/number.h"

/* ---- words ---- */

static bool unexpected(struct parser *p, const struct words *w, const char *wanted)
{
	if (w->now.kind == WORD_BAD)
		return parse_fail(p, w->now.at, "Unexpected character " STR_FMT "%s",
				  STR_ARG(w->now.text),
				  w->now.text.p[0] == '"' || w->now.text.p[0] == '\''
					  ? ": this text is never closed"
					  : "");
	return parse_fail(p, w->now.at, "Expected %s but found %s%s" STR_FMT "%s", wanted,
			  word_name(w->now.kind), w->now.text.n ? " '" : "",
			  (int)(w->now.text.n < 40 ? w->now.text.n : 40), w->now.text.p,
			  w->now.text.n ? "'" : "");
}

bool parse_expect(struct parser *p, struct words *w, enum word_kind kind)
{
	if (w->now.kind != kind)
		return unexpected(p, w, word_name(kind));
	words_step(w);
	return true;
}

bool parse_take_word(struct words *w, enum word_kind kind)
{
	if (w->now.kind != kind)
		return false;
	words_step(w);
	return true;
}

bool parse_take_id(struct words *w, const char *id)
{
	if (w->now.kind != WORD_ID || !str_is(w->now.text, id))
		return false;
	words_step(w);
	return true;
}

bool parse_end(struct parser *p, struct words *w)
{
	return p->options.lenient || parse_expect(p, w, WORD_END);
}

/* ---- expressions ---- */

static struct expr *new_expr(struct parser *p, enum expr_kind kind, uint32_t at)
{
	struct expr *x = TAKE(p, struct expr);
	if (x != NULL) {
		x->kind = (uint8_t)kind;
		x->at = at;
	}
	return x;
}

/* The source from `at` to the word now, without white space outside quotes. */
static struct str as_written(struct parser *p, uint32_t at, const struct words *w)
{
	struct str s = drop_space(str_slice(p->source, at, w->now.at));
	char *to = parse_take(p, s.n + 1), quote = 0;
	size_t n = 0;
	if (to == NULL)
		return STR("");
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == quote)
			quote = 0;
		else if (!quote && (s.p[i] == '"' || s.p[i] == '\''))
			quote = s.p[i];
		if (quote || !is_space(s.p[i]))
			to[n++] = s.p[i];
	}
	return str_n(to, n);
}

static bool literal_word(struct str s, struct expr *x)
{
	static const struct {
		const char *word;
		struct liquid_value value;
		uint8_t kind;
	} words[] = {
		{"nil", {.kind = LIQUID_NIL}, EXPR_VALUE},
		{"null", {.kind = LIQUID_NIL}, EXPR_VALUE},
		{"true", {.kind = LIQUID_BOOL, .b = true}, EXPR_VALUE},
		{"false", {.kind = LIQUID_BOOL, .b = false}, EXPR_VALUE},
		{"empty", {.kind = LIQUID_STRING, .p = ""}, EXPR_EMPTY},
		{"blank", {.kind = LIQUID_STRING, .p = ""}, EXPR_BLANK},
	};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (!str_is(s, words[i].word))
			continue;
		x->kind = words[i].kind;
		x->value = words[i].value;
		return true;
	}
	return false;
}

static bool add_step(struct parser *p, struct words *w, struct step *s)
{
	if (parse_take_word(w, WORD_DOT)) {
		s->key = w->now.text;
		s->command =
			str_is(s->key, "size") || str_is(s->key, "first") || str_is(s->key, "last");
		return parse_expect(p, w, WORD_ID);
	}
	words_step(w);
	const struct expr *index = parse_expr(p, w);
	if (index == NULL || !parse_expect(p, w, WORD_CLOSE_SQUARE))
		return false;
	if (index->kind == EXPR_VALUE && index->value.kind == LIQUID_STRING)
		s->key = str_n(index->value.p, index->value.n);
	else
		s->index = index;
	return true;
}

static bool at_step(const struct words *w)
{
	return w->now.kind == WORD_DOT || w->now.kind == WORD_OPEN_SQUARE;
}

#define STEPS_MAX 64

static bool add_steps(struct parser *p, struct words *w, struct expr *x)
{
	struct step steps[STEPS_MAX] = {{.key = STR_NULL}};
	while (at_step(w)) {
		if (x->step_count == STEPS_MAX)
			return parse_fail(p, w->now.at, "a variable may have %d parts at most",
					  STEPS_MAX);
		if (!add_step(p, w, &steps[x->step_count]))
			return false;
		x->step_count++;
	}
	struct step *kept = parse_take(p, (x->step_count + 1) * sizeof *kept);
	if (kept == NULL)
		return false;
	memcpy(kept, steps, x->step_count * sizeof *kept);
	x->steps = kept;
	x->text = as_written(p, x->at, w);
	return true;
}

static const struct expr *path(struct parser *p, struct words *w)
{
	struct expr *x = new_expr(p, EXPR_PATH, w->now.at);
	struct str name = w->now.text;
	if (x == NULL)
		return NULL;
	words_step(w);
	if (!at_step(w) && literal_word(name, x)) {
		x->text = name;
		return x;
	}
	if (!parse_slot(p, name, &x->slot) || !add_steps(p, w, x))
		return NULL;
	struct use *use = parse_use(p, LIQUID_USE_VARIABLE, x->text, x->at);
	if (use == NULL)
		return NULL;
	use->slot = x->slot;
	return x;
}

/* [name].x: the variable whose name is in another. */
static const struct expr *bare_path(struct parser *p, struct words *w)
{
	if (!p->options.lenient) {
		parse_fail(p, w->now.at,
			   "Bare bracket access is not allowed. Use self['...'] instead");
		return NULL;
	}
	struct expr *x = new_expr(p, EXPR_PATH, w->now.at);
	words_step(w);
	if (x == NULL || (x->root = parse_expr(p, w)) == NULL ||
	    !parse_expect(p, w, WORD_CLOSE_SQUARE) || !add_steps(p, w, x))
		return NULL;
	return x;
}

static const struct expr *literal(struct parser *p, struct words *w)
{
	struct expr *x = new_expr(p, EXPR_VALUE, w->now.at);
	struct str s = w->now.text;
	int64_t i;
	double d = 0;
	if (x == NULL)
		return NULL;
	x->text = s;
	if (w->now.kind == WORD_STRING) {
		x->value = liquid_str(str_slice(s, 1, s.n - 1));
	} else if (str_find_byte(s, '.') == s.n && number_whole(s, &i)) {
		x->value = liquid_int(i);
	} else {
		struct liquid_value text = liquid_str(s);
		struct number n = number_of(text);
		if (str_find_byte(s, '.') < s.n && number_value(&n, &text))
			d = text.d;
		x->value = liquid_float(d);
	}
	words_step(w);
	return x;
}

static bool range_end(struct parser *p, const struct expr *x, int64_t *out_r)
{
	switch (x->value.kind) {
	case LIQUID_INT: *out_r = x->value.i; return true;
	case LIQUID_FLOAT: *out_r = (int64_t)x->value.d; return true;
	case LIQUID_STRING: *out_r = number_leading(str_n(x->value.p, x->value.n)); return true;
	case LIQUID_NIL: *out_r = 0; return true;
	default:
		return parse_fail(p, x->at,
				  "Invalid expression type '" STR_FMT "' in range expression",
				  STR_ARG(x->text));
	}
}

static bool is_literal(const struct expr *x)
{
	return x->kind == EXPR_VALUE || x->kind == EXPR_EMPTY || x->kind == EXPR_BLANK;
}

static const struct expr *range(struct parser *p, struct words *w)
{
	struct expr *x = new_expr(p, EXPR_RANGE, w->now.at);
	words_step(w);
	if (x == NULL || (x->from = parse_expr(p, w)) == NULL || !parse_expect(p, w, WORD_DOTDOT) ||
	    (x->to = parse_expr(p, w)) == NULL || !parse_expect(p, w, WORD_CLOSE_ROUND))
		return NULL;
	x->text = as_written(p, x->at, w);
	if (!is_literal(x->from) || !is_literal(x->to))
		return x;
	struct liquid_range *r = TAKE(p, struct liquid_range);
	if (r == NULL || !range_end(p, x->from, &r->from) || !range_end(p, x->to, &r->to))
		return NULL;
	x->kind = EXPR_VALUE;
	x->value = (struct liquid_value){.kind = LIQUID_RANGE, .range = r};
	return x;
}

const struct expr *parse_operand(struct parser *p, struct words *w)
{
	const struct expr *x = NULL;
	if (p->depth >= 2 * LIQUID_DEPTH_MAX) {
		parse_fail(p, w->now.at, "Nesting too deep: too many brackets in one another");
		return NULL;
	}
	p->depth++;
	switch (w->now.kind) {
	case WORD_ID: x = path(p, w); break;
	case WORD_STRING:
	case WORD_NUMBER: x = literal(p, w); break;
	case WORD_OPEN_ROUND: x = range(p, w); break;
	case WORD_OPEN_SQUARE: x = bare_path(p, w); break;
	case WORD_BAD: unexpected(p, w, "expression"); break;
	default:
		parse_fail(p, w->now.at, "%s%s" STR_FMT "%s is not a valid expression",
			   word_name(w->now.kind), w->now.text.n ? " '" : "", STR_ARG(w->now.text),
			   w->now.text.n ? "'" : "");
	}
	p->depth--;
	return x;
}

const struct expr *parse_expr(struct parser *p, struct words *w)
{
	const struct expr *x = parse_operand(p, w);
	struct expr *plain;
	if (x == NULL || (x->kind != EXPR_EMPTY && x->kind != EXPR_BLANK))
		return x;
	if ((plain = TAKE(p, struct expr)) == NULL)
		return NULL;
	*plain = *x;
	plain->kind = EXPR_VALUE;
	return plain;
}

/* ---- filters ---- */

#define ARGS_MAX 16

static bool add_named(struct parser *p, struct words *w, struct filter_call *f)
{
	struct named_arg *n = TAKE(p, struct named_arg), **at = &f->named;
	if (n == NULL)
		return false;
	n->name = w->now.text;
	words_step(w);
	words_step(w);
	if ((n->value = parse_expr(p, w)) == NULL)
		return false;
	while (*at != NULL && !str_eq((*at)->name, n->name))
		at = &(*at)->next;
	if (*at != NULL)
		(*at)->value = n->value; /* said twice: the last holds */
	else
		*at = n;
	return true;
}

static bool arguments(struct parser *p, struct words *w, struct filter_call *f)
{
	const struct expr *args[ARGS_MAX] = {NULL};
	do {
		if (!p->options.lenient && (w->now.kind == WORD_PIPE || w->now.kind == WORD_END))
			break; /* strict2 lets a list end in a comma, strict does not */
		if (w->now.kind == WORD_ID && w->ahead.kind == WORD_COLON) {
			if (!add_named(p, w, f))
				return false;
			continue;
		}
		if (f->arg_count == ARGS_MAX)
			return parse_fail(p, w->now.at, "a filter takes %d arguments at most",
					  ARGS_MAX);
		if ((args[f->arg_count++] = parse_expr(p, w)) == NULL)
			return false;
	} while (parse_take_word(w, WORD_COMMA));
	f->args = parse_take(p, (f->arg_count + 1) * sizeof *f->args);
	if (f->args == NULL)
		return false;
	for (uint32_t i = 0; i < f->arg_count; i++)
		f->args[i] = args[i];
	return true;
}

static bool unknown_filter(struct parser *p, const struct filter_call *f)
{
	struct nearest n;
	nearest_start(&n, f->name);
	for (size_t i = 0; i < filter_count; i++)
		nearest_consider(&n, str_of(filters[i].name));
	return parse_fail(p, f->at, "Unknown filter '" STR_FMT "'%s" STR_FMT "%s", STR_ARG(f->name),
			  n.best.n ? "; did you mean '" : "", STR_ARG(n.best),
			  n.best.n ? "'?" : "");
}

static bool check_filter(struct parser *p, const struct filter_call *f)
{
	uint32_t n = f->arg_count + (f->named != NULL);
	if (p->options.late_filters)
		return true;
	if (f->filter == NULL)
		return unknown_filter(p, f);
	if (n < f->filter->args_min)
		return parse_fail(p, f->at, "Filter '%s' wants %u argument%s: %s", f->filter->name,
				  f->filter->args_min, f->filter->args_min > 1 ? "s" : "",
				  f->filter->usage);
	if (n > f->filter->args_max)
		return parse_fail(p, f->at, "Filter '%s' has too many arguments: %s",
				  f->filter->name, f->filter->usage);
	return true;
}

static struct filter_call *filter(struct parser *p, struct words *w)
{
	struct filter_call *f = TAKE(p, struct filter_call);
	if (f == NULL)
		return NULL;
	f->name = w->now.text;
	f->at = w->now.at;
	if (!parse_expect(p, w, WORD_ID))
		return NULL;
	f->filter = filter_named(f->name);
	if (parse_take_word(w, WORD_COLON) && !arguments(p, w, f))
		return NULL;
	if (!check_filter(p, f) || !parse_use(p, LIQUID_USE_FILTER, f->name, f->at))
		return NULL;
	return f;
}

/* A render may stop for the want of this variable: printed or filtered, and no default behind. */
static void mark_required(struct use *use, const struct output *o, bool assigned)
{
	bool required = !assigned || o->filters != NULL;
	for (const struct filter_call *f = o->filters; f != NULL; f = f->next)
		required = required && !str_is(f->name, "default");
	for (; use != NULL && o->value->kind == EXPR_PATH; use = use->next)
		if (use->at == o->value->at && use->use.kind == LIQUID_USE_VARIABLE)
			use->use.required = required;
}

bool parse_output(struct parser *p, uint32_t at, uint32_t end, bool assigned, struct output *out_r)
{
	struct words w;
	struct filter_call **last = &out_r->filters;
	struct use **uses = p->last_use;
	words_start(&w, p->source, at, end);
	if (w.now.kind == WORD_END)
		return true;
	if ((out_r->value = parse_expr(p, &w)) == NULL)
		return false;
	while (parse_take_word(&w, WORD_PIPE)) {
		if ((*last = filter(p, &w)) == NULL)
			return false;
		last = &(*last)->next;
	}
	mark_required(*uses, out_r, assigned);
	return parse_expect(p, &w, WORD_END);
}

/* ---- conditions ---- */

static struct cond *comparison(struct parser *p, struct words *w)
{
	struct cond *c = TAKE(p, struct cond);
	if (c == NULL || (c->left = parse_operand(p, w)) == NULL)
		return NULL;
	if (w->now.kind != WORD_COMPARISON)
		return c;
	c->op = w->now.op;
	words_step(w);
	return (c->right = parse_operand(p, w)) != NULL ? c : NULL;
}

struct cond *parse_condition(struct parser *p, struct words *w)
{
	struct cond *first = comparison(p, w);
	for (struct cond *c = first; c != NULL; c = c->next) {
		if (parse_take_id(w, "and"))
			c->join = JOIN_AND;
		else if (parse_take_id(w, "or"))
			c->join = JOIN_OR;
		else
			return parse_expect(p, w, WORD_END) ? first : NULL;
		c->next = comparison(p, w);
	}
	return NULL;
}
