/* SPDX-License-Identifier: Apache-2.0
 * html.c: a tokenizer, no tree: mail HTML is seldom well formed, and words, lines and where a quote
 * begins are all we want of it. Linear in the input; nothing is ever executed or fetched. */
#include "inbound/html.h"

#include "base/buf.h"
#include "inbound/text.h"

#define QUOTE_DEPTH_MAX 64

static const char *const line_tags[] = {
	"br", "p",  "div", "tr", "li", "ul", "ol",    "table",   "blockquote", "h1",  "h2",
	"h3", "h4", "h5",  "h6", "hr", "dd", "title", "section", "article",    "pre",
};
static const char *const dropped_tags[] = {"script", "style", "head", "title", "xml"};

/* A mark in a tag's attributes that says: from here on it is the quote. */
static const char *const quote_marks[] = {
	"gmail_quote",   "gmail_extra",      "yahoo_quoted",         "moz-cite-prefix",
	"divrplyfwdmsg", "type=\"cite",      "type='cite",           "type=cite",
	"zmail_extra",   "protonmail_quote", "tutanota_quote",       "front-quote",
	"airmail_on",    "mailoriginal",     "olk_src_body_section", "reply-separator",
	"appendonsend",
};
/* Outlook's rule above the quoted header. */
static const char *const rule_marks[] = {
	"border-top:solid #",    "border-top: solid #", "border-top:1pt solid",
	"border-top: 1pt solid", "stopspelling",
};

static const struct {
	const char *name, *text;
} entities[] = {
	{"nbsp", " "},
	{"amp", "&"},
	{"lt", "<"},
	{"gt", ">"},
	{"quot", "\""},
	{"apos", "'"},
	{"auml", "\xc3\xa4"},
	{"ouml", "\xc3\xb6"},
	{"uuml", "\xc3\xbc"},
	{"Auml", "\xc3\x84"},
	{"Ouml", "\xc3\x96"},
	{"Uuml", "\xc3\x9c"},
	{"szlig", "\xc3\x9f"},
	{"eacute", "\xc3\xa9"},
	{"egrave", "\xc3\xa8"},
	{"agrave", "\xc3\xa0"},
	{"ccedil", "\xc3\xa7"},
	{"ntilde", "\xc3\xb1"},
	{"oacute", "\xc3\xb3"},
	{"aacute", "\xc3\xa1"},
	{"iacute", "\xc3\xad"},
	{"uacute", "\xc3\xba"},
	{"ecirc", "\xc3\xaa"},
	{"rsquo", "\xe2\x80\x99"},
	{"lsquo", "\xe2\x80\x98"},
	{"rdquo", "\xe2\x80\x9d"},
	{"ldquo", "\xe2\x80\x9c"},
	{"ndash", "\xe2\x80\x93"},
	{"mdash", "\xe2\x80\x94"},
	{"hellip", "\xe2\x80\xa6"},
};

struct scan {
	struct str in;
	size_t at;
	struct buf out;
	bool line_start, space; /* nothing on this line yet; a space is owed */
	unsigned quote;         /* depth: open blockquotes */
	bool quote_rest;        /* a quote mark was seen outside a blockquote: it goes to the end */
};

static bool one_of(struct str name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(name, str_of(list[i])))
			return true;
	return false;
}
#define ONE_OF(name, list) one_of((name), (list), sizeof(list) / sizeof(list)[0])

static bool has_mark(struct str tag, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text_has_nocase(tag, list[i]))
			return true;
	return false;
}
#define HAS_MARK(tag, list) has_mark((tag), (list), sizeof(list) / sizeof(list)[0])

static void put(struct scan *s, const char *p, size_t n)
{
	if (s->line_start && (s->quote > 0 || s->quote_rest))
		buf_z(&s->out, "> ");
	if (s->space && !s->line_start)
		buf_byte(&s->out, ' ');
	s->line_start = s->space = false;
	buf_put(&s->out, p, n);
}

static void line_end(struct scan *s, bool hard)
{
	s->space = false;
	if (!s->line_start || hard)
		buf_byte(&s->out, '\n');
	s->line_start = true;
}

