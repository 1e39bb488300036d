/* SPDX-License-Identifier: Apache-2.0
 * test_hook.c: the signature against the published vectors of others, and a body that says what is
 * known and leaves out what is not. */
#include "base/json.h"
#include "base/test.h"
#include "base/time.h"
#include "handoff/hook.h"

#define SECRET "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3" /* 0123456789abcdef01234567 */

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, (size_t)8 << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_finish(&arena);
	return 0;
}

static struct str signature(const char *secrets, const struct hook_letter *l)
{
	struct buf out;
	struct err e;
	buf_init_arena(&out, &arena, HOOK_HEADER_MAX);
	enum status st = hook_sign(str_of(secrets), l, &out, &e);
	if (st != ST_OK)
		return STR_NULL;
	return buf_view(&out);
}

/* The example of the specification. */
static void test_known_signature(void **state)
{
	(void)state;
	const struct hook_letter l = {STR("msg_p5jXN8AQM9LWM0D4loKWxJek"),
				      STR("{\"test\": 2432232314}"), 1614265330};
	struct str got = signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &l);
	assert_true(str_is(got, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
}

static void test_two_secrets(void **state)
{
	(void)state;
	const struct hook_letter l = {STR("msg_1"), STR("{}"), 1000};
	struct str one = signature(SECRET, &l);
	struct str two = signature(SECRET " whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xk", &l);
	assert_true(str_starts(two, one) && two.n == 2 * one.n + 1);
	assert_int_equal(signature("", &l).n, 0);
	assert_int_equal(signature("whsec_short", &l).n, 0);
}

static struct brief ada(void)
{
	return (struct brief){
		.handoff = {.id = 3,
			    .lead = 7,
			    .state = HANDOFF_OPEN,
			    .team = STR("sdr"),
			    .rep_name = STR("Jo"),
			    .rep_email = STR("jo@larkspur.example"),
			    .trigger = STR("email.reply"),
			    .reason = STR("they replied"),
			    .words = STR("Can we \"talk\"?"),
			    .message = 12,
			    .assigned_n = 1,
			    .opened_us = 0,
			    .due_us = US_PER_H,
			    .remind_us = TIME_NONE,
			    .accepted_us = TIME_NONE,
			    .closed_us = TIME_NONE,
			    .again_us = TIME_NONE},
		.lead = 7,
		.name = STR("Ada"),
		.email = STR("ada@acme.example"),
		.tier = TIER_HOT,
		.first_us = 0,
		.active_us = TIME_NONE,
		.messages = {{12, STR("guide"), STR("story"), 0, MESSAGE_OPENED}},
		.messages_n = 1,
		.acts = {{1, STR("page.pricing"), 3, 0}},
		.acts_n = 1,
	};
}

static void test_body(void **state)
{
	struct buf out;
	struct json d;
	struct err e;
	(void)state;
	const struct brief b = ada();
	const struct message m = {.id = 9,
				  .message = STR("handoff.opened"),
				  .flags = MESSAGE_SYSTEM,
				  .created_us = US_PER_D};
	buf_init_arena(&out, &arena, HOOK_BODY_MAX);
	hook_body(&m, &b, &out);
	assert_true(buf_ok(&out));
	assert_int_equal(json_parse(buf_view(&out), JSON_LIMITS_EVENT, &arena, &d, &e), ST_OK);
	assert_true(str_is(json_str(&d, json_get(&d, 0, "type"), &arena), "handoff.opened"));
	assert_true(str_is(json_str(&d, json_get(&d, 0, "timestamp"), &arena),
			   "1970-01-02T00:00:00.000Z"));
	uint32_t data = json_get(&d, 0, "data"), hand = json_get(&d, data, "handoff");
	assert_true(str_is(json_str(&d, json_get(&d, hand, "state"), &arena), "open"));
	assert_int_equal(json_get(&d, hand, "again"), JSON_NONE);
	uint32_t reply = json_get(&d, data, "reply");
	assert_true(str_is(json_str(&d, json_get(&d, reply, "text"), &arena), "Can we \"talk\"?"));
	uint32_t lead = json_get(&d, data, "lead");
	assert_true(str_is(json_str(&d, json_get(&d, lead, "tier"), &arena), "hot"));
	assert_int_equal(json_get(&d, lead, "phone"), JSON_NONE);
}

static void test_id_stays(void **state)
{
	char one[HOOK_ID_MAX], two[HOOK_ID_MAX];
	(void)state;
	hook_id(&(struct message){.id = 9, .created_us = 5}, one);
	hook_id(&(struct message){.id = 9, .created_us = 5, .attempts = 4}, two);
	assert_string_equal(one, two);
	hook_id(&(struct message){.id = 9, .created_us = 6}, two);
	assert_string_not_equal(one, two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_known_signature, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_secrets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_body, setup, teardown),
		cmocka_unit_test_setup_teardown(test_id_stays, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
