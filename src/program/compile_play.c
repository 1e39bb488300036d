/* SPDX-License-Identifier: Apache-2.0
 * compile_play.c: the second part of a program, put together: every program has one, so that those
 * who run it never ask whether it is there. */
#include "program/compile_play.h"

/* The keys of a section, in order: bad ones too, so that what names them is not reported as
 * well. */
static struct play_names keys_of(struct compile *c, const char *section, const char *what,
				 const char *declared)
{
	const struct ynode *n = ynode_get(c->root, section);
	size_t max = n && !n->bad && n->kind == YNODE_MAP ? n->count : 0, i = 0;
	struct str *list = ARENA_ARRAY(c->ps->arena, struct str, max + 1);
	for (const struct ynode *y = list && max ? n->first : NULL; y; y = y->next)
		list[i++] = y->key->text;
	return (struct play_names){list, i, what, declared};
}

static struct play_names persona_names(struct compile *c)
{
	struct play_names names = {NULL, 0, "persona", "not listed under `personas:`"};
	struct str *list = ARENA_ARRAY(c->ps->arena, struct str, c->p->personas_n + 1);
	for (size_t i = 0; list && i < c->p->personas_n; i++)
		list[i] = c->p->personas[i].name;
	names.list = list;
	names.n = list ? c->p->personas_n : 0;
	return names;
}

void compile_play(struct compile *c)
{
	struct program_play *play = ARENA_NEW(c->arena, struct program_play);
	const struct program_consent *con = &c->p->consent;
	c->full = c->full || play == NULL;
	if (play == NULL)
		return;
	struct playing x = {
		.c = c,
		.play = play,
		.tracks = keys_of(c, "tracks", "track", "not listed under `tracks:`"),
		.teams = keys_of(c, "teams", "team", "not listed under `teams:`"),
		.channels = {con->channels, con->channels_n, "channel",
			     "not listed under `consent.channels:`"},
		.purposes = {con->purposes, con->purposes_n, "purpose",
			     "not listed under `consent.purposes:`"},
		.personas = persona_names(c),
	};
	c->p->play = play;
	compile_guardrails(&x);
	compile_teams(&x);
	compile_tracks(&x);
	compile_triggers(&x);
	compile_experiments(&x);
	compile_deciding(&x);
	compile_decisions(&x);
	compile_play_sense(&x);
}
