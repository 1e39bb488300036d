/* SPDX-License-Identifier: Apache-2.0
 * tier.h: hot, warm, cold: the three words sales and marketing share.
 */
#ifndef MODEL_TIER_H
#define MODEL_TIER_H

#include "base/str.h"

enum tier {
#define TIER(name, wire) TIER_##name,
#include "model/tier.def"
#undef TIER
	TIER_COUNT
};

const char *tier_name(enum tier t);
bool tier_of(struct str wire, enum tier *out);

#endif
