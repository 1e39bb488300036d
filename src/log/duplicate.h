/* SPDX-License-Identifier: Apache-2.0
 * duplicate.h: which keys has the log seen lately? A set of fingerprints, about ten bytes a key.
 *
 * Every record of the log has one key, so the set covers a run of seqs [first_seq, next_seq). A
 * find gives candidates; the caller reads the record and compares the key in full. Below
 * first_seq everything is forgotten: by time (duplicate_expire), or the oldest eighth at once when
 * the ceiling is reached.
 *
 *   D1  Every key added with seq >= first_seq is found.
 *   D2  What is found may be another key: one find in some hundred at the ceiling.
 *   D3  Memory never passes bytes_max.
 * Thread: one at a time.
 */
#ifndef LOG_DUPLICATE_H
#define LOG_DUPLICATE_H

#include "base/arena.h"

#define DUPLICATE_BLOCK 4096 /* records; times are kept once per block */

struct duplicate_set {
	uint64_t *cells;
	size_t homes, slack, count; /* cells = homes + slack, the last always empty */
	size_t homes_max, block_us_max;
	uint64_t first_seq, next_seq;
	int64_t *block_us; /* time of the first record of each block, from block_first on */
	size_t block_n;
	uint64_t block_first;
	bool cut; /* first_seq lies inside the first block */
};

/* Of a file with this seed; a stranger cannot foresee it and aim at one spot of the table. */
uint64_t duplicate_fingerprint(uint64_t seed, struct str source, struct str message_id);

void duplicate_init(struct duplicate_set *d, size_t bytes_max, uint64_t next_seq);
void duplicate_finish(struct duplicate_set *d);
/* Memory for so many keys at once, before a bulk load; no more than the ceiling. */
void duplicate_reserve(struct duplicate_set *d, size_t keys);
size_t duplicate_keys_max(const struct duplicate_set *d);
size_t duplicate_bytes(const struct duplicate_set *d);

/* seq must be next_seq or above; keys of seqs in between do not exist (a damaged log). */
void duplicate_add(struct duplicate_set *d, uint64_t fingerprint, uint64_t seq,
		   int64_t received_us);
/* Takes back the newest one: its seq was next_seq - 1. */
void duplicate_undo(struct duplicate_set *d, uint64_t fingerprint, uint64_t seq);
void duplicate_prefetch(const struct duplicate_set *d, uint64_t fingerprint);
/* Candidates one by one: start with *at = 0. False: no more. */
bool duplicate_find(const struct duplicate_set *d, uint64_t fingerprint, size_t *at,
		    uint64_t *seq_r);
/* Forgets blocks whose records are all older than `before_us`. */
void duplicate_expire(struct duplicate_set *d, int64_t before_us);
/* From this time on every record is remembered; `otherwise` when that is not known. */
int64_t duplicate_oldest_us(const struct duplicate_set *d, int64_t otherwise);

#endif
