/* SPDX-License-Identifier: Apache-2.0
 * compile_action.c: what is done after a reaction, at the end of a track, or by a trigger. Exactly
 * one thing each; what follows it stands in `then:`. */
#include "program/compile_play.h"

#include "base/assert.h"

#define THEN_MAX 4

static const char *const kinds[] = {"move", "send", "handoff", "exit", "pause", "suppress"};
#define KINDS (sizeof kinds / sizeof *kinds)

size_t play_index(struct playing *x, const struct ynode *n, const struct play_names *names,
		  const char *why)
{
	struct str name = value_text(n);
	struct suggest s;
	suggest_init(&s, name);
	for (size_t i = 0; i < names->n && name.n; i++) {
		if (str_eq(names->list[i], name))
			return i;
		suggest_offer(&s, names->list[i]);
	}
	if (name.n == 0)
		return NO_INDEX;
	struct arena *a = x->c->ps->arena;
	struct program_problem *p = problem_add(x->c->ps, CODE_REFERENCE, n->where);
	PROBLEM_TEXT(p, message, a, "no %s called \"" STR_FMT "\"", names->what, STR_ARG(name));
	p->label = str_of(names->declared);
	p->why = str_of(why);
	p->suggestion = suggest_best(&s);
	if (p->suggestion.n)
		PROBLEM_TEXT(p, fix, a, "did you mean \"" STR_FMT "\"?", STR_ARG(p->suggestion));
	else
		PROBLEM_TEXT(p, fix, a, "declare it, or use the name of another %s", names->what);
	return NO_INDEX;
}

static struct program_problem *refuse(struct playing *x, struct place where)
{
	struct program_problem *p = problem_add(x->c->ps, CODE_ACTION, where);
	p->why = STR("nobody could say which of them is done");
	p->fix = STR("write one of move, send, handoff, exit, pause, suppress; more in `then:`");
	return p;
}

/* The one key that says what is done; NULL when there is none, or a second one, which is said. */
static const struct ynode *the_action(struct playing *x, const struct ynode *n)
{
	const struct ynode *found = NULL;
	struct arena *a = x->c->ps->arena;
	for (const struct ynode *k = n->first; k; k = k->next) {
		size_t i = 0;
		while (i < KINDS && !str_is(k->key->text, kinds[i]))
			i++;
		if (i == KINDS)
			continue;
		if (found) {
			struct program_problem *p = refuse(x, k->key->where);
			PROBLEM_TEXT(p, message, a, "both %s and " STR_FMT,
				     (const char *)arena_strz(a, found->key->text),
				     STR_ARG(k->key->text));
			return NULL;
		}
		found = k;
	}
	if (found == NULL) {
		struct program_problem *p = refuse(x, ynode_place(n));
		p->message = STR("nothing is done here");
		p->why = STR("the action has no effect");
	}
	return found;
}

static void action_handoff(struct playing *x, const struct ynode *n, struct program_action *out)
{
	bool map = n->kind == YNODE_MAP;
	out->kind = ACTION_HANDOFF;
	out->team = play_index(x, map ? ynode_get(n, "team") : n, &x->teams,
			       "nobody would take the lead over");
	if (!map)
		return;
	(void)value_duration(ynode_get(n, "within"), &out->within_us); /* absent: the team's */
	out->reason = compile_text(x->c, value_text(ynode_get(n, "reason")));
}

static void action_again(struct playing *x, const struct ynode *n, const struct ynode *send,
			 enum action_place place, struct program_action *out)
{
	int with = value_word(ynode_get(n, "with"), schema_with_words);
	out->kind = ACTION_AGAIN;
	out->with = with < 0 ? AGAIN_NEW_ANGLE : (enum again_with)with;
	if (place == ACTION_OF_REACTION)
		return;
	struct program_problem *p = refuse(x, send->key->where);
	p->message = STR("there is nothing to send again here");
	p->why = STR("only a reaction to a message can repeat it");
	p->fix = STR("move to a track, or use it under `react:`");
}

static void action_map(struct playing *x, const struct ynode *n, enum action_place place,
		       struct program_action *out)
{
	const struct ynode *k = the_action(x, n), *with = ynode_get(n, "with");
	if (k == NULL)
		return;
	if (with && !str_is(k->key->text, "send")) {
		struct program_problem *p = refuse(x, with->key->where);
		p->message = STR("`with:` belongs to `send: again`");
		p->why = STR("only something that is said again can be said differently");
	}
	if (str_is(k->key->text, "move")) {
		out->kind = ACTION_MOVE;
		out->track = play_index(x, k, &x->tracks, "leads would have nowhere to go");
	} else if (str_is(k->key->text, "send")) {
		action_again(x, n, k, place, out);
	} else if (str_is(k->key->text, "handoff")) {
		action_handoff(x, k, out);
	} else if (str_is(k->key->text, "pause")) {
		out->kind = ACTION_PAUSE;
		(void)value_duration(k, &out->for_us); /* bad: said by the check */
	} else {
		out->kind = str_is(k->key->text, "exit") ? ACTION_EXIT : ACTION_SUPPRESS;
		out->reason = compile_text(x->c, value_text(k));
	}
	struct place at = k->kind == YNODE_SCALAR ? k->where : ynode_place(k);
	compile_at(x->c, at.at, &out->line, &out->col);
}

static void no_next(struct playing *x, const struct ynode *n, enum action_place place)
{
	if (place == ACTION_OF_REACTION)
		return;
	struct program_problem *p = refuse(x, n->where);
	p->message = STR("there is no next step here");
	p->why = STR("the steps of the track are over");
	p->fix = STR("move to a track, or exit");
}

static void action_word(struct playing *x, const struct ynode *n, enum action_place place,
			struct program_action *out)
{
	bool next = str_is(n->text, "next");
	out->kind = next ? ACTION_NEXT : ACTION_EXIT;
	compile_at(x->c, n->where.at, &out->line, &out->col);
	if (next)
		no_next(x, n, place);
}

static void then_too_deep(struct playing *x, const struct ynode *then)
{
	struct program_problem *p = problem_add(x->c->ps, CODE_THEN_DEEP, then->key->where);
	PROBLEM_TEXT(p, message, x->c->ps->arena, "more than %d actions in a row", THEN_MAX);
	p->why = STR("nobody could say any more what becomes of a lead");
	p->fix = STR("move to a track that does the rest");
}

void compile_action(struct playing *x, const struct ynode *n, enum action_place place,
		    struct program_action *out)
{
	for (unsigned depth = 0; n && !n->bad && n->kind != YNODE_LIST; depth++) {
		const struct ynode *then = ynode_get(n, "then");
		struct program_action a = {.track = NO_INDEX, .team = NO_INDEX};
		if (depth >= THEN_MAX) {
			then_too_deep(x, n);
			return;
		}
		if (n->kind == YNODE_MAP)
			action_map(x, n, place, &a);
		else
			action_word(x, n, place, &a);
		*out = a;
		struct program_action *next =
			then ? ARENA_NEW(x->c->arena, struct program_action) : NULL;
		if (next == NULL) {
			x->c->full = x->c->full || then;
			return;
		}
		*next = (struct program_action){.track = NO_INDEX, .team = NO_INDEX};
		out->then = next;
		out = next;
		n = then;
	}
}
