/* SPDX-License-Identifier: Apache-2.0
 * test_verdict.c: refusals, in the forms servers give them, and what they mean. */
#include "base/test.h"
#include "inbound/verdict.h"

#define HARD true
#define SOFT false

static const struct {
	const char *words, *status, *context;
	enum inbound_reason reason;
	bool hard;
	int reply;
	const char *code;
} rows[] = {
	{"550 5.1.1 <a@b.example>: User unknown", "5.1.1", "", INBOUND_REASON_USER_UNKNOWN, HARD,
	 550, "5.1.1"},
	{"550 No such user here", "", "in reply to RCPT TO command", INBOUND_REASON_USER_UNKNOWN,
	 HARD, 550, ""},
	{"550 No such user here", "", "in reply to end of DATA command", INBOUND_REASON_FILTERED,
	 SOFT, 550, ""},
	{"550 5.2.1 User unknown", "", "", INBOUND_REASON_FILTERED, SOFT, 550, "5.2.1"},
	{"550 account does not exist", "", "after DATA", INBOUND_REASON_USER_UNKNOWN, HARD, 550,
	 ""},
	{"Unknown user", "", "", INBOUND_REASON_USER_UNKNOWN, HARD, 0, ""},
	{"450 4.1.1 User unknown", "", "", INBOUND_REASON_USER_UNKNOWN, SOFT, 450, "4.1.1"},
	{"550 5.7.1 listed at spamhaus", "5.1.1", "", INBOUND_REASON_BLOCKED, SOFT, 550, "5.7.1"},
	{"452 4.2.2 mailbox full", "", "", INBOUND_REASON_MAILBOX_FULL, SOFT, 452, "4.2.2"},
	{"552 5.2.2 Over quota", "", "", INBOUND_REASON_MAILBOX_FULL, SOFT, 552, "5.2.2"},
	{"Host or domain name not found", "5.4.4", "", INBOUND_REASON_HOST_UNKNOWN, HARD, 0,
	 "5.4.4"},
	{"Host not found, try again", "4.4.3", "", INBOUND_REASON_NETWORK, SOFT, 0, "4.4.3"},
	{"NXDOMAIN", "4.0.0", "", INBOUND_REASON_HOST_UNKNOWN, SOFT, 0, "4.0.0"},
	{"556 5.1.10 null MX", "", "", INBOUND_REASON_NOT_ACCEPT, HARD, 556, "5.1.10"},
	{"no words", "5.1.6", "", INBOUND_REASON_HAS_MOVED, HARD, 0, "5.1.6"},
	{"no words", "5.7.1", "", INBOUND_REASON_POLICY, SOFT, 0, "5.7.1"},
	{"550 5.7.26 This mail is unauthenticated: SPF did not pass, DKIM did not pass", "", "",
	 INBOUND_REASON_AUTH_FAILURE, SOFT, 550, "5.7.26"},
	{"550 5.1.1 sent to too many recipients this hour", "", "", INBOUND_REASON_RATE_LIMITED,
	 SOFT, 550, "5.1.1"},
	{"550 go away", "", "after MAIL FROM", INBOUND_REASON_REJECTED, SOFT, 550, ""},
	/* An address that sounds like a reason is none. */
	{"550 5.1.1 <spam@blacklist.example>", "", "", INBOUND_REASON_USER_UNKNOWN, HARD, 550,
	 "5.1.1"},
	/* Neither a network address nor a version is a code. */
	{"host 192.0.2.5 said: 4.16.55.1 of 5.5.1.7, 25 of 550", "", "", INBOUND_REASON_FILTERED,
	 SOFT, 550, ""},
};

static void refusals(void **state)
{
	struct arena a;
	(void)state;
	arena_init(&a, 1u << 20);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct inbound_recipient r = {.action = INBOUND_FAILED};
		struct verdict_in in = {str_of(rows[i].words), str_of(rows[i].context),
					str_of(rows[i].status)};
		verdict_of(&in, &a, &r);
		check_str(rows[i].words, str_of(inbound_reason_name(r.reason)),
			  inbound_reason_name(rows[i].reason));
		CHECK_ROW(rows[i].words, r.hard == rows[i].hard);
		CHECK_ROW(rows[i].words, r.reply == rows[i].reply);
		check_str(rows[i].words, r.status, rows[i].code);
	}
	arena_finish(&a);
}

/* What has not failed is not hard, whatever it says. */
static void only_failures_are_hard(void **state)
{
	struct arena a;
	struct verdict_in in = {STR("550 5.1.1 User unknown"), STR(""), STR("5.1.1")};
	(void)state;
	arena_init(&a, 1u << 20);
	for (int action = INBOUND_DELAYED; action < INBOUND_ACTION_COUNT; action++) {
		struct inbound_recipient r = {.action = (enum inbound_action)action};
		verdict_of(&in, &a, &r);
		assert_false(r.hard);
	}
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals),
		cmocka_unit_test(only_failures_are_hard),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
