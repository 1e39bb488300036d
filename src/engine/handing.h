/* SPDX-License-Identifier: Apache-2.0
 * handing.h: hand-offs as rows: opened, given to a rep, watched by a clock in the team's working
 * hours, given to the next, closed. Whoever must know is told in the same transaction
 * (engine/notice.h).
 *
 *   H1  Each assignment has one notice to its rep, and one event for the team's tools where the
 *       team has a webhook.
 *   H2  An open hand-off with a clock is in TABLE_DUE once, at handoff_look_us.
 */
#ifndef ENGINE_HANDING_H
#define ENGINE_HANDING_H

#include "engine/outbox.h"
#include "engine/pass.h"

#define HANDING_REPS_MAX 5 /* reps who are asked, one after the other, at most */

/* Opens one for the lead in hand: h has lead, team, trigger, reason and message; the rest is
 * filled. within_us: working time to accept it; 0: the team's. ST_INVALID: no such team. */
MUST_USE enum status handing_open(struct pass *p, struct handoff *h, int64_t within_us,
				  struct err *e);
/* What became of it; ST_CONFLICT when it cannot go there. */
struct handing_word {
	enum handoff_state to;
	struct str verdict, said;
	int64_t again_us; /* RETURNED: nurtured again from then on */
};
MUST_USE enum status handing_say(struct pass *p, struct handoff *h, const struct handing_word *word,
				 struct err *e);
/* A further outcome of one that an outcome has closed: won, behind the meeting. */
MUST_USE enum status handing_more(struct pass *p, struct handoff *h,
				  const struct handing_word *word, struct err *e);
/* Its clock is due: reminds, gives it to the next, or marks it overdue. Takes its lead in hand. */
MUST_USE enum status handing_due(struct pass *p, uint64_t id, struct err *e);

#endif
