/* SPDX-License-Identifier: Apache-2.0
 * test_learn.c: the learner finds laws it does not know, and forgets, stores and reads itself. */
#include "base/test.h"
#include "base/random.h"
#include "learn/explore.h"
#include "learn/learn.h"

#include <math.h>

#define DIMS 6

static double logistic(double z)
{
	return 1 / (1 + exp(-z));
}

static void context(struct rng *r, float *x)
{
	x[0] = 1;
	for (int i = 1; i < DIMS; i++)
		x[i] = i < 3 ? (float)(rng_unit(r) < 0.3) : (float)(2 * rng_unit(r) - 1);
}

static struct learn_action one(uint32_t arm)
{
	return (struct learn_action){.arm = {arm}, .n = 1};
}

static const double truth[DIMS] = {-1.5, 0.8, -0.6, 1.1, 0, -0.9};

static double odds(const float *x, double more)
{
	double z = more;
	for (int i = 0; i < DIMS; i++)
		z += truth[i] * (double)x[i];
	return logistic(z);
}

static struct learner *taught(uint64_t seed, unsigned n)
{
	struct learn_conf c = learn_conf_default(DIMS);
	struct learner *l = learner_open(&c);
	struct rng r;
	float x[DIMS];
	struct learn_action a = one(learn_arm(l, 100, LEARN_POOLED));
	rng_seed(&r, seed);
	for (unsigned i = 0; i < n; i++) {
		context(&r, x);
		learn_update(l, x, &a, rng_unit(&r) < odds(x, 0), 1);
	}
	return l;
}

static void finds_the_weights(void **state)
{
	struct learner *l = taught(5, 20000);
	(void)state;
	for (int i = 0; i < DIMS; i++)
		assert_true(fabs((double)learn_weights(l, 0)[i] - truth[i]) < 0.12);
	assert_true(learn_seen(l, 0) > 10000 && learn_seen(l, 0) < 20000); /* it forgets a little */
	learner_close(&l);
}

/* Of those it gives p, a share of p does. */
static void is_calibrated(void **state)
{
	struct learner *l = taught(6, 5000);
	struct rng r;
	float x[DIMS];
	struct learn_guess g;
	struct learn_action a = one(0);
	double said[10] = {0}, was[10] = {0};
	unsigned n[10] = {0};
	(void)state;
	rng_seed(&r, 99);
	for (int i = 0; i < 50000; i++) {
		context(&r, x);
		learn_score(l, x, &a, 1, &g);
		unsigned bin = (unsigned)(g.p * 9.999f);
		n[bin]++;
		said[bin] += (double)g.p;
		was[bin] += odds(x, 0);
	}
	for (int b = 0; b < 10; b++)
		if (n[b] > 500)
			assert_true(fabs(said[b] - was[b]) / n[b] < 0.05);
	learner_close(&l);
}

/* The mean after many outcomes is that of the whole posterior, worked out by Newton's method. */
static void agrees_with_newton(void **state)
{
	struct learn_conf c = learn_conf_default(1);
	c.forget = 0;
	struct learner *l = learner_open(&c);
	uint32_t arm = learn_arm(l, 100, LEARN_APART);
	struct learn_action a = one(arm);
	float x[1] = {1};
	double w = 0;
	(void)state;
	for (int i = 0; i < 400; i++)
		learn_update(l, x, &a, i % 5 == 0, 1);
	for (int i = 0; i < 50; i++) { /* 80 of 400, prior N(0, level) */
		double p = logistic(w), g = 80 - 400 * p - w / (double)c.level;
		w += g / (400 * p * (1 - p) + 1 / (double)c.level);
	}
	assert_true(fabs((double)learn_weights(l, arm)[0] - w) < 0.05);
	learner_close(&l);
}

