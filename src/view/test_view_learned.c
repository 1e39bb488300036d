/* SPDX-License-Identifier: Apache-2.0
 * test_view_learned.c: what is told of the learner is what outcomes have taught it. */
#include "engine/test_learning.h"
#include "node/node.h"
#include "view/view_learned.h"

struct seat {
	struct world w;
	struct program *program;
	struct view v;
	struct buf text;
	struct json d;
};

static enum status look(struct seat *s, const char *decision)
{
	struct json_w out;
	struct err e;
	buf_init_arena(&s->text, &s->w.arena, 1u << 20);
	json_w_init(&out, &s->text);
	enum status st = view_learned(&s->v, str_of(decision), &out, &e);
	if (st == ST_OK)
		assert_int_equal(
			json_parse(buf_view(&s->text), JSON_LIMITS_EVENT, &s->w.arena, &s->d, &e),
			ST_OK);
	return st;
}

static double number(const struct json *d, uint32_t node, const char *key)
{
	double n = -1;
	(void)json_f64(d, json_get(d, node, key), &n);
	return n;
}

/* The arm of that name of the first decision point. */
static uint32_t arm(struct seat *s, const char *name)
{
	uint32_t point = json_first(&s->d, json_get(&s->d, 0, "decisions"));
	uint32_t list = json_get(&s->d, point, "arms"), a = json_first(&s->d, list);
	while (a != JSON_NONE &&
	       !str_is(json_str(&s->d, json_get(&s->d, a, "arm"), &s->w.arena), name))
		a = json_next(&s->d, list, a);
	return a;
}

static void test_learned(void **state)
{
	struct seat s;
	struct err e;
	(void)state;
	play_start(&s.w, LEARNING_PROGRAM("igw"), &learning_content);
	assert_int_equal(node_program(s.w.store, &s.program, NULL, &e), ST_OK);
	s.v = (struct view){.store = s.w.store, .program = s.program, .arena = &s.w.arena};
	assert_int_equal(look(&s, ""), ST_OK);
	assert_true(number(&s.d, 0, "outcomes") == 0 && number(&s.d, 0, "rules_share") == 1);
	assert_int_equal(look(&s, "guide"), ST_NOT_FOUND);
	for (unsigned i = 0; i < 60; i++)
		learning_one(&s.w, i, "story");
	assert_int_equal(look(&s, "guide"), ST_OK);
	uint32_t story = arm(&s, "story"), numbers = arm(&s, "numbers");
	assert_true(story != JSON_NONE && numbers != JSON_NONE);
	assert_true(number(&s.d, 0, "outcomes") > 50);
	assert_true(number(&s.d, story, "outcomes") > 10);
	uint32_t good = json_get(&s.d, story, "response"),
		 bad = json_get(&s.d, numbers, "response");
	assert_true(number(&s.d, good, "low") < number(&s.d, good, "value"));
	assert_true(number(&s.d, good, "value") < number(&s.d, good, "high"));
	assert_true(number(&s.d, good, "value") > number(&s.d, bad, "value"));
	assert_true(number(&s.d, json_get(&s.d, 0, "latest"), "decisions") > 50);
	assert_true(json_count(&s.d, json_get(&s.d, story, "weights")) > 0);
	assert_int_equal(look(&s, "guidance"), ST_NOT_FOUND);
	assert_int_equal(look(&s, ""), ST_OK);
	assert_true(number(&s.d, 0, "arms_without_words") == 0);
	program_destroy(&s.program);
	teardown(&s.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_learned),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
