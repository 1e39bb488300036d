/* SPDX-License-Identifier: Apache-2.0
 * test_reading.c: the hours of a lead: machines left out, by their own zone, drawn towards
 * everybody's; and before anything was learned, a message goes where its reader is at it. */
#include "decide/test_decide.h"

#include "predict/hours.h"

#include <math.h>

static struct decide_learned learned;

static int64_t at_hour(int hour)
{
	return MONDAY + (hour - 8) * US_PER_H; /* MONDAY is at 8 */
}

static void begin(struct world *w, struct turn *t)
{
	world_init(w);
	learned_open(&learned, 7);
	w->d.learned = &learned;
	w->d.world = &w->outside;
	*t = (struct turn){.d = &w->d, .j = &w->journey, .now_us = MONDAY + 2 * US_PER_D};
}

static void end(struct world *w)
{
	learned_close(&learned);
	world_finish(w);
}

static void acted(struct world *w, int hour, uint32_t flags, size_t n)
{
	for (size_t i = 0; i < n; i++)
		w->lead.tail[w->lead.tail_n++] =
			(struct lead_entry){.occurred_us = at_hour(hour), .flags = flags};
}

/* How many times as soon as who is at it at any hour alike. */
static double times_soon(const struct turn *t, int hour)
{
	return exp2(3 * (double)reading_around(t, at_hour(hour)));
}

static void test_own_hours(void **state)
{
	static const uint32_t no_person[] = {EVENT_MACHINE, EVENT_BOT, EVENT_SYSTEM, EVENT_DNT};
	struct world w;
	struct turn t;
	double curve[PREDICT_HOURS], sum = 0;
	(void)state;
	begin(&w, &t);
	reading_curve(&t, curve);
	assert_true(fabs((double)reading_around(&t, at_hour(14))) < 1e-6); /* flat */
	for (size_t i = 0; i < COUNT_OF(no_person); i++)
		acted(&w, 3, no_person[i], 2);
	reading_curve(&t, curve);
	assert_true(fabs((double)reading_around(&t, at_hour(3))) < 1e-6);
	acted(&w, 15, 0, 8);
	reading_curve(&t, curve);
	for (size_t h = 0; h < PREDICT_HOURS; h++)
		sum += curve[h];
	assert_true(fabs(sum - 1) < 1e-9);
	/* 8 acts of 28 believed; who is at it for sure an hour later would be 2.1 times as soon. */
	assert_true(times_soon(&t, 14) > 1.25 && times_soon(&t, 14) < 1.35);
	assert_true(times_soon(&t, 19) < 0.9);
	end(&w);
}

/* Eight in the morning in Berlin is seven in London. */
static void test_zones(void **state)
{
	struct world w;
	struct turn t;
	struct err e;
	double curve[PREDICT_HOURS];
	(void)state;
	begin(&w, &t);
	acted(&w, 12, 0, 10);
	assert_int_equal(tz_load(STR("America/New_York"), &w.arena, &w.outside.zone, &e), ST_OK);
	reading_curve(&t, curve);
	assert_true(curve[7] > curve[12]); /* UTC 12 is 7 there in November */
	assert_true(times_soon(&t, 12) > 1.15 && times_soon(&t, 12) < 1.25);
	end(&w);
}

static void test_everybodys_hours(void **state)
{
	struct world w;
	struct turn t;
	double curve[PREDICT_HOURS], sum = 0;
	(void)state;
	begin(&w, &t);
	for (int i = 0; i < 60000; i++)
		learned_hour(&learned, w.outside.zone, at_hour(10));
	for (size_t h = 0; h < PREDICT_HOURS; h++)
		sum += learned.hours[h];
	assert_true(sum > 20000 && sum < 50000); /* bounded, so that habits may change */
	reading_curve(&t, curve);                /* of who was never seen: everybody's */
	assert_true(curve[10] > curve[9] && curve[9] > curve[8] && curve[8] > curve[20]);
	end(&w);
}

/* Who may be at it at any hour of a working day is best reached when it begins: at noon half of
 * the day is over. But not who is always late. */
static void test_before_the_day(void **state)
{
	struct world w;
	struct turn t;
	(void)state;
	begin(&w, &t);
	for (int hour = 9; hour < 18; hour++)
		for (int i = 0; i < 200; i++)
			learned_hour(&learned, w.outside.zone, at_hour(hour));
	assert_true(times_soon(&t, 8) > times_soon(&t, 11));
	assert_true(times_soon(&t, 11) > times_soon(&t, 14));
	assert_true(times_soon(&t, 14) > times_soon(&t, 18));
	acted(&w, 16, 0, 16);
	assert_true(times_soon(&t, 14) > times_soon(&t, 8));
	end(&w);
}

/* Nothing was learned yet: who is at it in the afternoon looks better then than in the evening. */
static void test_prior_of_the_hour(void **state)
{
	struct world w;
	struct turn t;
	double odds[2];
	static const int hours[] = {14, 20};
	(void)state;
	begin(&w, &t);
	acted(&w, 15, 0, 8);
	for (size_t i = 0; i < 2; i++) {
		float x[CONTEXT_COUNT] = {1};
		struct learn_guess g;
		const struct candidate c = {.at_us = at_hour(hours[i])};
		struct learn_action a = {
			.arm = {learn_arm(learned.response, arm_say(STR("m"), STR("a")),
					  LEARN_POOLED)},
			.n = 1};
		context_slot(&t, &c, x);
		learn_score(learned.response, x, &a, 1, &g);
		odds[i] = (double)g.p;
	}
	assert_true(odds[0] > 1.1 * odds[1]);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_hours),
		cmocka_unit_test(test_before_the_day),
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_everybodys_hours),
		cmocka_unit_test(test_prior_of_the_hour),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