static void new_arms_start_from_the_pool(void **state)
{
	struct learner *l = taught(7, 5000);
	struct learn_action a = one(learn_arm(l, 200, LEARN_POOLED));
	struct learn_action apart = one(learn_arm(l, 300, LEARN_APART));
	float x[DIMS] = {1, 1, 0, 0.5f, 0, -0.5f};
	struct learn_guess old, new, other;
	struct learn_action first = one(0);
	(void)state;
	learn_score(l, x, &first, 1, &old);
	learn_score(l, x, &a, 1, &new);
	learn_score(l, x, &apart, 1, &other);
	assert_true(fabsf(new.p - old.p) < 0.05f);
	assert_true(new.var > 5 * old.var &&new.q > new.p + 0.05f);
	assert_true(fabsf(other.p - 0.5f) < 1e-6f);
	learner_close(&l);
}

/* A channel that doubles the odds is found as such, whatever the variant. */
static void parts_add_up(void **state)
{
	struct learn_conf c = learn_conf_default(DIMS);
	struct learner *l = learner_open(&c);
	uint32_t variant[2] = {learn_arm(l, 100, LEARN_POOLED), learn_arm(l, 101, LEARN_POOLED)};
	uint32_t channel[2] = {learn_arm(l, 200, LEARN_OFFSET), learn_arm(l, 201, LEARN_OFFSET)};
	static const double v_more[] = {0, 0.8}, c_more[] = {0.4, -0.4};
	struct rng r;
	float x[DIMS];
	(void)state;
	rng_seed(&r, 3);
	for (int i = 0; i < 40000; i++) {
		size_t v = (size_t)rng_below(&r, 2), ch = (size_t)rng_below(&r, 2);
		struct learn_action a = {.arm = {variant[v], channel[ch]}, .n = 2};
		context(&r, x);
		learn_update(l, x, &a, rng_unit(&r) < odds(x, v_more[v] + c_more[ch]), 1);
	}
	const float *v0 = learn_weights(l, variant[0]), *v1 = learn_weights(l, variant[1]);
	const float *c0 = learn_weights(l, channel[0]), *c1 = learn_weights(l, channel[1]);
	assert_true(fabsf(v1[0] - v0[0] - 0.8f) < 0.2f);
	assert_true(fabsf(c0[0] - c1[0] - 0.8f) < 0.2f);
	for (int i = 1; i < DIMS; i++)
		assert_true(fabsf(c0[i] - c1[i]) < 0.2f);
	learner_close(&l);
}

/* It moves with a world that moves, and faster when it was told so. */
static void forgets(void **state)
{
	struct learn_conf c = learn_conf_default(1);
	float x[1] = {1}, at[2];
	(void)state;
	for (int fast = 0; fast < 2; fast++) {
		c.forget = fast ? 1e-2f : 1e-5f;
		struct learner *l = learner_open(&c);
		struct learn_action a = one(learn_arm(l, 100, LEARN_POOLED));
		for (int i = 0; i < 4000; i++) {
			float hit = (i < 2000 ? i % 10 : i % 2) == 0 ? 1.0f : 0.0f;
			learn_update(l, x, &a, hit, 1);
		}
		struct learn_guess g;
		learn_score(l, x, &a, 1, &g);
		at[fast] = g.p;
		learner_close(&l);
	}
	assert_true(at[1] > 0.45f && at[1] < 0.55f); /* the second half alone */
	assert_true(at[0] > 0.25f && at[0] < at[1] - 0.05f);
}

static void weighs(void **state)
{
	struct learn_conf c = learn_conf_default(1);
	struct learner *l = learner_open(&c);
	struct learn_action full = one(learn_arm(l, 100, LEARN_APART));
	struct learn_action tenth = one(learn_arm(l, 101, LEARN_APART));
	float x[1] = {1};
	(void)state;
	for (int i = 0; i < 30; i++) {
		learn_update(l, x, &full, 1, 1);
		learn_update(l, x, &tenth, 1, 0.1f);
	}
	struct learn_guess f, t;
	learn_score(l, x, &full, 1, &f);
	learn_score(l, x, &tenth, 1, &t);
	assert_true(f.p > t.p && f.var < t.var);
	assert_true(fabs(learn_seen(l, 1) - 3) < 0.01);
	learner_close(&l);
}

