/* SPDX-License-Identifier: Apache-2.0
 * test_policy.c: whatever the mode, odds are odds, and the record has those of the draw. */
#include "base/test.h"
#include "learn/policy.h"

#include <math.h>

static const struct policy_option options[] = {
	{0.10, 0.12, 1e-4}, {0.20, 0.21, 1e-4}, {0.05, 0.30, 1e-2}, {0.15, 0.16, 1e-4}};

static struct policy_turn turn_of(double seen)
{
	return (struct policy_turn){.seen = seen, .seed = 7, .id = 42};
}

static void every_mode_has_odds(void **state)
{
	(void)state;
	for (int m = 0; m < POLICY_MODES; m++) {
		struct policy_conf c = policy_conf_default((enum policy_mode)m);
		struct policy_choice out;
		const char *row = policy_mode_name(c.mode);
		double sum = 0;
		policy_decide(&c, options, 4, turn_of(100), &out);
		for (size_t i = 0; i < 4; i++) {
			CHECK_ROW(row, out.p[i] >= (c.mode == POLICY_FIRST ? 0 : 0.01 / 4 - 1e-12));
			sum += out.p[i];
		}
		CHECK_ROW(row, fabs(sum - 1) < 1e-9 && out.p[out.drawn] > 0);
		CHECK_ROW(row, policy_mode_of(str_of(row)) == c.mode);
	}
	assert_int_equal(policy_mode_of(STR("luck")), POLICY_MODES);
}

/* Hope decides for inverse gaps, the expected value for epsilon, option 0 for first. */
static void what_is_best(void **state)
{
	static const struct {
		enum policy_mode mode;
		size_t best;
	} rows[] = {{POLICY_FIRST, 0}, {POLICY_EPSILON, 1}, {POLICY_IGW, 2}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct policy_conf c = policy_conf_default(rows[i].mode);
		struct policy_choice out;
		policy_decide(&c, options, 4, turn_of(1e6), &out);
		CHECK_ROW(policy_mode_name(c.mode), out.best == rows[i].best);
		CHECK_ROW(policy_mode_name(c.mode), out.p[out.best] > 0.9);
	}
}

static void budget_before_floor(void **state)
{
	struct policy_conf c = policy_conf_default(POLICY_IGW);
	struct policy_choice out;
	(void)state;
	c.budget = 0.1;
	policy_decide(&c, options, 4, turn_of(0), &out);
	assert_true(fabs(out.p[out.best] - 0.9) < 1e-9);
	c.floor = 0.8;
	policy_decide(&c, options, 4, turn_of(0), &out);
	assert_true(out.p[0] >= 0.2 - 1e-12);
}

/* What is drawn evenly counts in the budget. */
static void budget_holds_with_even(void **state)
{
	static const double rows[][3] = {{0.1, 0, 0.2}, {0.2, 0.01, 0.3}, {0.05, 0.01, 0.05}};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct policy_conf c = policy_conf_default(POLICY_IGW);
		struct policy_choice out;
		c.gain = 0;
		c.uniform = rows[i][0];
		c.floor = rows[i][1];
		c.budget = rows[i][2];
		policy_decide(&c, options, 4, turn_of(0), &out);
		double others = 1 - out.p[out.best];
		assert_true(others < c.budget + c.floor + 1e-12 && others > c.budget - 0.02);
	}
}

/* The rules fade as outcomes come in; their choice keeps its share of the odds till then. */
static void rules_as_prior(void **state)
{
	struct policy_conf c = policy_conf_default(POLICY_IGW);
	struct policy_turn turn = turn_of(1e6);
	struct policy_choice out;
	(void)state;
	turn.prior = 3;
	turn.prior_share = 0.75;
	policy_decide(&c, options, 4, turn, &out);
	assert_true(out.p[3] > 0.74 && out.p[3] < 0.76 && out.p[2] > 0.2);
	assert_int_equal(out.best, 3);
}

