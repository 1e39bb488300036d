/* SPDX-License-Identifier: Apache-2.0
 * key.h: composite store keys: big-endian, so that memcmp orders them as numbers.
 * Signed times are shifted so that the past sorts before the future.
 */
#ifndef MODEL_KEY_H
#define MODEL_KEY_H

#include "base/str.h"

#define KEY_MAX 24

struct key {
	char p[KEY_MAX];
	size_t n;
};

struct key key_u64(uint64_t a);
struct key key_u64_u64(uint64_t a, uint64_t b);
struct key key_u64_u64_u64(uint64_t a, uint64_t b, uint64_t c);
struct key key_u8_u64(uint8_t a, uint64_t b);
struct key key_time_u64(int64_t at_us, uint64_t b);
uint64_t key_read_u64(struct str k, size_t at); /* k must be long enough: asserts */
int64_t key_read_time(struct str k, size_t at);
static inline struct str key_view(const struct key *k)
{
	return (struct str){k->p, k->n};
}

#endif
