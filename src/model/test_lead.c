/* SPDX-License-Identifier: Apache-2.0
 * test_lead.c: a lead's row comes back as it was, whatever was in it, and damage is noticed. */
#include "model/test_help.h"

#include <math.h>

#include "model/lead.h"

static void assert_same(const struct lead *a, const struct lead *b)
{
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->account, b->account);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->persona, b->persona);
	assert_int_equal(a->events_n, b->events_n);
	assert_int_equal(a->chunks_n, b->chunks_n);
	assert_int_equal(a->created_us, b->created_us);
	assert_int_equal(a->active_us, b->active_us);
	assert_int_equal(a->alarm_us, b->alarm_us);
	assert_int_equal(a->ttl_us, b->ttl_us);
	assert_int_equal(a->fit_mask, b->fit_mask);
	assert_true(same_double(a->entry_points, b->entry_points));
	assert_int_equal(a->entry, b->entry);
	assert_true(same_double(a->fit, b->fit));
	assert_true(same_double(a->engagement, b->engagement));
	assert_true(same_double(a->score, b->score));
	assert_int_equal(a->scored_us, b->scored_us);
	assert_int_equal(a->tier, b->tier);
	assert_int_equal(a->tier_since_us, b->tier_since_us);
	assert_int_equal(a->cells_n, b->cells_n);
	for (size_t i = 0; i < a->cells_n; i++) {
		assert_int_equal(a->cells[i].key, b->cells[i].key);
		assert_true(same_double(a->cells[i].value, b->cells[i].value));
		assert_int_equal(a->cells[i].at_us, b->cells[i].at_us);
		assert_true(str_eq(a->cells[i].bytes, b->cells[i].bytes));
	}
	assert_int_equal(a->tail_n, b->tail_n);
	for (size_t i = 0; i < a->tail_n; i++) {
		assert_int_equal(a->tail[i].seq, b->tail[i].seq);
		assert_int_equal(a->tail[i].occurred_us, b->tail[i].occurred_us);
		assert_int_equal(a->tail[i].type_no, b->tail[i].type_no);
		assert_int_equal(a->tail[i].flags, b->tail[i].flags);
		assert_true(same_double(a->tail[i].points, b->tail[i].points));
	}
}

static const double odd_doubles[] = {0.0,  -0.0, 0.01,  -12.34,  1e300, -1e-300,         0.1 + 0.2,
				     1e13, 1e12, 100.0, 1.0 / 3, 25.0,  (double)INFINITY};

static double random_double(struct rng *r)
{
	switch (rng_below(r, 4)) {
	case 0: return odd_doubles[rng_below(r, sizeof odd_doubles / sizeof odd_doubles[0])];
	case 1: return (double)rng_below(r, 10000) / 100.0;
	case 2: return rng_unit(r);
	default: return (double)NAN;
	}
}

static void random_lead(struct rng *r, struct lead *l)
{
	lead_init(l, rng_u64(r), random_time(r));
	l->account = random_wide(r);
	l->flags = (uint32_t)rng_below(r, 32);
	l->persona = (uint32_t)rng_below(r, 4);
	l->events_n = (uint32_t)random_wide(r);
	l->chunks_n = (uint32_t)rng_below(r, 3);
	l->active_us = random_time(r);
	l->alarm_us = random_time(r);
	l->ttl_us = random_time(r);
	l->fit_mask = random_wide(r);
	l->entry_points = random_double(r);
	l->entry = (uint32_t)random_wide(r);
	l->fit = random_double(r);
	l->engagement = random_double(r);
	l->score = random_double(r);
	l->scored_us = random_time(r);
	l->tier = (enum tier)rng_below(r, TIER_COUNT);
	l->tier_since_us = random_time(r);
	size_t cells = (size_t)rng_below(r, rng_below(r, 8) ? 20 : LEAD_CELLS_MAX + 1);
	for (size_t i = 0; i < cells; i++) {
		struct cell *c = lead_cell_add(l, (uint32_t)rng_u64(r), &arena);
		assert_non_null(c);
		c->value = random_double(r);
		c->at_us = random_time(r);
		c->bytes = rng_below(r, 3) ? STR_NULL : random_text(r, LEAD_CELL_BYTES_MAX);
	}
	l->tail_n = (size_t)rng_below(r, LEAD_TAIL_MAX + 1);
	for (size_t i = 0; i < l->tail_n; i++)
		l->tail[i] = (struct lead_entry){random_wide(r), random_time(r),
						 (uint32_t)random_wide(r),
						 (uint32_t)rng_below(r, 32), random_double(r)};
}

