/* SPDX-License-Identifier: Apache-2.0
 * test_help.h: loading programs in tests, and tables of bad ones with exactly what is said. */
#ifndef PROGRAM_TEST_HELP_H
#define PROGRAM_TEST_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "program/program.h"

/* Lines 1 to 4 of most cases; their own text starts at line 5. */
#define HEAD "nurture: 1\nprogram: p\ngoal: won\nsend_as: {name: I, from: i@x.example}\n"

struct bad {
	const char *code, *text;
	int line, col, col_end;
	const char *suggestion; /* NULL: none */
	const char *message;    /* a part of it, or NULL */
};

struct loaded {
	struct arena arena;
	struct program *program;
	struct program_report report;
	struct err e;
	enum status status;
};

static inline void load_text(struct loaded *l, struct str text)
{
	arena_init(&l->arena, 64u << 20);
	l->status = program_load(text, &l->arena, &l->program, &l->report, &l->e);
	assert_true((l->program != NULL) == (l->status == ST_OK));
	assert_true((l->report.errors_n == l->report.refused_n) == (l->status == ST_OK));
}

static inline void unload(struct loaded *l)
{
	program_destroy(&l->program);
	arena_finish(&l->arena);
}

static inline void show(const struct loaded *l, const char *text)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	program_report_text(&l->report, "case.yaml", str_of(text), false, &b);
	fprintf(stderr, "---\n%s---\n" STR_FMT, text, STR_ARG(buf_view(&b)));
	buf_finish(&b);
}

static inline bool has(struct str s, const char *part)
{
	return part == NULL || str_find(s, str_of(part)) < s.n;
}

static inline bool as_expected(const struct program_problem *p, const struct bad *b)
{
	return str_is(str_of(p->code), b->code) && p->line == b->line && p->col == b->col &&
	       (b->col_end == 0 || p->col_end == b->col_end) &&
	       str_is(p->suggestion, b->suggestion ? b->suggestion : "") &&
	       has(p->message, b->message);
}

/* Errors other than the expected one: none. Warnings may come along (nobody can become hot). */
static inline size_t other_errors(const struct loaded *l, const struct bad *b)
{
	size_t n = 0;
	for (size_t i = 0; i < l->report.n; i++)
		n += !l->report.problems[i].warning &&
		     !str_is(str_of(l->report.problems[i].code), b->code);
	return n;
}

static inline size_t failing_bads(const struct bad *bads, size_t n)
{
	size_t failed = 0;
	for (size_t i = 0; i < n; i++) {
		const struct bad *b = &bads[i];
		struct loaded l;
		bool found = false;
		load_text(&l, str_of(b->text));
		for (size_t k = 0; k < l.report.n; k++)
			found = found || as_expected(&l.report.problems[k], b);
		if (!found || other_errors(&l, b)) {
			fprintf(stderr, "expected %s at %d:%d-%d, suggestion %s, message %s\n",
				b->code, b->line, b->col, b->col_end,
				b->suggestion ? b->suggestion : "none",
				b->message ? b->message : "any");
			show(&l, b->text);
			failed++;
		}
		unload(&l);
	}
	return failed;
}

/* Codes of tracks, triggers, guardrails and teams: test_play.c has their cases. */
static inline bool is_play_code(struct str code)
{
	return (str_cmp(code, STR("N124")) >= 0 && str_cmp(code, STR("N129")) <= 0) ||
	       (str_cmp(code, STR("N225")) >= 0 && str_cmp(code, STR("N240")) <= 0) ||
	       (str_cmp(code, STR("N250")) >= 0 && str_cmp(code, STR("N259")) <= 0) ||
	       (str_cmp(code, STR("N244")) >= 0 && str_cmp(code, STR("N246")) <= 0);
}

static inline bool has_case(const struct bad *bads, size_t n, const char *const *elsewhere,
			    size_t elsewhere_n, struct str code)
{
	bool found = false;
	for (size_t k = 0; k < n; k++)
		found = found || str_is(code, bads[k].code);
	for (size_t k = 0; k < elsewhere_n; k++)
		found = found || str_is(code, elsewhere[k]);
	if (!found)
		fprintf(stderr, "no case for " STR_FMT "\n", STR_ARG(code));
	return found;
}

#endif
