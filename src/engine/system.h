/* SPDX-License-Identifier: Apache-2.0
 * system.h: events that are ours: how an operator's acts enter the log like everybody else's.
 * One table, one row per type; the bodies are in `properties`.
 */
#ifndef ENGINE_SYSTEM_H
#define ENGINE_SYSTEM_H

#include "engine/pass.h"

struct system_event {
	const char *type;
	const char *help; /* what it does, for who reads the table */
	enum status (*run)(struct engine *en, struct pass *p, struct err *e);
};

/* NULL: not one of ours. */
const struct system_event *system_event_of(struct str type);

/* The properties of the event, parsed on `a`; ST_INVALID when there are none. */
MUST_USE enum status system_props(struct pass *p, struct arena *a, struct json *d, struct err *e);
/* A positive number of them. */
MUST_USE enum status system_id(struct pass *p, const struct json *d, const char *key, uint64_t *out,
			       struct err *e);
/* Looks at every lead again, as a new program does. */
MUST_USE enum status system_sweep(struct engine *en, int64_t now_us, struct err *e);
/* The lead in hand for an event of ours, and what each of them leaves behind: a line of its
 * timeline, a count, its next alarm. */
MUST_USE enum status system_take_lead(struct pass *p, uint64_t id, struct err *e);
MUST_USE enum status system_close_lead(struct pass *p, struct err *e);
/* system_play.c: messages, all sending, tracks, hand-offs, content. */
enum status system_message(struct engine *en, struct pass *p, struct err *e);
enum status system_notice(struct engine *en, struct pass *p, struct err *e);
enum status system_experiment(struct engine *en, struct pass *p, struct err *e);
enum status system_sending(struct engine *en, struct pass *p, struct err *e);
enum status system_track(struct engine *en, struct pass *p, struct err *e);
enum status system_handoff(struct engine *en, struct pass *p, struct err *e);
enum status system_content(struct engine *en, struct pass *p, struct err *e);

/* Fit, score, tier and alarm of one lead, from what is known now; resets the pass arena. */
MUST_USE enum status system_look_again(struct engine *en, uint64_t lead, int64_t now_us,
				       struct err *e);
/* Reads and keeps the program an event brings, under the next number; `a` is for the reading alone.
 * The compiled program is given when `out` is not NULL. */
MUST_USE enum status system_program_take(struct pass *p, struct arena *a, uint64_t *number_r,
					 struct program **out, struct err *e);
/* This version is in force from now on, for everybody: `new` is the engine's. */
MUST_USE enum status system_program_force(struct engine *en, struct pass *p, uint64_t number,
					  struct program *new, struct err *e);
/* The compiled program out of a TABLE_PROGRAM row. */
MUST_USE enum status system_program_compile(struct str row, struct program **out, struct err *e);

#endif
