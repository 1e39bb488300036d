/* SPDX-License-Identifier: Apache-2.0
 * internal.h: the room's own inside, for the files of this folder only.
 *
 * A turn is one call from outside: what was asked, the journey as it was, and what is left of the
 * budget of moves. Reading order: decide.c (doors), trigger.c, react.c, place.c (moves), choose.c
 * over candidates.c and guards.c.
 */
#ifndef DECIDE_INTERNAL_H
#define DECIDE_INTERNAL_H

#include "decide/decide.h"

/* Moves and passed-over steps in one call. A loop of tracks without a wait stops here and goes on
 * an hour later. */
#define TURN_HOPS_MAX 128
#define TURN_REST_US US_PER_H
#define REENTRY_LEAST_US US_PER_H

/* A hand-off is no end of its track: returned leads may enter it again, whatever its policy. */
#define REASON_HANDED "handed to a person"

struct turn {
	struct decide *d;
	struct decide_out *out;
	struct journey *j;
	int64_t now_us;
	struct facts here;   /* facts as the pinned version names them */
	const char *cause;   /* "event", "due", "trigger", ...: goes into the record */
	struct str cause_of; /* which: the event's type, the trigger's name */
	unsigned hops;
	struct journey before;
};

MUST_USE enum status turn_begin(struct turn *t, struct decide *d, struct decide_out *out,
				const char *cause, struct err *e);
