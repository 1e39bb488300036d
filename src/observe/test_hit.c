/* SPDX-License-Identifier: Apache-2.0
 * test_hit.c: a hit is read as it was written (O7), through the text of the log; a verdict says
 * what it is about, under one name (O8). */
#include "base/test.h"

#include "base/json.h"
#include "observe/hit.h"

#define AT_US INT64_C(1795000000000000)
#define AGENT "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"

static const struct {
	const char *name;
	struct hit hit;
} rows[] = {
	{"a click",
	 {7,
	  12,
	  {MACHINE_CLICKED, false, 3, 0, STR("GET"), STR(AGENT), STR("203.0.113.7"), STR("de,en"),
	   AT_US},
	  STR("https://larkspur.example/a?b=\"c\"&d=\xc3\xa9")}},
	{"a trap, asked for by a crawler",
	 {8,
	  INT64_C(1) << 40,
	  {MACHINE_CLICKED, true, UINT32_MAX, EVENT_BOT, STR("HEAD"), STR("curl/8"), STR("::1"),
	   STR_NULL, AT_US},
	  STR("https://larkspur.example/")}},
	{"an opening, fetched ahead",
	 {9,
	  1,
	  {MACHINE_OPENED, false, 0, EVENT_MACHINE, STR("GET"), STR_NULL, STR_NULL, STR_NULL,
	   AT_US},
	  STR_NULL}},
};

static bool same(const struct hit *a, const struct hit *b)
{
	const struct machine_hit *x = &a->was, *y = &b->was;
	return a->seq == b->seq && a->message == b->message && str_eq(a->target, b->target) &&
	       x->what == y->what && x->trap == y->trap && x->link == y->link &&
	       x->flags == y->flags && str_eq(x->method, y->method) &&
	       str_eq(x->user_agent, y->user_agent) && str_eq(x->ip, y->ip) &&
	       str_eq(x->accept_language, y->accept_language) && x->at_us == y->at_us;
}

static void test_written_and_read(void **state)
{
	struct arena a;
	(void)state;
	arena_init(&a, 1u << 20);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct event ev, back;
		struct hit got;
		struct buf text;
		struct err e;
		buf_init_arena(&text, &a, EVENT_BYTES_MAX);
		assert_int_equal(hit_event(&rows[i].hit, &a, &ev, &e), ST_OK);
		assert_int_equal(event_encode(&ev, &text, &e), ST_OK);
		assert_int_equal(event_decode(buf_view(&text), &a, &back, &e), ST_OK);
		assert_true(back.flags & EVENT_SYSTEM);
		back.seq = rows[i].hit.seq;
		assert_int_equal(hit_read(&back, &a, &got, &e), ST_OK);
		if (!same(&got, &rows[i].hit))
			fail_msg("%s", rows[i].name);
	}
	arena_finish(&a);
}

static void test_not_a_hit(void **state)
{
	static const char *const texts[] = {"",
					    "[]",
					    "{}",
					    "{\"what\":\"click\",\"link\":1}",
					    "{\"message\":1,\"what\":\"click\"}",
					    "{\"message\":1,\"what\":\"click\",\"link\":-1}",
					    "{\"message\":1,\"what\":\"look\"}",
					    "{\"message\":0,\"what\":\"open\"}"};
	struct arena a;
	struct hit got;
	struct err e;
	(void)state;
	arena_init(&a, 1u << 20);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		const struct event ev = {.type = STR(HIT_TYPE), .properties = str_of(texts[i])};
		assert_int_equal(hit_read(&ev, &a, &got, &e), ST_INVALID);
	}
	const struct event other = {.type = STR("email.open"),
				    .properties = STR("{\"message\":1,\"what\":\"open\"}")};
	assert_int_equal(hit_read(&other, &a, &got, &e), ST_INVALID);
	arena_finish(&a);
}

static void test_verdicts(void **state)
{
	static const struct {
		enum machine_verdict verdict;
		const char *word;
		uint32_t flags;
	} said[] = {{MACHINE_HUMAN, "human", 0},
		    {MACHINE_MACHINE, "machine", EVENT_MACHINE},
		    {MACHINE_UNSURE, "unsure", EVENT_MACHINE}};
	struct arena a;
	(void)state;
	arena_init(&a, 1u << 20);
	for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
		const struct machine_answer answer = {.verdict = said[i].verdict,
						      .rule = MACHINE_RULE_BURST};
		struct event ev;
		struct json d;
		struct err e;
		int64_t n;
		assert_int_equal(hit_verdict(&rows[i].hit, &answer, &a, &ev, &e), ST_OK);
		assert_true(str_is(ev.type, i < 2 ? "email.click" : "email.open"));
		assert_int_equal(ev.flags, said[i].flags);
		assert_int_equal(hit_of_verdict(ev.message_id), rows[i].hit.seq);
		ev.received_us = AT_US;
		assert_int_equal(event_check(&ev, &e), ST_OK);
		assert_int_equal(json_parse(ev.properties, JSON_LIMITS_EVENT, &a, &d, &e), ST_OK);
		assert_true(json_i64(&d, json_get(&d, 0, "message"), &n));
		assert_int_equal(n, rows[i].hit.message);
		assert_true(str_is(json_str(&d, json_get(&d, 0, "verdict"), &a), said[i].word));
		assert_true(str_is(json_str(&d, json_get(&d, 0, "rule"), &a), "burst"));
	}
	assert_int_equal(hit_of_verdict(STR("hit-")), 0);
	assert_int_equal(hit_of_verdict(STR("hit-12x")), 0);
	assert_int_equal(hit_of_verdict(STR("web-12")), 0);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_written_and_read),
		cmocka_unit_test(test_not_a_hit),
		cmocka_unit_test(test_verdicts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