/* A long life: no variance grows above its prior, none falls to nothing, guesses stay numbers. */
static void lives_long(void **state)
{
	struct learn_conf c = learn_conf_default(DIMS);
	c.forget = 1e-3f;
	struct learner *l = learner_open(&c);
	struct learn_action a = one(learn_arm(l, 100, LEARN_POOLED));
	struct rng r;
	float x[DIMS], rare[DIMS] = {0, 0, 1};
	struct learn_guess g;
	(void)state;
	rng_seed(&r, 1);
	for (int i = 0; i < 100000; i++) {
		context(&r, x);
		x[2] = 0; /* never shown */
		learn_update(l, x, &a, rng_unit(&r) < odds(x, 0), 1);
	}
	learn_score(l, rare, &a, 1, &g);
	assert_true(g.var <= c.spread * 1.01f && g.var > c.spread * 0.9f);
	learn_score(l, x, &a, 1, &g);
	assert_true(g.var > 0 && g.var < 0.2f && isfinite(g.z));
	learner_close(&l);
}

#define WIDE 13

static double unsure_of(const struct learner *l, const float *x, const float *y, float by)
{
	struct learn_action a = one(0);
	struct learn_guess g;
	float sum[WIDE];
	for (int i = 0; i < WIDE; i++)
		sum[i] = x[i] + by * y[i];
	learn_score(l, sum, &a, 1, &g);
	return (double)g.var;
}

/* However many numbers of a case are nothing, and whichever: the variance is one quadratic form. */
static void leaves_out_nothings(void **state)
{
	struct learn_conf c = learn_conf_default(WIDE);
	struct learner *l = learner_open(&c);
	struct learn_action a = one(learn_arm(l, 100, LEARN_POOLED));
	struct rng r;
	float x[WIDE], y[WIDE], none[WIDE] = {0};
	(void)state;
	rng_seed(&r, 3);
	for (int n = 0; n < 500; n++) {
		for (int i = 0; i < WIDE; i++)
			x[i] = (float)(2 * rng_unit(&r) - 1);
		learn_update(l, x, &a, rng_unit(&r) < logistic(2.0 * (double)(x[1] * x[9])), 1);
	}
	for (int n = 0; n < 200; n++) {
		for (int i = 0; i < WIDE; i++) {
			bool left = rng_unit(&r) < 0.5;
			float v = (float)(0.1 + rng_unit(&r));
			x[i] = left ? v : 0;
			y[i] = left ? 0 : v;
		}
		double both = unsure_of(l, x, y, 1) + unsure_of(l, x, y, -1);
		double apart = 2 * (unsure_of(l, x, none, 1) + unsure_of(l, none, y, 1));
		assert_true(apart > 0 && fabs(both / apart - 1) < 1e-3);
	}
	learner_close(&l);
}

static void widens(void **state)
{
	struct learner *l = taught(8, 3000);
	struct learn_action a = one(0);
	float x[DIMS] = {1, 1, 1, 1, 1, 1};
	struct learn_guess before, after;
	(void)state;
	learn_score(l, x, &a, 1, &before);
	learn_widen(l, 2);
	learn_score(l, x, &a, 1, &after);
	assert_true(after.var > 1.5f * before.var);
	assert_float_equal(after.z, before.z, 0.1);
	learner_close(&l);
}

/* Two numbers that are always seen together are known as a sum only. What is known less well is
 * still believed: the guess stays, and only its variance grows. */
