/* SPDX-License-Identifier: Apache-2.0
 * outbox.h: messages and hand-offs as rows: what is made, moved and found again.
 *
 * A message's row, its place in TABLE_OUTBOX (state, due, number: only while READY, DEFERRED,
 * SENDING or UNCERTAIN) or in TABLE_MESSAGE_ENDED (state, number: in every other state) and
 * TABLE_LEAD_MESSAGE move together, through these functions alone.
 */
#ifndef ENGINE_OUTBOX_H
#define ENGINE_OUTBOX_H

#include "decide/decide.h"
#include "store/store.h"

/* Writes a new message with its index rows. m->id and m->lead are set. */
MUST_USE enum status outbox_add(struct store *s, const struct message *m, struct arena *a,
				struct err *e);
/* ST_NOT_FOUND: there is no such message. */
MUST_USE enum status outbox_get(struct store *s, uint64_t id, struct arena *a, struct message *out,
				struct err *e);
/* A lead's latest messages, the newest first. *n_io: room in ids, then how many there are. */
MUST_USE enum status outbox_latest(struct store *s, uint64_t lead, uint64_t *ids, size_t *n_io,
				   struct err *e);
/* Writes a changed message; `was` is its state and due time as stored. */
struct outbox_place {
	enum message_state state;
	int64_t due_us;
};
MUST_USE enum status outbox_put(struct store *s, const struct message *m, struct outbox_place was,
				struct arena *a, struct err *e);
/* Does it wait for its time: READY or DEFERRED? */
bool outbox_waits(const struct message *m);
/* One that waits, as it is stored, will not leave: CANCELLED. Any other stays as it is: what a mail
 * server has is told of by its answer. */
MUST_USE enum status outbox_cancel(struct store *s, struct message *m, int64_t now_us,
				   struct str reason, struct arena *a, struct err *e);
/* It is another lead's, as it turned out: the row and its place in that lead's list. */
MUST_USE enum status outbox_give(struct store *s, struct message *m, uint64_t lead, struct arena *a,
				 struct err *e);
/* Key of a row in TABLE_OUTBOX: state, due, number; and in TABLE_MESSAGE_ENDED: state, number. */
struct key outbox_key(enum message_state state, int64_t due_us, uint64_t id);
struct key outbox_ended_key(enum message_state state, uint64_t id);

MUST_USE enum status handoff_put(struct store *s, const struct handoff *h, int64_t was_due_us,
				 struct arena *a, struct err *e);
MUST_USE enum status handoff_get(struct store *s, uint64_t id, struct arena *a, struct handoff *out,
				 struct err *e);

#endif
