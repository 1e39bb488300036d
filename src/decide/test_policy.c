/* SPDX-License-Identifier: Apache-2.0
 * test_policy.c: who chooses, with which odds; what is remembered, and what outcomes teach. */
#include "decide/test_choosing.h"

#include <math.h>

static struct decide_learned learned;

/* On the first step of its track, everything may be chosen. */
static void begin(struct world *w, enum decide_mode mode)
{
	world_init(w);
	learned_open(&learned, 7);
	w->play.deciding = deciding_of(mode);
	w->tracks[0].decide_what = DECIDE_ANGLE | DECIDE_SEND_TIME;
	w->d.learned = &learned;
	w->d.decision = 1;
	(void)act(w, "form.ebook", 0, 0);
}

static void end(struct world *w)
{
	learned_close(&learned);
	world_finish(w);
}

/* Sums the odds of a record under one key; *n_r: how many are above 0. */
static double odds(const struct json *d, const char *key, size_t *n_r)
{
	uint32_t list = json_get(d, 0, "candidates");
	double sum = 0, p;
	*n_r = 0;
	for (uint32_t c = json_first(d, list); c != JSON_NONE; c = json_next(d, list, c)) {
		if (!json_f64(d, json_get(d, c, key), &p))
			continue;
		sum += p;
		*n_r += p > 0;
	}
	return sum;
}

