/* SPDX-License-Identifier: Apache-2.0
 * test_runner.c: the engine's thread beside one that appends and some that wait. Nothing here
 * depends on when it folds: a wait ends because of the fold, or the test fails. Run under TSan. */
#include "engine/runner.h"
#include "base/clock.h"
#include "engine/test_world.h"

#include <pthread.h>
#include <stdatomic.h>

#define WAITERS 3u
#define BURSTS 30u
#define EVENTS_EACH 100u
#define GENEROUS_US (120 * US_PER_S) /* only a failing test waits so long */

struct pair {
	struct world w;
	struct runner *runner;
	atomic_uint_fast64_t logged; /* what runner_wake was told last */
	atomic_uint_fast64_t asked;  /* so that the answer of `urgent` changes each time */
	atomic_bool over;
};

static bool urgent(void *ctx)
{
	struct pair *s = ctx;
	return atomic_fetch_add(&s->asked, 1) % 2 == 1;
}

static void no_tick(void *ctx, int64_t now_us)
{
	(void)ctx;
	(void)now_us;
}

static void open_side(struct pair *s)
{
	struct err e;
	*s = (struct pair){.logged = 0};
	world_start(&s->w, &(struct engine_conf){.batch_events_max = 500});
	const struct runner_conf conf = {
		.engine = s->w.engine, .tick = no_tick, .urgent = urgent, .ctx = s};
	assert_int_equal(runner_create(&conf, &s->runner, &e), ST_OK);
}

static void burst(struct pair *s)
{
	for (unsigned i = 0; i < EVENTS_EACH; i++) {
		char device[32];
		(void)snprintf(device, sizeof device, "d%u", s->w.next % 50);
		struct event ev = {.type = STR("page")};
		assert_true(event_add_id(&ev, ID_ANONYMOUS_ID, STR_NULL, str_of(device)));
		append(&s->w, &ev);
		runner_wake(s->runner, atomic_fetch_add(&s->logged, 1) + 1);
	}
}

/* Asks again and again for all that is there by then. */
static void *wait_along(void *side)
{
	struct pair *s = side;
	uintptr_t missed = 0;
	while (!atomic_load(&s->over))
		missed += !runner_wait(s->runner, atomic_load(&s->logged), GENEROUS_US);
	return (void *)missed;
}

static void folds_for_who_waits(void **state)
{
	(void)state;
	static struct pair s;
	pthread_t waiter[WAITERS];
	struct engine_stats stats;
	struct err e;
	open_side(&s);
	for (unsigned i = 0; i < WAITERS; i++)
		assert_int_equal(pthread_create(&waiter[i], NULL, wait_along, &s), 0);
	for (unsigned i = 0; i < BURSTS; i++) {
		burst(&s);
		if (i % 3 == 0)
			assert_true(runner_wait(s.runner, atomic_load(&s.logged), GENEROUS_US));
	}
	atomic_store(&s.over, true);
	for (unsigned i = 0; i < WAITERS; i++) {
		void *missed;
		assert_int_equal(pthread_join(waiter[i], &missed), 0);
		assert_int_equal((uintptr_t)missed, 0);
	}
	assert_true(runner_wait(s.runner, BURSTS * EVENTS_EACH, GENEROUS_US));
	runner_stats(s.runner, &stats);
	assert_int_equal(stats.cursor, BURSTS * EVENTS_EACH);
	assert_int_equal(runner_health(s.runner, &e), ST_OK);
	runner_destroy(&s.runner);
	teardown(&s.w);
}

/* Nobody folds any more: the answer is no, at once, and not a wait. */
static void a_stopped_runner_promises_nothing(void **state)
{
	(void)state;
	static struct pair s;
	open_side(&s);
	burst(&s);
	assert_true(runner_wait(s.runner, EVENTS_EACH, GENEROUS_US));
	runner_stop(s.runner);
	burst(&s);
	assert_false(runner_wait(s.runner, 2 * EVENTS_EACH, GENEROUS_US));
	assert_true(runner_wait(s.runner, EVENTS_EACH, GENEROUS_US));
	runner_destroy(&s.runner);
	fold(&s.w); /* what the stop left */
	teardown(&s.w);
}

static void count_looks(void *ctx, const struct engine_stats *stats)
{
	(void)stats;
	atomic_fetch_add((atomic_uint *)ctx, 1);
}

/* Who notes what the fold has done must not wait for the next event, which may be a day away. */
static void told_when_nothing_happens(void **state)
{
	(void)state;
	static atomic_uint looks;
	struct world w;
	struct runner *r;
	struct err e;
	world_start(&w, &(struct engine_conf){.batch_events_max = 500});
	const struct runner_conf conf = {.engine = w.engine,
					 .tick = no_tick,
					 .progress = count_looks,
					 .idle_us = US_PER_S / 100,
					 .ctx = &looks};
	assert_int_equal(runner_create(&conf, &r, &e), ST_OK);
	int64_t until = clock_mono_us() + 30 * US_PER_S; /* less than a minute each */
	while (atomic_load(&looks) < 5 && clock_mono_us() < until)
		clock_sleep_us(US_PER_S / 100);
	assert_true(atomic_load(&looks) >= 5);
	runner_destroy(&r);
	teardown(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folds_for_who_waits),
		cmocka_unit_test(a_stopped_runner_promises_nothing),
		cmocka_unit_test(told_when_nothing_happens),
	};
	return cmocka_run_group_tests_name("engine_runner", tests, NULL, NULL);
}