static void widens_around_the_guess(void **state)
{
	struct learn_conf conf = learn_conf_default(DIMS);
	conf.pool_level = conf.pool_spread = 0.2f;
	conf.forget = 0;
	struct learner *l = learner_open(&conf);
	struct learn_action a = one(0);
	const float x[DIMS] = {1, 1, 1, 1, 1, 1};
	struct learn_guess before, after;
	(void)state;
	(void)learn_arm(l, 100, LEARN_POOLED);
	for (int i = 0; i < 4000; i++)
		learn_update(l, x, &a, i % 20 == 0 ? 1 : 0, 1);
	learn_score(l, x, &a, 1, &before);
	learn_widen(l, 2);
	learn_score(l, x, &a, 1, &after);
	assert_true(before.z < -2);
	assert_float_equal(after.z, before.z, 0.15);
	assert_true(after.var > 1.5f * before.var);
	learner_close(&l);
}

/* One case in twenty is good, whoever it is. Together: all numbers are always the same, so only
 * their sum is known. */
static void rest(bool together, float forget)
{
	struct learn_conf conf = learn_conf_default(DIMS);
	float x[DIMS], asked[DIMS] = {1, 0.3f, 0.3f, 0, 0, 0};
	struct learn_guess g;
	struct rng r;
	conf.forget = forget;
	struct learner *l = learner_open(&conf);
	struct learn_action a = one(learn_arm(l, 100, LEARN_POOLED));
	rng_seed(&r, 3);
	for (unsigned i = 1; i <= 200000; i++) {
		context(&r, x);
		for (int k = 0; k < DIMS && together; k++)
			x[k] = asked[k] = 1;
		learn_update(l, x, &a, rng_unit(&r) < 0.05, 1);
		if (i % 40000 != 0)
			continue;
		learn_score(l, asked, &a, 1, &g);
		assert_true(g.var > 0 && g.var < 0.01f);
		assert_float_equal(g.z, log(0.05 / 0.95), 0.15);
	}
	learner_close(&l);
}

/* What is learned does not wander off while the world stands still, however long it is told the
 * same, and whatever rounding does to numbers that are known only together. */
static void rests_at_the_truth(void **state)
{
	(void)state;
	rest(true, 5e-5f);
	rest(true, 0);
	rest(false, 5e-5f);
	rest(false, 0);
}

/* ---- stored form ---- */

static struct str stored(const struct learner *l, struct buf *b)
{
	buf_init(b, LEARN_BYTES_MAX);
	learner_encode(l, b);
	assert_true(buf_ok(b));
	return buf_view(b);
}

/* Stored and read in the middle of its life, it goes on to the same bytes. */
static void goes_on_after_storing(void **state)
{
	struct learner *l = taught(9, 300), *m = NULL;
	struct buf b, c;
	struct rng r;
	struct err e;
	float x[DIMS];
	(void)state;
	(void)learn_arm(l, 200, LEARN_POOLED);
	(void)learn_arm(l, 300, LEARN_OFFSET);
	assert_int_equal(learner_decode(stored(l, &b), &m, &e), ST_OK);
	buf_finish(&b);
	rng_seed(&r, 4);
	for (unsigned i = 0; i < 200; i++) {
		struct learn_action a = {.arm = {i % 2, 2}, .n = 1 + i % 3 / 2};
		context(&r, x);
		learn_update(l, x, &a, i % 3 == 0, 1);
		learn_update(m, x, &a, i % 3 == 0, 1);
	}
	assert_true(str_eq(stored(l, &b), stored(m, &c)));
	buf_finish(&b);
	buf_finish(&c);
	learner_close(&l);
	learner_close(&m);
}

static void tells_what_changed(void **state)
{
	struct learner *l = taught(9, 3);
	float x[DIMS] = {1};
	struct learn_action a = one(0);
	(void)state;
	(void)learn_arm(l, 200, LEARN_POOLED);
	for (uint32_t i = 0; i < 3; i++)
		learn_part_kept(l, i);
	learn_update(l, x, &a, 1, 1);
	assert_true(learn_part_changed(l, 0) && learn_part_changed(l, 1));
	assert_false(learn_part_changed(l, 2));
	learner_close(&l);
}

