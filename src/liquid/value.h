/* SPDX-License-Identifier: Apache-2.0
 * value.h: what values are worth: true or false, equal, ordered, as text, and what is inside. */
#ifndef LIQUID_VALUE_H
#define LIQUID_VALUE_H

#include "liquid/liquid.h"

struct liquid_loop {
	struct str name;
	int64_t length, index; /* index from 0 */
	int64_t cols, row, col;
	bool table;
	const struct liquid_loop *parent;
};
struct liquid_named {
	struct str name;
	struct liquid_value value;
	const struct liquid_named *next;
};

static inline bool is_str(struct liquid_value v)
{
	return v.kind == LIQUID_STRING;
}
static inline struct str str_in(struct liquid_value v) /* of a string */
{
	return (struct str){v.p, v.n};
}
static inline bool truthy(struct liquid_value v)
{
	return v.kind != LIQUID_NIL && (v.kind != LIQUID_BOOL || v.b);
}
static inline bool is_map(struct liquid_value v)
{
	return v.kind == LIQUID_JSON && json_type(v.doc, v.n) == JSON_OBJECT;
}
static inline bool is_list(struct liquid_value v) /* what the reference calls an Array */
{
	return v.kind == LIQUID_ARRAY ||
	       (v.kind == LIQUID_JSON && json_type(v.doc, v.n) == JSON_ARRAY);
}
static inline bool val_lost(struct liquid_value v) /* nil only because memory ran out */
{
	return v.kind == LIQUID_NIL && v.n != 0;
}
static inline struct liquid_value loop_value(const struct liquid_loop *l)
{
	return (struct liquid_value){.kind = LIQUID_LOOP, .loop = l};
}

bool val_empty(struct liquid_value v); /* == empty */
bool val_blank(struct liquid_value v); /* == blank */
bool val_equal(struct liquid_value a, struct liquid_value b, struct arena *a_);
/* Equal and of one kind: 1 and 1.0 are two values to uniq and cycle. */
bool val_same(struct liquid_value a, struct liquid_value b, struct arena *a_);
/* -1, 0, 1; false: they have no order. */
bool val_order(struct liquid_value a, struct liquid_value b, struct arena *a_, int *out_r);
bool val_contains(struct liquid_value v, struct liquid_value item, struct arena *a);

/* Members, items, size. */
struct liquid_value val_member(struct liquid_value v, struct str key, struct arena *a);
/* a[key] of a path; `command`: size, first and last may mean themselves. */
struct liquid_value val_step(struct liquid_value v, struct liquid_value key, bool command,
			     struct arena *a);
bool val_size(struct liquid_value v, int64_t *out_r); /* false: it has none */
struct liquid_value val_first(struct liquid_value v, struct arena *a);
struct liquid_value val_last(struct liquid_value v, struct arena *a);

/* Items of a list, a range or the pairs of an object, in memory. *count_r is 0 for anything else.
 * False: the arena is full, or a range is longer than items_max. */
bool val_items(struct liquid_value v, struct arena *a, size_t items_max,
	       struct liquid_value *out_r);

/* As text: what {{ }} prints, but lists as the reference's filters see them: ["a", 1]. */
void val_text(struct liquid_value v, struct arena *a, struct buf *out);
/* The same as a string; borrowed when it is one. p NULL: the arena is full. */
struct str val_str(struct liquid_value v, struct arena *a);
/* What the reference calls the type in messages: "String", or 5 for an integer. */
void val_type_text(struct liquid_value v, bool with_value, struct buf *out);

#endif
