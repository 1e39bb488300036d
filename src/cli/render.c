/* SPDX-License-Identifier: Apache-2.0
 * render.c: tables and trees out of JSON. Widths are counted in code points, so that names with
 * accents line up. */
#include "cli/render.h"

#include "base/assert.h"

#define COLUMNS_MAX 12
#define WIDTH_MAX 48

struct str render_text(const struct json *d, uint32_t node, const char *key, struct arena *a)
{
	return render_scalar(d, json_get(d, node, key), a);
}

double render_number(const struct json *d, uint32_t node, const char *key)
{
	double v = 0;
	(void)json_f64(d, json_get(d, node, key), &v); /* absent reads as 0 */
	return v;
}

uint32_t render_told_by(const struct json *d, uint32_t list, uint32_t candidate, const char *key)
{
	int64_t at;
	bool given = json_i64(d, json_get(d, candidate, key), &at) && at >= 0;
	return given ? json_at(d, list, (size_t)at) : candidate;
}

struct str render_time(const struct json *d, uint32_t node, struct arena *a)
{
	struct str s = json_str(d, node, a);
	if (s.n < 16)
		return STR("-");
	return arena_printf(a, "%.10s %.5s", s.p, s.p + 11);
}

/* "opened, clicked"; "-" when there is nothing. */
static struct str render_list(const struct json *d, uint32_t list, struct arena *a)
{
	struct str out = STR_NULL;
	for (uint32_t v = json_first(d, list); v != JSON_NONE; v = json_next(d, list, v)) {
		struct str s = json_is(d, v, JSON_ARRAY) ? json_raw(d, v) : render_scalar(d, v, a);
		out = out.n == 0 ? s
				 : arena_printf(a, STR_FMT ", " STR_FMT, STR_ARG(out), STR_ARG(s));
	}
	return out.n ? out : STR("-");
}

struct str render_scalar(const struct json *d, uint32_t node, struct arena *a)
{
	double v;
	bool yes;
	if (node == JSON_NONE || json_is(d, node, JSON_NULL))
		return STR("-");
	if (json_bool(d, node, &yes))
		return yes ? STR("yes") : STR("no");
	if (json_f64(d, node, &v)) {
		if (v == (double)(int64_t)v)
			return json_raw(d, node);
		return arena_printf(a, "%.4g", v);
	}
	if (json_is(d, node, JSON_STRING))
		return json_str(d, node, a);
	return json_is(d, node, JSON_ARRAY) ? render_list(d, node, a) : json_raw(d, node);
}

static bool flat(const struct json *d, uint32_t node)
{
	return !json_is(d, node, JSON_OBJECT) && !json_is(d, node, JSON_ARRAY);
}

static void put_array(struct cli *c, const struct json *d, uint32_t node, int indent)
{
	for (uint32_t v = json_first(d, node); v != JSON_NONE; v = json_next(d, node, v)) {
		fprintf(c->out, "%*s- ", indent, "");
		if (flat(d, v) || json_is(d, v, JSON_ARRAY)) {
			struct str s = render_scalar(d, v, &c->arena);
			fprintf(c->out, STR_FMT "\n", STR_ARG(s));
			continue;
		}
		bool first = true;
		for (uint32_t m = json_first(d, v); m != JSON_NONE; m = json_next(d, v, m)) {
			struct str k = json_str(d, json_key(d, m), &c->arena);
			struct str s = render_scalar(d, m, &c->arena);
			fprintf(c->out, "%s" STR_FMT ": " STR_FMT, first ? "" : ", ", STR_ARG(k),
				STR_ARG(s));
			first = false;
		}
		fputc('\n', c->out);
	}
}

