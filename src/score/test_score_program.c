/* SPDX-License-Identifier: Apache-2.0
 * test_score_program.c: scoring by a program as a marketer writes it: conditions, personas, entry,
 * ceilings and the further condition of a tier, from YAML to the ledger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "score/score.h"

#define T0 INT64_C(1795000000000000)

static const char text[] =
	"nurture: 1\n"
	"program: t\n"
	"goal: meeting.booked\n"
	"send_as: {name: Ines, from: ines@mail.example.com}\n"
	"personas:\n"
	"  ops: lead.title.matches(\"(?i)operations\")\n"
	"features:\n"
	"  forms: {kind: count, of: form.*}\n"
	"scoring:\n"
	"  fit:\n"
	"    - {name: ops role, if: persona == \"ops\", points: 30}\n"
	"    - {name: right size, if: account.employees >= 50, points: 25}\n"
	"  engagement:\n"
	"    half_life: 14d\n"
	"    points:\n"
	"      page.*: {points: 2, max: 5}\n"
	"      form.demo: 60\n"
	"    rules:\n"
	"      - {name: long video, of: video.watched, where: event.scroll >= 50, points: 8}\n"
	"  weights: {fit: 50%, engagement: 50%}\n"
	"  tiers:\n"
	"    hot: {up: 40, down: 30, if: fit >= 50 || feature.forms >= 2}\n"
	"    warm: {up: 20, down: 18}\n"
	"entry:\n"
	"  - {name: referral, source: referral, fit: 20}\n"
	"consent: {default: opt_in, purposes: [news], channels: [email]}\n";

static struct arena arena;
static struct program *program;
static struct json profile, account;

static int setup(void **state)
{
	struct program_report report;
	struct err e = {.text = ""};
	(void)state;
	arena_init(&arena, 16u << 20);
	if (program_load(str_of(text), &arena, &program, &report, &e) != ST_OK) {
		for (size_t i = 0; i < report.n; i++)
			print_error("line %d: " STR_FMT "\n", report.problems[i].line,
				    STR_ARG(report.problems[i].message));
		return -1;
	}
	assert_int_equal(json_parse(STR("{\"traits\":{\"title\":\"Head of Operations\"},"
					"\"source\":\"referral\"}"),
				    JSON_LIMITS_EVENT, &arena, &profile, NULL),
			 ST_OK);
	assert_int_equal(json_parse(STR("{\"traits\":{\"employees\":\"120\"}}"), JSON_LIMITS_EVENT,
				    &arena, &account, NULL),
			 ST_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	program_destroy(&program);
	arena_finish(&arena);
	return 0;
}

static double act(struct lead *l, const char *type, double scroll)
{
	double points;
	struct event ev = {.type = str_of(type), .occurred_us = T0, .context.scroll = scroll};
	struct facts f = {
		.program = program, .lead = l, .event = &ev, .now_us = T0, .arena = &arena};
	assert_int_equal(score_event(l, &f, &arena, &points, NULL), ST_OK);
	return points;
}

static struct facts facts_of(const struct lead *l, const double *features)
{
	return (struct facts){.program = program,
			      .lead = l,
			      .profile = &profile,
			      .account = &account,
			      .features = features,
			      .now_us = T0,
			      .arena = &arena};
}

static void test_conditions_of_events(void **state)
{
	struct lead l;
	(void)state;
	lead_init(&l, 1, T0);
	assert_int_equal((int)act(&l, "video.watched", 80), 8);
	assert_int_equal((int)act(&l, "video.watched", 20), 0);
	assert_int_equal((int)act(&l, "video.watched", -1), 0); /* unknown is no */
	assert_int_equal((int)act(&l, "page.pricing", -1), 2);
	assert_int_equal((int)act(&l, "page", -1), 2); /* a family holds its own head */
	assert_int_equal((int)act(&l, "pages", -1), 0);
}

static void test_fit_and_persona(void **state)
{
	struct lead l;
	(void)state;
	lead_init(&l, 1, T0);
	struct facts f = facts_of(&l, NULL);
	struct score_fit fit = score_fit(&f);
	assert_int_equal(fit.persona, 1);
	assert_int_equal(fit.mask, 3); /* the rule that asks for the persona sees the new one */
	f.profile = f.account = NULL;
	fit = score_fit(&f);
	assert_int_equal(fit.persona, 0);
	assert_int_equal(fit.mask, 0);
}

static void test_entry(void **state)
{
	struct lead l;
	(void)state;
	lead_init(&l, 1, T0);
	struct event ev = {.type = STR("form.demo"), .source = STR("site"), .context.scroll = -1};
	struct facts f = facts_of(&l, NULL);
	f.event = &ev;
	assert_int_equal(score_entry(&f), 1);
	f.profile = NULL;
	assert_int_equal(score_entry(&f), 0);
	ev.context.campaign.source = STR("Referral");
	assert_int_equal(score_entry(&f), 1);
}

static void test_tier_with_condition(void **state)
{
	struct lead l;
	struct score s;
	struct score_what_would what;
	struct score_ledger ledger;
	(void)state;
	lead_init(&l, 1, T0);
	(void)act(&l, "form.demo", -1);
	double features[] = {1};
	struct facts f = facts_of(&l, features);
	for (int i = 0; i < 9; i++)
		(void)act(&l, "page.x", -1);
	l.fit_mask = 1; /* 30: the score is (30 + 65) / 2, enough for hot, and fit is not */
	score_evaluate(&f, &s);
	assert_int_equal(s.engagement_cents, 6500); /* page.* is cut at 5 */
	assert_int_equal(s.total_cents, 4750);
	assert_int_equal(s.tier, TIER_WARM);
	score_keep(&l, &s);
	score_what_would(&f, TIER_HOT, &what);
	assert_int_equal(what.missing_cents, 0);
	assert_true(str_is(what.condition, "fit >= 50 || feature.forms >= 2"));
	/* Held back by its condition: no alarm for going up, only for the fall. */
	int64_t next = score_next_change(program, &l, T0);
	struct facts later = f;
	later.now_us = next;
	score_evaluate(&later, &s);
	assert_int_equal(s.tier, TIER_COLD);
	later.now_us--;
	score_evaluate(&later, &s);
	assert_int_equal(s.tier, TIER_WARM);
	features[0] = 2;
	score_evaluate(&f, &s);
	assert_int_equal(s.tier, TIER_HOT);
	features[0] = 1;
	l.fit_mask = 3; /* 55 */
	score_evaluate(&f, &s);
	assert_int_equal(s.tier, TIER_HOT);
	assert_int_equal(score_ledger(&f, &arena, &ledger, NULL), ST_OK);
	assert_true(score_ledger_check(&ledger, NULL));
	assert_int_equal(ledger.part[SCORE_PART_ENGAGEMENT].lines[0].times, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_conditions_of_events, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fit_and_persona, setup, teardown),
		cmocka_unit_test_setup_teardown(test_entry, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tier_with_condition, setup, teardown),
	};
	return cmocka_run_group_tests_name("score_program", tests, NULL, NULL);
}
