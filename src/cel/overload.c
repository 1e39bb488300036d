/* SPDX-License-Identifier: Apache-2.0
 * overload.c: which function a call or operator ends in. Every overload whose parameters take the
 * arguments is kept: with static types that is one, with dyn the choice is left to run time.
 * Signatures are text in the tables, so that a table reads like the language definition. */
#include "cel/check.h"
#include "cel/value.h"

#include "base/assert.h"

/* Operators. Evaluation knows them by number, so their rows have types only. */
#define ORDER \
	{ \
		"(bool,bool) bool", "(int,int) bool", "(uint,uint) bool", "(double,double) bool", \
			"(string,string) bool", "(bytes,bytes) bool", \
			"(timestamp,timestamp) bool", "(duration,duration) bool", \
			"(int,uint) bool", "(int,double) bool", "(uint,int) bool", \
			"(uint,double) bool", "(double,int) bool", "(double,uint) bool" \
	}

static const struct {
	const char *text; /* as written */
	const char *sigs[16];
} ops[OP_COUNT] = {
	[OP_NOT] = {"!", {"(bool) bool"}},
	[OP_NEG] = {"-", {"(int) int", "(double) double"}},
	[OP_MUL] = {"*", {"(int,int) int", "(uint,uint) uint", "(double,double) double"}},
	[OP_DIV] = {"/", {"(int,int) int", "(uint,uint) uint", "(double,double) double"}},
	[OP_MOD] = {"%", {"(int,int) int", "(uint,uint) uint"}},
	[OP_ADD] = {"+",
		    {"(int,int) int", "(uint,uint) uint", "(double,double) double",
		     "(string,string) string", "(bytes,bytes) bytes", "(list(A),list(A)) list(A)",
		     "(timestamp,duration) timestamp", "(duration,timestamp) timestamp",
		     "(duration,duration) duration"}},
	[OP_SUB] = {"-",
		    {"(int,int) int", "(uint,uint) uint", "(double,double) double",
		     "(timestamp,timestamp) duration", "(timestamp,duration) timestamp",
		     "(duration,duration) duration"}},
	[OP_LT] = {"<", ORDER},
	[OP_LE] = {"<=", ORDER},
	[OP_GE] = {">=", ORDER},
	[OP_GT] = {">", ORDER},
	[OP_EQ] = {"==", {"(A,A) bool"}},
	[OP_NE] = {"!=", {"(A,A) bool"}},
	[OP_IN] = {"in", {"(A,list(A)) bool", "(A,map(A,B)) bool"}},
	[OP_COND] = {"?:", {"(bool,A,A) A"}},
	[OP_INDEX] = {"[]",
		      {"(list(A),int) A", "(map(A,B),A) B", "(optional(list(A)),int) optional(A)",
		       "(optional(map(A,B)),A) optional(B)"}},
	[OP_OPT_INDEX] = {"[?]",
			  {"(list(A),int) optional(A)", "(map(A,B),A) optional(B)",
			   "(optional(list(A)),int) optional(A)",
			   "(optional(map(A,B)),A) optional(B)"}},
};

/* Whether the signature takes the arguments of x; if so the parameters stay bound. */
static bool takes(struct checker *k, const struct sig *s, const struct node *x)
{
	uint32_t mark = type_mark(&k->types);
	for (uint32_t i = 0; i < x->n; i++) {
		if (type_assignable(&k->types, s->args[i], x->args[i]->type))
			continue;
		type_undo(&k->types, mark);
		return false;
	}
	return true;
}

/* Several overloads with different results leave the type to run time. */
static const struct cel_type *both(struct checker *k, const struct cel_type *a,
				   const struct cel_type *b)
{
	if (a == NULL)
		return b;
	a = type_final(&k->types, a);
	b = type_final(&k->types, b);
	if (a->kind != b->kind || a->elem != b->elem || a->key != b->key)
		return &cel_dyn;
	return a;
}

static void put_args(struct checker *k, const struct node *x, struct buf *b)
{
	for (uint32_t i = 0; i < x->n; i++) {
		buf_z(b, i == 0 ? "" : i + 1 == x->n ? " and " : ", ");
		cel_type_text(type_final(&k->types, x->args[i]->type), b);
	}
}

