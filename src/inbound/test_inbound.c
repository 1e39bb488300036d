/* SPDX-License-Identifier: Apache-2.0
 * test_inbound.c: whole messages. That each sort of message gets its kind, recipient and verdict is
 * the conformance suite's business (tests/conformance/cases/mail); here: hints, texts, limits. */
#include "base/test.h"
#include "inbound/inbound.h"

static const struct inbound_alias aliases[] = {
	{INBOUND_DOOR_BOUNCE, {"bounce", 6}, {"sender.example", 14}},
	{INBOUND_DOOR_REPLY, {"reply", 5}, {"sender.example", 14}},
	{INBOUND_DOOR_UNSUBSCRIBE, {"leave", 5}, {"sender.example", 14}},
};

struct fixture {
	struct arena arena;
	struct inbound in;
	struct err e;
	struct inbound_conf conf;
};

static struct fixture *set_up(void)
{
	struct fixture *f = mem_alloc(sizeof *f);
	arena_init(&f->arena, INBOUND_ARENA_BYTES_MAX);
	f->conf = INBOUND_CONF_DEFAULT;
	f->conf.aliases = aliases;
	f->conf.alias_count = COUNT_OF(aliases);
	return f;
}

static void tear_down(struct fixture *f)
{
	arena_finish(&f->arena);
	mem_free(f);
}

static struct inbound *read_z(struct fixture *f, const char *mail)
{
	assert_int_equal(inbound_read(str_of(mail), &f->conf, &f->arena, &f->in, &f->e), ST_OK);
	return &f->in;
}

/* The token in any field that may hold our address. */
static void tokens(void **state)
{
	static const struct {
		const char *mail, *token;
		enum inbound_door door;
	} rows[] = {
		{"To: bounce+abc1@sender.example\n\nx", "abc1", INBOUND_DOOR_BOUNCE},
		{"To: Kim <reply+ABC@sender.example>\n\nx", "ABC", INBOUND_DOOR_REPLY},
		{"Delivered-To: bounce-abc1@sender.example\nTo: x@y.example\n\nx", "abc1",
		 INBOUND_DOOR_BOUNCE},
		{"X-Original-To: bounce=abc1@SENDER.example\n\nx", "abc1", INBOUND_DOOR_BOUNCE},
		{"To: a@b.example, reply+t2@sender.example\n\nx", "t2", INBOUND_DOOR_REPLY},
		{"To: leave@sender.example\nFrom: a@b.example\n\nx", "", INBOUND_DOOR_UNSUBSCRIBE},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct fixture *f = set_up();
		const struct inbound *in = read_z(f, rows[i].mail);
		CHECK_ROW(rows[i].mail, in->token_count == 1);
		check_str(rows[i].mail, in->tokens[0].token, rows[i].token);
		CHECK_ROW(rows[i].mail, in->tokens[0].door == rows[i].door);
		tear_down(f);
	}
}

static void not_our_token(void **state)
{
	static const char *const rows[] = {
		"To: bounce+abc1@other.example\n\nx",
		"To: bouncer@sender.example\n\nx",
		"To: bounce+@sender.example\n\nx",
		"Subject: bounce+abc1@sender.example\n\nx",
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct fixture *f = set_up();
		CHECK_ROW(rows[i], read_z(f, rows[i])->token_count == 0);
		tear_down(f);
	}
}

static const char redacted[] =
	"From: <fbl@isp.example>\nTo: <fbl@sender.example>\nSubject: complaint\n"
	"Content-Type: multipart/report; report-type=feedback-report; boundary=a\n\n"
	"--a\nContent-Type: text/plain\n\nA complaint.\n"
	"--a\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n\n"
	"--a\nContent-Type: text/rfc822-headers\n\n"
	"Return-Path: <bounce+k7@sender.example>\nMessage-ID: <m-17@sender.example>\n"
	"From: kim@sender.example\nTo: undisclosed\nSubject: Ideas\n\n--a--\n";

/* Nobody is named, and yet we know whom it is about. */
static void redacted_complaint(void **state)
{
	(void)state;
	struct fixture *f = set_up();
	const struct inbound *in = read_z(f, redacted);
	assert_int_equal(in->kind, INBOUND_COMPLAINT);
	assert_int_equal(in->feedback, INBOUND_FEEDBACK_ABUSE);
	check_str("id", in->original_id, "m-17@sender.example");
	assert_int_equal(in->token_count, 1);
	check_str("token", in->tokens[0].token, "k7");
	assert_int_equal(in->recipient_count, 0);
	tear_down(f);
}

