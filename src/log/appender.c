/* SPDX-License-Identifier: Apache-2.0
 * appender.c: a list under a mutex, taken whole. The thread is woken only when it sleeps, and never
 * by who holds the lock it wants next, so under load a submit is a lock, two pointers and an
 * unlock. While one commit is on its way to the disk the next one gathers: the slower the disk, the
 * larger the group.
 *
 * On a fast disk that alone makes groups of ten out of hundreds of callers, and the processor that
 * each sync costs is the door's. So the callers are counted: those a commit has just answered and
 * those who wait by then. Half of them make the next group, the other half being on its way here
 * meanwhile, as long as the first of them has not waited group_wait_us(). Few callers never
 * wait: they leave processors idle, and a tenth of a millisecond is a third of their answer. */
#include "log/appender.h"

#include "base/assert.h"
#include "base/clock.h"

#include <pthread.h>
#include <string.h>

#define GROUP_FROM 32u      /* callers; with fewer, a commit begins at once */
#define GROUP_ENTRIES 1000u /* enough to share a sync, however few callers brought them */
#define GROUP_WAIT_US 300
#define GROUP_WAIT_EACH_US 5 /* and so much for each caller: they come one by one */
#define GROUP_WAIT_MOST_US 3000

struct appender {
	struct appender_conf conf;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct append_job *first, **last;
	enum { AWAKE, DOZING, ASLEEP } rest; /* dozing: looks up by itself when it is time */
	bool stop;
	size_t callers;         /* who were seen to be about, of late */
	size_t waiting_entries; /* of the jobs in the queue */
	int64_t first_us;       /* when the first of them came, monotonic */
	struct appender_stats stats;
	enum status health;
	struct err why;
	struct log_entry *batch; /* commit_entries_max of them, owned by the thread */
};

static size_t job_bytes(const struct append_job *job)
{
	size_t bytes = sizeof *job;
	for (size_t i = 0; i < job->n; i++) {
		const struct log_entry *en = &job->entries[i];
		bytes += sizeof *en + en->body.n + en->source.n + en->message_id.n;
	}
	return bytes;
}

/* Everything that waits, which nearly always fits. Called with the lock held, so nothing is looked
 * at that another processor has just written: a submit may be waiting for it. */
static struct append_job *take_all(struct appender *a, size_t *entries_r, size_t *jobs_r)
{
	struct append_job *first = a->first;
	*entries_r = a->waiting_entries;
	*jobs_r = a->stats.waiting_jobs;
	a->first = NULL;
	a->last = &a->first;
	a->waiting_entries = 0;
	a->stats.waiting_jobs = a->stats.waiting_bytes = 0;
	return first;
}

/* The jobs of one commit: at least one, then while their entries fit. Called with the lock held. */
static struct append_job *take_some(struct appender *a, size_t *entries_r, size_t *jobs_r)
{
	struct append_job *first = a->first, *job = first, **end = &first;
	size_t n = 0, jobs = a->stats.waiting_jobs;
	while (job != NULL && (n == 0 || n + job->n <= a->conf.commit_entries_max)) {
		n += job->n;
		a->stats.waiting_jobs--;
		a->stats.waiting_bytes -= job->bytes;
		end = &job->next;
		job = job->next;
	}
	*end = NULL;
	a->first = job;
	if (job == NULL)
		a->last = &a->first;
	a->waiting_entries -= n;
	*entries_r = n;
	*jobs_r = jobs - a->stats.waiting_jobs;
	return first;
}

static enum status commit(struct appender *a, struct append_job *jobs, size_t n, uint64_t *last_seq,
			  size_t *duplicates, struct err *e)
{
	size_t at = 0;
	struct log_entry *batch = a->batch;
	if (n > a->conf.commit_entries_max) /* one job alone may be larger */
		batch = mem_array(n, sizeof *batch);
	for (struct append_job *job = jobs; job != NULL; job = job->next)
		for (size_t i = 0; i < job->n; i++)
			batch[at++] = job->entries[i];
	enum status st = log_append(a->conf.log, batch, n, e);
	at = 0;
	for (struct append_job *job = jobs; st == ST_OK && job != NULL; job = job->next) {
		for (size_t i = 0; i < job->n; i++, at++) {
			job->entries[i].seq = batch[at].seq;
			job->entries[i].duplicate = batch[at].duplicate;
			*duplicates += batch[at].duplicate;
			if (!batch[at].duplicate)
				*last_seq = batch[at].seq;
		}
	}
	if (batch != a->batch)
		mem_free(batch);
	return st;
}

