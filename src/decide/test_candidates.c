/* SPDX-License-Identifier: Apache-2.0
 * test_candidates.c: how far apart two touches are, where that is a choice. */
#include "decide/test_choosing.h"

#include <math.h>

static struct decide_learned learned;
static int64_t sent_us; /* the first message */

/* Somebody who heard one message of a track with a cadence of 5 to 8 days. */
static void begin(struct world *w, enum decide_mode mode, unsigned what, double fatigue_max)
{
	world_init(w);
	learned_open(&learned, 7);
	w->play.deciding = deciding_of(mode);
	w->play.guardrails.fatigue_max = fatigue_max;
	w->play.guardrails.fatigue_half_life_us = 365 * US_PER_D;
	w->tracks[0].decide_what = what;
	w->d.learned = &learned;
	w->d.decision = 1;
	(void)act(w, "form.ebook", 0, 0);
	for (int i = 0; i < 9 && !due(w)->send; i++) { /* "nothing" may come first */
		w->env.now_us = w->journey.due_us;
		w->d.decision++;
	}
	assert_true(w->out.send);
	(void)became(w, MESSAGE_SENT);
	sent_us = w->message.sent_us;
	(void)on(w); /* silent for four days: the next step */
	assert_true(w->journey.phase == JOURNEY_DUE);
}

static void end(struct world *w)
{
	learned_close(&learned);
	world_finish(w);
}

static double days_since(int64_t at_us)
{
	return (double)(at_us - sent_us) / (double)US_PER_D;
}

/* What a record says of each gap: how likely, and the first instant it means. */
struct seen {
	double p[ARM_GAPS], none, first[ARM_GAPS];
};

static struct seen seen_of(struct world *w)
{
	struct json d = record_of(w);
	struct seen s = {.first = {99, 99, 99}};
	uint32_t list = json_get(&d, 0, "candidates");
	for (uint32_t c = json_first(&d, list); c != JSON_NONE; c = json_next(&d, list, c)) {
		double p = 0;
		int64_t at_us = 0;
		struct str gap = json_str(&d, json_get(&d, c, "gap"), &w->arena);
		struct str at = json_str(&d, json_get(&d, c, "at"), &w->arena);
		if (!json_f64(&d, json_get(&d, c, "p"), &p))
			continue;
		size_t g = 0;
		while (g < ARM_GAPS && !str_is(gap, arm_gap_name(g)))
			g++;
		if (g == ARM_GAPS) {
			s.none += p;
			continue;
		}
		assert_true(time_parse(at, &at_us));
		s.p[g] += p;
		s.first[g] = fmin(s.first[g], days_since(at_us));
	}
	return s;
}

static bool is(double a, double b)
{
	return fabs(a - b) < 1e-6;
}

/* Who may choose the gap is asked at the shortest; each has its odds, and its place in the sum. */
static void test_three_gaps(void **state)
{
	static const enum decide_mode modes[] = {DECIDE_EPSILON, DECIDE_IGW, DECIDE_THOMPSON};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		struct world w;
		const char *row = decide_mode_name(modes[i]);
		begin(&w, modes[i], DECIDE_GAP, 0);
		CHECK_ROW(row, is(days_since(w.journey.due_us), 5));
		(void)on(&w);
		struct seen s = seen_of(&w);
		CHECK_ROW(row, is(s.first[0], 5) && is(s.first[1], 6.5) && is(s.first[2], 8));
		CHECK_ROW(row, s.p[0] > 0 && s.p[1] > 0 && s.p[2] > 0 && s.none > 0);
		CHECK_ROW(row, fabs(s.p[0] + s.p[1] + s.p[2] + s.none - 1) < 1e-9);
		end(&w);
	}
}

/* The rules do what they did when nobody could choose: at the same hour, the same message. */
static void test_rules_keep_theirs(void **state)
{
	static const struct {
		enum decide_mode mode;
		double fatigue_max, days;
	} rows[] = {{DECIDE_RULES, 0, 5},   {DECIDE_FIRST, 0, 5},  {DECIDE_SHADOW, 0, 5},
		    {DECIDE_RULES, 1.1, 7}, {DECIDE_SHADOW, 2, 6}, {DECIDE_FIRST, 2, 6}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct world w;
		int64_t due_us[2], at_us[2];
		for (int with = 0; with < 2; with++) {
			unsigned what = DECIDE_ANGLE | (with ? DECIDE_GAP : 0);
			begin(&w, rows[i].mode, what, rows[i].fatigue_max);
			due_us[with] = w.journey.due_us - sent_us;
			assert_true(on(&w)->send);
			assert_true(str_is(w.out.message.angle, "story"));
			at_us[with] = w.out.message.due_us - sent_us;
			if (with && rows[i].mode == DECIDE_SHADOW) /* it looks on */
				assert_true(str_find(w.out.record, STR("\"gap\":\"long\"")) <
					    w.out.record.n);
			end(&w);
		}
		assert_true(due_us[0] == due_us[1] && at_us[0] == at_us[1]);
		assert_true((double)at_us[0] / (double)US_PER_D >= rows[i].days);
		assert_true(rows[i].fatigue_max > 0 || at_us[0] == 5 * US_PER_D);
	}
}