enum status turn_end(struct turn *t);
/* Adds to the sentence for people; sentences are joined by "; ". */
void turn_say(struct turn *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* An empty name is written as "-". */
void turn_count(struct turn *t, const char *name, const struct str *dims, size_t dims_n);
void turn_cohort(struct turn *t, enum cohort_flag what);
void turn_contacted(struct turn *t); /* and how long that took */
/* Which message the lead went on from in this turn, into t->out. */
void turn_passed(struct turn *t);

/* Facts as that version names them: it counts features and personas in its own order. */
MUST_USE enum status decide_facts_of(const struct decide *d, const struct program *p,
				     struct facts *out, struct err *e);

/* ---- place.c: where the lead is, and every way to be somewhere else ---- */

const struct program_track *place_track(const struct turn *t); /* pinned; NULL: on none */
const struct program_step *place_step(const struct turn *t);
bool place_unsent(const struct journey *j); /* a message is on its way and not yet out */
/* By the facts as the pinned version names them. */
bool place_holds(const struct turn *t, const struct program_cond *c);
/* track: of the version in force */
void place_enter(struct turn *t, size_t track, struct str reason);
void place_next(struct turn *t);
void place_leave(struct turn *t, enum journey_phase phase, struct str reason);
void place_pause(struct turn *t, int64_t for_us, struct str reason);
void place_hand(struct turn *t, size_t team, int64_t within_us, struct str reason);
/* Carries out an action of `from` (now's or the pinned program) and what follows it. */
void place_act(struct turn *t, const struct program *from, const struct program_action *a);
/* The latest touch that was not a failure; TIME_NONE: there was none. */
int64_t place_touched_us(const struct journey *j);
bool place_at_once(const struct program_step *s, const struct journey *j); /* no gap before it */
/* How far apart touches are for this lead now: the range, its tier's pace, its fatigue. Short and
 * long are no further apart than a message is made ahead. */
struct place_gaps {
	int64_t rules_us, short_us, long_us;
};
struct place_gaps place_gaps(const struct turn *t, const struct program_step *s);
/* The one the rules take. */
int64_t place_gap_us(const struct turn *t, const struct program_step *s);
int64_t place_watch_us(const struct turn *t, const struct program_step *s);

/* ---- trigger.c: looked at on every event and alarm ---- */

bool trigger_exits(struct turn *t); /* true: the track was left */
bool trigger_fire(struct turn *t);  /* true: one acted */
void trigger_reply(struct turn *t); /* a reply has stopped everything: who takes over? */
void trigger_enter(struct turn *t); /* when OUT: the first track that lets the lead in */
/* Before this a track that was left is not begun again, by whatever loop of moves: a track whose
 * steps are all passed over would be entered and left without end. TIME_NONE: never was on it. */
int64_t trigger_back_us(const struct journey *j, const struct program_track *k);
bool trigger_may_reenter(const struct journey *j, const struct program_track *k, int64_t now_us,
			 int64_t *at_us_r); /* false: at *at_us_r, TIME_NONE: never */
/* Somebody we know: nobody else is let in, moved or handed over. */
bool trigger_reachable(const struct lead *l);
bool trigger_persona_fits(const struct program_track *k, const struct lead *l);

/* ---- react.c: what came of a message ---- */

void react_count(struct turn *t); /* what the program is for has come, or an objection */
bool react_is_objection(struct str type);
bool react_stops(struct turn *t);   /* reply, unsubscribe, complaint, goal, ...: true: stopped */
void react_note(struct turn *t);    /* flags of the touch the event speaks of */
void react_at_once(struct turn *t); /* a click does not wait for the end of the watch */
void react_judge(struct turn *t);   /* the watch has ended */
void react_message(struct turn *t, const struct message *m);

/* ---- candidates.c ---- */

struct slate {
	bool later[DECIDE_CANDIDATES_MAX]; /* the one before it, at the instant its guard ends */
	bool fits[DECIDE_CANDIDATES_MAX];  /* the program's rules may choose it */
	bool other[DECIDE_CANDIDATES_MAX]; /* a substitute */
	bool slot[DECIDE_CANDIDATES_MAX];  /* the same as one before it, at another time of day or
					    * gap; for a policy only */
	int64_t rules_us;                  /* when the rules would send: now, or a gap from now */
	int64_t ahead_us;                  /* later than that nothing is chosen */
	int64_t touched_us, gap_us[ARM_GAPS]; /* of the gaps: behind which touch, how long; */
	size_t gaps_n;                        /* 0: the gap is no choice here */
	bool fixed;                           /* an experiment says which */
	size_t rules;                         /* what they would take, where a policy was asked */
	bool by_factor;                       /* it was: among too many to be told apart at once */
	size_t n, left_out, max;              /* nothing is the last one */
	struct candidate c[];                 /* max of them */
};
/* In the arena of the turn; NULL: it does not fit. */
struct slate *candidates_list(const struct turn *t, const struct program_step *s);
/* Is there anything of this step not yet said, in the way of `with`? */
bool candidates_anything(const struct turn *t, const struct program_step *s, uint32_t with);
/* The journey's latest touch of this step's message: its angle and subject. False: none. */
bool candidates_latest(const struct turn *t, const struct program_step *s, size_t *angle_r,
		       uint32_t *subject_r, uint64_t *message_r);
struct str candidates_channel(const struct decide *d, size_t channel); /* name; empty: gone */

/* decide_arm for the lead in hand. */
size_t candidates_arm(const struct turn *t, const struct program_experiment *x);

/* Which part of the lead's day it is, 0 to 5. */
size_t candidates_part(const struct turn *t, int64_t at_us);

/* ---- context.c ---- */

void context_of(const struct turn *t, float *x); /* CONTEXT_COUNT numbers, without the slot's */
/* What its gap changes; zeros where it is no choice. */
void context_gap(const struct turn *t, const struct candidate *c, float *since_r, float *tired_r);
void context_slot(const struct turn *t, const struct candidate *c, float *x);

/* ---- reading.c: the lead's hours; 24 of them, of their zone ---- */

void reading_curve(const struct turn *t, double out[24]);
/* How likely they are at it soon behind that instant, against even odds: -1 to 1; 0 where nobody
 * learns. Only what was known at now_us counts. */
float reading_around(const struct turn *t, int64_t at_us);

/* ---- policy.c ---- */

#define DECIDE_AHEAD_US (3 * US_PER_D) /* a message is made so long before it may leave, at most */
#define DECIDE_GAP_AHEAD_US (14 * US_PER_D) /* the same, where a longer gap is chosen */

struct choice {
	size_t drawn;
	double unit; /* the throw */
	bool asked, aside;
	bool even; /* it counts among those drawn evenly: a fair sample of all that was open */
	const struct decide_frozen *model; /* whose odds these are; NULL: the program's mode */
	float x[CONTEXT_COUNT];
	double factor[POLICY_FACTORS]; /* where it was drawn by factor: what the drawn one had */
};
/* Does anybody but the rules have a say here? */
bool policy_asks(const struct turn *t);
/* Is it time to choose as soon as the shortest gap has passed? */
bool policy_chooses_gap(const struct turn *t);
/* Who chooses now: the program's mode, or the rules while drift makes them. */
enum decide_mode policy_mode(const struct turn *t);
const struct decide_models *policy_models(const struct turn *t); /* who is asked; NULL: none */
/* rules: what they would send. Odds go into the slate; what is to be remembered into t->out. */
MUST_USE enum status policy_choose(struct turn *t, struct slate *s, size_t rules,
				   struct choice *out, struct err *e);

/* ---- choose.c ---- */

MUST_USE enum status choose(struct turn *t, struct err *e);
bool choose_permitted(const struct turn *t); /* held for want of a permission that is there now */

/* ---- guards.c ---- */

/* What a guard's hold means for the step. */
enum guard_class {
	GUARD_CLASS_HARD,   /* nothing for anybody, or for this lead: look again later */
	GUARD_CLASS_PERMIT, /* an event may end it at any time */
	GUARD_CLASS_CHOICE, /* this content is none; another may be */
	GUARD_CLASS_CAP,    /* enough for now: the step says what to do */
	GUARD_CLASS_TIME    /* the hour: it just waits */
};
enum guard_class guard_class(enum guard_no g);
/* How long to wait for a guard that does not know its own end, before it is asked again. */
int64_t guards_again_us(enum guard_no held);
double guards_fatigue(const struct journey *j, const struct program_guardrails *g, int64_t at_us);
/* The first instant from c->at_us on at which no guard holds; TIME_NONE: none is known. */
int64_t guards_free_us(const struct decide *d, const struct candidate *c);
bool guards_used(const struct decide *d, uint64_t key,
		 int64_t at_us); /* said within repeat_after */

#endif
