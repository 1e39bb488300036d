/* SPDX-License-Identifier: Apache-2.0
 * learned.h: choosing by what has been learned: the context of a choice, what is remembered of it
 * until its outcome is known, and what the outcome teaches.
 *
 * Two models: of the response (the rewards of the program, on a scale on which the best single one
 * is 1) and of harm (an unsubscribe or a complaint). What a candidate is worth is
 *
 *   response - cost - price * harm
 *
 * and the price moves by itself: up with every harm, down with every message that did none, so that
 * it rests where harm is as frequent as the program's budget allows.
 *
 * An outcome is learned when the shortest window of a reward has passed, whatever it is by then;
 * what comes later and is better is learned as a correction. So bad news is not later than good
 * news, and a month's window does not hold up what a day could teach.
 *
 *   L1  A candidate's probability is the one that was drawn from, to the last bit.
 *   L2  What a decision was made of (context, parts) is what its outcome teaches.
 *   L3  Same calls, same state: all of it is a function of (log, program, seed).
 */
#ifndef DECIDE_LEARNED_H
#define DECIDE_LEARNED_H

#include "base/tz.h"
#include "learn/learn.h"
#include "learn/policy.h"
#include "model/event.h"
#include "program/track.h"

#define CONTEXT_VERSION 4
enum context_no {
#define CONTEXT(name, text) CONTEXT_##name,
#define SPREAD(name, places, text) \
	CONTEXT_##name, CONTEXT_##name##_last = CONTEXT_##name + (places)-1,
#include "decide/context.def"
#undef CONTEXT
#undef SPREAD
	CONTEXT_COUNT
};
_Static_assert(CONTEXT_COUNT <= LEARN_DIMS_MAX, "a context has at most LEARN_DIMS_MAX numbers");
/* "fit", "persona.3"; into a caller's buffer. */
void context_name(size_t i, char out[32]);

#define LEARNED_HOURS 24
struct decide_learned {
	struct learner *response, *harm; /* of CONTEXT_COUNT dims */
	double price;                    /* of one harm, in best outcomes */
	double mean;                     /* outcome of the average decision, fading */
	uint64_t seed;                   /* of the dice */
	double hours[LEARNED_HOURS];     /* what people did, by the hour where they are; fading */
	int64_t since_us;                /* of the oldest decision learned from; TIME_NONE: none */
};
/* New, knowing nothing. */
void learned_open(struct decide_learned *l, uint64_t seed);
void learned_close(struct decide_learned *l);

/* The rules' share of the odds, when so many outcomes have been learned. */
double learned_rules_share(double outcomes);

/* ---- the names of arms ---- what a candidate is made of, as the key of its arm. ---- */
#define ARM_PARTS 6 /* of a day */
uint64_t arm_nothing(void);
uint64_t arm_say(struct str message, struct str angle);
uint64_t arm_by(struct str channel);
uint64_t arm_at(size_t part);
const char *arm_part_name(size_t part); /* "night", "early", ... */
#define ARM_GAPS 3                      /* of the range that touches may be apart */
uint64_t arm_gap(size_t gap);
const char *arm_gap_name(size_t gap); /* "short", "middle", "long" */

/* A person did something: everybody's hours (predict/hours.h). */
void learned_hour(struct decide_learned *l, const struct tz *zone, int64_t at_us);

/* A decision whose outcome is awaited. */
#define PENDING_GOT_MAX 8
struct pending {
	uint64_t decision, message; /* message 0: nothing was sent */
	uint64_t lead;
	int64_t at_us; /* when it took effect, as planned */
	bool taught;   /* once already; what follows are corrections */
	float x[CONTEXT_COUNT];
	uint64_t key[LEARN_PARTS_MAX]; /* the parts of what was done */
	enum learn_kind kind[LEARN_PARTS_MAX];
	uint32_t parts_n;
	uint32_t got[PENDING_GOT_MAX]; /* which rewards came: each counts once */
	uint32_t got_n;
	float outcome, harm;               /* so far */
	float taught_outcome, taught_harm; /* of that, what was learned */
	/* While a model is tried: which try, who chose, and how much likelier this would have been
	 * with the candidate in the shadow. */
	uint32_t stage; /* 0: none */
	bool follows;
	float weight;
};
/* The weight, from the candidate's odds and those that were drawn from; within what is kept. */
float pending_weight(double aside, double p);
void pending_encode(const struct pending *p, struct buf *out);
/* ST_CORRUPT: not pending_encode's work. */
MUST_USE enum status pending_decode(struct str bytes, struct pending *out, struct err *e);

/* What was done, as arms of that model; n is 0 where there is no room for its arm. */
struct learn_action learned_action(struct learner *l, const struct pending *of);
/* How likely that model holds it to be rewarded; 0 where there is no room for its arm. */
double learned_expects(struct learner *l, const struct pending *of);
/* What the models expect of it as they are now; an arm they do not know is the average one. */
struct learned_guess {
	double outcome, harm;
};
void learned_guess(struct decide_learned *l, const struct pending *of, struct learned_guess *out);

/* May an event of that type matter to a decision at all? */
bool learned_asks(const struct program_deciding *p, struct str type);
bool learned_harms(struct str type); /* an unsubscribe or a complaint */
/* An event of a person, behind the decision; true: it counts, *p has changed. */
bool learned_event(const struct program_deciding *p, struct pending *of, struct str type,
		   int64_t at_us);
/* The time to look has come, or a correction: teaches what is not taught yet. */
void learned_teach(struct decide_learned *l, const struct program_deciding *p, struct pending *of);

#endif
