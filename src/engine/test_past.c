/* SPDX-License-Identifier: Apache-2.0
 * test_past.c: past sends come in as events, wait, and are believed as far as live outcomes bear
 * them out. Every world is replayed at its end. */
#include "engine/past.h"
#include "engine/test_learning.h"

static void sent(struct world *w, unsigned n, const char *angle, const char *outcomes)
{
	struct str mail = arena_printf(&w->arena, "q%u@past.example", n);
	struct event ev = {
		.type = STR(PAST_EVENT),
		.occurred_us = w->now_us - 90 * US_PER_D + n * US_PER_H,
		.properties = arena_printf(&w->arena,
					   "{\"message\":\"guide\",\"angle\":\"%s\","
					   "\"outcomes\":%s}",
					   angle, outcomes),
	};
	assert_true(event_add_id(&ev, ID_EMAIL, STR_NULL, mail));
	append(w, &ev);
}

/* One in three clicked on the story, nobody on the numbers; one of 60 was annoyed. */
static void history(struct world *w, unsigned n, const char *liked, const char *other)
{
	for (unsigned i = 0; i < n; i++) {
		bool like = i % 2 == 0;
		const char *came = like && i % 3 == 0 ? "\"email.open, email.click\""
				   : i % 60 == 1      ? "[\"email.unsubscribe\"]"
						      : "\"\"";
		sent(w, i, like ? liked : other, came);
	}
	fold(w);
}

static void begin(struct world *w, const char *program)
{
	world_start(w, &(struct engine_conf){.hand_over = NULL});
	world_apply(w, program, &learning_content);
}

static double expects(struct world *w, struct pending of, const char *angle)
{
	struct learned_guess g;
	of.key[0] = arm_say(STR("guide"), str_of(angle));
	learned_guess(&w->engine->play.learned.now, &of, &g);
	return g.outcome;
}

static struct past_rows rows_of(struct world *w)
{
	struct past_rows r;
	struct err e;
	assert_int_equal(past_read(w->store, &r, &e), ST_OK);
	return r;
}

static void they_wait_and_are_believed(void **state)
{
	struct world w;
	(void)state;
	begin(&w, LEARNING_PROGRAM("shadow"));
	history(&w, 600, "story", "numbers");
	struct past_rows r = rows_of(&w);
	assert_int_equal(r.past_n, 600);
	assert_int_equal(r.live_n, 0);
	assert_true(r.past[0].outcome > 0.49F && r.past[0].harm < 1);
	assert_true(r.past[1].outcome <= 0 && r.past[1].harm > 0.99F);
	struct pending like = r.past[0];
	past_finish(&r);
	orders(&w, "policy.warm", "{\"weight\":0.3}", EVENT_SYSTEM);
	assert_true(expects(&w, like, "story") > 4 * expects(&w, like, "numbers"));
	assert_true(learn_seen_all(w.engine->play.learned.now.response) > 0.29 * 600);
	r = rows_of(&w);
	assert_int_equal(r.past_n, 0);
	past_finish(&r);
	teardown(&w);
}

static void weight_nothing_lets_them_go(void **state)
{
	struct world w;
	(void)state;
	begin(&w, LEARNING_PROGRAM("shadow"));
	history(&w, 300, "story", "numbers");
	orders(&w, "policy.warm", "{\"weight\":0}", EVENT_SYSTEM);
	assert_true(learn_seen_all(w.engine->play.learned.now.response) <= 0);
	struct past_rows r = rows_of(&w);
	assert_int_equal(r.past_n, 0);
	past_finish(&r);
	teardown(&w);
}

static const struct {
	const char *why, *type, *properties;
	uint32_t flags;
} refused[] = {
	{"without a message", PAST_EVENT, "{\"angle\":\"story\"}", 0},
	{"too heavy", "policy.warm", "{\"weight\":1.5}", EVENT_SYSTEM},
	{"no weight", "policy.warm", "{}", EVENT_SYSTEM},
	{"none wait", "policy.warm", "{\"weight\":1}", EVENT_SYSTEM},
};

static void what_cannot_be_is_kept_with_its_reason(void **state)
{
	struct world w;
	struct engine_stats s;
	(void)state;
	begin(&w, LEARNING_PROGRAM("shadow"));
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct event ev = {.type = str_of(refused[i].type),
				   .properties = str_of(refused[i].properties),
				   .flags = refused[i].flags};
		assert_true(event_add_id(&ev, ID_EMAIL, STR_NULL, STR("a@b.example")));
		append(&w, &ev);
		fold(&w);
		engine_stats(w.engine, &s);
		if (s.dead_letters != i + 1)
			fail_msg("%s", refused[i].why);
	}
	teardown(&w);
}

static void who_does_not_learn_keeps_none(void **state)
{
	struct world w;
	(void)state;
	begin(&w, LEARNING_PROGRAM("off"));
	history(&w, 20, "story", "numbers");
	struct past_rows r = rows_of(&w);
	assert_int_equal(r.past_n, 0);
	past_finish(&r);
	teardown(&w);
}

/* ---- which weight ---- */

/* Live outcomes as the past, or the other way round: what is right decides. */
static void live_outcomes_choose(void **state)
{
	struct world w;
	struct past_trial t;
	(void)state;
	begin(&w, LEARNING_PROGRAM("shadow"));
	history(&w, 600, "story", "numbers");
	struct past_rows same = rows_of(&w);
	orders(&w, "policy.warm", "{\"weight\":0}", EVENT_SYSTEM);
	w.now_us += US_PER_D;
	history(&w, 300, "numbers", "story");
	struct past_rows other = rows_of(&w);
	past_try(same.past, 600, same.past, 300, &t);
	assert_true(t.best == PAST_WEIGHTS - 1); /* the same world */
	assert_true(t.loss[3] < t.loss[0]);
	past_try(same.past, 600, other.past, 300, &t);
	assert_int_equal(t.best, 0); /* all of it is wrong */
	past_try(same.past, 600, other.past, PAST_LIVE_LEAST - 1, &t);
	assert_int_equal(t.best, PAST_USUAL);
	past_finish(&same);
	past_finish(&other);
	teardown(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_wait_and_are_believed),
		cmocka_unit_test(weight_nothing_lets_them_go),
		cmocka_unit_test(what_cannot_be_is_kept_with_its_reason),
		cmocka_unit_test(who_does_not_learn_keeps_none),
		cmocka_unit_test(live_outcomes_choose),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
