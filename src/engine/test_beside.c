/* SPDX-License-Identifier: Apache-2.0
 * test_beside.c: two versions of the program side by side: who is on which, what is counted, and
 * how it ends; the same again in a replay (teardown). */
#include "engine/test_nurture.h"

#include "program/beside.h"

/* The version in force says `guide`, the candidate `offer` in its place, on a track of its own as
 * well, and lets fewer leave in a day. */
static const char *candidate(void)
{
	static char text[8192];
	const char *at = strstr(nurture_program, "      - send: guide");
	const char *end = strstr(nurture_program, "  late:\n");
	int n = snprintf(text, sizeof text,
			 "%.*s      - send: offer\n        name: first\n"
			 "        angles: [bold]\n        wait: 4d\n"
			 "        react: {clicked: {move: apart}}\n"
			 "  apart:\n    cadence: 3d..5d\n    sequence:\n"
			 "      - {send: offer, angles: [plain], wait: 4d}\n%s",
			 (int)(at - nurture_program), nurture_program, end);
	assert_true(n > 0 && (size_t)n < sizeof text);
	return text;
}

static void tries(struct world *w, const char *program, const struct program_beside *how)
{
	struct buf body;
	struct err e;
	buf_init_arena(&body, &w->arena, 2 * EVENT_BYTES_MAX);
	assert_int_equal(engine_event_try(str_of(program), &content, how, w->now_us, &body, &e),
			 ST_OK);
	struct log_entry entry = {.source = STR("system"),
				  .message_id = arena_printf(&w->arena, "try%u", w->next++),
				  .body = buf_view(&body),
				  .received_us = w->now_us};
	assert_int_equal(log_append(w->log, &entry, 1, &e), ST_OK);
	fold(w);
}

static const struct program_beside half = {.percent = 50, .metric = "goal", .min_lift = 0.1};

static void begin(struct world *w, const struct program_beside *how)
{
	start(w);
	tries(w, candidate(), how);
}

static struct beside *beside(struct world *w)
{
	return &w->engine->play.beside;
}

static size_t dead(struct world *w)
{
	size_t n = 0;
	struct err e;
	assert_int_equal(store_scan(w->store, TABLE_DEAD_LETTER, SCAN_ALL, world_count, &n, &e),
			 ST_OK);
	return n;
}

static const char *email_of(struct world *w, uint64_t lead)
{
	return arena_strz(&w->arena,
			  arena_printf(&w->arena, "lead%llu@firm%llu.example",
				       (unsigned long long)lead, (unsigned long long)lead));
}

static void come(struct world *w, uint64_t from, uint64_t to)
{
	for (uint64_t lead = from; lead <= to; lead++)
		does(w, "form.ebook", email_of(w, lead), NULL, "{}");
}

static void told_all(struct world *w, size_t *from)
{
	for (; *from < handed_n; ++*from)
		told(w, "message.sent", handed[*from]);
}

static void test_each_is_on_its_version(void **state)
{
	struct world w;
	size_t on[2] = {0, 0};
	(void)state;
	begin(&w, &half);
	come(&w, 1, 40);
	assert_int_equal(handed_n, 40);
	for (uint64_t lead = 1; lead <= 40; lead++) {
		bool tried = beside_lead(beside(&w), lead);
		struct journey j = journey_of(&w, lead);
		struct message m = message_of(&w, j.message);
		assert_int_equal(j.version, tried ? 2 : 1);
		assert_int_equal(m.version, tried ? 2 : 1);
		assert_true(str_is(m.message, tried ? "offer" : "guide"));
		on[tried]++;
	}
	assert_true(on[0] >= 12 && on[1] >= 12);
	assert_int_equal(w.engine->batch.program_version, 1);
	teardown(&w);
}

static void test_the_share_is_kept(void **state)
{
	static struct beside x = {.version = 9, .base = 3, .on = true};
	size_t tried = 0;
	(void)state;
	x.arms[0] = (struct program_arm){STR("v3"), 90};
	x.arms[1] = (struct program_arm){STR("v9"), 10};
	x.as = (struct program_experiment){.name = STR("program.9"),
					   .key = program_key32("experiment", STR("program.9")),
					   .arms = x.arms,
					   .arms_n = 2};
	for (uint64_t lead = 1; lead <= 100000; lead++)
		tried += beside_lead(&x, lead);
	assert_true(tried > 9600 && tried < 10400); /* 4.2 standard deviations */
	x.on = false;
	for (uint64_t lead = 1; lead <= 1000; lead++)
		assert_false(beside_lead(&x, lead));
}

