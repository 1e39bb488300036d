/* SPDX-License-Identifier: Apache-2.0
 * test_kept.c: decisions and outcomes are kept as long as the program says, no longer, whatever
 * the program said before; and a replay keeps the same. */
#include "engine/kept.h"

#include "engine/test_learning.h"

#define HOURS_LATE (2 * US_PER_H) /* K3 */

static size_t rows(struct world *w, enum table t)
{
	size_t n = 0;
	struct err e;
	assert_int_equal(store_scan(w->store, t, SCAN_ALL, world_count, &n, &e), ST_OK);
	return n;
}

struct age {
	struct world *w;
	int64_t oldest_us; /* of the first */
	uint64_t first;
};

static bool note_age(void *ctx, struct store_key key, struct str value)
{
	struct age *a = ctx;
	struct json d;
	struct err e;
	int64_t at;
	assert_int_equal(json_parse(value, JSON_LIMITS_EVENT, &a->w->arena, &d, &e), ST_OK);
	assert_true(time_parse(json_str(&d, json_get(&d, 0, "at"), &a->w->arena), &at));
	a->oldest_us = at;
	a->first = key.num;
	return false;
}

static struct age oldest(struct world *w)
{
	struct age a = {.w = w, .oldest_us = TIME_NONE};
	struct err e;
	assert_int_equal(store_scan(w->store, TABLE_DECISION, SCAN_ALL, note_age, &a, &e), ST_OK);
	return a;
}

static bool has_decision(void *ctx, struct store_key key, struct str value)
{
	struct world *w = ctx;
	struct str row;
	struct err e;
	(void)value;
	assert_int_equal(store_get(w->store, TABLE_DECISION, KEY_NUM(key.num), &w->arena, &row, &e),
			 ST_OK);
	return true;
}

/* Every table has the rows of the same decisions, none older than that. */
static void check(struct world *w, int64_t keep_us)
{
	struct err e;
	assert_int_equal(rows(w, TABLE_LEAD_DECISION), rows(w, TABLE_DECISION));
	assert_int_equal(store_scan(w->store, TABLE_OUTCOME, SCAN_ALL, has_decision, w, &e), ST_OK);
	assert_int_equal(store_scan(w->store, TABLE_PENDING, SCAN_ALL, has_decision, w, &e), ST_OK);
	int64_t at = oldest(w).oldest_us;
	assert_true(at == TIME_NONE || w->now_us - at <= keep_us + HOURS_LATE);
}

static void test_bounded(void **state)
{
	struct world w;
	size_t most = 0, outcomes = 0;
	(void)state;
	play_start(&w, LEARNING_PROGRAM("igw, keep: 40d"), &learning_content);
	for (unsigned i = 0; i < 70; i++) {
		learning_one(&w, i, "story");
		check(&w, 40 * US_PER_D);
		size_t n = rows(&w, TABLE_DECISION);
		most = n > most ? n : most;
		outcomes += rows(&w, TABLE_OUTCOME) > 0;
		arena_reset(&w.arena);
	}
	struct age a = oldest(&w);
	assert_true(a.first > 20); /* many were dropped */
	assert_in_range(most, 5, 80);
	assert_true(outcomes > 40);
	assert_true(w.now_us - a.oldest_us >= 37 * US_PER_D); /* K1: none too early */
	teardown(&w);
}

static void test_default_is_long(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, LEARNING_PROGRAM("igw"), &learning_content);
	for (unsigned i = 0; i < 5; i++)
		learning_one(&w, i, "story");
	size_t n = rows(&w, TABLE_DECISION);
	assert_true(n > 3);
	passes(&w, 380 * US_PER_D);
	assert_true(rows(&w, TABLE_DECISION) >= n);
	assert_int_equal(oldest(&w).first, 1);
	passes(&w, 22 * US_PER_D);
	assert_true(oldest(&w).first != 1);
	teardown(&w);
}

/* An outcome that is still awaited keeps its decision (K2). */
static void test_awaited(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, LEARNING_PROGRAM("igw, keep: 3d"), &learning_content);
	for (unsigned i = 0; i < 25; i++) {
		learning_one(&w, i, "story");
		check(&w, 32 * US_PER_D); /* annoyance counts for 30 days */
	}
	assert_true(oldest(&w).first > 3);
	assert_true(w.now_us - oldest(&w).oldest_us > 25 * US_PER_D);
	passes(&w, 40 * US_PER_D); /* the last outcomes come, and take their decisions with them */
	check(&w, 3 * US_PER_D);
	teardown(&w);
}

static void ebooks(struct world *w, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char email[64];
		(void)snprintf(email, sizeof email, "p%u@firm%u.example", w->next, w->next);
		does(w, "form.ebook", email, NULL, "{}");
		handed_n = 0;
	}
}

static void apply(struct world *w, const char *program)
{
	handed_n = 0;
	world_apply(w, program, &learning_content);
}

