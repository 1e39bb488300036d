/* SPDX-License-Identifier: Apache-2.0
 * test_engine.c: events in, state out, over the siblings in memory: who is joined and parted, what
 * fires by itself, what never scores, and what is kept when it cannot be processed. */
#include "engine/profile.h"
#include "engine/test_world.h"

static const char *const program =
	"nurture: 1\nprogram: t\ngoal: meeting.booked\n"
	"send_as: {name: T, from: t@mail.larkspur.example, postal_address: X 1}\n"
	"fields: {lead: {employees: number}}\n"
	"scoring:\n"
	"  fit: [{name: size, if: lead.employees >= 20, points: 40}]\n"
	"  engagement:\n    half_life: 10d\n    points: {form.demo: 60, page.pricing: 20}\n"
	"  tiers: {hot: {up: 45, down: 35}, warm: {up: 20, down: 10}}\n"
	"consent: {default: opt_out, unknown: opt_out, anonymous_ttl: 5d, purposes: [news], "
	"channels: [email]}\n"
	"outcomes: [meeting.booked]\n";

static void setup(struct world *w)
{
	world_start(w, &(struct engine_conf){.seed = 7});
	world_apply(w, program, NULL);
}

static struct lead lead_of(struct world *w, uint64_t id)
{
	struct str row;
	struct lead l;
	struct err e;
	assert_int_equal(store_get(w->store, TABLE_LEAD, KEY_NUM(id), &w->arena, &row, &e), ST_OK);
	assert_int_equal(lead_row_decode(id, row, &w->arena, &l, NULL, &e), ST_OK);
	return l;
}

static bool dead_letter(struct world *w, uint64_t seq, const char *says)
{
	struct str row;
	if (store_get(w->store, TABLE_DEAD_LETTER, KEY_NUM(seq), &w->arena, &row, NULL) != ST_OK)
		return false;
	return str_find(row, str_of(says)) < row.n;
}

static uint64_t last_seq(struct world *w)
{
	struct log_stats ls;
	log_stats(w->log, &ls);
	return ls.next_seq - 1;
}

static void test_history_joins_the_person(void **state)
{
	struct world w;
	(void)state;
	setup(&w);
	does(&w, "page.pricing", NULL, "dev-1", NULL);
	assert_false(lead_of(&w, 1).flags & LEAD_KNOWN);
	does(&w, "identify", "ana@firm.example", "dev-1", "{\"employees\":50}");
	struct lead l = lead_of(&w, 1);
	assert_true(l.flags & LEAD_KNOWN);
	assert_int_equal(l.events_n, 2);
	assert_true(l.fit == 40 && l.engagement == 20);
	assert_int_equal(l.ttl_us, TIME_NONE);
	assert_true(l.account != 0);
	teardown(&w);
}

static void test_merge_and_split(void **state)
{
	struct world w;
	(void)state;
	setup(&w);
	does(&w, "form.demo", "ana@firm.example", NULL, NULL);
	does(&w, "page.pricing", "bo@other.example", NULL, NULL);
	orders(&w, "lead.merge", "{\"into\":1,\"lead\":2}", EVENT_SYSTEM);
	assert_true(lead_of(&w, 2).flags & LEAD_MERGED);
	assert_true(lead_of(&w, 1).engagement == 80);
	does(&w, "page.pricing", "bo@other.example", NULL, NULL); /* follows the key */
	assert_true(lead_of(&w, 1).engagement == 100);
	orders(&w, "lead.merge", "{\"into\":1,\"lead\":2}", EVENT_SYSTEM);
	assert_true(dead_letter(&w, last_seq(&w), "merged into another already"));
	orders(&w, "lead.split", "{\"merge\":1}", EVENT_SYSTEM);
	assert_false(lead_of(&w, 2).flags & LEAD_MERGED);
	assert_true(lead_of(&w, 1).engagement == 60);
	assert_true(lead_of(&w, 2).engagement == 40); /* with what he did while they were one */
	orders(&w, "lead.split", "{\"merge\":1}", EVENT_SYSTEM);
	assert_true(dead_letter(&w, last_seq(&w), "undone already"));
	teardown(&w);
}

