/* SPDX-License-Identifier: Apache-2.0
 * test_advise.c: requests, odds and answers of other senders' decisions. */
#include "advise/test_book.h"
#include "base/test.h"
#include "base/time.h"

#include <math.h>

static enum status read_one(struct world *w, const char *body)
{
	struct advise_body x;
	enum status st = advise_open(str_of(body), &w->a, &x, &w->no);
	if (st == ST_OK)
		st = advise_read(w->book, &x.d, advise_next(&x, JSON_NONE), &w->a, &w->q, &w->no);
	return st;
}

static void ask(struct world *w, const char *body)
{
	if (read_one(w, body) != ST_OK)
		fail_msg("%s: %s", body, w->no.err.text);
	advise_choose(w->book, &w->q, &w->c);
}

static void refused_by_name(void **state)
{
	static const struct {
		const char *body, *code, *words;
		int http;
	} rows[] = {
		{"", "json", "", 400},
		{"[1]", "json", "object", 400},
		{"{\"decision\":\"x\",\"actions\":[\"a\"]}", "unknown_decision",
		 "no decision \"x\"; it has d, s, f, u", 422},
		{"{\"actions\":[\"a\"]}", "decision_missing", "missing; the program has d, s", 422},
		{"{}", "decision_missing", "missing", 422},
		{"{\"decision\":\"d\",\"actions\":[{\"id\":\"a\",\"cost\":1e9}]}", "bad_action",
		 "\"a\" has a cost that is no number from -1000000 to 1000000", 422},
		{"{\"decision\":\"d\",\"actions\":[{\"id\":\"a\",\"why\":\"x\"}]}", "bad_action",
		 "\"eligible\": false", 422},
		{"{\"decision\":\"d\",\"actions\":[\"a\"],\"taken_p\":0.5}", "taken_missing",
		 "taken_p", 422},
		{"{\"decision\":\"d\",\"action\":[\"a\"]}", "unknown_member", "\"action\"", 422},
		{"{\"decision\":\"d\"}", "bad_actions", "1 to 63", 422},
		{"{\"decision\":\"d\",\"actions\":[]}", "bad_actions", "1 to 63", 422},
		{"{\"decision\":\"d\",\"actions\":[1]}", "bad_action", "printable", 422},
		{"{\"decision\":\"d\",\"actions\":[{}]}", "bad_action", "printable", 422},
		{"{\"decision\":\"d\",\"actions\":[\"a\",\"a\"]}", "action_twice", "\"a\" stands",
		 422},
		{"{\"decision\":\"d\",\"actions\":[\"wait\"]}", "wait_is_there", "leave it", 422},
		{"{\"decision\":\"d\",\"actions\":[{\"id\":\"a\",\"x\":1}]}", "unknown_member",
		 "\"x\"", 422},
		{"{\"decision\":\"d\",\"actions\":[\"a\"],\"id\":\"\"}", "bad_text", "id must",
		 422},
		{"{\"decision\":\"d\",\"actions\":[\"a\"],\"context\":{\"age\":1}}",
		 "unknown_context", "\"age\"", 422},
		{"{\"decision\":\"d\",\"actions\":[\"a\"],\"context\":{\"plan\":\"x\"}}",
		 "bad_context", "numbers", 422},
		{"{\"decision\":\"d\",\"actions\":[\"a\"],\"context\":{\"plan\":101}}",
		 "bad_context", "-100 to 100", 422},
		{"{\"decision\":\"d\",\"actions\":[\"a\"],\"taken\":\"b\"}", "unknown_action",
		 "taken: \"b\"", 422},
		{"{\"decision\":\"d\",\"actions\":[\"a\"],\"taken\":\"a\",\"taken_p\":0}",
		 "bad_odds", "at least 0.0", 422},
		{"{\"decision\":\"d\",\"actions\":[\"a\"],\"taken\":\"a\",\"taken_p\":9e-10}",
		 "bad_odds", "at least 0.0", 422},
		{"{\"decision\":\"s\",\"actions\":[\"a\"]}", "taken_missing", "shadow", 422},
	};
	struct world w;
	(void)state;
	open_world(&w);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		enum status st = read_one(&w, rows[i].body);
		CHECK_ROW(rows[i].body, st != ST_OK && w.no.http == rows[i].http);
		check_str(rows[i].body, str_of(w.no.code), rows[i].code);
		CHECK_ROW(rows[i].body, strstr(w.no.err.text, rows[i].words) != NULL);
		/* How to mend it stands in the message, or beside it. */
		CHECK_ROW(rows[i].body, w.no.http != 422 || w.no.fix != NULL ||
						strstr(w.no.err.text, " must ") != NULL ||
						strncmp(rows[i].code, "bad_action", 10) == 0);
	}
	close_world(&w);
}