static void put_char(struct scan *s, uint32_t c)
{
	char u[4];
	size_t n = 0;
	if (c == 0 || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		c = 0xFFFD;
	if (c < 0x80) {
		u[n++] = (char)c;
	} else if (c < 0x800) {
		u[n++] = (char)(0xC0 | (c >> 6));
	} else {
		if (c < 0x10000) {
			u[n++] = (char)(0xE0 | (c >> 12));
		} else {
			u[n++] = (char)(0xF0 | (c >> 18));
			u[n++] = (char)(0x80 | ((c >> 12) & 0x3F));
		}
		u[n++] = (char)(0x80 | ((c >> 6) & 0x3F));
	}
	if (c >= 0x80)
		u[n++] = (char)(0x80 | (c & 0x3F));
	put(s, u, n);
}

/* &#8217; &#x2019; -> the character. False: none. */
static bool numeric(struct scan *s, struct str name)
{
	bool hex = name.n > 1 && (name.p[1] | 0x20) == 'x';
	uint32_t c = 0;
	size_t i = hex ? 2 : 1;
	if (i >= name.n || name.n > 9)
		return false;
	for (; i < name.n; i++) {
		char d = (char)(name.p[i] | 0x20);
		bool digit = text_is_digit(name.p[i]);
		if (!digit && !(hex && d >= 'a' && d <= 'f'))
			return false;
		uint32_t v = (uint32_t)(digit ? name.p[i] - '0' : d - 'a' + 10);
		c = c * (hex ? 16 : 10) + v;
	}
	if (c == 160)
		s->space = true;
	else
		put_char(s, c);
	return true;
}

static bool reference(struct scan *s)
{
	size_t n = 1;
	while (n < 12 && s->at + n < s->in.n && s->in.p[s->at + n] != ';')
		n++;
	struct str name = str_slice(s->in, s->at + 1, s->at + n);
	if (s->at + n >= s->in.n || s->in.p[s->at + n] != ';' || name.n == 0)
		return false;
	size_t after = s->at + n + 1;
	bool known = name.p[0] == '#' && numeric(s, name);
	for (size_t i = 0; !known && i < sizeof entities / sizeof entities[0]; i++) {
		known = str_is(name, entities[i].name);
		if (known && i == 0)
			s->space = true;
		else if (known)
			put(s, entities[i].text, strlen(entities[i].text));
	}
	if (known)
		s->at = after;
	return known;
}

/* Skips to the end tag of `name`, or to the end. */
static void drop(struct scan *s, struct str name)
{
	while (s->at < s->in.n) {
		s->at += str_find_byte(str_slice(s->in, s->at, s->in.n), '<') + 1;
		struct str ahead = str_slice(s->in, s->at, s->in.n);
		if (ahead.n > name.n && ahead.p[0] == '/' &&
		    str_eq_nocase(str_slice(ahead, 1, 1 + name.n), name)) {
			s->at--;
			return;
		}
	}
	s->at = s->in.n;
}

static void quote_tag(struct scan *s, struct str name, struct str tag, bool closing)
{
	bool block = str_eq_nocase(name, STR("blockquote"));
	if (block && closing && s->quote > 0)
		s->quote--;
	else if (block && !closing && s->quote < QUOTE_DEPTH_MAX)
		s->quote++;
	else if (!block && !closing && HAS_MARK(tag, quote_marks))
		s->quote_rest = true;
	else if (!closing && !s->quote_rest && HAS_MARK(tag, rule_marks))
		buf_z(&s->out, "________________________________\n");
}

static size_t name_end(struct str tag)
{
	size_t n = 0;
	while (n < tag.n && strchr(" \t\r\n/>", tag.p[n]) == NULL)
		n++;
	return n;
}

static void comment(struct scan *s)
{
	struct str ahead = str_slice(s->in, s->at, s->in.n);
	size_t end = str_find(ahead, STR("-->"));
	s->at += end < ahead.n ? end + 3 : ahead.n;
}

static void tag(struct scan *s)
{
	struct str ahead = str_slice(s->in, s->at + 1, s->in.n);
	if (str_starts(ahead, STR("!--"))) {
		comment(s);
		return;
	}
	size_t end = str_find_byte(ahead, '>');
	struct str body = str_slice(ahead, 0, end);
	bool closing = body.n > 0 && body.p[0] == '/';
	if (closing)
		body = str_slice(body, 1, body.n);
	struct str name = str_slice(body, 0, name_end(body));
	s->at += 1 + end + 1;
	if (ONE_OF(name, line_tags))
		line_end(s, str_eq_nocase(name, STR("br")));
	if (closing && str_eq_nocase(name, STR("p")))
		line_end(s, true);
	else if (str_eq_nocase(name, STR("td")))
		s->space = true;
	quote_tag(s, name, body, closing);
	if (!closing && ONE_OF(name, dropped_tags))
		drop(s, name);
}

struct str html_text(struct str html, struct arena *a)
{
	struct scan s = {.in = html, .line_start = true};
	/* Each byte of input gives at most three: "> " before it, or U+FFFD for it. */
	buf_init_arena(&s.out, a, 40 * html.n + 16);
	while (s.at < s.in.n) {
		char c = s.in.p[s.at];
		bool letter =
			s.at + 1 < s.in.n &&
			(((s.in.p[s.at + 1] | 0x20) >= 'a' && (s.in.p[s.at + 1] | 0x20) <= 'z') ||
			 s.in.p[s.at + 1] == '/' || s.in.p[s.at + 1] == '!' ||
			 s.in.p[s.at + 1] == '?');
		if (c == '<' && letter) {
			tag(&s);
		} else if (c == '&' && reference(&s)) {
			continue;
		} else {
			if (strchr(" \t\r\n", c) != NULL)
				s.space = true;
			else
				put(&s, &c, 1);
			s.at++;
		}
	}
	return buf_ok(&s.out) ? buf_view(&s.out) : STR("");
}
