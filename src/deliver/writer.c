/* SPDX-License-Identifier: Apache-2.0
 * writer.c: a thread that takes a message, asks whether it may still leave, writes the letter, and
 * passes it on. Composing and signing cost a processor some tenths of a millisecond: here they hold
 * up neither the engine nor any conversation. */
#include "deliver/work.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/time.h"
#include "engine/engine.h"
#include "engine/leave.h"
#include "engine/outbox.h"
#include "model/notice.h"

#include <stdio.h>

#define HOLD_MAX_US (5 * US_PER_S) /* longer waits go back to the engine: they outlive a crash */
#define BEHIND_US 500000
#define WAITED_MAX_US (10 * US_PER_M) /* caps and hours were asked then (G5) */
#define LOOK_AGAIN_US 1000
#define TROUBLE_US (30 * US_PER_S)
#define SCAN_MAX 65536

enum verdict { VERDICT_DROP, VERDICT_ANSWER, VERDICT_HOLD, VERDICT_SPEAK, VERDICT_POST };

void answer_untried(struct answer *a, int64_t after_us, const char *reason)
{
	*a = (struct answer){.outcome = SMTP_DEFERRED,
			     .class = SMTP_CLASS_COUNT,
			     .after_us = after_us,
			     .untried = true,
			     .at_us = clock_now_us()};
	(void)snprintf(a->reason, sizeof a->reason, "%.300s", reason);
}

static enum verdict refuse(struct item *item, const char *reason)
{
	item->answer = (struct answer){
		.outcome = SMTP_FAILED, .class = SMTP_CLASS_COUNT, .at_us = clock_now_us()};
	(void)snprintf(item->answer.reason, sizeof item->answer.reason, "%.400s", reason);
	return VERDICT_ANSWER;
}

/* The disk, a damaged row: not the message's doing, and it may pass. */
static enum verdict trouble(struct item *item, const struct err *e)
{
	answer_untried(&item->answer, TROUBLE_US, e->text);
	return VERDICT_ANSWER;
}

/* ---- one message ---- */

void item_keep(struct item *item, const struct str parts[3])
{
	struct str *to[] = {&item->bytes, &item->from, &item->to};
	size_t at = 0;
	item->room = mem_alloc(parts[0].n + parts[1].n + parts[2].n + 1);
	for (size_t i = 0; i < 3; i++) {
		memcpy(item->room + at, parts[i].p, parts[i].n);
		*to[i] = str_n(item->room + at, parts[i].n);
		at += parts[i].n;
	}
}

/* From here on a crash leaves it uncertain. False: too many are, for a moment. */
static bool mark(struct deliver *d, struct item *item)
{
	pthread_mutex_lock(&d->lock);
	item->marked = marks_set(d->marks, item->id, &item->mark);
	pthread_mutex_unlock(&d->lock);
	item->at_us = clock_now_us() + LOOK_AGAIN_US;
	return item->marked;
}

static enum verdict put_in_inbox(struct writer *w, struct item *item, const struct message *m,
				 const struct letter *l)
{
	struct deliver *d = w->d;
	struct err e;
	if (!mark(d, item))
		return VERDICT_HOLD;
	const struct inbox_mail mail = {
		.at_us = clock_now_us(),
		.message = m->id,
		.lead = m->lead,
		.to = l->to,
		.from = l->composed.mail.from.email,
		.return_path = l->from,
		.subject = l->composed.mail.subject,
		.bytes = l->bytes,
	};
	pthread_mutex_lock(&d->inbox_lock);
	enum status st = inbox_put(d->inbox, &mail, NULL, &e);
	pthread_mutex_unlock(&d->inbox_lock);
	if (st != ST_OK)
		return trouble(item, &e);
	item->answer = (struct answer){.outcome = SMTP_SENT,
				       .class = SMTP_CLASS_SENT,
				       .trial = true,
				       .at_us = mail.at_us,
				       .reason = "simulated inbox"};
	return VERDICT_ANSWER;
}