/* Before there is a book, and while the state cannot be read. */
static void no_book_is_no_crash(void **state)
{
	struct world w = {.book = NULL};
	struct advise_reward r;
	(void)state;
	arena_init(&w.a, 1 << 20);
	assert_int_equal(read_one(&w, "{\"decision\":\"d\",\"actions\":[\"a\"]}"), ST_UNAVAILABLE);
	assert_int_equal(w.no.http, 503);
	assert_int_equal(
		advise_reward_read(NULL, STR("{\"decision\":\"d\",\"id\":\"1\"}"), &w.a, &r, &w.no),
		ST_UNAVAILABLE);
	assert_int_equal(w.no.http, 503);
	arena_finish(&w.a);
}

/* ---- many cases in one request ---- */

#define CASE "{\"decision\":\"d\",\"actions\":[\"a\"]}"

static struct str list_of(struct arena *a, size_t cases)
{
	struct buf b;
	buf_init_arena(&b, a, (size_t)1 << 20);
	buf_z(&b, "{\"decisions\":[");
	for (size_t i = 0; i < cases; i++)
		buf_z(&b, i > 0 ? "," CASE : CASE);
	buf_z(&b, "]}");
	return buf_view(&b);
}

static void a_list_is_bounded(void **state)
{
	static const struct {
		const char *name, *body;
		size_t cases;
		bool good;
	} rows[] = {
		{"one", NULL, 1, true},
		{"as many as there may be", NULL, ADVISE_MANY_MAX, true},
		{"one too many", NULL, ADVISE_MANY_MAX + 1, false},
		{"none", NULL, 0, false},
		{"no list", "{\"decisions\":" CASE "}", 0, false},
		{"something beside it", "{\"decisions\":[" CASE "],\"id\":\"1\"}", 0, false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct arena a;
		struct advise_body x;
		struct advise_no no;
		size_t n = 0;
		arena_init(&a, (size_t)8 << 20);
		struct str body =
			rows[i].body != NULL ? str_of(rows[i].body) : list_of(&a, rows[i].cases);
		enum status st = advise_open(body, &a, &x, &no);
		CHECK_ROW(rows[i].name, (st == ST_OK) == rows[i].good);
		if (st != ST_OK)
			check_str(rows[i].name, str_of(no.code), "bad_decisions");
		for (uint32_t v = JSON_NONE; st == ST_OK; n++)
			if ((v = advise_next(&x, v)) == JSON_NONE)
				break;
		CHECK_ROW(rows[i].name, n == (rows[i].good ? rows[i].cases : 0));
		arena_finish(&a);
	}
}

/* Each by itself: what is wrong with one says nothing of the next. */
static void each_of_many_by_itself(void **state)
{
	static const char *const codes[] = {NULL, "unknown_decision", "json", "limit", NULL};
	struct world w;
	struct advise_body x;
	struct buf body, text;
	size_t n = 0;
	(void)state;
	open_world(&w);
	buf_init_arena(&body, &w.a, (size_t)1 << 20);
	buf_z(&body, "{\"decisions\":[" CASE ",{\"decision\":\"x\",\"actions\":[\"a\"]},7,"
		     "{\"decision\":\"d\",\"actions\":[\"a\"],\"why\":\"");
	for (size_t i = 0; i < ADVISE_BYTES_MAX; i++)
		buf_byte(&body, 'x');
	buf_z(&body, "\"}," CASE "]}");
	assert_int_equal(advise_open(buf_view(&body), &w.a, &x, &w.no), ST_OK);
	assert_int_equal(x.n, COUNT_OF(codes));
	for (uint32_t v = advise_next(&x, JSON_NONE); v != JSON_NONE; v = advise_next(&x, v)) {
		enum status st = advise_read(w.book, &x.d, v, &w.a, &w.q, &w.no);
		assert_int_equal(st == ST_OK, codes[n] == NULL);
		if (codes[n] != NULL)
			assert_string_equal(w.no.code, codes[n]);
		n++;
	}
	(void)read_one(&w, "{\"id\":\"m-1\",\"decision\":\"d\",\"actions\":[]}");
	buf_init_arena(&text, &w.a, 4096);
	advise_refusal(STR("m-1"), &w.no, &text);
	check_str("in words", buf_view(&text),
		  "{\"id\":\"m-1\",\"error\":{\"status\":422,\"code\":\"bad_actions\",\"message\":"
		  "\"actions must be a list of 1 to 63 actions\",\"param\":\"actions\"}}");
	close_world(&w);
}

static uint64_t sum_of(const struct world *w)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < w->q.n; i++)
		sum += w->c.p[i];
	return sum;
}

