/* SPDX-License-Identifier: Apache-2.0
 * compile_decide.c: who chooses, and what is thought good. Values are brought to a scale on which
 * the best single outcome is 1. */
#include "program/compile_play.h"

#include "base/time.h"

#define CLICK_US (3 * US_PER_D)
#define REPLY_US (7 * US_PER_D)
#define OTHER_US (30 * US_PER_D)
#define KEEP_US (400 * US_PER_D)

const char *decide_mode_name(enum decide_mode m)
{
	return m == DECIDE_FIXED ? "fixed" : schema_mode_words[m];
}

enum decide_mode decide_mode_of(struct str name, bool *known_r)
{
	size_t m = 0;
	while (schema_mode_words[m] != NULL && !str_is(name, schema_mode_words[m]))
		m++;
	*known_r = schema_mode_words[m] != NULL;
	return *known_r ? (enum decide_mode)m : DECIDE_OFF;
}

static bool of_family(struct str of, struct str type)
{
	if (of.n >= 1 && of.p[of.n - 1] == '*')
		return str_starts(type, str_n(of.p, of.n - 1));
	return str_eq(of, type);
}

const struct program_reward *program_reward_of(const struct program_deciding *d, struct str type)
{
	for (size_t i = 0; i < d->rewards_n; i++)
		if (of_family(d->rewards[i].of, type))
			return &d->rewards[i];
	return NULL;
}

enum status program_choose(struct program *p, const struct program_choice *c, struct err *e)
{
	struct program_play *play = ARENA_NEW(&p->arena, struct program_play);
	if (play == NULL)
		return err_set(e, ST_NO_MEMORY, "how to choose does not fit the program");
	*play = *p->play;
	play->deciding.mode = c->mode;
	play->deciding.fixed = *c;
	p->play = play;
	return ST_OK;
}

const char *decide_drift_name(enum decide_drift d)
{
	return d == DECIDE_STEADY ? "steady" : schema_drift_words[d - DECIDE_WIDEN];
}

static int64_t window_of(struct str event)
{
	if (str_is(event, "email.click"))
		return CLICK_US;
	return str_is(event, "email.reply") || str_is(event, "reply") ? REPLY_US : OTHER_US;
}

static void add_reward(struct program_deciding *d, struct program_reward *list, struct str of,
		       double value)
{
	list[d->rewards_n++] = (struct program_reward){of, value, window_of(of)};
}

static void default_rewards(struct playing *x, struct program_reward *list)
{
	struct program_deciding *d = &x->play->deciding;
	add_reward(d, list, STR("email.click"), 0.1);
	add_reward(d, list, STR("email.reply"), 0.5);
	if (x->c->p->goal.n > 0)
		add_reward(d, list, x->c->p->goal, 1);
}

static void open_is_a_guess(struct playing *x, const struct ynode *n)
{
	if (!str_is(n->key->text, "email.open") && !str_is(n->key->text, "email.*"))
		return;
	struct program_problem *p = problem_add(x->c->ps, CODE_OPEN_REWARD, n->key->where);
	PROBLEM_TEXT(p, message, x->c->ps->arena, "`" STR_FMT "` would reward opens",
		     STR_ARG(n->key->text));
	p->why =
		STR("mail programs open messages by themselves: the learner would please machines");
	p->fix = STR("reward email.click, email.reply and what comes of them");
}

static void compile_rewards(struct playing *x, const struct ynode *n)
{
	struct program_deciding *d = &x->play->deciding;
	size_t max = n && !n->bad ? n->count : 0;
	struct program_reward *list = COMPILE_ARRAY(x->c, struct program_reward, max + 3);
	if (list == NULL)
		return;
	for (const struct ynode *y = max ? n->first : NULL; y; y = y->next) {
		double value = 0;
		open_is_a_guess(x, y);
		compile_reward_sense(x, y);
		if (!value_number(y->kind == YNODE_MAP ? ynode_get(y, "value") : y, &value))
			continue;
		add_reward(d, list, compile_text(x->c, y->key->text), value);
		if (y->kind == YNODE_MAP) /* absent: the event's own */
			(void)value_duration(ynode_get(y, "within"),
					     &list[d->rewards_n - 1].within_us);
	}
	if (n == NULL)
		default_rewards(x, list);
	d->rewards = list;
}

static void compile_costs(struct playing *x, const struct ynode *n)
{
	double *list = COMPILE_ARRAY(x->c, double, x->channels.n);
	for (const struct ynode *y = list && n && !n->bad ? n->first : NULL; y; y = y->next) {
		size_t at = play_index(x, y->key, &x->channels, "the cost would never be paid");
		if (at != NO_INDEX)
			(void)value_number(y, &list[at]);
	}
	x->play->deciding.costs = list;
}

