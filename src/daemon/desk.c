/* SPDX-License-Identifier: Apache-2.0
 * desk.c: a bounded list under a mutex and one thread, with one reader of the state. */
#include "daemon/desk.h"

#include "base/assert.h"
#include "base/clock.h"
#include "daemon/internal.h"

#include <pthread.h>
#include <string.h>

#define WAITING_MAX 256u
#define ARENA_BYTES ((size_t)256 << 20)
#define BODY_BYTES ((size_t)32 << 20)

struct desk_job {
	struct api_call call;
	struct desk_job *next;
};

struct desk {
	struct daemon *daemon;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct desk_job *first, **last;
	size_t waiting;
	bool stop;
	/* the thread's own */
	struct store *store;
	struct log_reader *log;
	struct program *program;
	uint64_t program_version;
	struct arena arena;
};

/* The program may have been replaced since the last request. */
static enum status fresh_program(struct desk *d, struct err *e)
{
	struct engine_stats stats;
	runner_stats(d->daemon->runner, &stats);
	if (stats.program_version == d->program_version)
		return ST_OK;
	program_destroy(&d->program);
	enum status st = node_program(d->store, &d->program, &d->program_version, e);
	return st == ST_NOT_FOUND ? ST_OK : st;
}

static bool stopping(void *ctx)
{
	return desk_stopping(ctx);
}

static void serve(struct desk *d, struct desk_job *job)
{
	struct err e;
	struct http_reply reply = {.status = 0};
	struct desk_work k = {.daemon = d->daemon, .desk = d, .call = &job->call, .reply = &reply};
	err_clear(&e);
	arena_reset(&d->arena);
	buf_init_arena(&k.body, job->call.req->arena, BODY_BYTES);
	json_w_init(&k.w, &k.body);
	enum status st = fresh_program(d, &e);
	k.view = (struct view){.store = d->store,
			       .program = d->program,
			       .log = d->log,
			       .now_us = clock_now_us(),
			       .arena = &d->arena,
			       .stop = stopping,
			       .ctx = d};
	if (st == ST_OK)
		st = daemon_desk_ops[job->call.op].handle(&k, &e);
	if (st == ST_OK && k.replied) {
		http_reply_later(job->call.req, &reply);
		return;
	}
	if (st == ST_OK && !buf_ok(&k.body))
		st = err_set(&e, ST_LIMIT, "the answer is too large; ask for less at once");
	if (st == ST_OK)
		api_reply_json(&job->call, 200, buf_view(&k.body), &reply);
	else
		api_reply_err(&job->call, &e, &reply);
	http_reply_later(job->call.req, &reply);
}

static void refuse(struct desk_job *job)
{
	struct err e;
	struct http_reply reply = {.status = 0};
	(void)err_set(&e, ST_UNAVAILABLE, "the daemon is stopping");
	api_reply_err(&job->call, &e, &reply);
	http_reply_later(job->call.req, &reply);
}

static struct desk_job *pop(struct desk *d)
{
	struct desk_job *job = d->first;
	if (job == NULL)
		return NULL;
	d->first = job->next;
	if (d->first == NULL)
		d->last = &d->first;
	d->waiting--;
	return job;
}

static void *run(void *arg)
{
	struct desk *d = arg;
	pthread_mutex_lock(&d->lock);
	while (!d->stop || d->first != NULL) {
		struct desk_job *job = pop(d);
		if (job == NULL) {
			pthread_cond_wait(&d->wake, &d->lock);
			continue;
		}
		bool stopping = d->stop;
		pthread_mutex_unlock(&d->lock);
		if (stopping)
			refuse(job);
		else
			serve(d, job);
		pthread_mutex_lock(&d->lock);
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

static void finish(struct desk *d)
{
	program_destroy(&d->program);
	log_reader_close(&d->log);
	store_close(&d->store);
	arena_finish(&d->arena);
	pthread_cond_destroy(&d->wake);
	pthread_mutex_destroy(&d->lock);
	mem_free(d);
}

enum status desk_create(struct daemon *daemon, struct desk **out, struct err *e)
{
	struct desk *d = mem_alloc(sizeof *d);
	d->daemon = daemon;
	d->last = &d->first;
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->wake, NULL);
	arena_init(&d->arena, ARENA_BYTES);
	enum status st = store_reader(daemon->node->store, &d->store, e);
	if (st == ST_OK)
		st = log_reader_open(daemon->node->log, &d->log, e);
	int rc = st == ST_OK ? pthread_create(&d->thread, NULL, run, d) : 0;
	if (rc != 0)
		st = err_set(e, ST_UNAVAILABLE, "the desk's thread cannot start: %s", strerror(rc));
	if (st != ST_OK)
		finish(d);
	else
		*out = d;
	return st;
}

void desk_destroy(struct desk **dp)
{
	struct desk *d = *dp;
	if (d == NULL)
		return;
	pthread_mutex_lock(&d->lock);
	d->stop = true;
	pthread_cond_signal(&d->wake);
	pthread_mutex_unlock(&d->lock);
	pthread_join(d->thread, NULL);
	finish(d);
	*dp = NULL;
}

bool desk_stopping(struct desk *d)
{
	pthread_mutex_lock(&d->lock);
	bool stop = d->stop;
	pthread_mutex_unlock(&d->lock);
	return stop;
}

enum http_verdict desk_take(void *ctx, struct api_call *call, struct http_reply *reply)
{
	struct daemon *daemon = ctx;
	const struct desk_op *op = &daemon_desk_ops[call->op];
	struct desk *d = daemon->desks[op->lane];
	struct desk_job *job = ARENA_NEW(call->req->arena, struct desk_job);
	ASSERT(job != NULL && op->handle != NULL);
	job->call = *call;
	pthread_mutex_lock(&d->lock);
	bool full = d->waiting >= WAITING_MAX || d->stop;
	if (!full) {
		*d->last = job;
		d->last = &job->next;
		d->waiting++;
		pthread_cond_signal(&d->wake);
	}
	pthread_mutex_unlock(&d->lock);
	if (!full)
		return HTTP_LATER;
	api_reply_busy(call, 1, reply);
	return HTTP_ANSWERED;
}
