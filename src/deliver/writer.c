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
#define AGAIN_US US_PER_S

void answer_untried(struct answer *a, int64_t after_us, const char *reason)
{
	*a = (struct answer){.outcome = SMTP_DEFERRED,
			     .class = SMTP_CLASS_COUNT,
			     .after_us = after_us,
			     .untried = true,
			     .at_us = clock_now_us()};
	(void)snprintf(a->reason, sizeof a->reason, "%.300s", reason);
}

static enum ruling refuse(struct item *item, const char *reason)
{
	item->answer = (struct answer){
		.outcome = SMTP_FAILED, .class = SMTP_CLASS_COUNT, .at_us = clock_now_us()};
	(void)snprintf(item->answer.reason, sizeof item->answer.reason, "%.400s", reason);
	return RULING_ANSWER;
}

/* The disk, a damaged row: not the message's doing, and it may pass. */
static enum ruling trouble(struct item *item, const struct err *e)
{
	answer_untried(&item->answer, TROUBLE_US, e->text);
	return RULING_ANSWER;
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

/* For the mark that lets a crash leave it uncertain. False: all places are taken, for a moment.
 * Under the lock. */
static bool keep_place(struct deliver *d, struct item *item)
{
	item->has_place = marks_keep(d->marks, item->id, &item->place);
	item->at_us = clock_now_us() + LOOK_AGAIN_US;
	return item->has_place;
}

static enum ruling put_in_inbox(struct writer *w, struct item *item, const struct message *m,
				const struct letter *l)
{
	struct deliver *d = w->d;
	struct err e;
	pthread_mutex_lock(&d->lock);
	bool kept = keep_place(d, item);
	pthread_mutex_unlock(&d->lock);
	if (!kept)
		return RULING_HOLD;
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
	marks_speak(d->marks, item->place);
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
	return RULING_ANSWER;
}

static enum ruling pace(struct writer *w, struct item *item, const struct letter *l, int64_t now_us)
{
	struct deliver *d = w->d;
	char reason[120];
	pthread_mutex_lock(&d->lock);
	int64_t wait = way_wait_us(d, l->domain, l->sender, now_us);
	bool kept = wait > 0 || keep_place(d, item);
	pthread_mutex_unlock(&d->lock);
	if (!kept)
		return RULING_HOLD;
	if (wait == 0) {
		const struct str parts[] = {l->bytes, l->from, l->to};
		item_keep(item, parts);
		return RULING_SPEAK;
	}
	item->at_us = now_us + wait;
	if (wait <= HOLD_MAX_US)
		return RULING_HOLD;
	(void)snprintf(reason, sizeof reason,
		       "pace: its turn for %s, or of its sender, has not come",
		       smtp_provider_name(smtp_provider_of(l->domain)));
	answer_untried(&item->answer, wait, reason);
	return RULING_ANSWER;
}

static enum ruling write_hook(struct writer *w, struct item *item, const struct message *m)
{
	struct err e;
	enum status st = hooks_write(w->d, item, m, w->store, &w->arena, &e);
	if (st == ST_OK)
		return RULING_POST;
	if (st == ST_UNAVAILABLE) {
		item->answer = (struct answer){.outcome = SMTP_SENT,
					       .class = SMTP_CLASS_COUNT,
					       .trial = true,
					       .at_us = clock_now_us()};
		(void)snprintf(item->answer.reason, sizeof item->answer.reason, "%.400s", e.text);
		return RULING_ANSWER;
	}
	return st == ST_INVALID || st == ST_LIMIT ? refuse(item, e.text) : trouble(item, &e);
}

static enum ruling write_letter(struct writer *w, struct item *item, const struct leave *leave)
{
	struct letter letter;
	struct err e;
	int64_t now = clock_now_us();
	const struct message *m = &leave->message;
	const struct letter_question q = {
		.message = m, .now_us = now, .lead = &leave->row, .profile = leave->profile};
	enum status st = letter_make(w->desk, &q, &w->arena, &letter, &e);
	if (st == ST_INVALID || st == ST_LIMIT)
		return refuse(item, e.text);
	if (st != ST_OK)
		return trouble(item, &e);
	item->links_n = letter.composed.tracked_n;
	return w->d->live ? pace(w, item, &letter, now) : put_in_inbox(w, item, m, &letter);
}

static enum ruling judge(struct writer *w, struct item *item, uint64_t version)
{
	struct leave leave;
	struct leave_question q = {
		.store = w->store, .message = item->id, .now_us = clock_now_us()};
	struct err e;
	enum status st = letter_program_of(w->desk, version, &q.program, &e);
	if (st == ST_OK)
		st = leave_ask(&q, &w->arena, &leave, &e);
	if (st == ST_NOT_FOUND)
		return RULING_DROP;
	if (st != ST_OK)
		return trouble(item, &e);
	if (leave.message.state != MESSAGE_SENDING)
		return RULING_DROP; /* somebody was told already; this was an old name of it */
	item->attempts = leave.message.attempts;
	item->changed_us = leave.message.changed_us;
	if (!leave.may)
		return refuse(item, leave.why);
	if (leave.paused) {
		answer_untried(&item->answer, US_PER_S, "all sending is paused");
		return RULING_ANSWER;
	}
	if (q.now_us - item->changed_us > WAITED_MAX_US) {
		answer_untried(&item->answer, US_PER_S,
			       "waited too long for its turn: asked again");
		return RULING_ANSWER;
	}
	bool hook = str_is(leave.message.channel, CHANNEL_WEBHOOK);
	return hook ? write_hook(w, item, &leave.message) : write_letter(w, item, &leave);
}

/* A snapshot that knows all answers that were forgotten; behind a failure none is open. Commits are
 * written behind: on a full disk they may stay away, and a stop does not wait for them. */
static enum status look(struct writer *w, struct engine_meta *meta, struct err *e)
{
	struct deliver *d = w->d;
	pthread_mutex_lock(&d->lock);
	uint64_t forgotten = d->forgotten_seq;
	pthread_mutex_unlock(&d->lock);
	for (;;) {
		enum status st = store_read_begin(w->store, e);
		if (st != ST_OK)
			return st;
		st = engine_meta_read(w->store, meta, e);
		if (st == ST_OK && meta->cursor >= forgotten)
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

/* All inside one snapshot: it is no older than the first of them would have got. One that does not
 * know the answer to a message says nothing of it. */
static void handle(struct writer *w)
{
	struct engine_meta meta;
	struct err e;
	bool seen = look(w, &meta, &e) == ST_OK; /* else: as they are; the next start asks */
	for (size_t i = 0; i < w->hand_n; i++) {
		struct in_hand *h = &w->hand[i];
		arena_reset(&w->arena);
		h->ruling = seen && meta.cursor >= h->item->seq
				    ? judge(w, h->item, meta.program_version)
				    : RULING_DROP;
	}
	if (seen)
		store_read_end(w->store);
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

/* With the lock held on both sides. What is named twice costs a look. A scan that failed is tried
 * again within AGAIN_US: wait_for_work. */
static void find_missed(struct writer *w)
{
	struct deliver *d = w->d;
	struct err e;
	d->missed = false;
	d->looking++;
	pthread_mutex_unlock(&d->lock);
	enum status st = sending_scan(w->store, note_missed, d, &e);
	pthread_mutex_lock(&d->lock);
	d->looking--;
	d->missed |= st != ST_OK;
}

/* Something to do, and a way to do it; with the lock held on both sides. */
static struct item *next(struct deliver *d, struct writer *w)
{
	size_t way = 0;
	int64_t now = clock_now_us();
	if (!d->ready || !marks_room(d->marks) || !caught_up(d))
		return NULL;
	if (d->queue_n == 0 && d->missed && w->hand_n == 0)
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

/* What is spoken or posted, without the lock: it may be answered before this returns. */
static void speak(struct writer *w)
{
	struct deliver *d = w->d;
	bool mails = false;
	for (size_t i = 0; i < w->hand_n; i++) {
		struct in_hand *h = &w->hand[i];
		bool mail = h->ruling == RULING_SPEAK, post = h->ruling == RULING_POST;
		mails |= mail;
		if ((mail && way_speak(d, h->item)) || (post && hooks_speak(d, h->item)))
			h->item = NULL;
		else if (mail || post)
			h->ruling = RULING_ANSWER;
	}
	if (mails)
		smtp_pool_wake(d->pool);
}

static void settle(struct deliver *d, const struct in_hand *h)
{
	if (h->item == NULL)
		return;
	if (h->way_taken)
		way_give(d, h->item->way);
	if (h->ruling == RULING_ANSWER)
		items_answer(d, h->item);
	else if (h->ruling == RULING_HOLD)
		items_hold(d, h->item, h->item->at_us);
	else
		items_drop(d, h->item);
}

/* With the lock held on both sides. */
static void finish(struct writer *w)
{
	struct deliver *d = w->d;
	bool any = false;
	for (size_t i = 0; i < w->hand_n; i++) {
		struct in_hand *h = &w->hand[i];
		bool post = h->ruling == RULING_POST;
		if (d->live && post)
			way_give(d, h->item->way);
		h->way_taken = d->live && !post;
		if (post || h->ruling == RULING_SPEAK)
			h->item->state = ITEM_SPOKEN;
		any |= post || h->ruling == RULING_SPEAK;
	}
	if (any) {
		pthread_mutex_unlock(&d->lock);
		speak(w);
		pthread_mutex_lock(&d->lock);
	}
	for (size_t i = 0; i < w->hand_n; i++)
		settle(d, &w->hand[i]);
}

static void wait_for_work(struct deliver *d)
{
	int64_t until = items_held_until(d), now = clock_now_us();
	int64_t wait = until == TIME_NONE ? US_PER_M : until - now;
	if (d->held_n + d->queue_n > 0 && wait < LOOK_AGAIN_US)
		wait = LOOK_AGAIN_US; /* all ways are taken, or the fold is behind */
	if (d->missed && wait > AGAIN_US)
		wait = AGAIN_US; /* the scan for them failed, and nobody names them again */
	(void)clock_cond_wait(&d->work, &d->lock, clock_mono_us() + wait);
}

/* Several share a snapshot, and a wake-up of the mail loop; what is more is for another writer. */
static void take(struct writer *w)
{
	struct deliver *d = w->d;
	struct item *item;
	w->hand_n = 0;
	while (w->hand_n < LETTERS_AT_ONCE && (item = next(d, w)) != NULL)
		w->hand[w->hand_n++] = (struct in_hand){.item = item};
	if (w->hand_n == LETTERS_AT_ONCE && d->queue_n > 0 && way_free(d))
		pthread_cond_signal(&d->work);
}

void *writer_run(void *arg)
{
	struct writer *w = arg;
	struct deliver *d = w->d;
	(void)pthread_setname_np(pthread_self(), "letters");
	pthread_mutex_lock(&d->lock);
	while (!d->stop) {
		take(w);
		if (w->hand_n == 0) {
			wait_for_work(d);
			continue;
		}
		pthread_mutex_unlock(&d->lock);
		handle(w);
		pthread_mutex_lock(&d->lock);
		finish(w);
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}
