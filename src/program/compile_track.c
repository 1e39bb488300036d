/* SPDX-License-Identifier: Apache-2.0
 * compile_track.c: tracks and their steps, with the defaults that hold where nothing is said. */
#include "program/compile_play.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/time.h"

#define GAP_MIN_US (4 * US_PER_D)
#define GAP_MAX_US (7 * US_PER_D)
#define WAIT_US (3 * US_PER_D)
#define AGAIN_MAX 2

/* Cadence by tier that experience has found: pace by_tier. */
static const struct program_pace paces[TIER_COUNT] = {
	[TIER_HOT] = {3, 5 * US_PER_D},
	[TIER_COLD] = {6, 30 * US_PER_D},
};

/* ---- what a step's hash covers: all that a lead inside it depends on, by name ---- */

static struct str name_at(const struct play_names *names, size_t at)
{
	return at < names->n ? names->list[at] : STR("-");
}

static void put_action(struct buf *b, const struct playing *x, const struct program_action *a)
{
	for (; a; a = a->then)
		buf_printf(b, "%s|" STR_FMT "|%d|" STR_FMT "|%lld|%lld|" STR_FMT ";",
			   action_kind_name(a->kind), STR_ARG(name_at(&x->tracks, a->track)),
			   (int)a->with, STR_ARG(name_at(&x->teams, a->team)),
			   (long long)a->within_us, (long long)a->for_us, STR_ARG(a->reason));
	buf_byte(b, '\n');
}

static uint64_t step_hash(const struct playing *x, const struct program_step *s)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	buf_printf(&b, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT "\n",
		   STR_ARG(s->name), STR_ARG(s->message),
		   STR_ARG(name_at(&x->channels, s->channel)),
		   STR_ARG(name_at(&x->purposes, s->purpose)), STR_ARG(s->if_.text));
	for (size_t i = 0; i < s->angles_n; i++)
		buf_printf(&b, "angle " STR_FMT "\n", STR_ARG(s->angles[i].name));
	buf_printf(&b, "%lld %lld %lld %u %d " STR_FMT " " STR_FMT "\n", (long long)s->gap_min_us,
		   (long long)s->gap_max_us, (long long)s->wait_us, s->again_max, (int)s->capped,
		   STR_ARG(name_at(&x->channels, s->substitute_channel)), STR_ARG(s->substitute));
	for (int k = 0; k < REACT_COUNT; k++)
		put_action(&b, x, &s->react[k]);
	uint64_t hash = hash_str(buf_view(&b), 0);
	buf_finish(&b);
	return hash;
}

/* ---- steps ---- */

static const struct program_angle *compile_angles(struct playing *x, const struct ynode *n,
						  size_t *n_r)
{
	size_t max = n && !n->bad ? n->count : 1, i = 0;
	struct program_angle *list = COMPILE_ARRAY(x->c, struct program_angle, max);
	struct named *names = ARENA_ARRAY(x->c->ps->arena, struct named, max);
	*n_r = 0;
	if (list == NULL || names == NULL)
		return NULL;
	for (const struct ynode *y = n && !n->bad ? n->first : NULL; y; y = y->next) {
		if (value_text(y).n == 0)
			continue;
		names[i] = (struct named){y->text, 0, y->where};
		list[i++].name = compile_text(x->c, y->text);
	}
	compile_unique(x->c, names, i, "angle");
	if (i == 0)
		list[i++].name = STR("plain");
	*n_r = i;
	return list;
}

static void compile_capped(struct playing *x, const struct ynode *n, struct program_step *s)
{
	const struct ynode *sub = ynode_get(n, "substitute");
	bool map = sub && sub->kind == YNODE_MAP;
	int word = value_word(n, schema_capped_words);
	s->capped = word > 0 ? CAPPED_SKIP : CAPPED_DEFER;
	s->substitute_channel = NO_INDEX;
	if (n == NULL || n->bad || sub == NULL || sub->bad)
		return;
	const struct ynode *channel = map ? ynode_get(sub, "channel") : NULL;
	s->capped = CAPPED_SUBSTITUTE;
	s->substitute = compile_text(x->c, value_text(map ? ynode_get(sub, "send") : sub));
	s->substitute_channel =
		play_index(x, channel, &x->channels, "the message could not be sent there");
	if (!map || channel || s->substitute.n)
		return;
	struct program_problem *p = problem_add(x->c->ps, CODE_MISSING_KEY, ynode_place(sub));
	p->message = STR("`substitute:` names neither a message nor a channel");
	p->why = STR("the same message on the same channel is held back as well");
	p->fix = STR("add `send:` or `channel:`");
}

