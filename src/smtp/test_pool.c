/* SPDX-License-Identifier: Apache-2.0
 * test_pool.c: what becomes of a mail when the server says this or that, line by line. */
#include "smtp/test_pool_kit.h"

#define HELLO "> 220 hi\n< EHLO us.example\n> 250 there\n"
#define HELLO_PIPE "> 220 hi\n< EHLO us.example\n> 250-there\n> 250 PIPELINING\n"
#define MAIL "< MAIL FROM:<f@us.example>\n"
#define RCPT "< RCPT TO:<r0@x.example>\n"
#define SENT MAIL "> 250 ok\n" RCPT "> 250 ok\n< DATA\n> 354 go\n< .\n> 250 2.0.0 queued\n"
#define SENT_PIPE MAIL RCPT "< DATA\n> 250 ok\n> 250 ok\n> 354 go\n< .\n> 250 queued\n"
#define BYE "< QUIT\n> 221 bye\n"

struct row {
	const char *name, *script;
	const char *want; /* the results, one for each recipient */
	size_t mails, rcpts;
};

static void run_row(const struct row *row)
{
	struct kit k;
	char address[4][24];
	struct str rcpts[4];
	size_t mails = row->mails, n = row->rcpts;
	kit_open(&k, (const char *const[]){row->script, NULL});
	k.conf.timeouts.greeting_us = k.conf.timeouts.hello_us = k.conf.timeouts.mail_us =
		k.conf.timeouts.dot_us = k.conf.timeouts.body_us = 300000;
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(address[i], sizeof address[i], "r%zu@x.example", i);
		rcpts[i] = str_of(address[i]);
	}
	kit_start(&k);
	for (size_t i = 0; i < mails; i++) {
		struct smtp_mail m = kit_mail(i, rcpts, n);
		kit_submit(&k, &m);
	}
	kit_wait(&k, mails);
	check_str(row->name, buf_view(&k.results), row->want);
	assert_int_equal(k.count, mails * n);
	kit_close(&k, row->name);
}

static void run_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		run_row(&rows[i]);
}

