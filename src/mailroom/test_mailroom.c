/* SPDX-License-Identifier: Apache-2.0
 * test_mailroom.c: mails as servers and people write them, and the events they make. */
#include "base/test.h"

#include "base/time.h"
#include "mailroom/mailroom.h"

#include <string.h>

#define NOW_US INT64_C(1795000000000000) /* 2026-11-18 */
#define MESSAGE UINT64_C(4711)

static const uint8_t secret[LINK_SECRET_BYTES] = {7};

/* "@T@" in a mail stands for the token of message 4711. */
static const struct {
	const char *name, *mail;
	const char *type, *by;
	const char *holds[4]; /* of the event's properties */
	const char *address;  /* of the event; NULL: none */
	uint32_t flags;
	size_t n; /* events; 0: one */
} rows[] = {
	{"a bounce of an unknown user, to the return path",
	 "Return-Path: <>\nFrom: MAILER-DAEMON@mx.acme.example\nTo: "
	 "bounce+@T@@mail.larkspur.example\n"
	 "Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\n"
	 "Message-ID: <b1@mx.acme.example>\nMIME-Version: 1.0\n"
	 "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n"
	 "--b\nContent-Type: text/plain\n\nIt could not be delivered.\n\n"
	 "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.acme.example\n\n"
	 "Final-Recipient: rfc822; ada@acme.example\nAction: failed\nStatus: 5.1.1\n"
	 "Diagnostic-Code: smtp; 550 5.1.1 <ada@acme.example>: User unknown in virtual table\n\n"
	 "--b--\n",
	 "email.bounce",
	 "token",
	 {"\"message\":4711", "\"bounce\":\"hard\"", "\"status\":\"5.1.1\""},
	 NULL,
	 EVENT_MACHINE,
	 1},
	{"a full mailbox is soft",
	 "Return-Path: <>\nFrom: MAILER-DAEMON@mx.acme.example\nTo: "
	 "bounce+@T@@mail.larkspur.example\n"
	 "Subject: Undelivered Mail\nMessage-ID: <b2@mx.acme.example>\nMIME-Version: 1.0\n"
	 "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n"
	 "--b\nContent-Type: text/plain\n\nIt could not be delivered.\n\n"
	 "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.acme.example\n\n"
	 "Final-Recipient: rfc822; ada@acme.example\nAction: failed\nStatus: 5.2.2\n"
	 "Diagnostic-Code: smtp; 552 5.2.2 mailbox full\n\n--b--\n",
	 "email.bounce",
	 "token",
	 {"\"bounce\":\"soft\"", "\"message\":4711"},
	 NULL,
	 EVENT_MACHINE,
	 1},
	{"it is only late",
	 "Return-Path: <>\nFrom: MAILER-DAEMON@mx.acme.example\nTo: "
	 "bounce+@T@@mail.larkspur.example\n"
	 "Subject: Delayed Mail\nMessage-ID: <b3@mx.acme.example>\nMIME-Version: 1.0\n"
	 "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n"
	 "--b\nContent-Type: text/plain\n\nIt is tried again.\n\n"
	 "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.acme.example\n\n"
	 "Final-Recipient: rfc822; ada@acme.example\nAction: delayed\nStatus: 4.4.1\n\n--b--\n",
	 "email.delayed",
	 "token",
	 {"\"message\":4711"},
	 NULL,
	 EVENT_MACHINE,
	 1},
	{"two recipients, and nothing else that is ours",
	 "Return-Path: <>\nFrom: MAILER-DAEMON@mx.acme.example\nTo: ann@mail.larkspur.example\n"
	 "Subject: Undelivered Mail\nMessage-ID: <b4@mx.acme.example>\nMIME-Version: 1.0\n"
	 "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n"
	 "--b\nContent-Type: text/plain\n\nIt could not be delivered.\n\n"
	 "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.acme.example\n\n"
	 "Final-Recipient: rfc822; ada@acme.example\nAction: failed\nStatus: 5.1.1\n"
	 "Diagnostic-Code: smtp; 550 5.1.1 User unknown\n\n"
	 "Final-Recipient: rfc822; bob@acme.example\nAction: failed\nStatus: 5.1.1\n"
	 "Diagnostic-Code: smtp; 550 5.1.1 User unknown\n\n--b--\n",
	 "email.bounce",
	 "address",
	 {"\"matched\":\"address\""},
	 "ada@acme.example",
	 EVENT_MACHINE,
	 2},
	{"a complaint about a message of ours",
	 "From: fbl@provider.example\nTo: abuse@larkspur.example\nSubject: complaint\n"
	 "Message-ID: <c1@provider.example>\nMIME-Version: 1.0\n"
	 "Content-Type: multipart/report; report-type=feedback-report; boundary=\"b\"\n\n"
	 "--b\nContent-Type: text/plain\n\nThis is a report.\n\n"
	 "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: F/1\n"
	 "Version: 1\n\n--b\nContent-Type: message/rfc822\n\nFrom: ann@mail.larkspur.example\n"
	 "To: ada@acme.example\nMessage-ID: <m.@T@@mail.larkspur.example>\nSubject: "
	 "Hello\n\nHello\n\n"
	 "--b--\n",
	 "email.complaint",
	 "message-id",
	 {"\"message\":4711", "\"feedback\":\"abuse\""},
	 NULL,
	 0,
	 1},
	{"out of office, with a day",
	 "From: Ada <ada@acme.example>\nTo: bounce+@T@@mail.larkspur.example\n"
	 "Subject: Automatic reply: Hello\nAuto-Submitted: auto-replied\n"
	 "Date: Wed, 18 Nov 2026 09:00:00 +0000\nMessage-ID: <o1@acme.example>\n"
	 "Content-Type: text/plain\n\nI am out of the office and will be back on 30 November "
	 "2026.\n",
	 "email.auto_reply",
	 "token",
	 {"\"message\":4711", "\"until\":\"2026-11-30T"},
	 NULL,
	 EVENT_MACHINE,
	 1},
	{"a person answers",
	 "From: Ada Lund <ada@acme.example>\nTo: Ann <ann@larkspur.example>\nSubject: Re: Hello\n"
	 "Date: Wed, 18 Nov 2026 09:00:00 +0000\nMessage-ID: <r1@acme.example>\n"
	 "In-Reply-To: <m.@T@@mail.larkspur.example>\nReferences: <m.@T@@mail.larkspur.example>\n"
	 "Content-Type: text/plain\n\nYes, call me on Tuesday.\n\n"
	 "On Wed, 18 Nov 2026 at 08:00, Ann <ann@larkspur.example> wrote:\n> Hello there.\n",
	 "email.reply",
	 "message-id",
	 {"\"message\":4711", "\"text\":\"Yes, call me on Tuesday.",
	  "\"from\":\"ada@acme.example\""},
	 NULL,
	 0,
	 1},
	{"a person writes out of the blue",
	 "From: Ada <ada@acme.example>\nTo: Ann <ann@larkspur.example>\nSubject: A question\n"
	 "Message-ID: <r2@acme.example>\nContent-Type: text/plain\n\nDo you work with cranes?\n",
	 "email.reply",
	 "address",
	 {"\"matched\":\"address\"", "cranes"},
	 "ada@acme.example",
	 0,
	 1},
	{"a person wants no more",
	 "From: Ada <ada@acme.example>\nTo: ann@larkspur.example\nSubject: Re: Hello\n"
	 "Message-ID: <u1@acme.example>\nIn-Reply-To: <m.@T@@mail.larkspur.example>\n"
	 "Content-Type: text/plain\n\nunsubscribe\n",
	 "email.unsubscribe",
	 "message-id",
	 {"\"message\":4711"},
	 NULL,
	 0,
	 1},
	{"a mail program does, to the address for it",
	 "From: ada@acme.example\nTo: unsubscribe+@T@@mail.larkspur.example\nSubject: x\n"
	 "Message-ID: <u2@acme.example>\nContent-Type: text/plain\n\n\n",
	 "email.unsubscribe",
	 "token",
	 {"\"message\":4711"},
	 NULL,
	 0,
	 1},
	{"a list",
	 "From: list@news.example\nTo: ann@larkspur.example\nSubject: Issue 7\n"
	 "List-Id: <news.news.example>\nMessage-ID: <l1@news.example>\nContent-Type: "
	 "text/plain\n\nNews.\n",
	 "mail.noted",
	 "nothing",
	 {"\"kind\":\"list\""},
	 NULL,
	 EVENT_SYSTEM,
	 1},
	{"no mail at all",
	 "\x01\x02",
	 "ingest.refused",
	 "nothing",
	 {"\"code\":\"mail_unmatched\""},
	 NULL,
	 EVENT_SYSTEM,
	 1},
};

