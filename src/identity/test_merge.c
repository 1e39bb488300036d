/* SPDX-License-Identifier: Apache-2.0
 * test_merge.c: what becomes of two leads and their profiles, and that the record brings both back
 * to the byte (K5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "identity/identity.h"

static struct arena a;

static int setup(void **state)
{
	(void)state;
	arena_init(&a, 32u << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_finish(&a);
	return 0;
}

static struct identity_side side(uint64_t id, int64_t day, const char *profile)
{
	struct identity_side s = {.profile = str_of(profile)};
	lead_init(&s.lead, id, day * US_PER_D);
	return s;
}

static struct str joined(const char *survivor, int day, const char *loser, int loser_day)
{
	struct identity_side s = side(1, day, survivor), l = side(2, loser_day, loser);
	const struct identity_merge m = {
		.seq = 9, .at_us = 77, .reason = STR("r"), .by = STR("event")};
	struct str record;
	assert_int_equal(identity_merge(&s, &l, &m, &a, &record, NULL), ST_OK);
	assert_true(str_is(l.profile, "{\"merged_into\":1}"));
	return s.profile;
}

static void test_profiles(void **state)
{
	static const struct {
		const char *survivor;
		int day;
		const char *loser;
		int loser_day;
		const char *out;
	} rows[] = {
		{"", 1, "", 2, "{\"merged\":[2]}"},
		/* The side that learnt last wins per key; the other fills. */
		{"{\"traits\":{\"a\":1,\"b\":1},\"traits_us\":5}", 1,
		 "{\"traits\":{\"b\":2,\"c\":2},\"traits_us\":9}", 2,
		 "{\"traits\":{\"a\":1,\"b\":2,\"c\":2},\"traits_us\":9,\"merged\":[2]}"},
		{"{\"traits\":{\"a\":1,\"b\":1},\"traits_us\":9}", 1,
		 "{\"traits\":{\"b\":2,\"c\":2},\"traits_us\":5}", 2,
		 "{\"traits\":{\"c\":2,\"a\":1,\"b\":1},\"traits_us\":9,\"merged\":[2]}"},
		/* Identifiers are united; merges of merges are kept. */
		{"{\"ids\":[[\"email\",\"x\"]],\"merged\":[7]}", 1,
		 "{\"ids\":[[\"email\",\"x\"],[\"userId\",\"u\"]],\"merged\":[8]}", 2,
		 "{\"ids\":[[\"email\",\"x\"],[\"userId\",\"u\"]],\"merged\":[7,8,2]}"},
		/* First touch is the older side's, whoever survives; what nobody rules stays. */
		{"{\"source\":\"late\",\"asset\":\"x\",\"note\":1}", 9,
		 "{\"source\":\"early\",\"country\":\"DE\",\"note\":2,\"more\":3}", 3,
		 "{\"source\":\"early\",\"asset\":\"x\",\"country\":\"DE\",\"note\":1,\"more\":3,"
		 "\"merged\":[2]}"},
		{"{\"source\":\"first\"}", 1, "{\"source\":\"second\"}", 3,
		 "{\"source\":\"first\",\"merged\":[2]}"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str got =
			joined(rows[i].survivor, rows[i].day, rows[i].loser, rows[i].loser_day);
		if (!str_is(got, rows[i].out))
			fail_msg("row %zu: " STR_FMT, i, STR_ARG(got));
	}
}

static void test_leads(void **state)
{
	struct identity_side s = side(1, 10, ""), l = side(2, 4, "");
	const struct identity_merge m = {
		.seq = 9, .at_us = 77, .reason = STR("r"), .by = STR("event")};
	struct str record;
	(void)state;
	s.lead.events_n = 3;
	s.lead.active_us = 20 * US_PER_D;
	s.lead.flags = LEAD_BOT;
	s.lead.entry = 1;
	s.lead.entry_points = 5;
	l.lead.events_n = 4;
	l.lead.active_us = 30 * US_PER_D;
	l.lead.flags = LEAD_KNOWN | LEAD_DNT;
	l.lead.entry = 2;
	l.lead.entry_points = 15;
	l.lead.ttl_us = 1;
	assert_non_null(lead_cell_add(&l.lead, 5, &a));
	l.lead.tail[l.lead.tail_n++] = (struct lead_entry){.seq = 3};
	assert_int_equal(identity_merge(&s, &l, &m, &a, &record, NULL), ST_OK);
	assert_int_equal(s.lead.flags, LEAD_KNOWN | LEAD_DNT);
	assert_int_equal(s.lead.events_n, 7);
	assert_int_equal(s.lead.created_us, 4 * US_PER_D);
	assert_int_equal(s.lead.active_us, 30 * US_PER_D);
	assert_int_equal(s.lead.entry, 2); /* how they first came in */
	assert_int_equal(s.lead.ttl_us, TIME_NONE);
	assert_int_equal(s.lead.cells_n, 0); /* cells are for features and score to join */
	assert_int_equal(l.lead.flags, LEAD_MERGED);
	assert_int_equal(l.lead.account, 1);
	assert_int_equal(l.lead.cells_n, 0);
	assert_int_equal(l.lead.alarm_us, TIME_NONE);
	assert_int_equal(l.lead.tail_n, 1); /* its timeline stays with it */
}

