/* SPDX-License-Identifier: Apache-2.0
 * shelf.c: see shelf.h. Counting in and looking again are sequentially consistent, as is naming the
 * current place: so either the writer sees the reader, or the reader sees that it came too late. */
#include "daemon/shelf.h"

#include "base/assert.h"

bool shelf_put(struct shelf *s, struct advise_book *b)
{
	unsigned current = atomic_load(&s->current);
	for (unsigned i = 1; i < SHELF_PLACES; i++) {
		unsigned at = (current + i) % SHELF_PLACES;
		struct shelf_place *p = &s->place[at];
		if (atomic_load(&p->readers) > 0)
			continue;
		advise_book_close(&p->book);
		p->book = b;
		atomic_store(&s->current, at);
		return true;
	}
	return false;
}

const struct advise_book *shelf_take(struct shelf *s, unsigned *place_r)
{
	for (;;) {
		unsigned at = atomic_load(&s->current);
		atomic_fetch_add(&s->place[at].readers, 1);
		*place_r = at;
		if (atomic_load(&s->current) == at)
			return s->place[at].book;
		atomic_fetch_sub(&s->place[at].readers, 1);
	}
}

void shelf_give(struct shelf *s, unsigned place)
{
	unsigned before = atomic_fetch_sub(&s->place[place].readers, 1);
	ASSERT(before > 0);
}

void shelf_clear(struct shelf *s)
{
	for (unsigned i = 0; i < SHELF_PLACES; i++)
		advise_book_close(&s->place[i].book);
}
