/* SPDX-License-Identifier: Apache-2.0
 * test_rule.c: each thing a rule may find from numbers that call for it, in the order it is asked,
 * and the arm everybody gets. */
#include "base/test.h"
#include "evaluate/rule.h"

static const struct str names[] = {STR("plain"), STR("bold"), STR("long")};

#define TWO(n1, hits1, left1, n2, hits2, left2) \
	2, \
	{ \
		{n1, hits1, left1, .5}, \
		{ \
			n2, hits2, left2, .5 \
		} \
	}
static const struct {
	enum rule_what what;
	size_t arm, n;
	struct verdict_arm arms[3];
	double least;
	bool over;
	const char *says;
} rows[] = {
	{RULE_WAIT, 0, TWO(1000, 100, 0, 1000, 115, 0), 100, false, ""},
	{RULE_TIME, 0, TWO(1000, 100, 0, 1000, 115, 0), 100, true, "over"},
	{RULE_WINNER, 1, TWO(1000, 100, 5, 1000, 200, 5), 100, false, "bold beats plain"},
	{RULE_WAIT, 0, TWO(1000, 100, 5, 1000, 200, 5), 1001, false, ""},
	{RULE_TIME, 0, TWO(1000, 100, 5, 1000, 200, 5), 1001, true, "over"},
	{RULE_WINNER,
	 2,
	 3,
	 {{1000, 100, 5, .3}, {1000, 180, 5, .3}, {1000, 220, 5, .3}},
	 100,
	 true,
	 "long beats plain"},
	{RULE_LOSER, 0, TWO(1000, 200, 5, 1000, 100, 5), 100, false, "No arm beats plain"},
	{RULE_EVEN, 0, TWO(200000, 20000, 9, 200000, 20100, 9), 100, false, "No difference"},
	/* Harm waits for nobody: 1,001 leads are not there. */
	{RULE_HARM, 0, TWO(1000, 100, 5, 1000, 300, 90), 1001, false, "more people leave"},
	/* The guard's 10 % are passed by the second arm; the verdict would be harm. */
	{RULE_GUARD, 0, TWO(1000, 100, 5, 1000, 300, 150), 1001, false, "bold has 15.0 % left"},
	/* By the first too, but that is what was sent before; 12 % of 1,000 may be luck. */
	{RULE_WAIT, 0, TWO(1000, 100, 150, 1000, 100, 120), 1001, false, ""},
	{RULE_BROKEN, 0, TWO(1000, 100, 0, 1300, 400, 0), 100, false, "Believe nothing"},
	{RULE_TIME, 0, TWO(1000, 100, 0, 1300, 400, 0), 100, true, "over"},
	{RULE_GUARD, 0, TWO(1000, 100, 0, 1300, 400, 400), 100, false, "ceiling is 10.0 %"},
};

static void each_thing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct arena a;
		struct rule_call call;
		double left[3];
		arena_init(&a, 65536);
		for (size_t k = 0; k < rows[i].n; k++)
			left[k] = rows[i].arms[k].harms;
		const struct rule_case c = {
			.arms = rows[i].arms,
			.guarded = left,
			.n = rows[i].n,
			.min_lift = .1,
			.guard_most = .1,
			.least = rows[i].least,
			.over = rows[i].over,
			.names = names,
			.metric = "goal",
			.guard = "left",
		};
		rule_judge(&c, &a, &call);
		struct str want = str_of(rows[i].says);
		bool says =
			want.n == 0 ? call.words.n == 0 : str_find(call.words, want) < call.words.n;
		if (call.what != rows[i].what || call.arm != rows[i].arm || !says)
			fail_msg("row %zu: %s, arm %zu: " STR_FMT, i, rule_what_name(call.what),
				 call.arm, STR_ARG(call.words));
		arena_finish(&a);
	}
}

/* Without a guard nobody is above it; without a smallest difference nothing is even. */
static void what_is_left_out_is_not_asked(void **state)
{
	static const struct verdict_arm arms[] = {{200000, 20000, 9, .5}, {200000, 20100, 9, .5}};
	struct arena a;
	struct rule_call call;
	struct rule_case c = {arms, NULL, 2, .1, 0, 100, false, names, "goal", NULL};
	(void)state;
	arena_init(&a, 65536);
	rule_judge(&c, &a, &call);
	assert_int_equal(call.what, RULE_EVEN);
	c.min_lift = 0;
	rule_judge(&c, &a, &call);
	assert_int_equal(call.what, RULE_WAIT);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_thing),
		cmocka_unit_test(what_is_left_out_is_not_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
