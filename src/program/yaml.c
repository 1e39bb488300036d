/* SPDX-License-Identifier: Apache-2.0
 * yaml.c: libyaml's events -> our tree. A tree of our own, because libyaml's document API resolves
 * aliases, keeps the last of two keys and has no ceilings. */
#include "program/yaml.h"

#include "base/assert.h"

#include <yaml.h>

struct builder {
	struct arena *arena;
	struct problems *problems;
	struct str source;
	struct {
		size_t chars,
			bytes; /* a place in the source counted both ways; marks count characters */
	} cursor;
	size_t origin; /* bytes before the text: a byte order mark */
	struct ynode *open[YAML_DEPTH_MAX], *key[YAML_DEPTH_MAX];
	size_t depth, nodes;
	struct ynode *root;
	bool full;
};

static bool is_lead_byte(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

static size_t byte_of(struct builder *b, yaml_mark_t mark)
{
	size_t *chars = &b->cursor.chars, *at = &b->cursor.bytes;
	while (*chars < mark.index && *at < b->source.n) {
		(*at)++;
		while (*at < b->source.n && !is_lead_byte(b->source.p[*at]))
			(*at)++;
		(*chars)++;
	}
	while (*chars > mark.index && *at > b->origin) {
		(*at)--;
		while (*at > b->origin && !is_lead_byte(b->source.p[*at]))
			(*at)--;
		(*chars)--;
	}
	return *at;
}

static struct place event_place(struct builder *b, const yaml_event_t *ev)
{
	size_t at = byte_of(b, ev->start_mark), end = byte_of(b, ev->end_mark);
	return (struct place){at, end < at ? at : end};
}

/* The rest of the line from a byte on, for problems without an end. */
static struct place line_from(struct str source, size_t at)
{
	size_t end = at + str_find_byte(str_slice(source, at, source.n), '\n');
	return (struct place){at, end};
}

bool ynode_is_yaml_word(struct str s)
{
	static const char *const words[] = {"y",   "n",    "yes",   "no",   "on",
					    "off", "true", "false", "null", "~"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_eq_nocase(s, str_of(words[i])))
			return true;
	return false;
}

/* ---- building ---- */

static bool give_up(struct builder *b, enum program_code code, struct place where,
		    const char *message, const char *fix)
{
	struct program_problem *p = problem_add(b->problems, code, where);
	p->message = str_of(message);
	p->fix = str_of(fix);
	p->why = STR("nothing behind this place could be checked");
	b->full = true;
	return false;
}

static void key_twice(struct builder *b, const struct ynode *key, const struct ynode *before)
{
	struct program_problem *p = problem_add(b->problems, CODE_TWICE, key->where);
	int line = 1;
	for (size_t i = 0; i < before->where.at; i++)
		line += b->source.p[i] == '\n';
	PROBLEM_TEXT(p, message, b->arena, "`" STR_FMT ":` stands here twice", STR_ARG(key->text));
	PROBLEM_TEXT(p, label, b->arena, "first on line %d", line);
	p->why = STR("YAML readers differ in which one wins");
	p->fix = STR("keep one of them");
}

static void link_child(struct ynode *parent, struct ynode *n)
{
	if (parent->last)
		parent->last->next = n;
	else
		parent->first = n;
	parent->last = n;
	parent->count++;
}

/* A value goes under the key that waits for it; a key that was there before keeps its value. */
static void put_value(struct builder *b, struct ynode *map, struct ynode *n)
{
	n->key = b->key[b->depth - 1];
	b->key[b->depth - 1] = NULL;
	for (const struct ynode *c = map->first; c; c = c->next) {
		if (!str_eq(c->key->text, n->key->text))
			continue;
		key_twice(b, n->key, c->key);
		n->bad = true;
		return;
	}
	link_child(map, n);
}

static bool put_key(struct builder *b, const struct ynode *map, struct ynode *n)
{
	if (n->kind != YNODE_SCALAR)
		return give_up(b, CODE_SHAPE, n->where,
			       "a key is one word, not a list or a section", "write `name: value`");
	if (map->count >= YAML_KEYS_MAX)
		return give_up(b, CODE_TOO_DEEP, n->where, "a section has at most 2,000 keys",
			       "split it");
	if (n->style == YNODE_PLAIN && str_is(n->text, "<<")) {
		struct program_problem *p = problem_add(b->problems, CODE_ALIAS, n->where);
		p->message = STR("merge keys (`<<:`) are not used here");
		p->fix = STR("write the keys out");
		p->why = STR("the value would stand somewhere else than where it works");
		n->bad = true;
	}
	b->key[b->depth - 1] = n;
	return true;
}

static bool put_node(struct builder *b, struct ynode *n)
{
	if (b->depth == 0) {
		b->root = n;
		return true;
	}
	struct ynode *parent = b->open[b->depth - 1];
	if (parent->kind == YNODE_LIST)
		link_child(parent, n);
	else if (b->key[b->depth - 1] == NULL)
		return put_key(b, parent, n);
	else
		put_value(b, parent, n);
	return true;
}

/* Anchors and tags; a condition that starts with ! or & looks like one. */
static void refuse_property(struct builder *b, struct ynode *n, const yaml_char_t *anchor,
			    const yaml_char_t *tag)
{
	if (anchor == NULL && tag == NULL)
		return;
	struct place where = line_from(b->source, n->where.at);
	if (n->kind == YNODE_SCALAR && n->where.end > n->where.at)
		where.end = n->where.end < where.end ? n->where.end : where.end;
	struct program_problem *p = problem_add(b->problems, CODE_ALIAS, where);
	p->message = anchor ? STR("anchors (`&name`) are not used here")
			    : STR("tags (`!name`) are not used here");
	p->why = STR("values have the type their key asks for, and stand where they work");
	p->fix = tag ? STR("a condition that starts with ! goes in single quotes: '!lead.known'")
		     : STR("write the value out where it is needed");
	n->bad = true;
}

static struct ynode *new_node(struct builder *b, enum ynode_kind kind, const yaml_event_t *ev)
{
	struct place where = event_place(b, ev);
	struct ynode *n = b->nodes < YAML_NODES_MAX ? ARENA_NEW(b->arena, struct ynode) : NULL;
	if (n == NULL) {
		give_up(b, CODE_TOO_DEEP, where, "a program has at most 50,000 values", "split it");
		return NULL;
	}
	b->nodes++;
	n->kind = kind;
	n->where = where;
	return n;
}

static bool on_scalar(struct builder *b, const yaml_event_t *ev)
{
	static const enum ynode_style styles[] = {
		[YAML_ANY_SCALAR_STYLE] = YNODE_PLAIN,
		[YAML_PLAIN_SCALAR_STYLE] = YNODE_PLAIN,
		[YAML_SINGLE_QUOTED_SCALAR_STYLE] = YNODE_SINGLE,
		[YAML_DOUBLE_QUOTED_SCALAR_STYLE] = YNODE_DOUBLE,
		[YAML_LITERAL_SCALAR_STYLE] = YNODE_LITERAL,
		[YAML_FOLDED_SCALAR_STYLE] = YNODE_FOLDED,
	};
	struct ynode *n = new_node(b, YNODE_SCALAR, ev);
	if (n == NULL)
		return false;
	n->style = styles[ev->data.scalar.style];
	n->text = arena_str(b->arena,
			    str_n((const char *)ev->data.scalar.value, ev->data.scalar.length));
	if (n->text.p == NULL)
		return give_up(b, CODE_TOO_DEEP, n->where, "the program is too large", "split it");
	refuse_property(b, n, ev->data.scalar.anchor, ev->data.scalar.tag);
	return put_node(b, n);
}

static bool on_open(struct builder *b, const yaml_event_t *ev)
{
	bool list = ev->type == YAML_SEQUENCE_START_EVENT;
	struct ynode *n = new_node(b, list ? YNODE_LIST : YNODE_MAP, ev);
	if (n == NULL)
		return false;
	if (list)
		refuse_property(b, n, ev->data.sequence_start.anchor, ev->data.sequence_start.tag);
	else
		refuse_property(b, n, ev->data.mapping_start.anchor, ev->data.mapping_start.tag);
	n->where.end = n->where.at < b->source.n ? n->where.at + 1 : n->where.at;
	while (n->where.end < b->source.n && !is_lead_byte(b->source.p[n->where.end]))
		n->where.end++;
	if (b->depth == YAML_DEPTH_MAX)
		return give_up(b, CODE_TOO_DEEP, n->where, "a program is nested at most 24 deep",
			       "nothing in a program needs more than 8");
	if (!put_node(b, n))
		return false;
	b->open[b->depth] = n;
	b->key[b->depth++] = NULL;
	return true;
}

static bool on_alias(struct builder *b, const yaml_event_t *ev)
{
	struct ynode *n = new_node(b, YNODE_SCALAR, ev);
	if (n == NULL)
		return false;
	struct program_problem *p = problem_add(b->problems, CODE_ALIAS, n->where);
	p->message = STR("aliases (`*name`) are not used here");
	p->why = STR("a small file could become a huge one, and a reader has to look elsewhere");
	p->fix = STR(
		"write the value out where it is needed; text that starts with * goes in quotes");
	n->bad = true;
	n->text = STR("*");
	return put_node(b, n);
}

static bool on_event(struct builder *b, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (b->root)
			return give_up(b, CODE_YAML, event_place(b, ev),
				       "a second document starts here",
				       "a file holds one program; take the --- out");
		return true;
	case YAML_ALIAS_EVENT: return on_alias(b, ev);
	case YAML_SCALAR_EVENT: return on_scalar(b, ev);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT: return on_open(b, ev);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT: b->depth--; return true;
	default: return true;
	}
}

