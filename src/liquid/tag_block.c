/* SPDX-License-Identifier: Apache-2.0
 * tag_block.c: tags with something inside. A block that prints only white space loses it, so that
 * conditions around assignments leave no empty lines: the reference does the same. */
#include "liquid/parse.h"

#include "liquid/letter.h"

static struct words markup_words(struct parser *p, const struct tag *t)
{
	struct words w;
	words_start(&w, p->source, t->markup_at, t->markup_end);
	return w;
}

static struct body *new_body(struct parser *p)
{
	return TAKE(p, struct body);
}

static struct branch *new_branch(struct parser *p, struct body *body)
{
	struct branch *b = TAKE(p, struct branch);
	if (b != NULL && (b->body = body != NULL ? body : new_body(p)) == NULL)
		return NULL;
	return b;
}

/* Blank so far, with these arms: then their white space goes. */
static bool settle(struct node *n, bool blank, struct branch *branches)
{
	n->blank = blank;
	for (struct branch *b = branches; blank && b != NULL; b = b->next)
		parse_drop_blanks(b->body);
	return true;
}

static void note_blank(struct body *body, const struct node *n)
{
	body->blank = body->blank && n->blank;
}

/* ---- if, unless ---- */

static struct branch *if_branch(struct parser *p, const struct tag *t)
{
	struct branch *b = new_branch(p, NULL);
	if (b == NULL)
		return NULL;
	b->otherwise = str_is(t->name, "else");
	if (b->otherwise)
		return b;
	if (parse_markup(p, t).n == 0) {
		parse_fail(p, t->at, "Syntax Error in tag 'if' - Valid syntax: if [expression]");
		return NULL;
	}
	struct words w = markup_words(p, t);
	return (b->cond = parse_condition(p, &w)) != NULL ? b : NULL;
}

static bool tag_if(struct parser *p, struct body *body, const struct tag *t)
{
	struct node *n =
		parse_node(p, body, str_is(t->name, "if") ? NODE_IF : NODE_UNLESS, t->markup_at);
	struct tag part = *t, stop;
	bool blank = true;
	if (n == NULL)
		return false;
	for (struct branch **at = &n->branches;; at = &(*at)->next) {
		if ((*at = if_branch(p, &part)) == NULL || !parse_block(p, t, (*at)->body, &stop))
			return false;
		blank = blank && (*at)->body->blank;
		if (parse_is_end(t, &stop))
			break;
		if (!str_is(stop.name, "else") && !str_is(stop.name, "elsif"))
			return parse_unexpected(p, t->name, "end", &stop);
		part = stop;
	}
	settle(n, blank, n->branches);
	note_blank(body, n);
	return true;
}

/* ---- case ---- */

/* when a, b or c: one arm for each, all with one body. */
static bool when_branches(struct parser *p, const struct tag *t, struct branch ***at)
{
	struct words w = markup_words(p, t);
	struct body *shared = new_body(p);
	do {
		if ((**at = new_branch(p, shared)) == NULL ||
		    ((**at)->match = parse_operand(p, &w)) == NULL)
			return false;
		*at = &(**at)->next;
	} while (parse_take_id(&w, "or") || parse_take_word(&w, WORD_COMMA));
	return parse_end(p, &w);
}

static bool else_branch(struct parser *p, const struct tag *t, struct branch ***at)
{
	if (parse_markup(p, t).n > 0)
		return parse_fail(p, t->at,
				  "Syntax Error in tag 'case' - Valid else condition: "
				  "{%% else %%} (no parameters) ");
	if ((**at = new_branch(p, NULL)) == NULL)
		return false;
	(**at)->otherwise = true;
	*at = &(**at)->next;
	return true;
}

static bool tag_case(struct parser *p, struct body *body, const struct tag *t)
{
	struct node *n = parse_node(p, body, NODE_CASE, t->markup_at);
	struct words w = markup_words(p, t);
	struct body before = {0}, *inside = &before;
	struct tag stop;
	bool blank = true;
	if (n == NULL || (n->subject = parse_expr(p, &w)) == NULL || !parse_end(p, &w))
		return false;
	for (struct branch **at = &n->branches;;) {
		if (!parse_block(p, t, inside, &stop))
			return false;
		blank = blank && inside->blank;
		if (parse_is_end(t, &stop))
			break;
		struct branch **first = at;
		if (str_is(stop.name, "when")   ? !when_branches(p, &stop, &at)
		    : str_is(stop.name, "else") ? !else_branch(p, &stop, &at)
						: !parse_unexpected(p, t->name, "end", &stop))
			return false;
		inside = (*first)->body;
	}
	settle(n, blank, n->branches);
	note_blank(body, n);
	return true;
}

