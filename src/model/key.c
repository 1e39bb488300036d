/* SPDX-License-Identifier: Apache-2.0
 * key.c: the byte order of composite keys, in one place. */
#include "model/key.h"

#include "base/assert.h"

static void put_u64(struct key *k, uint64_t v)
{
	ASSERT(k->n + 8 <= KEY_MAX);
	for (int i = 7; i >= 0; i--)
		k->p[k->n++] = (char)(v >> (8 * i));
}

struct key key_u64(uint64_t a)
{
	struct key k = {.n = 0};
	put_u64(&k, a);
	return k;
}

struct key key_u64_u64(uint64_t a, uint64_t b)
{
	struct key k = key_u64(a);
	put_u64(&k, b);
	return k;
}

struct key key_u64_u64_u64(uint64_t a, uint64_t b, uint64_t c)
{
	struct key k = key_u64_u64(a, b);
	put_u64(&k, c);
	return k;
}

struct key key_u8_u64(uint8_t a, uint64_t b)
{
	struct key k = {.p = {(char)a}, .n = 1};
	put_u64(&k, b);
	return k;
}

struct key key_time_u64(int64_t at_us, uint64_t b)
{
	return key_u64_u64((uint64_t)at_us ^ (UINT64_C(1) << 63), b);
}

uint64_t key_read_u64(struct str k, size_t at)
{
	uint64_t v = 0;
	ASSERT(at + 8 <= k.n);
	for (size_t i = 0; i < 8; i++)
		v = v << 8 | (uint8_t)k.p[at + i];
	return v;
}

int64_t key_read_time(struct str k, size_t at)
{
	return (int64_t)(key_read_u64(k, at) ^ (UINT64_C(1) << 63));
}
