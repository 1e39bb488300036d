/* SPDX-License-Identifier: Apache-2.0
 * report.c: problems for people and for tools, and the patch that puts suggestions in. The layout
 * is that of a good compiler: what, where with the line itself, why it matters, what to do. */
#include "program/report.h"

#include "base/assert.h"
#include "base/json.h"

#define LINE_CHARS_MAX 120 /* of a source line; a longer one is shown around the place */

struct paint {
	const char *error, *warning, *dim, *bold, *off;
};
static const struct paint plain = {"", "", "", "", ""};
static const struct paint colours = {"\033[1;31m", "\033[1;33m", "\033[2m", "\033[1m", "\033[0m"};

static size_t next_char(struct str s, size_t at)
{
	at++;
	while (at < s.n && ((unsigned char)s.p[at] & 0xc0) == 0x80)
		at++;
	return at;
}

/* Text of the file may hold anything; a terminal gets no control characters from it. */
static void put_clean(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		buf_byte(out, (unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f ? ' ' : s.p[i]);
}

/* The line of a problem, cut to a window around it; tabs become one blank each, so that the
 * underline stands right. *skip_r: characters left out at the front. */
static void put_line(struct str line, int col, struct buf *out, int *skip_r)
{
	int skip = col > LINE_CHARS_MAX - 40 ? col - 40 : 0, shown = 0;
	size_t at = 0;
	for (int i = 0; i < skip && at < line.n; i++)
		at = next_char(line, at);
	if (skip)
		buf_z(out, "...");
	for (; at < line.n && shown < LINE_CHARS_MAX; shown++) {
		size_t next = next_char(line, at);
		if ((unsigned char)line.p[at] < ' ' || line.p[at] == 0x7f)
			buf_byte(out, ' ');
		else
			buf_put(out, line.p + at, next - at);
		at = next;
	}
	if (at < line.n)
		buf_z(out, "...");
	*skip_r = skip ? skip - 3 : 0;
}

static void put_source(const struct program_problem *p, struct str source, const struct paint *c,
		       struct buf *out)
{
	size_t start = p->at;
	int skip;
	while (start > 0 && source.p[start - 1] != '\n')
		start--;
	struct str line = str_slice(
		source, start, start + str_find_byte(str_slice(source, start, source.n), '\n'));
	buf_printf(out, "   %s|%s ", c->dim, c->off);
	put_line(line, p->col, out, &skip);
	buf_printf(out, "\n   %s|%s ", c->dim, c->off);
	for (int i = 1; i < p->col - skip; i++)
		buf_byte(out, ' ');
	buf_z(out, p->warning ? c->warning : c->error);
	for (int i = p->col; i < p->col_end && i < p->col + LINE_CHARS_MAX; i++)
		buf_byte(out, '^');
	buf_z(out, c->off);
	if (p->label.n)
		buf_printf(out, " " STR_FMT, STR_ARG(p->label));
	buf_byte(out, '\n');
}

static void put_problem(const struct program_problem *p, const char *file, struct str source,
			const struct paint *c, struct buf *out)
{
	buf_printf(out, "%s%s[%s]%s: %s", p->warning ? c->warning : c->error,
		   p->warning ? "warning" : "error", p->code, c->off, c->bold);
	put_clean(out, p->message);
	buf_printf(out, "%s\n", c->off);
	if (p->file.n) {
		source = p->text;
		buf_printf(out, "  %s-->%s ", c->dim, c->off);
		put_clean(out, p->file);
		buf_printf(out, ":%d:%d\n", p->line, p->col);
	} else {
		buf_printf(out, "  %s-->%s %s:%d:%d\n", c->dim, c->off, file, p->line, p->col);
	}
	if (p->at < source.n)
		put_source(p, source, c, out);
	buf_z(out, "   why: ");
	put_clean(out, p->why);
	buf_z(out, "\n   fix: ");
	put_clean(out, p->fix);
	if (p->suggestion.n)
		buf_printf(out, "      %sapply with: nurtured validate --fix%s", c->dim, c->off);
	buf_printf(out, "      %smore: nurtured help %s%s\n", c->dim, p->code, c->off);
}

static void put_count(struct buf *out, size_t n, const char *what)
{
	buf_printf(out, "%zu %s%s", n, what, n == 1 ? "" : "s");
}

void program_report_text(const struct program_report *r, const char *file, struct str source,
			 bool colour, struct buf *out)
{
	const struct paint *c = colour ? &colours : &plain;
	size_t shown_errors = 0;
	for (size_t i = 0; i < r->n; i++) {
		put_problem(&r->problems[i], file, source, c, out);
		shown_errors += !r->problems[i].warning;
	}
	size_t warnings = r->n - shown_errors;
	if (r->n == 0)
		return;
	if (r->errors_n) {
		put_count(out, r->errors_n, "problem");
		if (warnings) {
			buf_z(out, " and ");
			put_count(out, warnings, "warning");
		}
		if (r->dropped_n)
			buf_printf(out, " (%zu not shown)", r->dropped_n);
		buf_z(out, ". Nothing was changed.\n");
	} else {
		put_count(out, warnings + r->dropped_n, "warning");
		buf_z(out, ".\n");
	}
}

void program_report_json(const struct program_report *r, const char *file, struct buf *out)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct program_problem *p = &r->problems[i];
		struct json_w w;
		json_w_init(&w, out);
		json_w_object(&w);
		json_w_kz(&w, "schema", "nurture.problem/1");
		json_w_kstr(&w, "file", p->file.n ? p->file : str_of(file));
		json_w_ki64(&w, "line", p->line);
		json_w_ki64(&w, "col", p->col);
		json_w_ki64(&w, "col_end", p->col_end);
		json_w_kz(&w, "code", p->code);
		json_w_kz(&w, "level", p->warning ? "warning" : "error");
		json_w_kstr(&w, "message", p->message);
		if (p->label.n)
			json_w_kstr(&w, "label", p->label);
		json_w_kstr(&w, "why", p->why);
		json_w_kstr(&w, "fix", p->fix);
		if (p->suggestion.n) {
			json_w_key(&w, "edit");
			json_w_object(&w);
			json_w_ki64(&w, "at", (int64_t)p->at);
			json_w_ki64(&w, "end", (int64_t)p->end);
			json_w_kstr(&w, "text", p->suggestion);
			json_w_end(&w);
		}
		json_w_end(&w);
		buf_byte(out, '\n');
	}
}

