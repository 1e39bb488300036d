/* SPDX-License-Identifier: Apache-2.0
 * test_drift.c: bins that see what they are made to see, distances worked out by hand, and
 * detectors that are quiet until the world moves. */
#include "base/random.h"
#include "base/test.h"
#include "evaluate/drift.h"

#include <math.h>

static void psi_by_hand(void **state)
{
	(void)state;
	const uint64_t ref[] = {50, 50, 0}, now[] = {75, 25, 0}, gone[] = {0, 100, 0};
	assert_true(fabs(drift_psi(ref, ref, 3)) < 1e-15);
	assert_true(fabs(drift_psi(ref, now, 3) - (.25 * log(1.5) - .25 * log(.5))) < 1e-12);
	/* An empty bin is floored, not infinite. */
	assert_true(fabs(drift_psi(ref, gone, 3) - ((1e-4 - .5) * log(1e-4 / .5) + .5 * log(2))) <
		    1e-12);
	const uint64_t none[] = {0, 0, 0};
	assert_true(fabs(drift_psi(ref, none, 3)) < 1e-15);
}

#define N 1000u
#define SAMPLE(x) ((struct drift_sample){(x), COUNT_OF(x)})
#define NONE ((struct drift_sample){NULL, 0})

static void bins_of_a_number(void **state)
{
	(void)state;
	struct arena a;
	struct drift_bins b;
	double x[N];
	arena_init(&a, (size_t)1 << 20);
	for (size_t i = 0; i < N; i++)
		x[i] = (double)(N - i);
	assert_int_equal(drift_bins_make(SAMPLE(x), NONE, &a, &b, NULL), ST_OK);
	assert_int_equal(b.edges_n, 9);
	assert_true(fabs(b.edges[0] - 100.9) < 1e-9);
	assert_int_equal(drift_bin(&b, -5), 0);
	assert_int_equal(drift_bin(&b, b.edges[3]), 3); /* an edge belongs below */
	assert_int_equal(drift_bin(&b, 1e9), 9);
	assert_int_equal(drift_bin(&b, NAN), 10);
	arena_finish(&a);
}

/* "Never" is 999 for most: by deciles alone nothing moves when half of those answer. */
static void sentinel_has_its_own_bin(void **state)
{
	(void)state;
	struct arena a;
	struct drift_bins blind, sees;
	double ref[N], now[N], sentinel;
	arena_init(&a, (size_t)1 << 20);
	for (size_t i = 0; i < N; i++) {
		ref[i] = i % 25 ? 999 : (double)(i % 7);
		now[i] = i % 5 ? 999 : (double)(i % 7);
	}
	assert_int_equal(drift_sentinels(SAMPLE(ref), &a, &sentinel), 1);
	assert_true(sentinel > 998 && sentinel < 1000);
	assert_int_equal(drift_bins_make(SAMPLE(ref), NONE, &a, &blind, NULL), ST_OK);
	assert_int_equal(drift_bins_make(SAMPLE(ref), ((struct drift_sample){&sentinel, 1}), &a,
					 &sees, NULL),
			 ST_OK);
	assert_true(drift_psi_of(&blind, SAMPLE(ref), SAMPLE(now)) < 1e-9);
	assert_true(drift_psi_of(&sees, SAMPLE(ref), SAMPLE(now)) > DRIFT_PSI_ACT);
	for (size_t i = 0; i < N; i++)
		ref[i] = (double)i;
	assert_int_equal(drift_sentinels(SAMPLE(ref), &a, &sentinel), 0);
	arena_finish(&a);
}

static void missing_is_seen(void **state)
{
	(void)state;
	struct arena a;
	struct drift_bins b;
	double ref[N], now[N];
	arena_init(&a, (size_t)1 << 20);
	for (size_t i = 0; i < N; i++) {
		ref[i] = (double)(i % 100);
		now[i] = i % 2 ? NAN : (double)(i % 100);
	}
	assert_int_equal(drift_bins_make(SAMPLE(ref), NONE, &a, &b, NULL), ST_OK);
	assert_true(drift_psi_of(&b, SAMPLE(ref), SAMPLE(now)) > DRIFT_PSI_ACT);
	arena_finish(&a);
}

static void ks(void **state)
{
	(void)state;
	struct arena a;
	struct drift_ks r;
	const double x[] = {1, 2, 3, 4}, y[] = {3, 4, 5, 6}, tied[] = {2, 2, 2, 2};
	arena_init(&a, (size_t)1 << 20);
	assert_int_equal(drift_ks(SAMPLE(x), SAMPLE(y), &a, &r, NULL), ST_OK);
	assert_true(fabs(r.d - .5) < 1e-15);
	assert_int_equal(drift_ks(SAMPLE(x), SAMPLE(x), &a, &r, NULL), ST_OK);
	assert_true(r.d < 1e-15 && r.p >= 1);
	assert_int_equal(drift_ks(SAMPLE(x), SAMPLE(tied), &a, &r, NULL), ST_OK);
	assert_true(fabs(r.d - .5) < 1e-15);
	arena_finish(&a);
}

/* Quiet for as long as nothing moves, awake soon after; `first` is the first alarm. */
static size_t alarms(bool adwin, size_t n, size_t moved, size_t *first)
{
	struct drift_adwin a;
	struct drift_page_hinkley p = drift_page_hinkley_default();
	struct rng r;
	size_t count = 0;
	rng_seed(&r, 3);
	drift_adwin_init(&a, .002);
	for (size_t i = 0; i < n; i++) {
		double x = rng_unit(&r) < (i < moved ? .1 : .5);
		bool alarm = adwin ? drift_adwin_add(&a, x) : drift_page_hinkley_add(&p, x);
		if (alarm && count++ == 0)
			*first = i;
	}
	return count;
}

static void detectors(void **state)
{
	(void)state;
	size_t first = 0;
	assert_int_equal(alarms(true, 20000, 20000, &first), 0);
	assert_int_equal(alarms(false, 3000, 3000, &first), 0);
	assert_true(alarms(true, 8000, 5000, &first) >= 1);
	assert_true(first >= 5000 && first < 5300);
	assert_true(alarms(false, 6000, 3000, &first) >= 1);
	assert_true(first >= 3000 && first < 3400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(psi_by_hand),
		cmocka_unit_test(bins_of_a_number),
		cmocka_unit_test(sentinel_has_its_own_bin),
		cmocka_unit_test(missing_is_seen),
		cmocka_unit_test(ks),
		cmocka_unit_test(detectors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
