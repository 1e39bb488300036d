/* SPDX-License-Identifier: Apache-2.0
 * func_string.c: finding and cutting, the strings extension's first half. Positions count code
 * points, and a position outside the string is an error, never a silent clamp. */
#include "cel/text.h"

#define RANGE "the position is outside the string"

/* Byte of a position, or SIZE_MAX when it is outside 0..size. */
static size_t byte_of(struct str s, int64_t position)
{
	if (position < 0 || (uint64_t)position > s.n)
		return SIZE_MAX;
	size_t at = text_offset(s, (size_t)position);
	return at <= s.n ? at : SIZE_MAX;
}

static struct cel_value piece(struct cel_value of, size_t from, size_t to)
{
	return (struct cel_value){.kind = of.kind, .n = (uint32_t)(to - from), .p = of.p + from};
}

static struct cel_value char_at(struct cel_run *r, const struct cel_value *v, size_t n)
{
	struct str s = cel_str(v[0]);
	(void)n;
	if (!cel_charge(r, s.n / 64))
		return cel_fail_budget();
	size_t at = byte_of(s, v[1].i), end = at;
	if (at == SIZE_MAX)
		return cel_fail(RANGE);
	if (at < s.n)
		(void)text_next(s, &end); /* Only the width is wanted. */
	return piece(v[0], at, end);
}

static struct cel_value index_of(struct cel_run *r, const struct cel_value *v, size_t n)
{
	struct str s = cel_str(v[0]), sub = cel_str(v[1]);
	if (!cel_charge(r, text_search_steps(s.n, sub.n)))
		return cel_fail_budget();
	size_t from = n > 2 ? byte_of(s, v[2].i) : 0;
	if (from == SIZE_MAX)
		return cel_fail(RANGE);
	struct str rest = str_slice(s, from, s.n);
	size_t hit = str_find(rest, sub);
	if (hit == rest.n && sub.n > 0)
		return cel_of_int(-1);
	return cel_of_int((int64_t)text_size(str_slice(s, 0, from + hit)));
}

static struct cel_value last_index_of(struct cel_run *r, const struct cel_value *v, size_t n)
{
	struct str s = cel_str(v[0]), sub = cel_str(v[1]);
	if (!cel_charge(r, 1 + s.n / 16 + (uint64_t)s.n * sub.n / 1024))
		return cel_fail_budget();
	size_t at = n > 2 ? byte_of(s, v[2].i) : s.n;
	if (at == SIZE_MAX)
		return cel_fail(RANGE);
	if (s.n < sub.n)
		return cel_of_int(-1);
	for (at = at < s.n - sub.n ? at : s.n - sub.n;; at--) {
		if (sub.n == 0 || memcmp(s.p + at, sub.p, sub.n) == 0)
			return cel_of_int((int64_t)text_size(str_slice(s, 0, at)));
		if (at == 0)
			return cel_of_int(-1);
	}
}

static struct cel_value substring(struct cel_run *r, const struct cel_value *v, size_t n)
{
	struct str s = cel_str(v[0]);
	if (!cel_charge(r, s.n / 32))
		return cel_fail_budget();
	size_t from = byte_of(s, v[1].i), to = n > 2 ? byte_of(s, v[2].i) : s.n;
	if (from == SIZE_MAX || to == SIZE_MAX)
		return cel_fail(RANGE);
	return from <= to ? piece(v[0], from, to)
			  : cel_fail("the end of a substring is before its start");
}

/* Unicode White_Space. */
static bool is_space(uint32_t c)
{
	return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
	       c == 0x205f || c == 0x3000;
}

static struct cel_value trim(struct cel_run *r, const struct cel_value *v, size_t n)
{
	struct str s = cel_str(v[0]);
	size_t from = 0, to = 0;
	(void)n;
	if (!cel_charge(r, s.n / 32))
		return cel_fail_budget();
	for (size_t at = 0; at < s.n;) {
		bool space = is_space(text_next(s, &at));
		if (space && to == 0)
			from = at;
		if (!space)
			to = at;
	}
	return to == 0 ? piece(v[0], 0, 0) : piece(v[0], from, to);
}

static struct cel_value recase(struct cel_run *r, struct cel_value v, char first, char last,
			       int shift)
{
	char *p = run_alloc(r, v.n);
	if (p == NULL)
		return cel_fail_budget();
	for (uint32_t i = 0; i < v.n; i++)
		p[i] = (char)(v.p[i] >= first && v.p[i] <= last ? v.p[i] + shift : v.p[i]);
	return (struct cel_value){.kind = CEL_STRING, .n = v.n, .p = p};
}

static struct cel_value lower_ascii(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)n;
	return recase(r, v[0], 'A', 'Z', 'a' - 'A');
}

static struct cel_value upper_ascii(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)n;
	return recase(r, v[0], 'a', 'z', 'A' - 'a');
}

static struct cel_value reverse(struct cel_run *r, const struct cel_value *v, size_t n)
{
	struct str s = cel_str(v[0]);
	char *p = run_alloc(r, s.n);
	(void)n;
	if (p == NULL)
		return cel_fail_budget();
	for (size_t at = 0; at < s.n;) {
		size_t from = at;
		(void)text_next(s, &at); /* Only the width is wanted. */
		memcpy(p + (s.n - at), s.p + from, at - from);
	}
	return (struct cel_value){.kind = CEL_STRING, .n = v[0].n, .p = p};
}

const struct cel_func func_string[] = {
	{"charAt", "string.(int) string", char_at},
	{"indexOf", "string.(string) int", index_of},
	{"indexOf", "string.(string,int) int", index_of},
	{"lastIndexOf", "string.(string) int", last_index_of},
	{"lastIndexOf", "string.(string,int) int", last_index_of},
	{"substring", "string.(int) string", substring},
	{"substring", "string.(int,int) string", substring},
	{"trim", "string.() string", trim},
	{"lowerAscii", "string.() string", lower_ascii},
	{"upperAscii", "string.() string", upper_ascii},
	{"reverse", "string.() string", reverse},
	{NULL, NULL, NULL},
};
