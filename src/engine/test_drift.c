/* SPDX-License-Identifier: Apache-2.0
 * test_drift.c: the world moves under the engine: who comes, or what they do. It rings, what the
 * program says follows, and it ends; while nothing moves it is quiet. Every world is replayed at
 * its end, so alarms are part of the fold (G8). */
#include "engine/drift.h"
#include "engine/test_play.h"

static const struct content_file files[] = {
	{STR("guide"), STR("numbers"), STR(""), 1, STR("h1")},
	{STR("guide"), STR("story"), STR(""), 1, STR("h2")},
};
static const struct content_index content = {.files = files, .n = 2};

#define HEAD \
	"nurture: 1\nprogram: t\ngoal: meeting.booked\n" \
	"send_as: {name: T, from: t@mail.larkspur.example, postal_address: X 1}\n" \
	"scoring: {fit: [{name: any, if: lead.known, points: 40}]}\n" \
	"consent: {default: opt_out, unknown: opt_out, purposes: [news], channels: [email]}\n" \
	"tracks:\n  early:\n    enter: lead.known\n    decide: {what: [angle]}\n" \
	"    sequence: [{send: guide, angles: [story, numbers], wait: 4d}]\n"
#define DECIDE \
	"decide:\n  mode: igw\n  rewards: {email.click: {value: 1, within: 12h}}\n" \
	"  harm: {within: 12h}\n  explore: {least: 4%}\n"

/* ---- a town whose people arrive, are written to, and click or not ---- */

#define A_DAY 60 /* arrive */
#define CLICKS 3 /* one in so many */

struct town {
	struct world w;
	struct rng rng;
	unsigned people, one_in;
	const char *traits;
};

static void begin(struct town *t, const char *program, uint64_t seed)
{
	play_start(&t->w, program, &content);
	rng_seed(&t->rng, seed);
	t->people = 0;
	t->one_in = CLICKS;
	t->traits = "{\"country\":\"US\"}";
}

static void arrive(struct town *t)
{
	for (int i = 0; i < A_DAY; i++) {
		struct str mail = arena_printf(&t->w.arena, "p%u@acme.example", t->people++);
		struct event ev = {.type = STR("form.ebook"), .traits = str_of(t->traits)};
		assert_true(event_add_id(&ev, ID_EMAIL, STR_NULL, mail));
		append(&t->w, &ev);
	}
}

static void of_message(struct town *t, const char *type, uint64_t message, uint32_t flags)
{
	struct str text = arena_printf(&t->w.arena, "{\"message\":%llu,\"code\":250}",
				       (unsigned long long)message);
	struct event ev = {.type = str_of(type), .properties = text, .flags = flags};
	append(&t->w, &ev);
}

static void day(struct town *t)
{
	handed_n = 0;
	arrive(t);
	fold(&t->w);
	for (size_t i = 0; i < handed_n; i++)
		of_message(t, "message.sent", handed[i], EVENT_SYSTEM);
	fold(&t->w);
	t->w.source = "observe";
	for (size_t i = 0; i < handed_n; i++)
		if (t->one_in > 0 && rng_below(&t->rng, t->one_in) == 0)
			of_message(t, "email.click", handed[i], 0);
	t->w.source = NULL;
	passes(&t->w, US_PER_D);
}

static void days(struct town *t, int n)
{
	for (int i = 0; i < n; i++)
		day(t);
}

static struct drift *drift_of(struct town *t)
{
	return &t->w.engine->play.drift;
}

/* Of the latest decision. */
static struct str text_of(struct town *t, const char *section, const char *key)
{
	struct json d;
	struct str row;
	struct err e;
	uint64_t latest = t->w.engine->play.next_decision - 1;
	assert_int_equal(
		store_get(t->w.store, TABLE_DECISION, KEY_NUM(latest), &t->w.arena, &row, &e),
		ST_OK);
	assert_int_equal(json_parse(row, JSON_LIMITS_EVENT, &t->w.arena, &d, &e), ST_OK);
	uint32_t at = section ? json_get(&d, 0, section) : 0;
	return json_str(&d, json_get(&d, at, key), &t->w.arena);
}

static double seen_of(struct town *t)
{
	return learn_seen_all(t->w.engine->play.learned.now.response);
}

/* ---- quiet ---- */

static void nothing_moves(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 2; seed++) {
		struct town t;
		struct watch_figures f;
		begin(&t, HEAD DECIDE, seed);
		days(&t, 32);
		watch_figures(drift_of(&t)->watch, &f);
		assert_int_equal(drift_of(&t)->ever, 0);
		assert_true(f.windows >= 3 && f.outcomes >= 1500);
		teardown(&t.w);
	}
}

/* ---- who comes ---- */

static void others_come(struct town *t, const char *program)
{
	begin(t, program, 1);
	days(t, 21);
	assert_int_equal(drift_of(t)->ever, 0);
	t->traits = "{\"country\":\"DE\"}";
}

