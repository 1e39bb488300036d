/* SPDX-License-Identifier: Apache-2.0
 * sketch.h: how many different values? Exact up to 32, then estimated in 385 bytes.
 *
 * Bytes are a function of the set of values alone: order, repetition and merging leave no trace.
 * The estimate is HyperLogLog with 512 six-bit registers (standard error 4.6 %) read with Ertl's
 * improved estimator (arXiv:1702.01284), which needs no bias tables and no logarithm.
 */
#ifndef FEATURES_SKETCH_H
#define FEATURES_SKETCH_H

#include "base/arena.h"

#define SKETCH_EXACT_MAX 32
#define SKETCH_BYTES_MAX 385

/* Adds a value by its hash. Old bytes are left alone; changed ones are new in the arena. False: the
 * arena is at its ceiling. Bytes that are no sketch count as empty. */
bool sketch_add(struct str *bytes, uint64_t hash, struct arena *a);
bool sketch_merge(struct str *into, struct str from, struct arena *a);
double sketch_count(struct str bytes); /* a whole number */

#endif
