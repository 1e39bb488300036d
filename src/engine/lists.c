/* SPDX-License-Identifier: Apache-2.0
 * lists.c: the lists of leads written anew from the leads, where another build has written them. */
#include "engine/engine.h"

#include "base/assert.h"
#include "model/key.h"
#include "model/lead.h"

#include <string.h>

#define BITE 4096u /* rows of a transaction */

struct bite {
	struct row {
		struct key key;
		uint64_t lead;
		int list;
	} rows[BITE];
	size_t n;
	struct arena a;
	enum status st;
	struct err *e;
};

static bool take_key(void *ctx, struct store_key key, struct str value)
{
	struct bite *b = ctx;
	struct key *k = &b->rows[b->n++].key;
	(void)value;
	ASSERT(key.bytes.n <= sizeof k->p);
	memcpy(k->p, key.bytes.p, key.bytes.n);
	k->n = key.bytes.n;
	return b->n < BITE;
}

static bool take_lead(void *ctx, struct store_key key, struct str value)
{
	struct bite *b = ctx;
	struct lead l;
	struct str journey;
	arena_reset(&b->a);
	b->st = lead_row_decode(key.num, value, &b->a, &l, &journey, b->e);
	if (b->st == ST_OK)
		b->rows[b->n++] = (struct row){.lead = key.num, .list = lead_list(&l)};
	return b->st == ST_OK && b->n < BITE;
}

static enum status drop_rows(struct store *s, struct bite *b, struct err *e)
{
	enum status st = ST_OK;
	for (size_t i = 0; i < b->n && st == ST_OK; i++)
		st = store_del(s, TABLE_TIER_LEAD, KEY_BYTES(key_view(&b->rows[i].key)), e);
	return st;
}

static enum status put_rows(struct store *s, struct bite *b, struct err *e)
{
	enum status st = ST_OK;
	for (size_t i = 0; i < b->n && st == ST_OK; i++) {
		struct row *r = &b->rows[i];
		r->key = key_u8_u64((uint8_t)r->list, r->lead);
		if (r->list >= 0)
			st = store_put(s, TABLE_TIER_LEAD, KEY_BYTES(key_view(&r->key)), STR(""),
				       e);
	}
	return st;
}

/* One transaction: a bite of the old rows, or of the leads from `from` on. */
static enum status step_bite(struct store *s, struct bite *b, bool drop, uint64_t from,
			     struct err *e)
{
	b->n = 0;
	enum status st = store_begin(s, e);
	if (st != ST_OK)
		return st;
	st = drop ? store_scan(s, TABLE_TIER_LEAD, SCAN_ALL, take_key, b, e)
		  : store_scan(s, TABLE_LEAD, SCAN_FROM(KEY_NUM(from)), take_lead, b, e);
	if (st == ST_OK)
		st = b->st;
	if (st == ST_OK)
		st = drop ? drop_rows(s, b, e) : put_rows(s, b, e);
	if (st == ST_OK)
		return store_commit(s, e);
	store_rollback(s);
	return st;
}

enum status engine_lists_write(struct store *s, struct err *e)
{
	struct bite *b = mem_alloc(sizeof *b);
	uint64_t from = 0;
	enum status st = ST_OK;
	arena_init(&b->a, (size_t)4 << 20);
	b->e = e;
	do
		st = step_bite(s, b, true, 0, e);
	while (st == ST_OK && b->n > 0);
	do {
		st = st == ST_OK ? step_bite(s, b, false, from, e) : st;
		from = b->n > 0 ? b->rows[b->n - 1].lead + 1 : from;
	} while (st == ST_OK && b->n == BITE);
	arena_finish(&b->a);
	mem_free(b);
	return st;
}
