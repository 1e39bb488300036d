/* SPDX-License-Identifier: Apache-2.0
 * check.c: every node gets a type and every name a meaning. Dotted names are resolved longest
 * first: `lead.title` is looked up whole before `lead`, so a field of a declared object becomes a
 * load by number and no name is left at run time.
 *
 * A dynamic program goes through the same check, but what would be refused is forgiven: the type
 * becomes dyn, and the error (if it comes to that) is one of evaluation. */
#include "cel/check.h"

#include <stdio.h>
#include <stdarg.h>

#define PATH_BYTES_MAX 512

/* Once types cannot be followed any more, no verdict about them is worth anything. */
static bool too_large(struct checker *k, const struct node *x)
{
	return compile_fail(k->c, CEL_PROBLEM_LIMIT, x->at, x->end,
			    "the types of this expression are too large: split it up");
}

bool check_fail(struct checker *k, struct node *x, enum cel_problem_code code, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	x->type = &cel_dyn;
	if (k->types.full)
		return too_large(k, x);
	if (k->c->options.dynamic)
		return true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	compile_note(k->c, code, x->at, x->end, text);
	return true;
}

bool check_fail_name(struct checker *k, struct node *x, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	x->type = &cel_dyn;
	if (k->c->options.dynamic)
		return true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	compile_note(k->c, CEL_PROBLEM_UNKNOWN_NAME, x->name_at, x->name_at + (uint32_t)x->name.n,
		     text);
	return true;
}

/* ---- names ---- */

bool names_each(struct checker *k, struct str name, bool rooted, name_visit *visit, void *ctx)
{
	char full[PATH_BYTES_MAX];
	struct str in = rooted ? STR_NULL : k->c->env->container;
	while (in.n > 0) {
		int n = snprintf(full, sizeof full, STR_FMT "." STR_FMT, STR_ARG(in),
				 STR_ARG(name));
		if (n > 0 && (size_t)n < sizeof full && visit(ctx, str_n(full, (size_t)n)))
			return true;
		size_t dot = in.n;
		while (dot > 0 && in.p[dot - 1] != '.')
			dot--;
		in.n = dot > 0 ? dot - 1 : 0;
	}
	return visit(ctx, name);
}

/* A declared name: a variable, or a field of an object variable. */
struct found {
	const struct cel_env *env;
	const struct cel_decl *decl;
	const struct cel_field *field; /* NULL for a plain variable */
};

static bool find_field(struct found *f, const struct cel_decl *d, struct str name)
{
	if (d->type->kind != CEL_OBJECT || name.n <= d->name.n + 1 || name.p[d->name.n] != '.' ||
	    !str_starts(name, d->name))
		return false;
	struct str field = str_slice(name, d->name.n + 1, name.n);
	for (size_t i = 0; i < d->type->object->field_count; i++) {
		if (!str_eq(d->type->object->fields[i].name, field))
			continue;
		f->decl = d;
		f->field = &d->type->object->fields[i];
		return true;
	}
	return false;
}

static bool find_decl(void *ctx, struct str name)
{
	struct found *f = ctx;
	for (size_t i = 0; i < f->env->decl_count; i++) {
		const struct cel_decl *d = &f->env->decls[i];
		if (str_eq(d->name, name)) {
			f->decl = d;
			f->field = NULL;
			return true;
		}
		if (find_field(f, d, name))
			return true;
	}
	return false;
}

static const struct scope *find_local(const struct checker *k, struct str name)
{
	const struct scope *s = k->scope;
	while (s != NULL && !str_eq(s->name, name))
		s = s->outer;
	return s;
}

static const struct node *path_root(const struct node *x)
{
	while (x->kind == NODE_SELECT && !(x->flags & NODE_ROOTED))
		x = x->args[0];
	return x->kind == NODE_IDENT ? x : NULL;
}

/* The dotted text of a path into buf, from its end; its length, or 0 when too long. */
static size_t path_text(const struct node *x, char buf[PATH_BYTES_MAX])
{
	size_t at = PATH_BYTES_MAX;
	for (;; x = x->args[0]) {
		if (at < x->name.n + 1)
			return 0;
		at -= x->name.n;
		memcpy(buf + at, x->name.p, x->name.n);
		if (x->kind == NODE_IDENT)
			break;
		buf[--at] = '.';
	}
	memmove(buf, buf + at, PATH_BYTES_MAX - at);
	return PATH_BYTES_MAX - at;
}

