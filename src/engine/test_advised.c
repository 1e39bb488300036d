/* SPDX-License-Identifier: Apache-2.0
 * test_advised.c: what other senders asked, folded: learned when its time has come, gone when it is
 * over, counted as a touch; and a replay knows the same. */
#include "engine/advised.h"
#include "engine/test_play.h"

#define HEAD \
	"nurture: 1\nprogram: p\ngoal: won\nsend_as: {name: I, from: i@x.example}\n" \
	"scoring: {fit: [], engagement: {half_life: 14d, points: {page.*: 1}}, " \
	"tiers: {hot: {up: 60, down: 50}}}\n"
#define PROGRAM \
	HEAD "decisions: {d: {mode: igw, context: [plan], worth: 2, learn: 1d, within: 3d}}\n"
#define OTHER HEAD "decisions: {d: {mode: igw, context: [seats, plan], learn: 1d, within: 3d}}\n"

static void given(struct world *w, const char *id, const char *action, const char *more)
{
	char text[300];
	(void)snprintf(text, sizeof text,
		       "{\"answer\":{\"decision\":\"d\",\"id\":\"%s\",\"action\":\"%s\"},"
		       "\"context\":{\"plan\":1}%s}",
		       id, action, more);
	orders(w, "advice.given", arena_strz(&w->arena, str_of(text)), EVENT_SYSTEM);
}

static void reward(struct world *w, const char *id, double value, const char *more)
{
	char text[200];
	(void)snprintf(text, sizeof text,
		       "{\"decision\":\"d\",\"id\":\"%s\",\"kind\":\"order\",\"value\":%g%s}", id,
		       value, more);
	orders(w, "advice.reward", arena_strz(&w->arena, str_of(text)), EVENT_SYSTEM);
}

static struct advise_book *book_of(struct world *w)
{
	struct engine_book_mark mark = {.any = false};
	struct advise_book *b = NULL;
	struct err e;
	assert_int_equal(engine_book(w->engine, &mark, &b, &e), ST_OK);
	assert_non_null(b);
	return b;
}

static double outcomes(struct world *w)
{
	struct advise_book *b = book_of(w);
	double n = b->n > 0 ? learn_seen_all(b->list[0].learner) : -1;
	advise_book_close(&b);
	return n;
}

static uint64_t dead(struct world *w)
{
	struct engine_stats s;
	engine_stats(w->engine, &s);
	return s.dead_letters;
}

static size_t rows(struct world *w, enum table t)
{
	size_t n = 0;
	struct err e;
	assert_int_equal(store_scan(w->store, t, SCAN_ALL, world_count, &n, &e), ST_OK);
	return n;
}

static void learned_in_time(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, PROGRAM, NULL);
	given(&w, "a", "x", "");
	given(&w, "b", "wait", "");
	reward(&w, "a", 2, "");
	assert_true(outcomes(&w) < 0.5); /* not before a day has passed */
	passes(&w, US_PER_D + US_PER_H);
	assert_true(outcomes(&w) > 1.9 && rows(&w, TABLE_ADVISOR) > 3);
	reward(&w, "b", 1, "");
	assert_true(outcomes(&w) > 2.4 && outcomes(&w) < 2.6); /* half of what may come */
	assert_int_equal(dead(&w), 0);
	passes(&w, 3 * US_PER_D);
	assert_true(rows(&w, TABLE_ADVICE) == 0 && rows(&w, TABLE_ADVICE_ID) == 0);
	reward(&w, "a", 1, ",\"corrected\":true");
	assert_int_equal(dead(&w), 1); /* its time is over */
	teardown(&w);
}

static void refused(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, PROGRAM, NULL);
	given(&w, "a", "x", "");
	given(&w, "a", "y", ""); /* the same id */
	assert_int_equal(dead(&w), 1);
	reward(&w, "never", 1, "");
	assert_int_equal(dead(&w), 2);
	orders(&w, "advice.given", "{\"answer\":{\"decision\":\"e\"}}", EVENT_SYSTEM);
	orders(&w, "advice.given", "{\"answer\":{\"decision\":\"d\"}}", EVENT_SYSTEM);
	orders(&w, "advice.given", "[]", EVENT_SYSTEM);
	orders(&w, "advice.reward", "{\"decision\":\"d\"}", EVENT_SYSTEM);
	assert_int_equal(dead(&w), 6);
	assert_int_equal(rows(&w, TABLE_ADVICE), 1);
	teardown(&w);
}

/* A sender that is not ours fills the same caps. */
static void touches_count(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, PROGRAM, NULL);
	does(&w, "page.home", "ann@firm.example", NULL, "");
	given(&w, "a", "x", ",\"lead\":1");
	given(&w, "b", "wait", ",\"lead\":1");
	given(&w, "c", "x", ",\"lead\":99"); /* nobody: learned all the same */
	struct journey j = journey_of(&w, 1);
	assert_int_equal(j.touches_n, 1);
	assert_true(j.fatigue >= 1 && j.last_touch_us == w.now_us);
	assert_int_equal(rows(&w, TABLE_ADVICE), 3);
	assert_int_equal(dead(&w), 0);
	teardown(&w);
}

/* Another context is another learner; what waits from before teaches nothing. */
static void another_context(void **state)
{
	struct world w;
	(void)state;
	play_start(&w, PROGRAM, NULL);
	given(&w, "a", "x", "");
	passes(&w, US_PER_D + US_PER_H);
	assert_true(outcomes(&w) > 0.9);
	given(&w, "b", "x", "");
	world_apply(&w, OTHER, NULL);
	assert_true(outcomes(&w) < 0.5);
	passes(&w, US_PER_D + US_PER_H);
	assert_true(outcomes(&w) < 0.5 && rows(&w, TABLE_ADVICE) == 1); /* "a" waits for its end */
	given(&w, "c", "y", "");
	passes(&w, US_PER_D + US_PER_H);
	assert_true(outcomes(&w) > 0.9 && outcomes(&w) < 1.1);
	world_apply(&w, HEAD, NULL);
	assert_true(outcomes(&w) < 0);
	world_apply(&w, OTHER, NULL);
	assert_true(outcomes(&w) > 0.9); /* it comes back with its section */
	teardown(&w);
}

/* A book is new when something has changed, and only then. */
static void books(void **state)
{
	struct world w;
	struct engine_book_mark mark = {.any = false};
	struct advise_book *b = NULL;
	struct err e;
	(void)state;
	play_start(&w, PROGRAM, NULL);
	assert_int_equal(engine_book(w.engine, &mark, &b, &e), ST_OK);
	assert_true(b != NULL && b->n == 1 && b->version == 1 && !b->paused);
	advise_book_close(&b);
	given(&w, "a", "x", "");
	assert_int_equal(engine_book(w.engine, &mark, &b, &e), ST_OK);
	assert_null(b);
	orders(&w, "sending.pause", "{\"reason\":\"a look\"}", EVENT_SYSTEM);
	assert_int_equal(engine_book(w.engine, &mark, &b, &e), ST_OK);
	assert_true(b != NULL && b->paused && str_is(b->pause_reason, "a look"));
	advise_book_close(&b);
	passes(&w, US_PER_D + US_PER_H);
	assert_int_equal(engine_book(w.engine, &mark, &b, &e), ST_OK);
	assert_true(b != NULL && learn_seen_all(b->list[0].learner) > 0.9);
	advise_book_close(&b);
	teardown(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(learned_in_time), cmocka_unit_test(refused),
		cmocka_unit_test(touches_count),   cmocka_unit_test(another_context),
		cmocka_unit_test(books),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
