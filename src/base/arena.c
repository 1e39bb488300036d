/* SPDX-License-Identifier: Apache-2.0
 * arena.c: a chain of chunks, each twice the last up to 1 MB. Chunks survive a reset, so a
 * thread that serves requests stops asking the system for memory after the first few.
 * Under AddressSanitizer the unused tail of a chunk is poisoned, so a read past an
 * allocation is found as in plain malloc. */
#include "base/arena.h"

#include "base/assert.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif
#ifdef HAVE_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#define REDZONE 16u
#else
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#define REDZONE 0u
#endif

#define CHUNK_MIN 4096u
#define CHUNK_MAX (1u << 20)
#define ALIGN 16u

struct arena_chunk {
	struct arena_chunk *next;
	size_t bytes, at; /* size of data[], first free byte */
	_Alignas(ALIGN) char data[];
};

void arena_init(struct arena *a, size_t bytes_max)
{
	ASSERT(bytes_max > 0);
	*a = (struct arena){.bytes_max = bytes_max};
}

void arena_finish(struct arena *a)
{
	for (struct arena_chunk *c = a->first, *next; c != NULL; c = next) {
		next = c->next;
		UNPOISON(c->data, c->bytes);
		free(c);
	}
	*a = (struct arena){.bytes_max = a->bytes_max};
}

void arena_wipe(struct arena *a)
{
	for (struct arena_chunk *c = a->first; c != NULL; c = c->next) {
		UNPOISON(c->data, c->bytes);
		explicit_bzero(c->data, c->bytes);
	}
}

static void chunk_clear(struct arena_chunk *c, size_t at)
{
	c->at = at;
	POISON(c->data + at, c->bytes - at);
}

/* Chunks behind the current one are empty already: giving back costs what was taken since, and
 * not what the arena ever held. */
static void clear_through_cur(struct arena *a, struct arena_chunk *from)
{
	for (struct arena_chunk *c = from; c != NULL; c = c == a->cur ? NULL : c->next)
		chunk_clear(c, 0);
}

void arena_reset(struct arena *a)
{
	clear_through_cur(a, a->first);
	a->cur = a->first;
	a->bytes_used = 0;
}

static struct arena_chunk *chunk_add(struct arena *a, size_t bytes)
{
	size_t size = a->cur ? a->cur->bytes * 2 : CHUNK_MIN;
	if (size > CHUNK_MAX)
		size = CHUNK_MAX;
	if (size < bytes)
		size = bytes;
	struct arena_chunk *c = malloc(sizeof *c + size);
	ASSERT(c != NULL);
	c->bytes = size;
	chunk_clear(c, 0);
	a->bytes_held += size;
	if (a->cur == NULL) {
		c->next = a->first;
		a->first = c;
	} else {
		c->next = a->cur->next;
		a->cur->next = c;
	}
	return c;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
	if (bytes > a->bytes_max)
		return NULL;
	size_t need = ((bytes ? bytes : 1) + REDZONE + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (a->bytes_used + need > a->bytes_max)
		return NULL;
	struct arena_chunk *c = a->cur;
	while (c != NULL && c->bytes - c->at < need) {
		c = c->next;
		if (c != NULL)
			a->cur = c;
	}
	if (c == NULL)
		c = chunk_add(a, need);
	a->cur = c;
	void *p = c->data + c->at;
	UNPOISON(p, bytes ? bytes : 1);
	memset(p, 0, bytes ? bytes : 1);
	c->at += need;
	a->bytes_used += need;
	return p;
}

void *arena_array(struct arena *a, size_t count, size_t item_bytes)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, item_bytes, &bytes))
		return NULL;
	return arena_alloc(a, bytes);
}

char *arena_strz(struct arena *a, struct str s)
{
	if (s.n == SIZE_MAX)
		return NULL;
	char *p = arena_alloc(a, s.n + 1);
	if (p != NULL && s.n)
		memcpy(p, s.p, s.n);
	return p;
}

struct str arena_str(struct arena *a, struct str s)
{
	char *p = arena_strz(a, s);
	return p ? str_n(p, s.n) : STR_NULL;
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return STR_NULL;
	char *p = arena_alloc(a, (size_t)n + 1);
	if (p == NULL)
		return STR_NULL;
	va_start(ap, fmt);
	(void)vsnprintf(p, (size_t)n + 1, fmt, ap); /* sized above */
	va_end(ap);
	return str_n(p, (size_t)n);
}

struct arena_mark arena_mark(const struct arena *a)
{
	return (struct arena_mark){a->cur, a->cur ? a->cur->at : 0, a->bytes_used};
}

void arena_rewind(struct arena *a, struct arena_mark m)
{
	if (m.chunk != a->cur)
		clear_through_cur(a, m.chunk ? m.chunk->next : a->first);
	if (m.chunk)
		chunk_clear(m.chunk, m.at);
	a->cur = m.chunk ? m.chunk : a->first;
	a->bytes_used = m.bytes_used;
}

void *mem_alloc(size_t bytes)
{
	void *p = calloc(1, bytes ? bytes : 1);
	ASSERT(p != NULL);
	return p;
}

void *mem_array(size_t count, size_t item_bytes)
{
	void *p = calloc(count ? count : 1, item_bytes ? item_bytes : 1);
	ASSERT(p != NULL);
	return p;
}

void *mem_grow(void *p, size_t old_bytes, size_t new_bytes)
{
	char *q = realloc(p, new_bytes ? new_bytes : 1);
	ASSERT(q != NULL);
	if (new_bytes > old_bytes)
		memset(q + old_bytes, 0, new_bytes - old_bytes);
	return q;
}

void mem_free(void *p)
{
	free(p);
}

char *mem_strz(struct str s)
{
	char *p = mem_alloc(s.n + 1);
	if (s.n)
		memcpy(p, s.p, s.n);
	return p;
}
