/* SPDX-License-Identifier: Apache-2.0
 * body.c: Markdown with Liquid in it, made HTML with the same Liquid in it.
 *
 * Were Liquid rendered first, a name with * or < in it would be read as Markdown; were Markdown
 * first, it would take | and " of a tag for its own. So each tag is put aside: a word that is
 * nowhere in the text stands for it while Markdown reads, and then it comes back. Values are put
 * in last, into HTML, escaped. */
#include "compose/internal.h"

#include "mime/markdown.h"

#define WORD_BYTES 12 /* "Zq" nonce(2) index(5) "x" "qZ" */
#define TAGS_MAX 10000

struct tag {
	struct str text;
	bool output; /* {{ }}; else {% %} */
};
/* The template from `to` on is the source from `from` on, for as long as the tag is. */
struct body_place {
	size_t to, from;
};

struct mover {
	struct str source;
	struct tag *tags;
	size_t tags_n;
	char word[4]; /* "Zq07" */
};

/* The next tag at or behind `at`; false: there is none. */
static bool next_tag(struct str s, size_t at, struct tag *out)
{
	for (; at + 1 < s.n; at++) {
		bool output = s.p[at + 1] == '{';
		if (s.p[at] != '{' || (!output && s.p[at + 1] != '%'))
			continue;
		struct str rest = str_slice(s, at + 2, s.n);
		size_t end = str_find(rest, output ? STR("}}") : STR("%}"));
		/* One that is not closed is put aside too: the compiler then knows its place. */
		size_t bytes = end < rest.n ? end + 4 : 2;
		*out = (struct tag){str_n(s.p + at, bytes), output};
		return true;
	}
	return false;
}

static bool choose_word(struct mover *m)
{
	for (unsigned n = 0; n < 100; n++) {
		m->word[0] = 'Z';
		m->word[1] = 'q';
		m->word[2] = (char)('0' + n / 10);
		m->word[3] = (char)('0' + n % 10);
		if (str_find(m->source, str_n(m->word, 4)) == m->source.n)
			return true;
	}
	return false;
}

static enum status put_aside(struct mover *m, struct arena *a, struct buf *out, struct err *e)
{
	size_t at = 0, n = 0;
	struct tag t;
	for (size_t i = 0; next_tag(m->source, i, &t); n++)
		i = (size_t)(t.text.p - m->source.p) + t.text.n;
	m->tags = n <= TAGS_MAX ? ARENA_ARRAY(a, struct tag, n + 1) : NULL;
	if (m->tags == NULL || !choose_word(m))
		return err_set(e, ST_LIMIT, "too many {{ }} and {%% %%} in one text");
	while (next_tag(m->source, at, &t)) {
		size_t from = (size_t)(t.text.p - m->source.p);
		buf_str(out, str_slice(m->source, at, from));
		buf_str(out, str_n(m->word, 4));
		buf_printf(out, "%05zuxqZ", m->tags_n);
		m->tags[m->tags_n++] = t;
		at = from + t.text.n;
	}
	buf_str(out, str_slice(m->source, at, m->source.n));
	return buf_ok(out) ? ST_OK : err_set(e, ST_LIMIT, "the text is too large");
}

/* The tag whose word stands at the start of s; NULL: none does. */
static const struct tag *word_at(const struct mover *m, struct str s)
{
	uint64_t n = 0;
	if (!str_starts(s, str_n(m->word, 4)) || s.n < WORD_BYTES ||
	    !str_to_u64(str_slice(s, 4, 9), &n) || n >= m->tags_n)
		return NULL;
	return &m->tags[n];
}

/* Bytes of "<p>{% if x %}</p>" at the start of s, a paragraph of tags alone; 0: it is none. */
static size_t bare_paragraph(const struct mover *m, struct str s)
{
	size_t at = 3;
	if (!str_starts(s, STR("<p>")))
		return 0;
	while (at < s.n) {
		struct str rest = str_slice(s, at, s.n);
		const struct tag *t = word_at(m, rest);
		if (str_starts(rest, STR("</p>")))
			return at > 3 ? at + 4 : 0;
		if (t != NULL ? t->output : s.p[at] != '\n' && s.p[at] != ' ')
			return 0;
		at += t != NULL ? WORD_BYTES : 1;
	}
	return 0;
}

static void put_tag(const struct mover *m, const struct tag *t, struct buf *out, struct buf *map)
{
	struct body_place place = {out->n, (size_t)(t->text.p - m->source.p)};
	buf_put(map, &place, sizeof place);
	buf_str(out, t->text);
}