static void become_load(struct checker *k, struct node *x, const struct found *f, struct str name)
{
	x->kind = NODE_LOAD;
	x->slot = f->decl->slot;
	x->field = f->field ? f->field->index : 0;
	x->type = f->field ? f->field->type : f->decl->type;
	x->name = arena_str(k->c->arena, name);
}

/* Resolves the whole of a dotted name x; false: there is no such declared name. */
static bool resolve_path(struct checker *k, struct node *x)
{
	char text[PATH_BYTES_MAX];
	const struct node *root = path_root(x);
	if (root == NULL)
		return false;
	bool rooted = root->flags & NODE_ROOTED;
	if (!rooted && find_local(k, root->name) != NULL)
		return false;
	size_t n = path_text(x, text);
	struct found f = {.env = k->c->env};
	if (n == 0 || !names_each(k, str_n(text, n), rooted, find_decl, &f))
		return false;
	become_load(k, x, &f, str_n(text, n));
	return true;
}

/* The name of a type, as a value. */
static bool type_value(void *ctx, struct str name)
{
	static const char *const known[] = {"bool",
					    "int",
					    "uint",
					    "double",
					    "string",
					    "bytes",
					    "list",
					    "map",
					    "null_type",
					    "type",
					    "google.protobuf.Timestamp",
					    "google.protobuf.Duration",
					    "optional_type"};
	const char **out = ctx;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (str_is(name, known[i]))
			*out = known[i];
	return *out != NULL;
}

static bool resolve_type_name(struct checker *k, struct node *x)
{
	char text[PATH_BYTES_MAX];
	const char *name = NULL;
	const struct node *root = path_root(x);
	size_t n = root ? path_text(x, text) : 0;
	if (n == 0 || (!(root->flags & NODE_ROOTED) && find_local(k, root->name) != NULL) ||
	    !names_each(k, str_n(text, n), root->flags & NODE_ROOTED, type_value, &name))
		return false;
	x->kind = NODE_CONST;
	x->k = (struct cel_value){.kind = CEL_TYPE, .n = (uint32_t)strlen(name), .p = name};
	x->type = &cel_type_type;
	return true;
}

static bool check_object(struct checker *k, struct node *x)
{
	if (x->type->kind != CEL_OBJECT)
		return true;
	const struct cel_object *o = x->type->object;
	x->kind = NODE_FAULT;
	x->k = (struct cel_value){.code = CEL_E_NO_FIELD};
	return check_fail(k, x, CEL_PROBLEM_TYPE,
			  "'" STR_FMT "' is a record: name one of its fields, as in " STR_FMT
			  "." STR_FMT,
			  STR_ARG(x->name), STR_ARG(x->name),
			  STR_ARG(o->field_count ? o->fields[0].name : STR("field")));
}

static bool check_ident(struct checker *k, struct node *x)
{
	const struct scope *s = x->flags & NODE_ROOTED ? NULL : find_local(k, x->name);
	if (s != NULL) {
		x->kind = NODE_LOCAL;
		x->slot = s->slot;
		x->type = s->type;
		return true;
	}
	if (resolve_path(k, x))
		return check_object(k, x);
	if (resolve_type_name(k, x))
		return true;
	x->kind = NODE_FAULT;
	x->k = (struct cel_value){.code = CEL_E_UNKNOWN_NAME};
	bool ok = check_fail_name(k, x, "nothing here is called '" STR_FMT "'", STR_ARG(x->name));
	suggest_name(k, x->name, NULL);
	return ok;
}

/* ---- fields ---- */

