/* SPDX-License-Identifier: Apache-2.0
 * test_verdict.c: each verdict from numbers that call for it; and two equal arms, looked at again
 * and again, are hardly ever told apart. */
#include "base/random.h"
#include "base/test.h"
#include "evaluate/verdict.h"

static void each_kind(void **state)
{
	static const struct {
		enum verdict_kind kind;
		size_t arm;
		struct verdict_arm arms[3];
		size_t n;
	} rows[] = {
		{VERDICT_EARLY, 0, {{0, 0, 0, .5}, {0, 0, 0, .5}}, 2},
		{VERDICT_EARLY, 0, {{50, 1, 0, .5}, {50, 49, 0, .5}}, 2},
		{VERDICT_EARLY, 0, {{1000, 2, 0, .5}, {1000, 5, 0, .5}}, 2},
		{VERDICT_EARLY, 0, {{1000, 100, 0, .5}, {1000, 115, 0, .5}}, 2},
		{VERDICT_BROKEN, 0, {{1000, 100, 0, .5}, {1300, 400, 0, .5}}, 2},
		{VERDICT_HARM, 1, {{1000, 100, 5, .5}, {1000, 300, 90, .5}}, 2},
		{VERDICT_WINNER, 1, {{1000, 100, 5, .5}, {1000, 200, 5, .5}}, 2},
		{VERDICT_WINNER,
		 2,
		 {{1000, 100, 5, .3}, {1000, 180, 5, .3}, {1000, 220, 5, .3}},
		 3},
		{VERDICT_LOSER, 0, {{1000, 200, 5, .5}, {1000, 100, 5, .5}}, 2},
		{VERDICT_LOSER, 0, {{1000, 300, 5, .3}, {1000, 100, 5, .3}, {1000, 120, 5, .3}}, 3},
		{VERDICT_EVEN, 0, {{200000, 20000, 9, .5}, {200000, 20100, 9, .5}}, 2},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct verdict v;
		verdict_arms(rows[i].arms, rows[i].n, .1, &v);
		if (v.kind != rows[i].kind || v.arm != rows[i].arm)
			fail_msg("row %zu: %s, arm %zu", i, verdict_kind_name(v.kind), v.arm);
	}
}

static void says_how_many_more(void **state)
{
	struct verdict v;
	const struct verdict_arm arms[] = {{1000, 100, 0, .5}, {1000, 115, 0, .5}};
	(void)state;
	verdict_arms(arms, 2, .1, &v);
	assert_true(v.more > 2000 && v.more < 100000);
	assert_true(v.pairs[1].lo < 0 && v.pairs[1].hi > .015);
}

/* 400 experiments of two equal arms, 5,000 leads each, looked at every 50. */
static void looking_is_free(void **state)
{
	struct rng d;
	int false_alarms = 0;
	(void)state;
	rng_seed(&d, 77);
	for (int x = 0; x < 400; x++) {
		struct verdict v = {.kind = VERDICT_EARLY};
		struct verdict_arm arms[] = {{.share = .5}, {.share = .5}};
		bool alarm = false;
		for (int i = 1; i <= 5000 && !alarm; i++) {
			struct verdict_arm *a = &arms[rng_below(&d, 2)];
			a->n++;
			a->hits += rng_below(&d, 10) == 0;
			if (i % 50 != 0)
				continue;
			verdict_arms(arms, 2, .1, &v);
			alarm = v.kind == VERDICT_WINNER || v.kind == VERDICT_LOSER;
		}
		false_alarms += alarm;
	}
	if (false_alarms > 20)
		fail_msg("%d of 400 equal arms were told apart", false_alarms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind),
		cmocka_unit_test(says_how_many_more),
		cmocka_unit_test(looking_is_free),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