/* The share that is drawn evenly: in the odds, and told apart by a throw that does not favour what
 * is drawn often. */
static void some_are_even(void **state)
{
	struct policy_conf c = policy_conf_default(POLICY_FIRST);
	struct policy_choice out;
	size_t even = 0, drawn[4] = {0};
	(void)state;
	c.uniform = 0.2;
	for (uint64_t id = 0; id < 20000; id++) {
		struct policy_turn turn = {.seed = 7, .id = id};
		policy_decide(&c, options, 4, turn, &out);
		assert_true(fabs(out.p[0] - 0.85) < 1e-12 && fabs(out.p[3] - 0.05) < 1e-12);
		even += out.even;
		drawn[out.drawn] += out.even;
	}
	assert_true(even > 3800 && even < 4200);
	for (size_t i = 0; i < 4; i++)
		assert_true(drawn[i] > 850 && drawn[i] < 1150);
	c.uniform = 0;
	policy_decide(&c, options, 4, turn_of(1), &out);
	assert_false(out.even);
}

/* ---- more than can be told apart at once ---- */

struct wide {
	struct policy_option option[EXPLORE_MAX];
	struct policy_path path[EXPLORE_MAX];
	size_t n;
};

/* Two channels, five parts of the day, three gaps, seven texts, and nothing; some do not exist. */
static void wide_of(uint64_t seed, struct wide *w)
{
	w->n = 0;
	for (uint64_t i = 0; i < 2 * 5 * 3 * 7; i++) {
		double u = explore_unit(seed, i, 0);
		if (explore_unit(seed, i, 1) < 0.1)
			continue;
		w->path[w->n] = (struct policy_path){
			{1 + i / 105, 1 + i / 21 % 5, 1 + i / 7 % 3, 1 + i % 7, 0}};
		w->option[w->n++] = (struct policy_option){0.3 * u, 0.3 * u + 0.02, 1e-4};
	}
	w->path[w->n] = (struct policy_path){{0}};
	w->option[w->n++] = (struct policy_option){0.1, 0.12, 1e-4};
	assert_true(w->n > 150);
}

/* Whatever the mode: odds sum to 1, the floor holds, all but the best keep to the budget, and the
 * drawn one's are the product of what it had at each factor. */
static void by_factor_has_odds(void **state)
{
	(void)state;
	for (int m = 0; m < POLICY_MODES; m++) {
		struct policy_conf c = policy_conf_default((enum policy_mode)m);
		const char *row = policy_mode_name(c.mode);
		c.budget = 0.4;
		c.uniform = m % 2 ? 0.02 : 0;
		for (uint64_t seed = 0; seed < 20; seed++) {
			struct wide w;
			struct policy_choice out;
			struct policy_turn turn = turn_of(50 * (double)seed);
			double sum = 0, at[POLICY_FACTORS], product = 1;
			wide_of(seed, &w);
			turn.path = w.path;
			turn.id = seed;
			turn.prior = seed;
			turn.prior_share = 0.1;
			policy_decide(&c, w.option, w.n, turn, &out);
			policy_factors(w.path, &out, at);
			for (size_t i = 0; i < w.n; i++) {
				double least = m == POLICY_FIRST ? c.uniform : c.floor;
				CHECK_ROW(row, out.p[i] >= least / (double)w.n - 1e-12);
				sum += out.p[i];
			}
			for (size_t f = 0; f < POLICY_FACTORS; f++) {
				CHECK_ROW(row, at[f] > 0 && at[f] <= 1 + 1e-12);
				product *= at[f];
			}
			CHECK_ROW(row, fabs(sum - 1) < 1e-9);
			CHECK_ROW(row, fabs(product / out.p[out.drawn] - 1) < 1e-9);
			CHECK_ROW(row, m == POLICY_FIRST ||
					       1 - out.p[out.best] < c.budget + c.floor + 1e-9);
		}
	}
}

/* What is drawn comes up as often as the record says: by option, and by channel. So the mean of 1/p
 * over what was drawn is what an even draw would have had. */
