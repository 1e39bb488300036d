/* SPDX-License-Identifier: Apache-2.0
 * value.h: what the evaluator and the functions do with values.
 */
#ifndef CEL_VALUE_H
#define CEL_VALUE_H

#include "cel/node.h"

enum order { ORDER_LESS, ORDER_EQUAL, ORDER_GREATER, ORDER_NONE /* NaN, or no common line */ };

static inline bool value_is_number(struct cel_value v)
{
	return v.kind >= CEL_INT && v.kind <= CEL_DOUBLE;
}
enum order value_order(struct cel_value a, struct cel_value b);
/* Whether the two kinds can be ordered at all; NaN can, though no number is before it. */
bool value_ordered(struct cel_value a, struct cel_value b);
/* CEL equality into *eq_r; false: the budget is used up. */
bool value_equal(struct cel_run *r, struct cel_value a, struct cel_value b, bool *eq_r);
/* The entry of a map; *found_r false when it has none. False: the budget is used up. */
bool value_get(struct cel_run *r, struct cel_value map, struct cel_value key, bool *found_r,
	       struct cel_value *out_r);
/* The i-th entry of a map or list (its key is then the index). value_r may be NULL. */
void value_at(struct cel_run *r, struct cel_value of, uint32_t i, struct cel_value *key_r,
	      struct cel_value *value_r);
const char *value_type_name(struct cel_value v);
static inline struct cel_value value_optional(const struct cel_value *inside)
{
	return (struct cel_value){.kind = CEL_OPTIONAL, .n = inside != NULL, .list = inside};
}
/* optional.of(v), on scratch. */
struct cel_value value_some(struct cel_run *r, struct cel_value v);
struct cel_value value_none(void);

/* Scratch memory, counted against the budget; NULL: return cel_fail_budget(). */
void *run_alloc(struct cel_run *r, size_t bytes);
struct cel_value run_string(struct cel_run *r, struct str s, uint8_t kind); /* copies */

/* Duration and timestamp arithmetic with range checks; func_time.c. */
struct cel_value time_add(struct cel_value at, int64_t ns);
struct cel_value time_diff(struct cel_value a, struct cel_value b);
bool time_in_range(int64_t seconds);
void time_text(struct cel_value at, struct buf *out);
void duration_text(int64_t ns, struct buf *out);
/* Shortest decimal, without exponent when plain. */
void double_text(double d, bool plain, struct buf *out);

/* regexp.c */
struct regexp;
const struct regexp *regexp_compile(struct str pattern, struct arena *a, const char **why_r);
struct cel_value regexp_match(struct cel_run *r, const struct regexp *re, struct str subject);

/* The tables of functions, one per file. Each ends with a row without a name. */
extern const struct cel_func func_core[], func_convert[], func_time[], func_string[], func_text[],
	func_format[], func_math[], func_optional[], func_encode[];

#endif
