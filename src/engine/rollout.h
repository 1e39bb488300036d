/* SPDX-License-Identifier: Apache-2.0
 * rollout.h: which registered models decide, and how one of them gets there: shadow, 5 %, 25 %,
 * 50 %, all. Each outcome of a decision made meanwhile is counted for its lead, and
 * evaluate/trial.h is asked: the share grows, or the candidate goes, by itself, in the transaction
 * of the event that decided it. So a replay rolls out the same way at the same events.
 *
 * TABLE_MODEL: "slot/cadence" -> the choice (models.h); "rollout/cadence" -> what was counted at
 * this stage, and the latest changes. TABLE_ROLLOUT: lead -> what it brought at which stage; rows
 * of stages that are over are written over.
 */
#ifndef ENGINE_ROLLOUT_H
#define ENGINE_ROLLOUT_H

#include "decide/frozen.h"
#include "registry/registry.h"
#include "store/store.h"
#include "evaluate/trial.h"

struct pass;

#define ROLLOUT_CHANGES_MAX 16
#define ROLLOUT_OUT 101u /* neither champion (100) nor tried (0 to 50) */

struct rollout_change {
	int64_t at_us;
	struct registry_hash hash;
	unsigned from, to; /* shares of leads; ROLLOUT_OUT */
	bool by_itself;
	char words[200];
};

struct rollout_state {
	uint32_t stage; /* grows with every change of the choice; 0: there was none */
	int64_t since_us;
	struct trial_case trial;
	struct rollout_change changes[ROLLOUT_CHANGES_MAX]; /* oldest first */
	size_t changes_n;
};

struct rollout {
	bool loaded, dirty;
	struct registry_choice choice;
	struct decide_frozen champion, candidate; /* zeros: none that can be asked */
	struct rollout_state now;
};

/* The number of a change that is kept: the first there ever was has 1. */
uint64_t rollout_change_no(const struct rollout_state *s, size_t i);
/* The changes that are kept, as the folder of models follows them, oldest first, and one before
 * them: how it stood. `now`: the choice as it is. On `a`; n_r 0: nothing was ever said. */
#define ROLLOUT_TOLD_MAX (ROLLOUT_CHANGES_MAX + 1)
void rollout_told(const struct rollout_state *s, const struct registry_choice *now, struct arena *a,
		  struct registry_told out[ROLLOUT_TOLD_MAX], size_t *n_r);
/* As committed. ST_OK and zeros: nothing was ever tried. */
MUST_USE enum status rollout_read(struct store *s, struct rollout_state *out, struct err *e);
/* The same with the choice and its models in memory, read when they are not yet. */
MUST_USE enum status rollout_use(struct rollout *x, struct store *s, struct err *e);
void rollout_forget(struct rollout *x);
MUST_USE enum status rollout_flush(struct rollout *x, struct store *s, struct err *e);
/* Whom a decision about this lead asks; false: nobody but the program's own mode. Points into x:
 * ask again behind anything that may teach. */
bool rollout_models(const struct rollout *x, uint64_t lead, struct decide_models *out);

/* The choice is now this one, and why. Nothing changes when it was so. */
MUST_USE enum status rollout_choose(struct pass *p, const struct registry_choice *c,
				    struct str reason, struct err *e);
/* ST_INVALID: bytes that decisions cannot ask. */
MUST_USE enum status rollout_askable(const struct registry_model *m, struct err *e);
/* A decision was made whose outcome is awaited. */
MUST_USE enum status rollout_decided(struct pass *p, const struct pending *of, struct err *e);
/* Its outcome, or a correction; `outcome` and `harm`: what was counted of it before. */
MUST_USE enum status rollout_learned(struct pass *p, const struct pending *of, double outcome,
				     double harm, struct err *e);

#endif