static void test_transactions(void **state)
{
	static const struct row rows[] = {
		{"sent", HELLO SENT BYE, "sent dot 250 2.0.0", 1, 1},
		{"sent, pipelined", HELLO_PIPE SENT_PIPE BYE, "sent dot 250", 1, 1},
		{"one connection, no RSET between", HELLO_PIPE SENT_PIPE SENT_PIPE BYE,
		 "sent dot 250; sent dot 250", 2, 1},
		{"greeting of many lines",
		 "> 220-hi\n> 220-you\n> 220 there\n< EHLO us.example\n"
		 "> 250 there\n" SENT BYE,
		 "sent dot 250 2.0.0", 1, 1},
		{"a server without EHLO",
		 "> 220 hi\n< EHLO us.example\n> 502 what\n< HELO us.example\n> 250 yes\n" SENT BYE,
		 "sent dot 250 2.0.0", 1, 1},
		{"replies in pieces",
		 ">. 22\n< EHLO*\n", /* "22" is no greeting: it waits, in vain */
		 "deferred greeting 0", 1, 1},
		{"return path refused for good", HELLO MAIL "> 550 5.1.8 no\n" BYE,
		 "failed mail 550 5.1.8", 1, 1},
		{"refused for now, pipelined",
		 HELLO_PIPE MAIL RCPT
		 "< DATA\n> 451 4.3.0 later\n> 503 no\n> 503 no\n" SENT_PIPE BYE,
		 "deferred mail 451 4.3.0; sent dot 250", 2, 1},
		{"recipient refused", HELLO MAIL "> 250 ok\n" RCPT "> 550 5.1.1 who\n" BYE,
		 "failed rcpt 550 5.1.1", 1, 1},
		{"recipient refused, then RSET before the next",
		 HELLO MAIL "> 250 ok\n" RCPT "> 550 5.1.1 who\n< RSET\n> 250 ok\n" SENT BYE,
		 "failed rcpt 550 5.1.1; sent dot 250 2.0.0", 2, 1},
		{"the same, pipelined",
		 HELLO_PIPE MAIL RCPT
		 "< DATA\n> 250 ok\n> 550 5.1.1 who\n> 554 none\n< RSET\n" MAIL RCPT
		 "< DATA\n> 250 ok\n> 250 ok\n> 250 ok\n> 354 go\n< .\n> 250 queued\n" BYE,
		 "failed rcpt 550 5.1.1; sent dot 250", 2, 1},
		{"greylisted", HELLO MAIL "> 250 ok\n" RCPT "> 450 4.7.1 come back\n" BYE,
		 "deferred rcpt 450 4.7.1", 1, 1},
		{"552 to RCPT is 452", HELLO MAIL "> 250 ok\n" RCPT "> 552 too many\n" BYE,
		 "deferred rcpt 552", 1, 1},
		{"some of three",
		 HELLO MAIL "> 250 ok\n" RCPT
			    "> 250 ok\n< RCPT TO:<r1@x.example>\n> 550 5.1.1 who\n"
			    "< RCPT TO:<r2@x.example>\n> 452 4.2.2 full\n< DATA\n> 354 go\n< .\n"
			    "> 250 ok\n" BYE,
		 "failed rcpt 550 5.1.1; deferred rcpt 452 4.2.2; sent dot 250", 1, 3},
		{"message for nobody",
		 HELLO_PIPE MAIL RCPT "< DATA\n> 250 ok\n> 550 5.1.1 who\n> 354 go\ngone\n",
		 "failed rcpt 550 5.1.1", 1, 1},
		{"DATA refused", HELLO MAIL "> 250 ok\n" RCPT "> 250 ok\n< DATA\n> 451 no\n" BYE,
		 "deferred data 451", 1, 1},
		{"message refused for good",
		 HELLO MAIL "> 250 ok\n" RCPT
			    "> 250 ok\n< DATA\n> 354 go\n< .\n> 554 5.7.1 spam\n" BYE,
		 "failed dot 554 5.7.1", 1, 1},
		{"message refused for now",
		 HELLO MAIL "> 250 ok\n" RCPT
			    "> 250 ok\n< DATA\n> 354 go\n< .\n> 451 4.3.0 x\n" BYE,
		 "deferred dot 451 4.3.0", 1, 1},
		{"who we are was not accepted", HELLO MAIL "> 530 5.7.0 log in\n" BYE,
		 "deferred mail 530 5.7.0", 1, 1},
	};
	(void)state;
	run_rows(rows, COUNT_OF(rows));
}

/* S2: the line between "deferred" and "uncertain" is the last byte of the dot. */
static void test_losses(void **state)
{
	static const struct row rows[] = {
		{"hangs up at once", "---\n", "deferred greeting 0", 1, 1},
		{"no greeting in time", "stall\n", "deferred greeting 0", 1, 1},
		{"greeting refused", "> 554 go away\n", "deferred greeting 554", 1, 1},
		{"421 for a greeting", "> 421 4.3.2 busy\n", "deferred greeting 421 4.3.2", 1, 1},
		{"not SMTP", "> SSH-2.0-x\ngone\n", "deferred greeting 0", 1, 1},
		{"endless greeting", "flood\n", "deferred greeting 0", 1, 1},
		{"EHLO refused for now", "> 220 hi\n< EHLO*\n> 451 no\ngone\n",
		 "deferred hello 451", 1, 1},
		{"hangs up on EHLO", "> 220 hi\n< EHLO*\n", "deferred hello 0", 1, 1},
		{"421 to MAIL", HELLO MAIL "> 421 4.3.2 bye\n", "deferred mail 421 4.3.2", 1, 1},
		{"stalls at MAIL", HELLO MAIL "stall\n", "deferred mail 0", 1, 1},
		{"hangs up on RCPT", HELLO MAIL "> 250 ok\n" RCPT, "deferred rcpt 0", 1, 1},
		{"hangs up after DATA", HELLO MAIL "> 250 ok\n" RCPT "> 250 ok\n< DATA\n",
		 "deferred data 0", 1, 1},
		{"nonsense to DATA",
		 HELLO MAIL "> 250 ok\n" RCPT "> 250 ok\n< DATA\n> 250 ok\ngone\n",
		 "deferred data 0", 1, 1},
		{"hangs up on the dot",
		 HELLO MAIL "> 250 ok\n" RCPT "> 250 ok\n< DATA\n> 354 go\n< .\n",
		 "uncertain dot 0", 1, 1},
		{"no answer to the dot",
		 HELLO MAIL "> 250 ok\n" RCPT "> 250 ok\n< DATA\n> 354 go\n< .\nstall\n",
		 "uncertain dot 0", 1, 1},
		{"garbage to the dot",
		 HELLO MAIL "> 250 ok\n" RCPT "> 250 ok\n< DATA\n> 354 go\n< .\n> what\ngone\n",
		 "uncertain dot 0", 1, 1},
		{"endless answer to the dot",
		 HELLO MAIL "> 250 ok\n" RCPT "> 250 ok\n< DATA\n> 354 go\n< .\nflood\n",
		 "uncertain dot 0", 1, 1},
		{"half an answer to the dot",
		 HELLO MAIL "> 250 ok\n" RCPT "> 250 ok\n< DATA\n> 354 go\n< .\n>. 250 o\n",
		 "uncertain dot 0", 1, 1},
		{"421 to the dot",
		 HELLO MAIL "> 250 ok\n" RCPT "> 250 ok\n< DATA\n> 354 go\n< .\n> 421 bye\n",
		 "deferred dot 421", 1, 1},
		{"one of two is lost",
		 HELLO MAIL "> 250 ok\n" RCPT
			    "> 250 ok\n< RCPT TO:<r1@x.example>\n> 550 5.1.1 who\n< DATA\n"
			    "> 354 go\n< .\n",
		 "failed rcpt 550 5.1.1; uncertain dot 0", 1, 2},
		{"says more than it was asked",
		 HELLO MAIL "> 250 ok\n" RCPT
			    "> 250 ok\n< DATA\n> 354 go\n< .\n> 250 ok\n> 250 and\ngone\n",
		 "sent dot 250", 1, 1},
	};
	(void)state;
	run_rows(rows, COUNT_OF(rows));
}