static const char *op_hint(const struct node *x)
{
	const struct cel_type *a = x->args[0]->type, *b = x->args[x->n > 1]->type;
	bool an = a->kind == CEL_INT || a->kind == CEL_UINT || a->kind == CEL_DOUBLE;
	bool bn = b->kind == CEL_INT || b->kind == CEL_UINT || b->kind == CEL_DOUBLE;
	if (an && bn)
		return ": numbers of different kinds are converted by hand, with int(), uint() or "
		       "double()";
	if (a->kind == CEL_NULL || b->kind == CEL_NULL)
		return ": whether a field is known is asked with has(lead.field)";
	if ((an && b->kind == CEL_STRING) || (bn && a->kind == CEL_STRING))
		return ": a number is written without quotes";
	if (a->kind == CEL_TIMESTAMP || b->kind == CEL_TIMESTAMP)
		return ": an instant is written timestamp(\"2026-01-31T00:00:00Z\")";
	if (a->kind == CEL_DURATION || b->kind == CEL_DURATION)
		return ": a span of time is written duration(\"36h\")";
	return "";
}

static bool no_op(struct checker *k, struct node *x)
{
	struct buf b;
	buf_init_arena(&b, k->c->arena, 512);
	if (x->op == OP_INDEX || x->op == OP_OPT_INDEX)
		buf_z(&b, "an index cannot be taken of ");
	else if (x->op == OP_COND)
		buf_z(&b, "a choice needs a bool and two values of one type, not ");
	else
		buf_printf(&b, "'%s' does not go with ", ops[x->op].text);
	put_args(k, x, &b);
	return check_fail(k, x, CEL_PROBLEM_TYPE, STR_FMT "%s", STR_ARG(buf_view(&b)), op_hint(x));
}

static bool check_logic(struct checker *k, struct node *x)
{
	x->type = &cel_bool;
	for (uint32_t i = 0; i < x->n; i++) {
		struct node *a = x->args[i];
		if (type_assignable(&k->types, &cel_bool, a->type))
			continue;
		struct buf b;
		buf_init_arena(&b, k->c->arena, 256);
		cel_type_text(type_final(&k->types, a->type), &b);
		const struct cel_type *had = a->type;
		if (!check_fail(k, a, CEL_PROBLEM_TYPE,
				"'%s' joins conditions, but this is of type " STR_FMT,
				x->op == OP_AND ? "&&" : "||", STR_ARG(buf_view(&b))))
			return false;
		a->type = had;
	}
	type_commit(&k->types);
	return true;
}

bool check_op(struct checker *k, struct node *x)
{
	if (x->op == OP_AND || x->op == OP_OR)
		return check_logic(k, x);
	const struct cel_type *result = NULL;
	for (size_t i = 0; i < 16 && ops[x->op].sigs[i] != NULL; i++) {
		struct sig s;
		bool ok = sig_parse(&k->types, ops[x->op].sigs[i], &s);
		ASSERT(ok || k->types.full);
		if (ok && takes(k, &s, x))
			result = both(k, result, s.result);
	}
	type_commit(&k->types);
	x->type = result ? result : &cel_dyn;
	return result != NULL || no_op(k, x);
}

/* ---- functions ---- */

void functions_each(const struct cel_env *env, function_visit *visit, void *ctx)
{
	static const struct cel_func *const tables[] = {
		func_core,   func_convert, func_time,     func_string, func_text,
		func_format, func_math,    func_optional, func_encode,
	};
	for (size_t i = 0; i < env->func_count; i++)
		if (!visit(ctx, &env->funcs[i]))
			return;
	for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
		for (const struct cel_func *f = tables[t]; f->name != NULL; f++)
			if (!visit(ctx, f))
				return;
}

struct wanted {
	struct str name;
	bool member, found;
};

static bool is_wanted(void *ctx, const struct cel_func *f)
{
	struct wanted *w = ctx;
	w->found |= (f->signature[0] != '(') == w->member && str_is(w->name, f->name);
	return !w->found;
}

bool function_exists(const struct cel_env *env, struct str name, bool member)
{
	struct wanted w = {.name = name, .member = member};
	functions_each(env, is_wanted, &w);
	return w.found;
}

struct resolving {
	struct checker *k;
	struct node *x;
	const struct cel_type *result;
	struct candidate *candidates;
	uint8_t count, max;
};

static void keep(struct resolving *r, const struct cel_func *f, const struct sig *s)
{
	struct candidate *c = &r->candidates[r->count++];
	c->fn = f->fn;
	for (uint32_t i = 0; i < s->n; i++)
		c->kinds[i] = type_kinds(s->args[i]);
}

