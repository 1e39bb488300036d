/* SPDX-License-Identifier: Apache-2.0
 * scan.c: the files of a folder of content as the index that deciding knows. */
#include "compose/internal.h"

#include "base/crypto.h"

#include <stdlib.h>

static bool name_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool fit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			   (c >= '0' && c <= '9') || c == '-' || c == '_';
		if (!fit)
			return false;
	}
	return s.n > 0;
}

/* "<message>/<angle>[.<persona>].md" */
static bool read_path(struct str path, struct content_file *out)
{
	if (!str_ends(path, STR(".md")) || str_find_byte(path, '/') == path.n)
		return false;
	struct str rest = str_slice(path, 0, path.n - 3);
	out->message = str_cut(&rest, '/');
	out->angle = str_cut(&rest, '.');
	out->persona = rest;
	return name_ok(out->message) && name_ok(out->angle) &&
	       (rest.p == NULL || name_ok(out->persona));
}

static int by_name(const void *a, const void *b)
{
	const struct content_file *x = a, *y = b;
	int c = str_cmp(x->message, y->message);
	if (c == 0)
		c = str_cmp(x->angle, y->angle);
	return c != 0 ? c : str_cmp(x->persona, y->persona);
}

static enum status read_file(const struct compose_file *file, struct arena *a,
			     struct content_file *out, struct err *e)
{
	struct compose_content c;
	uint8_t sum[SHA256_BYTES];
	struct buf hex;
	if (!read_path(file->path, out))
		return err_set(e, ST_INVALID,
			       STR_FMT ": content is <message>/<angle>[.<persona>].md, of letters, "
				       "digits, - and _",
			       STR_ARG(str_upto(file->path, 200)));
	struct arena_mark mark = arena_mark(a);
	enum status st = compose_content_parse(file->path, file->bytes, a, &c, e);
	if (st == ST_OK)
		st = compose_templates_check(&c, a, e);
	if (st != ST_OK)
		return st;
	if (c.angle.line != 0 && !str_eq(c.angle.text, out->angle))
		return err_set(e, ST_INVALID,
			       STR_FMT ":%u:%u: the angle is \"" STR_FMT "\" by its file name; "
				       "make both the same",
			       STR_ARG(file->path), c.angle.line, c.angle.col, STR_ARG(out->angle));
	out->subjects_n = (uint32_t)c.subjects_n;
	arena_rewind(a, mark); /* only the index stays; its names borrow from the paths */
	crypto_sha256(file->bytes, sum);
	buf_init_arena(&hex, a, 2 * SHA256_BYTES + 1);
	hex_encode(str_n((const char *)sum, sizeof sum), &hex);
	out->hash = buf_view(&hex);
	return buf_ok(&hex) ? ST_OK : err_set(e, ST_LIMIT, "content: the files are too large");
}

enum status compose_content_scan(const struct compose_file *files, size_t n, struct arena *a,
				 struct content_index *out, struct err *e)
{
	struct err unheard; /* a caller may not want the words; err_wrap needs a place for them */
	e = e != NULL ? e : &unheard;
	if (n > CONTENT_FILES_MAX)
		return err_set(e, ST_LIMIT, "content: more than %d files", CONTENT_FILES_MAX);
	struct content_file *rows = ARENA_ARRAY(a, struct content_file, n + 1);
	if (rows == NULL)
		return err_set(e, ST_LIMIT, "content: the index does not fit");
	for (size_t i = 0; i < n; i++) {
		enum status st = read_file(&files[i], a, &rows[i], e);
		if (st != ST_OK)
			return st;
	}
	qsort(rows, n, sizeof *rows, by_name);
	for (size_t i = 1; i < n; i++)
		if (by_name(&rows[i - 1], &rows[i]) == 0)
			return err_set(e, ST_INVALID, STR_FMT "/" STR_FMT ".md: there twice",
				       STR_ARG(rows[i].message), STR_ARG(rows[i].angle));
	*out = (struct content_index){rows, n};
	return ST_OK;
}
