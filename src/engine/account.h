/* SPDX-License-Identifier: Apache-2.0
 * account.h: a lead's membership of its account, with the roll-up kept true on every move.
 */
#ifndef ENGINE_ACCOUNT_H
#define ENGINE_ACCOUNT_H

#include "engine/pass.h"

MUST_USE enum status account_leave(struct pass *p, struct work *w, struct err *e);
MUST_USE enum status account_join(struct pass *p, struct work *w, uint64_t account, struct err *e);
MUST_USE enum status account_tier(struct pass *p, struct work *w, enum tier from, enum tier to,
				  struct err *e);
MUST_USE enum status account_active(struct pass *p, struct work *w, int64_t at_us, struct err *e);

/* What limits per company count: the latest messages to any of its people, as they are handed
 * over, so that ten colleagues whose time comes at the same instant see each other. More than a
 * limit can ask for (schema_guard.c: 60 in 30 days). */
#define ACCOUNT_TOUCHES_MAX 64
#define ACCOUNT_HANDED_MAX 64
MUST_USE enum status account_touch(struct pass *p, uint64_t message, struct err *e);
/* It did not leave after all. */
MUST_USE enum status account_untouch(struct pass *p, uint64_t message, struct err *e);
/* The lead in hand goes to a person: its colleagues may have to be left alone. */
MUST_USE enum status account_hand(struct pass *p, uint64_t handoff, struct err *e);
/* Messages since `since_us`, without the one with number `but`. */
unsigned account_touches_since(const struct json *account, int64_t since_us, uint64_t but);
/* Numbers of the latest hand-offs, open and closed. */
size_t account_handed(const struct json *account, uint64_t out[ACCOUNT_HANDED_MAX]);

#endif