static void no_gap(struct playing *x, const struct ynode *n)
{
	struct program_problem *p = problem_add(x->c->ps, CODE_GAP_NONE, n->where);
	p->message = STR("no time between two touches");
	p->why = STR("all messages would leave at once");
	p->fix = STR("write how long: 4d, or a range: 4d..7d");
}

static void compile_gap(struct playing *x, const struct ynode *n, const struct program_track *t,
			bool first, struct program_step *s)
{
	s->gap_min_us = first ? 0 : t->gap_min_us;
	s->gap_max_us = first ? 0 : t->gap_max_us;
	if (value_span(n, &s->gap_min_us, &s->gap_max_us) && s->gap_min_us == 0 && !first)
		no_gap(x, n);
}

static void compile_react(struct playing *x, const struct ynode *n, struct program_step *s)
{
	for (int k = 0; k < REACT_COUNT; k++) {
		s->react[k] = (struct program_action){.track = NO_INDEX, .team = NO_INDEX};
		compile_action(x, ynode_get(n, react_kind_name((enum react_kind)k)),
			       ACTION_OF_REACTION, &s->react[k]);
	}
}

static size_t index_or_first(struct playing *x, const struct ynode *n,
			     const struct play_names *names, const char *why)
{
	size_t at = play_index(x, n, names, why);
	return at == NO_INDEX ? 0 : at;
}

static void compile_step(struct playing *x, const struct ynode *n, const struct program_track *t,
			 bool first, struct program_step *s)
{
	const struct ynode *send = ynode_get(n, "send");
	struct str name = value_text(ynode_get(n, "name"));
	struct place at = send ? send->where : ynode_place(n);
	s->message = compile_text(x->c, value_text(send));
	s->name = compile_text(x->c, name.n ? name : value_text(send));
	s->channel = index_or_first(x, ynode_get(n, "channel"), &x->channels,
				    "there is no way to send it");
	s->purpose = index_or_first(x, ynode_get(n, "purpose"), &x->purposes,
				    "nobody could ever have agreed to it");
	s->angles = compile_angles(x, ynode_get(n, "angles"), &s->angles_n);
	compile_cond(x->c, ynode_get(n, "if"), COND_STEP, &s->if_);
	compile_gap(x, ynode_get(n, "gap"), t, first, s);
	s->wait_us = t->gap_min_us < WAIT_US ? t->gap_min_us : WAIT_US;
	(void)value_duration(ynode_get(n, "wait"), &s->wait_us);
	compile_react(x, ynode_get(n, "react"), s);
	s->again_max = AGAIN_MAX;
	(void)value_count(ynode_get(n, "again_max"), &s->again_max);
	compile_capped(x, ynode_get(n, "capped"), s);
	compile_at(x->c, at.at, &s->line, &s->col);
	s->hash = step_hash(x, s);
}

static void compile_sequence(struct playing *x, const struct ynode *section,
			     struct program_track *t)
{
	size_t n = section && !section->bad ? section->count : 0, i = 0;
	struct program_step *list = COMPILE_ARRAY(x->c, struct program_step, n);
	struct named *names = ARENA_ARRAY(x->c->ps->arena, struct named, n + 1);
	if (list == NULL || names == NULL || n == 0)
		return;
	for (const struct ynode *y = section->first; y; y = y->next) {
		const struct ynode *name = ynode_get(y, "name"), *send = ynode_get(y, "send");
		if (y->kind != YNODE_MAP || y->bad)
			continue;
		compile_step(x, y, t, i == 0, &list[i]);
		names[i] = (struct named){list[i].name, 0,
					  name   ? name->where
					  : send ? send->where
						 : ynode_place(y)};
		i += list[i].name.n > 0;
	}
	compile_unique(x->c, names, i, "step");
	t->steps = list;
	t->steps_n = i;
}

/* ---- tracks ---- */

static void compile_cadence(struct playing *x, const struct ynode *n, struct program_track *t)
{
	t->gap_min_us = GAP_MIN_US;
	t->gap_max_us = GAP_MAX_US;
	if (!value_span(n, &t->gap_min_us, &t->gap_max_us) || t->gap_min_us > 0)
		return;
	no_gap(x, n);
	t->gap_min_us = GAP_MIN_US;
	t->gap_max_us = t->gap_max_us > GAP_MIN_US ? t->gap_max_us : GAP_MIN_US;
}

static void compile_pace(struct playing *x, const struct ynode *n, struct program_track *t)
{
	if (value_text(n).n)
		memcpy(t->pace, paces, sizeof paces);
	if (n == NULL || n->bad || n->kind != YNODE_MAP)
		return;
	for (int i = 0; i < TIER_COUNT; i++) {
		const struct ynode *one = ynode_get(n, tier_name((enum tier)i));
		const struct ynode *within = ynode_get(one, "within");
		struct program_pace *p = &t->pace[i];
		if (!value_count(ynode_get(one, "touches"), &p->touches) ||
		    !value_duration(within, &p->within_us))
			*p = (struct program_pace){0};
		else if (p->within_us == 0)
			no_gap(x, within);
	}
}

