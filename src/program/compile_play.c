/* SPDX-License-Identifier: Apache-2.0
 * compile_play.c: the second part of a program, put together: every program has one, so that those
 * who run it never ask whether it is there. */
#include "program/compile.h"

#include "program/track.h"

void compile_play(struct compile *c)
{
	struct program_play *play = ARENA_NEW(c->arena, struct program_play);
	struct program_cap *caps = COMPILE_ARRAY(c, struct program_cap, c->p->consent.channels_n);
	c->full = c->full || play == NULL;
	if (play == NULL || caps == NULL)
		return;
	*play = (struct program_play){
		.guardrails = {.channel_caps = caps, .zone = STR("UTC")},
	};
	c->p->play = play;
}
