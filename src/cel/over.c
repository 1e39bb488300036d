/* SPDX-License-Identifier: Apache-2.0
 * over.c: evaluation over bounds instead of values (interval arithmetic). Truth is a set of what
 * may come out; a number is its two ends. Rounding to nearest never turns an order around, so the
 * rounded ends bound every rounded result and need no slack. */
#include "cel/over.h"

#include "cel/eval.h"

#include <math.h>

enum {
	MAY_TRUE = CEL_OVER_TRUE,
	MAY_FALSE = CEL_OVER_FALSE,
	MAY_FAIL = 4,
	BLIND = CEL_OVER_BLIND,
	ANYTHING = MAY_TRUE | MAY_FALSE | MAY_FAIL | BLIND
};
#define WHOLE_MAX (INT64_C(1) << 53) /* whole numbers beyond are not all doubles */

/* What a node comes to: one value, a number between bounds, or a set of truths. */
struct over {
	enum { OVER_VALUE, OVER_NUMBER, OVER_TRUTH } kind;
	struct cel_value v;
	struct cel_bounds in;
	unsigned truth;
};

struct looking {
	const struct cel_span *span;
	struct cel_run run;
};

static struct over over(struct looking *l, const struct node *x);

static struct over truth(unsigned set)
{
	return (struct over){.kind = OVER_TRUTH, .truth = set};
}

/* Each operand is evaluated once at most, as evaluation itself would, from one budget: that is used
 * up here no later than there. It may be sooner, because more operands are asked here, so what it
 * did not suffice for may come to anything. */
static struct over value(struct cel_value v)
{
	if (v.kind == CEL_ERROR && v.code == CEL_E_BUDGET)
		return truth(ANYTHING);
	return (struct over){.kind = OVER_VALUE, .v = v};
}

static struct over number(double lo, double hi)
{
	if (isnan(lo) || isnan(hi))
		return truth(ANYTHING);
	return (struct over){.kind = OVER_NUMBER, .in = {lo, hi}};
}

static unsigned truths(const struct over *o)
{
	if (o->kind == OVER_TRUTH)
		return o->truth;
	if (o->kind == OVER_NUMBER || o->v.kind != CEL_BOOL)
		return MAY_FAIL;
	return o->v.b ? MAY_TRUE : MAY_FALSE;
}

static bool reads_moving(struct looking *l, const struct node *x)
{
	struct cel_bounds ignored;
	if (x == NULL)
		return false;
	if (x->kind == NODE_LOAD && l->span->moves(l->span->ctx, x->slot, x->field, &ignored))
		return true;
	for (uint32_t i = 0; i < x->n; i++)
		if (reads_moving(l, x->args[i]))
			return true;
	return false;
}

/* What is not followed: a value, as long as nothing in it moves. */
static struct over as_a_whole(struct looking *l, const struct node *x)
{
	return reads_moving(l, x) ? truth(ANYTHING) : value(eval(x, &l->run));
}

static struct over over_load(struct looking *l, const struct node *x)
{
	struct cel_bounds in;
	if (l->span->moves(l->span->ctx, x->slot, x->field, &in))
		return number(in.lo, in.hi);
	return value(eval(x, &l->run));
}

/* What moves between bounds has a value all the time, or never (struct cel_span). */
static struct over over_has(struct looking *l, const struct node *x)
{
	const struct node *of = x->args[0];
	struct cel_bounds in;
	if (!x->slot) /* no field: link.c */
		return as_a_whole(l, x);
	if (l->span->moves(l->span->ctx, of->slot, of->field, &in) && isnan(in.lo))
		return truth(ANYTHING);
	return value(eval(x, &l->run));
}

static bool is_leaf(const struct node *x)
{
	return x->kind == NODE_CONST || x->kind == NODE_LOAD;
}

/* An operator whose operands stand still, over what they have come to: evaluating them again would
 * cost their steps once for each level above them. Leaves have none, and link.c may have given
 * the operator a function that loads them itself. */