static bool try_function(void *ctx, const struct cel_func *f)
{
	struct resolving *r = ctx;
	struct node *x = r->x;
	struct sig s;
	bool member = x->flags & NODE_MEMBER;
	if ((f->signature[0] != '(') != member || !str_is(x->name, f->name))
		return true;
	if (!sig_parse(&r->k->types, f->signature, &s) || s.n != x->n || r->count == r->max)
		return true;
	if (takes(r->k, &s, x)) {
		keep(r, f, &s);
		r->result = both(r->k, r->result, s.result);
	} else if (r->k->c->options.dynamic) {
		keep(r, f, &s);
		r->result = &cel_dyn;
	}
	return true;
}

/* The name of the receiver when it may be a namespace: strings.quote(x), math.abs(x). */
static bool as_namespaced(struct checker *k, struct node *x)
{
	char text[256];
	struct buf b = {.p = text, .cap = sizeof text, .bytes_max = sizeof text};
	const struct node *of = x->args[0];
	if (of->kind == NODE_SELECT && of->args[0]->kind == NODE_IDENT) {
		buf_str(&b, of->args[0]->name);
		buf_byte(&b, '.');
	} else if (of->kind != NODE_IDENT) {
		return false;
	}
	if (b.n + of->name.n + x->name.n + 1 > sizeof text)
		return false;
	buf_str(&b, of->name);
	buf_byte(&b, '.');
	buf_str(&b, x->name);
	if (!function_exists(k->c->env, buf_view(&b), false))
		return false;
	x->name = arena_str(k->c->arena, buf_view(&b));
	x->flags &= (uint8_t)~NODE_MEMBER;
	x->args++;
	x->n--;
	return true;
}

static bool unknown_function(struct checker *k, struct node *x)
{
	x->kind = NODE_FAULT;
	x->k = (struct cel_value){.code = CEL_E_UNKNOWN_FUNCTION};
	bool other = function_exists(k->c->env, x->name, !(x->flags & NODE_MEMBER));
	const char *how =
		x->flags & NODE_MEMBER ? "it is called as " : "it is called behind a value, x.";
	bool ok = check_fail_name(k, x, "there is no function '" STR_FMT "'%s%s", STR_ARG(x->name),
				  other ? " of this form: " : "", other ? how : "");
	if (!other)
		suggest_function(k, x->name);
	return ok;
}

static bool no_overload(struct checker *k, struct node *x)
{
	struct buf b;
	buf_init_arena(&b, k->c->arena, 512);
	if (x->n == 0)
		buf_z(&b, "no argument");
	put_args(k, x, &b);
	return check_fail(k, x, CEL_PROBLEM_TYPE, STR_FMT "() does not take " STR_FMT,
			  STR_ARG(x->name), STR_ARG(buf_view(&b)));
}

/* math.greatest(a, b, c, ...) takes its arguments as a list. */
static bool gather(struct checker *k, struct node *x)
{
	if (x->n < 3 || !(str_is(x->name, "math.greatest") || str_is(x->name, "math.least")))
		return true;
	struct node *list = node_new(k->c, NODE_LIST, x->at, x->end);
	if (list == NULL)
		return false;
	list->args = x->args;
	list->n = x->n;
	list->height = x->height;
	if (!node_args(k->c, x, 1))
		return false;
	x->args[0] = list;
	return true;
}

struct named {
	struct checker *k;
	struct node *x;
};

static bool name_function(void *ctx, struct str name)
{
	struct named *n = ctx;
	if (!function_exists(n->k->c->env, name, n->x->flags & NODE_MEMBER))
		return false;
	if (!str_eq(n->x->name, name))
		n->x->name = arena_str(n->k->c->arena, name);
	return true;
}

bool check_call(struct checker *k, struct node *x)
{
	bool member = x->flags & NODE_MEMBER;
	if (member && as_namespaced(k, x))
		member = false;
	struct named name = {k, x};
	if (!names_each(k, x->name, member || (x->flags & NODE_ROOTED), name_function, &name))
		return unknown_function(k, x);
	if (!gather(k, x))
		return false;
	for (uint32_t i = 0; i < x->n; i++)
		if (!check_node(k, x->args[i]))
			return false;
	struct resolving r = {.k = k, .x = x, .max = 16};
	r.candidates = ARENA_ARRAY(k->c->arena, struct candidate, r.max);
	if (r.candidates == NULL)
		return compile_fail(k->c, CEL_PROBLEM_LIMIT, x->at, x->end,
				    "this expression is too large");
	functions_each(k->c->env, try_function, &r);
	type_commit(&k->types);
	x->candidates = r.candidates;
	x->candidate_count = r.count;
	x->type = r.result ? r.result : &cel_dyn;
	if (r.count > 0)
		return true;
	x->kind = NODE_FAULT;
	x->k = (struct cel_value){.code = CEL_E_OVERLOAD};
	return no_overload(k, x);
}
