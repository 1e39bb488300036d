/* SPDX-License-Identifier: Apache-2.0
 * advised.h: what other senders asked, and what came of it. The choice itself is made at the door,
 * on a book (advise/advise.h); the event says what was chosen and from which odds, and here it is
 * remembered until its last reward, taught, and counted as a touch of the lead where one is named.
 *
 * TABLE_ADVISOR: decision, part -> the learner's bytes. TABLE_ADVICE, TABLE_ADVICE_ID: decisions
 * that wait for rewards. Each waits in TABLE_DUE for the time to look. Nothing here costs anything
 * while a program has no `decisions:`.
 */
#ifndef ENGINE_ADVISED_H
#define ENGINE_ADVISED_H

#include "advise/advise.h"
#include "store/store.h"

struct engine;
struct pass;
struct play;
struct program;

struct advised {
	struct advisor list[PROGRAM_DECISIONS_MAX]; /* of the program in force, in its order */
	size_t n;
	bool loaded, used; /* used: something may have changed since the last flush */
	uint64_t changes;  /* grows whenever a book would show something else */
};

/* What was learned for one decision, as committed; knowing nothing where the state has nothing, or
 * what another context taught. Owned: advisor_close. */
MUST_USE enum status advised_read(struct store *s, const struct program_decision *of,
				  struct advisor *out, struct err *e);
/* They are read again when they are next needed. */
void advised_forget(struct advised *x);
MUST_USE enum status advised_flush(struct advised *x, struct store *s, struct err *e);
/* What engine_book gives out, but for its cursor and version. */
MUST_USE enum status advised_book(struct play *y, const struct program *p, struct advise_book **out,
				  struct err *e);

/* The time to look at what was advised has come (DUE_ADVICE). */
MUST_USE enum status advised_due(struct pass *p, uint64_t seq, struct err *e);
/* The handlers of both events (system.c). */
enum status advised_given(struct engine *en, struct pass *p, struct err *e);
enum status advised_reward(struct engine *en, struct pass *p, struct err *e);

#endif
