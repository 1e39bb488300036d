/* SPDX-License-Identifier: Apache-2.0
 * hash.h: XXH3 (libxxhash) for tables and checksums. Not for secrets: see crypto.h.
 * The same bytes and seed give the same value on every machine and forever: stored data relies
 * on it.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include "base/str.h"

uint64_t hash_str(struct str s, uint64_t seed);
uint64_t hash_u64(uint64_t v); /* a bijective mix: distinct in, distinct out */

#endif
