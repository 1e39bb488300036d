/* SPDX-License-Identifier: Apache-2.0
 * cel.c: runs CEL case files, one JSON object a line: {file, section, name, expr, container?,
 * disable_check?, check_only?, vars?: {name: type}, funcs?, bindings?: {name: V},
 * expect: V | error: text, type?}. V is typed: {"int": "-1"}, {"list": [V]}, {"map": [[V, V]]}.
 * jansson reads them, because the cases hold NUL characters, which our own reader refuses.
 * An argument of -v prints why a case failed. */
#include "conformance/suite.h"

#include "base/crypto.h"
#include "cel/cel.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define VARS_MAX 16
#define CASE_BYTES_MAX (64u << 20)

struct run {
	struct arena arena;
	bool verbose;
	struct cel_decl decls[VARS_MAX];
	struct cel_value values[VARS_MAX];
	const struct cel_value *slots[VARS_MAX];
	struct cel_func funcs[VARS_MAX];
	struct cel_env env;
	char why[1024];
};

static bool fail(struct run *r, const char *what, struct str detail)
{
	snprintf(r->why, sizeof r->why, "%s" STR_FMT, what, STR_ARG(detail));
	return false;
}

static struct str text_of(const json_t *j)
{
	if (!json_is_string(j))
		return STR("");
	return str_n(json_string_value(j), json_string_length(j));
}

/* ---- values ---- */

static bool read_value(struct run *r, const json_t *j, struct cel_value *out);

/* timestamp("...") and the like: the language reads its own literals. */
static bool read_by_call(struct run *r, const char *function, struct str text,
			 struct cel_value *out)
{
	struct cel_prog *prog;
	struct cel_problem p;
	struct cel_env env = {.container = STR_NULL};
	struct cel_activation none = {0};
	struct err e;
	struct str source = arena_printf(&r->arena, "%s('" STR_FMT "')", function, STR_ARG(text));
	return cel_compile(&env, source, (struct cel_options){0}, &r->arena, &prog, &p) == ST_OK &&
	       cel_eval(prog, &none, &r->arena, out, &e) == ST_OK;
}

static bool read_double(struct str s, struct cel_value *out)
{
	char text[64];
	snprintf(text, sizeof text, STR_FMT, STR_ARG(s));
	*out = cel_of_double(strtod(text, NULL));
	return true;
}

static bool read_bytes(struct run *r, struct str s, struct cel_value *out)
{
	struct buf b;
	buf_init_arena(&b, &r->arena, CASE_BYTES_MAX);
	if (!base64_decode(s, &b))
		return false;
	*out = cel_of_str(buf_view(&b));
	out->kind = CEL_BYTES;
	return true;
}

static bool read_list(struct run *r, const json_t *j, struct cel_value *out)
{
	size_t n = json_array_size(j);
	struct cel_value *items = ARENA_ARRAY(&r->arena, struct cel_value, n + 1);
	for (size_t i = 0; i < n; i++)
		if (!read_value(r, json_array_get(j, i), &items[i]))
			return false;
	*out = cel_of_list(items, n);
	return true;
}

static bool read_map(struct run *r, const json_t *j, struct cel_value *out)
{
	size_t n = json_array_size(j);
	struct cel_value *pairs = ARENA_ARRAY(&r->arena, struct cel_value, 2 * n + 1);
	struct cel_map *m = ARENA_NEW(&r->arena, struct cel_map);
	for (size_t i = 0; i < n; i++) {
		const json_t *pair = json_array_get(j, i);
		if (!read_value(r, json_array_get(pair, 0), &pairs[2 * i]) ||
		    !read_value(r, json_array_get(pair, 1), &pairs[2 * i + 1]))
			return false;
	}
	m->pairs = pairs;
	*out = cel_of_map(m, n);
	return true;
}

static bool read_number(const char *kind, struct str s, struct cel_value *out)
{
	int64_t i;
	uint64_t u;
	if (strcmp(kind, "int") == 0 && str_to_i64(s, &i))
		*out = cel_of_int(i);
	else if (strcmp(kind, "uint") == 0 && str_to_u64(s, &u))
		*out = cel_of_uint(u);
	else
		return false;
	return true;
}

