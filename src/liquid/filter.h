/* SPDX-License-Identifier: Apache-2.0
 * filter.h: a filter is a row of a table and a function. */
#ifndef LIQUID_FILTER_H
#define LIQUID_FILTER_H

#include "liquid/run.h"

#define CALL_ARGS_MAX 18

/* args[0] is the input; named arguments come last, as one LIQUID_NAMED. */
struct call {
	struct run *run;
	const struct filter_call *site;
	uint32_t at;
	unsigned n;
	struct liquid_value args[CALL_ARGS_MAX];
};
typedef enum status filter_fn(struct call *c, struct liquid_value *out_r);
struct filter {
	const char *name;
	uint8_t args_min, args_max; /* without the input */
	filter_fn *fn;
	const char *usage; /* for messages */
};
extern const struct filter filters[];
extern const size_t filter_count;
const struct filter *filter_named(struct str name); /* NULL: none */

/* Helpers of the filters. Those that return false have set the problem. */
enum status call_fail(struct call *c, const char *fmt, ...) PRINTF_LIKE(2, 3);
enum status call_ended(const struct call *c); /* the status of the problem that was set */
bool call_text(struct call *c, unsigned i, struct str *out_r); /* STR("") when absent */
bool call_integer(struct call *c, unsigned i, int64_t *out_r);
bool call_charge(struct call *c, uint64_t n);
/* The items of the input, lists in it flattened; a single value is a list of one. */
bool call_items(struct call *c, unsigned i, struct liquid_value *out_r);
bool call_list(struct call *c, size_t n, struct liquid_value **items_r); /* room for n values */
/* A buffer for the result, and the result from it. */
void call_buf(struct call *c, struct buf *b);
enum status call_done(struct call *c, const struct buf *b, bool safe, struct liquid_value *out_r);

/* filter_text.c */
filter_fn filter_append, filter_prepend, filter_capitalize, filter_upcase, filter_downcase,
	filter_replace, filter_replace_first, filter_replace_last, filter_remove,
	filter_remove_first, filter_remove_last, filter_slice, filter_split, filter_squish,
	filter_strip, filter_lstrip, filter_rstrip, filter_strip_newlines, filter_truncate,
	filter_truncatewords;
/* filter_html.c */
filter_fn filter_escape, filter_escape_once, filter_newline_to_br, filter_strip_html, filter_raw,
	filter_url_encode, filter_url_decode, filter_base64_encode, filter_base64_decode,
	filter_base64_url_encode, filter_base64_url_decode;
/* filter_math.c */
filter_fn filter_abs, filter_ceil, filter_floor, filter_round, filter_plus, filter_minus,
	filter_times, filter_divided_by, filter_modulo, filter_at_least, filter_at_most;
/* filter_list.c */
filter_fn filter_compact, filter_concat, filter_first, filter_last, filter_join, filter_map,
	filter_reverse, filter_size, filter_sort, filter_sort_natural, filter_sum, filter_uniq,
	filter_default;
/* filter_where.c */
filter_fn filter_where, filter_reject, filter_has, filter_find, filter_find_index;
/* filter_date.c */
filter_fn filter_date;

/* item[property] as the reference does it for hashes, texts and numbers. */
enum member_end { MEMBER_OK, MEMBER_NOT_HERE /* it has no members */, MEMBER_WRONG };
enum member_end call_member(struct call *c, struct liquid_value item, struct liquid_value property,
			    struct liquid_value *out_r);
enum status call_wrong_property(struct call *c, struct liquid_value property);
void liquid_html(struct str s, struct buf *out);

#endif
