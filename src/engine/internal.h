/* SPDX-License-Identifier: Apache-2.0
 * internal.h: the engine's own inside, for the files of this folder only.
 */
#ifndef ENGINE_INTERNAL_H
#define ENGINE_INTERNAL_H

#include "engine/pass.h"

/* How far the fold has come. */
struct engine_place {
	uint64_t cursor;
	int64_t clock_us; /* the log's there */
};

struct engine {
	struct engine_conf conf;
	struct log_reader *reader;
	struct batch batch;
	struct play play;
	struct program *program;   /* the applied one; NULL before the first */
	struct arena record_arena; /* records of one read */
	struct arena pass_arena;   /* one pass */
	struct engine_stats stats;
	size_t alarm_bite; /* rows of the next look for alarms; the same fire whatever it is */
	struct engine_place committed, shown; /* shown: what readers see */
	size_t told_n;      /* of play.outgoing, from batches before the one in hand */
	int64_t polite_us;  /* when others were let go first (base/polite.h) */
	uint64_t last_lead; /* whose the record in hand was; 0: nobody's */
	bool hand_all; /* a failure may have hidden what was to be handed over: name all again */
	bool stale;    /* memory is ahead of the store after a failure: reload first */
};

/* A fresh pass on a fresh arena; its dice are seeded from (seed, salt). */
void engine_pass_init(struct engine *en, struct pass *p, enum pass_why why, int64_t now_us,
		      uint64_t salt);

#endif
