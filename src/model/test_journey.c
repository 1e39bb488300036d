/* SPDX-License-Identifier: Apache-2.0
 * test_journey.c: a journey's row comes back as it was; touches stay few and in order of time. */
#include "model/test_help.h"

#include "model/journey.h"

static void random_journey(struct rng *r, struct journey *j)
{
	journey_init(j, random_wide(r));
	j->phase = (enum journey_phase)rng_below(r, JOURNEY_PHASE_COUNT);
	j->version = random_wide(r);
	j->track = random_text(r, 64);
	j->step = random_text(r, 64);
	j->step_n = (uint32_t)random_wide(r);
	j->again_n = (uint32_t)random_wide(r);
	j->with = (uint32_t)random_wide(r);
	j->silent_n = (uint32_t)random_wide(r);
	j->sent_n = (uint32_t)random_wide(r);
	j->entered_us = random_time(r);
	j->due_us = random_time(r);
	j->last_touch_us = random_time(r);
	j->message = random_wide(r);
	j->handoff = random_wide(r);
	j->cohort = rng_u64(r) >> rng_below(r, 64);
	if (rng_below(r, 2))
		j->beside = (struct journey_beside){(random_wide(r) >> 13) + 1,
						    (uint32_t)rng_below(r, 256),
						    (uint32_t)rng_below(r, 16), random_time(r)};
	j->holdout = rng_below(r, 2) == 1;
	j->holdout_known = rng_below(r, 2) == 1;
	j->reason = random_text(r, 65535);
	j->fatigue = rng_below(r, 2) ? rng_unit(r) * 10 : (double)rng_below(r, 9);
	j->fatigue_us = random_time(r);
	j->touches_n = (size_t)rng_below(r, JOURNEY_TOUCHES_MAX + 1);
	for (size_t i = 0; i < j->touches_n; i++)
		j->touches[i] = (struct touch){random_wide(r), random_time(r), random_wide(r),
					       (uint32_t)random_wide(r), (uint32_t)random_wide(r)};
	j->past_n = (size_t)rng_below(r, JOURNEY_PAST_MAX + 1);
	for (size_t i = 0; i < j->past_n; i++)
		j->past[i] = (struct journey_past){random_text(r, 64), random_text(r, 300),
						   random_time(r)};
	j->fired_n = (size_t)rng_below(r, JOURNEY_FIRED_MAX + 1);
	for (size_t i = 0; i < j->fired_n; i++)
		j->fired[i] = (struct journey_fired){(uint32_t)random_wide(r), rng_below(r, 2) == 1,
						     random_time(r)};
}

static void assert_same_lists(const struct journey *a, const struct journey *b)
{
	assert_int_equal(a->touches_n, b->touches_n);
	for (size_t i = 0; i < a->touches_n; i++) {
		assert_int_equal(a->touches[i].message, b->touches[i].message);
		assert_int_equal(a->touches[i].at_us, b->touches[i].at_us);
		assert_int_equal(a->touches[i].content, b->touches[i].content);
		assert_int_equal(a->touches[i].channel, b->touches[i].channel);
		assert_int_equal(a->touches[i].flags, b->touches[i].flags);
	}
	assert_int_equal(a->past_n, b->past_n);
	for (size_t i = 0; i < a->past_n; i++) {
		assert_true(str_eq(a->past[i].track, b->past[i].track));
		assert_true(str_eq(a->past[i].reason, b->past[i].reason));
		assert_int_equal(a->past[i].at_us, b->past[i].at_us);
	}
	assert_int_equal(a->fired_n, b->fired_n);
	for (size_t i = 0; i < a->fired_n; i++) {
		assert_int_equal(a->fired[i].key, b->fired[i].key);
		assert_int_equal(a->fired[i].fired, b->fired[i].fired);
		assert_int_equal(a->fired[i].since_us, b->fired[i].since_us);
	}
}