/* ---- for, tablerow ---- */

static bool loop_head(struct parser *p, struct words *w, struct loop_tag *l, const char *loop)
{
	struct str item = w->now.text;
	if (!parse_expect(p, w, WORD_ID))
		return false;
	if (!parse_take_id(w, "in"))
		return parse_fail(p, w->now.at,
				  "For loops require an 'in' clause: for item in items");
	if ((l->over = parse_expr(p, w)) == NULL || !parse_set_slot(p, item, &l->slot) ||
	    !parse_set_slot(p, str_of(loop), &l->loop_slot))
		return false;
	char *name = parse_take(p, item.n + 1 + l->over->text.n);
	if (name == NULL)
		return false;
	memcpy(name, item.p, item.n);
	name[item.n] = '-';
	memcpy(name + item.n + 1, l->over->text.p, l->over->text.n);
	l->name = str_n(name, item.n + 1 + l->over->text.n);
	return true;
}

static const struct expr **loop_attribute(struct loop_tag *l, struct str key, bool table)
{
	if (str_is(key, "limit"))
		return &l->limit;
	if (str_is(key, "offset"))
		return &l->offset;
	return table && str_is(key, "cols") ? &l->cols : NULL;
}

/* offset: continue */
static bool goes_on(const struct words *w)
{
	return w->now.kind == WORD_ID && str_is(w->now.text, "continue") &&
	       w->ahead.kind != WORD_DOT && w->ahead.kind != WORD_OPEN_SQUARE;
}

/* What no attribute begins with is passed over, as the reference does in strict mode. */
static void skip_to_attribute(const struct parser *p, struct words *w, struct loop_tag *l)
{
	while (p->options.lenient && w->now.kind != WORD_END &&
	       (w->now.kind != WORD_ID || w->ahead.kind != WORD_COLON ||
		loop_attribute(l, w->now.text, true) == NULL))
		words_step(w);
}

static bool loop_attributes(struct parser *p, struct words *w, struct loop_tag *l, bool table)
{
	for (;;) {
		const struct expr *ignored, **at;
		if (table)
			skip_to_attribute(p, w, l);
		if (w->now.kind != WORD_COMMA && w->now.kind != WORD_ID)
			return true;
		parse_take_word(w, WORD_COMMA);
		if (table && w->now.kind != WORD_ID)
			return true;
		struct str key = w->now.text;
		at = loop_attribute(l, key, table);
		if (table && str_is(key, "range"))
			at = &ignored;
		if (w->now.kind != WORD_ID || at == NULL)
			return parse_fail(
				p, w->now.at,
				"Invalid attribute%s in %s loop. Valid attributes are %s",
				w->now.kind == WORD_ID ? " here" : "", table ? "tablerow" : "for",
				table ? "cols, limit, offset, and range" : "limit and offset");
		words_step(w);
		if (!parse_expect(p, w, WORD_COLON))
			return false;
		if (!table && at == &l->offset && goes_on(w)) {
			l->resume = true;
			words_step(w);
		} else if ((*at = parse_expr(p, w)) == NULL) {
			return false;
		}
	}
}

static bool tag_for(struct parser *p, struct body *body, const struct tag *t)
{
	struct node *n = parse_node(p, body, NODE_FOR, t->markup_at);
	struct loop_tag *l = n != NULL ? n->loop = TAKE(p, struct loop_tag) : NULL;
	struct words w = markup_words(p, t);
	struct tag stop;
	if (l == NULL || (l->body = new_body(p)) == NULL || !loop_head(p, &w, l, "forloop"))
		return false;
	l->reversed = parse_take_id(&w, "reversed");
	if (!loop_attributes(p, &w, l, false) || !parse_expect(p, &w, WORD_END) ||
	    !parse_block(p, t, l->body, &stop))
		return false;
	n->blank = l->body->blank;
	if (str_is(stop.name, "else")) {
		if ((l->otherwise = new_body(p)) == NULL || !parse_block(p, t, l->otherwise, &stop))
			return false;
		n->blank = n->blank && l->otherwise->blank;
	}
	if (!parse_is_end(t, &stop))
		return parse_unexpected(p, t->name, "end", &stop);
	if (n->blank)
		parse_drop_blanks(l->body);
	if (n->blank && l->otherwise != NULL)
		parse_drop_blanks(l->otherwise);
	note_blank(body, n);
	return true;
}

