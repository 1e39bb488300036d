/* SPDX-License-Identifier: Apache-2.0
 * decide.h: what is the next right touch for this lead, or is it nothing, or a person?
 *
 * Room 6 of the pass. Pure: it gets views and an arena, moves the journey, and says what is to be
 * made (a message, a hand-off, a cancelled message); the engine makes the rows. The order of one
 * decision is that of the field: candidates -> guards mask them -> a policy gives each one left a
 * probability -> one is drawn -> the record is kept.
 *
 *   D1  Probabilities over the candidates that are left, "nothing now" among them, sum to 1, and
 *       the drawn one's is > 0 (G7).
 *   D2  A guard that holds a candidate back is named in the record with the instant it ends.
 *   D3  After a stop (reply, unsubscribe, complaint, hand-off, goal) nothing is chosen any more,
 *       and a message not yet handed over is cancelled (G6).
 *   D4  The same input gives the same output: dice come from env only.
 *   D5  Every path ends in a due time, or in a phase that waits for an event, or with the kill
 *       switch, whose end is an event.
 * Thread: any. Memory: the caller's arena; strings of the result live there or in the program.
 */
#ifndef DECIDE_DECIDE_H
#define DECIDE_DECIDE_H

#include "base/env.h"
#include "base/tz.h"
#include "consent/consent.h"
#include "decide/frozen.h"
#include "decide/learned.h"
#include "model/handoff.h"
#include "model/journey.h"
#include "model/message.h"
#include "program/content.h"
#include "program/facts.h"
#include "program/track.h"

#define DECIDE_CANDIDATES_MAX 256 /* "nothing" among them */
#define DECIDE_RECORD_MAX \
	(64u << 10) /* one record as JSON; a quarter of it where few may be chosen */
#define DECIDE_COUNTS_MAX 24
#define DECIDE_ENDED_MAX PROGRAM_EXPERIMENTS_MAX

/* An experiment an operator has stopped: everybody is in one arm from then on. Keys as
 * program_key32("experiment", name) and ("arm", name). */
struct decide_ended {
	uint32_t experiment, arm;
};

/* What guards ask of the world outside the lead. Filled by the engine, the same in replay. */
struct decide_world {
	const struct consent_view *consent; /* by consent.channels index, one view per channel */
	const struct str *address;          /* by channel: where it would go; empty: nowhere */
	size_t channels_n;
	const struct tz *zone; /* never NULL */
	struct str zone_name;
	bool paused; /* kill switch: nothing leaves */
	struct str pause_reason;
	unsigned sent_today;   /* over all leads, for the budget and the warm-up ramp */
	int64_t first_send_us; /* ever, for the ramp; TIME_NONE: never */
	unsigned account_day, account_week, account_month; /* touches to the whole company */
	bool account_handed; /* a colleague is with sales and the team wants quiet */
	unsigned recent_sent, recent_bounced, recent_complained; /* of the latest 1,000 */
	const struct decide_ended *ended;
	size_t ended_n;
};

/* A version of the program, and what content it has. */
struct decide_version {
	uint64_t number;
	const struct program *program;
	const struct content_index *content;
};

struct decide {
	struct decide_version now;    /* in force for this lead */
	struct decide_version pinned; /* the journey's; equal to now when it has none. Becomes
				       * now with the first step entered here. */
	struct journey *journey;      /* changed in place */
	const struct lead *lead;
	struct facts *facts; /* as of now.program;
			      * event and properties set for decide_event, NULL otherwise */
	struct env *env;
	const struct decide_world *world; /* for decide_due, why and sending; else may be NULL */
	struct arena *arena;
	struct decide_learned *learned;     /* NULL: nobody learns, the rules choose. Arms are added
					 * to it, nothing else changes. */
	enum decide_drift drift;            /* what is done now because the world has moved */
	const struct decide_models *models; /* registered ones that are asked; NULL: none */
	uint64_t decision; /* the number the next record gets; keys the dice of a policy */
	uint64_t beside;   /* the candidate while two versions are compared; 0: none is */
};

