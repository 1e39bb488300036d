/* SPDX-License-Identifier: Apache-2.0
 * parse.c: a template from its pieces: text, output, tags, and blocks of them. White space control
 * works while parsing, as in the reference: "-" inside braces shortens the text beside them. */
#include "liquid/parse.h"

#include "liquid/filter.h"
#include "liquid/letter.h"

#include <stdio.h>

bool parse_fail(struct parser *p, uint32_t at, const char *fmt, ...)
{
	struct liquid_problem *x = p->problem;
	va_list args;
	if (x->status != ST_OK)
		return false;
	x->status = ST_INVALID;
	x->syntax = true;
	liquid_place(p->source, at, &x->line, &x->column);
	snprintf(x->name, sizeof x->name, STR_FMT, STR_ARG(p->options.name));
	va_start(args, fmt);
	vsnprintf(x->text, sizeof x->text, fmt, args);
	va_end(args);
	return false;
}

void *parse_take(struct parser *p, size_t bytes)
{
	void *x = arena_alloc(p->arena, bytes);
	if (x == NULL) {
		parse_fail(p, 0, "the template needs more memory than it may have");
		p->problem->status = ST_LIMIT;
	}
	return x;
}

bool parse_slot(struct parser *p, struct str name, uint32_t *slot_r)
{
	uint64_t known;
	if (strmap_get(&p->slots, name, &known)) {
		*slot_r = (uint32_t)known;
		return true;
	}
	if (p->name_count == LIQUID_NAMES_MAX || !strmap_put(&p->slots, name, p->name_count)) {
		parse_fail(p, 0, "the template uses more than %u names", LIQUID_NAMES_MAX);
		p->problem->status = ST_LIMIT;
		return false;
	}
	*slot_r = p->name_count;
	p->names[p->name_count++] = name;
	return true;
}

bool parse_set_slot(struct parser *p, struct str name, uint32_t *slot_r)
{
	if (!parse_slot(p, name, slot_r))
		return false;
	p->sets[*slot_r] = true;
	return true;
}

struct use *parse_use(struct parser *p, enum liquid_use_kind kind, struct str name, uint32_t at)
{
	struct use *u = TAKE(p, struct use);
	if (u == NULL)
		return NULL;
	u->use = (struct liquid_use){.kind = kind, .name = name};
	u->at = at;
	*p->last_use = u;
	p->last_use = &u->next;
	return u;
}

struct str parse_markup(const struct parser *p, const struct tag *t)
{
	return str_slice(p->source, t->markup_at, t->markup_end);
}

struct node *parse_node(struct parser *p, struct body *body, enum node_kind kind, uint32_t at)
{
	struct node *n = TAKE(p, struct node);
	if (n == NULL)
		return NULL;
	n->kind = (uint8_t)kind;
	n->at = at;
	if (body->last != NULL)
		body->last->next = n;
	else
		body->first = n;
	body->last = n;
	body->sealed = false;
	return n;
}

void parse_drop_blanks(struct body *body)
{
	struct node **at = &body->first;
	while (*at != NULL) {
		if ((*at)->kind == NODE_TEXT)
			*at = (*at)->next;
		else
			at = &(*at)->next;
	}
}

bool parse_tag_head(const struct parser *p, uint32_t at, uint32_t end, struct tag *out_r)
{
	struct str s = skip_space(str_slice(p->source, at, end));
	size_t n = s.n > 0 && s.p[0] == '#';
	while (n < s.n && s.p[0] != '#' && is_word(s.p[n]))
		n++;
	if (n == 0)
		return false;
	out_r->name = str_slice(s, 0, n);
	out_r->at = end - (uint32_t)s.n;
	s = skip_space(str_slice(s, n, s.n));
	out_r->markup_at = end - (uint32_t)s.n;
	out_r->markup_end = end;
	return true;
}

/* "-" at either end of a tag or output. */
static void white_space(struct parser *p, struct body *body, struct str piece)
{
	if (piece.n > 2 && piece.p[2] == '-' && body->last != NULL && !body->sealed &&
	    body->last->kind == NODE_TEXT)
		body->last->text = drop_space(body->last->text);
	p->trim = piece.n > 2 && piece.p[piece.n - 3] == '-';
}

static bool add_text(struct parser *p, struct body *body, struct str text)
{
	if (p->trim)
		text = skip_space(text);
	p->trim = false;
	if (skip_space(text).n > 0)
		body->blank = false;
	struct node *n = parse_node(p, body, NODE_TEXT, 0);
	if (n != NULL)
		n->text = text;
	return n != NULL;
}