static void assert_same(const struct journey *a, const struct journey *b)
{
	assert_int_equal(a->lead, b->lead);
	assert_int_equal(a->phase, b->phase);
	assert_int_equal(a->version, b->version);
	assert_true(str_eq(a->track, b->track));
	assert_true(str_eq(a->step, b->step));
	assert_int_equal(a->step_n, b->step_n);
	assert_int_equal(a->again_n, b->again_n);
	assert_int_equal(a->with, b->with);
	assert_int_equal(a->silent_n, b->silent_n);
	assert_int_equal(a->sent_n, b->sent_n);
	assert_int_equal(a->entered_us, b->entered_us);
	assert_int_equal(a->due_us, b->due_us);
	assert_int_equal(a->last_touch_us, b->last_touch_us);
	assert_int_equal(a->message, b->message);
	assert_int_equal(a->handoff, b->handoff);
	assert_true(a->cohort == b->cohort);
	assert_int_equal(a->beside.version, b->beside.version);
	assert_int_equal(a->beside.flags, b->beside.flags);
	assert_int_equal(a->beside.before, b->beside.before);
	assert_int_equal(a->beside.since_us, b->beside.since_us);
	assert_int_equal(a->holdout, b->holdout);
	assert_int_equal(a->holdout_known, b->holdout_known);
	assert_true(str_eq(a->reason, b->reason));
	assert_true(same_double(a->fatigue, b->fatigue));
	assert_int_equal(a->fatigue_us, b->fatigue_us);
	assert_same_lists(a, b);
}

static void test_round_trip(void **state)
{
	struct rng r;
	(void)state;
	rng_seed(&r, 41);
	for (int i = 0; i < 2000; i++) {
		struct journey a, b;
		struct buf text;
		arena_reset(&arena);
		random_journey(&r, &a);
		buf_init(&text, ROW_MAX);
		journey_encode(&a, &text);
		assert_true(buf_ok(&text));
		assert_int_equal(journey_decode(a.lead, buf_view(&text), &arena, &b, NULL), ST_OK);
		assert_same(&a, &b);
		buf_finish(&text);
	}
}

#define NOW_US INT64_C(1795000000000000)

static void usual(struct journey *j, size_t touches)
{
	journey_init(j, 5);
	j->phase = JOURNEY_WATCHING;
	j->version = 3;
	j->track = STR("consideration");
	j->step = STR("case_study");
	j->entered_us = NOW_US;
	j->due_us = NOW_US + 7 * US_PER_D;
	j->message = 1000 + touches;
	for (size_t i = 0; i < touches; i++)
		journey_touch(j, &(struct touch){1000 + i, NOW_US + (int64_t)i * 7 * US_PER_D,
						 UINT64_C(0x9234567890abcdef), 0xcafebabe,
						 TOUCH_SENT});
}

static void test_small(void **state)
{
	struct journey j;
	struct buf text;
	(void)state;
	buf_init(&text, ROW_MAX);
	usual(&j, 0);
	journey_encode(&j, &text);
	assert_in_range(text.n, 40, 60);
	size_t none = text.n;
	buf_reset(&text);
	usual(&j, 9);
	journey_encode(&j, &text);
	assert_in_range((text.n - none) / 9, 15, 21);
	buf_finish(&text);
}

static enum status reads(struct str row, struct err *e)
{
	struct journey j;
	enum status st = journey_decode(5, row, &arena, &j, e);
	if (st == ST_OK) {
		assert_true(j.phase < JOURNEY_PHASE_COUNT && j.fired_n <= JOURNEY_FIRED_MAX);
		assert_true(j.touches_n <= JOURNEY_TOUCHES_MAX && j.past_n <= JOURNEY_PAST_MAX);
	}
	return st;
}

static void test_damage(void **state)
{
	struct journey j;
	struct rng r;
	struct buf text;
	(void)state;
	rng_seed(&r, 43);
	random_journey(&r, &j);
	j.reason = STR("replied");
	buf_init(&text, ROW_MAX);
	journey_encode(&j, &text);
	check_damage(&text, "lead 5", reads);
	buf_byte(&text, 'x');
	assert_int_equal(reads(buf_view(&text), NULL), ST_CORRUPT);
	buf_finish(&text);
}

