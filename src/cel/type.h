/* SPDX-License-Identifier: Apache-2.0
 * type.h: types with parameters, and their unification, for the checker.
 */
#ifndef CEL_TYPE_H
#define CEL_TYPE_H

#include "cel/cel.h"

/* Type parameters made so far and what they are bound to. Bindings are undone by mark. */
struct typing {
	struct arena *arena;
	const struct cel_type **bound;
	uint32_t count, cap;
	struct {
		uint32_t param;
		const struct cel_type *was;
	} trail[256];
	uint32_t trail_n;
	uint32_t work; /* types are shared, so small text can have a huge type: bounded */
	bool full;     /* ran out of memory, trail or work: the check fails as too large */
};

/* A function signature with parameters of its own. */
struct sig {
	const struct cel_type *args[4];
	const struct cel_type *result;
	uint32_t n;
	bool member;
};

const struct cel_type *type_fresh(struct typing *t);
const struct cel_type *type_list(struct typing *t, const struct cel_type *elem);
const struct cel_type *type_map(struct typing *t, const struct cel_type *key,
				const struct cel_type *elem);
const struct cel_type *type_optional(struct typing *t, const struct cel_type *elem);
/* What t stands for: follows bound parameters at the top. */
const struct cel_type *type_of(const struct typing *t, const struct cel_type *x);
/* Without parameters: bound ones replaced, free ones dyn. */
const struct cel_type *type_final(struct typing *t, const struct cel_type *x);
/* Whether a value of `actual` may stand where `formal` is asked for. Binds parameters. */
bool type_assignable(struct typing *t, const struct cel_type *formal,
		     const struct cel_type *actual);
/* The element type of an aggregate that holds both: dyn when they do not agree. */
const struct cel_type *type_join(struct typing *t, const struct cel_type *a,
				 const struct cel_type *b);
uint32_t type_mark(const struct typing *t);
void type_undo(struct typing *t, uint32_t mark);
void type_commit(struct typing *t); /* nothing before this is undone any more */
/* Parses "string.(int) bool"; capital letters are parameters. False: no signature. */
bool sig_parse(struct typing *t, const char *text, struct sig *out_r);
/* Bits of the kinds a value of this type may have at run time. */
uint32_t type_kinds(const struct cel_type *t);

extern const struct cel_type cel_type_type, cel_optional_dyn;

#endif
