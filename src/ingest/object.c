/* SPDX-License-Identifier: Apache-2.0
 * object.c: flat pairs such as a row of a table has them, written as nested JSON. Quadratic in the
 * number of pairs that share a level, which a form bounds at 128 and a table at its columns. */
#include "base/assert.h"
#include "ingest/fact.h"

#define DEPTH_MAX 8

struct level {
	const struct pair *pairs;
	size_t n;
	size_t at; /* bytes of the path that are above this level */
};

static struct str head_of(const struct level *l, size_t i)
{
	struct str rest = str_slice(l->pairs[i].path, l->at, l->pairs[i].path.n);
	return str_slice(rest, 0, str_find_byte(rest, '.'));
}

/* Do both paths stand in the same object at this level? */
static bool below(const struct level *l, size_t i, size_t prefix)
{
	struct str a = l->pairs[i].path, b = l->pairs[prefix].path;
	return l->at == 0 || (a.n >= l->at && memcmp(a.p, b.p, l->at) == 0);
}

/* Are the parts of two paths at this level the same? Most differ in their first letter. */
static bool same_head(const struct level *l, size_t i, size_t k)
{
	struct str a = l->pairs[i].path, b = l->pairs[k].path;
	size_t at = l->at;
	while (at < a.n && at < b.n && a.p[at] == b.p[at] && a.p[at] != '.')
		at++;
	return (at >= a.n || a.p[at] == '.') && (at >= b.n || b.p[at] == '.');
}

/* Is the i-th pair's head at this level already written, by an earlier pair of the same parent? */
static bool written(const struct level *l, size_t i, size_t first)
{
	for (size_t k = first; k < i; k++)
		if (same_head(l, k, i) && below(l, k, first))
			return true;
	return false;
}

static bool is_leaf(const struct level *l, size_t i, struct str head)
{
	return l->pairs[i].path.n == l->at + head.n;
}

/* Writes the object of all pairs that share the first l->at bytes with pair `first`. */
static bool write_level(const struct level *l, size_t first, unsigned depth, struct json_w *w)
{
	if (depth > DEPTH_MAX)
		return false;
	json_w_object(w);
	for (size_t i = first; i < l->n; i++) {
		if (!below(l, i, first) || written(l, i, first))
			continue;
		struct str head = head_of(l, i);
		bool leaf = is_leaf(l, i, head);
		for (size_t k = i + 1; k < l->n; k++)
			if (below(l, k, first) && str_eq(head_of(l, k), head) &&
			    is_leaf(l, k, head) != leaf)
				return false; /* company and company.name */
		json_w_key_str(w, head);
		if (leaf) {
			json_w_raw(w, l->pairs[i].json);
			continue;
		}
		struct level in = {l->pairs, l->n, l->at + head.n + 1};
		if (!write_level(&in, i, depth + 1, w))
			return false;
	}
	json_w_end(w);
	return true;
}

bool object_write(const struct pair *pairs, size_t n, struct buf *out)
{
	struct json_w w;
	struct level top = {pairs, n, 0};
	ASSERT(n <= OBJECT_PAIRS_MAX);
	json_w_init(&w, out);
	return write_level(&top, 0, 0, &w) && buf_ok(out);
}

struct str object_text(struct str text, struct arena *a)
{
	struct buf b;
	struct json_w w;
	buf_init_arena(&b, a, text.n * 6 + 16);
	json_w_init(&w, &b);
	json_w_str(&w, text);
	return buf_ok(&b) ? buf_view(&b) : STR("null");
}