static void settle(struct appender *a, struct append_job *jobs, enum status st, const struct err *e)
{
	for (struct append_job *job = jobs, *next; job != NULL; job = next) {
		next = job->next; /* done may free the job */
		job->next = NULL;
		job->done(job, st, e);
	}
	if (a->conf.settled != NULL)
		a->conf.settled(a->conf.ctx);
}

/* One round: called with the lock held, which it gives up while it works. */
static void round_trip(struct appender *a)
{
	size_t n, callers, duplicates = 0;
	uint64_t last_seq = 0;
	struct err e;
	bool fits = a->waiting_entries <= a->conf.commit_entries_max;
	struct append_job *jobs = (fits ? take_all : take_some)(a, &n, &callers);
	pthread_mutex_unlock(&a->lock);
	err_clear(&e);
	enum status st = commit(a, jobs, n, &last_seq, &duplicates, &e);
	if (last_seq && a->conf.committed != NULL)
		a->conf.committed(a->conf.ctx, last_seq);
	settle(a, jobs, st, &e);
	pthread_mutex_lock(&a->lock);
	callers += a->stats.waiting_jobs;
	a->callers -= a->callers / 32; /* some are between two requests: the peak counts */
	if (a->callers < callers)
		a->callers = callers;
	a->health = st;
	a->why = e;
	a->stats.commits += st == ST_OK;
	a->stats.entries += st == ST_OK ? n - duplicates : 0;
	a->stats.duplicates += duplicates;
	a->stats.failed += st == ST_OK ? 0 : n;
}

static int64_t group_wait_us(const struct appender *a)
{
	int64_t us = GROUP_WAIT_US + (int64_t)a->callers * GROUP_WAIT_EACH_US;
	return us < GROUP_WAIT_MOST_US ? us : GROUP_WAIT_MOST_US;
}

static bool grouped(const struct appender *a)
{
	return a->stop || a->callers < GROUP_FROM || a->stats.waiting_jobs >= a->callers / 2 ||
	       a->waiting_entries >= GROUP_ENTRIES;
}

/* With the lock held on both sides: sleeps until a group is together, or its first is due. Where
 * callers are about, the first of them need not wake it only to start the clock. */
static void gather(struct appender *a)
{
	bool alone = a->first == NULL && a->callers < GROUP_FROM;
	int64_t from = a->first != NULL ? a->first_us : alone ? 0 : clock_mono_us();
	a->rest = alone ? ASLEEP : DOZING;
	if (alone)
		pthread_cond_wait(&a->wake, &a->lock);
	else if (!clock_cond_wait(&a->wake, &a->lock, from + group_wait_us(a)) &&
		 (a->first == NULL || a->first_us <= from))
		a->callers = a->stats.waiting_jobs; /* the others are not coming */
	a->rest = AWAKE;
}

