/* SPDX-License-Identifier: Apache-2.0
 * account.h: a lead's membership of its account, with the roll-up kept true on every move.
 */
#ifndef ENGINE_ACCOUNT_H
#define ENGINE_ACCOUNT_H

#include "engine/outbox.h"
#include "engine/pass.h"

MUST_USE enum status account_leave(struct pass *p, struct work *w, struct err *e);
MUST_USE enum status account_join(struct pass *p, struct work *w, uint64_t account, struct err *e);
MUST_USE enum status account_tier(struct pass *p, struct work *w, enum tier from, enum tier to,
				  struct err *e);
MUST_USE enum status account_active(struct pass *p, struct work *w, int64_t at_us, struct err *e);

MUST_USE enum status account_touch(struct pass *p, uint64_t message, struct err *e);
/* It did not leave to this lead after all. */
MUST_USE enum status account_untouch(struct pass *p, struct work *w, uint64_t message,
				     struct err *e);
/* Cancels a message of this lead that waits: what was only tried is no touch of its company. */
MUST_USE enum status account_not_leave(struct pass *p, struct work *w, struct message *m,
				       struct str why, struct err *e);
/* The lead in hand goes to a person: its colleagues may have to be left alone. */
MUST_USE enum status account_hand(struct pass *p, uint64_t handoff, struct err *e);

#endif
