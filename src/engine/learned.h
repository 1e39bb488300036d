/* SPDX-License-Identifier: Apache-2.0
 * learned.h: what the learner knows, as rows of the state: written in the transaction of the events
 * that taught it, part of the state's hash, and the same again in a replay.
 *
 * TABLE_LEARNER: model (0 response, 1 harm), part -> the learner's bytes; model 2: price and mean.
 * TABLE_OUTCOME: decision -> what was learned of it, kept for who compares policies.
 * TABLE_PENDING: decision -> what was known and done, until its outcome is known. Each waits in
 * TABLE_DUE for the time to look. Nothing here costs anything while a program says mode off.
 */
#ifndef ENGINE_LEARNED_H
#define ENGINE_LEARNED_H

#include "decide/learned.h"
#include "model/journey.h"
#include "store/store.h"

struct pass;

struct learned {
	struct decide_learned now;
	bool loaded, used; /* used: something may have changed since the last flush */
	bool clear;        /* the rows belong to another version of the context */
};

/* Reads it when it is not in memory yet. */
MUST_USE enum status learned_use(struct learned *x, struct store *s, uint64_t seed,
				 struct decide_learned **out, struct err *e);
/* It is read again when it is next needed. */
void learned_forget(struct learned *x);
MUST_USE enum status learned_flush(struct learned *x, struct store *s, struct err *e);

/* What came of a decision, as learned: shares of the best outcome, and of harm. ST_NOT_FOUND: it is
 * not known yet. */
MUST_USE enum status learned_outcome(struct store *s, uint64_t decision, struct arena *a,
				     double *outcome_r, double *harm_r, struct err *e);

/* A decision was made: its outcome is awaited. */
MUST_USE enum status learned_remember(struct pass *p, const struct pending *of, struct err *e);
/* The event in hand may be an outcome of a decision about its lead. */
MUST_USE enum status learned_seen(struct pass *p, const struct journey *j, struct err *e);
/* The time to look at a decision has come (DUE_OUTCOME). */
MUST_USE enum status learned_due(struct pass *p, uint64_t decision, struct err *e);

#endif