/* No byte of it may be another one. */
static void damage_is_seen(void **state)
{
	struct learner *l = taught(9, 30), *m = NULL;
	struct buf b;
	struct err e;
	struct str s = stored(l, &b);
	(void)state;
	for (size_t i = 0; i < s.n; i++) {
		b.p[i] ^= 0x10;
		assert_int_equal(learner_decode(s, &m, &e), ST_CORRUPT);
		b.p[i] ^= 0x10;
	}
	for (size_t i = 0; i < s.n; i++)
		assert_int_equal(learner_decode(str_n(s.p, i), &m, &e), ST_CORRUPT);
	b.p[2] = 9;
	assert_int_equal(learner_decode(s, &m, &e), ST_CORRUPT);
	assert_non_null(strstr(e.text, "version 9"));
	buf_finish(&b);
	learner_close(&l);
}

/* What is thin guesses the same, is no surer, and knows what to say of strangers. */
static void thin_ones_guess_alike(void **state)
{
	struct learner *l = taught(9, 3000), *m = NULL;
	struct learn_action known = {.arm = {0, 2}, .n = 2}, same, other;
	struct learn_guess a, b;
	struct buf bytes;
	struct err e;
	float x[DIMS];
	struct rng r;
	(void)state;
	(void)learn_arm(l, 200, LEARN_POOLED);
	(void)learn_arm(l, 300, LEARN_OFFSET);
	rng_seed(&r, 4);
	context(&r, x);
	for (unsigned i = 0; i < 200; i++)
		learn_update(l, x, &known, i % 3 == 0, 1);
	buf_init(&bytes, LEARN_THIN_BYTES_MAX);
	learner_encode_thin(l, &bytes);
	assert_int_equal(learner_decode_thin(buf_view(&bytes), &m, &e), ST_OK);
	same = (struct learn_action){.arm = {learn_thin_arm(m, learn_key(l, 0), LEARN_POOLED),
					     learn_thin_arm(m, 300, LEARN_OFFSET)},
				     .n = 2};
	learn_score(l, x, &known, 1, &a);
	learn_score(m, x, &same, 1, &b);
	assert_true(a.z == b.z && b.var > 0 && learn_seen_all(m) == learn_seen_all(l));
	uint32_t stranger = learn_thin_arm(m, 999, LEARN_POOLED);
	other = (struct learn_action){.arm = {stranger}, .n = 1};
	learn_score(m, x, &other, 1, &b);
	learn_score(l, x, &(struct learn_action){.arm = {learn_arm(l, 999, LEARN_POOLED)}, .n = 1},
		    1, &a);
	assert_true(fabsf(a.z - b.z) < 1e-5f);
	assert_true(learn_thin_arm(m, 300, LEARN_POOLED) == stranger); /* of another kind */
	learner_close(&m);
	for (size_t i = 0; i < bytes.n; i++) {
		bytes.p[i] ^= 0x10;
		assert_int_equal(learner_decode_thin(buf_view(&bytes), &m, &e), ST_CORRUPT);
		bytes.p[i] ^= 0x10;
	}
	buf_finish(&bytes);
	learner_close(&l);
}

static void settings_are_checked(void **state)
{
	static const struct {
		const char *row;
		struct learn_conf c;
	} rows[] = {
		{"no dims", {0, 0, 1, 1, 1, 1, 1, 0.5f, 0}},
		{"too many", {257, 0, 1, 1, 1, 1, 1, 0.5f, 0}},
		{"no level", {4, 0, 1, 1, 0, 1, 1, 0.5f, 0}},
		{"no spread", {4, 0, 1, 1, 1, 0, 1, 0.5f, 0}},
		{"not a number", {4, NAN, 1, 1, 1, 1, 1, 0.5f, 0}},
		{"forgets all", {4, 0, 1, 1, 1, 1, 1, 0.5f, 1}},
	};
	struct err e;
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(rows[i].row, learn_conf_check(&rows[i].c, &e) == ST_INVALID);
	struct learn_conf c = learn_conf_default(LEARN_DIMS_MAX);
	assert_int_equal(learn_conf_check(&c, &e), ST_OK);
}

