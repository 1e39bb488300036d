/* SPDX-License-Identifier: Apache-2.0
 * test_experiments.c: rules of experiments, carried out by the fold: what is found is done on the
 * next look, once, and the same again in a replay (teardown). */
#include "engine/test_nurture.h"

#define HOOK "hook: {track: early, arms: {story: 50, numbers: 50}, "
#define SHIP "rule: {then: ship, within: 60d}"

static const char *with(const char *rule)
{
	static char text[8192];
	int n = snprintf(text, sizeof text, "%sexperiments: {" HOOK "%s}}\n", nurture_program,
			 rule);
	assert_true(n > 0 && (size_t)n < sizeof text);
	return text;
}

static void begin(struct world *w, const char *rule)
{
	world_start(w, &(struct engine_conf){0}); /* too many letters to be handed over */
	world_apply(w, with(rule), &content);
}

static const struct program_experiment *hook_of(const struct world *w)
{
	return &engine_program(w->engine)->play->experiments[0];
}

/* 300 come; of those in an arm every so many do something. 0: none. */
static void many(struct world *w, const char *what, size_t every_first, size_t every_second)
{
	size_t seen_of[2] = {0, 0};
	const size_t every[2] = {every_first, every_second};
	char email[64];
	for (uint64_t lead = 1; lead <= 300; lead++) {
		(void)snprintf(email, sizeof email, "lead%llu@firm.example",
			       (unsigned long long)lead);
		does(w, "form.ebook", email, NULL, "{}");
		size_t arm = decide_arm(hook_of(w), lead, NULL, 0, NULL);
		if (every[arm] > 0 && seen_of[arm]++ % every[arm] == 0)
			does(w, what, email, NULL, "{}");
	}
}

static const struct experiments_one *hook(const struct world *w)
{
	const struct experiments_one *one =
		experiments_of(&w->engine->play.experiments, STR("hook"));
	assert_non_null(one);
	return one;
}

static void expects(const struct world *w, enum rule_what what, enum program_then did, bool over,
		    const char *arm)
{
	const struct experiments_one *one = hook(w);
	if (one->what != what || one->did != did || one->over != over || strcmp(one->arm, arm) != 0)
		fail_msg("%s, %s, %d, arm %s: %s", rule_what_name(one->what),
			 program_then_name(one->did), one->over, one->arm, one->words);
}

/* In which arm are two leads of different arms now? */
static void all_in(const struct world *w, const char *name)
{
	const struct play *y = &w->engine->play;
	for (uint64_t lead = 1; lead <= 20; lead++) {
		size_t arm = decide_arm(hook_of(w), lead, y->ended, y->ended_n, NULL);
		assert_true(str_is(hook_of(w)->arms[arm].name, name));
	}
}

static void test_the_winner_is_shipped(void **state)
{
	struct world w;
	(void)state;
	begin(&w, SHIP);
	many(&w, "meeting.booked", 20, 2);
	assert_int_equal(hook(&w)->no, 0); /* nobody looks within the day */
	passes(&w, US_PER_D);
	expects(&w, RULE_WINNER, THEN_SHIP, true, "numbers");
	all_in(&w, "numbers");
	assert_true(w.engine->play.experiments.look_us == TIME_NONE);
	teardown(&w);
}

static void test_the_first_stays_where_it_is_only_stopped(void **state)
{
	struct world w;
	(void)state;
	begin(&w, "rule: {then: stop}");
	many(&w, "meeting.booked", 20, 2);
	passes(&w, US_PER_D);
	expects(&w, RULE_WINNER, THEN_STOP, true, "story");
	all_in(&w, "story");
	teardown(&w);
}

static void test_people_are_told_once(void **state)
{
	struct world w;
	(void)state;
	begin(&w, "rule: {then: tell}");
	many(&w, "meeting.booked", 20, 2);
	passes(&w, US_PER_D);
	expects(&w, RULE_WINNER, THEN_TELL, false, "numbers");
	assert_true(experiments_waits(hook(&w)));
	passes(&w, 3 * US_PER_D);
	assert_int_equal(w.engine->play.experiments.found, 1);
	orders(&w, "experiment.stop", "{\"experiment\":\"hook\",\"arm\":\"numbers\"}",
	       EVENT_SYSTEM);
	assert_false(experiments_waits(hook(&w)));
	all_in(&w, "numbers");
	passes(&w, US_PER_D);
	assert_true(w.engine->play.experiments.look_us == TIME_NONE);
	teardown(&w);
}

static void test_a_guard_ends_what_would_win(void **state)
{
	struct world w;
	(void)state;
	begin(&w, "rule: {then: ship, least: 1000, guard: {metric: goal, most: 30%}}");
	many(&w, "meeting.booked", 20, 2);
	passes(&w, US_PER_D);
	expects(&w, RULE_GUARD, THEN_SHIP, true, "story");
	teardown(&w);
}

