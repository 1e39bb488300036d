/* SPDX-License-Identifier: Apache-2.0
 * test_handoff.c: a hand-off's row comes back as it was, and no arrow exists but the drawn ones. */
#include "model/test_help.h"

#include "model/handoff.h"

static void random_handoff(struct rng *r, struct handoff *h)
{
	*h = (struct handoff){
		.id = random_wide(r),
		.lead = random_wide(r),
		.state = (enum handoff_state)rng_below(r, HANDOFF_STATE_COUNT),
		.version = random_wide(r),
		.team = random_text(r, 64),
		.rep_name = random_text(r, 64),
		.rep_email = random_text(r, 320),
		.trigger = random_text(r, 64),
		.reason = random_text(r, 65535),
		.verdict = random_text(r, 512),
		.message = random_wide(r),
		.assigned_n = (uint32_t)random_wide(r),
		.reminded = rng_below(r, 2) == 1,
		.said = random_text(r, 512),
		.words = random_text(r, HANDOFF_WORDS_MAX),
		.within_s = (uint32_t)random_wide(r),
		.overdue = rng_below(r, 2) == 1,
		.opened_us = random_time(r),
		.due_us = random_time(r),
		.remind_us = random_time(r),
		.accepted_us = random_time(r),
		.closed_us = random_time(r),
		.again_us = random_time(r),
	};
}

static void assert_same(const struct handoff *a, const struct handoff *b)
{
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->lead, b->lead);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->version, b->version);
	assert_true(str_eq(a->team, b->team));
	assert_true(str_eq(a->rep_name, b->rep_name));
	assert_true(str_eq(a->rep_email, b->rep_email));
	assert_true(str_eq(a->trigger, b->trigger));
	assert_true(str_eq(a->reason, b->reason));
	assert_true(str_eq(a->verdict, b->verdict));
	assert_int_equal(a->message, b->message);
	assert_int_equal(a->assigned_n, b->assigned_n);
	assert_int_equal(a->reminded, b->reminded);
	assert_true(str_eq(a->said, b->said));
	assert_true(str_eq(a->words, b->words));
	assert_int_equal(a->within_s, b->within_s);
	assert_int_equal(a->overdue, b->overdue);
	assert_int_equal(a->opened_us, b->opened_us);
	assert_int_equal(a->due_us, b->due_us);
	assert_int_equal(a->remind_us, b->remind_us);
	assert_int_equal(a->accepted_us, b->accepted_us);
	assert_int_equal(a->closed_us, b->closed_us);
	assert_int_equal(a->again_us, b->again_us);
}

static void test_round_trip(void **state)
{
	struct rng r;
	(void)state;
	rng_seed(&r, 31);
	for (int i = 0; i < 2000; i++) {
		struct handoff a, b;
		struct buf text;
		arena_reset(&arena);
		random_handoff(&r, &a);
		buf_init(&text, ROW_MAX);
		handoff_encode(&a, &text);
		assert_true(buf_ok(&text));
		assert_int_equal(handoff_decode(a.id, buf_view(&text), &arena, &b, NULL), ST_OK);
		assert_same(&a, &b);
		buf_finish(&text);
	}
}

static enum status reads(struct str row, struct err *e)
{
	struct handoff h;
	enum status st = handoff_decode(5, row, &arena, &h, e);
	if (st == ST_OK)
		assert_true(h.state < HANDOFF_STATE_COUNT && h.reason.n <= 65535);
	return st;
}

static void test_damage(void **state)
{
	struct handoff h;
	struct rng r;
	struct buf text;
	(void)state;
	rng_seed(&r, 33);
	random_handoff(&r, &h);
	h.reason = STR("replied: can we talk?");
	buf_init(&text, ROW_MAX);
	handoff_encode(&h, &text);
	check_damage(&text, "hand-off 5", reads);
	buf_byte(&text, 'x');
	assert_int_equal(reads(buf_view(&text), NULL), ST_CORRUPT);
	buf_finish(&text);
}

/* The drawing in handoff.h and the two sentences under it. */
static const struct {
	enum handoff_state from, to;
} arrows[] = {
	{HANDOFF_OPEN, HANDOFF_ACCEPTED},     {HANDOFF_OPEN, HANDOFF_RETURNED},
	{HANDOFF_OPEN, HANDOFF_REFUSED},      {HANDOFF_OPEN, HANDOFF_CLOSED},
	{HANDOFF_ACCEPTED, HANDOFF_RETURNED}, {HANDOFF_ACCEPTED, HANDOFF_REFUSED},
	{HANDOFF_ACCEPTED, HANDOFF_CLOSED},
};

static bool drawn(enum handoff_state from, enum handoff_state to)
{
	for (size_t i = 0; i < COUNT_OF(arrows); i++)
		if (arrows[i].from == from && arrows[i].to == to)
			return true;
	return false;
}

static void check_arrow(enum handoff_state from, enum handoff_state to)
{
	struct handoff h = {.id = 5,
			    .state = from,
			    .verdict = STR("before"),
			    .opened_us = 1,
			    .due_us = 9,
			    .accepted_us = TIME_NONE,
			    .closed_us = TIME_NONE};
	struct handoff before = h;
	struct err e;
	enum status st = handoff_move(&h, to, 42, STR("after"), &e);
	if (!drawn(from, to)) {
		assert_int_equal(st, ST_CONFLICT);
		assert_same(&h, &before);
		assert_non_null(strstr(e.text, handoff_state_name(from)));
		assert_non_null(strstr(e.text, handoff_state_name(to)));
		return;
	}
	assert_int_equal(st, ST_OK);
	assert_int_equal(h.state, to);
	check_str("verdict", h.verdict, "after");
	assert_int_equal(h.accepted_us, to == HANDOFF_ACCEPTED ? 42 : TIME_NONE);
	assert_int_equal(h.closed_us, to == HANDOFF_ACCEPTED ? TIME_NONE : 42);
	assert_int_equal(h.due_us, 9);
}

static void test_arrows(void **state)
{
	(void)state;
	for (enum handoff_state from = 0; from < HANDOFF_STATE_COUNT; from++)
		for (enum handoff_state to = 0; to < HANDOFF_STATE_COUNT; to++)
			check_arrow(from, to);
}

static void test_states(void **state)
{
	static const char *const names[HANDOFF_STATE_COUNT] = {
		[HANDOFF_OPEN] = "open",         [HANDOFF_ACCEPTED] = "accepted",
		[HANDOFF_RETURNED] = "returned", [HANDOFF_REFUSED] = "refused",
		[HANDOFF_CLOSED] = "closed",
	};
	enum handoff_state got = HANDOFF_STATE_COUNT;
	(void)state;
	for (enum handoff_state s = 0; s < HANDOFF_STATE_COUNT; s++) {
		assert_string_equal(handoff_state_name(s), names[s]);
		assert_true(handoff_state_of(str_of(names[s]), &got));
		assert_int_equal(got, s);
	}
	assert_false(handoff_state_of(STR("opened"), &got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
		cmocka_unit_test(test_arrows),
		cmocka_unit_test(test_states),
	};
	return cmocka_run_group_tests_name("handoff", tests, NULL, NULL);
}