/* Whoever is tired hears from the rules later; who chooses may take the short gap all the same,
 * and the rules' own is among what may be taken. */
static void test_tired(void **state)
{
	struct world w;
	(void)state;
	begin(&w, DECIDE_IGW, DECIDE_GAP, 1.5);
	assert_true(is(days_since(w.journey.due_us), 5));
	(void)on(&w);
	struct json d = record_of(&w);
	int64_t rules = -1, at = 0, at_us = 0;
	assert_true(json_i64(&d, json_get(&d, 0, "rules"), &rules));
	uint32_t list = json_get(&d, 0, "candidates"), c = json_first(&d, list);
	for (; at < rules; at++)
		c = json_next(&d, list, c);
	assert_true(time_parse(json_str(&d, json_get(&d, c, "at"), &w.arena), &at_us));
	assert_true(days_since(at_us) > 6.5 && days_since(at_us) < 8);
	struct seen s = seen_of(&w);
	assert_true(is(s.first[0], 5) && is(s.first[2], 8) && s.p[0] > 0);
	end(&w);
}

/* A guard holds whatever the gap is: what it holds back has no odds, what it lets go later has. */
static void test_guards_hold(void **state)
{
	struct world w;
	(void)state;
	begin(&w, DECIDE_IGW, DECIDE_GAP, 0);
	w.play.guardrails.cool_down_us = 6 * US_PER_D;
	(void)on(&w);
	struct seen s = seen_of(&w);
	assert_true(is(s.first[0], 6) && is(s.first[1], 6.5) && is(s.first[2], 8));
	end(&w);
	begin(&w, DECIDE_IGW, DECIDE_GAP, 0);
	w.play.guardrails.all = (struct program_cap){.per_week = 1};
	(void)on(&w);
	s = seen_of(&w);
	assert_true(s.p[0] <= 0 && is(s.first[1], 7) && is(s.first[2], 8));
	end(&w);
}

/* Where the rules would not send yet, nobody is asked: it is looked at when their gap is over. */
static void test_not_before_the_rules(void **state)
{
	struct world w;
	(void)state;
	begin(&w, DECIDE_IGW, DECIDE_GAP, 1.5);
	w.address[EMAIL] = STR_NULL;
	(void)on(&w);
	assert_true(!w.out.decided && !w.out.send);
	assert_true(days_since(w.journey.due_us) > 6.5);
	end(&w);
}

/* A longer gap means a message that waits, and an outcome that is awaited from then on. */
static void test_it_is_done(void **state)
{
	unsigned gaps[ARM_GAPS] = {0};
	(void)state;
	for (uint64_t i = 0; i < 60; i++) {
		struct world w;
		begin(&w, DECIDE_EPSILON, DECIDE_GAP, 0);
		w.play.deciding.least = 1;
		w.d.decision = 1000 + i;
		if (on(&w)->send) {
			const struct pending *p = &w.out.pending;
			int64_t since_us = w.out.message.due_us - sent_us;
			size_t g = since_us < 6 * US_PER_D ? 0 : since_us < 8 * US_PER_D ? 1 : 2;
			double since = log1p((double)since_us / (double)US_PER_D) / 5;
			gaps[g]++;
			assert_true(p->parts_n == 4 && p->key[3] == arm_gap(g));
			assert_true(p->at_us == w.out.message.due_us);
			assert_true(fabs((double)p->x[CONTEXT_slot_since] - since) < 1e-6);
			assert_true(p->x[CONTEXT_slot_tired] > 0.4f);
			(void)became(&w, MESSAGE_SENT);
			assert_true(w.message.sent_us == sent_us + since_us);
		}
		end(&w);
	}
	assert_true(gaps[0] > 5 && gaps[1] > 5 && gaps[2] > 5);
}

/* Always the same gap, to compare with. */
static void test_fixed(void **state)
{
	static const double days[] = {5, 5, 6.5, 8};
	(void)state;
	for (int gap = 0; gap < 4; gap++) {
		struct world w;
		begin(&w, DECIDE_FIXED, DECIDE_GAP | DECIDE_SEND_TIME, 0);
		w.play.deciding.fixed = (struct program_choice){.part = -1, .gap = gap};
		assert_true(on(&w)->send);
		assert_true(
			is((double)(w.out.message.due_us - sent_us) / (double)US_PER_D, days[gap]));
		end(&w);
	}
}

