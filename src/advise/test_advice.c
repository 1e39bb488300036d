/* SPDX-License-Identifier: Apache-2.0
 * test_advice.c: what comes of advice, and what it teaches. */
#include "advise/advise.h"
#include "base/test.h"

static const struct str names[] = {STR("plan")};
static const struct program_decision of = {.name = STR("d"),
					   .shape = 4,
					   .mode = DECISION_IGW,
					   .context = names,
					   .context_n = 1,
					   .worth = 2,
					   .most = 1,
					   .least = 0.01,
					   .gain = 150};

static struct advice given(const char *properties, struct arena *a)
{
	struct json d;
	struct err e;
	struct advice x = {.dims = 0};
	if (json_parse(str_of(properties), JSON_LIMITS_EVENT, a, &d, &e) != ST_OK ||
	    advice_read(&d, &of, a, &x, &e) != ST_OK)
		fail_msg("%s: %s", properties, e.text);
	return x;
}

#define GIVEN \
	"{\"answer\":{\"decision\":\"d\",\"id\":\"i\",\"action\":\"b\"}," \
	"\"context\":{\"plan\":0.5,\"gone\":7},\"own\":{\"a\":{\"plan\":1},\"b\":{\"plan\":2}}," \
	"\"lead\":12}"

static void from_events(void **state)
{
	static const char *const bad[] = {
		"{}", "{\"answer\":{\"decision\":\"d\",\"id\":\"i\"}}",
		"{\"answer\":{\"decision\":\"d\",\"id\":\"i\",\"action\":\"b\"},\"lead\":-1}",
		"{\"answer\":{\"decision\":\"d\",\"id\":\"i\",\"action\":\"b\"},"
		"\"context\":{\"plan\":\"x\"}}"};
	struct arena a;
	struct json d;
	struct err e;
	struct advice x, y;
	struct buf b;
	(void)state;
	arena_init(&a, 1 << 20);
	x = given(GIVEN, &a);
	check_str("decision", x.decision, "d");
	assert_true(x.lead == 12 && x.dims == 2 && !x.wait && x.shape == 4);
	assert_true(x.x[0] == 1 && x.x[1] == 2); /* its own number over the case's */
	buf_init_arena(&b, &a, 4096);
	advice_encode(&x, &b);
	assert_int_equal(advice_decode(buf_view(&b), &y, &e), ST_OK);
	assert_memory_equal(x.x, y.x, sizeof x.x);
	assert_true(y.arm == x.arm && y.lead == 12 && str_eq(y.id, x.id));
	for (size_t i = 0; i < b.n; i++)
		assert_int_equal(advice_decode(str_n(b.p, i), &y, &e), ST_CORRUPT);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_int_equal(json_parse(str_of(bad[i]), JSON_LIMITS_EVENT, &a, &d, &e), ST_OK);
		CHECK_ROW(bad[i], advice_read(&d, &of, &a, &x, &e) == ST_INVALID);
	}
	arena_finish(&a);
}

/* A row that is cut anywhere, or names more than a key has room for, is an error. */
static void rows_that_are_none(void **state)
{
	struct arena a;
	struct advice back;
	struct err e;
	struct buf row, wide;
	char name[ADVISE_ID_MAX + 2];
	(void)state;
	arena_init(&a, 1 << 20);
	buf_init_arena(&row, &a, 4096);
	buf_init_arena(&wide, &a, 4096);
	struct advice x = given(GIVEN, &a);
	advice_encode(&x, &row);
	assert_int_equal(advice_decode(buf_view(&row), &back, &e), ST_OK);
	for (size_t n = 0; n < row.n; n++)
		assert_int_equal(advice_decode(str_slice(buf_view(&row), 0, n), &back, &e),
				 ST_CORRUPT);
	memset(name, 'n', sizeof name);
	x.id = str_n(name, sizeof name);
	advice_encode(&x, &wide);
	assert_int_equal(advice_decode(buf_view(&wide), &back, &e), ST_CORRUPT);
	arena_finish(&a);
}

/* Each kind counts once; a correction replaces what was said of its kind. */
static void rewards_add_up(void **state)
{
	static const struct {
		const char *kind;
		double value;
		bool corrected, news;
	} rows[] = {{"click", 0.2, false, true},  {"click", 0.2, false, false},
		    {"click", 0.4, false, false}, {"order", 1, false, true},
		    {"order", 0, true, true},     {"order", 0, true, false}};
	struct arena a;
	(void)state;
	arena_init(&a, 1 << 20);
	struct advice x = given(GIVEN, &a);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct advise_reward r = {.kind = str_of(rows[i].kind),
						.value = rows[i].value,
						.corrected = rows[i].corrected};
		CHECK_ROW(rows[i].kind, advice_reward_add(&x, &of, &r) == rows[i].news);
	}
	assert_int_equal(x.got_n, 2);
	assert_true(x.got[0].value > 0.09f && x.got[0].value < 0.11f && x.got[1].value <= 0);
	arena_finish(&a);
}

static float guess(const struct advisor *by, const struct advice *x)
{
	struct learn_guess g;
	uint32_t arm = learn_find(by->learner, x->arm);
	struct learn_action action = {.arm = {arm == LEARN_NONE ? LEARN_NEW : arm}, .n = 1};
	learn_score(by->learner, x->x, &action, 1, &g);
	return g.p;
}

static void outcomes_teach(void **state)
{
	struct arena a;
	struct advisor by;
	const struct advise_reward good = {.kind = STR("order"), .value = 2},
				   taken_back = {.kind = STR("order"), .corrected = true};
	(void)state;
	arena_init(&a, 1 << 20);
	advisor_open(&by, &of);
	struct advice x = given(GIVEN, &a), y = x;
	float before = guess(&by, &x);
	advisor_teach(&by, &x);
	float silent = guess(&by, &x);
	assert_true(silent < before && by.taught);
	assert_true(advice_reward_add(&x, &of, &good));
	advisor_teach(&by, &x); /* a correction */
	float late = guess(&by, &x);
	assert_true(late > silent);
	assert_true(advice_reward_add(&x, &of, &taken_back));
	advisor_teach(&by, &x);
	assert_true(guess(&by, &x) < late);
	double seen = learn_seen_all(by.learner);
	advisor_teach(&by, &x); /* nothing new */
	assert_true(learn_seen_all(by.learner) <= seen && seen > 2.99 && seen <= 3);
	/* A book does not learn on. */
	struct advise_book *book = advise_book_make(&by, 1);
	float then = guess(&book->list[0], &x);
	advisor_teach(&by, &y);
	assert_true(guess(&book->list[0], &x) >= then && guess(&book->list[0], &x) <= then);
	advise_book_close(&book);
	advisor_close(&by);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_events),
		cmocka_unit_test(rows_that_are_none),
		cmocka_unit_test(rewards_add_up),
		cmocka_unit_test(outcomes_teach),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