static struct over still(struct looking *l, const struct node *x, const struct over *a,
			 const struct over *b)
{
	struct node operand[] = {{.fn = eval_const, .k = a->v}, {.fn = eval_const, .k = b->v}};
	struct node *args[] = {&operand[0], &operand[1]}, whole = *x;
	if (is_leaf(x->args[0]) && is_leaf(x->args[x->n - 1]))
		return value(eval(x, &l->run));
	whole.args = args;
	struct cel_value v = eval(&whole, &l->run);
	if (v.kind == CEL_ERROR)
		v.detail = NULL; /* the place, which may be this copy: nobody asks for it here */
	return value(v);
}

/* ---- logic ---- */

/* && with decides = false, || with true: one operand that decides wins over any error. */
static struct over over_logic(struct looking *l, const struct node *x, bool decides)
{
	unsigned wins = decides ? MAY_TRUE : MAY_FALSE, loses = decides ? MAY_FALSE : MAY_TRUE;
	unsigned any = 0, all = loses;
	for (uint32_t i = 0; i < x->n; i++) {
		struct over o = over(l, x->args[i]);
		unsigned t = truths(&o);
		if (t == wins)
			return truth(wins);
		any |= t;
		all &= t;
	}
	return truth((any & (wins | MAY_FAIL | BLIND)) | all);
}

static struct over over_not(struct looking *l, const struct node *x)
{
	struct over o = over(l, x->args[0]);
	unsigned t = truths(&o), kept = t & (MAY_FAIL | BLIND);
	return truth(kept | (t & MAY_TRUE ? MAY_FALSE : 0) | (t & MAY_FALSE ? MAY_TRUE : 0));
}

static struct over over_cond(struct looking *l, const struct node *x)
{
	struct over c = over(l, x->args[0]);
	unsigned t = truths(&c), out = t & (MAY_FAIL | BLIND);
	if (t == MAY_TRUE || t == MAY_FALSE)
		return over(l, x->args[t == MAY_TRUE ? 1 : 2]);
	for (uint32_t i = 1; i <= 2; i++) {
		if (!(t & (i == 1 ? MAY_TRUE : MAY_FALSE)))
			continue;
		struct over o = over(l, x->args[i]);
		if (o.kind == OVER_NUMBER || (o.kind == OVER_VALUE && o.v.kind != CEL_BOOL))
			return truth(ANYTHING); /* of two numbers one is chosen: not followed */
		out |= truths(&o);
	}
	return truth(out);
}

/* ---- numbers ---- */

/* As bounds; false: it is no number, or one that doubles do not hold. */
static bool bounds_of(const struct over *o, struct cel_bounds *out)
{
	double d = 0;
	if (o->kind == OVER_NUMBER) {
		*out = o->in;
		return true;
	}
	if (o->kind != OVER_VALUE)
		return false;
	if (o->v.kind == CEL_DOUBLE)
		d = o->v.d;
	else if (o->v.kind == CEL_INT && o->v.i < WHOLE_MAX && o->v.i > -WHOLE_MAX)
		d = (double)o->v.i;
	else if (o->v.kind == CEL_UINT && o->v.u < (uint64_t)WHOLE_MAX)
		d = (double)o->v.u;
	else
		return false;
	*out = (struct cel_bounds){d, d};
	return !isnan(d);
}

static unsigned less(const struct cel_bounds *a, const struct cel_bounds *b)
{
	return (a->lo < b->hi ? MAY_TRUE : 0) | (a->hi >= b->lo ? MAY_FALSE : 0);
}

static unsigned swapped(unsigned t)
{
	return (t & MAY_TRUE ? MAY_FALSE : 0) | (t & MAY_FALSE ? MAY_TRUE : 0);
}

static unsigned equal(const struct cel_bounds *a, const struct cel_bounds *b)
{
	bool apart = a->hi < b->lo || b->hi < a->lo;
	bool points = a->lo >= a->hi && b->lo >= b->hi;
	if (apart)
		return MAY_FALSE;
	return points ? MAY_TRUE : MAY_TRUE | MAY_FALSE;
}

static struct over compared(enum op op, const struct cel_bounds *a, const struct cel_bounds *b)
{
	switch (op) {
	case OP_LT: return truth(less(a, b));
	case OP_GT: return truth(less(b, a));
	case OP_LE: return truth(swapped(less(b, a)));
	case OP_GE: return truth(swapped(less(a, b)));
	case OP_EQ: return truth(equal(a, b));
	default: return truth(swapped(equal(a, b)));
	}
}

