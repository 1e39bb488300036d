/* SPDX-License-Identifier: Apache-2.0
 * compile_trigger.c: triggers, holdout and experiments. */
#include "program/compile_play.h"

#include "base/assert.h"
#include "base/json.h"

/* ---- triggers ---- */

static void for_an_event(struct playing *x, const struct ynode *n)
{
	struct program_problem *p = problem_add(x->c->ps, CODE_TRIGGER_FOR, n->key->where);
	p->message = STR("the condition asks about one event, which does not last");
	p->why = STR("it would never have held for so long");
	p->fix = STR("take `for:` out, or ask for scores, features, touches or track");
}

static void compile_trigger(struct playing *x, const struct ynode *n, struct program_trigger *t)
{
	const struct ynode *name = ynode_get(n, "name"), *lasts = ynode_get(n, "for");
	struct place at = name ? name->where : ynode_place(n);
	t->name = compile_text(x->c, value_text(name));
	t->key = program_key32("trigger", t->name);
	compile_cond(x->c, ynode_get(n, "when"), COND_TRIGGER, &t->when);
	(void)value_duration(lasts, &t->for_us); /* absent: at once */
	if (t->for_us > 0 && (t->when.reads & (READS_EVENT | READS_PROPERTIES)))
		for_an_event(x, lasts);
	t->action = (struct program_action){.track = NO_INDEX, .team = NO_INDEX};
	compile_action(x, n, ACTION_OF_TRIGGER, &t->action);
	compile_at(x->c, at.at, &t->line, &t->col);
}

void compile_triggers(struct playing *x)
{
	const struct ynode *section = ynode_get(x->c->root, "triggers");
	size_t n = section && !section->bad ? section->count : 0, i = 0;
	struct program_trigger *list = COMPILE_ARRAY(x->c, struct program_trigger, n);
	struct named *names = ARENA_ARRAY(x->c->ps->arena, struct named, n + 1);
	if (list == NULL || names == NULL || n == 0)
		return;
	for (const struct ynode *y = section->first; y; y = y->next) {
		const struct ynode *name = ynode_get(y, "name");
		if (y->kind != YNODE_MAP || y->bad)
			continue;
		compile_trigger(x, y, &list[i]);
		names[i] = (struct named){list[i].name, list[i].key,
					  name ? name->where : ynode_place(y)};
		i += list[i].name.n > 0;
	}
	compile_unique(x->c, names, i, "trigger");
	x->play->triggers = list;
	x->play->triggers_n = i;
}

/* ---- experiments ---- */

static void lacks(struct playing *x, const struct ynode *n, const char *message, const char *fix)
{
	struct program_problem *p = problem_add(x->c->ps, CODE_EXPERIMENT, ynode_place(n));
	p->message = str_of(message);
	p->why = STR("nobody could be told apart by it");
	p->fix = str_of(fix);
}

static void compile_holdout(struct playing *x, const struct ynode *n)
{
	double percent = 0;
	const struct ynode *percent_n = ynode_get(n, "percent");
	if (percent_n == NULL || n->count > 1)
		lacks(x, n, "a holdout has a percent and nothing else", "write {percent: 5}");
	if (value_number(percent_n, &percent))
		x->play->holdout = percent / 100;
}

static void arms_sum(struct playing *x, const struct ynode *n, unsigned sum)
{
	if (sum == 100)
		return;
	struct program_problem *p = problem_add(x->c->ps, CODE_ARMS, ynode_place(n));
	PROBLEM_TEXT(p, message, x->c->ps->arena, "the arms add up to %u, not to 100", sum);
	p->why = sum < 100 ? STR("some leads would be in no arm")
			   : STR("some leads would be in two arms");
	p->fix = STR("let them add up to 100");
}

const char *program_then_name(enum program_then t)
{
	return schema_then_words[t];
}

