/* SPDX-License-Identifier: Apache-2.0
 * test_features.c: random histories against features counted from scratch, in every order, cut in
 * two and joined, and the promise that a record knows nothing of the future. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "features/features.h"

#define EVENTS 120
#define T0 INT64_C(1795000000000000)
#define HALF_LIFE (7 * US_PER_D)

enum { COUNT, SUM, DISTINCT, RECENCY, DECAYED, LAST, RATIO, ANY, N };
static const struct program_feature features[N] = {
	[COUNT] = {.name = STR("views"),
		   .key = 11,
		   .kind = FEATURE_COUNT,
		   .on = {.type = STR("page"), .family = true}},
	[SUM] = {.name = STR("spent"),
		 .key = 7,
		 .kind = FEATURE_SUM,
		 .on = {.type = STR("order")},
		 .property = STR("properties.amount")},
	[DISTINCT] = {.name = STR("assets"),
		      .key = 23,
		      .kind = FEATURE_DISTINCT,
		      .on = {.any = true},
		      .property = STR("properties.asset")},
	[RECENCY] = {.name = STR("seen"),
		     .key = 3,
		     .kind = FEATURE_RECENCY,
		     .on = {.type = STR("page"), .family = true}},
	[DECAYED] = {.name = STR("warmth"),
		     .key = 19,
		     .kind = FEATURE_DECAYED,
		     .on = {.type = STR("page"), .family = true},
		     .half_life_us = HALF_LIFE},
	[LAST] = {.name = STR("latest"),
		  .key = 5,
		  .kind = FEATURE_LAST,
		  .on = {.type = STR("order")},
		  .property = STR("properties.amount")},
	[RATIO] = {.name = STR("per_view"),
		   .key = 29,
		   .kind = FEATURE_RATIO,
		   .over = SUM,
		   .under = COUNT},
	[ANY] = {.name = STR("events"), .key = 31, .kind = FEATURE_COUNT, .on = {.any = true}},
};
static struct program program = {.features = features, .features_n = N, .consent.honour_dnt = true};
static struct arena arena;

/* What happened, in numbers; written as an event when folded. */
struct fact {
	int type; /* 0 page.pricing, 1 order, 2 page */
	int64_t at_us;
	double amount;
	unsigned asset;
	uint32_t flags;
};

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 64u << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_finish(&arena);
	return 0;
}

static void fold(struct lead *lead, const struct fact *x)
{
	static const char *const types[] = {"page.pricing", "order", "page"};
	struct json props;
	struct str text =
		arena_printf(&arena, "{\"amount\":%.2f,\"asset\":\"a%u\"}", x->amount, x->asset);
	struct event ev = {.type = str_of(types[x->type]),
			   .occurred_us = x->at_us,
			   .received_us = T0 + US_PER_D * 400,
			   .properties = text,
			   .flags = x->flags};
	assert_int_equal(json_parse(text, JSON_LIMITS_EVENT, &arena, &props, NULL), ST_OK);
	struct facts f = {.program = &program,
			  .lead = lead,
			  .event = &ev,
			  .properties = &props,
			  .now_us = ev.received_us,
			  .arena = &arena};
	assert_int_equal(features_update(lead, &f, &arena, NULL), ST_OK);
}

static void random_facts(struct rng *r, struct fact *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (struct fact){
			.type = (int)rng_below(r, 3),
			/* No two at one instant: ties have a test of their own. */
			.at_us = T0 + (int64_t)(rng_below(r, 90) * (uint64_t)US_PER_D) + (int64_t)i,
			.amount =
				(double)rng_below(r, 4000) / 4, /* exact in binary: sums are too */
			.asset = (unsigned)rng_below(r, rng_below(r, 4) ? 12 : 60),
		};
}

static void shuffle(struct rng *r, struct fact *x, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t k = (size_t)rng_below(r, i);
		struct fact t = x[i - 1];
		x[i - 1] = x[k];
		x[k] = t;
	}
}

