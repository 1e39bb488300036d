/* SPDX-License-Identifier: Apache-2.0
 * hash.c: one door to libxxhash, so that its header stays out of every room. */
#include "base/hash.h"

#include <xxhash.h>

uint64_t hash_str(struct str s, uint64_t seed)
{
	return XXH3_64bits_withSeed(s.n ? s.p : "", s.n, seed);
}

/* splitmix64 finaliser (Steele, Lea, Flood 2014). */
uint64_t hash_u64(uint64_t v)
{
	v += 0x9e3779b97f4a7c15u;
	v = (v ^ (v >> 30)) * 0xbf58476d1ce4e5b9u;
	v = (v ^ (v >> 27)) * 0x94d049bb133111ebu;
	return v ^ (v >> 31);
}
