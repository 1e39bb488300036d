/* SPDX-License-Identifier: Apache-2.0
 * teller.c: what became of messages, as events: many at a time, since each batch waits for a disk.
 * Its first work is the recovery: what a crash left unanswered is said to be uncertain. */
#include "deliver/work.h"

#include "base/assert.h"
#include "base/clock.h"
#include "base/time.h"
#include "engine/engine.h"
#include "engine/outbox.h"
#include "model/event.h"
#include "model/key.h"

#include <stdio.h>

#define SOURCE "deliver"
#define PER_ANSWER 2        /* events at most */
#define BODY_MAX (8u << 10) /* of one event */
#define RETRY_US US_PER_S
/* While more is on its way nobody waits for what became of one: many answers share a sync, and a
 * fold. */
#define GATHER_US 5000
#define LAST_TRIES 5 /* when stopping: then the rows stay `sending` */

static const char *const types[SMTP_OUTCOME_COUNT] = {
	[SMTP_SENT] = "message.sent",
	[SMTP_DEFERRED] = "message.deferred",
	[SMTP_FAILED] = "message.failed",
	[SMTP_UNCERTAIN] = "message.uncertain",
};
static const enum metric counts[SMTP_OUTCOME_COUNT] = {
	[SMTP_SENT] = METRIC_DELIVER_SENT,
	[SMTP_DEFERRED] = METRIC_DELIVER_DEFERRED,
	[SMTP_FAILED] = METRIC_DELIVER_FAILED,
	[SMTP_UNCERTAIN] = METRIC_DELIVER_UNCERTAIN,
};

/* ---- answers as events ---- */

static void answer_json(const struct item *item, struct buf *out)
{
	const struct answer *a = &item->answer;
	struct json_w w;
	json_w_init(&w, out);
	json_w_object(&w);
	json_w_key(&w, "message");
	json_w_u64(&w, item->id);
	if (a->code > 0)
		json_w_ki64(&w, "code", a->code);
	json_w_kz(&w, "reason", a->reason);
	if (a->class != SMTP_CLASS_COUNT)
		json_w_kz(&w, "class", smtp_class_name(a->class));
	if (a->after_us > 0)
		json_w_ki64(&w, "after_seconds", (a->after_us + US_PER_S - 1) / US_PER_S);
	if (a->expired)
		json_w_kbool(&w, "expired", true);
	if (a->untried)
		json_w_kbool(&w, "untried", true);
	if (a->trial)
		json_w_kbool(&w, "trial", true);
	bool left = a->outcome == SMTP_SENT || a->outcome == SMTP_UNCERTAIN;
	if (left && item->links_n > 0)
		json_w_ki64(&w, "links", item->links_n);
	json_w_end(&w);
}

/* The same try always gets the same name: an answer that is told again behind a failure of the
 * disk is a duplicate for the log. */
static void add_entry(struct deliver *d, const struct item *item, struct event *ev,
		      const char *source, struct log_entry *out)
{
	struct buf body;
	struct err e;
	ev->occurred_us = item->answer.at_us;
	ev->context.scroll = -1;
	buf_init_arena(&body, &d->tell_arena, BODY_MAX);
	enum status st = event_encode(ev, &body, &e);
	ASSERT(st == ST_OK); /* our own words, with a ceiling */
	*out = (struct log_entry){
		.source = str_of(source),
		.message_id = arena_printf(&d->tell_arena, "%llu.%u.%lld." STR_FMT,
					   (unsigned long long)item->id, item->attempts,
					   (long long)item->changed_us, STR_ARG(ev->type)),
		.body = buf_view(&body),
		.received_us = clock_now_us(),
	};
	ASSERT(out->message_id.p != NULL);
}

/* What a mail server says of the mailbox itself while we speak to it is a bounce that came early:
 * nobody is there. Told first, so that the lead's next message is not chosen for that address. */
