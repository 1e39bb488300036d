/* SPDX-License-Identifier: Apache-2.0
 * play.c: looking things up in a compiled play, and its words. */
#include "program/track.h"

#include "base/assert.h"

size_t program_track_of(const struct program *p, struct str name)
{
	for (size_t i = 0; i < p->play->tracks_n; i++)
		if (str_eq(p->play->tracks[i].name, name))
			return i;
	return NO_INDEX;
}

size_t program_step_of(const struct program_track *t, struct str name)
{
	for (size_t i = 0; i < t->steps_n; i++)
		if (str_eq(t->steps[i].name, name))
			return i;
	return NO_INDEX;
}

size_t program_team_of(const struct program *p, struct str name)
{
	for (size_t i = 0; i < p->play->teams_n; i++)
		if (str_eq(p->play->teams[i].name, name))
			return i;
	return NO_INDEX;
}

const char *react_kind_name(enum react_kind k)
{
	static const char *const names[REACT_COUNT] = {
		[REACT_REPLIED] = "replied",     [REACT_CLICKED] = "clicked",
		[REACT_OPENED] = "opened",       [REACT_SILENT] = "silent",
		[REACT_SILENT_X2] = "silent_x2",
	};
	ASSERT(k < REACT_COUNT);
	return names[k];
}

const char *action_kind_name(enum action_kind k)
{
	static const char *const names[] = {
		[ACTION_NONE] = "none",   [ACTION_NEXT] = "next",         [ACTION_MOVE] = "move",
		[ACTION_AGAIN] = "again", [ACTION_HANDOFF] = "handoff",   [ACTION_EXIT] = "exit",
		[ACTION_PAUSE] = "pause", [ACTION_SUPPRESS] = "suppress",
	};
	ASSERT(k <= ACTION_SUPPRESS);
	return names[k];
}