/* A1, A2, A3. */
static void odds_are_whole(void **state)
{
	struct world w;
	(void)state;
	open_world(&w);
	ask(&w,
	    "{\"decision\":\"d\",\"id\":\"1\",\"context\":{\"plan\":1,\"seats\":-0.5},"
	    "\"actions\":[\"a\",{\"id\":\"b\",\"eligible\":false,\"why\":\"sold out\"},\"c\"]}");
	assert_int_equal(w.q.n, 4);
	assert_int_equal(sum_of(&w), ADVISE_ALL);
	assert_int_equal(w.c.p[1], 0);
	assert_true(w.c.p[0] > 0 && w.c.p[2] > 0 && w.c.p[3] > 0);
	assert_true(w.c.p[0] == w.c.p[2] ||
		    w.c.p[0] + 1 >= w.c.p[2]); /* nothing tells them apart */
	advise_hold(&w.q, STR("paused"), STR("a look"), TIME_NONE);
	advise_choose(w.book, &w.q, &w.c);
	assert_int_equal(w.c.p[3], ADVISE_ALL);
	assert_int_equal(w.c.took, 3);
	check_str("its own guard stays", w.q.action[1].held, "not_eligible");
	close_world(&w);
}

/* A4: the same request is drawn alike; another id is thrown anew. */
static void dice_are_keyed(void **state)
{
	struct world w;
	size_t first, others = 0;
	char body[128];
	(void)state;
	open_world(&w);
	ask(&w, "{\"decision\":\"d\",\"id\":\"0\",\"actions\":[\"a\",\"b\",\"c\",\"e\"]}");
	first = w.c.took;
	for (int i = 0; i < 40; i++) {
		(void)snprintf(body, sizeof body,
			       "{\"decision\":\"d\",\"id\":\"%d\",\"actions\":[\"a\",\"b\",\"c\","
			       "\"e\"]}",
			       i);
		ask(&w, body);
		assert_true(i > 0 || w.c.took == first);
		others += w.c.took != first;
		assert_true(w.c.p[w.c.took] > 0);
	}
	assert_true(others > 0);
	close_world(&w);
}

