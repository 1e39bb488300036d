/* SPDX-License-Identifier: Apache-2.0
 * test_hits.c: hits of the log get their verdicts, each one, whatever was told before (V1, V3). The
 * hits are of an hour ago, so that every verdict is final at once. */
#include "base/test.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/time.h"
#include "daemon/hits.h"
#include "engine/outbox.h"

#include <stdlib.h>
#include <unistd.h>

#define FIREFOX "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
#define RECORDS_MAX 200000

struct fixture {
	char dir[64];
	struct log *log;
	struct store *store;
	struct metrics *metrics;
	struct appender *appender;
	struct arena arena;
	int64_t ago_us;
};

static void start(struct fixture *f)
{
	struct err e;
	*f = (struct fixture){.dir = "/tmp/nurtured-hits-XXXXXX"};
	assert_non_null(mkdtemp(f->dir));
	arena_init(&f->arena, (size_t)1 << 30);
	f->metrics = metrics_create();
	f->ago_us = clock_now_us() - US_PER_H;
	assert_int_equal(log_open_memory(&LOG_CONF_DEFAULT, &f->log, &e), ST_OK);
	assert_int_equal(store_open_memory(&STORE_CONF_DEFAULT, &f->store, &e), ST_OK);
	assert_int_equal(appender_create(&(struct appender_conf){.log = f->log}, &f->appender, &e),
			 ST_OK);
}

static void finish(struct fixture *f)
{
	char path[128];
	appender_destroy(&f->appender);
	store_close(&f->store);
	log_close(&f->log);
	metrics_destroy(&f->metrics);
	arena_finish(&f->arena);
	(void)snprintf(path, sizeof path, "%s/hits.json", f->dir);
	(void)unlink(path);
	assert_int_equal(rmdir(f->dir), 0);
}

static struct hits *life(struct fixture *f)
{
	struct hits *h = NULL;
	struct err e;
	struct hits_conf conf = {
		.dir = f->dir, .log = f->log, .appender = f->appender, .metrics = f->metrics};
	assert_int_equal(store_reader(f->store, &conf.store, &e), ST_OK);
	assert_int_equal(hits_create(&conf, &h, &e), ST_OK);
	assert_int_equal(hits_start(h, &e), ST_OK);
	return h;
}

static struct hit click(const struct fixture *f, uint64_t message, uint32_t link)
{
	return (struct hit){
		.message = message,
		.was = {.what = MACHINE_CLICKED,
			.link = link,
			.method = STR("GET"),
			.user_agent = STR(FIREFOX),
			.ip = STR("203.0.113.7"),
			.accept_language = STR("de"),
			.at_us = f->ago_us},
		.target = STR("https://larkspur.example/"),
	};
}

/* Into the log, as the door does it; `hit` learns its place. */
static void put(struct fixture *f, struct hit *hits, size_t n)
{
	static unsigned number;
	struct err e;
	struct log_entry *entries = ARENA_ARRAY(&f->arena, struct log_entry, n);
	assert_non_null(entries);
	for (size_t i = 0; i < n; i++) {
		struct event ev;
		struct buf text;
		buf_init_arena(&text, &f->arena, HIT_BYTES_MAX);
		assert_int_equal(hit_event(&hits[i], &f->arena, &ev, &e), ST_OK);
		assert_int_equal(event_encode(&ev, &text, &e), ST_OK);
		entries[i] = (struct log_entry){
			.source = STR(HIT_SOURCE),
			.message_id = arena_printf(&f->arena, "r-%u", number++),
			.body = buf_view(&text),
			.received_us = f->ago_us,
		};
	}
	assert_int_equal(log_append(f->log, entries, n, &e), ST_OK);
	for (size_t i = 0; i < n; i++)
		hits[i].seq = entries[i].seq;
}

struct found {
	size_t n, machines, of_hit[64]; /* of_hit: verdicts on the hits of the first places */
};

static void look(struct fixture *f, struct found *out)
{
	struct log_reader *r;
	struct log_record *records = ARENA_ARRAY(&f->arena, struct log_record, RECORDS_MAX);
	size_t n = RECORDS_MAX;
	struct err e;
	*out = (struct found){.n = 0};
	assert_int_equal(log_reader_open(f->log, &r, &e), ST_OK);
	assert_int_equal(log_read(r, 1, &f->arena, records, &n, &e), ST_OK);
	for (size_t i = 0; i < n; i++) {
		struct event ev;
		uint64_t seq = hit_of_verdict(records[i].message_id);
		if (seq == 0)
			continue;
		assert_int_equal(event_decode(records[i].body, &f->arena, &ev, &e), ST_OK);
		out->n++;
		out->machines += (ev.flags & EVENT_MACHINE) != 0;
		if (seq < COUNT_OF(out->of_hit))
			out->of_hit[seq]++;
	}
	log_reader_close(&r);
}

