/* SPDX-License-Identifier: Apache-2.0
 * html_entity.c: character references, both ways. */
#include "mime/html.h"

#define NAME_MAX_BYTES 10 /* "thetasym" has 8; a test would fail on a longer one */

static const struct {
	const char *name;
	uint32_t code;
} names[] = {
#define ENTITY(name, code) {#name, code},
#include "mime/entity.def"
#undef ENTITY
};

/* What Windows-1252 has where Unicode has controls: old templates mean it so (HTML 13.2.5.80). */
static const uint16_t windows[32] = {
	0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
	0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
	0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178,
};

static void put_code(struct buf *out, uint32_t c)
{
	char u[4];
	size_t n = 0;
	if (c >= 0x80 && c < 0xa0)
		c = windows[c - 0x80];
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		c = 0xfffd;
	if (c < 0x80) {
		u[n++] = (char)c;
	} else if (c < 0x800) {
		u[n++] = (char)(0xc0 | c >> 6);
	} else if (c < 0x10000) {
		u[n++] = (char)(0xe0 | c >> 12);
		u[n++] = (char)(0x80 | (c >> 6 & 63));
	} else {
		u[n++] = (char)(0xf0 | c >> 18);
		u[n++] = (char)(0x80 | (c >> 12 & 63));
		u[n++] = (char)(0x80 | (c >> 6 & 63));
	}
	if (c >= 0x80)
		u[n++] = (char)(0x80 | (c & 63));
	buf_put(out, u, n);
}

static uint32_t named(struct str name)
{
	size_t low = 0, high = sizeof names / sizeof *names;
	while (low < high) {
		size_t mid = (low + high) / 2;
		int c = str_cmp(name, str_of(names[mid].name));
		if (c == 0)
			return names[mid].code;
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return 0;
}

static int digit(char c, uint32_t base)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (base == 16 && (c | 32) >= 'a' && (c | 32) <= 'f')
		return (c | 32) - 'a' + 10;
	return -1;
}

/* "#233" or "#xE9"; bytes taken, 0: not one. */
static size_t numeric(struct str s, uint32_t *code_r)
{
	uint32_t base = s.n > 1 && (s.p[1] | 32) == 'x' ? 16 : 10, code = 0;
	size_t from = base == 16 ? 2 : 1, at = from;
	for (; at < s.n && digit(s.p[at], base) >= 0; at++)
		if (code <= 0x10ffff)
			code = code * base + (uint32_t)digit(s.p[at], base);
	if (at == from)
		return 0;
	*code_r = code;
	return at;
}

/* `s` begins behind the &. Bytes taken, its ; included when there is one; 0: not a reference. */
static size_t reference(struct str s, struct buf *out)
{
	uint32_t code = 0;
	size_t at = 0;
	if (s.n > 1 && s.p[0] == '#') {
		at = numeric(s, &code);
		if (at == 0)
			return 0;
		put_code(out, code);
		return at + (at < s.n && s.p[at] == ';' ? 1 : 0);
	}
	while (at < s.n && at < NAME_MAX_BYTES && s.p[at] != ';')
		at++;
	if (at == s.n || s.p[at] != ';')
		return 0;
	code = named(str_n(s.p, at));
	if (code == 0)
		return 0;
	put_code(out, code);
	return at + 1;
}

void html_unescape(struct str s, struct buf *out)
{
	while (s.n > 0) {
		size_t at = str_find_byte(s, '&');
		buf_put(out, s.p, at);
		if (at == s.n)
			return;
		s = str_slice(s, at + 1, s.n);
		size_t taken = reference(s, out);
		if (taken == 0)
			buf_byte(out, '&');
		s = str_slice(s, taken, s.n);
	}
}

void html_escape(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		switch (s.p[i]) {
		case '&': buf_z(out, "&amp;"); break;
		case '<': buf_z(out, "&lt;"); break;
		case '>': buf_z(out, "&gt;"); break;
		case '"': buf_z(out, "&quot;"); break;
		case '\'': buf_z(out, "&#39;"); break;
		default: buf_byte(out, s.p[i]);
		}
	}
}