static void arms_have_a_ceiling(void **state)
{
	struct learn_conf c = learn_conf_default(1);
	struct learner *l = learner_open(&c);
	(void)state;
	for (uint64_t i = 0; i < LEARN_ARMS_MAX; i++)
		assert_int_equal(learn_arm(l, 1000 + 7 * i, LEARN_OFFSET), i);
	assert_int_equal(learn_arm(l, 5, LEARN_OFFSET), LEARN_NONE);
	for (uint64_t i = 0; i < LEARN_ARMS_MAX; i++)
		assert_int_equal(learn_find(l, 1000 + 7 * i), i);
	assert_int_equal(learn_find(l, 5), LEARN_NONE);
	learner_close(&l);
}

/* A copy goes its own way, and an arm that was never seen is guessed as if it had been added. */
static void copies_and_new_arms(void **state)
{
	struct learn_conf c = learn_conf_default(3);
	const float x[3] = {1, 0.5f, -1};
	struct learn_guess seen[2], asked[2], copied;
	(void)state;
	c.start = -2;
	struct learner *l = learner_open(&c);
	learn_prior(l, (const float[3]){0.5f, 0, 0});
	struct learn_action a = {.arm = {learn_arm(l, 10, LEARN_POOLED)}, .n = 1};
	for (int i = 0; i < 20; i++)
		learn_update(l, x, &a, i % 4 == 0, 1);
	struct learner *copy = learner_clone(l);
	const struct learn_action new[2] = {{.arm = {LEARN_NEW}, .n = 1},
					    {.arm = {LEARN_NEW_APART}, .n = 1}};
	learn_score(copy, x, new, 2, asked);
	const struct learn_action added[2] = {{.arm = {learn_arm(l, 11, LEARN_POOLED)}, .n = 1},
					      {.arm = {learn_arm(l, 12, LEARN_APART)}, .n = 1}};
	learn_score(l, x, added, 2, seen);
	for (int i = 0; i < 2; i++) {
		assert_true(fabsf(seen[i].z - asked[i].z) < 1e-5f);
		assert_true(fabsf(seen[i].var - asked[i].var) < 1e-5f);
	}
	learn_score(l, x, &a, 1, seen);
	learn_update(l, x, &a, 1, 1);
	learn_score(copy, x, &a, 1, &copied);
	assert_true(learn_arms(copy) == 1 && copied.z == seen[0].z && copied.var == seen[0].var);
	assert_true(learner_bytes(l) > learner_bytes(copy));
	learner_close(&copy);
	learner_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_weights),
		cmocka_unit_test(is_calibrated),
		cmocka_unit_test(agrees_with_newton),
		cmocka_unit_test(new_arms_start_from_the_pool),
		cmocka_unit_test(parts_add_up),
		cmocka_unit_test(forgets),
		cmocka_unit_test(weighs),
		cmocka_unit_test(lives_long),
		cmocka_unit_test(leaves_out_nothings),
		cmocka_unit_test(widens),
		cmocka_unit_test(widens_around_the_guess),
		cmocka_unit_test(rests_at_the_truth),
		cmocka_unit_test(goes_on_after_storing),
		cmocka_unit_test(tells_what_changed),
		cmocka_unit_test(damage_is_seen),
		cmocka_unit_test(thin_ones_guess_alike),
		cmocka_unit_test(settings_are_checked),
		cmocka_unit_test(arms_have_a_ceiling),
		cmocka_unit_test(copies_and_new_arms),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
