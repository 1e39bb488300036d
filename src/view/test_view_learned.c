/* SPDX-License-Identifier: Apache-2.0
 * test_view_learned.c: what is told of the learner is what outcomes have taught it. */
#include "advise/advise.h"
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
	/* two in three clicked, for half a reward each: channel and hour are part of that */
	assert_true(number(&s.d, good, "value") > 0.3 && number(&s.d, good, "value") < 0.37);
	assert_true(number(&s.d, json_get(&s.d, 0, "latest"), "decisions") > 50);
	assert_true(json_count(&s.d, json_get(&s.d, story, "weights")) > 0);
	assert_int_equal(look(&s, "guidance"), ST_NOT_FOUND);
	assert_int_equal(look(&s, ""), ST_OK);
	assert_true(number(&s.d, 0, "arms_without_words") == 0);
	program_destroy(&s.program);
	teardown(&s.w);
}

#define ASKED \
	"nurture: 1\nprogram: p\ngoal: won\nsend_as: {name: I, from: i@x.example}\n" \
	"scoring: {fit: [], engagement: {half_life: 14d, points: {page.*: 1}}, " \
	"tiers: {hot: {up: 60, down: 50}}}\n" \
	"decisions:\n  subject: {mode: igw, context: [plan, seats], worth: 2, learn: 1d}\n" \
	"  offer: {mode: shadow}\n"

/* One case of another sender: with a plan the question works, without one nothing does. */
static void asked(struct world *w, unsigned i)
{
	bool plan = i % 2 == 0, question = i % 4 < 2;
	struct str given = arena_printf(
		&w->arena,
		"{\"answer\":{\"decision\":\"subject\",\"id\":\"m%u\",\"action\":\"%s\",\"odds\":{"
		"\"question\":0.3,\"number\":0.6,\"wait\":0.1},"
		"\"held\":[{\"action\":\"offer\",\"guard\":\"not_eligible\"}]},"
		"\"context\":{\"plan\":%d}}",
		i, question ? "question" : "number", plan);
	w->source = ADVISE_SOURCE;
	orders(w, "advice.given", arena_strz(&w->arena, given), EVENT_SYSTEM);
	if (plan && question)
		orders(w, "advice.reward",
		       arena_strz(&w->arena,
				  arena_printf(&w->arena,
					       "{\"decision\":\"subject\",\"id\":\"m%u\","
					       "\"kind\":\"order\",\"value\":2}",
					       i)),
		       EVENT_SYSTEM);
	w->source = NULL;
}

static uint32_t action(struct seat *s, const char *name)
{
	uint32_t one = json_first(&s->d, json_get(&s->d, 0, "external"));
	uint32_t list = json_get(&s->d, one, "actions"), a = json_first(&s->d, list);
	while (a != JSON_NONE &&
	       !str_is(json_str(&s->d, json_get(&s->d, a, "action"), &s->w.arena), name))
		a = json_next(&s->d, list, a);
	assert_int_not_equal(a, JSON_NONE);
	return a;
}

static double brings(struct seat *s, const char *name, const char *what)
{
	return number(&s->d, json_get(&s->d, action(s, name), "brings"), what);
}

static bool close_to(double x, double to)
{
	return x > to - 1e-6 && x < to + 1e-6;
}

/* What was learned for a sender that is not ours: words from the log, the rest from the state. */
static void test_external(void **state)
{
	struct seat s;
	struct err e;
	(void)state;
	play_start(&s.w, ASKED, NULL);
	assert_int_equal(node_program(s.w.store, &s.program, NULL, &e), ST_OK);
	s.v = (struct view){.store = s.w.store, .program = s.program, .arena = &s.w.arena};
	assert_int_equal(log_reader_open(s.w.log, &s.v.log, &e), ST_OK);
	for (unsigned i = 0; i < 300; i++)
		asked(&s.w, i);
	passes(&s.w, 2 * US_PER_D);
	assert_int_equal(look(&s, ""), ST_OK);
	uint32_t list = json_get(&s.d, 0, "external"), first = json_first(&s.d, list);
	assert_int_equal(json_count(&s.d, list), 2);
	assert_true(number(&s.d, first, "outcomes") > 290 && number(&s.d, first, "worth") == 2);
	assert_int_equal(json_get(&s.d, first, "actions"), JSON_NONE); /* in short */
	assert_int_equal(look(&s, "subject"), ST_OK);
	list = json_get(&s.d, 0, "external"), first = json_first(&s.d, list);
	assert_int_equal(json_count(&s.d, list), 1);
	assert_true(number(&s.d, json_get(&s.d, first, "latest"), "decisions") == 300);
	assert_true(number(&s.d, first, "actions_without_words") == 0);
	assert_true(number(&s.d, action(&s, "question"), "outcomes") > 140);
	assert_true(close_to(number(&s.d, action(&s, "question"), "odds"), 0.3));
	assert_true(close_to(number(&s.d, action(&s, "number"), "taken"), 0.5));
	assert_true(number(&s.d, action(&s, "offer"), "outcomes") == 0); /* always held */
	double good = brings(&s, "question", "value");
	assert_true(good > brings(&s, "question", "low") && good < brings(&s, "question", "high"));
	assert_true(good > 0.2 && brings(&s, "number", "value") < 0.1);
	uint32_t weights = json_get(&s.d, action(&s, "question"), "weights");
	uint32_t heaviest = json_first(&s.d, weights);
	assert_true(
		str_is(json_str(&s.d, json_get(&s.d, heaviest, "feature"), &s.w.arena), "plan"));
	assert_true(number(&s.d, heaviest, "weight") > 1);
	assert_int_equal(look(&s, "offer"), ST_OK); /* nothing yet is no error */
	log_reader_close(&s.v.log);
	assert_int_equal(look(&s, "subject"), ST_OK); /* without its log: no words */
	first = json_first(&s.d, json_get(&s.d, 0, "external"));
	assert_true(number(&s.d, first, "actions_without_words") == 2);
	program_destroy(&s.program);
	teardown(&s.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_learned),
		cmocka_unit_test(test_external),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
