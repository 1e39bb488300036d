/* SPDX-License-Identifier: Apache-2.0
 * program.c: the public face: compiling, evaluating, and what a program reads. */
#include "cel/error.h"
#include "cel/value.h"

#define FOLD_STEPS_MAX (4 * CEL_STEPS_MAX)

enum status cel_compile(const struct cel_env *env, struct str source, struct cel_options options,
			struct arena *a, struct cel_prog **out_r, struct cel_problem *p)
{
	struct cel_problems ps;
	enum status st = cel_compile_all(env, source, options, a, out_r, &ps);
	if (st != ST_OK)
		*p = ps.list[0];
	return st;
}

enum status cel_compile_all(const struct cel_env *env, struct str source,
			    struct cel_options options, struct arena *a, struct cel_prog **out_r,
			    struct cel_problems *ps)
{
	ps->n = 0;
	struct compile c = {.env = env,
			    .options = options,
			    .arena = a,
			    .problems = ps,
			    .fold_steps_left = FOLD_STEPS_MAX};
	struct cel_prog *prog = ARENA_NEW(a, struct cel_prog);
	if (source.n > CEL_SOURCE_BYTES_MAX)
		compile_fail(&c, CEL_PROBLEM_LIMIT, 0, 0, "an expression has at most %u bytes",
			     CEL_SOURCE_BYTES_MAX);
	else if (!str_utf8_valid(source))
		compile_fail(&c, CEL_PROBLEM_SYNTAX, 0, 0, "this is no valid UTF-8 text");
	c.source = c.status == ST_OK ? arena_str(a, source) : STR_NULL;
	if (prog == NULL || (c.source.p == NULL && c.status == ST_OK))
		compile_fail(&c, CEL_PROBLEM_LIMIT, 0, 0, "no memory left for this expression");
	if (c.status != ST_OK)
		return c.status;
	struct node *root = parse(&c);
	if (root == NULL || !check(&c, &root) || !link_tree(&c, root)) {
		compile_fail(&c, CEL_PROBLEM_LIMIT, 0, 0, "no memory left for this expression");
		return c.status;
	}
	*prog = (struct cel_prog){root, c.source, c.local_count};
	*out_r = prog;
	return ST_OK;
}

const struct cel_type *cel_prog_type(const struct cel_prog *prog)
{
	return prog->root->type;
}

struct str cel_prog_source(const struct cel_prog *prog)
{
	return prog->source;
}

/* ---- what it reads ---- */

struct seen {
	const struct node *first;
	cel_field_fn *each;
	void *ctx;
};

/* Whether a load of the same field stands before x in the tree. */
static bool seen_before(const struct node *at, const struct node *x, bool *stop)
{
	if (at == NULL || *stop)
		return false;
	*stop = at == x;
	if (at->kind == NODE_LOAD && at != x && at->slot == x->slot && at->field == x->field)
		return true;
	for (uint32_t i = 0; i < at->n && !*stop; i++)
		if (seen_before(at->args[i], x, stop))
			return true;
	return false;
}

static void visit(const struct seen *s, const struct node *x)
{
	bool stop = false;
	if (x == NULL)
		return;
	if (x->kind == NODE_LOAD && !seen_before(s->first, x, &stop))
		s->each(s->ctx, x->slot, x->field, x->name);
	for (uint32_t i = 0; i < x->n; i++)
		visit(s, x->args[i]);
}

void cel_fields(const struct cel_prog *prog, cel_field_fn *each, void *ctx)
{
	struct seen s = {prog->root, each, ctx};
	visit(&s, prog->root);
}

/* ---- evaluating ---- */

enum status cel_eval(const struct cel_prog *prog, const struct cel_activation *act,
		     struct arena *scratch, struct cel_value *out_r, struct err *e)
{
	struct cel_run r;
	r.act = act;
	r.scratch = scratch;
	r.steps_left = act->steps_max ? act->steps_max : CEL_STEPS_MAX;
	struct cel_value v = eval(prog->root, &r);
	if (__builtin_expect(v.kind == CEL_ERROR, 0))
		return error_set(prog, v, e);
	*out_r = v;
	return ST_OK;
}

enum status cel_eval_bool(const struct cel_prog *prog, const struct cel_activation *act,
			  struct arena *scratch, enum cel_absent absent, bool *out_r, struct err *e)
{
	struct cel_value v = cel_of_bool(false);
	enum status st = cel_eval(prog, act, scratch, &v, e);
	if (st == ST_NOT_FOUND && absent == CEL_ABSENT_IS_FALSE) {
		*out_r = false;
		return ST_OK;
	}
	if (st != ST_OK)
		return st;
	if (v.kind != CEL_BOOL)
		return err_set(e, ST_INVALID,
			       STR_FMT ": gives a %s where a condition gives true or "
				       "false",
			       STR_ARG(prog->source), value_type_name(v));
	*out_r = v.b;
	if (e != NULL && absent == CEL_ABSENT_IS_FALSE)
		err_clear(e);
	return ST_OK;
}
