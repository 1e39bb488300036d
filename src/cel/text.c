/* SPDX-License-Identifier: Apache-2.0
 * text.c: counting and walking code points of valid UTF-8. */
#include "cel/text.h"

#include <math.h>

static bool starts_char(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

size_t text_size(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += starts_char(s.p[i]);
	return n;
}

size_t text_offset(struct str s, size_t position)
{
	size_t at = 0;
	for (; at < s.n; at++) {
		if (!starts_char(s.p[at]))
			continue;
		if (position == 0)
			return at;
		position--;
	}
	return position == 0 ? s.n : s.n + 1;
}

uint32_t text_next(struct str s, size_t *at)
{
	unsigned char lead = (unsigned char)s.p[(*at)++];
	uint32_t v = lead < 0x80   ? lead
		     : lead < 0xe0 ? lead & 0x1fu
		     : lead < 0xf0 ? lead & 0x0fu
				   : lead & 0x07u;
	while (*at < s.n && !starts_char(s.p[*at]))
		v = v << 6 | ((unsigned char)s.p[(*at)++] & 0x3fu);
	return v;
}

uint64_t text_search_steps(size_t hay_bytes, size_t needle_bytes)
{
	/* memmem is linear in practice; the product is what the definition allows it to be. */
	return 1 + hay_bytes / 64 + (uint64_t)hay_bytes * (needle_bytes / 64) / 256;
}

/* Digits from s, at least one, without leading zeros, onto b. */
static bool put_digits(struct str *s, bool integer, struct buf *b)
{
	size_t n = 0, from = b->n;
	for (; n < s->n && s->p[n] >= '0' && s->p[n] <= '9'; n++)
		if (!integer || s->p[n] != '0' || b->n > from)
			buf_byte(b, s->p[n]);
	*s = str_slice(*s, n, s->n);
	return n > 0;
}

static bool named_double(struct str s, double *out_r)
{
	bool minus = str_starts(s, STR("-"));
	if (minus || str_starts(s, STR("+")))
		s = str_slice(s, 1, s.n);
	if (str_eq_nocase(s, STR("nan")))
		*out_r = NAN;
	else if (str_eq_nocase(s, STR("inf")) || str_eq_nocase(s, STR("infinity")))
		*out_r = minus ? -INFINITY : INFINITY;
	else
		return false;
	return true;
}

/* The number in JSON's stricter grammar: 0 before the point, no point without digits. */
static bool put_json(struct str s, struct buf *b)
{
	if (str_starts(s, STR("-")))
		buf_byte(b, '-');
	if (str_starts(s, STR("-")) || str_starts(s, STR("+")))
		s = str_slice(s, 1, s.n);
	size_t from = b->n;
	bool any = put_digits(&s, true, b);
	if (b->n == from)
		buf_byte(b, '0');
	if (str_starts(s, STR("."))) {
		s = str_slice(s, 1, s.n);
		if (s.n > 0 && s.p[0] >= '0' && s.p[0] <= '9')
			buf_byte(b, '.');
		any = put_digits(&s, false, b) || any;
	}
	buf_str(b, s); /* the exponent, or what makes it no number */
	return any && buf_ok(b);
}

bool text_to_double(struct str s, double *out_r)
{
	char text[512];
	struct buf b = {.p = text, .cap = sizeof text, .bytes_max = sizeof text};
	if (named_double(s, out_r))
		return true;
	return s.n < sizeof text && put_json(s, &b) && str_to_f64(buf_view(&b), out_r);
}