/* ---- what libyaml says, in words ---- */

static const struct {
	const char *problem, *context; /* substrings of libyaml's; NULL: any */
	const char *message, *label, *fix;
	bool at_context; /* point at where it began, not where it was noticed */
} words[] = {
	{"mapping values are not allowed", NULL, "a second `: ` in one value",
	 "`: ` means key and value", "put the text in single quotes: if: 'a ? b : c'", false},
	{"unexpected end of stream", "quoted scalar", "a quote is not closed", "opened here",
	 "close it with the same quote", true},
	{"unknown escape character", NULL, "a backslash in double quotes that means nothing",
	 "not one of YAML's escapes",
	 "use single quotes, where \\ is a plain character, or write \\\\", false},
	{"escape", NULL, "an escape in double quotes that cannot be read", "",
	 "use single quotes, where \\ is a plain character", false},
	{"block sequence entries are not allowed", NULL, "a list item in the middle of a value", "",
	 "put `- ` on a line of its own, or the text in quotes", false},
	{"alphabetic or numeric character", NULL, "text that starts with & or *",
	 "means an anchor here", "put the text in single quotes", false},
	{NULL, "scanning a tag", "text that starts with !", "means a tag here",
	 "put the condition in single quotes: '!lead.known'", false},
	{"cannot start any token", NULL, "text that starts with a sign YAML keeps for itself", "",
	 "put the text in single quotes", false},
	{"could not find expected ':'", NULL, "a line without `key: value`", "no colon",
	 "write `key: value`; text over several lines goes in quotes or behind `>`", true},
	{"',' or '}'", NULL, "a { that is not closed, or a comma is missing", "",
	 "separate entries by commas and close with }; a condition with [ ] { } , goes in single "
	 "quotes",
	 false},
	{"',' or ']'", NULL, "a [ that is not closed, or a comma is missing", "",
	 "separate items by commas and close with ]; a condition with [ ] { } , goes in single "
	 "quotes",
	 false},
	{"did not find expected key", NULL,
	 "text behind a value that has ended, or a line indented unlike its neighbours", "",
	 "indent keys of one section alike; put a whole condition that starts with a quote in "
	 "single quotes",
	 false},
	{"'-' indicator", NULL, "a line that is no list item", "items above start with -",
	 "start it with `- `, or indent it as part of the item above", false},
	{"document start", NULL, "text behind the end of the program", "", "take it out", false},
	{"control characters", NULL, "a control character", "", "take it out", false},
};

