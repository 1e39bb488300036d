/* SPDX-License-Identifier: Apache-2.0
 * test_score.c: folding, merging, evaluating, tiers, and ledgers that add up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "score/engagement.h"
#include "score/test_score.h"

static struct world w;

static int setup(void **state)
{
	(void)state;
	world_init(&w);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	world_finish(&w);
	return 0;
}

static void test_half_life(void **state)
{
	struct lead l;
	(void)state;
	lead_init(&l, 1, T0);
	w.points[0].points = 40;
	assert_true(fabs(act(&w, &l, 0, T0, 0) - 40) < 1e-9);
	assert_int_equal(evaluate(&w, &l, T0).engagement_cents, 4000);
	assert_int_equal(evaluate(&w, &l, T0 + 14 * US_PER_D).engagement_cents, 2000);
	assert_int_equal(evaluate(&w, &l, T0 + 28 * US_PER_D).engagement_cents, 1000);
	assert_int_equal(evaluate(&w, &l, T0 + 7 * US_PER_D).engagement_cents,
			 2828); /* 40 / sqrt 2 */
	assert_int_equal(evaluate(&w, &l, T0 + 3650 * US_PER_D).engagement_cents, 0);
	assert_int_equal(evaluate(&w, &l, T0).total_cents, 2000);
}

