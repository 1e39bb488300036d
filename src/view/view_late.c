/* SPDX-License-Identifier: Apache-2.0
 * view_late.c: see view_late.h. Each answer is the head of an index. */
#include "view/view_late.h"

#include "base/time.h"
#include "engine/outbox.h"
#include "model/key.h"

struct tally {
	uint64_t n;
	int64_t first_us;
	size_t at; /* of the time in the key */
};

static bool count(void *ctx, struct store_key key, struct str value)
{
	struct tally *t = ctx;
	(void)value;
	if (t->n++ == 0 && key.bytes.n >= t->at + 8)
		t->first_us = key_read_time(key.bytes, t->at);
	return t->n < VIEW_LATE_MOST;
}

static enum status handoffs(struct store *s, int64_t now_us, struct tally *t, struct err *e)
{
	struct key to = key_time_u64(now_us, 0);
	const struct store_range range = {KEY_NONE, KEY_BYTES(key_view(&to)), false};
	return store_scan(s, TABLE_HANDOFF_OPEN, range, count, t, e);
}

/* What is held by the kill switch has no time, and stands before all that has one. */
static enum status messages(struct store *s, enum message_state state, int64_t until_us,
			    struct tally *all, struct err *e)
{
	struct key from = outbox_key(state, TIME_NONE + 1, 0), to = outbox_key(state, until_us, 0);
	const struct store_range range = {KEY_BYTES(key_view(&from)), KEY_BYTES(key_view(&to)),
					  false};
	struct tally t = {.first_us = TIME_NONE, .at = 1};
	enum status st = store_scan(s, TABLE_OUTBOX, range, count, &t, e);
	all->n += t.n;
	if (t.n > 0 && (all->first_us == TIME_NONE || t.first_us < all->first_us))
		all->first_us = t.first_us;
	return st;
}

enum status view_late(struct store *s, int64_t now_us, struct view_late *out, struct err *e)
{
	static const enum message_state waits[] = {MESSAGE_READY, MESSAGE_DEFERRED,
						   MESSAGE_SENDING};
	struct tally hand = {.first_us = TIME_NONE}, mail = hand, held = hand, open = hand;
	enum status st = handoffs(s, now_us, &hand, e);
	for (size_t i = 0; i < sizeof waits / sizeof waits[0] && st == ST_OK; i++)
		st = messages(s, waits[i], now_us - VIEW_LATE_US, &mail, e);
	if (st == ST_OK)
		st = messages(s, MESSAGE_UNCERTAIN, INT64_MAX, &open, e);
	if (st == ST_OK)
		st = store_scan(s, TABLE_HELD, SCAN_ALL, count, &held, e);
	*out = (struct view_late){
		.handoffs = hand.n,
		.messages = mail.n,
		.handoff_us = hand.first_us,
		.message_us = mail.first_us,
		.held = held.n,
		.uncertain = open.n,
	};
	return st;
}
