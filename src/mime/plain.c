/* SPDX-License-Identifier: Apache-2.0
 * plain.c: words go straight into the buffer; when one passes the width, the space before it
 * becomes a line end. So a word may come in any number of pieces, as where tags divide it. */
#include "mime/plain.h"

#include <stdio.h>

void plain_init(struct plain *p, struct buf *out, size_t width)
{
	*p = (struct plain){.out = out, .from = out->n, .width = width};
}

static void put(struct plain *p, const char *s, size_t n)
{
	buf_put(p->out, s, n);
	for (size_t i = 0; i < n; i++)
		p->column += ((unsigned char)s[i] & 0xc0) != 0x80;
}

static const char spaces[] = "                ";

/* What stands before a line: a quote's mark always, an item's once and then its width in spaces. */
static void put_marks(struct plain *p)
{
	for (size_t i = 0; i < p->depth; i++) {
		struct plain_level *l = &p->levels[i];
		put(p, l->used && l->kind != PLAIN_QUOTE ? spaces : l->first, l->bytes);
		l->used = true;
	}
}

static void trim_line(struct plain *p)
{
	while (buf_ok(p->out) && p->out->n > p->from && p->out->p[p->out->n - 1] == ' ')
		p->out->n--;
}

static void end_line(struct plain *p)
{
	trim_line(p);
	if (p->out->n > p->from) /* a text does not begin with empty lines, as <pre> may */
		buf_byte(p->out, '\n');
	if (p->column > p->column_max)
		p->column_max = p->column;
	p->column = 0;
	p->break_at = 0;
	p->begun = p->space = false;
}

/* An empty line keeps the marks of the quotes it is in. */
static void put_empty_line(struct plain *p)
{
	for (size_t i = 0; i < p->depth && p->levels[i].used; i++)
		put(p, p->levels[i].kind == PLAIN_QUOTE ? p->levels[i].first : spaces,
		    p->levels[i].bytes);
	end_line(p);
}

/* Line ends owed, marks, and the space owed: what must stand before a character. */
static void begin(struct plain *p)
{
	if (p->gap > 0 && p->out->n > p->from) {
		if (p->begun)
			end_line(p);
		if (p->gap > 1)
			put_empty_line(p);
	}
	p->gap = 0;
	if (!p->begun) {
		put_marks(p);
		p->begun = true;
	} else if (p->space) {
		p->break_at = p->out->n;
		put(p, " ", 1);
	}
	p->space = false;
}

/* Turns the space before the last word into a line end when the word is too much for the line. */
static void wrap(struct plain *p)
{
	struct str word;
	char kept[1024];
	if (p->width == 0 || p->column <= p->width || p->break_at == 0 || !buf_ok(p->out))
		return;
	word = str_n(p->out->p + p->break_at + 1, p->out->n - p->break_at - 1);
	if (word.n > sizeof kept)
		return; /* longer than any width: it stands where it is */
	memcpy(kept, word.p, word.n);
	p->out->n = p->break_at;
	for (size_t i = 0; i < word.n; i++)
		p->column -= ((unsigned char)kept[i] & 0xc0) != 0x80;
	p->column--; /* the space */
	end_line(p);
	begin(p);
	put(p, kept, word.n);
}

/* Characters that take no room: preheaders are padded with them, and readers show boxes. */
static size_t invisible(struct str s)
{
	static const char *const rows[] = {"\xe2\x80\x8b", "\xc2\xad", "\xef\xbb\xbf", "\xcd\x8f",
					   NULL};
	for (size_t i = 0; rows[i] != NULL; i++)
		if (str_starts(s, str_of(rows[i])))
			return strlen(rows[i]);
	return 0;
}

/* Bytes of white space or of nothing at all; sets *space_r when a space is meant. */
static size_t blank(struct plain *p, struct str s, bool *space_r)
{
	unsigned char c = (unsigned char)s.p[0];
	bool nbsp = str_starts(s, STR("\xc2\xa0"));
	*space_r = nbsp || c == ' ' || (c >= '\t' && c <= '\r');
	if (nbsp)
		return 2;
	if (c <= ' ' || c == 0x7f)
		return 1;
	/* joiners matter inside a word only */
	bool joiner = str_starts(s, STR("\xe2\x80\x8c")) || str_starts(s, STR("\xe2\x80\x8d"));
	if (joiner && (!p->begun || p->space || p->gap > 0))
		return 3;
	return c >= 0x80 ? invisible(s) : 0;
}

