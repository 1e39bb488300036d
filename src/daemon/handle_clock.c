/* SPDX-License-Identifier: Apache-2.0
 * handle_clock.c: time played forward beside a running engine. One request works for some seconds
 * and says how far it came; whoever asked asks again, so that no answer takes minutes. */
#include "base/clock.h"
#include "base/crypto.h"
#include "base/time.h"
#include "daemon/internal.h"

#define BUDGET_US (5 * US_PER_S)
#define ROUNDS_MAX 1000
#define FOLD_WAIT_US (INT64_C(60) * US_PER_S)

static enum status tick(struct daemon *d, struct err *e)
{
	char id[64];
	uint64_t seq;
	crypto_token("tick-", id);
	enum status st = daemon_append_own(d, "clock.tick", STR_NULL, str_of(id), &seq, e);
	if (st == ST_OK && !runner_wait(d->runner, seq, FOLD_WAIT_US))
		return err_set(e, ST_TIMEOUT,
			       "the engine is behind; time stands where it is: ask again");
	return st == ST_OK ? daemon_wait_sent(d, FOLD_WAIT_US, e) : st;
}

/* What a tick sets off may set off more that is due at once. */
static enum status settle(void *ctx, int64_t *next_us_r, struct err *e)
{
	struct desk_work *k = ctx;
	struct engine_stats s;
	enum status st;
	int rounds = 0;
	do {
		st = tick(k->daemon, e);
		runner_stats(k->daemon->runner, &s);
	} while (st == ST_OK && s.next_alarm_us != TIME_NONE && s.next_alarm_us <= clock_now_us() &&
		 ++rounds < ROUNDS_MAX);
	*next_us_r = s.next_alarm_us;
	return st;
}

static bool go_on(void *ctx, int64_t now_us)
{
	struct desk_work *k = ctx;
	(void)now_us;
	return !desk_stopping(k->desk);
}

static enum status read_target(struct desk_work *k, int64_t now_us, int64_t *out, struct err *e)
{
	int64_t seconds = 0;
	struct str to;
	const struct desk_field f[] = {{"seconds", NULL, &seconds}, {"to", &to, NULL}};
	enum status st = daemon_fields(k, f, 2, e);
	if (st != ST_OK)
		return st;
	if (to.p != NULL && seconds != 0)
		return err_set(e, ST_INVALID, "seconds, or to: not both");
	if (to.p != NULL && !time_parse(to, out))
		return err_set(e, ST_INVALID, "to must be an instant like 2026-11-21T07:00:00Z");
	if (to.p != NULL)
		return *out >= now_us ? ST_OK : err_set(e, ST_INVALID, "the clock never goes back");
	if (seconds <= 0 || seconds > 3650 * (US_PER_D / US_PER_S))
		return err_set(e, ST_INVALID,
			       "seconds must be 1 s to 3650 days, or to an instant ahead");
	*out = now_us + seconds * US_PER_S;
	return ST_OK;
}

enum status daemon_do_clock_advance(struct desk_work *k, struct err *e)
{
	struct engine_stats before, after;
	int64_t budget = k->daemon->conf.http.reply_timeout_us / 4; /* the answer must be in time */
	struct node_walk walk = {.dir = k->daemon->node->dir,
				 .budget_us = budget < BUDGET_US ? budget : BUDGET_US,
				 .settle = settle,
				 .go_on = go_on,
				 .ctx = k};
	int64_t from = clock_now_us();
	enum status st = read_target(k, from, &walk.to_us, e);
	runner_stats(k->daemon->runner, &before);
	if (st == ST_OK)
		st = node_clock_walk(&walk, e);
	if (st != ST_OK)
		return st;
	runner_stats(k->daemon->runner, &after);
	json_w_object(&k->w);
	json_w_kz(&k->w, "schema", "nurtured.clock/1");
	json_w_ktime(&k->w, "from", from);
	json_w_ktime(&k->w, "now", clock_now_us());
	json_w_ktime(&k->w, "to", walk.to_us);
	json_w_kbool(&k->w, "done", clock_now_us() >= walk.to_us);
	json_w_ki64(&k->w, "alarms", (int64_t)(after.alarms - before.alarms));
	json_w_ki64(&k->w, "events", (int64_t)(after.events - before.events));
	json_w_end(&k->w);
	return ST_OK;
}