/* The scale, and the windows everything waits for. */
static void measure(struct program_deciding *d)
{
	d->learn_us = d->close_us = d->harm_us;
	for (size_t i = 0; i < d->rewards_n; i++) {
		const struct program_reward *r = &d->rewards[i];
		d->scale = r->value > d->scale ? r->value : d->scale;
		d->learn_us = r->within_us < d->learn_us ? r->within_us : d->learn_us;
		d->close_us = r->within_us > d->close_us ? r->within_us : d->close_us;
	}
	d->learn_us = d->learn_us < US_PER_H ? US_PER_H : d->learn_us;
	d->scale = d->scale > 0 ? d->scale : 1;
}

void compile_explore_fits(struct playing *x, const struct ynode *n, struct explored s)
{
	bool less = s.least > s.most;
	const struct ynode *of = ynode_get(n, less ? "least" : "uniform");
	if (s.uniform + (1 - s.uniform) * s.least <= s.most)
		return;
	struct program_problem *p = problem_add(x->c->ps, CODE_EXPLORE, ynode_place(of));
	if (less)
		PROBLEM_TEXT(p, message, x->c->ps->arena, "least %g%% is more than most %g%%",
			     100 * s.least, 100 * s.most);
	else
		PROBLEM_TEXT(p, message, x->c->ps->arena,
			     "uniform %g%% and least %g%% are more than most %g%%", 100 * s.uniform,
			     100 * s.least, 100 * s.most);
	p->why = STR("what each choice gets whatever it is worth must fit into what all but the "
		     "best may have");
	p->fix = less ? STR("raise `most:`, or lower `least:`")
		      : STR("raise `most:`, or lower `uniform:`");
}

static void sense(struct playing *x, const struct ynode *n)
{
	const struct program_deciding *d = &x->play->deciding;
	bool any = false;
	struct program_problem *p;
	for (size_t i = 0; i < x->play->tracks_n; i++)
		any = any || x->play->tracks[i].decide_what != 0;
	if (d->mode >= DECIDE_EPSILON && !any) {
		p = problem_add(x->c->ps, CODE_NOTHING_TO_DECIDE,
				ynode_place(ynode_get(n, "mode")));
		PROBLEM_TEXT(p, message, x->c->ps->arena, "mode %s has nothing to choose",
			     schema_mode_words[d->mode]);
		p->why = STR("no track says what may be chosen for each of its leads");
		p->fix = STR("give a track `decide: {what: [angle, send_time]}`");
	}
	compile_explore_sense(x, ynode_get(n, "explore"), schema_mode_words[d->mode]);
	compile_explore_fits(x, ynode_get(n, "explore"),
			     (struct explored){d->most, d->least, d->uniform});
}

static void compile_drift(struct program_deciding *d, const struct ynode *n)
{
	int word = value_word(ynode_get(n, "on_alarm"), schema_drift_words);
	d->on_drift = word >= 0 ? (enum decide_drift)(DECIDE_WIDEN + word) : DECIDE_WIDEN;
	d->drift_hold_us = d->drift_window_us = 7 * US_PER_D;
	d->drift_psi = 0.25;
	(void)value_duration(ynode_get(n, "hold"), &d->drift_hold_us); /* absent: as above */
	(void)value_duration(ynode_get(n, "window"), &d->drift_window_us);
	(void)value_number(ynode_get(n, "psi"), &d->drift_psi);
}

void compile_deciding(struct playing *x)
{
	const struct ynode *n = ynode_get(x->c->root, "decide");
	const struct ynode *harm = ynode_get(n, "harm"), *explore = ynode_get(n, "explore");
	struct program_deciding *d = &x->play->deciding;
	int mode = value_word(ynode_get(n, "mode"), schema_mode_words);
	*d = (struct program_deciding){.mode = mode > 0 ? (enum decide_mode)mode : DECIDE_OFF,
				       .harm_budget = 0.003,
				       .harm_us = OTHER_US,
				       .most = 1,
				       .least = 0.01,
				       .epsilon = 0.05,
				       .gain = 150,
				       .keep_us = KEEP_US};
	(void)value_share(ynode_get(harm, "budget"), &d->harm_budget); /* absent: as above */
	(void)value_duration(ynode_get(harm, "within"), &d->harm_us);
	(void)value_share(ynode_get(explore, "most"), &d->most);
	(void)value_share(ynode_get(explore, "least"), &d->least);
	(void)value_share(ynode_get(explore, "uniform"), &d->uniform);
	(void)value_share(ynode_get(explore, "epsilon"), &d->epsilon);
	(void)value_number(ynode_get(explore, "gain"), &d->gain);
	(void)value_duration(ynode_get(n, "keep"), &d->keep_us);
	compile_drift(d, ynode_get(n, "drift"));
	compile_rewards(x, ynode_get(n, "rewards"));
	compile_costs(x, ynode_get(n, "costs"));
	measure(d);
	if (n != NULL && !n->bad)
		sense(x, n);
}
