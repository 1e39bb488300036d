/* SPDX-License-Identifier: Apache-2.0
 * report.h: what is wrong with a program file, all of it at once, and how to put it right.
 *
 * A problem has a code that never changes its meaning (codes.def), a place, a reason and a fix;
 * where the right text is known it is in `suggestion`, and program_fix puts it in.
 * Memory: strings live on the arena given to program_load.
 */
#ifndef PROGRAM_REPORT_H
#define PROGRAM_REPORT_H

#include "base/buf.h"
#include "base/status.h"

#define PROGRAM_PROBLEMS_MAX 20

enum program_code {
#define CODE(name, wire, level, title, text) CODE_##name,
#include "program/codes.def"
#undef CODE
	CODE_COUNT
};

struct program_problem {
	char code[8];           /* "N207"; never changes meaning */
	bool warning;           /* does not stop the program from being applied */
	bool refused;           /* an error that does not stop one that was applied */
	int line, col, col_end; /* 1-based, in characters; col_end is the last one's neighbour */
	size_t at, end;         /* the same place as bytes of the file */
	struct str file, text;  /* of a file beside the program and its bytes; empty: the program */
	struct str message;     /* no track called "considertion" */
	struct str label;       /* beside the underline: not listed under `tracks:` */
	struct str why;         /* leads who click would have nowhere to go */
	struct str fix;         /* write 14d (units s m h d w) */
	struct str suggestion;  /* text that belongs in place of [at, end); empty: not known */
};
struct program_report {
	struct program_problem *problems; /* sorted by place, at most PROGRAM_PROBLEMS_MAX */
	size_t n, errors_n, dropped_n;    /* errors_n counts all, those beyond the list as well */
	size_t refused_n;                 /* how many of the errors are so */
};

/* Puts what is wrong with other files behind it. When there are too many, warnings give way to
 * errors; counts stay right. ST_LIMIT: the arena is full. */
struct arena;
MUST_USE enum status program_report_join(struct program_report *r,
					 const struct program_report *more, struct arena *a,
					 struct err *e);

/* Problems as text for a terminal, ending in a sum, or one JSON object per line. */
void program_report_text(const struct program_report *r, const char *file, struct str source,
			 bool colour, struct buf *out);
void program_report_json(const struct program_report *r, const char *file, struct buf *out);
/* The file with every suggestion put in its place; everything else, comments too, stays as it is.
 * Returns how many were put in. */
size_t program_fix(struct str source, const struct program_report *r, struct buf *out);

/* What a code means, for `nurtured help N207`. False: no such code. */
struct program_code_help {
	const char *code, *title, *text;
	bool warning;
};
bool program_code_help(struct str code, struct program_code_help *out);
/* The i-th code; false behind the last. */
bool program_code_at(size_t i, struct program_code_help *out);

#endif