static void test_orders_need_the_operators_door(void **state)
{
	struct world w;
	(void)state;
	setup(&w);
	does(&w, "form.demo", "ana@firm.example", NULL, NULL);
	does(&w, "form.demo", "bo@other.example", NULL, NULL);
	orders(&w, "lead.merge", "{\"into\":1,\"lead\":2}", 0); /* as a write key would send it */
	assert_false(lead_of(&w, 2).flags & LEAD_MERGED);
	assert_true(dead_letter(&w, last_seq(&w), "identity"));
	teardown(&w);
}

static void test_decay_crosses_without_an_event(void **state)
{
	struct world w;
	(void)state;
	setup(&w);
	does(&w, "form.demo", "ana@firm.example", NULL, NULL);
	does(&w, "identify", "ana@firm.example", NULL, "{\"employees\":99}");
	assert_int_equal(lead_of(&w, 1).tier, TIER_HOT); /* 40/2 + 60/2 = 50 */
	w.now_us += 30 * US_PER_D;
	orders(&w, "clock.tick", "", EVENT_SYSTEM);
	struct lead l = lead_of(&w, 1);
	/* 20 + 30/8 = 23.75: left hot at 35, which is when 30 * 2^-(t/10) was
	 * 15: after 10 days, and the minutes in which cents still round up. */
	assert_int_equal(l.tier, TIER_WARM);
	int64_t left = l.tier_since_us - time_days_from_civil(2026, 3, 1) * US_PER_D;
	assert_true(left >= 10 * US_PER_D && left < 10 * US_PER_D + US_PER_H);
	teardown(&w);
}

static void test_anonymous_leads_are_forgotten(void **state)
{
	struct world w;
	struct str row;
	struct err e;
	(void)state;
	setup(&w);
	does(&w, "page.pricing", NULL, "dev-9", NULL);
	w.now_us += 6 * US_PER_D;
	orders(&w, "clock.tick", "", EVENT_SYSTEM);
	assert_true(lead_of(&w, 1).flags & LEAD_ERASED);
	assert_int_equal(store_get(w.store, TABLE_PROFILE, KEY_NUM(1), &w.arena, &row, &e),
			 ST_NOT_FOUND);
	does(&w, "page.pricing", NULL, "dev-9", NULL); /* the same device is somebody new */
	assert_int_equal(lead_of(&w, 2).events_n, 1);
	teardown(&w);
}

static void test_machines_never_score(void **state)
{
	struct world w;
	(void)state;
	setup(&w);
	struct event ev = {.type = STR("form.demo"), .flags = EVENT_BOT};
	assert_true(event_add_id(&ev, ID_EMAIL, STR_NULL, STR("bot@firm.example")));
	append(&w, &ev);
	fold(&w);
	struct lead l = lead_of(&w, 1);
	assert_true(l.engagement == 0 && l.events_n == 1);
	assert_true(l.flags & LEAD_BOT);
	assert_true(l.tail_n == 1 && (l.tail[0].flags & EVENT_BOT)); /* kept, flagged */
	teardown(&w);
}

static void test_order_of_arrival_does_not_matter(void **state)
{
	double engagement[2];
	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		struct world w;
		setup(&w);
		int64_t early = w.now_us - 9 * US_PER_D, late = w.now_us - US_PER_D;
		for (int i = 0; i < 2; i++) {
			bool first = i == turn;
			struct event ev = {.type = first ? STR("form.demo") : STR("page.pricing"),
					   .occurred_us = first ? early : late};
			assert_true(event_add_id(&ev, ID_EMAIL, STR_NULL, STR("a@firm.example")));
			append(&w, &ev);
		}
		fold(&w);
		engagement[turn] = lead_of(&w, 1).engagement;
		teardown(&w);
	}
	assert_true(engagement[0] == engagement[1] && engagement[0] > 40);
}

