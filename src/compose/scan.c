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
	return s.n > 0 && s.n <= CONTENT_NAME_MAX;
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

/* Names first, then what is in it. *named_r: the name is right, whatever the rest is. */
static enum status read_file(const struct compose_file *file, struct arena *a,
			     struct content_file *out, bool *named_r, struct err *e)
{
	struct compose_content c;
	*named_r = read_path(file->path, out);
	if (!*named_r)
		return err_set(e, ST_INVALID,
			       STR_FMT ": content is <message>/<angle>[.<persona>].md, with names "
				       "of 1 to 64 letters, digits, - and _",
			       STR_ARG(str_upto(file->path, 200)));
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
	return ST_OK;
}

static struct str hash_of(struct str bytes, struct arena *a)
{
	uint8_t sum[SHA256_BYTES];
	struct buf hex;
	crypto_sha256(bytes, sum);
	buf_init_arena(&hex, a, 2 * SHA256_BYTES + 1);
	hex_encode(str_n((const char *)sum, sizeof sum), &hex);
	return buf_ok(&hex) ? buf_view(&hex) : STR_NULL;
}

/* ---- what is wrong with a file, as a problem ---- */

static bool take_number(struct str *s, int *out)
{
	uint64_t v;
	size_t end = str_find_byte(*s, ':');
	if (end == s->n || !str_to_u64(str_slice(*s, 0, end), &v) || v == 0 || v > INT32_MAX)
		return false;
	*out = (int)v;
	*s = str_slice(*s, end + 1, s->n);
	return true;
}

static size_t offset_in(struct str text, int line, int col)
{
	size_t at = 0;
	for (int i = 1; i < line && at < text.n; i++)
		at += str_find_byte(str_slice(text, at, text.n), '\n') + 1;
	at += (size_t)col - 1;
	return at < text.n ? at : text.n;
}

/* Every error of content reads "name[:line:col]: what is wrong; how to put it right". */
static struct program_problem as_problem(const struct compose_file *f, const char *told,
					 struct arena *a)
{
	struct program_problem p = {.code = "N241", .line = 1, .col = 1};
	struct str s = str_of(told);
	p.file = arena_printf(a, "content/" STR_FMT, STR_ARG(str_upto(f->path, 200)));
	p.text = f->bytes;
	if (str_starts(s, f->path))
		s = str_slice(s, f->path.n + 1, s.n);
	if (take_number(&s, &p.line))
		(void)take_number(&s, &p.col); /* without one it is the first */
	s = str_trim(s);
	size_t cut = s.n;
	for (size_t i = 0; i + 1 < s.n; i++)
		if (s.p[i] == ';' && s.p[i + 1] == ' ')
			cut = i;
	p.message = arena_str(a, str_slice(s, 0, cut));
	p.fix = cut < s.n ? arena_str(a, str_slice(s, cut + 2, s.n))
			  : STR("docs/content.md has the form of a file");
	p.why = STR("no message can be made of it");
	p.at = offset_in(f->bytes, p.line, p.col);
	p.end = p.at < f->bytes.n ? p.at + 1 : p.at;
	p.col_end = p.col + 1;
	return p;
}

static void add_problem(struct program_report *r, struct program_problem p)
{
	r->errors_n++;
	if (r->n < PROGRAM_PROBLEMS_MAX)
		r->problems[r->n++] = p;
	else
		r->dropped_n++;
}

/* ---- a folder ---- */

static enum status read_all(const struct compose_file *files, size_t n, struct arena *a,
			    struct content_file *rows, size_t *n_r, struct program_report *report)
{
	struct err told;
	size_t named_n = 0;
	for (size_t i = 0; i < n; i++) {
		bool named;
		struct arena_mark mark = arena_mark(a);
		struct content_file *row = &rows[named_n];
		*row = (struct content_file){0};
		enum status st = read_file(&files[i], a, row, &named, &told);
		arena_rewind(a, mark); /* only the index stays; its names borrow from the paths */
		if (st != ST_OK)
			add_problem(report, as_problem(&files[i], told.text, a));
		row->hash = hash_of(files[i].bytes, a);
		if (row->hash.p == NULL)
			return ST_LIMIT;
		named_n += named;
	}
	*n_r = named_n;
	return ST_OK;
}

/* Sorted, each name once. */
static void sort_index(struct content_file *rows, size_t *n_io, struct program_report *report,
		       struct arena *a)
{
	size_t kept = 0;
	qsort(rows, *n_io, sizeof *rows, by_name);
	for (size_t i = 0; i < *n_io; i++) {
		if (kept == 0 || by_name(&rows[kept - 1], &rows[i]) != 0) {
			rows[kept++] = rows[i];
			continue;
		}
		struct str path =
			rows[i].persona.n
				? arena_printf(a, STR_FMT "/" STR_FMT "." STR_FMT ".md",
					       STR_ARG(rows[i].message), STR_ARG(rows[i].angle),
					       STR_ARG(rows[i].persona))
				: arena_printf(a, STR_FMT "/" STR_FMT ".md",
					       STR_ARG(rows[i].message), STR_ARG(rows[i].angle));
		const struct compose_file twice = {path, STR_NULL};
		add_problem(report, as_problem(&twice, "there twice; keep one of them", a));
	}
	*n_io = kept;
}

enum status compose_content_scan(const struct compose_file *files, size_t n, struct arena *a,
				 struct content_index *out, struct program_report *report,
				 struct err *e)
{
	if (n > CONTENT_FILES_MAX)
		return err_set(e, ST_LIMIT, "content: more than %d files", CONTENT_FILES_MAX);
	struct content_file *rows = ARENA_ARRAY(a, struct content_file, n + 1);
	*report = (struct program_report){
		.problems = ARENA_ARRAY(a, struct program_problem, PROGRAM_PROBLEMS_MAX)};
	if (rows == NULL || report->problems == NULL ||
	    read_all(files, n, a, rows, &n, report) != ST_OK)
		return err_set(e, ST_LIMIT, "content: the index does not fit");
	sort_index(rows, &n, report, a);
	*out = (struct content_index){rows, n};
	return ST_OK;
}
