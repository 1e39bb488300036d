/* SPDX-License-Identifier: Apache-2.0
 * lex.c: both lexers. Neither keeps state beyond an offset, so a problem's place is exact. */
#include "liquid/lex.h"

#include "liquid/letter.h"
#include "liquid/node.h"

/* ---- outer ---- */

static char at(const struct pieces *p, uint32_t i)
{
	return i < p->end ? p->source.p[i] : '\0';
}

static struct piece cut(struct pieces *p, enum piece_kind kind, uint32_t to)
{
	struct piece x = {kind, p->at, str_slice(p->source, p->at, to)};
	p->at = to;
	return x;
}

/* Just behind the next "%}", or 0. */
static uint32_t tag_end(const struct pieces *p, uint32_t i)
{
	for (; i + 1 < p->end; i++)
		if (p->source.p[i] == '%' && p->source.p[i + 1] == '}')
			return i + 2;
	return 0;
}

/* A tag nobody closed is its two braces: the parser tells where. */
static struct piece tag_piece(struct pieces *p)
{
	uint32_t end = tag_end(p, p->at + 2);
	return cut(p, PIECE_TAG, end ? end : p->at + 2);
}

/* An output ends at the first "}": "}}" when it is a good one. "{%" inside makes the rest a tag's,
 * as in the reference: the parser refuses both. */
static struct piece output_piece(struct pieces *p)
{
	for (uint32_t i = p->at + 2; i < p->end; i++) {
		char c = at(p, i);
		if (c == '}')
			return cut(p, PIECE_OUTPUT, at(p, i + 1) == '}' ? i + 2 : i + 1);
		if (c == '{' && at(p, i + 1) == '%') {
			uint32_t end = tag_end(p, i + 2);
			return cut(p, PIECE_OUTPUT, end ? end : i + 2);
		}
	}
	struct piece open = cut(p, PIECE_OUTPUT, p->at + 2);
	p->at = p->end;
	return open;
}

static struct piece line_piece(struct pieces *p)
{
	const char *nl = memchr(p->source.p + p->at, '\n', p->end - p->at);
	uint32_t to = nl != NULL ? (uint32_t)(nl - p->source.p) : p->end;
	struct piece x = cut(p, PIECE_TAG, to);
	p->at += p->at < p->end;
	return x;
}

struct piece pieces_next(struct pieces *p)
{
	if (p->at >= p->end)
		return (struct piece){PIECE_END, p->end, STR("")};
	if (p->lines)
		return line_piece(p);
	if (at(p, p->at) == '{' && at(p, p->at + 1) == '%')
		return tag_piece(p);
	if (at(p, p->at) == '{' && at(p, p->at + 1) == '{')
		return output_piece(p);
	uint32_t i = p->at;
	do {
		const char *open = memchr(p->source.p + i + 1, '{', p->end - i - 1);
		i = open != NULL ? (uint32_t)(open - p->source.p) : p->end;
	} while (i < p->end && at(p, i + 1) != '{' && at(p, i + 1) != '%');
	return cut(p, PIECE_TEXT, i);
}

/* ---- inner ---- */

