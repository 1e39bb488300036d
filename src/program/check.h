/* SPDX-License-Identifier: Apache-2.0
 * check.h: does the tree have the form the schema asks for? And reading values that passed;
 * inside the room only.
 */
#ifndef PROGRAM_CHECK_H
#define PROGRAM_CHECK_H

#include "program/schema.h"
#include "program/yaml.h"

/* Walks tree and table side by side; what is wrong goes on the list and is marked bad. */
void check_tree(struct ynode *root, struct problems *ps);
/* One scalar against its row; `under` is the key it stands under, for messages. */
void check_value(struct ynode *n, const struct schema_type *t, struct str under,
		 struct problems *ps);
/* "`fit:`", or "the program" for the root. */
struct str check_section(struct str under, struct arena *a);

/* ---- single values (check_value.c, check_when.c) ---- */
struct value { /* one scalar in hand */
	struct ynode *node;
	const struct schema_type *type;
	struct str text, under;
	struct problems *ps;
	struct arena *arena;
};
/* A problem at the value, which is marked bad. */
struct program_problem *value_refuse(struct value *v, enum program_code code);
struct str value_duration_meant(struct value *v); /* "14 days" -> 14d; empty: no idea */
void check_span(struct value *v);
void check_clock(struct value *v);
void check_date(struct value *v);
void check_zone(struct value *v);
void check_url(struct value *v);
void check_reentry(struct value *v);

/* ---- values; false (or empty) when absent or bad ---- */
bool value_number(const struct ynode *n, double *out_r);
bool value_share(const struct ynode *n, double *out_r);
bool value_duration(const struct ynode *n, int64_t *us_r);
bool value_bool(const struct ynode *n, bool *out_r);
bool value_count(const struct ynode *n, unsigned *out_r);
bool value_span(const struct ynode *n, int64_t *min_r, int64_t *max_r);
bool value_clock(const struct ynode *n, int *minutes_r);
bool value_date(const struct ynode *n, int32_t *days_r);
bool value_reentry(const struct ynode *n, int *kind_r, int64_t *us_r); /* enum reentry */
struct str value_text(const struct ynode *n);
/* Index in a NULL-terminated list of words, or -1. */
int value_word(const struct ynode *n, const char *const *words);

/* ---- countries (countries.c) ---- */
bool country_known(struct str code); /* ISO 3166-1 alpha-2, capitals */
/* The code somebody meant: "de", "UK", "Germany"; empty: no idea. */
struct str country_meant(struct str text);
/* Countries of a built-in region; NULL: no such region. */
const struct str *region_countries(struct str name, size_t *n_r);
/* The i-th built-in region's name; empty behind the last. */
struct str region_name(size_t i);

#endif