/* A block whose only part is its body. */
static bool plain_block(struct parser *p, const struct tag *t, struct body **out_r)
{
	struct tag stop;
	if ((*out_r = new_body(p)) == NULL || !parse_block(p, t, *out_r, &stop))
		return false;
	return parse_is_end(t, &stop) || parse_unexpected(p, t->name, "end", &stop);
}

static bool tag_tablerow(struct parser *p, struct body *body, const struct tag *t)
{
	struct node *n = parse_node(p, body, NODE_TABLEROW, t->markup_at);
	struct loop_tag *l = n != NULL ? n->loop = TAKE(p, struct loop_tag) : NULL;
	struct words w = markup_words(p, t);
	if (l == NULL || !loop_head(p, &w, l, "tablerowloop") || !loop_attributes(p, &w, l, true) ||
	    !parse_end(p, &w) || !plain_block(p, t, &l->body))
		return false;
	n->blank = l->body->blank;
	note_blank(body, n);
	return true;
}

/* ---- capture, ifchanged ---- */

static bool capture_name(struct parser *p, const struct tag *t, struct str *out_r)
{
	struct str s = parse_markup(p, t);
	struct words w = markup_words(p, t);
	size_t n = 0;
	*out_r = w.now.text;
	if (!p->options.lenient)
		return parse_expect(p, &w, WORD_ID) && parse_expect(p, &w, WORD_END);
	while (s.n > 0 && !is_target(s.p[0]))
		s = str_slice(s, 1, s.n);
	while (n < s.n && is_target(s.p[n]))
		n++;
	*out_r = str_slice(s, 0, n);
	return n > 0 ||
	       parse_fail(p, t->at, "Syntax Error in 'capture' - Valid syntax: capture [var]");
}

static bool tag_capture(struct parser *p, struct body *body, const struct tag *t)
{
	struct node *n = parse_node(p, body, NODE_CAPTURE, t->markup_at);
	struct str name;
	if (n == NULL || !capture_name(p, t, &name) || !parse_set_slot(p, name, &n->slot))
		return false;
	n->blank = true;
	return plain_block(p, t, &n->body);
}

static bool tag_ifchanged(struct parser *p, struct body *body, const struct tag *t)
{
	struct node *n = parse_node(p, body, NODE_IFCHANGED, t->markup_at);
	if (n == NULL || !plain_block(p, t, &n->body))
		return false;
	n->blank = n->body->blank;
	note_blank(body, n);
	return true;
}

/* ---- raw, comment, doc: nothing in them is parsed ---- */

static bool never_closed(struct parser *p, const struct tag *t, const char *name)
{
	return parse_fail(p, t->at, "'%s' tag was never closed; end it with {%% end%s %%}", name,
			  name);
}

/* The piece ends in {% name ... %}: where that begins, or -1. Text may stand before it. */
static int64_t closing(struct str piece, const char *name)
{
	if (!str_ends(piece, STR("%}")))
		return -1;
	for (size_t i = piece.n - 2; i-- > 0;) {
		if (piece.p[i] != '{' || piece.p[i + 1] != '%')
			continue;
		struct str s = str_slice(piece, i + 2, piece.n);
		size_t n = 0;
		s = skip_space(str_slice(s, str_starts(s, STR("-")), s.n));
		while (n < s.n && is_word(s.p[n]))
			n++;
		if (n > 0)
			return str_is(str_slice(s, 0, n), name) ? (int64_t)i : -1;
	}
	return -1;
}

static void after_closing(struct parser *p, struct str piece)
{
	p->trim = piece.n > 2 && piece.p[piece.n - 3] == '-';
}