static enum verdict pace(struct writer *w, struct item *item, const struct letter *l,
			 int64_t now_us)
{
	struct deliver *d = w->d;
	char reason[120];
	pthread_mutex_lock(&d->lock);
	int64_t wait = way_wait_us(d, l->domain, l->sender, now_us);
	pthread_mutex_unlock(&d->lock);
	if (wait == 0 && !mark(d, item))
		return VERDICT_HOLD;
	if (wait == 0) {
		const struct str parts[] = {l->bytes, l->from, l->to};
		item_keep(item, parts);
		return VERDICT_SPEAK;
	}
	item->at_us = now_us + wait;
	if (wait <= HOLD_MAX_US)
		return VERDICT_HOLD;
	(void)snprintf(reason, sizeof reason,
		       "pace: its turn for %s, or of its sender, has not come",
		       smtp_provider_name(smtp_provider_of(l->domain)));
	answer_untried(&item->answer, wait, reason);
	return VERDICT_ANSWER;
}

static enum verdict write_hook(struct writer *w, struct item *item, const struct message *m)
{
	struct err e;
	enum status st = hooks_write(w->d, item, m, w->store, &w->arena, &e);
	if (st == ST_OK)
		return VERDICT_POST;
	if (st == ST_UNAVAILABLE) {
		item->answer = (struct answer){.outcome = SMTP_SENT,
					       .class = SMTP_CLASS_COUNT,
					       .trial = true,
					       .at_us = clock_now_us()};
		(void)snprintf(item->answer.reason, sizeof item->answer.reason, "%.400s", e.text);
		return VERDICT_ANSWER;
	}
	return st == ST_INVALID || st == ST_LIMIT ? refuse(item, e.text) : trouble(item, &e);
}

static enum verdict write_letter(struct writer *w, struct item *item, const struct message *m)
{
	struct letter letter;
	struct err e;
	int64_t now = clock_now_us();
	enum status st =
		letter_make(w->desk, &(struct letter_question){.message = m, .now_us = now},
			    &w->arena, &letter, &e);
	if (st == ST_INVALID || st == ST_LIMIT)
		return refuse(item, e.text);
	if (st != ST_OK)
		return trouble(item, &e);
	item->links_n = letter.composed.tracked_n;
	return w->d->live ? pace(w, item, &letter, now) : put_in_inbox(w, item, m, &letter);
}

/* Inside one snapshot. */
static enum verdict judge(struct writer *w, struct item *item)
{
	struct leave leave;
	struct leave_question q = {
		.store = w->store, .message = item->id, .now_us = clock_now_us()};
	struct err e;
	enum status st = letter_program(w->desk, &q.program, &e);
	if (st == ST_OK)
		st = leave_ask(&q, &w->arena, &leave, &e);
	if (st == ST_NOT_FOUND)
		return VERDICT_DROP;
	if (st != ST_OK)
		return trouble(item, &e);
	if (leave.message.state != MESSAGE_SENDING)
		return VERDICT_DROP; /* somebody was told already; this was an old name of it */
	item->attempts = leave.message.attempts;
	item->changed_us = leave.message.changed_us;
	if (!leave.may)
		return refuse(item, leave.why);
	if (leave.paused) {
		answer_untried(&item->answer, US_PER_S, "all sending is paused");
		return VERDICT_ANSWER;
	}
	if (q.now_us - item->changed_us > WAITED_MAX_US) {
		answer_untried(&item->answer, US_PER_S,
			       "waited too long for its turn: asked again");
		return VERDICT_ANSWER;
	}
	bool hook = str_is(leave.message.channel, CHANNEL_WEBHOOK);
	return hook ? write_hook(w, item, &leave.message) : write_letter(w, item, &leave.message);
}

/* A snapshot that knows all answers that were forgotten, and the one to this message; behind a
 * failure none is open. Commits are written behind: on a full disk they may stay away, and a stop
 * does not wait for them. */
static enum status look(struct writer *w, const struct item *item, bool *stale_r, struct err *e)
{
	struct engine_meta meta;
	struct deliver *d = w->d;
	pthread_mutex_lock(&d->lock);
	uint64_t forgotten = d->forgotten_seq;
	pthread_mutex_unlock(&d->lock);
	for (;;) {
		enum status st = store_read_begin(w->store, e);
		if (st != ST_OK)
			return st;
		st = engine_meta_read(w->store, &meta, e);
		*stale_r = st == ST_OK && meta.cursor < item->seq;
		if (st == ST_OK && meta.cursor >= forgotten)
			return ST_OK;
		store_read_end(w->store);
		if (st != ST_OK)
			return st;
		clock_sleep_us(LOOK_AGAIN_US);
		pthread_mutex_lock(&d->lock);
		bool stop = d->stop;
		pthread_mutex_unlock(&d->lock);
		if (stop)
			return err_set(e, ST_UNAVAILABLE, "stopping: the state is behind");
	}
}