static bool has(const char *text, const char *part)
{
	return part == NULL || (text && strstr(text, part));
}

/* The first tab in the indentation of a line at or just before the place, or the source's end. */
static size_t tab_near(struct str source, size_t at)
{
	size_t start = at;
	while (start > 0 && source.p[start - 1] != '\n')
		start--;
	for (size_t i = start; i < source.n && (source.p[i] == ' ' || source.p[i] == '\t'); i++)
		if (source.p[i] == '\t')
			return i;
	return source.n;
}

static void say_libyaml(struct builder *b, const yaml_parser_t *parser)
{
	size_t at = byte_of(b, parser->problem_mark), row = 0;
	if (parser->error == YAML_READER_ERROR)
		at = b->origin + (parser->problem_offset < b->source.n - b->origin
					  ? parser->problem_offset
					  : b->source.n - b->origin);
	size_t rows_n = sizeof words / sizeof *words;
	while (row < rows_n && !(has(parser->problem, words[row].problem) &&
				 has(parser->context, words[row].context)))
		row++;
	if (row < rows_n && words[row].at_context && parser->context)
		at = byte_of(b, parser->context_mark);
	size_t tab = tab_near(b->source, at);
	bool is_tab = tab < b->source.n && tab <= at + 1;
	at = is_tab ? tab : at;
	struct program_problem *p = problem_add(b->problems, CODE_YAML, line_from(b->source, at));
	p->why = STR("nothing behind this place could be checked");
	if (is_tab) {
		p->message = STR("a tab where spaces belong");
		p->fix = STR("indent with spaces");
		p->end = p->at + 1;
	} else if (row < rows_n) {
		p->message = str_of(words[row].message);
		p->label = str_of(words[row].label);
		p->fix = str_of(words[row].fix);
	} else {
		p->message = arena_printf(b->arena, "this is not YAML: %s",
					  parser->problem ? parser->problem : "?");
		p->fix = STR("see https://yaml.org or an example in programs/");
	}
}

