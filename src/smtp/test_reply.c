/* SPDX-License-Identifier: Apache-2.0
 * test_reply.c: whole, cut, odd and hostile replies. */
#include "smtp/reply.h"

#include "base/test.h"

static void test_read(void **state)
{
	static const struct {
		const char *in;
		enum smtp_read want;
		int code;
		const char *enhanced, *text;
		size_t rest; /* bytes left */
	} rows[] = {
		{"250 ok\r\n", SMTP_READ_DONE, 250, "0.0.0", "ok", 0},
		{"250\r\n", SMTP_READ_DONE, 250, "0.0.0", "", 0},
		{"250 \r\n", SMTP_READ_DONE, 250, "0.0.0", "", 0},
		{"250 ok\n", SMTP_READ_DONE, 250, "0.0.0", "ok", 0},
		{"250 ok\r\n354 go\r\n", SMTP_READ_DONE, 250, "0.0.0", "ok", 8},
		{"550 5.1.1 no such user\r\n", SMTP_READ_DONE, 550, "5.1.1", "no such user", 0},
		{"451 4.7.650 slow down\r\n", SMTP_READ_DONE, 451, "4.7.650", "slow down", 0},
		{"550 5.1.1\r\n", SMTP_READ_DONE, 550, "5.1.1", "", 0},
		{"550 4.1.1 class of another\r\n", SMTP_READ_DONE, 550, "0.0.0",
		 "4.1.1 class of another", 0},
		{"550 5.1.1234 too long\r\n", SMTP_READ_DONE, 550, "0.0.0", "5.1.1234 too long", 0},
		{"550 5.1.1x\r\n", SMTP_READ_DONE, 550, "0.0.0", "5.1.1x", 0},
		{"550 55.1.1 two\r\n", SMTP_READ_DONE, 550, "0.0.0", "55.1.1 two", 0},
		{"550-5.7.26 This mail\r\n550-5.7.26 is not\r\n550 5.7.26 signed. x - gsmtp\r\n",
		 SMTP_READ_DONE, 550, "5.7.26", "This mail is not signed. x - gsmtp", 0},
		{"250-a\r\n250-\r\n250 b\r\n", SMTP_READ_DONE, 250, "0.0.0", "a b", 0},
		{"550 caf\xc3\xa9 \x1b[31m\x7f\r\n", SMTP_READ_DONE, 550, "0.0.0",
		 "caf\xc3\xa9  [31m", 0},
		{"550 caf\xe9\r\n", SMTP_READ_DONE, 550, "0.0.0", "caf?", 0},
		{"", SMTP_READ_MORE, 0, NULL, NULL, 0},
		{"25", SMTP_READ_MORE, 0, NULL, NULL, 0},
		{"250 ok\r", SMTP_READ_MORE, 0, NULL, NULL, 0},
		{"250-ok\r\n", SMTP_READ_MORE, 0, NULL, NULL, 0},
		{"250-ok\r\n250", SMTP_READ_MORE, 0, NULL, NULL, 0},
		{"250-ok\r\n251 other\r\n", SMTP_READ_BAD, 0, NULL, NULL, 0},
		{"HTTP/1.1 400\r\n", SMTP_READ_BAD, 0, NULL, NULL, 0},
		{"\r\n", SMTP_READ_BAD, 0, NULL, NULL, 0},
		{"25\r\n", SMTP_READ_BAD, 0, NULL, NULL, 0},
		{"150 no\r\n", SMTP_READ_BAD, 0, NULL, NULL, 0},
		{"650 no\r\n", SMTP_READ_BAD, 0, NULL, NULL, 0},
		{"2500 ok\r\n", SMTP_READ_BAD, 0, NULL, NULL, 0},
		{"2x0 ok\r\n", SMTP_READ_BAD, 0, NULL, NULL, 0},
		{"250_ok\r\n", SMTP_READ_BAD, 0, NULL, NULL, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct smtp_reply r;
		size_t used = 0;
		char enhanced[32], room[SMTP_TEXT_MAX];
		struct str in = str_of(rows[i].in);
		CHECK_ROW(rows[i].in, smtp_reply_read(in, &r, &used) == rows[i].want);
		if (rows[i].want != SMTP_READ_DONE)
			continue;
		CHECK_ROW(rows[i].in, r.code == rows[i].code && in.n - used == rows[i].rest);
		(void)snprintf(enhanced, sizeof enhanced, "%u.%u.%u", r.enhanced.class,
			       r.enhanced.subject, r.enhanced.detail);
		check_str(rows[i].in, str_of(enhanced), rows[i].enhanced);
		check_str(rows[i].in, str_trim(smtp_reply_text(&r, room)), rows[i].text);
	}
}

/* However it is cut, nothing is decided before the last byte, and then the same. */
static void test_every_cut(void **state)
{
	struct str whole = STR("550-5.7.1 one\r\n550-5.7.1 two\r\n550 5.7.1 three\r\n");
	struct smtp_reply r;
	size_t used;
	(void)state;
	for (size_t n = 0; n < whole.n; n++)
		assert_int_equal(smtp_reply_read(str_slice(whole, 0, n), &r, &used),
				 SMTP_READ_MORE);
	assert_int_equal(smtp_reply_read(whole, &r, &used), SMTP_READ_DONE);
}

static void test_ceilings(void **state)
{
	struct smtp_reply r;
	size_t used = 0;
	char room[SMTP_TEXT_MAX];
	struct buf b;
	(void)state;
	buf_init(&b, 1 << 16);
	for (int i = 0; i < SMTP_REPLY_LINES_MAX; i++)
		buf_z(&b, "250-x\r\n");
	assert_int_equal(smtp_reply_read(buf_view(&b), &r, &used), SMTP_READ_MORE);
	buf_z(&b, "250 x\r\n");
	assert_int_equal(smtp_reply_read(buf_view(&b), &r, &used), SMTP_READ_BAD);
	buf_reset(&b);
	while (b.n < SMTP_REPLY_BYTES_MAX)
		buf_z(&b, "2");
	assert_int_equal(smtp_reply_read(buf_view(&b), &r, &used), SMTP_READ_BAD);
	/* Long words are cut, between characters. */
	buf_reset(&b);
	buf_z(&b, "550 x");
	while (b.n < 2000)
		buf_z(&b, "\xc3\xa9");
	buf_z(&b, "\r\n");
	assert_int_equal(smtp_reply_read(buf_view(&b), &r, &used), SMTP_READ_DONE);
	struct str text = smtp_reply_text(&r, room);
	assert_int_equal(text.n, SMTP_TEXT_MAX - 1);
	assert_true(str_utf8_valid(text));
	buf_finish(&b);
}

static void test_caps(void **state)
{
	static const struct {
		const char *in;
		unsigned flags;
		uint64_t size_max;
	} rows[] = {
		{"250 mx.example\r\n", 0, 0},
		{"250 PIPELINING\r\n", 0, 0}, /* that is its name */
		{"250-mx\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-8BITMIME\r\n250 "
		 "SMTPUTF8\r\n",
		 SMTP_CAP_PIPELINING | SMTP_CAP_SIZE | SMTP_CAP_8BITMIME | SMTP_CAP_SMTPUTF8,
		 10240000},
		{"250-mx\r\n250-pipelining\r\n250-Size\r\n250 StartTls\r\n",
		 SMTP_CAP_PIPELINING | SMTP_CAP_SIZE | SMTP_CAP_STARTTLS, 0},
		{"250-mx\r\n250-SIZE many\r\n250 ENHANCEDSTATUSCODES\r\n",
		 SMTP_CAP_SIZE | SMTP_CAP_ENHANCED, 0},
		{"250-mx\r\n250-AUTH CRAM-MD5 PLAIN\r\n250 X-AUTH LOGIN\r\n", SMTP_CAP_AUTH_PLAIN,
		 0},
		{"250-mx\r\n250-AUTH=LOGIN\r\n250 AUTH\r\n", SMTP_CAP_AUTH_LOGIN, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct smtp_reply r;
		size_t used;
		CHECK_ROW(rows[i].in,
			  smtp_reply_read(str_of(rows[i].in), &r, &used) == SMTP_READ_DONE);
		struct smtp_caps caps = smtp_caps_read(&r);
		CHECK_ROW(rows[i].in, caps.flags == rows[i].flags);
		CHECK_ROW(rows[i].in, caps.size_max == rows[i].size_max);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_ceilings),
		cmocka_unit_test(test_caps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