static struct str with_token(const struct link_keys *k, const char *mail, struct arena *a)
{
	char token[LINK_TEXT_MAX];
	struct buf b;
	struct str rest = str_of(mail);
	buf_init_arena(&b, a, 1u << 16);
	link_address_write(k, MESSAGE, token);
	for (size_t at; (at = str_find(rest, STR("@T@"))) < rest.n;) {
		buf_str(&b, str_slice(rest, 0, at));
		buf_z(&b, token);
		rest = str_slice(rest, at + 3, rest.n);
	}
	buf_str(&b, rest);
	return buf_view(&b);
}

static struct mailroom_conf conf_of(struct link_keys *k)
{
	assert_int_equal(link_keys_add(k, 1, secret, NULL), ST_OK);
	return (struct mailroom_conf){.links = k,
				      .return_prefix = STR("bounce"),
				      .unsubscribe_prefix = STR("unsubscribe"),
				      .now_us = NOW_US};
}

static void test_kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct link_keys k = {.n = 0};
		struct mailroom_conf conf = conf_of(&k);
		struct arena a;
		struct err e;
		arena_init(&a, MAILROOM_ARENA_BYTES);
		struct mailroom *out = ARENA_NEW(&a, struct mailroom);
		struct str mail = with_token(&k, rows[i].mail, &a);
		assert_int_equal(mailroom_read(mail, &conf, &a, out, &e), ST_OK);
		struct event *ev = &out->events[0];
		check_str(rows[i].name, ev->type, rows[i].type);
		check_str(rows[i].name, str_of(out->by), rows[i].by);
		CHECK_ROW(rows[i].name, out->n == rows[i].n);
		CHECK_ROW(rows[i].name, ev->flags == rows[i].flags);
		for (size_t h = 0; h < COUNT_OF(rows[i].holds) && rows[i].holds[h]; h++)
			if (str_find(ev->properties, str_of(rows[i].holds[h])) == ev->properties.n)
				fail_msg("%s: no %s in " STR_FMT, rows[i].name, rows[i].holds[h],
					 STR_ARG(ev->properties));
		if (rows[i].address != NULL)
			check_str(rows[i].name, event_id_value(ev, ID_EMAIL), rows[i].address);
		else
			CHECK_ROW(rows[i].name, ev->ids_n == 0);
		ev->received_us = NOW_US;
		assert_int_equal(event_check(ev, &e), ST_OK);
		arena_finish(&a);
	}
}