static void from_scratch(const struct fact *x, size_t n, int64_t now_us, double *out)
{
	bool assets[64] = {false};
	int64_t last_page = TIME_NONE, last_order = TIME_NONE;
	for (size_t i = 0; i < N; i++)
		out[i] = 0;
	out[RECENCY] = out[LAST] = FEATURE_ABSENT;
	for (size_t i = 0; i < n; i++) {
		out[ANY] += 1;
		out[DISTINCT] += !assets[x[i].asset];
		assets[x[i].asset] = true;
		if (x[i].type == 1) {
			out[SUM] += x[i].amount;
			if (x[i].at_us > last_order)
				out[LAST] = x[i].amount;
			last_order = x[i].at_us > last_order ? x[i].at_us : last_order;
			continue;
		}
		out[COUNT] += 1;
		out[DECAYED] += exp2(-(double)(now_us - x[i].at_us) / (double)HALF_LIFE);
		last_page = x[i].at_us > last_page ? x[i].at_us : last_page;
	}
	if (last_page != TIME_NONE)
		out[RECENCY] = (double)(now_us - last_page) / 1e6;
	out[RATIO] = out[COUNT] > 0 ? out[SUM] / out[COUNT] : 0;
}

static void assert_close(double got, double want, const char *what)
{
	if (isnan(want) ? isnan(got) : fabs(got - want) <= 1e-12 * (fabs(want) + 1))
		return;
	fail_msg("%s: got %.17g, want %.17g", what, got, want);
}

static void assert_vectors(const double *got, const double *want)
{
	for (size_t i = 0; i < N; i++) {
		if (i == DISTINCT && want[i] > 32) { /* estimated: three standard errors */
			assert_true(fabs(got[i] - want[i]) <= 0.14 * want[i] + 1);
			continue;
		}
		assert_close(got[i], want[i], features[i].name.p);
	}
}

static void test_incremental_is_from_scratch(void **state)
{
	struct rng r;
	(void)state;
	rng_seed(&r, 1);
	for (int round = 0; round < 60; round++) {
		struct fact x[EVENTS];
		struct lead lead;
		double got[N], want[N];
		int64_t now = T0 + 91 * US_PER_D + (int64_t)rng_below(&r, 1u << 30);
		arena_reset(&arena);
		random_facts(&r, x, EVENTS);
		lead_init(&lead, 1, T0);
		for (size_t i = 0; i < EVENTS; i++)
			fold(&lead, &x[i]);
		features_vector(&program, &lead, now, got);
		from_scratch(x, EVENTS, now, want);
		assert_vectors(got, want);
	}
}

static bool same_bits(double a, double b)
{
	return memcmp(&a, &b, sizeof a) == 0;
}

static void assert_same_cells(const struct lead *a, const struct lead *b)
{
	assert_int_equal(a->cells_n, b->cells_n);
	for (size_t i = 0; i < a->cells_n; i++) {
		const struct cell *x = &a->cells[i], *y = &b->cells[i];
		assert_int_equal(x->key, y->key);
		assert_int_equal(x->at_us, y->at_us);
		assert_true(str_eq(x->bytes, y->bytes));
		if (x->key == features[DECAYED].key)
			assert_close(x->value, y->value, "decayed cell");
		else
			assert_true(same_bits(x->value, y->value));
	}
}

static void test_order_is_nothing(void **state)
{
	struct rng r;
	(void)state;
	rng_seed(&r, 2);
	for (int round = 0; round < 40; round++) {
		struct fact x[EVENTS];
		struct lead a, b;
		arena_reset(&arena);
		random_facts(&r, x, EVENTS);
		lead_init(&a, 1, T0);
		lead_init(&b, 1, T0);
		for (size_t i = 0; i < EVENTS; i++)
			fold(&a, &x[i]);
		shuffle(&r, x, EVENTS);
		for (size_t i = 0; i < EVENTS; i++)
			fold(&b, &x[i]);
		assert_same_cells(&a, &b);
	}
}

static void test_ties(void **state)
{
	const struct fact x[] = {{1, T0, 5, 1, 0}, {1, T0, 9, 2, 0}, {1, T0, 3, 3, 0}};
	struct lead a, b;
	double v[N];
	(void)state;
	lead_init(&a, 1, T0);
	lead_init(&b, 1, T0);
	for (size_t i = 0; i < 3; i++) {
		fold(&a, &x[i]);
		fold(&b, &x[2 - i]);
	}
	assert_same_cells(&a, &b);
	features_vector(&program, &a, T0, v);
	assert_close(v[LAST], 9, "last of three at once");
}

