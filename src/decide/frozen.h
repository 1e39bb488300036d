/* SPDX-License-Identifier: Apache-2.0
 * frozen.h: a policy as it was at one instant, as the bytes of a registered model: the two models
 * of the learner in thin form (learn/learn.h), how it turned values into odds, and nothing that
 * goes on learning. The price of harm is not part of it: that is the live one, whoever chooses,
 * since it is what keeps the program's budget.
 *
 * Bytes of one version of the context (decide/context.def) are no model for another.
 */
#ifndef DECIDE_FROZEN_H
#define DECIDE_FROZEN_H

#include "decide/learned.h"

#define FROZEN_KIND "decide.frozen"
#define FROZEN_BYTES_MAX ((size_t)1 << 20) /* fits an event, in base64 */

struct decide_frozen {
	struct learner *response, *harm; /* thin: for scoring only */
	enum decide_mode mode;           /* EPSILON, IGW or THOMPSON */
	double epsilon, gain, most, least;
	double mean; /* outcome of the average decision, as it was */
};

/* How the program chooses is how the model will; where it leaves the choice to the rules, by
 * inverse gaps. Not ok: it does not fit FROZEN_BYTES_MAX. */
void frozen_encode(const struct decide_learned *l, const struct program_deciding *p,
		   struct buf *out);
/* ST_INVALID: not one of ours; ST_CORRUPT: damaged; ST_CONFLICT: of another context. */
MUST_USE enum status frozen_decode(struct str bytes, struct decide_frozen *out, struct err *e);
void frozen_close(struct decide_frozen *f); /* may be zeros; leaves zeros */

/* Who may decide, as the registry's choice says. Names are hashes, borrowed. */
struct decide_models {
	const struct decide_frozen *champion;  /* NULL: the program's own mode */
	const struct decide_frozen *candidate; /* NULL: nobody is tried */
	struct str champion_name, candidate_name;
	unsigned percent; /* 0: the candidate is in the shadow */
	uint32_t stage;   /* which try this is; goes into what awaits its outcome */
	bool follows;     /* the lead in hand follows the candidate */
};

#endif
