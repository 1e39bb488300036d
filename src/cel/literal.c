/* SPDX-License-Identifier: Apache-2.0
 * literal.c: the escapes of quoted literals. In a string \x and octal name a code point, in bytes
 * an octet: the one place where the two kinds of literal differ. */
#include "cel/lex.h"

struct escape {
	struct str in;
	size_t at; /* behind the backslash */
	bool bytes;
	const char *why;
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* `count` digits in `base` from e->at; -1 when they are not there. */
static int64_t digits(struct escape *e, unsigned count, int base)
{
	int64_t v = 0;
	for (unsigned i = 0; i < count; i++, e->at++) {
		int d = e->at < e->in.n ? hex_digit(e->in.p[e->at]) : -1;
		if (d < 0 || d >= base)
			return -1;
		v = v * base + d;
	}
	return v;
}

static int simple(char c)
{
	static const char names[] = "abfnrtv\\?\"'`";
	static const char means[] = "\a\b\f\n\r\t\v\\?\"'`";
	const char *at = c ? strchr(names, c) : NULL;
	return at ? means[at - names] : -1;
}

/* The code point or octet an escape stands for; -1 and e->why when it is none. */
static int64_t escape(struct escape *e)
{
	char c = e->at < e->in.n ? e->in.p[e->at] : '\0';
	e->why = "unknown escape: a backslash is written as \\\\";
	int s = simple(c);
	if (s >= 0) {
		e->at++;
		return s;
	}
	int64_t v = -1;
	if (c >= '0' && c <= '3') {
		v = digits(e, 3, 8);
		e->why = "an octal escape has three digits, \\000 to \\377";
	} else if (c == 'x' || c == 'X') {
		e->at++;
		v = digits(e, 2, 16);
		e->why = "\\x is followed by two hexadecimal digits";
	} else if ((c == 'u' || c == 'U') && !e->bytes) {
		e->at++;
		v = digits(e, c == 'u' ? 4 : 8, 16);
		e->why = c == 'u' ? "\\u is followed by four hexadecimal digits of a code point"
				  : "\\U is followed by eight hexadecimal digits of a code point";
		if (v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
			v = -1;
	} else if (c == 'u' || c == 'U') {
		e->why = "\\u and \\U name characters: bytes are written with \\x";
	}
	return v;
}

static size_t put_utf8(char *out, uint32_t v)
{
	if (v < 0x80) {
		out[0] = (char)v;
		return 1;
	}
	size_t n = v < 0x800 ? 2 : v < 0x10000 ? 3 : 4;
	static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (size_t i = n - 1; i > 0; i--, v >>= 6)
		out[i] = (char)(0x80 | (v & 0x3f));
	out[0] = (char)(lead[n] | v);
	return n;
}

bool literal_decode(struct str body, bool bytes, struct arena *a, struct str *out_r,
		    const char **why, size_t *where)
{
	/* No escape is shorter than what it stands for. */
	char *out = arena_alloc(a, body.n + 1);
	struct escape e = {.in = body, .bytes = bytes};
	size_t n = 0;
	if (out == NULL) {
		*why = "this string is larger than the memory for a program";
		*where = 0;
		return false;
	}
	while (e.at < body.n) {
		char c = body.p[e.at++];
		if (c != '\\') {
			out[n++] = c;
			continue;
		}
		size_t from = e.at - 1;
		int64_t v = escape(&e);
		if (v < 0) {
			*why = e.why;
			*where = from;
			return false;
		}
		if (bytes)
			out[n++] = (char)v;
		else
			n += put_utf8(out + n, (uint32_t)v);
	}
	*out_r = str_n(out, n);
	return true;
}
