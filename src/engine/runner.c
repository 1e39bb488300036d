/* SPDX-License-Identifier: Apache-2.0
 * runner.c: one mutex, one condition. The flag `more` is set under the mutex by whoever appends,
 * so a wake between "drained" and "asleep" is never lost.
 *
 * What comes in is durable before the engine sees it, so the engine can wait and the door cannot.
 * Under load it therefore gathers, for a time that grows with the rate; in a spike that leaves it
 * no processor of its own it stands back, for some seconds at most, unless something is about to be
 * sent, which must not leave on an old state. And while it folds it lets those who answer go first
 * (base/polite.h). Nobody waits who asked for a fold: runner_wait ends every pause, and this. */
#include "engine/runner.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/polite.h"
#include "base/time.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#define RETRY_US US_PER_S
#define TICK_GAP_US US_PER_S
/* Under load the engine gathers: a transaction costs as much as many events, the events of one lead
 * share its row, and what folding spares is the door's. The pause grows with the rate, 10 us for
 * each event of a second: 20 ms at 2,000 a second, half a second at 50,000. Who sends one by one
 * never waits, nor does a backlog. */
#define GATHER_FROM 4u
#define GATHER_MOST 50000u
#define GATHER_PER_EVENT_US 10
#define GATHER_MOST_US 500000
/* The rate is that of a tenth of a second: two folds in a row say nothing of it, for a commit of
 * the log, or the answers of many messages, come all at once. */
#define RATE_OVER_US 100000
/* While messages leave, what is gathered waits on its way to somebody, and each message comes back
 * as an event: a quarter of the pause, 10 ms at 2,000 messages a second, and no standing back. */
#define GATHER_SENDING 4
/* A spike: so much comes in, and the last fold had to share its processor. As long as that goes on
 * folding can wait: what it takes is missing at the door, and later it costs less, since the events
 * of a lead share its rows. The end of the spike ends the wait. */
#define SPIKE_RATE 15000
#define SPIKE_LOOK_US 100000
#define SPIKE_MOST_US (5 * US_PER_S)
#define IDLE_US (60 * US_PER_S)

struct runner {
	struct runner_conf conf;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake, folded, halt; /* halt ends a pause */
	bool more, stop, started;
	unsigned waiters; /* in runner_wait */
	uint64_t log_seq; /* how far the log has grown, as we were told */
	struct engine_stats stats;
	enum status health;
	struct err why;
	int64_t ticked_us;
	size_t done;        /* by the last fold */
	int64_t folded_us;  /* when it began, monotonic */
	int64_t rate;       /* events a second, of late */
	int64_t counted_us; /* since then `counted` were folded */
	int64_t counted;
	bool pressed; /* it got much less than a whole processor */
	bool sending; /* it handed messages over, or is about to */
};

/* Sleeps, with the lock held on both sides, until there may be something to do. */
static void sleep_a_while(struct runner *r)
{
	int64_t now = clock_now_us();
	int64_t wait = r->conf.idle_us > 0 ? r->conf.idle_us : IDLE_US;
	if (r->health != ST_OK)
		wait = RETRY_US;
	if (r->stats.next_alarm_us != TIME_NONE && r->stats.next_alarm_us - now < wait)
		wait = r->stats.next_alarm_us - now;
	if (r->ticked_us + TICK_GAP_US - now > wait)
		wait = r->ticked_us + TICK_GAP_US - now;
	if (wait > 0 && !r->more && !r->stop)
		(void)clock_cond_wait(&r->wake, &r->lock, clock_mono_us() + wait);
}

static void tick_when_due(struct runner *r)
{
	int64_t now = clock_now_us();
	if (r->conf.tick == NULL || r->stats.next_alarm_us == TIME_NONE ||
	    r->stats.next_alarm_us > now || r->ticked_us + TICK_GAP_US > now)
		return;
	r->ticked_us = now;
	pthread_mutex_unlock(&r->lock);
	r->conf.tick(r->conf.ctx, now);
	pthread_mutex_lock(&r->lock);
}

static void count(struct runner *r, size_t done)
{
	int64_t us = r->folded_us - r->counted_us;
	r->counted += (int64_t)done;
	if (us < RATE_OVER_US)
		return;
	r->rate = r->counted * US_PER_S / us;
	r->counted_us = r->folded_us;
	r->counted = 0;
}

static bool urgent(struct runner *r)
{
	if (r->conf.urgent == NULL)
		return false;
	pthread_mutex_unlock(&r->lock);
	bool yes = r->conf.urgent(r->conf.ctx);
	pthread_mutex_lock(&r->lock);
	return yes;
}

static void fold_once(struct runner *r)
{
	struct err e;
	size_t done = 0;
	struct engine_stats stats;
	err_clear(&e);
	bool hurry = r->sending || urgent(r);
	polite_want(r->conf.polite, !hurry && r->waiters == 0);
	r->more = false;
	r->folded_us = clock_mono_us();
	pthread_mutex_unlock(&r->lock);
	int64_t used = clock_thread_us();
	enum status st = engine_run(r->conf.engine, &done, &e);
	used = clock_thread_us() - used;
	int64_t took = clock_mono_us() - r->folded_us;
	engine_stats(r->conf.engine, &stats);
	if (r->conf.progress != NULL)
		r->conf.progress(r->conf.ctx, &stats);
	pthread_mutex_lock(&r->lock);
	r->sending = stats.handed_over > r->stats.handed_over || stats.leaving > 0;
	bool seen = stats.cursor != r->stats.cursor;
	r->stats = stats;
	r->health = st;
	r->why = e;
	r->done = done;
	count(r, done);
	r->pressed = used < took / 8 * 7;
	r->more |= done > 0;
	if (seen)
		pthread_cond_broadcast(&r->folded);
}

