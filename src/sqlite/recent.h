/* SPDX-License-Identifier: Apache-2.0
 * recent.h: what one connection wrote to a write-ahead log lately, for all that read it in this
 * process. Private to this room; sqlite.h has what makes and ends one.
 */
#ifndef SQLITE_RECENT_H
#define SQLITE_RECENT_H

#include "sqlite/sqlite.h"

#include <pthread.h>
#include <stdatomic.h>

#define RECENT_BLOCK ((size_t)4096)
#define RECENT_BYTES ((size_t)32 << 20) /* of the file; a WAL has 16 MB, unless a reader stays */

struct sqlite_recent {
	uint8_t *raw,
		*bytes; /* RECENT_BYTES from a block's begin on; only the writer writes them */
	pthread_rwlock_t held;
	int64_t at;      /* of the first byte in the file; changes while nobody reads */
	atomic_size_t n; /* so many are in the file as they are here */
};

/* The first block's begin in memory that has a block more than is to be used. */
static inline uint8_t *recent_aligned(uint8_t *raw)
{
	return raw + (RECENT_BLOCK - (uintptr_t)raw % RECENT_BLOCK) % RECENT_BLOCK;
}

/* By the writer: the file has `n` bytes from r->at on as they are in r->bytes. */
void recent_show(struct sqlite_recent *r, size_t n);
/* By the writer: the memory shows nothing, and what it will show begins at `at` of the file. */
void recent_move(struct sqlite_recent *r, int64_t at);
/* Copies [at, at + n) of the file to p. False: not all of it is here. Thread: any. */
bool recent_read(struct sqlite_recent *r, uint8_t *p, size_t n, int64_t at);

#endif
