/* SPDX-License-Identifier: Apache-2.0
 * test_rollout.c: registered models decide as the choice says, from the next decision on; what they
 * bring moves them up or sends them back by itself; and a replay does the same (teardown). */
#include "engine/models.h"
#include "engine/rollout.h"
#include "engine/rollout_row.h"
#include "engine/test_learning.h"

static const struct registry_hash nobody = {""};

/* A model that has learned from people who like one angle, registered. */
static struct registry_hash brings_model(struct world *w, const char *likes)
{
	struct world school;
	struct learned live = {.loaded = false};
	struct decide_learned *l;
	struct registry_model m;
	struct program_deciding d = {
		.mode = DECIDE_IGW, .most = 1, .least = 0.1, .epsilon = 0.05, .gain = 20};
	struct buf bytes, file;
	struct str body;
	struct err e;
	play_start(&school, LEARNING_PROGRAM("epsilon"), &learning_content);
	for (unsigned i = 0; i < 150; i++)
		learning_one(&school, i, likes);
	assert_int_equal(learned_use(&live, school.store, 7, &l, &e), ST_OK);
	buf_init_arena(&bytes, &w->arena, FROZEN_BYTES_MAX);
	frozen_encode(l, &d, &bytes);
	learned_forget(&live);
	teardown(&school);
	buf_init_arena(&file, &w->arena, FROZEN_BYTES_MAX + 4096);
	buf_printf(&file,
		   "nurtured-model 1\n{\"slot\":\"cadence\",\"kind\":\"decide.frozen\","
		   "\"version\":\"1\",\"created_us\":1,\"from_us\":0,\"to_us\":0,\"bytes\":%zu}\n",
		   bytes.n);
	buf_str(&file, buf_view(&bytes));
	assert_int_equal(registry_decode(buf_view(&file), &w->arena, &m, &e), ST_OK);
	assert_int_equal(models_put_body(buf_view(&file), &w->arena, &body, &e), ST_OK);
	orders(w, "model.put", arena_strz(&w->arena, body), EVENT_SYSTEM);
	return m.hash;
}

static void chosen(struct world *w, struct registry_hash champion, struct registry_hash candidate,
		   unsigned percent, bool by_hand)
{
	const struct registry_choice c = {STR("cadence"), champion, candidate, percent, by_hand};
	struct str body = models_stage_body(&c, STR("a test"), &w->arena);
	orders(w, "model.stage", arena_strz(&w->arena, body), EVENT_SYSTEM);
}

static struct registry_choice choice(struct world *w)
{
	struct registry_choice c;
	struct err e;
	assert_int_equal(models_choice(w->store, STR("cadence"), &w->arena, &c, &e), ST_OK);
	return c;
}

static struct rollout_state state_of(struct world *w)
{
	struct rollout_state s;
	struct err e;
	assert_int_equal(rollout_read(w->store, &s, &e), ST_OK);
	return s;
}

static bool keep(void *ctx, struct store_key key, struct str value)
{
	struct world *w = ((void **)ctx)[0];
	struct str *out = ((void **)ctx)[1];
	(void)key;
	*out = arena_str(&w->arena, value);
	return false;
}

/* The newest decision. */
static struct json record(struct world *w)
{
	struct str row = STR_NULL;
	struct json d;
	struct err e;
	void *ctx[] = {w, &row};
	assert_int_equal(store_scan(w->store, TABLE_DECISION, SCAN_NEWEST_FIRST, keep, ctx, &e),
			 ST_OK);
	assert_int_equal(json_parse(row, JSON_LIMITS_EVENT, &w->arena, &d, &e), ST_OK);
	return d;
}

static struct str text(struct world *w, const struct json *d, uint32_t node, const char *key)
{
	return json_str(d, json_get(d, node, key), &w->arena);
}

