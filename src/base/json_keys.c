/* SPDX-License-Identifier: Apache-2.0
 * json_keys.c: three ways to find a key twice, by how many there are and how much their hashes
 * tell: all pairs, an open table, and, when somebody made the hashes alike, sorting. A secret seed
 * would need state that all threads share, and XXH3 does not promise to keep one. */
#include "base/json_keys.h"

static int hex_digit(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static uint32_t hex4(const char *s)
{
	uint32_t v = 0;
	for (int i = 0; i < 4; i++)
		v = v * 16 + (uint32_t)hex_digit(s[i]);
	return v;
}

static size_t put_utf8(char o[4], uint32_t v)
{
	if (v < 0x80) {
		o[0] = (char)v;
		return 1;
	}
	size_t n = v < 0x800 ? 2 : v < 0x10000 ? 3 : 4;
	static const uint8_t head[] = {0, 0, 0xc0, 0xe0, 0xf0};
	o[0] = (char)(head[n] | v >> 6 * (n - 1));
	for (size_t i = 1; i < n; i++)
		o[i] = (char)(0x80 | (v >> 6 * (n - 1 - i) & 63));
	return n;
}

/* The scan has proved every escape whole. */
size_t json_unescape(const char **s, char out[4])
{
	const char *p = *s;
	if (*p != '\\') {
		out[0] = *p;
		*s += 1;
		return 1;
	}
	if (p[1] != 'u') {
		static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
		out[0] = to[strchr(from, p[1]) - from];
		*s += 2;
		return 1;
	}
	uint32_t v = hex4(p + 2);
	*s += 6;
	if (v >= 0xd800 && v <= 0xdbff) {
		v = 0x10000 + ((v - 0xd800) << 10) + (hex4(p + 8) - 0xdc00);
		*s += 6;
	}
	return put_utf8(out, v);
}

bool json_key_is(const struct json *d, const struct json_tok *key, struct str text)
{
	const char *s = d->text.p + key->at, *end = d->text.p + key->end;
	if (!key->escaped)
		return str_eq(str_n(s, (size_t)(end - s)), text);
	size_t at = 0;
	while (s < end) {
		char one[4];
		size_t n = json_unescape(&s, one);
		if (text.n - at < n || memcmp(text.p + at, one, n) != 0)
			return false;
		at += n;
	}
	return at == text.n;
}

/* A key read byte by byte, so that no memory is needed for an escaped one. */
struct reading {
	const char *s, *end;
	char held[4];
	size_t n, at;
};

static int next_byte(struct reading *r)
{
	if (r->at == r->n) {
		if (r->s == r->end)
			return -1;
		r->n = json_unescape(&r->s, r->held);
		r->at = 0;
	}
	return (uint8_t)r->held[r->at++];
}

/* By hash, then by text: a total order over escaped and plain keys alike. 0: the same key. */
static int order(const struct json *d, uint32_t a, uint32_t b)
{
	const struct json_tok *x = &d->toks[a], *y = &d->toks[b];
	if (x->count != y->count)
		return x->count < y->count ? -1 : 1;
	struct reading l = {.s = d->text.p + x->at, .end = d->text.p + x->end};
	struct reading r = {.s = d->text.p + y->at, .end = d->text.p + y->end};
	if (!x->escaped && !y->escaped) {
		size_t n = (size_t)(l.end - l.s), m = (size_t)(r.end - r.s);
		int o = memcmp(l.s, r.s, n < m ? n : m);
		return o != 0 || n == m ? o : n < m ? -1 : 1;
	}
	int u, v;
	do {
		u = next_byte(&l);
		v = next_byte(&r);
	} while (u == v && u >= 0);
	return u - v;
}

static uint32_t next_key(const struct json *d, uint32_t key)
{
	return d->toks[key + 1].next;
}

static bool all_pairs(const struct json *d, uint32_t object, uint64_t *compared)
{
	uint32_t keys[JSON_KEYS_FEW], n = 0, k = object + 1;
	for (; n < d->toks[object].count; k = next_key(d, k)) {
		for (uint32_t i = 0; i < n; i++)
			if (d->toks[keys[i]].count == d->toks[k].count && order(d, keys[i], k) == 0)
				return true;
		*compared += n;
		keys[n++] = k;
	}
	return false;
}

/* True: it knows, and has set *twice. False: too many keys share a neighbourhood. */
static bool by_table(const struct json *d, uint32_t object, uint32_t *table, uint32_t mask,
		     bool *twice, uint64_t *compared)
{
	uint32_t k = object + 1;
	*twice = false;
	for (uint32_t n = 0; n < d->toks[object].count && !*twice; n++, k = next_key(d, k)) {
		uint32_t i = d->toks[k].count & mask, run = 0;
		for (; table[i] && !*twice; i = (i + 1) & mask, run++)
			*twice = order(d, table[i], k) == 0;
		table[i] = k;
		*compared += run;
		if (run > JSON_KEYS_RUN && !*twice)
			return false;
	}
	return true;
}

/* Merges neighbouring sorted runs of `width` from `from` into `to`. Two keys that are the same end
 * up side by side, so some merge compares them. */
static bool merge_runs(const struct json *d, const uint32_t *from, uint32_t *to, uint32_t n,
		       uint32_t width, uint64_t *compared)
{
	for (uint32_t lo = 0; lo < n; lo += 2 * width) {
		uint32_t mid = lo + width < n ? lo + width : n;
		uint32_t hi = lo + 2 * width < n ? lo + 2 * width : n;
		uint32_t l = lo, r = mid;
		for (uint32_t at = lo; at < hi; at++) {
			int o = l == mid ? 1 : r == hi ? -1 : order(d, from[l], from[r]);
			if (o == 0)
				return true;
			to[at] = o < 0 ? from[l++] : from[r++];
			++*compared;
		}
	}
	return false;
}

static bool by_sorting(const struct json *d, uint32_t object, uint32_t *keys, uint32_t *spare,
		       uint64_t *compared)
{
	uint32_t n = d->toks[object].count, k = object + 1;
	for (uint32_t i = 0; i < n; i++, k = next_key(d, k))
		keys[i] = k;
	for (uint32_t width = 1; width < n; width *= 2) {
		if (merge_runs(d, keys, spare, n, width, compared))
			return true;
		uint32_t *swap = keys;
		keys = spare;
		spare = swap;
	}
	return false;
}

enum status json_keys_twice(const struct json *d, uint32_t object, struct arena *a, bool *twice_r,
			    uint64_t *compared_r, struct err *e)
{
	uint32_t n = d->toks[object].count, cap = 64;
	if (n <= JSON_KEYS_FEW) {
		*twice_r = all_pairs(d, object, compared_r);
		return ST_OK;
	}
	while (cap < n * 2)
		cap *= 2;
	struct arena_mark m = arena_mark(a);
	uint32_t *table = ARENA_ARRAY(a, uint32_t, cap); /* also room for twice the keys */
	if (table == NULL)
		return err_set(e, ST_LIMIT, "JSON object has too many keys");
	if (!by_table(d, object, table, cap - 1, twice_r, compared_r))
		*twice_r = by_sorting(d, object, table, table + cap / 2, compared_r);
	arena_rewind(a, m);
	return ST_OK;
}