static void test_phases(void **state)
{
	static const struct {
		const char *name;
		bool automated;
	} rows[JOURNEY_PHASE_COUNT] = {
		[JOURNEY_OUT] = {"out", true},           [JOURNEY_DUE] = {"due", true},
		[JOURNEY_WATCHING] = {"watching", true}, [JOURNEY_PAUSED] = {"paused", true},
		[JOURNEY_HANDED] = {"handed", false},    [JOURNEY_STOPPED] = {"stopped", false},
	};
	struct journey j;
	(void)state;
	journey_init(&j, 1);
	for (enum journey_phase p = 0; p < JOURNEY_PHASE_COUNT; p++) {
		j.phase = p;
		assert_string_equal(journey_phase_name(p), rows[p].name);
		assert_int_equal(journey_automated(&j), rows[p].automated);
	}
}

/* J2: whatever comes in whatever order, the youngest stay, in order. */
static void test_touches(void **state)
{
	struct journey j;
	struct rng r;
	(void)state;
	rng_seed(&r, 45);
	journey_init(&j, 1);
	for (uint64_t n = 1; n <= 1000; n++) {
		int64_t at_us = (int64_t)rng_below(&r, 500), oldest = INT64_MIN;
		bool full = j.touches_n == JOURNEY_TOUCHES_MAX;
		if (full)
			oldest = j.touches[0].at_us;
		journey_touch(&j, &(struct touch){.message = n, .at_us = at_us});
		struct touch *t = journey_touch_of(&j, n);
		assert_int_equal(t != NULL, at_us >= oldest);
		assert_true(t == NULL || t->at_us == at_us);
		for (size_t i = 1; i < j.touches_n; i++)
			assert_true(j.touches[i - 1].at_us <= j.touches[i].at_us);
		assert_int_equal(j.touches_n, n < JOURNEY_TOUCHES_MAX ? n : JOURNEY_TOUCHES_MAX);
	}
	assert_null(journey_touch_of(&j, 0));
	assert_null(journey_touch_of(&j, 1001));
}

static void test_touches_in(void **state)
{
	static const struct touch touches[] = {
		{1, 100, 0, 7, TOUCH_SENT},
		{2, 200, 0, 7, TOUCH_SENT | TOUCH_FAILED},
		{3, 300, 0, 8, TOUCH_SENT | TOUCH_CLICKED},
		{0, 400, 0, 7, 0},
		{5, 500, 0, 7, TOUCH_SENT | TOUCH_SILENT},
	};
	static const struct {
		const char *name;
		uint32_t channel;
		int64_t from_us, to_us;
		unsigned n;
	} rows[] = {
		{"all", 0, 0, 1000, 3},
		{"one channel", 7, 0, 1000, 2},
		{"another", 8, 0, 1000, 1},
		{"no such", 9, 0, 1000, 0},
		{"the start is outside", 0, 100, 1000, 2},
		{"the end is inside", 0, 0, 500, 3},
		{"before the end", 0, 0, 499, 2},
		{"failed counts nowhere", 0, 199, 200, 0},
		{"skipped counts nowhere", 0, 399, 400, 0},
	};
	struct journey j;
	(void)state;
	journey_init(&j, 1);
	for (size_t i = 0; i < COUNT_OF(touches); i++)
		journey_touch(&j, &touches[i]);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(rows[i].name, journey_touches_in(&j, rows[i].channel, rows[i].from_us,
							   rows[i].to_us) == rows[i].n);
}

static void test_leave(void **state)
{
	struct journey j;
	(void)state;
	journey_init(&j, 1);
	journey_leave(&j, STR("was on none"), 1);
	assert_int_equal(j.past_n, 0);
	for (int i = 0; i < JOURNEY_PAST_MAX + 3; i++) {
		j.track = i % 2 ? STR("odd") : STR("even");
		journey_leave(&j, STR("goal"), i);
		check_str("track stays", j.track, i % 2 ? "odd" : "even");
	}
	assert_int_equal(j.past_n, JOURNEY_PAST_MAX);
	assert_int_equal(j.past[0].at_us, 3);
	check_str("oldest kept", j.past[0].track, "odd");
	assert_int_equal(j.past[JOURNEY_PAST_MAX - 1].at_us, JOURNEY_PAST_MAX + 2);
	check_str("reason", j.past[0].reason, "goal");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
		cmocka_unit_test(test_small),
		cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
		cmocka_unit_test(test_phases),
		cmocka_unit_test(test_touches),
		cmocka_unit_test(test_touches_in),
		cmocka_unit_test(test_leave),
	};
	return cmocka_run_group_tests_name("journey", tests, NULL, NULL);
}