/* Who is inside plays the step it is in; then each goes on with its own. */
static void test_those_inside_finish_their_step(void **state)
{
	struct world w;
	size_t at = 0;
	(void)state;
	start(&w);
	come(&w, 1, 12);
	told_all(&w, &at);
	tries(&w, candidate(), &half);
	for (uint64_t lead = 1; lead <= 12; lead++)
		assert_int_equal(journey_of(&w, lead).version, 1);
	for (uint64_t lead = 1; lead <= 12; lead++)
		seen(&w, "email.click", journey_of(&w, lead).message, 0);
	for (uint64_t lead = 1; lead <= 12; lead++) {
		struct journey j = journey_of(&w, lead);
		assert_true(str_is(j.track, "late")); /* as the step they were in has it */
		assert_int_equal(j.version, beside_lead(beside(&w), lead) ? 2 : 1);
	}
	teardown(&w);
}

static struct experiments_sums sums(struct world *w)
{
	struct err e;
	struct experiments_sums s;
	experiments_sums_of(&beside(w)->as, &s);
	assert_int_equal(experiments_count(w->store, w->now_us, &s, 1, &e), ST_OK);
	return s;
}

/* Each lead once, from the first track it entered since; what came before is not there. */
static void test_people_are_counted_once(void **state)
{
	struct world w;
	size_t at = 0;
	int64_t on[2] = {0, 0};
	(void)state;
	start(&w);
	come(&w, 1, 10);
	passes(&w, US_PER_H);
	tries(&w, candidate(), &half);
	come(&w, 11, 50);
	told_all(&w, &at);
	for (uint64_t lead = 11; lead <= 50; lead++) {
		on[beside_lead(beside(&w), lead)]++;
		seen(&w, "email.click", journey_of(&w, lead).message, 0);
		does(&w, "meeting.booked", email_of(&w, lead), NULL, "{}");
	}
	does(&w, "meeting.booked", email_of(&w, 1), NULL, "{}"); /* entered before: not counted */
	struct experiments_sums s = sums(&w);
	for (size_t arm = 0; arm < 2; arm++) {
		assert_int_equal(s.of[arm][ARM_ENTERED], on[arm]);
		assert_int_equal(s.of[arm][ARM_CONTACTED], on[arm]);
		assert_int_equal(s.of[arm][ARM_GOAL], on[arm]);
		assert_int_equal(s.of[arm][ARM_LEFT], 0);
		assert_true(s.of[arm][ARM_ENTERED_X] > 0);
		assert_int_equal(s.of[arm][ARM_ENTERED_X], s.of[arm][ARM_GOAL_X]);
	}
	teardown(&w);
}

static void test_promoted(void **state)
{
	struct world w;
	(void)state;
	begin(&w, &half);
	come(&w, 1, 10);
	orders(&w, "program.promote", "{\"version\":3}", EVENT_SYSTEM);
	assert_int_equal(dead(&w), 1); /* another one */
	orders(&w, "program.promote", "{\"version\":2}", EVENT_SYSTEM);
	assert_int_equal(dead(&w), 1);
	assert_int_equal(w.engine->batch.program_version, 2);
	assert_true(!beside(&w)->on && beside(&w)->promoted);
	assert_int_equal(program_track_of(engine_program(w.engine), STR("apart")), 1);
	come(&w, 11, 20);
	for (uint64_t lead = 11; lead <= 20; lead++)
		assert_int_equal(journey_of(&w, lead).version, 2);
	struct experiments_sums s = sums(&w);
	assert_int_equal(s.of[0][ARM_ENTERED] + s.of[1][ARM_ENTERED], 10);
	world_apply(&w, nurture_program, &content);
	assert_int_equal(w.engine->batch.program_version, 3);
	teardown(&w);
}

/* New entries are on the old one; who is on a track that only the candidate has, leaves it. */
static void test_withdrawn(void **state)
{
	struct world w;
	size_t at = 0, apart = 0;
	(void)state;
	begin(&w, &half);
	come(&w, 1, 20);
	told_all(&w, &at);
	for (uint64_t lead = 1; lead <= 20; lead++)
		seen(&w, "email.click", journey_of(&w, lead).message, 0);
	for (uint64_t lead = 1; lead <= 20; lead++)
		apart += str_is(journey_of(&w, lead).track, "apart");
	assert_true(apart > 3);
	orders(&w, "program.withdraw", "{\"version\":2}", EVENT_SYSTEM);
	assert_true(!beside(&w)->on && !beside(&w)->promoted);
	come(&w, 21, 40);
	for (uint64_t lead = 21; lead <= 40; lead++)
		assert_int_equal(journey_of(&w, lead).version, 1);
	for (int day = 0; day < 30; day++) {
		passes(&w, US_PER_D);
		told_all(&w, &at);
	}
	for (uint64_t lead = 1; lead <= 40; lead++)
		assert_false(str_is(journey_of(&w, lead).track, "apart"));
	/* Numbers are given once. */
	tries(&w, candidate(), &half);
	assert_int_equal(beside(&w)->version, 3);
	assert_int_equal(beside(&w)->base, 1);
	teardown(&w);
}