static void test_merge_is_union(void **state)
{
	struct rng r;
	(void)state;
	rng_seed(&r, 3);
	for (int round = 0; round < 40; round++) {
		struct fact x[EVENTS];
		struct lead whole, a, b;
		size_t cut = (size_t)rng_below(&r, EVENTS + 1);
		arena_reset(&arena);
		random_facts(&r, x, EVENTS);
		shuffle(&r, x, EVENTS);
		lead_init(&whole, 1, T0);
		lead_init(&a, 2, T0);
		lead_init(&b, 3, T0);
		for (size_t i = 0; i < EVENTS; i++) {
			fold(&whole, &x[i]);
			fold(i < cut ? &a : &b, &x[i]);
		}
		assert_int_equal(features_merge(&program, &a, &b, &arena, NULL), ST_OK);
		assert_same_cells(&a, &whole);
	}
}

static void test_no_future(void **state)
{
	struct rng r;
	struct fact x[EVENTS];
	struct lead lead, past;
	(void)state;
	rng_seed(&r, 4);
	random_facts(&r, x, EVENTS);
	lead_init(&lead, 1, T0);
	for (size_t n = 0; n < EVENTS; n += 7) {
		struct features_record before, again;
		lead_init(&lead, 1, T0);
		lead_init(&past, 1, T0);
		for (size_t i = 0; i < n; i++)
			fold(&past, &x[i]);
		features_record_take(&program, &past, n, x[n].at_us, &before);
		/* The same record out of a fold that goes on afterwards. */
		for (size_t i = 0; i < EVENTS; i++) {
			if (i == n)
				features_record_take(&program, &lead, n, x[n].at_us, &again);
			fold(&lead, &x[i]);
		}
		for (size_t i = 0; i < N; i++)
			assert_true(same_bits(before.features[i], again.features[i]));
	}
}

static void test_flagged_change_nothing(void **state)
{
	static const uint32_t flags[] = {EVENT_BOT, EVENT_MACHINE, EVENT_SYSTEM, EVENT_DNT,
					 EVENT_DNT | EVENT_IMPORTED};
	struct lead lead;
	(void)state;
	lead_init(&lead, 1, T0);
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		const struct fact x = {0, T0, 1, 1, flags[i]};
		fold(&lead, &x);
	}
	assert_int_equal(lead.cells_n, 0);
	const struct fact imported = {0, T0, 1, 1, EVENT_IMPORTED};
	fold(&lead, &imported);
	assert_true(lead.cells_n > 0);
	program.consent.honour_dnt = false;
	const struct fact dnt = {1, T0, 1, 1, EVENT_DNT};
	fold(&lead, &dnt);
	program.consent.honour_dnt = true;
	assert_non_null(lead_cell(&lead, features[SUM].key));
}

static void test_empty(void **state)
{
	struct lead lead;
	double v[N];
	(void)state;
	lead_init(&lead, 1, T0);
	features_vector(&program, &lead, T0, v);
	for (size_t i = 0; i < N; i++)
		assert_close(v[i], i == RECENCY || i == LAST ? FEATURE_ABSENT : 0,
			     features[i].name.p);
}

static void test_no_room(void **state)
{
	struct lead lead;
	struct err e;
	(void)state;
	lead_init(&lead, 1, T0);
	for (uint32_t k = 0; k < LEAD_CELLS_MAX; k++)
		assert_non_null(lead_cell_add(&lead, 1000 + k, &arena));
	struct event ev = {.type = STR("page"), .occurred_us = T0};
	struct facts f = {.program = &program, .lead = &lead, .event = &ev, .arena = &arena};
	assert_int_equal(features_update(&lead, &f, &arena, &e), ST_LIMIT);
	assert_non_null(strstr(e.text, "views"));
}

