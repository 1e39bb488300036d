/* SPDX-License-Identifier: Apache-2.0
 * test_appender.c: group commit under many threads, over both logs, with a reader and retention
 * beside it. Also run under ThreadSanitizer. */
#include "log/appender.h"
#include "log/log_memory.h"

#include "base/clock.h"
#include "base/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS 12 /* so many make groups */
#define JOBS 200

struct kit {
	char folder[64], path[96];
	struct log *log;
	struct appender *appender;
	struct err e;
	atomic_uint_fast64_t committed, settled;
	atomic_bool stop;
};

static void on_commit(void *ctx, uint64_t last_seq)
{
	struct kit *k = ctx;
	uint64_t before = atomic_exchange(&k->committed, last_seq);
	assert_true(last_seq > before);
}

static void on_settled(void *ctx)
{
	struct kit *k = ctx;
	(void)atomic_fetch_add(&k->settled, 1);
}

static void open_kit(struct kit *k, bool memory, const struct appender_conf *limits)
{
	struct log_conf conf = LOG_CONF_DEFAULT;
	struct appender_conf ac = *limits;
	*k = (struct kit){.folder = "/tmp/nurtured-appender-XXXXXX"};
	assert_non_null(mkdtemp(k->folder));
	(void)snprintf(k->path, sizeof k->path, "%s/events.db", k->folder);
	conf.path = k->path;
	conf.duplicate_bytes_max = (size_t)1 << 20;
	enum status st = memory ? log_open_memory(&conf, &k->log, &k->e)
				: log_open_sqlite(&conf, &k->log, &k->e);
	assert_int_equal(st, ST_OK);
	ac.log = k->log;
	ac.committed = on_commit;
	ac.settled = on_settled;
	ac.ctx = k;
	assert_int_equal(appender_create(&ac, &k->appender, &k->e), ST_OK);
}

static void close_kit(struct kit *k)
{
	appender_destroy(&k->appender);
	assert_null(k->appender);
	log_close(&k->log);
	(void)unlink(k->path);
	assert_int_equal(rmdir(k->folder), 0);
}

/* --- many threads ------------------------------------------------------------------------- */

struct job {
	struct append_job job; /* first */
	struct log_entry entries[3];
	char ids[3][24];
	atomic_int calls;
	enum status st;
};

struct producer {
	struct kit *k;
	unsigned number;
	pthread_t thread;
	struct job jobs[JOBS];
};

static void job_done(struct append_job *job, enum status st, const struct err *e)
{
	(void)e;
	struct job *j = (struct job *)job;
	j->st = st;
	(void)atomic_fetch_add(&j->calls, 1);
}

/* The third entry of each job is another thread's first: whoever comes later is the duplicate. */
static void fill(struct producer *p, unsigned i)
{
	struct job *j = &p->jobs[i];
	unsigned next = (p->number + 1) % THREADS;
	(void)snprintf(j->ids[0], sizeof j->ids[0], "%u-%u-a", p->number, i);
	(void)snprintf(j->ids[1], sizeof j->ids[1], "%u-%u-b", p->number, i);
	(void)snprintf(j->ids[2], sizeof j->ids[2], "%u-%u-a", next, i);
	for (size_t n = 0; n < 3; n++)
		j->entries[n] = (struct log_entry){.source = STR("web"),
						   .message_id = str_of(j->ids[n]),
						   .body = STR("{}"),
						   .received_us = i};
	j->job = (struct append_job){.entries = j->entries, .n = 3, .done = job_done};
}

static void *produce(void *arg)
{
	struct producer *p = arg;
	for (unsigned i = 0; i < JOBS; i++) {
		fill(p, i);
		while (appender_submit(p->k->appender, &p->jobs[i].job, NULL) == ST_BUSY)
			clock_sleep_us(100);
	}
	return NULL;
}

static void *read_along(void *arg)
{
	struct kit *k = arg;
	struct log_reader *r;
	struct log_record records[16];
	struct arena a;
	uint64_t seq = 1;
	arena_init(&a, (size_t)1 << 20);
	if (log_reader_open(k->log, &r, NULL) != ST_OK)
		return NULL;
	bool last_round = false;
	for (;;) {
		size_t n = COUNT_OF(records);
		struct log_stats s;
		arena_reset(&a);
		if (log_read(r, seq, &a, records, &n, NULL) != ST_OK)
			break;
		seq += n;
		log_stats(k->log, &s);
		if (n == 0 && last_round)
			break;
		last_round = n == 0 && atomic_load(&k->stop);
	}
	log_reader_close(&r);
	arena_finish(&a);
	return (void *)(uintptr_t)(seq - 1);
}

