/* SPDX-License-Identifier: Apache-2.0
 * type.c: the types themselves: built-in ones, their text, and unification. Unification follows
 * the reference checker: a parameter bound to a type is widened when a more general one comes. */
#include "cel/type.h"

#define TYPE_WORK_MAX 1000000u

#define SIMPLE(name, k) const struct cel_type name = {.kind = k}
SIMPLE(cel_dyn, CEL_DYN);
SIMPLE(cel_null, CEL_NULL);
SIMPLE(cel_bool, CEL_BOOL);
SIMPLE(cel_int, CEL_INT);
SIMPLE(cel_uint, CEL_UINT);
SIMPLE(cel_double, CEL_DOUBLE);
SIMPLE(cel_string, CEL_STRING);
SIMPLE(cel_bytes, CEL_BYTES);
SIMPLE(cel_timestamp, CEL_TIMESTAMP);
SIMPLE(cel_duration, CEL_DURATION);
const struct cel_type cel_list_dyn = {.kind = CEL_LIST, .elem = &cel_dyn};
const struct cel_type cel_map_string_dyn = {.kind = CEL_MAP, .key = &cel_string, .elem = &cel_dyn};
const struct cel_type cel_type_type = {.kind = CEL_TYPE, .elem = &cel_dyn};
const struct cel_type cel_optional_dyn = {.kind = CEL_OPTIONAL, .elem = &cel_dyn};
static const struct cel_type map_dyn_dyn = {.kind = CEL_MAP, .key = &cel_dyn, .elem = &cel_dyn};

/* The first row of a kind is how it is printed. */
static const struct {
	const char *name;
	const struct cel_type *type;
} names[] = {
	{"dyn", &cel_dyn},
	{"null", &cel_null},
	{"null_type", &cel_null},
	{"bool", &cel_bool},
	{"int", &cel_int},
	{"uint", &cel_uint},
	{"double", &cel_double},
	{"string", &cel_string},
	{"bytes", &cel_bytes},
	{"timestamp", &cel_timestamp},
	{"google.protobuf.Timestamp", &cel_timestamp},
	{"duration", &cel_duration},
	{"google.protobuf.Duration", &cel_duration},
	{"type", &cel_type_type},
	{"list", &cel_list_dyn},
	{"map", &map_dyn_dyn},
	{"optional_type", &cel_optional_dyn},
	{"optional", &cel_optional_dyn},
};

static const struct cel_type *type_new(struct arena *a, struct cel_type v)
{
	struct cel_type *t = ARENA_NEW(a, struct cel_type);
	if (t != NULL)
		*t = v;
	return t;
}

/* ---- text ---- */

struct reader {
	struct str rest;
	struct arena *arena;
	struct typing *typing; /* NULL: capital letters are no types */
	const struct cel_type *params[26];
	unsigned depth;
};

static void skip(struct reader *r)
{
	while (r->rest.n > 0 && r->rest.p[0] == ' ')
		r->rest = str_slice(r->rest, 1, r->rest.n);
}

static bool take(struct reader *r, char c)
{
	skip(r);
	if (r->rest.n == 0 || r->rest.p[0] != c)
		return false;
	r->rest = str_slice(r->rest, 1, r->rest.n);
	return true;
}

static struct str word(struct reader *r)
{
	skip(r);
	size_t n = 0;
	while (n < r->rest.n && strchr(" (),", r->rest.p[n]) == NULL) {
		if (r->rest.p[n] == '.' && n + 1 < r->rest.n && r->rest.p[n + 1] == '(')
			break;
		n++;
	}
	struct str w = str_slice(r->rest, 0, n);
	r->rest = str_slice(r->rest, n, r->rest.n);
	return w;
}

static const struct cel_type *read_type(struct reader *r);

static const struct cel_type *read_args(struct reader *r, struct cel_type t)
{
	t.key = t.kind == CEL_MAP ? read_type(r) : NULL;
	if (t.kind == CEL_MAP && (t.key == NULL || !take(r, ',')))
		return NULL;
	t.elem = read_type(r);
	return t.elem != NULL && take(r, ')') ? type_new(r->arena, t) : NULL;
}

static const struct cel_type *read_param(struct reader *r, char letter)
{
	const struct cel_type **p = &r->params[letter - 'A'];
	if (*p == NULL)
		*p = type_fresh(r->typing);
	return *p;
}