/* What is said of a span holds at every instant of it, and is the value where it is one. */
static void check_over(const struct program *p, const struct lead *l, struct rng *r)
{
	int64_t from = T0 + (int64_t)rng_below(r, (uint64_t)(60 * US_PER_D)) - 10 * US_PER_D;
	int64_t span =
		(int64_t)rng_below(r, (uint64_t)(rng_below(r, 2) ? 90 * US_PER_D : US_PER_S));
	double at[8];
	for (size_t i = 0; i < p->features_n; i++) {
		struct cel_bounds b =
			features_over(p, l, p->features[i].key, from, from + span + 1);
		for (int64_t k = 0; k <= 10; k++) {
			int64_t now = from + span / 10 * k;
			features_vector(p, l, now, at);
			struct cel_bounds x = features_over(p, l, p->features[i].key, now, now);
			assert_true(isnan(at[i]) ? isnan(x.lo) : x.lo >= at[i] && x.hi <= at[i]);
			if (!isnan(b.lo) && !(at[i] >= b.lo && at[i] <= b.hi))
				fail_msg("feature %zu: %.17g is not in [%.17g, %.17g]", i, at[i],
					 b.lo, b.hi);
			assert_true(isnan(b.lo) == isnan(at[i]) || i == 6); /* a ratio of ratios */
		}
	}
}

static void test_over(void **state)
{
	static const struct program_feature list[] = {
		{.key = 1, .kind = FEATURE_DECAYED, .half_life_us = HALF_LIFE},
		{.key = 2, .kind = FEATURE_DECAYED, .half_life_us = US_PER_D},
		{.key = 3, .kind = FEATURE_RECENCY},
		{.key = 4, .kind = FEATURE_RATIO, .over = 0, .under = 1},
		{.key = 5, .kind = FEATURE_RATIO, .over = 1, .under = 2},
		{.key = 6, .kind = FEATURE_COUNT},
		{.key = 7, .kind = FEATURE_RATIO, .over = 3, .under = 5},
		{.key = 8, .kind = FEATURE_RATIO, .over = 5, .under = 0},
	};
	static const struct program p = {.features = list, .features_n = 8};
	struct rng r;
	(void)state;
	rng_seed(&r, 5);
	for (unsigned i = 0; i < 400; i++) {
		struct lead l;
		lead_init(&l, 1, T0);
		for (size_t k = 0; k < 6; k++) {
			if (list[k].kind == FEATURE_RATIO || rng_below(&r, 8) == 0)
				continue; /* some have no cell */
			struct cell *c = lead_cell_add(&l, list[k].key, &arena);
			assert_non_null(c);
			c->value = (double)(1 + rng_below(&r, 50)) / 4;
			c->at_us = T0 + (int64_t)rng_below(&r, (uint64_t)(9 * US_PER_D));
		}
		for (unsigned k = 0; k < 20; k++)
			check_over(&p, &l, &r);
	}
	struct lead l;
	lead_init(&l, 1, T0);
	assert_true(isnan(features_over(&p, &l, 99, T0, T0).lo));
}

static void test_record(void **state)
{
	struct lead lead;
	struct features_record r, back;
	struct buf b;
	(void)state;
	lead_init(&lead, 1, T0);
	lead.fit = 40;
	lead.engagement = 12.34;
	lead.score = 33.1;
	lead.tier = TIER_WARM;
	const struct fact x = {1, T0, 2.5, 1, 0};
	fold(&lead, &x);
	features_record_take(&program, &lead, 77, T0 + 5, &r);
	buf_init(&b, FEATURES_RECORD_BYTES_MAX);
	features_record_encode(&r, &b);
	assert_true(buf_ok(&b));
	assert_int_equal(features_record_decode(buf_view(&b), &back, NULL), ST_OK);
	assert_int_equal(back.seq, 77);
	assert_int_equal(back.at_us, T0 + 5);
	assert_int_equal(back.tier, TIER_WARM);
	assert_int_equal(back.names_hash, features_names_hash(&program));
	assert_int_equal(back.features_n, N);
	assert_true(same_bits(back.engagement, 12.34));
	for (size_t i = 0; i < N; i++)
		assert_true(same_bits(back.features[i], r.features[i]));
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(features_record_decode(str_n(b.p, n), &back, NULL), ST_CORRUPT);
	buf_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_incremental_is_from_scratch, setup, teardown),
		cmocka_unit_test_setup_teardown(test_order_is_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ties, setup, teardown),
		cmocka_unit_test_setup_teardown(test_merge_is_union, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_future, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flagged_change_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_over, setup, teardown),
		cmocka_unit_test_setup_teardown(test_record, setup, teardown),
	};
	return cmocka_run_group_tests_name("features", tests, NULL, NULL);
}
