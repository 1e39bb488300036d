/* SPDX-License-Identifier: Apache-2.0
 * env.h: all a pure function may know of the world: what time it is, and its dice.
 */
#ifndef BASE_ENV_H
#define BASE_ENV_H

#include "base/random.h"

struct env {
	int64_t now_us; /* logical now of this pass */
	struct rng rng; /* seeded per pass from (seed, log sequence, lead) */
};

#endif
