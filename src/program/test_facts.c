/* SPDX-License-Identifier: Apache-2.0
 * test_facts.c: what conditions see: values of every place and type, absence, coercion; and why a
 * condition holds or not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/time.h"
#include "program/facts.h"

static const char *const profile_text =
	"{\"traits\":{\"title\":\"Head of "
	"Operations\",\"employees\":\"1,200\",\"vip\":\"Yes\",\"nothing\":\"\","
	"\"Lead Origin\":\"API\",\"a.b\":7,\"deep\":{\"x\":{\"y\":3}},\"tags\":\"red; "
	"blue\",\"list\":[1,\"two\"],"
	"\"since\":\"2026-03-01\",\"epoch\":1767225600,\"umlaut\":\"M\\u00fcller\",\"address\":{"
	"\"country\":\"AT\"},"
	"\"company\":{\"name\":\"Acme\",\"industry\":\"Retail\",\"employee_count\":80},\"score\":"
	"12.5},"
	"\"ids\":[[\"email\",\"sara@acme.example\"],[\"key\",\"77\",\"crm.hubspot\"]],\"source\":"
	"\"site\","
	"\"asset\":\"ebook\",\"campaign\":{\"source\":\"google\"},\"country\":\"DE\",\"tz\":"
	"\"Europe/Berlin\"}";
static const char *const account_text = "{\"key\":\"acme.example\",\"kind\":\"domain\",\"leads\":3,"
					"\"hot\":1,\"last_us\":1767225600000000,"
					"\"traits\":{\"industry\":\"Logistics\"}}";
static const char *const properties_text =
	"{\"value\":\"49.50\",\"items\":[{\"sku\":\"a\"},{\"sku\":\"b\"}],\"ok\":true,\"n\":3,"
	"\"nested\":{\"k\":\"v\"}}";

#define HEAD \
	"nurture: 1\nprogram: p\ngoal: won\nsend_as: {name: I, from: i@x.example}\n" \
	"fields:\n  lead: {employees: number, vip: bool, ab: {type: int, path: a.b}, nothing: " \
	"string,\n" \
	"    deep: {type: int, path: deep.x.y}, tags: list, list: list, since: time, epoch: " \
	"time,\n" \
	"    umlaut: string, origin: {type: string, path: Lead Origin}, size: {type: int, path: " \
	"score},\n" \
	"    zip: string, colour: {type: string, path: list}}\n" \
	"  event: {amount: {type: number, path: value}, ok: bool, missing: number}\n" \
	"personas: {ops: 'lead.title.contains(\"Operations\")'}\n" \
	"features: {views: {kind: count}, last: {kind: last, property: properties.n}}\n" \
	"scoring: {tiers: {hot: {up: 70, if: '%s'}}, engagement: {points: {a: {points: 100, " \
	"where: '%s'}}}}\n"

struct world {
	struct arena arena;
	struct program *program;
	struct json profile, account, properties;
	struct lead lead;
	struct event event;
	double features[2];
	struct facts facts;
};

static void parse(const char *text, struct arena *a, struct json *out)
{
	struct err e;
	if (json_parse(str_of(text), JSON_LIMITS_EVENT, a, out, &e) != ST_OK)
		fail_msg("%s", e.text);
}

/* `tier`, `where`: conditions; one of them is "true". */
static void build(struct world *w, const char *tier, const char *where)
{
	struct program_report r;
	struct err e;
	memset(w, 0, sizeof *w);
	arena_init(&w->arena, 16 << 20);
	struct str text = arena_printf(&w->arena, HEAD, tier, where);
	if (program_load(text, &w->arena, &w->program, &r, &e) != ST_OK)
		fail_msg("%s (%s, %s)", e.text, tier, where);
	parse(profile_text, &w->arena, &w->profile);
	parse(account_text, &w->arena, &w->account);
	parse(properties_text, &w->arena, &w->properties);
	w->lead = (struct lead){.flags = LEAD_KNOWN,
				.persona = 1,
				.events_n = 5,
				.created_us = 0,
				.active_us = 10 * US_PER_D,
				.tier = TIER_WARM};
	w->event = (struct event){
		.type = STR("page.pricing"), .source = STR("site"), .occurred_us = US_PER_D};
	w->event.context.page.path = STR("/pricing");
	w->event.context.scroll = 85;
	w->features[0] = 4;
	w->features[1] = (double)NAN;
	w->facts = (struct facts){
		.program = w->program,
		.lead = &w->lead,
		.profile = &w->profile,
		.account = &w->account,
		.event = &w->event,
		.properties = &w->properties,
		.features = w->features,
		.fit = 60,
		.engagement = 42.5,
		.score = 51,
		.tier = TIER_WARM,
		.now_us = 12 * US_PER_D,
		.arena = &w->arena,
	};
}

