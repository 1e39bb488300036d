/* SPDX-License-Identifier: Apache-2.0
 * test_message.c: a message's row comes back as it was, and no arrow exists but the drawn ones. */
#include "model/test_help.h"

#include "model/message.h"

static void random_message(struct rng *r, struct message *m)
{
	*m = (struct message){
		.id = random_wide(r),
		.lead = random_wide(r),
		.decision = random_wide(r),
		.version = random_wide(r),
		.track = random_text(r, 64),
		.step = random_text(r, 64),
		.message = random_text(r, 64),
		.angle = random_text(r, 64),
		.persona = random_text(r, 64),
		.channel = random_text(r, 64),
		.purpose = random_text(r, 64),
		.address = random_text(r, 320),
		.zone = random_text(r, 64),
		.subject_n = (uint32_t)random_wide(r),
		.content = random_wide(r),
		.reply_to = random_wide(r),
		.handoff = random_wide(r),
		.state = (enum message_state)rng_below(r, MESSAGE_STATE_COUNT),
		.attempts = (uint32_t)random_wide(r),
		.flags = (uint32_t)random_wide(r),
		.created_us = random_time(r),
		.due_us = random_time(r),
		.changed_us = random_time(r),
		.expires_us = random_time(r),
		.sent_us = random_time(r),
		.opened_us = random_time(r),
		.clicked_us = random_time(r),
		.replied_us = random_time(r),
		.code = (uint32_t)random_wide(r),
		.reason = random_text(r, 65535),
		.source = random_text(r, 64),
		.tier = (uint32_t)random_wide(r),
	};
}

static void assert_same(const struct message *a, const struct message *b)
{
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->lead, b->lead);
	assert_int_equal(a->decision, b->decision);
	assert_int_equal(a->version, b->version);
	assert_true(str_eq(a->track, b->track));
	assert_true(str_eq(a->step, b->step));
	assert_true(str_eq(a->message, b->message));
	assert_true(str_eq(a->angle, b->angle));
	assert_true(str_eq(a->persona, b->persona));
	assert_true(str_eq(a->channel, b->channel));
	assert_true(str_eq(a->purpose, b->purpose));
	assert_true(str_eq(a->address, b->address));
	assert_true(str_eq(a->zone, b->zone));
	assert_int_equal(a->subject_n, b->subject_n);
	assert_int_equal(a->content, b->content);
	assert_int_equal(a->reply_to, b->reply_to);
	assert_int_equal(a->handoff, b->handoff);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->attempts, b->attempts);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->created_us, b->created_us);
	assert_int_equal(a->due_us, b->due_us);
	assert_int_equal(a->changed_us, b->changed_us);
	assert_int_equal(a->expires_us, b->expires_us);
	assert_int_equal(a->sent_us, b->sent_us);
	assert_int_equal(a->opened_us, b->opened_us);
	assert_int_equal(a->clicked_us, b->clicked_us);
	assert_int_equal(a->replied_us, b->replied_us);
	assert_int_equal(a->code, b->code);
	assert_true(str_eq(a->reason, b->reason));
	assert_true(str_eq(a->source, b->source));
	assert_int_equal(a->tier, b->tier);
}

static void test_round_trip(void **state)
{
	struct rng r;
	(void)state;
	rng_seed(&r, 21);
	for (int i = 0; i < 2000; i++) {
		struct message a, b;
		struct buf text;
		arena_reset(&arena);
		random_message(&r, &a);
		buf_init(&text, ROW_MAX);
		message_encode(&a, &text);
		assert_true(buf_ok(&text));
		assert_int_equal(message_decode(a.id, buf_view(&text), &arena, &b, NULL), ST_OK);
		assert_same(&a, &b);
		buf_finish(&text);
	}
}

static struct message usual(void)
{
	int64_t now_us = INT64_C(1795000000000000);
	return (struct message){
		.id = 7,
		.lead = 1234,
		.decision = 99,
		.version = 3,
		.track = STR("consideration"),
		.step = STR("case_study"),
		.message = STR("case_study"),
		.angle = STR("saving"),
		.channel = STR("email"),
		.purpose = STR("marketing"),
		.address = STR("ann@example.com"),
		.zone = STR("Europe/Berlin"),
		.content = UINT64_C(0x1234567890abcdef),
		.created_us = now_us,
		.due_us = now_us + US_PER_H,
		.changed_us = now_us,
		.expires_us = now_us + 3 * US_PER_D,
		.sent_us = TIME_NONE,
		.opened_us = TIME_NONE,
		.clicked_us = TIME_NONE,
		.replied_us = TIME_NONE,
	};
}

static void test_small(void **state)
{
	struct message m = usual();
	struct buf text;
	(void)state;
	buf_init(&text, ROW_MAX);
	message_encode(&m, &text);
	assert_in_range(text.n, 100, 160); /* of which 74 are its texts */
	buf_finish(&text);
}

static enum status reads(struct str row, struct err *e)
{
	struct message m;
	enum status st = message_decode(5, row, &arena, &m, e);
	if (st == ST_OK)
		assert_true(m.state < MESSAGE_STATE_COUNT && m.reason.n <= 65535);
	return st;
}