/* A life that ends when so many verdicts were told since the first, or after half a minute. */
static void live(struct fixture *f, struct hits *h, int64_t verdicts)
{
	for (int i = 0; i < 3000; i++) {
		if (metrics_get(f->metrics, METRIC_HITS_HUMAN) +
			    metrics_get(f->metrics, METRIC_HITS_MACHINE) >=
		    verdicts)
			break;
		clock_sleep_us(US_PER_S / 100);
	}
	hits_destroy(&h);
}

/* In the log before anybody looked: a lone click, and three links at once. */
static void test_found_at_the_start(void **state)
{
	struct fixture f;
	struct found x;
	(void)state;
	start(&f);
	struct hit hits[] = {click(&f, 1, 1), click(&f, 2, 1), click(&f, 2, 2), click(&f, 2, 3)};
	put(&f, hits, 4);
	for (int lives = 0; lives < 3; lives++) {
		live(&f, life(&f), 4);
		look(&f, &x);
		assert_int_equal(x.n, 4);
		assert_int_equal(x.machines, 3);
	}
	for (size_t i = 1; i <= 4; i++)
		assert_int_equal(x.of_hit[i], 1);
	finish(&f);
}

/* One came while the process ran, one while it did not, and the file was lost between. */
static void test_between_lives(void **state)
{
	struct fixture f;
	struct found x;
	char path[128];
	(void)state;
	start(&f);
	struct hits *h = life(&f);
	struct hit first = click(&f, 1, 1), second = click(&f, 1, 2);
	put(&f, &first, 1);
	hits_add(h, &first);
	hits_settled(h, first.seq);
	live(&f, h, 1);
	look(&f, &x);
	assert_int_equal(x.n, 1);
	put(&f, &second, 1);
	(void)snprintf(path, sizeof path, "%s/hits.json", f.dir);
	assert_int_equal(unlink(path), 0); /* it was kept */
	live(&f, life(&f), 2);
	look(&f, &x);
	assert_int_equal(x.n, 2);
	assert_int_equal(x.machines, 0); /* two links are no burst */
	finish(&f);
}

static void sent(struct fixture *f, uint64_t id, uint32_t links_n)
{
	struct err e;
	const struct message m = {.id = id,
				  .lead = 1,
				  .state = MESSAGE_SENT,
				  .links_n = links_n,
				  .due_us = f->ago_us - US_PER_H,
				  .sent_us = f->ago_us - US_PER_H};
	assert_int_equal(outbox_add(f->store, &m, &f->arena, &e), ST_OK);
}

/* Two of two at once is a machine, two of many is not yet one: the row says how many there are. */
static void test_all_links_of_a_short_mail(void **state)
{
	struct fixture f;
	struct found x;
	(void)state;
	start(&f);
	sent(&f, 1, 2);
	sent(&f, 2, 5);
	struct hit hits[] = {click(&f, 1, 1), click(&f, 1, 2), click(&f, 2, 1), click(&f, 2, 2)};
	put(&f, hits, 4);
	live(&f, life(&f), 4);
	look(&f, &x);
	assert_int_equal(x.n, 4);
	assert_int_equal(x.machines, 2);
	finish(&f);
}

/* More than are held: none is left out. */
static void test_more_than_fit(void **state)
{
	struct fixture f;
	struct found x;
	size_t n = HITS_HELD_MAX + 5000;
	(void)state;
	start(&f);
	struct hit *hits = mem_array(n, sizeof *hits);
	for (size_t i = 0; i < n; i++)
		hits[i] = click(&f, i + 1, 1);
	put(&f, hits, n);
	live(&f, life(&f), (int64_t)n);
	look(&f, &x);
	assert_int_equal(x.n, n);
	mem_free(hits);
	finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found_at_the_start),
		cmocka_unit_test(test_between_lives),
		cmocka_unit_test(test_all_links_of_a_short_mail),
		cmocka_unit_test(test_more_than_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