static bool read_value(struct run *r, const json_t *j, struct cel_value *out)
{
	void *it = json_object_iter((json_t *)(uintptr_t)j);
	const char *kind = it ? json_object_iter_key(it) : "";
	const json_t *v = it ? json_object_iter_value(it) : NULL;
	if (strcmp(kind, "null") == 0)
		*out = cel_of_null();
	else if (strcmp(kind, "bool") == 0)
		*out = cel_of_bool(json_is_true(v));
	else if (strcmp(kind, "double") == 0)
		return read_double(text_of(v), out);
	else if (strcmp(kind, "string") == 0)
		*out = cel_of_str(text_of(v));
	else if (strcmp(kind, "bytes") == 0)
		return read_bytes(r, text_of(v), out);
	else if (strcmp(kind, "list") == 0)
		return read_list(r, v, out);
	else if (strcmp(kind, "map") == 0)
		return read_map(r, v, out);
	else if (strcmp(kind, "timestamp") == 0 || strcmp(kind, "duration") == 0)
		return read_by_call(r, kind, text_of(v), out);
	else if (strcmp(kind, "type") == 0)
		*out = (struct cel_value){
			.kind = CEL_TYPE, .n = (uint32_t)text_of(v).n, .p = text_of(v).p};
	else
		return read_number(kind, text_of(v), out);
	return true;
}

/* Stricter than CEL's own equality: 1 is not 1.0 here. Maps compare without order. */
static bool same(struct cel_value a, struct cel_value b)
{
	if (a.kind != b.kind)
		return false;
	switch (a.kind) {
	case CEL_DOUBLE:
		return (isnan(a.d) && isnan(b.d)) || (a.d == b.d && signbit(a.d) == signbit(b.d));
	case CEL_LIST:
		for (uint32_t i = 0; i < a.n && a.n == b.n; i++)
			if (!same(a.list[i], b.list[i]))
				return false;
		return a.n == b.n;
	case CEL_MAP:
		for (uint32_t i = 0; i < a.n && a.n == b.n; i++) {
			bool found = false;
			for (uint32_t k = 0; k < b.n && !found; k++)
				found = same(a.map->pairs[2 * i], b.map->pairs[2 * k]) &&
					same(a.map->pairs[2 * i + 1], b.map->pairs[2 * k + 1]);
			if (!found)
				return false;
		}
		return a.n == b.n;
	default: return cel_equal(a, b, NULL);
	}
}

/* ---- the environment of a case ---- */

static bool declare(struct run *r, const char *name, struct str type)
{
	const struct cel_type *t = cel_type_parse(type, &r->arena);
	if (t == NULL || r->env.decl_count == VARS_MAX)
		return fail(r, "cannot declare a variable of type ", type);
	uint32_t slot = (uint32_t)r->env.decl_count++;
	r->decls[slot] = (struct cel_decl){str_of(name), t, slot};
	r->values[slot] = cel_of_absent();
	r->slots[slot] = &r->values[slot];
	return true;
}

static bool read_vars(struct run *r, json_t *vars, json_t *bindings)
{
	const char *name;
	json_t *v;
	json_object_foreach(vars, name, v) if (!declare(r, name, text_of(v))) return false;
	json_object_foreach(bindings, name, v)
	{
		size_t i = 0;
		while (i < r->env.decl_count && !str_is(r->decls[i].name, name))
			i++;
		if (i == r->env.decl_count && !declare(r, name, STR("dyn")))
			return false;
		if (!read_value(r, v, &r->values[i]))
			return fail(r, "cannot read the binding of ", str_of(name));
	}
	return true;
}

static struct cel_value not_there(struct cel_run *run, const struct cel_value *args, size_t n)
{
	(void)run;
	(void)args;
	(void)n;
	return cel_fail("this function is declared only");
}

static void read_overload(struct run *r, const char *name, json_t *o)
{
	struct buf b;
	size_t i;
	json_t *param;
	bool member = json_is_true(json_object_get(o, "member"));
	buf_init_arena(&b, &r->arena, 1024);
	buf_z(&b, member ? "" : "(");
	json_array_foreach(json_object_get(o, "params"), i, param)
	{
		buf_z(&b, member && i == 1 ? "" : i > 0 && !(member && i == 1) ? "," : "");
		buf_str(&b, text_of(param));
		buf_z(&b, member && i == 0 ? ".(" : "");
	}
	buf_z(&b, ") ");
	buf_str(&b, text_of(json_object_get(o, "result")));
	if (r->env.func_count < VARS_MAX)
		r->funcs[r->env.func_count++] =
			(struct cel_func){name, arena_strz(&r->arena, buf_view(&b)), not_there};
}