/* `way`: of the node, with a dot behind it. */
static void plain_tree(struct cli *c, const struct json *d, uint32_t node, struct str way,
		       const char *skip)
{
	size_t i = 0;
	bool keys = json_is(d, node, JSON_OBJECT);
	for (uint32_t v = json_first(d, node); v != JSON_NONE; v = json_next(d, node, v), i++) {
		struct str k = keys ? json_str(d, json_key(d, v), &c->arena)
				    : arena_printf(&c->arena, "%zu", i);
		if (keys && (str_is(k, "schema") || (skip != NULL && str_is(k, skip))))
			continue;
		k = arena_printf(&c->arena, STR_FMT STR_FMT, STR_ARG(way), STR_ARG(k));
		struct str s = flat(d, v) ? render_scalar(d, v, &c->arena) : STR_NULL;
		if (flat(d, v))
			fprintf(c->out, STR_FMT "\t" STR_FMT "\n", STR_ARG(k), STR_ARG(s));
		else
			plain_tree(c, d, v, arena_printf(&c->arena, STR_FMT ".", STR_ARG(k)), skip);
	}
}

void render_tree(struct cli *c, const struct json *d, uint32_t node, int indent, const char *skip)
{
	if (c->plain) {
		plain_tree(c, d, node, STR_NULL, skip);
		return;
	}
	for (uint32_t v = json_first(d, node); v != JSON_NONE; v = json_next(d, node, v)) {
		struct str k = json_str(d, json_key(d, v), &c->arena);
		if (str_is(k, "schema") || (skip != NULL && str_is(k, skip)))
			continue;
		if (flat(d, v)) {
			struct str s = render_scalar(d, v, &c->arena);
			fprintf(c->out, "%*s" STR_FMT ": " STR_FMT "\n", indent, "", STR_ARG(k),
				STR_ARG(s));
			continue;
		}
		if (json_count(d, v) == 0)
			continue;
		fprintf(c->out, "%*s" STR_FMT ":\n", indent, "", STR_ARG(k));
		if (json_is(d, v, JSON_OBJECT))
			render_tree(c, d, v, indent + 2, skip);
		else
			put_array(c, d, v, indent + 2);
	}
}

static size_t width_of(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static struct str cell_text(const struct json *d, uint32_t row, const struct render_column *col,
			    struct arena *a)
{
	uint32_t v = json_get(d, row, col->key);
	return col->time ? render_time(d, v, a) : render_scalar(d, v, a);
}

static void put_cell(struct cli *c, struct str s, size_t width, bool right, bool last)
{
	size_t w = width_of(s), pad = w < width ? width - w : 0;
	if (right)
		fprintf(c->out, "%*s", (int)pad, "");
	fprintf(c->out, STR_FMT, STR_ARG(s));
	if (!last)
		fprintf(c->out, "%*s", (int)(right ? 2 : pad + 2), "");
}

static void put_plain(struct cli *c, const struct json *d, uint32_t list,
		      const struct render_column *cols, size_t n)
{
	for (uint32_t r = json_first(d, list); r != JSON_NONE; r = json_next(d, list, r)) {
		for (size_t i = 0; i < n; i++) {
			struct str s = cell_text(d, r, &cols[i], &c->arena);
			fprintf(c->out, "%s" STR_FMT, i ? "\t" : "", STR_ARG(s));
		}
		fputc('\n', c->out);
	}
}

void render_table(struct cli *c, const struct json *d, uint32_t list,
		  const struct render_column *cols, size_t n)
{
	size_t width[COLUMNS_MAX];
	ASSERT(n <= COLUMNS_MAX);
	if (c->plain) {
		put_plain(c, d, list, cols, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		width[i] = strlen(cols[i].title);
	for (uint32_t r = json_first(d, list); r != JSON_NONE; r = json_next(d, list, r)) {
		for (size_t i = 0; i < n; i++) {
			size_t w = width_of(cell_text(d, r, &cols[i], &c->arena));
			if (w > width[i])
				width[i] = w < WIDTH_MAX ? w : WIDTH_MAX;
		}
	}
	fputs(cli_tint(c, "dim"), c->out);
	for (size_t i = 0; i < n; i++)
		put_cell(c, str_of(cols[i].title), width[i], cols[i].right, i + 1 == n);
	fprintf(c->out, "%s\n", cli_tint(c, "off"));
	for (uint32_t r = json_first(d, list); r != JSON_NONE; r = json_next(d, list, r)) {
		for (size_t i = 0; i < n; i++)
			put_cell(c, cell_text(d, r, &cols[i], &c->arena), width[i], cols[i].right,
				 i + 1 == n);
		fputc('\n', c->out);
	}
}