static bool add_output(struct parser *p, struct body *body, const struct piece *x)
{
	struct str s = x->text;
	white_space(p, body, s);
	body->blank = false;
	if (s.n < 4 || !str_ends(s, STR("}}")))
		return parse_fail(p, x->at,
				  "Variable '" STR_FMT "' was not properly terminated with regexp: "
				  "/\\}\\}/; close it with }}",
				  (int)(s.n < 40 ? s.n : 40), s.p);
	uint32_t from = x->at + (s.p[2] == '-' ? 3 : 2), to = x->at + (uint32_t)s.n - 2;
	if (to > from && p->source.p[to - 1] == '-')
		to--;
	struct node *n = parse_node(p, body, NODE_OUTPUT, x->at);
	return n != NULL && parse_output(p, from, to > from ? to : from, false, &n->output);
}

static tag_fn *tag_named(struct str name)
{
	const struct tag_kind *tables[] = {tag_blocks, tag_lines};
	for (size_t i = 0; i < 2; i++)
		for (const struct tag_kind *k = tables[i]; k->name != NULL; k++)
			if (str_is(name, k->name))
				return k->parse;
	return NULL;
}

/* {% name markup %} taken apart; false: a problem. A tag without a name is named by all of it. */
static bool tag_of_piece(struct parser *p, const struct piece *x, struct tag *out_r)
{
	uint32_t from = x->at, to = x->at + (uint32_t)x->text.n;
	if (!p->pieces->lines) {
		if (x->text.n < 4)
			return parse_fail(p, x->at,
					  "Tag '{%%' was not properly terminated with regexp: "
					  "/\\%%\\}/; close it with %%}");
		from += x->text.p[2] == '-' ? 3 : 2;
		to -= 2;
		if (to > from && p->source.p[to - 1] == '-')
			to--;
	}
	if (!parse_tag_head(p, from, to > from ? to : from, out_r))
		*out_r = (struct tag){
			.name = x->text, .at = x->at, .markup_at = to, .markup_end = to};
	return true;
}

bool parse_body(struct parser *p, struct body *body, struct tag *stop)
{
	struct tag t = {.name = STR_NULL};
	for (;;) {
		struct piece x = pieces_next(p->pieces);
		if (x.kind == PIECE_END) {
			*stop = (struct tag){.at = x.at};
			return true;
		}
		if (x.kind == PIECE_TEXT && !add_text(p, body, x.text))
			return false;
		if (x.kind == PIECE_OUTPUT && !add_output(p, body, &x))
			return false;
		if (x.kind != PIECE_TAG || (p->pieces->lines && skip_space(x.text).n == 0))
			continue;
		if (!p->pieces->lines)
			white_space(p, body, x.text);
		if (!tag_of_piece(p, &x, &t))
			return false;
		tag_fn *parse = tag_named(t.name);
		if (parse == NULL) {
			*stop = t;
			return true;
		}
		if (!parse_use(p, LIQUID_USE_TAG, t.name, t.at) || !parse(p, body, &t))
			return false;
	}
}

bool parse_block(struct parser *p, const struct tag *t, struct body *body, struct tag *stop)
{
	body->blank = true;
	if (p->depth >= LIQUID_DEPTH_MAX) {
		parse_fail(p, t->at, "Nesting too deep: at most %u blocks inside one another",
			   LIQUID_DEPTH_MAX);
		p->problem->status = ST_LIMIT;
		return false;
	}
	p->depth++;
	bool ok = parse_body(p, body, stop);
	p->depth--;
	if (ok && stop->name.p == NULL)
		return parse_fail(p, t->at,
				  "'" STR_FMT "' tag was never closed; end it with {%% end" STR_FMT
				  " %%}",
				  STR_ARG(t->name), STR_ARG(t->name));
	return ok;
}

bool parse_is_end(const struct tag *t, const struct tag *stop)
{
	return stop->name.n == t->name.n + 3 && str_starts(stop->name, STR("end")) &&
	       str_eq(str_slice(stop->name, 3, stop->name.n), t->name);
}