static void test_what_is_refused(void **state)
{
	struct world w;
	char other[8192];
	(void)state;
	world_start(&w, &(struct engine_conf){0});
	tries(&w, candidate(), &half);
	assert_int_equal(dead(&w), 1); /* nothing to stand beside */
	world_apply(&w, nurture_program, &content);
	(void)snprintf(other, sizeof other, "%sexperiments: {holdout: {percent: 5}}\n",
		       candidate());
	tries(&w, other, &half);
	tries(&w, candidate(), &(struct program_beside){.percent = 95, .metric = "goal"});
	assert_int_equal(dead(&w), 3);
	assert_int_equal(beside(&w)->version, 0);
	orders(&w, "program.withdraw", "{\"version\":2}", EVENT_SYSTEM);
	assert_int_equal(dead(&w), 4);
	tries(&w, candidate(), &half);
	assert_int_equal(dead(&w), 4);
	tries(&w, candidate(), &half);
	world_apply(&w, nurture_program, &content); /* not under its feet */
	assert_int_equal(dead(&w), 6);
	assert_int_equal(beside(&w)->version, 2);
	assert_int_equal(w.engine->batch.program_version, 1);
	teardown(&w);
}

/* Of either arm every so many reach the goal. */
static void reach(struct world *w, uint64_t leads, const size_t every[2])
{
	size_t n[2] = {0, 0};
	come(w, 1, leads);
	for (uint64_t lead = 1; lead <= leads; lead++) {
		size_t arm = beside_lead(beside(w), lead);
		if (n[arm]++ % every[arm] == 0)
			does(w, "meeting.booked", email_of(w, lead), NULL, "{}");
	}
}

static struct program_beside ruled(enum program_then then)
{
	struct program_beside x = half;
	x.rule = (struct program_rule){.on = true, .then = then, .least = 100};
	return x;
}

static void rule_case(enum program_then then, const size_t every[2], struct world *w)
{
	const struct program_beside how = ruled(then);
	world_start(w, &(struct engine_conf){0}); /* too many letters to be handed over */
	world_apply(w, nurture_program, &content);
	tries(w, candidate(), &how);
	reach(w, 320, every);
	assert_int_equal(beside(w)->one.no, 0);
	passes(w, US_PER_D);
}

static void test_a_rule_promotes_what_won(void **state)
{
	struct world w;
	(void)state;
	rule_case(THEN_SHIP, (const size_t[]){20, 2}, &w);
	assert_int_equal(beside(&w)->one.what, RULE_WINNER);
	assert_true(!beside(&w)->on && beside(&w)->promoted);
	assert_int_equal(w.engine->batch.program_version, 2);
	assert_true(w.engine->play.experiments.look_us == TIME_NONE);
	teardown(&w);
}

static void test_a_rule_withdraws_what_lost(void **state)
{
	struct world w;
	(void)state;
	rule_case(THEN_SHIP, (const size_t[]){2, 20}, &w);
	assert_int_equal(beside(&w)->one.what, RULE_LOSER);
	assert_true(!beside(&w)->on && !beside(&w)->promoted);
	assert_int_equal(w.engine->batch.program_version, 1);
	teardown(&w);
}

static void test_a_rule_tells(void **state)
{
	struct world w;
	(void)state;
	rule_case(THEN_TELL, (const size_t[]){20, 2}, &w);
	assert_true(beside(&w)->on && experiments_waits(&beside(&w)->one));
	assert_string_equal(beside(&w)->one.arm, "v2");
	teardown(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_is_on_its_version),
		cmocka_unit_test(test_the_share_is_kept),
		cmocka_unit_test(test_those_inside_finish_their_step),
		cmocka_unit_test(test_people_are_counted_once),
		cmocka_unit_test(test_promoted),
		cmocka_unit_test(test_withdrawn),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_a_rule_promotes_what_won),
		cmocka_unit_test(test_a_rule_withdraws_what_lost),
		cmocka_unit_test(test_a_rule_tells),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
