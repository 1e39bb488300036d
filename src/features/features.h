/* SPDX-License-Identifier: Apache-2.0
 * features.h: what do we know, in numbers? Declared features over a lead's events.
 *
 * Room 4 of the pass. Pure: folds one event into the cells of a lead, and reads them as a vector.
 * Nothing is ever counted again from history: every kind has a closed form for time, a rule for
 * late events and a rule for merging (the ops table in features.c, one row per kind).
 *
 *   F1  The cells are a function of the set of counted events: order of arrival does not matter
 *       (sums and decayed counts up to rounding of the last bit, the rest exactly).
 *   F2  features_merge(fold A, fold B) == fold(A and B together), in the same sense.
 *   F3  A vector read before an event is folded depends on earlier records only: that is what
 *       keeps the future out of training (struct features_record).
 *   F4  Bot, machine and system events, and those of a person who said Do Not Track where the
 *       program honours it, change nothing (event_counts in model/event.h).
 * Thread: any. Memory: cells and their bytes in the caller's arena.
 */
#ifndef FEATURES_FEATURES_H
#define FEATURES_FEATURES_H

#include <math.h>

#include "program/facts.h"

/* What recency and last give for a lead that never had such an event: every comparison with it is
 * false. Counts, sums, distinct, decayed counts and ratios give 0. */
#define FEATURE_ABSENT ((double)NAN)

#define FEATURES_RECORD_BYTES_MAX (64 + 9 * PROGRAM_FEATURES_MAX)

/* Folds f->event into the lead's cells. `lead` is the one f->lead points at, or a copy. Strings go
 * to `a`, which must live as long as the lead; scratch comes from f->arena.
 * ST_LIMIT: the lead has LEAD_CELLS_MAX cells, or the arena is at its ceiling; what fitted is in.*/
MUST_USE enum status features_update(struct lead *lead, const struct facts *f, struct arena *a,
				     struct err *e);
/* out[i] is feature i of the program at now_us; room for p->features_n values. */
void features_vector(const struct program *p, const struct lead *l, int64_t now_us, double *out);
/* Between what the feature of this key moves from one instant to a later one, nothing happening:
 * sound, and exact where both are the same. Both ends NaN: no such feature, FEATURE_ABSENT, or not
 * worked out (a ratio of ratios). */
struct cel_bounds features_over(const struct program *p, const struct lead *l, uint32_t key,
				int64_t from_us, int64_t to_us);
/* Folds the feature cells of `from` into `into`. Cells no feature owns are left alone. */
MUST_USE enum status features_merge(const struct program *p, struct lead *into,
				    const struct lead *from, struct arena *a, struct err *e);

/* A point-in-time record: what was known just before the event `seq`. */
struct features_record {
	uint64_t seq;        /* of the event that was about to be folded */
	int64_t at_us;       /* logical now at that moment */
	uint64_t names_hash; /* features_names_hash of the program that made it */
	double fit, engagement, score;
	enum tier tier;
	size_t features_n;
	double features[PROGRAM_FEATURES_MAX];
};
/* Two programs with the same feature names in the same order have the same hash. */
uint64_t features_names_hash(const struct program *p);
/* Fills from the lead as it stands: call before folding. */
void features_record_take(const struct program *p, const struct lead *l, uint64_t seq,
			  int64_t now_us, struct features_record *out);
void features_record_encode(const struct features_record *r, struct buf *out);
/* ST_CORRUPT when it is not features_record_encode's work. */
MUST_USE enum status features_record_decode(struct str text, struct features_record *out,
					    struct err *e);

#endif