static bool unknown_tag(struct parser *p, const struct tag *stop)
{
	static const char *const parts[] = {"else", "elsif", "when"};
	struct nearest n;
	nearest_start(&n, stop->name);
	for (size_t i = 0; i < 3; i++)
		nearest_consider(&n, str_of(parts[i]));
	for (const struct tag_kind *k = tag_blocks; k->name != NULL; k++)
		nearest_consider(&n, str_of(k->name));
	for (const struct tag_kind *k = tag_lines; k->name != NULL; k++)
		nearest_consider(&n, str_of(k->name));
	return parse_fail(p, stop->at, "Unknown tag '" STR_FMT "'%s" STR_FMT "%s",
			  (int)(stop->name.n < 40 ? stop->name.n : 40), stop->name.p,
			  n.best.n ? "; did you mean '" : "", STR_ARG(n.best),
			  n.best.n ? "'?" : "");
}

bool parse_unexpected(struct parser *p, struct str block, const char *end, const struct tag *stop)
{
	if (str_is(stop->name, "else"))
		return parse_fail(p, stop->at, STR_FMT " tag does not expect 'else' tag",
				  STR_ARG(block));
	if (str_starts(stop->name, STR("end")))
		return parse_fail(p, stop->at,
				  "'" STR_FMT "' is not a valid delimiter for " STR_FMT
				  " tags. use %s" STR_FMT,
				  STR_ARG(stop->name), STR_ARG(block), end,
				  STR_ARG(*end == 'e' ? block : STR("")));
	return unknown_tag(p, stop);
}

/* ---- the whole ---- */

static bool parse_document(struct parser *p, struct body *body)
{
	struct tag stop;
	body->blank = true;
	if (!parse_body(p, body, &stop))
		return false;
	if (stop.name.p == NULL)
		return true;
	if (str_is(stop.name, "else") || str_is(stop.name, "end"))
		return parse_fail(p, stop.at, "Unexpected outer '" STR_FMT "' tag",
				  STR_ARG(stop.name));
	return unknown_tag(p, &stop);
}

static bool parse_source(struct parser *p, struct liquid_template *t)
{
	struct pieces pieces = {.source = p->source, .end = (uint32_t)p->source.n};
	p->pieces = &pieces;
	p->last_use = &p->first_use;
	bool ok = parse_document(p, &t->body);
	p->pieces = NULL;
	if (!ok)
		return false;
	t->name_count = p->name_count;
	t->uses = p->first_use;
	t->source = p->source;
	t->name = p->options.name;
	return true;
}

/* The tables were as large as they may get: the template keeps what is used of them. */
static bool keep_names(struct parser *p, struct liquid_template *t, struct arena *a)
{
	struct str *names = ARENA_ARRAY(a, struct str, t->name_count + 1);
	bool *sets = ARENA_ARRAY(a, bool, t->name_count + 1);
	if (names == NULL || sets == NULL)
		return false;
	for (uint32_t i = 0; i < t->name_count; i++) {
		names[i] = p->names[i];
		sets[i] = p->sets[i];
	}
	t->names = names;
	t->sets = sets;
	return true;
}

static enum status refuse(struct parser *p, enum status st, const char *why)
{
	parse_fail(p, 0, "%s", why);
	p->problem->line = p->problem->column = 0;
	return p->problem->status = st;
}

enum status liquid_compile(struct str text, struct liquid_options options, struct arena *a,
			   const struct liquid_template **out_r, struct liquid_problem *problem)
{
	struct parser p = {.options = options, .arena = a, .problem = problem};
	*problem = (struct liquid_problem){.status = ST_OK};
	if (text.n > LIQUID_SOURCE_BYTES_MAX)
		return refuse(&p, ST_LIMIT, "the template is larger than 256 KB");
	if (!str_utf8_valid(text) || memchr(text.n ? text.p : "x", '\0', text.n) != NULL)
		return refuse(&p, ST_INVALID, "Invalid template encoding: it is not UTF-8 text");
	struct liquid_template *t = ARENA_NEW(a, struct liquid_template);
	p.source = arena_str(a, text);
	p.options.name = arena_str(a, options.name);
	if (t == NULL || p.source.p == NULL || p.options.name.p == NULL)
		return refuse(&p, ST_LIMIT, "the template needs more memory than it may have");
	strmap_init(&p.slots, LIQUID_NAMES_MAX);
	p.names = mem_array(LIQUID_NAMES_MAX, sizeof *p.names);
	p.sets = mem_array(LIQUID_NAMES_MAX, sizeof *p.sets);
	bool ok = parse_source(&p, t), kept = ok && keep_names(&p, t, a);
	mem_free(p.sets);
	mem_free(p.names);
	strmap_finish(&p.slots);
	if (ok && !kept)
		return refuse(&p, ST_LIMIT, "the template needs more memory than it may have");
	if (!ok)
		return problem->status;
	*out_r = t;
	return ST_OK;
}