static void test_modes(void **state)
{
	static const struct {
		enum decide_mode mode;
		const char *policy;
		bool many, remembers, shadow;
	} rows[] = {
		{DECIDE_OFF, "rules", false, false, false},
		{DECIDE_RULES, "rules", false, true, false},
		{DECIDE_FIRST, "first", false, true, false},
		{DECIDE_SHADOW, "shadow", false, true, true},
		{DECIDE_EPSILON, "epsilon", true, true, false},
		{DECIDE_IGW, "igw", true, true, false},
		{DECIDE_THOMPSON, "thompson", true, true, false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct world w;
		size_t n, shadow_n;
		begin(&w, rows[i].mode);
		const struct decide_out *o = due(&w);
		struct json d = record_of(&w);
		double sum = odds(&d, "p", &n), shadow = odds(&d, "shadow", &shadow_n);
		check_str(rows[i].policy, json_str(&d, json_get(&d, 0, "policy"), &w.arena),
			  rows[i].policy);
		CHECK_ROW(rows[i].policy, fabs(sum - 1) < 1e-9);
		/* three angles now and at five other times of day, and nothing */
		CHECK_ROW(rows[i].policy, rows[i].many ? n == 19 : n == 1);
		CHECK_ROW(rows[i].policy, o->remember == rows[i].remembers);
		CHECK_ROW(rows[i].policy, fabs(shadow - rows[i].shadow) < 1e-9);
		end(&w);
	}
}

/* What nobody opened for choice stays with the rules. */
static void test_what_may_be_chosen(void **state)
{
	static const struct {
		const char *row;
		unsigned what;
		size_t n;
	} rows[] = {
		{"nothing said", 0, 1},
		{"angle", DECIDE_ANGLE, 4},
		{"time", DECIDE_SEND_TIME, 7},
		{"nothing", DECIDE_NOTHING, 2},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct world w;
		size_t n;
		begin(&w, DECIDE_IGW);
		w.tracks[0].decide_what = rows[i].what;
		(void)due(&w);
		struct json d = record_of(&w);
		CHECK_ROW(rows[i].row, fabs(odds(&d, "p", &n) - 1) < 1e-9);
		CHECK_ROW(rows[i].row, n == rows[i].n);
		end(&w);
	}
}

/* A share is drawn evenly in every mode that is more than a look on; what is told so is a fair
 * sample, whoever chooses. */
static void test_some_are_even(void **state)
{
	static const struct {
		enum decide_mode mode;
		bool some;
	} rows[] = {{DECIDE_RULES, true},
		    {DECIDE_FIRST, true},
		    {DECIDE_SHADOW, false},
		    {DECIDE_IGW, true}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct world w;
		unsigned even = 0, drawn[4] = {0};
		const char *row = decide_mode_name(rows[i].mode);
		begin(&w, rows[i].mode);
		w.tracks[0].decide_what = DECIDE_ANGLE;
		w.play.deciding.uniform = 0.2;
		struct journey fresh = w.journey;
		for (uint64_t n = 0; n < 1000; n++) {
			size_t may;
			int64_t chosen = 0;
			w.journey = fresh;
			w.d.decision = n;
			(void)due(&w);
			struct json d = record_of(&w);
			bool told = json_get(&d, 0, "even") != JSON_NONE;
			CHECK_ROW(row, fabs(odds(&d, "p", &may) - 1) < 1e-9);
			CHECK_ROW(row, may == 4 || !rows[i].some);
			assert_true(json_i64(&d, json_get(&d, 0, "chosen"), &chosen));
			even += told;
			drawn[chosen] += told;
			arena_reset(&w.turn_arena);
		}
		CHECK_ROW(row, rows[i].some ? even > 160 && even < 240 : even == 0);
		for (size_t k = 0; k < 4 && rows[i].some; k++)
			CHECK_ROW(row, drawn[k] > 30 && drawn[k] < 70);
		end(&w);
	}
}

/* Guards come first: what they hold has no odds, whatever was learned. */
static void test_guards_mask(void **state)
{
	struct world w;
	size_t n;
	(void)state;
	begin(&w, DECIDE_THOMPSON);
	w.play.guardrails.quiet = (struct program_hours){10 * 60, 9 * 60, true};
	(void)due(&w);
	struct json d = record_of(&w);
	uint32_t list = json_get(&d, 0, "candidates");
	assert_true(fabs(odds(&d, "p", &n) - 1) < 1e-9);
	for (uint32_t c = json_first(&d, list); c != JSON_NONE; c = json_next(&d, list, c)) {
		bool held = json_get(&d, c, "held") != JSON_NONE;
		assert_true(held == (json_get(&d, c, "p") == JSON_NONE));
	}
	end(&w);
}

/* The draw is a function of seed and number of the decision: made again, it is the same; over
 * many, everything comes up, "nothing" among it, which then waits. */
static void test_draws(void **state)
{
	unsigned sent = 0, waited = 0, others = 0;
	(void)state;
	for (uint64_t i = 0; i < 60; i++) {
		struct world w;
		struct str first = STR_NULL;
		for (int again = 0; again < 2; again++) {
			begin(&w, DECIDE_EPSILON);
			w.play.deciding.least = 1;
			w.d.decision = i;
			const struct decide_out *o = due(&w);
			if (again == 0)
				first = arena_str(&w.arena, o->record);
			assert_true(o->send || w.journey.due_us >= MONDAY + US_PER_D);
			assert_true(o->pending.decision == i);
			sent += o->send;
			waited += !o->send;
			others += o->send && !str_is(o->message.angle, "benchmark");
			if (again == 1)
				assert_true(o->record.n > 0);
			end(&w);
		}
		(void)first;
	}
	assert_true(sent > 60 && waited >= 2 && others > 30);
}

/* ---- outcomes ---- */

static struct pending pending_of(struct world *w)
{
	struct pending p = w->out.pending;
	assert_true(w->out.remember);
	p.message = 5;
	return p;
}

static void test_windows(void **state)
{
	struct world w;
	(void)state;
	begin(&w, DECIDE_RULES);
	(void)due(&w);
	const struct program_deciding *d = &w.play.deciding;
	struct pending p = pending_of(&w);
	assert_true(learned_asks(d, STR("form.demo")) && learned_asks(d, STR("unsubscribe")));
	assert_false(learned_asks(d, STR("email.open")));
	assert_false(learned_event(d, &p, STR("email.click"), p.at_us + 4 * US_PER_D));
	assert_true(learned_event(d, &p, STR("email.click"), p.at_us + US_PER_D));
	assert_false(learned_event(d, &p, STR("email.click"), p.at_us + US_PER_D)); /* once */
	assert_true(p.outcome == 0.25f);
	assert_true(learned_event(d, &p, STR("form.demo"), p.at_us + 9 * US_PER_D));
	assert_true(p.outcome == 1); /* 1.25, cut */
	assert_true(learned_event(d, &p, STR("email.complaint"), p.at_us + US_PER_D));
	assert_true(p.harm == 1);
	end(&w);
}

/* Harm makes messages dearer, peace makes them cheaper, and so it rests at the budget. */
static void test_price(void **state)
{
	struct world w;
	(void)state;
	begin(&w, DECIDE_RULES);
	(void)due(&w);
	struct program_deciding d = w.play.deciding;
	struct pending fresh = pending_of(&w);
	double before = learned.price;
	for (int i = 0; i < 1000; i++) {
		struct pending p = fresh;
		p.harm = i % 100 == 0; /* 1 in 100: above the budget of 3 in 1000 */
		learned_teach(&learned, &d, &p);
		assert_true(p.taught);
	}
	assert_true(learned.price > before + 1);
	before = learned.price;
	for (int i = 0; i < 1000; i++) {
		struct pending p = fresh;
		learned_teach(&learned, &d, &p);
	}
	assert_true(learned.price < before && learned.price >= 0);
	end(&w);
}

/* One angle works, the others do not: it gets the odds. */
static void test_learns(void **state)
{
	struct world w;
	unsigned best = 0;
	(void)state;
	begin(&w, DECIDE_IGW);
	w.tracks[0].decide_what = DECIDE_ANGLE;
	struct journey fresh = w.journey;
	for (uint64_t i = 0; i < 1500; i++) {
		w.journey = fresh;
		w.d.decision = i;
		const struct decide_out *o = due(&w);
		struct pending p = o->pending;
		bool works = o->send && str_is(o->message.angle, "story");
		p.message = o->send;
		p.outcome = works && explore_unit(1, i, 9) < 0.4 ? 1 : 0;
		learned_teach(&learned, &w.play.deciding, &p);
		best += i >= 1000 && works;
		arena_reset(&w.turn_arena);
	}
	assert_true(best > 400); /* of 500 */
	end(&w);
}

/* A message that annoys more than it brings is not worth sending. */
static void test_says_nothing(void **state)
{
	struct world w;
	unsigned quiet = 0;
	(void)state;
	begin(&w, DECIDE_IGW);
	w.tracks[0].decide_what = DECIDE_ANGLE;
	struct journey fresh = w.journey;
	for (uint64_t i = 0; i < 1500; i++) {
		w.journey = fresh;
		w.d.decision = i;
		const struct decide_out *o = due(&w);
		struct pending p = o->pending;
		p.message = o->send;
		p.harm = o->send && explore_unit(1, i, 9) < 0.1 ? 1 : 0;
		learned_teach(&learned, &w.play.deciding, &p);
		quiet += i >= 1000 && !o->send;
		arena_reset(&w.turn_arena);
	}
	assert_true(quiet > 350);
	end(&w);
}

static void test_stored_form(void **state)
{
	struct world w;
	struct pending p, q;
	struct buf b;
	struct err e;
	(void)state;
	begin(&w, DECIDE_IGW);
	(void)due(&w);
	p = pending_of(&w);
	assert_true(learned_event(&w.play.deciding, &p, STR("email.click"), p.at_us));
	p.weight = pending_weight(1, 1e-9); /* drawn against all odds: still a row that is read */
	assert_true(pending_weight(0.5, 0.25) > 1.99f && pending_weight(0.5, 0.25) < 2.01f);
	buf_init(&b, 4096);
	pending_encode(&p, &b);
	assert_int_equal(pending_decode(buf_view(&b), &q, &e), ST_OK);
	assert_memory_equal(p.x, q.x, sizeof p.x);
	assert_true(q.decision == p.decision && q.message == 5 && q.at_us == p.at_us);
	assert_true(q.parts_n == p.parts_n && q.key[0] == p.key[0] && q.outcome == p.outcome);
	assert_true(q.got_n == 1 && q.got[0] == p.got[0]);
	for (size_t i = 0; i < b.n; i++)
		assert_int_equal(pending_decode(str_n(b.p, i), &q, &e), ST_CORRUPT);
	buf_finish(&b);
	end(&w);
}

static void test_context(void **state)
{
	char name[32];
	(void)state;
	context_name(0, name);
	check_str("first", str_of(name), "one");
	context_name(CONTEXT_persona + 3, name);
	check_str("spread", str_of(name), "persona.3");
	context_name(CONTEXT_COUNT - 1, name);
	check_str("last", str_of(name), "feature.7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),         cmocka_unit_test(test_what_may_be_chosen),
		cmocka_unit_test(test_some_are_even), cmocka_unit_test(test_guards_mask),
		cmocka_unit_test(test_draws),         cmocka_unit_test(test_windows),
		cmocka_unit_test(test_price),         cmocka_unit_test(test_learns),
		cmocka_unit_test(test_says_nothing),  cmocka_unit_test(test_stored_form),
		cmocka_unit_test(test_context),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
