/* SPDX-License-Identifier: Apache-2.0
 * test_help.h: what the tests of the codecs share: an arena per test, and values that are odd.
 */
#ifndef MODEL_TEST_HELP_H
#define MODEL_TEST_HELP_H

#include "base/test.h"

#include "base/arena.h"
#include "base/random.h"
#include "base/status.h"
#include "base/time.h"

#define ROW_MAX (1u << 20)

static struct arena arena;

static inline int setup(void **state)
{
	(void)state;
	arena_init(&arena, 8u << 20);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	arena_finish(&arena);
	return 0;
}

static inline int64_t random_time(struct rng *r)
{
	static const int64_t odd[] = {TIME_NONE, INT64_MAX, INT64_MIN + 1,    0,
				      -1,        1,         1795000000000000, -62135596800000000};
	if (rng_below(r, 4) == 0)
		return odd[rng_below(r, COUNT_OF(odd))];
	return INT64_C(1700000000000000) + (int64_t)(rng_u64(r) >> (20 + rng_below(r, 40)));
}

static inline uint64_t random_wide(struct rng *r)
{
	return rng_u64(r) >> rng_below(r, 64);
}

/* Any bytes, NUL among them; often none. */
static inline struct str random_text(struct rng *r, size_t bytes_max)
{
	size_t n = rng_below(r, 3) ? (size_t)rng_below(r, 20) : (size_t)rng_below(r, bytes_max + 1);
	char *p = n ? arena_alloc(&arena, n) : NULL;
	for (size_t i = 0; i < n; i++)
		p[i] = (char)rng_u64(r);
	return str_n(p, n);
}

static inline bool same_double(double a, double b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

/* Hands every cut of a row, then the row with every single bit turned, to `reads`: a cut must be
 * refused, with words that name `noun`; a turned bit refused, or read within all ceilings, which
 * `reads` checks itself. */
typedef enum status row_reads(struct str row, struct err *e);
static inline void check_damage(struct buf *row, const char *noun, row_reads *reads)
{
	struct err e;
	for (size_t n = 0; n < row->n; n++) {
		assert_int_equal(reads(str_n(row->p, n), &e), ST_CORRUPT);
		assert_non_null(strstr(e.text, noun));
	}
	for (size_t bit = 0; bit < 8 * row->n && bit < 8000; bit++) {
		struct arena_mark m = arena_mark(&arena);
		row->p[bit / 8] ^= (char)(1 << bit % 8);
		enum status st = reads(buf_view(row), &e);
		assert_true(st == ST_OK || st == ST_CORRUPT);
		row->p[bit / 8] ^= (char)(1 << bit % 8);
		arena_rewind(&arena, m);
	}
}

#endif