const char *word_name(enum word_kind kind)
{
	static const char *const names[] = {
		[WORD_END] = "end_of_string",
		[WORD_BAD] = "character",
		[WORD_ID] = "id",
		[WORD_NUMBER] = "number",
		[WORD_STRING] = "string",
		[WORD_COMPARISON] = "comparison",
		[WORD_PIPE] = "pipe",
		[WORD_DOT] = "dot",
		[WORD_DOTDOT] = "dotdot",
		[WORD_COLON] = "colon",
		[WORD_COMMA] = "comma",
		[WORD_OPEN_SQUARE] = "open_square",
		[WORD_CLOSE_SQUARE] = "close_square",
		[WORD_OPEN_ROUND] = "open_round",
		[WORD_CLOSE_ROUND] = "close_round",
		[WORD_QUESTION] = "question",
		[WORD_DASH] = "dash",
	};
	return names[kind];
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t name_bytes(struct str s)
{
	size_t n = 1;
	while (n < s.n && (is_word(s.p[n]) || s.p[n] == '-'))
		n++;
	return n + (n < s.n && s.p[n] == '?');
}

static size_t number_bytes(struct str s)
{
	size_t n = 1;
	while (n < s.n && is_digit(s.p[n]))
		n++;
	if (n + 1 < s.n && s.p[n] == '.' && is_digit(s.p[n + 1]))
		for (n++; n < s.n && is_digit(s.p[n]);)
			n++;
	return n;
}

static struct word comparison(struct str s)
{
	static const struct {
		const char *text;
		uint8_t op;
	} ops[] = {{"==", OP_EQ}, {"!=", OP_NE}, {"<>", OP_NE}, {"<=", OP_LE},
		   {">=", OP_GE}, {"<", OP_LT},  {">", OP_GT}};
	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
		if (str_starts(s, str_of(ops[i].text)))
			return (struct word){.kind = WORD_COMPARISON,
					     .op = ops[i].op,
					     .text = str_slice(s, 0, strlen(ops[i].text))};
	return (struct word){.kind = WORD_BAD, .text = str_slice(s, 0, 1)};
}

static struct word sign(struct str s)
{
	static const char chars[] = "|.:,[]()?-";
	static const uint8_t kinds[] = {WORD_PIPE,       WORD_DOT,         WORD_COLON,
					WORD_COMMA,      WORD_OPEN_SQUARE, WORD_CLOSE_SQUARE,
					WORD_OPEN_ROUND, WORD_CLOSE_ROUND, WORD_QUESTION,
					WORD_DASH};
	const char *c = s.p[0] ? strchr(chars, s.p[0]) : NULL;
	if (c == NULL)
		return comparison(s);
	if (*c == '.' && s.n > 1 && s.p[1] == '.')
		return (struct word){.kind = WORD_DOTDOT, .text = str_slice(s, 0, 2)};
	return (struct word){.kind = kinds[c - chars], .text = str_slice(s, 0, 1)};
}

/* The word at the front of s; `after` is the kind of the one before it. */
static struct word word_at(struct str s, uint8_t after)
{
	char c = s.p[0];
	if (is_digit(c) || (c == '-' && s.n > 1 && is_digit(s.p[1])))
		return (struct word){.kind = WORD_NUMBER, .text = str_slice(s, 0, number_bytes(s))};
	if (is_word(c)) {
		struct word w = {.kind = WORD_ID, .text = str_slice(s, 0, name_bytes(s))};
		if (after != WORD_DOT && str_is(w.text, "contains"))
			w.kind = WORD_COMPARISON, w.op = OP_CONTAINS;
		return w;
	}
	if (c == '"' || c == '\'') {
		size_t end = str_find_byte(str_slice(s, 1, s.n), c);
		if (end + 1 < s.n)
			return (struct word){.kind = WORD_STRING, .text = str_slice(s, 0, end + 2)};
		return (struct word){.kind = WORD_BAD, .text = str_slice(s, 0, 1)};
	}
	return sign(s);
}

static struct word read_word(struct words *w, uint8_t after)
{
	while (w->at < w->end && is_space(w->source.p[w->at]))
		w->at++;
	struct word x = {.kind = WORD_END};
	if (w->at < w->end)
		x = word_at(str_slice(w->source, w->at, w->end), after);
	x.at = w->at;
	w->at += (uint32_t)x.text.n;
	return x;
}

void words_start(struct words *w, struct str source, uint32_t from, uint32_t end)
{
	*w = (struct words){.source = source, .at = from, .end = end};
	w->now = read_word(w, WORD_END);
	w->ahead = read_word(w, w->now.kind);
}

void words_step(struct words *w)
{
	w->now = w->ahead;
	w->ahead = read_word(w, w->now.kind);
}