static const struct cel_type *read_type(struct reader *r)
{
	if (++r->depth > 64)
		return NULL;
	struct str w = word(r);
	const struct cel_type *t = NULL;
	if (r->typing != NULL && w.n == 1 && w.p[0] >= 'A' && w.p[0] <= 'Z')
		t = read_param(r, w.p[0]);
	for (size_t i = 0; t == NULL && i < sizeof names / sizeof names[0]; i++)
		if (str_is(w, names[i].name))
			t = names[i].type;
	if (t != NULL && t->elem != NULL && take(r, '('))
		t = read_args(r, *t);
	r->depth--;
	return t;
}

const struct cel_type *cel_type_parse(struct str text, struct arena *a)
{
	struct reader r = {.rest = text, .arena = a};
	const struct cel_type *t = read_type(&r);
	skip(&r);
	return r.rest.n == 0 ? t : NULL;
}

bool sig_parse(struct typing *ty, const char *text, struct sig *out_r)
{
	struct reader r = {.rest = str_of(text), .arena = ty->arena, .typing = ty};
	struct sig s = {.member = text[0] != '('};
	if (s.member) {
		s.args[s.n++] = read_type(&r);
		if (!take(&r, '.'))
			return false;
	}
	bool ok = take(&r, '(');
	while (ok && !take(&r, ')')) {
		if (s.n == 4 || (s.n > (s.member ? 1u : 0u) && !take(&r, ',')))
			return false;
		s.args[s.n] = read_type(&r);
		ok = s.args[s.n++] != NULL;
	}
	s.result = ok ? read_type(&r) : NULL;
	if (s.result == NULL || r.rest.n != 0)
		return false;
	*out_r = s;
	return true;
}

static const char *kind_name(enum cel_kind kind)
{
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].type->kind == kind)
			return names[i].name;
	return "?";
}

void cel_type_text(const struct cel_type *t, struct buf *out)
{
	if (t->kind == CEL_OBJECT) {
		buf_str(out, t->object->name);
		return;
	}
	if (t->kind == CEL_PARAM) {
		buf_z(out, "dyn");
		return;
	}
	buf_z(out, kind_name(t->kind));
	if (t->elem == NULL || t->kind == CEL_TYPE)
		return;
	buf_byte(out, '(');
	if (t->key != NULL) {
		cel_type_text(t->key, out);
		buf_byte(out, ',');
	}
	cel_type_text(t->elem, out);
	buf_byte(out, ')');
}

uint32_t type_kinds(const struct cel_type *t)
{
	if (t->kind == CEL_DYN || t->kind == CEL_PARAM)
		return UINT32_MAX;
	return 1u << t->kind;
}

/* ---- parameters ---- */

const struct cel_type *type_fresh(struct typing *t)
{
	if (t->count == t->cap) {
		uint32_t cap = t->cap ? t->cap * 2 : 64;
		const struct cel_type **more = arena_array(t->arena, cap, sizeof *more);
		if (more == NULL) {
			t->full = true;
			return &cel_dyn;
		}
		if (t->count > 0)
			memcpy(more, t->bound, t->count * sizeof *more);
		t->bound = more;
		t->cap = cap;
	}
	const struct cel_type *x =
		type_new(t->arena, (struct cel_type){.kind = CEL_PARAM, .param = t->count});
	t->full |= x == NULL;
	if (x != NULL)
		t->bound[t->count++] = NULL;
	return x != NULL ? x : &cel_dyn;
}

static const struct cel_type *type_made(struct typing *t, struct cel_type v)
{
	const struct cel_type *x = type_new(t->arena, v);
	t->full |= x == NULL;
	return x != NULL ? x : &cel_dyn;
}

const struct cel_type *type_list(struct typing *t, const struct cel_type *elem)
{
	return type_made(t, (struct cel_type){.kind = CEL_LIST, .elem = elem});
}

const struct cel_type *type_map(struct typing *t, const struct cel_type *key,
				const struct cel_type *elem)
{
	return type_made(t, (struct cel_type){.kind = CEL_MAP, .key = key, .elem = elem});
}

const struct cel_type *type_optional(struct typing *t, const struct cel_type *elem)
{
	return type_made(t, (struct cel_type){.kind = CEL_OPTIONAL, .elem = elem});
}

const struct cel_type *type_of(const struct typing *t, const struct cel_type *x)
{
	while (x->kind == CEL_PARAM && t->bound[x->param] != NULL)
		x = t->bound[x->param];
	return x;
}