static void modes(void **state)
{
	struct world w;
	(void)state;
	open_world(&w);
	ask(&w, "{\"decision\":\"f\",\"id\":\"1\",\"actions\":[{\"id\":\"a\",\"eligible\":false},"
		"\"b\",\"c\"]}");
	assert_int_equal(w.c.took, 1);
	assert_int_equal(w.c.p[1], ADVISE_ALL);
	ask(&w, "{\"decision\":\"s\",\"id\":\"1\",\"actions\":[\"a\",\"b\"],\"taken\":\"b\"}");
	assert_int_equal(w.c.took, 1);
	assert_int_equal(sum_of(&w), ADVISE_ALL);
	/* Rules are trusted while nothing is known. */
	ask(&w, "{\"decision\":\"d\",\"id\":\"1\",\"actions\":[\"a\",\"b\"],\"prefer\":\"b\"}");
	assert_true(w.c.p[1] > 900000000);
	/* A cost is taken off. */
	ask(&w, "{\"decision\":\"d\",\"id\":\"1\",\"actions\":[\"a\",{\"id\":\"b\",\"cost\":1}]}");
	assert_true(w.c.value[0] - w.c.value[1] > 0.49f && w.c.value[0] - w.c.value[1] < 0.51f);
	close_world(&w);
}

static void numbers_of_an_action(void **state)
{
	struct world w;
	(void)state;
	open_world(&w);
	ask(&w, "{\"decision\":\"d\",\"id\":\"1\",\"context\":{\"plan\":1},\"actions\":[\"a\","
		"{\"id\":\"b\",\"context\":{\"seats\":2}}]}");
	assert_null(w.q.action[0].x);
	assert_true(w.q.action[1].x[1] == 1 && w.q.action[1].x[2] == 2 && w.q.x[2] == 0);
	close_world(&w);
}

static void answers(void **state)
{
	struct world w;
	struct buf b, event;
	struct str found;
	uint64_t hash;
	(void)state;
	open_world(&w);
	w.book->version = 3;
	w.book->learned_seq = 17;
	ask(&w, "{\"decision\":\"f\",\"id\":\"r1\",\"context\":{},\"actions\":[\"a\","
		"{\"id\":\"b\",\"eligible\":false,\"why\":\"sold out\"}]}");
	buf_init_arena(&b, &w.a, ADVISE_ANSWER_MAX);
	advise_answer(w.book, &w.q, &w.c, &b);
	check_str("answer", buf_view(&b),
		  "{\"schema\":\"nurtured.advice/1\",\"decision\":\"f\",\"id\":\"r1\","
		  "\"action\":\"a\",\"p\":1.000000000,\"odds\":{\"a\":1.000000000,"
		  "\"wait\":0.000000000},\"values\":{\"a\":0.500000,\"wait\":0.050211},"
		  "\"held\":[{\"action\":\"b\",\"guard\":\"not_eligible\",\"why\":\"sold out\"}],"
		  "\"policy\":{\"mode\":\"first\",\"version\":3,\"learned_to\":17,"
		  "\"outcomes\":0}}");
	buf_init_arena(&event, &w.a, 2 * ADVISE_ANSWER_MAX);
	advise_event(&w.q, buf_view(&b), 9, 77, &event);
	assert_true(advise_event_answer(buf_view(&event), &w.a, &found, &hash));
	assert_true(str_eq(found, buf_view(&b)) && hash == 77);
	close_world(&w);
}

