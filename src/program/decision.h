/* SPDX-License-Identifier: Apache-2.0
 * decision.h: choices that somebody else's sender asks for (docs/external.md): by name, what may be
 * known of a case, and how much is tried out.
 */
#ifndef PROGRAM_DECISION_H
#define PROGRAM_DECISION_H

#include "base/str.h"

#define PROGRAM_DECISIONS_MAX 32
#define PROGRAM_CONTEXT_MAX 255 /* numbers of a case; the constant comes on top */

/* In the order of schema_ask_words. */
enum decision_mode {
	DECISION_SHADOW, /* the sender chooses and says what; the learner looks on */
	DECISION_FIRST,  /* the first action that may be taken */
	DECISION_EPSILON,
	DECISION_IGW,
	DECISION_THOMPSON,
};

struct program_decision {
	struct str name;
	uint64_t shape; /* of the names in `context`, in order: another one is another learner */
	enum decision_mode mode;
	const struct str *context;
	size_t context_n;
	size_t channel, purpose;    /* indexes: what guards are asked for, where a lead is named */
	double worth;               /* of the best that can come of one decision; > 0 */
	int64_t learn_us, close_us; /* when its outcome is looked at, first and last */
	double most, least;         /* as in struct program_deciding */
	double epsilon, gain;
	double uniform; /* share that is drawn evenly, whatever is known */
};

const char *decision_mode_name(enum decision_mode m);

#endif
