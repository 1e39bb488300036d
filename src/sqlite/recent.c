/* SPDX-License-Identifier: Apache-2.0
 * recent.c: the write-ahead log as its writer left it, kept in memory for the readers beside it.
 *
 * The writer gathers frames here and writes to the file from here; what is in the file it shows,
 * and waits for nobody then: who reads may be put aside by the scheduler in the middle of a copy.
 * What it adds lies behind what it has shown, and a WAL starts over when nobody reads it. Only
 * before the memory is to hold another piece of the file are those waited for who still copy. */
#include "sqlite/recent.h"

#include "base/arena.h"

#include <string.h>

struct sqlite_recent *sqlite_recent_create(void)
{
	struct sqlite_recent *r = mem_alloc(sizeof *r);
	/* Memory of the system that nobody has written to takes no room. */
	r->raw = mem_alloc(RECENT_BYTES + RECENT_BLOCK);
	r->bytes = recent_aligned(r->raw);
	(void)pthread_rwlock_init(&r->held, NULL);
	return r;
}

void sqlite_recent_destroy(struct sqlite_recent **r_at)
{
	struct sqlite_recent *r = *r_at;
	*r_at = NULL;
	if (r == NULL)
		return;
	(void)pthread_rwlock_destroy(&r->held);
	mem_free(r->raw);
	mem_free(r);
}

void recent_show(struct sqlite_recent *r, size_t n)
{
	atomic_store_explicit(&r->n, n, memory_order_release);
}

void recent_move(struct sqlite_recent *r, int64_t at)
{
	(void)pthread_rwlock_wrlock(&r->held);
	atomic_store_explicit(&r->n, 0, memory_order_relaxed);
	r->at = at;
	(void)pthread_rwlock_unlock(&r->held);
}

bool recent_read(struct sqlite_recent *r, uint8_t *p, size_t n, int64_t at)
{
	(void)pthread_rwlock_rdlock(&r->held);
	size_t shown = atomic_load_explicit(&r->n, memory_order_acquire);
	bool got = at >= r->at && at + (int64_t)n <= r->at + (int64_t)shown;
	if (got)
		memcpy(p, r->bytes + (at - r->at), n);
	(void)pthread_rwlock_unlock(&r->held);
	return got;
}
