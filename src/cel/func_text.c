/* SPDX-License-Identifier: Apache-2.0
 * func_text.c: taking strings apart and putting them together, the strings extension's second
 * half. An empty separator or needle stands between all code points, as in the reference. */
#include "cel/text.h"

/* Where the next separator at or behind `at` starts; s.n when there is none. An empty one is
 * found behind the next code point, but not at the end. */
static size_t next_sep(struct str s, struct str sep, size_t at)
{
	if (sep.n > 0)
		return at + str_find(str_slice(s, at, s.n), sep);
	if (at < s.n)
		(void)text_next(s, &at); /* Only the width is wanted. */
	return at;
}

static size_t count_seps(struct str s, struct str sep)
{
	size_t n = 0;
	for (size_t at = next_sep(s, sep, 0); at < s.n; at = next_sep(s, sep, at + sep.n))
		n++;
	return n;
}

static struct cel_value split(struct cel_run *r, const struct cel_value *v, size_t n)
{
	struct str s = cel_str(v[0]), sep = cel_str(v[1]);
	int64_t most = n > 2 ? v[2].i : -1;
	if (!cel_charge(r, 2 * text_search_steps(s.n, sep.n)))
		return cel_fail_budget();
	size_t pieces = count_seps(s, sep) + 1;
	if (s.n == 0 && sep.n == 0)
		pieces = 0;
	if (most >= 0 && (uint64_t)most < pieces)
		pieces = (size_t)most;
	struct cel_value *items = run_alloc(r, pieces * sizeof *items);
	if (items == NULL)
		return cel_fail_budget();
	size_t at = 0;
	for (size_t i = 0; i < pieces; i++) {
		size_t end = i + 1 == pieces ? s.n : next_sep(s, sep, at);
		items[i] = cel_of_str(str_slice(s, at, end));
		at = end + sep.n;
	}
	return cel_of_list(items, pieces);
}

static struct cel_value finished(struct buf *b)
{
	return buf_ok(b) ? cel_of_str(str_n(b->n ? b->p : "", b->n)) : cel_fail_budget();
}

static struct cel_value join(struct cel_run *r, const struct cel_value *v, size_t n)
{
	struct buf b;
	buf_init_arena(&b, r->scratch, CEL_STRING_BYTES_MAX);
	for (uint32_t i = 0; i < v[0].n; i++) {
		if (v[0].list[i].kind != CEL_STRING)
			return cel_fail("join() takes a list of strings");
		if (!cel_charge(r, 1 + v[0].list[i].n / 64))
			return cel_fail_budget();
		if (i > 0 && n > 1)
			buf_str(&b, cel_str(v[1]));
		buf_str(&b, cel_str(v[0].list[i]));
	}
	return finished(&b);
}

/* An empty needle stands before every code point and at the end. */
static void weave(struct str s, struct str with, uint64_t most, struct buf *b)
{
	size_t at = 0;
	for (; most > 0; most--) {
		size_t from = at;
		buf_str(b, with);
		if (at == s.n)
			return;
		(void)text_next(s, &at); /* Only the width is wanted. */
		buf_str(b, str_slice(s, from, at));
	}
	buf_str(b, str_slice(s, at, s.n));
}

static struct cel_value replace(struct cel_run *r, const struct cel_value *v, size_t n)
{
	struct str s = cel_str(v[0]), old = cel_str(v[1]), with = cel_str(v[2]);
	uint64_t most = n > 3 && v[3].i >= 0 ? (uint64_t)v[3].i : UINT64_MAX;
	struct buf b;
	buf_init_arena(&b, r->scratch, CEL_STRING_BYTES_MAX);
	if (!cel_charge(r, text_search_steps(s.n, old.n)))
		return cel_fail_budget();
	if (old.n == 0) {
		weave(s, with, most, &b);
		return cel_charge(r, b.n / 64) ? finished(&b) : cel_fail_budget();
	}
	for (; most > 0 && buf_ok(&b); most--) {
		size_t hit = str_find(s, old);
		if (hit == s.n)
			break;
		buf_str(&b, str_slice(s, 0, hit));
		buf_str(&b, with);
		s = str_slice(s, hit + old.n, s.n);
	}
	buf_str(&b, s);
	return cel_charge(r, b.n / 64) ? finished(&b) : cel_fail_budget();
}

static struct cel_value quote(struct cel_run *r, const struct cel_value *v, size_t n)
{
	static const char what[] = "\a\b\f\n\r\t\v\\\"", how[] = "abfnrtv\\\"";
	struct buf b;
	(void)n;
	if (!cel_charge(r, 1 + v[0].n / 16))
		return cel_fail_budget();
	buf_init_arena(&b, r->scratch, CEL_STRING_BYTES_MAX);
	buf_byte(&b, '"');
	for (uint32_t i = 0; i < v[0].n; i++) {
		const char *at = v[0].p[i] ? strchr(what, v[0].p[i]) : NULL;
		if (at != NULL)
			buf_byte(&b, '\\');
		buf_byte(&b, at ? how[at - what] : v[0].p[i]);
	}
	buf_byte(&b, '"');
	return finished(&b);
}

const struct cel_func func_text[] = {
	{"split", "string.(string) list(string)", split},
	{"split", "string.(string,int) list(string)", split},
	{"join", "list(string).() string", join},
	{"join", "list(string).(string) string", join},
	{"replace", "string.(string,string) string", replace},
	{"replace", "string.(string,string,int) string", replace},
	{"strings.quote", "(string) string", quote},
	{NULL, NULL, NULL},
};