void program_rule_put(const struct program_rule *r, struct json_w *w)
{
	json_w_kz(w, "then", program_then_name(r->then));
	json_w_ki64(w, "least", r->least);
	if (r->guard == NULL)
		return;
	json_w_kz(w, "guard", r->guard);
	json_w_kf64(w, "guard_most", r->guard_most);
}

static void no_time(struct playing *x, const struct ynode *n)
{
	struct program_problem *p = problem_add(x->c->ps, CODE_NO_TIME, n->where);
	PROBLEM_TEXT(p, message, x->c->ps->arena, "within: " STR_FMT " is no time at all",
		     STR_ARG(n->text));
	p->why = STR("it is read as no limit, so the experiment would never end by it");
	p->fix = STR("write how long it may last, as within: 60d, or take the key out");
}

static void compile_rule(struct playing *x, const struct ynode *n, struct program_rule *out)
{
	const struct ynode *guard = ynode_get(n, "guard");
	int then = value_word(ynode_get(n, "then"), schema_then_words);
	int metric = value_word(ynode_get(guard, "metric"), schema_guard_words);
	*out = (struct program_rule){.on = then >= 0, .least = 100};
	out->then = then > 0 ? (enum program_then)then : THEN_TELL;
	(void)value_count(ynode_get(n, "least"), &out->least); /* absent: a hundred */
	const struct ynode *within = ynode_get(n, "within");
	if (value_duration(within, &out->within_us) && out->within_us == 0) /* absent: no limit */
		no_time(x, within);
	if (value_share(ynode_get(guard, "most"), &out->guard_most))
		out->guard = schema_guard_words[metric > 0 ? metric : 0];
}

static void compile_experiment(struct playing *x, const struct ynode *n,
			       struct program_experiment *out)
{
	const struct ynode *arms = ynode_get(n, "arms");
	size_t max = arms && !arms->bad ? arms->count : 0;
	struct program_arm *list = COMPILE_ARRAY(x->c, struct program_arm, max);
	unsigned sum = 0;
	bool good = max > 0;
	int metric = value_word(ynode_get(n, "metric"), schema_metric_words);
	out->metric = schema_metric_words[metric > 0 ? metric : 0];
	out->min_lift = 0.1;
	(void)value_share(ynode_get(n, "min_lift"), &out->min_lift); /* absent: a tenth */
	compile_rule(x, ynode_get(n, "rule"), &out->rule);
	out->name = compile_text(x->c, n->key->text);
	out->key = program_key32("experiment", out->name);
	out->track = play_index(x, ynode_get(n, "track"), &x->tracks, "it would run for nobody");
	for (const struct ynode *y = list && max ? arms->first : NULL; y; y = y->next) {
		struct program_arm *arm = &list[out->arms_n++];
		arm->name = compile_text(x->c, y->key->text);
		good = value_count(y, &arm->weight) && good;
		sum += arm->weight;
	}
	out->arms = list;
	if (arms == NULL || ynode_get(n, "percent"))
		lacks(x, n, "this experiment has no arms, or a percent",
		      "write {arms: {a: 50, b: 50}}");
	else if (good)
		arms_sum(x, arms, sum);
	if (arms != NULL && !arms->bad)
		compile_arms_sense(x, arms, out);
}

void compile_experiments(struct playing *x)
{
	const struct ynode *section = ynode_get(x->c->root, "experiments");
	size_t n = section && !section->bad ? section->count : 0, i = 0;
	struct program_experiment *list = COMPILE_ARRAY(x->c, struct program_experiment, n);
	if (list == NULL || n == 0)
		return;
	for (const struct ynode *y = section->first; y; y = y->next) {
		if (y->kind != YNODE_MAP || y->bad)
			continue;
		if (str_is(y->key->text, "holdout"))
			compile_holdout(x, y);
		else
			compile_experiment(x, y, &list[i++]);
	}
	x->play->experiments = list;
	x->play->experiments_n = i;
}