static void until_it_rings(struct town *t, int most)
{
	for (int i = 0; i < most && drift_of(t)->ever == 0; i++)
		day(t);
	assert_true(drift_of(t)->ever > 0);
	assert_true(drift_on(drift_of(t), t->w.now_us));
}

static void read_again_it_is_the_same(struct town *t)
{
	struct err e;
	struct drift again = {.until_us = TIME_NONE}, *was = drift_of(t);
	assert_int_equal(drift_use(&again, t->w.store, &e), ST_OK);
	assert_int_equal(again.ever, was->ever);
	assert_int_equal(again.until_us, was->until_us);
	assert_int_equal(again.alarms_n, was->alarms_n);
	assert_memory_equal(&again.alarms[0].what, &was->alarms[0].what,
			    sizeof again.alarms[0].what);
	struct watch_figures f, g;
	watch_figures(again.watch, &f);
	watch_figures(was->watch, &g);
	assert_memory_equal(&f, &g, sizeof f);
	drift_forget(&again);
}

static void who_comes_is_watched(void **state)
{
	struct town t;
	char name[32];
	(void)state;
	others_come(&t, HEAD DECIDE);
	double seen = seen_of(&t);
	until_it_rings(&t, 20);
	const struct drift_alarm *a = &drift_of(&t)->alarms[0];
	assert_int_equal(a->what.what, WATCH_PSI);
	context_name(a->what.dim, name);
	assert_true(str_starts(str_of(name), STR("country.")));
	assert_int_equal(a->then, DECIDE_WIDEN);
	assert_true(seen_of(&t) < 0.8 * seen);
	read_again_it_is_the_same(&t);
	day(&t);
	assert_true(str_is(text_of(&t, "learned", "drift"), "widen"));
	/* What is new becomes usual, and it is over. */
	days(&t, 19);
	assert_false(drift_on(drift_of(&t), t.w.now_us));
	assert_int_equal(text_of(&t, "learned", "drift").n, 0);
	teardown(&t.w);
}

static void the_rules_take_over(void **state)
{
	struct town t;
	(void)state;
	others_come(&t, HEAD DECIDE "  drift: {on_alarm: rules, hold: 3d}\n");
	day(&t);
	assert_true(str_is(text_of(&t, NULL, "policy"), "igw"));
	until_it_rings(&t, 20);
	day(&t);
	assert_true(str_is(text_of(&t, NULL, "policy"), "rules"));
	days(&t, 3);
	assert_true(str_is(text_of(&t, NULL, "policy"), "igw"));
	teardown(&t.w);
}

static void it_may_be_only_told(void **state)
{
	struct town t;
	(void)state;
	others_come(&t, HEAD DECIDE "  drift: {on_alarm: alarm_only}\n");
	double seen = seen_of(&t);
	until_it_rings(&t, 20);
	assert_int_equal(drift_of(&t)->alarms[0].then, DECIDE_ALARM_ONLY);
	assert_true(seen_of(&t) > seen);
	day(&t);
	assert_true(str_is(text_of(&t, NULL, "policy"), "igw"));
	teardown(&t.w);
}

static void the_program_says_how_far(void **state)
{
	struct town t;
	(void)state;
	others_come(&t, HEAD DECIDE "  drift: {psi: 10}\n");
	days(&t, 20);
	assert_int_equal(drift_of(&t)->ever, 0);
	teardown(&t.w);
}

/* ---- what they do ---- */

static void what_they_do_is_watched(void **state)
{
	struct town t;
	(void)state;
	begin(&t, HEAD DECIDE "  drift: {on_alarm: reopen}\n", 2);
	days(&t, 21);
	assert_int_equal(drift_of(&t)->ever, 0);
	double seen = seen_of(&t);
	t.one_in = 0;
	until_it_rings(&t, 20);
	assert_int_not_equal(drift_of(&t)->alarms[0].what.what, WATCH_PSI);
	assert_true(seen_of(&t) < seen / 8);
	day(&t);
	assert_true(str_is(text_of(&t, "learned", "drift"), "reopen"));
	teardown(&t.w);
}

static void off_costs_no_rows(void **state)
{
	struct town t;
	struct str row;
	struct err e;
	(void)state;
	begin(&t, HEAD, 1);
	days(&t, 3);
	assert_int_equal(store_get(t.w.store, TABLE_DRIFT, KEY_NUM(0), &t.w.arena, &row, &e),
			 ST_NOT_FOUND);
	teardown(&t.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_moves),
		cmocka_unit_test(who_comes_is_watched),
		cmocka_unit_test(the_rules_take_over),
		cmocka_unit_test(it_may_be_only_told),
		cmocka_unit_test(the_program_says_how_far),
		cmocka_unit_test(what_they_do_is_watched),
		cmocka_unit_test(off_costs_no_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
