/* SPDX-License-Identifier: Apache-2.0
 * test_imap.c: what the fetcher understands of a server. That it works with a real one is shown by
 * tests/e2e/imap.sh. */
#include "base/test.h"
#include "inbound/imap.h"
#include "inbound/imap_talk.h"

struct script {
	struct str said; /* by the server */
	size_t bite;     /* bytes a read gives */
	struct buf heard;
};

static enum status say(void *ctx, char *p, size_t bytes_max, size_t *got_r, struct err *e)
{
	struct script *s = ctx;
	size_t n = s->bite < s->said.n ? s->bite : s->said.n;
	if (n == 0)
		return err_set(e, ST_UNAVAILABLE, "the script is over");
	assert_true(n <= bytes_max);
	memcpy(p, s->said.p, n);
	s->said = str_slice(s->said, n, s->said.n);
	*got_r = n;
	return ST_OK;
}

static enum status hear(void *ctx, struct str bytes, struct err *e)
{
	struct script *s = ctx;
	(void)e;
	buf_str(&s->heard, bytes);
	return ST_OK;
}

static const char session[] =
	"* OK [CAPABILITY IMAP4rev1 IDLE] ready\r\n"
	"* CAPABILITY IMAP4rev1 UIDPLUS MOVE IDLE\r\nn1 OK done\r\n"
	"* 3 EXISTS\r\n* FLAGS (\\Seen)\r\n* OK [UIDVALIDITY 77] ok\r\nn2 OK [READ-WRITE] done\r\n"
	"* SEARCH 4 5 9\r\nn3 OK done\r\n"
	"* 1 FETCH (UID 5 RFC822.SIZE 900 BODY[]<0> {11}\r\nFrom: a\r\n\r\n)\r\n"
	"* 2 FETCH (FLAGS (\\Seen))\r\nn4 OK done\r\n"
	"n5 NO not here\r\n"
	"* BYE see you\r\n";

/* The same whole conversation, in bites of every size. */
static void conversation(void **state)
{
	(void)state;
	for (size_t bite = 1; bite < 40; bite++) {
		struct script s = {.said = STR_NULL, .bite = bite};
		struct imap_talk t;
		struct err e;
		s.said = str_of(session);
		buf_init(&s.heard, 4096);
		imap_talk_init(&t, (struct imap_source){say, hear, &s}, 8);
		assert_int_equal(imap_talk_greet(&t, &e), ST_OK);
		assert_true(t.can_idle && !t.can_move);
		assert_int_equal(imap_talk_command(&t, "x", STR("CAPABILITY"), &e), ST_OK);
		assert_true(t.can_idle && t.can_move && t.can_uidplus && !t.can_starttls);
		assert_int_equal(imap_talk_command(&t, "x", STR("SELECT x"), &e), ST_OK);
		assert_int_equal(t.uid_validity, 77);
		assert_int_equal(t.exists, 3);
		assert_int_equal(imap_talk_command(&t, "x", STR("UID SEARCH ALL"), &e), ST_OK);
		assert_int_equal(t.uid_count, 3);
		assert_int_equal(t.uids[2], 9);
		assert_int_equal(imap_talk_command(&t, "x", STR("UID FETCH 5"), &e), ST_OK);
		assert_true(t.fetched && t.fetch_uid == 5 && t.fetch_size == 900);
		check_str("literal, cut", buf_view(&t.literal), "From: a\r");
		assert_true(t.literal_cut);
		assert_int_equal(imap_talk_command(&t, "the folder", STR("X"), &e), ST_DENIED);
		assert_non_null(strstr(e.text, "the folder"));
		assert_int_equal(imap_talk_command(&t, "x", STR("NOOP"), &e), ST_UNAVAILABLE);
		assert_true(
			str_starts(buf_view(&s.heard), STR("n1 CAPABILITY\r\nn2 SELECT x\r\n")));
		imap_talk_finish(&t);
		buf_finish(&s.heard);
	}
}

static void no_imap(void **state)
{
	static const struct {
		const char *said;
		enum status want;
	} rows[] = {
		{"HTTP/1.1 400 Bad Request\r\n", ST_CORRUPT},
		{"* BYE too many\r\n", ST_UNAVAILABLE},
		{"* NO\r\n", ST_UNAVAILABLE},
		{"\r\n", ST_CORRUPT},
		{"", ST_UNAVAILABLE},
		{"* OK {99999999999}\r\n", ST_OK}, /* no such literal: it is text */
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct script s = {.said = str_of(rows[i].said), .bite = 5};
		struct imap_talk t;
		struct err e;
		imap_talk_init(&t, (struct imap_source){say, hear, &s}, 8);
		CHECK_ROW(rows[i].said, imap_talk_greet(&t, &e) == rows[i].want);
		imap_talk_finish(&t);
	}
}

static void quoting(void **state)
{
	struct buf b;
	(void)state;
	buf_init(&b, 100);
	imap_talk_quote(&b, "a \"b\\");
	check_str("quoted", buf_view(&b), "\"a \\\"b\\\\\"");
	buf_finish(&b);
}

static enum status take(void *ctx, const struct inbound_imap_message *m, struct err *e)
{
	(void)ctx;
	(void)m;
	(void)e;
	return ST_OK;
}

static void bad_settings(void **state)
{
	struct inbound_imap_conf good = INBOUND_IMAP_CONF_DEFAULT;
	struct inbound_imap *f = NULL;
	struct err e;
	(void)state;
	good.host = "mail.example";
	good.user = good.password = "x";
	good.take = take;
	struct inbound_imap_conf bad[] = {good, good, good, good, good};
	bad[0].host = NULL;
	bad[1].port = 0;
	bad[2].password = "x\r\ny";
	bad[3].message_bytes_max = 0;
	bad[4].folder = NULL;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(inbound_imap_start(&bad[i], &f, &e), ST_INVALID);
	inbound_imap_stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversation),
		cmocka_unit_test(no_imap),
		cmocka_unit_test(quoting),
		cmocka_unit_test(bad_settings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
