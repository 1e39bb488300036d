/* SPDX-License-Identifier: Apache-2.0
 * test_pool_ahead.c: the envelope of the next mail behind the message of this one: when it goes
 * there, and what becomes of its mail when the answer to the message is late, or never comes. */
#include "smtp/internal.h"
#include "smtp/test_pool_kit.h"

#include <sys/epoll.h>

#define HELLO "> 220 hi\n< EHLO us.example\n> 250-there\n> 250 PIPELINING\n"
#define ENVELOPE "< MAIL FROM:<f@us.example>\n< RCPT TO:<r@x.example>\n< DATA\n"
#define YES "> 250 ok\n> 250 ok\n> 354 go\n"
#define QUEUED "> 250 queued\n"
#define FIRST HELLO ENVELOPE YES "< .\n" QUEUED
#define ALONE ENVELOPE YES "< .\n" QUEUED
#define NO(code) "> " code " no\n> 503 none\n> 503 none\n"
#define BYE "< QUIT\n> 221 bye\n"

struct row {
	const char *name, *script;
	const char *want; /* a result for each mail */
	int64_t quick_us;
};

#define ALWAYS SMTP_SECONDS(600)

/* All of the mails are in the line before the first is begun. */
static void run_row(const struct row *row)
{
	struct kit k;
	struct str rcpt = STR("r@x.example");
	size_t mails = 1;
	unsigned whole = 0; /* were with the server from the first byte to the last */
	for (const char *at = row->want; (at = strchr(at, ';')) != NULL; at++)
		mails++;
	for (const char *at = row->want; (at = strstr(at, " dot ")) != NULL; at++)
		whole++;
	kit_open(&k, (const char *const[]){row->script, NULL});
	k.conf.quick_us = row->quick_us;
	k.conf.timeouts.dot_us = 600000;
	kit_start(&k);
	for (size_t i = 0; i < mails; i++) {
		struct smtp_mail m = kit_mail(i, &rcpt, 1);
		m.more = true;
		m.place = 7;
		kit_submit(&k, &m);
	}
	smtp_pool_wake(k.pool);
	kit_wait(&k, mails);
	check_str(row->name, buf_view(&k.results), row->want);
	assert_int_equal(k.last_bytes, whole);
	assert_int_equal(k.places, 7 * whole);
	kit_close(&k, row->name);
}

