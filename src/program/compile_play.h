/* SPDX-License-Identifier: Apache-2.0
 * compile_play.h: the second part of a program while it is put together; inside the room only.
 *
 * Names may be used above the place where they are declared, so they are listed first; a name's
 * place in its list is its index in the play.
 */
#ifndef PROGRAM_COMPILE_PLAY_H
#define PROGRAM_COMPILE_PLAY_H

#include "program/compile.h"
#include "program/track.h"

struct play_names {
	const struct str *list;
	size_t n;
	const char *what;     /* "track" */
	const char *declared; /* "not listed under `tracks:`" */
};
struct playing {
	struct compile *c;
	struct program_play *play;
	struct play_names tracks, teams, channels, purposes, personas;
};

/* The index of the name in `n`. NO_INDEX: absent or bad, or unknown, which is then said. */
size_t play_index(struct playing *x, const struct ynode *n, const struct play_names *names,
		  const char *why);

/* What an action may be depends on where it stands. */
enum action_place { ACTION_OF_REACTION, ACTION_OF_END, ACTION_OF_TRIGGER };
/* From its node; absent or bad: *out stays as it is. */
void compile_action(struct playing *x, const struct ynode *n, enum action_place place,
		    struct program_action *out);

void compile_tracks(struct playing *x);   /* compile_track.c */
void compile_triggers(struct playing *x); /* compile_trigger.c, as the next */
void compile_experiments(struct playing *x);
void compile_guardrails(struct playing *x); /* compile_guard.c, as the next */
void compile_teams(struct playing *x);
void compile_deciding(struct playing *x);  /* compile_decide.c; after the tracks */
void compile_decisions(struct playing *x); /* compile_decision.c */
/* What is tried out for certain fits into what may be; n: the node that says so. */
struct explored {
	double most, least, uniform;
};
/* What can be read and does nothing (compile_try.c): arms, the node of them; a reward, its node. */
void compile_arms_sense(struct playing *x, const struct ynode *arms,
			const struct program_experiment *of);
/* Numbers of explore: that another mode reads; n: that node. */
void compile_explore_sense(struct playing *x, const struct ynode *n, const char *mode);
void compile_reward_sense(struct playing *x, const struct ynode *n);
void compile_explore_fits(struct playing *x, const struct ynode *n, struct explored s);
void compile_play_sense(struct playing *x); /* compile_play_sense.c */
void compile_loops(struct playing *x);      /* compile_loops.c, as the next */
void compile_fights(struct playing *x);     /* compile_fights.c */

#endif