static void tear_down(struct world *w)
{
	program_destroy(&w->program);
	arena_finish(&w->arena);
}

struct asked {
	const char *text;
	bool holds;
	const char *why; /* part of the reason, when it is false because of something absent */
};

static const struct asked of_events[] = {
	{"event.type == \"page.pricing\"", true, NULL},
	{"event.page.path.startsWith(\"/pri\")", true, NULL},
	{"event.scroll >= 80", true, NULL},
	{"event.page.title == \"x\"", false, "event.page.title"},
	{"event.page.title != \"x\"", false, "event.page.title"},
	{"has(event.page.title)", false, NULL},
	{"has(event.page.path) && !has(event.page.title)", true, NULL},
	{"event.page.title == \"x\" || event.scroll > 80.0", true, NULL},
	{"event.amount == 49.5", true, NULL},
	{"event.ok", true, NULL},
	{"event.missing > 3", false, "event.missing"},
	{"event.properties.n == 3", true, NULL},
	{"event.properties.nested.k == \"v\"", true, NULL},
	{"event.properties.items.exists(i, i.sku == \"b\")", true, NULL},
	{"event.properties.items.size() == 2", true, NULL},
	{"\"value\" in event.properties && !(\"x\" in event.properties)", true, NULL},
	{"event.time > timestamp(\"1970-01-01T00:00:00Z\")", true, NULL},
	{"lead.title == \"Head of Operations\"", true, NULL},
	{"source == \"site\" && source == lead.source", true, NULL},
	{"asset in [\"ebook\", \"webinar\"]", true, NULL},
	{"lead.email == \"sara@acme.example\" && lead.domain == \"acme.example\"", true, NULL},
	{"lead.phone == \"x\"", false, "lead.phone"},
	{"lead.country == \"DE\" && lead.timezone == \"Europe/Berlin\"", true, NULL},
	{"lead.source == \"site\" && lead.asset == \"ebook\" && lead.campaign.source == \"google\"",
	 true, NULL},
	{"lead.known && lead.events == 5", true, NULL},
	{"lead.age_days == 12.0 && lead.idle_days == 2.0", true, NULL},
	{"lead.employees == 1200.0", true, NULL},
	{"lead.vip", true, NULL},
	{"lead.ab == 7", true, NULL},
	{"lead.deep == 3", true, NULL},
	{"lead.nothing == \"\"", false, "lead.nothing"},
	{"lead.zip == \"x\"", false, "lead.zip"},
	{"lead.size == 12", false, "lead.size"},
	{"lead.colour == \"x\"", false, "lead.colour"},
	{"lead.umlaut == \"M\xc3\xbcller\"", true, NULL},
	{"lead.origin == \"API\" && lead.traits[\"Lead Origin\"] == \"API\"", true, NULL},
	{"\"blue\" in lead.tags && lead.tags.size() == 2", true, NULL},
	{"lead.list.size() == 2 && \"two\" in lead.list", true, NULL},
	{"lead.since == timestamp(\"2026-03-01T00:00:00Z\")", true, NULL},
	{"lead.epoch == timestamp(\"2026-01-01T00:00:00Z\")", true, NULL},
	{"account.domain == \"acme.example\" && account.leads == 3", true, NULL},
	{"account.industry == \"Logistics\"", true,
	 NULL},                                    /* the account's word before the lead's */
	{"company.employees == 80.0", true, NULL}, /* from the lead's profile */
	{"account.name == \"Acme\"", true, NULL},
	{"account.last_active == timestamp(\"2026-01-01T00:00:00Z\")", true, NULL},
	{"account.revenue > 1", false, "account.revenue"},
	{"persona == \"ops\"", true, NULL},
	{"true", true, NULL},
};

static const struct asked of_tiers[] = {
	{"fit >= 60 && engagement > 42 && score == 51.0", true, NULL},
	{"tier == \"warm\"", true, NULL},
	{"feature.views == 4.0", true, NULL},
	{"feature.last > 0", false, "feature.last"},
	{"feature.last <= 0", false, "feature.last"},
};

static bool ask(struct world *w, const struct asked *q, const struct program_cond *cond)
{
	struct err why;
	bool holds = facts_hold(&w->facts, cond, &why);
	bool ok = holds == q->holds;
	if (ok && q->why)
		ok = why.status == ST_NOT_FOUND && strstr(why.text, q->why);
	if (!ok)
		fprintf(stderr, "%s: %s, %s\n", q->text, holds ? "holds" : "does not hold",
			why.text);
	return ok;
}

