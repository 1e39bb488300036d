/* SPDX-License-Identifier: Apache-2.0
 * check.h: between check.c (names and shapes), overload.c (which function) and suggest.c.
 */
#ifndef CEL_CHECK_H
#define CEL_CHECK_H

#include "cel/node.h"
#include "cel/type.h"

struct scope {
	struct str name;
	uint32_t slot;
	const struct cel_type *type;
	const struct scope *outer;
};

struct checker {
	struct compile *c;
	struct typing types;
	const struct scope *scope;
	uint32_t locals; /* in scope now */
};

/* Notes a problem, or in a dynamic program forgives it. True: go on, the type is dyn, so that what
 * follows from it is no problem of its own. */
bool check_fail(struct checker *k, struct node *x, enum cel_problem_code code, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
/* The same, pointing at the name of x alone. */
bool check_fail_name(struct checker *k, struct node *x, const char *fmt, ...) PRINTF_LIKE(3, 4);
bool check_node(struct checker *k, struct node *x);

/* overload.c: the argument types are known; sets the type and the candidates. */
bool check_op(struct checker *k, struct node *x);
bool check_call(struct checker *k, struct node *x);
/* Whether a function of this name exists (member: called behind a dot). */
bool function_exists(const struct cel_env *env, struct str name, bool member);
typedef bool function_visit(void *ctx, const struct cel_func *f); /* false stops */
void functions_each(const struct cel_env *env, function_visit *visit, void *ctx);

/* Calls `visit` with com.example.name, com.name, name until it returns true. */
typedef bool name_visit(void *ctx, struct str name);
bool names_each(struct checker *k, struct str name, bool rooted, name_visit *visit, void *ctx);

/* suggest.c: the nearest declared name, as the suggestion of the problem just noted. `of`: only
 * fields of this object. In a dynamic program nothing is noted, and nothing suggested. */
void suggest_name(struct checker *k, struct str name, const struct cel_object *of);
void suggest_function(struct checker *k, struct str name);

#endif