/* ---- guards: one table of named predicates ---- */

enum guard_no {
#define GUARD(name, predicate, class, wire, words) GUARD_##name,
#include "decide/guard.def"
#undef GUARD
	GUARD_COUNT
};

struct candidate {
	size_t step;    /* index in the track */
	size_t angle;   /* index in the step; NO_INDEX: a substitute's, see content */
	size_t channel; /* index in consent.channels of the version in force; NO_INDEX: gone */
	uint32_t subject_n;
	struct str message;                 /* the step's, or its substitute */
	struct str purpose;                 /* what consent is asked for */
	const struct content_file *content; /* NULL for NOTHING */
	uint64_t key;                       /* content_key */
	int64_t at_us;                      /* when it would leave */
	size_t gap;                         /* 0: no choice here; else 1 + which (arm_gap_name) */
	int64_t since_us;                   /* then: since the latest touch */
	bool nothing;                       /* "send nothing now" */
	enum guard_no held;                 /* GUARD_COUNT: free */
	int64_t free_us; /* when the guard lets it go; TIME_NONE: never by itself */
	double p;
	bool valued; /* the learner was asked what it is worth: */
	double value;
	double aside;  /* its odds, had the learner chosen (mode shadow) */
	char why[160]; /* the guard's words with the lead's values */
};

struct guard {
	const char *name, *words;
	/* True: held back; c->free_us and c->why are then set. */
	bool (*holds)(const struct decide *d, struct candidate *c);
};
extern const struct guard guards[GUARD_COUNT]; /* in the order they are asked */

/* Asks every guard in order until one holds; sets held, free_us, why. At c->at_us. */
void guards_ask(const struct decide *d, struct candidate *c);
/* The same for a message about to be handed over, at env->now_us; what it is compared with does
 * not count the message itself. Needs now, journey, env and world only. free_us is set for every
 * hold that a message may wait out but the kill switch, whose end is an event. */
void guards_ask_message(const struct decide *d, const struct message *m, struct candidate *out);
/* The first instant at or after at_us that quiet hours, windows, weekends and holidays allow, in
 * the world's zone; daylight saving right. TIME_NONE: there is none within a year. */
int64_t guards_open_us(const struct program_guardrails *g, const struct tz *zone, int64_t at_us);
/* When the day's part 1 to ARM_PARTS - 1 begins, of local time; before part 1 it is night. */
int64_t decide_part_us(size_t part);
/* When so much working time of a team has passed since from_us; its hours, else round the clock;
 * Saturdays and Sundays do not count where hours are set. */
int64_t hours_after_us(const struct program_hours *h, const struct tz *zone, int64_t from_us,
		       int64_t work_us);
const char *guard_wire(enum guard_no g);
const char *guard_words(enum guard_no g);

/* ---- what is to be done ---- */

struct decide_count { /* a roll-up counter to add 1 to */
	const char *name;
	struct str dims[6];
	size_t dims_n;
	int64_t day_us; /* under which day; TIME_NONE: today */
	/* Of a cohort: {track, persona, tier, ...}, once per way to slice it, the lead's first
	 * source among them; experiments count it too. */
	bool by_source;
	/* Of a cohort, for experiments: whose it is, "holdout" or "nurtured" where one is kept
	 * (else NULL), and whether it is for the first time on any track. */
	uint64_t lead;
	const char *holdout;
	bool first_ever;
	unsigned before, before_ever; /* COHORT_BEFORE */
	/* Counted for the comparison of two versions, once for each lead; version 0: it is not. */
	struct journey_beside beside;
};

