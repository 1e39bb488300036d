/* SPDX-License-Identifier: Apache-2.0
 * test_pool_ahead.c: the envelope of the next mail behind the message of this one: when it goes
 * there, and what becomes of its mail when the answer to the message is late, or never comes. */
#include "smtp/test_pool_kit.h"

#define HELLO "> 220 hi\n< EHLO us.example\n> 250-there\n> 250 PIPELINING\n"
#define ENVELOPE "< MAIL FROM:<f@us.example>\n< RCPT TO:<r@x.example>\n< DATA\n"
#define YES "> 250 ok\n> 250 ok\n> 354 go\n"
#define QUEUED "> 250 queued\n"
#define FIRST HELLO ENVELOPE YES "< .\n" QUEUED
#define BYE "< QUIT\n> 221 bye\n"

struct row {
	const char *name, *script;
	const char *want;
	int64_t quick_us;
};

#define ALWAYS SMTP_SECONDS(600)

/* Three mails, all of them in the line before the first is begun. */
static void run_row(const struct row *row)
{
	struct kit k;
	struct str rcpt = STR("r@x.example");
	kit_open(&k, (const char *const[]){row->script, NULL});
	k.conf.quick_us = row->quick_us;
	k.conf.timeouts.dot_us = 600000;
	kit_start(&k);
	for (size_t i = 0; i < 3; i++) {
		struct smtp_mail m = kit_mail(i, &rcpt, 1);
		m.more = true;
		kit_submit(&k, &m);
	}
	smtp_pool_wake(k.pool);
	kit_wait(&k, 3);
	check_str(row->name, buf_view(&k.results), row->want);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ahead),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
