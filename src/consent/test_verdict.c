/* SPDX-License-Identifier: Apache-2.0
 * test_verdict.c: the law, a case per rule and per pair of rules that could be confused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "consent/consent.h"

#define NOW INT64_C(1795000000000000)
#define DAY US_PER_D

static const struct str channels[] = {STR("email"), STR("phone")};
static const struct str purposes[] = {STR("marketing"), STR("newsletter")};
static const struct str eu[] = {STR("DE"), STR("FR")}, ca[] = {STR("CA")};
static const struct program_region regions[] = {{STR("eu"), eu, 2, CONSENT_DOUBLE_OPT_IN},
						{STR("canada"), ca, 1, CONSENT_OPT_IN}};
static const struct program program = {.consent = {.default_rule = CONSENT_OPT_OUT,
						   .unknown_rule = CONSENT_OPT_IN,
						   .regions = regions,
						   .regions_n = 2,
						   .purposes = purposes,
						   .purposes_n = 2,
						   .channels = channels,
						   .channels_n = 2,
						   .anonymous_ttl_us = 30 * DAY,
						   .opt_in_ttl_us = 7 * DAY,
						   .honour_dnt = true}};

#define SAID(state, basis, days_ago) \
	{ \
		STR("email"), STR("marketing"), CONSENT_##state, BASIS_##basis, STR("form"), \
			STR_NULL, STR_NULL, NOW - (days_ago)*DAY, 1 \
	}
#define ALL(state, days_ago) \
	{ \
		STR("*"), STR("*"), CONSENT_##state, BASIS_CONSENT, STR("form"), STR_NULL, \
			STR_NULL, NOW - (days_ago)*DAY, 2 \
	}

static const struct {
	const char *country;
	uint32_t flags;
	struct consent_entry said[3];
	int64_t suppressed_until; /* 0: not; TIME_NONE: for ever */
	const char *channel, *purpose;
	bool allowed;
	const char *rule;
} rows[] = {
	{"US", 0, {{.at_us = 0}}, 0, "email", "marketing", true, "legitimate_interest"},
	{"CA", 0, {{.at_us = 0}}, 0, "email", "marketing", false, "opt_in"},
	{"DE", 0, {{.at_us = 0}}, 0, "email", "marketing", false, "opt_in"},
	{"de", 0, {{.at_us = 0}}, 0, "email", "marketing", false, "opt_in"},
	{"", 0, {{.at_us = 0}}, 0, "email", "marketing", false, "unknown_region"},
	{"CA", 0, {SAID(GRANTED, CONSENT, 3)}, 0, "email", "marketing", true, "granted"},
	{"", 0, {SAID(GRANTED, CONSENT, 3)}, 0, "email", "marketing", true, "granted"},
	{"CA", 0, {SAID(GRANTED, CONSENT, 3)}, 0, "email", "newsletter", false, "opt_in"},
	{"CA", 0, {SAID(GRANTED, CONSENT, 3)}, 0, "phone", "marketing", false, "opt_in"},
	{"DE", 0, {SAID(GRANTED, CONSENT, 3)}, 0, "email", "marketing", false, "unconfirmed"},
	{"DE", 0, {SAID(CONFIRMED, CONSENT, 3)}, 0, "email", "marketing", true, "confirmed"},
	{"DE", 0, {SAID(PENDING, CONSENT, 3)}, 0, "email", "marketing", false, "pending"},
	{"DE", 0, {SAID(PENDING, CONSENT, 7)}, 0, "email", "marketing", false, "lapsed"},
	{"US", 0, {SAID(PENDING, CONSENT, 3)}, 0, "email", "marketing", false, "pending"},
	{"DE", 0, {SAID(GRANTED, CONTRACT, 3)}, 0, "email", "marketing", true, "granted"},
	/* An entry of legitimate interest is no consent. */
	{"DE",
	 0,
	 {SAID(GRANTED, LEGITIMATE_INTEREST, 3)},
	 0,
	 "email",
	 "marketing",
	 false,
	 "opt_in"},
	{"US",
	 0,
	 {SAID(GRANTED, LEGITIMATE_INTEREST, 3)},
	 0,
	 "email",
	 "marketing",
	 true,
	 "legitimate_interest"},
	{"CA", 0, {SAID(GRANTED, NONE, 3)}, 0, "email", "marketing", false, "opt_in"},
	/* The later word counts; at one instant the no. */
	{"US",
	 0,
	 {SAID(GRANTED, CONSENT, 3), SAID(WITHDRAWN, CONSENT, 2)},
	 0,
	 "email",
	 "marketing",
	 false,
	 "withdrawn"},
	{"CA",
	 0,
	 {SAID(WITHDRAWN, CONSENT, 3), SAID(GRANTED, CONSENT, 2)},
	 0,
	 "email",
	 "marketing",
	 true,
	 "granted"},
	{"CA",
	 0,
	 {SAID(GRANTED, CONSENT, 2), SAID(WITHDRAWN, CONSENT, 2)},
	 0,
	 "email",
	 "marketing",
	 false,
	 "withdrawn"},
	{"CA",
	 0,
	 {SAID(GRANTED, CONSENT, 3), ALL(WITHDRAWN, 2)},
	 0,
	 "email",
	 "marketing",
	 false,
	 "withdrawn"},
	{"US", 0, {ALL(OBJECTED, 2)}, 0, "phone", "newsletter", false, "objected"},
	{"CA",
	 0,
	 {ALL(WITHDRAWN, 3), SAID(GRANTED, CONSENT, 2)},
	 0,
	 "email",
	 "marketing",
	 true,
	 "granted"},
	/* Filling in the form again does not take a confirmation back. */
	{"DE",
	 0,
	 {SAID(CONFIRMED, CONSENT, 9), SAID(PENDING, CONSENT, 1)},
	 0,
	 "email",
	 "marketing",
	 true,
	 "confirmed"},
	{"DE",
	 0,
	 {SAID(CONFIRMED, CONSENT, 9), SAID(WITHDRAWN, CONSENT, 5), SAID(PENDING, CONSENT, 1)},
	 0,
	 "email",
	 "marketing",
	 false,
	 "pending"},
	/* Do Not Track takes legitimate interest away, not consent. */
	{"US", LEAD_DNT, {{.at_us = 0}}, 0, "email", "marketing", false, "dnt"},
	{"US", LEAD_DNT, {SAID(GRANTED, CONSENT, 3)}, 0, "email", "marketing", true, "granted"},
	/* Addresses, and leads that are none any more, come first. */
	{"CA",
	 0,
	 {SAID(GRANTED, CONSENT, 3)},
	 TIME_NONE,
	 "email",
	 "marketing",
	 false,
	 "suppressed"},
	{"CA", 0, {SAID(GRANTED, CONSENT, 3)}, NOW + 1, "email", "marketing", false, "suppressed"},
	{"CA", 0, {SAID(GRANTED, CONSENT, 3)}, NOW, "email", "marketing", true, "granted"},
	{"CA", LEAD_ERASED, {SAID(GRANTED, CONSENT, 3)}, 0, "email", "marketing", false, "erased"},
	{"CA", LEAD_MERGED, {SAID(GRANTED, CONSENT, 3)}, 0, "email", "marketing", false, "merged"},
	{"US", 0, {{.at_us = 0}}, 0, "fax", "marketing", false, "unknown_channel"},
	{"US", 0, {{.at_us = 0}}, 0, "email", "gossip", false, "unknown_purpose"},
};

