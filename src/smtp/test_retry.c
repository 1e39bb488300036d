/* SPDX-License-Identifier: Apache-2.0
 * test_retry.c: real replies and what they mean; and that waits grow, end, and differ. */
#include "smtp/retry.h"

#include "base/test.h"

#define HOUR SMTP_SECONDS(3600)

static void test_classes(void **state)
{
	static const struct {
		enum smtp_outcome outcome;
		enum smtp_phase phase;
		int code;
		struct smtp_enhanced enhanced;
		const char *text, *want;
	} rows[] = {
		{SMTP_SENT, SMTP_PHASE_DOT, 250, {2, 0, 0}, "queued", "sent"},
		{SMTP_UNCERTAIN, SMTP_PHASE_DOT, 0, {0}, "the server hung up", "uncertain"},
		{SMTP_FAILED, SMTP_PHASE_RCPT, 550, {5, 1, 1}, "no such user", "bad_address"},
		{SMTP_FAILED, SMTP_PHASE_RCPT, 550, {5, 1, 10}, "null MX", "bad_address"},
		{SMTP_FAILED, SMTP_PHASE_RCPT, 550, {0}, "unknown", "bad_address"},
		{SMTP_FAILED, SMTP_PHASE_MAIL, 550, {0}, "unknown", "refused"},
		{SMTP_FAILED, SMTP_PHASE_MAIL, 550, {5, 1, 8}, "bad sender", "policy"},
		{SMTP_FAILED, SMTP_PHASE_RCPT, 550, {5, 2, 1}, "disabled", "mailbox"},
		{SMTP_FAILED, SMTP_PHASE_RCPT, 552, {5, 2, 2}, "over quota", "mailbox"},
		{SMTP_FAILED, SMTP_PHASE_MAIL, 552, {5, 3, 4}, "too big", "unfit"},
		{SMTP_FAILED, SMTP_PHASE_MAIL, 0, {5, 6, 7}, "international", "unfit"},
		{SMTP_FAILED, SMTP_PHASE_DOT, 550, {5, 7, 26}, "not signed", "policy"},
		{SMTP_FAILED, SMTP_PHASE_DOT, 550, {5, 7, 515}, "access denied", "policy"},
		{SMTP_FAILED, SMTP_PHASE_DOT, 554, {0}, "spam", "policy"},
		{SMTP_FAILED, SMTP_PHASE_DATA, 554, {0}, "no", "refused"},
		{SMTP_DEFERRED, SMTP_PHASE_RESOLVE, 0, {0}, "cannot find", "unreachable"},
		{SMTP_DEFERRED, SMTP_PHASE_CONNECT, 0, {0}, "refused", "unreachable"},
		{SMTP_DEFERRED, SMTP_PHASE_GREETING, 0, {0}, "no answer", "unreachable"},
		{SMTP_DEFERRED, SMTP_PHASE_QUEUE, 0, {0}, "no connection", "busy"},
		{SMTP_DEFERRED, SMTP_PHASE_GREETING, 421, {4, 3, 2}, "busy", "busy"},
		{SMTP_DEFERRED, SMTP_PHASE_GREETING, 554, {5, 7, 1}, "go away", "relay"},
		{SMTP_DEFERRED, SMTP_PHASE_TLS, 0, {0}, "certificate", "relay"},
		{SMTP_DEFERRED, SMTP_PHASE_AUTH, 535, {5, 7, 8}, "no", "relay"},
		{SMTP_DEFERRED, SMTP_PHASE_AUTH, 454, {4, 7, 0}, "no", "relay"},
		{SMTP_DEFERRED, SMTP_PHASE_MAIL, 530, {5, 7, 0}, "log in", "relay"},
		{SMTP_DEFERRED, SMTP_PHASE_MAIL, 421, {4, 7, 28}, "unusual rate", "throttled"},
		{SMTP_DEFERRED, SMTP_PHASE_DOT, 421, {4, 7, 26}, "no signature", "throttled"},
		{SMTP_DEFERRED, SMTP_PHASE_MAIL, 421, {4, 7, 0}, "[TSS04] deferred", "throttled"},
		{SMTP_DEFERRED, SMTP_PHASE_RCPT, 450, {4, 2, 0}, "Greylisted, see x", "greylisted"},
		{SMTP_DEFERRED, SMTP_PHASE_RCPT, 451, {4, 7, 1}, "try later", "greylisted"},
		{SMTP_DEFERRED, SMTP_PHASE_RCPT, 452, {4, 2, 2}, "full", "mailbox_full"},
		{SMTP_DEFERRED, SMTP_PHASE_RCPT, 452, {0}, "Mailbox Full", "mailbox_full"},
		{SMTP_DEFERRED, SMTP_PHASE_RCPT, 552, {0}, "too many", "temporary"},
		{SMTP_DEFERRED, SMTP_PHASE_DOT, 451, {4, 3, 0}, "queue full", "busy"},
		{SMTP_DEFERRED, SMTP_PHASE_DOT, 451, {0}, "local error", "temporary"},
		{SMTP_DEFERRED, SMTP_PHASE_RCPT, 421, {0}, "bye", "busy"},
		{SMTP_DEFERRED, SMTP_PHASE_RCPT, 0, {0}, "the server hung up", "lost"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct smtp_result r = {.outcome = rows[i].outcome,
					.phase = rows[i].phase,
					.code = rows[i].code,
					.enhanced = rows[i].enhanced,
					.text = str_of(rows[i].text)};
		struct smtp_retry retry = smtp_retry_after(&r, 1, 0, i);
		check_str(rows[i].text, str_of(smtp_class_name(retry.class)), rows[i].want);
		CHECK_ROW(rows[i].text, retry.again == (r.outcome == SMTP_DEFERRED));
		CHECK_ROW(rows[i].text, (retry.after_us > 0) == retry.again && !retry.expired);
		CHECK_ROW(rows[i].text, smtp_class_help(retry.class)[0] != '\0');
	}
}

/* Whatever was answered: never again unless deferred, waits within the table, an end after days. */
static void test_waits(void **state)
{
	struct smtp_result r = {.outcome = SMTP_DEFERRED, .phase = SMTP_PHASE_CONNECT};
	int64_t before = 0, age = 0;
	unsigned attempt = 1;
	(void)state;
	for (struct smtp_retry retry;; attempt++) {
		retry = smtp_retry_after(&r, attempt, age, 7);
		if (!retry.again) {
			assert_true(retry.expired && retry.after_us == 0);
			break;
		}
		assert_true(retry.after_us >= before * 8 / 10 && retry.after_us <= HOUR * 11 / 10);
		before = retry.after_us;
		age += retry.after_us;
		assert_true(attempt < 1000);
	}
	assert_true(attempt == SMTP_ATTEMPTS_MAX || age > SMTP_AGE_MAX_US - 2 * HOUR);
	assert_true(age > SMTP_SECONDS(86400));
	assert_false(smtp_retry_after(&r, 1, SMTP_AGE_MAX_US, 7).again);
	assert_false(smtp_retry_after(&r, UINT32_MAX, 0, 7).again);
}

static void test_spread(void **state)
{
	struct smtp_result r = {.outcome = SMTP_DEFERRED, .phase = SMTP_PHASE_CONNECT};
	int64_t least = INT64_MAX, most = 0;
	(void)state;
	for (uint64_t salt = 0; salt < 1000; salt++) {
		int64_t wait = smtp_retry_after(&r, 2, 0, salt).after_us;
		assert_int_equal(wait, smtp_retry_after(&r, 2, 0, salt).after_us);
		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	assert_true(least >= SMTP_SECONDS(108) && least < SMTP_SECONDS(110));
	assert_true(most <= SMTP_SECONDS(132) && most > SMTP_SECONDS(130));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_spread),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
