/* SPDX-License-Identifier: Apache-2.0
 * kept.h: records of decisions, and of what came of them, are kept for as long as the program says
 * (`decide: {keep}`), and no longer.
 *
 * TABLE_DECISION, TABLE_LEAD_DECISION and TABLE_OUTCOME would else grow by every decision for
 * ever. They are swept in the fold, by the log's clock, so that a replay drops the same rows at the
 * same place. META "play" holds when the next sweep is due (DUE_KEPT), and how far the sweeps have
 * come: a row is looked at once, however many there are, and a restart changes nothing.
 *
 *   K1  What is younger than the program says is never dropped.
 *   K2  A decision whose outcome is still awaited (TABLE_PENDING) stays, so that no outcome is left
 *       without its decision. Sweeps pass it, and it goes when its outcome has come.
 *   K3  What is older is dropped within two hours of the log's clock; where more is due than
 *       KEPT_BITE rows for each KEPT_GAP_US of them, at that pace.
 */
#ifndef ENGINE_KEPT_H
#define ENGINE_KEPT_H

#include "engine/pass.h"

/* So much at a time, so that what is folded beside it hardly waits: 1,280 rows a second. */
#define KEPT_BITE 64u
#define KEPT_GAP_US 50000

/* A decision has been recorded. */
MUST_USE enum status kept_decided(struct pass *p, struct err *e);
/* Nothing more is awaited of a decision. */
MUST_USE enum status kept_settled(struct pass *p, uint64_t decision, struct err *e);
/* Another program is in force: it may keep for another time. */
MUST_USE enum status kept_applied(struct pass *p, struct err *e);
/* The time to sweep has come (DUE_KEPT). */
MUST_USE enum status kept_due(struct pass *p, struct err *e);

#endif