static void test_rows(void **state)
{
	bool seen[CONSENT_RULE_NO_COUNT] = {false};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct lead lead;
		lead_init(&lead, 1, NOW - 90 * DAY);
		lead.flags = rows[i].flags;
		const struct suppression s = {.reason = SUPPRESS_COMPLAINT,
					      .at_us = NOW - DAY,
					      .until_us = rows[i].suppressed_until};
		struct consent_view v = {.program = &program,
					 .lead = &lead,
					 .ledger = {rows[i].said, 0},
					 .suppressions = &s,
					 .suppressions_n = rows[i].suppressed_until != 0,
					 .country = str_of(rows[i].country)};
		while (v.ledger.n < 3 && rows[i].said[v.ledger.n].channel.n)
			v.ledger.n++;
		struct consent_verdict x = consent_may_speak(&v, str_of(rows[i].channel),
							     str_of(rows[i].purpose), NOW);
		if (x.allowed != rows[i].allowed ||
		    strcmp(consent_rule_wire(x.rule), rows[i].rule) != 0)
			fail_msg("row %zu: %d by %s: %s", i, x.allowed, consent_rule_wire(x.rule),
				 x.text);
		assert_true(str_starts(str_of(x.text), str_of(consent_rule_words(x.rule))));
		seen[x.rule] = true;
	}
	/* "nothing" is the floor under the table: no view reaches it while opt_in stands above. */
	for (size_t r = 0; r < CONSENT_RULE_NOTHING; r++)
		if (!seen[r])
			fail_msg("no case for %s", consent_rule_wire((enum consent_rule_no)r));
}

static void test_no_program(void **state)
{
	struct lead lead;
	(void)state;
	lead_init(&lead, 1, NOW);
	struct consent_view v = {.lead = &lead};
	struct consent_verdict x = consent_may_speak(&v, STR("email"), STR("marketing"), NOW);
	assert_false(x.allowed);
}

static void test_words(void **state)
{
	struct lead lead;
	const struct consent_entry said = SAID(WITHDRAWN, CONSENT, 0);
	(void)state;
	lead_init(&lead, 1, NOW);
	struct consent_view v = {.program = &program, .lead = &lead, .ledger = {&said, 1}};
	struct consent_verdict x = consent_may_speak(&v, STR("email"), STR("marketing"), NOW);
	assert_string_equal(x.text, "the person withdrew their consent (on 2026-11-18 by form)");
}

static void test_time_to_live(void **state)
{
	struct lead lead;
	(void)state;
	lead_init(&lead, 1, NOW);
	assert_int_equal(consent_ttl_us(&program, &lead, NOW), NOW + 30 * DAY);
	lead.active_us = NOW + DAY;
	assert_int_equal(consent_ttl_us(&program, &lead, NOW), NOW + 31 * DAY);
	lead.flags = LEAD_KNOWN;
	assert_int_equal(consent_ttl_us(&program, &lead, NOW), TIME_NONE);
	struct program keeps = program;
	keeps.consent.anonymous_ttl_us = 0;
	lead.flags = 0;
	assert_int_equal(consent_ttl_us(&keeps, &lead, NOW), TIME_NONE);
}

static void test_measure(void **state)
{
	struct event ev = {.type = STR("page"), .flags = EVENT_DNT};
	(void)state;
	assert_false(consent_may_measure(&program, &ev));
	ev.type = STR("form.demo");
	assert_true(consent_may_measure(&program, &ev));
	ev = (struct event){.type = STR("page")};
	assert_true(consent_may_measure(&program, &ev));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),    cmocka_unit_test(test_no_program),
		cmocka_unit_test(test_words),   cmocka_unit_test(test_time_to_live),
		cmocka_unit_test(test_measure),
	};
	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