/* From the four corners, of which the least and the most bound all between. */
static struct over corners(double a, double b, double c, double d)
{
	if (isnan(a) || isnan(b) || isnan(c) || isnan(d))
		return truth(ANYTHING);
	return number(fmin(fmin(a, b), fmin(c, d)), fmax(fmax(a, b), fmax(c, d)));
}

static struct over computed(enum op op, const struct cel_bounds *a, const struct cel_bounds *b)
{
	switch (op) {
	case OP_ADD: return number(a->lo + b->lo, a->hi + b->hi);
	case OP_SUB: return number(a->lo - b->hi, a->hi - b->lo);
	case OP_MUL: return corners(a->lo * b->lo, a->lo * b->hi, a->hi * b->lo, a->hi * b->hi);
	case OP_DIV:
		if (b->lo <= 0 && b->hi >= 0)
			return number(-INFINITY, INFINITY); /* a narrower span may tell */
		return corners(a->lo / b->lo, a->lo / b->hi, a->hi / b->lo, a->hi / b->hi);
	default: return truth(ANYTHING);
	}
}

static bool is_double(const struct over *o)
{
	return o->kind == OVER_NUMBER || (o->kind == OVER_VALUE && o->v.kind == CEL_DOUBLE);
}

static struct over over_numbers(struct looking *l, const struct node *x)
{
	struct over a = over(l, x->args[0]), b = over(l, x->args[1]);
	struct cel_bounds m, n;
	bool orders = x->op >= OP_LT && x->op <= OP_NE;
	if (a.kind == OVER_VALUE && b.kind == OVER_VALUE)
		return still(l, x, &a, &b);
	for (int i = 0; i < 2; i++) {
		const struct over *o = i ? &b : &a;
		if (o->kind == OVER_VALUE && o->v.kind == CEL_ERROR)
			return truth(MAY_FAIL);
		if (o->kind == OVER_TRUTH)
			return truth(ANYTHING);
	}
	bool equality = x->op == OP_EQ || x->op == OP_NE;
	if (!bounds_of(&a, &m) || !bounds_of(&b, &n) || (equality && !cel_charge(&l->run, 1)))
		return truth(ANYTHING);
	if (orders)
		return compared((enum op)x->op, &m, &n);
	/* Arithmetic does not mix types. */
	return is_double(&a) && is_double(&b) ? computed((enum op)x->op, &m, &n) : truth(MAY_FAIL);
}

static struct over over_neg(struct looking *l, const struct node *x)
{
	struct over o = over(l, x->args[0]);
	if (o.kind == OVER_NUMBER)
		return number(-o.in.hi, -o.in.lo);
	return o.kind == OVER_VALUE ? still(l, x, &o, &o) : truth(ANYTHING);
}

static struct over over_op(struct looking *l, const struct node *x)
{
	switch ((enum op)x->op) {
	case OP_AND: return over_logic(l, x, false);
	case OP_OR: return over_logic(l, x, true);
	case OP_NOT: return over_not(l, x);
	case OP_COND: return over_cond(l, x);
	case OP_NEG: return over_neg(l, x);
	case OP_LT:
	case OP_LE:
	case OP_GE:
	case OP_GT:
	case OP_EQ:
	case OP_NE:
	case OP_ADD:
	case OP_SUB:
	case OP_MUL:
	case OP_DIV: return over_numbers(l, x);
	default: return as_a_whole(l, x);
	}
}

static struct over over(struct looking *l, const struct node *x)
{
	switch ((enum node_kind)x->kind) {
	case NODE_CONST: return value(x->k);
	case NODE_LOAD: return over_load(l, x);
	case NODE_HAS: return over_has(l, x);
	case NODE_OP: return over_op(l, x);
	default: return as_a_whole(l, x);
	}
}

unsigned cel_over(const struct cel_prog *prog, const struct cel_span *span, struct arena *scratch)
{
	struct looking l = {.span = span};
	l.run.act = span->act;
	l.run.scratch = scratch;
	l.run.steps_left = span->act->steps_max ? span->act->steps_max : CEL_STEPS_MAX;
	struct over o = over(&l, prog->root);
	unsigned t = truths(&o);
	return (t & (CEL_OVER_TRUE | CEL_OVER_FALSE | CEL_OVER_BLIND)) |
	       (t & MAY_FAIL ? CEL_OVER_FALSE : 0u);
}
