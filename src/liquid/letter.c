/* SPDX-License-Identifier: Apache-2.0
 * letter.c: upper and lower case without the C library's locale: the alphabets that names in
 * messages are written in (Latin, Greek, Cyrillic, Armenian), as ranges of Unicode 15. */
#include "liquid/letter.h"

static bool starts(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

size_t letter_count(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += starts(s.p[i]);
	return n;
}

size_t letter_offset(struct str s, size_t position)
{
	size_t at = 0;
	for (; at < s.n; at++)
		if (starts(s.p[at]) && position-- == 0)
			break;
	return at;
}

struct str letter_cut(struct str s, size_t from, size_t count)
{
	size_t at = letter_offset(s, from);
	struct str rest = str_slice(s, at, s.n);
	return str_slice(rest, 0, letter_offset(rest, count));
}

uint32_t letter_next(struct str s, size_t *at)
{
	unsigned char lead = (unsigned char)s.p[(*at)++];
	uint32_t v = lead & (lead < 0x80 ? 0x7fu : lead < 0xe0 ? 0x1fu : lead < 0xf0 ? 0x0fu : 7u);
	for (; *at < s.n && !starts(s.p[*at]); (*at)++)
		v = v << 6 | ((unsigned char)s.p[*at] & 0x3fu);
	return v;
}

static void put(struct buf *out, uint32_t c)
{
	char t[4];
	size_t n = 0;
	if (c < 0x80) {
		t[n++] = (char)c;
	} else if (c < 0x800) {
		t[n++] = (char)(0xc0 | c >> 6);
		t[n++] = (char)(0x80 | (c & 0x3f));
	} else {
		if (c < 0x10000) {
			t[n++] = (char)(0xe0 | c >> 12);
		} else {
			t[n++] = (char)(0xf0 | c >> 18);
			t[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		}
		t[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		t[n++] = (char)(0x80 | (c & 0x3f));
	}
	buf_put(out, t, n);
}

/* Capitals of a range, and how far their small letters are; `pairs`: capital and small letter
 * alternate, the capitals being those of the parity of `from`. */
struct range {
	uint32_t from, to;
	uint16_t away;
	bool pairs;
};
static const struct range ranges[] = {
	{'A', 'Z', 32, false},     {0xc0, 0xd6, 32, false},   {0xd8, 0xde, 32, false},
	{0x100, 0x12e, 1, true},   {0x132, 0x136, 1, true},   {0x139, 0x147, 1, true},
	{0x14a, 0x176, 1, true},   {0x179, 0x17d, 1, true},   {0x1cd, 0x1db, 1, true},
	{0x1de, 0x1ee, 1, true},   {0x1f8, 0x21e, 1, true},   {0x222, 0x232, 1, true},
	{0x386, 0x386, 38, false}, {0x388, 0x38a, 37, false}, {0x38c, 0x38c, 64, false},
	{0x38e, 0x38f, 63, false}, {0x391, 0x3a1, 32, false}, {0x3a3, 0x3ab, 32, false},
	{0x400, 0x40f, 80, false}, {0x410, 0x42f, 32, false}, {0x460, 0x480, 1, true},
	{0x48a, 0x4be, 1, true},   {0x4c1, 0x4cd, 1, true},   {0x4d0, 0x52e, 1, true},
	{0x531, 0x556, 48, false}, {0x1e00, 0x1e94, 1, true}, {0x1ea0, 0x1efe, 1, true},
};
/* Pairs that fit no range: capital, small letter. */
static const uint32_t odd[][2] = {{0x178, 0xff}, {0x18f, 0x259}, {0x1e9e, 0xdf}};

static uint32_t lower(uint32_t c)
{
	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
		const struct range *r = &ranges[i];
		if (c >= r->from && c <= r->to && (!r->pairs || (c - r->from) % 2 == 0))
			return c + r->away;
	}
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
		if (c == odd[i][0])
			return odd[i][1];
	return c;
}

static uint32_t upper(uint32_t c)
{
	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
		const struct range *r = &ranges[i];
		uint32_t back = c - r->away;
		if (back >= r->from && back <= r->to && (!r->pairs || (back - r->from) % 2 == 0))
			return back;
	}
	if (c == 0xb5)
		return 0x39c; /* micro sign */
	if (c == 0x3c2)
		return 0x3a3; /* final sigma */
	for (size_t i = 0; i + 1 < sizeof odd / sizeof odd[0]; i++)
		if (c == odd[i][1])
			return odd[i][0];
	return c;
}

void letter_put_case(struct str s, enum letter_case to, struct buf *out)
{
	for (size_t at = 0; at < s.n;) {
		char c = s.p[at];
		if ((unsigned char)c < 0x80) {
			bool flip =
				to == LETTER_UPPER ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z';
			buf_byte(out, flip ? (char)(c ^ 0x20) : c);
			at++;
			continue;
		}
		uint32_t v = letter_next(s, &at);
		if (v == 0xdf && to == LETTER_UPPER)
			buf_z(out, "SS");
		else
			put(out, to == LETTER_UPPER ? upper(v) : lower(v));
	}
}