/* Another key's token, or one with a letter changed, names nothing. */
static void test_forged(void **state)
{
	struct link_keys k = {.n = 0}, other = {.n = 0};
	static const uint8_t theirs[LINK_SECRET_BYTES] = {9};
	struct mailroom_conf conf = conf_of(&k);
	struct arena a;
	struct err e;
	(void)state;
	arena_init(&a, MAILROOM_ARENA_BYTES);
	struct mailroom *out = ARENA_NEW(&a, struct mailroom);
	assert_int_equal(link_keys_add(&other, 1, theirs, NULL), ST_OK);
	struct str mail = with_token(&other, rows[0].mail, &a);
	assert_int_equal(mailroom_read(mail, &conf, &a, out, &e), ST_OK);
	assert_int_equal(out->message, 0);
	check_str("forged", event_id_value(&out->events[0], ID_EMAIL), "ada@acme.example");
	arena_finish(&a);
}

/* M2: trace fields do not make another mail of it; one without a name is its bytes. */
static void test_one_name(void **state)
{
	struct link_keys k = {.n = 0};
	struct mailroom_conf conf = conf_of(&k);
	static const char *const mails[] = {
		"From: ada@acme.example\nMessage-ID: <x@acme.example>\nSubject: a\n\nHello\n",
		"Received: from b\nFrom: ada@acme.example\nMessage-ID: <x@acme.example>\nSubject: "
		"a\n\n"
		"Hello\n",
		"From: ada@acme.example\nMessage-ID: <y@acme.example>\nSubject: a\n\nHello\n",
		"From: ada@acme.example\nSubject: a\n\nHello\n",
		"From: ada@acme.example\nSubject: a\n\nHello!\n"};
	struct str ids[COUNT_OF(mails)];
	struct arena a;
	struct err e;
	(void)state;
	arena_init(&a, MAILROOM_ARENA_BYTES);
	for (size_t i = 0; i < COUNT_OF(mails); i++) {
		struct mailroom *out = ARENA_NEW(&a, struct mailroom);
		assert_int_equal(mailroom_read(str_of(mails[i]), &conf, &a, out, &e), ST_OK);
		ids[i] = out->events[0].message_id;
	}
	assert_true(str_eq(ids[0], ids[1]));
	for (size_t i = 1; i < COUNT_OF(mails); i++)
		for (size_t j = i + 1; j < COUNT_OF(mails); j++)
			assert_false(str_eq(ids[i], ids[j]));
	arena_finish(&a);
}

/* A text as long and as odd as it may be still fits one event. */
static void test_largest(void **state)
{
	struct link_keys k = {.n = 0};
	struct mailroom_conf conf = conf_of(&k);
	struct buf mail, text;
	struct arena a;
	struct err e;
	(void)state;
	arena_init(&a, MAILROOM_ARENA_BYTES);
	struct mailroom *out = ARENA_NEW(&a, struct mailroom);
	buf_init(&mail, 1u << 20);
	buf_init(&text, EVENT_BYTES_MAX);
	buf_z(&mail,
	      "From: \"\x01\x02\" <ada@acme.example>\nMessage-ID: <z@acme.example>\nReferences:");
	for (int i = 0; i < 100; i++)
		buf_printf(&mail, " <%0240d@a>", i);
	buf_z(&mail, "\nSubject: ");
	for (int i = 0; i < 500; i++)
		buf_byte(&mail, '"');
	buf_z(&mail, "\nContent-Type: text/plain\n\nHello\n");
	for (int i = 0; i < 100000; i++)
		buf_z(&mail, i % 2 ? "\\" : "\x01");
	assert_int_equal(mailroom_read(buf_view(&mail), &conf, &a, out, &e), ST_OK);
	check_str("largest", out->events[0].type, "email.reply");
	out->events[0].received_us = NOW_US;
	assert_int_equal(event_encode(&out->events[0], &text, &e), ST_OK);
	buf_finish(&mail);
	buf_finish(&text);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_one_name),
		cmocka_unit_test(test_largest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
