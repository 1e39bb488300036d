/* SPDX-License-Identifier: Apache-2.0
 * letter.h: characters of UTF-8 text: counted, cut, made great or small. */
#ifndef LIQUID_LETTER_H
#define LIQUID_LETTER_H

#include "base/buf.h"

size_t letter_count(struct str s);
/* Byte offset of a character; s.n when there are fewer. */
size_t letter_offset(struct str s, size_t position);
struct str letter_cut(struct str s, size_t from, size_t count);
uint32_t letter_next(struct str s, size_t *at);
enum letter_case { LETTER_UPPER, LETTER_LOWER };
void letter_put_case(struct str s, enum letter_case to, struct buf *out);

/* White space as the reference's strip and split see it. */
static inline bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}
static inline bool is_word(char c) /* of a name: a-z, 0-9, _ */
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}
/* What may stand left of an assign's "=" in the reference's lenient mode. */
static inline bool is_target(char c)
{
	return is_word(c) || c == '-' || c == '.' || c == '[' || c == ']' || c == '(' || c == ')';
}
static inline struct str skip_space(struct str s)
{
	size_t i = 0;
	while (i < s.n && is_space(s.p[i]))
		i++;
	return i ? str_n(s.p + i, s.n - i) : s;
}
static inline struct str drop_space(struct str s) /* at the end */
{
	while (s.n > 0 && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

#endif