static enum verdict handle(struct writer *w, struct item *item)
{
	bool stale = false;
	struct err e;
	arena_reset(&w->arena);
	if (look(w, item, &stale, &e) != ST_OK)
		return VERDICT_DROP; /* the row stays as it is; the next start asks */
	enum verdict v = stale ? VERDICT_DROP : judge(w, item);
	store_read_end(w->store);
	return v;
}

/* ---- the thread ---- */

static bool caught_up(const struct deliver *d)
{
	return d->cursor >= d->logged || d->clock_us + BEHIND_US >= clock_now_us();
}

static bool note_missed(void *ctx, uint64_t id)
{
	struct deliver *d = ctx;
	pthread_mutex_lock(&d->lock);
	struct item *item = items_find(d, id);
	bool room = d->queue_n < d->conf.queue_max;
	if (room && (item == NULL || item->state == ITEM_ANSWERED))
		items_name(d, id);
	d->missed |= !room;
	pthread_mutex_unlock(&d->lock);
	return room;
}

/* With the lock held on both sides. What is named twice costs a look. */
static void find_missed(struct writer *w)
{
	struct deliver *d = w->d;
	struct err e;
	d->missed = false;
	pthread_mutex_unlock(&d->lock);
	enum status st = sending_scan(w->store, note_missed, d, &e);
	if (st != ST_OK)
		clock_sleep_us(US_PER_S);
	pthread_mutex_lock(&d->lock);
	d->missed |= st != ST_OK;
}

/* Something to do, and a way to do it; with the lock held on both sides. */
static struct item *next(struct deliver *d, struct writer *w)
{
	size_t way = 0;
	int64_t now = clock_now_us();
	if (!d->ready || !marks_room(d->marks) || !caught_up(d))
		return NULL;
	if (d->queue_n == 0 && d->missed)
		find_missed(w);
	if (d->live && !way_take(d, now, &way))
		return NULL;
	struct item *item = items_next(d, now);
	if (item == NULL && d->live)
		way_give(d, way);
	if (item != NULL)
		item->way = way;
	return item;
}

static void settle(struct deliver *d, struct item *item, enum verdict v)
{
	if (v == VERDICT_SPEAK) {
		item->state = ITEM_SPOKEN;
		pthread_mutex_unlock(&d->lock);
		bool spoken = way_speak(d, item); /* it may be answered before this returns */
		pthread_mutex_lock(&d->lock);
		if (spoken)
			return;
		v = VERDICT_ANSWER;
	}
	if (d->live)
		way_give(d, item->way);
	if (v == VERDICT_POST) {
		item->state = ITEM_SPOKEN;
		pthread_mutex_unlock(&d->lock);
		bool posted = hooks_speak(d, item); /* it may be answered before this returns */
		pthread_mutex_lock(&d->lock);
		if (posted)
			return;
		v = VERDICT_ANSWER;
	}
	if (v == VERDICT_ANSWER)
		items_answer(d, item);
	else if (v == VERDICT_HOLD)
		items_hold(d, item, item->at_us);
	else
		items_drop(d, item);
}

static void wait_for_work(struct deliver *d)
{
	int64_t until = items_held_until(d), now = clock_now_us();
	int64_t wait = until == TIME_NONE ? US_PER_M : until - now;
	if (d->held_n + d->queue_n > 0 && wait < LOOK_AGAIN_US)
		wait = LOOK_AGAIN_US; /* all ways are taken, or the fold is behind */
	(void)clock_cond_wait(&d->work, &d->lock, clock_mono_us() + wait);
}

void *writer_run(void *arg)
{
	struct writer *w = arg;
	struct deliver *d = w->d;
	(void)pthread_setname_np(pthread_self(), "letters");
	pthread_mutex_lock(&d->lock);
	while (!d->stop) {
		struct item *item = next(d, w);
		if (item == NULL) {
			wait_for_work(d);
			continue;
		}
		pthread_mutex_unlock(&d->lock);
		enum verdict v = handle(w, item);
		pthread_mutex_lock(&d->lock);
		settle(d, item, v);
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}
