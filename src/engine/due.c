/* SPDX-License-Identifier: Apache-2.0
 * due.c: see due.h. Rows are written at once, not with the batch: they are few, and what is first
 * must be exact, or two folds of one log would fire in different orders (N2). */
#include "engine/due.h"

#include "base/assert.h"
#include "base/time.h"

#define KIND_SHIFT 56

static uint64_t id_of(const struct due *d)
{
	ASSERT(d->id < UINT64_C(1) << KIND_SHIFT);
	return (uint64_t)d->kind << KIND_SHIFT | d->id;
}

static struct key due_key(const struct due *d, int64_t at_us)
{
	return key_time_u64(at_us, id_of(d));
}

enum status due_set(struct batch *b, const struct due *d, int64_t was_us, struct err *e)
{
	enum status st = ST_OK;
	if (was_us == d->at_us)
		return ST_OK;
	if (was_us != TIME_NONE) {
		struct key old = due_key(d, was_us);
		st = store_del(b->store, TABLE_DUE, KEY_BYTES(key_view(&old)), e);
	}
	if (st != ST_OK || d->at_us == TIME_NONE)
		return st;
	batch_queue_has(&b->due, d->at_us, id_of(d));
	struct key new = due_key(d, d->at_us);
	return store_put(b->store, TABLE_DUE, KEY_BYTES(key_view(&new)), STR(""), e);
}

static bool first(void *ctx, struct store_key key, struct str value)
{
	struct due *d = ctx;
	uint64_t id = key_read_u64(key.bytes, 8);
	(void)value;
	*d = (struct due){.at_us = key_read_time(key.bytes, 0),
			  .kind = (enum due_kind)(id >> KIND_SHIFT),
			  .id = id & ((UINT64_C(1) << KIND_SHIFT) - 1)};
	return false;
}

enum status due_first(struct batch *b, struct due *out, struct err *e)
{
	ASSERT(b->due.us != TIME_NONE);
	struct key from = key_time_u64(b->due.us, b->due.id);
	*out = (struct due){.at_us = TIME_NONE};
	enum status st = store_scan(b->store, TABLE_DUE, SCAN_FROM(KEY_BYTES(key_view(&from))),
				    first, out, e);
	if (st == ST_OK)
		b->due = out->at_us == TIME_NONE ? BATCH_QUEUE_EMPTY
						 : (struct batch_queue){out->at_us, id_of(out)};
	return st;
}