struct decide_out {
	bool moved;        /* the journey changed: write it */
	bool held;         /* by the kill switch: decide_lifted must follow its end */
	bool decided;      /* a record was made */
	struct str record; /* JSON: inputs, candidates with p or guard, draw, versions, words */
	bool remember;     /* the outcome of this decision teaches: keep it till then */
	double odds;       /* of what was drawn */
	struct pending pending; /* its message is unset: the engine numbers it */
	/* Make this message (READY, due at message.due_us); id, lead and decision are unset: the
	 * engine numbers it and puts the number into journey->message. */
	bool send;
	struct message message;
	uint64_t cancel; /* this message must not leave any more; 0: none */
	bool handoff;    /* open this one; id, rep, clocks unset; its number goes to the journey */
	struct handoff hand;
	int64_t hand_within_us; /* accept within, in the team's hours (hours_after_us) */
	bool close_handoff; /* the one in journey->handoff is over: close it and clear the number */
	bool suppress;      /* the address on this channel is never written to again */
	size_t suppress_channel;
	struct decide_count counts[DECIDE_COUNTS_MAX];
	size_t counts_n;
	uint64_t passed;   /* the lead went on from this message that was sent; 0: from none */
	bool passed_track; /* ... to another track; else to the next step */
	char words[240];   /* one sentence for people and the trail */
};
/* A roll-up of the cohort a lead entered its (latest) track with: counted under the day of entry,
 * once. False: there is nothing to count. */
bool decide_cohort(const struct program *p, struct journey *j, enum cohort_flag what,
		   struct decide_count *out);

/* The arm of an experiment a lead is in: the same for ever, unless it was stopped. NO_INDEX: it has
 * no arms. *ended_r (may be NULL): it was stopped. */
size_t decide_arm(const struct program_experiment *x, uint64_t lead,
		  const struct decide_ended *ended, size_t ended_n, bool *ended_r);

/* ---- the entry points ---- */

/* An event has been folded and scored: stops, outcomes of the watched message, triggers, entry.
 * Events that speak of a message carry properties.message (its number). */
MUST_USE enum status decide_event(struct decide *d, struct decide_out *out, struct err *e);
/* The journey's due time has come, or an alarm (decide_next_us): looks at exits and triggers,
 * judges the watch, chooses, lets in. Call again while due_us <= now: each call makes at most one
 * message. */
MUST_USE enum status decide_due(struct decide *d, struct decide_out *out, struct err *e);
/* What became of a message that reached a final state: sent and uncertain are remembered as a
 * touch and start the watch; failed and cancelled go on to the next step. */
MUST_USE enum status decide_message(struct decide *d, const struct message *m,
				    struct decide_out *out, struct err *e);
/* An operator moves the lead: to a track of the version in force (NO_INDEX: off all), also out of
 * STOPPED and HANDED. */
MUST_USE enum status decide_move(struct decide *d, size_t track, struct str reason,
				 struct decide_out *out, struct err *e);
/* Nothing more for so long, then on where it was; 0: on right now. */
MUST_USE enum status decide_pause(struct decide *d, int64_t for_us, struct str reason,
				  struct decide_out *out, struct err *e);
/* The kill switch is lifted: what it held is due now. */
MUST_USE enum status decide_lifted(struct decide *d, struct decide_out *out, struct err *e);
/* A person takes over; ST_INVALID: no such team. */
MUST_USE enum status decide_handoff(struct decide *d, size_t team, struct str reason,
				    struct decide_out *out, struct err *e);
/* A rep returned the lead, or an outcome came: nurtured again from again_us on, or never. */
MUST_USE enum status decide_returned(struct decide *d, const struct handoff *h,
				     struct decide_out *out, struct err *e);
/* The lead was touched, by us or by another sender: it counts in caps, cool-down and fatigue. */
void decide_touch(struct journey *j, const struct program_guardrails *g, const struct touch *x,
		  int64_t now_us);
/* When something about the journey may change without an event; TIME_NONE: never. Includes
 * triggers with `for:` that hold now. */
int64_t decide_next_us(const struct decide *d);

/* ---- why not? ---- */

struct decide_reason {
	struct str what;  /* "enter condition of track consideration", "guard quiet_hours" */
	struct str value; /* the lead's values, or the guard's words */
	bool holds;
};
/* What stands between the lead and a track or message of that name, in the order it is asked;
 * stops behind the first that does not hold. ST_NOT_FOUND: no such name. */
MUST_USE enum status decide_why_not(struct decide *d, struct str name,
				    const struct decide_reason **out, size_t *n_r, struct err *e);

#endif
