/* SPDX-License-Identifier: Apache-2.0
 * scan.c: the files of a folder of content as the index that deciding knows. */
#include "compose/scan.h"

#include "base/assert.h"
#include "base/crypto.h"

#include <stdio.h>
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

/* "partials/<name>.liquid", "layouts/<name>.liquid" */
static bool in_part_folder(struct str path, enum content_part_kind *kind_r, struct str *rest_r)
{
	for (int k = 0; k < CONTENT_PART_KINDS; k++) {
		struct str rest = path;
		if (!str_is(str_cut(&rest, '/'), content_part_folder((enum content_part_kind)k)))
			continue;
		*kind_r = (enum content_part_kind)k;
		*rest_r = rest.p != NULL ? rest : STR("");
		return true;
	}
	return false;
}

static enum status read_part_path(const struct compose_file *file, struct content_part *out,
				  struct err *e)
{
	static const struct str end = {".liquid", 7};
	struct str rest;
	if (!in_part_folder(file->path, &out->kind, &rest))
		UNREACHED();
	out->name = str_slice(rest, 0, rest.n > end.n ? rest.n - end.n : 0);
	if (!str_ends(rest, end) || !name_ok(out->name))
		return err_set(e, ST_INVALID,
			       STR_FMT
			       ": what is in content/%s is <name>.liquid, with a name of 1 to "
			       "64 letters, digits, - and _; rename it",
			       STR_ARG(str_upto(file->path, 200)), content_part_folder(out->kind));
	if (out->kind == CONTENT_LAYOUT && str_is(out->name, CONTENT_LAYOUT_BUILT_IN))
		return err_set(e, ST_INVALID,
			       STR_FMT ": this name means the layout that needs no file; rename it",
			       STR_ARG(file->path));
	return ST_OK;
}

/* ---- what a content file asks for ---- */

static enum status check_text(const struct compose_content *c, const struct compose_text *text,
			      struct scan_uses *u, struct err *e)
{
	const struct liquid_template *t;
	struct liquid_problem p;
	if (liquid_compile(text->text, (struct liquid_options){0}, u->a, &t, &p) != ST_OK)
		return compose_told(c->name, compose_text_place(text, &p), &p, e);
	u->plain = true;
	scan_uses(t, u);
	u->plain = false;
	if (u->line == 0)
		return ST_OK;
	p = (struct liquid_problem){.line = u->line, .column = u->col};
	struct compose_place at = compose_text_place(text, &p);
	return err_set(e, ST_INVALID, STR_FMT ":%u:%u: " STR_FMT, STR_ARG(c->name), at.line, at.col,
		       STR_ARG(u->what));
}

static enum status check_body(const struct compose_content *c, struct scan_uses *u, struct err *e)
{
	const struct liquid_template *t;
	struct compose_body body;
	struct liquid_problem p;
	enum status st = compose_body_read(c, u->a, &body, e);
	if (st != ST_OK)
		return st;
	if (liquid_compile(body.html, (struct liquid_options){0}, u->a, &t, &p) != ST_OK)
		return compose_told(c->name, compose_body_place(c, &body, p.line, p.column), &p, e);
	scan_uses(t, u);
	if (u->line == 0)
		return ST_OK;
	struct compose_place at = compose_body_place(c, &body, u->line, u->col);
	return err_set(e, ST_INVALID, STR_FMT ":%u:%u: " STR_FMT, STR_ARG(c->name), at.line, at.col,
		       STR_ARG(u->what));
}

enum status scan_templates(const struct compose_content *c, const struct scan_parts *s,
			   struct arena *a, struct err *e)
{
	const struct compose_text *const texts[] = {&c->preheader, &c->cta_label, &c->cta_url,
						    &c->from_name};
	struct scan_uses u = {.parts = s, .a = a};
	enum status st = ST_OK;
	for (size_t i = 0; i < c->subjects_n && st == ST_OK; i++)
		st = check_text(c, &c->subjects[i], &u, e);
	for (size_t i = 0; i < sizeof texts / sizeof *texts && st == ST_OK; i++)
		st = check_text(c, texts[i], &u, e);
	if (st == ST_OK)
		st = check_body(c, &u, e);
	if (st == ST_OK && c->layout.line != 0 && !scan_has_layout(s, c->layout.text))
		st = err_set(e, ST_INVALID,
			     STR_FMT ":%u:%u: no layout called \"" STR_FMT
				     "\"; write content/layouts/" STR_FMT
				     ".liquid, or take the line out",
			     STR_ARG(c->name), c->layout.line, c->layout.col,
			     STR_ARG(str_upto(c->layout.text, CONTENT_NAME_MAX)),
			     STR_ARG(str_upto(c->layout.text, CONTENT_NAME_MAX)));
	return st;
}

