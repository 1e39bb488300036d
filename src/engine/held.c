/* SPDX-License-Identifier: Apache-2.0
 * held.c: see held.h. Rows are written at once, as those of due.c. */
#include "engine/held.h"

#include "engine/internal.h"
#include "engine/notice.h"
#include "engine/pass.h"
#include "engine/stage_decide.h"

#define BITE 4096u

struct bite {
	struct {
		enum held_kind kind;
		uint64_t id;
	} rows[BITE];
	size_t n;
};

enum status held_add(struct batch *b, enum held_kind kind, uint64_t id, struct err *e)
{
	struct key k = key_u8_u64((uint8_t)kind, id);
	return store_put(b->store, TABLE_HELD, KEY_BYTES(key_view(&k)), STR(""), e);
}

static bool take(void *ctx, struct store_key key, struct str value)
{
	struct bite *b = ctx;
	(void)value;
	b->rows[b->n].kind = (enum held_kind)key.bytes.p[0];
	b->rows[b->n++].id = key_read_u64(key.bytes, 1);
	return b->n < BITE;
}

/* Who was merged since is the one they were merged into. */
static enum status free_lead(struct pass *p, uint64_t lead, struct err *e)
{
	enum status st = batch_lead_whole(p->batch, lead, &p->work, e);
	if (st != ST_OK)
		return st == ST_NOT_FOUND ? ST_OK : st; /* forgotten */
	st = decide_freed(p, e);
	p->work->dirty = true;
	return st == ST_OK ? stage_alarm(p, e) : st;
}

static enum status free_one(struct engine *en, enum held_kind kind, uint64_t id, int64_t now_us,
			    struct err *e)
{
	struct pass p;
	struct key k = key_u8_u64((uint8_t)kind, id);
	enum status st = store_del(en->conf.store, TABLE_HELD, KEY_BYTES(key_view(&k)), e);
	engine_pass_init(en, &p, PASS_APPLY, now_us, id);
	if (st != ST_OK)
		return st;
	return kind == HELD_LEAD ? free_lead(&p, id, e) : notice_due(&p, id, e);
}

enum status held_free(struct engine *en, int64_t now_us, struct err *e)
{
	struct bite *b = mem_alloc(sizeof *b);
	enum status st;
	do {
		b->n = 0;
		st = batch_flush(&en->batch, e);
		if (st == ST_OK)
			st = store_scan(en->conf.store, TABLE_HELD, SCAN_ALL, take, b, e);
		for (size_t i = 0; i < b->n && st == ST_OK; i++)
			st = free_one(en, b->rows[i].kind, b->rows[i].id, now_us, e);
	} while (st == ST_OK && b->n == BITE);
	mem_free(b);
	return st;
}
