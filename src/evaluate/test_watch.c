/* SPDX-License-Identifier: Apache-2.0
 * test_watch.c: quiet while the world stands still, for long; loud when it moves; the same again
 * from its bytes. All dice are seeded. */
#include "base/random.h"
#include "base/test.h"
#include "evaluate/watch.h"

#include <math.h>

#define DIMS 4
static const enum watch_role roles[DIMS] = {WATCH_OWN, WATCH_WORLD, WATCH_SCORE, WATCH_WORLD};
static const struct watch_conf conf = {DRIFT_PSI_ACT, 1000, 500, roles};

/* A world: who comes, what they do, how good the guesses are. */
struct world {
	struct rng rng;
	struct watch *w;
	int64_t now;
	double fit;     /* shift of scores */
	double known;   /* share of those of whom the last number is known */
	double own;     /* what we do ourselves */
	double better;  /* outcomes are so much likelier than guessed: 1 as likely */
	double annoyed; /* the same of harm */
	unsigned alarms[WATCH_DETECTORS];
	unsigned rang;
};

static void begin(struct world *x, uint64_t seed)
{
	*x = (struct world){.w = watch_open(DIMS), .known = .7, .better = 1, .annoyed = 1};
	rng_seed(&x->rng, seed);
}

static bool chance(struct world *x, double p)
{
	return rng_unit(&x->rng) < p;
}

static void note(struct world *x, bool rang, const struct watch_alarm *a)
{
	if (!rang)
		return;
	x->rang++;
	x->alarms[a->what]++;
}

static void one(struct world *x)
{
	struct watch_alarm a;
	const float who[DIMS] = {(float)x->own, chance(x, .3),
				 (float)(x->fit + .5 * rng_unit(&x->rng)),
				 chance(x, x->known) ? (float)rng_unit(&x->rng) : 0};
	bool rang = watch_decision(x->w, &conf, who, .5, x->now++, &a);
	note(x, rang, &a);
	/* Most things come seldom, some often. */
	double u = rng_unit(&x->rng), guess = .005 + .2 * u * u, harm = .003;
	struct watch_outcome o = {guess, chance(x, guess * x->better), true, harm,
				  chance(x, harm * x->annoyed)};
	rang = watch_outcome(x->w, &o, &a);
	note(x, rang, &a);
}

static void many(struct world *x, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		one(x);
}

#define SEEDS 20
#define LONG 20000

/* 400,000 decisions and outcomes of worlds that stand still. */
static void quiet_while_nothing_moves(void **state)
{
	unsigned all = 0;
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct world x;
		begin(&x, seed);
		many(&x, LONG);
		all += x.rang;
		watch_close(&x.w);
	}
	assert_in_range(all, 0, 2); /* one in 200,000 */
}

/* Before what happens, and how soon it must be seen. */
#define BEFORE 4000

static const struct {
	const char *what;
	double fit, known, better, annoyed;
	enum watch_detector by;
	unsigned within;
} shifts[] = {
	{"those who come are of another kind", .25, .7, 1, 1, WATCH_PSI, 2100},
	{"something is not measured any more", 0, .1, 1, 1, WATCH_PSI, 2100},
	{"nobody answers", 0, .7, 0, 1, WATCH_FALL, 2500},
	{"twice as many answer", 0, .7, 2, 1, WATCH_RISE, 1500},
	{"ten times as many are annoyed", 0, .7, 1, 10, WATCH_HARM, 1000},
};

static void loud_when_it_moves(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(shifts); i++)
		for (uint64_t seed = 1; seed <= 5; seed++) {
			struct world x;
			begin(&x, seed);
			many(&x, BEFORE);
			assert_int_equal(x.rang, 0);
			x.fit = shifts[i].fit;
			x.known = shifts[i].known;
			x.better = shifts[i].better;
			x.annoyed = shifts[i].annoyed;
			many(&x, shifts[i].within);
			if (x.alarms[shifts[i].by] == 0)
				fail_msg("%s, seed %u: not seen", shifts[i].what, (unsigned)seed);
			watch_close(&x.w);
		}
}