/* Up to the closing tag; what is between goes to *inside. */
static bool skip_to(struct parser *p, const struct tag *t, const char *end, struct str *inside)
{
	uint32_t from = p->pieces->at;
	for (;;) {
		struct piece x = pieces_next(p->pieces);
		if (x.kind == PIECE_END)
			return never_closed(p, t, end + 3);
		int64_t at = closing(x.text, end);
		if (at < 0 && str_is(t->name, "doc") && closing(x.text, "doc") >= 0)
			return parse_fail(
				p, x.at, "Syntax Error in 'doc' - Nested doc tags are not allowed");
		if (at < 0)
			continue;
		*inside = str_slice(p->source, from, x.at + (size_t)at);
		after_closing(p, x.text);
		return true;
	}
}

static bool tag_raw(struct parser *p, struct body *body, const struct tag *t)
{
	struct node *n = parse_node(p, body, NODE_TEXT, t->markup_at);
	struct str inside = STR_NULL;
	if (skip_space(parse_markup(p, t)).n > 0)
		return parse_fail(p, t->at, "Syntax Error in 'raw' - Valid syntax: raw");
	if (n == NULL || !skip_to(p, t, "endraw", &inside))
		return false;
	n->text = inside;
	body->sealed = true;
	body->blank = body->blank && inside.n == 0;
	return true;
}

static bool tag_doc(struct parser *p, struct body *body, const struct tag *t)
{
	struct str inside = STR_NULL;
	if (skip_space(parse_markup(p, t)).n > 0)
		return parse_fail(p, t->at,
				  "Syntax Error in 'doc' - Valid syntax: "
				  "{%% doc %%}{%% enddoc %%}");
	if (!skip_to(p, t, "enddoc", &inside))
		return false;
	body->sealed = true;
	body->blank = body->blank && inside.n == 0;
	return true;
}

/* The name of a tag inside a comment; empty for anything else. */
static struct str comment_tag(const struct parser *p, const struct piece *x)
{
	struct tag t;
	bool trims = x->text.n > 2 && x->text.p[2] == '-';
	uint32_t skip = p->pieces->lines ? 0 : trims ? 3 : 2;
	if (x->kind != PIECE_TAG || (!p->pieces->lines && x->text.n < 4) ||
	    !parse_tag_head(p, x->at + skip, x->at + (uint32_t)x->text.n, &t))
		return STR("");
	return t.name;
}

static bool tag_comment(struct parser *p, struct body *body, const struct tag *t)
{
	struct str inside = STR_NULL;
	unsigned depth = 1;
	while (depth > 0) {
		struct piece x = pieces_next(p->pieces);
		if (x.kind == PIECE_END)
			return never_closed(p, t, "comment");
		struct str name = comment_tag(p, &x);
		if (str_is(name, "raw") && !skip_to(p, t, "endraw", &inside))
			return false;
		depth += str_is(name, "comment");
		depth -= str_is(name, "endcomment");
		if (depth == 0 && !p->pieces->lines)
			after_closing(p, x.text);
	}
	body->sealed = true;
	return true;
}

/* {% liquid %}: its lines are tags of the same body. */
static bool tag_liquid(struct parser *p, struct body *body, const struct tag *t)
{
	struct pieces lines = {p->source, t->markup_at, t->markup_end, true}, *outer = p->pieces;
	struct tag stop;
	if (p->depth >= LIQUID_DEPTH_MAX)
		return parse_fail(p, t->at, "Nesting too deep");
	p->pieces = &lines;
	p->depth++;
	bool ok = parse_body(p, body, &stop);
	p->depth--;
	p->pieces = outer;
	body->sealed = true;
	if (ok && stop.name.p != NULL)
		return parse_unexpected(p, STR("liquid"), "%}", &stop);
	return ok;
}

const struct tag_kind tag_blocks[] = {
	{"if", tag_if},
	{"unless", tag_if},
	{"case", tag_case},
	{"for", tag_for},
	{"tablerow", tag_tablerow},
	{"capture", tag_capture},
	{"comment", tag_comment},
	{"raw", tag_raw},
	{"doc", tag_doc},
	{"liquid", tag_liquid},
	{"ifchanged", tag_ifchanged},
	{NULL, NULL},
};
