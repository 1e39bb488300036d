/* SPDX-License-Identifier: Apache-2.0
 * journey.h: where a lead is on its tracks, and what has been said to it lately.
 *
 * Part of the row of every lead that was ever placed (lead_row_decode). Names of track and step are
 * kept as text with the version of the program they belong to: a lead stays with the version of
 * the step it is in until it leaves that step.
 *
 *   J1  phase OUT, HANDED and STOPPED have due_us TIME_NONE; the others have a due time, except
 *       WATCHING while the message is not yet sent (message != 0, due set when it is), and DUE
 *       while the kill switch holds it (due set when the switch is lifted).
 *   J2  touches are in order of time, at most JOURNEY_TOUCHES_MAX: the oldest fall out.
 *   J3  journey_decode(journey_encode(x)) == x.
 */
#ifndef MODEL_JOURNEY_H
#define MODEL_JOURNEY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "base/time.h"

#define JOURNEY_TOUCHES_MAX 64 /* so a cap counts at most 60 a month */
#define JOURNEY_PAST_MAX 16
#define JOURNEY_FIRED_MAX 64

enum journey_phase {
	JOURNEY_OUT,      /* on no track */
	JOURNEY_DUE,      /* a decision is to be made at due_us */
	JOURNEY_WATCHING, /* a message is on its way or out; its reaction is judged at due_us */
	JOURNEY_PAUSED,   /* nothing until due_us, then DUE */
	JOURNEY_HANDED,   /* a person has it */
	JOURNEY_STOPPED,  /* replied, unsubscribed, complained, goal: nothing automated any more */
	JOURNEY_PHASE_COUNT
};

enum touch_flag {
	TOUCH_SENT = 1,
	TOUCH_OPENED = 2, /* by a person, as far as we can tell */
	TOUCH_CLICKED = 4,
	TOUCH_REPLIED = 8,
	TOUCH_SILENT = 16, /* the watch ended with nothing */
	TOUCH_FAILED = 32, /* never arrived: counts in no window */
};

/* What has become of a lead since it entered its track: each is counted once. */
enum cohort_flag {
	COHORT_ENTERED = 1,
	COHORT_CONTACTED = 2, /* a first message was taken by the far side */
	COHORT_COMPLETED = 4, /* walked all steps */
	COHORT_HANDED = 8,
	COHORT_ACCEPTED = 16, /* by sales */
	COHORT_GOAL = 32,
	COHORT_LEFT = 64, /* unsubscribed, or complained */
};
#define COHORT_TIER(cohort) ((uint32_t)((cohort) >> 8 & 255))
#define COHORT_PERSONA(cohort) ((uint32_t)((cohort) >> 16))
/* The same flags since we know the lead, on whatever tracks: experiments count people. */
#define COHORT_EVER(cohort) ((uint32_t)((cohort) >> 48 & 255))
#define COHORT_EVER_ADD(flag) ((uint64_t)(flag) << 48)
/* How engaged it was before it entered this track, and before its first: 0 to 15, as the root of
 * its engagement grows (CUPED: evaluate/adjust.h). */
#define COHORT_BEFORE_MAX 15
#define COHORT_BEFORE(cohort) ((uint32_t)((cohort) >> 56 & 15))
#define COHORT_BEFORE_EVER(cohort) ((uint32_t)((cohort) >> 60 & 15))
#define COHORT_BEFORE_ADD(now, ever) ((uint64_t)(now) << 56 | (uint64_t)(ever) << 60)

/* While two versions of the program stand side by side (engine/beside.h): what has become of the
 * lead since it first entered a track then, each counted once. It stays behind the comparison. */
struct journey_beside {
	uint64_t version; /* the candidate, below 2^52; 0: the lead is not counted */
	uint32_t flags;   /* enum cohort_flag */
	uint32_t before;  /* how engaged it was, as COHORT_BEFORE */
	int64_t since_us;
};

struct touch {
	uint64_t message; /* number of the message; 0: skipped or substituted away */
	int64_t at_us;    /* when it was marked sending */
	uint64_t content; /* hash of message, angle and persona: never the same twice */
	uint32_t channel; /* hash of the channel's name (program_key32) */
	uint32_t flags;   /* enum touch_flag */
};

struct journey_past { /* a track that was left: for re-entry and for "why not" */
	struct str track, reason;
	int64_t at_us;
};

struct journey_fired { /* a trigger that holds: since when, and whether it has fired */
	uint32_t key;
	bool fired;
	int64_t since_us;
};

struct journey {
	uint64_t lead;
	enum journey_phase phase;
	uint64_t version; /* of the program the step belongs to */
	struct str track, step;
	uint32_t step_n;    /* place of the step when it was entered */
	uint32_t again_n;   /* repeats of this step so far */
	uint32_t with;      /* enum again_with of the touch to be decided */
	uint32_t silent_n;  /* silent touches in a row */
	uint32_t sent_n;    /* touches on this track */
	int64_t entered_us; /* the track */
	int64_t due_us;     /* next decision or judgement; TIME_NONE */
	int64_t last_touch_us;
	uint64_t message; /* the one in hand or being watched; 0: none */
	uint64_t handoff; /* open one; 0: none */
	uint64_t cohort;  /* enum cohort_flag | tier at entry << 8 | persona's key then << 16 |
			  * flags ever << 48 | engaged before << 56; it stays behind the track,
			  * until the next one is entered, and what ever was for good */
	struct journey_beside beside;
	bool holdout, holdout_known;
	struct str reason; /* why STOPPED, HANDED, PAUSED or OUT; for people */
	double fatigue;    /* decayed count of touches, as of fatigue_us */
	int64_t fatigue_us;
	struct touch touches[JOURNEY_TOUCHES_MAX];
	size_t touches_n;
	struct journey_past past[JOURNEY_PAST_MAX];
	size_t past_n;
	struct journey_fired fired[JOURNEY_FIRED_MAX];
	size_t fired_n;
};

void journey_init(struct journey *j, uint64_t lead); /* OUT, nothing known */
/* Binary, versioned: about 40 bytes, 20 per touch, and its texts, each at most 64 KiB. */
void journey_encode(const struct journey *j, struct buf *out);
/* Strings live in the arena. ST_CORRUPT when it is not journey_encode's work. */
MUST_USE enum status journey_decode(uint64_t lead, struct str text, struct arena *a,
				    struct journey *out, struct err *e);
const char *journey_phase_name(enum journey_phase p);
/* May anything be sent to it by itself? On a track or free to enter one, not with a person, not
 * ended. PAUSED is automated too: its pause ends by itself. */
bool journey_automated(const struct journey *j);
bool journey_held(const struct journey *j); /* DUE, and only the kill switch is waited for */
/* Adds a touch at its place in time; drops the oldest when full. */
void journey_touch(struct journey *j, const struct touch *t);
struct touch *journey_touch_of(struct journey *j, uint64_t message); /* NULL: not there */
/* Touches with TOUCH_SENT and without TOUCH_FAILED in (from_us, to_us] on a channel (0: any). */
unsigned journey_touches_in(const struct journey *j, uint32_t channel, int64_t from_us,
			    int64_t to_us);
/* Remembers the track it is on as left; the oldest falls out. Strings are borrowed. Changes nothing
 * else: where it goes is the caller's to say. On no track: nothing to remember. */
void journey_leave(struct journey *j, struct str reason, int64_t now_us);

#endif
