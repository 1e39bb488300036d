/* SPDX-License-Identifier: Apache-2.0
 * test_ledger.c: entries keep what was said, and a merge gives no right that was not there: for
 * random ledgers, whoever survives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "consent/consent.h"

#define NOW INT64_C(1795000000000000)

static struct arena a;

static int setup(void **state)
{
	(void)state;
	arena_init(&a, 8u << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_finish(&a);
	return 0;
}

static void test_round_trip(void **state)
{
	const struct consent_entry x = {STR("email"),      STR("newsletter"),
					CONSENT_CONFIRMED, BASIS_CONSENT,
					STR("form \"a\""), STR("Yes, write\nto me \xC3\xA9"),
					STR("message 7"),  NOW,
					UINT64_MAX};
	struct consent_entry y;
	struct buf b;
	(void)state;
	buf_init(&b, CONSENT_ENTRY_BYTES_MAX);
	consent_encode(&x, &b);
	assert_int_equal(consent_decode(buf_view(&b), &a, &y, NULL), ST_OK);
	assert_true(str_eq(x.channel, y.channel) && str_eq(x.purpose, y.purpose));
	assert_true(str_eq(x.source, y.source) && str_eq(x.wording, y.wording));
	assert_true(str_eq(x.proof, y.proof));
	assert_int_equal(x.state, y.state);
	assert_int_equal(x.basis, y.basis);
	assert_int_equal(x.at_us, y.at_us);
	assert_int_equal(x.seq, y.seq);
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(consent_decode(str_n(b.p, n), &a, &y, NULL), ST_CORRUPT);
	buf_finish(&b);
}

static void test_suppression(void **state)
{
	const struct suppression x = {.key = STR("email\0ana@acme.example"),
				      .reason = SUPPRESS_COMPLAINT,
				      .at_us = NOW,
				      .until_us = NOW + 5,
				      .source = STR("esp"),
				      .seq = 9};
	struct suppression y, z = x;
	struct buf b;
	(void)state;
	assert_true(str_eq(suppression_key(STR("email"), STR("ana@acme.example"), &a), x.key));
	buf_init(&b, 1024);
	suppression_encode(&x, &b);
	assert_int_equal(suppression_decode(x.key, buf_view(&b), &a, &y, NULL), ST_OK);
	assert_int_equal(y.reason, x.reason);
	assert_int_equal(y.until_us, x.until_us);
	assert_int_equal(y.seq, 9);
	assert_true(suppression_holds(&y, NOW + 4));
	assert_false(suppression_holds(&y, NOW + 5));
	z.until_us = TIME_NONE;
	z.reason = SUPPRESS_UNSUBSCRIBE;
	assert_ptr_equal(suppression_stricter(&x, &z), &z); /* for ever is longer */
	y.reason = SUPPRESS_ERASED;
	assert_ptr_equal(suppression_stricter(&x, &y), &y);
	assert_ptr_equal(suppression_stricter(&y, &x), &y);
	assert_int_equal(suppression_decode(x.key, STR("{}"), &a, &y, NULL), ST_CORRUPT);
	buf_finish(&b);
}

/* ---- merge ---- */

static const struct str channels[] = {STR("email"), STR("phone"), STR("*")};
static const struct str purposes[] = {STR("marketing"), STR("newsletter"), STR("*")};

static void random_ledger(struct rng *r, struct consent_entry *x, struct consent_ledger *out)
{
	out->entries = x;
	out->n = (size_t)rng_below(r, 7);
	for (size_t i = 0; i < out->n; i++)
		x[i] = (struct consent_entry){
			.channel = channels[rng_below(r, 3)],
			.purpose = purposes[rng_below(r, 3)],
			.state = (enum consent_state)rng_below(r, CONSENT_STATE_COUNT),
			.basis = BASIS_CONSENT,
			.source = STR("form"),
			.at_us = NOW - (int64_t)rng_below(r, 6) * US_PER_D,
			.seq = i + 1,
		};
}

static int strictness(const struct consent_entry *x)
{
	return x ? (int)x->state : -1; /* the enum is in order of strictness */
}

static bool speaks(const struct consent_entry *x)
{
	return x && (x->state == CONSENT_GRANTED || x->state == CONSENT_CONFIRMED);
}

static void check_pair(const struct consent_ledger *s, const struct consent_ledger *l,
		       const struct consent_ledger *all, struct str channel, struct str purpose)
{
	const struct consent_entry *before = consent_in_force(s, channel, purpose);
	const struct consent_entry *theirs = consent_in_force(l, channel, purpose);
	const struct consent_entry *after = consent_in_force(all, channel, purpose);
	/* Never upward: no right the survivor had not, none the loser had refused. */
	if (speaks(after))
		assert_true(speaks(before));
	if (strictness(theirs) >= CONSENT_WITHDRAWN)
		assert_true(strictness(after) >= CONSENT_WITHDRAWN);
	/* And nothing is taken that both allow. */
	if (speaks(before) && speaks(theirs))
		assert_true(speaks(after));
}

static void test_merge_never_upward(void **state)
{
	struct rng r;
	const struct consent_entry stamp = {
		.at_us = NOW, .seq = 99, .source = STR("merge"), .wording = STR("reason")};
	(void)state;
	rng_seed(&r, 61);
	for (int round = 0; round < 5000; round++) {
		struct consent_entry x[8], y[8], all[64];
		struct consent_ledger s, l, add, joined;
		arena_reset(&a);
		random_ledger(&r, x, &s);
		random_ledger(&r, y, &l);
		assert_int_equal(consent_merge(&s, &l, &stamp, &a, &add, NULL), ST_OK);
		for (size_t i = 0; i < s.n; i++)
			all[i] = x[i];
		for (size_t i = 0; i < add.n; i++)
			all[s.n + i] = add.entries[i];
		joined = (struct consent_ledger){all, s.n + add.n};
		for (size_t c = 0; c < 2; c++)
			for (size_t p = 0; p < 2; p++)
				check_pair(&s, &l, &joined, channels[c], purposes[p]);
	}
}

static void test_merge_keeps_the_proof(void **state)
{
	const struct consent_entry stamp = {.at_us = NOW,
					    .seq = 99,
					    .source = STR("merge"),
					    .wording = STR("userId and email name two leads")};
	const struct consent_entry no = {STR("email"),  STR("marketing"),   CONSENT_WITHDRAWN,
					 BASIS_CONSENT, STR("footer link"), STR_NULL,
					 STR_NULL,      NOW - 5 * US_PER_D, 3};
	const struct consent_ledger none = {NULL, 0}, one = {&no, 1};
	struct consent_ledger add;
	(void)state;
	assert_int_equal(consent_merge(&none, &one, &stamp, &a, &add, NULL), ST_OK);
	assert_int_equal(add.n, 1);
	assert_true(str_is(add.entries[0].source, "merge"));
	assert_in_range(add.entries[0].at_us, NOW, NOW + 3); /* the particular behind the general */
	assert_int_equal(add.entries[0].seq, 99);
	assert_true(str_find(add.entries[0].proof, STR("footer link")) < add.entries[0].proof.n);
	assert_int_equal(consent_merge(&one, &none, &stamp, &a, &add, NULL), ST_OK);
	assert_int_equal(add.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_suppression, setup, teardown),
		cmocka_unit_test_setup_teardown(test_merge_never_upward, setup, teardown),
		cmocka_unit_test_setup_teardown(test_merge_keeps_the_proof, setup, teardown),
	};
	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