static void read_funcs(struct run *r, json_t *funcs)
{
	size_t i, k;
	json_t *f, *o;
	json_array_foreach(funcs, i, f) json_array_foreach(json_object_get(f, "overloads"), k, o)
		read_overload(r, json_string_value(json_object_get(f, "name")), o);
}

/* ---- one case ---- */

static bool check_type(struct run *r, const struct cel_prog *prog, json_t *want)
{
	struct buf b;
	if (want == NULL)
		return true;
	buf_init_arena(&b, &r->arena, 1024);
	cel_type_text(cel_prog_type(prog), &b);
	return str_eq(buf_view(&b), text_of(want)) || fail(r, "its type is ", buf_view(&b));
}

static bool check_value(struct run *r, const struct cel_prog *prog, json_t *c)
{
	struct cel_activation act = {.slots = r->slots, .slot_count = r->env.decl_count};
	struct cel_value got, want;
	struct err e;
	struct buf b;
	enum status st = cel_eval(prog, &act, &r->arena, &got, &e);
	buf_init_arena(&b, &r->arena, 4096);
	if (st == ST_OK)
		cel_value_text(got, &b);
	if (json_object_get(c, "error") != NULL || json_object_get(c, "unknown") != NULL)
		return st != ST_OK || fail(r, "no error, but ", buf_view(&b));
	if (st != ST_OK)
		return fail(r, "error: ", str_of(e.text));
	if (!read_value(r, json_object_get(c, "expect"), &want))
		return fail(r, "cannot read what is expected", STR(""));
	return same(got, want) || fail(r, "got ", buf_view(&b));
}

static bool run_case(struct run *r, json_t *c)
{
	struct cel_prog *prog;
	struct cel_problem p;
	struct cel_options o = {
		.dynamic = json_is_true(json_object_get(c, "disable_check")),
		.no_macros = json_is_true(json_object_get(c, "disable_macros")),
	};
	r->env = (struct cel_env){.decls = r->decls,
				  .funcs = r->funcs,
				  .container = text_of(json_object_get(c, "container"))};
	read_funcs(r, json_object_get(c, "funcs"));
	if (!read_vars(r, json_object_get(c, "vars"), json_object_get(c, "bindings")))
		return false;
	struct str source = text_of(json_object_get(c, "expr"));
	enum status st = cel_compile(&r->env, source, o, &r->arena, &prog, &p);
	if (st != ST_OK)
		return json_object_get(c, "error") != NULL || fail(r, "compile: ", str_of(p.text));
	if (!check_type(r, prog, json_object_get(c, "type")))
		return false;
	return json_is_true(json_object_get(c, "check_only")) || check_value(r, prog, c);
}

static void run_line(struct run *r, const char *line, size_t n, struct tally *t)
{
	json_error_t je;
	json_t *c = json_loadb(line, n, JSON_ALLOW_NUL, &je);
	r->why[0] = '\0';
	arena_reset(&r->arena);
	if (c != NULL && run_case(r, c)) {
		t->passed++;
	} else {
		t->failed++;
		fprintf(stderr, "FAILED %s %s/%s", json_string_value(json_object_get(c, "file")),
			json_string_value(json_object_get(c, "section")),
			json_string_value(json_object_get(c, "name")));
		if (r->verbose)
			fprintf(stderr, ": %s: %s", r->why,
				json_string_value(json_object_get(c, "expr")));
		fprintf(stderr, "\n");
	}
	json_decref(c);
}

static void run_file(struct run *r, const char *path, struct tally *t)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	if (f == NULL) {
		fprintf(stderr, "FAILED %s: cannot be read\n", path);
		t->failed++;
		return;
	}
	while ((n = getline(&line, &cap, f)) > 0)
		if (n > 1)
			run_line(r, line, (size_t)n, t);
	free(line);
	fclose(f);
}

void suite_cel(int argc, char **argv, struct tally *t)
{
	static const char *const shipped[] = {"tests/conformance/cases/cel_core.jsonl",
					      "tests/conformance/cases/cel_more.jsonl"};
	struct run *r = mem_alloc(sizeof *r);
	bool any = false;
	arena_init(&r->arena, CASE_BYTES_MAX);
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "-v") == 0) {
			r->verbose = true;
			continue;
		}
		run_file(r, argv[i], t);
		any = true;
	}
	for (size_t i = 0; !any && i < sizeof shipped / sizeof shipped[0]; i++)
		run_file(r, shipped[i], t);
	arena_finish(&r->arena);
	mem_free(r);
}