/* Two messages too near to each other annoy: it learns to wait. */
static void test_learns_to_wait(void **state)
{
	struct world w;
	unsigned waits = 0, sent = 0;
	(void)state;
	begin(&w, DECIDE_IGW, DECIDE_GAP, 0);
	struct journey fresh = w.journey;
	for (uint64_t i = 0; i < 1500; i++) {
		w.journey = fresh;
		w.d.decision = 10 + i;
		const struct decide_out *o = on(&w);
		struct pending p = o->pending;
		bool far = o->send && o->message.due_us - sent_us >= 8 * US_PER_D;
		p.message = o->send;
		p.outcome = o->send && explore_unit(1, i, 9) < (far ? 0.4 : 0.1) ? 1 : 0;
		learned_teach(&learned, &w.play.deciding, &p);
		waits += i >= 1000 && far;
		sent += i >= 1000 && o->send;
		arena_reset(&w.turn_arena);
	}
	assert_true(sent > 400 && 10 * waits > 8 * sent);
	end(&w);
}

/* ---- more than can be told apart at once ---- */

#define MANY PROGRAM_ANGLES_MAX

/* Sixteen texts, three gaps, five parts of the day. */
static void begin_many(struct world *w, enum decide_mode mode)
{
	static char names[MANY][8];
	static struct program_angle angles[MANY];
	static struct content_file files[MANY + 1];
	begin(w, mode, DECIDE_ANGLE | DECIDE_GAP | DECIDE_SEND_TIME, 0);
	for (size_t i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof names[i], "a%02zu", i);
		angles[i].name = str_of(names[i]);
		files[i] = (struct content_file){.message = STR("dock-delays"),
						 .angle = angles[i].name,
						 .subjects_n = 1,
						 .hash = STR("0")};
	}
	w->steps[0][1].angles = angles;
	w->steps[0][1].angles_n = MANY;
	w->content = (struct content_index){.files = files, .n = MANY};
}

/* Each that may be chosen stands in the record with its odds, and where its text and its time are
 * told; what was drawn has the product of what it had by factor. */
static void test_many(void **state)
{
	static const enum decide_mode modes[] = {DECIDE_EPSILON, DECIDE_IGW, DECIDE_THOMPSON};
	static const char *const factors[] = {"channel", "part", "gap", "text", "day"};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		struct world w;
		double sum = 0, p = 0, own = 0, product = 1, least = 1;
		int64_t chosen = -1, at = 0, to = 0;
		size_t n = 0, brief = 0;
		const char *row = decide_mode_name(modes[i]);
		begin_many(&w, modes[i]);
		(void)on(&w);
		struct json d = record_of(&w);
		uint32_t list = json_get(&d, 0, "candidates");
		assert_true(json_i64(&d, json_get(&d, 0, "chosen"), &chosen));
		CHECK_ROW(row, w.out.record.n < 20u << 10);
		for (uint32_t c = json_first(&d, list); c != JSON_NONE;
		     c = json_next(&d, list, c), at++) {
			if (!json_f64(&d, json_get(&d, c, "p"), &p))
				continue;
			sum += p;
			own = at == chosen ? p : own;
			least = p < least ? p : least;
			n++;
			if (!json_i64(&d, json_get(&d, c, "text_of"), &to))
				continue;
			brief++;
			CHECK_ROW(row, to < at && json_get(&d, json_at(&d, list, (size_t)to),
							   "angle") != JSON_NONE);
			assert_true(json_i64(&d, json_get(&d, c, "time_of"), &to));
			CHECK_ROW(row, to < at && json_get(&d, json_at(&d, list, (size_t)to),
							   "gap") != JSON_NONE);
		}
		for (size_t f = 0; f < COUNT_OF(factors); f++) {
			uint32_t of = json_get(&d, json_get(&d, 0, "factors"), factors[f]);
			assert_true(json_f64(&d, of, &p));
			product *= p;
		}
		CHECK_ROW(row,
			  n > 150 && brief > n / 2 && json_get(&d, 0, "left_out") == JSON_NONE);
		CHECK_ROW(row, fabs(sum - 1) < 1e-9 && least >= 0.01 / (double)n - 1e-12);
		CHECK_ROW(row, own > 0 && fabs(product / own - 1) < 1e-9);
		end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_gaps),
		cmocka_unit_test(test_rules_keep_theirs),
		cmocka_unit_test(test_tired),
		cmocka_unit_test(test_guards_hold),
		cmocka_unit_test(test_not_before_the_rules),
		cmocka_unit_test(test_it_is_done),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_learns_to_wait),
		cmocka_unit_test(test_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