/* A kept connection that died is no news about a mail; a second death is. */
static void test_reuse(void **state)
{
	static const struct row rows[] = {
		{"421 on a kept connection: another one is opened",
		 HELLO_PIPE SENT_PIPE MAIL "> 421 enough\n---\n" HELLO_PIPE SENT_PIPE BYE,
		 "sent dot 250; sent dot 250", 2, 1},
		{"hung up on a kept connection",
		 HELLO_PIPE SENT_PIPE "---\n" HELLO_PIPE SENT_PIPE BYE,
		 "sent dot 250; sent dot 250", 2, 1},
		{"and again on the fresh one", HELLO_PIPE SENT_PIPE "---\n" HELLO_PIPE MAIL,
		 "sent dot 250; deferred mail 0", 2, 1},
		{"not when the server took MAIL",
		 HELLO_PIPE SENT_PIPE MAIL RCPT "< DATA\n> 250 ok\n",
		 "sent dot 250; deferred rcpt 0", 2, 1},
	};
	(void)state;
	run_rows(rows, COUNT_OF(rows));
}

static const struct secured {
	struct row row;
	enum smtp_security security;
	const char *user;
	bool in_clear;
} secured_rows[] = {
	{{"required, not offered", HELLO "gone\n", "deferred hello 0", 1, 1},
	 SMTP_SECURITY_STARTTLS,
	 NULL,
	 false},
	{{"required, refused",
	  "> 220 hi\n< EHLO*\n> 250-x\n> 250 STARTTLS\n< STARTTLS\n> 454 4.7.0 no\ngone\n",
	  "deferred starttls 454 4.7.0", 1, 1},
	 SMTP_SECURITY_STARTTLS,
	 NULL,
	 false},
	{{"words slipped in behind the answer",
	  "> 220 hi\n< EHLO*\n> 250-x\n> 250 STARTTLS\n< STARTTLS\n> 220 go\n> 250 "
	  "x\ngone\n",
	  "deferred starttls 0", 1, 1},
	 SMTP_SECURITY_STARTTLS,
	 NULL,
	 false},
	{{"no TLS behind the answer",
	  "> 220 hi\n< EHLO*\n> 250-x\n> 250 STARTTLS\n< STARTTLS\n> 220 go\n", "deferred tls 0", 1,
	  1},
	 SMTP_SECURITY_STARTTLS,
	 NULL,
	 false},
	{{"welcome, not offered", HELLO SENT BYE, "sent dot 250 2.0.0", 1, 1},
	 SMTP_SECURITY_STARTTLS_IF_OFFERED,
	 NULL,
	 false},
	{{"welcome, refused",
	  "> 220 hi\n< EHLO*\n> 250-x\n> 250 STARTTLS\n< STARTTLS\n> 454 no\n" SENT BYE,
	  "sent dot 250 2.0.0", 1, 1},
	 SMTP_SECURITY_STARTTLS_IF_OFFERED,
	 NULL,
	 false},
	{{"welcome, broken: a second connection does without",
	  "> 220 hi\n< EHLO*\n> 250-x\n> 250 STARTTLS\n< STARTTLS\n> 220 go\n---\n"
	  "> 220 hi\n< EHLO*\n> 250-x\n> 250 STARTTLS\n" SENT BYE,
	  "sent dot 250 2.0.0", 1, 1},
	 SMTP_SECURITY_STARTTLS_IF_OFFERED,
	 NULL,
	 false},
	{{"not TLS at all", "> 220 hi\ngone\n", "deferred tls 0", 1, 1},
	 SMTP_SECURITY_TLS,
	 NULL,
	 false},
	{{"PLAIN",
	  "> 220 hi\n< EHLO*\n> 250-x\n> 250 AUTH LOGIN PLAIN\n"
	  "< AUTH PLAIN AHVzZXIAcHc=\n> 235 ok\n" SENT BYE,
	  "sent dot 250 2.0.0", 1, 1},
	 SMTP_SECURITY_NONE,
	 "user",
	 true},
	{{"LOGIN",
	  "> 220 hi\n< EHLO*\n> 250-x\n> 250 AUTH LOGIN\n< AUTH LOGIN\n> 334 VXNlcg==\n"
	  "< dXNlcg==\n> 334 UGFzcw==\n< cHc=\n> 235 ok\n" SENT BYE,
	  "sent dot 250 2.0.0", 1, 1},
	 SMTP_SECURITY_NONE,
	 "user",
	 true},
	{{"wrong password: about us, not about the mail",
	  "> 220 hi\n< EHLO*\n> 250-x\n> 250 AUTH PLAIN\n< AUTH PLAIN*\n> 535 5.7.8 "
	  "no\ngone\n",
	  "deferred auth 535 5.7.8", 1, 1},
	 SMTP_SECURITY_NONE,
	 "user",
	 true},
	{{"no AUTH", HELLO "gone\n", "deferred hello 0", 1, 1}, SMTP_SECURITY_NONE, "user", true},
	{{"no TLS, so no password", "> 220 hi\n< EHLO*\n> 250-x\n> 250 AUTH PLAIN\ngone\n",
	  "deferred hello 0", 1, 1},
	 SMTP_SECURITY_STARTTLS,
	 "user",
	 false},
};