/* False: this check has done more than any honest expression needs. */
static bool work(struct typing *t)
{
	t->full |= ++t->work > TYPE_WORK_MAX;
	return !t->full;
}

const struct cel_type *type_final(struct typing *t, const struct cel_type *x)
{
	x = type_of(t, x);
	if (x->kind == CEL_PARAM || !work(t))
		return &cel_dyn;
	if (x->elem == NULL)
		return x;
	struct cel_type v = *x;
	v.elem = type_final(t, x->elem);
	if (x->key != NULL)
		v.key = type_final(t, x->key);
	return v.elem == x->elem && v.key == x->key ? x : type_made(t, v);
}

uint32_t type_mark(const struct typing *t)
{
	return t->trail_n;
}

void type_undo(struct typing *t, uint32_t mark)
{
	while (t->trail_n > mark) {
		t->trail_n--;
		t->bound[t->trail[t->trail_n].param] = t->trail[t->trail_n].was;
	}
}

void type_commit(struct typing *t)
{
	t->trail_n = 0;
}

static bool occurs(struct typing *t, const struct cel_type *param, const struct cel_type *in)
{
	in = type_of(t, in);
	if (in == param || !work(t))
		return true;
	return (in->elem != NULL && occurs(t, param, in->elem)) ||
	       (in->key != NULL && occurs(t, param, in->key));
}

static bool bind(struct typing *t, const struct cel_type *param, const struct cel_type *to)
{
	if (t->trail_n == sizeof t->trail / sizeof t->trail[0]) {
		t->full = true;
		return false;
	}
	t->trail[t->trail_n].param = param->param;
	t->trail[t->trail_n].was = t->bound[param->param];
	t->trail_n++;
	t->bound[param->param] = to;
	return true;
}

/* Whether a says no more than b: dyn, or the same shape saying no more inside. */
static bool no_more_specific(struct typing *t, const struct cel_type *a, const struct cel_type *b)
{
	a = type_of(t, a);
	b = type_of(t, b);
	if (a->kind == CEL_DYN || a->kind == CEL_PARAM || a == b)
		return true;
	if (a->kind != b->kind || !work(t))
		return false;
	return (a->elem == NULL || no_more_specific(t, a->elem, b->elem)) &&
	       (a->key == NULL || no_more_specific(t, a->key, b->key));
}

/* Null stands for records and instants that are not there; the language calls it legacy. */
static bool takes_null(enum cel_kind kind)
{
	return kind == CEL_TIMESTAMP || kind == CEL_DURATION || kind == CEL_OPTIONAL;
}

static bool same_shape(struct typing *t, const struct cel_type *f, const struct cel_type *a)
{
	if (f->kind != a->kind)
		return a->kind == CEL_NULL && takes_null(f->kind);
	if (f->kind == CEL_TYPE)
		return true;
	if (f->kind == CEL_OBJECT)
		return f->object == a->object;
	return (f->key == NULL || type_assignable(t, f->key, a->key)) &&
	       (f->elem == NULL || type_assignable(t, f->elem, a->elem));
}

bool type_assignable(struct typing *t, const struct cel_type *formal, const struct cel_type *actual)
{
	if (!work(t))
		return false;
	if (formal->kind == CEL_PARAM && t->bound[formal->param] != NULL) {
		const struct cel_type *bound = t->bound[formal->param];
		if (!type_assignable(t, bound, actual))
			return false;
		if (type_of(t, bound)->kind != CEL_PARAM && type_of(t, actual)->kind != CEL_PARAM &&
		    no_more_specific(t, actual, bound) && !no_more_specific(t, bound, actual))
			return bind(t, formal, actual);
		return true;
	}
	const struct cel_type *f = type_of(t, formal), *a = type_of(t, actual);
	if (f == a)
		return true;
	if (f->kind == CEL_PARAM)
		return !occurs(t, f, a) && bind(t, f, a);
	if (a->kind == CEL_PARAM)
		return !occurs(t, a, f) && bind(t, a, f);
	if (f->kind == CEL_DYN || a->kind == CEL_DYN)
		return true;
	return same_shape(t, f, a);
}

const struct cel_type *type_join(struct typing *t, const struct cel_type *a,
				 const struct cel_type *b)
{
	uint32_t mark = type_mark(t);
	if (!type_assignable(t, a, b)) {
		type_undo(t, mark);
		return &cel_dyn;
	}
	if (no_more_specific(t, a, b))
		return a;
	return no_more_specific(t, b, a) ? b : a;
}