/* With the lock held on both sides. False: there is no time to wait any longer. */
static bool pause_until(struct runner *r, int64_t until)
{
	while (!r->stop && r->waiters == 0 && clock_mono_us() < until)
		(void)clock_cond_wait(&r->halt, &r->lock, until);
	return !r->stop && r->waiters == 0;
}

static void stand_back(struct runner *r)
{
	int64_t now = clock_mono_us(), until = r->folded_us + SPIKE_MOST_US;
	bool spike = r->pressed;
	while (spike && now < until && !urgent(r)) {
		uint64_t seq = r->log_seq;
		spike = pause_until(r, now + SPIKE_LOOK_US);
		int64_t looked = clock_mono_us() - now;
		spike &= (int64_t)(r->log_seq - seq) >= SPIKE_RATE * looked / US_PER_S;
		now += looked;
	}
}

/* A full batch means that more is waiting: no pause then. */
static void gather(struct runner *r)
{
	if (r->done < GATHER_FROM || r->done >= GATHER_MOST || r->stats.leaving > 0)
		return;
	bool sending = r->sending || urgent(r);
	int64_t pause = r->rate * GATHER_PER_EVENT_US / (sending ? GATHER_SENDING : 1);
	if (pause_until(r, r->folded_us + (pause < GATHER_MOST_US ? pause : GATHER_MOST_US)) &&
	    !sending)
		stand_back(r);
}

static void *run(void *arg)
{
	struct runner *r = arg;
	(void)pthread_setname_np(pthread_self(), "engine"); /* for top and perf */
	pthread_mutex_lock(&r->lock);
	while (!r->stop) {
		fold_once(r);
		gather(r);
		if (r->more && r->health == ST_OK)
			continue;
		tick_when_due(r);
		sleep_a_while(r);
	}
	pthread_mutex_unlock(&r->lock);
	polite_want(r->conf.polite, false);
	return NULL;
}

enum status runner_create(const struct runner_conf *conf, struct runner **out, struct err *e)
{
	struct runner *r = mem_alloc(sizeof *r);
	r->conf = *conf;
	engine_stats(conf->engine, &r->stats);
	pthread_mutex_init(&r->lock, NULL);
	clock_cond_init(&r->wake);
	clock_cond_init(&r->folded);
	clock_cond_init(&r->halt);
	*out = r; /* before the thread: its first tick may already be told to wake it */
	int rc = pthread_create(&r->thread, NULL, run, r);
	r->started = rc == 0;
	if (rc != 0) {
		runner_destroy(out);
		return err_set(e, ST_UNAVAILABLE, "engine thread cannot start: %s", strerror(rc));
	}
	return ST_OK;
}

void runner_stop(struct runner *r)
{
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	pthread_cond_broadcast(&r->wake);
	pthread_cond_broadcast(&r->folded);
	pthread_cond_broadcast(&r->halt);
	pthread_mutex_unlock(&r->lock);
	if (r->started)
		pthread_join(r->thread, NULL);
	r->started = false;
}

void runner_destroy(struct runner **r)
{
	if (*r == NULL)
		return;
	runner_stop(*r);
	pthread_cond_destroy(&(*r)->wake);
	pthread_cond_destroy(&(*r)->folded);
	pthread_cond_destroy(&(*r)->halt);
	pthread_mutex_destroy(&(*r)->lock);
	mem_free(*r);
	*r = NULL;
}

void runner_wake(struct runner *r, uint64_t seq)
{
	pthread_mutex_lock(&r->lock);
	r->log_seq = seq;
	bool asleep = !r->more;
	r->more = true;
	if (asleep)
		pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->lock);
}

enum status runner_health(struct runner *r, struct err *e)
{
	pthread_mutex_lock(&r->lock);
	enum status st = r->health;
	if (st != ST_OK && e != NULL)
		*e = r->why;
	pthread_mutex_unlock(&r->lock);
	return st;
}

void runner_stats(struct runner *r, struct engine_stats *out)
{
	pthread_mutex_lock(&r->lock);
	*out = r->stats;
	pthread_mutex_unlock(&r->lock);
}

bool runner_wait(struct runner *r, uint64_t seq, int64_t timeout_us)
{
	int64_t until = clock_mono_us() + timeout_us;
	pthread_mutex_lock(&r->lock);
	r->waiters++;
	polite_want(r->conf.polite, false);
	pthread_cond_signal(&r->halt);
	while (r->stats.cursor < seq && !r->stop && clock_mono_us() < until)
		(void)clock_cond_wait(&r->folded, &r->lock, until);
	r->waiters--;
	bool there = r->stats.cursor >= seq;
	pthread_mutex_unlock(&r->lock);
	return there;
}
