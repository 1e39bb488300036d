/* SPDX-License-Identifier: Apache-2.0
 * field.c: own reader, because reports are often a little broken (stray lines, spaces before the
 * colon, bare CR) and because the same few lines serve headers, reports and quoted originals. */
#include "inbound/field.h"

#include "inbound/text.h"

static bool is_name_byte(char c)
{
	return c > ' ' && c < 127 && c != ':';
}

/* The name before the colon; empty when the line is no field. */
static struct str name_of(struct str line)
{
	size_t n = 0;
	while (n < line.n && is_name_byte(line.p[n]))
		n++;
	struct str name = str_slice(line, 0, n);
	while (n < line.n && (line.p[n] == ' ' || line.p[n] == '\t'))
		n++;
	return n < line.n && line.p[n] == ':' ? name : STR_NULL;
}

static bool is_folded(struct str line)
{
	return line.n > 0 && (line.p[0] == ' ' || line.p[0] == '\t');
}

static bool folded_line(struct str *rest, struct str *line_r)
{
	struct str ahead = *rest;
	if (!text_line(&ahead, line_r) || !is_folded(*line_r) || str_empty(str_trim(*line_r)))
		return false;
	*rest = ahead;
	return true;
}

/* The value with the lines folded under it, each fold made one space. */
static struct str unfold(struct str first, struct str *rest, struct arena *a)
{
	struct str line;
	struct buf b;
	first = str_trim(first);
	if (!folded_line(rest, &line))
		return first;
	buf_init_arena(&b, a, first.n + rest->n + line.n + 1);
	buf_str(&b, first);
	do {
		buf_byte(&b, ' ');
		buf_str(&b, str_trim(line));
	} while (folded_line(rest, &line));
	return buf_ok(&b) ? str_trim(buf_view(&b)) : STR_NULL;
}

/* How many fields the block can have: its lines. */
static size_t lines_ahead(struct str rest)
{
	size_t n = 0;
	struct str line;
	while (n < FIELDS_MAX && text_line(&rest, &line) && !str_empty(str_trim(line)))
		n++;
	return n;
}

bool fields_next(struct str *rest, struct arena *a, struct fields *out)
{
	struct str line, ahead = *rest;
	while (text_line(&ahead, &line) && str_empty(str_trim(line)))
		*rest = ahead;
	size_t room = lines_ahead(*rest);
	if (room == 0)
		return false;
	*out = (struct fields){.items = ARENA_ARRAY(a, struct field, room)};
	if (out->items == NULL)
		return false;
	while (text_line(rest, &line) && !str_empty(str_trim(line))) {
		struct str name = name_of(line);
		if (name.n == 0 || out->count == room)
			continue;
		struct str value = str_slice(line, str_find_byte(line, ':') + 1, line.n);
		out->items[out->count++] = (struct field){name, unfold(value, rest, a)};
	}
	return true;
}

struct str fields_each(const struct fields *f, const char *name, size_t *at)
{
	for (; *at < f->count; ++*at)
		if (str_eq_nocase(f->items[*at].name, str_of(name)))
			return f->items[(*at)++].value;
	return STR_NULL;
}

struct str fields_get(const struct fields *f, const char *name)
{
	size_t at = 0;
	return fields_each(f, name, &at);
}