size_t program_fix(struct str source, const struct program_report *r, struct buf *out)
{
	size_t at = 0, n = 0;
	for (size_t i = 0; i < r->n; i++) { /* sorted by place */
		const struct program_problem *p = &r->problems[i];
		if (p->suggestion.n == 0 || p->file.n || p->at < at)
			continue;
		ASSERT(p->end <= source.n);
		buf_str(out, str_slice(source, at, p->at));
		buf_str(out, p->suggestion);
		at = p->end;
		n++;
	}
	buf_str(out, str_slice(source, at, source.n));
	return n;
}

/* ---- codes ---- */

static const struct program_code_help codes[CODE_COUNT] = {
#define STOPS false
#define REFUSED false
#define WARNS true
#define CODE(name, wire, level, what, words) \
	[CODE_##name] = {.code = wire, .title = what, .text = words, .warning = level},
#include "program/codes.def"
#undef CODE
#undef STOPS
#undef REFUSED
#undef WARNS
};

bool program_code_at(size_t i, struct program_code_help *out)
{
	if (i >= CODE_COUNT)
		return false;
	*out = codes[i];
	return true;
}

bool program_code_help(struct str code, struct program_code_help *out)
{
	for (size_t i = 0; i < CODE_COUNT; i++)
		if (str_eq_nocase(code, str_of(codes[i].code))) {
			*out = codes[i];
			return true;
		}
	return false;
}
