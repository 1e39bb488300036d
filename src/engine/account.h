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

#endif
