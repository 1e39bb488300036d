/* SPDX-License-Identifier: Apache-2.0
 * cluster.c: rows of one lead, added up before anybody speaks of chance: a lead that answers once
 * answers again, and a hundred of its rows are not a hundred people. */
#include "base/assert.h"
#include "base/map.h"
#include "evaluate/evaluate.h"
#include "evaluate/terms.h"

#include <math.h>

#define Z95 1.959963984540054

/* The place of each row's cluster, in order of first appearance; how many there are. */
static size_t places_of(const struct evaluate_row *rows, size_t n, uint32_t *place)
{
	struct u64map seen;
	uint64_t count = 0;
	u64map_init(&seen, n);
	for (size_t i = 0; i < n; i++) {
		uint64_t at = count;
		if (!u64map_get(&seen, rows[i].cluster, &at))
			ASSERT(u64map_put(&seen, rows[i].cluster, count++));
		place[i] = (uint32_t)at;
	}
	u64map_finish(&seen);
	return count;
}

static enum status too_small(size_t n, struct err *e)
{
	return err_set(e, ST_LIMIT, "%zu rows are more than the memory set aside for them", n);
}

enum status evaluate_clusters(const struct evaluate_rows *rows, enum evaluate_kind k, double param,
			      struct arena *a, struct evaluate_clusters *out, struct err *e)
{
	ASSERT(k != EVALUATE_SNDR); /* no ratio of two sums */
	uint32_t *place = ARENA_ARRAY(a, uint32_t, rows->n);
	if (place == NULL || rows->n >= UINT32_MAX)
		return too_small(rows->n, e);
	size_t count = places_of(rows->list, rows->n, place);
	struct evaluate_cluster *c = ARENA_ARRAY(a, struct evaluate_cluster, count);
	if (c == NULL)
		return too_small(rows->n, e);
	for (size_t i = 0; i < rows->n; i++) {
		struct evaluate_term t = evaluate_term(&rows->list[i], k, param);
		c[place[i]].num += t.num;
		c[place[i]].den += t.den;
	}
	*out = (struct evaluate_clusters){c, count};
	return ST_OK;
}

enum status evaluate_difference(const struct evaluate_rows *rows_a,
				const struct evaluate_rows *rows_b, enum evaluate_kind k,
				struct arena *arena, struct evaluate_value *out, struct err *e)
{
	const struct evaluate_row *a = rows_a->list, *b = rows_b->list;
	size_t n = rows_a->n;
	ASSERT(n == rows_b->n);
	struct evaluate_sums sa = evaluate_sums(a, n, k, 0), sb = evaluate_sums(b, n, k, 0);
	struct arena_mark mark = arena_mark(arena);
	uint32_t *place = ARENA_ARRAY(arena, uint32_t, n);
	if (place == NULL || n >= UINT32_MAX)
		return too_small(n, e);
	size_t count = places_of(a, n, place);
	double *pull = ARENA_ARRAY(arena, double, count), squares = 0;
	if (pull == NULL)
		return too_small(n, e);
	for (size_t i = 0; i < n; i++) {
		struct evaluate_term ta = evaluate_term(&a[i], k, 0);
		struct evaluate_term tb = evaluate_term(&b[i], k, 0);
		pull[place[i]] += evaluate_pull(&sa, &ta) - evaluate_pull(&sb, &tb);
	}
	for (size_t i = 0; i < count; i++)
		squares += pull[i] * pull[i];
	double of = (double)count, v = sa.plus + sa.ratio - sb.plus - sb.ratio;
	double half = count > 1 ? Z95 * sqrt(squares * of / (of - 1)) / (double)n : HUGE_VAL;
	*out = (struct evaluate_value){v, v - half, v + half};
	arena_rewind(arena, mark);
	return ST_OK;
}
