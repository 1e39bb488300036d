/* SPDX-License-Identifier: Apache-2.0
 * arena.h: memory for one unit of work. Everything taken from an arena dies with its
 * reset, so error paths are plain returns.
 *
 * An arena is born with a ceiling; past it arena_alloc returns NULL and the caller answers
 * ST_LIMIT. malloc and friends are called only in base/ (tests/tidy sees to it): rooms use
 * arenas, or mem_alloc for long-lived objects with a named owner.
 * Thread: one at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

#include <stdarg.h>

struct arena_chunk;
struct arena {
	struct arena_chunk *first, *cur;
	size_t bytes_max, bytes_used, bytes_held; /* ceiling; handed out; taken from the system */
};

struct arena_mark {
	struct arena_chunk *chunk;
	size_t at, bytes_used;
};

void arena_init(struct arena *a, size_t bytes_max); /* takes no memory yet */
void arena_finish(struct arena *a);                 /* gives everything back */
/* Overwrites all that it ever handed out, before arena_finish, where secrets were in it. */
void arena_wipe(struct arena *a);
void arena_reset(struct arena *a); /* keeps chunks for the next unit of work */
/* 16-byte aligned, zeroed. NULL when the ceiling would be passed. */
void *arena_alloc(struct arena *a, size_t bytes);
void *arena_array(struct arena *a, size_t count, size_t item_bytes); /* overflow-safe */
/* Copies; result is NUL-terminated behind its last byte. p == NULL when over the ceiling. */
struct str arena_str(struct arena *a, struct str s);
char *arena_strz(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
struct arena_mark arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark m);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, count) ((type *)arena_array((a), (count), sizeof(type)))

/* Long-lived memory with a named owner. Never NULL: a machine without memory for a long-lived
 * object cannot go on, and restart equals recovery. */
void *mem_alloc(size_t bytes); /* zeroed */
void *mem_array(size_t count, size_t item_bytes);
void *mem_grow(void *p, size_t old_bytes, size_t new_bytes); /* new part zeroed */
void mem_free(void *p);                                      /* accepts NULL */
char *mem_strz(struct str s);

#endif