static void test_profile_keeps_what_is_newer(void **state)
{
	struct arena a;
	struct json none = {.count = 0}, d;
	struct str text = STR_NULL;
	struct err e;
	(void)state;
	arena_init(&a, 1u << 20);
	struct event ev = {.type = STR("identify"),
			   .source = STR("web"),
			   .occurred_us = 100,
			   .traits = STR("{\"a\":1,\"b\":2}")};
	const struct profile_news first = {.ev = &ev};
	assert_int_equal(profile_fold(&none, &first, &a, &text, &e), ST_OK);
	assert_int_equal(json_parse(text, JSON_LIMITS_EVENT, &a, &d, &e), ST_OK);
	struct event old = {
		.type = STR("identify"), .occurred_us = 50, .traits = STR("{\"a\":9,\"c\":3}")};
	const struct profile_news late = {.ev = &old};
	assert_int_equal(profile_fold(&d, &late, &a, &text, &e), ST_OK);
	assert_int_equal(json_parse(text, JSON_LIMITS_EVENT, &a, &d, &e), ST_OK);
	check_str("late fills only", json_raw(&d, json_get(&d, 0, "traits")),
		  "{\"a\":1,\"b\":2,\"c\":3}");
	struct event gone = {
		.type = STR("identify"), .occurred_us = 200, .traits = STR("{\"b\":null}")};
	const struct profile_news null = {.ev = &gone};
	assert_int_equal(profile_fold(&d, &null, &a, &text, &e), ST_OK);
	assert_int_equal(json_parse(text, JSON_LIMITS_EVENT, &a, &d, &e), ST_OK);
	check_str("null removes", json_raw(&d, json_get(&d, 0, "traits")), "{\"a\":1,\"c\":3}");
	arena_finish(&a);
}

/* A score becomes a probability with the version that says so, for leads known before as well, and
 * a tier is left at the instant the probability falls below its threshold. The replay that ends
 * the test scores as it was scored. */
static void test_probability_comes_with_a_version(void **state)
{
	struct world w;
	(void)state;
	setup(&w);
	does(&w, "identify", "ana@firm.example", NULL, "{\"employees\":50}");
	does(&w, "page.pricing", "ana@firm.example", NULL, NULL);
	struct lead l = lead_of(&w, 1);
	assert_true(l.score == 30 && l.tier == TIER_WARM); /* half of 40 and of 20 */
	size_t at = str_find(str_of(program), STR("  tiers:"));
	struct str text = arena_printf(&w.arena, "%.*s  probability: {slope: 0.1, bias: -3}\n%s",
				       (int)at, program, program + at);
	world_apply(&w, text.p, NULL);
	l = lead_of(&w, 1);
	assert_true(l.score == 50 && l.tier == TIER_HOT);
	int64_t due = l.alarm_us;
	w.now_us = due - 1;
	orders(&w, "clock.tick", NULL, EVENT_SYSTEM);
	assert_int_equal(lead_of(&w, 1).tier, TIER_HOT);
	w.now_us = due;
	orders(&w, "clock.tick", NULL, EVENT_SYSTEM);
	l = lead_of(&w, 1);
	assert_int_equal(l.tier, TIER_WARM);
	assert_true(l.score < 35 && l.score > 34.95); /* a sum has hundredths */
	teardown(&w);
}

/* `lines` lines of a program that fits into the file and not into what a program may be. */
static struct str large_text(struct world *w, const char *line, size_t lines)
{
	struct buf b;
	buf_init_arena(&b, &w->arena, EVENT_OWN_BYTES_MAX);
	buf_z(&b, "{\"source\":\"nurture: 1\\nprogram: x\\n");
	for (size_t i = 0; i < lines; i++)
		buf_z(&b, line);
	buf_z(&b, "\"}");
	assert_true(buf_ok(&b));
	return buf_view(&b);
}

