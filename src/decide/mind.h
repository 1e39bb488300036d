/* SPDX-License-Identifier: Apache-2.0
 * mind.h: who guesses, and the way from guesses to odds: one for the pass and for whoever asks
 * afterwards, from the record of a decision, what another policy would have done.
 */
#ifndef DECIDE_MIND_H
#define DECIDE_MIND_H

#include "base/tz.h"
#include "decide/frozen.h"

/* The hour as such is told in a small voice, and so believed late: at first the hours of the lead
 * say when (CONTEXT_slot_read). */
#define MIND_HOUR 0.1

struct mind {
	bool thin; /* a registered model; else the live learner, which makes arms it meets */
	struct learner *response, *harm;
	double mean, epsilon, gain, most, least;
	double uniform; /* of the program in force, whoever chooses */
};
struct mind mind_of_learner(const struct decide_learned *l, const struct program_deciding *p);
struct mind mind_of_model(const struct decide_frozen *f, const struct program_deciding *p);

/* What doing this is worth; what->x and what->parts are read. `cost` and `price` (of a harm) on the
 * scale on which the best single outcome is 1. */
void mind_weigh(const struct mind *k, const struct pending *what, double cost, double price,
		struct policy_option *out);

struct mind_turn {
	enum policy_mode mode;
	size_t rules; /* which option they would take */
	double floor; /* shared out evenly, now */
	uint64_t seed, id;
	const struct policy_path *path; /* of the options; needed above POLICY_JOINT_MAX of them */
};
/* What it is, factor by factor: channel, part of the day, gap, text (any number that tells it from
 * others), and on which day, where the rest leaves that open. */
struct policy_path mind_path(struct str channel, size_t part, size_t gap, uint64_t text,
			     int64_t at_us);
void mind_odds(const struct mind *k, const struct policy_option *o, size_t n,
	       const struct mind_turn *t, struct policy_choice *out);
/* EPSILON, IGW, THOMPSON as the learner's room calls them. */
enum policy_mode mind_mode(enum decide_mode m);

/* The parts of saying this, by that channel, in that part of the day, behind that gap (0: it is no
 * choice; else 1 + which); or of nothing. */
struct mind_said {
	struct str message, angle, channel;
	size_t part, gap;
};
void mind_parts(const struct mind_said *s, struct pending *out);
void mind_parts_nothing(struct pending *out);
/* The numbers of x that hang on when it would arrive; `nothing`: never. */
void mind_slot(const struct tz *zone, int64_t at_us, bool nothing, float *x);

#endif
