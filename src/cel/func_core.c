/* SPDX-License-Identifier: Apache-2.0
 * func_core.c: the functions every expression may use: size, type, dyn, and tests on strings. */
#include "cel/text.h"

static struct cel_value size(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)n;
	if (v[0].kind != CEL_STRING)
		return cel_of_int(v[0].n);
	return cel_charge(r, v[0].n / 64) ? cel_of_int((int64_t)text_size(cel_str(v[0])))
					  : cel_fail_budget();
}

static struct cel_value type(struct cel_run *r, const struct cel_value *v, size_t n)
{
	const char *name = value_type_name(v[0]);
	(void)r;
	(void)n;
	return (struct cel_value){.kind = CEL_TYPE, .n = (uint32_t)strlen(name), .p = name};
}

static struct cel_value dyn(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	return v[0];
}

static struct cel_value contains(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)n;
	if (!cel_charge(r, text_search_steps(v[0].n, v[1].n)))
		return cel_fail_budget();
	if (v[1].n == 0)
		return cel_of_bool(true);
	return cel_of_bool(str_find(cel_str(v[0]), cel_str(v[1])) < v[0].n);
}

static struct cel_value starts_with(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	return cel_of_bool(str_starts(cel_str(v[0]), cel_str(v[1])));
}

static struct cel_value ends_with(struct cel_run *r, const struct cel_value *v, size_t n)
{
	(void)r;
	(void)n;
	return cel_of_bool(str_ends(cel_str(v[0]), cel_str(v[1])));
}

/* A pattern that is not constant is compiled where it is used. */
static struct cel_value matches(struct cel_run *r, const struct cel_value *v, size_t n)
{
	const char *why;
	(void)n;
	if (!cel_charge(r, 50 + v[1].n))
		return cel_fail_budget();
	const struct regexp *re = regexp_compile(cel_str(v[1]), r->scratch, &why);
	return re != NULL ? regexp_match(r, re, cel_str(v[0])) : cel_fail(why);
}

const struct cel_func func_core[] = {
	{"size", "(string) int", size},
	{"size", "(bytes) int", size},
	{"size", "(list(A)) int", size},
	{"size", "(map(A,B)) int", size},
	{"size", "string.() int", size},
	{"size", "bytes.() int", size},
	{"size", "list(A).() int", size},
	{"size", "map(A,B).() int", size},
	{"type", "(A) type", type},
	{"dyn", "(A) dyn", dyn},
	{"contains", "string.(string) bool", contains},
	{"startsWith", "string.(string) bool", starts_with},
	{"endsWith", "string.(string) bool", ends_with},
	{"matches", "string.(string) bool", matches},
	{"matches", "(string,string) bool", matches},
	{NULL, NULL, NULL},
};
