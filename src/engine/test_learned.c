/* SPDX-License-Identifier: Apache-2.0
 * test_learned.c: what a decision was made of is what its record tells whoever learns from records,
 * and what its outcome will teach: to the last bit, for every number, whatever happened to the lead
 * in between. */
#include "engine/learned.h"
#include "decide/mind.h"
#include "engine/test_learning.h"

#include <math.h>

struct compared {
	struct world *w;
	unsigned decisions, numbers, sends, gaps;
};

static struct json record_of(struct compared *c, uint64_t decision)
{
	struct json d;
	struct str row;
	struct err e;
	assert_int_equal(
		store_get(c->w->store, TABLE_DECISION, KEY_NUM(decision), &c->w->arena, &row, &e),
		ST_OK);
	assert_int_equal(json_parse(row, JSON_LIMITS_EVENT, &c->w->arena, &d, &e), ST_OK);
	return d;
}

static bool of_slot(size_t i)
{
	return i == CONTEXT_slot_weekend || i == CONTEXT_slot_sin || i == CONTEXT_slot_cos ||
	       i == CONTEXT_slot_read || i == CONTEXT_slot_since || i == CONTEXT_slot_tired;
}

static uint32_t bits(float x)
{
	uint32_t all;
	memcpy(&all, &x, sizeof all);
	return all;
}

/* -0 is not 0. */
static void same_number(float used, double told, size_t i)
{
	char name[32];
	context_name(i, name);
	if (bits(used) != bits((float)told))
		fail_msg("%s: %a was used, %a is told", name, (double)used, told);
}

/* Numbers of the hour follow from when it would arrive, which the record says. */
static void same_hour(const struct pending *of, int64_t at_us)
{
	int64_t day = time_day(at_us);
	double turn = (double)(at_us - day * US_PER_D) / (double)US_PER_H * 6.283185307179586 / 24;
	same_number(of->x[CONTEXT_slot_sin], MIND_HOUR * sin(turn), CONTEXT_slot_sin);
	same_number(of->x[CONTEXT_slot_cos], MIND_HOUR * cos(turn), CONTEXT_slot_cos);
	same_number(of->x[CONTEXT_slot_weekend], ((day + 3) % 7 + 7) % 7 >= 5,
		    CONTEXT_slot_weekend);
}

static void same_gap(struct compared *c, const struct json *d, uint32_t x, const struct pending *of)
{
	struct str gap = json_str(d, json_get(d, x, "gap"), &c->w->arena);
	double since = 0, tired = 0; /* what is 0 is left out */
	size_t g = 0;
	(void)json_f64(d, json_get(d, x, "since"), &since);
	(void)json_f64(d, json_get(d, x, "tired"), &tired);
	same_number(of->x[CONTEXT_slot_since], since, CONTEXT_slot_since);
	same_number(of->x[CONTEXT_slot_tired], tired, CONTEXT_slot_tired);
	assert_int_equal(of->parts_n, gap.n > 0 ? 4 : 3);
	if (gap.n == 0)
		return;
	while (g < ARM_GAPS && !str_is(gap, arm_gap_name(g)))
		g++;
	assert_true(g < ARM_GAPS && of->key[3] == arm_gap(g) && since > 0);
	c->gaps++;
}

static void same_choice(struct compared *c, const struct json *d, const struct pending *of)
{
	int64_t chosen = 0, at_us;
	double told = 0;
	assert_true(json_i64(d, json_get(d, 0, "chosen"), &chosen));
	uint32_t x = json_at(d, json_get(d, 0, "candidates"), (size_t)chosen);
	struct str message = json_str(d, json_get(d, x, "message"), &c->w->arena);
	struct str angle = json_str(d, json_get(d, x, "angle"), &c->w->arena);
	struct str channel = json_str(d, json_get(d, x, "channel"), &c->w->arena);
	struct str when = json_str(d, json_get(d, x, "at"), &c->w->arena);
	if (message.n == 0) {
		assert_true(of->parts_n == 1 && of->key[0] == arm_nothing());
		return;
	}
	assert_true(of->key[0] == arm_say(message, angle));
	assert_true(of->key[1] == arm_by(channel));
	assert_true(time_parse(when, &at_us));
	same_hour(of, at_us);
	(void)json_f64(d, json_get(d, x, "read"), &told); /* what is 0 is left out */
	same_number(of->x[CONTEXT_slot_read], told, CONTEXT_slot_read);
	c->sends++;
	same_gap(c, d, x, of);
}

static bool compare(void *ctx, struct store_key key, struct str value)
{
	struct compared *c = ctx;
	struct pending of;
	struct err e;
	assert_int_equal(pending_decode(value, &of, &e), ST_OK);
	assert_true(of.decision == key.num);
	struct json d = record_of(c, of.decision);
	uint32_t learned = json_get(&d, 0, "learned"), context = json_get(&d, learned, "context");
	int64_t version = 0;
	assert_true(json_i64(&d, json_get(&d, learned, "context_version"), &version));
	assert_int_equal(version, CONTEXT_VERSION);
	for (size_t i = 0; i < CONTEXT_COUNT; i++) {
		char name[32];
		double told = 0; /* what is 0 is left out */
		context_name(i, name);
		(void)json_f64(&d, json_get(&d, context, name), &told);
		if (of_slot(i))
			continue;
		same_number(of.x[i], told, i);
		c->numbers += told > 0 || told < 0;
	}
	same_choice(c, &d, &of);
	c->decisions++;
	return true;
}

static void no_skew(void **state)
{
	static const char *const traits[] = {"{\"country\":\"US\",\"title\":\"COO\"}",
					     "{\"country\":\"DE\"}", "{}"};
	struct world w;
	struct err e;
	(void)state;
	play_start(&w, LEARNING_PROGRAM("igw"), &learning_content);
	for (unsigned i = 0; i < 60; i++) {
		char email[64];
		(void)snprintf(email, sizeof email, "p%u@firm%u.example", i % 25, i % 25);
		does(&w, "form.ebook", email, NULL, traits[i % 3]);
		w.now_us += US_PER_H * 5 + US_PER_M * 7;
		learning_one(&w, 100 + i, i % 2 ? "story" : "numbers");
	}
	struct compared c = {.w = &w};
	assert_int_equal(store_scan(w.store, TABLE_PENDING, SCAN_ALL, compare, &c, &e), ST_OK);
	assert_true(c.decisions > 10 && c.sends > 5);
	assert_true(c.numbers > 3 * c.decisions); /* it is not all zeros */
	teardown(&w);
}

/* The same where the gap before a second message is chosen, and the message waits for it. */
static void no_skew_of_gaps(void **state)
{
	struct world w;
	struct err e;
	(void)state;
	play_start(&w, LEARNING_OF("igw", "angle, send_time, gap", LEARNING_SECOND),
		   &learning_content);
	for (unsigned i = 0; i < 12; i++)
		learning_one(&w, i, "story");
	passes(&w, 3 * US_PER_D);
	struct compared c = {.w = &w};
	assert_int_equal(store_scan(w.store, TABLE_PENDING, SCAN_ALL, compare, &c, &e), ST_OK);
	assert_true(c.gaps > 3);
	teardown(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_skew),
		cmocka_unit_test(no_skew_of_gaps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
