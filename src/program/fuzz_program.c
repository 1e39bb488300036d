/* SPDX-License-Identifier: Apache-2.0
 * fuzz_program.c: any bytes as a program file. Loading never crashes; every problem has a place
 * inside the file; what --fix makes of it loads as well or has problems again. */
#include "base/assert.h"
#include "program/content.h"
#include "program/diff.h"
#include "program/program.h"
#include "program/track.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_report(const struct program_report *r, struct str text)
{
	ASSERT(r->n <= PROGRAM_PROBLEMS_MAX);
	for (size_t i = 0; i < r->n; i++) {
		const struct program_problem *p = &r->problems[i];
		ASSERT(p->at <= p->end && p->end <= text.n && p->line > 0 && p->col > 0);
		ASSERT(p->col_end > p->col && p->message.n && p->fix.n && p->why.n);
		ASSERT(i == 0 || p[-1].at <= p->at);
	}
}

static void load(struct str text, struct buf *fixed)
{
	struct arena a;
	struct program *p;
	struct program_report r;
	struct program_diff d;
	struct err e;
	struct buf out;
	arena_init(&a, 64u << 20);
	buf_init(&out, 16u << 20);
	enum status st = program_load(text, &a, &p, &r, &e);
	ASSERT((st == ST_OK) == (p != NULL) && (st == ST_OK) == (r.errors_n == r.refused_n));
	check_report(&r, text);
	program_report_text(&r, "f", text, true, &out);
	program_report_json(&r, "f", &out);
	if (fixed)
		(void)program_fix(text, &r, fixed);
	if (p)
		ASSERT(program_diff(p, p, &a, &d, &e) == ST_OK && d.n == 0);
	if (p) {
		struct content_index none = {.files = NULL, .n = 0};
		program_check_content(p, &none, &a, &r);
		check_report(&r, text);
		ASSERT((r.n > 0) == (p->play->tracks_n > 0));
	}
	program_destroy(&p);
	buf_finish(&out);
	arena_finish(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct buf fixed;
	buf_init(&fixed, 4u << 20);
	load(str_n((const char *)data, bytes), &fixed);
	load(buf_view(&fixed), NULL);
	buf_finish(&fixed);
	return 0;
}
