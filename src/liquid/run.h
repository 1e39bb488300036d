/* SPDX-License-Identifier: Apache-2.0
 * run.h: one render: its variables, its budget, its problem. */
#ifndef LIQUID_RUN_H
#define LIQUID_RUN_H

#include "liquid/node.h"
#include "liquid/value.h"

/* A variable while rendering. From the inside out: what a loop or a partial gave it, what assign
 * and capture gave it, its counter, the caller's value (asked for once). */
struct cell {
	struct str name;
	struct liquid_value scoped, local, global;
	int64_t counter;
	bool has_scoped, has_local, has_counter, has_global;
	struct cell *next; /* of the scope */
};
struct loop_mark { /* where `offset: continue` goes on */
	struct str name;
	int64_t at;
	struct loop_mark *next;
};
struct cycle_mark {
	struct str key; /* of literals; else p NULL and group */
	struct liquid_value group;
	uint32_t at;
	struct cycle_mark *next;
};
/* Variables that see each other: a template and what it includes. `render` opens a new one. */
struct scope {
	struct cell *cells;
	struct loop_mark *loops;
	struct cycle_mark *cycles;
	struct str changed;
	const struct liquid_loop *loop; /* the innermost for */
	unsigned base, levels;          /* scopes outside and inside it, as the reference counts */
};
/* A template at work: its slots, as cells of a scope. */
struct frame {
	const struct liquid_template *t;
	struct cell **cells;
	struct scope *scope;
};
enum interrupt { GO_ON, BREAK, CONTINUE };
struct run {
	const struct liquid_conf *conf;
	const struct json *data;
	struct arena *arena;
	struct buf *out;
	struct liquid_problem *problem;
	struct frame *frame;
	enum interrupt interrupt;
	unsigned no_include, depth;
	uint32_t iterations, iterations_max;
	uint64_t work;
	bool fatal; /* the problem ends the render, whatever conf says */
};

/* ---- run.c ---- */
enum status liquid_run_fail(struct run *r, uint32_t at, enum status st, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
/* A ceiling: ends the render even with inline_errors. */
enum status liquid_run_limit(struct run *r, uint32_t at, const char *what);
enum status liquid_run_no_memory(struct run *r, uint32_t at);
/* Work that grows with the input, before it is done. False: used up. */
static inline bool liquid_run_charge(struct run *r, uint64_t n)
{
	r->work += n;
	return r->work <= LIQUID_WORK_MAX;
}
MUST_USE enum status liquid_run_frame(struct run *r, const struct liquid_template *t,
				      struct scope *scope, struct frame *out);
struct cell *liquid_run_cell(struct run *r, struct scope *s, struct str name); /* NULL: no memory */
struct liquid_value liquid_run_read(struct run *r, struct cell *c);

/* ---- eval.c ---- */
MUST_USE enum status liquid_eval(struct run *r, const struct expr *x, struct liquid_value *out_r);
MUST_USE enum status liquid_eval_output(struct run *r, const struct output *o,
					struct liquid_value *out_r);
/* A value about to be printed: stops where conf says that nothing may be missing. */
MUST_USE enum status liquid_eval_missing(struct run *r, const struct output *o,
					 struct liquid_value v);
MUST_USE enum status liquid_eval_condition(struct run *r, const struct cond *c, bool *out_r);
MUST_USE enum status liquid_eval_equal(struct run *r, const struct expr *left,
				       const struct expr *right, bool *out_r);
/* The integer that a loop's limit or a filter's argument must be: 3, "3". */
bool liquid_eval_integer(struct run *r, struct liquid_value v, int64_t *out_r);

/* ---- render*.c ---- */
MUST_USE enum status liquid_print_body(struct run *r, const struct body *b);
MUST_USE enum status liquid_print_for(struct run *r, const struct node *n);
MUST_USE enum status liquid_print_tablerow(struct run *r, const struct node *n);
MUST_USE enum status liquid_print_cycle(struct run *r, const struct node *n);
MUST_USE enum status liquid_print_partial(struct run *r, const struct node *n);
MUST_USE enum status liquid_print_step(struct run *r, uint32_t at); /* counts an iteration */
void liquid_print_value(struct run *r, struct liquid_value v);
/* What rendering b prints, as a string of its own, not printed. */
MUST_USE enum status liquid_print_aside(struct run *r, const struct node *n, struct str *out_r);

#endif
