/* SPDX-License-Identifier: Apache-2.0
 * test_trial.c: a candidate that is as good is rarely sent back though it is looked at after every
 * lead; a worse one goes; a better one gets through. */
#include "base/random.h"
#include "base/test.h"
#include "evaluate/trial.h"

#include <stdio.h>
#include <string.h>

struct people {
	double brings[2], leaves[2]; /* champion, candidate: chance of a reward, of harm */
};

static void adds(struct trial_side *s, double reward, double harm)
{
	s->n++;
	s->reward += reward;
	s->reward_squares += reward * reward;
	s->harm += harm;
	s->harm_squares += harm * harm;
}

/* From 5 % on, looked at after every lead. Where it ends: 100, 0 (sent back), or the share at
 * which it still stands after so many leads. */
static unsigned rolls(const struct people *p, uint64_t seed, unsigned leads, char *words)
{
	struct rng r;
	unsigned percent = 5;
	struct trial_case c = {.percent = percent};
	struct trial_verdict v;
	rng_seed(&r, seed);
	for (unsigned i = 0; i < leads; i++) {
		unsigned side = rng_unit(&r) * 100 < percent;
		adds(side ? &c.candidate : &c.champion, rng_unit(&r) < p->brings[side],
		     rng_unit(&r) < p->leaves[side]);
		trial_judge(&c, &v);
		(void)snprintf(words, 200, "%s", v.words);
		if (v.what == TRIAL_DOWN)
			return 0;
		if (v.what == TRIAL_WAIT)
			continue;
		percent = trial_next(percent);
		if (percent == 100)
			return 100;
		c = (struct trial_case){.percent = percent};
	}
	return percent;
}

static void test_the_same_is_rarely_sent_back(void **state)
{
	const struct people same = {{.1, .1}, {.01, .01}};
	unsigned back = 0;
	char words[200];
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++)
		back += rolls(&same, seed, 6000, words) == 0;
	if (back > 10)
		fail_msg("%u of 200 candidates that were as good were sent back", back);
}

static void test_worse_goes(void **state)
{
	static const struct {
		const char *row, *says;
		struct people p;
	} rows[] = {
		{"brings less", "brings less", {{.2, .04}, {0, 0}}},
		{"drives away", "drives more people away", {{.1, .1}, {.01, .15}}},
	};
	char words[200];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (uint64_t seed = 1; seed <= 5; seed++) {
			CHECK_ROW(rows[i].row, rolls(&rows[i].p, seed, 40000, words) == 0);
			CHECK_ROW(rows[i].row, strstr(words, rows[i].says) != NULL);
		}
}

static void test_better_gets_through(void **state)
{
	const struct people better = {{.1, .2}, {.01, .01}};
	char words[200];
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++)
		assert_int_equal(rolls(&better, seed, 40000, words), 100);
}

/* In the shadow: only what was tried often enough can be spoken of. */
static void test_shadow(void **state)
{
	struct trial_case c = {.percent = 0};
	struct trial_verdict v;
	(void)state;
	trial_judge(&c, &v);
	assert_true(v.what == TRIAL_WAIT && strstr(v.words, "0 of 200 leads") != NULL);
	for (int i = 0; i < 1000; i++) {
		adds(&c.champion, i % 10 == 0, 0);
		adds(&c.candidate, 0, 0);
	}
	c.decisions = 1000;
	c.weight = c.weight_squares = 400;
	trial_judge(&c, &v);
	assert_true(v.what == TRIAL_WAIT && strstr(v.words, "untried") != NULL);
	c.weight = 1000;
	c.weight_squares = 1000 * 1000 / 100.;
	trial_judge(&c, &v);
	assert_true(v.what == TRIAL_WAIT && strstr(v.words, "effective sample 100") != NULL);
	c.weight_squares = 1000;
	trial_judge(&c, &v);
	assert_true(v.what == TRIAL_UP);
	c.candidate.reward = -200;
	c.candidate.reward_squares = 200;
	trial_judge(&c, &v);
	assert_true(v.what == TRIAL_DOWN && strstr(v.words, "brings less") != NULL);
}

static void test_stages(void **state)
{
	(void)state;
	assert_true(trial_next(0) == 5 && trial_next(5) == 25 && trial_next(25) == 50);
	assert_true(trial_next(50) == 100);
	assert_true(trial_next(10) == 25); /* set by hand */
	assert_true(trial_margin(50) == .1 && trial_leads_min(0) == 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_same_is_rarely_sent_back),
		cmocka_unit_test(test_worse_goes),
		cmocka_unit_test(test_better_gets_through),
		cmocka_unit_test(test_shadow),
		cmocka_unit_test(test_stages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