static void references(void **state)
{
	(void)state;
	struct fixture *f = set_up();
	const struct inbound *in = read_z(
		f, "From: =?utf-8?q?Andr=C3=A9?= <andre@shop.example>\nTo: kim@sender.example\n"
		   "Subject: =?iso-8859-1?q?R=E9?=: Ideas\nMessage-ID: <r1@shop.example>\n"
		   "In-Reply-To: <m2@sender.example>\nReferences: <m1@sender.example>\n"
		   " <m2@sender.example>\nDate: Tue, 3 Mar 2026 11:00:00 +0100\n\nYes.\n");
	assert_int_equal(in->kind, INBOUND_REPLY);
	assert_int_equal(in->id_count, 2);
	check_str("first", in->ids[0], "m2@sender.example");
	check_str("second", in->ids[1], "m1@sender.example");
	check_str("id", in->message_id, "r1@shop.example");
	check_str("from", in->from, "andre@shop.example");
	check_str("name", in->from_name, "Andr\xc3\xa9");
	check_str("subject", in->subject, "R\xc3\xa9: Ideas");
	check_str("text", in->text, "Yes.");
	assert_true(in->date_us == INT64_C(1772532000000000));
	tear_down(f);
}

static void return_date(void **state)
{
	(void)state;
	struct fixture *f = set_up();
	const struct inbound *in = read_z(
		f, "From: ana@shop.example\nSubject: Automatic reply: Ideas\nDate: Tue, 3 Mar 2026 "
		   "11:00:00 +0100\n\nI will be back on 16 March.\n");
	assert_int_equal(in->kind, INBOUND_AUTO_REPLY);
	assert_true(in->return_at_us == INT64_C(1773619200000000));
	tear_down(f);
}

static const char html[] =
	"From: ana@shop.example\nContent-Type: multipart/alternative; boundary=b\n\n"
	"--b\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: "
	"quoted-printable\n\n"
	"<html><head><title>no</title></head><body><p>Caf=C3=A9 &lt;3 &#8364;5</p><script>bad()"
	"</script><p>Bye<br>Ana</p><hr><div id=3D\"divRplyFwdMsg\"><b>From:</b> Kim<br>Hello</div>"
	"</body></html>\n--b--\n";

static void html_reply(void **state)
{
	(void)state;
	struct fixture *f = set_up();
	check_str("html", read_z(f, html)->text,
		  "Caf\xc3\xa9 <3 \xe2\x82\xac"
		  "5\n\nBye\nAna");
	tear_down(f);
}

/* Odd bytes are a message of no known kind; too many are refused. */
static void limits(void **state)
{
	(void)state;
	struct fixture *f = set_up();
	assert_int_equal(read_z(f, "")->kind, INBOUND_UNKNOWN);
	assert_int_equal(read_z(f, "\r\n\r\n")->kind, INBOUND_UNKNOWN);
	assert_int_equal(read_z(f, "\xff\xfe: \x01\n\xff")->kind, INBOUND_UNKNOWN);
	f->conf.message_bytes_max = 10;
	assert_int_equal(
		inbound_read(STR("From: a@b.example\n\nx"), &f->conf, &f->arena, &f->in, &f->e),
		ST_LIMIT);
	f->conf.message_bytes_max = 1000;
	f->conf.text_bytes_max = 4;
	const struct inbound *in = read_z(f, "From: a@b.example\n\nabc\xc3\xa4xyz\n");
	assert_true(in->cut);
	check_str("cut between characters", in->text, "abc");
	tear_down(f);
}

static void nested_deep(void **state)
{
	struct buf b;
	(void)state;
	struct fixture *f = set_up();
	buf_init(&b, 1u << 20);
	buf_z(&b, "From: a@b.example\n");
	for (int i = 0; i < 300; i++)
		buf_printf(&b, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i);
	buf_z(&b, "Content-Type: text/plain\n\ndeep\n");
	assert_int_equal(inbound_read(buf_view(&b), &f->conf, &f->arena, &f->in, &f->e), ST_OK);
	assert_true(f->in.cut);
	assert_int_equal(f->in.kind, INBOUND_REPLY);
	buf_finish(&b);
	tear_down(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens),
		cmocka_unit_test(not_our_token),
		cmocka_unit_test(redacted_complaint),
		cmocka_unit_test(references),
		cmocka_unit_test(return_date),
		cmocka_unit_test(html_reply),
		cmocka_unit_test(limits),
		cmocka_unit_test(nested_deep),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