/* ---- parsing ---- */

static void run(struct builder *b, yaml_parser_t *parser)
{
	yaml_event_t ev;
	bool going = true;
	while (going) {
		if (!yaml_parser_parse(parser, &ev)) {
			say_libyaml(b, parser);
			b->full = true;
			return;
		}
		going = ev.type != YAML_STREAM_END_EVENT && on_event(b, &ev);
		yaml_event_delete(&ev);
	}
}

struct ynode *ytree_parse(struct str source, struct arena *a, struct problems *ps)
{
	struct builder b = {.arena = a, .problems = ps, .source = source};
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser)) {
		give_up(&b, CODE_TOO_LARGE, (struct place){0, 0}, "no memory to read the file",
			"split it");
		return NULL;
	}
	b.origin = str_starts(source, STR("\xef\xbb\xbf")) ? 3 : 0;
	b.cursor.bytes = b.origin;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)source.p + b.origin,
				     source.n - b.origin);
	run(&b, &parser);
	yaml_parser_delete(&parser);
	return b.full ? NULL : b.root;
}

struct ynode *ynode_get(const struct ynode *map, const char *key)
{
	if (map == NULL || map->kind != YNODE_MAP)
		return NULL;
	for (struct ynode *c = map->first; c; c = c->next)
		if (str_is(c->key->text, key))
			return c;
	return NULL;
}

struct place ynode_place(const struct ynode *n)
{
	return n->key ? n->key->where : n->where;
}

/* ---- from decoded text back to the source ---- */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t utf8_bytes(uint32_t c)
{
	return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

static uint32_t hex(struct str s)
{
	uint32_t v = 0;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		v = v * 16 + (uint32_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
	}
	return v;
}

/* A backslash at `at` in double quotes: how long it is, and how many bytes it became. */
static void escape(struct str source, size_t at, size_t *in_r, size_t *out_r)
{
	char c = at + 1 < source.n ? source.p[at + 1] : 'n';
	size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
	*in_r = 2 + digits;
	*out_r = c == 'N' || c == '_' ? 2 : c == 'L' || c == 'P' ? 3 : 1;
	if (digits)
		*out_r = utf8_bytes(hex(str_slice(source, at + 2, at + 2 + digits)));
}

/* Where a scalar's text begins: behind its quote, or on the line below | and >. */
static size_t content_start(const struct ynode *n, struct str source)
{
	size_t at = n->where.at;
	if (n->style == YNODE_SINGLE || n->style == YNODE_DOUBLE)
		return at + 1;
	if (n->style == YNODE_LITERAL || n->style == YNODE_FOLDED)
		return at + str_find_byte(str_slice(source, at, source.n), '\n');
	return at;
}

/* One step of the walk: decoded byte n->text.p[d] against the source at *s. Returns how many
 * decoded bytes were passed; *s is left behind what they came from. */
static size_t advance(const struct ynode *n, struct str source, size_t d, size_t *s, size_t *from_r)
{
	char want = n->text.p[d];
	size_t in = 1, out = 1;
	if (!is_space(want))
		while (*s < n->where.end && is_space(source.p[*s]))
			(*s)++;
	*from_r = *s;
	if (*s >= n->where.end)
		return 1;
	if (n->style == YNODE_DOUBLE && source.p[*s] == '\\') {
		if (*s + 1 < source.n && is_space(source.p[*s + 1]) && source.p[*s + 1] != ' ') {
			*s += 2; /* a line joined to the next: stands for nothing */
			return 0;
		}
		escape(source, *s, &in, &out);
	} else if (n->style == YNODE_SINGLE && source.p[*s] == '\'') {
		in = 2;
	} else if (is_space(want) && !is_space(source.p[*s])) {
		in = 0; /* white space that folding put in was passed before */
	}
	*s += in;
	return out;
}

struct place ynode_range(const struct ynode *n, struct str source, size_t from, size_t to)
{
	size_t s = content_start(n, source), start = n->where.at, end = n->where.end, at = s;
	ASSERT(n->kind == YNODE_SCALAR && from <= to);
	bool found = false;
	for (size_t d = 0; d < n->text.n && d < to;) {
		size_t passed = advance(n, source, d, &s, &at);
		if (!found && passed && d + passed > from) {
			start = at;
			found = true;
		}
		d += passed;
		end = s;
	}
	if (!found) /* behind the last character: "something is missing here" */
		return (struct place){s < n->where.end ? s : n->where.end, n->where.end};
	end = end < n->where.end ? end : n->where.end;
	if (to <= from || end <= start)
		end = start < source.n ? start + 1 : start;
	return (struct place){start, end};
}