static bool add_bounce(struct deliver *d, const struct item *item, struct log_entry *out)
{
	const struct answer *a = &item->answer;
	struct buf props;
	struct json_w w;
	struct event ev = {.type = STR("email.bounce")};
	if (a->class != SMTP_CLASS_BAD_ADDRESS || item->to.n == 0)
		return false;
	buf_init_arena(&props, &d->tell_arena, BODY_MAX);
	json_w_init(&w, &props);
	json_w_object(&w);
	json_w_key(&w, "message");
	json_w_u64(&w, item->id);
	json_w_kz(&w, "type", "hard");
	json_w_ki64(&w, "code", a->code);
	json_w_kz(&w, "reason", a->reason);
	json_w_kz(&w, "phase", "smtp");
	json_w_end(&w);
	ev.properties = buf_view(&props);
	if (!event_add_id(&ev, ID_EMAIL, STR_NULL, item->to))
		return false;
	add_entry(d, item, &ev, "observe", out);
	return true;
}

static size_t add_answer(struct deliver *d, struct item *item, struct log_entry *out)
{
	struct buf props;
	size_t n = item->bounced = add_bounce(d, item, out);
	struct event ev = {.type = str_of(types[item->answer.outcome]), .flags = EVENT_SYSTEM};
	buf_init_arena(&props, &d->tell_arena, BODY_MAX);
	answer_json(item, &props);
	ASSERT(buf_ok(&props));
	ev.properties = buf_view(&props);
	add_entry(d, item, &ev, SOURCE, &out[n]);
	return n + 1;
}

/* ---- telling ---- */

/* Until it is durable. Stopping, it gives up after some tries. */
static enum status tell_all(struct deliver *d, struct log_entry *entries, size_t n)
{
	struct err e;
	enum status st;
	int tries = 0;
	do {
		st = d->conf.tell(d->conf.ctx, entries, n, &e);
		if (st != ST_OK) {
			metrics_inc(d->conf.metrics, METRIC_DELIVER_UNTOLD);
			clock_sleep_us(RETRY_US);
		}
		pthread_mutex_lock(&d->lock);
		bool give_up = d->end && ++tries >= LAST_TRIES;
		pthread_mutex_unlock(&d->lock);
		if (give_up)
			break;
	} while (st != ST_OK);
	return st;
}

/* With the lock held on both sides. */
static void tell(struct deliver *d)
{
	struct item *items = items_take_answers(d, ANSWERS_BATCH);
	struct item *next;
	uint64_t *last[SMTP_OUTCOME_COUNT] = {
		[SMTP_SENT] = &d->stats.sent,
		[SMTP_DEFERRED] = &d->stats.deferred,
		[SMTP_FAILED] = &d->stats.failed,
		[SMTP_UNCERTAIN] = &d->stats.uncertain,
	};
	size_t n = 0, at = 0;
	pthread_mutex_unlock(&d->lock);
	arena_reset(&d->tell_arena);
	struct log_entry *entries =
		ARENA_ARRAY(&d->tell_arena, struct log_entry, PER_ANSWER * ANSWERS_BATCH);
	ASSERT(entries != NULL);
	for (struct item *i = items; i != NULL; i = i->next)
		n += add_answer(d, i, &entries[n]);
	enum status st = n > 0 ? tell_all(d, entries, n) : ST_OK;
	pthread_mutex_lock(&d->lock);
	for (struct item *i = items; i != NULL; i = next) {
		next = i->next;
		at += i->bounced;
		++*last[i->answer.outcome];
		metrics_inc(d->conf.metrics, counts[i->answer.outcome]);
		items_answered(d, i, st == ST_OK ? entries[at++].seq : NOT_TOLD);
	}
	items_forget_folded(d);
}

/* ---- recovery ---- */

