/* SPDX-License-Identifier: Apache-2.0
 * merge.h: two leads become one, and two again. Also the operator's suppressions.
 */
#ifndef ENGINE_MERGE_H
#define ENGINE_MERGE_H

#include "engine/pass.h"

/* Joins `loser` to `into`; both must be there and whole. ST_CONFLICT when one is merged already. */
MUST_USE enum status merge_leads(struct pass *p, uint64_t into, uint64_t loser, struct str reason,
				 struct err *e);
/* Undoes MERGE row `merge`: both sides as they were, then every event since folded again onto the
 * side whose identifier it carries. ST_CONFLICT when a later merge stands on this one.
 * sides: survivor, loser. */
MUST_USE enum status merge_undo(struct engine *en, struct pass *p, uint64_t merge,
				uint64_t sides[2], struct err *e);

struct suppression; /* consent/consent.h */
/* An address is written to no more; what is stricter already stays. */
enum status consent_suppress_one(struct pass *p, const struct suppression *new, struct err *e);
enum status consent_suppress(struct pass *p, struct err *e);
enum status consent_unsuppress(struct pass *p, struct err *e);

#endif