void plain_text(struct plain *p, struct str s)
{
	while (s.n > 0 && buf_ok(p->out)) {
		bool space;
		size_t n = blank(p, s, &space);
		if (n > 0) {
			if (space) {
				wrap(p);
				p->space = p->begun;
			}
			s = str_slice(s, n, s.n);
			continue;
		}
		n = 1;
		while (n < s.n && (unsigned char)s.p[n] > ' ' && (unsigned char)s.p[n] < 0x7f)
			n++;
		if ((unsigned char)s.p[0] >= 0x80)
			for (n = 1; n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80;)
				n++;
		begin(p);
		put(p, s.p, n);
		s = str_slice(s, n, s.n);
	}
}

void plain_word(struct plain *p, struct str s)
{
	if (s.n == 0)
		return;
	begin(p);
	put(p, s.p, s.n);
}

void plain_verbatim(struct plain *p, struct str s)
{
	while (s.p != NULL && s.n > 0 && buf_ok(p->out)) {
		struct str line = str_cut(&s, '\n');
		bool more = s.p != NULL;
		begin(p);
		for (size_t i = 0; i < line.n; i++) {
			unsigned char c = (unsigned char)line.p[i];
			if (c == '\t')
				put(p, "    ", 4);
			else if (c >= ' ' && c != 0x7f)
				put(p, line.p + i, 1);
		}
		if (more)
			end_line(p);
	}
}

void plain_line(struct plain *p)
{
	wrap(p);
	if (p->gap < 1 && p->out->n > p->from)
		p->gap = 1;
	p->space = false;
}

void plain_break(struct plain *p)
{
	wrap(p);
	if (p->gap < 2 && p->out->n > p->from)
		p->gap++;
	p->space = false;
}

void plain_gap(struct plain *p)
{
	wrap(p);
	p->gap = p->out->n > p->from ? 2 : 0;
	p->space = false;
}

void plain_push(struct plain *p, enum plain_kind kind, const char *first)
{
	if (p->depth == PLAIN_DEPTH_MAX) {
		p->unmarked++;
		return;
	}
	struct plain_level *l = &p->levels[p->depth++];
	*l = (struct plain_level){.kind = kind};
	int n = snprintf(l->first, sizeof l->first, "%s", first);
	l->bytes = n < (int)sizeof l->first ? (size_t)n : sizeof l->first - 1;
}

struct plain_level *plain_level(struct plain *p, enum plain_kind kind)
{
	for (size_t i = p->depth; i-- > 0;)
		if (p->levels[i].kind == kind)
			return &p->levels[i];
	return NULL;
}

enum plain_kind plain_innermost(const struct plain *p)
{
	return p->depth > 0 ? p->levels[p->depth - 1].kind : PLAIN_NONE;
}

void plain_pop(struct plain *p, enum plain_kind kind)
{
	const struct plain_level *l = plain_level(p, kind);
	if (p->unmarked > 0)
		p->unmarked--;
	else if (l != NULL)
		p->depth = (size_t)(l - p->levels);
}

void plain_measure(struct plain *p)
{
	p->column_max = 0;
}

void plain_underline(struct plain *p, char c)
{
	wrap(p);
	size_t marks = 0, n = p->column > p->column_max ? p->column : p->column_max;
	for (size_t i = 0; i < p->depth; i++)
		marks += p->levels[i].bytes;
	n = n > marks ? n - marks : 0;
	if (n == 0)
		return;
	plain_line(p);
	begin(p);
	for (size_t i = 0; i < n && i < 78; i++)
		put(p, &c, 1);
}

bool plain_in_line(const struct plain *p)
{
	return p->begun && p->gap == 0;
}

void plain_finish(struct plain *p)
{
	wrap(p);
	trim_line(p);
	while (buf_ok(p->out) && p->out->n > p->from && p->out->p[p->out->n - 1] == '\n')
		p->out->n--;
	if (p->out->n > p->from)
		buf_byte(p->out, '\n');
}