/* lead.titel, where lead is an object. A name in backticks comes here too, and may be right. */
static bool object_field(struct checker *k, struct node *x, const struct node *of)
{
	const struct cel_object *o = of->type->object;
	for (size_t i = 0; i < o->field_count && x->kind == NODE_SELECT; i++) {
		if (!str_eq(o->fields[i].name, x->name))
			continue;
		x->kind = NODE_LOAD;
		x->slot = of->slot;
		x->field = o->fields[i].index;
		x->type = o->fields[i].type;
		x->name = arena_printf(k->c->arena, STR_FMT "." STR_FMT, STR_ARG(of->name),
				       STR_ARG(x->name));
		return true;
	}
	x->kind = NODE_FAULT;
	x->k = (struct cel_value){.code = CEL_E_NO_FIELD};
	bool ok = check_fail_name(k, x, "'" STR_FMT "' has no field '" STR_FMT "'",
				  STR_ARG(of->name), STR_ARG(x->name));
	suggest_name(k, x->name, o);
	return ok;
}

/* The type behind a select of a value of type t; NULL when it has no fields. */
static const struct cel_type *field_type(struct checker *k, const struct cel_type *t)
{
	t = type_of(&k->types, t);
	switch (t->kind) {
	case CEL_MAP: return t->elem;
	case CEL_DYN: return &cel_dyn;
	case CEL_PARAM: (void)type_assignable(&k->types, t, &cel_dyn); return &cel_dyn;
	case CEL_OPTIONAL:
		t = field_type(k, t->elem);
		return t ? type_optional(&k->types, t) : NULL;
	default: return NULL;
	}
}

static bool check_operand(struct checker *k, struct node *x, struct node *of)
{
	/* An object on its own is no value, so it is looked up here and not by check_node. */
	if ((of->kind == NODE_IDENT || of->kind == NODE_SELECT) && resolve_path(k, of))
		return of->type->kind != CEL_OBJECT || object_field(k, x, of);
	return check_node(k, of);
}

static bool no_fields(struct checker *k, struct node *x)
{
	struct buf b;
	buf_init_arena(&b, k->c->arena, 256);
	cel_type_text(type_final(&k->types, x->args[0]->type), &b);
	return check_fail(k, x, CEL_PROBLEM_TYPE,
			  "a value of type " STR_FMT " has no fields, so it has no '" STR_FMT "'",
			  STR_ARG(buf_view(&b)), STR_ARG(x->name));
}

static bool check_select(struct checker *k, struct node *x)
{
	if (resolve_path(k, x))
		return check_object(k, x);
	if (resolve_type_name(k, x))
		return true;
	if (!check_operand(k, x, x->args[0]))
		return false;
	if (x->kind == NODE_FAULT || x->kind == NODE_LOAD)
		return true;
	const struct cel_type *t = field_type(k, x->args[0]->type);
	x->type = t ? t : &cel_dyn;
	return t != NULL || no_fields(k, x);
}

static bool check_opt_select(struct checker *k, struct node *x)
{
	if (!check_operand(k, x, x->args[0]))
		return false;
	if (x->kind == NODE_FAULT)
		return true;
	const struct cel_type *t = field_type(k, x->args[0]->type);
	if (t == NULL)
		return no_fields(k, x);
	bool already = type_of(&k->types, x->args[0]->type)->kind == CEL_OPTIONAL;
	x->type = already ? t : type_optional(&k->types, t);
	return true;
}

static bool check_has(struct checker *k, struct node *x)
{
	/* A field of an object is tested where it is loaded. */
	struct node *probe = node_new(k->c, NODE_SELECT, x->at, x->end);
	if (probe == NULL)
		return false;
	probe->args = x->args;
	probe->n = 1;
	probe->name = x->name;
	probe->flags = x->flags;
	bool load = x->op == 0 && resolve_path(k, probe) && probe->type->kind != CEL_OBJECT;
	if (load) {
		if (!node_args(k->c, x, 1))
			return false;
		x->args[0] = probe;
	} else if (!check_operand(k, x, x->args[0])) {
		return false;
	}
	if (x->kind == NODE_FAULT)
		return true;
	bool fields = load || field_type(k, x->args[0]->type) != NULL;
	x->slot = load;
	x->type = &cel_bool;
	return fields || no_fields(k, x);
}

/* ---- lists and maps ---- */

/* What [?x] puts into the list: the type inside the optional x. */
static bool unwrap(struct checker *k, struct node *x, const struct cel_type **t)
{
	*t = type_of(&k->types, *t);
	if ((*t)->kind == CEL_DYN)
		return true;
	if ((*t)->kind != CEL_OPTIONAL)
		return check_fail(k, x, CEL_PROBLEM_TYPE,
				  "the '?' here needs an optional value, as in ?optional.of(1)");
	*t = (*t)->elem;
	return true;
}

