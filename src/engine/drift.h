/* SPDX-License-Identifier: Apache-2.0
 * drift.h: does what is learned still fit? The watch of evaluate/watch.h over every decision and
 * outcome, as part of the fold: a replay rings at the same events. What follows an alarm is the
 * program's choice (`decide: {drift: ...}`) and lasts until nothing has rung for so long.
 *
 * TABLE_DRIFT: part 0, 1 -> the parts of the watch; 2 -> the alarms, the latest DRIFT_KEPT of them.
 * Nothing here costs anything while a program says mode off.
 */
#ifndef ENGINE_DRIFT_H
#define ENGINE_DRIFT_H

#include "decide/decide.h"
#include "evaluate/watch.h"
#include "store/store.h"

#define DRIFT_KEPT 32u

struct pass;

struct drift_alarm {
	int64_t at_us;
	struct watch_alarm what;
	enum decide_drift then; /* what the program said */
};
struct drift {
	struct watch *watch;                   /* NULL: not read yet */
	struct drift_alarm alarms[DRIFT_KEPT]; /* the oldest first */
	size_t alarms_n;
	uint64_t ever;    /* alarms there have been */
	int64_t until_us; /* the latest alarm is over then; TIME_NONE: there was none */
	bool rang;        /* the alarms are to be written */
};

/* Reads it when it is not in memory yet. */
MUST_USE enum status drift_use(struct drift *x, struct store *s, struct err *e);
void drift_forget(struct drift *x); /* it is read again when it is next needed */
MUST_USE enum status drift_flush(struct drift *x, struct store *s, struct err *e);

/* Has the latest alarm not ended? */
bool drift_on(const struct drift *x, int64_t now_us);
/* What is to be done in a decision at that time, by a program in force. */
enum decide_drift drift_now(const struct drift *x, const struct program_deciding *d,
			    int64_t now_us);

/* What a number of the context may do; i < CONTEXT_COUNT. */
enum watch_role drift_role(size_t i);
/* The alarms alone, without the watch: one row. For who looks on from outside. */
MUST_USE enum status drift_alarms(struct store *s, struct arena *a, struct drift *out,
				  struct err *e);

/* A decision whose outcome is awaited was made. */
MUST_USE enum status drift_decided(struct pass *p, const struct decide_out *out, struct err *e);
/* An outcome is about to be learned for the first time. */
MUST_USE enum status drift_learns(struct pass *p, struct decide_learned *l,
				  const struct pending *of, struct err *e);

#endif
