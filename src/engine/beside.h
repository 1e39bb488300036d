/* SPDX-License-Identifier: Apache-2.0
 * beside.h: two versions of the program side by side. A candidate stands beside the version in
 * force; a share of the leads, drawn by their number and kept, is on it, and the rest stays where
 * it was. Both are compared like the arms of an experiment (experiments.h) until the candidate is
 * promoted (it becomes the version in force) or withdrawn: by a person, or by its rule.
 *
 * A lead has one version in force at any time: that is all the rest of the engine knows of it. As
 * with a version that is applied, whoever is in a step finishes it by the version it was entered
 * with, and the next one is looked up in the version that is in force for the lead. What is known
 * of leads is the same in both (program/beside.h), so that only deciding asks which it is.
 *
 * META row "beside": the candidate, or the last there was. Events: program.try, program.promote,
 * program.withdraw. Roll-ups: "experiment.*" {program.N, vM}, by people, from the first track each
 * entered since; a dot is in no name that a program may give.
 */
#ifndef ENGINE_BESIDE_H
#define ENGINE_BESIDE_H

#include "engine/experiments.h"
#include "program/beside.h"

struct engine;

#define BESIDE_NAME_MAX 32

struct beside {
	uint64_t version; /* the candidate, now or last; 0: there never was one */
	uint64_t base;    /* the version it stood beside */
	bool on;          /* now */
	bool promoted;    /* else: how it ended */
	bool asked;       /* its rule wants to end it: ask_promote says how; never stored */
	bool ask_promote;
	struct program_beside terms;
	struct experiments_one one; /* since when, and what its rule has found */
	/* The same as an experiment of two arms, the version in force first; points into this. */
	struct program_experiment as;
	struct program_arm arms[2];
	char names[3][BESIDE_NAME_MAX];
	bool dirty;
};

/* `x` must stay where it is. */
MUST_USE enum status beside_load(struct beside *x, struct store *s, struct arena *a, struct err *e);
MUST_USE enum status beside_flush(struct beside *x, struct store *s, struct err *e);
/* Is this lead on the candidate? The same for as long as there is one. */
bool beside_lead(const struct beside *x, uint64_t lead);
/* The candidate while there is one; 0. */
uint64_t beside_candidate(const struct beside *x);

/* ST_CONFLICT: there is one, and nothing else may be put in force. */
MUST_USE enum status beside_taken(const struct beside *x, struct err *e);

/* The handler of the three events (system.c). */
enum status beside_event(struct engine *en, struct pass *p, struct err *e);
/* Does what its rule has asked for, if it has. */
MUST_USE enum status beside_settle(struct engine *en, struct pass *p, struct err *e);

#endif
