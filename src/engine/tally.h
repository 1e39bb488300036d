/* SPDX-License-Identifier: Apache-2.0
 * tally.h: the roll-ups that reports are made of (docs/reports.md).
 *
 * What came of a message is counted once for each way a report may be sliced: "msg.<slice>.<what>"
 * {track, step, value}, under the day it was due. So every rate of a report has the same messages
 * above and below its line, and no report looks at a message. One number per slice instead of one
 * per combination: a report of four weeks then reads thousands of rows, not hundreds of thousands.
 */
#ifndef ENGINE_TALLY_H
#define ENGINE_TALLY_H

#include "engine/pass.h"
#include "model/message.h"

/* "none", "source", "tier", "variant", "persona", "channel": the part of a counter's name that
 * tells them apart, in the order of enum tally_slice. */
enum tally_slice {
	TALLY_NONE,
	TALLY_SOURCE,
	TALLY_TIER,
	TALLY_VARIANT,
	TALLY_PERSONA,
	TALLY_CHANNEL,
	TALLY_SLICES
};
extern const char *const tally_slices[TALLY_SLICES];

/* Every roll-up of a day whose name begins so, in order of name and dimensions. */
MUST_USE enum status tally_day(struct store *s, int64_t day, struct str prefix, store_row_fn *visit,
			       void *ctx, struct err *e);
/* Sets flags (enum message_flag) and counts those that are new. */
void tally_flags(struct batch *b, struct message *m, uint32_t flags);
/* It has just left state `was`. */
void tally_moved(struct batch *b, const struct message *m, enum message_state was);
/* The same for a stored message: reads it, sets, counts, writes. A message that is gone is none. */
MUST_USE enum status tally_stored(struct pass *p, uint64_t message, uint32_t flag, struct err *e);
/* The goal came: it is the last message's (MESSAGE_GOAL), and beside that shared out over all that
 * were said before, by how long before: "goal_decay", in millionths that add up to one goal.
 * What was said TALLY_HALF_LIFE_US before the last has half of its weight. */
#define TALLY_HALF_LIFE_US (7 * US_PER_D)
#define TALLY_WHOLE INT64_C(1000000)
MUST_USE enum status tally_goal(struct pass *p, const struct journey *j, struct err *e);
/* Writes what a decision counted for the lead in hand. */
MUST_USE enum status tally_count(struct pass *p, const struct decide_count *c, struct err *e);
/* Sales took the lead of this hand-off. */
MUST_USE enum status tally_accepted(struct pass *p, const struct handoff *h, struct err *e);

#endif
