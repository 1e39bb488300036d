/* SPDX-License-Identifier: Apache-2.0
 * problems.h: collecting what is wrong while a program is read; inside the room only.
 *
 * Every reader of the file (yaml.c, check.c, compile*.c) adds to one list and goes on, so that a
 * person sees everything at once. problems_report sorts and cuts it.
 */
#ifndef PROGRAM_PROBLEMS_H
#define PROGRAM_PROBLEMS_H

#include "base/arena.h"
#include "program/report.h"

#define PROBLEMS_HELD_MAX 400 /* beyond, problems are only counted */

struct place { /* bytes of the source, [at, end) */
	size_t at, end;
};
struct problems {
	struct arena *arena;
	struct str source;
	struct program_problem *list;
	size_t n, cap, errors_n, refused_n, dropped_n;
};

void problems_init(struct problems *ps, struct str source, struct arena *a);
/* A problem of this code at this place; the words come with problem_* below. Never NULL: beyond
 * the ceiling a spare row is given that nobody will see. */
struct program_problem *problem_add(struct problems *ps, enum program_code code,
				    struct place where);
/* Is there no program, whoever reads it? */
static inline bool problems_stop(const struct problems *ps)
{
	return ps->errors_n > ps->refused_n;
}
#define PROBLEM_TEXT(p, field, ...) ((p)->field = arena_printf(__VA_ARGS__))
void problems_report(struct problems *ps, struct program_report *out);

/* ---- did you mean ---- */

struct suggest { /* the nearest of the candidates offered so far */
	struct str wrong, best;
	unsigned distance;
	bool found;
};
void suggest_init(struct suggest *s, struct str wrong);
void suggest_offer(struct suggest *s, struct str candidate);
/* The best candidate when it is near enough to be meant; else empty. */
struct str suggest_best(const struct suggest *s);

#endif