/* A change too small for the walks is seen in the long run. */
static void residuals_have_a_window(void **state)
{
	struct world x;
	struct watch_figures f;
	(void)state;
	begin(&x, 3);
	many(&x, LONG);
	x.better = 1.3;
	many(&x, LONG);
	assert_true(x.alarms[WATCH_RESIDUAL] > 0);
	watch_figures(x.w, &f);
	assert_int_equal(f.outcomes, 2 * LONG);
	assert_true(f.warm < LONG); /* they began anew */
	watch_close(&x.w);
}

static void our_own_doing_never_rings(void **state)
{
	struct world x;
	struct watch_column c;
	(void)state;
	begin(&x, 1);
	many(&x, BEFORE);
	x.own = .7;
	many(&x, 1100);
	assert_int_equal(x.rang, 0);
	assert_true(watch_column(x.w, 0, &c));
	assert_true(c.psi > 1); /* shown all the same */
	watch_close(&x.w);
}

/* A window is long enough and full enough, or it goes on. */
static void windows_wait(void **state)
{
	struct watch_alarm a;
	struct watch_figures f;
	struct watch *w = watch_open(DIMS);
	const float x[DIMS] = {1, 0, .5F, NAN};
	(void)state;
	for (int i = 0; i < 600; i++)
		assert_false(watch_decision(w, &conf, x, .5, 1, &a)); /* no time has passed */
	watch_figures(w, &f);
	assert_int_equal(f.windows, 0);
	assert_int_equal(f.in_window, 600);
	assert_false(watch_decision(w, &conf, NULL, .5, 2000, &a));
	watch_figures(w, &f);
	assert_int_equal(f.windows, 1);
	assert_int_equal(f.in_window, 0);
	for (int i = 0; i < 499; i++)
		assert_false(watch_decision(w, &conf, x, .5, 9000, &a));
	watch_figures(w, &f);
	assert_int_equal(f.windows, 1); /* too few */
	watch_close(&w);
}

static void assert_same(const struct watch *a, const struct watch *b)
{
	struct buf x, y;
	for (unsigned part = 0; part < WATCH_PARTS; part++) {
		buf_init(&x, WATCH_BYTES_MAX);
		buf_init(&y, WATCH_BYTES_MAX);
		watch_part_encode(a, part, &x);
		watch_part_encode(b, part, &y);
		assert_true(buf_ok(&x) && str_eq(buf_view(&x), buf_view(&y)));
		buf_finish(&x);
		buf_finish(&y);
	}
}

static struct watch *copy_of(const struct watch *w)
{
	struct err e;
	struct watch *again = watch_open(DIMS);
	for (unsigned part = 0; part < WATCH_PARTS; part++) {
		struct buf b;
		buf_init(&b, WATCH_BYTES_MAX);
		watch_part_encode(w, part, &b);
		assert_int_equal(watch_part_decode(again, part, buf_view(&b), &e), ST_OK);
		assert_false(watch_part_changed(again, part));
		for (size_t cut = 0; cut < b.n; cut += 97) {
			struct watch *none = watch_open(DIMS);
			assert_int_equal(watch_part_decode(none, part, str_n(b.p, cut), &e),
					 ST_CORRUPT);
			watch_close(&none);
		}
		buf_finish(&b);
	}
	return again;
}

static void the_same_from_its_bytes(void **state)
{
	struct world x, y;
	(void)state;
	begin(&x, 7);
	many(&x, 1234);
	assert_true(watch_part_changed(x.w, WATCH_PART_COLUMNS));
	watch_part_kept(x.w, WATCH_PART_COLUMNS);
	assert_false(watch_part_changed(x.w, WATCH_PART_COLUMNS));
	y = x;
	y.w = copy_of(x.w);
	assert_same(x.w, y.w);
	x.better = y.better = 4;
	many(&x, 2000);
	many(&y, 2000);
	assert_same(x.w, y.w);
	assert_true(x.rang > 0 && x.rang == y.rang);
	watch_close(&x.w);
	watch_close(&y.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quiet_while_nothing_moves),
		cmocka_unit_test(loud_when_it_moves),
		cmocka_unit_test(residuals_have_a_window),
		cmocka_unit_test(our_own_doing_never_rings),
		cmocka_unit_test(windows_wait),
		cmocka_unit_test(the_same_from_its_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
