/* SPDX-License-Identifier: Apache-2.0
 * str.c: the few string moves the rooms share. Numbers go through strtod on a bounded
 * copy after the JSON grammar has been checked, so the locale never matters: the
 * process stays in the "C" locale (app/main.c never calls setlocale). */
#include "base/str.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;
	if (c != 0)
		return c;
	return (a.n > b.n) - (a.n < b.n);
}

bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n &&
	       (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

struct str str_trim(struct str s)
{
	while (s.n && is_space(s.p[0]))
		s.p++, s.n--;
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str str_slice(struct str s, size_t from, size_t to)
{
	if (to > s.n)
		to = s.n;
	if (from >= to)
		return STR_NULL;
	return str_n(s.p + from, to - from);
}

struct str str_upto(struct str s, size_t bytes_max)
{
	size_t n = bytes_max;
	if (s.n <= bytes_max)
		return s;
	while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return str_n(s.p, n);
}

size_t str_find_byte(struct str s, char c)
{
	if (s.n == 0)
		return 0;
	const char *hit = memchr(s.p, c, s.n);
	return hit ? (size_t)(hit - s.p) : s.n;
}

/* Two bytes: memmem looks at each byte in turn, memchr at thirty-two at once. */
static size_t find_pair(struct str s, const char *pair)
{
	size_t at = 0;
	while (at + 1 < s.n) {
		const char *hit = memchr(s.p + at, pair[0], s.n - at - 1);
		if (hit == NULL)
			break;
		at = (size_t)(hit - s.p);
		if (hit[1] == pair[1])
			return at;
		at++;
	}
	return s.n;
}

size_t str_find(struct str s, struct str needle)
{
	if (needle.n == 0)
		return 0;
	if (s.n < needle.n)
		return s.n;
	if (needle.n == 2)
		return find_pair(s, needle.p);
	const char *hit = memmem(s.p, s.n, needle.p, needle.n);
	return hit ? (size_t)(hit - s.p) : s.n;
}

struct str str_cut(struct str *rest, char sep)
{
	size_t at = str_find_byte(*rest, sep);
	struct str head = str_n(rest->p, at);
	if (at == rest->n)
		*rest = STR_NULL;
	else
		*rest = str_n(rest->p + at + 1, rest->n - at - 1);
	return head;
}

bool str_to_u64(struct str s, uint64_t *out_r)
{
	if (s.n == 0 || s.n > 20)
		return false;
	uint64_t v = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (!is_digit(s.p[i]))
			return false;
		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return false;
	}
	*out_r = v;
	return true;
}

bool str_to_i64(struct str s, int64_t *out_r)
{
	bool minus = s.n && s.p[0] == '-';
	uint64_t v;
	if (!str_to_u64(minus ? str_slice(s, 1, s.n) : s, &v))
		return false;
	if (v > (uint64_t)INT64_MAX + (minus ? 1u : 0u))
		return false;
	*out_r = minus ? (int64_t)(0u - v) : (int64_t)v;
	return true;
}

static size_t digits(struct str s, size_t i)
{
	while (i < s.n && is_digit(s.p[i]))
		i++;
	return i;
}

/* RFC 8259 section 6. */
static bool json_number(struct str s)
{
	size_t i = s.n && s.p[0] == '-' ? 1 : 0;
	size_t end = digits(s, i);
	if (end == i || (s.p[i] == '0' && end > i + 1))
		return false;
	i = end;
	if (i < s.n && s.p[i] == '.') {
		end = digits(s, i + 1);
		if (end == i + 1)
			return false;
		i = end;
	}
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		i++;
		if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
			i++;
		end = digits(s, i);
		if (end == i)
			return false;
		i = end;
	}
	return i == s.n;
}

#define EXACT_POWER_MAX 22 /* 10^22 is the largest power of ten that is a double */

/* A JSON number of few digits: both its digits and its power of ten are doubles, so one division
 * rounds as strtod does (Clinger, "How to Read Floating Point Numbers Accurately", 1990). False:
 * more digits than that, or an exponent. */
