/* SPDX-License-Identifier: Apache-2.0
 * content.c: the front matter of a content file, line by line, and what must be in it. */
#include "compose/content.h"

#include <stdio.h>

#define VALUE(member) offsetof(struct compose_content, member)
#define SUBJECTS SIZE_MAX      /* may be a list */
#define SECTION (SIZE_MAX - 1) /* keys of its own below it */

struct head_key {
	const char *section, *name; /* section "": at the margin */
	size_t at;
};
static const struct head_key keys[] = {
	{"", "subject", SUBJECTS},          {"", "preheader", VALUE(preheader)},
	{"", "angle", VALUE(angle)},        {"", "cta", SECTION},
	{"", "stage", VALUE(stage)},        {"", "layout", VALUE(layout)},
	{"", "format", VALUE(format)},      {"", "from_name", VALUE(from_name)},
	{"cta", "label", VALUE(cta_label)}, {"cta", "url", VALUE(cta_url)},
	{"cta", "type", VALUE(cta_type)},
};
#define KEYS_N (sizeof keys / sizeof *keys)

struct reader {
	struct compose_content *out;
	struct arena *a;
	struct str rest; /* lines not yet read */
	struct str line; /* the one being read, without its line end */
	unsigned line_n;
	const struct head_key *open; /* the key whose list or section goes on */
	bool seen[KEYS_N];
	struct err *e;
};

static enum status fault_at(struct reader *r, unsigned line, unsigned col, const char *what)
{
	return err_set(r->e, ST_INVALID, STR_FMT ":%u:%u: %s", STR_ARG(r->out->name), line, col,
		       what);
}

static unsigned col_of(const struct reader *r, struct str s)
{
	return s.p == NULL ? 1 : (unsigned)(s.p - r->line.p) + 1;
}

static enum status fault(struct reader *r, struct str at, const char *what)
{
	return fault_at(r, r->line_n, col_of(r, at), what);
}

static bool next_line(struct reader *r)
{
	if (r->rest.p == NULL)
		return false;
	r->line = str_cut(&r->rest, '\n');
	if (str_ends(r->line, STR("\r")))
		r->line.n--;
	r->line_n++;
	return true;
}

/* ---- values ---- */

/* What is between quotes: in double ones a backslash stands before " and itself. */
static enum status read_quoted(struct reader *r, struct str s, struct compose_text *out)
{
	char quote = s.p[0];
	size_t at = 1;
	struct buf b;
	buf_init_arena(&b, r->a, COMPOSE_VALUE_MAX);
	for (; at < s.n && s.p[at] != quote; at++) {
		bool escape = quote == '"' && s.p[at] == '\\';
		if (escape && (++at == s.n || (s.p[at] != '"' && s.p[at] != '\\')))
			return fault(r, str_slice(s, at - 1, s.n),
				     "only \\\" and \\\\ are known; write the character itself");
		buf_byte(&b, s.p[at]);
	}
	if (at >= s.n)
		return fault(r, s, "the quote is not closed; end the line with it");
	if (at + 1 != s.n)
		return fault(r, str_slice(s, at + 1, s.n),
			     "nothing may follow the closing quote; put all of it in quotes");
	out->text = buf_view(&b);
	return buf_ok(&b) ? ST_OK : err_set(r->e, ST_LIMIT, "content: the files are too large");
}

/* Text as it stands. What YAML would give another meaning is refused, so that it stays YAML. */
static enum status read_plain(struct reader *r, struct str s, struct compose_text *out)
{
	bool liquid = str_starts(s, STR("{{")) || str_starts(s, STR("{%"));
	size_t hash = str_find(s, STR(" #"));
	if (!liquid && strchr("[]{}&*!|>%@`,", s.p[0]) != NULL)
		return fault(r, s, "a value that begins so is put in quotes: \"...\"");
	if (hash < s.n)
		return fault(
			r, str_slice(s, hash + 1, s.n),
			"is this a comment? Put it on a line of its own, or the text in quotes");
	out->text = s;
	return ST_OK;
}

static enum status read_value(struct reader *r, struct str s, struct compose_text *out)
{
	s = str_trim(s);
	if (s.n > COMPOSE_VALUE_MAX)
		return fault(r, s, "longer than 2048 bytes; shorten it");
	if (s.n == 0)
		return fault(r, str_n(r->line.p + r->line.n, 0),
			     "a value is missing; write one, or take the line away");
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return fault(r, str_slice(s, i, s.n),
				     "a control character; take it out (a tab is four spaces)");
	out->line = r->line_n;
	out->col = col_of(r, s);
	return s.p[0] == '"' || s.p[0] == '\'' ? read_quoted(r, s, out) : read_plain(r, s, out);
}

static enum status add_subject(struct reader *r, struct str s)
{
	if (r->out->subjects_n == CONTENT_SUBJECTS_MAX)
		return fault(r, s, "more than 8 subject lines; keep the best ones");
	enum status st = read_value(r, s, &r->out->subjects[r->out->subjects_n]);
	if (st == ST_OK)
		r->out->subjects_n++;
	return st;
}

/* ---- keys ---- */