static void put_back(const struct mover *m, struct str html, struct buf *out, struct buf *map)
{
	size_t bare_end = 0;
	for (size_t at = 0; at < html.n;) {
		struct str rest = str_slice(html, at, html.n);
		const struct tag *t = html.p[at] == 'Z' ? word_at(m, rest) : NULL;
		size_t bare = html.p[at] == '<' ? bare_paragraph(m, rest) : 0;
		if (bare > 0) {
			bare_end = at + bare;
			at += 3;
		} else if (t != NULL) {
			put_tag(m, t, out, map);
			at += WORD_BYTES;
		} else if (bare_end > 0 && at == bare_end - 4) {
			at = bare_end;
		} else {
			buf_byte(out, html.p[at++]);
		}
	}
}

enum status compose_body_read(const struct compose_content *c, struct arena *a,
			      struct compose_body *out, struct err *e)
{
	static const struct markdown_opts opts = {.raw_html = true};
	struct mover m = {.source = c->body};
	struct buf md, html, back, map;
	if (c->html) {
		*out = (struct compose_body){.html = c->body};
		return ST_OK;
	}
	buf_init_arena(&md, a, 2 * CONTENT_BYTES_MAX);
	buf_init_arena(&html, a, HTML_BYTES_MAX);
	buf_init_arena(&back, a, HTML_BYTES_MAX);
	buf_init_arena(&map, a, HTML_BYTES_MAX);
	enum status st = put_aside(&m, a, &md, e);
	if (st == ST_OK)
		st = markdown_to_html(buf_view(&md), &opts, &html, e);
	if (st != ST_OK)
		return err_wrap(e, STR_FMT, STR_ARG(c->name)), st;
	put_back(&m, buf_view(&html), &back, &map);
	if (!buf_ok(&back) || !buf_ok(&map))
		return err_set(e, ST_LIMIT, STR_FMT ": the text is too large", STR_ARG(c->name));
	*out = (struct compose_body){buf_view(&back), buf_view(&map)};
	return ST_OK;
}

/* ---- where a problem is ---- */

static size_t offset_of(struct str s, unsigned line, unsigned column)
{
	struct str rest = s;
	for (unsigned i = 1; i < line && rest.p != NULL; i++)
		(void)str_cut(&rest, '\n');
	size_t at = rest.p != NULL ? (size_t)(rest.p - s.p) + column : s.n;
	return at > 0 && at <= s.n ? at - 1 : s.n;
}

struct compose_place compose_body_place(const struct compose_content *c,
					const struct compose_body *b, unsigned line,
					unsigned column)
{
	size_t at = offset_of(b->html, line, column), from = 0;
	struct compose_place out = {c->body_line, 1};
	if (line == 0)
		return (struct compose_place){0};
	if (b->map.p == NULL)
		return (struct compose_place){out.line + line - 1, column};
	for (size_t i = 0; i + sizeof(struct body_place) <= b->map.n;
	     i += sizeof(struct body_place)) {
		struct body_place place;
		memcpy(&place, b->map.p + i, sizeof place);
		if (place.to <= at)
			from = place.from + (at - place.to);
	}
	for (size_t i = 0; i < from && i < c->body.n; i++) {
		bool end = c->body.p[i] == '\n';
		out.line += end;
		out.col = end ? 1 : out.col + 1;
	}
	return out;
}

struct compose_place compose_text_place(const struct compose_text *text,
					const struct liquid_problem *p)
{
	unsigned into = p->line == 1 && p->column > 0 ? p->column - 1 : 0;
	return (struct compose_place){text->line, text->col + into};
}

enum status compose_told(struct str name, struct compose_place at, const struct liquid_problem *p,
			 struct err *e)
{
	enum status st = p->status == ST_LIMIT ? ST_LIMIT : ST_INVALID;
	if (p->name[0] != '\0') {
		name = str_of(p->name);
		at = (struct compose_place){p->line, p->column};
	}
	if (p->variable[0] != '\0')
		return err_set(e, st,
			       STR_FMT
			       ": %s is empty (line %u): nothing is sent with a hole in it; "
			       "give a fallback with {{ %s | default: \"...\" }}",
			       STR_ARG(name), p->variable, at.line, p->variable);
	if (at.line == 0)
		return err_set(e, st, STR_FMT ": %s", STR_ARG(name), p->text);
	return err_set(e, st, STR_FMT ":%u:%u: %s", STR_ARG(name), at.line, at.col, p->text);
}
