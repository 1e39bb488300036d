/* SPDX-License-Identifier: Apache-2.0
 * random.c: xoshiro256++ seeded through splitmix64, as its authors advise. */
#include "base/random.h"

#include "base/assert.h"
#include "base/hash.h"

void rng_seed(struct rng *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
		r->s[i] = hash_u64(seed + (uint64_t)i * 0x9e3779b97f4a7c15u);
}

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

uint64_t rng_u64(struct rng *r)
{
	uint64_t *s = r->s, out = rotl(s[0] + s[3], 23) + s[0], t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return out;
}

/* Lemire 2019, with rejection, so no value is favoured. */
uint64_t rng_below(struct rng *r, uint64_t bound)
{
	ASSERT(bound > 0);
	uint64_t floor = (0u - bound) % bound;
	for (;;) {
		unsigned __int128 m = (unsigned __int128)rng_u64(r) * bound;
		if ((uint64_t)m >= floor)
			return (uint64_t)(m >> 64);
	}
}

double rng_unit(struct rng *r)
{
	return (double)(rng_u64(r) >> 11) * 0x1p-53;
}
