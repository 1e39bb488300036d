/* SPDX-License-Identifier: Apache-2.0
 * pass.h: one event (or one alarm) on its way through the stages of step.c.
 *
 * A stage reads what the stages above left in the pass, calls its room's pure functions, and
 * leaves its own result in the working set. It never writes to the store itself.
 */
#ifndef ENGINE_PASS_H
#define ENGINE_PASS_H

#include "base/env.h"
#include "engine/batch.h"
#include "engine/engine.h"
#include "identity/identity.h"
#include "log/log.h"
#include "engine/play.h"
#include "program/facts.h"

/* What set a pass going. Bits, so that a row of the table can name several. */
enum pass_why {
	PASS_EVENT = 1,  /* a record of the log about a lead */
	PASS_ALARM = 2,  /* a lead's alarm fell due */
	PASS_REFOLD = 4, /* an old event once more, behind a split: its lead is given */
	PASS_APPLY = 8,  /* a new program: every lead is looked at again */
};

struct pass {
	enum pass_why why;
	struct batch *batch;
	struct play *play;
	const struct program *program; /* NULL: none applied yet; scoring then has no rules */
	struct env env;
	const struct log_record *record; /* NULL for alarms */
	struct event event;              /* filled for PASS_EVENT and PASS_REFOLD */
	struct work *work;               /* the lead; set by the identity stage or before */
	struct identity_keys keys;       /* every usable identifier of the event */
	struct identity_verdict whose;   /* what the identity stage decided */
	struct json properties;          /* of the event; count 0 when it has none */
	struct facts facts;
	double *features;    /* room for those of the program in force */
	bool features_known; /* they are as of pass_facts */
	struct err unopened; /* of a row that facts needed */
	struct arena *arena; /* dies with the pass */
	double points;       /* engagement points the event gave */
	bool created;        /* the lead is new with this event */
	bool facts_changed;  /* traits, account or consent moved: fit must be looked at */
	int64_t play_due_us; /* when the journey or its message must be looked at; TIME_NONE */
	bool dropped;        /* nobody to fold it into; a dead letter says why */
	bool forgotten;      /* the lead is gone: later stages have nothing to do */
};

/* The source of what our own doors saw of our own messages; no write key may have this name. */
#define PASS_OBSERVED "observe"

struct stage {
	const char *name;
	const char *question; /* what it answers, for people */
	unsigned on;          /* enum pass_why bits */
	enum status (*run)(struct pass *p, struct err *e);
};

extern const struct stage stages[];
extern const size_t stages_n;

/* Runs the rows of the table that are meant for p->why, in order. */
MUST_USE enum status step(struct pass *p, struct err *e);

/* Stages, in the order of the table; each in the file named after it. */
enum status stage_identity(struct pass *p, struct err *e);
enum status stage_profile(struct pass *p, struct err *e);
enum status stage_consent(struct pass *p, struct err *e);
enum status stage_account(struct pass *p, struct err *e);
enum status stage_record(struct pass *p, struct err *e);
enum status stage_features(struct pass *p, struct err *e);
enum status stage_score(struct pass *p, struct err *e);
enum status stage_decide(struct pass *p, struct err *e);
enum status stage_remember(struct pass *p, struct err *e);
enum status stage_count(struct pass *p, struct err *e);
enum status stage_forget(struct pass *p, struct err *e);
enum status stage_alarm(struct pass *p, struct err *e);

/* Facts over the lead in hand as it is now. Profile, account and the vector of features cost rows
 * and work: they are opened when a condition first asks for them. */
MUST_USE enum status pass_facts(struct pass *p, struct err *e);
/* What opening them on demand has failed with, if it has: ask before anything is built on it. */
MUST_USE enum status pass_opened(const struct pass *p, struct err *e);
/* Keeps what cannot be processed, with its reason, where a person sees it (TABLE_DEAD_LETTER). */
MUST_USE enum status pass_dead_letter(struct batch *b, const struct log_record *r,
				      const char *stage, const char *reason, struct arena *a,
				      struct err *e);

#endif