static void *run(void *arg)
{
	struct appender *a = arg;
	(void)pthread_setname_np(pthread_self(), "appender"); /* for top and perf */
	pthread_mutex_lock(&a->lock);
	while (!a->stop || a->first != NULL) {
		if (a->first != NULL && grouped(a))
			round_trip(a);
		else
			gather(a);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

enum status appender_create(const struct appender_conf *conf, struct appender **out, struct err *e)
{
	struct appender *a = mem_alloc(sizeof *a);
	a->conf = *conf;
	if (a->conf.jobs_max == 0)
		a->conf.jobs_max = 65536;
	if (a->conf.bytes_max == 0)
		a->conf.bytes_max = (size_t)64 << 20;
	if (a->conf.commit_entries_max == 0)
		a->conf.commit_entries_max = 10000;
	a->last = &a->first;
	a->batch = mem_array(a->conf.commit_entries_max, sizeof *a->batch);
	pthread_mutex_init(&a->lock, NULL);
	clock_cond_init(&a->wake);
	int rc = pthread_create(&a->thread, NULL, run, a);
	if (rc == 0) {
		*out = a;
		return ST_OK;
	}
	pthread_cond_destroy(&a->wake);
	pthread_mutex_destroy(&a->lock);
	mem_free(a->batch);
	mem_free(a);
	return err_set(e, ST_UNAVAILABLE, "log: the appender cannot start: %s", strerror(rc));
}

void appender_destroy(struct appender **ap)
{
	struct appender *a = *ap;
	if (a == NULL)
		return;
	pthread_mutex_lock(&a->lock);
	a->stop = true;
	pthread_cond_signal(&a->wake);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->thread, NULL);
	pthread_cond_destroy(&a->wake);
	pthread_mutex_destroy(&a->lock);
	mem_free(a->batch);
	mem_free(a);
	*ap = NULL;
}

enum status appender_submit(struct appender *a, struct append_job *job, struct err *e)
{
	ASSERT(job->n > 0 && job->done != NULL);
	job->bytes = job_bytes(job);
	job->next = NULL;
	bool wake = false;
	pthread_mutex_lock(&a->lock);
	const struct appender_stats *s = &a->stats;
	bool full = s->waiting_jobs >= a->conf.jobs_max ||
		    (s->waiting_jobs > 0 && s->waiting_bytes + job->bytes > a->conf.bytes_max);
	enum status st = a->stop ? ST_UNAVAILABLE : full ? ST_BUSY : ST_OK;
	if (st == ST_OK) {
		bool first = a->first == NULL;
		if (first)
			a->first_us = clock_mono_us();
		*a->last = job;
		a->last = &job->next;
		a->stats.waiting_jobs++;
		a->stats.waiting_bytes += job->bytes;
		a->waiting_entries += job->n;
		/* The first starts the clock; from then on only the one who completes the group is
		 * worth a wake-up, and one is enough for all who come before it is awake. */
		wake = (a->rest == ASLEEP && first) || (a->rest != AWAKE && grouped(a));
		if (wake)
			a->rest = AWAKE;
	} else {
		a->stats.refused++;
	}
	pthread_mutex_unlock(&a->lock);
	if (wake)
		pthread_cond_signal(&a->wake);
	if (st == ST_BUSY)
		return err_set(e, st,
			       "more comes in than the disk can take; send again in a second");
	return st == ST_OK ? st : err_set(e, st, "the daemon is stopping");
}

struct waiter {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool settled;
	enum status st;
	struct err e;
};

static void wake_waiter(struct append_job *job, enum status st, const struct err *e)
{
	struct waiter *w = job->ctx;
	pthread_mutex_lock(&w->lock);
	w->settled = true;
	w->st = st;
	w->e = *e;
	pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&w->lock);
}

enum status appender_append(struct appender *a, struct log_entry *entries, size_t n, struct err *e)
{
	struct waiter w = {.settled = false};
	struct append_job job = {.entries = entries, .n = n, .done = wake_waiter, .ctx = &w};
	pthread_mutex_init(&w.lock, NULL);
	pthread_cond_init(&w.cond, NULL);
	enum status st = appender_submit(a, &job, e);
	if (st == ST_OK) {
		pthread_mutex_lock(&w.lock);
		while (!w.settled)
			pthread_cond_wait(&w.cond, &w.lock);
		pthread_mutex_unlock(&w.lock);
		st = w.st;
		if (st != ST_OK && e != NULL)
			*e = w.e;
	}
	pthread_cond_destroy(&w.cond);
	pthread_mutex_destroy(&w.lock);
	return st;
}

enum status appender_health(struct appender *a, struct err *e)
{
	pthread_mutex_lock(&a->lock);
	enum status st = a->health;
	if (st != ST_OK && e != NULL)
		*e = a->why;
	pthread_mutex_unlock(&a->lock);
	return st;
}

void appender_stats(struct appender *a, struct appender_stats *out)
{
	pthread_mutex_lock(&a->lock);
	*out = a->stats;
	pthread_mutex_unlock(&a->lock);
}
