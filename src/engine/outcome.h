/* SPDX-License-Identifier: Apache-2.0
 * outcome.h: what sales made of a lead, as the outcome the program knows by its own name: whoever
 * says it, by a link, on a terminal, over HTTP, it is recorded, scored and counted as if the event
 * of that name had come.
 */
#ifndef ENGINE_OUTCOME_H
#define ENGINE_OUTCOME_H

#include "engine/pass.h"

/* "accepted", "meeting", "opportunity", "won", "lost": is it one? */
bool outcome_is(struct str verdict);
/* The event type behind it: the program's goal, or one of its outcomes, where its name says so
 * ("meeting.booked", "deal.won"); else the usual one. Empty: accepted, and the program has no name
 * for it. */
struct str outcome_type(const struct program *p, struct str verdict);
/* Folds that event for the lead in hand, in place of the one of the pass: training record,
 * features, points, goal. The timeline keeps the event that said it. */
MUST_USE enum status outcome_fold(struct pass *p, struct str verdict, struct err *e);

#endif