static void many_threads(bool memory)
{
	struct kit k;
	static struct producer producers[THREADS];
	const struct appender_conf limits = {.jobs_max = 50, .commit_entries_max = 40};
	pthread_t reader;
	open_kit(&k, memory, &limits);
	assert_int_equal(pthread_create(&reader, NULL, read_along, &k), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		memset(&producers[i], 0, sizeof producers[i]);
		producers[i].k = &k;
		producers[i].number = i;
		assert_int_equal(pthread_create(&producers[i].thread, NULL, produce, &producers[i]),
				 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(producers[i].thread, NULL), 0);
	appender_destroy(&k.appender); /* finishes what waits */
	atomic_store(&k.stop, true);
	void *read;
	assert_int_equal(pthread_join(reader, &read), 0);
	const uint64_t keys = (uint64_t)THREADS * JOBS * 2;
	assert_int_equal((uintptr_t)read, keys);
	assert_int_equal(atomic_load(&k.committed), keys);
	uint64_t first_copies = 0;
	for (unsigned t = 0; t < THREADS; t++)
		for (unsigned i = 0; i < JOBS; i++) {
			struct job *j = &producers[t].jobs[i];
			assert_int_equal(atomic_load(&j->calls), 1); /* P1 */
			assert_int_equal(j->st, ST_OK);
			for (size_t n = 0; n < 3; n++) {
				assert_true(j->entries[n].seq >= 1 && j->entries[n].seq <= keys);
				first_copies += !j->entries[n].duplicate;
			}
			/* Both who sent the key are told the same place. */
			assert_int_equal(j->entries[2].seq,
					 producers[(t + 1) % THREADS].jobs[i].entries[0].seq);
		}
	assert_int_equal(first_copies, keys);
	close_kit(&k);
}

static void test_many_threads_sqlite(void **state)
{
	(void)state;
	many_threads(false);
}

static void test_many_threads_memory(void **state)
{
	(void)state;
	many_threads(true);
}

/* --- limits and failures ------------------------------------------------------------------ */

struct gate {
	pthread_mutex_t lock;
	atomic_int done;
	enum status st;
};

/* Holds up the appender's thread until the test lets go. */
static void hold(struct append_job *job, enum status st, const struct err *e)
{
	(void)e;
	struct gate *g = job->ctx;
	(void)pthread_mutex_lock(&g->lock);
	(void)pthread_mutex_unlock(&g->lock);
	g->st = st;
	(void)atomic_fetch_add(&g->done, 1);
}

static void test_full_queue(void **state)
{
	(void)state;
	struct kit k;
	struct gate g = {.lock = PTHREAD_MUTEX_INITIALIZER};
	struct log_entry entries[6];
	struct append_job jobs[6];
	const struct appender_conf limits = {.jobs_max = 3};
	struct appender_stats s;
	char ids[6][8];
	open_kit(&k, true, &limits);
	for (size_t i = 0; i < 6; i++) {
		(void)snprintf(ids[i], sizeof ids[i], "%zu", i);
		entries[i] = (struct log_entry){.source = STR("w"), .message_id = str_of(ids[i])};
		jobs[i] = (struct append_job){
			.entries = &entries[i], .n = 1, .done = hold, .ctx = &g};
	}
	(void)pthread_mutex_lock(&g.lock);
	assert_int_equal(appender_submit(k.appender, &jobs[0], &k.e), ST_OK);
	do /* until the thread has taken the first one and hangs in its done */
		appender_stats(k.appender, &s);
	while (s.waiting_jobs > 0);
	for (size_t i = 1; i < 4; i++)
		assert_int_equal(appender_submit(k.appender, &jobs[i], &k.e), ST_OK);
	assert_int_equal(appender_submit(k.appender, &jobs[4], &k.e), ST_BUSY);
	appender_stats(k.appender, &s);
	assert_int_equal(s.refused, 1);
	(void)pthread_mutex_unlock(&g.lock);
	appender_destroy(&k.appender);
	assert_int_equal(atomic_load(&g.done),
			 4); /* all that was taken, nothing that was refused */
	close_kit(&k);
}

static void test_failure_reaches_everybody(void **state)
{
	(void)state;
	struct kit k;
	const struct appender_conf limits = {.jobs_max = 0};
	struct log_entry entries[2] = {{.source = STR("w"), .message_id = STR("1")},
				       {.source = STR("w"), .message_id = STR("2")}};
	open_kit(&k, true, &limits);
	log_memory_fail(k.log, ST_NO_SPACE, 1);
	assert_int_equal(appender_append(k.appender, entries, 2, &k.e), ST_NO_SPACE);
	assert_int_equal(k.e.status, ST_NO_SPACE);
	assert_int_equal(appender_append(k.appender, entries, 2, &k.e), ST_OK);
	assert_int_equal(entries[1].seq, 2);
	assert_int_equal(appender_append(k.appender, entries, 1, &k.e), ST_OK);
	assert_true(entries[0].duplicate);
	close_kit(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many_threads_memory),
		cmocka_unit_test(test_many_threads_sqlite),
		cmocka_unit_test(test_full_queue),
		cmocka_unit_test(test_failure_reaches_everybody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
