/* SPDX-License-Identifier: Apache-2.0
 * problems.c: the list of problems, and "did you mean". A suggestion that is wrong costs more
 * trust than none, so it has to be near: about one slip for three letters, spelling of - and _
 * and of capitals not counted. */
#include "program/problems.h"

#include "base/assert.h"

#include <stdlib.h>

enum level { LEVEL_STOPS, LEVEL_WARNS, LEVEL_REFUSED };
static const struct {
	const char *wire;
	enum level level;
} rows[CODE_COUNT] = {
#define CODE(name, wire, level, title, text) [CODE_##name] = {wire, LEVEL_##level},
#include "program/codes.def"
#undef CODE
};

void problems_init(struct problems *ps, struct str source, struct arena *a)
{
	*ps = (struct problems){.arena = a, .source = source};
}

static struct program_problem *next_row(struct problems *ps)
{
	if (ps->n == ps->cap && ps->cap < PROBLEMS_HELD_MAX) {
		size_t cap = ps->cap ? ps->cap * 2 : 16;
		cap = cap < PROBLEMS_HELD_MAX ? cap : PROBLEMS_HELD_MAX;
		struct program_problem *list =
			ARENA_ARRAY(ps->arena, struct program_problem, cap + 1);
		if (list != NULL) {
			if (ps->n)
				memcpy(list, ps->list, ps->n * sizeof *list);
			ps->list = list;
			ps->cap = cap;
		}
	}
	if (ps->n < ps->cap)
		return &ps->list[ps->n++];
	ps->dropped_n++;
	return ps->list ? &ps->list[ps->cap] : NULL; /* the spare row */
}

struct program_problem *problem_add(struct problems *ps, enum program_code code, struct place where)
{
	static _Thread_local struct program_problem nowhere; /* an arena without room for one row */
	struct program_problem *p = next_row(ps);
	if (p == NULL)
		p = &nowhere;
	ASSERT(where.at <= where.end && where.end <= ps->source.n);
	*p = (struct program_problem){
		.warning = rows[code].level == LEVEL_WARNS,
		.refused = rows[code].level == LEVEL_REFUSED,
		.at = where.at,
		.end = where.end,
	};
	memcpy(p->code, rows[code].wire, sizeof "N000");
	if (!p->warning)
		ps->errors_n++;
	ps->refused_n += p->refused;
	return p;
}

static int by_place(const void *a, const void *b)
{
	const struct program_problem *x = a, *y = b;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	int c = memcmp(x->code, y->code, sizeof x->code);
	return c ? c : str_cmp(x->message, y->message);
}

static int chars(const char *from, const char *to)
{
	int n = 0;
	for (; from < to; from++)
		n += ((unsigned char)*from & 0xc0) != 0x80;
	return n;
}

/* Line and columns from bytes; problems come sorted, so one walk over the text is enough. */
static void number_places(struct problems *ps)
{
	int line = 1;
	size_t start = 0, at = 0;
	for (size_t i = 0; i < ps->n; i++) {
		struct program_problem *p = &ps->list[i];
		for (; at < p->at; at++) {
			if (ps->source.p[at] != '\n')
				continue;
			line++;
			start = at + 1;
		}
		size_t end = p->at + str_find_byte(str_slice(ps->source, p->at, p->end), '\n');
		p->line = line;
		p->col = 1 + chars(ps->source.p + start, ps->source.p + p->at);
		p->col_end = p->col + chars(ps->source.p + p->at, ps->source.p + end);
		if (p->col_end == p->col)
			p->col_end++;
	}
}

/* When there are too many, warnings give way to errors. Returns how many are kept. */
static size_t keep_most(struct program_problem *list, size_t n)
{
	size_t kept = 0, room = PROGRAM_PROBLEMS_MAX, errors = 0;
	for (size_t i = 0; i < n; i++)
		errors += !list[i].warning;
	size_t warnings = errors < room ? room - errors : 0;
	for (size_t i = 0; i < n && kept < room; i++) {
		if (list[i].warning && warnings == 0)
			continue;
		warnings -= list[i].warning;
		list[kept++] = list[i];
	}
	return kept;
}

void problems_report(struct problems *ps, struct program_report *out)
{
	if (ps->n)
		qsort(ps->list, ps->n, sizeof *ps->list, by_place);
	number_places(ps);
	size_t kept = keep_most(ps->list, ps->n);
	/* A suggestion may be a name of the program, which may be gone when it is read. */
	for (size_t i = 0; i < kept; i++)
		ps->list[i].suggestion = arena_str(ps->arena, ps->list[i].suggestion);
	*out = (struct program_report){
		.problems = ps->list,
		.n = kept,
		.errors_n = ps->errors_n,
		.refused_n = ps->refused_n,
		.dropped_n = ps->dropped_n + ps->n - kept,
	};
}

/* Those of the program by place, then file by file. */
static int by_file(const void *a, const void *b)
{
	const struct program_problem *x = a, *y = b;
	int c = str_cmp(x->file, y->file);
	return c ? c : by_place(a, b);
}

enum status program_report_join(struct program_report *r, const struct program_report *more,
				struct arena *a, struct err *e)
{
	size_t n = r->n + more->n;
	struct program_problem *list = ARENA_ARRAY(a, struct program_problem, n + 1);
	if (list == NULL)
		return err_set(e, ST_LIMIT, "the list of problems does not fit");
	for (size_t i = 0; i < n; i++)
		list[i] = i < r->n ? r->problems[i] : more->problems[i - r->n];
	qsort(list, n, sizeof *list, by_file);
	size_t kept = keep_most(list, n);
	*r = (struct program_report){
		.problems = list,
		.n = kept,
		.errors_n = r->errors_n + more->errors_n,
		.refused_n = r->refused_n + more->refused_n,
		.dropped_n = r->dropped_n + more->dropped_n + n - kept,
	};
	return ST_OK;
}

/* ---- did you mean ---- */

enum { WORD = 64 };

/* Letters as they sound to a person: no capitals, no difference between - _ and a space. */
static struct str folded(struct str s, char out[WORD])
{
	size_t n = s.n < WORD ? s.n : WORD;
	for (size_t i = 0; i < n; i++) {
		char c = s.p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		out[i] = c == '-' || c == ' ' ? '_' : c;
	}
	return str_n(out, n);
}

void suggest_init(struct suggest *s, struct str wrong)
{
	*s = (struct suggest){.wrong = wrong};
}

/* Twice the edits, so that a tie goes to the word with the same first and last letter. */
static unsigned distance(struct str wrong, struct str right)
{
	char a[WORD], b[WORD];
	struct str x = folded(wrong, a), y = folded(right, b);
	unsigned d = 4 * str_distance(x, y);
	if (d && x.n && y.n)
		d += 0u + (x.p[0] != y.p[0]) + (x.p[x.n - 1] != y.p[y.n - 1]) + (x.n != y.n);
	return d;
}

void suggest_offer(struct suggest *s, struct str candidate)
{
	unsigned d = distance(s->wrong, candidate);
	if (s->found && d >= s->distance)
		return;
	s->found = true;
	s->distance = d;
	s->best = candidate;
}

struct str suggest_best(const struct suggest *s)
{
	if (!s->found || s->wrong.n == 0)
		return STR_NULL;
	size_t longer = s->wrong.n > s->best.n ? s->wrong.n : s->best.n;
	unsigned slips = s->distance / 4, bound = longer <= 2 ? 1 : 1 + (unsigned)longer / 4;
	bool start = s->wrong.n >= 3 && str_starts(s->best, s->wrong);
	return slips <= bound && slips < longer ? s->best : start ? s->best : STR_NULL;
}
