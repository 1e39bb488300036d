/* SPDX-License-Identifier: Apache-2.0
 * html_scan.c: a tolerant tokenizer after the HTML standard's (13.2.5), less what mail needs not.
 *
 * Every byte is looked at a bounded number of times: what turns out to have no end (a tag, a
 * comment) is taken to the end of the input, as the standard has it, and never tried again. */
#include "mime/html_scan.h"

bool html_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool html_is(const struct html_tok *tok, const char *name)
{
	/* Names are asked for a hundred times a tag: the first letter rules most out. */
	return tok->name.n > 0 && (tok->name.p[0] | 0x20) == name[0] &&
	       str_eq_nocase(tok->name, str_of(name));
}

bool html_is_one_of(const struct html_tok *tok, const char *const *names)
{
	for (size_t i = 0; names[i] != NULL; i++)
		if (html_is(tok, names[i]))
			return true;
	return false;
}

/* ---- attributes ---- */

static size_t skip_space(struct str s, size_t at)
{
	while (at < s.n && (html_is_space(s.p[at]) || s.p[at] == '/'))
		at++;
	return at;
}

static size_t value_end(struct str s, size_t at, struct html_attr *out)
{
	char quote = at < s.n ? s.p[at] : '\0';
	if (quote == '"' || quote == '\'') {
		size_t n = str_find_byte(str_slice(s, at + 1, s.n), quote);
		size_t close = at + 1 + n;
		out->value = str_slice(s, at + 1, close);
		out->span = str_slice(s, at, close + 1);
		return close < s.n ? close + 1 : s.n;
	}
	size_t end = at;
	while (end < s.n && !html_is_space(s.p[end]) && s.p[end] != '>')
		end++;
	out->value = out->span = str_slice(s, at, end);
	return end;
}

/* One attribute from `at`; returns where it ends, at the > or the end when there is none left. */
static size_t take_attr(struct str s, size_t at, struct html_attr *out)
{
	*out = (struct html_attr){STR_NULL, STR_NULL, STR_NULL};
	size_t from = at = skip_space(s, at);
	while (at < s.n && !html_is_space(s.p[at]) && s.p[at] != '>' && s.p[at] != '/' &&
	       (s.p[at] != '=' || at == from))
		at++;
	out->name = str_slice(s, from, at);
	size_t eq = at;
	while (eq < s.n && html_is_space(s.p[eq]))
		eq++;
	if (out->name.n == 0 || eq >= s.n || s.p[eq] != '=')
		return at;
	eq++;
	while (eq < s.n && html_is_space(s.p[eq]))
		eq++;
	return value_end(s, eq, out);
}

bool html_attr_next(struct str *attrs, struct html_attr *out)
{
	size_t end = take_attr(*attrs, 0, out);
	*attrs = str_slice(*attrs, end, attrs->n);
	return out->name.n > 0;
}

bool html_attr_find(const struct html_tok *tok, const char *name, struct html_attr *out)
{
	struct str attrs = tok->attrs;
	while (html_attr_next(&attrs, out))
		if (str_eq_nocase(out->name, str_of(name)))
			return true;
	return false;
}

/* ---- tokens ---- */

static void take(struct html_scan *s, size_t bytes, struct html_tok *out)
{
	out->raw = str_slice(s->rest, 0, bytes);
	s->rest = str_slice(s->rest, bytes, s->rest.n);
}

static bool is_markup(struct str s)
{
	if (s.n < 2 || s.p[0] != '<')
		return false;
	return is_letter(s.p[1]) || s.p[1] == '!' || s.p[1] == '?' ||
	       (s.p[1] == '/' && s.n > 2 && is_letter(s.p[2]));
}

static void take_other(struct html_scan *s, struct html_tok *out)
{
	bool comment = str_starts(s->rest, STR("<!--"));
	/* "<!-->" and "<!--->" are whole comments */
	struct str end = comment ? STR("-->") : STR(">");
	size_t from = comment ? 2 : 1;
	size_t at = from + str_find(str_slice(s->rest, from, s->rest.n), end);
	out->kind = HTML_TOK_OTHER;
	take(s, at < s->rest.n ? at + end.n : s->rest.n, out);
}

static const char *const literal_names[] = {"script", "style",   "title",    "textarea", "xmp",
					    "iframe", "noembed", "noframes", NULL};

static void take_tag(struct html_scan *s, struct html_tok *out)
{
	bool close = s->rest.p[1] == '/';
	size_t from = close ? 2 : 1, at = from;
	struct html_attr attr;
	while (at < s->rest.n && !html_is_space(s->rest.p[at]) && s->rest.p[at] != '>' &&
	       s->rest.p[at] != '/')
		at++;
	out->kind = close ? HTML_TOK_CLOSE : HTML_TOK_OPEN;
	out->name = str_slice(s->rest, from, at);
	size_t attrs = at;
	do
		at = take_attr(s->rest, at, &attr);
	while (attr.name.n > 0);
	out->attrs = str_slice(s->rest, attrs, at);
	take(s, at < s->rest.n ? at + 1 : at, out);
	if (!close && html_is_one_of(out, literal_names))
		s->literal_of = out->name;
}

static bool ends_literal(struct str s, struct str name)
{
	return s.n > name.n + 2 && s.p[0] == '<' && s.p[1] == '/' &&
	       str_eq_nocase(str_n(s.p + 2, name.n), name) && !is_letter(s.p[2 + name.n]);
}

static void take_text(struct html_scan *s, struct html_tok *out)
{
	struct str name = s->literal_of;
	size_t at = 0;
	for (; at < s->rest.n; at++) {
		at += str_find_byte(str_slice(s->rest, at, s->rest.n), '<');
		struct str here = str_slice(s->rest, at, s->rest.n);
		if (name.n > 0 ? ends_literal(here, name) : is_markup(here))
			break;
	}
	out->kind = HTML_TOK_TEXT;
	out->literal = name.n > 0;
	s->literal_of = STR_NULL;
	take(s, at, out);
}

bool html_scan_next(struct html_scan *s, struct html_tok *out)
{
	*out = (struct html_tok){.kind = HTML_TOK_TEXT};
	if (s->rest.n == 0)
		return false;
	if (s->literal_of.n > 0 && !ends_literal(s->rest, s->literal_of)) {
		take_text(s, out);
		return true;
	}
	s->literal_of = STR_NULL;
	if (!is_markup(s->rest))
		take_text(s, out);
	else if (s->rest.p[1] == '!' || s->rest.p[1] == '?')
		take_other(s, out);
	else
		take_tag(s, out);
	return true;
}