static void test_flagged_never_score(void **state)
{
	static const struct {
		uint32_t flags;
		bool scores;
	} rows[] = {
		{0, true},
		{EVENT_BOT, false},
		{EVENT_MACHINE, false},
		{EVENT_SYSTEM, false},
		{EVENT_DNT, false},
		{EVENT_IMPORTED, true},
		{EVENT_IMPORTED | EVENT_MACHINE, false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lead l;
		lead_init(&l, 1, T0);
		double points = act(&w, &l, 0, T0, rows[i].flags);
		assert_true(rows[i].scores ? points > 0 : fabs(points) < 1e-9);
		assert_int_equal(l.cells_n, rows[i].scores);
		assert_int_equal(l.active_us, rows[i].scores ? T0 : TIME_NONE);
	}
	w.p.consent.honour_dnt = false;
	struct lead l;
	lead_init(&l, 1, T0);
	assert_true(act(&w, &l, 0, T0, EVENT_DNT) > 0);
}

static void test_own_acts_only(void **state)
{
	static const struct {
		const char *type;
		uint32_t flags;
		bool active;
	} rows[] = {
		{"page.pricing", 0, true},
		{"email.click", 0, true},
		{"email.delivered", 0, false},
		{"email.bounce.hard", 0, false},
		{"crm.stage", 0, false},
		{"identify", 0, true},
		{"identify", EVENT_IMPORTED, false},
		{"import.lead", EVENT_IMPORTED, false},
		{"page", EVENT_IMPORTED, true},
		{"crmfoo", 0, true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lead l;
		double points;
		lead_init(&l, 1, T0);
		struct event ev = {
			.type = str_of(rows[i].type), .occurred_us = T0, .flags = rows[i].flags};
		struct facts f = {.program = &w.p, .lead = &l, .event = &ev, .arena = &w.arena};
		assert_int_equal(score_event(&l, &f, &w.arena, &points, NULL), ST_OK);
		assert_int_equal(l.active_us, rows[i].active ? T0 : TIME_NONE);
	}
}

/* Late events, in any order, and a history cut in two: the same scores. */
static void test_order_and_merge(void **state)
{
	struct rng r;
	(void)state;
	rng_seed(&r, 21);
	for (int round = 0; round < 300; round++) {
		struct lead a, b, left, right;
		size_t rule[40], n = 40;
		int64_t at[40];
		arena_reset(&w.arena);
		random_rules(&w, &r, false);
		lead_init(&a, 1, T0);
		b = left = right = a;
		for (size_t i = 0; i < n; i++) {
			rule[i] = rng_below(&r, 8);
			at[i] = T0 - (int64_t)rng_below(&r, (uint64_t)(60 * US_PER_D));
			(void)act(&w, &a, rule[i], at[i], 0);
			(void)act(&w, i % 3 ? &left : &right, rule[i], at[i], 0);
		}
		for (size_t i = n; i-- > 0;)
			(void)act(&w, &b, rule[i], at[i], 0);
		assert_int_equal(score_merge(&w.p, &left, &right, &w.arena, NULL), ST_OK);
		int64_t now = T0 + (int64_t)rng_below(&r, (uint64_t)(30 * US_PER_D));
		struct score x = evaluate(&w, &a, now), y = evaluate(&w, &b, now),
			     z = evaluate(&w, &left, now);
		/* Sums in another order differ in the last bit: at most one cent, at a rounding. */
		assert_true(llabs((long long)(x.engagement_cents - y.engagement_cents)) <= 1);
		assert_true(llabs((long long)(x.engagement_cents - z.engagement_cents)) <= 1);
		assert_int_equal(a.active_us, b.active_us);
		assert_int_equal(a.active_us, left.active_us);
		assert_int_equal(a.cells_n, left.cells_n);
		for (size_t i = 0; i < a.cells_n; i++)
			assert_true(str_eq(a.cells[i].bytes, left.cells[i].bytes)); /* times */
	}
}

static void test_hysteresis(void **state)
{
	static const struct {
		int64_t cents;
		enum tier from, to;
	} rows[] = {
		{0, TIER_COLD, TIER_COLD},    {2999, TIER_COLD, TIER_COLD},
		{3000, TIER_COLD, TIER_WARM}, {6000, TIER_COLD, TIER_HOT},
		{2500, TIER_WARM, TIER_WARM}, {2499, TIER_WARM, TIER_COLD},
		{5999, TIER_WARM, TIER_WARM}, {6000, TIER_WARM, TIER_HOT},
		{5000, TIER_HOT, TIER_HOT},   {4999, TIER_HOT, TIER_WARM},
		{2499, TIER_HOT, TIER_COLD},  {2500, TIER_HOT, TIER_WARM},
	};
	(void)state;
	w.p.fit_weight = 0;
	w.p.engagement_weight = 1;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lead l;
		lead_init(&l, 1, T0);
		w.points[0].points = (double)rows[i].cents / 100;
		(void)act(&w, &l, 0, T0, 0);
		l.tier = rows[i].from;
		l.tier_since_us = T0 - 5;
		struct score s = evaluate(&w, &l, T0);
		assert_int_equal(s.tier, rows[i].to);
		assert_int_equal(s.tier_moved, rows[i].from != rows[i].to);
		score_keep(&l, &s);
		assert_int_equal(l.tier, rows[i].to);
		assert_int_equal(l.tier_since_us, rows[i].from == rows[i].to ? T0 - 5 : T0);
	}
}

static void test_inactivity(void **state)
{
	static const struct {
		int days;
		int64_t cents;
	} rows[] = {{0, 8000},  {30, 8000}, {36, 8000}, {37, 7500}, {44, 7000},
		    {51, 6500}, {58, 6000}, {65, 6000}, {900, 6000}};
	struct lead l;
	(void)state;
	w.points[0].points = 80;
	w.points[0].half_life_us = 0;
	w.p.inactivity = (struct program_inactivity){30 * US_PER_D, 7 * US_PER_D, 5, 20};
	lead_init(&l, 1, T0);
	(void)act(&w, &l, 0, T0, 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(evaluate(&w, &l, T0 + rows[i].days * US_PER_D).engagement_cents,
				 rows[i].cents);
	assert_int_equal(evaluate(&w, &l, T0 + 37 * US_PER_D - 1).engagement_cents, 8000);
}

static void test_fit_and_entry(void **state)
{
	struct lead l;
	(void)state;
	lead_init(&l, 1, T0);
	struct event ev = {.type = STR("form"), .source = STR("Partner"), .occurred_us = T0};
	const struct str sources[] = {STR("partner"), STR("fair")}, assets[] = {STR("ebook")};
	w.entries[0].sources = sources;
	w.entries[0].sources_n = 2;
	struct facts f = {
		.program = &w.p, .lead = &l, .event = &ev, .now_us = T0, .arena = &w.arena};
	assert_int_equal(score_entry(&f), 1);
	w.entries[0].assets = assets;
	w.entries[0].assets_n = 1;
	assert_int_equal(score_entry(&f), 0);
	struct json profile;
	assert_int_equal(json_parse(STR("{\"asset\":\"ebook\"}"), JSON_LIMITS_EVENT, &w.arena,
				    &profile, NULL),
			 ST_OK);
	f.profile = &profile;
	assert_int_equal(score_entry(&f), 1);
	/* Rules without conditions always hold. */
	struct score_fit fit = score_fit(&f);
	assert_int_equal(fit.mask, 15);
	assert_int_equal(fit.persona, 0);
	l.fit_mask = 3;
	l.entry = 1;
	l.entry_points = 15;
	assert_int_equal(evaluate(&w, &l, T0).fit_cents, 7500);
	l.fit_mask = 7;
	assert_int_equal(evaluate(&w, &l, T0).fit_cents, 10000);
	l.fit_mask = 8;
	assert_int_equal(evaluate(&w, &l, T0).fit_cents, 0);
}

static struct score_ledger ledger(const struct lead *l, int64_t now_us)
{
	struct score_ledger out;
	struct facts f = {.program = &w.p, .lead = l, .now_us = now_us, .arena = &w.arena};
	assert_int_equal(score_ledger(&f, &w.arena, &out, NULL), ST_OK);
	return out;
}

/* Sharing the rounded sum out moves a line by less than a cent. */
static void check_line(const struct score_line *line)
{
	const struct program_points *p = NULL;
	if (line->kind != SCORE_LINE_POINTS)
		return;
	for (size_t k = 0; k < w.p.points_n; k++)
		if (str_eq(w.points[k].name, line->name))
			p = &w.points[k];
	assert_non_null(p);
	double exact = p->points * line->weight;
	if (p->points_max > 0 && fabs(exact) > p->points_max)
		exact = exact < 0 ? -p->points_max : p->points_max;
	assert_true(fabs(exact * 100 - (double)line->cents) < 1.001);
	assert_true(line->times >= 1);
}

/* P1 for random programs and leads at random instants, and in the order the lines stand. */
static void test_ledger_adds_up(void **state)
{
	struct rng r;
	(void)state;
	rng_seed(&r, 22);
	for (int round = 0; round < 2000; round++) {
		struct lead l;
		arena_reset(&w.arena);
		random_rules(&w, &r, false);
		random_lead(&w, &r, &l);
		int64_t now = T0 + (int64_t)rng_below(&r, (uint64_t)(200 * US_PER_D));
		struct score_ledger x = ledger(&l, now);
		struct score s = evaluate(&w, &l, now);
		struct err why = {.text = ""};
		if (!score_ledger_check(&x, &why))
			fail_msg("%s", why.text);
		assert_int_equal(x.part[SCORE_PART_FIT].cents, s.fit_cents);
		assert_int_equal(x.part[SCORE_PART_ENGAGEMENT].cents, s.engagement_cents);
		assert_int_equal(x.part[SCORE_PART_TOTAL].cents, s.total_cents);
		assert_in_range(s.total_cents, 0, SCORE_MAX_CENTS);
		for (size_t i = 0; i < x.part[SCORE_PART_ENGAGEMENT].n; i++)
			check_line(&x.part[SCORE_PART_ENGAGEMENT].lines[i]);
	}
}

static void test_ledger_check_can_fail(void **state)
{
	struct lead l;
	struct err why;
	(void)state;
	lead_init(&l, 1, T0);
	(void)act(&w, &l, 0, T0, 0);
	struct score_ledger x = ledger(&l, T0);
	assert_true(score_ledger_check(&x, &why));
	struct score_line line = x.part[SCORE_PART_ENGAGEMENT].lines[0];
	line.cents++;
	x.part[SCORE_PART_ENGAGEMENT].lines = &line;
	assert_false(score_ledger_check(&x, &why));
	assert_non_null(strstr(why.text, "engagement"));
}

static void test_ledger_json(void **state)
{
	struct lead l;
	struct buf b;
	struct json_w j;
	(void)state;
	lead_init(&l, 1, T0);
	w.points[0].points = 12.5;
	(void)act(&w, &l, 0, T0, 0);
	(void)act(&w, &l, 0, T0, 0);
	l.fit_mask = 8; /* -50: a floor line */
	struct score_ledger x = ledger(&l, T0);
	buf_init(&b, 4096);
	json_w_init(&j, &b);
	score_ledger_json(&x, &j);
	buf_byte(&b, '\0');
	assert_string_equal(
		b.p, "{\"fit\":{\"points\":0,\"lines\":[{\"kind\":\"fit\",\"name\":\"competitor\","
		     "\"points\":-50},"
		     "{\"kind\":\"floor\",\"name\":\"not below 0\",\"points\":50}]},"
		     "\"engagement\":{\"points\":25,\"lines\":[{\"kind\":\"points\",\"name\":\"a\","
		     "\"points\":25,"
		     "\"times\":2,\"remaining\":2,\"latest\":\"2026-11-18T11:06:40.000Z\"}]},"
		     "\"score\":{\"points\":12.5,\"lines\":[{\"kind\":\"weight\",\"name\":\"fit\","
		     "\"points\":0,"
		     "\"weight\":0.5},{\"kind\":\"weight\",\"name\":\"engagement\",\"points\":12.5,"
		     "\"weight\":0.5}]},"
		     "\"tier\":\"cold\",\"at\":\"2026-11-18T11:06:40.000Z\"}");
	buf_finish(&b);
}

static void test_cents_text(void **state)
{
	static const struct {
		int64_t cents;
		const char *text;
	} rows[] = {{0, "0"},      {7, "0.07"},      {70, "0.7"},    {100, "1"},
		    {-5, "-0.05"}, {-1250, "-12.5"}, {10000, "100"}, {1234, "12.34"}};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf b;
		buf_init(&b, 64);
		score_cents_text(rows[i].cents, &b);
		buf_byte(&b, '\0');
		assert_string_equal(b.p, rows[i].text);
		buf_finish(&b);
	}
}

/* 100 x the probability, its way from the base shared out in proportion to the points. */
static void test_probability(void **state)
{
	struct lead l;
	(void)state;
	w.p.probability.slope = 0.05;
	w.p.probability.bias = -2;
	lead_init(&l, 1, T0);
	struct score_ledger x = ledger(&l, T0);
	assert_int_equal(x.score.total_cents, 1192); /* 100 / (1 + e^2) */
	assert_int_equal(x.part[SCORE_PART_TOTAL].lines[0].kind, SCORE_LINE_BASE);
	assert_int_equal(x.part[SCORE_PART_TOTAL].lines[0].cents, 1192);
	l.fit_mask = 1; /* 30 points */
	w.points[0].points = 10;
	assert_true(act(&w, &l, 0, T0, 0) > 0);
	x = ledger(&l, T0); /* a sum of 15 + 5: log-odds of -1 */
	assert_int_equal(x.score.fit_cents, 3000);
	assert_int_equal(x.score.total_cents, 2689);
	assert_true(score_ledger_check(&x, NULL));
	const struct score_line *lines = x.part[SCORE_PART_TOTAL].lines;
	assert_int_equal(x.part[SCORE_PART_TOTAL].n, 3);
	assert_int_equal(lines[1].cents, 1123); /* three quarters of the way of 14.97 */
	assert_int_equal(lines[2].cents, 374);
	int64_t before = 0;
	for (int64_t sum = 0; sum <= SCORE_MAX_CENTS; sum += 7) { /* never falls */
		int64_t now = score_of_sum(&w.p, sum);
		assert_true(now >= before);
		before = now;
	}
}

/* A damaged row may hold anything: scores stay within bounds and still add up. */
static void test_absurd_cells(void **state)
{
	static const double values[] = {1e300, -1e300, (double)NAN, (double)INFINITY, 1e-300};
	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		struct lead l;
		lead_init(&l, 1, T0);
		for (size_t k = 0; k < 8; k++) {
			struct cell *c = lead_cell_add(&l, w.points[k].key, &w.arena);
			c->value = values[i];
			c->at_us = T0;
		}
		struct score_ledger x = ledger(&l, T0 + 5);
		assert_true(score_ledger_check(&x, NULL));
		assert_in_range(x.score.total_cents, 0, SCORE_MAX_CENTS);
		(void)score_next_change(&w.p, &l, T0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_half_life, setup, teardown),
		cmocka_unit_test_setup_teardown(test_probability, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flagged_never_score, setup, teardown),
		cmocka_unit_test_setup_teardown(test_own_acts_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_order_and_merge, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hysteresis, setup, teardown),
		cmocka_unit_test_setup_teardown(test_inactivity, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fit_and_entry, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ledger_adds_up, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ledger_check_can_fail, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ledger_json, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cents_text, setup, teardown),
		cmocka_unit_test_setup_teardown(test_absurd_cells, setup, teardown),
	};
	return cmocka_run_group_tests_name("score", tests, NULL, NULL);
}