static void test_ahead(void **state)
{
	static const struct row rows[] = {
		{"the server waits for the next envelope, and then answers",
		 FIRST ENVELOPE YES "< .\n" ENVELOPE QUEUED YES "< .\n" QUEUED BYE,
		 "sent dot 250; sent dot 250; sent dot 250", ALWAYS},
		{"the message is refused, the next envelope is not",
		 FIRST ENVELOPE YES "< .\n" ENVELOPE "> 554 5.7.1 no\n" YES "< .\n" QUEUED BYE,
		 "sent dot 250; failed dot 554 5.7.1; sent dot 250", ALWAYS},
		{"the next envelope is refused",
		 FIRST ENVELOPE YES "< .\n" ENVELOPE QUEUED
				    "> 250 ok\n> 550 5.1.1 who\n> 554 none\n" BYE,
		 "sent dot 250; sent dot 250; failed rcpt 550 5.1.1", ALWAYS},
		{"hung up behind the message: the mail ahead was given to nobody",
		 FIRST ENVELOPE YES "< .\n" ENVELOPE "---\n" FIRST BYE,
		 "sent dot 250; uncertain dot 0; sent dot 250", ALWAYS},
		{"hung up behind the answer",
		 FIRST ENVELOPE YES "< .\n" ENVELOPE QUEUED "---\n" FIRST BYE,
		 "sent dot 250; sent dot 250; sent dot 250", ALWAYS},
		{"421 for the message",
		 FIRST ENVELOPE YES "< .\n" ENVELOPE "> 421 4.3.2 bye\n---\n" FIRST BYE,
		 "sent dot 250; deferred dot 421 4.3.2; sent dot 250", ALWAYS},
		{"no answer in time: the mail ahead does not wait for it",
		 FIRST ENVELOPE YES "< .\n" ENVELOPE "stall\n---\n" FIRST BYE,
		 "sent dot 250; uncertain dot 0; sent dot 250", ALWAYS},
		{"out of order, it says: that mail goes alone, and so do all behind it",
		 FIRST ENVELOPE YES "< .\n" ENVELOPE QUEUED NO("503 5.5.1") ALONE ALONE ALONE BYE,
		 "sent dot 250; sent dot 250; sent dot 250; sent dot 250; sent dot 250", ALWAYS},
		{"and where it hangs up on that",
		 FIRST ENVELOPE YES "< .\n" ENVELOPE QUEUED
				    "> 554 5.5.0 synchronization\n---\n" HELLO ALONE ALONE BYE,
		 "sent dot 250; sent dot 250; sent dot 250; sent dot 250", ALWAYS},
		{"it was meant for the mail: the second time it counts",
		 FIRST ENVELOPE YES "< .\n" ENVELOPE QUEUED NO("554 5.7.1") ENVELOPE NO("554 5.7.1")
			 BYE,
		 "sent dot 250; sent dot 250; failed mail 554 5.7.1", ALWAYS},
		{"and others go ahead as before",
		 FIRST ENVELOPE YES "< .\n" ENVELOPE QUEUED NO("554 5.7.1") ENVELOPE NO("554 5.7.1")
			 ENVELOPE YES "< .\n" ENVELOPE QUEUED YES "< .\n" QUEUED BYE,
		 "sent dot 250; sent dot 250; failed mail 554 5.7.1; sent dot 250; sent dot 250",
		 ALWAYS},
		/* On a machine so slow that nothing seems quick the results are the same. */
		{"no answer, and back to the line meanwhile",
		 FIRST ENVELOPE YES "< .\nstall\n---\n" FIRST BYE,
		 "sent dot 250; uncertain dot 0; sent dot 250", 20000},
		{"a late answer, and the conversation is over",
		 FIRST ENVELOPE YES "< .\nlate\n" QUEUED "---\n" FIRST BYE,
		 "sent dot 250; sent dot 250; sent dot 250", 20000},
		{"never where it is not wanted",
		 FIRST ENVELOPE YES "< .\n" QUEUED ENVELOPE YES "< .\n" QUEUED BYE,
		 "sent dot 250; sent dot 250; sent dot 250", 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		run_row(&rows[i]);
}

/* The hand of the clock is ours: what is given back in a tick is offered to others in it. */
static void test_given_back(void **state)
{
	struct server peer;
	(void)state;
	server_start(&peer, "gone\n");
	struct smtp_server s = {
		.conf = {.host = "127.0.0.1", .port = peer.port, .connections_max = 2}, .conns = 1};
	struct smtp_pool p = {.conf = SMTP_POOL_CONF_DEFAULT,
			      .servers = &s,
			      .epoll_fd = epoll_create1(EPOLL_CLOEXEC),
			      .now_us = SMTP_SECONDS(100)};
	struct smtp_job job = {.server = &s, .since_us = p.now_us};
	struct smtp_conn slow = {.pool = &p,
				 .server = &s,
				 .state = CONN_DOT,
				 .ahead = &job,
				 .deadline_us = INT64_MAX};
	p.conf.relay_count = 1;
	p.conns = &slow;
	s.last = &s.first;
	smtp_resolve_numeric(&s);
	smtp_pool_tick(&p);
	assert_null(slow.ahead);
	smtp_talk_give_back(&slow); /* nothing more: and the server still waits for a message */
	assert_true(slow.gone);
	assert_int_equal(s.waiting, 1);
	assert_int_equal(s.opening, 1);
	smtp_conn_close(p.conns); /* the one that was opened for it */
	smtp_conn_free_dead(&p);
	assert_ptr_equal(p.conns, &slow);
	(void)close(p.epoll_fd);
	server_stop(&peer);
}

/* Who says that more follow and then hands in the last one need not wake anybody. */
static void test_the_last_one_wakes(void **state)
{
	struct kit k;
	struct str rcpt = STR("r@x.example");
	(void)state;
	kit_open(&k, (const char *const[]){FIRST ENVELOPE YES "< .\n" QUEUED BYE, NULL});
	k.conf.quick_us = 0;
	kit_start(&k);
	for (size_t i = 0; i < 2; i++) {
		struct smtp_mail m = kit_mail(i, &rcpt, 1);
		m.more = i == 0;
		kit_submit(&k, &m);
	}
	kit_wait(&k, 2);
	check_str("both", buf_view(&k.results), "sent dot 250; sent dot 250");
	kit_close(&k, "both");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ahead),
		cmocka_unit_test(test_given_back),
		cmocka_unit_test(test_the_last_one_wakes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