static void test_time_ends_it(void **state)
{
	struct world w;
	(void)state;
	begin(&w, SHIP);
	comes(&w);
	passes(&w, 59 * US_PER_D);
	assert_int_equal(hook(&w)->no, 0);
	passes(&w, 2 * US_PER_D);
	expects(&w, RULE_TIME, THEN_SHIP, true, "story");
	teardown(&w);
}

static void test_out_of_the_program_and_back(void **state)
{
	struct world w;
	(void)state;
	begin(&w, SHIP);
	comes(&w);
	int64_t first = hook(&w)->since_us;
	passes(&w, US_PER_H);
	world_apply(&w, nurture_program, &content);
	assert_null(experiments_of(&w.engine->play.experiments, STR("hook")));
	assert_true(w.engine->play.experiments.look_us == TIME_NONE);
	passes(&w, 70 * US_PER_D);
	world_apply(&w, with(SHIP), &content);
	assert_true(hook(&w)->since_us > first + 70 * US_PER_D && !hook(&w)->over);
	passes(&w, US_PER_D);
	assert_int_equal(hook(&w)->no, 0); /* its days began anew */
	teardown(&w);
}

/* What was known before is the lead's own, and its sums are those of all who entered. */
static void test_what_was_known_before(void **state)
{
	struct world w;
	struct err e;
	double n = 0, x = 0, xx = 0, goals = 0, goals_x = 0;
	(void)state;
	begin(&w, "rule: {then: tell}");
	many(&w, "meeting.booked", 3, 2);
	passes(&w, US_PER_D);
	struct experiments_sums s = {
		.name = STR("hook"), .arm = {STR("story"), STR("numbers")}, .n = 2};
	assert_int_equal(experiments_count(w.store, w.now_us, &s, 1, &e), ST_OK);
	for (uint64_t lead = 1; lead <= 300; lead++) {
		struct journey j = journey_of(&w, lead);
		if (!(j.cohort & COHORT_ENTERED))
			continue;
		double before = COHORT_BEFORE(j.cohort);
		n++;
		x += before;
		xx += before * before;
		goals += (j.cohort & COHORT_GOAL) != 0;
		goals_x += j.cohort & COHORT_GOAL ? before : 0;
	}
	assert_true(n >= 300 && x > 0 && goals > 100);
	assert_true((double)(s.of[0][ARM_ENTERED] + s.of[1][ARM_ENTERED]) == n);
	assert_true((double)(s.of[0][ARM_ENTERED_X] + s.of[1][ARM_ENTERED_X]) == x);
	assert_true((double)(s.of[0][ARM_ENTERED_XX] + s.of[1][ARM_ENTERED_XX]) == xx);
	assert_true((double)(s.of[0][ARM_GOAL] + s.of[1][ARM_GOAL]) == goals);
	assert_true((double)(s.of[0][ARM_GOAL_X] + s.of[1][ARM_GOAL_X]) == goals_x);
	teardown(&w);
}

/* As many as a program may have, with the longest names and words there can be. */
static void test_the_row_holds_all(void **state)
{
	static struct experiments x, y;
	struct store *s = NULL;
	struct arena a;
	struct err e;
	(void)state;
	assert_int_equal(store_open_memory(&STORE_CONF_DEFAULT, &s, &e), ST_OK);
	arena_init(&a, 1 << 20);
	x = (struct experiments){.n = PROGRAM_EXPERIMENTS_MAX,
				 .found = UINT64_MAX,
				 .look_us = INT64_MIN,
				 .dirty = true};
	for (size_t i = 0; i < x.n; i++) {
		struct experiments_one *o = &x.list[i];
		*o = (struct experiments_one){
			.since_us = INT64_MIN, .at_us = INT64_MIN, .no = UINT64_MAX, .over = true};
		memset(o->name, 'n', sizeof o->name - 1);
		memset(o->arm, 'a', sizeof o->arm - 1);
		memset(o->words, 'w', sizeof o->words - 1);
	}
	assert_int_equal(store_begin(s, &e), ST_OK);
	assert_int_equal(experiments_flush(&x, s, &e), ST_OK);
	assert_int_equal(store_commit(s, &e), ST_OK);
	assert_int_equal(experiments_load(&y, s, &a, &e), ST_OK);
	assert_int_equal(y.n, x.n);
	for (size_t i = 0; i < x.n; i++)
		assert_string_equal(y.list[i].words, x.list[i].words);
	arena_finish(&a);
	store_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_winner_is_shipped),
		cmocka_unit_test(test_the_first_stays_where_it_is_only_stopped),
		cmocka_unit_test(test_people_are_told_once),
		cmocka_unit_test(test_a_guard_ends_what_would_win),
		cmocka_unit_test(test_time_ends_it),
		cmocka_unit_test(test_what_was_known_before),
		cmocka_unit_test(test_the_row_holds_all),
		cmocka_unit_test(test_out_of_the_program_and_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
