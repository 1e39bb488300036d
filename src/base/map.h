/* SPDX-License-Identifier: Apache-2.0
 * map.h: two open-addressing tables on the heap, each with a ceiling.
 *   u64map: 64-bit key -> 64-bit value (keys are mixed inside; key 0 is fine).
 *   strmap: byte-string key (copied) -> 64-bit value.
 * Iteration order is unspecified; nothing that reaches the disk may depend on it.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/status.h"
#include "base/str.h"

struct u64map {
	struct u64map_cell *cells;
	size_t cap, count, count_max;
};

void u64map_init(struct u64map *m, size_t count_max);
void u64map_finish(struct u64map *m);
void u64map_clear(struct u64map *m); /* keeps the memory */
bool u64map_get(const struct u64map *m, uint64_t key, uint64_t *value_r);
/* Sets or replaces. False: the ceiling is reached and the key is new. */
bool u64map_put(struct u64map *m, uint64_t key, uint64_t value);
bool u64map_remove(struct u64map *m, uint64_t key);
/* Walk: start with *at = 0; false at the end. No changes while walking. */
bool u64map_next(const struct u64map *m, size_t *at, uint64_t *key_r, uint64_t *value_r);

struct strmap {
	struct strmap_cell *cells;
	size_t cap, count, count_max;
	uint64_t
		seed; /* from the system: strangers choose keys, and must not choose their places */
};

void strmap_init(struct strmap *m, size_t count_max);
void strmap_finish(struct strmap *m);
void strmap_clear(struct strmap *m);
bool strmap_get(const struct strmap *m, struct str key, uint64_t *value_r);
bool strmap_put(struct strmap *m, struct str key, uint64_t value);
bool strmap_remove(struct strmap *m, struct str key);
bool strmap_next(const struct strmap *m, size_t *at, struct str *key_r, uint64_t *value_r);

#endif