static bool still_sending(struct deliver *d, const struct doubt *x, struct message *out)
{
	arena_reset(&d->tell_arena);
	return outbox_get(d->reader, x->id, &d->tell_arena, out, NULL) == ST_OK &&
	       out->state == MESSAGE_SENDING && (x->again || out->attempts == x->attempts);
}

/* Has the state on disk everything the log held when the process started? */
static bool state_is_there(struct deliver *d)
{
	struct engine_meta meta;
	return d->cursor >= d->conf.log_end && engine_meta_read(d->reader, &meta, NULL) == ST_OK &&
	       meta.cursor >= d->conf.log_end;
}

/* What no server had been given goes back, and every guard is asked again: who knows how long the
 * process was away. False: there is no room for one more answer that is not folded yet. */
static bool doubt(struct deliver *d, const struct doubt *x)
{
	struct message m;
	struct item *item = items_find(d, x->id);
	if (item != NULL || !still_sending(d, x, &m))
		return true;
	item = items_add(d, x->id);
	if (item == NULL)
		return false;
	item->attempts = m.attempts;
	item->changed_us = m.changed_us;
	if (marks_spoken(d->marks, x->id))
		item->answer = (struct answer){
			.outcome = SMTP_UNCERTAIN,
			.class = SMTP_CLASS_COUNT,
			.at_us = clock_now_us(),
			.reason = "the process ended while it was being sent: it may have arrived",
		};
	else
		answer_untried(&item->answer, US_PER_S, "the process ended before its turn");
	items_answer(d, item);
	return true;
}

/* The list, one by one. False: a stop came before its end. */
static bool settle(struct deliver *d)
{
	size_t i = 0;
	while (!d->stop && i < d->doubts_n) {
		const struct doubt x = d->doubts[i]; /* the list may move */
		bool room = doubt(d, &x);
		i += room;
		if (!room || i % ANSWERS_BATCH == 0)
			tell(d);
		if (!room)
			(void)clock_cond_wait(&d->told, &d->lock, clock_mono_us() + US_PER_S / 50);
	}
	while (d->first != NULL && !d->stop)
		tell(d);
	return i == d->doubts_n && d->first == NULL;
}

/* With the lock held on both sides. A stop leaves what is not settled to the next process, by the
 * marks as they are; where all is settled they are begun even so, or what was folded in this short
 * life, and given to nobody, would be in doubt. */
static void recover(struct deliver *d)
{
	while (!d->stop && !state_is_there(d))
		(void)clock_cond_wait(&d->told, &d->lock, clock_mono_us() + US_PER_S / 50);
	bool settled = settle(d);
	while (settled && !d->stop && d->doubts_cut)
		if (doubts_find_more(d, NULL) == ST_OK)
			settled = settle(d);
		else
			(void)clock_cond_wait(&d->told, &d->lock, clock_mono_us() + RETRY_US);
	settled = settled && !d->doubts_cut && state_is_there(d);
	enum status st = settled ? marks_begin(d->marks, NULL) : ST_UNAVAILABLE;
	while (!d->stop && st != ST_OK) {
		(void)clock_cond_wait(&d->told, &d->lock, clock_mono_us() + RETRY_US);
		st = marks_begin(d->marks, NULL);
	}
	d->ready = !d->stop;
	pthread_cond_broadcast(&d->work);
}

/* With the lock held on both sides: the first answer is there. */
static void gather(struct deliver *d)
{
	int64_t until = clock_mono_us() + GATHER_US;
	while (!d->end && !items_all_answered(d) && clock_mono_us() < until)
		(void)clock_cond_wait(&d->told, &d->lock, until);
}

void *teller_run(void *arg)
{
	struct deliver *d = arg;
	(void)pthread_setname_np(pthread_self(), "teller");
	pthread_mutex_lock(&d->lock);
	recover(d);
	while (!d->end || d->first != NULL) {
		if (d->first == NULL) {
			pthread_cond_wait(&d->told, &d->lock);
			continue;
		}
		gather(d);
		tell(d);
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}