static void by_factor_is_drawn_so(void **state)
{
	static const enum policy_mode modes[] = {POLICY_EPSILON, POLICY_IGW};
	const uint32_t draws = 40000;
	(void)state;
	for (size_t m = 0; m < COUNT_OF(modes); m++) {
		struct policy_conf c = policy_conf_default(modes[m]);
		struct wide w;
		struct policy_choice out;
		double channel[3] = {0}, p[3] = {0}, chi = 0, evenly = 0, truth = 0;
		size_t count[EXPLORE_MAX] = {0};
		wide_of(3, &w);
		c.floor = 0.3;
		for (uint64_t id = 0; id < draws; id++) {
			struct policy_turn turn = {.seen = 10, .seed = 11, .id = id};
			turn.path = w.path;
			policy_decide(&c, w.option, w.n, turn, &out);
			count[out.drawn]++;
			evenly += w.option[out.drawn].value / out.p[out.drawn] / (double)w.n;
		}
		for (size_t i = 0; i < w.n; i++) {
			double expected = out.p[i] * draws;
			chi += ((double)count[i] - expected) * ((double)count[i] - expected) /
			       expected;
			channel[w.path[i].at[0]] += (double)count[i];
			p[w.path[i].at[0]] += out.p[i];
			truth += w.option[i].value / (double)w.n;
		}
		/* 5 standard deviations of a chi-square of n - 1 degrees */
		assert_true(chi < (double)w.n + 5 * sqrt(2 * (double)w.n));
		for (size_t i = 0; i < 3; i++)
			assert_true(fabs(channel[i] / draws - p[i]) <
				    5 * sqrt(p[i] * (1 - p[i]) / draws));
		assert_true(fabs(evenly / draws / truth - 1) < 0.05);
	}
}

/* The best of all is the best at each factor, and gets most of the odds. */
static void by_factor_finds_the_best(void **state)
{
	struct policy_conf c = policy_conf_default(POLICY_IGW);
	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct wide w;
		struct policy_choice out;
		struct policy_turn turn = turn_of(1e8);
		size_t best = 0;
		wide_of(seed, &w);
		turn.path = w.path;
		for (size_t i = 0; i < w.n; i++)
			best = w.option[i].hopeful > w.option[best].hopeful ? i : best;
		policy_decide(&c, w.option, w.n, turn, &out);
		assert_true(out.best == best && out.p[best] > 0.5);
	}
}

static void records_are_read_again(void **state)
{
	struct policy_conf c = policy_conf_default(POLICY_IGW);
	struct policy_choice out;
	struct policy_recorded r;
	struct buf b;
	float x[5] = {1, 0, -0.5f, 3, 0.25f};
	(void)state;
	buf_init(&b, 4096);
	policy_decide(&c, options, 4, turn_of(10), &out);
	policy_record(42, x, 5, options, &out, &b);
	assert_true(policy_record_read(buf_view(&b), &r));
	assert_true(r.id == 42 && r.dims == 5 && r.choice.drawn == out.drawn);
	assert_memory_equal(r.x, x, sizeof x);
	assert_memory_equal(r.choice.p, out.p, 4 * sizeof *out.p);
	assert_true(explore_draw(r.choice.p, r.choice.n, r.choice.unit) == r.choice.drawn);
	for (size_t i = 0; i < b.n; i++)
		assert_false(policy_record_read(str_n(b.p, i), &r));
	buf_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_mode_has_odds),
		cmocka_unit_test(what_is_best),
		cmocka_unit_test(budget_before_floor),
		cmocka_unit_test(rules_as_prior),
		cmocka_unit_test(records_are_read_again),
		cmocka_unit_test(some_are_even),
		cmocka_unit_test(budget_holds_with_even),
		cmocka_unit_test(by_factor_has_odds),
		cmocka_unit_test(by_factor_is_drawn_so),
		cmocka_unit_test(by_factor_finds_the_best),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
