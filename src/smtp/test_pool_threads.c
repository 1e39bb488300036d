/* SPDX-License-Identifier: Apache-2.0
 * test_pool_threads.c: many who submit, servers that stall beside servers that do not, and a stop
 * in the middle. Run under TSan too. */
#include "smtp/test_pool_kit.h"

#define HELLO "> 220 hi\n< EHLO us.example\n> 250-there\n> 250 PIPELINING\n"
#define ONE "< MAIL FROM:*\n< RCPT TO:*\n< DATA\n> 250 ok\n> 250 ok\n> 354 go\n< .\n> 250 queued\n"
#define DOT_LOST "< MAIL FROM:*\n< RCPT TO:*\n< DATA\n> 250 ok\n> 250 ok\n> 354 go\n< .\nstall\n"
#define FRIENDLY HELLO "mark\n" ONE "again\n"

#define SENDERS 4
#define MAILS_EACH 100

struct sender {
	struct kit *kit;
	pthread_t thread;
	size_t relay, taken;
};

static void *send_many(void *sender)
{
	struct sender *s = sender;
	const struct str rcpt = STR("r0@x.example");
	for (size_t i = 0; i < MAILS_EACH;) {
		struct smtp_mail m = kit_mail(1000 + i, &rcpt, 1);
		m.relay = s->relay;
		enum status st = smtp_submit(s->kit->pool, &m, NULL);
		assert_true(st == ST_OK || st == ST_BUSY);
		if (st == ST_BUSY)
			clock_sleep_us(200);
		i += st == ST_OK;
	}
	s->taken = MAILS_EACH;
	return NULL;
}

static void send_from_all(struct kit *k, size_t relay)
{
	struct sender senders[SENDERS];
	for (size_t i = 0; i < SENDERS; i++) {
		senders[i] = (struct sender){.kit = k, .relay = relay};
		assert_int_equal(pthread_create(&senders[i].thread, NULL, send_many, &senders[i]),
				 0);
	}
	for (size_t i = 0; i < SENDERS; i++)
		assert_int_equal(pthread_join(senders[i].thread, NULL), 0);
}

static size_t count_of(struct kit *k, const char *outcome)
{
	struct str rest = buf_view(&k->results);
	size_t n = 0;
	while (rest.n > 0)
		n += str_starts(str_trim(str_cut(&rest, ';')), str_of(outcome));
	return n;
}

/* S4: eight mails hang in the conversations of one relay; another's all arrive meanwhile. */
static void test_slow_server(void **state)
{
	static struct kit k;
	const struct str rcpt = STR("r0@x.example");
	(void)state;
	kit_open(&k, (const char *const[]){HELLO "stall\n", FRIENDLY, "stall\n", NULL});
	for (size_t i = 0; i < 3; i++)
		k.relays[i].connections_max = 8;
	k.relays[1].messages_max = 1000;
	k.conf.stop_grace_us = 0;
	kit_start(&k);
	for (uint64_t i = 0; i < 16; i++) {
		struct smtp_mail m = kit_mail(i, &rcpt, 1);
		m.relay = i % 2 ? 0 : 2;
		kit_submit(&k, &m);
	}
	send_from_all(&k, 1);
	kit_wait(&k, SENDERS * MAILS_EACH);
	assert_int_equal(smtp_pool_in_hand(k.pool), 16);
	assert_int_equal(count_of(&k, "sent dot 250"), SENDERS * MAILS_EACH);
	smtp_pool_destroy(&k.pool);
	assert_true(k.turns > 0 && k.turns <= k.count);
	assert_int_equal(k.last, SENDERS * MAILS_EACH + 16);
	assert_int_equal(count_of(&k, "deferred"), 16);
	kit_close(&k, "slow server");
}

/* S1: stopped with mail waiting, talking and unanswered: each gets its one result. */
static void test_stop(void **state)
{
	static struct kit k;
	(void)state;
	for (int round = 0; round < 10; round++) {
		kit_open(&k, (const char *const[]){FRIENDLY, NULL});
		k.relays[0].connections_max = 4;
		k.relays[0].messages_max = 5;
		k.conf.mails_max = 64 + (size_t)round * 64;
		k.conf.stop_grace_us = round % 2 ? 0 : SMTP_SECONDS(5);
		k.conf.queue_wait_us = SMTP_SECONDS(30);
		k.conf.timeouts.quit_us = 1000;
		kit_start(&k);
		struct sender s = {.kit = &k};
		assert_int_equal(pthread_create(&s.thread, NULL, send_many, &s), 0);
		kit_wait(&k, 5);
		assert_int_equal(pthread_join(s.thread, NULL), 0);
		smtp_pool_destroy(&k.pool);
		assert_int_equal(k.last, s.taken);
		assert_int_equal(k.count, s.taken);
		size_t uncertain = count_of(&k, "uncertain");
		assert_true(uncertain == 0 || (round % 2 && uncertain <= 4));
		kit_close(&k, "stop");
	}
}

/* S2 at a stop: the server has the dot and says nothing. */
static void test_stop_at_the_dot(void **state)
{
	static struct kit k;
	const struct str rcpt = STR("r0@x.example");
	(void)state;
	kit_open(&k, (const char *const[]){HELLO DOT_LOST, NULL});
	k.conf.stop_grace_us = 100000;
	kit_start(&k);
	struct smtp_mail m = kit_mail(1, &rcpt, 1);
	kit_submit(&k, &m);
	for (bool there = false; !there; clock_sleep_us(500)) {
		pthread_mutex_lock(&k.servers[0].lock);
		there = k.servers[0].message.n > 0;
		pthread_mutex_unlock(&k.servers[0].lock);
	}
	smtp_pool_destroy(&k.pool);
	check_str("stop at the dot", buf_view(&k.results), "uncertain dot 0");
	kit_close(&k, "stop at the dot");
}

/* The one connection is busy for ever: who waits is told in time. */
static void test_queue_wait(void **state)
{
	static struct kit k;
	const struct str rcpt = STR("r0@x.example");
	(void)state;
	kit_open(&k, (const char *const[]){HELLO "stall\n", NULL});
	k.conf.queue_wait_us = 200000;
	k.conf.stop_grace_us = 0;
	kit_start(&k);
	for (uint64_t i = 0; i < 3; i++) {
		struct smtp_mail m = kit_mail(i, &rcpt, 1);
		kit_submit(&k, &m);
	}
	kit_wait(&k, 2);
	check_str("queue wait", buf_view(&k.results), "deferred queue 0; deferred queue 0");
	smtp_pool_destroy(&k.pool);
	kit_close(&k, "queue wait");
}

/* A server that lets in two and refuses the others: those two do it all. */
static void test_learned_limit(void **state)
{
	static struct kit k;
	(void)state;
	kit_open(&k, (const char *const[]){FRIENDLY "---\n" FRIENDLY "---\n> 421 4.7.0 too many\n",
					   NULL});
	k.relays[0].connections_max = 8;
	k.relays[0].messages_max = 100000;
	k.conf.timeouts.quit_us = 1000;
	kit_start(&k);
	send_from_all(&k, 0);
	kit_wait(&k, SENDERS * MAILS_EACH);
	assert_int_equal(count_of(&k, "sent dot 250"), SENDERS * MAILS_EACH);
	kit_close(&k, "learned limit");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slow_server),     cmocka_unit_test(test_stop),
		cmocka_unit_test(test_stop_at_the_dot), cmocka_unit_test(test_queue_wait),
		cmocka_unit_test(test_learned_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