static void test_security(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(secured_rows); i++) {
		struct kit k;
		const struct str rcpt = STR("r0@x.example");
		struct smtp_mail m = kit_mail(1, &rcpt, 1);
		kit_open(&k, (const char *const[]){secured_rows[i].row.script, NULL});
		k.relays[0].security = secured_rows[i].security;
		k.relays[0].user = secured_rows[i].user;
		k.relays[0].password = secured_rows[i].user != NULL ? "pw" : NULL;
		k.relays[0].auth_in_clear = secured_rows[i].in_clear;
		kit_start(&k);
		kit_submit(&k, &m);
		kit_wait(&k, 1);
		check_str(secured_rows[i].row.name, buf_view(&k.results), secured_rows[i].row.want);
		kit_close(&k, secured_rows[i].row.name);
	}
}

static void test_capabilities(void **state)
{
	static const struct {
		struct row row;
		const char *rcpt, *bytes;
	} rows[] = {
		{{"SIZE and 8BITMIME",
		  "> 220 hi\n< EHLO*\n> 250-x\n> 250-SIZE 100\n> 250 8BITMIME\n"
		  "< MAIL FROM:<f@us.example> SIZE=7 BODY=8BITMIME\n> 550 enough\n" BYE,
		  "failed mail 550", 1, 1},
		 "r@x.example",
		 "b\xc3\xb6"
		 "dy\r\n"},
		{{"too large", "> 220 hi\n< EHLO*\n> 250-x\n> 250 SIZE 6\n" BYE,
		  "failed mail 0 5.3.4", 1, 1},
		 "r@x.example",
		 "body!\r\n"},
		{{"8 bit, not taken", HELLO BYE, "failed mail 0 5.6.3", 1, 1},
		 "r@x.example",
		 "b\xc3\xb6\r\n"},
		{{"international, not taken", HELLO BYE, "failed mail 0 5.6.7", 1, 1},
		 "\xc3\xb6@x.example",
		 "body\r\n"},
		{{"international",
		  "> 220 hi\n< EHLO*\n> 250-x\n> 250 SMTPUTF8\n"
		  "< MAIL FROM:<f@us.example> SMTPUTF8\n> 550 enough\n" BYE,
		  "failed mail 550", 1, 1},
		 "\xc3\xb6@x.example",
		 "body\r\n"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct kit k;
		const struct str rcpt = str_of(rows[i].rcpt);
		struct smtp_mail m = kit_mail(1, &rcpt, 1);
		m.bytes = str_of(rows[i].bytes);
		kit_open(&k, (const char *const[]){rows[i].row.script, NULL});
		kit_start(&k);
		kit_submit(&k, &m);
		kit_wait(&k, 1);
		check_str(rows[i].row.name, buf_view(&k.results), rows[i].row.want);
		kit_close(&k, rows[i].row.name);
	}
}

/* A message of megabytes passes in pieces and arrives as it is, dots and all. */
static void test_large(void **state)
{
	struct kit k;
	struct buf message, want;
	const struct str rcpt = STR("r0@x.example");
	(void)state;
	buf_init(&message, 8 << 20);
	buf_init(&want, 8 << 20);
	for (int i = 0; i < 60000; i++) {
		const char *line = i % 7 == 0 ? ".a line with a dot in front of it\r\n"
					      : "and one of the other kind, longer\r\n";
		buf_z(&message, line);
		buf_z(&want, i % 7 == 0 ? "." : "");
		buf_z(&want, line);
	}
	buf_z(&want, ".\r\n");
	kit_open(&k, (const char *const[]){HELLO_PIPE SENT_PIPE BYE, NULL});
	struct smtp_mail m = kit_mail(1, &rcpt, 1);
	m.bytes = buf_view(&message);
	kit_start(&k);
	kit_submit(&k, &m);
	kit_wait(&k, 1);
	check_str("large", buf_view(&k.results), "sent dot 250");
	assert_true(str_eq(buf_view(&k.servers[0].message), buf_view(&want)));
	kit_close(&k, "large");
	buf_finish(&message);
	buf_finish(&want);
}

static void test_messages_max(void **state)
{
	struct kit k;
	const struct str rcpt = STR("r0@x.example");
	(void)state;
	kit_open(&k, (const char *const[]){HELLO_PIPE SENT_PIPE SENT_PIPE BYE, NULL});
	k.relays[0].messages_max = 2;
	kit_start(&k);
	for (uint64_t i = 0; i < 6; i++) {
		struct smtp_mail m = kit_mail(i, &rcpt, 1);
		kit_submit(&k, &m);
	}
	kit_wait(&k, 6);
	kit_close(&k, "messages_max");
	assert_int_equal(k.servers[0].conn_count, 3);
}

static void test_nobody_there(void **state)
{
	struct kit k;
	const struct str rcpt = STR("r0@x.example");
	(void)state;
	kit_open(&k, (const char *const[]){"gone\n", NULL});
	k.relays[0].port = 1; /* nobody listens there */
	kit_start(&k);
	for (uint64_t i = 0; i < 3; i++) {
		struct smtp_mail m = kit_mail(i, &rcpt, 1);
		kit_submit(&k, &m);
	}
	kit_wait(&k, 3);
	check_str("nobody", buf_view(&k.results),
		  "deferred connect 0; deferred connect 0; deferred connect 0");
	kit_close(&k, "nobody");
}

static void test_names(void **state)
{
	struct kit k;
	const struct str rcpt = STR("r0@x.example");
	(void)state;
	kit_open(&k, (const char *const[]){HELLO SENT BYE, HELLO SENT BYE, NULL});
	k.relays[0].host = "localhost";
	k.relays[1].host = "no-such-host.invalid";
	kit_start(&k);
	struct smtp_mail m = kit_mail(1, &rcpt, 1);
	kit_submit(&k, &m);
	kit_wait(&k, 1);
	m.relay = m.id = 2 - 1;
	kit_submit(&k, &m);
	kit_wait(&k, 2);
	check_str("names", buf_view(&k.results), "sent dot 250 2.0.0; deferred resolve 0");
	kit_close(&k, "names");
}

static void test_refused_settings(void **state)
{
	static const struct smtp_relay rows[] = {
		{.port = 25},
		{.host = "", .port = 25},
		{.host = "mail.example\r\n", .port = 25},
		{.host = "mail.example"},
		{.host = "mail.example", .port = 25, .user = "u"},
		{.host = "mail.example", .port = 25, .user = "u", .password = "p"},
		{.host = "mail.example",
		 .port = 25,
		 .user = "u",
		 .password = "p",
		 .security = SMTP_SECURITY_STARTTLS_IF_OFFERED},
		{.host = "mail.example", .port = 25, .connections_max = 100000},
	};
	struct smtp_pool *p = NULL;
	(void)state;
	for (size_t i = 0; i <= COUNT_OF(rows); i++) {
		struct smtp_pool_conf conf = SMTP_POOL_CONF_DEFAULT;
		conf.listener.on_result = kit_on_result;
		conf.helo_name = "us.example";
		conf.relays = &rows[i];
		conf.relay_count = i < COUNT_OF(rows);
		assert_int_equal(smtp_pool_create(&conf, &p, NULL), ST_INVALID);
		assert_null(p);
	}
	struct smtp_pool_conf conf = SMTP_POOL_CONF_DEFAULT;
	struct smtp_relay tls = {.host = "mail.example",
				 .port = 465,
				 .security = SMTP_SECURITY_TLS,
				 .ca_path = "/no/such/file.pem"};
	conf.listener.on_result = kit_on_result;
	conf.helo_name = "us.example";
	conf.relays = &tls;
	conf.relay_count = 1;
	assert_int_equal(smtp_pool_create(&conf, &p, NULL), ST_IO);
	smtp_pool_destroy(&p); /* accepts NULL */
}

static void test_refused_mail(void **state)
{
	struct kit k;
	struct str rcpts[SMTP_RCPTS_MAX + 1];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rcpts); i++)
		rcpts[i] = STR("r0@x.example");
	kit_open(&k, (const char *const[]){"gone\n", NULL});
	k.conf.mails_max = 1;
	kit_start(&k);
	struct smtp_mail m = kit_mail(1, rcpts, 0);
	assert_int_equal(smtp_submit(k.pool, &m, NULL), ST_LIMIT);
	m = kit_mail(1, rcpts, COUNT_OF(rcpts));
	assert_int_equal(smtp_submit(k.pool, &m, NULL), ST_LIMIT);
	m = kit_mail(1, rcpts, 1);
	m.from = STR("x");
	assert_int_equal(smtp_submit(k.pool, &m, NULL), ST_INVALID);
	m = kit_mail(1, rcpts, 1);
	m.bytes = STR("bare\nline\r\n");
	assert_int_equal(smtp_submit(k.pool, &m, NULL), ST_INVALID);
	rcpts[0] = STR("r0@x.example>\r\nDATA");
	m = kit_mail(1, rcpts, 1);
	assert_int_equal(smtp_submit(k.pool, &m, NULL), ST_INVALID);
	assert_int_equal(smtp_pool_in_hand(k.pool), 0);
	rcpts[0] = STR("r0@x.example");
	m.from = STR(""); /* the null sender is one */
	kit_submit(&k, &m);
	assert_int_equal(smtp_submit(k.pool, &m, NULL), ST_BUSY);
	kit_close(&k, "refused");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_transactions), cmocka_unit_test(test_losses),
		cmocka_unit_test(test_reuse),        cmocka_unit_test(test_security),
		cmocka_unit_test(test_capabilities), cmocka_unit_test(test_large),
		cmocka_unit_test(test_messages_max), cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_names),        cmocka_unit_test(test_refused_settings),
		cmocka_unit_test(test_refused_mail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