static void test_choices_are_followed(void **state)
{
	struct world w;
	unsigned candidate = 0, program = 0;
	(void)state;
	play_start(&w, LEARNING_PROGRAM("rules"), &learning_content);
	struct registry_hash m = brings_model(&w, "story");
	learning_one(&w, 0, "story");
	struct json d = record(&w);
	assert_true(json_get(&d, 0, "models") == JSON_NONE);
	chosen(&w, nobody, m, 25, false);
	for (unsigned i = 1; i < 60; i++) {
		learning_one(&w, i, "story");
		d = record(&w);
		uint32_t q = json_get(&d, 0, "models");
		struct str who = text(&w, &d, q, "chose");
		check_str("candidate", text(&w, &d, q, "candidate"), m.hex);
		candidate += str_is(who, "candidate");
		program += str_is(who, "program");
		if (str_is(who, "candidate"))
			check_str("model", text(&w, &d, 0, "model"), m.hex);
		check_str("policy", text(&w, &d, 0, "policy"),
			  str_is(who, "candidate") ? "igw" : "rules");
	}
	assert_true(candidate > 5 && candidate < 30 && candidate + program == 59);
	chosen(&w, m, nobody, 0, false); /* it is the champion now: at the next decision */
	learning_one(&w, 60, "story");
	d = record(&w);
	check_str("champion", text(&w, &d, json_get(&d, 0, "models"), "chose"), "champion");
	chosen(&w, nobody, nobody, 0, false);
	learning_one(&w, 61, "story");
	d = record(&w);
	assert_true(json_get(&d, 0, "models") == JSON_NONE);
	assert_int_equal(state_of(&w).changes_n, 3);
	teardown(&w);
}

/* In the shadow nothing is sent by it, and what it would have done is beside what was done. */
static void test_shadow_acts_never(void **state)
{
	struct world w, same;
	(void)state;
	play_start(&w, LEARNING_PROGRAM("igw"), &learning_content);
	play_start(&same, LEARNING_PROGRAM("igw"), &learning_content);
	chosen(&w, nobody, brings_model(&w, "numbers"), 0, false);
	for (unsigned i = 0; i < 40; i++) {
		learning_one(&w, i, "story");
		learning_one(&same, i, "story");
		struct json d = record(&w), o = record(&same);
		uint32_t list = json_get(&d, 0, "candidates"), c = json_first(&d, list);
		double sum = 0, p;
		for (; c != JSON_NONE; c = json_next(&d, list, c))
			if (json_f64(&d, json_get(&d, c, "shadow"), &p))
				sum += p;
		assert_true(sum > 1 - 1e-6 && sum < 1 + 1e-6);
		assert_true(str_eq(text(&w, &d, 0, "words"), text(&same, &o, 0, "words")));
		check_str("chose", text(&w, &d, json_get(&d, 0, "models"), "chose"), "program");
	}
	struct rollout_state s = state_of(&w);
	assert_true(s.trial.champion.n > 30 && s.trial.decisions >= 40 && s.trial.weight > 0);
	teardown(&same);
	teardown(&w);
}

/* As good as what is there: on to 5 %, unless that is left to people. Taught by other people: sent
 * back, whoever else may move it. */
static void test_moves_by_itself(void **state)
{
	static const struct {
		const char *taught;
		bool by_hand;
		size_t changes;
		unsigned to;
	} rows[] = {{"story", false, 2, 5},
		    {"numbers", false, 2, ROLLOUT_OUT},
		    {"story", true, 1, 0},
		    {"numbers", true, 2, ROLLOUT_OUT}};
	(void)state;
	for (size_t k = 0; k < COUNT_OF(rows); k++) {
		struct world w;
		unsigned i = 0;
		play_start(&w, LEARNING_PROGRAM("igw, explore: {least: 40%}"), &learning_content);
		struct registry_hash m = brings_model(&w, rows[k].taught);
		chosen(&w, nobody, m, 0, rows[k].by_hand);
		while (i < 700 && state_of(&w).changes_n < 2)
			learning_one(&w, i++, "story");
		struct rollout_state s = state_of(&w);
		const struct rollout_change *last = &s.changes[s.changes_n - 1];
		CHECK_ROW(rows[k].taught, s.changes_n == rows[k].changes && i > 190);
		CHECK_ROW(last->words, last->to == rows[k].to);
		CHECK_ROW(last->words, last->by_itself == (rows[k].changes == 2));
		CHECK_ROW(rows[k].taught, rollout_change_no(&s, s.changes_n - 1) == s.changes_n);
		struct registry_choice c = choice(&w);
		CHECK_ROW(rows[k].taught, c.percent == rows[k].to % ROLLOUT_OUT);
		check_str(rows[k].taught, str_of(c.candidate.hex),
			  rows[k].to == ROLLOUT_OUT ? "" : m.hex);
		teardown(&w);
	}
}