static void assert_same_row(const struct lead *x, const struct lead *y)
{
	struct buf one, two;
	assert_int_equal(x->id, y->id);
	buf_init(&one, 1u << 20);
	buf_init(&two, 1u << 20);
	lead_encode(x, &one);
	lead_encode(y, &two);
	assert_true(str_eq(buf_view(&one), buf_view(&two)));
	buf_finish(&one);
	buf_finish(&two);
}

static void test_split_brings_back(void **state)
{
	static const char survivor[] = "{\"traits\":{\"a\":\"\\u00e9\"},\"ids\":[[\"email\","
				       "\"x@acme.example\"]]}";
	static const char loser[] = "{\"ids\":[[\"userId\",\"q\\\"7\"],[\"key\",\"5\",\"crm\"],"
				    "[\"anonymousId\",\"z\"]]}";
	struct rng r;
	(void)state;
	rng_seed(&r, 51);
	for (int round = 0; round < 50; round++) {
		arena_reset(&a);
		struct identity_side s = side(UINT64_MAX - 3, 1, survivor), l = side(2, 2, loser);
		for (size_t i = 0; i < 10; i++) {
			struct cell *c =
				lead_cell_add(i % 2 ? &s.lead : &l.lead, (uint32_t)rng_u64(&r), &a);
			c->value = rng_unit(&r);
			c->at_us = (int64_t)rng_below(&r, 1u << 30);
			c->bytes = STR("sketch");
		}
		const struct identity_side s0 = s, l0 = l;
		const struct identity_merge m = {.seq = rng_u64(&r),
						 .at_us = 77,
						 .reason = STR("said so"),
						 .by = STR("ops")};
		struct str record;
		struct identity_split back;
		struct cell cells[10];
		memcpy(cells, l.lead.cells, l.lead.cells_n * sizeof cells[0]);
		assert_int_equal(identity_merge(&s, &l, &m, &a, &record, NULL), ST_OK);
		assert_int_equal(identity_split(record, &a, &back, NULL), ST_OK);
		assert_int_equal(back.merge.seq, m.seq);
		assert_true(str_is(back.merge.reason, "said so") && str_is(back.merge.by, "ops"));
		assert_same_row(&back.survivor.lead, &s0.lead);
		assert_same_row(&back.loser.lead, &l0.lead);
		assert_true(str_is(back.survivor.profile, survivor));
		assert_true(str_is(back.loser.profile, loser));
		assert_int_equal(back.keys_n, 3);
		assert_true(str_is(back.keys[0].bytes, "uq\"7"));
		assert_true(str_eq(back.keys[1].bytes, STR("kcrm\0005")));
		assert_true(str_is(back.keys[2].bytes, "az"));
	}
}

static void test_damaged_record(void **state)
{
	static const char *const bad[] = {
		"",
		"{}",
		"[]",
		"null",
		"{\"seq\":1,\"at_us\":2}",
		"{\"seq\":1,\"at_us\":2,\"survivor\":{\"id\":1,\"row\":\"!!\"},\"loser\":{}}",
		"{\"seq\":-1,\"at_us\":2,\"survivor\":{\"id\":1,\"row\":\"\"},\"loser\":{}}",
	};
	struct identity_split out;
	struct identity_side s = side(1, 1, "[1"), l = side(2, 2, "");
	const struct identity_merge m = {.seq = 1};
	struct str record;
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(identity_split(str_of(bad[i]), &a, &out, NULL), ST_CORRUPT);
	assert_int_equal(identity_merge(&s, &l, &m, &a, &record, NULL), ST_CORRUPT);
	assert_int_equal(l.lead.flags, 0); /* nothing was changed */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_profiles, setup, teardown),
		cmocka_unit_test_setup_teardown(test_leads, setup, teardown),
		cmocka_unit_test_setup_teardown(test_split_brings_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damaged_record, setup, teardown),
	};
	return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