static bool short_number(struct str s, double *out_r)
{
	static const double power[EXACT_POWER_MAX + 1] = {
		1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
		1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	uint64_t v = 0;
	size_t behind = 0; /* digits behind the point */
	bool minus = s.p[0] == '-', point = false;
	if (s.n > EXACT_POWER_MAX)
		return false;
	for (size_t i = minus; i < s.n; i++) {
		if (s.p[i] == '.') {
			point = true;
			continue;
		}
		if (!is_digit(s.p[i]) || v >= (UINT64_C(1) << 53) / 10)
			return false;
		v = v * 10 + (uint64_t)(s.p[i] - '0');
		behind += point;
	}
	*out_r = (minus ? -(double)v : (double)v) / power[behind];
	return true;
}

bool str_to_f64(struct str s, double *out_r)
{
	char z[STR_F64_MAX];
	if (s.n == 0 || s.n >= sizeof z || !json_number(s))
		return false;
	if (short_number(s, out_r))
		return true;
	memcpy(z, s.p, s.n);
	z[s.n] = '\0';
	double v = strtod(z, NULL);
	if (!isfinite(v))
		return false;
	*out_r = v;
	return true;
}

#define EACH_BYTE(c) (UINT64_C(0x0101010101010101) * (c))

/* Not 0 when one of eight bytes is not plain; which one, borrows from byte to byte may blur. */
static uint64_t not_plain(uint64_t v)
{
	uint64_t quote = v ^ EACH_BYTE('"'), slash = v ^ EACH_BYTE('\\');
	uint64_t control = v - EACH_BYTE(0x20);
	quote = (quote - EACH_BYTE(1)) & ~quote;
	slash = (slash - EACH_BYTE(1)) & ~slash;
	return (v | control | quote | slash) & EACH_BYTE(0x80);
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

size_t str_plain_run(struct str s)
{
	size_t i = 0;
	for (; s.n - i >= 8; i += 8) {
		uint64_t v;
		memcpy(&v, s.p + i, 8);
		if (not_plain(v) != 0)
			break;
	}
	while (i < s.n && is_plain((unsigned char)s.p[i]))
		i++;
	return i;
}

/* Behind the words of ASCII that begin at i. */
static size_t ascii_words(const unsigned char *p, size_t i, size_t n)
{
	for (; n - i >= 8; i += 8) {
		uint64_t v;
		memcpy(&v, p + i, 8);
		if ((v & EACH_BYTE(0x80)) != 0)
			break;
	}
	return i;
}

bool str_utf8_valid(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0;
	while (i < s.n) {
		uint64_t eight;
		unsigned char c = p[i];
		if (c < 0x80 && s.n - i >= sizeof eight) {
			memcpy(&eight, p + i, sizeof eight);
			if ((eight & UINT64_C(0x8080808080808080)) == 0) {
				i += sizeof eight;
				continue;
			}
		}
		if (c < 0x80) {
			i = ascii_words(p, i + 1, s.n);
			continue;
		}
		size_t len = c >= 0xc2 && c <= 0xdf   ? 2
			     : (c & 0xf0) == 0xe0     ? 3
			     : c >= 0xf0 && c <= 0xf4 ? 4
						      : 0;
		if (len == 0 || s.n - i < len)
			return false;
		for (size_t k = 1; k < len; k++)
			if ((p[i + k] & 0xc0) != 0x80)
				return false;
		if ((c == 0xe0 && p[i + 1] < 0xa0) || (c == 0xed && p[i + 1] > 0x9f) ||
		    (c == 0xf0 && p[i + 1] < 0x90) || (c == 0xf4 && p[i + 1] > 0x8f))
			return false;
		i += len;
	}
	return true;
}

unsigned str_distance(struct str a, struct str b)
{
	enum { CAP = 64 };
	size_t m = a.n < CAP ? a.n : CAP, n = b.n < CAP ? b.n : CAP;
	unsigned row[3][CAP + 1];
	for (size_t j = 0; j <= n; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= m; i++) {
		unsigned *cur = row[i % 3], *prev = row[(i - 1) % 3], *prev2 = row[(i + 1) % 3];
		cur[0] = (unsigned)i;
		for (size_t j = 1; j <= n; j++) {
			unsigned cost = a.p[i - 1] != b.p[j - 1];
			unsigned best = prev[j - 1] + cost;
			if (prev[j] + 1 < best)
				best = prev[j] + 1;
			if (cur[j - 1] + 1 < best)
				best = cur[j - 1] + 1;
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
			    a.p[i - 2] == b.p[j - 1] && prev2[j - 2] + 1 < best)
				best = prev2[j - 2] + 1;
			cur[j] = best;
		}
	}
	return row[m % 3][n];
}