static void test_values(void **state)
{
	size_t failed = 0;
	struct world w;
	(void)state;
	for (size_t i = 0; i < sizeof of_events / sizeof *of_events; i++) {
		build(&w, "true", of_events[i].text);
		failed += !ask(&w, &of_events[i], &w.program->points[0].on.where);
		tear_down(&w);
	}
	for (size_t i = 0; i < sizeof of_tiers / sizeof *of_tiers; i++) {
		build(&w, of_tiers[i].text, "true");
		failed += !ask(&w, &of_tiers[i], &w.program->tiers[TIER_HOT].if_);
		tear_down(&w);
	}
	assert_int_equal(failed, 0);
}

/* Nothing is there at all: nothing holds, nothing crashes. */
static void test_nothing_known(void **state)
{
	struct world w;
	(void)state;
	for (size_t i = 0; i < sizeof of_events / sizeof *of_events; i++) {
		if (str_starts(str_of(of_events[i].text), STR("true")) ||
		    strstr(of_events[i].text, "has("))
			continue;
		build(&w, "true", of_events[i].text);
		struct facts bare = {.program = w.program, .arena = &w.arena};
		if (facts_hold(&bare, &w.program->points[0].on.where, NULL))
			fail_msg("%s holds for nobody", of_events[i].text);
		tear_down(&w);
	}
}

/* Event conditions leave the scratch arena as it was: a million of them need no more memory. */
static void test_no_growth(void **state)
{
	struct world w;
	(void)state;
	build(&w, "true", "event.page.path == \"/pricing\" && event.properties.nested.k == \"v\"");
	size_t used = w.arena.bytes_used;
	for (size_t i = 0; i < 1000; i++)
		assert_true(facts_hold(&w.facts, &w.program->points[0].on.where, NULL));
	assert_int_equal(w.arena.bytes_used, used);
	tear_down(&w);
}

static void test_event_paths(void **state)
{
	struct world w;
	double v = 0;
	(void)state;
	build(&w, "true", "true");
	assert_true(facts_event_number(&w.facts, STR("properties.value"), &v) && v == 49.5);
	assert_true(facts_event_number(&w.facts, STR("n"), &v) && v == 3);
	assert_true(facts_event_number(&w.facts, STR("scroll"), &v) && v == 85);
	assert_false(facts_event_number(&w.facts, STR("properties.nested"), &v));
	assert_false(facts_event_number(&w.facts, STR("properties.none"), &v));
	assert_true(str_is(facts_event_text(&w.facts, STR("page.path")), "/pricing"));
	assert_true(str_is(facts_event_text(&w.facts, STR("properties.nested.k")), "v"));
	assert_true(str_is(facts_event_text(&w.facts, STR("properties.n")), "3"));
	assert_int_equal(facts_event_text(&w.facts, STR("page.title")).n, 0);
	w.facts.properties = NULL;
	assert_false(facts_event_number(&w.facts, STR("properties.value"), &v));
	tear_down(&w);
}

static void test_explain(void **state)
{
	struct world w;
	const struct facts_clause *c;
	size_t n = 0;
	struct err e;
	(void)state;
	build(&w, "fit >= 50 && (feature.views > 10 || lead.phone == \"1\")", "true");
	assert_int_equal(
		facts_explain(&w.facts, &w.program->tiers[TIER_HOT].if_, &w.arena, &c, &n, &e),
		ST_OK);
	assert_int_equal(n, 5);
	assert_false(c[0].leaf);
	assert_false(c[0].holds);
	assert_true(c[1].leaf && c[1].holds && c[1].depth == 1);
	assert_true(str_is(c[1].text, "fit >= 50"));
	assert_true(str_starts(c[1].reads, STR("fit is 60")));
	assert_true(c[3].leaf && !c[3].holds && c[3].depth == 2);
	assert_true(str_starts(c[3].reads, STR("feature.views is 4")));
	assert_true(c[4].unknown);
	assert_true(str_is(c[4].reads, "lead.phone is not known"));
	assert_int_equal(
		facts_explain(&w.facts, &w.program->points[0].on.where, &w.arena, &c, &n, &e),
		ST_OK);
	tear_down(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),    cmocka_unit_test(test_nothing_known),
		cmocka_unit_test(test_no_growth), cmocka_unit_test(test_event_paths),
		cmocka_unit_test(test_explain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
