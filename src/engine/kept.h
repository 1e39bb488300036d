/* SPDX-License-Identifier: Apache-2.0
 * kept.h: records of decisions, and of what came of them, are kept for as long as the program says
 * (`decide: {keep}`), and no longer.
 *
 * TABLE_DECISION, TABLE_LEAD_DECISION and TABLE_OUTCOME would else grow by every decision for
 * ever. They are swept in the fold, by the log's clock, so that a replay drops the same rows at the
 * same place. META "play" holds when the next sweep is due (DUE_KEPT); nothing is due while there
 * is no decision.
 *
 *   K1  What is younger than the program says is never dropped.
 *   K2  A decision whose outcome is still awaited (TABLE_PENDING) stays, and all younger ones with
 *       it, so that no outcome is left without its decision.
 *   K3  What is older is dropped within two hours of the log's clock, KEPT_BITE rows at a time.
 */
#ifndef ENGINE_KEPT_H
#define ENGINE_KEPT_H

#include "engine/pass.h"

#define KEPT_BITE 64u

/* A decision has been recorded. */
MUST_USE enum status kept_decided(struct pass *p, struct err *e);
/* Another program is in force: it may keep for a shorter time. */
MUST_USE enum status kept_applied(struct pass *p, struct err *e);
/* The time to sweep has come (DUE_KEPT). */
MUST_USE enum status kept_due(struct pass *p, struct err *e);

#endif
