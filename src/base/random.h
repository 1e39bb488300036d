/* SPDX-License-Identifier: Apache-2.0
 * random.h: seeded dice (xoshiro256++, Blackman and Vigna 2019). Deterministic: the same seed
 * gives the same throws everywhere. Not for secrets: see crypto_random.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

struct rng {
	uint64_t s[4];
};

void rng_seed(struct rng *r, uint64_t seed);
uint64_t rng_u64(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t bound); /* uniform in [0, bound), bound > 0 */
double rng_unit(struct rng *r);                    /* uniform in [0, 1), 53 bits */

#endif
