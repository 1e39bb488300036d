/* SPDX-License-Identifier: Apache-2.0
 * items.c: which messages are in hand. The queue holds numbers only; what is known of a message is
 * in one table by number, so that naming it twice changes nothing. An answer is remembered until
 * the engine has folded it: till then the row still says `sending`. */
#include "deliver/work.h"

#include "base/assert.h"
#include "base/time.h"

#define ENOUGH 100 /* answers */

struct item *items_find(const struct deliver *d, uint64_t id)
{
	uint64_t at;
	return u64map_get(&d->items, id, &at) ? (struct item *)(uintptr_t)at : NULL;
}

void items_name(struct deliver *d, uint64_t id)
{
	if (d->queue_n == d->conf.queue_max) {
		d->missed = true;
		return;
	}
	d->queue[(d->queue_at + d->queue_n) % d->conf.queue_max] = id;
	d->queue_n++;
}

struct item *items_add(struct deliver *d, uint64_t id)
{
	struct item *item = mem_alloc(sizeof *item);
	item->id = id;
	if (!u64map_put(&d->items, id, (uint64_t)(uintptr_t)item)) {
		mem_free(item);
		d->missed = true;
		return NULL;
	}
	item->state = ITEM_WRITING;
	d->active++;
	return item;
}

static struct item *claim(struct deliver *d, uint64_t id)
{
	struct item *item = items_find(d, id);
	if (item == NULL)
		return items_add(d, id);
	if (item->state != ITEM_ANSWERED) {
		item->again = true;
		return NULL;
	}
	item->state = ITEM_WRITING;
	d->active++;
	return item;
}

/* ---- those that wait for their turn: a binary heap ---- */

static void swap(struct item **a, struct item **b)
{
	struct item *x = *a;
	*a = *b;
	*b = x;
}

void items_hold(struct deliver *d, struct item *item, int64_t until_us)
{
	if (d->held_n == d->held_cap) {
		size_t cap = d->held_cap ? 2 * d->held_cap : 256;
		d->held = mem_grow(d->held, d->held_cap * sizeof(struct item *),
				   cap * sizeof(struct item *));
		d->held_cap = cap;
	}
	item->state = ITEM_HELD;
	item->at_us = until_us;
	size_t i = d->held_n++;
	d->held[i] = item;
	while (i > 0 && d->held[(i - 1) / 2]->at_us > d->held[i]->at_us) {
		swap(&d->held[(i - 1) / 2], &d->held[i]);
		i = (i - 1) / 2;
	}
}

int64_t items_held_until(const struct deliver *d)
{
	return d->held_n > 0 ? d->held[0]->at_us : TIME_NONE;
}

static struct item *release(struct deliver *d)
{
	struct item *top = d->held[0];
	size_t i = 0;
	d->held[0] = d->held[--d->held_n];
	for (;;) {
		size_t least = i, left = 2 * i + 1;
		for (size_t k = left; k < left + 2 && k < d->held_n; k++)
			if (d->held[k]->at_us < d->held[least]->at_us)
				least = k;
		if (least == i)
			break;
		swap(&d->held[i], &d->held[least]);
		i = least;
	}
	top->state = ITEM_WRITING;
	return top;
}

struct item *items_next(struct deliver *d, int64_t now_us)
{
	if (d->held_n > 0 && d->held[0]->at_us <= now_us)
		return release(d);
	while (d->queue_n > 0) {
		uint64_t id = d->queue[d->queue_at];
		d->queue_at = (d->queue_at + 1) % d->conf.queue_max;
		d->queue_n--;
		struct item *item = claim(d, id);
		if (item != NULL)
			return item;
	}
	return NULL;
}

/* ---- their end ---- */

static void forget(struct deliver *d, struct item *item)
{
	(void)u64map_remove(&d->items, item->id);
	mem_free(item->room);
	mem_free(item);
}

void items_drop(struct deliver *d, struct item *item)
{
	bool again = item->again;
	uint64_t id = item->id;
	ASSERT(item->state == ITEM_WRITING);
	d->active--;
	item->again = false;
	item->state = ITEM_ANSWERED;
	if (item->seq <= d->forgotten_seq) /* its answer, if there was one, is forgotten already */
		forget(d, item);
	if (again)
		items_name(d, id);
}

bool items_all_answered(const struct deliver *d)
{
	return d->told_n >= ENOUGH || d->told_n + d->held_n >= d->active;
}

void items_answer(struct deliver *d, struct item *item)
{
	ASSERT(item->state == ITEM_WRITING || item->state == ITEM_SPOKEN);
	item->state = ITEM_TOLD;
	item->next = NULL;
	*d->last = item;
	d->last = &item->next;
	if (++d->told_n == 1 || items_all_answered(d))
		pthread_cond_signal(&d->told);
}

struct item *items_take_answers(struct deliver *d, size_t max)
{
	struct item *first = d->first, **end = &d->first;
	for (size_t i = 0; i < max && *end != NULL; i++, d->told_n--)
		end = &(*end)->next;
	d->first = *end;
	*end = NULL;
	if (d->first == NULL)
		d->last = &d->first;
	return first;
}

void items_answered(struct deliver *d, struct item *item, uint64_t seq)
{
	struct folded *f = mem_alloc(sizeof *f);
	ASSERT(item->state == ITEM_TOLD);
	*f = (struct folded){item->id, seq, NULL};
	*d->newest = f;
	d->newest = &f->next;
	mem_free(item->room);
	item->room = NULL;
	if (item->has_place && seq != NOT_TOLD)
		marks_clear(d->marks, item->place);
	item->has_place = false;
	item->bytes = item->from = item->to = STR_NULL;
	item->bounced = false;
	item->state = ITEM_ANSWERED;
	item->seq = seq;
	d->active--;
	if (item->again)
		items_name(d, item->id);
	item->again = false;
}

void items_forget_folded(struct deliver *d)
{
	while (d->oldest != NULL && d->oldest->seq <= d->cursor) {
		struct folded *f = d->oldest;
		struct item *item = items_find(d, f->id);
		d->oldest = f->next;
		if (item != NULL && item->state == ITEM_ANSWERED && item->seq == f->seq)
			forget(d, item);
		if (f->seq > d->forgotten_seq)
			d->forgotten_seq = f->seq;
		mem_free(f);
	}
	if (d->oldest == NULL)
		d->newest = &d->oldest;
}

void items_finish(struct deliver *d)
{
	size_t at = 0;
	uint64_t id, p;
	d->cursor = UINT64_MAX;
	items_forget_folded(d);
	while (u64map_next(&d->items, &at, &id, &p)) {
		struct item *item = (struct item *)(uintptr_t)p;
		mem_free(item->room);
		mem_free(item);
	}
	u64map_finish(&d->items);
	mem_free(d->held);
	mem_free(d->queue);
}