static bool join(struct checker *k, struct node *arg, bool opt, const struct cel_type **all)
{
	const struct cel_type *t = arg->type;
	if (opt && !unwrap(k, arg, &t))
		return false;
	*all = *all == NULL ? t : type_join(&k->types, *all, t);
	type_commit(&k->types);
	return true;
}

static bool check_list(struct checker *k, struct node *x)
{
	const struct cel_type *elem = NULL;
	for (uint32_t i = 0; i < x->n; i++)
		if (!check_node(k, x->args[i]) || !join(k, x->args[i], x->opt && x->opt[i], &elem))
			return false;
	x->type = type_list(&k->types, elem ? elem : type_fresh(&k->types));
	return true;
}

static bool check_map(struct checker *k, struct node *x)
{
	const struct cel_type *key = NULL, *elem = NULL;
	for (uint32_t i = 0; i < x->n; i += 2)
		if (!check_node(k, x->args[i]) || !check_node(k, x->args[i + 1]) ||
		    !join(k, x->args[i], false, &key) ||
		    !join(k, x->args[i + 1], x->opt && x->opt[i], &elem))
			return false;
	x->type = type_map(&k->types, key ? key : type_fresh(&k->types),
			   elem ? elem : type_fresh(&k->types));
	return true;
}

/* ---- macros ---- */

/* The types of the variables of a macro over a value of type t. */
static bool variables(struct checker *k, struct node *x, const struct cel_type *vars[2])
{
	bool two = x->name2.n > 0;
	const struct cel_type *t = type_of(&k->types, x->args[0]->type);
	vars[0] = vars[1] = &cel_dyn;
	if (x->op == MACRO_BIND) {
		vars[0] = t;
	} else if (t->kind == CEL_PARAM || t->kind == CEL_DYN) {
		return true;
	} else if (x->op == MACRO_OPT_MAP || x->op == MACRO_OPT_FLAT) {
		if (t->kind != CEL_OPTIONAL)
			return check_fail(k, x, CEL_PROBLEM_TYPE,
					  "optMap() needs an optional value");
		vars[0] = t->elem;
	} else if (t->kind == CEL_LIST) {
		vars[0] = two ? &cel_int : t->elem;
		vars[1] = t->elem;
	} else if (t->kind == CEL_MAP) {
		vars[0] = t->key;
		vars[1] = t->elem;
	} else {
		return check_fail(k, x->args[0], CEL_PROBLEM_TYPE,
				  "only lists and maps have items to go through");
	}
	return true;
}

static bool must_be_bool(struct checker *k, struct node *x)
{
	if (type_assignable(&k->types, &cel_bool, x->type))
		return true;
	return check_fail(k, x, CEL_PROBLEM_TYPE, "this must be true or false (bool)");
}

static bool macro_type(struct checker *k, struct node *x, const struct cel_type *vars[2])
{
	struct typing *ty = &k->types;
	const struct cel_type *body = x->args[2]->type, *t = type_of(ty, body);
	switch ((enum macro)x->op) {
	case MACRO_ALL:
	case MACRO_EXISTS:
	case MACRO_EXISTS_ONE: x->type = &cel_bool; return must_be_bool(k, x->args[2]);
	case MACRO_FILTER: x->type = type_list(ty, vars[0]); return must_be_bool(k, x->args[2]);
	case MACRO_MAP:
	case MACRO_LIST: x->type = type_list(ty, body); return true;
	case MACRO_MAP_VALUE: x->type = type_map(ty, vars[0], body); return true;
	case MACRO_BIND: x->type = body; return true;
	case MACRO_OPT_MAP: x->type = type_optional(ty, body); return true;
	case MACRO_MAP_ENTRY:
		x->type = t->kind == CEL_MAP ? t : &cel_dyn;
		if (t->kind != CEL_MAP && t->kind != CEL_DYN && t->kind != CEL_PARAM)
			return check_fail(k, x, CEL_PROBLEM_TYPE,
					  "the last argument must be a map");
		return true;
	case MACRO_OPT_FLAT:
		x->type = t->kind == CEL_OPTIONAL ? t : &cel_dyn;
		if (t->kind != CEL_OPTIONAL && t->kind != CEL_DYN && t->kind != CEL_PARAM)
			return check_fail(k, x, CEL_PROBLEM_TYPE,
					  "the last argument must be an optional value");
		return true;
	}
	return false;
}