static void compile_who(struct playing *x, const struct ynode *n, struct program_track *t)
{
	size_t max = n && !n->bad ? n->count : 0;
	size_t *list = COMPILE_ARRAY(x->c, size_t, max);
	for (const struct ynode *y = list && max ? n->first : NULL; y; y = y->next) {
		size_t at = play_index(x, y, &x->personas, "nobody of them would ever come in");
		if (at != NO_INDEX)
			list[t->personas_n++] = at;
	}
	t->personas = list;
}

static bool any_range(const struct program_track *t)
{
	bool any = t->gap_max_us - t->gap_min_us >= US_PER_D;
	for (size_t i = 0; i < t->steps_n; i++)
		any = any || t->steps[i].gap_max_us - t->steps[i].gap_min_us >= US_PER_D;
	return any;
}

static void gap_is_fixed(struct playing *x, const struct ynode *n)
{
	struct program_problem *p = problem_add(x->c->ps, CODE_GAP_FIXED, n->where);
	p->message = STR("there is no range to choose a gap from");
	p->why = STR("neither `cadence:` nor a step's `gap:` is as wide as a day");
	p->fix = STR("write a range: cadence: 3d..7d");
}

static bool any_substitute(const struct program_track *t)
{
	for (size_t i = 0; i < t->steps_n; i++)
		if (t->steps[i].substitute_channel != NO_INDEX)
			return true;
	return false;
}

static void channel_is_fixed(struct playing *x, const struct ynode *n)
{
	struct program_problem *p = problem_add(x->c->ps, CODE_CHANNEL_FIXED, n->where);
	p->message = STR("there is no other channel to choose");
	p->why = STR("no step of the track has a substitute on another channel");
	p->fix = STR("give a step `capped: {substitute: {channel: ...}}`");
}

static void compile_decide(struct playing *x, const struct ynode *n, struct program_track *t)
{
	const struct ynode *what = ynode_get(n, "what");
	for (const struct ynode *y = what && !what->bad ? what->first : NULL; y; y = y->next) {
		int at = value_word(y, schema_decide_words);
		if (at >= 0)
			t->decide_what |= 1U << at;
		if (at >= 0 && 1U << at == DECIDE_GAP && !any_range(t))
			gap_is_fixed(x, y);
		if (at >= 0 && 1U << at == DECIDE_CHANNEL && !any_substitute(t))
			channel_is_fixed(x, y);
	}
}

static void compile_track(struct playing *x, const struct ynode *n, struct program_track *t)
{
	struct compile *c = x->c;
	int reentry = REENTRY_NEVER;
	t->name = compile_text(c, n->key->text);
	t->stage = compile_text(c, value_text(ynode_get(n, "stage")));
	compile_at(c, n->key->where.at, &t->line, &t->col);
	compile_cond(c, ynode_get(n, "enter"), COND_ENTER, &t->enter);
	compile_cond(c, ynode_get(n, "exit"), COND_STEP, &t->exit);
	compile_who(x, ynode_get(n, "personas"), t);
	compile_cadence(x, ynode_get(n, "cadence"), t);
	compile_pace(x, ynode_get(n, "pace"), t);
	compile_sequence(x, ynode_get(n, "sequence"), t);
	t->goal = compile_text(c, value_text(ynode_get(n, "goal")));
	(void)value_count(ynode_get(n, "touches_max"), &t->touches_max);
	(void)value_duration(ynode_get(n, "age_max"), &t->age_max_us);
	t->exhausted = (struct program_action){.kind = ACTION_EXIT,
					       .track = NO_INDEX,
					       .team = NO_INDEX,
					       .reason = STR("exhausted"),
					       .line = t->line,
					       .col = t->col};
	compile_action(x, ynode_get(n, "exhausted"), ACTION_OF_END, &t->exhausted);
	if (value_reentry(ynode_get(n, "reentry"), &reentry, &t->reentry_after_us))
		t->reentry = (enum reentry)reentry;
	compile_decide(x, ynode_get(n, "decide"), t);
}

void compile_tracks(struct playing *x)
{
	const struct ynode *section = ynode_get(x->c->root, "tracks");
	size_t i = 0;
	struct program_track *list = COMPILE_ARRAY(x->c, struct program_track, x->tracks.n);
	if (list == NULL || x->tracks.n == 0)
		return;
	for (const struct ynode *n = section->first; n; n = n->next)
		compile_track(x, n, &list[i++]);
	x->play->tracks = list;
	x->play->tracks_n = i;
}