static void test_damage(void **state)
{
	struct message m = usual();
	struct buf text;
	(void)state;
	buf_init(&text, ROW_MAX);
	message_encode(&m, &text);
	check_damage(&text, "message 5", reads);
	buf_byte(&text, 'x'); /* and one byte too many */
	assert_int_equal(reads(buf_view(&text), NULL), ST_CORRUPT);
	buf_finish(&text);
}

static void test_arena_full(void **state)
{
	struct message m = usual(), got = {.id = 4711};
	struct arena small;
	struct buf text;
	(void)state;
	buf_init(&text, ROW_MAX);
	message_encode(&m, &text);
	arena_init(&small, 16);
	assert_int_equal(message_decode(7, buf_view(&text), &small, &got, NULL), ST_LIMIT);
	assert_int_equal(got.id, 4711); /* written only on success */
	arena_finish(&small);
	buf_finish(&text);
}

/* The drawing in message.h, once more, arrow by arrow. */
static const struct {
	enum message_state from, to;
} arrows[] = {
	{MESSAGE_READY, MESSAGE_SENDING},  {MESSAGE_READY, MESSAGE_CANCELLED},
	{MESSAGE_SENDING, MESSAGE_SENT},   {MESSAGE_SENDING, MESSAGE_DEFERRED},
	{MESSAGE_SENDING, MESSAGE_FAILED}, {MESSAGE_SENDING, MESSAGE_UNCERTAIN},
	{MESSAGE_DEFERRED, MESSAGE_READY}, {MESSAGE_DEFERRED, MESSAGE_CANCELLED},
	{MESSAGE_UNCERTAIN, MESSAGE_SENT}, {MESSAGE_UNCERTAIN, MESSAGE_FAILED},
};

static bool drawn(enum message_state from, enum message_state to)
{
	for (size_t i = 0; i < COUNT_OF(arrows); i++)
		if (arrows[i].from == from && arrows[i].to == to)
			return true;
	return false;
}

static void check_arrow(enum message_state from, enum message_state to)
{
	struct message m = usual(), before;
	struct err e;
	m.state = from;
	m.reason = STR("before");
	m.attempts = 2;
	before = m;
	enum status st = message_move(&m, to, 42, STR("after"), &e);
	if (!drawn(from, to)) {
		assert_int_equal(st, ST_CONFLICT);
		assert_same(&m, &before);
		assert_non_null(strstr(e.text, message_state_name(from)));
		assert_non_null(strstr(e.text, message_state_name(to)));
		return;
	}
	assert_int_equal(st, ST_OK);
	assert_int_equal(m.state, to);
	assert_int_equal(m.changed_us, 42);
	check_str("reason", m.reason, "after");
	assert_int_equal(m.attempts, to == MESSAGE_SENDING ? 3 : 2);
	assert_int_equal(m.sent_us, to == MESSAGE_SENT ? 42 : TIME_NONE);
}

static void test_arrows(void **state)
{
	(void)state;
	for (enum message_state from = 0; from < MESSAGE_STATE_COUNT; from++)
		for (enum message_state to = 0; to < MESSAGE_STATE_COUNT; to++)
			check_arrow(from, to);
}

static void test_reason(void **state)
{
	struct message m = usual();
	char text[MESSAGE_REASON_MAX + 8];
	(void)state;
	memset(text, 'a', sizeof text);
	memcpy(text + MESSAGE_REASON_MAX - 1, "\xc3\xa4", 2); /* it would be cut in two */
	m.sent_us = 41;
	m.state = MESSAGE_UNCERTAIN;
	assert_int_equal(message_move(&m, MESSAGE_SENT, 42, str_n(text, sizeof text), NULL), ST_OK);
	assert_int_equal(m.reason.n, MESSAGE_REASON_MAX - 1);
	assert_int_equal(m.sent_us, 41); /* the first stays */
}

static void test_states(void **state)
{
	static const struct {
		const char *name;
		bool final;
	} rows[MESSAGE_STATE_COUNT] = {
		[MESSAGE_READY] = {"ready", false},
		[MESSAGE_SENDING] = {"sending", false},
		[MESSAGE_SENT] = {"sent", true},
		[MESSAGE_DEFERRED] = {"deferred", false},
		[MESSAGE_FAILED] = {"failed", true},
		[MESSAGE_UNCERTAIN] = {"uncertain", true},
		[MESSAGE_CANCELLED] = {"cancelled", true},
	};
	enum message_state got = MESSAGE_STATE_COUNT;
	(void)state;
	for (enum message_state s = 0; s < MESSAGE_STATE_COUNT; s++) {
		assert_string_equal(message_state_name(s), rows[s].name);
		assert_int_equal(message_final(s), rows[s].final);
		assert_true(message_state_of(str_of(rows[s].name), &got));
		assert_int_equal(got, s);
	}
	assert_false(message_state_of(STR("Sent"), &got));
	assert_false(message_state_of(STR_NULL, &got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_small, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_arena_full, setup, teardown),
		cmocka_unit_test(test_arrows),
		cmocka_unit_test(test_reason),
		cmocka_unit_test(test_states),
	};
	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