/* Each change, as it was, for a folder that was not looked at meanwhile. */
static void test_told_change_by_change(void **state)
{
	struct world w;
	struct registry_told told[ROLLOUT_TOLD_MAX];
	size_t n;
	(void)state;
	play_start(&w, LEARNING_PROGRAM("igw"), &learning_content);
	struct registry_hash a = brings_model(&w, "story"), b = brings_model(&w, "numbers");
	const struct registry_choice steps[] = {
		{STR("cadence"), nobody, a, 0, false},  {STR("cadence"), nobody, a, 5, false},
		{STR("cadence"), a, nobody, 0, false},  {STR("cadence"), a, b, 0, false},
		{STR("cadence"), a, b, 25, true},       {STR("cadence"), b, nobody, 0, false},
		{STR("cadence"), a, nobody, 0, false},  {STR("cadence"), a, b, 50, false},
		{STR("cadence"), a, nobody, 0, false},  {STR("cadence"), nobody, nobody, 0, false},
		{STR("cadence"), nobody, b, 0, false},  {STR("cadence"), nobody, b, 5, false},
		{STR("cadence"), nobody, b, 25, false}, {STR("cadence"), b, nobody, 0, false},
		{STR("cadence"), b, a, 0, false},       {STR("cadence"), b, a, 5, false},
		{STR("cadence"), b, a, 25, false},      {STR("cadence"), b, nobody, 0, false},
	};
	for (size_t k = 0; k < COUNT_OF(steps); k++) {
		chosen(&w, steps[k].champion, steps[k].candidate, steps[k].percent,
		       steps[k].by_hand);
		struct rollout_state s = state_of(&w);
		struct registry_choice now = choice(&w);
		rollout_told(&s, &now, &w.arena, told, &n);
		assert_int_equal(n, s.changes_n + 1);
		for (size_t i = n; i-- > 1;) { /* the latest first: step k, k - 1, ... */
			const struct registry_choice *c = &steps[k + 1 - (n - i)];
			assert_int_equal(told[i].no, k + 2 - (n - i));
			assert_string_equal(told[i].choice.candidate.hex, c->candidate.hex);
			assert_int_equal(told[i].choice.percent, c->percent);
			assert_string_equal(told[i].choice.champion.hex, c->champion.hex);
			check_str("why", told[i].reason, "a test");
		}
	}
	teardown(&w);
}

static void test_refused(void **state)
{
	struct world w;
	struct str body;
	struct err e;
	struct registry_model m;
	struct registry_choice c;
	static const char other[] =
		"nurtured-model 1\n{\"slot\":\"cadence\",\"kind\":\"learn.test\","
		"\"version\":\"v\",\"created_us\":1,\"from_us\":0,\"to_us\":0,"
		"\"bytes\":7}\nweights";
	(void)state;
	play_start(&w, LEARNING_PROGRAM("igw"), &learning_content);
	assert_int_equal(registry_decode(str_of(other), &w.arena, &m, &e), ST_OK);
	assert_int_equal(models_put_body(str_of(other), &w.arena, &body, &e), ST_OK);
	orders(&w, "model.put", arena_strz(&w.arena, body), EVENT_SYSTEM);
	chosen(&w, nobody, m.hash, 0, false);
	assert_int_equal(models_choice(w.store, STR("cadence"), &w.arena, &c, &e), ST_NOT_FOUND);
	assert_int_equal(state_of(&w).changes_n, 0);
	teardown(&w);
}

static void test_rows(void **state)
{
	struct rollout_state s = {.stage = 3,
				  .since_us = -5,
				  .trial = {.champion = {1, 2, 3, 4, 5}, .weight = 7},
				  .changes_n = 1,
				  .changes = {{9, {"ab"}, 0, ROLLOUT_OUT, true, "why"}}},
			     back;
	struct buf b;
	struct err e;
	(void)state;
	buf_init(&b, ROLLOUT_ROW_MAX);
	rollout_state_encode(&s, &b);
	assert_int_equal(rollout_state_decode(buf_view(&b), &back, &e), ST_OK);
	assert_true(back.stage == 3 && back.since_us == -5 && back.trial.champion.harm == 4);
	assert_true(back.changes_n == 1 && back.changes[0].to == ROLLOUT_OUT);
	assert_string_equal(back.changes[0].words, "why");
	for (size_t i = 1; i < 100; i++) /* all before the list of changes */
		assert_int_equal(rollout_state_decode(str_n(b.p, i), &back, &e), ST_CORRUPT);
	buf_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choices_are_followed),
		cmocka_unit_test(test_shadow_acts_never),
		cmocka_unit_test(test_moves_by_itself),
		cmocka_unit_test(test_told_change_by_change),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_rows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