static enum status unknown_key(struct reader *r, struct str name, const char *section)
{
	const char *best = NULL;
	unsigned best_far = 3; /* as near as a slip of the hand */
	char words[160];
	for (size_t i = 0; i < KEYS_N; i++) {
		unsigned far = str_distance(name, str_of(keys[i].name));
		if (strcmp(keys[i].section, section) == 0 && far < best_far) {
			best = keys[i].name;
			best_far = far;
		}
	}
	if (best != NULL)
		(void)snprintf(words, sizeof words, "no key \"%.40s\"; did you mean \"%s\"?",
			       arena_strz(r->a, str_upto(name, 40)), best);
	else
		(void)snprintf(words, sizeof words, "no such key %s%s; there are %s",
			       *section != '\0' ? "in " : "here", section,
			       *section != '\0' ? "label, url, type"
						: "subject, preheader, angle, cta, stage, layout, "
						  "format, from_name");
	return fault(r, name, words);
}

static const struct head_key *find_key(struct str name, const char *section)
{
	for (size_t i = 0; i < KEYS_N; i++)
		if (str_is(name, keys[i].name) && strcmp(keys[i].section, section) == 0)
			return &keys[i];
	return NULL;
}

/* `key: value`, or `key:` over a list or section. */
static enum status read_key(struct reader *r, struct str line, const char *section)
{
	size_t colon = str_find_byte(line, ':');
	struct str name = str_trim(str_slice(line, 0, colon));
	struct str value = str_trim(str_slice(line, colon + 1, line.n));
	if (colon == line.n)
		return fault(r, line,
			     "neither `key: value` nor the --- that ends the front matter");
	const struct head_key *key = find_key(name, section);
	if (key == NULL)
		return unknown_key(r, name, section);
	if (r->seen[key - keys])
		return fault(r, name, "this key is there twice; keep one");
	r->seen[key - keys] = true;
	if (key->at == SECTION || (key->at == SUBJECTS && value.n == 0)) {
		r->open = key;
		return value.n == 0 ? ST_OK
				    : fault(r, value,
					    "write label:, url: and type: on lines of their own "
					    "below it, two spaces in");
	}
	if (key->at == SUBJECTS)
		return add_subject(r, value);
	return read_value(r, str_slice(line, colon + 1, line.n),
			  (struct compose_text *)((char *)r->out + key->at));
}

static enum status read_line(struct reader *r)
{
	struct str line = str_trim(r->line);
	if (line.n == 0 || line.p[0] == '#')
		return ST_OK;
	if (r->line.p[0] == '\t')
		return fault(r, r->line, "a tab at the start; write two spaces");
	if (r->line.p[0] == ' ' && r->open == NULL)
		return fault(r, line,
			     "nothing above it that it could belong to; begin at the margin");
	if (r->line.p[0] == ' ' && r->open->at == SECTION)
		return read_key(r, line, r->open->name);
	if (line.p[0] == '-' && r->open != NULL && r->open->at == SUBJECTS)
		return add_subject(r, str_slice(line, 1, line.n));
	if (r->line.p[0] == ' ')
		return fault(r, line, "subject lines below `subject:` begin with \"- \"");
	r->open = NULL;
	return read_key(r, line, "");
}

/* ---- the file ---- */

static enum status check_whole(struct reader *r)
{
	struct compose_content *c = r->out;
	if (c->subjects_n == 0)
		return fault_at(r, 1, 1, "no subject; add `subject: ...` between the --- lines");
	if ((c->cta_label.line == 0) != (c->cta_url.line == 0))
		return fault_at(r, c->cta_label.line + c->cta_url.line, 1,
				"cta has both a label and a url");
	if (c->cta_type.line != 0 && c->cta_url.line == 0)
		return fault_at(r, c->cta_type.line, 1, "cta has both a label and a url");
	c->html = str_is(c->format.text, "html");
	if (c->format.line != 0 && !c->html && !str_is(c->format.text, "markdown"))
		return fault_at(r, c->format.line, c->format.col, "format is markdown or html");
	if (str_trim(c->body).n == 0)
		return fault_at(r, c->body_line, 1, "no text below the front matter; write one");
	return ST_OK;
}

static struct str without_cr(struct str s, struct arena *a)
{
	struct buf b;
	if (str_find_byte(s, '\r') == s.n)
		return s;
	buf_init_arena(&b, a, CONTENT_BYTES_MAX);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '\r' || i + 1 == s.n || s.p[i + 1] != '\n')
			buf_byte(&b, s.p[i]);
	return buf_ok(&b) ? buf_view(&b) : s;
}

enum status compose_content_parse(struct str name, struct str file, struct arena *a,
				  struct compose_content *out, struct err *e)
{
	struct compose_content c = {.name = name};
	struct reader r = {.out = &c, .a = a, .rest = file, .e = e};
	enum status st = ST_OK;
	if (file.n > CONTENT_BYTES_MAX)
		return err_set(e, ST_LIMIT, STR_FMT ": over %u bytes", STR_ARG(name),
			       CONTENT_BYTES_MAX);
	if (!str_utf8_valid(file) || (file.n > 0 && memchr(file.p, '\0', file.n) != NULL))
		return err_set(e, ST_INVALID, STR_FMT ": not UTF-8 text; save it as UTF-8",
			       STR_ARG(name));
	if (!next_line(&r) || !str_is(r.line, "---"))
		return fault_at(&r, 1, 1, "a content file begins with a line ---, then subject:");
	while (st == ST_OK) {
		if (!next_line(&r))
			return fault_at(&r, r.line_n, 1,
					"the front matter is not closed by a line ---");
		if (str_is(r.line, "---"))
			break;
		st = read_line(&r);
	}
	c.body = without_cr(r.rest, a);
	c.body_line = r.line_n + 1;
	if (st == ST_OK)
		st = check_whole(&r);
	if (st == ST_OK)
		*out = c;
	return st;
}