/* Names first, then what is in it. *named_r: the name is right, whatever the rest is. */
static enum status read_file(const struct compose_file *file, const struct scan_parts *parts,
			     struct arena *a, struct content_file *out, bool *named_r,
			     struct err *e)
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
		st = scan_templates(&c, parts, a, e);
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
static struct program_problem as_problem(const struct compose_file *f, enum scan_problem kind,
					 const char *told, struct arena *a)
{
	struct program_problem p = {.line = 1, .col = 1};
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
	p.why = kind == SCAN_SLOTS ? STR("no mail that it stands around may leave")
				   : STR("no message can be made of it");
	(void)snprintf(p.code, sizeof p.code, "%s", kind == SCAN_SLOTS ? "N243" : "N241");
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

struct scan {
	struct arena *a;
	struct content_file *rows;
	size_t n;
	struct scan_parts parts;
	struct program_report *report;
};

static void tell(void *ctx, const struct compose_file *file, enum scan_problem kind,
		 const char *told)
{
	struct scan *s = ctx;
	add_problem(s->report, as_problem(file, kind, told, s->a));
}

static enum status list_parts(struct scan *s, const struct compose_file *files, size_t n,
			      struct err *e)
{
	struct err told;
	enum content_part_kind kind;
	struct str rest;
	for (size_t i = 0; i < n; i++) {
		if (!in_part_folder(files[i].path, &kind, &rest))
			continue;
		if (s->parts.n == CONTENT_PARTS_MAX)
			return err_set(e, ST_LIMIT, "content: more than %d partials and layouts",
				       CONTENT_PARTS_MAX);
		struct scan_part *row = &s->parts.rows[s->parts.n];
		*row = (struct scan_part){.file = &files[i]};
		if (read_part_path(&files[i], &row->part, &told) == ST_OK)
			s->parts.n++;
		else
			tell(s, &files[i], SCAN_FILE, told.text);
	}
	scan_parts_read(&s->parts, tell, s);
	return ST_OK;
}

static enum status list_files(struct scan *s, const struct compose_file *files, size_t n)
{
	struct err told;
	enum content_part_kind kind;
	struct str rest;
	for (size_t i = 0; i < n; i++) {
		bool named;
		struct arena_mark mark = arena_mark(s->a);
		struct content_file *row = &s->rows[s->n];
		if (in_part_folder(files[i].path, &kind, &rest))
			continue;
		*row = (struct content_file){0};
		enum status st = read_file(&files[i], &s->parts, s->a, row, &named, &told);
		arena_rewind(s->a,
			     mark); /* only the index stays; its names borrow from the paths */
		if (st != ST_OK)
			tell(s, &files[i], SCAN_FILE, told.text);
		row->hash = hash_of(files[i].bytes, s->a);
		if (row->hash.p == NULL)
			return ST_LIMIT;
		s->n += named;
	}
	return ST_OK;
}

/* Sorted, each name once. */
static void sort_index(struct scan *s)
{
	struct content_file *rows = s->rows;
	struct arena *a = s->a;
	size_t kept = 0;
	qsort(rows, s->n, sizeof *rows, by_name);
	for (size_t i = 0; i < s->n; i++) {
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
		tell(s, &twice, SCAN_FILE, "there twice; keep one of them");
	}
	s->n = kept;
}

static enum status keep_parts(const struct scan *s, struct content_index *out)
{
	struct content_part *parts = ARENA_ARRAY(s->a, struct content_part, s->parts.n + 1);
	if (parts == NULL)
		return ST_LIMIT;
	for (size_t i = 0; i < s->parts.n; i++) {
		parts[i] = s->parts.rows[i].part;
		parts[i].hash = hash_of(s->parts.rows[i].file->bytes, s->a);
		if (parts[i].hash.p == NULL)
			return ST_LIMIT;
	}
	out->parts = parts;
	out->parts_n = s->parts.n;
	return ST_OK;
}

enum status compose_content_scan(const struct compose_file *files, size_t n, struct arena *a,
				 struct content_index *out, struct program_report *report,
				 struct err *e)
{
	struct scan s = {.a = a, .report = report};
	if (n > CONTENT_FILES_MAX)
		return err_set(e, ST_LIMIT, "content: more than %d files", CONTENT_FILES_MAX);
	s.rows = ARENA_ARRAY(a, struct content_file, n + 1);
	s.parts.rows = ARENA_ARRAY(a, struct scan_part, CONTENT_PARTS_MAX);
	*report = (struct program_report){
		.problems = ARENA_ARRAY(a, struct program_problem, PROGRAM_PROBLEMS_MAX)};
	bool room = s.rows != NULL && s.parts.rows != NULL && report->problems != NULL;
	enum status st = room ? list_parts(&s, files, n, e) : ST_LIMIT;
	if (st == ST_LIMIT && room)
		return st;
	if (st != ST_OK || list_files(&s, files, n) != ST_OK)
		return err_set(e, ST_LIMIT, "content: the index does not fit");
	sort_index(&s);
	*out = (struct content_index){.files = s.rows, .n = s.n};
	return keep_parts(&s, out) == ST_OK
		       ? ST_OK
		       : err_set(e, ST_LIMIT, "content: the index does not fit");
}