/* One that waits holds up nobody: what nothing is awaited of goes in its time (K2, K3). */
static void test_awaited_alone(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, LEARNING_PROGRAM("igw, keep: 3d"), &learning_content);
	ebooks(&w, 3);
	size_t awaited = rows(&w, TABLE_PENDING), all = rows(&w, TABLE_DECISION);
	assert_in_range(awaited, 1, all);
	apply(&w, LEARNING_PROGRAM("off, keep: 3d"));
	ebooks(&w, 3);
	assert_true(rows(&w, TABLE_DECISION) > all);
	apply(&w, LEARNING_PROGRAM("igw, keep: 3d"));
	assert_int_equal(rows(&w, TABLE_PENDING), awaited);
	passes(&w, 3 * US_PER_D + HOURS_LATE);
	assert_true(rows(&w, TABLE_PENDING) >= awaited);
	assert_in_range(rows(&w, TABLE_DECISION), awaited, all);
	teardown(&w);
}

/* A program that keeps for longer finds what sweeps had passed (K1), one that keeps for shorter
 * drops it again. */
static void test_longer(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, LEARNING_PROGRAM("igw, keep: 3d"), &learning_content);
	ebooks(&w, 3);
	passes(&w, 5 * US_PER_D);
	assert_int_equal(oldest(&w).first, 1);
	assert_true(rows(&w, TABLE_PENDING) > 0);
	apply(&w, LEARNING_PROGRAM("igw, keep: 300d"));
	passes(&w, 100 * US_PER_D);
	assert_int_equal(rows(&w, TABLE_PENDING), 0);
	assert_int_equal(oldest(&w).first, 1);
	apply(&w, LEARNING_PROGRAM("igw, keep: 90d"));
	passes(&w, 2 * US_PER_H);
	check(&w, 90 * US_PER_D);
	teardown(&w);
}

/* However many are due at once, in one transaction: each is looked at once. */
static void test_once(void **state)
{
	struct world w;
	enum { MANY = 10 * KEPT_BITE };
	(void)state;
	play_start(&w, LEARNING_PROGRAM("rules"), &learning_content);
	ebooks(&w, MANY);
	passes(&w, 60 * US_PER_D);
	size_t n = rows(&w, TABLE_DECISION);
	assert_true(n >= MANY);
	play_behind(&w);
	apply(&w, LEARNING_PROGRAM("rules, keep: 30d"));
	uint64_t before = store_looked(w.store);
	passes(&w, 2 * US_PER_H);
	assert_in_range(store_looked(w.store) - before, n, n + n / 4);
	assert_int_equal(rows(&w, TABLE_DECISION), 0);
	teardown(&w);
}

/* The same of all that falls due while nobody was there: outcomes and leads, in one tick. */
static void test_due_once(void **state)
{
	struct world w;
	struct engine_stats before, after;
	(void)state;
	play_start(&w, LEARNING_PROGRAM("rules"), &learning_content);
	ebooks(&w, 300);
	play_behind(&w);
	engine_stats(w.engine, &before);
	uint64_t looked = store_looked(w.store);
	passes(&w, 60 * US_PER_D);
	engine_stats(w.engine, &after);
	uint64_t fired = after.alarms - before.alarms;
	assert_true(fired > 3000);
	assert_in_range(store_looked(w.store) - looked, fired, 6 * fired);
	teardown(&w);
}

static int64_t learned_since(struct world *w)
{
	struct learned x = {.loaded = false};
	struct decide_learned *l;
	struct err e;
	assert_int_equal(learned_use(&x, w->store, 0, &l, &e), ST_OK);
	int64_t since_us = l->since_us;
	learned_forget(&x);
	return since_us;
}

/* What the learner learned from is told when the decisions are gone. */
static void test_learned_is_not_forgotten(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, LEARNING_PROGRAM("igw, keep: 3d"), &learning_content);
	assert_int_equal(learned_since(&w), TIME_NONE);
	int64_t began_us = w.now_us;
	for (unsigned i = 0; i < 5; i++)
		learning_one(&w, i, "story");
	int64_t since_us = learned_since(&w);
	assert_in_range(since_us, began_us, began_us + US_PER_D);
	passes(&w, 90 * US_PER_D);
	passes(&w, US_PER_D);
	assert_int_equal(rows(&w, TABLE_DECISION), 0);
	assert_int_equal(learned_since(&w), since_us);
	teardown(&w);
}

/* More than a bite at once, behind a program that keeps for a shorter time. */
static void test_shorter(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, LEARNING_PROGRAM("rules"), &learning_content);
	ebooks(&w, KEPT_BITE + 20);
	assert_true(rows(&w, TABLE_DECISION) > KEPT_BITE);
	passes(&w, 60 * US_PER_D);
	assert_int_equal(oldest(&w).first, 1);
	apply(&w, LEARNING_PROGRAM("rules, keep: 30d"));
	assert_int_equal(oldest(&w).first, 1); /* not in the same breath */
	passes(&w, 2 * US_PER_H);
	check(&w, 30 * US_PER_D);
	assert_int_equal(rows(&w, TABLE_DECISION), 0);
	assert_int_equal(rows(&w, TABLE_OUTCOME), 0);
	teardown(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounded), cmocka_unit_test(test_default_is_long),
		cmocka_unit_test(test_awaited), cmocka_unit_test(test_awaited_alone),
		cmocka_unit_test(test_longer),  cmocka_unit_test(test_due_once),
		cmocka_unit_test(test_once),    cmocka_unit_test(test_learned_is_not_forgotten),
		cmocka_unit_test(test_shorter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