static void test_round_trip(void **state)
{
	struct rng r;
	(void)state;
	rng_seed(&r, 7);
	for (int i = 0; i < 2000; i++) {
		struct lead a, b;
		struct buf text;
		arena_reset(&arena);
		random_lead(&r, &a);
		buf_init(&text, ROW_MAX);
		lead_encode(&a, &text);
		assert_true(buf_ok(&text));
		assert_int_equal(lead_decode(a.id, buf_view(&text), &arena, &b, NULL), ST_OK);
		assert_same(&a, &b);
		buf_finish(&text);
	}
}

static void test_small(void **state)
{
	struct lead l;
	struct buf text;
	(void)state;
	lead_init(&l, 1, INT64_C(1795000000000000));
	buf_init(&text, ROW_MAX);
	lead_encode(&l, &text);
	assert_in_range(text.n, 10, 40); /* a new lead costs next to nothing */
	buf_finish(&text);
}

static enum status reads(struct str row, struct err *e)
{
	struct lead l;
	enum status st = lead_decode(1, row, &arena, &l, e);
	if (st == ST_OK) {
		assert_true(l.cells_n <= LEAD_CELLS_MAX && l.tail_n <= LEAD_TAIL_MAX);
		assert_true(l.tier < TIER_COUNT);
	}
	return st;
}

static void test_damage(void **state)
{
	struct rng r;
	struct lead a;
	struct buf text;
	(void)state;
	rng_seed(&r, 11);
	random_lead(&r, &a);
	buf_init(&text, ROW_MAX);
	lead_encode(&a, &text);
	check_damage(&text, "lead 1", reads);
	buf_finish(&text);
}

static void test_cells_sorted(void **state)
{
	struct rng r;
	struct lead l;
	(void)state;
	rng_seed(&r, 3);
	lead_init(&l, 1, 0);
	for (int i = 0; i < 5000; i++) {
		uint32_t key = (uint32_t)rng_below(&r, 400);
		if (rng_below(&r, 3) == 0) {
			lead_cell_drop(&l, key);
			assert_null(lead_cell(&l, key));
			continue;
		}
		struct cell *c = lead_cell_add(&l, key, &arena);
		if (l.cells_n == LEAD_CELLS_MAX && c == NULL)
			continue;
		assert_ptr_equal(c, lead_cell_get(&l, key));
		for (size_t k = 1; k < l.cells_n; k++)
			assert_true(l.cells[k - 1].key < l.cells[k].key);
	}
}

static void test_cells_ceiling(void **state)
{
	struct lead l;
	(void)state;
	lead_init(&l, 1, 0);
	for (uint32_t k = 0; k < LEAD_CELLS_MAX; k++)
		assert_non_null(lead_cell_add(&l, k, &arena));
	assert_null(lead_cell_add(&l, 9999, &arena));
	assert_non_null(lead_cell_add(&l, 17, &arena));
}

static void test_remember(void **state)
{
	struct lead l;
	struct buf spill;
	struct lead_entry *got;
	size_t n;
	(void)state;
	lead_init(&l, 1, 0);
	buf_init(&spill, 4096);
	for (uint64_t seq = 1; seq <= 2 * LEAD_TAIL_MAX + 3; seq++) {
		struct lead_entry x = {.seq = seq,
				       .occurred_us = (int64_t)(seq * 1000),
				       .type_no = 3,
				       .points = 2.5};
		bool spilt = lead_remember(&l, &x, &spill);
		assert_int_equal(spilt, seq == LEAD_TAIL_MAX + 1 || seq == 2 * LEAD_TAIL_MAX + 1);
		if (!spilt)
			continue;
		assert_int_equal(lead_entries_decode(buf_view(&spill), &arena, &got, &n, NULL),
				 ST_OK);
		assert_int_equal(n, LEAD_TAIL_MAX);
		assert_int_equal(got[n - 1].seq, seq - 1);
		assert_int_equal(got[0].seq, seq - LEAD_TAIL_MAX);
		assert_true(same_double(got[0].points, 2.5));
		buf_reset(&spill);
	}
	assert_int_equal(l.chunks_n, 2);
	assert_int_equal(l.tail_n, 3);
	assert_int_equal(l.tail[2].seq, 2 * LEAD_TAIL_MAX + 3);
	assert_int_equal(lead_entries_decode(STR("\1\30"), &arena, &got, &n, NULL), ST_CORRUPT);
	assert_int_equal(lead_entries_decode(STR_NULL, &arena, &got, &n, NULL), ST_CORRUPT);
	buf_finish(&spill);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_small, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cells_sorted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cells_ceiling, setup, teardown),
		cmocka_unit_test_setup_teardown(test_remember, setup, teardown),
	};
	return cmocka_run_group_tests_name("lead", tests, NULL, NULL);
}
