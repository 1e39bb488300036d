/* SPDX-License-Identifier: Apache-2.0
 * play.h: what the engine keeps for deciding and sending: versions of the program that leads are
 * pinned to, time zones, the numbers all leads share, and the messages this batch hands over.
 *
 * Everything that influences a decision is either in the working set or in META row "play", so that
 * (log, seed) still decide everything. Zones come from the system's tz database: a replay under
 * another release of it may put a message at another minute (docs/decisions/0017).
 */
#ifndef ENGINE_PLAY_H
#define ENGINE_PLAY_H

#include "base/map.h"
#include "decide/decide.h"
#include "engine/advised.h"
#include "engine/beside.h"
#include "engine/drift.h"
#include "engine/experiments.h"
#include "engine/learned.h"
#include "engine/rollout.h"
#include "store/store.h"

#define PLAY_VERSIONS_MAX 32 /* compiled at one time; the least used goes */
#define PLAY_ZONES_MAX 640
#define PLAY_RATE_WINDOW 1000 /* sends that the bounce and complaint rates look back on */

/* A version of the program, compiled, with the index of its content. */
struct play_version {
	struct decide_version version;
	struct program *program; /* owned; NULL for the one in force, which the engine owns */
	struct arena arena;      /* of the index */
	uint64_t used;
};

#define PLAY_NO_REASON "no reason was given" /* for stopping all sending */

struct play {
	struct store *store;
	struct play_version versions[PLAY_VERSIONS_MAX];
	size_t versions_n;
	uint64_t uses;
	struct arena zone_arena;
	struct strmap zones; /* name -> const struct tz * */
	/* Messages marked SENDING and not yet handed over, in that order. */
	uint64_t *outgoing;
	size_t outgoing_n, outgoing_cap;
	/* META row "play" */
	uint64_t next_decision, next_message, next_handoff;
	bool paused;
	int64_t paused_us; /* since when */
	char pause_reason[160];
	struct decide_ended ended[DECIDE_ENDED_MAX];
	size_t ended_n;
	int32_t sent_day; /* days since 1970 of sent_today */
	uint32_t sent_today;
	int64_t first_send_us;                                   /* TIME_NONE: never */
	uint32_t recent_sent, recent_bounced, recent_complained; /* halved at twice the window */
	int64_t kept_us;    /* when old decisions are swept (kept.h); TIME_NONE */
	uint64_t kept_from; /* those below have been: what is left of them awaits its outcome */
	bool dirty;
	struct learned learned;
	struct drift drift;
	struct experiments experiments;
	struct beside beside;
	struct rollout rollout;
	struct advised advised;
	uint64_t seed;                       /* of the dice of policies */
	const struct program_choice *choice; /* engine_conf's */
};

/* Over the writer's store, or a reader's: then it is for asking only, never for play_flush. */
void play_init(struct play *y, struct store *s);
void play_finish(struct play *y);
/* Reads META; forgets what was outgoing. */
MUST_USE enum status play_load(struct play *y, struct err *e);
MUST_USE enum status play_flush(struct play *y, struct err *e);
/* A program just compiled chooses as the engine was told to, when it was (engine_conf.choice). */
MUST_USE enum status play_choose(const struct play *y, struct program *p, struct err *e);
/* A new version is in force: `p` stays the engine's. NULL: none. */
MUST_USE enum status play_set_now(struct play *y, uint64_t number, const struct program *p,
				  struct err *e);
/* A version by number, compiled when it is not yet. ST_NOT_FOUND: it never was. */
MUST_USE enum status play_version(struct play *y, uint64_t number, struct decide_version *out,
				  struct err *e);
/* The one in force for a lead: that of everybody, or the candidate beside it (beside.h). */
MUST_USE enum status play_version_of(struct play *y, uint64_t in_force, uint64_t lead,
				     struct decide_version *out, struct err *e);
/* A zone by name; the fallback, then UTC, where there is none of that name. Never NULL. */
const struct tz *play_zone(struct play *y, struct str name, struct str fallback,
			   struct str *name_r);
/* Everybody is in one arm from now on. Stopping again with another arm is a change of mind. */
void play_end(struct play *y, const struct program_experiment *x, size_t arm);
/* Forgets experiments that were stopped and that the program has no more. */
void play_forget_ended(struct play *y, const struct program *p);
void play_hand_over(struct play *y, uint64_t message);
void play_handed_over(struct play *y, size_t n);    /* the first n of them were */
void play_sent(struct play *y, int64_t now_us);     /* one more has left */
void play_bounced(struct play *y, bool complained); /* one of the latest came back */
unsigned play_sent_today(const struct play *y, int64_t now_us);

#endif