/* What is known well loses to what is not, at the same values: the answer shows why. */
static void odds_follow_hope(void **state)
{
	struct world w;
	struct buf b;
	struct json d;
	struct err e;
	float x[LEARN_DIMS_MAX] = {1};
	double known = 0, other = 0;
	(void)state;
	open_world(&w);
	struct learner *l = w.list[0].learner;
	struct learn_action a = {.arm = {learn_arm(l, advise_arm_key(STR("known")), LEARN_POOLED)},
				 .n = 1};
	for (unsigned i = 0; i < 200; i++)
		learn_update(l, x, &a, i % 20 < 11, 1);
	advise_book_close(&w.book);
	w.book = advise_book_make(w.list, DECISIONS);
	ask(&w, "{\"decision\":\"d\",\"id\":\"h\",\"actions\":[\"known\",\"other\"]}");
	assert_true(fabsf(w.c.value[0] - w.c.value[1]) < 0.01F && w.c.p[0] < w.c.p[1] / 10);
	buf_init_arena(&b, &w.a, ADVISE_ANSWER_MAX);
	advise_answer(w.book, &w.q, &w.c, &b);
	assert_int_equal(json_parse(buf_view(&b), JSON_LIMITS_EVENT, &w.a, &d, &e), ST_OK);
	uint32_t hopeful = json_get(&d, 0, "hopeful");
	assert_int_equal(json_count(&d, hopeful), 3);
	assert_true(json_f64(&d, json_get(&d, hopeful, "known"), &known) &&
		    json_f64(&d, json_get(&d, hopeful, "other"), &other) && known < other);
	close_world(&w);
}

static uint64_t hash_of(struct world *w, const char *text)
{
	struct json d;
	struct err e;
	assert_int_equal(json_parse(str_of(text), JSON_LIMITS_EVENT, &w->a, &d, &e), ST_OK);
	return advise_hash(&d, 0);
}

/* What an id was used for does not hang on how a sender writes its JSON down. */
static void same_case(void **state)
{
	static const struct {
		const char *text;
		bool same;
	} cases[] = {
		{"{\"id\":\"1\",\"context\":{\"plan\":1,\"seats\":2},\"actions\":[\"a\",\"b\"]}",
		 true},
		{"{ \"actions\": [\"a\", \"b\"],\n\"context\":{\"seats\":2, \"plan\":1}, "
		 "\"id\":\"1\"}",
		 true},
		{"{\"id\":\"1\",\"context\":{\"plan\":2,\"seats\":1},\"actions\":[\"a\",\"b\"]}",
		 false},
		{"{\"id\":\"1\",\"context\":{\"plan\":1,\"seats\":2},\"actions\":[\"b\",\"a\"]}",
		 false},
		{"{\"id\":1,\"context\":{\"plan\":1,\"seats\":2},\"actions\":[\"a\",\"b\"]}",
		 false},
		{"{\"id\":\"1\",\"context\":{\"plan\":1},\"actions\":[\"a\",\"b\"]}", false},
		{"{\"id\":\"1\",\"plan\":1,\"seats\":2,\"actions\":[\"a\",\"b\"]}", false},
		{"{\"id\":\"1\",\"context\":{\"plan\":1,\"seats\":2},\"actions\":[\"a\",\"b\"],"
		 "\"prefer\":\"a\"}",
		 false},
		{"{\"id\":\"1\",\"context\":{\"plan\":1,\"seats\":2},\"actions\":[[\"a\"],\"b\"]}",
		 false},
	};
	struct world w;
	(void)state;
	open_world(&w);
	uint64_t first = hash_of(&w, cases[0].text);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if ((hash_of(&w, cases[i].text) == first) != cases[i].same)
			fail_msg("%s", cases[i].text);
	assert_true(hash_of(&w, "{\"a\":1,\"context\":{}}") == hash_of(&w, "{\"a\":1}"));
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused_by_name),
		cmocka_unit_test(no_book_is_no_crash),
		cmocka_unit_test(a_list_is_bounded),
		cmocka_unit_test(each_of_many_by_itself),
		cmocka_unit_test(odds_are_whole),
		cmocka_unit_test(dice_are_keyed),
		cmocka_unit_test(modes),
		cmocka_unit_test(numbers_of_an_action),
		cmocka_unit_test(answers),
		cmocka_unit_test(odds_follow_hope),
		cmocka_unit_test(same_case),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
