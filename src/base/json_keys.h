/* SPDX-License-Identifier: Apache-2.0
 * json_keys.h: the keys of one object: is one there twice, and is this the one that is meant?
 *
 * Private to json.c and its test. Keys come from strangers, and the hash of a key is no secret, so
 * a sender can make as many keys with one hash as a request holds. That must cost him more than us:
 * telling whether a key is there twice takes at most JSON_KEYS_RUN comparisons a key, and
 * n log n when the hashes say nothing.
 */
#ifndef BASE_JSON_KEYS_H
#define BASE_JSON_KEYS_H

#include "base/json.h"

#define JSON_KEYS_FEW 24 /* up to here all pairs are compared */
/* Neighbours asked in the hash table. Half full, a run this long does not come by chance. */
#define JSON_KEYS_RUN 64

/* `object` is whole, its key tokens carry their hash in `count`. ST_LIMIT: the arena is at its
 * ceiling. *compared_r counts comparisons of two keys. */
MUST_USE enum status json_keys_twice(const struct json *d, uint32_t object, struct arena *a,
				     bool *twice_r, uint64_t *compared_r, struct err *e);
/* Exact, whatever is escaped. */
bool json_key_is(const struct json *d, const struct json_tok *key, struct str text);
/* Decodes what stands at *s, an escape or one byte, into out; returns how many bytes. */
size_t json_unescape(const char **s, char out[4]);

#endif