/* Fit that asks about the company is as of the lead's own next event, whoever moved it. */
static void colleagues(const char *rule, double none, double some)
{
	struct world w;
	char text[2048];
	(void)snprintf(text, sizeof text, "%.*s{name: c, if: %s, points: 10}]\n%s",
		       (int)(strstr(program, "{name: size") - program), program, rule,
		       strstr(program, "  engagement:"));
	world_start(&w, &(struct engine_conf){.seed = 7});
	world_apply(&w, text, NULL);
	does(&w, "form.demo", "ana@firm.example", NULL, NULL);
	does(&w, "form.demo", "cy@other.example", NULL, NULL);
	for (int i = 0; i < 2; i++) {
		w.now_us += US_PER_H;
		does(&w, "page.other", "ana@firm.example", NULL, NULL);
		assert_true(lead_of(&w, 1).fit == none);
	}
	w.now_us += US_PER_H;
	for (int i = 0; i < 3; i++) /* hot by the second */
		does(&w, "form.demo", "bo@firm.example", NULL, NULL);
	assert_true(lead_of(&w, 3).fit == some);
	w.now_us += US_PER_H;
	does(&w, "page.other", "ana@firm.example", NULL, NULL);
	does(&w, "page.other", "cy@other.example", NULL, NULL);
	assert_true(lead_of(&w, 1).fit == some);
	assert_true(lead_of(&w, 2).fit == none);
	teardown(&w);
}

static void test_fit_sees_colleagues(void **state)
{
	(void)state;
	colleagues("account.leads >= 2", 0, 10);
	colleagues("lead.known && account.leads >= 2", 0, 10);
	colleagues("account.leads >= 2 && account.leads < 9", 0, 10);
	colleagues("account.hot >= 1", 0, 10);
}

/* A text that cannot be a program, as large as an event of ours may be: it is told, and the fold
 * goes on, whatever the reading of it took. */
static void test_large_bad_program_is_a_dead_letter(void **state)
{
	(void)state;
	struct world w;
	setup(&w);
	const char *const lines[] = {"- [[a,a,a,a,a,a,a,a],{a: b},a,a,a,a]\\n", "a,", "k: v\\n",
				     "\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"", "# text\\n"};
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct event ev = {
			.type = STR("program.apply"),
			.properties = large_text(&w, lines[i], (2u << 20) / (strlen(lines[i]) + 1)),
			.flags = EVENT_SYSTEM};
		append(&w, &ev);
		fold(&w);
		assert_true(dead_letter(&w, last_seq(&w), "program"));
	}
	does(&w, "page.pricing", "ana@firm.example", NULL, NULL);
	assert_false(dead_letter(&w, last_seq(&w), ""));
	teardown(&w);
}

/* An index nobody could decide by would stop every lead on a track: it is never in force. */
static void test_bad_content_index_is_a_dead_letter(void **state)
{
	static const char *const indexes[] = {"7", "[{}]",
					      "[{\"m\":\"b\",\"a\":\"c\",\"p\":\"\",\"s\":99,"
					      "\"h\":\"0\"}]"};
	(void)state;
	struct world w;
	setup(&w);
	for (size_t i = 0; i < COUNT_OF(indexes); i++) {
		struct event ev = {.type = STR("program.apply"),
				   .properties = arena_printf(&w.arena,
							      "{\"source\":\"\",\"content\":%s}",
							      indexes[i]),
				   .flags = EVENT_SYSTEM};
		append(&w, &ev);
		fold(&w);
		assert_true(dead_letter(&w, last_seq(&w), "content index"));
	}
	teardown(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_history_joins_the_person),
		cmocka_unit_test(test_merge_and_split),
		cmocka_unit_test(test_orders_need_the_operators_door),
		cmocka_unit_test(test_decay_crosses_without_an_event),
		cmocka_unit_test(test_anonymous_leads_are_forgotten),
		cmocka_unit_test(test_machines_never_score),
		cmocka_unit_test(test_order_of_arrival_does_not_matter),
		cmocka_unit_test(test_profile_keeps_what_is_newer),
		cmocka_unit_test(test_fit_sees_colleagues),
		cmocka_unit_test(test_large_bad_program_is_a_dead_letter),
		cmocka_unit_test(test_bad_content_index_is_a_dead_letter),
		cmocka_unit_test(test_probability_comes_with_a_version),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