static bool check_macro(struct checker *k, struct node *x)
{
	const struct cel_type *vars[2];
	if (!check_node(k, x->args[0]) || !variables(k, x, vars))
		return false;
	if (k->locals + 2 > CEL_LOCALS_MAX)
		return compile_fail(k->c, CEL_PROBLEM_LIMIT, x->at, x->end,
				    "macros are nested too deep: split this expression up");
	const struct scope *outer = k->scope;
	struct scope one = {x->name, k->locals, vars[0], outer};
	struct scope two = {x->name2, k->locals + 1, vars[1], &one};
	x->slot = one.slot;
	x->field = two.slot;
	k->scope = x->name2.n > 0 ? &two : &one;
	k->locals += 2;
	bool ok = (x->args[1] == NULL ||
		   (check_node(k, x->args[1]) && must_be_bool(k, x->args[1]))) &&
		  check_node(k, x->args[2]) && macro_type(k, x, vars);
	k->locals -= 2;
	k->scope = outer;
	type_commit(&k->types);
	return ok;
}

/* ---- the walk ---- */

static const struct cel_type *const_type(const struct cel_value *v)
{
	switch (v->kind) {
	case CEL_BOOL: return &cel_bool;
	case CEL_INT: return &cel_int;
	case CEL_UINT: return &cel_uint;
	case CEL_DOUBLE: return &cel_double;
	case CEL_STRING: return &cel_string;
	case CEL_BYTES: return &cel_bytes;
	default: return &cel_null;
	}
}

static bool check_op_node(struct checker *k, struct node *x)
{
	if (x->op == OP_OPT_SELECT)
		return check_opt_select(k, x);
	for (uint32_t i = 0; i < x->n; i++)
		if (!check_node(k, x->args[i]))
			return false;
	return check_op(k, x);
}

bool check_node(struct checker *k, struct node *x)
{
	switch ((enum node_kind)x->kind) {
	case NODE_CONST: x->type = x->type ? x->type : const_type(&x->k); return true;
	case NODE_IDENT: return check_ident(k, x);
	case NODE_SELECT: return check_select(k, x);
	case NODE_HAS: return check_has(k, x);
	case NODE_OP: return check_op_node(k, x);
	case NODE_CALL: return check_call(k, x);
	case NODE_LIST: return check_list(k, x);
	case NODE_MAP: return check_map(k, x);
	case NODE_MACRO: return check_macro(k, x);
	case NODE_LOAD:
	case NODE_LOCAL:
	case NODE_FAULT: return true;
	}
	return false;
}

static void finish_types(struct checker *k, struct node *x)
{
	if (x == NULL)
		return;
	x->type = x->type ? type_final(&k->types, x->type) : &cel_dyn;
	for (uint32_t i = 0; i < x->n; i++)
		finish_types(k, x->args[i]);
}

static bool check_want(struct checker *k, struct node *x)
{
	const struct cel_type *want = k->c->options.want;
	if (want == NULL || type_assignable(&k->types, want, x->type))
		return true;
	struct buf b;
	buf_init_arena(&b, k->c->arena, 256);
	buf_z(&b, "this must be of type ");
	cel_type_text(want, &b);
	buf_z(&b, ", but it is ");
	cel_type_text(x->type, &b);
	return check_fail(k, x, CEL_PROBLEM_TYPE, STR_FMT "%s", STR_ARG(buf_view(&b)),
			  want->kind == CEL_BOOL ? ": compare it with something" : "");
}

bool check(struct compile *c, struct node **root)
{
	struct checker *k = ARENA_NEW(c->arena, struct checker);
	if (k == NULL)
		return compile_fail(c, CEL_PROBLEM_LIMIT, 0, 0, "no memory left to check this");
	k->c = c;
	k->types.arena = c->arena;
	bool ok = check_node(k, *root);
	if (ok)
		finish_types(k, *root);
	if (k->types.full)
		return too_large(k, *root);
	return ok && check_want(k, *root) && c->status == ST_OK;
}
