/* SPDX-License-Identifier: Apache-2.0
 * str.h: a borrowed run of bytes. Never owns, never NUL-terminated by promise.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p; /* may be NULL only when n == 0 */
	size_t n;      /* bytes */
};

#define STR(lit) ((struct str){"" lit, sizeof(lit) - 1})
#define STR_NULL ((struct str){NULL, 0})
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

static inline struct str str_of(const char *z)
{
	return (struct str){z, z ? strlen(z) : 0};
}
static inline struct str str_n(const char *p, size_t n)
{
	return (struct str){p, n};
}
static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || (*a.p == *b.p && memcmp(a.p, b.p, a.n) == 0));
}
static inline bool str_is(struct str a, const char *z)
{
	return str_eq(a, str_of(z));
}
static inline bool str_empty(struct str a)
{
	return a.n == 0;
}

bool str_eq_nocase(struct str a, struct str b); /* ASCII only */
int str_cmp(struct str a, struct str b);        /* bytewise, like memcmp then length */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
struct str str_trim(struct str s);                          /* ASCII white space off both ends */
struct str str_slice(struct str s, size_t from, size_t to); /* clamped to s */
/* The start of s, at most so many bytes, without half a UTF-8 character at its end. */
struct str str_upto(struct str s, size_t bytes_max);
/* First index of the byte or run, or s.n when absent. */
size_t str_find_byte(struct str s, char c);
size_t str_find(struct str s, struct str needle);
/* Cuts at the first `sep`: returns what is before it, moves *rest behind it.
 * Without a separator everything is returned and *rest is left empty with p == NULL. */
struct str str_cut(struct str *rest, char sep);
bool str_to_i64(struct str s, int64_t *out_r); /* whole string, decimal, no white space */
bool str_to_u64(struct str s, uint64_t *out_r);
#define STR_F64_MAX 64                        /* so many bytes and more are no number */
bool str_to_f64(struct str s, double *out_r); /* JSON number grammar; finite only; locale-free */
bool str_utf8_valid(struct str s);            /* RFC 3629: no overlong, no surrogates */
/* How many bytes s begins with that are themselves between JSON's quotes: ASCII, no control
 * character, no quote, no backslash. */
size_t str_plain_run(struct str s);
/* Damerau-Levenshtein (restricted), both sides cut to 64 bytes: for "did you mean". */
unsigned str_distance(struct str a, struct str b);

#endif
